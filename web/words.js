// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// Errors in words that say what to do.

const DEVICE = {
    NotAllowedError: 'This page may not use the camera or microphone. Allow it in the address bar of the browser, or choose the test picture.',
    NotFoundError: 'There is no such camera or microphone. Choose another one, or the test picture.',
    OverconstrainedError: 'The chosen camera or microphone is gone. Choose another one, or the test picture.',
    NotReadableError: 'The camera or microphone does not answer; another program may be using it.',
};

const RPC = {
    40007: 'The server no longer knows this session, so its objects are gone. Start again.',
    40009: 'The server is full: it has no threads or files left for a new object. Try again later.',
    40101: 'This object does not exist, or no longer: its tab was closed or it was released.',
    40108: 'The server does not know this class: the module that brings it is not loaded.',
};

const EVENT = {
    INVALID_URI: 'Nothing can be read there: no such file, or the server may not open it.',
    INVALID_MEDIA: 'The file is there, but it holds nothing that the server can play.',
    RESOURCE_ERROR_OPEN: 'The file cannot be opened. Does the directory exist, and may the server write there?',
    RESOURCE_ERROR_WRITE: 'The file cannot be written.',
    RESOURCE_ERROR_NO_SPACE_LEFT: 'The disk of the server is full. What was recorded so far is kept.',
};

/** @param error anything thrown. @return one or two sentences */
export function explain(error) {
    if (error.name === 'RpcError') {
        const detail = `${error.message} (${error.type ?? 'error'} ${error.code})`;
        return RPC[error.code] ? `${RPC[error.code]} The server said: ${detail}` : `The server said: ${detail}`;
    }
    if (DEVICE[error.name]) return DEVICE[error.name];
    if (error instanceof DOMException) return `The browser refused: ${error.message}`;
    return error.message || String(error);
}

/** @param data of an `Error` event */
export function explainEvent(element, {type, description, errorCode}) {
    const said = `${element} said: ${description} (${type} ${errorCode})`;
    return EVENT[type] ? `${EVENT[type]} ${said}` : said;
}

export const NO_PATH = 'The browser and the server find no network path to each other (ICE failed). ' +
    'Is the UDP port range of the server open in the firewall?';

export const NO_RECORDINGS = (name) =>
    `The recording is made, but the server does not hand out ${name} over HTTP. It does when started ` +
    'with --recordings DIR, where DIR is the directory in its setting uri.defaultPath. ' +
    'Playing it through WebRTC works all the same.';
