// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
import {view} from './scenes.js';
import {$, offerCodecs, onClick, onPath, openShell, say, show} from './shell.js';
import {showStats} from './stats.js';

const {rivero, watch} = openShell({onSessionLost: forget});
const MANAGER = 'manager_ServerManager';

let scene; // {endpoint, peer, close, stopStats}

async function start() {
    const presenter = decodeURIComponent(location.hash.slice(1));
    if (!/_kurento\.MediaPipeline\/.+_kurento\.WebRtcEndpoint$/.test(presenter))
        return say('Open this page with the button "Open a viewer" of the demo: its address names whom to see.');
    const made = await view(rivero, presenter, watch, {codec: $('#codec').value});
    scene = {...made, stopStats: showStats(made.peer.pc, $('#live-stats'), $('#live-rtt'))};
    await rivero.subscribe(MANAGER, 'ObjectDestroyed', ({objectId}) => {
        if (!scene || objectId !== presenter) return;
        say('The presenter has stopped.', 'info');
        forget();
    });
    onPath(scene.peer, $('#live-path'));
    update();
    show($('#live'), scene.peer.remote);
}

async function stop() {
    const old = scene;
    forget();
    await old?.close();
}

function forget() {
    scene?.stopStats();
    scene?.peer.close();
    scene = undefined;
    show($('#live'), null);
    $('#live-path').textContent = '';
    update();
}

function update() {
    document.body.dataset.live = scene ? 'yes' : 'no';
    $('#start').disabled = Boolean(scene);
    $('#stop').disabled = !scene;
    $('#codec').disabled = Boolean(scene);
}

onClick($('#start'), start);
onClick($('#stop'), stop);
onClick($('#sound'), () => {
    $('#live').muted = !$('#live').muted;
    $('#sound').setAttribute('aria-pressed', String(!$('#live').muted));
});
addEventListener('pagehide', () => {
    scene?.endpoint.release().catch(() => {});
    rivero.close();
});
offerCodecs($('#codec'));
update();
$('#start').click();
