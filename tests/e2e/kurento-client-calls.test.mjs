// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The npm package kurento-client, unchanged, in all the ways in which applications use it. No browser is needed here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import kurento from 'kurento-client';
import { Daemon } from './lib/daemon.mjs';
import { SHORT, called, event, failure, settled, soon } from './lib/kurento.mjs';

let daemon;
before(async () => { daemon = await Daemon.start(); });
after(() => daemon.stop());

/** A client that leaves with its test: what applications await, which is a copy and never learns of its session. */
async function clientFor(t, options = {}) {
  const original = kurento(daemon.url, { ...SHORT, ...options });
  t.after(() => original.close());
  const client = await soon(Promise.resolve(original), 'kurento-client does not connect');
  return Object.defineProperty(client, 'session', { get: () => original.sessionId });
}

test('callbacks, nested as they used to be written', async (t) => {
  let client;
  t.after(() => client?.close());
  const name = await called((done) => {
    kurento(daemon.url, SHORT, (error, connected) => {
      if (error) return done(error);
      client = connected;
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return done(error);
        pipeline.create('PassThrough', (error, a) => {
          if (error) return done(error);
          pipeline.create('PassThrough', {}, (error, b) => {
            if (error) return done(error);
            a.connect(b, 'VIDEO', (error) => {
              if (error) return done(error);
              a.getSinkConnections((error, connections) => {
                if (error) return done(error);
                if (connections.length !== 1 || connections[0].sink !== b.id) return done(new Error(JSON.stringify(connections)));
                pipeline.setName('nested', (error) => {
                  if (error) return done(error);
                  pipeline.getName((error, name) => pipeline.release((e) => done(error ?? e, name)));
                });
              });
            });
          });
        });
      });
    });
  });
  assert.equal(name, 'nested');
});

test('promises, chained and awaited', async (t) => {
  const client = await clientFor(t);
  const name = await client.create('MediaPipeline')
    .then((pipeline) => pipeline.setName('chained').then(() => pipeline))
    .then((pipeline) => pipeline.getName());
  assert.equal(name, 'chained');
  const pipeline = await client.create('MediaPipeline');
  const [a, b] = await Promise.all([pipeline.create('PassThrough'), pipeline.create('kurento.PassThrough')]);
  await a.connect(b);
  assert.deepEqual((await b.getSourceConnections()).map((c) => c.type), ['AUDIO', 'DATA', 'VIDEO']);
  await a.disconnect(b, 'AUDIO');
  assert.equal((await b.getSourceConnections()).length, 2);
  assert.equal(await pipeline.release() === undefined || true, true);
});

test('objects are used before they are there', async (t) => {
  const client = await clientFor(t);
  // Nothing is awaited: the library keeps calls back until the ids that they need have come.
  const pipeline = client.create('MediaPipeline');
  const a = pipeline.create('PassThrough');
  const b = pipeline.create('PassThrough');
  a.connect(b);
  const connections = await a.getSinkConnections();
  assert.equal(connections.length, 3);
  assert.equal(connections[0].sink, (await b).id);
  await pipeline.release();
});

test('several at once: create with a list, connect with the client and the pipeline', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const elements = await called((done) => pipeline.create([{ type: 'PassThrough' }, { type: 'PassThrough' }, { type: 'PassThrough' }], done));
  assert.equal(new Set(elements.map((e) => e.id)).size, 3);
  // The library takes only what create() returned here, not what it resolves to.
  const [a, b] = [pipeline.create('PassThrough'), pipeline.create('PassThrough')];
  await called((done) => client.connect(a, b, done));
  assert.equal((await b.getSourceConnections())[0].source, a.id);
  await called((done) => pipeline.connect(b, a, done));
  assert.equal((await a.getSourceConnections())[0].source, b.id);
  await pipeline.release();
});

