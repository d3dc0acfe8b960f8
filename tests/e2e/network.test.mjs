// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Ways to the browser other than a clean UDP path between two hosts.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { coturn, LossyPath, stunServer, TurnServer } from './lib/network.mjs';
import { until } from './lib/wait.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const both = ['audio', 'video'];
const failsWith = (promise, code) => assert.rejects(promise, (error) => { assert.equal(error.code, code, error.message); return true; });

async function echo(t, { page, ...constructorParams } = {}) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...constructorParams });
  await client.subscribe(endpoint, 'ConnectionStateChanged', 'NewCandidatePairSelected', 'IceComponentStateChanged', 'IceGatheringDone', 'IceCandidateFound', 'MediaStateChanged', 'Error');
  await client.connect(endpoint, endpoint);
  const opened = page ?? await browser.page();
  t.after(() => opened.close().catch(() => {}));
  return { daemon, client, pipeline, endpoint, page: opened };
}
const only = (pattern) => (c) => (pattern.test(c.candidate) ? c : undefined);
const nothing = () => undefined;

for (const transport of ['udp', 'tcp']) {
  test(`the way leads through TURN over ${transport}, of the server or of the browser`, { skip: !coturn && 'no coturn here' }, async (t) => {
    const turn = await TurnServer.for(t);
    const { client, pipeline, endpoint, page } = await echo(t);
    await client.invoke(endpoint, 'setTurnUrl', { turnUrl: turn.url(transport) });
    assert.equal(await client.invoke(endpoint, 'getTurnUrl'), turn.url(transport));
    const decodes = (peer) => peer.decodes(10).catch((error) => { throw new Error(`${error.message}\n${turn.log.split('\n').slice(-30).join('\n')}`); });
    const options = { send: both, receive: both, codec: 'VP8' };
    // The browser hears of the server's relay only. The server has to let its address through: it hears of a port where nobody is.
    const signalling = new RpcSignalling(client, endpoint, { toBrowser: only(/ typ relay /),
      toServer: (c) => (/ udp \d+ 127\.0\.0\.1 \d+ typ host/.test(c.candidate) ? { ...c, candidate: c.candidate.replace(/ 127\.0\.0\.1 \d+ /, ' 127.0.0.1 9 ') } : undefined) });
    await decodes(await Peer.join(page, signalling, options));
    // The first way that there was. By it the server learns the browser's own address, and may find a shorter one.
    const ours = client.events.find((e) => e.type === 'NewCandidatePairSelected' && e.object === endpoint);
    assert.match(ours.data.candidatePair.localCandidate, / typ relay /);

    // The server has no relay, the browser is allowed nothing else.
    const other = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.connect(other, other);
    const relayed = new RpcSignalling(client, other, { toServer: only(/ typ relay /) });
    await decodes(await Peer.join(page, relayed, { ...options, connection: { iceServers: [turn.server(transport)], iceTransportPolicy: 'relay' } }));
    const [theirs] = await client.invoke(other, 'getICECandidatePairs');
    assert.match(theirs.remoteCandidate, / typ (relay|prflx)/);
    assert.deepEqual(client.events.filter((e) => e.type === 'Error'), []);
  });
}

test('a STUN server tells the address outside of the NAT, by name as by number', async (t) => {
  const port = await stunServer(t);
  for (const host of ['127.0.0.1', 'localhost']) {
    const { client, endpoint } = await echo(t);
    await client.invoke(endpoint, 'setStunServerAddress', { stunServerAddress: host });
    await client.invoke(endpoint, 'setStunServerPort', { stunServerPort: port });
    await client.invoke(endpoint, 'generateOffer');
    await client.invoke(endpoint, 'gatherCandidates');
    const found = await client.event(endpoint, 'IceCandidateFound', { where: (d) => / typ srflx /.test(d.candidate.candidate) });
    assert.match(found.candidate.candidate, / 203\.0\.113\.7 4242 typ srflx raddr /);
    await client.event(endpoint, 'IceGatheringDone');
  }
});

