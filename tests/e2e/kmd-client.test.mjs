// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A client made of nothing but what getKmd says: whoever generates one for another language has no more than that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { makeClip } from './lib/media.mjs';

const upper = (name) => name[0].toUpperCase() + name.slice(1);

/** Makes classes of descriptors. Values are checked against the declared types on their way in and out. */
class Api {
  constructor(rpc, kmds) {
    this.rpc = rpc;
    const all = (kind) => new Map(kmds.flatMap((kmd) => kmd[kind].map((each) => [each.name, each])));
    this.types = all('complexTypes');
    this.events = all('events');
    this.objects = new Map();
    this.classes = new Map();
    const declared = all('remoteClasses');
    for (const name of declared.keys()) this.#make(name, declared);
  }

  #make(name, declared) {
    if (this.classes.has(name)) return this.classes.get(name);
    const kmd = declared.get(name);
    const Base = kmd.extends ? this.#make(kmd.extends, declared) : RemoteObject;
    const api = this;
    const made = { [name]: class extends Base {} }[name];
    made.kmd = kmd;
    made.events = [...(Base.events ?? []), ...(kmd.events ?? [])];
    for (const method of kmd.methods ?? [])
      made.prototype[method.name] = function (...values) {
        return api.invoke(this, method.name, api.named(method, values, `${name}.${method.name}`), method.return?.type);
      };
    for (const property of kmd.properties ?? []) {
      const p = upper(property.name);
      made.prototype[`get${p}`] = function () { return api.invoke(this, `get${p}`, {}, property.type); };
      if (property.readOnly || property.final) continue;
      made.prototype[`set${p}`] = function (value) {
        return api.invoke(this, `set${p}`, { [property.name]: api.encode(value, property.type, property.name) });
      };
    }
    if (!kmd.abstract)
      made.create = async (values = {}) => {
        const params = {};
        for (const p of kmd.constructor.params) {
          if (values[p.name] === undefined) {
            assert.ok(p.optional, `${name} needs ${p.name}`);
            continue;
          }
          params[p.name] = api.encode(values[p.name], p.type, p.name);
        }
        const { value } = await api.rpc.call('create', { type: name, constructorParams: params });
        return api.object(value, made);
      };
    this.classes.set(name, made);
    return made;
  }

  /** The object with this id; its class stands in it. */
  object(id, Class = this.classes.get(id.match(/[_.](\w+)$/)[1])) {
    if (!this.objects.has(id)) this.objects.set(id, new Class(this, id));
    return this.objects.get(id);
  }

  named(method, values, where) {
    const params = {};
    assert.ok(values.length <= method.params.length, `${where} takes less`);
    method.params.forEach((p, i) => {
      if (values[i] === undefined) return assert.ok(p.optional || p.defaultValue !== undefined, `${where} needs ${p.name}`);
      params[p.name] = this.encode(values[i], p.type, p.name);
      return undefined;
    });
    return params;
  }
  async invoke(object, operation, operationParams, type) {
    const { value } = await this.rpc.call('invoke', { object: object.id, operation, operationParams });
    if (!type) return assert.equal(value, null, `${operation} gives nothing`);
    return this.decode(value, type, operation);
  }

  encode(value, type, where) {
    if (type.endsWith('[]')) return value.map((v) => this.encode(v, type.slice(0, -2), where));
    if (this.classes.has(type)) {
      assert.ok(value instanceof this.classes.get(type), `${where} is no ${type}`);
      return value.id;
    }
    const declared = this.types.get(type);
    if (!declared) return this.basic(value, type, where);
    if (declared.typeFormat === 'ENUM') return this.#oneOf(declared, value, where);
    const out = { __module__: 'kurento', __type__: type };
    for (const p of this.members(declared)) {
      if (value[p.name] === undefined) assert.ok(p.optional, `${where} needs ${p.name}`);
      else out[p.name] = this.encode(value[p.name], p.type, p.name);
    }
    return out;
  }
  decode(value, type, where) {
    if (type.endsWith('[]')) return value.map((v) => this.decode(v, type.slice(0, -2), where));
    if (type.endsWith('<>')) return Object.fromEntries(Object.entries(value ?? {}).map(([k, v]) => [k, this.decode(v, type.slice(0, -2), where)]));
    if (this.classes.has(type)) return value === null ? null : this.object(value);
    if (!this.types.has(type)) return this.basic(value, type, where);
    if (this.types.get(type).typeFormat === 'ENUM') return this.#oneOf(this.types.get(type), value, where);
    // The dynamic type is what the value says, and is known, too.
    const declared = this.types.get(value.__type__);
    assert.ok(declared, `${where} gives a ${value.__type__}, which nobody has described`);
    const out = {};
    for (const p of this.members(declared)) {
      if (value[p.name] === undefined) assert.ok(p.optional, `${where}: ${value.__type__} without ${p.name}`);
      else out[p.name] = this.decode(value[p.name], p.type, p.name);
    }
    const more = Object.keys(value).filter((k) => !k.startsWith('__') && !(k in out));
    assert.deepEqual(more, [], `${where}: ${value.__type__} has more than was described`);
    return out;
  }
  basic(value, type, where) {
    const kind = { String: 'string', boolean: 'boolean', int: 'number', int64: 'number', float: 'number', double: 'number' }[type];
    assert.ok(kind, `${where}: nobody has described ${type}`);
    assert.equal(typeof value, kind, `${where} is no ${type}`);
    if (type.startsWith('int')) assert.ok(Number.isInteger(value), `${where} is no ${type}`);
    return value;
  }
  #oneOf(declared, value, where) {
    assert.ok(declared.values.includes(value), `${where}: ${value} is no ${declared.name}`);
    return value;
  }
  members(declared) {
    return [...(declared.extends ? this.members(this.types.get(declared.extends)) : []), ...(declared.properties ?? [])];
  }
  eventMembers(name) {
    const declared = this.events.get(name);
    assert.ok(declared, `nobody has described the event ${name}`);
    return [...(declared.extends ? this.eventMembers(declared.extends) : []), ...declared.properties];
  }
  /** The data of an event, whole and of the declared types. */
  decodeEvent(name, data) {
    const out = {};
    for (const p of this.eventMembers(name)) {
      assert.ok(p.name in data, `${name} without ${p.name}`);
      out[p.name] = this.decode(data[p.name], p.type, `${name}.${p.name}`);
    }
    assert.deepEqual(Object.keys(data).filter((k) => !(k in out)), [], `${name} has more than was described`);
    return out;
  }
}

