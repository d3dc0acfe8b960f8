// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Firefox as the peer, driven by WebDriver BiDi: what Debian ships speaks it without a driver. Pages look like those of lib/browser.mjs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { serve } from './browser.mjs';
import { slowness } from './daemon.mjs';
import { deadline } from './wait.mjs';

const LIMIT = 60_000 * slowness;
const PREFERENCES = {
  'media.navigator.permission.disabled': true, 'media.navigator.streams.fake': true, 'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false,
  // H264 by the FFmpeg of the system, where Firefox can: its own plugin comes from the network.
  'media.webrtc.platformencoder': true, 'media.webrtc.platformencoder.sw_only': false, 'media.webrtc.hw.h264.enabled': true,
  'media.navigator.mediadatadecoder_h264_enabled': true, 'media.ffmpeg.encoder.enabled': true,
  'media.gmp-manager.updateEnabled': false, 'app.update.enabled': false, 'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false, 'datareporting.policy.dataSubmissionEnabled': false, 'toolkit.telemetry.enabled': false,
  'browser.shell.checkDefaultBrowser': false, 'dom.disable_open_during_load': false, 'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false, 'extensions.update.enabled': false, 'services.settings.server': 'http://127.0.0.1:9',
};

export const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

export class Firefox {
  #next = 1;
  #pending = new Map();
  #pages = new Map();

  static async start() {
    const browser = new Firefox();
    browser.server = await serve();
    browser.address = `http://localhost:${browser.server.address().port}/`;
    browser.profile = mkdtempSync(path.join(os.tmpdir(), 'rivero-firefox.'));
    writeFileSync(path.join(browser.profile, 'user.js'), Object.entries(PREFERENCES).map(([k, v]) => `user_pref(${JSON.stringify(k)}, ${JSON.stringify(v)});\n`).join(''));
    browser.process = spawn(program, ['--headless', '--no-remote', '--profile', browser.profile, '--remote-debugging-port', '0'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: browser.profile, MOZ_DISABLE_CONTENT_SANDBOX: '1', MOZ_CRASHREPORTER_DISABLE: '1' } });
    browser.exit = once(browser.process, 'exit');
    let said = '';
    const url = await deadline(new Promise((resolve, reject) => {
      browser.process.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
        const found = said.match(/WebDriver BiDi listening on (ws:\S+)/);
        if (found) resolve(found[1]);
      });
      browser.exit.then(() => reject(new Error(`Firefox ended at its start:\n${said}`)));
    }), LIMIT, () => `Firefox does not listen:\n${said}`);
    browser.socket = new WebSocket(`${url}/session`);
    await deadline(once(browser.socket, 'open'), LIMIT, 'no connection to Firefox');
    browser.socket.on('message', (data) => browser.#onMessage(JSON.parse(data)));
    await browser.call('session.new', { capabilities: {} });
    await browser.call('session.subscribe', { events: ['script.message'] });
    return browser;
  }

  #onMessage(message) {
    if (message.type === 'event') {
      if (message.method !== 'script.message') return;
      const [name, candidate] = JSON.parse(message.params.data.value);
      this.#pages.get(message.params.source.context)?.candidateSinks.get(name)?.(candidate);
      return;
    }
    const call = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'error') call?.reject(new Error(`${call.method}: ${message.error}: ${message.message}`));
    else call?.resolve(message.result);
  }
  call(method, params = {}) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { method, resolve, reject }));
    this.socket.send(JSON.stringify({ id, method, params }));
    return deadline(answer, LIMIT, `no answer to ${method}`);
  }

  async page() {
    const { context } = await this.call('browsingContext.create', { type: 'tab' });
    const page = new Page(this, context);
    this.#pages.set(context, page);
    await this.call('browsingContext.navigate', { context, url: this.address, wait: 'complete' });
    await this.call('script.callFunction', { functionDeclaration: '(send) => { window.onLocalCandidate = (...all) => send(JSON.stringify(all)); }',
      arguments: [{ type: 'channel', value: { channel: 'candidates' } }], target: { context }, awaitPromise: false });
    return page;
  }

  async close() {
    this.process.kill('SIGTERM');
    await deadline(this.exit, LIMIT, 'Firefox does not end').catch(() => this.process.kill('SIGKILL'));
    this.server.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

class Page {
  candidateSinks = new Map();
  constructor(browser, context) { Object.assign(this, { browser, context }); }
  /** Runs `body` in the page. Argument and result are JSON. */
  async evaluate(body, argument) {
    const { type, result, exceptionDetails } = await this.browser.call('script.callFunction', {
      functionDeclaration: `async (text) => JSON.stringify(await (${body})(text && JSON.parse(text)))`,
      arguments: [argument === undefined ? { type: 'undefined' } : { type: 'string', value: JSON.stringify(argument) }],
      target: { context: this.context }, awaitPromise: true, userActivation: true });
    if (type !== 'success') throw new Error(`page: ${exceptionDetails.text}`);
    return result.type === 'string' ? JSON.parse(result.value) : undefined;
  }
  close() { return this.browser.call('browsingContext.close', { context: this.context }); }
}
