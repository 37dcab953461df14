"""The course of an audit: verified entries taken in order, into the tree, the chain and the state.

What somebody holds from elsewhere is compared on the way: the leaf of each receipt at its place, the root of each
checkpoint at its size. So an operator who made and signed all of it anew is convicted by one receipt. Pure.
"""

from dataclasses import dataclass, field

from skyparley.airspace.apply import apply
from skyparley.airspace.codec import read_event
from skyparley.airspace.commands import Epoch
from skyparley.airspace.events import Verdict
from skyparley.airspace.state import Airspace
from skyparley.errors import SkyparleyError
from skyparley.record.envelope import decode_header, first_chain, next_chain
from skyparley.record.export.checking import Checked, Fault, Tally
from skyparley.record.export.manifest import Manifest
from skyparley.record.export.segment import LEAF_ONLY, WHOLE, Shown
from skyparley.record.merkle import Frontier


@dataclass(frozen=True, slots=True)
class Held:
    """What the export must agree with: by sequence the hash of a leaf, by size a root, each with who says so."""

    leaves: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)
    roots: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)


class Course:
    """An audit on its way. `fault` is what is wrong first; then nothing more is taken."""

    def __init__(self, manifest: Manifest, held: Held, *, replay: bool = True) -> None:
        self.tally = Tally()
        self.fault: Fault | None = None
        self.chain: bytes | None = first_chain(manifest.pool)
        """The chain value after the last entry; None once a header is not shown."""
        self.state: Airspace | None = Airspace() if replay else None
        """The state after the last entry; None once a body is not shown."""
        self.confirmed_epochs = 0
        """Entries that name a state hash, which was the replayed one."""
        self._manifest = manifest
        self._held = held
        self._tree = Frontier()
        self._verified = 0
        self._time_us = -1

    @property
    def size(self) -> int:
        """So many entries were taken."""
        return self._tree.size

    def take(self, checked: Checked) -> None:
        """Take the next segment, up to the first entry that is wrong."""
        for entry in checked.entries:
            self.fault = self._take(entry)
            if self.fault is not None:
                return
        self.tally.add(checked.tally)
        self.fault = checked.fault

    def finish(self, state_hash: str | None) -> None:
        """Compare what is known at the end: the chain value, and a state hash from elsewhere."""
        end, chain = self._manifest.entries, self._manifest.chain
        if self.fault is not None:
            return
        if (None if self.chain is None else self.chain.hex()) != chain:
            self.fault = Fault(1, end, "the chain value of the manifest is not that of its entries")
        elif state_hash is not None and (self.state is None or self.state.state_hash() != state_hash):
            found = "cannot be computed: not every body is here" if self.state is None else self.state.state_hash()
            self.fault = Fault(1, end, f"the state hash is not the one given, but {found}")

    def _take(self, entry: Shown) -> Fault | None:
        self._tree.append(entry.leaf)
        sequence = self._tree.size
        for leaf, whose in self._held.leaves.get(sequence, ()):
            if leaf != entry.leaf:
                return Fault(sequence, sequence, f"it is not the entry of {whose}: the record was rewritten")
        if entry.form == LEAF_ONLY:
            self.chain = self.state = None
        else:
            if entry.time_us <= self._time_us:
                return Fault(sequence, sequence, "its time is not after that of the entry before it")
            self._time_us = entry.time_us
            if self.chain is not None:
                self.chain = next_chain(self.chain, sequence, entry.time_us, entry.header, entry.signature)
            if entry.form != WHOLE:
                self.state = None
        if self.state is not None:
            try:
                self._replay(self.state, sequence, entry)
            except SkyparleyError as error:
                return Fault(sequence, sequence, f"it cannot be applied: {error.message}")
        if sequence in self._held.roots:
            root, since = self._tree.root(), self._verified + 1
            for other, whose in self._held.roots[sequence]:
                if other != root:
                    return Fault(since, sequence, f"the tree of {sequence} entries has not the root of {whose}")
            self._verified = sequence
        return None

    def _replay(self, state: Airspace, sequence: int, entry: Shown) -> None:
        event = read_event(decode_header(entry.header), entry.body, sequence, entry.time_us)
        outcome = apply(state, event)
        if isinstance(event.command, Epoch) and outcome.verdict == Verdict.ACCEPTED:
            self.confirmed_epochs += 1
