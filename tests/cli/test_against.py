"""`skyparley check --against URL`: a dry run on a node that really runs, over its API."""

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from skyparley.cli import against
from skyparley.cli.line import asking
from skyparley.cli.main import app
from support.commands import CSV_HEADER, collection, csv_track, feature, skyparley
from support.process import Serving


def moment(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def soon(operation_id: str, **changed: object) -> dict:
    return feature(operation_id, begin=moment(1), end=moment(2), **changed)


def report_of(*arguments: object, **more: str) -> tuple[int, dict]:
    done = CliRunner().invoke(
        app, ["check", "--json", *map(str, arguments)], env={"SKYPARLEY_API_KEY": None, **more}, catch_exceptions=False
    )
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture(scope="module")
def keys(node: Serving) -> dict[str, str]:
    """Keys of alpha and bravo; bravo has filed a volume."""
    made = {}
    for party in ("alpha", "bravo"):
        assert skyparley("party", "add", party, "--data", node.data).returncode == 0
        made[party] = skyparley("party", "key", party, "--data", node.data).stdout.strip()
    volume = {
        "polygon": {
            "vertices": [
                {"latitude_deg": latitude, "longitude_deg": longitude}
                for latitude, longitude in ((46.0, 7.0), (46.0, 7.1), (46.1, 7.1), (46.1, 7.0))
            ]
        },
        "lower_m": 0,
        "upper_m": 100,
        "altitude_datum": "EGM96",
        "begin": moment(1),
        "end": moment(2),
    }
    with node.client(made["bravo"]) as client:
        answer = client.post("/v1/operations", json={"operation_id": "secret", "class": "drone", "volumes": [volume]})
        assert answer.status_code == 201, answer.text
    return made


def test_conflicts_with_what_a_node_holds_are_found_and_nothing_is_filed(
    tmp_path: Path, node: Serving, keys: dict[str, str]
) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(soon("near", party="x"), soon("far", east_deg=9.0)))
    status, report = report_of(path, "--against", node.url, SKYPARLEY_API_KEY=keys["alpha"])
    assert (status, report["operations"], report["skipped"]) == (1, 2, [])
    (conflict,) = report["conflicts"]
    assert (conflict["a"], conflict["b"]) == ("alpha/near", "bravo/(not disclosed)")
    assert "secret" not in json.dumps(report)
    assert list(conflict) == ["a", "b", "rule", "first_time", "last_time", "closest", "certain", "sentence"]
    assert list(conflict["closest"]) == ["time", "latitude_deg", "longitude_deg", "horizontal_m", "vertical_m"]
    with node.client(node.operator_key) as client:
        listed = client.get("/v1/operations").json()["items"]
        assert [item["operation_id"] for item in listed] == ["secret"]


def test_several_undisclosed_conflicts_with_one_party_are_told_apart(
    tmp_path: Path, node: Serving, keys: dict[str, str]
) -> None:
    with node.client(keys["bravo"]) as client:
        for i, (begin, end) in enumerate(((3, 4), (5, 6))):
            circle = {"latitude_deg": 46.05, "longitude_deg": 8.05, "radius_m": 500}
            bounds = {"lower_m": 0, "upper_m": 100, "altitude_datum": "EGM96"}
            volume = {"circle": circle, **bounds, "begin": moment(begin), "end": moment(end)}
            body = {"operation_id": f"hidden-{i}", "class": "drone", "volumes": [volume]}
            assert client.post("/v1/operations", json=body).status_code == 201
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(feature("near", east_deg=8.0, begin=moment(1), end=moment(7))))
    try:
        _, report = report_of(path, "--against", node.url, SKYPARLEY_API_KEY=keys["alpha"])
    finally:
        with node.client(keys["bravo"]) as client:
            for i in range(2):
                client.post(f"/v1/operations/hidden-{i}/cancel", json={"version": 1})
    assert [conflict["b"] for conflict in report["conflicts"]] == [
        "bravo/(not disclosed, conflict 1 of 2)",
        "bravo/(not disclosed, conflict 2 of 2)",
    ]
    first, second = report["conflicts"]
    assert first["first_time"] < second["first_time"]


