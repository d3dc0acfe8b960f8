// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Janus of the Debian package beside us: its video room forwards as we do. It knows no loopback interface, so its peers
// use an address of another interface; what is sent stays on this machine all the same.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const program = '/usr/bin/janus';
export const haveJanus = () => existsSync(program);

const freePort = () => new Promise((resolve, reject) => {
  const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const reachable = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1').once('connect', () => { socket.destroy(); resolve(true); }).once('error', () => resolve(false));
});

export async function startJanus() {
  const address = Object.values(os.networkInterfaces()).flat().find((a) => a.family === 'IPv4' && !a.internal)?.address;
  if (!address) throw new Error('Janus needs an interface that is not the loopback one');
  const port = await freePort();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-janus-'));
  const library = '/usr/lib/x86_64-linux-gnu/janus';
  writeFileSync(path.join(directory, 'janus.jcfg'), `general: { configs_folder = "${directory}" plugins_folder = "${library}/plugins"
    transports_folder = "${library}/transports" events_folder = "${library}/events" loggers_folder = "${library}/loggers" debug_level = 2 }
  nat: { ice_enforce_list = "${address}" }
  plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
  transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
  events: { broadcast = false }\n`);
  writeFileSync(path.join(directory, 'janus.transport.websockets.jcfg'),
    `general: { json = "compact" ws = true ws_port = ${port} ws_ip = "127.0.0.1" wss = false }\nadmin: { admin_ws = false }\n`);
  writeFileSync(path.join(directory, 'janus.plugin.videoroom.jcfg'), 'general: {}\n');
  const janus = spawn(program, [`--configs-folder=${directory}`, '--disable-colors'], { stdio: 'ignore' });
  const ended = new Promise((done) => janus.once('exit', done));
  let over = false;
  ended.then(() => { over = true; rmSync(directory, { recursive: true, force: true }); });
  while (!(await reachable(port))) {
    if (over) throw new Error('Janus ended');
    await new Promise((later) => setTimeout(later, 50));
  }
  return { url: `ws://127.0.0.1:${port}`, pids: String(janus.pid), arguments: ['--addr', address],
    stop: () => { janus.kill('SIGTERM'); return ended; } };
}
