// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Transactions of the npm package kurento-client: explicit, in a function, and implicit.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { SHORT, called, failure, soon } from './lib/kurento.mjs';

const require = createRequire(import.meta.url);
/** The library, loaded afresh. */
function load() {
  for (const key of Object.keys(require.cache)) if (/node_modules\/kurento-client/.test(key)) delete require.cache[key];
  return require('kurento-client');
}

// The library calls the constructor of Node's domain.Domain as a function, and that has been a class since Node 12. Where
// there are no domains (in browsers) it has a replacement of its own, which works: so domains are taken away here.
const domain = require('node:domain');
const { Domain } = domain;
domain.Domain = undefined;
const kurento = load();

let daemon;
before(async () => { daemon = await Daemon.start(); });
after(() => daemon.stop());

async function clientFor(t, options = {}) {
  const original = kurento(daemon.url, { ...SHORT, ...options });
  t.after(() => original.close());
  return soon(Promise.resolve(original), 'kurento-client does not connect');
}

test('with the domains of Node the library fails by itself, before it asks a server', () => {
  domain.Domain = Domain;
  try {
    const { TransactionsManager } = load();
    assert.throws(() => new TransactionsManager({}, () => assert.fail('nothing is committed')).beginTransaction(),
      /Class constructor Domain cannot be invoked without 'new'/);
  } finally {
    domain.Domain = undefined;
  }
});

test('explicit: everything is sent with commit()', async (t) => {
  const client = await clientFor(t);
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  const player = pipeline.create(tx, 'PlayerEndpoint', { uri: 'file:///nothing.webm' });
  const webRtc = pipeline.create(tx, 'WebRtcEndpoint');
  const named = called((done) => pipeline.setName(tx, 'explicit', done));
  const limited = called((done) => webRtc.setMaxVideoRecvBandwidth(tx, 800, done));
  assert.equal(pipeline.id, undefined, 'it is not there yet');
  await called((done) => tx.commit(done));
  await named;
  await limited;
  assert.match(webRtc.id, /_kurento\.WebRtcEndpoint$/);
  assert.ok(player.id.startsWith(`${pipeline.id}/`));
  assert.equal(await pipeline.getName(), 'explicit');
  assert.equal(await webRtc.getMaxVideoRecvBandwidth(), 800);
  await pipeline.release();
});

test('explicit: objects that were there before, and those of another transaction', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const first = client.beginTransaction();
  const a = pipeline.create(first, 'PassThrough');
  await called((done) => first.commit(done));
  const second = client.beginTransaction();
  const b = pipeline.create(second, 'PassThrough');
  const tagged = called((done) => a.addTag(second, 'peer', 'b', done));
  await called((done) => second.commit(done));
  await tagged;
  assert.equal(await a.getTag('peer'), 'b');
  // The library's connect() forgets the transaction that it is given: it works outside only.
  await a.connect(b, 'VIDEO');
  assert.equal((await b.getSourceConnections())[0].source, a.id);
  await pipeline.release();
});

test('in a function: what is called inside belongs to it', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  let inner;
  let a;
  let named;
  await called((done) => client.transaction(function () {
    inner = this.create('MediaPipeline');
    a = inner.create('PassThrough');
    named = called((end) => pipeline.setName('function', end));
  }, done));
  await named;
  assert.equal(await pipeline.getName(), 'function');
  assert.deepEqual((await inner.getChildren()).map((c) => c.id), [a.id]);
  await Promise.all([pipeline.release(), inner.release()]);
});

test('the first failure ends it: what comes after is not executed, what was before stays', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const tx = client.beginTransaction();
  const named = called((done) => pipeline.setName(tx, 'before', done));
  const missing = failure((done) => pipeline.getTag(tx, 'none', done));
  const after = failure((done) => pipeline.setName(tx, 'after', done));
  await called((done) => tx.commit(done));
  await named;
  assert.equal((await missing).code, 40110);
  assert.match((await after).message, /not executed/);
  assert.equal(await pipeline.getName(), 'before');
  await pipeline.release();
});

test('rolled back before it was sent: nothing happens', async (t) => {
  const client = await clientFor(t);
  const pipeline = await client.create('MediaPipeline');
  const tx = client.beginTransaction();
  const refused = failure((done) => pipeline.addTag(tx, 'never', 'set', done));
  tx.rollback(() => {});
  assert.equal((await refused).constructor.name, 'TransactionRollbackException');
  const other = await (await clientFor(t)).getMediaobjectById(pipeline.id);
  assert.deepEqual(await other.getTags(), []);
});

test('without transactions of the server: the same calls, one by one', async (t) => {
  const client = await clientFor(t, { enableTransactions: false });
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  // The library tells nobody when all is done, only each operation.
  tx.commit(() => {});
  const { id } = await soon(Promise.resolve(pipeline), 'not created');
  assert.equal(await soon(pipeline.getName(), 'no name'), id);
  await pipeline.release();
});

test('implicit: what is asked in one turn of the loop goes in one message', async (t) => {
  const client = await clientFor(t, { useImplicitTransactions: true });
  const pipeline = await client.create('MediaPipeline');
  const elements = await Promise.all(Array.from({ length: 4 }, () => soon(pipeline.create('PassThrough'), 'not created')));
  assert.equal(new Set(elements.map((e) => e.id)).size, 4);
  const names = await soon(Promise.all(elements.map((e) => e.getName())), 'no names');
  assert.deepEqual(names, elements.map((e) => e.id));
  assert.equal((await pipeline.getChildren()).length, 4);
});