def test_conflicts_of_files_and_of_the_node_come_together(tmp_path: Path, node: Serving, keys: dict[str, str]) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(soon("one"), soon("two")))
    _, report = report_of(path, "--against", node.url, "--api-key", keys["alpha"])
    assert len(report["conflicts"]) == 3
    assert "alpha/one" in skyparley("check", path, "--against", node.url, "--api-key", keys["alpha"]).stdout


def test_tracks_and_names_that_the_api_does_not_know_are_asked_for_too(
    tmp_path: Path, node: Serving, keys: dict[str, str]
) -> None:
    path = tmp_path / "track.csv"
    rows = csv_track("Zürich 1", (46.0, 46.1), altitude_m=50.0).replace("2026-03-01T12:0", f"{moment(1.5)[:14]}0")
    path.write_text(CSV_HEADER + rows)
    status, report = report_of(path, "--against", node.url, "--api-key", keys["alpha"])
    assert status in {0, 1}
    assert report["skipped"] == []


def test_what_the_node_refuses_is_skipped_with_its_reason(tmp_path: Path, node: Serving, keys: dict[str, str]) -> None:
    path = tmp_path / "far-ahead.geojson"
    many = [soon("much", east_deg=east / 10) for east in range(1_001)]
    path.write_bytes(collection(*many))
    status, report = report_of(path, "--against", node.url, "--api-key", keys["alpha"])
    (skipped,) = report["skipped"]
    assert (status, skipped["file"], skipped["place"]) == (2, node.url, "alpha/much")
    assert "MAX_PIECES" in skipped["reason"]


@pytest.mark.parametrize(
    ("key", "word"), [(None, "--api-key"), ("sp_wrong", "--api-key"), ("\xe9", "cannot use this address or key")]
)
def test_without_a_good_key_the_node_is_listed_as_skipped(
    tmp_path: Path, node: Serving, keys: dict[str, str], key: str | None, word: str
) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(soon("near")))
    status, report = report_of(path, "--against", node.url, *([] if key is None else ["--api-key", key]))
    assert (status, report["conflicts"]) == (2, [])
    assert word in report["skipped"][0]["reason"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "ht tp://x", "http://[::1", "file:///etc/passwd"])
def test_a_node_that_does_not_answer_does_not_hide_what_the_files_hold(tmp_path: Path, url: str) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(soon("one"), soon("two")))
    status, report = report_of(path, "--against", url, "--api-key", "k")
    assert (status, len(report["conflicts"])) == (1, 1)
    assert report["skipped"][0]["file"] == url
    assert "check the address" in report["skipped"][0]["reason"] or "write it like" in report["skipped"][0]["reason"]


class _Busy(BaseHTTPRequestHandler):
    """A node that is busy once, and then answers as one that is none."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        busy = type(self).asked == 1
        self.send_response(503 if busy else 200)
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(b"" if busy else b"<html>hello</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def test_a_busy_node_is_asked_again_and_what_is_no_node_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(soon("one")))
    with HTTPServer(("127.0.0.1", 0), _Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            _, report = report_of(path, "--against", f"http://127.0.0.1:{server.server_port}", "--api-key", "k")
        finally:
            server.shutdown()
            thread.join()
    assert _Busy.asked == 2
    assert "no Skyparley node" in report["skipped"][0]["reason"]


def test_silence_ends_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_S", 0.3)
    from skyparley.cli.check import check_files
    from skyparley.cli.report import Report
    from skyparley.conflict.minima import DEFAULT_MINIMA

    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(*(soon(f"op-{i}", east_deg=i / 5) for i in range(100))))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began_s = time.monotonic()
        report, found = Report(), list[dict[str, Any]]()
        check_files([path], DEFAULT_MINIMA, report, found.append, against=url, api_key="k", in_order=True, quiet=True)
    assert [skipped.place for skipped in report.skipped] == ["all operations"]
    assert time.monotonic() - began_s < 100 * 0.3 / against.AT_ONCE  # the others are not waited for
