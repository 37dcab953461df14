"""GeoJSON, CSV, F3548 and the API's own JSON become the operations that they describe, told apart by content."""

import json

import pytest

from skyparley.conflict.minima import DRONE, EN_ROUTE
from skyparley.errors import InvalidInputError
from skyparley.formats.detect import read_bytes
from skyparley.formats.parsed import Parsed
from skyparley.geometry.altitude import Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import parse_time
from skyparley.geometry.polygon import Polygon
from support.commands import CSV_HEADER, collection, csv_track, feature


def read(document: object) -> Parsed:
    return read_bytes(document if isinstance(document, bytes) else json.dumps(document).encode(), "some-file")


def f3548_volume(**changed: object) -> dict:
    given = {
        "volume": {
            "outline_circle": {"center": {"lat": 46.5, "lng": 7.5}, "radius": {"value": 300, "units": "M"}},
            "altitude_lower": {"value": 500, "reference": "W84", "units": "M"},
            "altitude_upper": {"value": 600, "reference": "W84", "units": "M"},
        },
        "time_start": {"value": "2026-03-01T12:00:00Z", "format": "RFC3339"},
        "time_end": {"value": "2026-03-01T12:30:00Z", "format": "RFC3339"},
    }
    return given | changed


def test_a_feature_is_a_volume() -> None:
    (operation,) = read(feature(upper_m=120.5)).operations
    (volume,) = operation.volumes
    assert (str(operation.ref), operation.operation_class) == ("alpha/op-1", DRONE)
    assert isinstance(volume.footprint, Polygon)
    assert volume.footprint.vertices[1] == (46.0, 7.1)  # GeoJSON has longitude first
    assert (volume.altitude.lower_m, volume.altitude.upper_m, volume.altitude.datum) == (0.0, 120.5, Datum.EGM96)
    assert volume.time.begin_us == parse_time("2026-03-01T12:00:00Z")


def test_party_and_class_may_be_missing() -> None:
    item = feature()
    del item["properties"]["party"], item["properties"]["class"]
    (operation,) = read(item).operations
    assert (operation.ref.party, operation.operation_class) == ("", EN_ROUTE)


def test_features_of_one_identifier_are_pieces_of_one_operation() -> None:
    parsed = read(collection(feature("a"), feature("a", east_deg=8.0), feature("a", party="bravo"), feature("b")))
    assert {str(o.ref): len(o.volumes) for o in parsed.operations} == {"alpha/a": 2, "bravo/a": 1, "alpha/b": 1}
    other_class = read(collection(feature("a"), feature("a", **{"class": "en_route"})))
    assert other_class.skipped[0].place == "features[1].class"


def test_points_are_circles_and_multipolygons_several_volumes() -> None:
    point = {**feature("p", radius_m=250), "geometry": {"type": "Point", "coordinates": [7.5, 46.5, 400]}}
    rings = [[[[7, 46], [7.1, 46], [7, 46.1]]], [[[8, 46], [8.1, 46], [8, 46.1]]]]
    many = {**feature("m"), "geometry": {"type": "MultiPolygon", "coordinates": rings}}
    circle, polygons = read(collection(point, many)).operations
    assert circle.volumes[0].footprint == Circle(46.5, 7.5, 250.0)
    assert len(polygons.volumes) == 2


def test_csv_rows_in_any_order_are_trajectories() -> None:
    rows = (csv_track("a", (46.0, 46.1, 46.2)) + csv_track("b", (47.0, 47.1))).splitlines(keepends=True)
    parsed = read((CSV_HEADER + "".join(reversed(rows))).encode())
    lengths = {str(o.ref): len(o.trajectories[0].times_us) for o in parsed.operations}
    assert lengths == {"a": 3, "b": 2}
    assert parsed.operations[0].operation_class == EN_ROUTE
    assert (parsed.skipped, parsed.left_out) == ([], {})


def test_csv_takes_party_class_quotes_and_other_line_ends() -> None:
    text = "class,party,altitude_datum,altitude_m,longitude_deg,latitude_deg,time,operation_id\r\n"
    for minute in (0, 1):
        text += f'Drone,"alpha",agl,50,7,46.{minute},"2026-03-01T14:0{minute}:00+02:00","a, b"\r\n'
    (operation,) = read(text.encode()).operations
    assert (str(operation.ref), operation.operation_class) == ("alpha/a, b", DRONE)
    assert operation.trajectories[0].datum is Datum.AGL
    assert operation.trajectories[0].times_us[0] == parse_time("2026-03-01T12:00:00Z")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a,2026-03-01T12:00:30Z,91,7,1000,EGM96", "latitude_deg"),
        ("a,2026-03-01T12:00:30Z,nan,7,1000,EGM96", "latitude_deg"),
        ("a,2026-03-01T12:00:30Z,46,,1000,EGM96", "longitude_deg"),
        ("a,2026-03-01T12:00:30Z,46,7,1e9,EGM96", "altitude_m"),
        ("a,2026-03-01T12:00:30,46,7,1000,EGM96", "time"),
        ("a,yesterday,46,7,1000,EGM96", "time"),
        ("a,2026-03-01T12:00:30Z,46,7,1000,QNH", "altitude_datum"),
    ],
)
def test_a_bad_row_of_a_track_is_counted_and_remarked_on(row: str, column: str) -> None:
    parsed = read((CSV_HEADER + csv_track("a", (46.0, 46.1)) + row + "\n").encode())
    assert (len(parsed.operations), parsed.skipped, parsed.left_out) == (1, [], {"unreadable": 1})
    assert parsed.remarks[0].place.startswith("line 4, ")
    assert column in parsed.remarks[0].place


