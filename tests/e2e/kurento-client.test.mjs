// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Applications as they are written for Kurento, on the unchanged npm package kurento-client.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import kurento from 'kurento-client';
import { Browser, Peer } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { SHORT } from './lib/kurento.mjs';
import { decodesCleanly, makeClip, probe } from './lib/media.mjs';
import { deadline } from './lib/wait.mjs';

const both = ['audio', 'video'];
let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

/** Signalling as an application does it with the client library. */
class KurentoSignalling {
  constructor(endpoint) { this.endpoint = endpoint; }
  async onCandidate(use) { this.endpoint.on('IceCandidateFound', ({ candidate }) => use(candidate)); }
  processOffer(offer) { return this.endpoint.processOffer(offer); }
  addCandidate(candidate) { return this.endpoint.addIceCandidate(kurento.getComplexType('IceCandidate')(candidate)); }
  gather() { return this.endpoint.gatherCandidates(); }
}

async function application(t) {
  const daemon = await Daemon.start();
  let client;
  // In this order: a client that loses its server tries to reach it again.
  t.after(async () => {
    client?.close();
    await daemon.stop();
  });
  client = await deadline(kurento(daemon.url, SHORT), 10_000 * slowness, 'kurento-client does not connect');
  const page = await browser.page();
  t.after(() => page.close());
  const pipeline = await client.create('MediaPipeline');
  return { daemon, client, page, pipeline };
}
const once = (object, event, ms = 15_000) => deadline(new Promise((done) => object.once(event, done)), ms * slowness, `no ${event}`);
const join = (page, endpoint, options) => Peer.join(page, new KurentoSignalling(endpoint), options);

test('loopback', async (t) => {
  const { page, pipeline } = await application(t);
  const webRtc = await pipeline.create('WebRtcEndpoint');
  const flowing = once(webRtc, 'MediaFlowInStateChanged');
  const connected = once(webRtc, 'ConnectionStateChanged');
  await webRtc.connect(webRtc);
  const peer = await join(page, webRtc, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(20);
  await peer.hears(30);
  assert.equal((await connected).newState, 'CONNECTED');
  assert.equal((await flowing).state, 'FLOWING');
  assert.equal(await webRtc.getConnectionState(), 'CONNECTED');
  const stats = Object.values(await webRtc.getStats('VIDEO'));
  assert.ok(stats.some((s) => s.packetsReceived > 0), 'no statistics of what is received');
  assert.ok(stats.some((s) => s.packetsSent > 0), 'no statistics of what is sent');
  // Those that the client has no class for come as they are.
  for (const name of ['framesReceived', 'framesSent', 'totalFreezesDuration']) assert.ok(stats.some((s) => s[name] >= 0), name);
  assert.equal(await (await webRtc.getMediaPipeline()).getName(), await pipeline.getName());
  assert.equal((await pipeline.getChildren()).length, 1);
  await pipeline.release();
});

test('player to browser', async (t) => {
  const { daemon, page, pipeline } = await application(t);
  const clip = await makeClip(daemon.file('clip.webm'), { seconds: 4 });
  const player = await pipeline.create('PlayerEndpoint', { uri: `file://${clip}` });
  const webRtc = await pipeline.create('WebRtcEndpoint');
  const end = once(player, 'EndOfStream', 20_000);
  await player.connect(webRtc);
  const peer = await join(page, webRtc, { receive: both, codec: 'VP8' });
  await player.play();
  await peer.decodes(30);
  await end;
  const info = await player.getVideoInfo();
  assert.equal(typeof info.duration, 'number');
  await pipeline.release();
});

test('browser to recorder', async (t) => {
  const { daemon, page, pipeline } = await application(t);
  const file = daemon.file('talk.webm');
  const webRtc = await pipeline.create('WebRtcEndpoint');
  const recorder = await pipeline.create('RecorderEndpoint', { uri: `file://${file}`, mediaProfile: 'WEBM', stopOnEndOfStream: false });
  const recording = once(recorder, 'Recording');
  const stopped = once(recorder, 'Stopped');
  await webRtc.connect(recorder);
  await join(page, webRtc, { send: both, codec: 'VP8' });
  await recorder.record();
  await recording;
  await delay(3_000);
  await recorder.stopAndWait();
  await stopped;
  const film = await probe(file);
  assert.equal(film.video?.codec_name, 'vp8');
  assert.equal(film.audio?.codec_name, 'opus');
  assert.ok(film.duration > 2.5, `${film.duration} s`);
  await decodesCleanly(file);
  await pipeline.release();
});

test('one to many, and viewers that go', async (t) => {
  const { page, pipeline } = await application(t);
  const presenter = await pipeline.create('WebRtcEndpoint');
  await join(page, presenter, { send: both, codec: 'VP8' });
  const audience = [];
  for (let i = 0; i < 3; ++i) {
    const endpoint = await pipeline.create('WebRtcEndpoint');
    await presenter.connect(endpoint);
    audience.push({ endpoint, peer: await join(page, endpoint, { receive: both, codec: 'VP8' }) });
  }
  await Promise.all(audience.map(({ peer }) => peer.decodes(15)));
  await audience[0].endpoint.release();
  await Promise.all(audience.slice(1).map(({ peer }) => peer.decodes(15)));
  assert.equal((await presenter.getSinkConnections()).filter((c) => c.type === 'VIDEO').length, 2);
  await pipeline.release();
});

test('a released object is gone, and says so as the library expects it', async (t) => {
  const { client, pipeline } = await application(t);
  const webRtc = await pipeline.create('WebRtcEndpoint');
  await pipeline.release();
  // A callback of our own: without one the library writes the error to the console.
  const error = await new Promise((done) => webRtc.getName((e) => done(e)));
  assert.equal(error?.code, 40101);
  const manager = await client.getServerManager();
  assert.deepEqual(await manager.getPipelines(), []);
  const info = await manager.getInfo();
  assert.deepEqual(info.modules.map((m) => m.name).filter((n) => ['core', 'elements', 'filters'].includes(n)).sort(), ['core', 'elements', 'filters']);
});
