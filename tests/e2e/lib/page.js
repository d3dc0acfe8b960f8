// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The browser's half of lib/browser.mjs: peer connections by name.
const peers = new Map();
let audioContext;

/** Camera and microphone that Chromium makes up. */
const camera = ({ width, height, fps, audio, video }) => navigator.mediaDevices.getUserMedia({
  audio: audio && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  video: video && { width, height, frameRate: fps },
});

/** Once per second: a white picture and a tone, both 150 ms long, begun at the same instant. */
function flash({ width, height, fps }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  document.body.append(canvas);
  const draw = canvas.getContext('2d', { alpha: false });
  audioContext ??= new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
  const out = audioContext.createMediaStreamDestination();
  const tone = new OscillatorNode(audioContext, { frequency: 1000 });
  const gate = new GainNode(audioContext, { gain: 0 });
  tone.connect(gate).connect(out);
  tone.start();
  let beeped = -1, onTime = false;
  const start = audioContext.currentTime;
  const paint = () => {
    const t = audioContext.currentTime - start;
    const second = Math.floor(t);
    // The tone is planned ahead, sample-exact; the picture turns white with the first frame at or after it.
    if (second > beeped) {
      beeped = second;
      // A page that was late would measure itself: no flash this time.
      onTime = second >= 1 && t - second < 1.5 / fps;
      gate.gain.setValueAtTime(0.8, start + second + 1);
      gate.gain.setValueAtTime(0, start + second + 1.15);
    }
    draw.fillStyle = onTime && t - second < 0.15 ? '#fff' : '#000';
    draw.fillRect(0, 0, width, height);
    // Something small moves, so that each frame is a new one.
    draw.fillStyle = '#888';
    draw.fillRect(Math.floor(t * 40) % width, height - 4, 8, 4);
  };
  setInterval(paint, 1000 / fps);
  paint();
  return new MediaStream([...canvas.captureStream(fps).getVideoTracks(), ...out.stream.getAudioTracks()]);
}

/** Pictures that take as many bits as they are given: squares of any colour, some of which change. */
function texture({ width, height, fps }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const draw = canvas.getContext('2d', { alpha: false });
  const side = 16, all = (width / side) * (height / side);
  const square = () => {
    draw.fillStyle = `hsl(${360 * Math.random()} 60% ${20 + 60 * Math.random()}%)`;
    draw.fillRect(side * Math.floor(Math.random() * width / side), side * Math.floor(Math.random() * height / side), side, side);
  };
  const paint = (count) => { for (let i = 0; i < count; ++i) square(); };
  paint(2 * all);
  setInterval(() => paint(all / 12), 1000 / fps);
  return canvas.captureStream(fps);
}

/** Pictures each of which is new as a whole, and has detail of all sizes: spots of 64, 32 ... 2 pixels, the smaller the fainter. An
    encoder gets out of them what it has bits for, in small sizes and in large ones, and a key frame takes hardly more than the
    next picture. What has sharp edges (texture) takes a hundred times more, which lies in the sender for a second or more; and
    an encoder of layers, in debt for it, leaves out most of what follows. */
function clouds({ width, height, fps }) {
  const canvas = document.createElement('canvas'), sheet = document.createElement('canvas');
  const spare = 256;
  Object.assign(canvas, { width, height });
  Object.assign(sheet, { width: width + spare, height: height + spare });
  const onSheet = sheet.getContext('2d', { alpha: false });
  onSheet.fillStyle = '#808080';
  onSheet.fillRect(0, 0, sheet.width, sheet.height);
  for (let side = 64, strength = 20; side >= 2; side /= 2, strength *= 0.65) {
    const spots = new ImageData(Math.ceil(sheet.width / side), Math.ceil(sheet.height / side));
    for (let i = 0; i < spots.data.length; i += 4) {
      const shade = strength * (2 * Math.random() - 1);
      spots.data.fill(shade < 0 ? 0 : 255, i, i + 3);
      spots.data[i + 3] = 2 * Math.abs(shade);
    }
    const small = new OffscreenCanvas(spots.width, spots.height);
    small.getContext('2d').putImageData(spots, 0, 0);
    onSheet.drawImage(small, 0, 0, side * spots.width, side * spots.height);
  }
  const draw = canvas.getContext('2d', { alpha: false });
  const any = () => -Math.floor(spare * Math.random());
  const paint = () => draw.drawImage(sheet, any(), any());
  paint();
  setInterval(paint, 1000 / fps);
  return canvas.captureStream(fps);
}

function prefer(transceiver, codec) {
  const all = RTCRtpReceiver.getCapabilities('video').codecs;
  const wanted = all.filter((c) => c.mimeType.toLowerCase() === `video/${codec.toLowerCase()}`);
  if (!wanted.length) throw new Error(`this browser has no ${codec}`);
  transceiver.setCodecPreferences([...wanted, ...all.filter((c) => /rtx/i.test(c.mimeType))]);
}