test('addresses that are none are refused, and nothing changes', async (t) => {
  const { client, endpoint } = await echo(t);
  for (const [property, bad, good] of [
    ['stunServerAddress', ['127.0.0', '1.2.3.4.5', 'a b', '-x', ':::'], ['127.0.0.1', 'stun.example.org', '::1', '[::1]', '']],
    ['stunServerPort', [0, 65536, -1], [3478]],
    ['turnUrl', ['nonsense', 'user:pass@', '127.0.0.1:3478', 'a:b@host:0', 'a:b@host:70000', 'a:b@host?transport=pigeon', 'a:b@[::1'], ['u:p@127.0.0.1:3478?transport=udp', 'u:p@[::1]:3478', 'u:p@turn.example.org', '']],
    ['externalIPv4', ['::1', '1.2.3', 'host'], ['203.0.113.4', '']],
    ['externalIPv6', ['1.2.3.4', '::g'], ['2001:db8::1', '']],
  ]) {
    const name = property[0].toUpperCase() + property.slice(1);
    for (const value of good) {
      await client.invoke(endpoint, `set${name}`, { [property]: value });
      for (const wrong of bad) await failsWith(client.invoke(endpoint, `set${name}`, { [property]: wrong }), 40107);
      assert.equal(await client.invoke(endpoint, `get${name}`), value);
    }
  }
});

test('IPv6 works as well as IPv4', async (t) => {
  const { client, endpoint, page } = await echo(t);
  const six = only(/ ::1 \d+ typ host/);
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint, { toBrowser: six, toServer: six }), { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  const [pair] = await client.invoke(endpoint, 'getICECandidatePairs');
  // Interfaces of a machine reach each other: the peer may be seen with another address of its own.
  for (const candidate of [pair.localCandidate, pair.remoteCandidate]) assert.match(candidate, / 1 udp \d+ [0-9a-f]*:[0-9a-f:]+ \d+ typ /i);
});

test('candidates may all stand in the SDP, on both sides', async (t) => {
  const { client, endpoint, page } = await echo(t);
  const name = 'whole';
  const offer = await page.evaluate(async ([peer, options]) => {
    await window.rtc.offer(peer, options);
    const { pc } = window.rtc.peers.get(peer);
    while (pc.iceGatheringState !== 'complete') await new Promise((done) => pc.addEventListener('icegatheringstatechange', done, { once: true }));
    return pc.localDescription.sdp;
  }, [name, { send: both, receive: both, source: 'camera', width: 320, height: 240, fps: 15, codec: 'VP8' }]);
  assert.match(offer, /^a=candidate:/m);
  await client.invoke(endpoint, 'processOffer', { offer });
  await client.invoke(endpoint, 'gatherCandidates');
  await client.event(endpoint, 'IceGatheringDone');
  const answer = await client.invoke(endpoint, 'getLocalSessionDescriptor');
  assert.match(answer, /^a=candidate:[\s\S]*^a=end-of-candidates/m);
  await page.evaluate(([peer, sdp]) => window.rtc.answer(peer, sdp), [name, answer]);
  await until(async () => (await page.evaluate((peer) => window.rtc.stats(peer), name)).in.video?.framesDecoded > 5, 15_000 * slowness, 'no pictures');
  assert.match(await client.invoke(endpoint, 'getRemoteSessionDescriptor'), /^a=candidate:/m);
});

test('TCP works where no UDP comes through, and is not offered when it is switched off', async (t) => {
  const { client, endpoint, page } = await echo(t);
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint, { toBrowser: only(/ tcp .*127\.0\.0\.1 .*tcptype passive/i), toServer: nothing }),
    { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  const [pair] = await client.invoke(endpoint, 'getICECandidatePairs');
  assert.match(pair.localCandidate, / tcp /i);
  const without = await client.create('WebRtcEndpoint', { mediaPipeline: endpoint.split('/')[0] });
  await client.subscribe(without, 'IceCandidateFound', 'IceGatheringDone');
  await client.invoke(without, 'setIceTcp', { iceTcp: false });
  await client.invoke(without, 'generateOffer');
  await client.invoke(without, 'gatherCandidates');
  await client.event(without, 'IceGatheringDone');
  const found = client.events.filter((e) => e.object === without && e.type === 'IceCandidateFound').map((e) => e.data.candidate.candidate);
  assert.ok(found.length > 0 && found.every((c) => / udp /i.test(c)), found.join('\n'));
});

