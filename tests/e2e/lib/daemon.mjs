// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// One daemon of the test's own: started on a free port, ended with the test, its log kept for a failure.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RpcClient } from './rpc.mjs';
import { deadline, until } from './wait.mjs';

const repository = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../..');
// GLib leaves its first table of quarks behind when it grows, on purpose: 2048 pointers, once in each process.
const QUARKS = /=+\n==\d+==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 16384 byte\(s\) in 1 object[^]*?\nSUMMARY: AddressSanitizer: 16384 byte\(s\) leaked in 1 allocation\(s\)\.\n/g;
const SANITIZER = /(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|UndefinedBehaviorSanitizer)/;

/** The program under test: RIVERO_BIN, or the first preset that has been built. */
export function program() {
  const candidates = [process.env.RIVERO_BIN, ...['release', 'dev', 'tsan'].map((p) => path.join(repository, 'build', p, 'rivero'))];
  const found = candidates.find((c) => c && existsSync(c));
  if (!found) throw new Error('no daemon to test: build it, or name it in RIVERO_BIN');
  return found;
}

/** Sanitized programs are several times slower: all time limits are multiplied by this. */
export const slowness = Number(process.env.RIVERO_E2E_SLOW ?? 1);

/** The daemon takes RIVERO_... for its settings, and refuses what it does not know: ours are not for it. */
const inherited = () => Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^RIVERO_(BIN|MODULES|E2E_.*)$/.test(key)));

export class Daemon {
  #clients = [];
  #stopped = false;

  /** @param options.hosts media host processes; options.set: { 'rtc.minPort': 40000 } */
  static async start({ hosts = 1, set = {}, env = {}, log = process.env.RIVERO_E2E_LOG ?? 'info', args = [] } = {}) {
    const bin = program();
    const modules = process.env.RIVERO_MODULES ?? path.join(path.dirname(bin), 'modules');
    // Only loopback: the tests need no network, and addresses of the machine stay out of its log.
    const settings = { 'rtc.networkInterfaces': 'lo', ...set };
    const line = ['--listen', '127.0.0.1:0', '--modules', modules, '--hosts', String(hosts), '--log', log,
      ...Object.entries(settings).flatMap(([k, v]) => ['--set', `${k}=${v}`]), ...args];
    const daemon = new Daemon();
    daemon.directory = mkdtempSync(path.join(os.tmpdir(), 'rivero-e2e.'));
    daemon.log = '';
    const child = spawn(bin, line, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited(), ...env } });
    daemon.process = child;
    daemon.pid = child.pid;
    daemon.exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    child.stderr.setEncoding('utf8').on('data', (text) => { daemon.log += text; });
    daemon.out = '';
    const listening = new Promise((resolve) => child.stdout.setEncoding('utf8').on('data', (text) => {
      daemon.out += text;
      const found = daemon.out.match(/^listening on (wss?:\S+)$/m);
      if (found) resolve(found[1]);
    }));
    const ended = daemon.exit.then(({ code, signal }) => {
      throw new Error(`the daemon ended at its start (${signal ?? code}):\n${daemon.tail()}`);
    });
    ended.catch(() => {});
    daemon.url = await deadline(Promise.race([listening, ended]), 20_000 * slowness, () => `the daemon does not listen:\n${daemon.tail()}`);
    if (hosts > 0) await until(() => daemon.hostPids().length === hosts, 10_000 * slowness, () => `not all ${hosts} hosts came up`);
    return daemon;
  }

  /** A daemon that ends, and is judged, when test `t` is over. */
  static async for(t, options) {
    const daemon = await Daemon.start(options);
    t.after(() => daemon.stop());
    return daemon;
  }

  /** Where it listens with TLS, when `listen.tls.port` was set. */
  async tlsUrl() {
    return (await until(() => this.out.match(/^listening on (wss:\S+)$/m), 10_000 * slowness, 'it does not listen with TLS'))[1];
  }

  async client() {
    const client = await RpcClient.open(this.url);
    this.#clients.push(client);
    return client;
  }

  /** Process ids of the media hosts. */
  hostPids() {
    return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === this.pid && state !== 'Z';
      } catch { return false; }  // it ended while we looked
    });
  }
  pids() { return [this.pid, ...this.hostPids()]; }
  file(name) { return path.join(this.directory, name); }
  tail(lines = 60) { return this.log.split('\n').slice(-lines).join('\n'); }

  /** A clean end: exit code 0 after SIGTERM, in time, and no sanitizer has spoken. @param options.keep the directory */
  async stop({ keep = false } = {}) {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const client of this.#clients) client.close();
    try {
      if (this.process.exitCode === null && this.process.signalCode === null) {
        this.process.kill('SIGTERM');
        const { code, signal } = await deadline(this.exit, 15_000 * slowness, () => `the daemon does not end after SIGTERM:\n${this.tail()}`);
        if (code !== 0) throw new Error(`the daemon ended with ${signal ?? code}:\n${this.tail()}`);
      } else if (!this.expectedToDie) {
        throw new Error(`the daemon was gone before its end (${this.process.signalCode ?? this.process.exitCode}):\n${this.tail()}`);
      }
      if (SANITIZER.test(this.log.replace(QUARKS, ''))) throw new Error(`a sanitizer has something to say:\n${this.tail(200)}`);
      if (process.env.RIVERO_E2E_VERBOSE) process.stderr.write(this.log);
    } catch (error) {
      if (process.env.RIVERO_E2E_VERBOSE) process.stderr.write(this.log);
      throw error;
    } finally {
      if (this.process.exitCode === null && this.process.signalCode === null) {
        for (const pid of this.pids()) try { process.kill(pid, 'SIGKILL'); } catch { /* has ended */ }
      }
      if (!keep && !process.env.RIVERO_E2E_KEEP) rmSync(this.directory, { recursive: true, force: true });
    }
  }

  /** kill -9 of everything, as a power cut would. */
  async kill() {
    this.expectedToDie = true;
    const hosts = this.hostPids();
    this.process.kill('SIGKILL');
    for (const pid of hosts) try { process.kill(pid, 'SIGKILL'); } catch { /* went with its gateway */ }
    await this.exit;
  }
}
