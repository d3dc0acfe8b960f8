// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A daemon to be measured: on a free port, with no more log than warnings, whatever the environment says.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const defaultBin = process.env.RIVERO_BIN ?? path.resolve(import.meta.dirname, '../build/release/rivero');

/** Process ids of those that `pid` has started: its media hosts. */
export const children = (pid) => readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((p) => {
  try {
    const stat = readFileSync(`/proc/${p}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
  } catch { return false; }  // it ended while we looked
});

/**
 * @param hosts number of media hosts, -1 for one per core
 * @param set settings, each as `key=value`
 * @return { url, pid, pids: with those of the hosts, stop() }
 */
export async function startDaemon({ bin = defaultBin, hosts = 1, set = [] } = {}) {
  const daemon = spawn(bin, ['--listen', '127.0.0.1:0', '--modules', path.join(path.dirname(bin), 'modules'), '--hosts', String(hosts),
    '--log', 'warn', '--set', 'rtc.networkInterfaces=lo', ...set.flatMap((one) => ['--set', one])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('RIVERO_'))),
  });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    daemon.stdout.on('data', (data) => {
      text += data;
      const found = text.match(/listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
    daemon.once('exit', (code) => reject(new Error(`the daemon ended: ${code}`)));
  });
  const wanted = Number(hosts) < 0 ? os.availableParallelism() : Number(hosts);
  while (children(daemon.pid).length < wanted) await sleep(50);
  return {
    url, pid: daemon.pid, pids: [daemon.pid, ...children(daemon.pid)],
    stop: () => new Promise((done) => { daemon.removeAllListeners('exit'); daemon.once('exit', done); daemon.kill('SIGTERM'); }),
  };
}
