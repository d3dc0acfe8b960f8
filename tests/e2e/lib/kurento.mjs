// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What tests of the client library have in common.
import { once } from 'node:events';
import net from 'node:net';
import { slowness } from './daemon.mjs';
import { deadline } from './wait.mjs';

const LIMIT = 10_000 * slowness;
/** By default the library remembers each answer for 20 s, and the process lives as long. */
export const SHORT = { duplicates_timeout: 100 };

export const soon = (promise, what) => deadline(promise, LIMIT, what);
/** What a function with a last parameter callback(error, result) gives. */
export const called = (f) => soon(new Promise((resolve, reject) => f((error, result) => (error ? reject(error) : resolve(result)))), 'no callback');
/** The error of a call: with a callback, without which the library writes it to the console as well. */
export const failure = (f) => soon(new Promise((resolve, reject) => f((error, result) => (error ? resolve(error) : reject(new Error(`it succeeds: ${result}`))))), 'no error');
export const event = (object, name) => soon(new Promise((resolve) => object.once(name, resolve)), `no ${name}`);
/** Subscriptions are on their way when on() returns; the server answers in order, so they are there after any call. */
export const settled = (object) => object.getName();

/** A door in front of the server that can be shut: the network between it and its clients. */
export class Proxy {
  #pairs = new Set();
  #server;

  /** @param target ws://host:port/path */
  static async start(target) {
    const proxy = new Proxy();
    proxy.target = new URL(target);
    proxy.#server = net.createServer((near) => {
      const far = net.connect(Number(proxy.target.port), proxy.target.hostname);
      const pair = [near, far];
      proxy.#pairs.add(pair);
      for (const [from, to] of [pair, [far, near]]) {
        from.on('error', () => {});
        from.on('close', () => { to.destroy(); proxy.#pairs.delete(pair); });
        from.pipe(to);
      }
    });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.url = `ws://127.0.0.1:${proxy.#server.address().port}${proxy.target.pathname}`;
    return proxy;
  }

  /** Cuts all connections that there are; new ones may come. */
  cut() { for (const [near, far] of this.#pairs) { near.resetAndDestroy(); far.resetAndDestroy(); } }
  close() {
    this.cut();
    this.#server.close();
  }
}
