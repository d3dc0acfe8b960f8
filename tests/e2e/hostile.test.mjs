// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Clients that mean harm: whatever they send, and however much of it, memory stays bounded, they get a clear error or
// the end of their connection, and a neighbour does not notice.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon, slowness } from './lib/daemon.mjs';
import { RawSocket, frame, opcode } from './lib/raw.mjs';
import { RpcClient } from './lib/rpc.mjs';
import { deadline, until } from './lib/wait.mjs';

/** How often each kind of object is asked for; a million when somebody wants to see it: RIVERO_E2E_MANY=1000000. */
const MANY = Number(process.env.RIVERO_E2E_MANY ?? 25_000);
const MIB = 1 << 20;
/** Of gateway and hosts together, above what they had before. */
const BOUND = 64 * MIB;
/** The greatest message that is taken (limits.messageBytes). */
const MESSAGE = 1 * MIB;

const offer = readFileSync(new URL('../data/sdp/chromium_sendrecv_offer.sdp', import.meta.url), 'utf8').replace(/^#.*\n/gm, '');

/** Memory of a process in bytes: 'VmRSS' now, 'VmHWM' the most since the last forgetPeak(). */
const memory = (pid, what) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${what}:\\s+(\\d+)`, 'm'))[1]) * 1024;
const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Somebody with a pipeline who goes on with his work. */
class Neighbour {
  static async of(daemon) {
    const neighbour = new Neighbour();
    neighbour.client = await daemon.client();
    neighbour.pipeline = await neighbour.client.create('MediaPipeline');
    neighbour.endpoint = await neighbour.client.create('WebRtcEndpoint', { mediaPipeline: neighbour.pipeline });
    return neighbour;
  }
  async works() {
    assert.equal(await this.client.ping(), 'pong');
    assert.ok((await this.client.invoke(this.pipeline, 'getChildren')).includes(this.endpoint));
    const own = await this.client.create('WebRtcEndpoint', { mediaPipeline: this.pipeline });
    assert.match(await this.client.invoke(own, 'processOffer', { offer }), /^v=0/);
    await this.client.release(own);
  }
}

/** Runs `attack`, while and after which the neighbour works; gateway and hosts stay within `bound`. */
async function endure(t, { daemon, neighbour }, attack, bound = BOUND) {
  const pids = daemon.pids();
  await neighbour.works();
  const before = pids.map((pid) => memory(pid, 'VmRSS'));
  pids.forEach(forgetPeak);
  let over = false;
  let rounds = 0;
  const goesOn = (async () => { do { await neighbour.works(); ++rounds; await delay(50); } while (!over); })();
  try {
    await Promise.race([attack(), goesOn.then(() => assert.ok(over, 'the neighbour has stopped'))]);
  } finally {
    over = true;
  }
  await goesOn;
  const grown = pids.map((pid, i) => memory(pid, 'VmHWM') - before[i]);
  t.diagnostic(`the neighbour worked ${rounds} times; memory grew by ${grown.map((b) => `${(b / MIB).toFixed(1)} MiB`).join(', ')}`);
  assert.deepEqual(daemon.pids(), pids, 'a process is another one');
  assert.ok(grown.reduce((a, b) => a + b) < bound, `memory grew by ${grown.map((b) => Math.round(b / MIB))} MiB, more than ${bound / MIB}`);
}

/** All requests at once, or so many at a time, and what became of them: { ok, errors: { code: count }, last: the last error }. */
async function flood(client, count, request, atATime = Infinity) {
  const base = 1_000_000;
  const result = { ok: 0, errors: {}, last: null };
  let answered = 0;
  let listener;
  const all = new Promise((resolve, reject) => {
    listener = (data) => {
      const message = JSON.parse(data);
      if (!(message.id >= base)) return;
      if (message.error) {
        result.errors[message.error.code] = (result.errors[message.error.code] ?? 0) + 1;
        result.last = message.error.message;
      } else {
        ++result.ok;
      }
      if (++answered === count) resolve();
    };
    client.socket.on('message', listener);
    client.socket.once('close', () => reject(new Error(`closed after ${answered} of ${count} answers`)));
  });
  all.catch(() => {});
  const alive = setInterval(() => {}, 1000);
  for (let i = 0; i < count; ++i) {
    const { method, params } = request(i);
    client.raw(JSON.stringify({ jsonrpc: '2.0', id: base + i, method, params: { sessionId: client.sessionId, ...params } }));
    if (i - answered >= atATime) await until(() => i - answered < atATime, 120_000 * slowness, 'no more answers', 5);
    if (i % 1000 === 999) await until(() => client.socket.bufferedAmount < MIB, 120_000 * slowness, 'the server takes nothing more', 5);
  }
  await deadline(all, 240_000 * slowness, () => `${answered} of ${count} answers`).finally(() => {
    client.socket.off('message', listener);
    clearInterval(alive);
  });
  return result;
}

const invoke = (object, operation, operationParams) => ({ method: 'invoke', params: { object, operation, operationParams } });

describe('one message', () => {
  let daemon, neighbour;
  before(async () => {
    daemon = await Daemon.start();
    neighbour = await Neighbour.of(daemon);
  });
  after(() => daemon.stop());

  /** The client's connection and session outlive it, and its objects are there. */
  const answered = (name, text, { codes, bound } = {}) => test(name, async (t) => {
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    await endure(t, { daemon, neighbour }, async () => {
      const answer = once(client.socket, 'message');
      client.raw(typeof text === 'function' ? text(pipeline) : text);
      const message = JSON.parse((await deadline(answer, 20_000 * slowness, 'no answer'))[0]);
      if (codes) {
        assert.ok(codes.includes(message.error?.code), `answered with ${JSON.stringify(message).slice(0, 300)}`);
        assert.ok(message.error.message.length > 5, 'an error says what was wrong');
      }
      assert.equal(await client.ping(), 'pong');
      assert.equal(await client.invoke(pipeline, 'getName').then((name) => typeof name), 'string');
    }, bound);
    await client.release(pipeline);
    client.close();
  });

  const request = (more) => JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping', ...more });
  const deep = 100_000;
  answered('100,000 levels of arrays', '['.repeat(deep) + ']'.repeat(deep), { codes: [-32700] });
  answered('100,000 levels of arrays without an end', '['.repeat(deep), { codes: [-32700] });
  answered('100,000 levels of objects', '{"a":'.repeat(deep) + '1' + '}'.repeat(deep), { codes: [-32700] });
  answered('sixty levels in the parameters of a call', (pipeline) => request({ method: 'invoke', params: { object: pipeline, operation: 'addTag',
    operationParams: { key: JSON.parse('['.repeat(58) + ']'.repeat(58)), value: 'x' } } }), { codes: [40001] });
  answered('100,000 levels in params', `{"jsonrpc":"2.0","id":1,"method":"create","params":${'{"a":['.repeat(deep / 2)}${']}'.repeat(deep / 2)}}`, { codes: [-32700] });
  answered('a batch of ten thousand requests', `[${Array(10_000).fill('{"jsonrpc":"2.0","id":1,"method":"ping"}').join()}]`, { codes: [-32600] });
  answered('an id of 10^400', `{"jsonrpc":"2.0","id":1${'0'.repeat(400)},"method":"ping"}`, { codes: [-32700] });
  answered('an id of 10^30', `{"jsonrpc":"2.0","id":1${'0'.repeat(30)},"method":"ping"}`);
  answered('an id of 1e400', '{"jsonrpc":"2.0","id":1e400,"method":"ping"}', { codes: [-32700] });
  answered('an id of -1e400', '{"jsonrpc":"2.0","id":-1e400,"method":"ping"}', { codes: [-32700] });
  answered('an id that is an object', '{"jsonrpc":"2.0","id":{"a":[1]},"method":"ping"}', { codes: [-32600] });
  for (const id of ['-9223372036854775808', '18446744073709551615', '1e+300', '-0.5', '1e-300'])
    test(`an id of ${id} comes back as it is`, async () => {
      const client = await daemon.client();
      const answer = once(client.socket, 'message');
      client.raw(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
      const [text] = await deadline(answer, 20_000 * slowness, 'no answer');
      assert.match(String(text), new RegExp(`"id":${id.replace('+', '\\+')},`));
      client.close();
    });
  answered('an id of a million digits', `{"jsonrpc":"2.0","id":${'9'.repeat(1_000_000)},"method":"ping"}`, { codes: [-32700] });
  answered('an id of a million characters', request({ id: 'x'.repeat(1_000_000) }));
  answered('a method of a million characters', request({ method: 'x'.repeat(1_000_000) }), { codes: [-32601] });
  answered('a session of a million characters', request({ params: { sessionId: 's'.repeat(1_000_000) } }), { codes: [-32000] });
  answered('a member of a million characters', request({ params: { ['k'.repeat(1_000_000)]: 1 } }));
  answered('half a million numbers', request({ method: 'create', params: { type: 'MediaPipeline', constructorParams: { x: Array(500_000).fill(1) } } }), { bound: 128 * MIB });
  answered('350,000 empty arrays', (pipeline) => request({ method: 'invoke', params: { object: pipeline, operation: 'addTag', operationParams: { key: Array(340_000).fill([]), value: 'x' } } }), { codes: [40001], bound: 128 * MIB });
  answered('seventy thousand members', (pipeline) => request({ method: 'invoke', params: { object: pipeline, operation: 'getName', operationParams: Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, {}])) } }), { bound: 128 * MIB });
  answered('a name of a million characters', (pipeline) => request({ method: 'invoke', params: { object: pipeline, operation: 'setName', operationParams: { name: 'n'.repeat(1_000_000) } } }), { codes: [40107] });
  answered('a tag of a million characters', (pipeline) => request({ method: 'invoke', params: { object: pipeline, operation: 'addTag', operationParams: { key: 'k', value: 'v'.repeat(1_000_000) } } }), { codes: [40009] });
  answered('a transaction of eight thousand operations', request({ method: 'transaction', params: { operations: Array.from({ length: 8000 }, (_, i) => ({ jsonrpc: '2.0', id: i, method: 'ping', params: {} })) } }));
  answered('a transaction that doubles a result again and again', request({ method: 'transaction', params: { operations: Array.from({ length: 60 }, (_, i) =>
    ({ jsonrpc: '2.0', id: i, method: i ? 'invoke' : 'create', params: i ? { object: 'newref:0', operation: 'addTag', operationParams: { key: `newref:${i - 1}`, value: `newref:${i - 1}` } } : { type: 'MediaPipeline' } })) } }));
  answered('a transaction in a transaction, as deep as it may be', request({ method: 'transaction', params: { operations: Array.from({ length: 12 }).reduce((inner) =>
    [{ jsonrpc: '2.0', id: 0, method: 'transaction', params: { operations: inner } }], [{ jsonrpc: '2.0', id: 0, method: 'ping' }]) } }));

  const sdps = {
    '10,000 media sections': offer + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(10_000),
    'a hundred thousand attributes': offer + 'a=x\r\n'.repeat(100_000),
    'ten thousand candidates': offer + Array.from({ length: 5_000 }, (_, i) => `a=candidate:${i} 1 udp 1 127.0.0.1 ${1024 + i} typ host\r\n`).join(''),
    'ten thousand formats': offer.replace(/^(m=video.*)$/m, `$1${Array.from({ length: 10_000 }, (_, i) => ` ${i % 128}`).join('')}`),
    'a hundred thousand SSRCs': offer + Array.from({ length: 30_000 }, (_, i) => `a=ssrc:${i + 1} cname:a\r\n`).join(''),
    'ten thousand layers': `${offer}a=simulcast:recv ${Array.from({ length: 10_000 }, (_, i) => `r${i}`).join(';')}\r\n`,
    'a megabyte without a line end': `v=0\r\n${'a'.repeat(900_000)}`,
  };
  for (const [name, sdp] of Object.entries(sdps))
    test(`a session description with ${name}`, async (t) => {
      const client = await daemon.client();
      const pipeline = await client.create('MediaPipeline');
      await endure(t, { daemon, neighbour }, async () => {
        const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
        await client.invoke(endpoint, 'processOffer', { offer: sdp }).catch((error) => assert.ok([40201, 40205].includes(error.code), error.message));
        await client.release(endpoint);
        const second = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
        assert.match(await client.invoke(second, 'processOffer', { offer }), /^v=0/);
      });
      await client.release(pipeline);
      client.close();
    });
});

describe('frames', () => {
  let daemon, neighbour;
  before(async () => {
    daemon = await Daemon.start();
    neighbour = await Neighbour.of(daemon);
  });
  after(() => daemon.stop());

  /** The connection ends with one of `codes` (0: without a close frame); the session goes on on another. */
  const refused = (name, send, codes, bound) => test(name, async (t) => {
    await endure(t, { daemon, neighbour }, async () => {
      const raw = await RawSocket.open(daemon.url);
      await send(raw);
      const code = await raw.ended(name);
      assert.ok(codes.includes(code), `closed with ${code}`);
    }, bound);
  });
  refused('one that says it has 100 MiB', (raw) => raw.send(opcode.text, 'x', { claim: 100 * MIB }), [1009]);
  refused('one that says it has 2^63 - 1 bytes', (raw) => raw.send(opcode.text, 'x', { claim: 2n ** 63n - 1n }), [1009, 1002]);
  refused('one that says it has 2^64 - 1 bytes', (raw) => raw.send(opcode.text, 'x', { claim: 2n ** 64n - 1n }), [1009, 1002]);
  refused('one that has 100 MiB', async (raw) => {
    raw.write(frame(opcode.text, '', { claim: 100 * MIB }));
    for (let i = 0; i < 100 && !raw.socket.destroyed; ++i) {
      raw.write(Buffer.alloc(MIB, 0x20));
      await raw.drained();
    }
  }, [1009, 0]);
  refused('an id of 10 MiB', async (raw) => {
    raw.write(frame(opcode.text, `{"jsonrpc":"2.0","id":"${'x'.repeat(10 * MIB)}","method":"ping"}`));
    await raw.drained();
  }, [1009, 0]);
  refused('100 MiB in pieces of one message', async (raw) => {
    for (let i = 0; i < 1600 && !raw.socket.destroyed; ++i) {
      raw.send(i ? opcode.continuation : opcode.text, Buffer.alloc(65536, 0x20), { fin: false });
      await raw.drained();
    }
  }, [1009, 0]);
  refused('bytes that are not UTF-8', (raw) => raw.send(opcode.text, Buffer.from([0x22, 0xc3, 0x28, 0x22])), [1007]);
  refused('a surrogate in UTF-8', (raw) => raw.send(opcode.text, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), [1007]);
  refused('too long a form of a slash in UTF-8', (raw) => raw.send(opcode.text, Buffer.from([0x22, 0xc0, 0xaf, 0x22])), [1007]);
  refused('half a character at the end', (raw) => raw.send(opcode.text, Buffer.from([0x22, 0xe2, 0x82])), [1007]);
  refused('one without a mask', (raw) => raw.send(opcode.text, '{}', { masked: false }), [1002]);
  refused('an opcode that is not there', (raw) => raw.send(5, '{}'), [1002]);
  refused('reserved bits', (raw) => raw.send(opcode.text, '{}', { rsv: 7 }), [1002]);
  refused('a compressed one that nobody agreed on', (raw) => raw.send(opcode.text, Buffer.alloc(1000), { rsv: 4 }), [1002]);
  refused('a ping of 126 bytes', (raw) => raw.send(opcode.ping, Buffer.alloc(126)), [1002]);
  refused('a ping in pieces', (raw) => raw.send(opcode.ping, 'x', { fin: false }), [1002]);
  refused('a piece of nothing', (raw) => raw.send(opcode.continuation, 'x'), [1002]);
  refused('a message within a message', (raw) => raw.write(Buffer.concat([frame(opcode.text, '{', { fin: false }), frame(opcode.text, '{}')])), [1002]);
  refused('a close frame of one byte', (raw) => raw.send(opcode.close, 'x'), [1002]);

  test('a session outlives the connection that broke the rules', async (t) => {
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    await endure(t, { daemon, neighbour }, async () => {
      const closed = once(client.socket, 'close');
      client.socket._socket.write(frame(opcode.text, 'x', { claim: 100 * MIB }));
      assert.equal((await deadline(closed, 10_000 * slowness, 'not closed'))[0], 1009);
      const again = await daemon.client();
      again.sessionId = client.sessionId;
      await again.call('connect');
      assert.equal(typeof await again.invoke(pipeline, 'getName'), 'string');
      await again.release(pipeline);
      again.close();
    });
  });

  test('binary messages', (t) => endure(t, { daemon, neighbour }, async () => {
    const client = await daemon.client();
    for (let i = 0; i < 2000; ++i) client.socket.send(Buffer.from([i, 0xff, 0, 0x7b]));
    client.socket.send(Buffer.alloc(MESSAGE - 100, 0xff));
    // Answered with errors or ended, as the server likes.
    await Promise.race([client.ping().catch(() => {}), once(client.socket, 'close')]);
    client.close();
  }));

  test('100,000 pings whose answers nobody reads', (t) => endure(t, { daemon, neighbour }, async () => {
    const raw = await RawSocket.open(daemon.url);
    raw.socket.pause();
    const ping = frame(opcode.ping, Buffer.alloc(125));
    const pings = Buffer.concat(Array(1000).fill(ping));
    const end = Date.now() + 3000 * slowness;  // a server that waits for its own writes takes no more
    for (let i = 0; i < 100 && Date.now() < end; ++i) {
      raw.write(pings);
      await Promise.race([raw.drained(), delay(200)]);
    }
    raw.destroy();
  }));

  test('200,000 empty pieces of one message', (t) => endure(t, { daemon, neighbour }, async () => {
    const raw = await RawSocket.open(daemon.url);
    raw.send(opcode.text, '{"jsonrpc":"2.0","id":1,', { fin: false });
    const pieces = Buffer.concat(Array(1000).fill(frame(opcode.continuation, '', { fin: false })));
    for (let i = 0; i < 200; ++i) {
      raw.write(pieces);
      await raw.drained();
    }
    raw.send(opcode.continuation, '"method":"ping"}');
    await until(() => raw.received.includes('pong'), 20_000 * slowness, 'the message is not answered');
    raw.destroy();
  }));

  test('500 messages that never end', (t) => endure(t, { daemon, neighbour }, async () => {
    const sockets = await Promise.all(Array.from({ length: 500 }, () => RawSocket.open(daemon.url)));
    for (const raw of sockets) raw.write(frame(opcode.text, Buffer.alloc(20_000, 0x20), { claim: MESSAGE - 1 }));
    await neighbour.works();
    for (const raw of sockets) assert.ok(!raw.socket.destroyed, 'a slow client is not an enemy yet');
    for (const raw of sockets) raw.destroy();
  }));
});

describe('messages that never end, of many', () => {
  const ALL = 16 * MIB;
  let daemon, neighbour;
  before(async () => {
    daemon = await Daemon.start({ set: { 'limits.unfinishedBytesInAll': ALL } });
    neighbour = await Neighbour.of(daemon);
  });
  after(() => daemon.stop());

  test('a thousand of nearly a megabyte each do not hold a gigabyte: the oldest ones are refused and told why', async (t) => {
    const sockets = [];
    await endure(t, { daemon, neighbour }, async () => {
      const half = frame(opcode.text, Buffer.alloc(MESSAGE - 1000, 0x20), { claim: MESSAGE - 1 });
      for (let batch = 0; batch < 20; ++batch) {
        const opened = await Promise.all(Array.from({ length: 50 }, () => RawSocket.open(daemon.url)));
        for (const raw of opened) raw.write(half);
        await Promise.all(opened.map((raw) => raw.drained()));
        sockets.push(...opened);
      }
      const codes = await Promise.all(sockets.slice(0, 900).map((raw) => raw.ended('a message that does not end', 60_000)));
      const told = sockets.slice(0, 900).filter((raw, i) => codes[i] === 1013 && raw.received.includes('do not end'));
      // A client that still sends when it is refused may get a reset instead of the reason.
      assert.ok(told.length > 100, `only ${told.length} of 900 were told why: ${[...new Set(codes)]}`);
      assert.deepEqual([...new Set(codes)].filter((code) => code !== 1013 && code !== 0), []);
      await until(() => sockets.filter((raw) => !raw.socket.destroyed).length <= ALL / MESSAGE, 20_000 * slowness, 'too many are left');
      assert.ok(sockets.slice(-50).some((raw) => !raw.socket.destroyed), 'the youngest stay');
    });
    for (const raw of sockets) raw.destroy();
  });

  test('a client whose message is whole is not concerned', async () => {
    const client = await daemon.client();
    const sockets = await Promise.all(Array.from({ length: 30 }, () => RawSocket.open(daemon.url)));
    for (const raw of sockets) raw.write(frame(opcode.text, Buffer.alloc(MESSAGE - 1000, 0x20), { claim: MESSAGE - 1 }));
    await Promise.all(sockets.slice(0, 10).map((raw) => raw.ended('a message that does not end')));
    const text = JSON.stringify({ jsonrpc: '2.0', id: 'long', method: 'ping', params: { x: 'y'.repeat(900_000) } });
    assert.equal((await client.exchange({ jsonrpc: '2.0', id: 'long', method: 'ping', params: { x: 'y'.repeat(text.length - 200) } })).result.value, 'pong');
    for (const raw of sockets) raw.destroy();
    client.close();
  });
});

describe('connections', () => {
  let daemon, neighbour;
  before(async () => {
    daemon = await Daemon.start({ set: { 'limits.connections': 300, 'limits.sessions': 200 } });
    neighbour = await Neighbour.of(daemon);
  });
  after(() => daemon.stop());

  test('handshakes that never end', async (t) => {
    const sockets = [];
    await endure(t, { daemon, neighbour }, async () => {
      for (let i = 0; i < 200; ++i) sockets.push(await RawSocket.connect(daemon.url));
      sockets.forEach((raw, i) => { if (i % 2) raw.write(`GET /kurento HTTP/1.1\r\nHost: ${raw.host}\r\nX: `); });
      await neighbour.works();
      // The server has patience, but not for ever.
      await Promise.all(sockets.map((raw) => raw.ended('a handshake that does not end', 60_000)));
    });
  });

  for (const [name, text] of Object.entries({
    'a header of 100 KiB': `GET /kurento HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100 * 1024)}\r\n\r\n`,
    'ten thousand headers': `GET /kurento HTTP/1.1\r\n${Array.from({ length: 10_000 }, (_, i) => `X${i}: y\r\n`).join('')}\r\n`,
    'a target of 100 KiB': `GET /${'a'.repeat(100 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'a body of 2^63 bytes': `POST /kurento HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\nx`,
    'a body in chunks of 2^60 bytes': `POST /kurento HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nx`,
    'what is no HTTP': '\u0000\u0001\u0002\u0003\r\n\r\n',
    'TLS': Buffer.from('16030100c8010000c40303', 'hex').toString('latin1') + '\u0000'.repeat(200),
  }))
    test(name, (t) => endure(t, { daemon, neighbour }, async () => {
      const raw = await RawSocket.connect(daemon.url);
      raw.write(Buffer.from(text, 'latin1'));
      await raw.ended(name, 60_000);
    }));

  test('more than may be, and then fewer again', async (t) => {
    const clients = [];
    await endure(t, { daemon, neighbour }, async () => {
      for (let i = 0; i < 400; ++i) clients.push(RpcClient.open(daemon.url).catch(() => null));
      // 300 may be; the others wait or are sent away, and nobody who is in is thrown out.
      const inside = (await Promise.all(clients.slice(0, 250))).filter(Boolean);
      assert.ok(inside.length >= 200, `only ${inside.length} of the first 250 came in`);
      assert.equal(await inside[0].ping(), 'pong');
      for (const client of inside) client.socket.terminate();
      const late = (await Promise.all(clients.slice(250))).filter(Boolean);
      for (const client of late) client.socket.terminate();
    });
    const client = await until(() => RpcClient.open(daemon.url).catch(() => null), 10_000 * slowness, 'nobody gets in any more');
    assert.equal(await client.ping(), 'pong');
    client.close();
  });

  test('more sessions than may be', async (t) => {
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    const own = client.sessionId;
    await endure(t, { daemon, neighbour }, async () => {
      const result = await flood(client, 2000, (i) => ({ method: 'ref', params: { sessionId: `session-${i}`, object: pipeline } }));
      assert.ok(result.errors[40009] > 1000, JSON.stringify(result));
      assert.match(result.last, /session/i);
      client.sessionId = own;
      assert.equal(typeof await client.invoke(pipeline, 'getName'), 'string');
    });
    await Promise.all(Array.from({ length: 200 }, (_, i) => client.call('closeSession', { sessionId: `session-${i}` }).catch(() => {})));
    client.sessionId = own;
    await client.release(pipeline);
    client.close();
  });
});

