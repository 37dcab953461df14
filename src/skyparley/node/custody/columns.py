"""What the comparison keeps of each operation beside the index: which entry filed it, digest, salt and bounding box.

Numbers in columns, one row an operation: 88 bytes each, where Python objects would take 500.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.conflict.operation import OperationRef
from skyparley.geometry.bounds import Box

ROW: Final = np.dtype([("sequence", "<i8"), ("digest", "u1", 32), ("salt", "u1", 16), ("box", "<f8", 4)])
"""Of the entry that set the details: its sequence. The box is west, south, east, north in degrees."""
_FIRST_ROWS: Final = 1_024
Rows = npt.NDArray[np.void]


class Columns:
    """Rows by operation. One thread changes them; others may read a box meanwhile."""

    def __init__(self, refs: Sequence[OperationRef] = (), rows: Rows | None = None) -> None:
        """Empty, or with one row for each of these refs, in this order."""
        self._rows = np.zeros(_FIRST_ROWS, ROW) if rows is None else rows
        self._places = {ref: place for place, ref in enumerate(refs)}
        self._free: list[int] = []

    def __contains__(self, ref: object) -> bool:
        return ref in self._places

    def __len__(self) -> int:
        return len(self._places)

    def refs(self) -> list[OperationRef]:
        """Whose rows there are, in no order."""
        return list(self._places)

    def put(self, ref: OperationRef, sequence: int, digest: str, salt: bytes, box: Box) -> None:
        """Keep what belongs to an operation, in place of what was kept of it."""
        place = self._places.get(ref)
        if place is None:
            place = self._free.pop() if self._free else len(self._places)
            if place == len(self._rows):
                self._rows = np.concatenate((self._rows, np.zeros(place // 4 + _FIRST_ROWS, ROW)))
        row = self._rows[place]
        row["sequence"], row["box"] = sequence, box
        row["digest"], row["salt"] = np.frombuffer(bytes.fromhex(digest), "u1"), np.frombuffer(salt, "u1")
        self._places[ref] = place

    def drop(self, ref: OperationRef) -> None:
        """Keep nothing of an operation; nothing happens if nothing is kept."""
        place = self._places.pop(ref, None)
        if place is not None:
            self._free.append(place)

    def sequence(self, ref: OperationRef) -> int:
        """The entry that set the details of an operation, 0 if nothing is kept of it."""
        place = self._places.get(ref)
        return 0 if place is None else int(self._rows[place]["sequence"])

    def digest(self, ref: OperationRef) -> str:
        """The digest of an operation's details (hex)."""
        return bytes(self._rows["digest"][self._places[ref]]).hex()

    def salt(self, ref: OperationRef) -> bytes:
        """The salt of an operation's details."""
        return bytes(self._rows["salt"][self._places[ref]])

    def box(self, ref: OperationRef) -> Box | None:
        """The bounding box of an operation. From any thread."""
        place = self._places.get(ref)
        while place is not None:
            west, south, east, north = self._rows["box"][place].tolist()
            again = self._places.get(ref)
            if again == place:  # the row was its own all the while
                return west, south, east, north
            place = again
        return None

    def rows_of(self, refs: Sequence[OperationRef]) -> Rows:
        """The rows of some operations, in their order."""
        places = np.fromiter((self._places[ref] for ref in refs), np.int64, len(refs))
        return self._rows[places]