/** Dependency descriptors, which Chromium offers by itself only when it sends layers. */
function askForDescriptors(transceiver) {
  transceiver.setHeaderExtensionsToNegotiate(transceiver.getHeaderExtensionsToNegotiate()
    .map((e) => (e.uri.endsWith('#dependency-descriptor-rtp-header-extension') ? { ...e, direction: 'sendrecv' } : e)));
}

/** Announces `count` encodings by their SSRCs, as applications did before browsers knew RIDs. */
function withSsrcGroup(sdp, count) {
  const [before, video] = sdp.split(/(?=m=video)/);
  const [group, media, repair] = video.match(/a=ssrc-group:FID (\d+) (\d+)\r\n/);
  const lines = video.match(/a=ssrc:.*\r\n/g).join('');
  let more = '';
  const all = [Number(media)];
  for (let i = 1; i < count; ++i) {
    const [m, r] = [Number(media) + 2 * i, Number(repair) + 2 * i];
    all.push(m);
    more += `a=ssrc-group:FID ${m} ${r}\r\n` + lines.replaceAll(`ssrc:${media} `, `ssrc:${m} `).replaceAll(`ssrc:${repair} `, `ssrc:${r} `);
  }
  return before + video.replace(group, `a=ssrc-group:SIM ${all.join(' ')}\r\n${group}`) + more;
}

/** Opus with redundancy first, which makes Chromium send it, or not at all. RFC 2198. */
function preferRed(transceiver, red) {
  const all = RTCRtpReceiver.getCapabilities('audio').codecs;
  const of = (type) => all.filter((c) => c.mimeType.toLowerCase() === `audio/${type}`);
  transceiver.setCodecPreferences([...(red ? of('red') : []), ...of('opus')]);
}

/** Sizes of encodings that have no RIDs; and no smaller pictures than wanted when the machine is slow. */
async function tune(sender, { ssrcGroup, keepSize }) {
  if (!ssrcGroup && !keepSize) return;
  const parameters = sender.getParameters();
  ssrcGroup?.forEach((encoding, i) => Object.assign(parameters.encodings[i], encoding));
  if (keepSize) parameters.degradationPreference = 'maintain-resolution';
  await sender.setParameters(parameters);
}

/** Notes when the first decoded picture is there, without the need to draw it. */
async function watch(peer, track) {
  if (!window.MediaStreamTrackProcessor) {  // Firefox: it decodes only what somebody shows
    peer.screen = document.createElement('video');
    Object.assign(peer.screen, { muted: true, srcObject: new MediaStream([track]) });
    document.body.append(peer.screen);
    peer.screen.requestVideoFrameCallback?.(() => { peer.firstFrame = performance.now(); });
    return peer.screen.play();
  }
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const { value, done } = await reader.read();
  if (done) return;
  peer.firstFrame = performance.now();
  peer.size = [value.displayWidth, value.displayHeight];
  value.close();
  reader.releaseLock();
  await reader.cancel?.().catch(() => {});
}

async function open(name, options) {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...options.connection });
  const peer = { pc };
  peers.set(name, peer);
  pc.onicecandidate = ({ candidate }) => candidate && candidate.candidate && window.onLocalCandidate(name, candidate.toJSON());
  pc.onconnectionstatechange = () => { if (pc.connectionState === 'connected') peer.connected ??= performance.now(); };
  pc.ontrack = ({ track }) => {
    if (track.kind === 'video') {
      watch(peer, track);
    } else {
      // Sound that nobody plays is not decoded.
      peer.player = new Audio();
      peer.player.srcObject = new MediaStream([track]);
      peer.player.play().catch(() => {});
    }
  };
  if (options.send.length) {
    const make = { flash, texture, clouds }[options.source] ?? camera;
    peer.stream = await make({ ...options, audio: options.send.includes('audio'), video: options.send.includes('video') });
    // Not all of them come with sound.
    if (options.send.includes('audio') && !peer.stream.getAudioTracks().length) {
      audioContext ??= new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
      const out = audioContext.createMediaStreamDestination();
      const tone = new OscillatorNode(audioContext, { frequency: 440 });
      tone.connect(out);
      tone.start();
      peer.stream.addTrack(out.stream.getAudioTracks()[0]);
    }
  }
  return peer;
}