def test_a_row_that_belongs_to_no_operation_is_skipped_and_a_track_without_good_rows_says_why() -> None:
    rows = csv_track("a", (46.0, 46.1)) + "b,1,2\n,2026-03-01T12:00:30Z,46,7,1000,EGM96\nc,noon,46,7,1000,EGM96\n"
    parsed = read((CSV_HEADER + rows).encode())
    assert [skipped.place for skipped in parsed.skipped] == ["line 4", "line 5, operation_id", "c"]
    assert "line 6, time" in parsed.skipped[2].reason
    assert len(parsed.operations) == 1


def test_a_track_has_one_datum_and_one_point_an_instant() -> None:
    rows = csv_track("a", (46.0, 46.1)) * 2 + "a,2026-03-01T12:30:00Z,46,7,1000,AGL\n"
    parsed = read((CSV_HEADER + rows).encode())
    assert (len(parsed.operations), parsed.left_out) == (1, {"doubled": 2})
    assert "one altitude datum" in parsed.skipped[0].reason


def test_f3548_volumes_of_a_file_are_one_operation() -> None:
    for document in ([f3548_volume(), f3548_volume()], {"volumes": [f3548_volume(), f3548_volume()]}):
        (operation,) = read(document).operations
        assert (str(operation.ref), operation.operation_class, len(operation.volumes)) == ("some-file", DRONE, 2)
    assert operation.volumes[0].footprint == Circle(46.5, 7.5, 300.0)
    assert operation.volumes[0].altitude.datum is Datum.WGS84
    polygon = f3548_volume()
    del polygon["volume"]["outline_circle"]
    polygon["volume"]["outline_polygon"] = {
        "vertices": [{"lat": 46, "lng": 7}, {"lat": 46, "lng": 8}, {"lat": 47, "lng": 7}]
    }
    assert isinstance(read(polygon).operations[0].volumes[0].footprint, Polygon)


def test_an_f3548_operational_intent_is_named_by_its_reference() -> None:
    intent = {
        "reference": {"id": "2f8343be-6482-4d1b-a474-16847e01af1e", "manager": "uss1", "state": "Accepted"},
        "details": {"volumes": [f3548_volume()], "off_nominal_volumes": [f3548_volume()], "priority": 0},
    }
    for document in (intent, {"operational_intent": intent}, [intent]):
        (operation,) = read(document).operations
        assert str(operation.ref) == "uss1/2f8343be-6482-4d1b-a474-16847e01af1e"
        assert len(operation.volumes) == 2


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"details": 5}, "details"),
        ({"details": {"volumes": 5}}, "details.volumes"),
        ({"details": {"volumes": [{"volume": 3}]}}, "details.volumes[0].volume"),
        ({"details": {"volumes": []}}, "details.volumes"),
        ({"details": {"volumes": [], "colour": 1}}, "details"),
        ({"operational_intent": None}, "operational_intent"),
        ({"operational_intent": {"reference": {"id": "\x07"}, "details": {}}}, "operational_intent.reference.id"),
        ([f3548_volume(time_end={"value": "2026-03-01T11:00:00Z"})], "[0].time_end"),
        ([f3548_volume(time_end={"value": "2026-03-01T13:00:00"})], "[0].time_end"),
        ([f3548_volume(), 5], "[1]"),
        (f3548_volume(colour=1), "file"),
        (f3548_volume(targetType=1), "targetType"),
        ({"volume": None}, "volume"),
    ],
)
def test_a_bad_f3548_volume_says_where(document: object, place: str) -> None:
    try:
        found = read(document).skipped[0].place
    except InvalidInputError as error:
        found = error.place or ""
    assert found == place


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("altitude_upper", {"value": 600, "reference": "AGL", "units": "M"}, "W84"),
        ("altitude_upper", {"value": 600, "reference": "W84", "units": "FT"}, "W84"),
        ("altitude_upper", {"value": 400, "reference": "W84", "units": "M"}, "below"),
        ("outline_circle", {"center": {"lat": 91, "lng": 7}, "radius": {"value": 300, "units": "M"}}, "latitude"),
        ("outline_circle", {"center": {"lat": 46, "lng": 7}, "radius": {"value": 300, "units": "FT"}}, "metres"),
        ("outline_circle", None, "either"),
    ],
)
def test_a_bad_f3548_solid_says_why(name: str, value: object, word: str) -> None:
    volume = f3548_volume()
    volume["volume"][name] = value
    parsed = read([volume, f3548_volume()])
    assert len(parsed.operations) == 1
    assert word in parsed.skipped[0].reason


def test_operations_of_the_api_are_read_and_bad_ones_listed() -> None:
    volume = {
        "circle": {"latitude_deg": 46.9, "longitude_deg": 7.4, "radius_m": 200},
        "lower_m": 500,
        "upper_m": 700,
        "altitude_datum": "WGS84",
        "begin": "2026-03-01T12:00:00Z",
        "end": "2026-03-01T13:00:00Z",
    }
    good = {"operation_id": "a", "party": "alpha", "class": "drone", "volumes": [volume]}
    parsed = read([good, {**good, "operation_id": "b", "volumes": [{**volume, "upper_m": 1}]}, 5])
    assert [str(operation.ref) for operation in parsed.operations] == ["alpha/a"]
    assert [skipped.place.split(".")[0] for skipped in parsed.skipped] == ["[1]", "[2]"]
    assert [str(operation.ref) for operation in read(good).operations] == ["alpha/a"]
