"""Whatever stands in a file: it is read, or it is skipped with file, place and remedy; good items go on."""

import contextlib
import gzip
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import SkyparleyError
from skyparley.formats import load
from skyparley.formats.detect import read_bytes, read_file
from skyparley.formats.parsed import Parsed
from support.commands import CSV_HEADER, collection, csv_track, feature

GOOD = feature("good")


def read(tmp_path: Path, data: bytes) -> Parsed:
    path = tmp_path / "input"
    path.write_bytes(data)
    return read_file(path)


@pytest.mark.parametrize(
    ("change", "place", "remedy"),
    [
        ({"begin": "2026-03-01T12:00:00"}, "properties.begin", "add Z for UTC"),
        ({"begin": "noon"}, "properties.begin", "write it like"),
        ({"upper_m": -5}, "properties.upper_m", "swap or correct them"),
        ({"upper_m": float("nan")}, "properties.upper_m", "must be a number"),
        ({"upper_m": float("inf")}, "properties.upper_m", "must be a number"),
        ({"upper_m": 10**400}, "properties.upper_m", "no number"),
        ({"upper_m": "100"}, "properties.upper_m", "no number"),
        ({"upper_m": True}, "properties.upper_m", "no number"),
        ({"end": "2026-03-01T11:00:00Z"}, "properties.end", "must be after begin"),
        ({"altitude_datum": "QNH"}, "properties.altitude_datum", "use WGS84, EGM96, PRESSURE or AGL"),
        ({"colour": "red"}, "properties.colour", "unknown field"),
        ({"weapon": "x"}, "properties.weapon", "remove it"),
        ({"missionId": "x"}, "properties.missionId", "remove it"),
        ({"TARGET": "x"}, "properties.TARGET", "remove it"),
        ({"operation_id": ""}, "properties.operation_id", "missing"),
        ({"operation_id": "a\x1b[31mb"}, "properties.operation_id", "printable"),
        ({"operation_id": "x" * 200}, "properties.operation_id", "1 to 128"),
        ({"radius_m": {"weapon": 1}}, "properties.radius_m.weapon", "remove it"),
        ({"radius_m": 5}, "geometry", "only a Point"),
        ({"party": 7}, "properties.party", "no text"),
        ({"class": "!"}, "properties.class", "such as"),
    ],
)
def test_a_bad_feature_is_skipped_with_its_place_and_the_good_one_goes_on(
    tmp_path: Path, change: dict, place: str, remedy: str
) -> None:
    bad = feature("bad")
    bad["properties"].update(change)
    parsed = read(tmp_path, collection(bad, GOOD))
    assert [operation.ref.operation_id for operation in parsed.operations] == ["good"]
    (skipped,) = parsed.skipped
    assert skipped.file == str(tmp_path / "input")
    assert skipped.place == f"features[0].{place}"
    assert remedy in skipped.reason


@pytest.mark.parametrize(
    ("geometry", "place"),
    [
        (None, "geometry"),
        ({"type": "LineString", "coordinates": [[7, 46], [8, 46]]}, "geometry.type"),
        ({"type": "Point", "coordinates": [7, 46]}, "geometry"),
        ({"type": "Polygon", "coordinates": []}, "geometry.coordinates"),
        ({"type": "Polygon", "coordinates": [[[7, 46], [8, 91], [8, 47]]]}, "geometry.coordinates[0][1]"),
        ({"type": "Polygon", "coordinates": [[[7, 46], [8, None], [8, 47]]]}, "geometry.coordinates[0][1]"),
        ({"type": "Polygon", "coordinates": [[[7, 46], [8]]]}, "geometry.coordinates[0][1]"),
        ({"type": "Polygon", "coordinates": 5}, "geometry.coordinates"),
        ({"type": "MultiPolygon", "coordinates": [[[[7, 46], [8, 47], [8, 46], [7, 47]]]]}, "geometry.coordinates[0]"),
        ({"type": "Polygon", "coordinates": [[[7, 46], [8, 47], [9, 48]]], "weapon": 1}, "geometry.weapon"),
    ],
)
def test_a_bad_geometry_is_skipped_with_its_place(tmp_path: Path, geometry: object, place: str) -> None:
    parsed = read(tmp_path, collection({**feature("bad"), "geometry": geometry}, GOOD))
    assert len(parsed.operations) == 1
    assert parsed.skipped[0].place.startswith(f"features[0].{place}")


