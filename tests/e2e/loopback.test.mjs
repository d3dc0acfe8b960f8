// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What goes from browser to browser goes as it is: forwarded at once and never decoded by the server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { assertNotTranscoded } from './lib/dot.mjs';

/** From the browser's start of ICE to its first decoded picture. */
const FIRST_FRAME_LIMIT_MS = 1000;

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const both = ['audio', 'video'];
async function endpoint(client, pipeline, options = {}) {
  const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...options });
  await client.subscribe(id, 'MediaTranscodingStateChanged', 'ConnectionStateChanged', 'MediaFlowInStateChanged', 'MediaFlowOutStateChanged', 'Error');
  return id;
}

for (const codec of ['VP8', 'H264', 'VP9']) {
  test(`${codec} and Opus come back as they were sent, and a viewer gets them, too`, async (t) => {
    const daemon = await Daemon.for(t);
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    const echo = await endpoint(client, pipeline);
    await client.connect(echo, echo);
    const page = await browser.page();
    t.after(() => page.close());
    const talker = await Peer.join(page, new RpcSignalling(client, echo), { send: both, receive: both, codec });

    const first = await talker.reaches((s) => s.firstFrameMs, 'no first picture');
    t.diagnostic(`connected after ${Math.round(first.connectedMs)} ms, first picture after ${Math.round(first.firstFrameMs)} ms`);
    await talker.decodes(20);
    const heard = await talker.hears(50);
    assert.equal(heard.in.video.codec, `video/${codec}`);
    assert.equal(heard.in.audio.codec, 'audio/opus');
    assert.equal(heard.in.video.packetsLost, 0, 'video packets were lost on loopback');
    assert.ok(first.firstFrameMs < FIRST_FRAME_LIMIT_MS * slowness, `the first picture took ${first.firstFrameMs} ms`);
    await client.event(echo, 'MediaFlowInStateChanged', { where: (d) => d.state === 'FLOWING' && d.mediaType === 'VIDEO' });
    await client.event(echo, 'MediaFlowOutStateChanged', { where: (d) => d.state === 'FLOWING' && d.mediaType === 'AUDIO' });

    // Somebody who comes late does not wait for the next regular key frame: one is asked for.
    const viewer = await endpoint(client, pipeline, { recvonly: false });
    await client.connect(echo, viewer);
    const other = await browser.page();
    t.after(() => other.close());
    const watcher = await Peer.join(other, new RpcSignalling(client, viewer), { receive: both, codec });
    const seen = await watcher.reaches((s) => s.firstFrameMs, 'no first picture for the late one');
    t.diagnostic(`late viewer: connected after ${Math.round(seen.connectedMs)} ms, first picture after ${Math.round(seen.firstFrameMs)} ms`);
    assert.ok(seen.firstFrameMs < FIRST_FRAME_LIMIT_MS * slowness, `the late viewer waited ${seen.firstFrameMs} ms for a picture`);
    await watcher.decodes(20);
    const end = await watcher.hears(50);
    assert.equal(end.in.video.codec, `video/${codec}`);
    assert.equal(end.in.video.packetsLost, 0);
    await talker.decodes(10);

    await assertNotTranscoded(client, pipeline, [echo, viewer]);
    await talker.end();
    await watcher.end();
    await client.release(pipeline);
  });
}

test('a receiver that can do the codec of the source gets it, wherever it stands in its list', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const [from, to] = [await endpoint(client, pipeline), await endpoint(client, pipeline)];
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from), { send: both, codec: 'H264' });
  await sender.sends();
  await client.connect(from, to);
  // No preference: Chromium lists VP8 first and H264 behind it.
  const receiver = await Peer.join(page, new RpcSignalling(client, to), { receive: both });
  await receiver.decodes(10);
  assert.equal((await receiver.stats()).in.video.codec, 'video/H264');
  await assertNotTranscoded(client, pipeline, [from, to]);
});

test('a disconnected viewer gets nothing more, and again something when it is connected again', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const [from, to] = [await endpoint(client, pipeline), await endpoint(client, pipeline)];
  const page = await browser.page();
  t.after(() => page.close());
  await client.connect(from, to);
  await Peer.join(page, new RpcSignalling(client, from), { send: both, codec: 'VP8' });
  const receiver = await Peer.join(page, new RpcSignalling(client, to), { receive: both, codec: 'VP8' });
  await receiver.decodes(10);
  await client.subscribe(from, 'ElementDisconnected');
  await client.invoke(from, 'disconnect', { sink: to });
  await client.event(to, 'MediaFlowInStateChanged', { where: (d) => d.state === 'NOT_FLOWING' && d.mediaType === 'VIDEO' });
  const still = (await receiver.stats()).in.video.packetsReceived;
  await client.connect(from, to);
  const again = await receiver.decodes(20);
  assert.ok(again.in.video.packetsReceived > still);
  assert.equal(again.in.video.packetsLost, 0, 'the gap shows as loss: sequence numbers were not continued');
});

test('the server offers and the browser answers', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const echo = await endpoint(client, pipeline);
  await client.connect(echo, echo);
  const page = await browser.page();
  t.after(() => page.close());
  const peer = await Peer.invited(page, new RpcSignalling(client, echo), { send: both });
  await peer.decodes(20);
  await peer.hears(30);
  assert.equal((await client.event(echo, 'ConnectionStateChanged')).newState, 'CONNECTED');
  await assertNotTranscoded(client, pipeline, [echo]);
});

test('a viewer that was offered only receives', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await endpoint(client, pipeline, { recvonly: true });
  const to = await endpoint(client, pipeline, { sendonly: true });
  await client.connect(from, to);
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.invited(page, new RpcSignalling(client, from), { send: both });
  await sender.sends();
  const receiver = await Peer.invited(page, new RpcSignalling(client, to), {});
  await receiver.decodes(20);
  await receiver.hears(30);
  assert.match(receiver.offer, /a=sendonly/);
  assert.match(sender.offer, /a=recvonly/);
  await assertNotTranscoded(client, pipeline, [from, to]);
});

test('pictures that change their size go on, for those who came before and after', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const [from, to] = [await endpoint(client, pipeline), await endpoint(client, pipeline)];
  await client.connect(from, to);
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from), { send: both, codec: 'VP8', width: 640, height: 480 });
  const receiver = await Peer.join(page, new RpcSignalling(client, to), { receive: both, codec: 'VP8' });
  await receiver.decodes(10);
  await page.evaluate((name) => window.rtc.scale(name, 2), sender.name);
  await receiver.reaches((s) => s.in.video.frameWidth <= 320, 'the size does not change');
  const late = await endpoint(client, pipeline);
  await client.connect(from, late);
  const other = await Peer.join(page, new RpcSignalling(client, late), { receive: both, codec: 'VP8' });
  await other.decodes(10);
  await receiver.decodes(10);
});
