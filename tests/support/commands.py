"""The command `skyparley` as a process of its own, and files for it to read."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "skyparley.cli.main"]
PATIENCE_S = 90.0


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of Skyparley."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SKYPARLEY_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def skyparley(*arguments: object, stdin: bytes | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it must never show a traceback."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment(**more),
        timeout=PATIENCE_S,
        check=False,
    )
    text = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in text.stderr + text.stdout, text.stderr
    return text


@dataclass
class Serving:
    """A node that serves in a process of its own."""

    process: subprocess.Popen[bytes]
    data: Path
    log: Path
    url: str

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def operator_key(self) -> str:
        return (self.data / "operator.key").read_text().strip()

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def get(self, path: str, key: str | None = None) -> httpx.Response:
        with self.client(key) as client:
            return client.get(path)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def start(command: str, data: Path, *options: object) -> tuple[subprocess.Popen[bytes], Path]:
    """Start `serve` or `demo` on a free port; what it writes goes to the file."""
    log = data.with_name(f"{data.name}-{time.monotonic_ns()}.txt")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*COMMAND, command, "--port", "0", "--data", str(data), *map(str, options)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
    return process, log


@contextlib.contextmanager
def serving(command: str, data: Path, *options: object) -> Iterator[Serving]:
    """A node on a free port, once it says that it serves; killed at the end if it still runs."""
    process, log = start(command, data, *options)
    try:
        yield Serving(process, data, log, wait_for(process, log, r"serves (https?://\S+),"))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        assert "Traceback" not in log.read_text(), log.read_text()


def wait_for(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """What a pattern's group matches in the output, once it is there."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        found = re.search(pattern, log.read_text())
        if found is not None:
            return found.group(1)
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{pattern} is not in: {log.read_text()}")


def feature(operation_id: str = "op-1", *, east_deg: float = 7.0, **properties: object) -> dict:
    """A GeoJSON feature: a square of about 10 km, an hour, 0 to 100 m."""
    given = {
        "operation_id": operation_id,
        "party": "alpha",
        "class": "drone",
        "begin": "2026-03-01T12:00:00Z",
        "end": "2026-03-01T13:00:00Z",
        "lower_m": 0,
        "upper_m": 100,
        "altitude_datum": "EGM96",
        **properties,
    }
    west, east = east_deg, east_deg + 0.1
    ring = [[west, 46.0], [east, 46.0], [east, 46.1], [west, 46.1], [west, 46.0]]
    return {"type": "Feature", "properties": given, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


CSV_HEADER = "operation_id,time,latitude_deg,longitude_deg,altitude_m,altitude_datum\n"


def csv_track(operation_id: str, latitudes_deg: tuple[float, ...], *, altitude_m: float = 1_000.0) -> str:
    """Rows of a track along a meridian, a point every minute."""
    return "".join(
        f"{operation_id},2026-03-01T12:{minute:02d}:00Z,{latitude},7.0,{altitude_m},EGM96\n"
        for minute, latitude in enumerate(latitudes_deg)
    )
