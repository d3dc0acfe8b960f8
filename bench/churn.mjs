// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Peers with real media that join and leave for an hour: memory, descriptors and threads of the daemon must not follow.
// See README.md. On sanitized builds: RIVERO_BIN=build/dev/rivero RIVERO_E2E_SLOW=5 bench/churn --minutes 5
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Daemon, slowness } from '../tests/e2e/lib/daemon.mjs';
import { usage } from '../tests/e2e/lib/proc.mjs';

const { values: o } = parseArgs({ options: {
  minutes: { type: 'string', default: '60' },
  'warm-up': { type: 'string', default: '2' },       // minutes, before the first figure that counts
  rooms: { type: 'string', default: '10' },
  viewers: { type: 'string', default: '9' },         // of each room, beside its one sender
  'changes-per-second': { type: 'string', default: '5' },
  hosts: { type: 'string', default: '2' },
  sample: { type: 'string', default: '30' },         // seconds between the lines of the table
} });
const [minutes, warmUp, rooms, viewers, rate, hosts, sampling] =
  ['minutes', 'warm-up', 'rooms', 'viewers', 'changes-per-second', 'hosts', 'sample'].map((key) => Number(o[key]));
const generator = process.env.RTCLOAD_DIR;
if (!generator || !existsSync(path.join(generator, 'lib/engine.mjs'))) {
  console.error('RTCLOAD_DIR must name the directory of the load generator (built in build/)');
  process.exit(2);
}
const { Engine } = await import(pathToFileURL(path.join(generator, 'lib/engine.mjs')));

const pick = (list) => list[Math.floor(Math.random() * list.length)];
let lastPeer = 0;
const counts = { joined: 0, left: 0, vanished: 0, rooms: 0 };

/** One pipeline with one sender, as an application of its own: a session, a connection. */
class Room {
  constructor(client, engine) { Object.assign(this, { client, engine, members: [] }); }

  static async open(daemon, engine) {
    const room = new Room(await daemon.client(), engine);
    room.candidates = new Map();
    room.client.on((event) => {
      if (event.type === 'IceCandidateFound') room.candidates.get(event.object)?.(event.data.candidate);
      room.client.events.length = 0;  // this client remembers all events, which would be our leak
    });
    room.pipeline = await room.client.create('MediaPipeline');
    room.sender = await room.join(true);
    ++counts.rooms;
    return room;
  }

  async join(sends) {
    const { client, engine } = this;
    const peer = `c${++lastPeer}`;
    const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: this.pipeline });
    this.candidates.set(endpoint, ({ candidate }) => engine.call('candidate', { peer, candidate }).catch(() => {}));
    await client.subscribe(endpoint, 'IceCandidateFound');
    const { sdp, candidate } = await engine.call('create', { peer, send: sends, offer: true, audio: true, video: true, nack: true, twcc: true, remb: true, abs_send_time: true, pace: 2.5 });
    await engine.call('remote', { peer, sdp: await client.invoke(endpoint, 'processOffer', { offer: sdp }) });
    await client.invoke(endpoint, 'gatherCandidates');
    await client.invoke(endpoint, 'addIceCandidate', { candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });
    const member = { peer, endpoint };
    if (sends) {
      await engine.wait('dtls', peer, 20_000 * slowness);
      await engine.call('start', { peer });
    } else {
      this.members.push(member);
      await client.connect(this.sender.endpoint, endpoint);
      await engine.wait('media', peer, 20_000 * slowness);
    }
    ++counts.joined;
    return member;
  }

  async forget({ peer, endpoint }) {
    this.candidates.delete(endpoint);
    await this.engine.call('stop', { peer });
    this.engine.peers.delete(peer);
  }
  async leave(member) {
    this.members.splice(this.members.indexOf(member), 1);
    // Some vanish without a word, as a phone in a tunnel, and the application finds out later.
    if (Math.random() < 0.3) {
      await this.forget(member);
      await delay(Math.random() * 2000);
      ++counts.vanished;
    } else {
      ++counts.left;
    }
    await this.client.release(member.endpoint);
    if (this.engine.peers.has(member.peer)) await this.forget(member);
  }
  async close() {
    // By release of the pipeline, or by the end of the session with all that it has.
    if (Math.random() < 0.5) await this.client.release(this.pipeline);
    else await this.client.call('closeSession', { release: true });
    for (const member of [this.sender, ...this.members.splice(0)]) await this.forget(member);
    this.client.close();
  }
}

