"""Proposals: what an offer would make of the operations of a conflict, held against everything filed.

It is compared exactly before it is sent, and again before it is accepted: it must settle the conflict that it is about
and make no new one. Conflicts that those operations have with others anyway do not forbid it; they stay, and are told.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from skyparley.airspace.codec import validate_command
from skyparley.airspace.keeping.records import LiveOperation, OperationKey, RecordedConflict, conflict_id
from skyparley.airspace.limits import RESCUE_CLASS
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.airspace.line.negotiation.arrangements import name_of
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import AmendOperation, Extent, FileOperation
from skyparley.airspace.operations.extents import span_us
from skyparley.airspace.operations.rules import check_times
from skyparley.catalogue.kinds.base import Canonical
from skyparley.conflict.minima import SeparationMinimum
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.errors import ConflictingStateError, InvalidInputError, NotFoundError, SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.custodian import Custodian
from skyparley.node.custody.details import Details, details_of, extents_of, watched_by
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.negotiation.corridors import corridor
from skyparley.node.line.negotiation.moves import moved
from skyparley.node.line.negotiation.views import ProposalView, ProposedChangeView
from skyparley.node.reading.reader import Reader
from skyparley.node.reading.shapes import render_operation_shapes

OFFERS: Final = ("offer", "counter")
"""The groups of the catalogue whose messages propose to change operations."""
NO_MARGIN: Final = SeparationMinimum(0.0, 0.0)
NOT_POSSIBLE: Final = (
    "the other side's operation cannot be changed like that: propose something else, or ask for it (request-…)"
)
TOLD: Final = 3
"""So many of the conflicts that forbid a proposal are told one by one."""


class Proposed(NamedTuple):
    """What an offer would change, compared with everything filed up to `through`, and the details to be kept."""

    changes: tuple[ProposedChange, ...]
    through: int
    details: tuple[Details, ...]


class Accepted(NamedTuple):
    """What the acceptance of a proposal amends, and where nothing may have been filed after `through`."""

    amendments: tuple[Amendment, ...]
    watched: tuple[Extent, ...]
    through: int


class Compared(NamedTuple):
    """What operations in the places of others would conflict with, in sentences: new, and there anyway."""

    new: list[str]
    standing: list[str]
    through: int
    minimum: SeparationMinimum


class Proposals:
    """Makes proposals of messages, and amendments of proposals."""

    def __init__(self, engine: Engine, custodian: Custodian, reader: Reader, secret: bytes) -> None:
        self._engine = engine
        self._secret = secret
        self._custodian = custodian
        self._reader = reader

    async def propose(self, author: Author, about: str | Dialogue, values: Mapping[str, Canonical]) -> Proposed:
        """What an offer about a conflict, or in a dialogue about one, would change.

        Raises an error with the place of what is wrong with it.
        """
        conflict = self._conflict(about if isinstance(about, str) else about.about)
        asked = [(values["operation"], "", values)]
        if "other_operation" in values:
            other = {name.removeprefix("other_"): one for name, one in values.items() if name.startswith("other_")}
            asked.append((values["other_operation"], "other_", other))
        found: dict[tuple[str, str], tuple[LiveOperation, Details]] = {}
        for name, prefix, wanted in asked:
            place = f"parameters.{prefix}operation"
            live = self._named(author, conflict, str(name), place)
            if live.key in found:
                raise InvalidInputError("names the same operation twice", place=place)
            found[live.key] = live, self._changed(author, live, wanted, prefix)
        ordered = [found[key] for key in sorted(found)]
        for live, details in ordered:
            before = self._custodian.details(live.details_digest)
            if before.body == details.body and live.party == author.party:
                raise InvalidInputError("this changes nothing", place="parameters")
        compared = await self.compare(author, conflict, [details.operation for _, details in ordered])
        if compared.new:
            raise ConflictingStateError(_why("this would not be clear", compared.new), place="parameters")
        changes = tuple(
            ProposedChange(live.party, live.operation_id, live.version, details.digest) for live, details in ordered
        )
        return Proposed(changes, compared.through, tuple(details for _, details in ordered))

    def corridor(self, dialogue: Dialogue, values: Mapping[str, Canonical]) -> Proposed:
        """The corridor that would be filed for whoever helps. What it conflicts with does not forbid it."""
        case = self._engine.state.line.assistance.get(dialogue.assistance)
        if case is None:
            raise ConflictingStateError("the case is closed")
        ref = OperationRef(dialogue.peer(case.requester), f"assistance-{case.assistance_id}")
        details = details_of(corridor(ref, values), self._secret)
        extents = extents_of(details.operation)
        validate_command(FileOperation(ref.operation_id, RESCUE_CLASS, extents, details.digest))
        check_times(extents, self._engine.clock())
        change = ProposedChange(ref.party, ref.operation_id, 0, details.digest)
        return Proposed((change,), max(1, self._custodian.through), (details,))

    async def accept(self, author: Author, dialogue: Dialogue) -> Accepted:
        """What the acceptance of the question that waits amends. Raises an error if it was overtaken."""
        question = self._engine.state.line.messages[dialogue.dialogue_id, dialogue.question]
        operations = [self._custodian.operation(change.details_digest) for change in question.changes]
        if dialogue.assistance:
            new = [
                Amendment(one.party, one.operation_id, 0, one.details_digest, extents_of(operation), RESCUE_CLASS)
                for one, operation in zip(question.changes, operations, strict=True)
            ]
            return Accepted(tuple(new), (), max(1, self._custodian.through))
        conflict = self._conflict(dialogue.about)
        compared = await self.compare(author, conflict, operations)
        if compared.new:
            raise ConflictingStateError(
                _why("overtaken: since it was checked something was filed with which it is not clear", compared.new)
                + "; answer unable, or counter",
                place="reference",
            )
        amendments: list[Amendment] = []
        watched: list[Extent] = []
        for change, operation in zip(question.changes, operations, strict=True):
            extents = extents_of(operation)
            amendments.append(
                Amendment(change.party, change.operation_id, change.version, change.details_digest, extents)
            )
            watched += watched_by(operation, compared.minimum)
        return Accepted(tuple(amendments), tuple(watched), compared.through)

    def details_of_own(self, author: Author, accepted: Accepted) -> list[bytes]:
        """The details that an acceptance gives the author's own operations, as they are kept."""
        own = (one for one in accepted.amendments if one.party == author.party)
        return [self._custodian.details(one.details_digest).data for one in own]

    async def show(self, author: Author, dialogue: Dialogue) -> ProposalView:
        """The proposal that waits in a dialogue, compared anew. Raises `NotFoundError` if none does."""
        state = self._engine.state
        question = state.line.messages.get((dialogue.dialogue_id, dialogue.question))
        if question is None or not question.changes or dialogue.is_over:
            raise NotFoundError("no proposal waits in this dialogue")
        operations = [self._custodian.operation(change.details_digest) for change in question.changes]
        if dialogue.assistance:  # a corridor is held up by nothing
            found, _ = await self._custodian.check_together(operations)
            compared = Compared([], [self._told(author, one) for one in found], self._custodian.through, NO_MARGIN)
        else:
            compared = await self.compare(author, self._conflict(dialogue.about), operations)
        against = list(compared.new)
        changes = []
        for change, operation in zip(question.changes, operations, strict=True):
            key = (change.party, change.operation_id)
            live = state.operations.get(key)
            if (0 if live is None else live.version) != change.version:
                against.append(f"the operation of '{change.party}' has changed since")
            own = change.party == author.party or author.sees_all or bool(dialogue.assistance)
            named = own or self._may_name(author, dialogue, key)
            changes.append(_change_view(change, operation if own else None, named=named))
        return ProposalView(
            dialogue_id=dialogue.dialogue_id,
            number=question.number,
            changes=changes,
            clear=not against,
            against=against,
            standing=compared.standing,
            checked_through=compared.through,
        )

    def _may_name(self, author: Author, dialogue: Dialogue, key: OperationKey) -> bool:
        conflict = self._engine.state.conflicts.get(dialogue.about)
        return conflict is not None and self._reader.may_name(author, conflict, key)

    async def settled(self, sequence: int) -> None:
        """Return once what an acceptance amended has been compared with everything before it, as every filing is."""
        await self._custodian.compared(sequence)

    async def compare(self, author: Author, conflict: RecordedConflict, operations: list[Operation]) -> Compared:
        """Operations in place of their namesakes against everything filed, told as far as it is for the reader."""
        newest = next(self._engine.state.newer_than(0), None)
        through = await self._custodian.compared(0 if newest is None else newest.details_sequence)
        found, minimum = await self._custodian.check_together(operations)
        settled = {conflict.a, conflict.b}
        new: list[str] = []
        standing: list[str] = []
        for one in found:
            a, b = (one.a.party, one.a.operation_id), (one.b.party, one.b.operation_id)
            known = conflict_id(a, b, one.rule.value) in self._engine.state.conflicts and {a, b} != settled
            (standing if known else new).append(self._told(author, one))
        return Compared(new, standing, through, minimum)

    def _told(self, author: Author, found: Conflict) -> str:
        """A conflict in a sentence. Who is no side of it learns with whom it is, not where or when."""
        if author.party in (found.a.party, found.b.party):
            return self._reader.witness_view(author, found, None).sentence
        state = self._engine.state
        a, b = (
            f"an operation of '{ref.party}'" if live is None else name_of(state, author.party, live)
            for ref in (found.a, found.b)
            for live in (state.operations.get((ref.party, ref.operation_id)),)
        )
        return f"{a} and {b} would conflict"

    def _conflict(self, about: str) -> RecordedConflict:
        if not about:
            raise InvalidInputError(
                "an offer settles a conflict: open a dialogue about it, or say what you will do (change-…) or ask for"
                " (request-…)",
                place="code",
            )
        conflict = self._engine.state.conflicts.get(about)
        if conflict is None:
            raise ConflictingStateError("the conflict is over: nothing is left to settle", place="about")
        return conflict

    def _named(self, author: Author, conflict: RecordedConflict, name: str, place: str) -> LiveOperation:
        """The operation that a message names: by its identifier, as far as that is disclosed, or by its party."""
        lives = [live for key in (conflict.a, conflict.b) if (live := self._engine.state.operations.get(key))]
        lives.sort(key=lambda live: live.party != author.party)  # what is named may be both: one's own first
        known = [live for live in lives if self._reader.may_name(author, conflict, live.key)]
        named = [live for live in known if live.operation_id == name] + [live for live in lives if live.party == name]
        if not named:
            raise InvalidInputError(
                f"'{name}' is not one of the two of this conflict: name your own by its identifier, the other side's by"
                " its party",
                place=place,
            )
        return named[0]

    def _changed(self, author: Author, live: LiveOperation, values: Mapping[str, Canonical], prefix: str) -> Details:
        """The details of an operation with what a message changes. Its own limits hold as for any filing."""
        own = live.party == author.party
        try:
            details = details_of(moved(self._custodian.operation(live.details_digest), values), self._secret)
            extents = extents_of(details.operation)
            validate_command(
                AmendOperation(live.operation_id, live.version, live.operation_class, extents, details.digest)
            )
            check_times(extents, self._engine.clock())
        except SkyparleyError as error:
            place = (error.place or "").replace("parameters.", f"parameters.{prefix}", 1)
            named = place if place.startswith("parameters.") or place == "code" else "parameters"
            told = error.message if own else NOT_POSSIBLE  # what is wrong with it would tell how it is
            raise type(error)(told, place=named) from None
        return details


def _change_view(change: ProposedChange, operation: Operation | None, *, named: bool) -> ProposedChangeView:
    """A change for a reader: with its operation if that is for the reader, and its name if that may be known."""
    view = ProposedChangeView(
        party=change.party,
        operation_id=change.operation_id if named else None,
        version=change.version,
        begin=None,
        end=None,
        volumes=None,
        trajectories=None,
    )
    if operation is None:
        return view
    begin_us, end_us = span_us(extents_of(operation))
    shapes = render_operation_shapes(operation)
    return msgspec.structs.replace(
        view,
        begin=format_time(begin_us),
        end=format_time(end_us),
        volumes=msgspec.Raw(msgspec.json.encode(shapes["volumes"])),
        trajectories=msgspec.Raw(msgspec.json.encode(shapes["trajectories"])),
    )


def _why(what: str, sentences: list[str]) -> str:
    more = f"; and {len(sentences) - TOLD} more" if len(sentences) > TOLD else ""
    return f"{what}: {'; '.join(one.rstrip('.') for one in sentences[:TOLD])}{more}"
