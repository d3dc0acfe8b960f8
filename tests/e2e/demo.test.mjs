// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// The demo page in a real browser: everything that it offers, clicked through.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {after, afterEach, before, beforeEach, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

const {RIVERO_BIN, CHROMIUM_BIN = '/usr/bin/chromium'} = process.env;
const WEB = join(dirname(fileURLToPath(import.meta.url)), '../../web');
// The daemon takes every RIVERO_ variable for a setting of its own.
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RIVERO_')));
const PATIENCE = 40_000; // for a loaded machine; nothing is measured against it

let directory, server, browser, context, page;

/** @return {{url, stop}} of a daemon with the page and a directory of recordings */
async function startServer(port = 0) {
    const daemon = spawn(RIVERO_BIN, ['--listen', `127.0.0.1:${port}`, '--web', WEB, '--recordings', directory,
        '--set', `uri.defaultPath=file://${directory}/`, '--set', 'rtc.includeLoopback=true'],
        {env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit']});
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    const started = new Promise((resolve) => {
        let said = '';
        daemon.stdout.on('data', (text) => {
            const match = (said += text).match(/listening on \S*?([\d.]+:\d+)/);
            if (match) resolve(`http://${match[1]}/`);
        });
    });
    const url = await Promise.race([started, ended.then((code) => { throw new Error(`the daemon ended: ${code}`); })]);
    return {
        url,
        stop() {
            daemon.kill();
            return ended;
        },
    };
}

before(async () => {
    assert.ok(RIVERO_BIN, 'RIVERO_BIN names the daemon to test');
    directory = await mkdtemp(join(tmpdir(), 'rivero-demo-'));
    server = await startServer();
    browser = await chromium.launch({
        executablePath: CHROMIUM_BIN,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
            '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
            '--disable-features=WebRtcHideLocalIpsWithMdns', '--autoplay-policy=no-user-gesture-required'],
    });
});
after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(directory, {recursive: true, force: true});
});

let problems;
beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    page = await context.newPage();
    problems = [];
    page.on('pageerror', (error) => problems.push(error.stack));
    await page.goto(server.url);
    await connected(page);
});
afterEach(async () => {
    await context.close(); // the page releases its pipeline
    assert.deepEqual(problems, []);
});

const connected = (tab) => tab.locator('#connection[data-state=open]').waitFor();

/** Waits until the picture in `video` has been seen in so many states: it plays, and is no still frame. */
const moves = (tab, video, states = 3) => tab.waitForFunction(([selector, states]) => {
    const element = document.querySelector(selector);
    if (!element.videoWidth) return false;
    const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 36});
    const drawing = canvas.getContext('2d');
    drawing.drawImage(element, 0, 0, 64, 36);
    const seen = (window.seen ??= {})[selector] ??= new Set();
    seen.add(drawing.getImageData(0, 0, 64, 36).data.join());
    return seen.size >= states;
}, [video, states], {polling: 100});

const logged = (tab, title) => tab.locator('.entry .title', {hasText: title}).first().waitFor({state: 'attached'});

async function start(codec = 'auto') {
    await page.selectOption('#camera', 'test');
    await page.selectOption('#microphone', 'test');
    await page.selectOption('#codec', codec);
    await page.click('#start');
    await moves(page, '#live');
}

/** Records until so many more frames have come back: a loaded machine takes longer. @return the file's name */
async function record(container, frames = 50) {
    await page.selectOption('#container', container);
    await page.click('#record');
    await logged(page, ': Recording'); // the first media is in the file
    const count = () => document.querySelector('#live').getVideoPlaybackQuality().totalVideoFrames;
    const before = await page.evaluate(count);
    await page.waitForFunction((until) =>
        document.querySelector('#live').getVideoPlaybackQuality().totalVideoFrames >= until, before + frames);
    await page.click('#stop-record');
    await page.locator('.message.info', {hasText: 'is complete'}).waitFor();
    return page.inputValue('#uri');
}

test('the loopback picture moves and its numbers are shown', async () => {
    await start();
    await page.locator('#live-stats tbody tr', {hasText: 'received video'}).filter({hasText: '640×360'}).waitFor();
    await page.locator('#live-rtt', {hasText: 'round trip'}).waitFor();
    await page.locator('#pipeline .link.flowing').nth(2).waitFor(); // in, out and the loop
});

test('a camera and a microphone do as well', async () => {
    for (const id of ['#camera', '#microphone']) {
        const device = await page.$eval(id, (select) =>
            [...select.options].map(({value}) => value).find((value) => !['test', 'none'].includes(value)));
        await page.selectOption(id, device);
    }
    await page.click('#start');
    await moves(page, '#live');
});

