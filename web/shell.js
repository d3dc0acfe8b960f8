// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
import {Diagram, watch} from './diagram.js';
import {Log, shortId} from './log.js';
import {Rivero} from './rivero.js';
import {videoCodecs} from './peer.js';
import {NO_PATH, explain, explainEvent} from './words.js';

// What both pages have: the connection and its sign, messages, the log, the picture of the pipeline.

export const $ = (selector) => document.querySelector(selector);

/** Says something in the strip of messages. @param kind `error` or `info` */
export function say(text, kind = 'error') {
    const strip = $('#messages');
    for (const old of strip.children) if (old.firstChild.textContent === text) old.remove();
    const line = document.createElement('div');
    line.className = `message ${kind}`;
    const close = Object.assign(document.createElement('button'), {type: 'button', className: 'quiet', textContent: 'Dismiss'});
    close.addEventListener('click', () => line.remove());
    line.append(Object.assign(document.createElement('p'), {textContent: text}), close);
    strip.append(line);
    while (strip.children.length > 4) strip.firstChild.remove();
}

/** A button that works once at a time and tells what went wrong. */
export function onClick(button, work) {
    button.addEventListener('click', async () => {
        if (button.getAttribute('aria-busy') === 'true') return;
        button.setAttribute('aria-busy', 'true');
        try {
            await work();
        } catch (error) {
            console.error(error);
            say(explain(error));
        } finally {
            button.removeAttribute('aria-busy');
        }
    });
}

/** Shows a stream; muted when the browser wants a click first. Not to be waited for: it ends with the
 *  first picture, and that may never come. */
export async function show(video, stream) {
    video.srcObject = stream;
    if (!stream) return;
    try {
        await video.play();
    } catch (error) {
        if (error.name !== 'NotAllowedError') return; // replaced by the next stream meanwhile
        video.muted = true;
        await video.play().catch(() => {});
    }
}

export function offerCodecs(select) {
    for (const name of videoCodecs()) select.add(new Option(name, name));
}

/** @param onSessionLost called when the server has forgotten all that the page made */
export function openShell({onSessionLost}) {
    const rivero = new Rivero();
    const sign = $('#connection');
    rivero.addEventListener('state', ({detail: {state, retryMs}}) => {
        const texts = {
            connecting: 'connecting…',
            open: 'connected',
            lost: `server not reachable, next try in ${Math.round(retryMs / 100) / 10} s`,
            closed: 'closed',
        };
        sign.dataset.state = state;
        sign.textContent = texts[state];
        sign.title = rivero.session ? `session ${rivero.session}` : '';
    });
    rivero.addEventListener('sessionlost', () => {
        say('The server was restarted or has forgotten this session. Its objects are gone; start again.');
        onSessionLost();
    });
    rivero.addEventListener('notification', ({detail: {message}}) => {
        const {type, object, data} = message.params.value;
        if (type === 'Error') say(explainEvent(shortId(object), data));
    });
    addEventListener('unhandledrejection', ({reason}) => say(explain(reason)));
    addEventListener('pageshow', ({persisted}) => persisted && location.reload()); // its objects are gone
    new Log($('#log'), rivero);
    new Diagram($('#pipeline'), rivero);
    return {rivero, watch};
}

/** Tells of a media path that does not come up. */
export function onPath(peer, sign) {
    peer.onState = (state) => {
        sign.textContent = state === 'connected' ? '' : `media: ${state}`;
        if (state === 'failed') say(NO_PATH);
    };
}
