"""Extents: what an operation reserves, coarsely, as cells × band × time: checked, counted, and held against others.

Cell tokens follow S2 (`S2CellId::ToToken`): the hexadecimal identifier without its trailing zeros. Whole numbers only.
"""

import re
from collections.abc import Iterable, Sequence
from operator import lt
from typing import Final

from skyparley.airspace import limits
from skyparley.airspace.operations.commands import Extent
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.interval import EARLIEST_US, LATEST_US

_DATUMS: Final = frozenset(str(datum) for datum in Datum)
# level 0: one digit; levels 1 to 12 end in a digit whose lowest set bit is 1 or 4; level 13 ends in 4 or c
_CELL: Final = r"(?:[0-9ab][0-9a-f]{6}[4c]|[0-9ab][0-9a-f]{0,5}[134579bcdf]|[13579b])"
_CELL_LIST: Final = re.compile(rf"{_CELL}(?: {_CELL})*")


def span_us(extents: Sequence[Extent]) -> tuple[int, int]:
    """Earliest begin and latest end of the extents (microseconds since 1970 UTC); there must be at least one."""
    return min(extent.begin_us for extent in extents), max(extent.end_us for extent in extents)


def meet(one: Iterable[Extent], other: Iterable[Extent]) -> bool:
    """Whether any extent of one touches any of the other: cells, band and time. Bands of two datums are taken to."""
    theirs = [(extent, ranges(extent.cells)) for extent in other]
    for extent in one:
        mine: list[tuple[int, int]] | None = None
        for their, cells in theirs:
            if extent.begin_us >= their.end_us or their.begin_us >= extent.end_us:
                continue
            apart = extent.lower_mm > their.upper_mm or their.lower_mm > extent.upper_mm
            if extent.datum == their.datum and apart:
                continue
            mine = ranges(extent.cells) if mine is None else mine
            if _touch(mine, cells):
                return True
    return False


def ranges(cells: Sequence[str]) -> list[tuple[int, int]]:
    """The ranges of leaf cells that sorted tokens stand for (`S2CellId::range_min` and `range_max`), in order."""
    found = []
    for token in cells:
        identifier = int(token.ljust(16, "0"), 16)
        reach = (identifier & -identifier) - 1
        found.append((identifier - reach, identifier + reach))
    return found


def level_13_ranges(cells: Sequence[str]) -> list[tuple[int, int]]:
    """The first and last of the cells of level 13 in each token, as the 29 upmost bits of their identifiers."""
    return [(first >> 35, last >> 35) for first, last in ranges(cells)]


def _touch(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    """Whether two ordered lists of ranges, each without overlaps, share a leaf cell."""
    i = j = 0
    while i < len(one) and j < len(other):
        if one[i][1] < other[j][0]:
            i += 1
        elif other[j][1] < one[i][0]:
            j += 1
        else:
            return True
    return False


def check_extents(extents: tuple[Extent, ...]) -> None:
    """Raise `InvalidInputError` or `LimitExceededError`, with the place, for extents that no operation can have."""
    if not extents:
        raise InvalidInputError("an operation needs at least one extent of airspace", place="extents")
    if len(extents) > limits.MAX_EXTENTS_PER_OPERATION:
        raise LimitExceededError(
            f"{len(extents)} extents (each volume is one, each 64 points of a trajectory are one); an operation has at"
            f" most {limits.MAX_EXTENTS_PER_OPERATION}: split it",
            place="extents",
        )
    cell_us = check_each(extents, of="extents")
    cells = sum(len(extent.cells) for extent in extents)
    begin_us, end_us = span_us(extents)
    if end_us - begin_us > limits.MAX_OPERATION_DURATION_US:
        raise LimitExceededError(
            f"the operation lasts longer than {limits.MAX_OPERATION_DURATION_US // limits.DAY_US} days:"
            " file shorter operations",
            place="extents.end_us",
        )
    if cells > limits.MAX_CELLS_PER_OPERATION:
        raise LimitExceededError(
            f"the operation covers {cells} cells; the limit is {limits.MAX_CELLS_PER_OPERATION}: file smaller areas",
            place="extents.cells",
        )
    if cell_us > limits.MAX_RESERVED_CELL_HOURS * limits.HOUR_US:
        raise LimitExceededError(
            f"the operation reserves {cell_us // limits.HOUR_US:,} cell-hours (cells of about 1.27 km² × hours); the"
            f" limit is {limits.MAX_RESERVED_CELL_HOURS:,}: reserve less area or less time",
            place="extents.cells",
        )


def check_watched(extents: tuple[Extent, ...]) -> None:
    """Raise an error for extents that no acceptance can watch: of two operations at most, each with its margin."""
    check_each(extents, of="watched")
    cells = sum(len(extent.cells) for extent in extents)
    if len(extents) > 2 * limits.MAX_EXTENTS_PER_OPERATION or cells > limits.MAX_WATCHED_CELLS:
        raise LimitExceededError(
            f"{len(extents)} extents with {cells} cells are more than can be watched: settle it by smaller operations",
            place="watched",
        )


def check_each(extents: Sequence[Extent], *, of: str) -> int:
    """Check extents one by one, whatever their number; the level-13 cells × microseconds that they reserve."""
    cell_us = 0
    for index, extent in enumerate(extents):
        try:
            cell_us += _check_extent(extent)
        except InvalidInputError as error:
            raise error.at(f"{of}[{index}]") from None
    return cell_us


def _check_extent(extent: Extent) -> int:
    """Check one extent; the level-13 cells × microseconds that it reserves."""
    text = " ".join(extent.cells)
    # a token that holds a space would pass as two: the count says so
    if not _CELL_LIST.fullmatch(text) or text.count(" ") != len(extent.cells) - 1:
        raise InvalidInputError("cells must be S2 cell tokens of level 13 or coarser, at least one", place="cells")
    if not all(map(lt, extent.cells, extent.cells[1:])):
        raise InvalidInputError("cells must be sorted, each once", place="cells")
    if extent.datum not in _DATUMS:
        raise InvalidInputError("unknown altitude datum: use WGS84, EGM96, PRESSURE or AGL", place="datum")
    if not limits.LOWEST_MM <= extent.lower_mm <= extent.upper_mm <= limits.HIGHEST_MM:
        raise InvalidInputError(
            f"the band must lie within {limits.LOWEST_MM} to {limits.HIGHEST_MM} mm, its upper limit not below its"
            " lower",
            place="upper_mm",
        )
    if not EARLIEST_US <= extent.begin_us < extent.end_us <= LATEST_US:
        raise InvalidInputError("the end must be after the begin, both between 1970 and 2100", place="end_us")
    return level_13_cells(extent.cells) * (extent.end_us - extent.begin_us)


def level_13_cells(cells: Sequence[str]) -> int:
    """How many level-13 cells these valid tokens stand for: a cell of level n holds 4^(13 − n)."""
    total = 0
    for token in cells:
        if len(token) == 8:
            total += 1
        else:
            # the lowest set bit of the 64-bit identifier is at 60 − 2 × level, so at 34 for level 13
            lowest_bit = 4 * (16 - len(token)) + (2 if token[-1] in "4c" else 0)
            total += 1 << (lowest_bit - 34)
    return total
