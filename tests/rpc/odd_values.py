#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""Gives every parameter of every operation and constructor, as the descriptors have them, a value of every kind.

Each call is answered: with a value, or with an error that the protocol has, whose message is no accident. The server goes on.
"""

import argparse
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts" / "lib"))

from coverage import ERRORS, accessor  # noqa: E402
from rivero_client import Daemon, RpcError  # noqa: E402

MANAGER = "manager_ServerManager"
# What is wrong for nearly everybody, and what is at the edge for somebody.
ODD = [
    None, True, False, 0, 1, -1, 2147483647, -2147483648, 2147483648, 4294967296, 9223372036854775807, -9223372036854775808,
    18446744073709551615, 0.5, -0.5, 1e308, -1e308, 1e-320, "", "x", "0", "newref:0", "newref:", "\u0000", "\ud83d\ude00", "x" * 100_000,
    [], [None], [[]], ["x"], [1, "x", None], {}, {"x": 1}, {"__module__": "kurento", "__type__": "Fraction"},
    {"__module__": 1, "__type__": []}, {"__type__": "Nothing"}, {"key": None}, MANAGER, "file:///nothing", "v=0\r\n", "%00%ff",
]  # fmt: skip
# Measured while the caller waits, for as long as he says: not tried with all numbers.
SLOW = {"getUsedCpu"}


def complex_values(declared, types):
    """Complex values that are nearly right: each member odd in its turn, and each left out."""
    if declared["typeFormat"] == "ENUM":
        return list(declared["values"]) + [declared["values"][0].lower()]
    members = {p["name"]: example(p["type"], types) for p in members_of(declared, types)}
    values = [members]
    for name in members:
        values.append({k: v for k, v in members.items() if k != name})
        values += [{**members, name: odd} for odd in ODD[:28]]
    return values


def members_of(declared, types):
    base = types.get(declared.get("extends"))
    return (members_of(base, types) if base else []) + declared.get("properties", [])


def example(kind, types):
    """A value that is right as far as its type goes."""
    if kind.endswith("[]"):
        return [example(kind[:-2], types)]
    if kind.endswith("<>"):
        return {"x": example(kind[:-2], types)}
    declared = types.get(kind)
    if declared:
        if declared["typeFormat"] == "ENUM":
            return declared["values"][0]
        return {p["name"]: example(p["type"], types) for p in members_of(declared, types)}
    return {"String": "x", "boolean": True, "int": 1, "int64": 1, "float": 0.5, "double": 0.5}.get(kind)


class Trial:
    def __init__(self, client, directory):
        self.client = client
        self.directory = directory
        self.calls = 0
        self.complaints = []
        info = client.invoke(MANAGER, "getInfo")
        kmds = [json.loads(client.invoke(MANAGER, "getKmd", moduleName=m["name"])) for m in info["modules"]]
        self.classes = {c["name"]: c for k in kmds for c in k["remoteClasses"]}
        self.types = {t["name"]: t for k in kmds for t in k["complexTypes"]}
        self.pipeline = client.create("MediaPipeline")
        self.objects = {"MediaPipeline": self.pipeline, "ServerManager": MANAGER}

    def attempt(self, what, call):
        self.calls += 1
        try:
            return call()
        except RpcError as error:
            code, message = error.code, error.error["message"]
            if code not in ERRORS or code < 0:
                self.complaints.append(f"{what}: {code} {message[:200]}")
            elif "Unexpected error" in message or not message:
                self.complaints.append(f"{what}: {code} {message[:200]}")
            elif len(message) > 1000:
                self.complaints.append(f"{what}: {code} with a message of {len(message)} characters")
        return None

    def lineage(self, name):
        while name in self.classes:
            yield self.classes[name]
            name = self.classes[name].get("extends")

    def good(self, parameter):
        """A value that the parameter may well have."""
        kind = parameter["type"]
        if kind in self.classes:
            fits = [o for c, o in self.objects.items() if kind in [a["name"] for a in self.lineage(c)] and o != MANAGER]
            return fits[0] if fits else None
        if parameter["name"] == "uri":
            return f"file://{self.directory}/nothing.webm"
        return example(kind, self.types)

    def values_for(self, parameter):
        declared = self.types.get(parameter["type"])
        values = ODD + list(self.objects.values()) + ([] if declared is None else complex_values(declared, self.types))
        return values

    def try_parameters(self, what, parameters, call):
        required = {p["name"]: self.good(p) for p in parameters if not p.get("optional")}
        self.attempt(f"{what} with nothing", lambda: call({}))
        for i, p in enumerate(parameters):
            # Optional ones count only when those before them are there.
            before = {q["name"]: self.good(q) for q in parameters[:i]}
            for value in self.values_for(p):
                self.attempt(f"{what} with {p['name']} = {json.dumps(value)[:60]}", lambda v=value: call({**required, **before, p["name"]: v}))

    def create_all(self):
        made = True
        while made:  # hubs come before their ports
            made = False
            for name, c in self.classes.items():
                if name in self.objects or c.get("abstract"):
                    continue
                required = {p["name"]: self.good(p) for p in c["constructor"]["params"] if not p.get("optional")}
                if None in required.values():
                    continue
                self.objects[name] = self.client.create(name, **required)
                made = True

    def run(self):
        self.create_all()
        for name, c in self.classes.items():
            if c.get("abstract"):
                continue

            def construct(params, name=name):
                made = self.client.create(name, **params)
                self.client.call("release", object=made)

            self.try_parameters(f"create {name}", c["constructor"]["params"], construct)
        for name, target in self.objects.items():
            for ancestor in self.lineage(name):
                for operation, parameters in self.operations(ancestor):
                    if operation in SLOW:
                        continue
                    self.try_parameters(f"{name}.{operation}", parameters, lambda p, o=operation, t=target: self.client.invoke(t, o, **p))
        # All that was odd is over: the server is as it was.
        for target in self.objects.values():
            self.client.invoke(target, "getId")
        self.client.call("release", object=self.pipeline)
        if self.client.invoke(MANAGER, "getPipelines"):
            self.complaints.append("pipelines are left over")

    def operations(self, c):
        for m in c.get("methods", []):
            yield m["name"], m["params"]
        for p in c.get("properties", []):
            if not p.get("readOnly") and not p.get("final"):
                yield accessor("set", p["name"]), [{**p, "optional": False}]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivero", default=HERE.parent.parent / "build" / "release" / "rivero")
    parser.add_argument("--modules")
    arguments = parser.parse_args()
    modules = arguments.modules or pathlib.Path(arguments.rivero).parent / "modules"
    options = ["--modules", str(modules), "--hosts", "1", "--set", "rtc.networkInterfaces=lo"]
    with tempfile.TemporaryDirectory(prefix="rivero-rpc.") as directory:
        with Daemon(str(arguments.rivero), *options, "--set", f"uri.defaultPath=file://{directory}") as daemon:
            with daemon.client() as client:
                trial = Trial(client, directory)
                trial.run()
            log = daemon.log()
        if daemon.exit_code != 0:
            trial.complaints.append(f"the daemon ends with {daemon.exit_code}")
    for word in ("AddressSanitizer", "runtime error:", "unforeseen"):
        if word in log:
            trial.complaints.append(f"the log has '{word}':\n{log[-4000:]}")
    for complaint in trial.complaints:
        print(complaint)
    print(f"{trial.calls} calls, {len(trial.complaints)} complaints")
    return 1 if trial.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
