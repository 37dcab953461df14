"""Extents in short: the same again, to the byte of their canonical form."""

from hypothesis import given
from hypothesis import strategies as st

from skyparley.airspace.keeping.extents import lengthen_extents, pack_extents, shorten_extents, unpack_extents
from skyparley.airspace.limits import HIGHEST_MM, LOWEST_MM
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import check_extents
from skyparley.geometry.altitude import Datum
from skyparley.geometry.interval import EARLIEST_US, LATEST_US

DIGITS = "0123456789abcdef"
CELLS = st.one_of(
    st.builds(
        "{}{}{}".format, st.sampled_from("0123456789ab"), st.text(DIGITS, min_size=6, max_size=6), st.sampled_from("4c")
    ),
    st.builds(
        "{}{}{}".format, st.sampled_from("0123456789ab"), st.text(DIGITS, max_size=5), st.sampled_from("134579bcdf")
    ),
    st.sampled_from("13579b"),
)
HEIGHTS = st.integers(LOWEST_MM, HIGHEST_MM)
TIMES = st.integers(EARLIEST_US, LATEST_US)
EXTENTS = st.builds(
    Extent,
    st.lists(CELLS, min_size=1, max_size=12).map(lambda cells: tuple(sorted(cells))),
    HEIGHTS,
    HEIGHTS,
    st.sampled_from([str(datum) for datum in Datum]),
    TIMES,
    TIMES,
)


@given(st.lists(EXTENTS, max_size=4))
def test_what_was_shortened_is_the_same_again(extents: list[Extent]) -> None:
    short = shorten_extents(extents)
    again = lengthen_extents(short)
    assert again == tuple(extents) == unpack_extents(pack_extents(extents))
    assert pack_extents(again) == pack_extents(extents)
    assert shorten_extents(again) == short


def test_an_extent_of_many_cells_takes_less_than_half() -> None:
    cells = tuple(f"4780{number:03x}4" for number in range(60))
    extents = (Extent(cells, 0, 120_000, "WGS84", EARLIEST_US, EARLIEST_US + 3_600_000_000),)
    check_extents(extents)
    assert len(shorten_extents(extents)) < len(pack_extents(extents)) / 2
