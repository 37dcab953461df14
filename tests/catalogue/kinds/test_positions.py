"""Positions in every notation that is read, and each way in which one could be taken for another, refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.catalogue.kinds.positions import distance_m
from skyparley.catalogue.parameters import KINDS
from skyparley.errors import InvalidInputError

POSITION, ROUTE = KINDS["position"], KINDS["route"]


def read(text: str) -> tuple[str, int, int]:
    found: Any = POSITION.parse(text, "position")
    assert found["text"] == text
    return found["notation"], found["latitude_e7"], found["longitude_e7"]


@pytest.mark.parametrize(
    ("text", "notation", "latitude_e7", "longitude_e7"),
    [
        ("35.3333 N 40.1500 E", "decimal", 353_333_000, 401_500_000),
        ("35.3333°N, 40.15°E", "decimal", 353_333_000, 401_500_000),
        ("N35.3333 E40.15", "decimal", 353_333_000, 401_500_000),
        ("35.3333, 40.15", "decimal", 353_333_000, 401_500_000),
        ("-35.3333; -140.15", "decimal", -353_333_000, -1_401_500_000),
        ("35.3333 s 40.1500 w", "decimal", -353_333_000, -401_500_000),
        ("35°20.5'N 040°09.25'E", "degrees_minutes", 353_416_667, 401_541_667),
        ("35 20 N 040 09 E", "degrees_minutes", 353_333_333, 401_500_000),
        ("35°20'00\"N 040°09'00\"E", "dms", 353_333_333, 401_500_000),
        ("35° 20′ 00.5″ N, 040° 09′ 00″ E", "dms", 353_334_722, 401_500_000),
        ("N 35°20'00\" E 040°09'00\"", "dms", 353_333_333, 401_500_000),
        ("35 20 00 S 040 09 36 W", "dms", -353_333_333, -401_600_000),
        ("352000N0400900E", "icao", 353_333_333, 401_500_000),
        ("352000.36N0400900.72W", "icao", 353_334_333, -401_502_000),
        ("3520N04009E", "icao", 353_333_333, 401_500_000),
        ("35N040E", "icao", 350_000_000, 400_000_000),
        ("90 N 180 W", "decimal", 900_000_000, -1_800_000_000),
    ],
)
def test_a_position_is_read_in_each_notation(text: str, notation: str, latitude_e7: int, longitude_e7: int) -> None:
    assert read(text) == (notation, latitude_e7, longitude_e7)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("35°20'00\" 040°09'00\"", "hemisphere"),
        ("35 20 00 040 09 00", "hemisphere"),
        ("35.3333 40.15", "hemisphere"),
        ("35, 40", "hemisphere"),
        ("352000 0400900", "hemisphere"),
        ("35°20'00\"N 040°09'00\"", "cannot read"),
        ("35°20'00\"N 040°09'00\"N", "cannot read"),
        ("040°09'00\"E 35°20'00\"N", "latitude first"),
        ("-35.3333 N 40.15 E", "cannot read"),
        ("35,3333 N 40,1500 E", "decimal point"),
        ("35°60'00\"N 040°09'00\"E", "below 60"),
        ("35°20'60\"N 040°09'00\"E", "below 60"),
        ("356000N0400900E", "below 60"),
        ("35.5°20'N 040°09'E", "fraction"),
        ("35°20'N 40.15°E", "same notation"),
        ("352000N04009E", "same notation"),
        ("35200N0400900E", "cannot read"),
        ("91 N 40 E", "-90 to 90"),
        ("35 N 181 E", "-180 to 180"),
        ("37S CT 12345 67890", "MGRS is not read"),
        ("٣٥.٣ N ٤٠.١ E", "cannot read"),
        ("<b>35.3333 N 40.1500 E</b>", "cannot read"),
        ("", "cannot read"),
        ("3" * 81, "80 characters"),
        (35.3333, "text as typed"),
        ({"latitude_deg": 35.3, "longitude_deg": 40.1}, "text as typed"),
    ],
)
def test_what_could_be_another_place_is_refused(value: object, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says) as caught:
        POSITION.parse(value, "parameters.position")
    assert caught.value.place == "parameters.position"


def test_positions_are_equal_within_ten_metres_in_whatever_notation() -> None:
    def differs(a: str, b: str) -> bool:
        return POSITION.differs(POSITION.parse(a, "a"), POSITION.parse(b, "b"))

    assert not differs("35°20'00\"N 040°09'00\"E", "35.3333 N 40.1500 E")
    # one ten-thousandth of a degree of latitude is 11 metres, nine hundred-thousandths are not quite 10
    assert not differs("35.33330 N 40.15 E", "35.33339 N 40.15 E")
    assert differs("35.33330 N 40.15 E", "35.33340 N 40.15 E")
    assert differs("35.3333 N 40.1500 E", "35.3333 N 40.1500 W")
    assert not differs("10.5 N 180.0 E", "10.5 N 180.0 W")


def test_a_position_copied_from_a_line_in_arabic_leaves_its_marks_behind() -> None:
    found: Any = POSITION.parse("\u200f\u2068352000N0400900E\u2069 ", "x")
    assert found == POSITION.parse("352000N0400900E", "x")


def test_distance_is_geodesic() -> None:
    a, b = POSITION.parse("0.0, 0.0", "a"), POSITION.parse("0.0, 1.0", "b")
    assert distance_m(a, b) == pytest.approx(111_319.491, abs=0.01)  # one degree of the equator: a × π / 180


def test_a_route_keeps_its_order_and_every_position() -> None:
    route = ROUTE.parse(["35.0, 40.0", "36.0, 41.0"], "route")
    assert not ROUTE.differs(route, ROUTE.parse(["350000N0400000E", "36 N 41 E"], "route"))
    assert ROUTE.differs(route, ROUTE.parse(["36.0, 41.0", "35.0, 40.0"], "route"))
    assert ROUTE.differs(route, ROUTE.parse(["35.0, 40.0", "36.0, 41.0", "37.0, 42.0"], "route"))
    for wrong in ("35.0, 40.0", ["35.0, 40.0"], ["35.0, 40.0"] * 51):
        with pytest.raises(InvalidInputError, match="2 to 50 positions"):
            ROUTE.parse(wrong, "route")
    with pytest.raises(InvalidInputError) as caught:
        ROUTE.parse(["35.0, 40.0", "36 41"], "parameters.route")
    assert caught.value.place == "parameters.route[1]"


@given(st.integers(-89 * 3600, 89 * 3600), st.integers(-179 * 3600, 179 * 3600))
def test_every_notation_of_whole_seconds_gives_the_same_position(latitude_s: int, longitude_s: int) -> None:
    ns, ew = "NS"[latitude_s < 0], "EW"[longitude_s < 0]
    (a, b, c), (d, e, f) = ((abs(v) // 3600, abs(v) // 60 % 60, abs(v) % 60) for v in (latitude_s, longitude_s))
    dms = read(f"{a:02}°{b:02}'{c:02}\"{ns} {d:03}°{e:02}'{f:02}\"{ew}")
    icao = read(f"{a:02}{b:02}{c:02}{ns}{d:03}{e:02}{f:02}{ew}")
    assert dms[1:] == icao[1:] == (round(latitude_s * 1e7 / 3600), round(longitude_s * 1e7 / 3600))
    decimal = read(f"{abs(latitude_s) / 3600:.8f} {ns} {abs(longitude_s) / 3600:.8f} {ew}")
    assert all(abs(p - q) <= 1 for p, q in zip(dms[1:], decimal[1:], strict=True))
