// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

function sockets(pid) {
  const inodes = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const found = readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/);
      if (found) inodes.add(found[1]);
    } catch { /* closed meanwhile */ }
  }
  return inodes;
}

/** Number of sockets of one protocol: 'udp' or 'tcp'. */
export function openSockets(pid, protocol) {
  const own = sockets(pid);
  return ['', '6'].flatMap((family) => readFileSync(`/proc/net/${protocol}${family}`, 'utf8').split('\n').slice(1))
    .filter((line) => own.has(line.trim().split(/\s+/)[9])).length;
}

/** { fds, threads, rssKb, ownKb }: the last is what the process has allocated, without the files that are mapped into it. */
export function usage(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (key) => Number(status.match(new RegExp(`^${key}:\\s+(\\d+)`, 'm'))[1]);
  return { fds: readdirSync(`/proc/${pid}/fd`).length, threads: number('Threads'), rssKb: number('VmRSS'), ownKb: number('RssAnon') };
}