for (const codec of ['VP8', 'VP9', 'H264', 'AV1']) {
    test(`${codec} goes through when it is chosen`, async (t) => {
        if (!await page.locator(`#codec option[value=${codec}]`).count()) return t.skip(`this browser has no ${codec}`);
        await start(codec);
        await page.locator('#live-stats tbody tr', {hasText: 'received video'}).filter({hasText: codec}).waitFor();
    });
}

for (const container of ['WEBM', 'MP4']) {
    test(`a ${container} recording plays through WebRTC and as a file`, async () => {
        await start();
        const name = await record(container);
        assert.ok((await readdir(directory)).includes(name));

        await page.click('#play');
        await moves(page, '#playback', 2);
        await page.locator('.message', {hasText: 'is at its end'}).waitFor();
        await page.locator('#playback-tile').waitFor({state: 'hidden'});

        // Chromium of some makers cannot decode H264 and AAC; then the file is looked at by its type.
        await page.click('#play-file');
        const codecs = container === 'MP4' ? 'video/mp4; codecs="avc1.42E01E, mp4a.40.2"' : 'video/webm; codecs="vp8, opus"';
        if (await page.evaluate((type) => document.createElement('video').canPlayType(type), codecs)) await moves(page, '#file', 2);
        else assert.equal((await page.request.get(`${server.url}recordings/${name}`)).headers()['content-type'], 'video/mp4');
    });
}

test('a viewer in a second tab sees the presenter, and hears of its end', async () => {
    await start();
    const [viewer] = await Promise.all([context.waitForEvent('page'), page.click('#viewer')]);
    viewer.on('pageerror', (error) => problems.push(error.stack));
    await moves(viewer, '#live');
    await logged(viewer, '. connect');
    await page.locator('#pipeline .box.other').waitFor(); // the presenter's picture knows of the viewer
    await page.click('#stop');
    await viewer.locator('.message', {hasText: 'The presenter has stopped'}).waitFor();
});

test('the log shows calls with answers and events, filters and copies them', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await start();
    for (const title of ['create MediaPipeline', 'create WebRtcEndpoint', '. processOffer', ': MediaFlowOutStateChanged'])
        await logged(page, title);

    await page.fill('#log input[name=text]', 'processOffer');
    const entry = page.locator('.entry:visible');
    assert.equal(await entry.count(), 1);
    await entry.locator('summary').click();
    await entry.locator('.json').nth(1).waitFor();  // filled when it has been opened
    const [request, response] = await entry.locator('.json').allTextContents();
    assert.match(request, /"operation": "processOffer"/);
    assert.match(response, /"result"/);
    await page.click('#log .copy');
    const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n').map(JSON.parse);
    assert.deepEqual(lines.map(({id}) => id), [lines[0].id, lines[0].id]);
});

test('a file that is not there is said in clear words', async () => {
    await page.fill('#uri', 'no-such-file.webm');
    await page.click('#play');
    await page.locator('.message', {hasText: 'no such file'}).waitFor();
});

test('a refused camera is said in clear words', async () => {
    await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
        document.querySelector('#camera').add(new Option('camera', 'some-camera'));
    });
    await page.selectOption('#camera', 'some-camera');
    await page.click('#start');
    await page.locator('.message', {hasText: 'Allow it in the address bar'}).waitFor();
    assert.ok(await page.isEnabled('#start'));
});

test('a broken connection comes back into its session', async () => {
    let sockets = [];
    await page.routeWebSocket(/kurento/, (socket) => {
        const upstream = socket.connectToServer();
        sockets.push({socket, upstream});
    });
    await page.reload();
    await connected(page);
    await start();
    const session = await page.getAttribute('#connection', 'title');
    await sockets[0].upstream.close();
    await sockets[0].socket.close();
    await page.waitForFunction(() => document.querySelector('#connection').dataset.state !== 'open');
    await connected(page);
    assert.equal(await page.getAttribute('#connection', 'title'), session);
    await moves(page, '#live');
    await record('WEBM', 10); // its objects are still there
});

test('a restarted server is noticed, and everything can start anew', async () => {
    await start();
    const {url} = server;
    await server.stop();
    await page.locator('#connection[data-state=lost]').waitFor();
    server = await startServer(new URL(url).port);
    await page.locator('.message', {hasText: 'The server was restarted'}).waitFor();
    await start();
});
