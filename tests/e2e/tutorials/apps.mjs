// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Application servers in the manner of the tutorials that people begin with: one WebSocket per browser, callbacks, nested.
// Each takes the connection of a browser, which has send(message) and on(id, handler).
import kurento from 'kurento-client';

const IceCandidate = (candidate) => kurento.getComplexType('IceCandidate')(candidate);

/** Candidates come before there is an endpoint for them. */
class Candidates {
  queues = {};
  endpoints = {};
  add(name, candidate) {
    const c = IceCandidate(candidate);
    if (this.endpoints[name]) this.endpoints[name].addIceCandidate(c);
    else (this.queues[name] ??= []).push(c);
  }
  attach(name, endpoint) {
    this.endpoints[name] = endpoint;
    for (const c of this.queues[name] ?? []) endpoint.addIceCandidate(c);
    delete this.queues[name];
  }
}

/** The part that all tutorials share: an endpoint for the browser, its answer, its candidates. */
function createEndpoint(pipeline, browser, name, candidates, callback) {
  pipeline.create('WebRtcEndpoint', (error, endpoint) => {
    if (error) return callback(error);
    candidates.attach(name, endpoint);
    endpoint.on('IceCandidateFound', (event) => browser.send({ id: 'iceCandidate', name, candidate: IceCandidate(event.candidate) }));
    callback(null, endpoint);
  });
}
function answerOffer(endpoint, sdpOffer, browser, name, callback) {
  endpoint.processOffer(sdpOffer, (error, sdpAnswer) => {
    if (error) return callback(error);
    browser.send({ id: 'answer', name, sdpAnswer });
    endpoint.gatherCandidates((error) => callback(error));
  });
}
const complain = (browser) => (error) => error && browser.send({ id: 'error', message: String(error) });

export function helloWorld(client) {
  return (browser) => {
    const candidates = new Candidates();
    browser.on('onIceCandidate', ({ candidate }) => candidates.add('self', candidate));
    browser.on('start', ({ sdpOffer }) => {
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        browser.on('stop', () => pipeline.release());
        createEndpoint(pipeline, browser, undefined, { attach: (_, endpoint) => candidates.attach('self', endpoint) }, (error, endpoint) => {
          if (error) return complain(browser)(error);
          endpoint.connect(endpoint, (error) => {
            if (error) return complain(browser)(error);
            answerOffer(endpoint, sdpOffer, browser, undefined, complain(browser));
          });
        });
      });
    });
  };
}

export function one2many(client) {
  let presenter = null;
  const viewers = new Set();
  return (browser) => {
    const candidates = new Candidates();
    const attach = { attach: (_, endpoint) => candidates.attach('self', endpoint) };
    browser.on('onIceCandidate', ({ candidate }) => candidates.add('self', candidate));
    browser.on('presenter', ({ sdpOffer }) => {
      if (presenter) return browser.send({ id: 'rejected', message: 'Another user is currently acting as presenter. Try again later ...' });
      presenter = { browser };
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        presenter.pipeline = pipeline;
        createEndpoint(pipeline, browser, undefined, attach, (error, endpoint) => {
          if (error) return complain(browser)(error);
          presenter.endpoint = endpoint;
          answerOffer(endpoint, sdpOffer, browser, undefined, complain(browser));
        });
      });
    });
    browser.on('viewer', ({ sdpOffer }) => {
      if (!presenter?.endpoint) return browser.send({ id: 'rejected', message: 'No active presenter. Try again later...' });
      createEndpoint(presenter.pipeline, browser, undefined, attach, (error, endpoint) => {
        if (error) return complain(browser)(error);
        viewers.add(browser);
        endpoint.on('release', () => viewers.delete(browser));
        browser.on('stop', () => endpoint.release());
        answerOffer(endpoint, sdpOffer, browser, undefined, (error) => {
          if (error) return complain(browser)(error);
          presenter.endpoint.connect(endpoint, complain(browser));
        });
      });
    });
    browser.on('close', () => {
      if (presenter?.browser !== browser) return;
      for (const viewer of viewers) viewer.send({ id: 'stopCommunication' });
      viewers.clear();
      presenter.pipeline.release();
      presenter = null;
    });
  };
}

