"""The course of an audit: verified entries taken in order, into the tree, the chain, the keys of parties, the state.

What somebody holds from elsewhere is compared on the way: the leaf of each receipt at its place, the root of each
checkpoint at its size. So an operator who made and signed all of it anew is convicted by one receipt. Pure.
"""

from dataclasses import dataclass, field

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Epoch
from skyparley.airspace.events import Verdict
from skyparley.airspace.state import Airspace
from skyparley.audit.authors import Authors, Places, event_of
from skyparley.errors import ProofError, SkyparleyError
from skyparley.record.envelope import first_chain, next_chain
from skyparley.record.export.checking import Checked, Fault, Tally
from skyparley.record.export.manifest import Manifest
from skyparley.record.export.segment import LEAF_ONLY, WHOLE, Shown
from skyparley.record.merkle import Frontier
from skyparley.record.trust import Trusted


@dataclass(frozen=True, slots=True)
class Held:
    """What the export must agree with: by sequence the hash of a leaf, by size a root, each with who says so.

    `own` are entries of the reader of the export, which has to show them.
    """

    leaves: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)
    roots: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)
    own: dict[int, str] = field(default_factory=dict)


class Course:
    """An audit on its way. `fault` is what is wrong first; then nothing more is taken."""

    def __init__(self, manifest: Manifest, held: Held, trusted: Trusted) -> None:
        self.tally = Tally()
        self.fault: Fault | None = None
        self.chain: bytes | None = first_chain(manifest.pool)
        """The chain value after the last entry; None once a header is not shown."""
        self.state: Airspace | None = Airspace()
        """The state after the last entry; None once a body is not shown."""
        self.authors = Authors(self.state.keys, trusted)
        self.refused, self.repeated = Places(), Places()
        """Entries that have no effect: by the rules, or because they had been said before."""
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

    def words_deleted(self) -> dict[str, int]:
        """How many bodies that entries name by digest were deleted, by what demanded it; as far as it is shown."""
        found: dict[str, int] = {}
        for deletion in self.state.deletions.values() if self.state is not None else ():
            found[deletion.under] = found.get(deletion.under, 0) + 1
        return found

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
            if sequence in self._held.own:
                return Fault(sequence, sequence, f"it is not shown to its own party, by {self._held.own[sequence]}")
            self.chain = self.state = None
            if not self._manifest.reader:  # whose own entries are all shown
                self.authors.complete = False
        else:
            if entry.time_us <= self._time_us:
                return Fault(sequence, sequence, "its time is not after that of the entry before it")
            self._time_us = entry.time_us
            if self.chain is not None:
                self.chain = next_chain(self.chain, sequence, entry.time_us, entry.header, entry.signature)
            if entry.form != WHOLE:
                self.state = None
            try:
                if self.authors.complete:
                    self._replay(sequence, entry)
            except ProofError as error:
                return Fault(sequence, sequence, error.message)
            except SkyparleyError as error:
                return Fault(sequence, sequence, f"it cannot be applied: {error.message}")
        if sequence in self._held.roots:
            root, since = self._tree.root(), self._verified + 1
            for other, whose in self._held.roots[sequence]:
                if other != root:
                    return Fault(since, sequence, f"the tree of {sequence} entries has not the root of {whose}")
            self._verified = sequence
        return None

    def _replay(self, sequence: int, entry: Shown) -> None:
        """Apply an entry as far as that can be done here. Raises the error that says what is wrong with it."""
        event = event_of(sequence, entry)
        self.authors.check(entry, event)
        outcome = None if self.state is None else apply(self.state, event)
        self.authors.follow(event, outcome)
        if outcome is None:
            return
        if outcome.verdict == Verdict.REFUSED:
            self.refused.add(sequence)
        elif outcome.verdict == Verdict.REPEATED:
            self.repeated.add(sequence)
        elif isinstance(event.command, Epoch):
            self.confirmed_epochs += 1
