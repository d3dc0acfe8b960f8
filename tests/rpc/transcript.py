# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""A conversation with the server, line by line. README.md has the language."""

import collections
import json
import re
import time

from pattern import Mismatch, match, substitute
from rivero_client import Closed, WebSocket

LINE = re.compile(r"(?P<connection>[A-Z]?)(?P<arrow>->|=>|<-|<=|<\*)\s*(?P<rest>.*)")
DIRECTIVE = re.compile(r"@(?P<connection>[A-Z]?)\s*(?P<word>[a-z]+)\s*(?P<rest>.*)")
OPERATION = re.compile(r"(?P<object>\S+)\.(?P<operation>[A-Za-z]\w*)")


class Failure(Exception):
    pass


class NoEvent(Failure):
    """... so far."""


class Connection:
    """One WebSocket, whose answers and events wait apart from each other."""

    def __init__(self, url, timeout, observer):
        self.socket = WebSocket(url, timeout)
        self.timeout = timeout
        self.observer = observer
        self.answers = collections.deque()
        self.events = []
        self.dropped = set()
        self.session = None
        self.asked = collections.deque()  # what `=>` sent and `<=` has not seen yet: (id, sent params)

    def send(self, text):
        self.observer.on_sent(text)
        self.socket.send(text)

    def pump(self, until):
        """Takes one message in. TimeoutError when there is none."""
        left = until - time.monotonic()
        text = self.socket.receive(max(left, 0.001))
        if not text.isascii():
            raise Failure(f"text that is not escaped: {text}")
        message = json.loads(text) if text else ""
        self.observer.on_received(message)
        if isinstance(message, dict) and message.get("method") == "onEvent":
            if message["params"]["value"]["type"] not in self.dropped:
                self.events.append(message)
        else:
            self.answers.append(message)

    def next_answer(self):
        until = time.monotonic() + self.timeout
        while not self.answers:
            self.pump(until)
        return self.answers.popleft()

    def take_event(self, pattern, names, patience=None):
        """The first event that fits; others stay for the lines to come."""
        until = time.monotonic() + (self.timeout if patience is None else patience)
        seen = 0
        closest = None
        while True:
            while seen < len(self.events):
                attempt = {}
                try:
                    match(pattern, self.events[seen], attempt)
                except Mismatch as mismatch:
                    same = self.events[seen]["params"]["value"]["type"] == pattern["params"]["value"]["type"]
                    closest = mismatch if same or closest is None else closest
                    seen += 1
                    continue
                del self.events[seen]
                names.update(attempt)
                return
            try:
                self.pump(until)
            except TimeoutError:
                raise NoEvent(f"no such event; {f'the closest was not it: {closest}' if closest else 'there was none at all'}") from None

    def check_quiet(self):
        """Nothing has come that no line asked for. The server answers in order, so a ping shows what was on its way."""
        self.send(json.dumps({"jsonrpc": "2.0", "id": f"quiet-{time.monotonic_ns()}", "method": "ping"}))
        answer = self.next_answer()
        if not (isinstance(answer, dict) and isinstance(answer.get("result"), dict) and answer["result"].get("value") == "pong"):
            raise Failure(f"an answer that no line asked for: {json.dumps(answer)}")
        if self.events:
            raise Failure(f"an event that no line asked for: {json.dumps(self.events[0])}")


class Transcript:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.lines = [(i, line.rstrip("\n")) for i, line in enumerate(path.open(encoding="utf-8"), 1)]
        self.lines = [(i, line) for i, line in self.lines if line.strip() and not line.startswith("#")]
        self.settings = {}
        while self.lines and (found := re.match(r"@daemon\s+(.*)", self.lines[0][1])):
            self.settings.update(json.loads(found[1]))
            self.lines.pop(0)

    def run(self, url, names, timeout, observer):
        """@param names what stands for ${...} before the first line. Raises Failure with file and line."""
        run = Run(url, dict(names), timeout, observer)
        at = 0
        try:
            for at, line in self.lines:
                run.step(line)
            at = "end"
            run.end()
        except (Failure, Mismatch, ValueError, TimeoutError, ConnectionError) as error:
            line = dict(self.lines).get(at, "")
            raise Failure(f"{self.path.name}:{at}: {line}\n    {error}") from None
        finally:
            run.clean_up()


