// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What the control plane takes: many applications that make, ask and release rooms at once; see README.md.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { children, defaultBin, startDaemon } from './daemon.mjs';

// The WebSocket client of the end-to-end tests: `npm ci` in tests/e2e.
const { default: WebSocket } = await import(createRequire(path.resolve(import.meta.dirname, '../tests/e2e/package.json')).resolve('ws'));

const { values: o } = parseArgs({ options: {
  connections: { type: 'string', default: '200' },
  seconds: { type: 'string', default: '30' },
  rate: { type: 'string', default: '100' },  // endpoints made in a second, by all connections together
  hosts: { type: 'string', default: '-1' },
  bin: { type: 'string', default: defaultBin },
  'warm-up': { type: 'string', default: '3' },  // seconds that count for nothing
  goal: { type: 'string' },  // milliseconds: exit code 1 when the p99 of simple calls is above, or something leaks
  set: { type: 'string', multiple: true, default: [] },
  plain: { type: 'boolean', default: false },  // endpoints without offer and candidates, so without sockets
  keep: { type: 'boolean', default: false },  // wait for Enter before the end: to attach perf
} });
const connections = Number(o.connections);
const perRoom = 2;
const period = 1000 * perRoom * connections / Number(o.rate);  // between two rooms of one connection

class Client {
  #next = 1;
  #pending = new Map();
  constructor(url) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.open = new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
    this.socket.on('message', (data) => {
      const message = JSON.parse(data);
      const call = this.#pending.get(message.id);
      if (!call) return;
      this.#pending.delete(message.id);
      call(message);
    });
  }
  async call(kind, method, params) {
    const id = this.#next++;
    const answer = new Promise((resolve) => this.#pending.set(id, resolve));
    const start = performance.now();
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const { result, error } = await answer;
    if (measuring) (times[kind] ??= []).push(performance.now() - start);
    if (error) { ++failures; lastFailure = `${method}: ${error.code} ${error.message}`; }
    return result?.value;
  }
  create(kind, type, constructorParams = {}) { return this.call(kind, 'create', { type, constructorParams }); }
  invoke(kind, object, operation) { return this.call(kind, 'invoke', { object, operation }); }
}

const times = {};
let measuring = false;
let failures = 0;
let lastFailure = '';

/** [gateway, hosts together] */
function resources(pid) {
  const of = (pids) => pids.map((p) => {
    const status = readFileSync(`/proc/${p}/status`, 'utf8');
    const number = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]);
    const stat = readFileSync(`/proc/${p}/stat`, 'utf8');
    const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number);
    return { mib: number('VmRSS') / 1024, fds: readdirSync(`/proc/${p}/fd`).length, threads: number('Threads'), cpu: (user + system) / 100 };
  }).reduce((a, b) => ({ mib: a.mib + b.mib, fds: a.fds + b.fds, threads: a.threads + b.threads, cpu: a.cpu + b.cpu }));
  return [of([pid]), of(children(pid))];
}

/** A room: made, asked a few times while it lives, released. */
async function room(client) {
  const pipeline = await client.create('create MediaPipeline', 'MediaPipeline');
  const endpoints = [];
  for (let i = 0; i < perRoom; ++i) {
    const endpoint = await client.create('create WebRtcEndpoint', 'WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.call('subscribe', 'subscribe', { object: endpoint, type: 'IceCandidateFound' });
    endpoints.push(endpoint);
    if (o.plain) continue;
    await client.invoke('generateOffer', endpoint, 'generateOffer');
    await client.invoke('gatherCandidates', endpoint, 'gatherCandidates');
  }
  await client.call('connect', 'invoke', { object: endpoints[0], operation: 'connect', operationParams: { sink: endpoints[1] } });
  for (let i = 0; i < 5; ++i) {
    await sleep(period / 12);
    await client.call('ping', 'ping', {});
    await client.invoke('getName', endpoints[i % perRoom], 'getName');
  }
  await client.call('release', 'release', { object: pipeline });
}

async function application(client, end) {
  await sleep(Math.random() * period);
  while (performance.now() < end) {
    const next = performance.now() + period;
    await room(client);
    await sleep(Math.max(0, next - performance.now()));
  }
}

const daemon = await startDaemon(o);
/** Some rounds of everything, so that what is made once (codecs, certificates, pools) is there before we look. */
const first = new Client(daemon.url);
await first.open;
for (let i = 0; i < 50; ++i) await Promise.all([room0(first), room0(first)]);
first.socket.close();
async function room0(client) {
  const pipeline = await client.create('', 'MediaPipeline');
  for (let i = 0; i < perRoom; ++i) {
    const endpoint = await client.create('', 'WebRtcEndpoint', { mediaPipeline: pipeline });
    await client.invoke('', endpoint, 'generateOffer');
    await client.invoke('', endpoint, 'gatherCandidates');
  }
  await client.call('', 'release', { object: pipeline });
}
await sleep(1000);
const before = resources(daemon.pid);

const clients = Array.from({ length: connections }, () => new Client(daemon.url));
await Promise.all(clients.map((client) => client.open));
if (o.keep) console.log(`gateway ${daemon.pid}, hosts ${children(daemon.pid)}`);
const warm = Number(o['warm-up']);
const end = performance.now() + 1000 * (warm + Number(o.seconds));
const apps = Promise.all(clients.map((client) => application(client, end)));
await sleep(1000 * warm);
measuring = true;
const started = resources(daemon.pid);
const startedAt = performance.now();
const ownStart = process.cpuUsage();
await sleep(1000 * Number(o.seconds) - 100);
const during = resources(daemon.pid);
const seconds = (performance.now() - startedAt) / 1000;
const own = process.cpuUsage(ownStart);
measuring = false;
await apps;
for (const client of clients) client.socket.close();
await sleep(2000);
const after = resources(daemon.pid);

const simple = [...times.ping ?? [], ...times.getName ?? []];
const line = (name, list) => {
  const sorted = Float64Array.from(list).sort();
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]?.toFixed(1) ?? '-';
  console.log(`| ${name} | ${sorted.length} | ${(sorted.length / seconds).toFixed(0)} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
  return Number(at(0.99));
};
console.log(`${connections} connections, ${o.seconds} s, ${o.rate} endpoints/s wanted; ${failures} failures${lastFailure && ` (${lastFailure})`}`);
console.log('| call | number | a second | p50 ms | p99 ms | longest ms |\n|---|--:|--:|--:|--:|--:|');
const p99 = line('**ping, getName**', simple);
for (const [kind, list] of Object.entries(times)) line(kind, list);
console.log('\n| | memory MiB | files | threads | CPU cores |\n|---|--:|--:|--:|--:|');
for (const [i, name] of ['gateway', 'hosts'].entries()) {
  const show = (when, r, cpu) => console.log(`| ${name} ${when} | ${r.mib.toFixed(1)} | ${r.fds} | ${r.threads} | ${cpu} |`);
  show('before', before[i], '');
  show('at the end of the load', during[i], ((during[i].cpu - started[i].cpu) / seconds).toFixed(2));
  show('after', after[i], '');
}
console.log(`load generator: ${((own.user + own.system) / 1e6 / seconds).toFixed(2)} cores; load of the machine ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}`);
if (o.keep) await new Promise((resolve) => process.stdin.once('data', resolve));
await daemon.stop();

const leaks = before.some((b, i) => after[i].fds > b.fds + 4 || after[i].threads > b.threads + 4);
if (leaks) console.error('files or threads are left behind');
if (failures) console.error(`${failures} calls failed`);
if (o.goal && (!(p99 < Number(o.goal)) || leaks || failures)) process.exit(1);
process.exit(0);
