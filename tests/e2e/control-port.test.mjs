// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The control port as strangers meet it: TLS, tokens, web origins, and clients that hold on to connections.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import kurento from 'kurento-client';
import WebSocket from 'ws';
import { Authority, replaceFile } from './lib/certificates.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { SHORT } from './lib/kurento.mjs';
import { deadline, until } from './lib/wait.mjs';

const limit = 10_000 * slowness;

/** A directory that goes with the test. */
function directory(t) {
  const made = mkdtempSync(path.join(os.tmpdir(), 'rivero-control.'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Opens a WebSocket and pings. @return 'pong', or the HTTP status that the handshake got */
async function ping(url, options = {}) {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  try {
    return await deadline(new Promise((resolve, reject) => {
      socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"ping"}'));
      socket.on('message', (data) => resolve(JSON.parse(data).result.value));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', reject);
    }), limit, `no answer from ${url}`);
  } finally {
    socket.on('error', () => {});
    socket.terminate();
  }
}

/** @return {status, headers, body} */
function get(url, options = {}) {
  return deadline(new Promise((resolve, reject) => {
    const request = (url.startsWith('https') ? https : http).get(url, { agent: false, ...options }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString('latin1') }));
      response.on('error', reject);
    });
    request.on('error', reject);
  }), limit, `no answer from ${url}`);
}

/** The name in the certificate that the server shows now. */
async function shownName(url, ca) {
  const { hostname, port } = new URL(url);
  const socket = tls.connect({ host: hostname, port, ca, servername: 'localhost' });
  await deadline(once(socket, 'secureConnect'), limit, 'no TLS handshake');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return name;
}

