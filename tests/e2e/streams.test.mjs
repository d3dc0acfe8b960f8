// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What becomes of a stream on its way to receivers that agreed on something else, or come late.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';
import { assertNotTranscoded } from './lib/dot.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const endpoint = (client, pipeline) => client.create('WebRtcEndpoint', { mediaPipeline: pipeline });

test('Opus with redundancy and pauses: to each as he agreed to it, and who speaks is told', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const [from, withRed, without] = [await endpoint(client, pipeline), await endpoint(client, pipeline), await endpoint(client, pipeline)];
  await client.subscribe(from, 'SpeakingStateChanged', 'MediaFlowOutStateChanged');
  await client.connect(from, withRed);
  await client.connect(from, without);
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from),
    { send: ['audio'], source: 'flash', red: true, opus: 'useinbandfec=1;usedtx=1' });
  assert.match(sender.answer, /a=rtpmap:63 red\/48000\/2/);
  assert.match(sender.answer, /a=fmtp:111 .*usedtx=1;useinbandfec=1/);  // Chromium sorts
  const red = await Peer.join(page, new RpcSignalling(client, withRed), { receive: ['audio'] });
  const plain = await Peer.join(page, new RpcSignalling(client, without), { receive: ['audio'], red: false });
  assert.doesNotMatch(plain.answer, /red\//);

  assert.equal((await client.event(from, 'SpeakingStateChanged')).speaking, true);
  // Chromium counts redundant packets that it did not need as discarded.
  const heard = await red.reaches((s) => s.in.audio?.packetsDiscarded > 20 && s.in.audio.totalAudioEnergy > 0, 'gets no redundancy');
  assert.equal(heard.in.audio.packetsLost, 0);
  const { in: { audio: other } } = await plain.reaches((s) => s.in.audio?.packetsReceived > 50 && s.in.audio.totalAudioEnergy > 0, 'hears nothing');
  assert.equal(other.codec, 'audio/opus');
  assert.equal(other.packetsLost, 0);
  assert.equal(other.packetsDiscarded, 0);
  const size = (audio) => audio.bytesReceived / audio.packetsReceived;
  t.diagnostic(`bytes in a packet: ${size(heard.in.audio).toFixed(0)} with redundancy, ${size(other).toFixed(0)} without`);
  assert.ok(size(heard.in.audio) > 1.4 * size(other));

  const inbound = async () => Object.values(await client.invoke(from, 'getStats')).find((s) => s.type === 'inboundrtp');
  assert.ok((await inbound()).audioLevel >= 0);

  // Silence: Chromium sends a packet each 400 ms, and that is no loss and no end.
  await page.evaluate((name) => window.rtc.mute(name, true), sender.name);
  const silent = await client.event(from, 'SpeakingStateChanged', { where: (d) => !d.speaking });
  assert.ok(silent.audioLevel < 0.01, `${silent.audioLevel}`);
  const start = await inbound();
  await sender.reaches((s) => s.out.audio.packetsSent >= start.packetsReceived + 12, 'sends nothing while it is silent');
  const end = await inbound();
  assert.equal(end.packetsLost, 0);
  assert.ok(end.jitter < 0.1, `${end.jitter}`);
  assert.equal(end.audioLevel, 0);
  const seconds = (end.timestampMillis - start.timestampMillis) / 1000;
  t.diagnostic(`silence: ${end.packetsReceived - start.packetsReceived} packets in ${seconds} s`);
  assert.ok((end.packetsReceived - start.packetsReceived) / seconds < 25, 'it does not pause');
  assert.deepEqual(client.events.filter((e) => e.type === 'MediaFlowOutStateChanged' && e.data.state === 'NOT_FLOWING'), []);
  assert.equal(client.events.filter((e) => e.type === 'SpeakingStateChanged').length, 2, 'each change once');
  await page.evaluate((name) => window.rtc.mute(name, false), sender.name);
  await client.event(from, 'SpeakingStateChanged', { where: (d) => d.speaking });
  await assertNotTranscoded(client, pipeline, [from, withRed, without]);
  for (const peer of [sender, red, plain]) await peer.end();
});

test('who comes late has a picture without a key frame of his own', async (t) => {
  const daemon = await Daemon.for(t, { set: { 'media.keptPictureMs': 60000, 'media.keptPictureBytes': 8000000 } });
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const from = await endpoint(client, pipeline);
  const page = await browser.page();
  t.after(() => page.close());
  const sender = await Peer.join(page, new RpcSignalling(client, from), { send: ['video'], codec: 'VP8' });
  const view = async () => {
    const id = await endpoint(client, pipeline);
    await client.connect(from, id);
    const peer = await Peer.join(page, new RpcSignalling(client, id), { receive: ['video'], codec: 'VP8' });
    return { id, peer };
  };
  const first = await view();
  await first.peer.decodes(20);
  const before = (await sender.stats()).out.video;
  const late = await view();
  const seen = await late.peer.reaches((s) => s.firstFrameMs, 'no first picture for the late one');
  await late.peer.decodes(30);
  const [{ in: { video } }, { out: { video: sent } }] = [await late.peer.stats(), await sender.stats()];
  t.diagnostic(`first picture after ${Math.round(seen.firstFrameMs)} ms; ${video.framesDecoded} decoded of ${video.framesReceived}, ` +
    `${video.framesDropped} dropped, ${video.keyFramesDecoded} key frames, pli ${video.pliCount}, nack ${video.nackCount}, lost ${video.packetsLost}; ` +
    `the sender got ${sent.pliCount - before.pliCount} more requests, jitter buffer ${(video.jitterBufferDelay / video.jitterBufferEmittedCount * 1000).toFixed(0)} ms`);
  assert.deepEqual([sent.pliCount, sent.firCount], [before.pliCount, before.firCount], 'the sender was asked for a key frame');
  assert.equal(sent.keyFramesEncoded, before.keyFramesEncoded, 'the sender made a key frame');
  assert.equal(video.keyFramesDecoded, 1);
  assert.equal(video.packetsLost, 0);
  assert.equal(video.pliCount, 0, 'the late one is not content');
  await first.peer.decodes(10);
  for (const peer of [sender, first.peer, late.peer]) await peer.end();
});
