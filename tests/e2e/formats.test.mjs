// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// setVideoFormat and setAudioFormat, judged by what is recorded behind them.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from './lib/daemon.mjs';
import { decodesCleanly, makeClip, packets, probe } from './lib/media.mjs';

const is = (state) => ({ where: (d) => d.state === state });

/** Pictures in a second between the first and the last one, without the second in which all begins. */
async function rate(file) {
  const times = (await packets(file)).filter((p) => p.kind === 'video').map((p) => p.pts);
  const steady = times.filter((t) => t > times[0] + 1);
  return (steady.length - 1) / (steady.at(-1) - steady[0]);
}
const near = (value, wanted, tolerance, what) => assert.ok(Math.abs(value - wanted) <= tolerance, `${what}: ${value}, not about ${wanted}`);

test('codec, frame rate and bit rate are what a client sets', async (t) => {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const clip = await makeClip(path.join(daemon.directory, 'clip.webm'), { seconds: 20, rate: 25, key: 25, size: '160x120' });
  const player = await client.create('PlayerEndpoint', { mediaPipeline: pipeline, uri: `file://${clip}` });
  await client.subscribe(player, 'UriEndpointStateChanged');
  const recorders = [];
  const record = async (source, name) => {
    const file = daemon.file(`${name}.mkv`);
    const id = await client.create('RecorderEndpoint', { mediaPipeline: pipeline, uri: `file://${file}`, mediaProfile: 'MKV' });
    await client.subscribe(id, 'Recording', 'Stopped', 'Error');
    await client.connect(source, id);
    recorders.push(id);
    return { id, file };
  };
  /** A PassThrough behind the player that takes these formats only, and a recording of what comes out. */
  const through = async (name, video, audio) => {
    const id = await client.create('PassThrough', { mediaPipeline: pipeline });
    if (video) await client.invoke(id, 'setVideoFormat', { caps: video });
    if (audio) await client.invoke(id, 'setAudioFormat', { caps: audio });
    await client.connect(player, id);
    return record(id, name);
  };
  const fps = (numerator, denominator = 1) => ({ numerator, denominator });

  const asItIs = await through('as-it-is', { codec: 'VP8', framerate: fps(0) });
  const fast = await through('fast-enough', { codec: 'VP8', framerate: fps(60) });
  const slow = await through('slow', { codec: 'VP8', framerate: fps(10) });
  const other = await through('other', { codec: 'H264', framerate: fps(15, 2) });
  const thin = await through('thin', undefined, { codec: 'PCMU', bitrate: 0 });
  const sparing = await client.create('PassThrough', { mediaPipeline: pipeline });
  await client.invoke(sparing, 'setAudioFormat', { caps: { codec: 'RAW', bitrate: 0 } });
  const encoded = await client.create('PassThrough', { mediaPipeline: pipeline });
  await client.invoke(encoded, 'setAudioFormat', { caps: { codec: 'OPUS', bitrate: 12_000 } });
  await client.connect(player, sparing);
  await client.connect(sparing, encoded);
  const quiet = await record(encoded, 'sparing');

  // An endpoint that sends: its peer is another endpoint of the server.
  const sender = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const receiver = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  await client.invoke(sender, 'setVideoFormat', { caps: { codec: 'VP8', framerate: fps(5) } });
  await client.subscribe(sender, 'IceGatheringDone', 'ConnectionStateChanged');
  await client.subscribe(receiver, 'IceGatheringDone');
  await client.connect(player, sender);
  await client.invoke(sender, 'generateOffer');
  await client.invoke(sender, 'gatherCandidates');
  await client.event(sender, 'IceGatheringDone');
  await client.invoke(receiver, 'processOffer', { offer: await client.invoke(sender, 'getLocalSessionDescriptor') });
  await client.invoke(receiver, 'gatherCandidates');
  await client.event(receiver, 'IceGatheringDone');
  await client.invoke(sender, 'processAnswer', { answer: await client.invoke(receiver, 'getLocalSessionDescriptor') });
  await client.event(sender, 'ConnectionStateChanged', { where: (d) => d.newState === 'CONNECTED' });
  const sent = await record(receiver, 'sent');

  await Promise.all(recorders.map((id) => client.invoke(id, 'record')));
  await client.invoke(player, 'play');
  await client.event(player, 'UriEndpointStateChanged', is('START'));
  await Promise.all(recorders.map((id) => client.event(id, 'Recording')));
  // The film decides when it is long enough, not the clock: a busy machine plays it later, not shorter.
  for (let position = 0; position < 4500; position = await client.invoke(player, 'getPosition'))
    await delay(200);
  await Promise.all(recorders.map((id) => client.invoke(id, 'stopAndWait')));

  for (const [recording, codec, wanted, tolerance] of [
    [asItIs, 'vp8', 25, 1], [fast, 'vp8', 25, 1], [slow, 'vp8', 10, 0.7], [other, 'h264', 7.5, 0.6], [thin, 'vp8', 25, 1], [sent, 'vp8', 5, 0.5],
  ]) {
    const name = path.basename(recording.file);
    assert.equal((await probe(recording.file)).video?.codec_name, codec, name);
    const found = await rate(recording.file);
    t.diagnostic(`${name}: ${codec}, ${found.toFixed(2)} pictures a second`);
    near(found, wanted, tolerance, `${name}, pictures in a second`);
    await decodesCleanly(recording.file);
  }
  assert.match((await probe(thin.file)).audio?.codec_name, /mulaw/);
  const bitrate = async (file) => {
    const sound = (await packets(file)).filter((p) => p.kind === 'audio');
    return sound.reduce((sum, p) => sum + p.size, 0) * 8 / (sound.at(-1).pts - sound[0].pts);
  };
  const [usual, little] = [await bitrate(asItIs.file), await bitrate(quiet.file)];
  t.diagnostic(`sound as it is ${(usual / 1000).toFixed(1)} kbit/s, at 12 kbit/s ${(little / 1000).toFixed(1)}`);
  near(little, 12_000, 3_000, 'bit/s of sound');

  // Nothing was decoded for what needs no other rate.
  assert.equal(await client.invoke(player, 'isMediaTranscoding', { mediaType: 'VIDEO' }), true);
  await client.release(pipeline);
});