export function one2one(client) {
  const users = new Map();
  return (browser) => {
    const candidates = new Candidates();
    const user = { browser, candidates, attach: { attach: (_, endpoint) => candidates.attach('self', endpoint) } };
    browser.on('onIceCandidate', ({ candidate }) => candidates.add('self', candidate));
    browser.on('register', ({ name }) => {
      if (users.has(name)) return browser.send({ id: 'registerResponse', response: 'rejected', message: `User ${name} is already registered` });
      user.name = name;
      users.set(name, user);
      browser.send({ id: 'registerResponse', response: 'accepted' });
    });
    browser.on('call', ({ to, sdpOffer }) => {
      const callee = users.get(to);
      if (!callee) return browser.send({ id: 'callResponse', response: `rejected: user ${to} is not registered` });
      user.sdpOffer = sdpOffer;
      callee.caller = user;
      callee.browser.send({ id: 'incomingCall', from: user.name });
    });
    browser.on('incomingCallResponse', ({ callResponse, sdpOffer }) => {
      const { caller } = user;
      if (callResponse !== 'accept') return caller.browser.send({ id: 'callResponse', response: 'rejected: user declined' });
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        for (const each of [user, caller]) each.browser.on('stop', () => pipeline.release());
        createEndpoint(pipeline, caller.browser, undefined, caller.attach, (error, callerEndpoint) => {
          if (error) return complain(caller.browser)(error);
          createEndpoint(pipeline, browser, undefined, user.attach, (error, calleeEndpoint) => {
            if (error) return complain(browser)(error);
            callerEndpoint.connect(calleeEndpoint, (error) => {
              if (error) return complain(browser)(error);
              calleeEndpoint.connect(callerEndpoint, (error) => {
                if (error) return complain(browser)(error);
                answerOffer(callerEndpoint, caller.sdpOffer, caller.browser, undefined, complain(caller.browser));
                answerOffer(calleeEndpoint, sdpOffer, browser, undefined, complain(browser));
              });
            });
          });
        });
      });
    });
  };
}

export function groupCall(client) {
  const rooms = new Map();
  const roomFor = (name) => {
    if (!rooms.has(name)) rooms.set(name, { participants: new Map(), pipeline: client.create('MediaPipeline') });
    return rooms.get(name);
  };
  return (browser) => {
    const candidates = new Candidates();
    let room;
    let self;
    browser.on('onIceCandidate', ({ name, candidate }) => candidates.add(name, candidate));
    browser.on('joinRoom', async ({ name, roomName }) => {
      room = roomFor(roomName);
      const pipeline = await room.pipeline;
      // One endpoint of one's own, which the others' incoming ones are connected to.
      self = { name, browser, incoming: new Map() };
      self.outgoing = pipeline.create('WebRtcEndpoint');
      self.outgoing.on('IceCandidateFound', (e) => browser.send({ id: 'iceCandidate', name, candidate: IceCandidate(e.candidate) }));
      await self.outgoing.getName();
      candidates.attach(name, self.outgoing);
      for (const other of room.participants.values()) other.browser.send({ id: 'newParticipantArrived', name });
      browser.send({ id: 'existingParticipants', data: [...room.participants.keys()] });
      room.participants.set(name, self);
    });
    browser.on('receiveVideoFrom', async ({ sender, sdpOffer }) => {
      try {
        let endpoint = self.outgoing;
        if (sender !== self.name) {
          endpoint = (await room.pipeline).create('WebRtcEndpoint');
          self.incoming.set(sender, endpoint);
          endpoint.on('IceCandidateFound', (e) => browser.send({ id: 'iceCandidate', name: sender, candidate: IceCandidate(e.candidate) }));
          candidates.attach(sender, endpoint);
          await room.participants.get(sender).outgoing.connect(endpoint);
        }
        browser.send({ id: 'answer', name: sender, sdpAnswer: await endpoint.processOffer(sdpOffer) });
        await endpoint.gatherCandidates();
      } catch (error) {
        complain(browser)(error);
      }
    });
    browser.on('close', async () => {
      if (!self) return;
      room.participants.delete(self.name);
      for (const other of room.participants.values()) {
        other.browser.send({ id: 'participantLeft', name: self.name });
        other.incoming.get(self.name)?.release();
        other.incoming.delete(self.name);
      }
      for (const endpoint of self.incoming.values()) endpoint.release();
      self.outgoing.release();
      if (room.participants.size === 0) (await room.pipeline).release();
    });
  };
}

