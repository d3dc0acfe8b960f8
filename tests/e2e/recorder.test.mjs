// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What was in front of the camera is in the file: whole, in time, and also after a power cut.
import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon, slowness } from './lib/daemon.mjs';
import { assertContinuous, beeps, decodesCleanly, first, flashes, last, packets, probe, skews } from './lib/media.mjs';
import { until } from './lib/wait.mjs';

const both = ['audio', 'video'];
const EVENTS = ['Recording', 'Paused', 'Stopped', 'UriEndpointStateChanged', 'Error'];
const CODECS = { WEBM: ['vp8', 'opus', /webm/], MP4: ['h264', 'aac', /mp4/] };

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

/** A daemon with a page that sends into a WebRtcEndpoint. */
async function scene(t, { send = both, source, codec = 'VP8', hosts = 1, fps, width, height } = {}) {
  const daemon = await Daemon.for(t, { hosts });
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const page = await browser.page();
  t.after(() => page.close());
  const peer = await Peer.join(page, new RpcSignalling(client, endpoint), { send, source, codec, fps, width, height });
  await peer.sends();
  return { daemon, client, pipeline, endpoint, page, peer };
}

async function recorder({ client, pipeline, daemon }, source, mediaProfile, name) {
  const file = daemon.file(name);
  const id = await client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: `file://${file}`, mediaProfile });
  await client.subscribe(id, ...EVENTS);
  await client.connect(source, id);
  return { id, file };
}

const startOf = (data) => Number(data.timestampMillis);

for (const profile of ['WEBM', 'MP4']) {
  test(`ten seconds of a browser through a PassThrough in ${profile}`, async (t) => {
    const s = await scene(t);
    const through = await s.client.create('PassThrough', { mediaPipeline: s.pipeline });
    await s.client.connect(s.endpoint, through);
    const { id, file } = await recorder(s, through, profile, `ten.${profile.toLowerCase()}`);
    await s.client.invoke(id, 'record');
    const recording = await s.client.event(id, 'Recording');
    await s.client.event(id, 'UriEndpointStateChanged', { where: (d) => d.state === 'START' });
    await delay(10_000);  // the length of the film, not a wait for something
    await s.client.invoke(id, 'stopAndWait');
    const stopped = await s.client.event(id, 'Stopped');
    await s.client.event(id, 'UriEndpointStateChanged', { where: (d) => d.state === 'STOP' });

    const film = await probe(file);
    const [video, audio, container] = CODECS[profile];
    assert.equal(film.video?.codec_name, video);
    assert.equal(film.audio?.codec_name, audio);
    assert.match(film.format, container);
    const wall = (startOf(stopped) - startOf(recording)) / 1000;
    t.diagnostic(`recorded ${wall.toFixed(2)} s, the file says ${film.duration.toFixed(2)} s`);
    assert.ok(Math.abs(film.duration - wall) < 0.3, `${film.duration} s in the file, ${wall} s from Recording to Stopped`);
    const list = await packets(file);
    assertContinuous(list);
    assert.ok(Math.min(first(list, 'video'), first(list, 'audio')) < 0.1, 'the film begins at 0');
    for (const kind of both) assert.ok(Math.abs(last(list, kind) - film.duration) < 0.5, `${kind} ends at ${last(list, kind)}`);
    await decodesCleanly(file);
    assert.deepEqual(s.client.events.filter((e) => e.type === 'Error'), []);
  });

  test(`picture and sound belong together in ${profile}`, async (t) => {
    const s = await scene(t, { source: 'flash', fps: 30 });
    const { id, file } = await recorder(s, s.endpoint, profile, `sync.${profile.toLowerCase()}`);
    await s.client.invoke(id, 'record');
    await s.client.event(id, 'Recording');
    await delay(8_000);
    await s.client.invoke(id, 'stopAndWait');
    const [seen, heard] = [await flashes(file), await beeps(file)];
    const between = skews(seen, heard);
    t.diagnostic(`sound minus picture, ms: ${between.map((d) => Math.round(d * 1000)).join(' ')}`);
    assert.ok(between.length >= 5, `${seen.length} flashes and ${heard.length} beeps make ${between.length} pairs`);
    for (const d of between) assert.ok(Math.abs(d) < 0.06, `sound and picture are ${Math.round(d * 1000)} ms apart`);
  });

  test(`kill -9 leaves a ${profile} file that plays to its last second`, async (t) => {
    const s = await scene(t);
    const { id, file } = await recorder(s, s.endpoint, profile, `cut.${profile.toLowerCase()}`);
    await s.client.invoke(id, 'record');
    await s.client.event(id, 'Recording');
    const begin = performance.now();
    await delay(6_000);
    await s.daemon.kill();
    const cut = (performance.now() - begin) / 1000;
    const list = await packets(file);
    t.diagnostic(`killed after ${cut.toFixed(2)} s; video until ${last(list, 'video').toFixed(2)} s, audio until ${last(list, 'audio').toFixed(2)} s`);
    for (const kind of both) assert.ok(last(list, kind) > cut - 1.5, `${kind} ends at ${last(list, kind)} s, the cut came at ${cut} s`);
    assertContinuous(list);
    await decodesCleanly(file);
  });

  test(`one kind alone is recorded at once in ${profile}`, async (t) => {
    for (const send of [['audio'], ['video']]) {
      await t.test(`only ${send[0]}`, async (t) => {
        const s = await scene(t, { send });
        const { id, file } = await recorder(s, s.endpoint, profile, `one.${profile.toLowerCase()}`);
        await s.client.invoke(id, 'record');
        const recording = await s.client.event(id, 'Recording', { ms: 3000 * slowness });
        await delay(2_000);
        await s.client.invoke(id, 'stopAndWait');
        const stopped = await s.client.event(id, 'Stopped');
        const film = await probe(file);
        const wall = (startOf(stopped) - startOf(recording)) / 1000;
        assert.ok(film[send[0]], `no ${send[0]} in the file`);
        // Sound waits up to a second for a picture to begin with; it is in the file all the same.
        const held = send[0] === 'audio' ? 1.2 : 0;
        assert.ok(film.duration > wall - 0.4 && film.duration < wall + held + 0.4, `${film.duration} s in the file, ${wall} s recorded`);
        await decodesCleanly(file);
      });
    }
  });
}

