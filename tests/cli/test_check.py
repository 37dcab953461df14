"""`skyparley check`: what it finds, how it says so, and its exit status."""

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from skyparley.cli.main import app
from support.commands import CSV_HEADER, collection, csv_track, feature, skyparley

SWISS_DAY = files("skyparley.feeds").joinpath("data/switzerland-2018-08-01.json.gz")


def check(*arguments: object, columns: int = 80) -> Result:
    """Run in this process, on a terminal so many columns wide."""
    environment = {"COLUMNS": str(columns), "SKYPARLEY_API_KEY": None}
    return CliRunner().invoke(app, ["check", *map(str, arguments)], env=environment, catch_exceptions=False)


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    return write(tmp_path / "clear.geojson", collection(feature("a"), feature("b", east_deg=9.0)))


@pytest.fixture
def clash(tmp_path: Path) -> Path:
    return write(tmp_path / "clash.csv", CSV_HEADER + csv_track("a", (46.0, 46.2)) + csv_track("b", (46.2, 46.0)))


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return write(tmp_path / "bad.geojson", collection(feature("c", upper_m=-1)))


def test_the_exit_status_is_1_for_conflicts_else_2_for_anything_skipped_else_0(
    clear: Path, clash: Path, bad: Path
) -> None:
    assert check(clear).exit_code == 0
    assert check(clear, bad).exit_code == 2
    assert check(clash, bad).exit_code == 1
    assert check(clash).exit_code == 1
    assert check(clear, clear.with_name("missing")).exit_code == 2
    assert check().exit_code == 2


def test_json_has_exactly_the_promised_shape(clash: Path, bad: Path) -> None:
    report = json.loads(check(clash, bad, "--json").stdout)
    assert list(report) == ["operations", "skipped", "conflicts"]
    assert report["operations"] == 2
    (skipped,) = report["skipped"]
    assert list(skipped) == ["file", "place", "reason"]
    assert (skipped["file"], skipped["place"]) == (str(bad), "features[0].properties.upper_m")
    (conflict,) = report["conflicts"]
    names = ["a", "b", "rule", "first_time", "last_time", "closest", "certain", "sentence"]
    assert list(conflict) == names
    assert list(conflict["closest"]) == ["time", "latitude_deg", "longitude_deg", "horizontal_m", "vertical_m"]
    assert (conflict["a"], conflict["b"], conflict["rule"], conflict["certain"]) == (
        "a",
        "b",
        "separation_minimum",
        True,
    )
    assert conflict["closest"]["time"] == "2026-03-01T12:00:30Z"
    assert conflict["closest"]["latitude_deg"] == pytest.approx(46.1, abs=1e-4)
    assert conflict["closest"]["horizontal_m"] == pytest.approx(0.0, abs=0.01)
    assert conflict["first_time"] < conflict["closest"]["time"] < conflict["last_time"]
    assert "a and b" in conflict["sentence"]


def test_conflicts_are_found_within_and_between_files(tmp_path: Path, clear: Path) -> None:
    other = write(tmp_path / "other.geojson", collection(feature("x", party="bravo", east_deg=7.05), feature("y")))
    report = json.loads(check(clear, other, "--json").stdout)
    pairs = {(conflict["a"], conflict["b"]) for conflict in report["conflicts"]}
    assert pairs == {("alpha/a", "bravo/x"), ("alpha/y", "bravo/x"), ("alpha/a", "alpha/y")}


def test_an_identifier_that_comes_again_is_skipped_with_its_file(tmp_path: Path, clear: Path) -> None:
    again = write(tmp_path / "again.geojson", collection(feature("a")))
    report = json.loads(check(clear, again, "--json").stdout)
    assert (report["operations"], report["conflicts"]) == (2, [])
    assert (report["skipped"][0]["file"], report["skipped"][0]["place"]) == (str(again), "alpha/a")
    assert str(clear) in report["skipped"][0]["reason"]


def test_minima_can_be_given_for_all(tmp_path: Path) -> None:
    south, north = csv_track("a", (46.0, 46.1)), csv_track("b", (46.01, 46.11))  # 1.1 km behind one another
    path = write(tmp_path / "two.csv", CSV_HEADER + south + north)
    assert check(path).exit_code == 1
    assert check(path, "--horizontal-m", 1_000).exit_code == 0
    assert check(path, "--horizontal-m", 1_200, "--vertical-m", 0.001).exit_code == 1
    assert check(path, "--vertical-m", 0).exit_code == 0  # nothing is less than nothing


@pytest.mark.parametrize("value", ["-1", "nan", "1e9", "far"])
def test_a_minimum_that_is_no_distance_is_a_usage_error(clear: Path, value: str) -> None:
    result = check(clear, "--horizontal-m", value)
    assert (result.exit_code, "--horizontal-m" in result.output) == (2, True)


@pytest.mark.parametrize("columns", [80, 140])
def test_the_table_says_when_who_how_close_and_where(clash: Path, columns: int) -> None:
    lines = check(clash, columns=columns).stdout.splitlines()
    assert lines[0].split() == ["when", "(UTC)", "who", "closest", "where"]
    assert lines[2].split() == ["2026-03-01", "a", "0", "m", "46.1000°N"]
    assert re.fullmatch(r"12:00:\d\d–12:00:\d\d +b +0 ft +7.0000°E *", lines[3])
    assert lines[-1] == "1 conflict among 2 operations"
    assert max(map(len, lines)) <= columns