const daemon = await Daemon.start({ hosts, log: 'warn', set: { 'sessions.requestCache': false } });
const engine = new Engine({ coalesceUs: 500 });
await engine.ready;
const sum = () => daemon.pids().map(usage).reduce((a, b) => ({ fds: a.fds + b.fds, threads: a.threads + b.threads, ownKb: a.ownKb + b.ownKb }));
const each = () => daemon.pids().map((pid) => (usage(pid).ownKb / 1024).toFixed(1)).join(' ');
const samples = [];
let failure;
try {
  const open = [];
  const fill = async () => {
    while (open.length < rooms) open.push(await Room.open(daemon, engine));
    for (const room of open) while (room.members.length < viewers) await room.join(false);
  };
  await fill();
  console.log('| minute | joined | left | vanished | rooms | fds | threads | own MB | of each |\n|--:|--:|--:|--:|--:|--:|--:|--:|:--|');
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 60_000;
  let nextSample = 0;
  let stalls = 2;
  while (elapsed() < minutes + warmUp) {
    // A whole room goes now and then.
    if (Math.random() < 0.02) {
      const [room] = open.splice(Math.floor(Math.random() * open.length), 1);
      await room.close();
    } else {
      const room = pick(open);
      if (room.members.length) await room.leave(pick(room.members));
    }
    await fill();  // whoever cannot join ends the run
    // A busy machine lets a process stand still now and then; what has piled up afterwards needs memory that malloc keeps.
    // So it comes to that early on, and not by chance when the first figures have been taken.
    if (stalls > 0 && elapsed() > warmUp / (stalls + 1)) {
      --stalls;
      for (const pid of daemon.hostPids()) process.kill(pid, 'SIGSTOP');
      await delay(1500);
      for (const pid of daemon.hostPids()) process.kill(pid, 'SIGCONT');
    }
    if (elapsed() * 60 >= nextSample) {
      nextSample += sampling;
      const now = { minute: elapsed(), ...sum() };
      if (now.minute >= warmUp) samples.push(now);
      console.log(`| ${now.minute.toFixed(1)} | ${counts.joined} | ${counts.left} | ${counts.vanished} | ${counts.rooms} | ${now.fds} | ${now.threads} | ${(now.ownKb / 1024).toFixed(1)} | ${each()} |`);
    }
    await delay(1000 / rate);
  }
  for (const room of open) await room.close();

  const first = samples.slice(0, Math.max(1, samples.length >> 2)), last = samples.slice(-first.length);
  const mean = (list, key) => list.reduce((total, s) => total + s[key], 0) / list.length;
  const growth = Object.fromEntries(['fds', 'threads', 'ownKb'].map((key) => [key, mean(last, key) - mean(first, key)]));
  console.log(`last quarter against first: descriptors ${growth.fds.toFixed(1)}, threads ${growth.threads.toFixed(1)}, memory ${(growth.ownKb / 1024).toFixed(2)} MB`);
  assert.ok(growth.fds <= 4, 'descriptors grow');
  assert.ok(growth.threads <= 2, 'threads grow');
  // Sanitizers keep freed memory back; what leaks they tell at the end.
  if (slowness === 1) assert.ok(growth.ownKb < 4096 + 0.02 * mean(first, 'ownKb'), 'memory grows');
} catch (error) {
  failure = error;
}
await engine.close();
try {
  await daemon.stop();
} catch (error) {
  failure ??= error;
}
if (failure) {
  console.error(failure);
  process.exit(1);
}
console.log('no growth, a clean end');
