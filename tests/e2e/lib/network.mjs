// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What stands between server and browser: a TURN server (coturn), a STUN server, a path that loses packets.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { slowness } from './daemon.mjs';
import { until } from './wait.mjs';

export const coturn = ['/usr/bin/turnserver', '/usr/local/bin/turnserver'].find(existsSync);

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** coturn on the loopback address, for UDP and TCP. { user, password, port } */
export class TurnServer {
  user = 'somebody';
  password = 'p@ss:word';
  log = '';
  static async for(t) {
    const turn = new TurnServer();
    turn.port = await freePort();
    const directory = mkdtempSync(path.join(os.tmpdir(), 'rivero-turn.'));
    const process = spawn(coturn, ['--no-cli', '--no-tls', '--no-dtls', '--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--allow-loopback-peers',
      '--listening-port', String(turn.port), '--lt-cred-mech', '--realm', 'test', '--user', `${turn.user}:${turn.password}`, '--no-software-attribute',
      '--userdb', path.join(directory, 'users'), '--pidfile', path.join(directory, 'pid'), '--log-file', 'stdout', '--verbose', '--fingerprint', '-c', '/dev/null'],
      { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const out of [process.stdout, process.stderr]) out.setEncoding('utf8').on('data', (text) => { turn.log += text; });
    const exit = once(process, 'exit');
    t.after(async () => {
      process.kill('SIGKILL');
      await exit;
      rmSync(directory, { recursive: true, force: true });
    });
    await until(() => new Promise((resolve) => {
      const socket = net.connect(turn.port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    }), 10_000 * slowness, () => `coturn does not listen:\n${turn.log}`);
    return turn;
  }
  /** As the property turnUrl has it. */
  url(transport) { return `${this.user}:${this.password}@127.0.0.1:${this.port}?transport=${transport}`; }
  /** As RTCPeerConnection has it. */
  server(transport) { return { urls: `turn:127.0.0.1:${this.port}?transport=${transport}`, username: this.user, credential: this.password }; }
}

/** A STUN server that sees everybody behind one address, as one outside of a NAT does. RFC 8489. */
export async function stunServer(t, address = '203.0.113.7', port = 4242) {
  const socket = dgram.createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (request, from) => {
    if (request.length < 20 || request.readUInt16BE(0) !== 1) return;
    const response = Buffer.alloc(32);
    response.writeUInt16BE(0x0101, 0);
    response.writeUInt16BE(12, 2);
    request.copy(response, 4, 4, 20);
    response.writeUInt16BE(0x0020, 20);  // XOR-MAPPED-ADDRESS
    response.writeUInt16BE(8, 22);
    response[25] = 1;
    response.writeUInt16BE(port ^ 0x2112, 26);
    address.split('.').forEach((octet, i) => { response[28 + i] = Number(octet) ^ [0x21, 0x12, 0xa4, 0x42][i]; });
    socket.send(response, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

/** First byte 128 to 191, and the second is no packet type of RTCP (RFC 5761), nor Chromium's payload type for Opus. */
const isVideo = (packet) => packet[0] >= 128 && packet[0] < 192 && (packet[1] < 192 || packet[1] > 223) && (packet[1] & 127) !== 111;

/** A path for one peer connection that loses packets of video: the browser is told its address instead of the server's. */
export class LossyPath {
  /** Packets that were dropped. */
  dropped = { up: 0, down: 0 };
  /** @param drop.up, drop.down one of so many is lost; 0: none */
  static async for(t, drop) {
    const lossy = new LossyPath();
    lossy.drop = drop;
    lossy.inside = dgram.createSocket('udp4');   // to the browser
    lossy.outside = dgram.createSocket('udp4');  // to the server
    const seen = { up: 0, down: 0 };
    const passes = (packet, way) => {
      if (!lossy.drop[way] || !isVideo(packet) || ++seen[way] % lossy.drop[way]) return true;
      lossy.dropped[way]++;
      return false;
    };
    lossy.inside.on('message', (packet, from) => {
      lossy.browser = from;
      if (lossy.server && passes(packet, 'up')) lossy.outside.send(packet, lossy.server, '127.0.0.1');
    });
    lossy.outside.on('message', (packet) => {
      if (lossy.browser && passes(packet, 'down')) lossy.inside.send(packet, lossy.browser.port, '127.0.0.1');
    });
    for (const socket of [lossy.inside, lossy.outside]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      t.after(() => socket.close());
    }
    return lossy;
  }
  /** For RpcSignalling: the server's candidates lead here; the browser's stay unknown, or both would find another way. */
  toBrowser(c) {
    const [, port] = c.candidate.match(/ udp \d+ 127\.0\.0\.1 (\d+) typ host/i) ?? [];
    if (!port) return undefined;
    this.server = Number(port);
    return { ...c, candidate: c.candidate.replace(` ${port} `, ` ${this.inside.address().port} `) };
  }
  toServer() { return undefined; }
}
