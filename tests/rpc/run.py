#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""Holds all conversations of this directory with a running daemon, and says what none of them has touched."""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts" / "lib"))

from coverage import Observer, gaps  # noqa: E402
from pattern import substitute  # noqa: E402
from rivero_client import Daemon  # noqa: E402
from transcript import Failure, Transcript  # noqa: E402

SETTINGS = {"rtc.networkInterfaces": "lo"}


def make_clip(directory):
    """Three seconds of a picture and a tone, as a browser would send them."""
    path = directory / "clip.webm"
    source = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=15", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    codecs = ["-c:v", "libvpx", "-deadline", "realtime", "-g", "15", "-b:v", "200k", "-c:a", "libopus"]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *source, "-t", "3", *codecs, str(path)], check=True)
    return f"file://{path}"


def descriptors(daemon):
    with daemon.client() as client:
        modules = client.invoke("manager_ServerManager", "getInfo")["modules"]
        return [json.loads(client.invoke("manager_ServerManager", "getKmd", moduleName=m["name"])) for m in modules]


def judge_log(log):
    """What a sanitizer says is a failure, whatever the client has seen."""
    for word in ("AddressSanitizer", "ThreadSanitizer", "runtime error:"):
        if word in log:
            raise Failure(f"the daemon's log has '{word}':\n{log[-4000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivero", default=HERE.parent.parent / "build" / "release" / "rivero", help="the daemon's program")
    parser.add_argument("--modules", help="where its modules are; default: beside it")
    parser.add_argument("--example", help="where the module of tests/sdk/example is; default: below the program")
    parser.add_argument("--slow", type=float, default=float(os.environ.get("RIVERO_E2E_SLOW", 1)), help="factor for time limits")
    parser.add_argument("--log", action="store_true", help="print the daemon's log when something fails")
    parser.add_argument("names", nargs="*", help="only these transcripts; nothing is said about completeness then")
    arguments = parser.parse_args()

    transcripts = [Transcript(path) for path in sorted(HERE.glob("*.jsonl")) if not arguments.names or path.stem in arguments.names]
    if not transcripts:
        parser.error("there are no such transcripts")
    observer = Observer()
    failures = []
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rivero-rpc.")))
        os.environ["GST_DEBUG_DUMP_DOT_DIR"] = str(directory)  # for dumpGstreamerDot
        build = pathlib.Path(arguments.rivero).parent
        names = {"directory": str(directory), "clip": make_clip(directory), "modules": str(arguments.modules or build / "modules")}
        names["example"] = str(arguments.example or build / "tests" / "rpc" / "modules")
        daemons = {}

        def daemon_with(settings):
            key = substitute(json.dumps(settings, sort_keys=True), names)
            if key not in daemons:
                wanted = {**SETTINGS, "modules.paths": names["modules"], **json.loads(key)}
                options = [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in wanted.items()]
                line = ["--hosts", "1", *(x for o in options for x in ("--set", o))]
                daemons[key] = stack.enter_context(Daemon(str(arguments.rivero), *line))
            return daemons[key]

        started = time.monotonic()
        for transcript in transcripts:
            began = time.monotonic()
            daemon = daemon_with(transcript.settings)
            try:
                transcript.run(daemon.url, names, 10 * arguments.slow, observer)
                print(f"ok   {transcript.name} ({time.monotonic() - began:.2f} s)")
            except Failure as failure:
                failures.append(transcript.name)
                print(f"FAIL {failure}")
                if arguments.log:
                    print(daemon.log())
            if not daemon.alive():
                raise SystemExit(f"the daemon is gone:\n{daemon.log()[-4000:]}")

        kmds = descriptors(daemon_with({}))
        others = descriptors(daemon_with({"modules.paths": names["example"]})) if not arguments.names else []
        for daemon in daemons.values():
            judge_log(daemon.log())

    failures += [f"a daemon ends with {d.exit_code}" for d in daemons.values() if d.exit_code != 0]

    if not arguments.names:
        untouched = gaps(observer, kmds, others, json.loads((HERE / "uncovered.json").read_text(encoding="utf-8")))
        failures += untouched
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{len(transcripts)} transcripts in {time.monotonic() - started:.1f} s, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
