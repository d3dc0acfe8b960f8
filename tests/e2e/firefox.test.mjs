// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Firefox and Chromium meet in the server: both send and both receive, whoever offers.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';
import { assertNotTranscoded } from './lib/dot.mjs';
import { Firefox, program } from './lib/firefox.mjs';

const skip = !existsSync(program) && 'no Firefox here';
let chromium, firefox;
before(async () => { if (!skip) [chromium, firefox] = await Promise.all([Browser.start(), Firefox.start()]); });
after(async () => { await Promise.all([chromium?.close(), firefox?.close()]); });

const both = ['audio', 'video'];
const events = ['MediaTranscodingStateChanged', 'ConnectionStateChanged', 'NewCandidatePairSelected', 'DtlsConnectionStateChange', 'Error'];

async function room(t) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const endpoints = [];
  for (let i = 0; i < 2; ++i) {
    endpoints.push(await client.create('WebRtcEndpoint', { mediaPipeline: pipeline }));
    await client.subscribe(endpoints[i], ...events);
  }
  await client.connect(endpoints[0], endpoints[1]);
  await client.connect(endpoints[1], endpoints[0]);
  const pages = [await firefox.page(), await chromium.page()];
  t.after(() => Promise.all(pages.map((page) => page.close())));
  return { client, pipeline, endpoints, pages };
}

/** Whether a page can send and receive a codec. */
const able = (page, codec) => page.evaluate((wanted) => {
  const has = (side) => side.getCapabilities('video').codecs.some((c) => c.mimeType === `video/${wanted}`);
  return { send: has(RTCRtpSender), receive: has(RTCRtpReceiver) };
}, codec);

for (const codec of ['VP8', 'VP9', 'H264', 'AV1']) {
  test(`${codec} and Opus pass between Firefox and Chromium, as far as both have it`, { skip }, async (t) => {
    const { client, pipeline, endpoints, pages } = await room(t);
    const [firefoxHas, chromiumHas] = await Promise.all(pages.map((page) => able(page, codec)));
    t.diagnostic(`${codec}: Firefox ${JSON.stringify(firefoxHas)}, Chromium ${JSON.stringify(chromiumHas)}`);
    const there = firefoxHas.send && chromiumHas.receive, back = chromiumHas.send && firefoxHas.receive;
    if (!there && !back) return t.skip(`none of them can send ${codec} to the other`);
    const video = (yes) => (yes ? both : ['audio']);
    const fox = await Peer.join(pages[0], new RpcSignalling(client, endpoints[0]), { send: video(there), receive: video(back), codec });
    const other = await Peer.join(pages[1], new RpcSignalling(client, endpoints[1]), { send: video(back), receive: video(there), codec });
    for (const [peer, receives] of [[other, there], [fox, back]]) {
      if (receives) assert.equal((await peer.decodes(20, 30_000)).in.video.codec, `video/${codec}`);
      await peer.hears(30);
    }
    await assertNotTranscoded(client, pipeline, endpoints);
  });
}

test('Firefox answers the offer of the server, restarts ICE, and stops and adds tracks', { skip }, async (t) => {
  const { client, endpoints, pages } = await room(t);
  const fox = await Peer.invited(pages[0], new RpcSignalling(client, endpoints[0]), { send: both });
  const other = await Peer.invited(pages[1], new RpcSignalling(client, endpoints[1]), { send: both });
  await fox.decodes(10);
  await other.decodes(10);
  const pairs = client.events.filter((e) => e.type === 'NewCandidatePairSelected' && e.object === endpoints[0]).length;
  await fox.renegotiate({ restartIce: true });
  await fox.reaches(() => client.events.filter((e) => e.type === 'NewCandidatePairSelected' && e.object === endpoints[0]).length > pairs, 'no new pair was selected');
  await fox.decodes(10);
  await fox.renegotiate({ video: 'inactive' });
  await fox.hears(20);
  await fox.renegotiate({ video: 'sendrecv' });
  await fox.decodes(10);
  await other.decodes(10);
  await fox.invitedAgain();
  await fox.decodes(10);
  // The section that tags the bundle goes.
  await fox.renegotiate({ stop: ['audio'] });
  await fox.decodes(15);
  await other.decodes(15);
  assert.deepEqual(client.events.filter((e) => e.type === 'Error'), []);
});

// It announces the SSRCs of its encodings as well, and names the encodings in its first packets only.
test('Firefox sends in three sizes, and goes on when it or the server offers again', { skip }, async (t) => {
  const { client, endpoints, pages } = await room(t);
  const encodings = [4, 2, 1].map((scaleResolutionDownBy) => ({ rid: `r${scaleResolutionDownBy}`, scaleResolutionDownBy }));
  const fox = await Peer.join(pages[0], new RpcSignalling(client, endpoints[0]), { send: ['video'], codec: 'VP8', encodings });
  const other = await Peer.join(pages[1], new RpcSignalling(client, endpoints[1]), { receive: ['video'] });
  const { height } = fox.options;
  const largest = () => other.reaches((s) => s.in.video?.frameHeight === height, `does not get ${height} lines`, 30_000);
  await largest();
  await other.decodes(10);
  for (const again of ['invitedAgain', 'renegotiate']) {
    const { keyFramesDecoded } = (await other.stats()).in.video;
    await fox[again]();
    assert.match(fox.offer, /a=simulcast:(send|recv) r4;r2;r1/);
    assert.match(fox.answer, /a=simulcast:(send|recv) r4;r2;r1/);
    const { in: { video } } = await other.decodes(15);
    assert.equal(video.frameHeight, height);
    t.diagnostic(`${again}: ${video.keyFramesDecoded - keyFramesDecoded} key frames, pli ${video.pliCount}, lost ${video.packetsLost}`);
  }
});
