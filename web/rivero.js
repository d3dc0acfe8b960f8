// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A small client: JSON-RPC 2.0 over one WebSocket, with sessions, events and reconnection.
 *
 *     const rivero = new Rivero();
 *     const pipeline = await rivero.create('MediaPipeline');
 *     const endpoint = await rivero.create('WebRtcEndpoint', {mediaPipeline: pipeline});
 *     await endpoint.on('IceCandidateFound', ({candidate}) => pc.addIceCandidate(candidate));
 *     const answer = await endpoint.invoke('processOffer', {offer: pc.localDescription.sdp});
 *     await pipeline.release();                      // and everything in it
 *
 * It needs nothing else and no build step; copy it.
 */

/**
 * A server may ask for a token, and a page cannot give its WebSocket headers: who opens the page with
 * `?access_token=…` has it sent along. @return the URL, with the token of this page if it has one
 */
export function withToken(url) {
    const token = new URLSearchParams(globalThis.location?.search).get('access_token');
    if (!token) return url;
    const [front, hash] = url.split('#');
    return `${front}${front.includes('?') ? '&' : '?'}access_token=${encodeURIComponent(token)}${hash === undefined ? '' : `#${hash}`}`;
}

const PING_MS = 60_000;          // keeps proxies from cutting a silent connection
const ANSWER_MS = 20_000;        // the server remembers answers as long, see #ready()
const RETRY_MS = [250, 5_000];   // first and longest pause before connecting again
const UNKNOWN_SESSION = 40007;

/** The server said no: `code` is the protocol's (40101: no such object), `type` its name. */
export class RpcError extends Error {
    constructor({code, message, data}, request) {
        super(message);
        Object.assign(this, {name: 'RpcError', code, type: data?.type, request});
    }
}

/** The call did not reach the server, or its answer not us. */
export class ConnectionError extends Error {
    name = 'ConnectionError';
}

/** An object of the server. In parameters it may stand wherever its id may. */
export class RemoteObject {
    constructor(rivero, id) {
        this.rivero = rivero;
        this.id = id;
    }
    /** Calls a method, or reads or writes a property: `getName`, `setName {name}`. */
    async invoke(operation, operationParams) {
        const {value} = await this.rivero.call('invoke', {object: this.id, operation, operationParams});
        return value;
    }
    /** Hears events; `handler` gets their data. @return a function that stops it */
    on(type, handler) {
        return this.rivero.subscribe(this.id, type, handler);
    }
    /** Ends the object, for every session, and all that is in it. */
    release() {
        return this.rivero.call('release', {object: this.id});
    }
    toJSON() {
        return this.id;
    }
}

/**
 * The connection. It connects by itself, and again when the connection breaks; calls made meanwhile
 * wait. Events of its own, with their data in `detail`:
 * - `state` {state, retryMs?}: `connecting`, `open`, `lost` or `closed`
 * - `sessionlost`: the server no longer knows our session, so all our objects are gone
 * - `request` {message}, `response` {message, request, ms}, `notification` {message}: the traffic
 */
export class Rivero extends EventTarget {
    #url;
    #socket;
    #session;
    #ready = false;
    #closed = false;
    #next = 0;
    #waiting = new Map();  // request id -> {message, resolve, reject, timer, sent}
    #handlers = new Map(); // "object event" -> Set of functions
    #retry = RETRY_MS[0];
    #timer;

