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


class Client:
    """A WebSocket (RFC 6455) with JSON-RPC 2.0 on it."""

    def __init__(self, url, timeout=30):
        parts = urllib.parse.urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self._timeout = timeout
        self._bytes = b""
        self._last_id = 0
        self._session = None
        self._events = collections.deque()
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            (
                f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **params):
        """The result of a request; events that arrive before it wait for next_event()."""
        self._last_id += 1
        if self._session:
            params.setdefault("sessionId", self._session)
        self._send(json.dumps({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}))
        while True:
            message = json.loads(self._receive())
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
            self._note(json.loads(self._receive()))
        raise TimeoutError(f"no {event_type} event")

    def _note(self, message):
        if message.get("method") == "onEvent":
            self._events.append(message["params"]["value"])

    def _read_more(self):
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the server has closed the connection")
        self._bytes += more

    def _take(self, count):
        while len(self._bytes) < count:
            self._read_more()
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken

    def _send(self, text, opcode=1):
        payload = text.encode() if isinstance(text, str) else text
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def _receive(self):
        whole = b""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self._take(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._take(8))
            payload = self._take(size)
            opcode = first & 0x0F
            if opcode == 8:
                raise ConnectionError("the server has closed the WebSocket")
            if opcode == 9:
                self._send(payload, opcode=10)
            elif opcode in (0, 1):
                whole += payload
                if first & 0x80:
                    return whole.decode()


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
