// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A bad network between a browser and the server: a UDP relay whose directions lose, delay, reorder, duplicate and queue
// packets. The same seed loses the same packets (as far as they come in the same order).
import dgram from 'node:dgram';

/** Numbers in [0, 1): mulberry32. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One direction. conditions: loss, duplicate, reorder (0..1), reorderMs, delayMs, jitterMs, kbps (0: any), queueMs */
class Direction {
  constructor(seed, forward) {
    Object.assign(this, { random: random(seed), forward, conditions: {}, busyUntil: 0, passed: 0, lost: 0, queueMs: 0, last: 0, due: [], lateMs: 0 });
  }
  put(packet, to) {
    const { loss = 0, duplicate = 0, reorder = 0, reorderMs = 20, delayMs = 0, jitterMs = 0, kbps = 0, queueMs = 400 } = this.conditions;
    const now = performance.now();
    let leaves = now;
    if (kbps) {
      const begins = Math.max(now, this.busyUntil);
      this.queueMs = begins - now;
      if (this.queueMs > queueMs) return ++this.lost;
      leaves = begins + (packet.length + 28) * 8 / kbps;
      this.busyUntil = leaves;
    } else {
      this.queueMs = 0;
    }
    if (loss && this.random() < loss) return ++this.lost;
    ++this.passed;
    let at = leaves + delayMs + jitterMs * this.random();
    // In the order of sending, but for those that shall be overtaken.
    if (reorder && this.random() < reorder) at += reorderMs;
    else this.last = at = Math.max(this.last, at);
    let place = this.due.length;
    while (place > 0 && this.due[place - 1].at > at) --place;
    this.due.splice(place, 0, { at, packet, to });
    if (duplicate && this.random() < duplicate) this.due.splice(place + 1, 0, { at, packet, to });
    this.#deliver();
  }
  /** What is due leaves in its order: one timer, since those of Node do not keep the order within a millisecond. */
  #deliver() {
    clearTimeout(this.timer);
    while (this.due.length && this.due[0].at <= performance.now()) {
      const { at, packet, to } = this.due.shift();
      this.lateMs = Math.max(this.lateMs, performance.now() - at);  // the machine's own doing
      this.forward(packet, to);
    }
    if (this.due.length) this.timer = setTimeout(() => this.#deliver(), Math.ceil(this.due[0].at - performance.now()));
  }
  stop() {
    clearTimeout(this.timer);
    this.due = [];
  }
}

export class Relay {
  /** toBrowser, toServer: conditions of the two directions; change them at any time with set(). */
  static async for(t, { toBrowser = {}, toServer = {}, seed = 1 } = {}) {
    const relay = new Relay();
    relay.open = true;
    relay.fronts = new Map();
    relay.sockets = [];
    relay.down = new Direction(seed, (packet, { front, port }) => relay.open && front.send(packet, port, '127.0.0.1'));
    relay.up = new Direction(seed + 1, (packet, { back, port }) => relay.open && back.send(packet, port, '127.0.0.1'));
    relay.set({ toBrowser, toServer });
    t.after(() => {
      relay.open = false;  // what still comes finds nobody
      relay.down.stop();
      relay.up.stop();
      relay.sockets.forEach((s) => s.close());
    });
    return relay;
  }
  set({ toBrowser, toServer }) {
    if (toBrowser) this.down.conditions = toBrowser;
    if (toServer) this.up.conditions = toServer;
  }
  async #socket() {
    const socket = dgram.createSocket('udp4');
    this.sockets.push(socket);
    await new Promise((done) => socket.bind(0, '127.0.0.1', done));
    socket.setRecvBufferSize(1 << 20);
    return socket;
  }
  /** The port to which a browser has to send what is for the server's `port`. */
  async #front(port) {
    if (!this.fronts.has(port)) {
      this.fronts.set(port, this.#socket().then((front) => {
        // Each sender of the browser gets a socket of its own towards the server, which answers there.
        const backs = new Map();
        front.on('message', async (packet, from) => {
          if (!backs.has(from.port)) {
            backs.set(from.port, this.#socket().then((back) => {
              back.on('message', (reply) => this.down.put(reply, { front, port: from.port }));
              return back;
            }));
          }
          this.up.put(packet, { back: await backs.get(from.port), port });
        });
        return front.address().port;
      }));
    }
    return this.fronts.get(port);
  }
  /** A candidate of the server as the browser shall see it; undefined for those that would go past the relay. */
  async candidate(line) {
    const fields = line.split(' ');
    if (fields[2]?.toLowerCase() !== 'udp' || !fields[4]?.includes('.')) return undefined;
    fields[5] = String(await this.#front(Number(fields[5])));
    return fields.join(' ');
  }
  /** Signalling whose candidates lead through the relay; the browser's own are kept from the server. */
  through(signalling) {
    const relay = this;
    return Object.assign(Object.create(signalling), {
      async onCandidate(use) {
        await signalling.onCandidate(async (c) => {
          const candidate = await relay.candidate(c.candidate);
          if (candidate) use({ ...c, candidate });
        });
      },
      async addCandidate() {},
    });
  }
}
