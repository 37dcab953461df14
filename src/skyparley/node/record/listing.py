"""The entries of the record as a list, newest first: of each its place, time and kind, and who wrote it, known how.

Bodies are no part of it. A page looks at a bounded stretch of the log, so that a filter that hardly anything fits
costs no more than any other: the page is then short, or empty, and says where the next one goes on.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from skyparley.errors import InvalidInputError, StorageError
from skyparley.geometry.interval import format_time
from skyparley.log.port import Heading, Log
from skyparley.node.identity import Author
from skyparley.node.reading.disclosure import may_see_author
from skyparley.record.authorship import AUTHENTICATIONS
from skyparley.record.envelope import Header, decode_header

MAX_LOOKED_AT: Final = 8_192
"""A page looks at so many entries at most."""
_STRETCH: Final = 512
"""Read at once; between two of them others have their turn."""
_MAX_DIGITS: Final = 15


class EntryView(msgspec.Struct, frozen=True):
    """An entry. What says who wrote what is null where that is not for the reader; `party` also for the node itself."""

    sequence: int
    time: str
    signed: bool
    kind: str | None
    party: str | None
    authentication: str | None
    key_id: str | None


class EntryPage(msgspec.Struct, frozen=True):
    """A page of entries, newest first."""

    items: list[EntryView]
    next: str | None


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries: below `before` (None: from the newest on), and whose header says this; None fits all."""

    before: int | None = None
    limit: int = 200
    kind: str | None = None
    party: str | None = None
    authentication: str | None = None

    def __post_init__(self) -> None:
        if self.authentication is not None and self.authentication not in AUTHENTICATIONS:
            raise InvalidInputError(f"must be one of {', '.join(AUTHENTICATIONS)}", place="query authentication")

    @property
    def filters(self) -> bool:
        """Whether it asks for less than all."""
        return any(one is not None for one in (self.kind, self.party, self.authentication))

    def fits(self, header: Header) -> bool:
        """Whether an entry with this header is asked for."""
        return (
            (self.kind is None or self.kind == header.kind)
            and (self.party is None or self.party == header.party)
            and (self.authentication is None or self.authentication == header.authentication)
        )


def parse_cursor(text: str) -> int:
    """The cursor of a page. Raises `InvalidInputError` for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InvalidInputError("must be the next of the page before", place="query after")
    return int(text)


async def list_entries(log: Log, signed: int, author: Author, query: EntryQuery) -> EntryPage:
    """A page of entries for this reader; the first `signed` of the log are in the signed record.

    What a reader may not see fits no filter: else its kind, or its party, could be found by asking for each.
    Raises `StorageError` for a log that cannot be read.
    """
    head = (await log.head()).sequence
    begin = head + 1 if query.before is None else min(query.before, head + 1)
    last = begin - MAX_LOOKED_AT
    items: list[EntryView] = []
    while begin > max(last, 1):
        end = begin
        begin = max(end - _STRETCH, last, 1)
        headings = await log.headings(begin, end)
        if not headings:  # the rest was archived
            return EntryPage(items, None)
        for heading in reversed(headings):
            view = _view(heading, signed, author, query)
            if view is not None:
                items.append(view)
            if len(items) == query.limit:
                return EntryPage(items, _next(heading.sequence))
    return EntryPage(items, _next(begin))


def _next(looked_at: int) -> str | None:
    return str(looked_at) if looked_at > 1 else None


def _view(heading: Heading, signed: int, author: Author, query: EntryQuery) -> EntryView | None:
    try:
        header = decode_header(heading.header)
    except InvalidInputError as error:
        raise StorageError(f"entry {heading.sequence} cannot be read: {error.message}") from error
    seen = may_see_author(author, header)
    if query.filters and not (seen and query.fits(header)):
        return None
    return EntryView(
        sequence=heading.sequence,
        time=format_time(heading.time_us),
        signed=heading.sequence <= signed,
        kind=header.kind if seen else None,
        party=(header.party or None) if seen else None,
        authentication=header.authentication if seen else None,
        key_id=header.key_id if seen else None,
    )
