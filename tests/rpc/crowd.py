#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""A crowd of clients who ask for anything at once: they share sessions and objects, release what others use, and vanish.

Each request is answered once, in order, with a result or an error of the protocol, and nothing is left over in the end.
"""

import argparse
import json
import pathlib
import random
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts" / "lib"))

from coverage import ERRORS  # noqa: E402
from rivero_client import Daemon, WebSocket  # noqa: E402

INTERNAL_ERROR = -32603
TYPES = ["PassThrough", "WebRtcEndpoint", "PlayerEndpoint", "RecorderEndpoint"]
EVENTS = ["ElementConnected", "ElementDisconnected", "Error", "MediaFlowInStateChanged", "ConnectionStateChanged", "NoSuchEvent"]
OPERATIONS = [
    "getName", "getChildren", "getSinkConnections", "generateOffer", "gatherCandidates", "play", "pause", "record", "stop",
    "stopAndWait", "getStats", "getGstreamerDot", "getLocalSessionDescriptor", "getTags", "getPosition", "requestKeyframe",
]  # fmt: skip


class Objects:
    """The latest ids, for all clients."""

    def __init__(self):
        self._ids = []
        self._lock = threading.Lock()

    def add(self, object_id):
        with self._lock:
            self._ids = [*self._ids[-59:], object_id]

    def pick(self, dice):
        with self._lock:
            return dice.choice(self._ids) if self._ids and dice.random() < 0.95 else "nobody"


class Visitor(threading.Thread):
    def __init__(self, url, number, seed, requests, objects, patience):
        super().__init__()
        self.url = url
        self.number = number
        self.dice = random.Random(f"{seed} {number}")
        self.requests = requests
        self.objects = objects
        self.patience = patience
        self.answers = 0
        self.complaints = []

    def session(self):
        return f"crowd {self.dice.randrange(6)}"

    def request(self, nested=False):
        dice, pick = self.dice, lambda: self.objects.pick(self.dice)
        kinds = {
            "pipeline": 12, "create": 23, "connect": 15, "invoke": 12, "subscribe": 10, "release": 10, "unref": 4, "ref": 4,
            "ping": 2, "closeSession": 2, "rebind": 2, "describe": 2, "transaction": 0 if nested else 3,
        }  # fmt: skip
        kind = dice.choices(list(kinds), list(kinds.values()))[0]
        if kind == "pipeline":
            return "create", {"type": "MediaPipeline"}
        if kind == "create":
            return "create", {"type": dice.choice(TYPES), "constructorParams": {"mediaPipeline": pick(), "uri": "file:///nothing"}}
        if kind == "connect":
            return "invoke", {"object": pick(), "operation": dice.choice(["connect", "disconnect"]), "operationParams": {"sink": pick()}}
        if kind == "invoke":
            return "invoke", {"object": pick(), "operation": dice.choice(OPERATIONS)}
        if kind == "subscribe":
            return "subscribe", {"object": pick(), "type": dice.choice(EVENTS)}
        if kind == "rebind":
            return "connect", {"sessionId": self.session()}
        if kind == "closeSession":
            return "closeSession", {"sessionId": self.session(), "release": dice.random() < 0.3}
        if kind == "ping":
            return "ping", {}
        if kind != "transaction":
            return kind, {"object": pick(), "sessionId": self.session()}
        operations = []
        for i in range(dice.randrange(4)):
            method, params = self.request(nested=True)
            if i > 0 and "object" in params and dice.random() < 0.5:
                params["object"] = f"newref:{dice.randrange(i)}"
            operations.append({"jsonrpc": "2.0", "id": i, "method": method, "params": params})
        return "transaction", {"operations": operations}

    def run(self):
        try:
            self.visit()
        except Exception as error:  # noqa: BLE001: whatever it is, it is a complaint
            self.complaints.append(f"visitor {self.number}: {error!r}")

    def visit(self):
        socket, asked, request_id = None, [], self.number * 1_000_000
        while self.answers < self.requests:
            if socket is None:
                socket, asked = WebSocket(self.url, self.patience), []
            for _ in range(self.dice.randrange(1, 20)):
                request_id += 1
                method, params = self.request()
                if self.dice.random() < 0.3:
                    params.setdefault("sessionId", self.session())
                asked.append((request_id, method))
                socket.send(json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}))
            if self.dice.random() < 0.03:
                socket.cut()
                socket = None
                continue
            while asked:
                message = json.loads(socket.receive())
                if message.get("method") != "onEvent":
                    self.judge(*asked.pop(0), message)
        if socket:
            socket.close()

    def judge(self, request_id, method, answer):
        self.answers += 1
        if answer.get("id") != request_id:
            raise AssertionError(f"{method} {request_id} is answered by {json.dumps(answer)[:300]}")
        if "error" in answer:
            code, message = answer["error"]["code"], answer["error"]["message"]
            if code not in ERRORS or code == INTERNAL_ERROR or "Unexpected" in message:
                self.complaints.append(f"{method}: {code} {message}")
        elif method == "create":
            self.objects.add(answer["result"]["value"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivero", default=HERE.parent.parent / "build" / "release" / "rivero")
    parser.add_argument("--modules")
    parser.add_argument("--requests", type=int, default=5000, help="of each visitor")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", type=float, default=1)
    arguments = parser.parse_args()
    modules = arguments.modules or pathlib.Path(arguments.rivero).parent / "modules"
    options = ["--modules", str(modules), "--hosts", "2"]
    for setting in ("rtc.networkInterfaces=lo", "sessions.collectorPeriod=1", "log.levels=warn"):
        options += ["--set", setting]
    objects = Objects()
    complaints = []
    started = time.monotonic()
    with Daemon(str(arguments.rivero), *options) as daemon:
        visitors = [Visitor(daemon.url, n, arguments.seed, arguments.requests, objects, 20 * arguments.slow) for n in range(8)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
            complaints += visitor.complaints
        if daemon.alive():
            complaints += leftovers(daemon, 20 * arguments.slow)
        else:
            complaints.append("the daemon is gone")
        log = daemon.log()
    if daemon.exit_code != 0:
        complaints.append(f"the daemon ends with {daemon.exit_code}")
    for word in ("Sanitizer", "runtime error:", "unforeseen"):
        if word in log:
            complaints.append(f"the log has '{word}':\n{log[-8000:]}")
    for complaint in complaints:
        print(complaint)
    print(f"{sum(v.answers for v in visitors)} answers in {time.monotonic() - started:.1f} s, {len(complaints)} complaints")
    return 1 if complaints else 0


def leftovers(daemon, patience):
    """The collector takes what nobody has any more."""
    end = time.monotonic() + patience
    with daemon.client() as client:
        while left := client.invoke("manager_ServerManager", "getPipelines"):
            if time.monotonic() > end:
                return [f"{len(left)} pipelines are left over"]
            time.sleep(0.2)
    return []


if __name__ == "__main__":
    sys.exit(main())
