// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Good pictures on bad networks: loss is repaired, a narrow link is found out and not overfilled.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { Relay } from './lib/relay.mjs';
import { until } from './lib/wait.mjs';

// RIVERO_E2E_SECONDS=60: as long as somebody would look at it.
const seconds = Number(process.env.RIVERO_E2E_SECONDS ?? 10);

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

/** A sender and a viewer, each behind a relay or not. */
async function call(t, { sending, viewing, remb, ...options }) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const to = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  await client.connect(from, to);
  const page = await browser.page();
  t.after(() => page.close());
  const through = (relay, signalling) => (relay ? relay.through(signalling) : signalling);
  const sender = await Peer.join(page, through(sending, new RpcSignalling(client, from)), { send: ['audio', 'video'], width: 640, height: 480, ...options, remb: remb && !!sending });
  const viewer = await Peer.join(page, through(viewing, new RpcSignalling(client, to)), { receive: ['audio', 'video'], remb: remb && !!viewing });
  await viewer.decodes(5, 30_000);
  const video = async (endpoint, type) => Object.values(await client.invoke(endpoint, 'getStats', { mediaType: 'VIDEO' })).find((s) => s.type === type);
  return { client, pipeline, page, sender, viewer, from, to, inbound: () => video(from, 'inboundrtp'), outbound: () => video(to, 'outboundrtp') };
}

/** What `look` gives, ten times a second. RIVERO_E2E_TRACE=/some/directory: as CSV, too. */
async function watch(ms, name, look) {
  const samples = [], begin = performance.now();
  while (performance.now() < begin + ms) {
    samples.push({ ms: Math.round(performance.now() - begin), ...await look() });
    await sleep(Math.max(0, 100 * samples.length - (performance.now() - begin)));
  }
  if (process.env.RIVERO_E2E_TRACE) {
    const lines = [Object.keys(samples[0]), ...samples.map(Object.values)].map((line) => line.join(','));
    writeFileSync(`${process.env.RIVERO_E2E_TRACE}/${name}-${process.pid}.csv`, lines.join('\n') + '\n');
  }
  return samples;
}
const sorted = (samples, key) => samples.map((s) => s[key]).sort((a, b) => a - b);
const quantile = (list, q) => list[Math.min(list.length - 1, Math.floor(q * list.length))];

for (const codec of ['VP8', 'H264']) {
  test(`5 % loss at 60 ms of round trip, on both ways, are repaired and the picture does not freeze (${codec})`, async (t) => {
    const bad = { loss: 0.05, delayMs: 30, jitterMs: 3 };
    const up = await Relay.for(t, { toServer: bad, toBrowser: { delayMs: 30 }, seed: 1 });
    const down = await Relay.for(t, { toBrowser: bad, toServer: { delayMs: 30 }, seed: 3 });
    const { sender, viewer } = await call(t, { sending: up, viewing: down, codec });
    const [sent0, seen0] = [(await sender.stats()).out.video, (await viewer.stats()).in.video];
    // Freezes by themselves: of which length each is shows only who looks often.
    let longest = 0, before = seen0;
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      await sleep(500);
      const now = (await viewer.stats()).in.video;
      longest = Math.max(longest, (now.totalFreezesDuration - before.totalFreezesDuration) / Math.max(1, now.freezeCount - before.freezeCount));
      before = now;
    }
    const [sent1, seen1] = [(await sender.stats()).out.video, (await viewer.stats()).in.video];
    const gained = (from, to, key) => (to[key] ?? 0) - (from[key] ?? 0);
    const lost = gained(seen0, seen1, 'packetsLost'), repaired = gained(seen0, seen1, 'retransmittedPacketsReceived');
    const received = gained(seen0, seen1, 'packetsReceived'), freezes = gained(seen0, seen1, 'freezeCount');
    const frames = gained(sent0, sent1, 'framesSent'), decoded = gained(seen0, seen1, 'framesDecoded');
    t.diagnostic(`${up.up.lost} of ${up.up.passed + up.up.lost} packets lost on the way to the server, ${down.down.lost} of ` +
      `${down.down.passed + down.down.lost} from there; ${lost} of ${received} of this stream, ${repaired} repaired; ` +
      `${decoded} of ${frames} pictures decoded, ${gained(seen0, seen1, 'pliCount')} PLI, ${freezes} freezes, the longest ${longest.toFixed(2)} s; ` +
      `the relays were late by ${Math.round(Math.max(up.up.lateMs, down.down.lateMs))} ms at most`);
    assert.equal(seen1.codec, `video/${codec}`);
    assert.ok(up.up.lost > 10 && down.down.lost > 10, 'the relays lose');
    // Browsers count a packet as lost although it was repaired. What is under way at the moment is not missing yet.
    assert.ok(lost - repaired <= Math.max(2, received / 1000), `${lost - repaired} of ${received} packets are missing`);
    assert.equal(gained(seen0, seen1, 'pliCount'), 0);
    assert.ok(decoded >= frames - 3, `${frames - decoded} pictures are missing`);
    assert.ok(longest <= 0.5, `frozen for ${longest} s`);
  });
}

