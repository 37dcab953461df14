"""Entries as a list: newest first, bounded in what a page looks at, and silent about who wrote to whom."""

import pytest

from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import format_time
from skyparley.log.memory import MemoryLog
from skyparley.log.port import Heading
from skyparley.node.identity import OBSERVER, Author
from skyparley.node.record import listing
from skyparley.node.record.listing import EntryQuery, EntryView, list_entries, parse_cursor
from skyparley.record.envelope import decode_header
from support.drafts import POOL, Clock, draft

pytestmark = pytest.mark.anyio

OPERATOR, ALPHA, BRAVO = Author("operator"), Author("party", "alpha"), Author("party", "bravo")
WRITERS = (
    ("alpha", "bearer-attested"),
    ("bravo", "bearer-attested"),
    ("", "node"),
    ("alpha", "party-signed"),
    ("bravo", "node"),
    ("", "bearer-attested"),
)
"""The last is a USS, which stands in the body only; the one before is the node that speaks for a party."""


async def log_of(count: int) -> MemoryLog:
    log = MemoryLog(pool=POOL, clock=Clock())
    for number in range(count):
        party, mark = WRITERS[number % len(WRITERS)]
        await log.append([draft(number, party=party, authentication=mark)])
    return log


async def read(log: MemoryLog) -> list[Heading]:
    return list(await log.headings(1, 1_000))


async def pages(log: MemoryLog, author: Author, query: EntryQuery, *, signed: int = 0) -> list[list[EntryView]]:
    """All pages of a query."""
    found = []
    while True:
        page = await list_entries(log, signed, author, query)
        found.append(page.items)
        if page.next is None:
            return found
        assert len(found) < 1_000
        query = EntryQuery(parse_cursor(page.next), query.limit, query.kind, query.party, query.authentication)


async def test_all_entries_newest_first_in_pages_of_any_size() -> None:
    log = await log_of(60)
    for limit in (1, 7, 59, 60, 61, 1_000):
        found = await pages(log, OPERATOR, EntryQuery(limit=limit), signed=20)
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
        views = [view for page in found for view in page]
        assert [view.sequence for view in views] == list(range(60, 0, -1))
        assert [view.sequence for view in views if view.signed] == list(range(20, 0, -1))
        assert [view.time for view in views] == [format_time(entry.time_us) for entry in reversed(await read(log))]
    assert await pages(await log_of(0), OPERATOR, EntryQuery()) == [[]]


async def test_who_sees_all_sees_what_the_header_says() -> None:
    log = await log_of(6)
    for author in (OPERATOR, OBSERVER):
        (views,) = await pages(log, author, EntryQuery())
        for view in views:
            header = decode_header((await log.entry(view.sequence)).header)
            assert (view.kind, view.party or "", view.authentication) == (
                header.kind,
                header.party,
                header.authentication,
            )


@pytest.mark.parametrize(("author", "own"), [(ALPHA, {1, 4}), (BRAVO, {2, 5})])
async def test_a_party_sees_its_own_and_the_node_s_and_of_others_place_and_time(author: Author, own: set[int]) -> None:
    log = await log_of(6)
    (views,) = await pages(log, author, EntryQuery())
    assert len(views) == 6
    for view in views:
        told = (view.kind, view.party, view.authentication, view.key_id)
        if view.sequence in own | {3}:
            assert view.kind == "tick"
            assert view.party == (None if view.sequence == 3 else author.party)
        else:
            assert told == (None, None, None, None)
            assert view.time


@pytest.mark.parametrize(
    ("query", "seen", "of_alpha"),
    [
        (EntryQuery(kind="tick"), {1, 2, 3, 4, 5, 6}, {1, 3, 4}),
        (EntryQuery(kind="file_operation"), set(), set()),
        (EntryQuery(party="alpha"), {1, 4}, {1, 4}),
        (EntryQuery(party="bravo"), {2, 5}, set()),
        (EntryQuery(party=""), {3, 6}, {3}),
        (EntryQuery(authentication="node"), {3, 5}, {3}),
        (EntryQuery(authentication="bearer-attested"), {1, 2, 6}, {1}),
        (EntryQuery(authentication="party-signed", party="alpha"), {4}, {4}),
    ],
)
async def test_a_filter_finds_what_the_reader_may_see_and_nothing_else(
    query: EntryQuery, seen: set[int], of_alpha: set[int]
) -> None:
    """Else a party could ask for each kind in turn, and learn of which kind the entries of others are."""
    log = await log_of(6)
    for author, wanted in ((OPERATOR, seen), (ALPHA, of_alpha)):
        (views,) = await pages(log, author, query)
        assert {view.sequence for view in views} == wanted, author


async def test_a_page_looks_at_a_bounded_stretch_and_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_LOOKED_AT", 25)
    monkeypatch.setattr(listing, "_STRETCH", 10)
    log = await log_of(60)
    page = await list_entries(log, 0, OPERATOR, EntryQuery(kind="file_operation"))
    assert (page.items, page.next) == ([], "36")
    for query in (EntryQuery(kind="none"), EntryQuery(authentication="party-signed"), EntryQuery(limit=4)):
        found = [view.sequence for page in await pages(log, OPERATOR, query) for view in page]
        asked = [number for number in range(60, 0, -1) if query.fits(decode_header((await log.entry(number)).header))]
        assert found == asked


async def test_what_was_archived_ends_the_list() -> None:
    log = await log_of(30)
    await log.trim(21)
    assert [view.sequence for page in await pages(log, OPERATOR, EntryQuery(limit=4)) for view in page] == list(
        range(30, 20, -1)
    )


async def test_a_cursor_from_anywhere_is_a_place_or_refused() -> None:
    log = await log_of(5)
    for before, first in ((0, None), (1, None), (2, 1), (6, 5), (10**15 - 1, 5)):
        page = await list_entries(log, 0, OPERATOR, EntryQuery(before=before))
        assert (page.items[0].sequence if page.items else None) == first
    for text in ("", "x", "-1", "1.0", "1" * 16, "\u0661"):
        with pytest.raises(InvalidInputError):
            parse_cursor(text)
    with pytest.raises(InvalidInputError, match="must be one of party-signed"):
        EntryQuery(authentication="oracle")
