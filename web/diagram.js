// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
import {shortId} from './log.js';

// The live picture of the pipeline. It knows only what goes over the WebSocket: answered calls say
// which elements and connections there are, events say whether media flows and is transcoded.

const BOX = {width: 168, height: 64};
const GAP = {along: 112, across: 28}; // between columns; between boxes of one column
const MARGIN = 26;
const LOOP = 92; // beside a box: room for the arrow from a box to itself, and its label
const TAB = 'this tab';
const EVENTS = ['MediaFlowInStateChanged', 'MediaFlowOutStateChanged', 'MediaTranscodingStateChanged',
    'ElementConnected', 'ElementDisconnected', 'Error'];

/** Subscribes to what the picture shows. */
export async function watch(element) {
    const more = /RecorderEndpoint$/.test(element.id) ? ['UriEndpointStateChanged', 'Recording', 'Stopped']
        : /PlayerEndpoint$/.test(element.id) ? ['UriEndpointStateChanged'] : [];
    await Promise.all([...EVENTS, ...more].map((type) => element.on(type, () => {})));
}

class Model {
    nodes = new Map(); // id -> {id, mine, peer, note, in: Set, out: Set, transcodes: Set} of AUDIO, VIDEO
    edges = new Map(); // "source sink" -> {source, sink, media: Set, transcoded: Set}, newest last

    node(id) {
        if (!this.nodes.has(id)) {
            this.nodes.set(id, {id, mine: false, peer: false, note: '', in: new Set(), out: new Set(), transcodes: new Set()});
        }
        return this.nodes.get(id);
    }
    connect(source, sink, media) {
        this.node(source);
        this.node(sink);
        for (const edge of this.edges.values()) // a sink has one source of a kind
            if (edge.sink === sink && edge.source !== source) this.disconnect(edge.source, sink, media);
        const key = `${source} ${sink}`;
        if (!this.edges.has(key)) this.edges.set(key, {source, sink, media: new Set(), transcoded: new Set()});
        this.edges.get(key).media.add(media);
    }
    disconnect(source, sink, media) {
        const edge = this.edges.get(`${source} ${sink}`);
        edge?.media.delete(media);
        if (edge?.media.size === 0) this.edges.delete(`${source} ${sink}`);
        // An element of another session is in the picture because of its connection.
        const used = (id) => [...this.edges.values()].some((e) => e.source === id || e.sink === id);
        if (this.nodes.get(sink)?.mine === false && !used(sink)) this.nodes.delete(sink);
    }
    /** The event names the source only; it is the newest connection that made it change. */
    transcoding(source, {mediaType, state}) {
        const own = [...this.edges.values()].filter((edge) => edge.source === source && edge.media.has(mediaType));
        if (state === 'TRANSCODING') own.at(-1)?.transcoded.add(mediaType);
        else for (const edge of own) edge.transcoded.delete(mediaType);
    }
    remove(id) { // and what is in it
        for (const node of [...this.nodes.keys()]) if (node.startsWith(id)) this.nodes.delete(node);
        for (const [key, edge] of this.edges)
            if (edge.source.startsWith(id) || edge.sink.startsWith(id)) this.edges.delete(key);
    }

    answered({method, params}, result) {
        if (method === 'create' && params.type !== 'MediaPipeline') {
            Object.assign(this.node(result.value), {mine: true, note: params.constructorParams.uri ?? ''});
        } else if (method === 'release') {
            this.remove(params.object);
        } else if (params.operation === 'processOffer') {
            this.node(params.object).peer = true;
        } else if (params.operation === 'connect') {
            const {sink, mediaType} = params.operationParams;
            for (const media of mediaType ? [mediaType] : ['AUDIO', 'VIDEO']) this.connect(params.object, sink, media);
        }
    }
    happened({object, type, data}) {
        const node = this.node(object);
        const flows = (set) => data.state === 'FLOWING' ? set.add(data.mediaType) : set.delete(data.mediaType);
        switch (type) {
        case 'MediaFlowInStateChanged': flows(node.in); break;
        case 'MediaFlowOutStateChanged': flows(node.out); break;
        case 'MediaTranscodingStateChanged':
            if (data.state === 'TRANSCODING') node.transcodes.add(data.mediaType);
            else node.transcodes.delete(data.mediaType);
            this.transcoding(object, data);
            break;
        case 'ElementConnected':
            if (data.mediaType !== 'DATA') this.connect(object, data.sink, data.mediaType);
            break;
        case 'ElementDisconnected': this.disconnect(object, data.sink, data.mediaType); break;
        case 'UriEndpointStateChanged': node.state = data.state; break;
        }
    }
}

