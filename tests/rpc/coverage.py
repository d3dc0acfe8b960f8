# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the wire: what was called and seen, and what the server has that no transcript has touched."""

import json
import re

# Named in `error.data.type`; the spelling of two of them is part of the protocol. -32xxx have no type, or INVALID_PARAMS.
ERRORS = {
    40001: "MARSHALL_ERROR",
    40003: "UNEXPECTED_ERROR",
    40004: "CONNECT_ERROR",
    40007: "INVALID_SESSION",
    40008: "MALFORMED_TRANSACTION",
    40009: "NOT_ENOUGH_RESOURCES",
    40101: "MEDIA_OBJECT_NOT_FOUND",
    40106: "MEDIA_OBJECT_EVENT_NOT_SUPPORTED",
    40107: "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR",
    40108: "MEDIA_OBJECT_NOT_AVAILABLE",
    40109: "MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT",
    40110: "MEDIA_OBJECT_TAG_KEY_NOT_FOUND",
    40111: "MEDIA_OBJECT_OPERATION_NOT_SUPPORTED",
    40201: "SDP_PARSE_ERROR",
    40202: "SDP_END_POINT_NO_LOCAL_SDP_ERROR",
    40203: "SDP_END_POINT_NO_REMOTE_SDP_ERROR",
    40205: "SDP_END_POINT_PROCESS_OFFER_ERROR",
    40206: "SDP_END_POINT_PROCESS_ANSWER_ERROR",
    40208: "SDP_END_POINT_ALREADY_NEGOTIATED",
    40209: "SDP_END_POINT_NOT_OFFER_GENERATED",
    40210: "SDP_END_POINT_ANSWER_ALREADY_PROCCESED",
    40401: "ICE_ADD_CANDIDATE_ERROR",
    40500: "SERVER_MANAGER_ERROR_KMD_NOT_FOUND",
    40700: "PLAYER_SEEK_FAIL",
    -32700: None,
    -32600: None,
    -32601: None,
    -32602: "INVALID_PARAMS",
    -32000: None,
}

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


def gaps(observer, modules, exceptions):
    """What `modules` (descriptors of the server) declare and nobody has touched, as lines of text.
    @param exceptions {"operations": {"Class.operation": reason}, "events": ..., "classes": ...}"""
    classes = {c["name"]: c for module in modules for c in module["remoteClasses"]}

    def ancestors(name):
        while name in classes:
            yield name
            name = classes[name].get("extends")

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
    missing += [f"error {code} {ERRORS[code] or ''} never comes" for code in ERRORS if code not in observer.errors]
    return missing