// What begins at a key frame begins at one that came with holes, and whose holes were filled later.
test('sizes change and viewers come while 5 % of what the sender sends are lost', async (t) => {
  const relay = await Relay.for(t, { toServer: { loss: 0.05, delayMs: 30, jitterMs: 3 }, toBrowser: { delayMs: 30 }, seed: 5 });
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const page = await browser.page();
  t.after(() => page.close());
  const encodings = [[4, 110_000], [2, 350_000], [1, 1_500_000]].map(([scaleResolutionDownBy, maxBitrate], i) => ({ rid: 'qhf'[i], scaleResolutionDownBy, maxBitrate }));
  await Peer.join(page, relay.through(new RpcSignalling(client, from)), { send: ['video'], source: 'texture', keepSize: true, width: 1280, height: 720, startKbps: 2500, encodings });
  const view = async (kbps) => {
    const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    const cap = (value) => client.invoke(id, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: value });
    await cap(kbps);
    await client.connect(from, id);
    const peer = await Peer.join(page, new RpcSignalling(client, id), { receive: ['video'] });
    return { cap, peer, sees: (height) => peer.reaches((s) => s.in.video?.frameHeight === height, `does not get ${height} lines`, 30_000) };
  };
  const heights = new Map([[150, 180], [600, 360], [0, 720]]);
  const first = await view(0);
  await first.sees(720);
  const viewers = [first];
  for (let round = 0; round < 2; ++round) {
    for (const [kbps, height] of heights) {
      await first.cap(kbps);
      await first.sees(height);
      const viewer = await view(kbps);
      await viewer.sees(height);
      viewers.push(viewer);
    }
  }
  let plis = 0;
  for (const { peer } of viewers) {
    const { in: { video } } = await peer.decodes(15);
    t.diagnostic(`${peer.name}: ${video.framesDecoded} decoded, ${video.framesDropped} dropped, ${video.freezeCount} freezes, pli ${video.pliCount}, nack ${video.nackCount}, ` +
      `${video.packetsLost} lost, ${video.retransmittedPacketsReceived} repaired`);
    plis += video.pliCount;
  }
  t.diagnostic(`${relay.up.lost} of ${relay.up.passed + relay.up.lost} packets lost`);
  assert.ok(relay.up.lost > 30, 'the relay loses');
  // A browser waits 200 ms for its first key frame: three losses of one packet take longer.
  assert.ok(plis <= 2, `${plis} pictures could not be decoded`);
});

// Nobody sends it anything, so that it reports on nothing: the round trip is that of its ICE answers.
test('a browser that only sends, 300 ms away, is not asked again before its answer can have come', async (t) => {
  const rtt = 300;
  const relay = await Relay.for(t, { toServer: { delayMs: rtt / 2, loss: 0.05 }, toBrowser: { delayMs: rtt / 2 } });
  const { client, sender, to } = await call(t, { sending: relay, source: 'texture', send: ['video'], height: 360, fps: 30 });
  const sent = async () => ({ lost: relay.up.lost, ...(await sender.stats()).out.video });
  const first = await sent();
  await until(() => relay.up.lost - first.lost >= 30, 30_000 * slowness, 'the relay loses too few');
  const second = await sent();
  const begin = performance.now();
  for (let i = 0; i < 20; ++i) {
    await client.invoke(to, 'requestKeyframe', {});
    await sleep(60);  // a steady pace of requests
  }
  await sleep(2 * rtt);  // whatever was asked for has come by then, and it is the most that may come that counts
  const third = await sent(), trips = (performance.now() - begin) / rtt;
  const lost = second.lost - first.lost, nacks = second.nackCount - first.nackCount, plis = third.pliCount - second.pliCount;
  t.diagnostic(`${lost} packets lost, ${nacks} NACKs; ${plis} PLIs for 20 requests in ${trips.toFixed(1)} round trips`);
  assert.ok(nacks > 0 && nacks <= 1.5 * lost + 5, `${nacks} NACKs for ${lost} packets`);
  assert.ok(plis > 0 && plis <= trips + 2, `${plis} PLIs in ${trips} round trips`);
});