const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
};
const words = (media) => [...media].map((kind) => kind.toLowerCase()).sort().reverse().join(' + ');
const clip = (text, n) => text.length > n ? `…${text.slice(1 - n)}` : text;

export class Diagram {
    #figure;
    #empty;
    #model = new Model();
    #narrow = matchMedia('(max-width: 44rem)');
    #due = false;

    constructor(figure, rivero) {
        this.#figure = figure;
        this.#empty = figure.innerHTML;
        rivero.addEventListener('response', ({detail: {message, request}}) => {
            if (message.error) return;
            this.#model.answered(request, message.result);
            this.#soon();
        });
        rivero.addEventListener('notification', ({detail: {message}}) => {
            const event = message.params.value;
            if (!this.#model.nodes.has(event.object)) return; // of the pipeline, or just released
            this.#model.happened(event);
            this.#soon();
        });
        rivero.addEventListener('sessionlost', () => {
            this.#model = new Model();
            this.#soon();
        });
        this.#narrow.addEventListener('change', () => this.#soon());
    }
    #soon() {
        if (this.#due) return;
        this.#due = true;
        setTimeout(() => { // not an animation frame: a tab in the background has none
            this.#due = false;
            this.#draw();
        }, 50);
    }

    /** Columns: this tab, what talks to it, everything else. @return id -> {x, y} of the boxes */
    #place() {
        const all = [...this.#model.nodes.values()];
        const own = all.filter(({mine, peer}) => mine && peer);
        const others = all.filter((node) => !own.includes(node));
        const edges = [...this.#model.edges.values()];
        const home = (node) => { // beside the first of our endpoints that it is connected to
            const at = own.findIndex(({id}) => edges.some(({source, sink}) =>
                (source === node.id && sink === id) || (sink === node.id && source === id)));
            return at < 0 ? own.length : at;
        };
        others.sort((a, b) => home(a) - home(b));
        const columns = [own.length ? [{id: TAB}] : [], own, others];
        const tallest = Math.max(...columns.map((column) => column.length));
        const down = this.#narrow.matches; // columns become rows
        const [along, across] = down ? ['y', 'x'] : ['x', 'y'];
        const size = {x: BOX.width, y: BOX.height};
        const places = new Map();
        columns.forEach((column, c) => column.forEach(({id}, i) => places.set(id, {
            [along]: MARGIN + c * (size[along] + (down ? 70 : GAP.along)),
            [across]: (down ? LOOP : MARGIN) + (i + (tallest - column.length) / 2) * (size[across] + GAP.across),
        })));
        const extent = (axis, n, gap, margin) => 2 * margin + n * size[axis] + (n - 1) * gap;
        const length = extent(along, others.length ? 3 : 2, down ? 70 : GAP.along, MARGIN);
        const breadth = extent(across, tallest, GAP.across, down ? LOOP : MARGIN);
        return {places, width: down ? breadth : length, height: down ? length : breadth, down};
    }

    #draw() {
        const {nodes, edges} = this.#model;
        if (!nodes.size) return void (this.#figure.innerHTML = this.#empty);
        const {places, width, height, down} = this.#place();
        const links = [...edges.values()].map(({source, sink, media, transcoded}) => {
            const from = nodes.get(source), to = nodes.get(sink);
            const moving = new Set([...media].filter((kind) => to.mine ? to.in.has(kind) : from.out.has(kind)));
            return {from: source, to: sink, media, moving, transcoded: transcoded.size > 0};
        });
        for (const {id, mine, peer, in: into, out} of nodes.values()) if (mine && peer) {
            links.push({from: TAB, to: id, media: out, moving: out}, {from: id, to: TAB, media: into, moving: into});
        }
        const drawing = svg('svg', {viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
            'aria-label': this.#say(links)},
            svg('defs', {}, ...['idle', 'flowing', 'transcoded'].map((kind) =>
                svg('marker', {id: `arrow-${kind}`, class: kind, viewBox: '0 0 8 8', refX: 7, refY: 4,
                    markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto-start-reverse'},
                    svg('path', {d: 'M0 0 8 4 0 8z'})))),
            ...links.map((link) => this.#link(link, places, down)),
            ...[...places].map(([id, place]) => this.#box(id, place)));
        this.#figure.replaceChildren(drawing);
    }
    #link({from, to, media, moving, transcoded}, places, down) {
        const kind = moving.size ? (transcoded ? 'transcoded' : 'flowing') : 'idle';
        const {d, x, y} = from === to ? selfLoop(places.get(from), down)
            : arrow(places.get(from), places.get(to), down, from === TAB || to === TAB);
        const label = moving.size ? words(moving) : words(media);
        return svg('g', {class: `link ${kind}`},
            svg('path', {d, 'marker-end': `url(#arrow-${kind})`}),
            svg('text', {x, y, 'text-anchor': 'middle'}, label),
            ...(transcoded && moving.size ? [svg('text', {x, y: y + 24, 'text-anchor': 'middle'}, 'transcoded')] : []));
    }
    #box(id, {x, y}) {
        const node = this.#model.nodes.get(id);
        const [name, own] = node ? shortId(id).split(' ') : ['This tab', 'RTCPeerConnection'];
        const lines = [node?.state && `${node.state.toLowerCase()} ·`, node?.note || own,
            node && !node.mine && '· other tab'].filter(Boolean).join(' ');
        const transcodes = node?.transcodes.size ? `transcodes ${words(node.transcodes)}` : '';
        return svg('g', {class: `box ${node ? (node.mine ? 'mine' : 'other') : 'tab'}`, transform: `translate(${x} ${y})`},
            svg('title', {}, id),
            svg('rect', {width: BOX.width, height: BOX.height, rx: 8}),
            svg('text', {x: 14, y: transcodes ? 23 : 28, class: 'name'}, name),
            svg('text', {x: 14, y: transcodes ? 40 : 47, class: 'note'}, clip(lines, 20)),
            ...(transcodes ? [svg('text', {x: 14, y: 56, class: 'note warn'}, transcodes)] : []));
    }
    /** The picture for those who hear it. */
    #say(links) {
        const name = (id) => id === TAB ? 'This tab' : shortId(id);
        return links.map(({from, to, moving, transcoded}) => `${name(from)} to ${name(to)}: ` +
            `${moving.size ? `${words(moving)} flows` : 'nothing flows'}${transcoded ? ', transcoded' : ''}.`).join(' ');
    }
}

/** From side to side. @param twin  two arrows share the way, each keeps to its right */
function arrow(a, b, down, twin) {
    const forward = down ? a.y < b.y : a.x < b.x;
    const level = down ? a.y === b.y : a.x === b.x;
    const shift = twin ? (forward ? -13 : 13) : 0;
    const {width, height} = BOX;
    const start = down ? {x: a.x + width / 2 + 2 * shift, y: a.y + (forward ? height : 0)}
        : {x: a.x + (forward ? width : 0), y: a.y + height / 2 + shift};
    const end = down ? {x: b.x + width / 2 + 2 * shift, y: b.y + (forward ? 0 : height)}
        : {x: b.x + (forward || level ? 0 : width), y: b.y + height / 2 + shift};
    const middle = {x: (start.x + end.x) / 2, y: (start.y + end.y) / 2};
    const d = down ? `M${start.x} ${start.y}C${start.x} ${middle.y} ${end.x} ${middle.y} ${end.x} ${end.y}`
        : `M${start.x} ${start.y}C${middle.x} ${start.y} ${middle.x} ${end.y} ${end.x} ${end.y}`;
    const side = down && twin ? (forward ? -44 : 44) : 0;
    return {d, x: middle.x + side, y: middle.y + (twin && !forward ? 15 : -7)};
}

function selfLoop({x, y}, down) {
    if (down) {
        const side = x + BOX.width, top = y + 14, bottom = y + BOX.height - 14;
        return {d: `M${side} ${top}C${side + 28} ${top - 8} ${side + 28} ${bottom + 8} ${side} ${bottom}`, x: side + 48, y: bottom + 16};
    }
    const left = x + BOX.width - 46, right = x + BOX.width - 16;
    return {d: `M${right} ${y}C${right + 8} ${y - 26} ${left - 8} ${y - 26} ${left} ${y}`, x: x + 50, y: y - 8};
}