test('as if it were synchronous, with generators', async (t) => {
  const client = await clientFor(t);
  // What the package co does with a generator function.
  const co = (generator) => new Promise((resolve, reject) => {
    const run = generator();
    const step = (how, value) => {
      let next;
      try { next = run[how](value); } catch (error) { return reject(error); }
      if (next.done) return resolve(next.value);
      return Promise.resolve(next.value).then((v) => step('next', v), (e) => step('throw', e));
    };
    step('next');
  });
  const result = await soon(co(function* () {
    const pipeline = yield client.create('MediaPipeline');
    const player = yield pipeline.create('PlayerEndpoint', { uri: 'file:///nothing.webm', useEncodedMedia: false });
    const recorder = yield pipeline.create('RecorderEndpoint', { uri: 'file:///nothing.mp4', mediaProfile: 'MP4' });
    yield player.connect(recorder);
    const uris = [yield player.getUri(), yield recorder.getUri()];
    yield pipeline.release();
    return uris;
  }), 'the generator does not end');
  assert.deepEqual(result, ['file:///nothing.webm', 'file:///nothing.mp4']);
});

test('properties and methods of every kind of value', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const webRtc = await pipeline.create('WebRtcEndpoint', { recvonly: true, certificateKeyType: 'RSA' });
  assert.equal(await webRtc.setMaxVideoRecvBandwidth(900), null);
  assert.equal(await webRtc.getMaxVideoRecvBandwidth(), 900);
  assert.equal(await webRtc.setIceTcp(false), null);
  assert.equal(await webRtc.getIceTcp(), false);
  await webRtc.setStunServerAddress('127.0.0.1');
  assert.equal(await webRtc.getStunServerAddress(), '127.0.0.1');
  await webRtc.addTag('role', 'guest');
  assert.equal(await webRtc.getTag('role'), 'guest');
  assert.deepEqual((await webRtc.getTags()).map(({ key, value }) => [key, value]), [['role', 'guest']]);
  await webRtc.removeTag('role');
  assert.deepEqual(await webRtc.getTags(), []);
  assert.equal(await webRtc.isMediaFlowingIn('AUDIO'), false);
  assert.equal(await webRtc.isMediaTranscoding('VIDEO'), false);
  assert.deepEqual(await webRtc.getICECandidatePairs(), []);
  assert.equal(await webRtc.getConnectionState(), 'DISCONNECTED');
  assert.equal(typeof await webRtc.getCreationTime(), 'number');
  assert.match(await pipeline.getGstreamerDot('SHOW_ALL'), /^digraph/);
  // Objects come back as objects, the same ones that we have.
  assert.equal((await webRtc.getMediaPipeline()).id, pipeline.id);
  assert.equal((await webRtc.getParent()).id, pipeline.id);
  assert.deepEqual((await pipeline.getChildren()).map((c) => c.id), [webRtc.id]);
  await pipeline.release();
});