window.rtc = {
  /** { pc, stream } by name, for what only one test does. */
  peers,
  /** @return the offer. options: send, receive: 'audio', 'video' or both in a list; source, codec, width, height, fps,
      encodings (RTCRtpEncodingParameters: simulcast), ssrcGroup (the same, but announced by SSRC), keepSize, descriptors,
      remb (instead of transport-wide feedback), red (whether audio has redundancy), opus (parameters instead of useinbandfec=1) */
  async offer(name, options) {
    const { pc, stream } = await open(name, options);
    for (const kind of ['audio', 'video']) {
      const sends = options.send.includes(kind), receives = options.receive.includes(kind);
      if (!sends && !receives) continue;
      const transceiver = pc.addTransceiver(sends ? stream.getTracks().find((t) => t.kind === kind) : kind, {
        direction: sends && receives ? 'sendrecv' : sends ? 'sendonly' : 'recvonly',
        ...(sends ? { streams: [stream] } : {}),
        ...(sends && kind === 'video' && options.encodings ? { sendEncodings: options.encodings } : {}),
      });
      if (kind === 'video' && options.codec) prefer(transceiver, options.codec);
      if (kind === 'video' && options.descriptors) askForDescriptors(transceiver);
      if (kind === 'audio' && options.red !== undefined) preferRed(transceiver, options.red);
    }
    const description = await pc.createOffer();
    if (options.opus) description.sdp = description.sdp.replace('useinbandfec=1', options.opus);
    // As browsers of before transport-wide feedback: the receiver estimates.
    if (options.remb) description.sdp = description.sdp.replace(/a=rtcp-fb:\d+ transport-cc\r\n|a=extmap:\S+ \S*transport-wide-cc\S*\r\n/g, '');
    if (options.ssrcGroup) description.sdp = withSsrcGroup(description.sdp, options.ssrcGroup.length);
    await pc.setLocalDescription(description);
    for (const sender of pc.getSenders()) if (sender.track?.kind === 'video') await tune(sender, options);
    return pc.localDescription.sdp;
  },
  /** @return the answer to the server's offer; what is received follows from the offer */
  async accept(name, options, sdp) {
    const { pc, stream } = await open(name, options);
    peers.get(name).started = performance.now();
    await pc.setRemoteDescription({ type: 'offer', sdp });
    for (const track of stream?.getTracks() ?? []) pc.addTrack(track, stream);
    for (const transceiver of pc.getTransceivers()) if (options.codec && transceiver.receiver.track.kind === 'video') prefer(transceiver, options.codec);
    await pc.setLocalDescription(await pc.createAnswer());
    return pc.localDescription.sdp;
  },
  async answer(name, sdp) {
    const peer = peers.get(name);
    peer.started = performance.now();
    await peer.pc.setRemoteDescription({ type: 'answer', sdp });
  },
  /** A new offer of a connection that is there, after `change`: restartIce, video and audio (directions), codec, add: [kinds], stop: [kinds] */
  async reoffer(name, { restartIce, codec, add = [], stop = [], ...directions }) {
    const { pc } = peers.get(name);
    const of = (kind) => pc.getTransceivers().filter((t) => t.receiver.track.kind === kind && t.currentDirection !== 'stopped');
    if (restartIce) pc.restartIce();
    for (const [kind, direction] of Object.entries(directions)) for (const t of of(kind)) t.direction = direction;
    if (codec) for (const t of of('video')) prefer(t, codec);
    for (const kind of add) {
      const stream = await camera({ width: 320, height: 240, fps: 15, [kind]: true });
      pc.addTransceiver(stream.getTracks()[0], { direction: 'sendrecv', streams: [stream] });
    }
    for (const kind of stop) of(kind)[0].stop();
    await pc.setLocalDescription(await pc.createOffer());
    return pc.localDescription.sdp;
  },
  /** @return the answer to a further offer of the server's */
  async reanswer(name, sdp) {
    const { pc } = peers.get(name);
    await pc.setRemoteDescription({ type: 'offer', sdp });
    await pc.setLocalDescription(await pc.createAnswer());
    return pc.localDescription.sdp;
  },
  async rollback(name) { await peers.get(name).pc.setLocalDescription({ type: 'rollback' }); },
  async candidate(name, candidate) { await peers.get(name).pc.addIceCandidate(candidate); },
  /** Plain values: { connection, ice, in: { audio, video }, out: { audio, video }, available (bit/s, the browser's own
      estimate), connectedMs, firstFrameMs }, counted from the start of ICE */
  async stats(name) {
    const peer = peers.get(name);
    const report = await peer.pc.getStats();
    const result = { encodings: [], connection: peer.pc.connectionState, ice: peer.pc.iceConnectionState, in: {}, out: {},
      connectedMs: peer.connected && peer.connected - peer.started, firstFrameMs: peer.firstFrame && peer.firstFrame - peer.started };
    for (const s of report.values()) {
      if (s.type === 'inbound-rtp') result.in[s.kind] = { ...s, codec: report.get(s.codecId)?.mimeType };
      if (s.type === 'candidate-pair' && s.nominated) result.available = s.availableOutgoingBitrate;
      if (s.type === 'remote-inbound-rtp') result.remote = { ...result.remote, [s.kind]: s };
      if (s.type === 'outbound-rtp' && s.rid) result.encodings.push(s);
      if (s.type === 'outbound-rtp') result.out[s.kind] = { ...s, codec: report.get(s.codecId)?.mimeType };
    }
    return result;
  },
  /** Sends pictures of 1/`factor` of their width and height. */
  async scale(name, factor) {
    const sender = peers.get(name).pc.getSenders().find((s) => s.track?.kind === 'video');
    const parameters = sender.getParameters();
    parameters.encodings[0].scaleResolutionDownBy = factor;
    await sender.setParameters(parameters);
  },
  /** Microphone on or off: off sends silence. */
  mute(name, muted) { for (const track of peers.get(name).stream.getAudioTracks()) track.enabled = !muted; },
  async end(name) {
    const peer = peers.get(name);
    peer?.pc.close();
    peer?.stream?.getTracks().forEach((t) => t.stop());
    peers.delete(name);
  },
};
