// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A browser sends its picture in several sizes, as streams of their own (simulcast) or as layers of one (SVC); each
// receiver gets what suits it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { probe } from './lib/media.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const layers = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 110_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];
const heights = [180, 360, 720];
// Key frames of AV1 must be small: see page.js.
const forAv1 = { source: 'clouds', startKbps: 2500 };
const caps = [150, 600, 0];

/** A sender and three viewers with caps in kbit/s, 0 for none. */
async function room(t, codec, sending) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from),
    { send: ['video'], codec, source: 'texture', keepSize: true, width: 1280, height: 720, fps: 15, ...sending });
  const viewers = [];
  for (const kbps of caps) {
    const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    if (kbps) await client.invoke(id, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: kbps });
    await client.connect(from, id);
    const peer = await Peer.join(page, new RpcSignalling(client, id), { receive: ['video'], codec, descriptors: codec === 'AV1' });
    viewers.push({ id, peer, cap: (value) => client.invoke(id, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: value }) });
  }
  return { daemon, client, pipeline, from, sender, viewers };
}

const sees = ({ peer }, height, ms = 30_000) => peer.reaches((s) => s.in.video?.frameHeight === height, `does not get ${height} lines`, ms);

/** Three sizes for three caps; other caps bring other sizes within two seconds, and not one picture that cannot be decoded. */
async function adapts(t, what, { viewers }) {
  for (const [i, viewer] of viewers.entries()) await sees(viewer, heights[i]);
  // What an encoder spends too much at its start lies in the sender, and what is asked for then comes behind it.
  await viewers[2].peer.decodes(15);
  const before = await Promise.all(viewers.map(({ peer }) => peer.stats()));
  const [low, middle, high] = viewers;
  const took = [];
  for (const [viewer, kbps, height] of [[high, 150, 180], [low, 600, 360], [middle, 0, 720], [high, 0, 720]]) {
    const since = performance.now();
    await viewer.cap(kbps);
    await sees(viewer, height);
    took.push(Math.round(performance.now() - since));
  }
  t.diagnostic(`${what}: sizes change after ${took.join(', ')} ms`);
  assert.ok(Math.max(...took) < 2000 * slowness, `changes take ${took} ms`);
  for (const [i, { peer }] of viewers.entries()) {
    const { in: { video } } = await peer.decodes(10);
    const was = before[i].in.video;
    const [decoded, dropped] = [video.framesDecoded - was.framesDecoded, video.framesDropped - was.framesDropped];
    t.diagnostic(`${peer.name}: ${decoded} decoded, ${dropped} dropped (${video.framesDropped} with the start), ${video.freezeCount} freezes, pli ${video.pliCount}, nack ${video.nackCount}, lost ${video.packetsLost}`);
    assert.equal(video.packetsLost, 0);
    assert.equal(video.pliCount, was.pliCount, 'a picture could not be decoded');
    // A sender throws away the rest of a picture for a new key frame, and a receiver that is late on a busy machine leaves some out.
    assert.ok(dropped <= (6 + decoded / 20) * slowness, `${peer.name}: ${dropped} pictures dropped, ${decoded} decoded`);
  }
}

/** A viewer whose rate is not limited gets what the application, or its own SDP, asks for in size; without a picture that cannot be
    decoded, nor one that is converted. layer: what statistics say of the lowest, of the middle and of the highest one */
async function followsSize(t, what, { client, from, viewers: [,, { id, peer }] }, layer) {
  const video = async () => (await peer.stats()).in.video;
  const { pliCount, framesDecoded, framesDropped } = await video();
  const shows = async (height) => {
    await sees({ peer }, height);
    const sent = Object.values(await client.invoke(id, 'getStats', { mediaType: 'VIDEO' })).find((s) => s.type === 'outboundrtp');
    const index = heights.indexOf(height);
    assert.match(`${sent.encodingIndex} ${sent.scalabilityMode}`, layer[index], `of ${height} lines`);
  };
  const size = (width, height) => client.invoke(id, 'setMaxVideoSendSize', { width, height });
  await shows(720);
  await size(320, 180);
  await shows(180);
  await size(360, 640);
  await shows(360);
  const { width, height } = await client.invoke(id, 'getMaxVideoSendSize');
  assert.deepEqual([width, height], [360, 640]);
  await size(0, 0);
  await shows(720);
  // By the peer itself, and smaller than all there is.
  const { signalling } = peer;
  const asks = (attribute) => Object.assign(signalling, {
    processOffer: (offer) => RpcSignalling.prototype.processOffer.call(signalling, offer.replace(/a=mid:.*\r\n/, (line) => `${line}${attribute}`)),
  });
  asks('a=imageattr:* send * recv [x=160,y=90]\r\n');
  await peer.renegotiate();
  await shows(180);
  asks('');
  await peer.renegotiate();
  await shows(720);
  const { in: { video: now } } = await peer.decodes(5);
  assert.equal(now.packetsLost, 0);
  assert.equal(now.pliCount, pliCount, 'a picture could not be decoded');
  const [decoded, dropped] = [now.framesDecoded - framesDecoded, now.framesDropped - framesDropped];
  assert.ok(dropped <= 5 + decoded / 4, `${dropped} pictures dropped, ${decoded} decoded`);
  t.diagnostic(`${what} by size: ${decoded} decoded, ${dropped} dropped`);
  for (const endpoint of [from, id]) assert.equal(await client.invoke(endpoint, 'isMediaTranscoding', { mediaType: 'VIDEO' }), false);
}