test('a pause is cut out of the film', async (t) => {
  const s = await scene(t);
  const { id, file } = await recorder(s, s.endpoint, 'WEBM', 'pause.webm');
  const states = () => s.client.events.filter((e) => e.object === id && e.type === 'UriEndpointStateChanged').map((e) => e.data.state);
  await s.client.invoke(id, 'record');
  await s.client.event(id, 'Recording');
  await delay(3_000);
  await s.client.invoke(id, 'pause');
  await s.client.event(id, 'Paused');
  const atPause = statSync(file).size;
  await delay(3_000);
  const before = states().length;
  await s.client.invoke(id, 'record');
  await until(() => states().length > before, 5_000 * slowness, 'no state event after the second record()');
  await delay(3_000);
  await s.client.invoke(id, 'stopAndWait');
  await s.client.event(id, 'Stopped');
  assert.deepEqual(states(), ['START', 'PAUSE', 'START', 'STOP']);
  assert.equal(s.client.events.filter((e) => e.object === id && e.type === 'Recording').length, 2);
  const film = await probe(file);
  t.diagnostic(`3 s, a pause of 3 s, 3 s: the file has ${film.duration.toFixed(2)} s`);
  assert.ok(Math.abs(film.duration - 6) < 0.6, `${film.duration} s for two times 3 s`);
  assert.ok(statSync(file).size > atPause);
  assertContinuous(await packets(file), 0.7);
  await decodesCleanly(file);
});

test('release finishes the file, and directories come into being', async (t) => {
  const s = await scene(t);
  const { id, file } = await recorder(s, s.endpoint, 'MP4', 'a/b/released.mp4');
  await s.client.invoke(id, 'record');
  await s.client.event(id, 'Recording');
  await delay(2_000);
  await s.client.release(s.pipeline);
  await until(() => existsSync(file) && probe(file).then((f) => f.duration > 1.5).catch(() => false), 5_000 * slowness, 'the file is not finished');
  await decodesCleanly(file);
});

test('the end of the daemon finishes the file', async (t) => {
  const s = await scene(t);
  t.after(() => rmSync(s.daemon.directory, { recursive: true, force: true }));
  const { id, file } = await recorder(s, s.endpoint, 'MP4', 'end.mp4');
  await s.client.invoke(id, 'record');
  const recording = await s.client.event(id, 'Recording');
  await delay(2_000);
  await s.daemon.stop({ keep: true });
  const wall = (Date.now() - startOf(recording)) / 1000;
  const film = await probe(file);
  assert.ok(film.duration > 1.8 && film.duration < wall + 0.3, `${film.duration} s in the file`);
  await decodesCleanly(file);
});