    constructor(url = Rivero.defaultUrl()) {
        super();
        this.#url = url;
        this.#open();
        setInterval(() => this.#ready && this.call('ping').catch(() => this.#socket.close()), PING_MS);
        globalThis.addEventListener?.('online', () => this.reconnect());
    }
    /** The server that this page came from, with the token that this page was given. */
    static defaultUrl() {
        return withToken(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/kurento`);
    }
    get session() {
        return this.#session;
    }

    /** One JSON-RPC request. @return the `result`; @throws RpcError, ConnectionError */
    call(method, params = {}) {
        const message = {jsonrpc: '2.0', id: this.#next++, method, params};
        return this.#closed ? Promise.reject(new ConnectionError('The client is closed.'))
                            : this.#expect(message, this.#ready);
    }
    /** @param params of the constructor. @return the new RemoteObject */
    async create(type, params = {}) {
        const {value} = await this.call('create', {type, constructorParams: params});
        return this.object(value);
    }
    /** An object that exists already, for example one that another session made. */
    object(id) {
        return new RemoteObject(this, id);
    }
    async subscribe(object, type, handler) {
        const key = `${object} ${type}`;
        const handlers = this.#handlers.get(key) ?? new Set();
        // Before the call: the first event may overtake its answer.
        this.#handlers.set(key, handlers.add(handler));
        const {value: subscription} = await this.call('subscribe', {object, type});
        return () => {
            handlers.delete(handler);
            return this.call('unsubscribe', {object, subscription});
        };
    }
    /** Does not wait for the next attempt. */
    reconnect() {
        if (this.#closed || this.#socket.readyState <= WebSocket.OPEN) return;
        clearTimeout(this.#timer);
        this.#open();
    }
    /** Gives back our references: what no other session uses ends. Then disconnects. */
    close() {
        if (this.#ready) this.#send({jsonrpc: '2.0', id: this.#next++, method: 'closeSession', params: {}});
        this.#closed = true;
        this.#fail(new ConnectionError('The client is closed.'));
        this.#socket.close(1000);
    }

    #open() {
        this.#emit('state', {state: 'connecting'});
        const socket = this.#socket = new WebSocket(this.#url);
        socket.onopen = () => this.#join();
        socket.onmessage = ({data}) => this.#receive(JSON.parse(data));
        socket.onclose = () => this.#lost();
    }
    /** Back into our session. Until that is answered, other calls wait. */
    async #join() {
        const connect = (params) =>
            this.#expect({jsonrpc: '2.0', id: this.#next++, method: 'connect', params}, true);
        try {
            const joined = await connect(this.#session ? {sessionId: this.#session} : {});
            this.#session = joined.sessionId;
        } catch (error) {
            if (error.code !== UNKNOWN_SESSION) return this.#socket.close();
            this.#session = undefined;
            this.#handlers.clear();
            this.#fail(new ConnectionError('The server has forgotten this session; its objects are gone.'));
            this.#emit('sessionlost', {});
            return this.#join();
        }
        this.#ready = true;
        this.#retry = RETRY_MS[0];
        this.#emit('state', {state: 'open'});
        // Calls without an answer go out again under their old ids. The server keeps answers for 20 s
        // and repeats them instead of doing the work twice; a call waits no longer than that.
        for (const {message} of this.#waiting.values()) this.#send(message);
    }
    #lost() {
        this.#ready = false;
        if (this.#closed) return this.#emit('state', {state: 'closed'});
        for (const [id, {message, reject}] of this.#waiting)
            if (message.method === 'connect' || message.method === 'ping') {
                this.#forget(id);
                reject(new ConnectionError('The connection broke.'));
            }
        this.#emit('state', {state: 'lost', retryMs: this.#retry});
        this.#timer = setTimeout(() => this.#open(), this.#retry);
        this.#retry = Math.min(this.#retry * 2, RETRY_MS[1]);
    }
    #expect(message, now) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.#forget(message.id);
                reject(new ConnectionError(`No answer to ${message.method} within 20 s.`));
            }, ANSWER_MS);
            this.#waiting.set(message.id, {message, resolve, reject, timer});
            if (now) this.#send(message);
        });
    }
    #send(message) {
        if (this.#socket.readyState !== WebSocket.OPEN) return; // #join() sends it again
        const waiting = this.#waiting.get(message.id);
        if (waiting) waiting.sent = performance.now();
        const text = JSON.stringify(message); // objects become their ids here
        this.#socket.send(text);
        this.#emit('request', {message: JSON.parse(text)});
    }
    #receive(message) {
        if (message.method === 'onEvent') {
            this.#emit('notification', {message});
            const {object, type, data} = message.params.value;
            for (const handler of this.#handlers.get(`${object} ${type}`) ?? []) handler(data);
            return;
        }
        const waiting = this.#forget(message.id);
        if (!waiting) return;
        const ms = performance.now() - waiting.sent;
        this.#emit('response', {message, request: JSON.parse(JSON.stringify(waiting.message)), ms});
        if (message.error) waiting.reject(new RpcError(message.error, waiting.message));
        else waiting.resolve(message.result);
    }
    #forget(id) {
        const waiting = this.#waiting.get(id);
        clearTimeout(waiting?.timer);
        this.#waiting.delete(id);
        return waiting;
    }
    #fail(error) {
        for (const id of [...this.#waiting.keys()]) this.#forget(id).reject(error);
    }
    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, {detail}));
    }
}
