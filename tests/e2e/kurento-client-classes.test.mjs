// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What the server says it has (getKmd), held against what the npm packages of the client know, name by name.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';

const require = createRequire(import.meta.url);
require('kurento-client');  // first: the packages need each other
const packages = ['core', 'elements', 'filters'].map((name) => require(`kurento-client-${name}`));

/** Classes of the packages that the server does not have yet. Whoever adds one takes it out of here. */
const NOT_YET = new Set(['AlphaBlending', 'Composite', 'Dispatcher', 'DispatcherOneToMany', 'HttpEndpoint',
  'HttpPostEndpoint', 'Mixer', 'RtpEndpoint', 'FaceOverlayFilter', 'GStreamerFilter', 'ImageOverlayFilter', 'OpenCVFilter', 'ZBarFilter']);
/** Helpers of the library itself. */
const LIBRARY = new Set(['ComplexType']);
/** Methods that the library makes out of others. */
const CONVENIENCE = { MediaPipeline: ['connect', 'create', 'transaction'], Hub: ['createHubPort'] };
/** The library has no class of its own for what the descriptor names. */
const simple = (type) => type.replace(/^kurento\./, '');

let kmds;
let classes;
let types;
before(async () => {
  const daemon = await Daemon.start();
  const client = await daemon.client();
  const call = async (operation, operationParams) => (await client.call('invoke', { object: 'manager_ServerManager', operation, operationParams })).value;
  kmds = [];
  for (const { name } of (await call('getInfo', {})).modules) kmds.push(JSON.parse(await call('getKmd', { moduleName: name })));
  await daemon.stop();
  const all = (kind) => new Map(kmds.flatMap((kmd) => kmd[kind].map((each) => [each.name, each])));
  classes = all('remoteClasses');
  types = all('complexTypes');
});

const known = () => packages.flatMap((p) => [...Object.entries(p), ...Object.entries(p.abstracts ?? {})])
  .filter(([name, value]) => typeof value === 'function' && name !== 'abstracts' && name !== 'complexTypes');
const upper = (name) => name[0].toUpperCase() + name.slice(1);
function* lineage(name) {
  for (let each = classes.get(name); each; each = classes.get(each.extends)) yield each;
}
/** All that can be invoked on objects of a class. */
function operations(name) {
  const found = new Map();
  for (const each of lineage(name)) {
    for (const method of each.methods ?? []) found.set(method.name, method);
    for (const property of each.properties ?? []) {
      found.set(`get${upper(property.name)}`, { params: [] });
      if (!property.readOnly && !property.final) found.set(`set${upper(property.name)}`, { params: [property] });
    }
  }
  return found;
}

test('every class is there, or known to be missing', () => {
  const missing = known().map(([name]) => name).filter((name) => !classes.has(name));
  assert.deepEqual(missing.filter((name) => !NOT_YET.has(name)), []);
  assert.deepEqual([...NOT_YET].filter((name) => classes.has(name)), [], 'they are there now');
});

// Ours: a client that does not know them does not subscribe to them, nor invoke them.
const ADDED_EVENTS = ['SpeakingStateChanged'];
const ADDED_METHODS = { WebRtcEndpoint: ['setMaxVideoSendSize', 'getMaxVideoSendSize'] };
const ADDED_TYPES = ['VideoSize'];

test('classes have the same parents, constructor parameters and events', () => {
  for (const [name, constructor] of known()) {
    const declared = classes.get(name);
    if (!declared) continue;
    const parent = Object.getPrototypeOf(constructor.prototype).constructor.name;
    assert.equal(declared.extends ?? 'EventEmitter', parent, `${name} extends`);
    const wanted = Object.entries(constructor.constructorParams ?? {}).map(([n, p]) => [n, simple(p.type), Boolean(p.required)]);
    const given = (declared.constructor?.params ?? []).map((p) => [p.name, p.type, !p.optional]);
    // Own property: every object has a `constructor`.
    if (Object.hasOwn(declared, 'constructor')) assert.deepEqual(given.sort(), wanted.sort(), `constructor of ${name}`);
    const events = [...lineage(name)].flatMap((c) => c.events ?? []);
    const added = events.filter((event) => ADDED_EVENTS.includes(event));
    assert.deepEqual(events.sort(), [...constructor.events, ...added].sort(), `events of ${name}`);
  }
});

