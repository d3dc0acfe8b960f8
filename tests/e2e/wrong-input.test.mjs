// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Whatever a client sends, it gets an error that says what was wrong, and the session goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Daemon, slowness } from './lib/daemon.mjs';
import { deadline } from './lib/wait.mjs';

const offer = readFileSync(new URL('../data/sdp/chromium_sendrecv_offer.sdp', import.meta.url), 'utf8').replace(/^#.*\n/gm, '');
let daemon, client, pipeline, endpoint;
before(async () => {
  daemon = await Daemon.start();
  client = await daemon.client();
  pipeline = await client.create('MediaPipeline');
  endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
});
after(() => daemon.stop());

/** The call fails with this code and a text, and the session goes on. */
async function refuses(call, code) {
  await assert.rejects(call, (error) => {
    const codes = [code].flat();
    assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}: ${error.message}`);
    assert.ok(error.text.length > 5, 'an error says what was wrong');
    return true;
  });
  assert.equal(await client.ping(), 'pong');
  assert.deepEqual(await client.invoke(pipeline, 'getChildren').then((c) => c.includes(endpoint)), true);
}

describe('session descriptions', () => {
  const cases = {
    'an empty one': ['', 40201],
    'none at all': ['hello', 40201],
    'one without v=': [offer.replace('v=0\r\n', '').replace('v=0\n', ''), 40201],
    'one of zeros': ['\u0000'.repeat(1000), 40201],
    'one that ends in the middle of a line': [offer.slice(0, 3000), null],
    'a port that is no number': [offer.replace(/m=audio \d+/, 'm=audio banana'), 40201],
    'ten thousand media sections': [offer + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(10_000), null],
    'a line of half a megabyte': [offer + `a=x:${'y'.repeat(500_000)}\r\n`, null],
    'no fingerprint': [offer.replace(/a=fingerprint.*\r?\n/g, ''), null],
  };
  for (const [name, [sdp, code]] of Object.entries(cases)) {
    test(name, async () => {
      const own = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
      if (code) {
        await refuses(client.invoke(own, 'processOffer', { offer: sdp }), code);
      } else {
        // Right or wrong is a matter of taste; a typed answer is not.
        await client.invoke(own, 'processOffer', { offer: sdp }).catch((error) => assert.ok([40201, 40205].includes(error.code), error.message));
      }
      await client.release(own);
      assert.equal(await client.ping(), 'pong');
    });
  }
  test('an answer without an offer, an offer into an offer', async () => {
    const own = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await refuses(client.invoke(own, 'getLocalSessionDescriptor'), 40202);
    await refuses(client.invoke(own, 'getRemoteSessionDescriptor'), 40203);
    await refuses(client.invoke(own, 'processAnswer', { answer: offer }), 40209);
    await client.invoke(own, 'processOffer', { offer });
    await client.invoke(own, 'processOffer', { offer });
    await refuses(client.invoke(own, 'processAnswer', { answer: offer }), 40209);
    await client.invoke(own, 'generateOffer');
    await refuses(client.invoke(own, 'processOffer', { offer }), 40208);
    const other = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.invoke(other, 'generateOffer');
    await refuses(client.invoke(other, 'generateOffer'), 40208);
    await client.release(other);
    await client.release(own);
  });
});

describe('candidates', () => {
  for (const text of ['garbage', 'candidate:', 'candidate:1 1 UDP x 1.2.3.4 99999 typ host', `candidate:${'9'.repeat(5000)}`, 'candidate:1 1 UDP 1 ::ffff:1.2.3.4%eth0 9 typ host', '\u0000'])
    test(JSON.stringify(text).slice(0, 60), async () => {
      const own = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
      await client.invoke(own, 'processOffer', { offer });
      await client.invoke(own, 'addIceCandidate', { candidate: { candidate: text, sdpMid: '0', sdpMLineIndex: 0 } }).catch((e) => assert.equal(e.code, 40401, e.message));
      await client.invoke(own, 'gatherCandidates');
      await client.invoke(own, 'addIceCandidate', { candidate: { candidate: text, sdpMid: '0', sdpMLineIndex: 0 } }).catch((e) => assert.equal(e.code, 40401, e.message));
      await client.release(own);
      assert.equal(await client.ping(), 'pong');
    });
  test('a media section that is not there', async () => {
    const own = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.invoke(own, 'processOffer', { offer });
    const candidate = { candidate: 'candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host', sdpMid: 'x', sdpMLineIndex: 77 };
    await refuses(client.invoke(own, 'addIceCandidate', { candidate }), 40401);
    await refuses(client.invoke(own, 'addIceCandidate', { candidate: { ...candidate, sdpMLineIndex: -5 } }), [40401, 40001]);
    await client.release(own);
  });
  test('a thousand of them', async () => {
    const own = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.invoke(own, 'processOffer', { offer });
    for (let i = 0; i < 1000; ++i)
      await client.invoke(own, 'addIceCandidate', { candidate: { candidate: `candidate:${i} 1 UDP 2130706431 127.0.0.1 ${1024 + i} typ host`, sdpMid: '0', sdpMLineIndex: 0 } }).catch((e) => assert.equal(e.code, 40401));
    await client.release(own);
    assert.equal(await client.ping(), 'pong');
  });
});

describe('objects and parameters', () => {
  const cases = {
    'an object that is not there': [() => client.invoke('nobody', 'play'), 40101],
    'a released object': [async () => { const p = await client.create('MediaPipeline'); await client.release(p); await client.invoke(p, 'getName'); }, 40101],
    'a type that is not there': [() => client.create('Teapot'), 40108],
    'an abstract type': [() => client.create('MediaElement', { mediaPipeline: pipeline }), 40108],
    'an endpoint without a pipeline': [() => client.create('WebRtcEndpoint'), 40001],
    'an element in the place of a pipeline': [() => client.create('WebRtcEndpoint', { mediaPipeline: endpoint }), [40100, 40101, 40001]],
    'a pipeline in the place of an element': [() => client.connect(endpoint, pipeline), [40100, 40101, 40001]],
    'a pipeline that is not there': [() => client.create('WebRtcEndpoint', { mediaPipeline: 'x_kurento.MediaPipeline' }), 40101],
    'a method that is not there': [() => client.invoke(endpoint, 'explode'), [40008, 40105]],
    'a method without its parameter': [() => client.invoke(endpoint, 'processOffer'), 40001],
    'a number in the place of an object': [() => client.invoke(endpoint, 'connect', { sink: 17 }), [40001, 40101]],
    'a string in the place of a number': [() => client.invoke(endpoint, 'setMaxVideoSendBandwidth', { maxVideoSendBandwidth: 'fast' }), 40001],
    'an enum value that is not there': [() => client.invoke(endpoint, 'connect', { sink: endpoint, mediaType: 'SMELL' }), 40001],
    'an event that is not there': [() => client.subscribe(endpoint, 'Sunrise'), 40106],
    'a session that is not there': [() => client.call('keepAlive', { sessionId: 'nobody' }), 40007],
    'a method of the protocol that is not there': [() => client.call('dance'), -32601],
    'a profile that is not there': [() => client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: 'file:///tmp/x', mediaProfile: 'VHS' }), 40001],
    'an element of another pipeline': [async () => {
      const other = await client.create('MediaPipeline');
      try { await client.connect(endpoint, await client.create('PassThrough', { mediaPipeline: other })); } finally { await client.release(other); }
    }, 40004],
  };
  for (const [name, [call, code]] of Object.entries(cases)) test(name, () => refuses(call(), code));
  test('releasing what is not there succeeds', async () => { await client.release('nobody'); });
});

describe('files', () => {
  test('a player without its file says INVALID_URI', async () => {
    const player = await client.create('PlayerEndpoint', { mediaPipeline: pipeline, uri: 'file:///nowhere/at/all.webm' });
    await client.subscribe(player, 'Error');
    await client.invoke(player, 'play');
    assert.equal((await client.event(player, 'Error')).type, 'INVALID_URI');
    await client.release(player);
  });
  test('a player with a file of noise says INVALID_MEDIA', async () => {
    const file = daemon.file('noise.webm');
    writeFileSync(file, Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 251)));
    const player = await client.create('PlayerEndpoint', { mediaPipeline: pipeline, uri: `file://${file}` });
    await client.subscribe(player, 'Error');
    await client.invoke(player, 'play');
    assert.equal((await client.event(player, 'Error')).type, 'INVALID_MEDIA');
    await client.release(player);
  });
  for (const uri of ['ftp:///x', 'nonsense://', 'file:///', '', '://', 'file:///dev/null/x.webm'])
    test(`a player of '${uri}' fails without taking anything with it`, async () => {
      const player = await client.create('PlayerEndpoint', { mediaPipeline: pipeline, uri });
      await client.subscribe(player, 'Error');
      await client.invoke(player, 'play');
      await client.event(player, 'Error');
      await client.release(player);
      assert.equal(await client.ping(), 'pong');
    });
  test('a recorder that cannot write raises Error', async () => {
    // A directory where the file should be: root, too, cannot write that.
    mkdirSync(daemon.file('taken.webm'));
    const recorder = await client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: `file://${daemon.file('taken.webm')}` });
    await client.subscribe(recorder, 'Error');
    await client.invoke(recorder, 'record').catch((e) => assert.ok(e.code >= 40000));
    const error = await client.event(recorder, 'Error');
    assert.equal(error.type, 'RESOURCE_ERROR_OPEN');
    await client.release(recorder);
  });
  test('a recorder below a file raises Error', async () => {
    writeFileSync(daemon.file('file'), '');
    const recorder = await client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: `file://${daemon.file('file')}/below.webm` });
    await client.subscribe(recorder, 'Error');
    await client.invoke(recorder, 'record').catch((e) => assert.ok(e.code >= 40000));
    await client.event(recorder, 'Error');
    await client.release(recorder);
  });
});

