"""What is found by cells only: operations of parties that share cells with operational intents of USSs."""

from typing import Final

from skyparley.airspace.keeping.shared import SharedCells
from skyparley.airspace.state import Airspace
from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.reading.disclosure import may_see_conflict
from skyparley.node.reading.views import SharedCellsPage, SharedCellsView

CELLS_ONLY: Final = "cells_only"
_SEPARATOR: Final = " "
"""Between the parts of a cursor; no identifier holds a space."""


def shared_cells_page(state: Airspace, author: Author, after: str | None, limit: int) -> SharedCellsPage:
    """A page of what concerns the reader: its own operations, all for who sees all."""
    begin = ("", "", "") if after is None else _position(after)
    found: list[SharedCellsView] = []
    for key in sorted(state.shared.found):
        if key > begin and may_see_conflict(author, key[0], key[0]):
            if len(found) == limit:
                last = found[-1]
                cursor = _SEPARATOR.join((last.party, last.operation_id, last.intent_id))
                return SharedCellsPage(found, cursor)
            found.append(shared_cells_view(state, state.shared.found[key]))
    return SharedCellsPage(found, None)


def shared_cells_view(state: Airspace, shared: SharedCells) -> SharedCellsView:
    """One of them, as its party sees it; what a USS wrote into the DSS is for everybody."""
    intent = state.dss.intents[shared.intent_id]
    return SharedCellsView(
        party=shared.party,
        operation_id=shared.operation_id,
        intent_id=intent.intent_id,
        manager=intent.manager,
        state=intent.state,
        uss_base_url=intent.uss_base_url,
        begin=format_time(intent.begin_us),
        end=format_time(intent.end_us),
        sequence=shared.sequence,
        certain=False,
        basis=CELLS_ONLY,
        sentence=(
            f"{shared.operation_id} shares cells of the map, altitude and time with an operational intent of the USS"
            f" '{intent.manager}' ({intent.state}), by cells only: ask it for the outline at {intent.uss_base_url}"
        ),
    )


def _position(cursor: str) -> tuple[str, str, str]:
    parts = cursor.split(_SEPARATOR)
    if len(parts) != 3:
        raise InvalidInputError("is no cursor of this list: take the one in `next`", place="query after")
    return parts[0], parts[1], parts[2]