const outside = Object.values(os.networkInterfaces()).flat().some((a) => a.family === 'IPv4' && !a.internal);
test('an endpoint that keeps to one interface does not decide for the others', { skip: !outside && 'no interface but loopback' }, async (t) => {
  const daemon = await Daemon.for(t, { set: { 'rtc.networkInterfaces': '' } });
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const found = async (interfaces) => {
    const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.subscribe(endpoint, 'IceCandidateFound', 'IceGatheringDone');
    await client.invoke(endpoint, 'setNetworkInterfaces', { networkInterfaces: interfaces });
    await client.invoke(endpoint, 'generateOffer');
    await client.invoke(endpoint, 'gatherCandidates');
    await client.event(endpoint, 'IceGatheringDone');
    return client.events.filter((e) => e.object === endpoint && e.type === 'IceCandidateFound')
      .map((e) => e.data.candidate.candidate.split(' ')).filter((c) => /udp/i.test(c[2])).map((c) => ({ address: c[4], port: c[5] }));
  };
  const first = await found('lo');
  assert.ok(first.length > 0 && first.every((c) => /^(127\.|::1$)/.test(c.address)), JSON.stringify(first));
  const second = await found('');
  assert.ok(second.some((c) => !/^(127\.|::1$)/.test(c.address)), JSON.stringify(second));
  assert.deepEqual([...new Set([...first, ...second].map((c) => c.port))].length, 1, 'one port for both');
});

const children = () => readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid && /chrom/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch { return false; }
});

test('a browser that is gone without a word is noticed', async (t) => {
  const before = children();
  const own = await Browser.start();
  t.after(() => own.close().catch(() => {}));
  const pids = children().filter((pid) => !before.includes(pid));
  const { client, endpoint, page } = await echo(t, { page: await own.page() });
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint), { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(5);
  await client.event(endpoint, 'ConnectionStateChanged', { where: (d) => d.newState === 'CONNECTED' });
  await client.event(endpoint, 'MediaStateChanged', { where: (d) => d.newState === 'CONNECTED' });
  assert.ok(pids.length > 0);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const start = performance.now();
  // RFC 7675: consent ends 30 s after the last answer.
  await client.event(endpoint, 'IceComponentStateChanged', { where: (d) => d.state === 'FAILED' || d.state === 'DISCONNECTED', ms: 45_000 * slowness });
  t.diagnostic(`noticed after ${Math.round(performance.now() - start)} ms`);
  await client.event(endpoint, 'ConnectionStateChanged', { where: (d) => d.newState === 'DISCONNECTED', ms: 5_000 * slowness });
  assert.equal(await client.invoke(endpoint, 'getConnectionState'), 'DISCONNECTED');
  await client.event(endpoint, 'MediaStateChanged', { where: (d) => d.newState === 'DISCONNECTED', ms: 30_000 * slowness });
});

test('lost packets are asked for and sent again, in both directions', async (t) => {
  const { client, pipeline, endpoint, page } = await echo(t);
  const lossy = await LossyPath.for(t, { up: 0, down: 0 });
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint, lossy), { send: both, receive: both, codec: 'VP8', width: 640, height: 480 });
  await peer.decodes(5);
  const viewer = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  await client.connect(endpoint, viewer);
  const clean = await Peer.join(page, new RpcSignalling(client, viewer), { receive: both, codec: 'VP8' });
  await clean.decodes(5);
  const stats = async (id) => Object.values(await client.invoke(id, 'getStats', { mediaType: 'VIDEO' }));
  const before = await clean.stats();

  lossy.drop = { up: 10, down: 0 };
  await until(() => lossy.dropped.up >= 10, 20_000 * slowness, () => `only ${lossy.dropped.up} were dropped`);
  lossy.drop = { up: 0, down: 0 };
  await clean.decodes(15);
  const sender = await peer.reaches((s) => s.out.video.nackCount > 0 && s.out.video.retransmittedPacketsSent > 0, 'the browser was asked for nothing');
  const [seen, inbound] = [await clean.stats(), (await stats(endpoint)).find((s) => s.type === 'inboundrtp')];
  assert.ok(inbound.nackCount >= sender.out.video.nackCount);
  assert.equal(seen.in.video.packetsLost, 0, 'the viewer of the repaired stream misses packets');
  assert.ok(seen.in.video.framesDecoded > before.in.video.framesDecoded);

  lossy.drop = { up: 0, down: 10 };
  await until(() => lossy.dropped.down >= 10, 20_000 * slowness, () => `only ${lossy.dropped.down} were dropped`);
  lossy.drop = { up: 0, down: 0 };
  await peer.decodes(15);
  const receiver = await peer.reaches((s) => s.in.video.nackCount > 0 && s.in.video.retransmittedPacketsReceived > 0, 'nothing was sent again');
  const [outbound] = [(await stats(endpoint)).find((s) => s.type === 'outboundrtp')];
  assert.ok(outbound.nackCount > 0 && outbound.nackCount <= receiver.in.video.nackCount + 5);
});