export function player(client) {
  return (browser) => {
    const candidates = new Candidates();
    browser.on('onIceCandidate', ({ candidate }) => candidates.add('self', candidate));
    browser.on('start', ({ sdpOffer, videourl }) => {
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        createEndpoint(pipeline, browser, undefined, { attach: (_, endpoint) => candidates.attach('self', endpoint) }, (error, endpoint) => {
          if (error) return complain(browser)(error);
          pipeline.create('PlayerEndpoint', { uri: videourl }, (error, playerEndpoint) => {
            if (error) return complain(browser)(error);
            playerEndpoint.on('EndOfStream', () => { browser.send({ id: 'playEnd' }); pipeline.release(); });
            playerEndpoint.on('Error', (e) => browser.send({ id: 'error', message: e.description }));
            browser.on('pause', () => playerEndpoint.pause((error) => (error ? complain(browser)(error) : browser.send({ id: 'paused' }))));
            browser.on('resume', () => playerEndpoint.play((error) => (error ? complain(browser)(error) : browser.send({ id: 'resumed' }))));
            browser.on('getPosition', () => playerEndpoint.getPosition((error, position) => (error ? complain(browser)(error) : browser.send({ id: 'position', position }))));
            browser.on('doSeek', ({ position }) => playerEndpoint.setPosition(position, (error) => browser.send({ id: 'seek', message: error ? String(error) : 'done' })));
            playerEndpoint.connect(endpoint, (error) => {
              if (error) return complain(browser)(error);
              endpoint.on('MediaStateChanged', (event) => {
                if (event.newState !== 'CONNECTED') return;
                playerEndpoint.getVideoInfo((error, info) => (error ? complain(browser)(error)
                  : browser.send({ id: 'videoInfo', isSeekable: info.isSeekable, endSeekable: info.seekableEnd, videoDuration: info.duration })));
              });
              answerOffer(endpoint, sdpOffer, browser, undefined, (error) => {
                if (error) return complain(browser)(error);
                playerEndpoint.play(complain(browser));
              });
            });
          });
        });
      });
    });
  };
}

export function recorder(client, uri) {
  return (browser) => {
    let candidates = new Candidates();
    const attach = { attach: (_, endpoint) => candidates.attach('self', endpoint) };
    browser.on('onIceCandidate', ({ candidate }) => candidates.add('self', candidate));
    browser.on('start', ({ sdpOffer }) => {
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        pipeline.create([{ type: 'RecorderEndpoint', params: { uri } }], (error, [recorderEndpoint] = []) => {
          if (error) return complain(browser)(error);
          createEndpoint(pipeline, browser, undefined, attach, (error, endpoint) => {
            if (error) return complain(browser)(error);
            recorderEndpoint.on('Recording', () => browser.send({ id: 'recording' }));
            recorderEndpoint.on('Stopped', () => browser.send({ id: 'stopped' }));
            browser.on('stop', () => recorderEndpoint.stopAndWait((error) => {
              if (error) return complain(browser)(error);
              candidates = new Candidates();
              pipeline.release(() => browser.send({ id: 'stopCommunication' }));
            }));
            endpoint.connect(endpoint, (error) => {
              if (error) return complain(browser)(error);
              endpoint.connect(recorderEndpoint, (error) => {
                if (error) return complain(browser)(error);
                recorderEndpoint.record(complain(browser));
                answerOffer(endpoint, sdpOffer, browser, undefined, complain(browser));
              });
            });
          });
        });
      });
    });
    browser.on('play', ({ sdpOffer }) => {
      client.create('MediaPipeline', (error, pipeline) => {
        if (error) return complain(browser)(error);
        pipeline.create('PlayerEndpoint', { uri }, (error, playerEndpoint) => {
          if (error) return complain(browser)(error);
          createEndpoint(pipeline, browser, undefined, attach, (error, endpoint) => {
            if (error) return complain(browser)(error);
            playerEndpoint.on('EndOfStream', () => { browser.send({ id: 'playEnd' }); pipeline.release(); });
            playerEndpoint.connect(endpoint, (error) => {
              if (error) return complain(browser)(error);
              playerEndpoint.play(complain(browser));
              answerOffer(endpoint, sdpOffer, browser, undefined, complain(browser));
            });
          });
        });
      });
    });
  };
}
