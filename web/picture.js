// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// Where picture and sound come from: devices, or a test picture with a tone for those who have none.

const WIDTH = 640, HEIGHT = 360, FPS = 25;
const BARS = ['#c0c0c0', '#c0c000', '#00c0c0', '#00c000', '#c000c0', '#c00000', '#0000c0'];

/** Browsers hand out devices on https and on localhost only. */
export const devicesUsable = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** @return {{cameras, microphones}} lists of {id, label}; labels are known after the first permission */
export async function listDevices() {
    if (!devicesUsable()) return {cameras: [], microphones: []};
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = (kind, name) => all.filter((device) => device.kind === kind)
        .map(({deviceId, label}, i) => ({id: deviceId, label: label || `${name} ${i + 1}`}));
    return {cameras: of('videoinput', 'Camera'), microphones: of('audioinput', 'Microphone')};
}

/** Ticks even when the tab is in the background, where the timers of a page nearly stop. */
function ticker(fps, onTick) {
    const worker = new Worker(new URL('./tick.js', import.meta.url));
    worker.onmessage = onTick;
    worker.postMessage(1000 / fps);
    return () => worker.terminate();
}

/** Colour bars, a running clock and a disc that goes round; white at each beep, to judge lip sync. */
function draw(context, seconds, frame) {
    BARS.forEach((colour, i) => {
        context.fillStyle = colour;
        context.fillRect(Math.floor(i * WIDTH / 7), 0, Math.ceil(WIDTH / 7), HEIGHT * 0.62);
    });
    const shade = context.createLinearGradient(0, 0, WIDTH, 0);
    shade.addColorStop(0, '#000');
    shade.addColorStop(1, '#fff');
    context.fillStyle = shade;
    context.fillRect(0, HEIGHT * 0.62, WIDTH, HEIGHT * 0.1);
    context.fillStyle = '#10151c';
    context.fillRect(0, HEIGHT * 0.72, WIDTH, HEIGHT * 0.28);

    const turn = seconds * Math.PI;
    context.fillStyle = seconds % 1 < 0.12 ? '#fff' : '#12876f';
    context.beginPath();
    context.arc(WIDTH / 2 + 220 * Math.cos(turn), 115 + 70 * Math.sin(turn), 34, 0, 7);
    context.fill();

    context.fillStyle = '#fff';
    context.font = '600 34px ui-monospace, monospace';
    context.fillText(new Date().toISOString().slice(11, 23), 24, HEIGHT - 36);
    context.font = '18px ui-monospace, monospace';
    context.fillText(`test picture  frame ${frame}`, WIDTH - 280, HEIGHT - 38);
}

function testPicture() {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, {width: WIDTH, height: HEIGHT});
    const context = canvas.getContext('2d', {alpha: false});
    let frame = 0;
    const start = performance.now();
    draw(context, 0, frame);
    const stop = ticker(FPS, () => draw(context, (performance.now() - start) / 1000, ++frame));
    return {tracks: canvas.captureStream(FPS).getVideoTracks(), stop};
}

function testTone() {
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio, {frequency: 440});
    const gain = new GainNode(audio, {gain: 0.02});
    const out = audio.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    tone.start();
    const stop = ticker(1, () => { // a beep each second over the quiet tone
        gain.gain.setValueAtTime(0.15, audio.currentTime);
        gain.gain.setValueAtTime(0.02, audio.currentTime + 0.12);
    });
    return {tracks: out.stream.getAudioTracks(), stop: () => { stop(); audio.close(); }};
}

/**
 * @param camera, microphone a device id, `test` or `none`
 * @return {{stream, close}}; @throws DOMException of getUserMedia
 */
export async function openPicture({camera, microphone}) {
    const parts = [];
    const wanted = (id) => !['test', 'none'].includes(id);
    const device = (id, more) => ({...(id && {deviceId: {exact: id}}), ...more});
    if (wanted(camera) || wanted(microphone)) {
        const stream = await navigator.mediaDevices.getUserMedia({
            video: wanted(camera) && device(camera, {width: {ideal: 1280}, height: {ideal: 720}}),
            audio: wanted(microphone) && device(microphone),
        });
        parts.push({tracks: stream.getTracks(), stop: () => {}});
    }
    if (camera === 'test') parts.push(testPicture());
    if (microphone === 'test') parts.push(testTone());
    const stream = new MediaStream(parts.flatMap(({tracks}) => tracks));
    return {
        stream,
        close() {
            for (const track of stream.getTracks()) track.stop();
            for (const {stop} of parts) stop();
        },
    };
}