const narrow = { kbps: 500, delayMs: 20, queueMs: 1000 };
const LINK = narrow.kbps * 1000;

/** Within 20 % after 10 s, and less than 300 ms in the queue. @param samples { ms, bps, queueMs } @param most of the time */
function judge(t, samples, most) {
  const settled = samples.filter((s) => s.ms >= 10_000);
  const bps = sorted(settled, 'bps'), queue = sorted(samples.filter((s) => s.ms >= 3_000), 'queueMs');
  const within = settled.filter((s) => s.bps >= 0.8 * LINK && s.bps <= 1.2 * LINK).length / settled.length;
  t.diagnostic(`after 10 s the estimate is ${bps[0]}..${bps.at(-1)}, median ${quantile(bps, 0.5)} bit/s, ${Math.round(100 * within)} % of the time within 20 %; ` +
    `the queue after 3 s: median ${Math.round(quantile(queue, 0.5))} ms, nine tenths below ${Math.round(quantile(queue, 0.9))} ms, most ${Math.round(queue.at(-1))} ms`);
  assert.ok(quantile(bps, 0.5) >= 0.8 * LINK && quantile(bps, 0.5) <= 1.2 * LINK, `the estimate is ${quantile(bps, 0.5)}`);
  assert.ok(within >= most, `the estimate is within 20 % of the link's rate ${Math.round(100 * within)} % of the time`);
  assert.ok(quantile(queue, 0.9) < 300, `${quantile(queue, 0.9)} ms stand in the queue`);
}

test('500 kbit/s towards a viewer are found out, are not overfilled, and their end is noticed', async (t) => {
  const relay = await Relay.for(t, { toBrowser: narrow, toServer: { delayMs: 20 } });
  const { viewer, inbound, outbound } = await call(t, { viewing: relay });
  let bytes = (await outbound()).bytesSent, at = performance.now();
  judge(t, await watch(14_000, 'viewer', async () => {
    const [out, remb] = [await outbound(), (await inbound()).remb];
    const kbps = Math.round((out.bytesSent - bytes) * 8 / (performance.now() - at));
    [bytes, at] = [out.bytesSent, performance.now()];
    return { bps: out.targetBitrate, queueMs: relay.down.queueMs, kbps, remb, lost: relay.down.lost };
  }), 0.8);
  relay.set({ toBrowser: { delayMs: 20 } });
  const since = performance.now();
  while ((await outbound()).targetBitrate < 2_000_000) {
    assert.ok(performance.now() - since < 6_000 * slowness, `after 6 s the estimate is ${(await outbound()).targetBitrate}`);
    await sleep(100);
  }
  t.diagnostic(`above 2 Mbit/s after ${Math.round(performance.now() - since)} ms`);
  await viewer.decodes(10);
});

// The sender is not slowed down for one of two: what does not fit is left out here, and not on the link, which would lose sound as well.
for (const remb of [false, true]) {
  test(`a viewer whose link is too narrow for what another one watches has the sound whole, and some pictures (${remb ? 'REMB' : 'transport-wide feedback'})`, async (t) => {
    const { client, pipeline, page, sender, viewer: good, from } = await call(t, { source: 'clouds', codec: 'VP8', keepSize: true, fps: 20, startKbps: 1500 });
    await until(async () => (await sender.stats()).out.video.targetBitrate > 1_400_000, 20_000 * slowness, 'the sender does not send more than the link carries');
    const relay = await Relay.for(t, { toBrowser: { kbps: 1000, delayMs: 20, queueMs: 400 }, toServer: { delayMs: 20 }, seed: 7 });
    const to = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.connect(from, to);
    const bad = await Peer.join(page, relay.through(new RpcSignalling(client, to)), { receive: ['audio', 'video'], remb });
    await bad.decodes(10, 30_000);
    // What it takes to find the link out, without and with a measurement of its own.
    await bad.hears(remb ? 500 : 300, 30_000);
    const [before, ours, lost] = [(await bad.stats()).in, (await good.stats()).in, relay.down.lost];
    const heard = before.audio.packetsReceived;
    const { in: after } = await bad.reaches((s) => s.in.audio.packetsReceived >= heard + 400, 'hears nothing', 30_000);
    const pictures = after.video.framesDecoded - before.video.framesDecoded;
    t.diagnostic(`${pictures} pictures while 400 packets of sound came, ${after.audio.packetsLost - before.audio.packetsLost} of those lost; the link lost ${relay.down.lost - lost}`);
    assert.ok(after.audio.packetsLost - before.audio.packetsLost <= 4, `${after.audio.packetsLost - before.audio.packetsLost} packets of sound lost`);
    assert.ok(pictures >= 20, `${pictures} pictures`);
    const { in: theirs } = await good.stats();
    assert.equal(theirs.video.freezeCount, ours.video.freezeCount, 'the other viewer has freezes');
  });
}

