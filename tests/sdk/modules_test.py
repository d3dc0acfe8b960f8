# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""The installed daemon with modules from elsewhere: a good one (example/) and all kinds of bad ones (broken/)."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from rivero_client import Daemon, RpcError

PREFIX = pathlib.Path(os.environ["SDK_PREFIX"])
RIVERO = PREFIX / "bin" / "rivero"
OURS = PREFIX / "lib" / "rivero" / "modules"
EXAMPLE = os.environ["SDK_EXAMPLE"]
BROKEN = os.environ["SDK_BROKEN"]

MARSHALL_ERROR = 40001
CONNECT_ERROR = 40004
NOT_FOUND = 40101
ILLEGAL_PARAM = 40107
NOT_AVAILABLE = 40108


def daemon(*directories):
    options = [option for directory in directories for option in ("--modules", str(directory))]
    return Daemon(RIVERO, "--hosts", "1", *options)


def film(directory):
    """Two seconds of pictures in a file."""
    path = pathlib.Path(directory) / "film.webm"
    subprocess.run(
        ["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=50", "!", "video/x-raw,width=160,height=120,framerate=25/1",
         "!", "vp8enc", "deadline=1", "!", "webmmux", "!", "filesink", f"location={path}"],
        check=True,
    )
    return path


class Installed(unittest.TestCase):
    def test_finds_its_modules_beside_itself(self):
        with daemon() as server, server.client() as client:
            pipeline = client.create("MediaPipeline")
            client.create("PassThrough", mediaPipeline=pipeline)
            client.create("WebRtcEndpoint", mediaPipeline=pipeline)

    def test_shows_the_settings_of_the_shipped_file(self):
        shipped = PREFIX / "etc" / "rivero" / "rivero.json"
        printed = subprocess.run([RIVERO, "--config", shipped, "--print-config"], capture_output=True, text=True, check=True)
        self.assertEqual(printed.stdout, shipped.read_text())