test('complex types: made by the library, and as plain objects', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const element = await pipeline.create('PassThrough');
  const Fraction = kurento.getComplexType('Fraction');
  const VideoCaps = kurento.getComplexType('VideoCaps');
  await element.setVideoFormat(VideoCaps({ codec: 'VP8', framerate: Fraction({ numerator: 25, denominator: 1 }) }));
  await element.setVideoFormat({ codec: 'H264', framerate: { numerator: 25, denominator: 1 } });
  await element.setAudioFormat(kurento.getComplexType('AudioCaps')({ codec: 'OPUS', bitrate: 32000 }));
  const webRtc = await pipeline.create('WebRtcEndpoint');
  const IceCandidate = kurento.getComplexType('kurento.IceCandidate') ?? kurento.getComplexType('IceCandidate');
  await webRtc.addIceCandidate(IceCandidate({ candidate: 'candidate:1 1 UDP 2013266431 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }));
  await webRtc.setRembParams(kurento.getComplexType('RembParams')({ exponentialFactor: 0.04, upLosses: 10 }));
  const remb = await webRtc.getRembParams();
  assert.equal(remb.upLosses, 10);
  assert.equal(Math.fround(0.04), remb.exponentialFactor);
  const offer = await webRtc.generateOffer(kurento.getComplexType('OfferOptions')({ offerToReceiveAudio: false }));
  assert.match(offer, /^v=0[^]*m=video/);
  assert.doesNotMatch(offer, /m=audio/);
  await pipeline.release();
});

test('errors are of the classes that applications catch', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const element = await pipeline.create('PassThrough');
  await element.release();
  const gone = await failure((done) => element.getTags(done));
  assert.ok(gone instanceof ReferenceError, `${gone}`);
  assert.equal(gone.code, 40101);
  assert.equal(gone.data.type, 'MEDIA_OBJECT_NOT_FOUND');
  const none = await failure((done) => pipeline.getTag('none', done));
  assert.equal(none.code, 40110);
  assert.equal(none.data.type, 'MEDIA_OBJECT_TAG_KEY_NOT_FOUND');
  const webRtc = await pipeline.create('WebRtcEndpoint');
  assert.equal((await failure((done) => webRtc.processOffer('nonsense', done))).code, 40201);
  assert.equal((await failure((done) => webRtc.getLocalSessionDescriptor(done))).code, 40202);
  const other = await client.create('MediaPipeline');
  const stranger = await other.create('PassThrough');
  assert.equal((await failure((done) => webRtc.connect(stranger, done))).code, 40004);
  assert.equal((await failure((done) => pipeline.create('RecorderEndpoint', { uri: 'file:///x', mediaProfile: 'KURENTO_SPLIT_RECORDER' }, done))).code, 40107);
  // What the library knows itself, it says itself.
  await assert.rejects(async () => client.create('NoSuchThing'), SyntaxError);
  // Rejections carry the same.
  await assert.rejects(soon(new Promise((resolve, reject) => pipeline.getTag('none', (e) => reject(e))), ''), { code: 40110 });
  await pipeline.release();
  await other.release();
});

test('events: the first listener subscribes, the last one that goes unsubscribes', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const a = await pipeline.create('PassThrough');
  const b = await pipeline.create('PassThrough');
  const seen = [];
  const first = (e) => seen.push(`first ${e.mediaType}`);
  const second = (e) => seen.push(`second ${e.mediaType}`);
  a.on('ElementConnected', first);
  a.on('ElementConnected', second);
  await settled(a);
  let next = event(a, 'ElementConnected');
  await a.connect(b, 'AUDIO');
  const told = await next;
  assert.equal(told.source, a.id);
  assert.equal(told.sink, b.id);
  assert.match(told.timestampMillis, /^\d{13}$/);
  assert.deepEqual(told.tags, []);
  assert.deepEqual(seen, ['first AUDIO', 'second AUDIO']);
  a.removeListener('ElementConnected', first);
  next = event(a, 'ElementConnected');
  await a.connect(b, 'VIDEO');
  await next;
  assert.deepEqual(seen.slice(2), ['second VIDEO']);
  // No listener any more: the server is told, and says nothing.
  a.removeListener('ElementConnected', second);
  await settled(a);
  const other = event(a, 'ElementDisconnected');
  await settled(a);
  await a.connect(b, 'AUDIO');
  await a.disconnect(b, 'AUDIO');
  await other;
  assert.equal(seen.length, 3);
  // And again.
  next = event(a, 'ElementConnected');
  await settled(a);
  await a.connect(b, 'AUDIO');
  assert.equal((await next).mediaType, 'AUDIO');
  assert.throws(() => a.on('NoSuchEvent', () => {}), SyntaxError);
  await pipeline.release();
});

test('the server manager and its events', async (t) => {
  const client = await clientFor(t);
  const manager = await client.getServerManager();
  const info = await manager.getInfo();
  assert.equal(info.type, 'KMS');
  assert.deepEqual(info.capabilities, ['transactions']);
  const created = event(manager, 'ObjectCreated');
  const destroyed = event(manager, 'ObjectDestroyed');
  await settled(manager);
  const pipeline = await client.create('MediaPipeline');
  assert.equal((await created).object, pipeline.id);
  assert.deepEqual((await manager.getPipelines()).map((p) => p.id ?? p).includes(pipeline.id), true);
  assert.ok((await manager.getSessions()).includes(client.session));
  assert.equal(JSON.parse(await manager.getKmd('core')).name, 'core');
  assert.ok(await manager.getCpuCount() >= 1);
  assert.ok(await manager.getUsedMemory() > 0);
  assert.ok(await manager.getUsedCpu(10) >= 0);
  await pipeline.release();
  assert.equal((await destroyed).objectId, pipeline.id);
});