describe('the port for media', () => {
  let daemon, neighbour, port, ufrag, pwd;
  before(async () => {
    daemon = await Daemon.start();
    neighbour = await Neighbour.of(daemon);
    const { client, endpoint } = neighbour;
    await client.subscribe(endpoint, 'IceCandidateFound', 'IceComponentStateChanged', 'NewCandidatePairSelected', 'Error');
    const answer = await client.invoke(endpoint, 'processOffer', { offer });
    [, ufrag] = answer.match(/^a=ice-ufrag:(\S+)/m);
    [, pwd] = answer.match(/^a=ice-pwd:(\S+)/m);
    await client.invoke(endpoint, 'gatherCandidates');
    const found = await client.event(endpoint, 'IceCandidateFound', { where: (d) => / udp .* 127\.0\.0\.1 /i.test(d.candidate.candidate) });
    port = Number(found.candidate.candidate.split(' ')[5]);
  });
  after(() => daemon.stop());

  /** A STUN message, RFC 8489; MESSAGE-INTEGRITY with `password`, unless that is null. */
  const stun = (type, attributes, password) => {
    const padded = (b) => Buffer.concat([b, Buffer.alloc((4 - b.length % 4) % 4)]);
    const attribute = (kind, value) => { const head = Buffer.alloc(4); head.writeUInt16BE(kind, 0); head.writeUInt16BE(value.length, 2); return Buffer.concat([head, padded(value)]); };
    const head = Buffer.alloc(20);
    head.writeUInt16BE(type, 0);
    head.writeUInt32BE(0x2112a442, 4);
    randomBytes(12).copy(head, 8);
    let message = Buffer.concat([head, ...attributes.map(([kind, value]) => attribute(kind, Buffer.from(value)))]);
    message.writeUInt16BE(message.length - 20 + (password === null ? 0 : 24), 2);
    if (password !== null) message = Buffer.concat([message, attribute(0x0008, createHmac('sha1', password).update(message).digest())]);
    return message;
  };
  const check = (name, password, ...more) => stun(1, [[0x0006, name], [0x0024, [0, 0, 1, 0]], [0x802a, Buffer.alloc(8)], ...more], password);
  const nominates = [0x0025, ''];
  const connected = () => neighbour.client.events.filter((e) => e.type === 'NewCandidatePairSelected' || e.type === 'Error' || /^(CONNECTED|READY)$/.test(e.data.state ?? ''));
  const hello = Buffer.concat([Buffer.from('16fefd0000000000000000004401000038', 'hex'), Buffer.alloc(64)]);

  test('datagrams of strangers get no answer and change nothing', async (t) => {
    const socket = dgram.createSocket('udp4');
    t.after(() => socket.close());
    let answers = 0;
    socket.on('message', () => { ++answers; });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const kinds = [
      () => check(`${ufrag}:x`, 'not the password of anybody', nominates),
      () => check(`${ufrag}:x`, null, nominates),
      () => check(`${ufrag.slice(0, 4)}:x`, pwd, nominates),
      () => check('nobody:x', pwd, nominates),
      () => stun(1, [], pwd),
      () => stun(0x0101, [[0x0020, [0, 1, 0, 9, 127, 0, 0, 1]]], pwd),
      () => stun(0x0111, [[0x0009, [0, 0, 4, 87]]], pwd),
      () => hello,
      () => Buffer.concat([Buffer.from([0x80, 96]), randomBytes(1200)]),
      () => randomBytes(1 + Math.floor(Math.random() * 1500)),
      () => randomBytes(9000),
      () => Buffer.alloc(0),
    ];
    await endure(t, { daemon, neighbour }, async () => {
      for (let i = 0; i < 12_000; ++i) {
        socket.send(kinds[i % kinds.length](), port, '127.0.0.1');
        if (i % 200 === 199) await delay(1);
      }
      await neighbour.works();
    });
    assert.equal(answers, 0);
    assert.deepEqual(connected(), []);
  });

  test('who knows the password gets no more bytes than he sends, from wherever it seems to come', async (t) => {
    // An old check, sent again and again from an address that does not answer ours.
    const socket = dgram.createSocket('udp4');
    t.after(() => socket.close());
    let [sent, got] = [0, 0];
    socket.on('message', (m) => { got += m.length; });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const remote = offer.match(/^a=ice-ufrag:(\S+)/m)[1];
    const old = check(`${ufrag}:${remote}`, pwd, nominates);
    await endure(t, { daemon, neighbour }, async () => {
      for (let i = 0; i < 200; ++i) {
        socket.send(old, port, '127.0.0.1');
        sent += old.length;
        await delay(5);
        assert.ok(got <= sent, `${got} bytes for ${sent}`);
      }
      await neighbour.works();
    });
    assert.ok(got > 0 && got <= sent, `${got} bytes for ${sent}`);
    assert.deepEqual(connected(), []);
  });

  test('TCP connections that say nothing, or nonsense', async (t) => {
    const sockets = [];
    t.after(() => sockets.forEach((s) => s.destroy()));
    await endure(t, { daemon, neighbour }, async () => {
      let answers = 0;
      for (let i = 0; i < 300; ++i) {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => {}).on('data', () => { ++answers; });
        sockets.push(socket);
        const framed = check(`${ufrag}:x`, 'not the password of anybody', nominates);
        const says = [null, randomBytes(5000), Buffer.concat([Buffer.from([framed.length >> 8, framed.length & 255]), framed]), Buffer.from([0]), Buffer.alloc(60_000)][i % 5];
        if (says) socket.write(says);
      }
      await neighbour.works();
      await delay(300);
      assert.equal(answers, 0);
    });
  });
});