test('wss and https, with a certificate that is replaced while it runs', async (t) => {
  const dir = directory(t);
  const authority = new Authority(dir);
  const ca = authority.pem;
  const first = authority.issue('first');
  const second = authority.issue('second');
  const third = authority.issue('third');
  const used = { certificate: path.join(dir, 'used.pem'), key: path.join(dir, 'used.key') };
  copyFileSync(first.certificate, used.certificate);
  copyFileSync(first.key, used.key);
  writeFileSync(path.join(dir, 'clip.webm'), 'x'.repeat(300_000) + 'end');
  const daemon = await Daemon.for(t, {
    set: { 'listen.tls.port': 0, 'listen.tls.certificate': used.certificate, 'listen.tls.key': used.key, 'web.recordings': dir },
  });
  const url = await daemon.tlsUrl();
  assert.match(daemon.out, /^listening on ws:\S+\nlistening on wss:\S+\n$/);
  const page = url.replace('wss', 'https').replace('/kurento', '/');

  await t.test('both listeners answer', async () => {
    assert.equal(await ping(daemon.url), 'pong');
    assert.equal(await ping(url, { ca }), 'pong');
    assert.equal(await ping(url.replace('127.0.0.1', 'localhost'), { ca }), 'pong');
    await assert.rejects(ping(url), /certificate/, 'without the root nobody vouches for it');
  });
  await t.test('the page and files come over https', async () => {
    assert.match((await get(page, { ca })).body, /<html/);
    const clip = await get(`${page}recordings/clip.webm`, { ca });
    assert.equal(clip.body.length, 300_003);
    assert.ok(clip.body.endsWith('end'));
    assert.equal((await get(`${page}recordings/clip.webm`, { ca, headers: { Range: 'bytes=300000-' } })).body, 'end');
  });
  await t.test('large messages in both directions', async () => {
    const socket = new WebSocket(url, { ca, perMessageDeflate: false });
    await deadline(once(socket, 'open'), limit, 'no connection');
    t.after(() => socket.terminate());
    const text = 'ö'.repeat(200_000);
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'invoke',
      params: { object: 'manager_ServerManager', operation: 'addTag', operationParams: { key: 'long', value: text.slice(0, 30_000) } } }));
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: text, method: 'invoke', params: { object: 'manager_ServerManager', operation: 'getTag', operationParams: { key: 'long' } } }));
    const answers = [];
    await deadline(new Promise((resolve) => socket.on('message', (data) => { if (answers.push(JSON.parse(data)) === 2) resolve(); })), limit, 'no answers');
    assert.equal(answers[1].id, text);
    assert.equal(answers[1].result.value, text.slice(0, 30_000));
  });
  await t.test('TLS 1.1 is refused, 1.2 is not', async () => {
    const { port } = new URL(url);
    const old = tls.connect({ host: '127.0.0.1', port, ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await assert.rejects(deadline(once(old, 'secureConnect'), limit, 'nothing happened'), /alert|version|protocol/i);
    assert.equal(await ping(url, { ca, maxVersion: 'TLSv1.2' }), 'pong');
  });

  const living = new WebSocket(url, { ca, perMessageDeflate: false });
  await deadline(once(living, 'open'), limit, 'no connection');
  t.after(() => living.terminate());
  assert.equal(await shownName(url, ca), 'first');
  await t.test('a new file is taken without a word', async () => {
    replaceFile(used.key, readFileSync(second.key));
    replaceFile(used.certificate, readFileSync(second.certificate));
    await until(async () => await shownName(url, ca) === 'second', 15_000 * slowness, 'the new certificate is not used');
  });
  await t.test('a bad one changes nothing and is complained of', async () => {
    replaceFile(used.certificate, 'this is no certificate');
    daemon.process.kill('SIGHUP');
    await until(() => daemon.log.includes('the old TLS certificate stays in use: listen.tls.certificate'), limit, () => `no complaint:\n${daemon.tail()}`);
    assert.equal(await shownName(url, ca), 'second');
    replaceFile(used.certificate, readFileSync(third.certificate));  // and not its key
    daemon.process.kill('SIGHUP');
    await until(() => daemon.log.includes('is not the key of the certificate') || /stays in use: listen\.tls\.key/.test(daemon.log), limit,
      () => `no complaint:\n${daemon.tail()}`);
    assert.equal(await shownName(url, ca), 'second');
  });
  await t.test('SIGHUP takes it at once, and old connections live on', async () => {
    replaceFile(used.key, readFileSync(third.key));
    daemon.process.kill('SIGHUP');
    await until(async () => await shownName(url, ca) === 'third', limit, 'the new certificate is not used');
    living.send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    const [answer] = await deadline(once(living, 'message'), limit, 'the old connection is deaf');
    assert.equal(JSON.parse(answer).result.value, 'pong');
  });
});

test('TLS alone, with an encrypted key', async (t) => {
  const authority = new Authority(directory(t));
  const { certificate, key } = authority.issue('locked', { password: 'open sesame' });
  appendFileSync(certificate, readFileSync(key));  // one file for both
  const daemon = await Daemon.for(t, {
    set: { 'listen.port': -1, 'listen.tls.port': 0, 'listen.tls.certificate': certificate, 'listen.tls.keyPassword': 'open sesame' },
  });
  assert.match(daemon.out, /^listening on wss:\S+\n$/);
  assert.equal(await ping(daemon.url, { ca: authority.pem }), 'pong');
  await assert.rejects(Daemon.start({ set: { 'listen.tls.port': 0, 'listen.tls.certificate': certificate, 'listen.tls.keyPassword': 'wrong' } }), /listen\.tls\.key/);
});

