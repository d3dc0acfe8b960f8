// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A media host that dies takes its own rooms with it, and nobody else's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { openSockets } from './lib/proc.mjs';
import { until } from './lib/wait.mjs';

const both = ['audio', 'video'];

test('kill -9 of one of two hosts', async (t) => {
  const daemon = await Daemon.for(t, { hosts: 2 });
  const browser = await Browser.for(t);
  const client = await daemon.client();
  const rooms = [];
  for (let i = 0; i < 2; ++i) {
    const pipeline = await client.create('MediaPipeline');
    await client.subscribe(pipeline, 'Error');
    const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.subscribe(endpoint, 'Error');
    await client.connect(endpoint, endpoint);
    const before = new Map(daemon.hostPids().map((pid) => [pid, openSockets(pid, 'udp')]));
    const page = await browser.page();
    const peer = await Peer.join(page, new RpcSignalling(client, endpoint), { send: both, receive: both, codec: 'VP8' });
    await peer.decodes(10);
    // The host that opened sockets for it is the one that has it.
    const host = daemon.hostPids().find((pid) => openSockets(pid, 'udp') > before.get(pid));
    assert.ok(host, 'no host opened a socket');
    rooms.push({ pipeline, endpoint, page, peer, host });
  }
  const [lost, kept] = rooms;
  assert.notEqual(lost.host, kept.host, 'a new pipeline goes to the less loaded host');

  process.kill(lost.host, 'SIGKILL');
  const killed = performance.now();
  const error = await client.event(lost.pipeline, 'Error');
  t.diagnostic(`the owner knew after ${Math.round(performance.now() - killed)} ms: ${error.type}, ${error.description}`);
  assert.equal(error.type, 'MEDIA_HOST_LOST');
  await client.event(lost.endpoint, 'Error');
  for (const call of [() => client.invoke(lost.endpoint, 'getStats'), () => client.create('PassThrough', { mediaPipeline: lost.pipeline }), () => client.invoke(lost.pipeline, 'getName')])
    await assert.rejects(call, (e) => { assert.equal(e.code, 40101); assert.match(e.text, /host/); return true; });
  await client.release(lost.pipeline);

  // A new host takes its place, and new rooms.
  await until(() => daemon.hostPids().length === 2 && !daemon.hostPids().includes(lost.host), 2_000 * slowness, 'no new host');
  const fresh = await until(() => client.create('MediaPipeline').catch(() => null), 2_000 * slowness, 'no new pipeline');
  const created = performance.now() - killed;
  t.diagnostic(`a new host and a new pipeline after ${Math.round(created)} ms`);
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: fresh });
  await client.connect(endpoint, endpoint);
  await lost.peer.end();
  const again = await Peer.join(lost.page, new RpcSignalling(client, endpoint), { send: both, receive: both, codec: 'VP8' });
  await again.decodes(10);

  // The other room has not lost a packet.
  const end = await kept.peer.decodes(20);
  assert.equal(end.in.video.packetsLost, 0);
  assert.equal(end.in.audio.packetsLost, 0);
  assert.equal(end.in.video.freezeCount ?? 0, 0, 'its picture froze');
  assert.deepEqual(client.events.filter((e) => e.type === 'Error' && e.object.startsWith(kept.pipeline)), []);
});

test('a host that dies again and again is started again and again', async (t) => {
  const daemon = await Daemon.for(t, { hosts: 1 });
  const client = await daemon.client();
  for (let i = 0; i < 3; ++i) {
    const pipeline = await until(() => client.create('MediaPipeline').catch(() => null), 3_000 * slowness, `no pipeline in round ${i}`);
    await client.subscribe(pipeline, 'Error');
    const [pid] = daemon.hostPids();
    process.kill(pid, 'SIGKILL');
    await client.event(pipeline, 'Error');
    await until(() => daemon.hostPids().some((p) => p !== pid), 3_000 * slowness, 'no new host');
  }
});
