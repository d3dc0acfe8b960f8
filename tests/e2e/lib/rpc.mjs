// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The protocol as it is on the wire, without a client library that would smooth anything over.
import { once } from 'node:events';
import WebSocket from 'ws';
import { deadline } from './wait.mjs';

const CALL_LIMIT = 20_000 * Number(process.env.RIVERO_E2E_SLOW ?? 1);

/** An error answer of the server. */
export class RpcFailure extends Error {
  constructor(what, { code, message, data }) {
    super(`${what}: ${code} ${message}`);
    this.code = code;
    this.data = data;
    this.text = message;
  }
}

export class RpcClient {
  #next = 1;
  #pending = new Map();
  #listeners = new Set();
  /** All events so far: { object, type, data }. */
  events = [];

  static async open(url) {
    const client = new RpcClient();
    client.socket = new WebSocket(url, { perMessageDeflate: false });
    await deadline(once(client.socket, 'open'), CALL_LIMIT, `no connection to ${url}`);
    client.socket.on('message', (data) => client.#onMessage(JSON.parse(data)));
    client.socket.on('close', () => {
      for (const { reject, what } of client.#pending.values()) reject(new Error(`${what}: the connection was closed`));
      client.#pending.clear();
    });
    client.socket.on('error', () => {});  // a close follows
    return client;
  }

  #onMessage(message) {
    if (message.method === 'onEvent') {
      this.events.push(message.params.value);
      for (const listener of [...this.#listeners]) listener(message.params.value);
      return;
    }
    const call = this.#pending.get(message.id);
    if (!call) return;
    this.#pending.delete(message.id);
    if (message.error) call.reject(new RpcFailure(call.what, message.error));
    else call.resolve(message.result);
  }

  call(method, params = {}) {
    const id = this.#next++;
    const what = [method, params.operation ?? params.type].filter(Boolean).join(' ');
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, what });
      this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...(this.sessionId ? { sessionId: this.sessionId } : {}), ...params } }));
    }).then((result) => {
      this.sessionId = result?.sessionId ?? this.sessionId;
      return result;
    });
    return deadline(answer, CALL_LIMIT, `no answer to ${what}`).finally(() => this.#pending.delete(id));
  }
  async create(type, constructorParams = {}) { return (await this.call('create', { type, constructorParams })).value; }
  async invoke(object, operation, operationParams = {}) { return (await this.call('invoke', { object, operation, operationParams })).value; }
  connect(source, sink, mediaType) { return this.invoke(source, 'connect', { sink, ...(mediaType ? { mediaType } : {}) }); }
  release(object) { return this.call('release', { object }); }
  async subscribe(object, ...types) { for (const type of types) await this.call('subscribe', { object, type }); }
  on(listener) { this.#listeners.add(listener); }
  off(listener) { this.#listeners.delete(listener); }

  /** The first event of this kind, also one that has come before. Subscribe first. */
  event(object, type, { where = () => true, ms = 10_000 * Number(process.env.RIVERO_E2E_SLOW ?? 1) } = {}) {
    const fits = (e) => e.object === object && e.type === type && where(e.data);
    const before = this.events.find(fits);
    if (before) return Promise.resolve(before.data);
    let listener;
    const coming = new Promise((resolve) => {
      listener = (e) => fits(e) && resolve(e.data);
      this.on(listener);
    });
    return deadline(coming, ms, () => `no event ${type} of ${object.split('/').at(-1)}; seen: ${this.seen(object)}`).finally(() => this.off(listener));
  }
  seen(object) { return this.events.filter((e) => e.object === object).map((e) => `${e.type}${e.data.state ? `(${e.data.state})` : ''}`).join(' ') || 'none'; }

  /** Bytes as they are, for what no client would send. */
  raw(text) { this.socket.send(text); }
  /** Writes a message of its own making. @return the whole answer with `id` */
  exchange(message) {
    const { id } = message;
    let listener;
    const answer = new Promise((resolve) => {
      listener = (data) => { const m = JSON.parse(data); if (m.id === id) resolve(m); };
      this.socket.on('message', listener);
    });
    this.socket.send(JSON.stringify(message));
    return deadline(answer, CALL_LIMIT, `no answer to message ${id}`).finally(() => this.socket.off('message', listener));
  }
  async ping() { return (await this.call('ping', { interval: 240000 })).value; }
  close() { this.socket.close(); }
}
