// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What was agreed can be changed while media flows: by the browser's further offers, and by the server's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Peer, RpcSignalling } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';
import { assertNotTranscoded } from './lib/dot.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser.close());

const both = ['audio', 'video'];
const mids = (sdp) => [...sdp.matchAll(/^a=mid:(\S+)/gm)].map(([, mid]) => mid);
const ports = (sdp) => [...sdp.matchAll(/^m=\S+ (\d+)/gm)].map(([, port]) => Number(port) && 1);
const directions = (sdp) => [...sdp.matchAll(/^a=(sendrecv|sendonly|recvonly|inactive)/gm)].map(([, d]) => d);
const ufrag = (sdp) => sdp.match(/^a=ice-ufrag:(\S+)/m)[1];
const version = (sdp) => Number(sdp.match(/^o=\S+ \S+ (\d+)/m)[1]);
const failsWith = (promise, code) => assert.rejects(promise, (error) => { assert.equal(error.code, code, error.message); return true; });

/** An endpoint that gives back what it gets. */
async function echo(t, constructorParams = {}) {
  const daemon = await Daemon.for(t);
  const client = await daemon.client();
  const pipeline = await client.create('MediaPipeline');
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...constructorParams });
  await client.subscribe(endpoint, 'MediaTranscodingStateChanged', 'ConnectionStateChanged', 'NewCandidatePairSelected',
    'DtlsConnectionStateChange', 'IceComponentStateChanged', 'IceGatheringDone', 'MediaSessionStarted', 'Error');
  await client.connect(endpoint, endpoint);
  const page = await browser.page();
  t.after(() => page.close());
  return { client, pipeline, endpoint, page, signalling: new RpcSignalling(client, endpoint) };
}
const count = (client, type) => client.events.filter((e) => e.type === type).length;

test('directions change and change back, tracks come and go, and what stays never stops', async (t) => {
  const { client, pipeline, endpoint, page, signalling } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: ['audio'], receive: ['audio'], codec: 'VP8' });
  await peer.hears(20);
  const first = peer.answer;
  await client.event(endpoint, 'ConnectionStateChanged', { where: (d) => d.newState === 'CONNECTED' });
  const handshakes = count(client, 'DtlsConnectionStateChange');

  // A camera is switched on: the section comes behind the one that is there.
  await peer.renegotiate({ add: ['video'] });
  assert.deepEqual(mids(peer.answer), mids(peer.offer));
  assert.deepEqual(ports(peer.answer), [1, 1]);
  assert.ok(version(peer.answer) > version(first));
  assert.equal(ufrag(peer.answer), ufrag(first));
  await peer.decodes(15);

  // It is muted by direction, and switched on again.
  await peer.renegotiate({ video: 'recvonly' });
  assert.deepEqual(directions(peer.answer), ['sendrecv', 'sendonly']);
  const muted = await peer.hears(20);
  await peer.renegotiate({ video: 'sendrecv' });
  assert.deepEqual(directions(peer.answer), ['sendrecv', 'sendrecv']);
  assert.ok((await peer.decodes(15)).in.video.framesDecoded > muted.in.video.framesDecoded);

  // A second camera has no place, and takes none from the first.
  await peer.renegotiate({ add: ['video'] });
  assert.deepEqual(ports(peer.answer), [1, 1, 0]);
  const seen = await peer.decodes(10);
  assert.equal(seen.in.video.packetsLost, 0);
  assert.equal(count(client, 'DtlsConnectionStateChange'), handshakes, 'DTLS was disturbed');
  assert.deepEqual(client.events.filter((e) => e.type === 'ConnectionStateChanged').map((e) => e.data.newState), ['CONNECTED']);

  // The microphone goes, and with it the section that tags the bundle: Chromium makes the transport anew.
  await peer.renegotiate({ stop: ['audio'] });
  assert.deepEqual(ports(peer.answer), [0, 1, 0]);
  assert.match(peer.answer, /^a=group:BUNDLE 1\r$/m);
  const last = await peer.decodes(15);
  // ... and comes back, where the browser has put it.
  await peer.renegotiate({ add: ['audio'] });
  assert.deepEqual(mids(peer.answer), mids(peer.offer));
  const end = await peer.hears(20);
  assert.ok(end.in.video.framesDecoded >= last.in.video.framesDecoded);
  assert.equal(await client.invoke(endpoint, 'getConnectionState'), 'CONNECTED');
  assert.equal(count(client, 'MediaSessionStarted'), 1, 'a session starts once');
  await assertNotTranscoded(client, pipeline, [endpoint]);
});

test('ICE is restarted under running media', async (t) => {
  const { client, endpoint, page, signalling } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  const [before, pairs, handshakes] = [peer.answer, count(client, 'NewCandidatePairSelected'), count(client, 'DtlsConnectionStateChange')];
  await peer.renegotiate({ restartIce: true });
  assert.notEqual(ufrag(peer.answer), ufrag(before));
  assert.match(peer.answer, /^a=candidate:/m, 'the candidates of before are told again in the answer');
  await peer.reaches(() => count(client, 'NewCandidatePairSelected') > pairs, 'no new pair was selected');
  await peer.decodes(20);
  const end = await peer.hears(20);
  assert.equal(end.in.video.packetsLost, 0, 'packets were lost while ICE restarted');
  assert.equal(count(client, 'DtlsConnectionStateChange'), handshakes);
  assert.equal((await client.invoke(endpoint, 'getConnectionState')), 'CONNECTED');
  // And once more: the generations do not mix.
  const second = peer.answer;
  await peer.renegotiate({ restartIce: true });
  assert.notEqual(ufrag(peer.answer), ufrag(second));
  await peer.decodes(20);
  assert.deepEqual(client.events.filter((e) => e.type === 'Error'), []);
});

