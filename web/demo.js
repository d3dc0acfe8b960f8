// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
import {devicesUsable, listDevices, openPicture} from './picture.js';
import {withToken} from './rivero.js';
import {loopback, play, record} from './scenes.js';
import {$, offerCodecs, onClick, onPath, openShell, say, show} from './shell.js';
import {showStats} from './stats.js';
import {NO_RECORDINGS} from './words.js';

const {rivero, watch} = openShell({onSessionLost: forgetAll});

let pipeline;   // made by the first scene, kept for the others
let live;       // {picture, endpoint, peer, close, stopStats}
let recording;  // {stop, name, since}
let playback;   // {player, endpoint, peer, close, stopStats}
let paused = false;

async function thePipeline() {
    if (!pipeline) {
        const made = await rivero.create('MediaPipeline');
        await made.on('Error', () => {}); // the shell tells of errors
        pipeline = made;
    }
    return pipeline;
}

// --- 1. See yourself

const chosen = (name) => $(`#${name}`).value;

async function fillDevices() {
    const {cameras, microphones} = await listDevices();
    const fill = (select, devices) => {
        const before = select.value;
        for (const option of [...select.options])
            if (!['test', 'none'].includes(option.value)) option.remove();
        for (const {id, label} of devices) select.add(new Option(label, id));
        if ([...select.options].some(({value}) => value === before)) select.value = before;
    };
    fill($('#camera'), cameras);
    fill($('#microphone'), microphones);
    $('#insecure').hidden = devicesUsable();
}

async function start() {
    if (chosen('camera') === 'none' && chosen('microphone') === 'none')
        return say('Choose a picture or a sound; there is nothing to send.');
    const picture = await openPicture({camera: chosen('camera'), microphone: chosen('microphone')});
    fillDevices(); // labels are known now
    try {
        const scene = await loopback(rivero, await thePipeline(), watch, {stream: picture.stream, codec: chosen('codec')});
        live = {...scene, picture, stopStats: showStats(scene.peer.pc, $('#live-stats'), $('#live-rtt'))};
    } catch (error) {
        picture.close();
        throw error;
    }
    onPath(live.peer, $('#live-path'));
    show($('#local'), picture.stream);
    show($('#live'), live.peer.remote);
    update();
}

async function stop() {
    await stopRecording();
    const scene = live;
    forgetLive();
    await scene?.close();
}

function forgetLive() {
    live?.stopStats();
    live?.picture.close();
    live?.peer.close();
    live = undefined;
    show($('#local'), null);
    show($('#live'), null);
    $('#live-path').textContent = '';
    update();
}

// --- 2. Record

const REMEMBER = 20;
const remembered = () => {
    try {
        return JSON.parse(localStorage.getItem('recordings')) ?? [];
    } catch {
        return []; // storage is switched off, or holds something else
    }
};

function remember(name) {
    try {
        localStorage.setItem('recordings', JSON.stringify([name, ...remembered()].slice(0, REMEMBER)));
    } catch {
        // Storage is switched off: then the page knows this one only.
    }
    listRecordings();
    $('#uri').value = name;
}

function listRecordings() {
    $('#recordings').replaceChildren(...remembered().map((name) => new Option(name, name)));
    if (!$('#uri').value) $('#uri').value = remembered()[0] ?? '';
}

async function startRecording() {
    const has = (kind) => live.picture.stream.getTracks().some((track) => track.kind === kind);
    const only = !has('audio') ? '_VIDEO_ONLY' : !has('video') ? '_AUDIO_ONLY' : '';
    const container = chosen('container');
    // Relative: the server puts its setting uri.defaultPath before it.
    const name = `demo-${uuid()}.${container.toLowerCase()}`;
    const scene = await record(rivero, await thePipeline(), watch,
        {source: live.endpoint, uri: name, mediaProfile: container + only});
    recording = {...scene, name};
    tellTime();
    update();
}

async function stopRecording() {
    if (!recording) return;
    const {stop: finish, name} = recording;
    forgetRecording();
    await finish();
    remember(name);
    const found = await fetch(withToken(`recordings/${name}`), {method: 'HEAD'}).then(({ok}) => ok, () => false);
    say(found ? `${name} is complete.` : NO_RECORDINGS(name), found ? 'info' : 'error');
    update();
}

