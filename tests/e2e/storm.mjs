// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Clients that come, negotiate and go, over and over: the daemon must stay as it was after the warm-up. Run it on the
// sanitized builds (RIVERO_BIN): node storm.mjs [--rounds 500] [--connections 8] [--warm-up 100]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Daemon, program } from './lib/daemon.mjs';
import { makeClip } from './lib/media.mjs';
import { usage } from './lib/proc.mjs';
import { until } from './lib/wait.mjs';

const { values } = parseArgs({ options: {
  rounds: { type: 'string', default: '500' },
  connections: { type: 'string', default: '8' },
  'warm-up': { type: 'string', default: '100' },
} });
const [rounds, connections, warmUp] = [values.rounds, values.connections, values['warm-up']].map(Number);

const offer = readFileSync(new URL('../data/sdp/chromium_sendrecv_offer.sdp', import.meta.url), 'utf8');
const instrumented = /\b__(asan|tsan)_init\b/.test(readFileSync(path.join(path.dirname(program()), path.basename(program())), 'latin1'));

/** One visitor: everything is made, used a little, and goes in one of several ways. */
async function round(client, number, { clip, directory }) {
  const pipeline = await client.create('MediaPipeline');
  const make = (type, more = {}) => client.create(type, { mediaPipeline: pipeline, ...more });
  const caller = await make('WebRtcEndpoint');
  const viewer = await make('WebRtcEndpoint', { certificateKeyType: 'ECDSA' });
  const through = await make('PassThrough');
  const recorder = await make('RecorderEndpoint', { uri: `file://${directory}/${number}.webm` });
  const player = await make('PlayerEndpoint', { uri: `file://${clip}` });
  await client.subscribe(caller, 'IceCandidateFound', 'IceGatheringDone');
  await client.subscribe(player, 'EndOfStream', 'Error');
  await client.connect(caller, through);
  await client.connect(through, recorder);
  await client.connect(player, viewer);
  await client.invoke(recorder, 'record');
  await client.invoke(player, 'play');
  await Promise.all([
    client.invoke(caller, 'processOffer', { offer }).then(() => client.invoke(caller, 'gatherCandidates')),
    client.invoke(viewer, 'generateOffer').then(() => client.invoke(viewer, 'gatherCandidates')),
  ]);
  await client.invoke(caller, 'addIceCandidate', { candidate: { candidate: 'candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 } });
  // Some leave in the middle of everything, some after the candidates, some piece by piece.
  if (number % 3 === 0) await client.event(caller, 'IceGatheringDone');
  if (number % 3 === 1) for (const each of [player, viewer, caller, recorder]) await client.release(each);
  await client.invoke(pipeline, 'getGstreamerDot').catch(() => {});
  await client.release(pipeline);
  client.events.length = 0;
}

async function rush(clients, total, context, base) {
  let next = 0;
  await Promise.all(clients.map(async (client) => {
    while (next < total) await round(client, base + next++, context);
  }));
}
const sum = (pids) => pids.map(usage).reduce((a, b) => ({ fds: a.fds + b.fds, threads: a.threads + b.threads, rssKb: a.rssKb + b.rssKb }));
/** Released objects go in the background: the smallest of what is seen until it stays the same. */
async function settled(daemon) {
  let last = sum(daemon.pids()), calm = 0;
  await until(() => {
    const now = sum(daemon.pids());
    calm = now.fds === last.fds && now.threads === last.threads ? calm + 1 : 0;
    last = now;
    return calm >= 10;
  }, 30_000, 'descriptors and threads do not come to rest', 100);
  return last;
}

// Answers that are kept for repeated requests would look like a leak.
const daemon = await Daemon.start({ hosts: 2, set: { 'sessions.requestCache': false } });
let failure;
try {
  const clip = await makeClip(daemon.file('clip.webm'), { seconds: 2 });
  const context = { clip, directory: daemon.directory };
  const clients = await Promise.all(Array.from({ length: connections }, () => daemon.client()));
  await rush(clients, warmUp, context, 0);
  const before = await settled(daemon);
  const began = performance.now();
  await rush(clients, rounds, context, warmUp);
  const seconds = (performance.now() - began) / 1000;
  const after = await settled(daemon);
  const growth = { fds: after.fds - before.fds, threads: after.threads - before.threads, rssKb: after.rssKb - before.rssKb };
  for (const pid of daemon.pids()) console.log(`${pid === daemon.pid ? 'gateway' : 'host   '} ${JSON.stringify(usage(pid))}`);
  console.log(`${rounds} rounds over ${connections} connections in ${seconds.toFixed(1)} s`);
  for (const key of ['fds', 'threads', 'rssKb']) console.log(`${key.padEnd(8)} ${before[key]} -> ${after[key]}  (${growth[key] >= 0 ? '+' : ''}${growth[key]})`);
  const pipelines = await clients[0].invoke('manager_ServerManager', 'getPipelines');
  assert.deepEqual(pipelines, [], 'pipelines are left');
  assert.ok(growth.fds <= 4, `${growth.fds} descriptors more`);
  assert.ok(growth.threads <= 2, `${growth.threads} threads more`);
  // The allocator's pools grow to the highest tide of eight connections; beyond that a round costs nothing. Sanitizers
  // keep what was freed for a while.
  if (!instrumented) assert.ok(growth.rssKb < 8192 + rounds, `${growth.rssKb} KB more`);
} catch (error) {
  failure = error;
}
try {
  await daemon.stop();
} catch (error) {
  failure ??= error;
}
if (failure) {
  console.error(failure);
  process.exit(1);
}
console.log('no leak, no sanitizer report');
