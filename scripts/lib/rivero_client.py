# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""A daemon and a client for scripts and tests, with nothing but Python's standard library.

Not for applications: one thread, one connection, text messages only.
"""

import base64
import collections
import json
import os
import re
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']} {error['message']}")
        self.code = error["code"]
        self.error = error


class Closed(ConnectionError):
    """The server has closed the WebSocket, in its words; code 1006 when it said none (RFC 6455 section 7.4.1)."""

    def __init__(self, code=1006, reason=""):
        super().__init__(f"the server has closed the WebSocket: {code} {reason}")
        self.code = code
        self.reason = reason


class WebSocket:
    """Text messages over RFC 6455. Pings of the server are answered while somebody receives."""

    def __init__(self, url, timeout=30):
        parts = urllib.parse.urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self._timeout = timeout
        self._bytes = b""
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            (
                f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        while b"\r\n\r\n" not in self._bytes:
            self._read_more()
        head, self._bytes = self._bytes.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))

    def close(self):
        self._socket.close()

    def cut(self):
        """Ends the TCP connection with a reset, as a network or a crash does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def send(self, text):
        self._send_frame(text.encode(), opcode=1)

    def receive(self, timeout=None):
        """The next message. TimeoutError when none comes, Closed when none will."""
        until = time.monotonic() + (timeout or self._timeout)
        whole = b""
        while True:
            opcode, last, payload = self._take_frame(until)
            if opcode == 8:
                if len(payload) < 2:
                    raise Closed(1005)
                raise Closed(struct.unpack("!H", payload[:2])[0], payload[2:].decode())
            if opcode == 9:
                self._send_frame(payload, opcode=10)
            elif opcode in (0, 1):
                whole += payload
                if last:
                    return whole.decode()

    def _read_more(self, until=None):
        left = self._timeout if until is None else until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server says nothing")
        self._socket.settimeout(left)
        try:
            more = self._socket.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            raise Closed
        self._bytes += more

    def _need(self, count, until):
        while len(self._bytes) < count:
            self._read_more(until)

    def _take_frame(self, until):
        # Nothing is taken before the frame is whole: after a timeout the next call finds it in order.
        self._need(2, until)
        first, size = self._bytes[0], self._bytes[1] & 0x7F
        start = 2
        if size == 126:
            self._need(4, until)
            (size,), start = struct.unpack("!H", self._bytes[2:4]), 4
        elif size == 127:
            self._need(10, until)
            (size,), start = struct.unpack("!Q", self._bytes[2:10]), 10
        self._need(start + size, until)
        payload, self._bytes = self._bytes[start : start + size], self._bytes[start + size :]
        return first & 0x0F, bool(first & 0x80), payload

    def _send_frame(self, payload, opcode):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        stream = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
        self._socket.sendall(head + mask + masked)


class Client:
    """JSON-RPC 2.0 on a WebSocket."""

    def __init__(self, url, timeout=30):
        self._socket = WebSocket(url, timeout)
        self._timeout = timeout
        self._last_id = 0
        self._session = None
        self._events = collections.deque()

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **params):
        """The result of a request; events that arrive before it wait for next_event()."""
        self._last_id += 1
        if self._session:
            params.setdefault("sessionId", self._session)
        self._socket.send(json.dumps({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.receive())
            if message.get("id") == self._last_id and "method" not in message:
                break
            self._note(message)
        if "error" in message:
            raise RpcError(message["error"])
        result = message.get("result") or {}
        self._session = result.get("sessionId", self._session)
        return result

    def create(self, type_name, **constructor_params):
        return self.call("create", type=type_name, constructorParams=constructor_params)["value"]

    def invoke(self, object_id, operation, **params):
        return self.call("invoke", object=object_id, operation=operation, operationParams=params).get("value")

    def subscribe(self, object_id, event_type):
        return self.call("subscribe", object=object_id, type=event_type)["value"]

    def next_event(self, event_type):
        """The data of the next event of this type; others are dropped."""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            while self._events:
                event = self._events.popleft()
                if event["type"] == event_type:
                    return event["data"]
            self._note(json.loads(self._socket.receive()))
        raise TimeoutError(f"no {event_type} event")

    def _note(self, message):
        if message.get("method") == "onEvent":
            self._events.append(message["params"]["value"])


class Daemon:
    """A rivero on a free port of the loopback, for as long as the `with` lasts."""

    def __init__(self, program, *options):
        self._log = tempfile.TemporaryFile(mode="w+")
        # Settings of the caller's environment are not for this daemon.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RIVERO_")}
        self._process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
        )
        line = self._process.stdout.readline()
        found = re.match(r"listening on (ws://\S+)", line)
        if not found:
            self._process.wait()
            raise RuntimeError(f"{program} does not listen: {line}\n{self.log()}")
        self.url = found.group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        #: 0 after an orderly end; negative: the signal that ended it.
        self.exit_code = self._process.returncode
        self._process.stdout.close()
        self._log.close()

    @property
    def pid(self):
        return self._process.pid

    def alive(self):
        return self._process.poll() is None

    def log(self):
        """Standard error so far."""
        self._log.seek(0)
        return self._log.read()

    def client(self):
        return Client(self.url)