class RemoteObject {
  constructor(api, id) { Object.assign(this, { api, id }); }
  async watch(...types) {
    for (const type of types) assert.ok(this.constructor.events.includes(type), `${this.constructor.name} has no event ${type}`);
    await this.api.rpc.subscribe(this.id, ...types);
  }
  /** The first event of this type that fits. */
  async event(type, where = () => true) { return this.api.decodeEvent(type, await this.api.rpc.event(this.id, type, { where })); }
  async release() {
    await this.api.rpc.call('release', { object: this.id });
    this.api.objects.delete(this.id);
  }
}

async function generate(rpc) {
  const ask = async (operation, operationParams = {}) => (await rpc.call('invoke', { object: 'manager_ServerManager', operation, operationParams })).value;
  const kmds = [];
  for (const { name } of (await ask('getInfo')).modules) kmds.push(JSON.parse(await ask('getKmd', { moduleName: name })));
  return new Api(rpc, kmds);
}

test('create, connect, negotiate, play, listen, release', async (t) => {
  const daemon = await Daemon.for(t);
  const clip = await makeClip(daemon.file('clip.webm'), { seconds: 3 });
  const api = await generate(await daemon.client());
  const { MediaPipeline, PlayerEndpoint, WebRtcEndpoint, RecorderEndpoint, PassThrough } = Object.fromEntries(api.classes);

  const pipeline = await MediaPipeline.create();
  const player = await PlayerEndpoint.create({ mediaPipeline: pipeline, uri: `file://${clip}` });
  const through = await PassThrough.create({ mediaPipeline: pipeline });
  const a = await WebRtcEndpoint.create({ mediaPipeline: pipeline, certificateKeyType: 'RSA' });
  const b = await WebRtcEndpoint.create({ mediaPipeline: pipeline, recvonly: true });
  const recorder = await RecorderEndpoint.create({ mediaPipeline: pipeline, uri: `file://${daemon.file('out.webm')}`, mediaProfile: 'WEBM' });
  assert.deepEqual((await pipeline.getChildren()).map((c) => c.constructor.name).sort(),
    ['PassThrough', 'PlayerEndpoint', 'RecorderEndpoint', 'WebRtcEndpoint', 'WebRtcEndpoint']);
  assert.equal(await player.getMediaPipeline(), pipeline);
  assert.equal(await pipeline.getParent(), null);

  await player.watch('ElementConnected', 'EndOfStream', 'UriEndpointStateChanged');
  await player.connect(through);
  const connected = await player.event('ElementConnected', (e) => e.mediaType === 'VIDEO');
  assert.equal(connected.sink, through);
  assert.equal(connected.source, player);
  await through.connect(a);
  await b.connect(recorder);
  const [connection] = await a.getSourceConnections('AUDIO');
  assert.equal(connection.source, through);
  assert.equal(connection.type, 'AUDIO');

  // The two ends of a WebRTC session, candidates passed on as they come.
  for (const each of [a, b]) await each.watch('IceCandidateFound', 'IceGatheringDone', 'ConnectionStateChanged', 'MediaStateChanged');
  const offer = await a.generateOffer({ offerToReceiveVideo: true });
  await a.processAnswer(await b.processOffer(offer));
  await Promise.all([a.gatherCandidates(), b.gatherCandidates()]);
  const pass = async (from, to) => {
    await from.event('IceGatheringDone');
    const found = api.rpc.events.filter((e) => e.object === from.id && e.type === 'IceCandidateFound');
    assert.ok(found.length > 0);
    for (const { data } of found) await to.addIceCandidate(api.decodeEvent('IceCandidateFound', data).candidate);
  };
  await Promise.all([pass(a, b), pass(b, a)]);
  assert.equal((await a.event('ConnectionStateChanged')).newState, 'CONNECTED');
  assert.equal((await a.getICECandidatePairs())[0].componentId, 1);
  assert.equal((await b.getDtlsConnectionState())[0].state, 'CONNECTED');

  await recorder.watch('Recording', 'Stopped');
  await recorder.record();
  await player.play();
  assert.equal((await player.event('UriEndpointStateChanged')).state, 'START');
  await recorder.event('Recording');
  await b.event('MediaStateChanged');
  const stats = Object.values(await b.getStats('VIDEO'));
  assert.ok(stats.some((s) => s.type === 'inboundrtp' && s.packetsReceived > 0), JSON.stringify(stats));
  assert.equal((await player.getVideoInfo()).isSeekable, true);
  await player.event('EndOfStream');
  await recorder.stopAndWait();
  await recorder.event('Stopped');

  await b.release();
  assert.equal((await pipeline.getChildren()).length, 4);
  await pipeline.release();
  await assert.rejects(player.getUri(), { code: 40101 });
});

