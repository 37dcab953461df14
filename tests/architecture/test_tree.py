"""The tree speaks of itself alone: readable files, no place of one machine, locks that pin and name no host."""

import json
import re
from pathlib import Path

import pytest

from support.tree import ROOT, files, name_of

BINARY = {".png", ".gz", ".ico", ".woff2", ".zlib"}
TEXTS = [path for path in files() if path.suffix not in BINARY]
MACHINE = re.compile(r"/(?:home|Users|root|work|mnt|srv)/\w|\b[A-Z]:\\\\?\w")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
PRIVATE = re.compile(r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b(?!\.\d)")
SECRET = re.compile(r"\bsp_[0-9a-f]{12}_[0-9a-f]{64}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_a_file_is_utf_8_with_plain_line_ends(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) < 1_000_000
    text = data.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert "\0" not in text
    assert not text or text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.split("\n") if path.suffix != ".md"), "space at a line's end"


def test_no_file_names_a_place_of_one_machine() -> None:
    found = [
        f"{name_of(path)}:{number} {line.strip()[:100]}"
        for path in TEXTS
        for number, line in enumerate(lines(path), 1)
        if MACHINE.search(line) and path != Path(__file__)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_left_to_be_done_later_in_a_comment() -> None:
    found = [
        f"{name_of(path)}:{number} {line.strip()[:100]}"
        for path in TEXTS
        if path.suffix not in {".txt", ".json"}
        for number, line in enumerate(lines(path), 1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_file_holds_a_secret_or_a_private_address() -> None:
    found = [
        f"{name_of(path)}:{number} {line.strip()[:100]}"
        for path in TEXTS
        if path.parent.name != "locks" and path.name != "package-lock.json"
        for number, line in enumerate(lines(path), 1)
        if (SECRET.search(line) or PRIVATE.search(line)) and path != Path(__file__)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_lock_pins_every_package_by_hash_and_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|-e)\b", text, re.MULTILINE)
    requirements = [block for block in re.split(r"\n(?=\S)", text.strip()) if not block.startswith("#")]
    assert requirements
    for block in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[0-9]\S*", block), block[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block[:80]


def test_the_console_s_lock_pins_every_package_by_digest_and_names_no_host() -> None:
    packages = json.loads((ROOT / "console" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 20
    for name, package in packages.items():
        if name:
            assert package.get("integrity", "").startswith("sha512-"), name
            assert "://" not in package.get("resolved", ""), name


def test_the_locks_hold_what_the_project_asks_for() -> None:
    """A dependency that is asked for and not pinned would be taken from wherever it is newest."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = re.findall(r'^  "([a-z0-9-]+)[>=]', text, re.MULTILINE)
    assert len(asked) > 20
    dev = (ROOT / "locks" / "dev.txt").read_text(encoding="utf-8")
    assert [name for name in asked if not re.search(rf"^{name}(\[\w+\])?==", dev, re.MULTILINE)] == []
    assert "hatchling==1" in (ROOT / "locks" / "build.txt").read_text(encoding="utf-8")


def test_scripts_can_be_run_and_stop_at_the_first_error() -> None:
    scripts = [path for path in files() if path.parent.name in {"tools", ".ci"}]
    assert len(scripts) >= 4
    for script in scripts:
        assert script.stat().st_mode & 0o111, name_of(script)
        text = script.read_text(encoding="utf-8")
        if text.startswith("#!/usr/bin/env -S .venv/bin/python\n"):
            assert compile(text, script, "exec")
            continue
        assert re.match(r"#!(/bin/sh|/usr/bin/env bash)\n", text), name_of(script)
        assert re.search(r"^set -eu", text, re.MULTILINE), name_of(script)
