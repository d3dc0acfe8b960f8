// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The classic tutorials from end to end: kurento-utils in the page, an application server on kurento-client, both unchanged.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import kurento from 'kurento-client';
import { WebSocketServer } from 'ws';
import { Browser } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { SHORT, called } from './lib/kurento.mjs';
import { decodesCleanly, makeClip, probe } from './lib/media.mjs';
import { until } from './lib/wait.mjs';
import * as apps from './tutorials/apps.mjs';
import { bundle } from './tutorials/bundle.mjs';

const LIMIT = 20_000 * slowness;
const here = (name) => new URL(name, import.meta.url);
const utils = bundle(createRequire(import.meta.url).resolve('kurento-utils'), 'kurentoUtils');
let browser;
let daemon;
let client;
before(async () => {
  [browser, daemon] = await Promise.all([Browser.start(), Daemon.start()]);
  client = await called((done) => kurento(daemon.url, SHORT, done));
});
after(async () => {
  await browser.close();
  client.close();
  await daemon.stop();
});

/** The application's server. @return its address */
async function serve(t, app) {
  const files = {
    '/': ['text/html', '<!doctype html><title>tutorial</title><script src="/utils.js"></script><script src="/page.js"></script>'],
    '/utils.js': ['text/javascript', utils],
    '/page.js': ['text/javascript', readFileSync(here('tutorials/page.js'), 'utf8')],
  };
  const server = http.createServer((request, response) => {
    const [type, text] = files[request.url] ?? [];
    if (!type) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
  });
  new WebSocketServer({ server }).on('connection', (socket) => {
    const connection = new EventEmitter();
    connection.send = (message) => socket.send(JSON.stringify(message));
    app(connection);
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      connection.emit(message.id, message);
    });
    socket.on('close', () => { connection.emit('close'); connection.emit('stop'); });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://localhost:${server.address().port}/`;
}

/** A user: a page of the application. */
class User {
  static async open(t, address) {
    const user = new User();
    user.page = await browser.chromium.newPage();
    t.after(() => user.page.close());
    user.page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await user.page.goto(address);
    await user.page.evaluate(() => window.tutorial.open(''));
    return user;
  }
  start(mode, message) { return this.page.evaluate(([m, text]) => window.tutorial.start(m, text), [mode, message]); }
  send(message) { return this.page.evaluate((m) => window.tutorial.send(m), message); }
  said(id) { return this.page.evaluate((i) => window.tutorial.said(i), id); }
  peers() { return this.page.evaluate(() => window.tutorial.peers()); }
  decoded(name) { return this.page.evaluate((n) => window.tutorial.decoded(n), name); }
  /** The last message of this kind. */
  async hears(id) {
    const messages = await until(async () => {
      const [error] = id === 'error' ? [] : await this.said('error');
      if (error) throw new Error(`the application says: ${error.message}`);
      const found = await this.said(id);
      return found.length > 0 && found;
    }, LIMIT, `no message ${id}`);
    return messages.at(-1);
  }
  /** Until `n` more pictures are seen. */
  async sees(n = 10, name = 'self') {
    const before = await this.decoded(name);
    await until(async () => (await this.decoded(name)) >= before + n, LIMIT, async () => `${name}: fewer than ${n} more pictures`);
  }
  leave() { return this.page.evaluate(() => window.tutorial.close()); }
}
const pipelines = async () => (await (await client.getServerManager()).getPipelines()).length;
const allGone = () => until(async () => (await pipelines()) === 0, LIMIT, 'pipelines are left over', 200);

test('hello world', async (t) => {
  const user = await User.open(t, await serve(t, apps.helloWorld(client)));
  await user.start('Sendrecv', { id: 'start' });
  await user.hears('answer');
  await user.sees(15);
  await user.send({ id: 'stop' });
  await allGone();
});

test('one to many: a presenter, viewers who come and go', async (t) => {
  const address = await serve(t, apps.one2many(client));
  const [presenter, first, second] = await Promise.all([1, 2, 3].map(() => User.open(t, address)));
  await first.start('Recvonly', { id: 'viewer' });
  assert.match((await first.hears('rejected')).message, /No active presenter/);
  await presenter.start('Sendonly', { id: 'presenter' });
  await presenter.hears('answer');
  await second.start('Sendonly', { id: 'presenter' });
  assert.match((await second.hears('rejected')).message, /Another user/);
  await first.start('Recvonly', { id: 'viewer' });
  await first.sees();
  await second.start('Recvonly', { id: 'viewer' });
  await Promise.all([first.sees(), second.sees()]);
  await first.send({ id: 'stop' });
  await second.sees();
  await presenter.leave();
  await second.hears('stopCommunication');
  await allGone();
});

