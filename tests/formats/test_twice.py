"""A member that stands twice in one object is refused by name and path; parsers would take the last silently."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError
from skyparley.formats.detect import read_bytes
from skyparley.node.reading.twice import members, refuse_members, refuse_twice
from support.commands import collection, feature

OPERATION = {
    "operation_id": "op",
    "volumes": [
        {
            "circle": {"latitude_deg": 46.0, "longitude_deg": 7.0, "radius_m": 100},
            "lower_m": 0,
            "upper_m": 100,
            "altitude_datum": "AGL",
            "begin": "2030-03-01T12:00:00Z",
            "end": "2030-03-01T13:00:00Z",
        }
    ],
}
REPORT = {"timestamp": 1.9e12, "icao24": "4b1800", "callsign": "A", "latitude": 46.5, "longitude": 7.9, "altitude": 1e4}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a":1,"a":1}', "a"),
        ('{"v":[{"q":1},{"q":1,"r":"x","q":2}]}', "v[1].q"),
        ('{"a":{"b":{"c":null,"c":null}}}', "a.b.c"),
        ('{"a":1,"\\u0061":1}', "a"),
        ('{"a":"\\u0022\\u0022","b":1,"b":2}', "b"),
    ],
)
def test_the_path_of_the_member_is_named(text: str, place: str) -> None:
    with pytest.raises(InvalidInputError, match="stands twice in one object: leave one") as caught:
        refuse_twice(text.encode())
    assert caught.value.place == place


def trees(leaves: st.SearchStrategy) -> st.SearchStrategy:
    names = st.sampled_from(["a", "b", 'q"', "\\", "é"])
    objects = lambda inner: st.lists(st.tuples(names, inner), max_size=3).map(tuple)  # noqa: E731
    return st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), objects(inner)), max_leaves=8)


def written(tree: object) -> str:
    """JSON of a tree whose objects are tuples of members, so that a name can come twice."""
    if isinstance(tree, tuple):
        return "{" + ", ".join(f"{json.dumps(name)}: {written(inner)}" for name, inner in tree) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(written, tree)) + "]"
    return json.dumps(tree)


def has_twice(tree: object) -> bool:
    if isinstance(tree, tuple):
        return len({name for name, _ in tree}) < len(tree) or any(has_twice(inner) for _, inner in tree)
    return isinstance(tree, list) and any(map(has_twice, tree))


@given(trees(st.one_of(st.none(), st.integers(-9, 9), st.text('ab"\\:{', max_size=3))))
def test_it_is_refused_exactly_where_a_name_comes_again(tree: object) -> None:
    data = written(tree).encode()
    refused = False
    try:
        refuse_twice(data)
    except InvalidInputError:
        refused = True
    assert refused == has_twice(tree)


def test_plain_objects_are_not_walked() -> None:
    refuse_members({"a": members([("b", 1), ("b", 2)])})


def doubled(item: dict, name: str) -> str:
    """The item as JSON with one of its members, wherever it is, written twice."""
    return json.dumps(item).replace(f'"{name}":', f'"{name}": 0, "{name}":', 1)


def read(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    parsed = read_bytes(text.encode(), "plan")
    return [str(o.ref) for o in parsed.operations], [(s.place, s.reason) for s in parsed.skipped]


def test_a_feature_with_a_member_twice_is_skipped_and_the_others_go_on() -> None:
    bad, good = doubled(feature("bad"), "upper_m"), json.dumps(feature("good"))
    names, ((place, reason),) = read(f'{{"type": "FeatureCollection", "features": [{bad}, {good}]}}')
    assert (names, place) == (["alpha/good"], "features[0].properties.upper_m")
    assert "'upper_m' stands twice" in reason


def test_a_collection_with_its_features_twice_is_refused() -> None:
    text = collection(feature("good")).decode()
    with pytest.raises(InvalidInputError, match="'features' stands twice"):
        read(text.replace('"features"', '"features": [], "features"', 1))


def test_operations_of_the_api_with_a_member_twice_are_skipped_one_by_one() -> None:
    good = json.dumps({**OPERATION, "operation_id": "good"})
    names, ((place, _),) = read(f"[{doubled(OPERATION, 'lower_m')}, {good}]")
    assert (names, place) == (["good"], "[0].volumes[0].lower_m")
    assert read(doubled(OPERATION, "operation_id"))[1][0][0] == "operation_id"


def test_f3548_volumes_with_a_member_twice_are_skipped_one_by_one() -> None:
    volume = {
        "volume": {
            "outline_circle": {"center": {"lat": 46.5, "lng": 7.5}, "radius": {"value": 300, "units": "M"}},
            "altitude_lower": {"value": 500},
            "altitude_upper": {"value": 600},
        },
        "time_start": {"value": "2030-03-01T12:00:00Z"},
        "time_end": {"value": "2030-03-01T12:30:00Z"},
    }
    names, ((place, _),) = read(f"[{doubled(volume, 'lat')}, {json.dumps(volume)}]")
    assert (names, place) == (["plan"], "[0].volume.outline_circle.center.lat")


def test_a_report_with_a_field_twice_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [{**REPORT, "timestamp": 1.9e12 + i * 1e4} for i in range(3)]
    text = f"[{json.dumps(rows[0])}, {doubled(rows[1], 'altitude')}, {json.dumps(rows[2])}]"
    parsed = read_bytes(text.encode(), "recorded")
    assert len(parsed.operations[0].trajectories[0].times_us) == 2
    assert parsed.left_out == {"unreadable": 1}
    columns = {name: {str(i): row[name] for i, row in enumerate(rows)} for name in REPORT}
    with pytest.raises(InvalidInputError, match="'altitude' stands twice"):
        read_bytes(doubled(columns, "altitude").encode(), "recorded")