test('web origins, and names that lead here although they are none of ours', async (t) => {
  const dir = directory(t);
  writeFileSync(path.join(dir, 'clip.webm'), 'private');
  const authority = new Authority(dir);
  const { certificate, key } = authority.issue('named');
  const daemon = await Daemon.for(t, {
    set: { 'listen.allowedOrigins': 'https://app.test', 'listen.hostNames': 'rivero.test', 'web.recordings': dir,
      'listen.tls.port': 0, 'listen.tls.certificate': certificate, 'listen.tls.key': key },
  });
  const from = (origin, host) => ping(daemon.url, { origin, headers: host ? { Host: host } : {} });
  assert.equal(await from('https://evil.test'), 403);
  assert.equal(await from('http://evil.test:8888', 'evil.test:8888'), 403);
  const { host } = new URL(daemon.url);
  assert.equal(await from(`http://${host}`, 'evil.test'), 403);
  assert.equal(await from('null'), 403);
  assert.equal(await from('http://localhost:3000'), 403);
  assert.equal(await from('http://127.0.0.1:3000'), 403, 'another port is another origin');
  assert.equal(await from('http://127.0.0.1'), 403);
  assert.equal(await from(`http://${host}`), 'pong');
  assert.equal(await from(`http://localhost:${new URL(daemon.url).port}`, `localhost:${new URL(daemon.url).port}`), 'pong');
  assert.equal(await from(undefined), 'pong', 'no browser');
  assert.equal(await from('https://app.test'), 'pong');
  assert.equal(await from('http://rivero.test:8888', 'rivero.test:8888'), 'pong');
  const secure = await daemon.tlsUrl();
  const overTls = (origin, host) => ping(secure, { ca: authority.pem, origin, headers: { Host: host } });
  assert.equal(await overTls('https://evil.test', 'evil.test'), 403);
  assert.equal(await overTls('https://media.test:8433', 'media.test:8433'), 'pong', 'the certificate has this name');
  assert.equal(await overTls('http://media.test:8433', 'media.test:8433'), 403, 'another scheme is another origin');
  assert.equal(await from('https://media.test:8433', 'media.test:8433'), 403, 'nothing vouches for the name without TLS');

  const clip = `${daemon.url.replace('ws', 'http').replace('/kurento', '')}/recordings/clip.webm`;
  assert.equal((await get(clip)).body, 'private');
  assert.equal((await get(clip, { headers: { Host: 'evil.test:8888' } })).status, 403);
  assert.equal((await get(clip, { headers: { Host: 'rivero.test' } })).status, 200);
});

test('tokens', async (t) => {
  const dir = directory(t);
  const file = path.join(dir, 'tokens');
  writeFileSync(file, '# of the operators\nfirst-token-in-the-file\n');
  writeFileSync(path.join(dir, 'clip.webm'), 'private');
  const daemon = await Daemon.for(t, {
    log: 'trace', set: { 'listen.accessTokens': 'a-token-of-the-settings', 'listen.accessTokenFile': file, 'web.recordings': dir },
  });
  const bearer = (token) => ({ headers: { Authorization: `Bearer ${token}` } });
  assert.equal(await ping(daemon.url), 401);
  assert.equal(await ping(daemon.url, bearer('wrong')), 401);
  assert.equal(await ping(`${daemon.url}?access_token=wrong`), 401);
  assert.equal(await ping(daemon.url, bearer('a-token-of-the-settings')), 'pong');
  assert.equal(await ping(`${daemon.url}?access_token=first-token-in-the-file`), 'pong');
  writeFileSync(file, 'second-token-in-the-file\n');
  daemon.process.kill('SIGHUP');
  await until(async () => await ping(daemon.url, bearer('second-token-in-the-file')) === 'pong', limit, 'the new token is not known');
  assert.equal(await ping(daemon.url, bearer('first-token-in-the-file')), 401);

  const application = await deadline(kurento(daemon.url, { ...SHORT, access_token: 'a-token-of-the-settings' }), limit, 'kurento-client does not connect');
  assert.match((await application.create('MediaPipeline')).id, /_kurento\.MediaPipeline$/);
  application.close();

  const site = daemon.url.replace('ws', 'http').replace('/kurento', '');
  assert.equal((await get(`${site}/`)).status, 200, 'the page holds no secret');
  const refused = await get(`${site}/recordings/clip.webm`);
  assert.equal(refused.status, 401);
  assert.equal(refused.headers['www-authenticate'], 'Bearer');
  assert.equal((await get(`${site}/recordings/clip.webm?access_token=second-token-in-the-file`)).body, 'private');
  assert.doesNotMatch(daemon.log, /token-(of|in)-the/, 'a token is in the log');
  for (const pid of daemon.hostPids()) {
    const seen = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
    assert.doesNotMatch(seen, /token-(of|in)-the/);
  }
});