test('two clients share a pipeline by its id', async (t) => {
  const owner = await clientFor(t);
  const guest = await clientFor(t);
  const pipeline = await owner.create('MediaPipeline');
  const a = await pipeline.create('PassThrough');
  const b = await pipeline.create('WebRtcEndpoint');
  // describe says which class it is: the guest has never seen it.
  const shared = await guest.getMediaobjectById(pipeline.id);
  assert.equal(shared.constructor.name, 'MediaPipeline');
  const [sameA, sameB] = await guest.getMediaobjectById([a.id, b.id]);
  assert.equal(sameA.constructor.name, 'PassThrough');
  assert.equal(sameB.constructor.name, 'WebRtcEndpoint');
  const told = [event(a, 'ElementConnected'), event(sameA, 'ElementConnected')];
  await Promise.all([settled(a), settled(sameA)]);
  await sameA.connect(sameB, 'VIDEO');
  for (const e of await Promise.all(told)) assert.equal(e.sink, b.id);
  assert.deepEqual((await shared.getChildren()).map((c) => c.id).sort(), [a.id, b.id].sort());
  const third = await shared.create('PassThrough');
  assert.equal((await pipeline.getChildren()).length, 3);
  // The owner's release is for all.
  await pipeline.release();
  assert.equal((await failure((done) => third.getName(done))).code, 40101);
  const missing = await failure((done) => guest.getMediaobjectById(`${pipeline.id}/nothing`, done));
  assert.equal(missing.code, 40101);
});

test('what the owner does not release lives on with the guest', async (t) => {
  const owner = await clientFor(t);
  const guest = await clientFor(t);
  const pipeline = await owner.create('MediaPipeline');
  const shared = await guest.getMediaobjectById(pipeline.id);
  owner.close();
  assert.equal(await shared.getName(), pipeline.id);
  await shared.release();
});

test('many clients at once', async (t) => {
  const clients = await Promise.all(Array.from({ length: 30 }, () => clientFor(t)));
  assert.equal(new Set(await Promise.all(clients.map(async (client) => {
    const pipeline = await client.create('MediaPipeline');
    const elements = await Promise.all(Array.from({ length: 5 }, () => pipeline.create('PassThrough')));
    await Promise.all(elements.map((e, i) => e.connect(elements[(i + 1) % elements.length])));
    assert.equal((await pipeline.getChildren()).length, 5);
    const { id } = pipeline;
    await pipeline.release();
    return id;
  }))).size, 30);
  assert.equal(new Set(clients.map((c) => c.session)).size, 30);
});

test('one client for all who ask: getSingleton', async (t) => {
  const a = kurento.getSingleton(daemon.url, SHORT);
  t.after(() => a.close());
  const pipeline = await a.create('MediaPipeline');
  const b = kurento.getSingleton(daemon.url, SHORT);
  t.after(() => b.close());
  assert.equal((await b.getMediaobjectById(pipeline.id)).id, pipeline.id);
  await pipeline.release();
});

test('nobody is there: the client says so', async () => {
  const nowhere = new URL(daemon.url);
  nowhere.port = '1';
  let client;
  const error = await failure((done) => {
    client = kurento(nowhere.href, { ...SHORT, failAfter: 1, request_timeout: 500 }, done);
    // Without a listener each attempt that fails ends the process.
    client._re.on('error', () => {});
  });
  assert.match(error.message, /Connection error/);
  client.close();
});

test('a wrong path: the server sends the client away, and goes on with others', async (t) => {
  const client = kurento(daemon.url.replace('/kurento', '/elsewhere'), { ...SHORT, strict: false, failAfter: 2, request_timeout: 500 });
  client._re.on('error', () => {});
  const sent = soon(new Promise((resolve) => client._re.on('disconnect', resolve)), 'it is not sent away');
  await sent;
  client.close();
  const other = await clientFor(t);
  await (await other.create('MediaPipeline')).release();
});

test('a module that the server does not have', async () => {
  kurento.register.modules.push('chroma-that-nobody-has');
  let client;
  try {
    const error = await failure((done) => { client = kurento(daemon.url, SHORT, done); });
    assert.deepEqual(error.modules, ['chroma-that-nobody-has']);
  } finally {
    kurento.register.modules.splice(kurento.register.modules.indexOf('chroma-that-nobody-has'), 1);
    client.close();
  }
});

test('a token in the query, as behind a proxy', async (t) => {
  const client = await clientFor(t, { access_token: 'secret' });
  assert.equal((await (await client.getServerManager()).getInfo()).type, 'KMS');
});