@pytest.mark.parametrize(
    ("member", "value", "place"),
    [
        ("id", {"weapon": 1}, "id.weapon"),
        ("id", [], "id"),
        ("bbox", [{"target": 1}], "bbox[0].target"),
        ("bbox", "here", "bbox"),
    ],
)
def test_members_that_are_not_used_hide_nothing(tmp_path: Path, member: str, value: object, place: str) -> None:
    parsed = read(tmp_path, collection({**feature("bad"), member: value}, {**GOOD, "id": 7, "bbox": [7, 46, 8, 47]}))
    assert (len(parsed.operations), parsed.skipped[0].place) == (1, f"features[0].{place}")


@pytest.mark.parametrize("item", [5, None, [], "x", {"type": "Feature"}, {"type": "Feature", "properties": None}])
def test_what_is_no_feature_is_skipped(tmp_path: Path, item: object) -> None:
    parsed = read(tmp_path, collection(item, GOOD))
    assert (len(parsed.operations), len(parsed.skipped)) == (1, 1)


def test_a_field_of_the_collection_that_names_a_target_refuses_it(tmp_path: Path) -> None:
    document = json.loads(collection(GOOD)) | {"targets": []}
    parsed = read(tmp_path, json.dumps(document).encode())
    assert (parsed.operations, parsed.skipped[0].place) == ([], "targets")


def test_another_reference_system_is_refused(tmp_path: Path) -> None:
    document = json.loads(collection(GOOD)) | {"crs": {"type": "name", "properties": {"name": "EPSG:2056"}}}
    assert "WGS 84" in read(tmp_path, json.dumps(document).encode()).skipped[0].reason
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert read(tmp_path, json.dumps(document).encode()).skipped == []


def test_an_operation_that_blankets_a_country_for_a_month_is_refused(tmp_path: Path) -> None:
    blanket = feature("blanket", end="2026-04-01T12:00:00Z")
    blanket["geometry"]["coordinates"] = [[[5, 45], [11, 45], [11, 48], [5, 48], [5, 45]]]
    parsed = read(tmp_path, collection(blanket, GOOD))
    assert [operation.ref.operation_id for operation in parsed.operations] == ["good"]
    assert (parsed.skipped[0].place, "reserve less area" in parsed.skipped[0].reason) == ("alpha/blanket", True)
    blanket["properties"]["end"] = "2026-03-01T13:00:00Z"  # the same for an hour is large, but may be
    assert read(tmp_path, collection(blanket, GOOD)).skipped == []


@pytest.mark.parametrize(
    ("data", "place", "remedy"),
    [
        (b"", "file", "is empty"),
        (b" \r\n\t", "file", "is empty"),
        (collection(GOOD)[:100], "line 1, column", "is it whole"),
        (json.dumps({"a": "\xfc"}, ensure_ascii=False).encode("latin-1"), "line 1, byte 8", "save it as UTF-8"),
        (collection(GOOD).decode().encode("utf-16"), "file", "is text in UTF-16: save it as UTF-8"),
        (bytes(range(256)) * 8, "file", "Skyparley knows"),
        (b"\x00" * 1_000, "file", "Skyparley knows"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "file", "Skyparley knows"),
        (b"PK\x03\x04" + bytes(100), "file", "unpack it"),
        (b"hello", "file", "Skyparley knows"),
        (b"[" * 200_000 + b"]" * 200_000, "file", "nested too deeply"),
        (b'{"a":' * 200_000, "file", "nested too deeply"),
        (b"{}", "file", "Skyparley knows"),
        (b"[]", "file", "the list is empty"),
        (b'{"operation_id": "a", "volumes": [{"lower_m": NaN}]}', "byte 47", "JSON has no NaN"),
        (collection({**GOOD, "geometry": "Switzerland"}), "features[0].geometry", "names of places are not known"),
        (b"[1, 2]", "file", "Skyparley knows"),
        (b"[" + b"9" * 10_000 + b"]", "file", ""),
        (b'{"type": "FeatureCollection"}', "features", "list of features"),
        (b'{"type": "FeatureCollection", "features": []}', "file", "holds no operation"),
        (b'{"operation_id": "a", "volumes": []}', "volumes", "at least one"),
        (b'{"operation_id": "a", "strikeTime": 1}', "strikeTime", "remove it"),
        (gzip.compress(collection(GOOD), mtime=0)[:60], "file", "cut short"),
        (b"\x1f\x8b" + b"\x55" * 100, "file", "compress it again"),
        (gzip.compress(collection(GOOD), mtime=0) + b"and more", "file", "after its end"),
        (CSV_HEADER.replace(",", ";").encode(), "line 1", "separated by commas"),
        (b"operation_id,time,lat,lon\n", "line 1", "unknown: lat, lon"),
        (csv_track("a", (46.0, 46.1)).encode(), "line 1", "the first line names the columns"),
        (CSV_HEADER.replace("time", "operation_id").encode(), "line 1", "missing: time"),
        (CSV_HEADER.encode(), "file", "holds no operation"),
        ((CSV_HEADER.strip() + ",weapon\n").encode(), "line 1, weapon", "remove it"),
        ((CSV_HEADER + '"' + "x" * 200_000).encode(), "line 2", "quotation mark"),
    ],
)
def test_a_file_that_cannot_be_taken_says_where_and_what_to_do(
    tmp_path: Path, data: bytes, place: str, remedy: str
) -> None:
    parsed = read(tmp_path, data)
    assert parsed.operations == []
    assert parsed.skipped[0].file == str(tmp_path / "input")
    assert parsed.skipped[0].place.startswith(place)
    assert remedy in parsed.skipped[0].reason


