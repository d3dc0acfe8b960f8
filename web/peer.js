// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

/** Video codecs that this browser can both send and receive, by their SDP names, best known first. */
export function videoCodecs() {
    const names = (capabilities) => new Set(
        (capabilities?.codecs ?? []).map(({mimeType}) => mimeType.split('/')[1].toUpperCase()));
    const receive = names(globalThis.RTCRtpReceiver?.getCapabilities?.('video'));
    const send = names(globalThis.RTCRtpSender?.getCapabilities?.('video'));
    return ['VP8', 'VP9', 'H264', 'AV1'].filter((name) => receive.has(name) && send.has(name));
}

/** Offers `name` only; retransmission and the like stay, they are no codecs of their own. */
function prefer(transceiver, name) {
    const helpers = ['RTX', 'RED', 'ULPFEC', 'FLEXFEC-03'];
    const {codecs} = RTCRtpReceiver.getCapabilities('video');
    transceiver.setCodecPreferences(codecs.filter(({mimeType}) => {
        const codec = mimeType.split('/')[1].toUpperCase();
        return codec === name || helpers.includes(codec);
    }));
}

/**
 * The browser's end of a WebRtcEndpoint: an RTCPeerConnection that offers, and trickles candidates
 * both ways. With a `stream` it sends that and receives the same kinds; without one it only receives.
 */
export class Peer {
    /** What the server sends; tracks come when the first media does. */
    remote = new MediaStream();
    /** Set it to hear of `connected`, `disconnected`, `failed`. */
    onState = () => {};

    constructor(endpoint, {stream = null, codec = 'auto'} = {}) {
        this.endpoint = endpoint;
        const pc = this.pc = new RTCPeerConnection();
        const sources = stream ? stream.getTracks() : ['audio', 'video'];
        for (const source of sources) {
            const transceiver = pc.addTransceiver(source, {
                direction: stream ? 'sendrecv' : 'recvonly',
                streams: stream ? [stream] : [],
            });
            if ((source.kind ?? source) === 'video' && codec !== 'auto') prefer(transceiver, codec);
        }
        pc.ontrack = ({track}) => this.remote.addTrack(track);
        pc.onconnectionstatechange = () => this.onState(pc.connectionState);
    }

    /** Resolves when offer and answer are exchanged; the media path comes up after that. */
    async negotiate() {
        const {pc, endpoint} = this;
        let answered;
        const haveAnswer = new Promise((resolve) => { answered = resolve; });
        await endpoint.on('IceCandidateFound', async ({candidate}) => {
            await haveAnswer; // a candidate has no place to go before that
            if (pc.signalingState === 'closed') return;
            await pc.addIceCandidate(candidate)
                .catch((error) => console.warn('candidate of the server not used:', candidate, error));
        });
        pc.onicecandidate = ({candidate}) => {
            if (!candidate?.candidate) return;
            const {candidate: line, sdpMid, sdpMLineIndex} = candidate;
            endpoint.invoke('addIceCandidate', {candidate: {candidate: line, sdpMid, sdpMLineIndex}})
                .catch((error) => console.warn('candidate of the browser not used:', line, error));
        };
        await pc.setLocalDescription(await pc.createOffer());
        const sdp = await endpoint.invoke('processOffer', {offer: pc.localDescription.sdp});
        await pc.setRemoteDescription({type: 'answer', sdp});
        answered();
        await endpoint.invoke('gatherCandidates');
    }

    close() {
        this.pc.onicecandidate = null;
        this.pc.onconnectionstatechange = null;
        this.pc.close();
    }
}
