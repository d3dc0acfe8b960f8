// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The browser's half of the tutorials: kurento-utils, and messages to the application's server.
const peers = {};
const messages = [];
let ws;

const send = (message) => ws.send(JSON.stringify(message));

/** One WebRtcPeer of kurento-utils. @param mode Sendrecv, Sendonly or Recvonly; @param message what its offer is sent with */
function makePeer(name, mode, message, from) {
  const video = () => Object.assign(document.body.appendChild(document.createElement('video')), { autoplay: true, muted: true });
  const options = {
    onicecandidate: (candidate) => send({ id: 'onIceCandidate', name: from, candidate }),
    mediaConstraints: { audio: true, video: { width: 320, height: 240, frameRate: 15 } },
    ...(mode !== 'Recvonly' ? { localVideo: video() } : {}),
    ...(mode !== 'Sendonly' ? { remoteVideo: video() } : {}),
  };
  return new Promise((resolve, reject) => {
    peers[name] = kurentoUtils.WebRtcPeer[`WebRtcPeer${mode}`](options, function (error) {
      if (error) return reject(error);
      this.generateOffer((error, sdpOffer) => {
        if (error) return reject(error);
        send({ ...message, sdpOffer });
        resolve();
      });
    });
  });
}

const handlers = {
  iceCandidate: ({ name, candidate }) => peers[name ?? 'self'].addIceCandidate(candidate, (error) => error && console.error(`candidate: ${error}`)),
  answer: ({ name, sdpAnswer }) => peers[name ?? 'self'].processAnswer(sdpAnswer, (error) => error && console.error(`answer: ${error}`)),
  // group call
  existingParticipants: async ({ data }) => {
    await makePeer(tutorial.user, 'Sendonly', { id: 'receiveVideoFrom', sender: tutorial.user }, tutorial.user);
    for (const sender of data) await makePeer(sender, 'Recvonly', { id: 'receiveVideoFrom', sender }, sender);
  },
  newParticipantArrived: ({ name }) => makePeer(name, 'Recvonly', { id: 'receiveVideoFrom', sender: name }, name),
  participantLeft: ({ name }) => { peers[name].dispose(); delete peers[name]; },
  stopCommunication: () => { for (const name of Object.keys(peers)) { peers[name].dispose(); delete peers[name]; } },
};

window.tutorial = {
  user: undefined,
  /** To the server of one tutorial. */
  open: (name) => new Promise((resolve, reject) => {
    ws = new WebSocket(`ws://${location.host}/${name}`);
    ws.onopen = () => resolve();
    ws.onerror = () => reject(new Error('no application server'));
    ws.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      messages.push(message);
      const handler = handlers[message.id];
      if (handler) Promise.resolve(handler(message)).catch((error) => console.error(`${message.id}: ${error.message}`));
    };
  }),
  send,
  start: (mode, message) => makePeer('self', mode, message),
  /** What the server has said so far, of one kind. */
  said: (id) => messages.filter((m) => m.id === id),
  peers: () => Object.keys(peers),
  async decoded(name = 'self') {
    let frames = 0;
    if (!peers[name]) return frames;
    for (const s of (await peers[name].peerConnection.getStats()).values()) if (s.type === 'inbound-rtp' && s.kind === 'video') frames += s.framesDecoded ?? 0;
    return frames;
  },
  close: () => ws.close(),
};