function forgetRecording() {
    clearInterval(recording?.timer);
    recording = undefined;
    $('#clock').textContent = '';
    update();
}

function tellTime() {
    const since = Date.now();
    recording.timer = setInterval(() => {
        $('#clock').textContent = `● ${((Date.now() - since) / 1000).toFixed(0)} s`;
    }, 500);
}

/** crypto.randomUUID() exists on secure pages only. */
function uuid() {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// --- 3. Play

async function startPlaying() {
    const uri = $('#uri').value.trim();
    if (!uri) return say('Name a file or URL, or record something first.');
    await stopPlaying();
    let over = false;
    const end = () => stopPlaying().then(() => say(`${uri} is at its end.`, 'info'));
    const scene = await play(rivero, await thePipeline(), watch, {
        uri,
        codec: chosen('codec'),
        onEnd() {
            over = true;
            if (playback) end();
        },
    });
    playback = {...scene, stopStats: showStats(scene.peer.pc, $('#playback-stats'), $('#playback-rtt'))};
    if (over) return end(); // a file can be shorter than the way of the answer
    onPath(playback.peer, $('#playback-path'));
    $('#playback-tile').hidden = false;
    update();
    show($('#playback'), playback.peer.remote);
}

async function pausePlaying() {
    await playback.player.invoke(paused ? 'play' : 'pause');
    paused = !paused;
    update();
}

async function stopPlaying() {
    const scene = playback;
    forgetPlayback();
    await scene?.close();
}

function forgetPlayback() {
    playback?.stopStats();
    playback?.peer.close();
    playback = undefined;
    paused = false;
    show($('#playback'), null);
    $('#playback-tile').hidden = true;
    $('#playback-path').textContent = '';
    update();
}

async function showFile() {
    const name = $('#uri').value.trim();
    if (!name || name.includes(':')) return say('Only recordings can be fetched as a file; choose one from the list.');
    const url = `recordings/${name.split('/').map(encodeURIComponent).join('/')}`;
    const found = await fetch(withToken(url), {method: 'HEAD'}).then(({ok}) => ok, () => false);
    if (!found) return say(`The server has no ${url}: no such file, or it was started without --recordings DIR.`);
    $('#file-tile').hidden = false;
    $('#file-name').textContent = name;
    $('#file').src = withToken(url);
    await $('#file').play().catch(() => {}); // it has controls
}

// --- 4. A viewer

function openViewer() {
    // The id is all that another session needs.
    window.open(withToken(`view.html#${encodeURIComponent(live.endpoint.id)}`), '_blank');
}

// --- The page

function forgetAll() {
    pipeline = undefined;
    forgetRecording();
    forgetLive();
    forgetPlayback();
}

function update() {
    document.body.dataset.live = live ? 'yes' : 'no';
    const toggle = (id, on) => { $(id).disabled = !on; };
    toggle('#start', !live);
    toggle('#stop', live);
    toggle('#record', live && !recording);
    toggle('#stop-record', recording);
    toggle('#pause', playback);
    toggle('#stop-play', playback);
    toggle('#viewer', live);
    for (const id of ['#camera', '#microphone', '#codec']) toggle(id, !live);
    $('#pause').textContent = paused ? 'Go on' : 'Pause';
    $('#viewer-id').textContent = live?.endpoint.id ?? '';
}

onClick($('#start'), start);
onClick($('#stop'), stop);
onClick($('#record'), startRecording);
onClick($('#stop-record'), stopRecording);
onClick($('#play'), startPlaying);
onClick($('#pause'), pausePlaying);
onClick($('#stop-play'), stopPlaying);
onClick($('#play-file'), showFile);
onClick($('#viewer'), openViewer);
onClick($('#sound'), () => {
    $('#live').muted = !$('#live').muted;
    $('#sound').setAttribute('aria-pressed', String(!$('#live').muted));
});
navigator.mediaDevices?.addEventListener('devicechange', fillDevices);
addEventListener('pagehide', () => { // a tab that goes takes its pipeline along, viewers or not
    pipeline?.release().catch(() => {});
    rivero.close();
});
offerCodecs($('#codec'));
listRecordings();
update();
fillDevices();