class ModuleFromElsewhere(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = daemon(OURS, EXAMPLE).__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.client = self.server.client()
        self.addCleanup(self.client.close)
        self.pipeline = self.client.create("MediaPipeline")

    def test_its_class_is_created_described_and_called(self):
        counter = self.client.create("Counter", mediaPipeline=self.pipeline)
        described = self.client.call("describe", object=counter)
        self.assertEqual(described["type"], "Counter")
        self.assertEqual(described["qualifiedType"], "example.Counter")
        self.assertEqual(described["hierarchy"], ["kurento.MediaElement", "kurento.MediaObject"])

        self.assertEqual(self.client.invoke(counter, "getEvery"), 25)
        self.client.invoke(counter, "setEvery", every=3)
        self.assertEqual(self.client.invoke(counter, "getEvery"), 3)
        self.assertEqual(self.client.invoke(counter, "getFrames"), 0)
        self.client.invoke(counter, "reset")

    def test_its_errors_reach_the_client(self):
        with self.assertRaises(RpcError) as refused:
            self.client.create("Counter", mediaPipeline=self.pipeline, every=0)
        self.assertEqual(refused.exception.code, ILLEGAL_PARAM)
        self.assertIn("'every' is 0", str(refused.exception))

    def test_it_connects_to_elements_of_other_modules(self):
        counter = self.client.create("Counter", mediaPipeline=self.pipeline)
        through = self.client.create("PassThrough", mediaPipeline=self.pipeline)
        self.client.invoke(counter, "connect", sink=through)
        sinks = self.client.invoke(counter, "getSinkConnections", mediaType="VIDEO")
        self.assertEqual([sink["sink"] for sink in sinks], [through])

    def test_its_descriptor_is_published(self):
        info = self.client.invoke("manager_ServerManager", "getInfo")
        example = next(module for module in info["modules"] if module["name"] == "example")
        self.assertEqual(example["version"], "1.2.0")
        self.assertIn("Counter", example["factories"])

        kmd = json.loads(self.client.invoke("manager_ServerManager", "getKmd", moduleName="example"))
        (counter,) = [each for each in kmd["remoteClasses"] if each["name"] == "Counter"]
        self.assertEqual([each["name"] for each in counter["properties"]], ["every", "frames"])
        self.assertEqual([each["name"] for each in counter["methods"]], ["reset"])
        self.assertIn("Counted", [each["name"] for each in kmd["events"]])

    def test_its_hub_has_ports_that_elements_connect_to(self):
        hub = self.client.create("example.Switch", mediaPipeline=self.pipeline)
        ports = [self.client.create("HubPort", hub=hub) for _ in range(2)]
        self.assertTrue(all(port.startswith(hub + "/") and port.endswith("_kurento.HubPort") for port in ports))
        self.assertEqual(self.client.invoke(hub, "getChildren"), ports)
        self.assertEqual(self.client.invoke(ports[0], "getParent"), hub)
        self.assertEqual(self.client.invoke(ports[0], "getMediaPipeline"), self.pipeline)
        described = self.client.call("describe", object=hub)
        self.assertEqual(described["hierarchy"], ["kurento.Hub", "kurento.MediaObject"])

        other = self.client.create("Switch", mediaPipeline=self.pipeline)
        foreign = self.client.create("HubPort", hub=other)
        for port, code in ((foreign, CONNECT_ERROR), (hub, MARSHALL_ERROR)):
            with self.assertRaises(RpcError) as refused:
                self.client.invoke(hub, "select", source=port)
            self.assertEqual(refused.exception.code, code)

        # Media goes in at one port and comes out at the other.
        with tempfile.TemporaryDirectory() as directory:
            player = self.client.create("PlayerEndpoint", mediaPipeline=self.pipeline, uri=film(directory).as_uri())
            counter = self.client.create("Counter", mediaPipeline=self.pipeline, every=10)
            self.client.subscribe(counter, "Counted")
            self.client.invoke(player, "connect", sink=ports[0])
            self.client.invoke(ports[1], "connect", sink=counter)
            self.client.invoke(hub, "select", source=ports[0])
            self.client.invoke(player, "play")
            self.assertEqual(self.client.next_event("Counted")["frames"], 10)
            self.assertIn("HubPort", self.client.invoke(hub, "getGstreamerDot"))
        self.client.call("release", object=hub)
        for gone in ports:
            with self.assertRaises(RpcError) as refused:
                self.client.invoke(gone, "getName")
            self.assertEqual(refused.exception.code, NOT_FOUND)
        self.assertEqual(self.client.invoke(player, "getSinkConnections"), [])

    def test_frames_of_a_file_pass_through_it(self):
        with tempfile.TemporaryDirectory() as directory:
            player = self.client.create("PlayerEndpoint", mediaPipeline=self.pipeline, uri=film(directory).as_uri())
            counter = self.client.create("Counter", mediaPipeline=self.pipeline, every=10)
            self.client.subscribe(counter, "Counted")
            self.client.invoke(player, "connect", sink=counter)
            self.client.invoke(player, "play")
            counted = self.client.next_event("Counted")
            self.assertEqual(counted["source"], counter)
            self.assertEqual(counted["type"], "Counted")
            self.assertEqual(counted["frames"], 10)


class BrokenModules(unittest.TestCase):
    def test_are_named_and_left_out_and_the_server_works(self):
        with daemon(OURS, BROKEN, EXAMPLE) as server, server.client() as client:
            pipeline = client.create("MediaPipeline")
            client.create("Counter", mediaPipeline=pipeline)
            for name in ("HalfRegistered", "Nothing"):
                with self.assertRaises(RpcError) as refused:
                    client.create(name, mediaPipeline=pipeline)
                self.assertEqual(refused.exception.code, NOT_AVAILABLE)
            log = server.log()
        reasons = {
            "not_elf": "invalid ELF header|file too short",
            "other_sdk": r"SDK 100\d, this server has SDK \d",
            "missing_symbol": "undefined symbol: .*function_of_a_library_that_nobody_installed",
            "no_entry": r"does not export rivero_module\(\)",
            "throwing": "the class MediaPipeline exists already",
        }
        for name, reason in reasons.items():
            with self.subTest(name):
                self.assertRegex(log, rf"librivero_{name}\.so is left out: .*({reason})")


if __name__ == "__main__":
    unittest.main()
