"""The command `skyparley` as a process of its own, and files for it to read."""

import json
import os
import subprocess
import sys

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


def fails(*arguments: object) -> str:
    """Run a command that must be refused; the one line that says why."""
    done = skyparley(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    return done.stderr


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
