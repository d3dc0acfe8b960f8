// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Files and addresses become live media, and nothing is transcoded that need not be.
import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { assertNotTranscoded, stages } from './lib/dot.mjs';
import { makeClip } from './lib/media.mjs';
import { until } from './lib/wait.mjs';

const both = ['audio', 'video'];
const EVENTS = ['EndOfStream', 'UriEndpointStateChanged', 'Error', 'MediaTranscodingStateChanged', 'MediaFlowOutStateChanged'];
let browser, directory, webm, mp4;
before(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'rivero-clips.'));
  webm = await makeClip(path.join(directory, 'clip.webm'), { seconds: 6 });
  mp4 = await makeClip(path.join(directory, 'clip.mp4'), { seconds: 20, video: 'libx264', audio: 'aac' });
  browser = await Browser.start();
});
after(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

async function player(client, pipeline, uri, options = {}) {
  const id = await client.create('PlayerEndpoint', { mediaPipeline: pipeline, uri, ...options });
  await client.subscribe(id, ...EVENTS);
  return id;
}
async function viewer(t, client, pipeline, source, { page, codec = 'VP8' } = {}) {
  const id = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  await client.subscribe(id, 'MediaTranscodingStateChanged', 'Error');
  await client.connect(source, id);
  if (!page) {
    page = await browser.page();
    t.after(() => page.close());
  }
  return { id, page, peer: await Peer.join(page, new RpcSignalling(client, id), { receive: both, codec }) };
}
const is = (state) => ({ where: (d) => d.state === state });

test('a VP8 and Opus file reaches a browser without an encoder, and ends with EndOfStream', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const file = await player(client, pipeline, `file://${webm}`, { useEncodedMedia: false });
  const { id, peer } = await viewer(t, client, pipeline, file);
  await peer.connected();
  await client.invoke(file, 'play');
  await client.event(file, 'UriEndpointStateChanged', is('START'));
  await peer.decodes(20);
  await peer.hears(50);
  await assertNotTranscoded(client, pipeline, [file, id]);
  const { in: got } = await peer.stats();
  assert.deepEqual([got.video.frameWidth, got.video.frameHeight], [320, 240]);
  assert.equal(got.video.codec, 'video/VP8');
  await client.event(file, 'EndOfStream', { ms: 15_000 * slowness });
  await client.event(file, 'UriEndpointStateChanged', is('STOP'));
  const whole = await peer.stats();
  t.diagnostic(`${whole.in.video.framesDecoded} of 90 pictures decoded, ${whole.in.video.packetsLost} packets lost`);
  assert.ok(whole.in.video.framesDecoded >= 85, `${whole.in.video.framesDecoded} of 90 pictures were decoded`);
  assert.equal(whole.in.video.packetsLost, 0);

  // Once more, from the start.
  const before = whole.in.video.framesDecoded;
  await client.invoke(file, 'play');
  await peer.reaches((s) => s.in.video.framesDecoded > before + 20, 'the second play shows nothing');
});

test('an H264 and AAC file for five VP8 viewers is decoded once and encoded once', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const file = await player(client, pipeline, `file://${mp4}`);
  await client.invoke(file, 'play');
  const page = await browser.page();
  t.after(() => page.close());
  const viewers = [];
  for (let i = 0; i < 5; ++i) viewers.push(await viewer(t, client, pipeline, file, { page }));
  await Promise.all(viewers.map(({ peer }) => peer.decodes(15, 20_000)));
  await Promise.all(viewers.map(({ peer }) => peer.hears(20)));
  const { decode, encode, dot } = await stages(client, pipeline);
  const lines = [...dot.matchAll(/(decode|encode): [\w/]+/g)].map(([line]) => line);
  t.diagnostic(lines.join(' | '));
  assert.deepEqual(lines.sort(), ['decode: raw/audio', 'decode: raw/video', 'encode: frames/VP8', 'encode: frames/opus'], dot);
  assert.equal(decode, 2, `one decoder for pictures and one for sound:\n${dot}`);
  assert.equal(encode, 2);
  await client.event(file, 'MediaTranscodingStateChanged', { where: (d) => d.state === 'TRANSCODING' && d.mediaType === 'VIDEO' });
  assert.equal(await client.invoke(file, 'isMediaTranscoding', { mediaType: 'VIDEO' }), true);
  // Nobody needs them any more: they go.
  for (const { id } of viewers) await client.release(id);
  await until(async () => { const s = await stages(client, pipeline); return s.decode + s.encode === 0; }, 5_000 * slowness, 'decoder or encoder stay without a viewer');
});

