// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Chromium as the peer: one browser, pages that hold peer connections, and signalling to an endpoint.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { chromium } from 'playwright-core';
import { slowness } from './daemon.mjs';
import { until } from './wait.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--autoplay-policy=no-user-gesture-required', '--disable-renderer-backgrounding', '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
];

/** A page of our own on localhost: cameras want a secure context. */
export async function serve() {
  const files = { '/': ['page.html', 'text/html'], '/page.js': ['page.js', 'text/javascript'] };
  const server = http.createServer((request, response) => {
    const [name, type] = files[request.url] ?? [];
    if (!name) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(readFileSync(new URL(name, import.meta.url)));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.server = await serve();
    browser.address = `http://localhost:${browser.server.address().port}/`;
    browser.chromium = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
    return browser;
  }
  static async for(t) {
    const browser = await Browser.start();
    t.after(() => browser.close());
    return browser;
  }
  async page() {
    const page = await this.chromium.newPage();
    page.candidateSinks = new Map();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction('onLocalCandidate', (name, candidate) => page.candidateSinks.get(name)?.(candidate));
    await page.goto(this.address);
    await page.waitForFunction(() => window.rtc !== undefined);
    return page;
  }
  async close() {
    try {
      await this.chromium.close();
    } finally {
      this.server.close();
      this.server.closeAllConnections();
    }
  }
}

/** Signalling by bare JSON-RPC. `endpoint` is the id of a WebRtcEndpoint. */
export class RpcSignalling {
  /** @param through.toBrowser, through.toServer what becomes of candidates on their way: another one, or undefined for none */
  constructor(client, endpoint, through = {}) { Object.assign(this, { client, endpoint, through }); }
  async onCandidate(use) {
    this.client.on((e) => {
      if (e.object !== this.endpoint || e.type !== 'IceCandidateFound') return;
      const candidate = this.through.toBrowser ? this.through.toBrowser(e.data.candidate) : e.data.candidate;
      if (candidate) use(candidate);
    });
    await this.client.subscribe(this.endpoint, 'IceCandidateFound');
  }
  processOffer(offer) { return this.client.invoke(this.endpoint, 'processOffer', { offer }); }
  generateOffer() { return this.client.invoke(this.endpoint, 'generateOffer'); }
  processAnswer(answer) { return this.client.invoke(this.endpoint, 'processAnswer', { answer }); }
  async addCandidate(candidate) {
    const passed = this.through.toServer ? this.through.toServer(candidate) : candidate;
    if (passed) await this.#add(passed);
  }
  #add(candidate) { return this.client.invoke(this.endpoint, 'addIceCandidate', { candidate }); }
  gather() { return this.client.invoke(this.endpoint, 'gatherCandidates'); }
}

let serial = 0;

const plain = ({ candidate, sdpMid, sdpMLineIndex }) => ({ candidate, sdpMid, sdpMLineIndex });

/** Hands on what comes, from the moment there is somebody to take it. */
function relay() {
  const early = [];
  let use;
  const put = (item) => (use ? use(item) : early.push(item));
  const open = (to) => {
    use = (item) => to(item).catch((error) => console.error(`candidate: ${error.message}`));
    return Promise.all(early.splice(0).map(use));
  };
  return { put, open };
}

/** Chromium begins with 300 kbit/s, and does so again whenever ICE finds a better pair: what it tried to find out more is lost then,
    and it takes half a minute to get to where it is sent whole. Here it is told. */
function withStart(sdp, kbps) {
  return kbps ? sdp.replace(/a=rtpmap:(\d+) (?:VP8|VP9|H264|AV1)\/90000\r\n/gi, (line, type) => `${line}a=fmtp:${type} x-google-start-bitrate=${kbps}\r\n`) : sdp;
}

/** A peer connection in a page, negotiated with an endpoint of the server. Candidates trickle in both directions. */
export class Peer {
  static #make(page, signalling, options) {
    const peer = new Peer();
    Object.assign(peer, { page, signalling, name: `peer${++serial}`, toServer: relay(), toPage: relay() });
    peer.options = { send: [], receive: [], source: 'camera', width: 320, height: 240, fps: 15, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
    page.candidateSinks.set(peer.name, peer.toServer.put);
    return peer;
  }
  #openPage() { return this.toPage.open((c) => this.page.evaluate(([name, candidate]) => window.rtc.candidate(name, candidate), [this.name, plain(c)])); }
  #openServer() { return this.toServer.open((c) => this.signalling.addCandidate(plain(c))); }

  /** The browser offers. options: send and receive, lists of 'audio' and 'video'; codec, source, width, height, fps,
      startKbps (what it sends at first, instead of Chromium's 300 kbit/s) */
  static async join(page, signalling, options) {
    const peer = Peer.#make(page, signalling, options);
    peer.offer = await page.evaluate(([name, o]) => window.rtc.offer(name, o), [peer.name, peer.options]);
    await signalling.onCandidate(peer.toPage.put);
    peer.answer = await signalling.processOffer(peer.offer);
    const ours = Promise.all([signalling.gather(), peer.#openServer()]);
    await page.evaluate(([name, sdp]) => window.rtc.answer(name, sdp), [peer.name, withStart(peer.answer, peer.options.startKbps)]);
    await Promise.all([ours, peer.#openPage()]);
    return peer;
  }
  /** The server offers. */
  static async invited(page, signalling, options) {
    const peer = Peer.#make(page, signalling, options);
    await signalling.onCandidate(peer.toPage.put);
    peer.offer = await signalling.generateOffer();
    const gathering = signalling.gather();
    peer.answer = await page.evaluate(([name, o, sdp]) => window.rtc.accept(name, o, sdp), [peer.name, peer.options, peer.offer]);
    await signalling.processAnswer(peer.answer);
    await Promise.all([gathering, peer.#openServer(), peer.#openPage()]);
    return peer;
  }

  /** The browser offers again. @param change see page.js. @return the answer */
  async renegotiate(change = {}) {
    this.offer = await this.page.evaluate(([name, c]) => window.rtc.reoffer(name, c), [this.name, change]);
    this.answer = await this.signalling.processOffer(this.offer);
    await this.page.evaluate(([name, sdp]) => window.rtc.peers.get(name).pc.setRemoteDescription({ type: 'answer', sdp }), [this.name, this.answer]);
    return this.answer;
  }
  /** The server offers again. @return the offer */
  async invitedAgain(options) {
    this.offer = await this.signalling.client.invoke(this.signalling.endpoint, 'generateOffer', options ? { options } : {});
    this.answer = await this.page.evaluate(([name, sdp]) => window.rtc.reanswer(name, sdp), [this.name, this.offer]);
    await this.signalling.processAnswer(this.answer);
    return this.offer;
  }

  stats() { return this.page.evaluate((name) => window.rtc.stats(name), this.name); }
  /** @return the statistics that satisfied `enough` */
  async reaches(enough, what, ms = 15_000) {
    let last;
    return until(async () => {
      last = await this.stats();
      return enough(last) && last;
    }, ms * slowness, () => `${this.name}: ${what}; connection ${last.connection}, ICE ${last.ice}, ${summary(last)}`);
  }
  connected() { return this.reaches((s) => s.connection === 'connected', 'does not connect'); }
  /** Waits until `n` more pictures than now have been decoded. */
  async decodes(n, ms) {
    const now = (await this.stats()).in.video?.framesDecoded ?? 0;
    return this.reaches((s) => (s.in.video?.framesDecoded ?? 0) >= now + n, `does not decode ${n} more pictures than ${now}`, ms);
  }
  async hears(n, ms) {
    const now = (await this.stats()).in.audio?.packetsReceived ?? 0;
    return this.reaches((s) => (s.in.audio?.packetsReceived ?? 0) >= now + n, `does not get ${n} more audio packets than ${now}`, ms);
  }
  sends(ms) { return this.reaches((s) => (s.out.video ? s.out.video.framesEncoded > 2 : s.out.audio?.packetsSent > 5), 'sends nothing', ms); }
  end() { return this.page.evaluate((name) => window.rtc.end(name), this.name); }
}

/** One line of what matters when a wait failed. */
export function summary(s) {
  const v = s.in.video, a = s.in.audio, ov = s.out.video, oa = s.out.audio;
  return [
    v && `video in: ${v.packetsReceived} packets, ${v.packetsLost} lost, ${v.framesDecoded} decoded, ${v.keyFramesDecoded} keys, pli ${v.pliCount}, nack ${v.nackCount}, ${v.codec}`,
    a && `audio in: ${a.packetsReceived} packets, ${a.packetsLost} lost`,
    ov && `video out: ${ov.packetsSent} packets, ${ov.framesEncoded} encoded, pli ${ov.pliCount}, ${ov.codec}`,
    oa && `audio out: ${oa.packetsSent} packets`,
  ].filter(Boolean).join('; ');
}