test('classes have the same methods, getters and setters', () => {
  for (const [name, constructor] of known()) {
    if (!classes.has(name)) continue;
    const ours = operations(name);
    const methods = Object.getOwnPropertyNames(constructor.prototype)
      .filter((m) => m !== 'constructor' && !m.startsWith('_') && typeof Object.getOwnPropertyDescriptor(constructor.prototype, m).value === 'function')
      .filter((m) => !(CONVENIENCE[name] ?? []).includes(m) && !(name === 'MediaObject' && ['release', 'then', 'catch'].includes(m)));
    assert.deepEqual(methods.filter((m) => !ours.has(m)), [], `the library can invoke on ${name} what the server does not have`);
    const own = classes.get(name);
    const declared = [...(own.methods ?? []).map((m) => m.name), ...(own.properties ?? []).map((p) => `get${upper(p.name)}`)];
    const inLibrary = (m) => typeof constructor.prototype[m] === 'function' || m === 'getId';
    assert.deepEqual(declared.filter((m) => !inLibrary(m)), ADDED_METHODS[name] ?? [], `${name} has what the library cannot invoke`);
    for (const m of methods) {
      const { params } = ours.get(m);
      if (m === 'connect' || m === 'release') continue;  // with a list, too: its parameters are not in its text
      const text = constructor.prototype[m].toString();
      const named = text.match(/^function ?\(([^)]*)\)/)[1].split(',').map((p) => p.trim()).filter((p) => p && p !== 'callback');
      assert.deepEqual(params.map((p) => p.name), named, `parameters of ${name}.${m}`);
    }
  }
});

test('complex types have the same values and members', () => {
  const reachable = new Set(types.keys());
  const missing = [];
  for (const [name, constructor] of packages.flatMap((p) => Object.entries(p.complexTypes ?? {}))) {
    if (LIBRARY.has(name)) continue;
    const declared = types.get(name);
    if (!declared) { missing.push(name); continue; }
    reachable.delete(name);
    if (!constructor.check) {  // an enumeration: its checker is all there is
      const values = constructor.toString().match(/value\.match\('([^']*)'\)/)[1].split('|');
      assert.equal(declared.typeFormat, 'ENUM', name);
      assert.deepEqual([...declared.values].sort(), values.sort(), `values of ${name}`);
      continue;
    }
    assert.equal(declared.typeFormat, 'REGISTER', name);
    const own = constructor.toString();
    const members = own.includes('Object.defineProperties(this')
      ? [...own.slice(own.indexOf('Object.defineProperties(this')).matchAll(/^ {4}(\w+): \{/gm)].map((m) => m[1]) : [];
    // Statistics may say more than the library knows, as long as nobody has to.
    const added = (declared.properties ?? []).filter((p) => /^RTC\w*Stats$/.test(name) && p.optional && !members.includes(p.name));
    assert.deepEqual((declared.properties ?? []).map((p) => p.name).sort(), [...members, ...added.map((p) => p.name)].sort(), `members of ${name}`);
    const parent = Object.getPrototypeOf(constructor.prototype).constructor.name;
    assert.equal(declared.extends ?? 'ComplexType', parent, `${name} extends`);
  }
  // Types that only classes of NOT_YET mention, or nobody at all, need not be there; the others do.
  const mentioned = JSON.stringify(kmds.map((k) => [k.remoteClasses, k.events]));
  assert.deepEqual(missing.filter((name) => mentioned.includes(`"${name}"`) || mentioned.includes(`"${name}[]"`) || mentioned.includes(`"${name}<>"`)), []);
  assert.deepEqual([...reachable], ADDED_TYPES, 'types that the library does not know');
});

test('the descriptors are whole: everything that they mention, they have', () => {
  const events = new Map(kmds.flatMap((kmd) => kmd.events.map((e) => [e.name, e])));
  const basic = new Set(['String', 'int', 'int64', 'float', 'double', 'boolean']);
  const unknown = new Set();
  const see = (type, where) => {
    const plain = type.replace(/(\[\]|<>)+$/, '');
    if (!basic.has(plain) && !classes.has(plain) && !types.has(plain)) unknown.add(`${plain} of ${where}`);
  };
  for (const each of classes.values()) {
    if (each.extends && !classes.has(each.extends)) unknown.add(`${each.extends}, base of ${each.name}`);
    for (const m of each.methods ?? []) {
      for (const p of m.params) see(p.type, `${each.name}.${m.name}`);
      if (m.return) see(m.return.type, `${each.name}.${m.name}`);
    }
    for (const p of [...(each.properties ?? []), ...(Object.hasOwn(each, 'constructor') ? each.constructor.params : [])]) see(p.type, each.name);
    for (const e of each.events ?? []) if (!events.has(e)) unknown.add(`event ${e} of ${each.name}`);
  }
  for (const e of events.values()) {
    if (e.extends && !events.has(e.extends)) unknown.add(`${e.extends}, base of event ${e.name}`);
    for (const p of e.properties) see(p.type, `event ${e.name}`);
  }
  for (const type of types.values()) {
    if (type.extends && !types.has(type.extends)) unknown.add(`${type.extends}, base of ${type.name}`);
    for (const p of type.properties ?? []) see(p.type, type.name);
  }
  assert.deepEqual([...unknown], []);
});

test('everything is documented', () => {
  const bare = [];
  for (const each of [...classes.values(), ...types.values(), ...kmds.flatMap((k) => k.events)]) if (!each.doc) bare.push(each.name);
  for (const each of classes.values()) {
    for (const m of each.methods ?? []) if (!m.doc) bare.push(`${each.name}.${m.name}`);
    for (const p of each.properties ?? []) if (!p.doc) bare.push(`${each.name}.${p.name}`);
  }
  assert.deepEqual(bare, []);
});
