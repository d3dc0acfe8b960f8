// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A browser sends its picture in three sizes; each receiver gets the one that suits it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const layers = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 100_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 250_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];
const heights = [180, 360, 720];

/** Three viewers with caps in kbit/s, 0 for none. */
async function room(t, codec, caps, encodings = layers) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from),
    { send: ['video'], codec, width: 1280, height: 720, fps: 20, encodings });
  if (encodings.length > 1) assert.match(sender.answer, /a=simulcast:recv q;h;f/);
  const viewers = [];
  for (const kbps of caps) {
    const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    if (kbps) await client.invoke(id, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: kbps });
    await client.connect(from, id);
    const peer = await Peer.join(page, new RpcSignalling(client, id), { receive: ['video'], codec });
    viewers.push({ id, peer, cap: (value) => client.invoke(id, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: value }) });
  }
  return { client, pipeline, sender, viewers };
}

const sees = ({ peer }, height, ms = 30_000) => peer.reaches((s) => s.in.video?.frameHeight === height, `does not get ${height} lines`, ms);

for (const codec of ['VP8', 'H264']) {
  test(`${codec} in three sizes: each viewer gets the one that its limit allows, and another when that changes`, async (t) => {
    const { sender, viewers } = await room(t, codec, [150, 300, 0]);
    await sender.reaches((s) => s.encodings.length === 3 && s.encodings.every((e) => e.framesEncoded > 5), 'does not send three encodings', 30_000);
    for (const [i, viewer] of viewers.entries()) await sees(viewer, heights[i]);

    // Up and down: a key frame of the other size, and not one picture that cannot be decoded.
    const [low, middle, high] = viewers;
    const change = async (viewer, kbps, height) => {
      await viewer.cap(kbps);
      const since = performance.now();
      await sees(viewer, height);
      t.diagnostic(`${codec}: ${height} lines ${Math.round(performance.now() - since)} ms after the limit of ${kbps} kbit/s`);
    };
    await change(high, 150, 180);
    await change(low, 300, 360);
    await change(middle, 0, 720);
    await change(high, 0, 720);
    for (const viewer of viewers) {
      const { in: { video } } = await viewer.peer.decodes(10);
      t.diagnostic(`${viewer.peer.name}: ${video.framesDecoded} decoded, ${video.framesDropped} dropped, ${video.freezeCount} freezes, pli ${video.pliCount}, nack ${video.nackCount}, lost ${video.packetsLost}`);
      assert.equal(video.packetsLost, 0);
    }
    for (const viewer of viewers) await viewer.peer.end();
    await sender.end();
  });
}

test('VP9 in spatial layers of one stream: each viewer gets as many as its limit allows', async (t) => {
  const { sender, viewers } = await room(t, 'VP9', [150, 600, 0], [{ scalabilityMode: 'L3T3', maxBitrate: 1_500_000 }]);
  for (const [i, viewer] of viewers.entries()) await sees(viewer, heights[i]);
  const [low, , high] = viewers;
  await high.cap(150);
  await sees(high, 180);
  await high.cap(0);
  await low.cap(0);
  await sees(high, 720);
  await sees(low, 720);
  for (const viewer of viewers) {
    const { in: { video } } = await viewer.peer.decodes(10);
    t.diagnostic(`${viewer.peer.name}: ${video.framesDecoded} decoded, ${video.framesDropped} dropped, ${video.freezeCount} freezes, pli ${video.pliCount}`);
    assert.equal(video.packetsLost, 0);
  }
  await sender.end();
});
