# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""Links resolve, files that the documents name exist, and each module has its page."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# `src/rtp/header.cpp`, `modules/passthrough/`, `include/rivero/media/{sink,source}.hpp`
PATH = re.compile(r"`((?:src|modules|include|tests|scripts|cmake|docs|config|web)/[\w./{},*<>-]*)`")


def documents():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]
    # An archive without a repository.
    return [path for path in ROOT.rglob("*.md") if not {"build", "node_modules"} & set(path.relative_to(ROOT).parts)]


def anchors(path):
    seen = {}
    found = set()
    for heading in re.findall(r"^#+ (.*)$", path.read_text(), flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(f"{name}-{count}" if count else name)
    return found


def expand(path):
    """a/{b,c}.hpp is two paths."""
    braces = re.search(r"\{([^}]*)\}", path)
    if not braces:
        return [path]
    return [each for choice in braces.group(1).split(",") for each in expand(path[: braces.start()] + choice + path[braces.end() :])]


class Documents(unittest.TestCase):
    def test_links_resolve(self):
        for document in documents():
            for match in LINK.finditer(document.read_text()):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, fragment = target.partition("#")
                path = (document.parent / name).resolve() if name else document
                with self.subTest(document=document.relative_to(ROOT).as_posix(), link=target):
                    self.assertTrue(path.exists(), f"there is no {name}")
                    if fragment and path.suffix == ".md":
                        self.assertIn(fragment, anchors(path))

    def test_files_that_are_named_exist(self):
        for document in documents():
            for name in PATH.findall(document.read_text()):
                if "<" in name:
                    continue
                for each in expand(name):
                    with self.subTest(document=document.relative_to(ROOT).as_posix(), file=each):
                        self.assertTrue(list(ROOT.glob(each.rstrip("/"))), f"there is no {each}")

    def test_each_module_has_its_page(self):
        for lists in sorted((ROOT / "modules").glob("*/CMakeLists.txt")):
            with self.subTest(lists.parent.name):
                self.assertTrue((lists.parent / "README.md").exists())


if __name__ == "__main__":
    unittest.main()