test('statistics are those that the browser has', async (t) => {
  const { client, endpoint, page } = await echo(t);
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint), { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(30);
  const server = async () => {
    const list = Object.values(await client.invoke(endpoint, 'getStats', {}));
    return { in: list.filter((s) => s.type === 'inboundrtp'), out: list.filter((s) => s.type === 'outboundrtp') };
  };
  const of = (list, ssrc) => list.find((s) => s.ssrc === String(ssrc));
  await peer.reaches((s) => s.remote?.video?.roundTripTime !== undefined && s.remote?.audio?.roundTripTime !== undefined, 'no reports of the server');
  await until(async () => (await server()).out.every((s) => s.roundTripTime > 0), 15_000 * slowness, 'no round trip time');
  // What has come by now, what the browser says then, and what has come after that: the middle lies between.
  // Chromium keeps its numbers for 50 ms.
  const first = await server(), now = Date.now();
  const theirs = await peer.reaches((s) => both.every((kind) => s.out[kind].timestamp > now && s.in[kind].timestamp > now), 'old statistics');
  const last = await server();
  const between = (a, b, c, what) => assert.ok(a <= b && b <= c, `${what}: ${a} <= ${b} <= ${c}`);
  for (const kind of both) {
    const sent = theirs.out[kind], got = theirs.in[kind];
    const [a, b] = [of(first.in, sent.ssrc), of(last.in, sent.ssrc)];
    const again = sent.retransmittedBytesSent ?? 0;
    await t.test(`${kind} that the browser sends`, () => {
      assert.ok(a && b, `no entry for ${sent.ssrc}`);
      assert.ok(a.packetsReceived <= sent.packetsSent);
      assert.ok(a.bytesReceived <= sent.bytesSent - again, `${a.bytesReceived} <= ${sent.bytesSent} - ${again}`);
      assert.equal(b.packetsLost, 0);
      assert.equal(b.fractionLost, 0);
      assert.ok(b.jitter > 0 && b.jitter < 0.5);
      assert.equal(b.codecId, { audio: 'opus', video: 'VP8' }[kind]);
      if (kind === 'video') between(sent.pliCount, b.pliCount, b.pliCount, 'PLI');
      assert.equal(b.transportId, '1');
    });
    const [c, d] = [of(first.out, got.ssrc), of(last.out, got.ssrc)];
    await t.test(`${kind} that the browser gets`, () => {
      assert.ok(c && d, `no entry for ${got.ssrc}`);
      assert.ok(got.packetsReceived <= d.packetsSent, `${got.packetsReceived} <= ${d.packetsSent}`);
      assert.ok(got.bytesReceived <= d.bytesSent);
      assert.ok(c.packetsSent - got.packetsReceived < 20, 'more than a moment lies between');
      assert.equal(d.packetsLost, got.packetsLost);
      assert.ok(d.roundTripTime > 0 && d.roundTripTime < 1);
      if (kind === 'video') between(c.pliCount, got.pliCount, d.pliCount + 1, 'PLI');
    });
  }
  await until(async () => {
    const [now, s] = [await peer.stats(), await server()];
    return both.every((kind) => of(s.in, now.out[kind].ssrc).packetsReceived >= theirs.out[kind].packetsSent - (theirs.out[kind].retransmittedPacketsSent ?? 0));
  }, 10_000 * slowness, 'what the browser had sent is not counted');
});