def test_names_of_recorded_flights_stay_whole_on_80_columns(tmp_path: Path) -> None:
    rows = [
        {"icao24": address, "callsign": "LONGCALL", "timestamp": 1_533_099_600_000 + second * 1_000}
        | {"latitude": 46 + second / 1e4, "longitude": 7, "altitude": 33_000}
        for address in ("4b1800", "4b1801")
        for second in (0, 60)
    ]
    out = check(write(tmp_path / "two.json", json.dumps(rows))).stdout
    assert "4b1800/LONGCALL/2018-08-01T05:00:00Z" in out
    assert "4b1801/LONGCALL/2018-08-01T05:00:00Z" in out


def test_the_table_begins_with_the_earliest_and_rounds_what_is_close_down(tmp_path: Path) -> None:
    late = csv_track("a", (46.0, 46.2)) + csv_track("c", (46.0, 46.2), altitude_m=1_304.7)
    early = late.replace("2026-03-01", "2026-02-01").replace("a,", "x,").replace("c,", "y,")
    lines = check(write(tmp_path / "four.csv", CSV_HEADER + late + early)).stdout.splitlines()
    assert "2026-02-01" in lines[2]
    assert " 999 ft" in lines[3]  # 304.7 m of the 304.8 m that are required


def test_uncertain_conflicts_and_overlaps_are_marked(tmp_path: Path) -> None:
    others = (feature("b"), feature("c", altitude_datum="AGL", lower_m=0, upper_m=50))
    out = check(write(tmp_path / "three.geojson", collection(feature("a"), *others))).stdout
    assert out.count("not certain") == 2
    assert "overlap" in out


def test_what_was_left_out_is_told_and_never_among_the_skipped(tmp_path: Path) -> None:
    rows = csv_track("a", (46.0, 46.1)) + "a,2026-03-01T12:00:30Z,91,7,1000,EGM96\n"
    path = write(tmp_path / "rows.csv", CSV_HEADER + rows)
    table, machine = check(path), check(path, "--json")
    assert (table.exit_code, machine.exit_code) == (0, 0)
    assert json.loads(machine.stdout)["skipped"] == []
    for text in (table.stdout, machine.stderr):
        assert f"left out {path}: line 4, latitude_deg, longitude_deg: latitude 91.0" in text
        assert "1 single report left out of tracks: 1 unreadable" in text


def test_many_skipped_are_cut_in_the_table_and_whole_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "many.geojson", collection(*(feature(f"f{i}", upper_m=-1) for i in range(30))))
    assert "… and 10 more skipped; --json lists all" in check(path).stdout
    assert len(json.loads(check(path, "--json").stdout)["skipped"]) == 30


def test_markup_in_names_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    items = (feature("[red]a[/red]"), feature("[/b]"))
    path = write(tmp_path / "[bold]markup.geojson", collection(*items, feature("c", upper_m=-1)))
    out = check(path, columns=200).stdout
    assert "alpha/[red]a[/red]" in out
    assert "alpha/[/b]" in out
    assert "[bold]markup" in out


def test_standard_input_is_a_file_and_json_is_all_that_goes_out(clash: Path) -> None:
    done = skyparley("check", "-", "--json", stdin=gzip.compress(clash.read_bytes()))
    assert (done.returncode, done.stderr) == (1, "")
    assert len(json.loads(done.stdout)["conflicts"]) == 1
    empty = skyparley("check", "-", "--json", stdin=b"")
    assert json.loads(empty.stdout)["skipped"][0]["file"] == "standard input"


def test_a_name_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "name-\udcff.json"
    path.write_bytes(b"")
    done = skyparley("check", path, "--json")
    assert done.returncode == 2
    assert "name-" in json.loads(done.stdout)["skipped"][0]["file"]


def test_the_swiss_day_is_checked_whole_and_no_aircraft_meets_itself() -> None:
    result = check(str(SWISS_DAY), "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["operations"], report["skipped"]) == (1, 1_244, [])
    assert len(report["conflicts"]) > 100
    for conflict in report["conflicts"]:
        assert conflict["a"].split("/")[0] != conflict["b"].split("/")[0]
        assert conflict["closest"]["horizontal_m"] < 9_260
        assert conflict["closest"]["vertical_m"] < 304.8


def test_json_lines_are_the_conflicts_of_json_one_a_line_and_the_rest_goes_to_standard_error(
    clash: Path, bad: Path, tmp_path: Path
) -> None:
    later = write(tmp_path / "later.geojson", collection(feature("v"), feature("w")))
    whole = json.loads(check(clash, later, "--json").stdout)["conflicts"]
    shown = check(clash, bad, later, "--json-lines")
    assert shown.exit_code == 1
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(lines) == 2
    assert sorted(lines, key=lambda one: str(one["a"])) == whole
    assert "skipped" in shown.stderr
    assert shown.stderr.splitlines()[-1].startswith("2 conflicts among 4 operations; 1 skipped")
    nothing = check(bad, "--json-lines")
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert check(clash, "--json", "--json-lines").exit_code == 2
