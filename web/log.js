// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// The panel with the JSON-RPC traffic: one line per call with its answer, and one per event.

const KEEP = 500;
const ROUTINE = /^ping |IceCandidate|subscribe/;

const make = (tag, className, text = '') =>
    Object.assign(document.createElement(tag), {className, textContent: text});

/** `…/uuid_kurento.WebRtcEndpoint` is known by its class and the first digits of its own uuid. */
export function shortId(id) {
    const own = id.split('/').at(-1);
    const [uuid, name] = [own.slice(0, own.indexOf('_')), own.slice(own.indexOf('_') + 1)];
    const type = name.split('.').at(-1);
    return uuid === 'manager' ? type : `${type} ${uuid.slice(0, 4)}`;
}

/** Pretty-printed and coloured, as nodes: what peers send never becomes markup. */
function json(value) {
    const pre = make('pre', 'json');
    const text = JSON.stringify(value, null, 2);
    const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
    let from = 0;
    for (const match of text.matchAll(token)) {
        pre.append(text.slice(from, match.index));
        const kind = match[2] !== undefined ? 'key' : match[1] ? 'string' : 'literal';
        // An SDP in one line is for machines: its lines end here, too.
        const shown = (match[1] ?? match[0]).replaceAll('\\r\\n', '\\r\\n\n');
        pre.append(make('span', kind, shown), match[2] ?? '');
        from = match.index + match[0].length;
    }
    pre.append(text.slice(from));
    return pre;
}

function title({method, params = {}}) {
    const target = params.object ? shortId(params.object) : '';
    switch (method) {
    case 'create': return `create ${params.type}`;
    case 'invoke': return `${target} . ${params.operation}`;
    case 'subscribe': return `${target} subscribe ${params.type}`;
    default: return `${method} ${target}`;
    }
}

export async function copy(text, button) {
    try {
        await navigator.clipboard.writeText(text);
    } catch { // no permission, or not a secure page: the old way asks for none
        const area = Object.assign(document.createElement('textarea'), {value: text});
        document.body.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
    }
    const label = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1200);
}

export class Log {
    #list;
    #count;
    #filter;
    #entries = new Map(); // element -> entry, oldest first
    #calls = new Map();   // request id -> entry without an answer

    /** @param root has .entries, .count, [name=text], [name=kind], [name=routine], .copy, .clear */
    constructor(root, rivero) {
        this.#list = root.querySelector('.entries');
        this.#count = root.querySelector('.count');
        this.#filter = root.querySelector('form');
        this.#filter.addEventListener('input', () => this.#refilter());
        this.#filter.addEventListener('submit', (event) => event.preventDefault());
        root.querySelector('.clear').addEventListener('click', () => this.#clear());
        root.querySelector('.copy').addEventListener('click', (event) =>
            copy(this.#visible().map((entry) => this.#text(entry)).join('\n'), event.currentTarget));
        rivero.addEventListener('request', ({detail}) => this.#request(detail.message));
        rivero.addEventListener('response', ({detail}) => this.#response(detail));
        rivero.addEventListener('notification', ({detail}) => this.#notification(detail.message));
    }

    #request(message) {
        if (this.#calls.has(message.id)) return; // sent again after a reconnection
        this.#calls.set(message.id, this.#add('call', title(message), [message]));
    }
    #response({message, ms}) {
        const entry = this.#calls.get(message.id);
        this.#calls.delete(message.id);
        if (!entry) return;
        entry.messages.push(message);
        if (message.error) entry.kind = 'error';
        entry.element.className = `entry ${entry.kind}`;
        entry.state.textContent = message.error ? `error ${message.error.code}` : `${Math.round(ms)} ms`;
        if (entry.element.open) this.#fill(entry);
        this.#show(entry);
    }
    #notification(message) {
        const {object, type} = message.params.value;
        this.#add(type === 'Error' ? 'error' : 'event', `${shortId(object)} : ${type}`, [message]);
    }

    #add(kind, text, messages) {
        const element = make('details', `entry ${kind}`);
        const summary = make('summary', '');
        const state = make('span', 'state', kind === 'call' ? '…' : 'event');
        summary.append(make('time', '', new Date().toTimeString().slice(0, 8)), make('span', 'title', text), state);
        element.append(summary);
        const entry = {kind, text, messages, element, state};
        element.addEventListener('toggle', () => element.open && this.#fill(entry));
        this.#entries.set(element, entry);
        const follow = this.#list.scrollTop + this.#list.clientHeight >= this.#list.scrollHeight - 40;
        this.#list.append(element);
        this.#show(entry);
        while (this.#entries.size > KEEP) this.#remove(this.#entries.keys().next().value);
        if (follow) this.#list.scrollTop = this.#list.scrollHeight;
        return entry;
    }
    #remove(element) {
        const entry = this.#entries.get(element);
        this.#entries.delete(element);
        if (entry.messages.length === 1) this.#calls.delete(entry.messages[0].id);
        element.remove();
        this.#recount();
    }
    /** The JSON is built when somebody wants to see it. */
    #fill(entry) {
        entry.element.querySelector('.body')?.remove();
        const body = make('div', 'body');
        const button = make('button', 'quiet', 'Copy');
        button.type = 'button';
        button.addEventListener('click', () => copy(this.#text(entry), button));
        body.append(button, ...entry.messages.map(json));
        entry.element.append(body);
    }
    #text({messages}) {
        return messages.map((message) => JSON.stringify(message)).join('\n');
    }
    #passes({kind, text, messages}) {
        const {text: wanted, kind: kinds, routine} = Object.fromEntries(new FormData(this.#filter));
        if (!routine && kind !== 'error' && ROUTINE.test(text)) return false;
        if (kinds !== 'all' && kinds !== kind) return false;
        return !wanted || `${text} ${JSON.stringify(messages)}`.toLowerCase().includes(wanted.toLowerCase());
    }
    #show(entry) {
        entry.element.hidden = !this.#passes(entry);
        this.#recount();
    }
    #refilter() {
        for (const entry of this.#entries.values()) entry.element.hidden = !this.#passes(entry);
        this.#recount();
    }
    #visible() {
        return [...this.#entries.values()].filter(({element}) => !element.hidden);
    }
    #recount() {
        const shown = this.#visible().length, all = this.#entries.size;
        this.#count.textContent = shown === all ? `${all}` : `${shown} of ${all}`;
    }
    #clear() {
        this.#entries.clear();
        this.#calls.clear();
        this.#list.replaceChildren();
        this.#recount();
    }
}
