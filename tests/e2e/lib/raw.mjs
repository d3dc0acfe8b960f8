// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A WebSocket client that may break every rule of RFC 6455: frames are made by hand on a plain socket.
import { once } from 'node:events';
import net from 'node:net';
import { slowness } from './daemon.mjs';
import { deadline } from './wait.mjs';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** One frame. @param claim what the length field says, when not the truth */
export function frame(code, payload = '', { fin = true, rsv = 0, masked = true, claim } = {}) {
  const data = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const length = BigInt(claim ?? data.length);
  const head = [(fin ? 0x80 : 0) | rsv << 4 | code];
  const mask = masked ? 0x80 : 0;
  if (length < 126n) head.push(mask | Number(length));
  else if (length < 65536n) head.push(mask | 126, Number(length >> 8n), Number(length & 255n));
  else head.push(mask | 127, ...Array.from({ length: 8 }, (_, i) => Number(length >> BigInt(56 - 8 * i) & 255n)));
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), data]);
}

export class RawSocket {
  /** A TCP connection to the server, nothing said yet. */
  static async connect(url) {
    const raw = new RawSocket();
    const { hostname, port, pathname } = new URL(url);
    raw.path = pathname;
    raw.host = `${hostname}:${port}`;
    raw.socket = net.connect(Number(port), hostname);
    raw.socket.setNoDelay(true);
    raw.socket.on('error', () => {});  // a close follows
    raw.received = Buffer.alloc(0);
    raw.closed = new Promise((resolve) => raw.socket.once('close', resolve));
    raw.socket.on('data', (data) => { raw.received = Buffer.concat([raw.received, data]).subarray(-65536); });
    await once(raw.socket, 'connect');
    return raw;
  }
  /** ... and the handshake. */
  static async open(url) {
    const raw = await RawSocket.connect(url);
    raw.write(`GET ${raw.path} HTTP/1.1\r\nHost: ${raw.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n');
    await deadline((async () => { while (!raw.received.includes('\r\n\r\n')) await once(raw.socket, 'data'); })(), 10_000 * slowness, 'no answer to the handshake');
    raw.received = Buffer.alloc(0);
    return raw;
  }
  write(data) { return this.socket.write(data); }
  send(...frameOf) { return this.write(frame(...frameOf)); }
  /** Waits while the kernel does not take more; also ends when the server closes. */
  async drained() {
    if (!this.socket.writableNeedDrain || this.socket.destroyed) return;
    const end = new AbortController();
    await Promise.race([once(this.socket, 'drain', { signal: end.signal }).catch(() => {}), this.closed]);
    end.abort();
  }
  /** The server ends it. @return the code of its close frame, 0 without one */
  async ended(what, ms = 20_000) {
    await deadline(this.closed, ms * slowness, `the server keeps the connection: ${what}`);
    const close = this.received.lastIndexOf(Buffer.from([0x88]));
    return close >= 0 && this.received.length >= close + 4 ? this.received.readUInt16BE(close + 2) : 0;
  }
  destroy() { this.socket.destroy(); }
}
