"""Canonical bytes: read back to the same numbers, the same on every machine, and what is none is refused."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.conflict.codec import (
    decode_conflict,
    decode_operation,
    digest,
    encode_conflict,
    encode_operation,
    quantise,
)
from skyparley.conflict.operation import ClosestApproach, Conflict, Operation, OperationRef, Rule, TimeWindow
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.errors import SkyparleyError, StorageError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.footprint import Circle
from support.conflict_cases import circle_volume, operation, polygon_volume, random_operation, track

PLACES = [(46.5, 7.8), (-17.0, 179.999999), (90.0, 0.0), (-89.9, 12.0), (0.0, 0.0)]
SQUARE = ((46.0, 7.0), (46.0, 7.1), (46.1, 7.1), (46.1, 7.0))
HOLE = ((46.02, 7.02), (46.04, 7.02), (46.02, 7.04))
GOLDEN_OPERATION = (
    b'{"hazard":false,"operation_class":"en_route","operation_id":"x-1","party":"alpha","tracks":[{"altitudes_mm":'
    b'[1000000,500],"datum":"PRESSURE","early_late_us":1500000,"lateral_mm":100000,"latitudes_nd":[46500000000,'
    b'1000000],"longitudes_nd":[-179999999999,359999999998],"times_us":[1800014400000000,2500000],"vertical_mm":250}],'
    b'"volumes":[{"begin_us":1800014400000000,"circle":[90000000000,0,1234],"datum":"AGL","end_us":1800015000000000,'
    b'"lower_mm":-1000,"rings":[],"upper_mm":100000},{"begin_us":1800014400000000,"circle":null,"datum":"EGM96",'
    b'"end_us":1800015000000000,"lower_mm":0,"rings":[[46000000000,7000000000,46000000000,7100000000,46100000000,'
    b"7100000000,46100000000,7000000000],[46020000000,7020000000,46040000000,7020000000,46020000000,7040000000]],"
    b'"upper_mm":100000}]}'
)
GOLDEN_CONFLICT = (
    b'{"a":["alpha","x-1"],"b":["bravo","y/2"],"basis":"","certain":false,"closest":[1800014400000007,'
    b'46500000001,-7800000000,9259999,304799],"rule":"separation_minimum","same_party":false,'
    b'"sentence":"They meet.","windows":'
    b"[[1800014400000000,1800014400000009]]}"
)


def golden_operation() -> Operation:
    path = track(
        [(0.0, 46.5, -179.999999999, 1_000.0), (2.5, 46.501, 179.999999999, 1_000.5)],
        datum=Datum.PRESSURE,
        lateral_m=100.0,
        vertical_m=0.25,
        time_s=1.5,
    )
    return operation(
        "x-1",
        circle_volume((90.0, 0.0), 1.234, band=(-1.0, 100.0), datum=Datum.AGL),
        polygon_volume(SQUARE, holes=(HOLE,)),
        path,
        party="alpha",
        operation_class="en_route",
    )


def golden_conflict() -> Conflict:
    return Conflict(
        OperationRef("alpha", "x-1"),
        OperationRef("bravo", "y/2"),
        Rule.SEPARATION_MINIMUM,
        (TimeWindow(1_800_014_400_000_000, 1_800_014_400_000_009),),
        ClosestApproach(1_800_014_400_000_007, 46.500000001, -7.8, 9_259.999, 304.799),
        certain=False,
        same_party=False,
        sentence="They meet.",
    )


def test_the_bytes_are_those_of_the_format() -> None:
    assert encode_operation(golden_operation()) == GOLDEN_OPERATION
    assert encode_conflict(golden_conflict()) == GOLDEN_CONFLICT
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_golden_bytes_are_read_back() -> None:
    found = decode_operation(GOLDEN_OPERATION)
    assert _same(found, golden_operation())
    assert decode_conflict(GOLDEN_CONFLICT) == golden_conflict()


@pytest.mark.parametrize("seed", range(12))
def test_quantising_changes_little_and_once(seed: int) -> None:
    random = np.random.default_rng(seed)
    for place in PLACES:
        for size_m in (5.0, 3_000.0, 500_000.0):
            one = random_operation(random, "o", place, size_m)
            found = quantise(one)
            assert encode_operation(found) == encode_operation(one)
            assert _same(quantise(found), found)
            for rough, exact in zip(found.volumes, one.volumes, strict=True):
                assert abs(rough.altitude.lower_m - exact.altitude.lower_m) <= 0.000501
                assert rough.time == exact.time
                if isinstance(exact.footprint, Circle):
                    assert isinstance(rough.footprint, Circle)
                    assert abs(rough.footprint.radius_m - exact.footprint.radius_m) <= 0.000501
                else:
                    corners = np.array(exact.footprint.vertices)
                    assert not isinstance(rough.footprint, Circle)
                    assert np.abs(np.array(rough.footprint.vertices) - corners).max() <= 0.501e-9
            for flown, meant in zip(found.trajectories, one.trajectories, strict=True):
                assert (flown.times_us == meant.times_us).all()
                assert np.abs(flown.latitudes_deg - meant.latitudes_deg).max() <= 0.501e-9
                assert np.abs(flown.longitudes_deg - meant.longitudes_deg).max() <= 0.501e-9
                assert np.abs(flown.altitudes_m - meant.altitudes_m).max() <= 0.000501


def test_found_conflicts_round_trip() -> None:
    random = np.random.default_rng(5)
    conflicts = all_pairs([random_operation(random, f"o{i}", PLACES[0], 3_000.0) for i in range(60)])
    assert len(conflicts) > 50
    for conflict in conflicts:
        data = encode_conflict(conflict)
        assert decode_conflict(data) == conflict
        assert encode_conflict(decode_conflict(data)) == data


def test_what_was_quantised_conflicts_as_its_bytes_do() -> None:
    random = np.random.default_rng(6)
    operations = [quantise(random_operation(random, f"o{i}", PLACES[0], 2_000.0)) for i in range(40)]
    again = [decode_operation(encode_operation(one)) for one in operations]
    assert all_pairs(again) == all_pairs(operations)


@pytest.mark.parametrize("decode", [decode_operation, decode_conflict])
@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"{}", b'{"a": 1}', b"\xff\xfe", GOLDEN_OPERATION[:-9]])
def test_what_are_no_such_bytes_is_refused(decode: object, data: bytes) -> None:
    with pytest.raises(StorageError):
        decode(data)  # type: ignore[operator]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_bytes_give_one_clear_error_or_another_sound_value(data: st.DataObject) -> None:
    for golden, decode in ((GOLDEN_OPERATION, decode_operation), (GOLDEN_CONFLICT, decode_conflict)):
        place = data.draw(st.integers(0, len(golden) - 1))
        damaged = golden[:place] + bytes([data.draw(st.integers(0, 255))]) + golden[place + 1 :]
        with contextlib.suppress(SkyparleyError):
            decode(damaged)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b'"AGL"', b'"MSL"'),
        (b"46040000000,7020000000,46020000000,7040000000]", b"46040000000,7020000000,46020000000]"),
        (b"[90000000000,0,1234]", b"null"),
        (b"1800014400000000,2500000]", b"1800014400000000,99999999999999999999]"),
        (b"[1000000,500]", b"[]"),
    ],
)
def test_details_that_are_half_there_are_refused(part: bytes, other: bytes) -> None:
    assert GOLDEN_OPERATION.count(part) == 1
    with pytest.raises(SkyparleyError):
        decode_operation(GOLDEN_OPERATION.replace(part, other))


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(StorageError):
        decode_conflict(GOLDEN_CONFLICT.replace(b"separation_minimum", b"right_of_way"))


def test_an_unknown_field_is_refused() -> None:
    for golden, decode in ((GOLDEN_OPERATION, decode_operation), (GOLDEN_CONFLICT, decode_conflict)):
        more = json.dumps({**json.loads(golden), "more": 1}).encode()
        with pytest.raises(StorageError, match="unknown field"):
            decode(more)  # type: ignore[operator]


def _same(one: Operation, other: Operation) -> bool:
    columns = ("times_us", "latitudes_deg", "longitudes_deg", "altitudes_m")
    return (
        (one.ref, one.operation_class, one.volumes, one.hazard)
        == (other.ref, other.operation_class, other.volumes, other.hazard)
        and len(one.trajectories) == len(other.trajectories)
        and all(
            all((getattr(a, name) == getattr(b, name)).all() for name in columns)
            and (a.datum, a.lateral_tolerance_m, a.vertical_tolerance_m, a.time_tolerance_s)
            == (b.datum, b.lateral_tolerance_m, b.vertical_tolerance_m, b.time_tolerance_s)
            for a, b in zip(one.trajectories, other.trajectories, strict=True)
        )
    )
