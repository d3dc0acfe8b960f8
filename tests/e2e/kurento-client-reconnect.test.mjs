// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The npm package kurento-client when the network or the server fails under it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import kurento from 'kurento-client';
import { Daemon, slowness } from './lib/daemon.mjs';
import { Proxy, SHORT, called, event, failure, settled, soon } from './lib/kurento.mjs';
import { until } from './lib/wait.mjs';

/** A client behind a proxy that can be cut. */
async function behindProxy(t, daemon) {
  const proxy = await Proxy.start(daemon.url);
  t.after(() => proxy.close());
  let original;
  const client = await called((done) => {
    original = kurento(proxy.url, { ...SHORT }, done);
    // Each attempt that fails would end the process.
    original._re.on('error', () => {});
    t.after(() => original.close());
  });
  return { proxy, original, client };
}
/** The server does not take clients for gone at once: events of the time in between are lost, calls are not. */
const reconnected = (original) => soon(new Promise((resolve) => original.once('reconnected', resolve)), 'it does not reconnect');

test('the socket is cut: the client goes on with its session, objects and events', async (t) => {
  const daemon = await Daemon.for(t);
  const { proxy, original, client } = await behindProxy(t, daemon);
  const pipeline = await client.create('MediaPipeline');
  const a = await pipeline.create('PassThrough');
  const b = await pipeline.create('PassThrough');
  const seen = [];
  a.on('ElementConnected', (e) => seen.push(e.mediaType));
  await settled(a);
  const session = original.sessionId;

  for (const kind of ['AUDIO', 'VIDEO', 'DATA']) {
    const again = reconnected(original);
    proxy.cut();
    assert.equal(await again, true, 'it is the same session');
    assert.equal(original.sessionId, session);
    assert.equal(await a.getName(), a.id);
    await a.connect(b, kind);
    await until(() => seen.includes(kind), 10_000 * slowness, `no event of ${kind}`);
  }
  assert.deepEqual(seen, ['AUDIO', 'VIDEO', 'DATA']);
  assert.equal((await pipeline.getChildren()).length, 2);
  await pipeline.release();
});

test('what is asked while the socket is gone is answered afterwards', async (t) => {
  const daemon = await Daemon.for(t);
  const { proxy, original, client } = await behindProxy(t, daemon);
  const pipeline = await client.create('MediaPipeline');
  const again = reconnected(original);
  proxy.cut();
  await soon(new Promise((resolve) => original._re.once('disconnect', resolve)), 'it does not notice');
  const element = pipeline.create('PassThrough');
  const name = element.getName();
  await again;
  assert.equal(await soon(name, 'no answer'), (await element).id);
  await pipeline.release();
});

test('too late: the session was collected meanwhile', async (t) => {
  const daemon = await Daemon.for(t, { set: { 'sessions.collectorPeriod': 1 } });
  const { proxy, original, client } = await behindProxy(t, daemon);
  const pipeline = await client.create('MediaPipeline');
  const watcher = await daemon.client();
  await watcher.subscribe('manager_ServerManager', 'ObjectDestroyed');
  const again = reconnected(original);
  // No way to the server for as long as the collector needs.
  const { port } = proxy.target;
  proxy.target.port = '1';
  proxy.cut();
  await until(() => watcher.events.some((e) => e.type === 'ObjectDestroyed' && e.data.objectId === pipeline.id), 10_000 * slowness, 'it is not collected');
  proxy.target.port = port;
  assert.equal(await again, false);
  assert.equal((await failure((done) => pipeline.getTags(done))).code, 40101);
  // The client itself is as good as new.
  const fresh = await client.create('MediaPipeline');
  assert.equal(await fresh.getName(), fresh.id);
  await fresh.release();
});

test('the server is another one: reconnected(false), and a new beginning', async (t) => {
  const first = await Daemon.for(t);
  const second = await Daemon.for(t);
  const { proxy, original, client } = await behindProxy(t, first);
  const pipeline = await client.create('MediaPipeline');
  const before = original.sessionId;
  const again = reconnected(original);
  proxy.target = new URL(second.url);
  first.expectedToDie = true;
  await first.kill();
  assert.equal(await again, false);
  assert.equal((await failure((done) => pipeline.getTags(done))).code, 40101);
  const fresh = await client.create('MediaPipeline');
  const element = await fresh.create('PassThrough');
  const connected = event(element, 'ElementConnected');
  await settled(element);
  await element.connect(element, 'AUDIO');
  await connected;
  // The library goes on under the name that it has; a server takes any.
  assert.equal(original.sessionId, before);
  await fresh.release();
});

test('the server ends in good order: the client waits for the next one', async (t) => {
  const first = await Daemon.start();
  const { proxy, original, client } = await behindProxy(t, first);
  await (await client.create('MediaPipeline')).release();
  await first.stop();
  const again = reconnected(original);
  const second = await Daemon.for(t);
  proxy.target = new URL(second.url);
  assert.equal(await again, false);
  await (await client.create('MediaPipeline')).release();
});