def test_rows_of_another_datum_are_named_by_their_first_line(tmp_path: Path) -> None:
    rows = csv_track("a", (46.0, 46.1, 46.2, 46.3)).strip().split("\n")
    rows[2:] = [row.replace("EGM96", "AGL").replace("PRESSURE", "AGL").replace("WGS84", "AGL") for row in rows[2:]]
    parsed = read(tmp_path, (CSV_HEADER + "\n".join(rows)).encode())
    assert len(parsed.operations[0].trajectories[0].times_us) == 2
    (skipped,) = parsed.skipped
    assert skipped.place == "line 4, a"
    assert "2 of its rows have en_route and AGL" in skipped.reason


def test_missing_directory_and_unreadable_files_say_why(tmp_path: Path) -> None:
    assert "No such file" in read_file(tmp_path / "missing").skipped[0].reason
    assert "Is a directory" in read_file(tmp_path).skipped[0].reason


def test_a_byte_order_mark_and_gzip_in_parts_are_undone(tmp_path: Path) -> None:
    data = collection(GOOD)
    for variant in (b"\xef\xbb\xbf" + data, gzip.compress(data[:99]) + gzip.compress(data[99:]) + bytes(512)):
        parsed = read(tmp_path, variant)
        assert (len(parsed.operations), parsed.skipped) == (1, [])


def test_gzip_that_unfolds_without_end_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MAX_FILE_BYTES", 1_000_000)
    bomb = gzip.compress(b"[" * 100_000_000)
    assert "MAX_FILE_BYTES" in read(tmp_path, bomb).skipped[0].reason
    assert "MAX_FILE_BYTES" in read(tmp_path, gzip.compress(b" " * 600_000) * 2).skipped[0].reason
    assert "MAX_FILE_BYTES" in read(tmp_path, b"[" * 1_000_001).skipped[0].reason


def test_what_is_quoted_is_short_and_safe_to_print(tmp_path: Path) -> None:
    (skipped,) = read(tmp_path, collection(feature(**{"\x1b[2J\n" + "x" * 10_000: 1}))).skipped
    assert skipped.place.isprintable()
    assert len(skipped.place) < 600


SEEDS = [
    collection(GOOD, feature("other", east_deg=7.05)),
    (CSV_HEADER + csv_track("a", (46.0, 46.1, 46.2))).encode(),
    json.dumps([{"icao24": "4b1800", "timestamp": t, "latitude": 46.0, "longitude": 7.0, "altitude": 3e4}
                for t in (1e12, 1.00001e12)]).encode(),
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_files_never_do_more_than_be_refused(seed: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(begin, min(len(seed), begin + 20)))
    wrong = data.draw(
        st.one_of(
            st.binary(max_size=8), st.sampled_from([b"null", b"NaN", b"-1e999", b"[]", b'"', b"\xff", b"9" * 400])
        )
    )
    damaged = seed[:begin] + wrong + seed[end:]
    for variant in (damaged, zlib.compress(damaged, wbits=31)):
        with contextlib.suppress(SkyparleyError):
            whole = load.decompress(variant) if variant[:2] == b"\x1f\x8b" else variant
            assert all(skipped.reason for skipped in read_bytes(whole, "damaged").skipped)