/** The server offers again, and nobody notices; a browser that stopped its encodings, because it did not see them in an offer, begins again
    when it offers itself. */
async function goesOn(t, what, { client, from, sender, viewers }) {
  const see = () => Promise.all(viewers.map((viewer, i) => sees(viewer, heights[i])));
  await Promise.all(viewers.map((viewer, i) => viewer.cap(caps[i])));
  await see();
  const all = () => Promise.all([sender, ...viewers.map(({ peer }) => peer)].map((peer) => peer.stats()));
  const of = ({ encodings }, rid) => encodings.find((e) => e.rid === rid);
  const [sent, ...before] = await all();
  await sender.invitedAgain();
  assert.match(sender.offer, /a=simulcast:recv q;h;f/);
  assert.match(sender.answer, /a=simulcast:send q;h;f/);
  await sender.reaches((s) => s.encodings.every((e) => e.active && e.framesEncoded > of(sent, e.rid).framesEncoded + 5), 'does not go on with all encodings');
  await viewers[0].peer.decodes(2);
  const [still, ...now] = await all();
  for (const e of still.encodings) assert.ok(e.keyFramesEncoded >= of(sent, e.rid).keyFramesEncoded, `the encoder of ${e.rid} was made anew`);
  for (const [i, { in: { video } }] of now.entries()) {
    const was = before[i].in.video;
    assert.equal(video.frameHeight, heights[i]);
    assert.deepEqual([video.packetsLost, video.pliCount], [was.packetsLost, was.pliCount], 'a picture could not be decoded');
    t.diagnostic(`${what}, the server offers: ${video.framesDecoded - was.framesDecoded} decoded of ${heights[i]} lines, ${video.keyFramesDecoded - was.keyFramesDecoded} key frames`);
  }

  const without = (sdp) => sdp.replace(/a=(rid|simulcast):.*\r\n/g, '');
  const offer = await client.invoke(from, 'generateOffer');
  const answer = await sender.page.evaluate(([name, sdp]) => window.rtc.reanswer(name, sdp), [sender.name, without(offer)]);
  await sender.signalling.processAnswer(without(answer));
  await sees(viewers[2], 180);
  await sender.renegotiate();
  assert.match(sender.offer, /a=simulcast:send q;~h;~f/);
  assert.match(sender.answer, /a=simulcast:recv q;h;f/);
  await see();
}

for (const codec of ['VP8', 'H264', 'VP9', 'AV1']) {
  test(`${codec} in three sizes: each viewer gets the one that its limit allows, and another when that changes`, async (t) => {
    // Without a mode VP9 and AV1 would be sent in layers of one stream.
    const mode = ['VP9', 'AV1'].includes(codec) ? { scalabilityMode: 'L1T1' } : {};
    const all = await room(t, codec, { ...(codec === 'AV1' ? forAv1 : {}), encodings: layers.map((layer) => ({ ...layer, ...mode })) });
    assert.match(all.sender.answer, /a=simulcast:recv q;h;f/);
    await all.sender.reaches((s) => s.encodings.length === 3 && s.encodings.every((e) => e.framesEncoded > 5), 'does not send three encodings', 30_000);
    await adapts(t, codec, all);
    if (codec !== 'VP8') return;
    await followsSize(t, codec, all, [/^0 /, /^1 /, /^2 /]);
    await goesOn(t, codec, all);
  });
}

for (const [codec, scalabilityMode, maxBitrate] of [['VP9', 'L3T3', 1_500_000], ['VP9', 'L3T3_KEY', 1_500_000], ['AV1', 'L3T3', 1_500_000],
  // The highest layer alone, with every second picture, must not fit into 600 kbit/s.
  ['AV1', 'L3T3_KEY', 2_000_000]]) {
  test(`${codec} ${scalabilityMode}: each viewer gets as many layers as its limit allows`, async (t) => {
    const all = await room(t, codec, { ...(codec === 'AV1' ? forAv1 : {}), encodings: [{ scalabilityMode, maxBitrate }] });
    await adapts(t, `${codec} ${scalabilityMode}`, all);
    if (codec === 'VP9' && scalabilityMode === 'L3T3' || codec === 'AV1' && scalabilityMode === 'L3T3_KEY')
      await followsSize(t, `${codec} ${scalabilityMode}`, all, [/ L1T\d/, / L2T\d/, / L3T\d/]);
  });
}

test('a recorder gets the best encoding of those that an application announces by SSRC', async (t) => {
  const { daemon, client, pipeline, from, sender, viewers } = await room(t, 'VP8', { ssrcGroup: layers.map(({ rid, ...rest }) => rest) });
  const file = daemon.file('best.webm');
  await sees(viewers[2], 720);
  await sees(viewers[0], 180);
  const recorder = await client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: `file://${file}`, mediaProfile: 'WEBM_VIDEO_ONLY' });
  await client.connect(from, recorder);
  await client.invoke(recorder, 'record');
  await viewers[2].peer.decodes(60);
  await client.invoke(recorder, 'stopAndWait');
  await sender.end();
  assert.equal((await probe(file)).video.height, 720);
});