test('every class that can be created is created, and every getter of it gives what is declared', async (t) => {
  const daemon = await Daemon.for(t);
  const api = await generate(await daemon.client());
  const pipeline = await api.classes.get('MediaPipeline').create();
  const made = new Map([['MediaPipeline', pipeline]]);
  const fitting = (Class) => [...api.classes.values()].find((c) => c.create && (c === Class || c.prototype instanceof Class));
  /** What a constructor needs, of what there is. */
  async function argument(type, name) {
    if (name === 'uri') return 'file:///nothing.webm';
    const Class = api.classes.get(type);
    if (Class) {
      const [found] = [...made.values()].filter((o) => o instanceof Class);
      return found ?? make(fitting(Class));
    }
    const declared = api.types.get(type);
    if (declared?.typeFormat === 'ENUM') return declared.values[0];
    return { String: '', boolean: false, int: 1, int64: 1, float: 1, double: 1 }[type] ?? [];
  }
  async function make(Class) {
    if (made.has(Class.name)) return made.get(Class.name);
    const values = {};
    for (const p of Class.kmd.constructor.params) if (!p.optional) values[p.name] = await argument(p.type, p.name);
    made.set(Class.name, await Class.create(values));
    return made.get(Class.name);
  }
  // A port needs a hub, which some module may bring.
  const factories = [...api.classes.values()].filter((c) => c.create && c.kmd.constructor.params.every((p) => !api.classes.has(p.type) || fitting(api.classes.get(p.type))));
  for (const Class of factories) await make(Class);
  assert.equal(made.size, factories.length);
  for (const object of made.values()) {
    for (let Class = object.constructor; Class.kmd; Class = Object.getPrototypeOf(Class))
      for (const property of Class.kmd.properties ?? []) await object[`get${upper(property.name)}`]();
    assert.equal(await object.getId(), object.id);
    for (const type of object.constructor.events) await object.watch(type);
  }
  await pipeline.release();
});