// What a source is asked for goes by the best of its viewers: not by one who is not there.
test('who never connects takes nothing from a viewer behind 500 kbit/s, nor does one who joins behind as little', async (t) => {
  const link = { toBrowser: { ...narrow, queueMs: 400 }, toServer: { delayMs: 20 } };
  const relays = [await Relay.for(t, link), await Relay.for(t, link)];
  const { client, pipeline, page, from, viewer, inbound } = await call(t, { viewing: relays[0], source: 'clouds', codec: 'VP8', keepSize: true, fps: 20 });
  const told = ({ remb }) => remb > 0 && remb < 700_000;
  await viewer.hears(100, 30_000);
  await until(async () => told(await inbound()), 20_000 * slowness, 'the sender is not told');
  const join = async (signalling) => {
    const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.connect(from, id);
    return Peer.join(page, signalling(id), { receive: ['audio', 'video'] });
  };
  const before = (await viewer.stats()).in.audio;
  const nothing = () => undefined;
  const asked = watch(9_000, 'joins', async () => ({ remb: (await inbound()).remb, queueMs: relays[0].down.queueMs, lost: relays[0].down.lost }));
  await join((id) => new RpcSignalling(client, id, { toBrowser: nothing, toServer: nothing }));
  await viewer.hears(150, 30_000);  // meanwhile he is there, and nobody hears him
  const second = await join((id) => relays[1].through(new RpcSignalling(client, id)));
  await second.decodes(5, 30_000);
  const most = Math.max(...(await asked).map(({ remb }) => remb));
  const after = (await viewer.stats()).in.audio;
  const lost = after.packetsLost - before.packetsLost, of = after.packetsReceived - before.packetsReceived + lost;
  t.diagnostic(`the sender was allowed ${most} bit/s at most; ${lost} of ${of} packets of sound were lost`);
  assert.ok(most < 1_000_000, `the sender was allowed ${most} bit/s`);
  assert.ok(lost <= of / 50, `${lost} of ${of} packets of sound were lost`);
});

// Here the browser estimates, of what our feedback tells it.
test('500 kbit/s from a sender are found out and not overfilled', async (t) => {
  const relay = await Relay.for(t, { toServer: narrow, toBrowser: { delayMs: 20 } });
  const { sender, viewer } = await call(t, { sending: relay, source: 'texture', send: ['video'] });
  judge(t, await watch(14_000, 'sender', async () => {
    const { available, out } = await sender.stats();
    return { bps: available, queueMs: relay.up.queueMs, target: out.video.targetBitrate, lost: relay.up.lost };
  }), 0.5);
  await viewer.decodes(10);
});

// What it may send is our estimate, from the loss and from the times that it writes into its packets.
test('a sender without transport-wide feedback does not overfill 500 kbit/s, and is not silenced', async (t) => {
  const relay = await Relay.for(t, { toServer: narrow, toBrowser: { delayMs: 20 } });
  const { viewer, inbound } = await call(t, { sending: relay, source: 'texture', send: ['video'], remb: true });
  const samples = await watch(10_000, 'remb', async () => ({ bps: (await inbound()).remb, queueMs: relay.up.queueMs, lost: relay.up.lost }));
  const [bps, queue] = ['bps', 'queueMs'].map((key) => sorted(samples.filter((s) => s.ms >= 6_000), key));
  t.diagnostic(`after 6 s it may send ${bps[0]}..${bps.at(-1)} bit/s; the queue: median ${Math.round(quantile(queue, 0.5))} ms, most ${Math.round(queue.at(-1))} ms`);
  // It begins with 2 Mbit/s, fills the queue and loses packets at once; the browser then slows down by itself, too.
  assert.ok(quantile(bps, 0.5) > 0.4 * LINK && quantile(bps, 0.5) <= 1.2 * LINK, `it may send ${quantile(bps, 0.5)}`);
  assert.ok(quantile(queue, 0.9) < 300, `${quantile(queue, 0.9)} ms stand in the queue`);
  await viewer.decodes(10);
});
