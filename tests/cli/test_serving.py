"""`skyparley serve` starts, says where, refuses in one line what is taken, and stops in order when told."""

import contextlib
import re
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from skyparley.geometry.interval import format_time
from support.certificates import self_signed
from support.commands import skyparley
from support.process import Serving, serving


def one_line(stderr: str) -> str:
    assert stderr.startswith("skyparley: ")
    assert stderr.count("\n") == 1
    return stderr


def test_a_second_process_on_the_directory_is_refused_in_one_line(node: Serving) -> None:
    done = skyparley("serve", "--port", 0, "--data", node.data)
    assert done.returncode == 1
    assert "in use by another Skyparley process" in one_line(done.stderr)
    assert node.get("/healthy").status_code == 200


def test_a_taken_port_is_refused_in_one_line_and_leaves_nothing(node: Serving, tmp_path: Path) -> None:
    done = skyparley("serve", "--port", node.url.rsplit(":", 1)[1], "--data", tmp_path / "other")
    assert done.returncode == 1
    assert "choose another --port" in one_line(done.stderr)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        (["--port", "70000"], 2, "--port"),
        (["--port", "http"], 2, "--port"),
        (["--tls-key", "k.pem"], 1, "--tls-certificate"),
        (["--tls-key", "/no/k.pem", "--tls-certificate", "/no/c.pem"], 1, "cannot use /no/c.pem"),
        (["--host", "no-such-host.invalid"], 1, "cannot listen"),
        (["--host", "a" * 300], 1, "no name of a host"),
        (["--data", "/proc/none"], 1, "cannot use /proc/none"),
    ],
)
def test_what_cannot_be_served_says_why(tmp_path: Path, options: list[str], status: int, word: str) -> None:
    done = skyparley(
        "serve", "--data", tmp_path / "data", *(["--port", "0"] if "--port" not in options else []), *options
    )
    assert (done.returncode, word in done.stderr) == (status, True), done.stderr
    assert "serves" not in done.stdout
    assert not (tmp_path / "data").exists()


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = skyparley("serve", "--data", tmp_path / "data", SKYPARLEY_PROT="1")
    assert (done.returncode, "SKYPARLEY_PROT: no such setting" in one_line(done.stderr)) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_open_streams_and_the_process_in_order(tmp_path: Path, number: int) -> None:
    ended = threading.Event()
    with serving("serve", tmp_path / "data") as node:
        opened = threading.Event()

        def listen() -> None:
            with node.client(node.operator_key) as client, client.stream("GET", "/v1/events") as response:
                opened.set()
                for _ in response.iter_bytes():
                    pass
            ended.set()

        thread = threading.Thread(target=listen)
        thread.start()
        assert opened.wait(20)
        assert node.stop(number) == 0
        thread.join(20)
        assert ended.is_set()
        assert node.output.splitlines()[-1] == "Stopped; what was filed is kept"
    assert not (tmp_path / "data" / "node.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_very_moment_it_serves_stops_it_in_order(tmp_path: Path, number: int) -> None:
    with serving("serve", tmp_path / "data") as node:
        assert node.stop(number) == 0


def test_a_signal_while_it_starts_ends_it_without_complaint(tmp_path: Path) -> None:
    with contextlib.closing(Serving("demo", tmp_path / "data")) as starting:
        end_s = time.monotonic() + 60
        while not (tmp_path / "data" / "node.json").exists():  # locked, and before it serves
            assert starting.process.poll() is None, starting.output
            assert time.monotonic() < end_s
            time.sleep(0.005)
        assert starting.stop(signal.SIGTERM) == 0


def test_what_was_filed_is_there_after_a_restart(tmp_path: Path) -> None:
    with serving("serve", tmp_path / "data") as node:
        assert skyparley("party", "add", "alpha", "--data", node.data).returncode == 0
        key = skyparley("party", "key", "alpha", "--data", node.data).stdout.strip()
        before = node.get("/v1/status", key).json()
        assert node.stop() == 0
    with serving("serve", tmp_path / "data") as node:
        after = node.get("/v1/status", key).json()
        assert (after["state_hash"], after["sequence"]) == (before["state_hash"], before["sequence"])


def read_changes(node: Serving, key: str, after: int, through: int) -> list[tuple[int, str]]:
    """The changes of a stream, id and data, after an id and through another."""
    found: list[tuple[int, str]] = []
    headers = {"Last-Event-ID": str(after)}
    with node.client(key) as client, client.stream("GET", "/v1/events", headers=headers) as response:
        identifier = 0
        for line in response.iter_lines():
            assert line != "event: reset"
            if line.startswith("id: "):
                identifier = int(line[4:])
            elif line.startswith("data: ") and identifier > 0:
                found.append((identifier, line[6:]))
                if identifier >= through:
                    break
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_event_stream_goes_on_where_it_broke_when_the_node_ended(tmp_path: Path, number: int) -> None:
    with serving("serve", tmp_path / "data") as node:
        assert skyparley("party", "add", "alpha", "--data", node.data).returncode == 0
        key = skyparley("party", "key", "alpha", "--data", node.data).stdout.strip()
        begin, end = (format_time((int(time.time()) + later_s) * 1_000_000) for later_s in (600, 1_200))
        circle = {"latitude_deg": 46.9, "longitude_deg": 7.4, "radius_m": 100.0}
        band = {"lower_m": 0.0, "upper_m": 100.0, "altitude_datum": "EGM96"}
        volume = {"circle": circle, **band, "begin": begin, "end": end}
        with node.client(key) as client:
            for name in ("one", "two", "three"):
                body = {"operation_id": name, "class": "drone", "volumes": [volume]}
                last = client.post("/v1/operations", json=body).raise_for_status().json()["sequence"]
        before = read_changes(node, key, 0, last)
        assert len(before) >= 4
        node.stop(number)
    with serving("serve", tmp_path / "data") as node:
        assert read_changes(node, key, before[1][0], last) == before[2:]


def test_settings_of_the_environment_are_used_and_options_go_before_them(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = skyparley("serve", "--data", tmp_path / "data", SKYPARLEY_PORT=port)
        assert f"port {port}" in one_line(done.stderr)
        other = skyparley("serve", "--host", "no-such-host.invalid", SKYPARLEY_PORT=port)
        assert "no-such-host" in one_line(other.stderr)


def test_it_serves_https_with_certificate_files(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    options = ("--tls-certificate", certificate, "--tls-key", key)
    with serving("serve", tmp_path / "data", *options) as node:
        assert re.match(r"https://127\.0\.0\.1:\d+", node.url)
        assert httpx.get(node.url + "/healthy", verify=False).status_code == 200
        assert skyparley("party", "add", "alpha", "--data", node.data).returncode == 0
