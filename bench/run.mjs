// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Senders and receivers against a fresh daemon each time, by the load generator rtcload; see README.md.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { defaultBin, startDaemon } from './daemon.mjs';
import { haveJanus, startJanus } from './janus.mjs';

const { values: o } = parseArgs({ options: {
  cases: { type: 'string' },  // senders x receivers of each
  setup: { type: 'boolean', default: false },  // how long receivers take to connect, instead of what forwarding costs
  janus: { type: 'boolean', default: false },  // the same against Janus, when it is installed
  set: { type: 'string', multiple: true, default: [] },  // settings of the daemon
  runs: { type: 'string', default: '1' },
  duration: { type: 'string', default: '15' },
  hosts: { type: 'string', default: '1' },
  bin: { type: 'string', default: defaultBin },
  json: { type: 'string' },  // all results, as they are
  rest: { type: 'string', default: '' },  // more for rtcload, e.g. --rest='--loss 2 --extra-rtt-ms 10'
} });
const generator = process.env.RTCLOAD_DIR;
if (!generator || !existsSync(path.join(generator, 'run.mjs'))) {
  console.error('RTCLOAD_DIR must name the directory of the load generator (run.mjs, built in build/)');
  process.exit(2);
}

async function measure(server, senders, receivers, join) {
  const daemon = server === 'janus' ? await startJanus() : await startDaemon(o);
  try {
    const { stdout } = await promisify(execFile)('node', ['run.mjs', '--server', server, '--url', daemon.url, '--pid', String(daemon.pids),
      '--publishers', String(senders), '--subscribers-per-publisher', String(receivers), '--duration', o.setup ? '1' : o.duration, ...join,
      ...(daemon.arguments ?? []), ...o.rest.split(/\s+/).filter(Boolean)], { cwd: generator, maxBuffer: 64 << 20, timeout: 300_000 });
    return JSON.parse(stdout);
  } finally {
    await daemon.stop();
  }
}

const forwarding = [
  ['CPU us/packet', (r) => r.server_cpu_us_per_delivered_packet],
  ['CPU cores', (r) => r.server_cpu_cores],
  ['threads', (r) => r.threads.after],
  ['KB/receiver', (r) => r.rss_kb.per_subscriber],
  ['latency p50 us', (r) => r.latency_us.p50],
  ['p99 us', (r) => r.latency_us.p99],
  ['loss %', (r) => r.loss_percent],
  ['set-up p50 ms', (r) => r.setup_ms.p50],
  ['others cores', (r) => r.machine.other_cores],
];
const setup = [
  ['ICE p50 ms', (r) => r.setup_ms.ice_p50],
  ['DTLS p50 ms', (r) => r.setup_ms.dtls_p50],
  ['p95', (r) => r.setup_ms.dtls_p95],
  ['first RTP p50 ms', (r) => r.setup_ms.p50],
  ['p95', (r) => r.setup_ms.p95],
  ['max', (r) => r.setup_ms.max],
  ['first picture p50 ms', (r) => r.setup_ms.first_keyframe_p50],
  ['CPU ms/receiver', (r) => r.setup_server_cpu_ms_per_subscriber],
  ['others cores', (r) => r.machine.other_cores],
];
const columns = o.setup ? setup : forwarding;
/** Receivers come one by one, 20 ms after the one before had its first packet; or all at once. */
const joins = { 'one by one': ['--join-gap-ms', '20'], 'all at once': ['--join', 'burst'] };
const median = (list) => { const v = list.filter((x) => typeof x === 'number').sort((a, b) => a - b); return v.length ? v[(v.length - 1) >> 1] : null; };
const all = [];
console.log(`${execFileSync(o.bin, ['--version']).toString().trim()}, ${o.hosts} host(s), ${o.runs} run(s) of ${o.duration} s, VP8 720p30 1.5 Mbit/s`);
console.log(`| server | ${o.setup ? 'receivers come | ' : ''}senders x receivers | ${columns.map(([name]) => name).join(' | ')} |\n|---|---|${o.setup ? '---|' : ''}${columns.map(() => '--:').join('|')}|`);
if (o.janus && !haveJanus()) console.error('no Janus here: apt-get install janus');
for (const one of (o.cases ?? (o.setup ? '1x100' : '1x1,1x50,1x150,20x1')).split(',')) for (const join of o.setup ? Object.keys(joins) : ['one by one']) {
  const [senders, receivers] = one.split('x').map(Number);
  for (const server of o.janus && haveJanus() ? ['kurento', 'janus'] : ['kurento']) {
    const results = [];
    for (let i = 0; i < Number(o.runs); ++i) results.push(await measure(server, senders, receivers, joins[join]));
    all.push(...results);
    for (const r of results) for (const failure of r.failures ?? []) console.error(`${server} ${one}: ${failure}`);
    const name = server === 'kurento' ? 'rivero' : server;
    console.log(`| ${name} | ${o.setup ? `${join} | ` : ''}${one} | ${columns.map(([, get]) => median(results.map(get)) ?? '-').join(' | ')} |`);
  }
}
if (o.json) writeFileSync(o.json, JSON.stringify(all, null, 2));