test('one to one: declined, then accepted', async (t) => {
  const address = await serve(t, apps.one2one(client));
  const [anna, boris] = await Promise.all([1, 2].map(() => User.open(t, address)));
  await anna.send({ id: 'register', name: 'anna' });
  await boris.send({ id: 'register', name: 'anna' });
  assert.equal((await boris.hears('registerResponse')).response, 'rejected');
  await boris.send({ id: 'register', name: 'boris' });
  await until(async () => (await boris.said('registerResponse')).length === 2, LIMIT, 'not registered');
  await anna.start('Sendrecv', { id: 'call', to: 'nobody' });
  assert.match((await anna.hears('callResponse')).response, /not registered/);
  await anna.start('Sendrecv', { id: 'call', to: 'boris' });
  assert.equal((await boris.hears('incomingCall')).from, 'anna');
  await boris.send({ id: 'incomingCallResponse', callResponse: 'reject' });
  await until(async () => (await anna.said('callResponse')).length === 2, LIMIT, 'not declined');
  await anna.start('Sendrecv', { id: 'call', to: 'boris' });
  await until(async () => (await boris.said('incomingCall')).length === 2, LIMIT, 'no call');
  await boris.start('Sendrecv', { id: 'incomingCallResponse', callResponse: 'accept' });
  await Promise.all([anna.sees(), boris.sees()]);
  await anna.send({ id: 'stop' });
  await allGone();
});

test('group call: three, then two', async (t) => {
  const address = await serve(t, apps.groupCall(client));
  const names = ['anna', 'boris', 'clara'];
  const users = {};
  for (const name of names) {
    users[name] = await User.open(t, address);
    await users[name].page.evaluate((n) => { window.tutorial.user = n; window.tutorial.send({ id: 'joinRoom', name: n, roomName: 'room' }); }, name);
    await until(async () => (await users[name].peers()).length === Object.keys(users).length, LIMIT, `${name} has not all peers`);
  }
  const all = (list) => Promise.all(list.flatMap((me) => list.filter((other) => other !== me).map((other) => users[me].sees(8, other))));
  await all(names);
  await users.clara.leave();
  await users.anna.hears('participantLeft');
  await all(['anna', 'boris']);
  assert.deepEqual((await users.anna.peers()).sort(), ['anna', 'boris']);
  await Promise.all([users.anna.leave(), users.boris.leave()]);
  await allGone();
});

test('player: information, pause, seek, end', async (t) => {
  const clip = await makeClip(daemon.file('film.webm'), { seconds: 8, key: 15 });
  const user = await User.open(t, await serve(t, apps.player(client)));
  await user.start('Recvonly', { id: 'start', videourl: `file://${clip}` });
  const info = await user.hears('videoInfo');
  assert.equal(info.isSeekable, true);
  assert.ok(Math.abs(info.videoDuration - 8000) < 500, `${info.videoDuration} ms`);
  await user.sees();
  await user.send({ id: 'pause' });
  await user.hears('paused');
  await user.send({ id: 'resume' });
  await user.hears('resumed');
  await user.sees();
  await user.send({ id: 'doSeek', position: 6000 });
  assert.equal((await user.hears('seek')).message, 'done');
  await user.send({ id: 'getPosition' });
  // At the key frame before, of which there is one in each second.
  const { position } = await user.hears('position');
  assert.ok(position >= 5000, `${position} ms`);
  await user.hears('playEnd');
  await allGone();
});

test('player: a film that is not there', async (t) => {
  const user = await User.open(t, await serve(t, apps.player(client)));
  await user.start('Recvonly', { id: 'start', videourl: 'file:///nothing.webm' });
  assert.match((await user.hears('error')).message, /Invalid URI/);
  const manager = await client.getServerManager();
  for (const pipeline of await manager.getPipelines()) await (await client.getMediaobjectById(pipeline.id ?? pipeline)).release();
});

test('recorder: record, stop, play what was recorded', async (t) => {
  const file = daemon.file('talk.webm');
  const user = await User.open(t, await serve(t, apps.recorder(client, `file://${file}`)));
  await user.start('Sendrecv', { id: 'start' });
  await user.hears('recording');
  await user.sees(40);
  await user.send({ id: 'stop' });
  await user.hears('stopCommunication');
  await allGone();
  const film = await probe(file);
  assert.equal(film.video?.codec_name, 'vp8');
  assert.equal(film.audio?.codec_name, 'opus');
  await decodesCleanly(file);
  await user.start('Recvonly', { id: 'play' });
  await user.sees(15);
  await user.hears('playEnd');
  await allGone();
});