test('another codec comes first, and the browser changes over', async (t) => {
  const { page, signalling } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  assert.equal((await peer.decodes(10)).in.video.codec, 'video/VP8');
  await peer.renegotiate({ codec: 'H264' });
  await peer.reaches((s) => s.in.video.codec === 'video/H264', 'the codec does not change');
  await peer.decodes(10);
  await peer.renegotiate({ codec: 'VP8' });
  await peer.reaches((s) => s.in.video.codec === 'video/VP8', 'the codec does not change back');
  await peer.decodes(10);
});

test('the server offers again, after its own offers and after those of the browser', async (t) => {
  const { client, page, signalling, endpoint } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  await failsWith(signalling.processAnswer(peer.offer), 40209);
  const [answer, offer] = [peer.answer, await peer.invitedAgain()];
  assert.deepEqual(mids(offer), mids(answer));
  assert.ok(version(offer) > version(answer));
  assert.equal(ufrag(offer), ufrag(answer));
  assert.match(offer, /^a=setup:actpass/m);
  assert.match(offer, /^a=candidate:/m);
  await failsWith(signalling.processAnswer(peer.answer), 40210);
  await peer.decodes(15);

  // Without video, and with it again: in the place of before, under another name.
  await peer.invitedAgain({ offerToReceiveVideo: false });
  assert.deepEqual(ports(peer.offer), [1, 0]);
  await peer.hears(20);
  await peer.invitedAgain();
  assert.deepEqual(ports(peer.offer), [1, 1]);
  assert.notEqual(mids(peer.offer)[1], mids(answer)[1]);
  // The browser has a transceiver of its own for it; it offers to send again.
  await peer.renegotiate({ video: 'sendrecv' });
  assert.deepEqual(mids(peer.answer), mids(peer.offer));
  await peer.hears(20);

  // Both want to change something at the same time: the browser has to step back.
  await client.invoke(endpoint, 'generateOffer');
  const theirs = await page.evaluate((name) => window.rtc.reoffer(name, {}), peer.name);
  await failsWith(signalling.processOffer(theirs), 40208);
  await page.evaluate((name) => window.rtc.rollback(name), peer.name);
  await peer.invitedAgain();  // a newer offer of ours takes the place of the one that nobody answered
  await peer.hears(20);
});

test('the server takes the section away that tags the bundle, and brings it back', async (t) => {
  const { client, page, signalling, endpoint } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  await peer.invitedAgain({ offerToReceiveAudio: false });
  // It stays, inactive: browsers would give up the transport with it.
  assert.deepEqual(ports(peer.offer), [1, 1]);
  assert.deepEqual(directions(peer.offer), ['inactive', 'sendrecv']);
  await peer.decodes(15);
  await peer.invitedAgain();
  assert.deepEqual(directions(peer.offer), ['sendrecv', 'sendrecv']);
  await peer.hears(20);
  await peer.decodes(15);
  assert.equal(await client.invoke(endpoint, 'getConnectionState'), 'CONNECTED');
});

test('what is wrong with a further offer or answer leaves the session as it was', async (t) => {
  const { client, page, signalling, endpoint } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  const local = await client.invoke(endpoint, 'getLocalSessionDescriptor');
  const remote = await client.invoke(endpoint, 'getRemoteSessionDescriptor');
  await failsWith(signalling.processOffer('nonsense'), 40201);
  const lines = peer.offer.split(/(?=^m=)/m);
  await failsWith(signalling.processOffer(lines.slice(0, 2).join('')), 40205);
  await failsWith(signalling.processOffer(peer.offer.replace(/a=setup:actpass/g, 'a=setup:active').replace(/a=setup:active/g, 'a=setup:holdconn')), 40205);
  await failsWith(signalling.processOffer(peer.offer.replaceAll('a=rtcp-mux\r\n', '')), 40205);
  assert.equal(await client.invoke(endpoint, 'getLocalSessionDescriptor'), local);
  assert.equal(await client.invoke(endpoint, 'getRemoteSessionDescriptor'), remote);
  await peer.decodes(10);

  await client.invoke(endpoint, 'generateOffer');
  await failsWith(signalling.processAnswer('nonsense'), 40201);
  await failsWith(signalling.processAnswer(lines.slice(0, 2).join('')), 40206);
  await failsWith(signalling.processAnswer(peer.answer), 40210);
  assert.equal(await client.invoke(endpoint, 'getLocalSessionDescriptor'), local);
  await peer.decodes(10);
  await peer.renegotiate();
  await peer.decodes(10);
});

test('a page that was loaded anew takes over the endpoint', async (t) => {
  const { client, page, signalling, endpoint } = await echo(t);
  const peer = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await peer.decodes(10);
  await page.evaluate((name) => window.rtc.end(name), peer.name);
  const again = await Peer.join(page, signalling, { send: both, receive: both, codec: 'VP8' });
  await again.decodes(15);
  await again.hears(20);
  const pairs = await client.invoke(endpoint, 'getICECandidatePairs');
  assert.deepEqual(pairs.map((p) => p.streamId), ['2'], 'another certificate is another transport');
});
