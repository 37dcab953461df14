"""The comparison brought to what is live: from the index that was kept, else from the vault.

An index holds operations by the entries that set their details. Whatever of it is still live is taken over; what has
been amended or has left is taken out, and what it lacks is read from the vault. So it need not be of the log's end, and
comes to the same as if all had been read.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from skyparley.airspace.keeping.records import OperationKey
from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import Minima
from skyparley.conflict.operation import OperationRef
from skyparley.conflict.search import ConflictIndex, IndexSnapshot
from skyparley.node.custody.columns import Columns
from skyparley.node.custody.comparison import Comparison, filed
from skyparley.node.custody.details import Details
from skyparley.node.custody.index_file import KeptIndex, Named

TOLD_EVERY: Final = 10_000
Progress = Callable[[int, int], None]
"""Told now and then how many operations of how many were read from the vault."""


def comparison_of(
    state: Airspace,
    through: int,
    minima: Minima,
    details: Callable[[str], Details],
    kept: KeptIndex | None,
    progress: Progress | None = None,
) -> Comparison:
    """A comparison that holds what is live and whose details were set up to the entry `through`, no more.

    A kept index is taken over, and closed. Raises what `details` raises.
    """
    comparison = Comparison(details, minima) if kept is None else _taken_over(state, minima, details, kept)
    columns = comparison.columns
    lacking: list[OperationKey] = []
    if len(columns) < len(state.operations) - len(state.pending_filings()):  # all that it holds is live
        lacking = [
            key
            for sequence, key in state.details_in_order()
            if sequence <= through and columns.sequence(OperationRef(*key)) != sequence
        ]
    for done, key in enumerate(lacking):
        if progress is not None and done % TOLD_EVERY == 0:
            progress(done, len(lacking))
        comparison.advance([filed(state.operations[key], compare=False)])
    return comparison


def _taken_over(state: Airspace, minima: Minima, details: Callable[[str], Details], kept: KeptIndex) -> Comparison:
    """A comparison with that part of a kept index which is still as it was."""
    named = {one.place: (one.party, one.operation_id) for one in kept.named}
    refs: list[OperationRef] = []
    gone: list[OperationRef] = []
    for place, sequence in enumerate(kept.rows["sequence"].tolist()):
        live = state.given_details_by(sequence)
        if place in named:
            live = [key for key in live if key == named[place]]
        if len(live) == 1:
            refs.append(OperationRef(*live[0]))
        else:
            refs.append(OperationRef("", f"gone {place}"))  # no identifier that an operation could have
            gone.append(refs[-1])
    index = ConflictIndex.from_snapshot(IndexSnapshot(kept.arrays, refs, kept.classes), minima)
    kept.close()
    comparison = Comparison(details, minima, (index, Columns(refs, kept.rows)))
    for ref in gone:
        comparison.drop(ref)
    return comparison


def keep(comparison: Comparison, sequence: int, chain: bytes) -> KeptIndex:
    """A comparison as it is to be kept, as of an entry of the log and its chain value; not while it compares."""
    held = comparison.index.snapshot()
    rows = comparison.columns.rows_of(held.refs)
    sequences = rows["sequence"].tolist()
    found, counts = np.unique(rows["sequence"], return_counts=True)
    several = set(found[counts > 1].tolist())
    named = [
        Named(place, ref.party, ref.operation_id)
        for place, (ref, one) in enumerate(zip(held.refs, sequences, strict=True))
        if one in several
    ]
    return KeptIndex(sequence, chain, rows, held.arrays, list(held.classes), named)
