// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Media files: made by ffmpeg for the players, and judged by ffmpeg for the recorders.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const options = { maxBuffer: 256 << 20 };

/** A moving picture and a tone. */
export async function makeClip(file, { seconds = 10, video = 'libvpx', audio = 'libopus', size = '320x240', rate = 15, key = 30 } = {}) {
  const codec = {
    libvpx: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '300k', '-g', String(key), '-auto-alt-ref', '0'],
    libx264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-g', String(key)],
  }[video];
  await run('ffmpeg', ['-v', 'error', '-y',
    ...(video ? ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`] : []),
    ...(audio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
    '-t', String(seconds), ...(video ? codec : []), ...(audio ? ['-c:a', audio, '-b:a', '48k', '-ac', '2'] : []), file]);
  return file;
}

/** What ffprobe knows: { format, streams: { video, audio } } with codec names and duration in seconds. */
export async function probe(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', file], options);
  const { format, streams } = JSON.parse(stdout);
  return { format: format.format_name, duration: Number(format.duration), video: streams.find((s) => s.codec_type === 'video'), audio: streams.find((s) => s.codec_type === 'audio') };
}

/** Packets in the order of the file: { kind, pts, dts, duration, key, size }, times in seconds. */
export async function packets(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_packets', file], options);
  return JSON.parse(stdout).packets.map((p) => ({ kind: p.codec_type, pts: Number(p.pts_time), dts: Number(p.dts_time ?? p.pts_time), duration: Number(p.duration_time ?? 0), key: p.flags.includes('K'), size: Number(p.size) }));
}

/** Decodes everything; what the decoder complains about fails the test. */
export async function decodesCleanly(file) {
  // The time base of the file: in the usual one, the mean distance of pictures, those of a camera fall together.
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, '-enc_time_base', '-1', '-f', 'null', '-'], options);
  assert.equal(stderr.trim(), '', `${file} does not decode cleanly`);
}

/** dts never goes back, and there is no hole longer than `gap`. */
export function assertContinuous(list, gap = 0.5) {
  for (const kind of new Set(list.map((p) => p.kind))) {
    const track = list.filter((p) => p.kind === kind);
    for (let i = 1; i < track.length; ++i) {
      assert.ok(track[i].dts > track[i - 1].dts, `${kind}: dts ${track[i].dts} follows ${track[i - 1].dts} at packet ${i} of ${track.length}`);
      assert.ok(track[i].dts - track[i - 1].dts <= gap, `${kind}: a hole from ${track[i - 1].dts} to ${track[i].dts}`);
    }
  }
}
export const last = (list, kind) => Math.max(...list.filter((p) => !kind || p.kind === kind).map((p) => p.pts + (p.duration || 0)));
export const first = (list, kind) => Math.min(...list.filter((p) => p.kind === kind).map((p) => p.pts));

/** When the pictures turn white, in seconds. */
export async function flashes(file) {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-fps_mode', 'passthrough', '-enc_time_base', '-1',
    '-vf', 'scale=16:12,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-', '-f', 'null', '-'], options);
  const pictures = [...stdout.matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)].map(([, time, light]) => ({ time: Number(time), bright: Number(light) > 110 }));
  assert.ok(pictures.length > 0, 'no pictures');
  return pictures.filter((p, i) => i > 0 && p.bright && !pictures[i - 1].bright).map((p) => p.time);
}

/** When the tone begins, in seconds. */
export async function beeps(file) {
  const { audio } = await probe(file);
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a', '-ac', '1', '-ar', '48000', '-af', 'aresample=async=1:first_pts=0', '-f', 's16le', '-'], { ...options, encoding: 'buffer' });
  assert.ok(audio);
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
  const window = 48; // 1 ms
  const onsets = [];
  let quiet = 0;
  for (let i = 0; i + window <= samples.length; i += window) {
    let peak = 0;
    for (let j = i; j < i + window; ++j) peak = Math.max(peak, Math.abs(samples[j]));
    if (peak < 3000) { quiet++; continue; }
    if (quiet > 200) onsets.push(i / 48000); // silence of a fifth of a second went before
    quiet = 0;
  }
  return onsets;
}

/** Pairs each flash with the beep next to it. @return audio minus video, in seconds */
export function skews(flashTimes, beepTimes) {
  return flashTimes.map((f) => beepTimes.map((b) => b - f).sort((a, b) => Math.abs(a) - Math.abs(b))[0]).filter((d) => Math.abs(d) < 0.5);
}