class Run:
    def __init__(self, url, names, timeout, observer):
        self.url = url
        self.names = names
        self.timeout = timeout
        self.observer = observer
        self.connections = {}
        self.sessions = set()
        # One count for all connections: a session that moves must not repeat an id. Lines with -> take smaller ones.
        self.last_id = 999

    def connection(self, name, path=None):
        if name not in self.connections:
            url = self.url if path is None else re.sub(r"(?<=\d)/.*", path, self.url)
            self.connections[name] = Connection(url, self.timeout, self.observer)
        return self.connections[name]

    def step(self, line):
        if found := DIRECTIVE.fullmatch(line):
            return self.directive(found["connection"], found["word"], substitute(found["rest"], self.names))
        found = LINE.fullmatch(line)
        if not found:
            raise Failure("this line is neither a message nor a directive")
        connection = self.connection(found["connection"])
        rest = substitute(found["rest"], self.names)
        return {"->": self.send, "=>": self.ask, "<-": self.expect, "<=": self.expect_result, "<*": self.expect_event}[
            found["arrow"]
        ](connection, rest)

    def directive(self, name, word, rest):
        if word == "connect":
            self.connections.pop(name, None)
            return self.connection(name, rest or None)
        if word == "let":
            key, _, value = rest.partition("=")
            self.names[key.strip()] = json.loads(value)
            return None
        if word == "edit":  # NAME /REGEX/REPLACEMENT/: what was named with something of it replaced
            key, _, command = rest.partition(" ")
            _, regex, replacement, _ = command.strip().split("/")
            changed = re.sub(regex, replacement, self.names[key], flags=re.MULTILINE)
            if changed == self.names[key]:
                raise Failure(f"there is nothing like /{regex}/ in {key}")
            self.names[key] = changed
            return None
        connection = self.connection(name)
        if word == "until":
            return self.repeat_until(connection, *rest.split(" : "))
        if word == "big":  # SIZE: a ping with so many bytes in it
            request = json.dumps({"jsonrpc": "2.0", "id": "big", "method": "ping", "params": {"text": ""}})
            try:
                return connection.send(request.replace('""', f'"{"x" * (int(rest) - len(request))}"'))
            except ConnectionError:
                return None  # closed before it was all sent
        if word == "quiet":
            return connection.check_quiet()
        if word == "drop":
            connection.dropped |= set(rest.split())
            connection.events = [e for e in connection.events if e["params"]["value"]["type"] not in connection.dropped]
            return None
        if word in ("close", "cut"):
            getattr(connection.socket, word)()
            del self.connections[name]
            return None
        if word == "closed":
            return self.expect_closed(name, rest)
        raise Failure(f"there is no directive @{word}")

    def expect_closed(self, name, rest):
        code, _, reason = rest.partition(" ")
        codes = [int(c) for c in code.split("|")]
        try:
            answer = self.connection(name).next_answer()
            raise Failure(f"the server does not close, but says {json.dumps(answer)}")
        except Closed as closed:
            if closed.code not in codes:
                raise Failure(f"the server closes with {closed.code} {closed.reason}") from None
            match(json.loads(reason), closed.reason, self.names, "the reason")
        del self.connections[name]

    def send(self, connection, text):
        connection.send(text)

    def ask(self, connection, rest):
        what, _, params = rest.partition(" ")
        params = json.loads(params) if params.strip() else None
        if found := OPERATION.fullmatch(what):
            method = "invoke"
            invoked = {"object": found["object"], "operation": found["operation"]}
            params = invoked if params is None else {**invoked, "operationParams": params}
        else:
            method = what
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        if params is not None:
            request["params"] = params
        connection.asked.append((self.last_id, method, params if isinstance(params, dict) else {}))
        connection.send(json.dumps(request))

    def expect(self, connection, rest):
        wanted = json.loads(rest)
        if isinstance(wanted, dict) and wanted.get("method") == "onEvent":
            return connection.take_event(wanted, self.names)
        answer = connection.next_answer()
        match(wanted, answer, self.names)
        self.note_session(connection, answer)
        return None

    def expect_result(self, connection, rest):
        if not connection.asked:
            raise Failure("nothing was asked with =>")
        request_id, method, params = connection.asked.popleft()
        answer = connection.next_answer()
        envelope = {"jsonrpc": "2.0", "id": request_id}
        if rest == "error":
            envelope["error"] = "$object"
        elif found := re.fullmatch(r"error (-?\d+)(?: ([A-Z_]+))?(?: (\".*\"))?", rest):
            error = {"code": int(found[1]), "message": json.loads(found[3]) if found[3] else "$text"}
            if found[2]:
                error["data"] = {"type": found[2]}
            envelope["error"] = error
        else:
            wanted = json.loads(rest)
            if method == "invoke":
                wanted = {"value": wanted}
            if isinstance(wanted, dict) and "sessionId" not in wanted:
                known = params.get("sessionId", connection.session)
                wanted["sessionId"] = known if known is not None else "$string"
            envelope["result"] = wanted
        match(envelope, answer, self.names)
        self.note_session(connection, answer)

    def repeat_until(self, connection, event, *requests):
        """Asks the same again and again, each of it answered with success, until the event has come."""
        until = time.monotonic() + self.timeout
        while True:
            for request in requests:
                found = re.fullmatch(r"([A-Z]?)=>\s*(.*)", request)
                self.ask(self.connection(found[1]), found[2])
                self.expect_result(self.connection(found[1]), '{"$others":"$any"}')
            try:
                return self.expect_event(connection, event, 0.05)
            except NoEvent:
                if time.monotonic() > until:
                    raise

    def expect_event(self, connection, rest, patience=None):
        """TYPE OBJECT DATA: the event in its envelope, with what all events have."""
        event, source, data = rest.split(" ", 2)
        data = {"source": source, "timestampMillis": "$millis", "tags": [], "type": event, **json.loads(data)}
        value = {"data": data, "object": source, "type": event}
        connection.take_event({"jsonrpc": "2.0", "method": "onEvent", "params": {"value": value}}, self.names, patience)

    def note_session(self, connection, answer):
        result = answer.get("result") if isinstance(answer, dict) else None
        if isinstance(result, dict) and isinstance(result.get("sessionId"), str):
            connection.session = result["sessionId"]
            self.sessions.add(connection.session)

    def end(self):
        for connection in self.connections.values():
            connection.check_quiet()

    def clean_up(self):
        """Leaves nothing behind for the next transcript of this daemon."""
        for connection in self.connections.values():
            connection.socket.close()
        if not self.sessions:
            return
        last = Connection(self.url, self.timeout, self.observer)
        for i, session in enumerate(sorted(self.sessions)):
            request = {"jsonrpc": "2.0", "id": f"clean-{i}", "method": "closeSession", "params": {"sessionId": session, "release": True}}
            last.socket.send(json.dumps(request))
            last.next_answer()
        last.socket.close()
