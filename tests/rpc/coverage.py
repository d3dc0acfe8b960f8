# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the wire: what was called and seen, and what the server has that no transcript has touched."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def declared_errors():
    """{code: data.type} as the sources have them. -32xxx have none, or INVALID_PARAMS."""
    enumerators = (ROOT / "include/rivero/remote/error.hpp").read_text(encoding="utf-8")
    names = dict(re.findall(r'case ErrorCode::(\w+):\s*return "(\w+)";', (ROOT / "src/remote/error.cpp").read_text(encoding="utf-8")))
    envelope = (ROOT / "src/jsonrpc/message.hpp").read_text(encoding="utf-8")
    errors = {int(code): names[name] for name, code in re.findall(r"^    (\w+) = (4\d{4}),$", enumerators, re.MULTILINE)}
    errors.update({int(code): None for code in re.findall(r"^inline constexpr int k\w+ = (-32\d{3});$", envelope, re.MULTILINE)})
    return errors


ERRORS = declared_errors()

METHODS = {
    "connect", "create", "invoke", "subscribe", "unsubscribe", "release", "ref", "unref", "keepAlive", "describe",
    "transaction", "ping", "closeSession",
}  # fmt: skip


def accessor(prefix, name):
    return prefix + name[0].upper() + name[1:]


class Observer:
    """Sees every message of every connection, and objects to errors that are not spelled as the protocol has them."""

    def __init__(self):
        self.methods = set()
        self.invoked = set()  # (class, operation)
        self.created = set()
        self.described = set()
        self.errors = set()
        self.events = set()  # (class, event)

    def on_sent(self, text):
        try:
            self.note_request(json.loads(text))
        except ValueError:
            pass  # some transcripts send what is no JSON

    def note_request(self, request):
        if not isinstance(request, dict) or not isinstance(params := request.get("params") or {}, dict):
            return
        method = request.get("method")
        if not isinstance(method, str):
            return
        self.methods.add(method)
        target = params.get("object")
        if method == "invoke" and isinstance(target, str) and isinstance(params.get("operation"), str):
            self.invoked.add((class_of(target), params["operation"]))
        elif method == "describe" and isinstance(target, str):
            self.described.add(class_of(target))
        elif method == "create" and isinstance(params.get("type"), str):
            self.created.add(params["type"].split(".")[-1])
        elif method == "transaction" and isinstance(params.get("operations"), list):
            for operation in params["operations"]:
                self.note_request(operation)

    def on_received(self, message):
        if not isinstance(message, dict):
            return
        if "error" in message:
            self.note_error(message["error"])
        result = message.get("result")
        if isinstance(result, dict) and isinstance(result.get("value"), list):
            for inner in result["value"]:
                if isinstance(inner, dict) and isinstance(inner.get("error"), dict):
                    self.note_error(inner["error"])
        if message.get("method") == "onEvent":
            value = message["params"]["value"]
            self.events.add((class_of(value["object"]), value["type"]))

    def note_error(self, error):
        code = error["code"]
        self.errors.add(code)
        if code <= -32000:
            return
        name = error.get("data", {}).get("type")
        if code in ERRORS and name != ERRORS[code]:
            raise ValueError(f"error {code} is of type {name} instead of {ERRORS[code]}")


def class_of(object_id):
    return re.split(r"[_.]", object_id)[-1]


def gaps(observer, modules, others, exceptions):
    """What `modules` (descriptors of the server) declare and nobody has touched, as lines of text.
    @param others descriptors of what was loaded besides: its classes count for those that they extend
    @param exceptions {"operations": {"Class.operation": reason}, "events": ..., "classes": ..., "errors": {"40005": reason}}"""
    classes = {c["name"]: c for module in modules for c in module["remoteClasses"]}
    known = classes | {c["name"]: c for module in others for c in module["remoteClasses"]}

    def ancestors(name):
        while name in known:
            yield name
            name = known[name].get("extends")

    operations = {(ancestor, operation) for name, operation in observer.invoked for ancestor in ancestors(name)}
    events = {(ancestor, event) for name, event in observer.events for ancestor in ancestors(name)}
    missing = []
    for name, declared in classes.items():
        if name in exceptions["classes"]:
            continue
        wanted = [m["name"] for m in declared.get("methods", [])]
        for p in declared.get("properties", []):
            wanted.append(accessor("get", p["name"]))
            if not p.get("readOnly") and not p.get("final"):
                wanted.append(accessor("set", p["name"]))
        missing += [f"{name}.{o} is never invoked" for o in wanted
                    if (name, o) not in operations and f"{name}.{o}" not in exceptions["operations"]]  # fmt: skip
        missing += [f"{name} never raises {e}" for e in declared.get("events", [])
                    if (name, e) not in events and f"{name}.{e}" not in exceptions["events"]]  # fmt: skip
        if not declared.get("abstract") and name != "ServerManager" and name not in observer.created:
            missing.append(f"{name} is never created")
        if not declared.get("abstract") and name not in observer.described:
            missing.append(f"{name} is never described")
    missing += [f"the method {m} is never called" for m in sorted(METHODS - observer.methods)]
    missing += [f"error {code} {ERRORS[code] or ''} never comes" for code in ERRORS
                if code not in observer.errors and str(code) not in exceptions["errors"]]  # fmt: skip
    missing += [f"error {code} has come: it is no exception any more" for code in observer.errors if str(code) in exceptions["errors"]]
    return missing