test('clients that only hold on to their connection are cut off, and the others go on', async (t) => {
  const authority = new Authority(directory(t));
  const { certificate, key } = authority.issue('slow');
  const daemon = await Daemon.for(t, {
    set: { 'listen.patienceSeconds': 1, 'listen.idleSeconds': 2, 'limits.connections': 8,
      'listen.tls.port': 0, 'listen.tls.certificate': certificate, 'listen.tls.key': key },
  });
  const { port } = new URL(daemon.url);
  const { port: tlsPort } = new URL(await daemon.tlsUrl());
  const open = async (at) => {
    const socket = net.connect(at, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const closed = (socket, what) => deadline(new Promise((resolve) => (socket.closed ? resolve() : socket.resume().once('close', resolve))), limit, `${what} was not cut off`);

  // Says nothing; sends a header by drops; stays in the middle of the TLS handshake.
  const silent = await open(port);
  const halfTls = await open(tlsPort);
  halfTls.write(Buffer.from('16030100', 'hex'));
  const drops = await open(port);
  drops.write('GET / HTTP/1.1\r\n');
  const dropping = setInterval(() => drops.write('X: y\r\n'), 100);
  t.after(() => clearInterval(dropping));
  // A WebSocket that does not answer pings: what a vanished phone looks like.
  const gone = await open(port);
  gone.write(`GET /kurento HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`);

  assert.equal(await ping(daemon.url), 'pong');
  const more = await Promise.all(Array.from({ length: 4 }, () => open(port)));
  await until(async () => (await ping(daemon.url).catch(() => 'cut')) !== 'pong', limit, 'nobody was refused');
  await Promise.all([closed(silent, 'silence'), closed(halfTls, 'half a handshake'), closed(drops, 'the slow header'), closed(gone, 'the dead client'),
    ...more.map((one) => closed(one, 'one of many'))]);
  assert.equal(await ping(daemon.url), 'pong');
});

test('create is refused before files run out, and a host with room is chosen', async (t) => {
  const daemon = await Daemon.for(t, { hosts: 2 });
  const client = await daemon.client();
  const allow = (pid, files) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
  const create = () => client.create('MediaPipeline').then(() => 'made', ({ code, text }) => `${code} ${text}`);
  await until(() => daemon.log.match(/host-\d is ready/g)?.length === 2, limit, 'a host does not come up');
  const everywhere = await Promise.all(Array.from({ length: 4 }, () => client.create('MediaPipeline')));  // on both hosts
  const [one, two] = daemon.hostPids();
  allow(one, 3);  // every process has more
  const endpoints = () => Promise.all(everywhere.map((mediaPipeline) => client.create('PassThrough', { mediaPipeline })
    .then(() => 'made', ({ code, text }) => `${code} ${text}`)));
  const full = /^40009 The server is nearly full: \d+ of 3 files are open$/;
  const seen = await until(async () => { const got = await endpoints(); return got.some((one) => full.test(one)) && got; }, limit, 'the full host takes more');
  assert.ok(seen.includes('made') && seen.every((one) => one === 'made' || full.test(one)), `the other host has room: ${seen}`);
  assert.deepEqual(await Promise.all([create(), create(), create()]), ['made', 'made', 'made'], 'pipelines go where there is room');
  allow(two, 3);
  await until(async () => /^40009 All media hosts are full: \d+ of 3 files are open$/.test(await create()), limit, 'more than there is room for');
  assert.equal(await client.ping(), 'pong');
  allow(one, 1024);
  await until(async () => await create() === 'made', limit, 'there is room again');
});
