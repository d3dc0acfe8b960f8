// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
import {Peer} from './peer.js';

// What the page can do, as calls of the API and nothing else: the part to copy into an application.
// `watch(element)` is told of each new element, so that the page can subscribe to its events.

/** Does `work`; when it fails, `undo` cleans up what was made so far and the error goes on. */
async function orUndo(undo, work) {
    try {
        return await work();
    } catch (error) {
        await undo().catch(() => {}); // the first error is the one that tells what happened
        throw error;
    }
}

/** A WebRtcEndpoint and the browser's end of it, negotiated. */
async function endpointWithPeer(rivero, pipeline, watch, options) {
    const endpoint = await rivero.create('WebRtcEndpoint', {mediaPipeline: pipeline});
    const peer = new Peer(endpoint, options);
    const close = async () => {
        peer.close();
        await endpoint.release();
    };
    return orUndo(close, async () => {
        await watch(endpoint);
        await peer.negotiate();
        return {endpoint, peer, close};
    });
}

/** Sends `stream` to the server and gets it back: an endpoint connected to itself. */
export async function loopback(rivero, pipeline, watch, {stream, codec}) {
    const scene = await endpointWithPeer(rivero, pipeline, watch, {stream, codec});
    return orUndo(scene.close, async () => {
        await scene.endpoint.invoke('connect', {sink: scene.endpoint});
        return scene;
    });
}

/**
 * Records what leaves `source` into `uri`. A profile of two kinds waits for both, so a source with
 * picture or sound alone needs the profile of that kind.
 */
export async function record(rivero, pipeline, watch, {source, uri, mediaProfile}) {
    const recorder = await rivero.create('RecorderEndpoint', {mediaPipeline: pipeline, uri, mediaProfile});
    return orUndo(() => recorder.release(), async () => {
        await watch(recorder);
        await source.invoke('connect', {sink: recorder});
        await recorder.invoke('record');
        return {
            recorder,
            /** Resolves when the file is complete. */
            async stop() {
                await recorder.invoke('stopAndWait');
                await recorder.release();
            },
        };
    });
}

/** Plays `uri` on the server and sends it to this browser. `onEnd` is called at its last frame. */
export async function play(rivero, pipeline, watch, {uri, codec, onEnd}) {
    const scene = await endpointWithPeer(rivero, pipeline, watch, {codec});
    let player;
    const close = async () => {
        if (player) await player.release();
        await scene.close();
    };
    return orUndo(close, async () => {
        player = await rivero.create('PlayerEndpoint', {mediaPipeline: pipeline, uri});
        await watch(player);
        await player.on('EndOfStream', onEnd);
        await player.invoke('connect', {sink: scene.endpoint});
        await player.invoke('play');
        return {...scene, player, close};
    });
}

/** Receives what another session's endpoint receives from its browser. */
export async function view(rivero, presenterId, watch, {codec}) {
    const presenter = rivero.object(presenterId);
    const pipeline = rivero.object(presenterId.split('/')[0]); // ids are paths: pipeline/element
    const scene = await endpointWithPeer(rivero, pipeline, watch, {codec});
    return orUndo(scene.close, async () => {
        await presenter.invoke('connect', {sink: scene.endpoint});
        return {...scene, presenter, pipeline};
    });
}