describe('much of it', () => {
  let daemon, neighbour;
  before(async () => {
    daemon = await Daemon.start();
    neighbour = await Neighbour.of(daemon);
  });
  after(() => daemon.stop());

  /** The session of the one who did it goes on. */
  const many = (name, { make, request, check, count = MANY, bound, atATime }) => test(`${count} ${name}`, { timeout: 600_000 * slowness }, async (t) => {
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    const object = await make(client, pipeline);
    await endure(t, { daemon, neighbour }, async () => {
      const result = await flood(client, count, (i) => request(object, i, pipeline), atATime);
      t.diagnostic(JSON.stringify(result));
      check(result);
      assert.equal(await client.ping(), 'pong');
      assert.equal(typeof await client.invoke(pipeline, 'getName'), 'string');
    }, bound);
    await client.release(pipeline);
    client.close();
  });
  const negotiated = async (client, pipeline) => {
    const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.invoke(endpoint, 'processOffer', { offer });
    return endpoint;
  };
  many('candidates', {
    make: negotiated,
    request: (endpoint, i) => invoke(endpoint, 'addIceCandidate', { candidate: { candidate: `candidate:${i} 1 UDP 2130706431 127.0.${i >> 8 & 255}.${i & 255} 9 typ host`, sdpMid: '0', sdpMLineIndex: 0 } }),
    check: (result) => assert.ok((result.errors[40401] ?? 0) + result.ok === MANY, 'each is taken or refused'),
  });
  many('candidates with names', {
    make: negotiated, count: 5000,
    request: (endpoint, i) => invoke(endpoint, 'addIceCandidate', { candidate: { candidate: `candidate:${i} 1 UDP 2130706431 name-${i}.local 9 typ host`, sdpMid: '0', sdpMLineIndex: 0 } }),
    check: (result) => assert.ok((result.errors[40401] ?? 0) + result.ok === 5000, 'each is taken or refused'),
  });
  many('tags', {
    make: (_, pipeline) => pipeline,
    request: (pipeline, i) => invoke(pipeline, 'addTag', { key: `key ${i}`, value: 'x'.repeat(100) }),
    check: (result) => {
      assert.ok(result.ok >= 500 && result.ok < MANY, 'there is a limit');
      assert.match(result.last, /tags/);
    },
  });
  many('subscriptions', {
    make: (_, pipeline) => pipeline,
    request: (pipeline) => ({ method: 'subscribe', params: { object: pipeline, type: 'Error' } }),
    check: (result) => {
      assert.ok(result.ok < MANY, 'there is a limit');
      assert.match(result.last, /subscri/i);
    },
  });
  many('events that are not there', {
    make: (_, pipeline) => pipeline,
    request: (pipeline, i) => ({ method: 'subscribe', params: { object: pipeline, type: `Event${i}` } }),
    check: (result) => assert.equal(result.errors[40106], MANY),
  });
  many('objects that are not there', {
    make: (_, pipeline) => pipeline,
    request: (_, i) => invoke(`object-${i}`, 'getName', {}),
    check: (result) => assert.equal(result.errors[40101], MANY),
  });
  many('large requests, each remembered', {
    // The cache of answers holds 64 MiB (limits.requestCacheBytes).
    make: (_, pipeline) => pipeline, count: 1000, bound: 160 * MIB,
    request: (pipeline, i) => invoke(pipeline, 'addTag', { key: 'large', value: `${i}`.padEnd(60_000, 'x') }),
    check: (result) => assert.equal(result.ok, 1000),
  });
  many('large answers, each remembered', {
    make: async (client, pipeline) => {
      await client.invoke(pipeline, 'addTag', { key: 'large', value: 'ö'.repeat(30_000) });  // three times as long when escaped
      return pipeline;
    },
    // Answers of 180 KB and the cache. More at a time than a queue of 16 MiB holds would be for the luck of who reads first.
    count: 1000, atATime: 64, bound: 384 * MIB,
    request: (pipeline) => invoke(pipeline, 'getTags', {}),
    check: (result) => assert.equal(result.ok, 1000),
  });
  many('requests of many small values at once', {
    make: (_, pipeline) => pipeline, count: 100, bound: 256 * MIB,
    request: (pipeline) => invoke(pipeline, 'addTag', { key: Array(300_000).fill([]), value: 'x' }),
    check: (result) => assert.equal(result.errors[40001], 100),
  });

  test('a client that does not read its answers', (t) => endure(t, { daemon, neighbour }, async () => {
    const client = await daemon.client();
    const pipeline = await client.create('MediaPipeline');
    await client.invoke(pipeline, 'addTag', { key: 'large', value: 'ö'.repeat(30_000) });  // three times as long when escaped
    client.socket.pause();
    const closed = once(client.socket._socket, 'close');
    for (let i = 0; i < 1000; ++i) client.raw(JSON.stringify({ jsonrpc: '2.0', id: 5000 + i, method: 'invoke', params: { object: pipeline, operation: 'getTags', sessionId: client.sessionId } }));
    // Cut off, or left alone with what the server is willing to keep for it (limits.sendQueueBytes: 16 MiB).
    await Promise.race([closed, delay(3000)]);
    client.socket.terminate();
  }, 160 * MIB));

  test('a client that does not read its events', { timeout: 300_000 * slowness }, (t) => endure(t, { daemon, neighbour }, async () => {
    const deaf = await daemon.client();
    const loud = await daemon.client();
    const pipeline = await loud.create('MediaPipeline');
    const many = await loud.create('PassThrough', { mediaPipeline: pipeline });
    await loud.invoke(many, 'setSendTagsInEvents', { sendTagsInEvents: true });
    await loud.invoke(many, 'addTag', { key: 'large', value: 'ö'.repeat(30_000) });
    const other = await loud.create('PassThrough', { mediaPipeline: pipeline });
    await deaf.subscribe(many, 'ElementConnected', 'ElementDisconnected');
    deaf.socket.pause();
    const closed = once(deaf.socket._socket, 'close');
    const end = Date.now() + 60_000 * slowness;
    let gone = false;
    closed.then(() => { gone = true; });
    while (!gone && Date.now() < end) {
      await Promise.all(Array.from({ length: 20 }, () => [loud.invoke(many, 'connect', { sink: other }), loud.invoke(many, 'disconnect', { sink: other })]).flat());
      if (/does not take its messages/.test(daemon.log)) break;
    }
    assert.match(daemon.log, /cut off: it does not take its messages/);
    deaf.socket.terminate();
    await loud.release(pipeline);
  }, 96 * MIB));
});