test('pause, resume, position, seek and what is known of the video', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const file = await player(client, pipeline, `file://${mp4}`);
  const { peer } = await viewer(t, client, pipeline, file, { codec: 'H264' });
  await assert.rejects(client.invoke(file, 'setPosition', { position: 1000 }), (e) => e.code === 40700);
  assert.equal((await client.invoke(file, 'getVideoInfo')).duration, 0);
  await client.invoke(file, 'play');
  await peer.decodes(20);
  const info = await client.invoke(file, 'getVideoInfo');
  assert.equal(info.isSeekable, true);
  assert.ok(Math.abs(info.duration - 20_000) < 200, `a duration of ${info.duration} ms`);
  assert.equal(await client.invoke(file, 'getState'), 'START');

  await client.invoke(file, 'setPosition', { position: 10_000 });
  await until(async () => { const p = await client.invoke(file, 'getPosition'); return p >= 10_000 && p < 16_000; }, 5_000 * slowness, 'the position does not follow the seek');
  await peer.decodes(10);

  await client.invoke(file, 'pause');
  await client.event(file, 'UriEndpointStateChanged', is('PAUSE'));
  await client.event(file, 'MediaFlowOutStateChanged', { where: (d) => d.state === 'NOT_FLOWING' && d.mediaType === 'VIDEO' });
  const held = await client.invoke(file, 'getPosition');
  const shown = (await peer.stats()).in.video.framesDecoded;
  await client.invoke(file, 'play');
  await peer.reaches((s) => s.in.video.framesDecoded > shown + 15, 'nothing after the pause');
  const resumed = await client.invoke(file, 'getPosition');
  assert.ok(resumed >= held && resumed < held + 8_000 * slowness, `paused at ${held} ms, went on at ${resumed} ms`);

  await client.invoke(file, 'setPosition', { position: 19_000 });
  await client.event(file, 'EndOfStream', { ms: 10_000 * slowness });
  await client.invoke(file, 'stop');
  assert.equal(await client.invoke(file, 'getState'), 'STOP');
});

test('a file from an HTTP server', async (t) => {
  const server = http.createServer((request, response) => {
    const range = request.headers.range?.match(/bytes=(\d+)-(\d*)/);
    const size = statSync(webm).size;
    if (request.url !== '/clip.webm') return response.writeHead(404).end();
    const start = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Number(range[2]) : size - 1;
    response.writeHead(range ? 206 : 200, { 'content-type': 'video/webm', 'accept-ranges': 'bytes', 'content-length': end - start + 1, ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}) });
    createReadStream(webm, { start, end }).pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => { server.closeAllConnections(); server.close(); });
  const address = `http://127.0.0.1:${server.address().port}`;
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const file = await player(client, pipeline, `${address}/clip.webm`);
  const { peer } = await viewer(t, client, pipeline, file);
  await client.invoke(file, 'play');
  await peer.decodes(20);
  await client.event(file, 'EndOfStream', { ms: 15_000 * slowness });
  assert.ok((await peer.stats()).in.video.framesDecoded >= 85);

  const nothing = await player(client, pipeline, `${address}/nothing.webm`);
  await client.invoke(nothing, 'play');
  const error = await client.event(nothing, 'Error');
  assert.equal(error.type, 'INVALID_URI');
});