describe('messages', () => {
  /** On a connection of its own; others must not notice. */
  async function alone(send) {
    const other = await daemon.client();
    const closed = once(other.socket, 'close').then(([code]) => ({ closed: code }));
    const result = await send(other, closed);
    assert.equal(await client.ping(), 'pong', 'another connection noticed');
    return result;
  }
  const answered = (other, closed) => deadline(Promise.race([
    once(other.socket, 'message').then(([data]) => JSON.parse(data)), closed]), 10_000 * slowness, 'neither an answer nor an end');

  const texts = {
    'no JSON': '{',
    'an empty message': '',
    'an array': '[]',
    'a number': '17',
    'null': 'null',
    'another version': '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    'no method': '{"jsonrpc":"2.0","id":1}',
    'a method that is a number': '{"jsonrpc":"2.0","id":1,"method":17}',
    'an id that is an object': '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    'params that are a number': '{"jsonrpc":"2.0","id":1,"method":"create","params":17}',
    'deep nesting': '['.repeat(100_000) + ']'.repeat(100_000),
    'deep nesting in params': `{"jsonrpc":"2.0","id":1,"method":"create","params":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
    'a number without end': `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"interval":${'9'.repeat(5000)}}}`,
  };
  for (const [name, text] of Object.entries(texts))
    test(name, () => alone(async (other, closed) => {
      other.raw(text);
      const answer = await answered(other, closed);
      if (name === 'a number without end') return;
      assert.ok(answer.error || answer.closed, `answered with ${JSON.stringify(answer).slice(0, 200)}`);
      if (answer.error) assert.equal(await other.ping(), 'pong', 'the connection is deaf now');
      other.close();
    }));
  test('bytes that are no UTF-8 in a text message', () => alone(async (other, closed) => {
    // A frame by hand: FIN + text, masked with zeros, two bytes that UTF-8 does not know.
    other.socket._socket.write(Buffer.from([0x81, 0x84, 0, 0, 0, 0, 0xc3, 0x28, 0xff, 0xfe]));
    const answer = await answered(other, closed);
    assert.ok(answer.error || answer.closed);
  }));
  test('a binary message', () => alone(async (other, closed) => {
    other.socket.send(Buffer.from([1, 2, 3]));
    const answer = await answered(other, closed);
    assert.ok(answer.error || answer.closed);
  }));
  test('a message of 50 megabytes', () => alone(async (other, closed) => {
    other.socket.on('error', () => {});
    other.raw(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'y'.repeat(50 << 20)}"}}`);
    const answer = await answered(other, closed);
    assert.ok(answer.error || answer.closed, 'it was taken');
  }));
  test('half a message, and then nothing', () => alone(async (other) => {
    other.socket._socket.write(Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0]));
    other.socket.terminate();
  }));
  test('a flood of requests is answered one after another', () => alone(async (other) => {
    const answers = await Promise.all(Array.from({ length: 2000 }, () => other.ping().catch((e) => e)));
    assert.ok(answers.every((a) => a === 'pong' || a.code), 'an answer for each');
    other.close();
  }));
});
