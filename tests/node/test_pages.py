"""A page costs what it shows, however much there is: work is counted, not timed."""

from collections.abc import Iterator

import pytest

from skyparley.airspace.keeping.operations import KeptOperations
from skyparley.airspace.keeping.records import LiveOperation, OperationKey
from skyparley.node.identity import Author
from skyparley.node.node import Node
from skyparley.node.reading import reader
from skyparley.node.reading.views import OperationQuery
from support.nodes import ALPHA, BRAVO, OPERATOR, THIRD, at, drone, file_all, noon_clock, running

pytestmark = pytest.mark.anyio
MANY = 600
LOOKED_AT = 100


class Reads:
    """How many operations were made records of again."""

    def __init__(self) -> None:
        self.count = 0

    def since(self) -> int:
        count, self.count = self.count, 0
        return count


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    counted = Reads()
    read = KeptOperations.__getitem__

    def counting(operations: KeptOperations, key: OperationKey) -> LiveOperation:
        counted.count += 1
        return read(operations, key)

    monkeypatch.setattr(KeptOperations, "__getitem__", counting)
    monkeypatch.setattr(reader, "MAX_LOOKED_AT", LOOKED_AT)
    return counted


async def fill(node: Node) -> None:
    """Many operations of alpha, each by itself, a tenth of them later; two of bravo and one of a third that meet."""
    begin = [(7_200.0, 7_800.0) if number % 10 == 0 else (60.0, 660.0) for number in range(MANY)]
    far = [drone(f"d{i:04}", east_m=5_000.0 + 400.0 * i, seconds=seconds) for i, seconds in enumerate(begin)]
    for first in range(0, MANY, 100):
        await file_all(node, far[first : first + 100])
    await file_all(node, [drone("b1", "bravo"), drone("b2", "bravo", east_m=50.0), drone("t", "third", east_m=90.0)])


def pages(node: Node, author: Author, **asked: object) -> Iterator[tuple[list[str], bool]]:
    """The names on each page of a list, and whether it goes on."""
    after: str | None = None
    while True:
        page = node.operations(author, OperationQuery(**{"limit": 20, "after": after, **asked}))
        after = page.next
        yield [item.operation_id for item in page.items], after is not None
        if after is None:
            return


async def test_a_page_of_operations_reads_what_it_shows(reads: Reads, tmp_path: object) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo", "third") as node:
        await fill(node)
        their = {"": ["b1", "b2", "t"], "alpha": [], "bravo": ["b1", "b2"]}
        for author, most in ((ALPHA, 20), (OPERATOR, 20), (BRAVO, 2)):
            names: list[str] = []
            reads.since()
            for shown, _ in pages(node, author):
                assert reads.since() <= most
                names += shown
            assert names == [f"d{i:04}" for i in range(MANY)] * (author is not BRAVO) + their[author.party]


async def test_a_list_by_time_or_area_looks_at_so_many_and_says_where_it_goes_on(
    reads: Reads, tmp_path: object
) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo", "third") as node:
        await fill(node)
        for asked in (
            {"begin_us": at(7_000)},
            {"bbox": (7.4, 46.9, 7.46, 47.0)},
            {"begin_us": at(7_000), "bbox": (0.0, 0.0, 1.0, 1.0)},
        ):
            reads.since()
            names: list[str] = []
            count = 0
            for shown, _ in pages(node, ALPHA, **asked):
                assert reads.since() <= LOOKED_AT + len(shown)
                names += shown
                count += 1
            assert count == MANY // LOOKED_AT
            assert len(names) == (MANY // 10 if "bbox" not in asked else 0)
        hazards = node.operations(ALPHA, OperationQuery(hazards_only=True, limit=20))
        assert (hazards.items, hazards.next, reads.since()) == ([], None, 0)


async def test_conflicts_of_a_party_are_found_without_those_of_others(
    reads: Reads, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo", "third") as node:
        await file_all(node, [drone(f"d{i}", east_m=2.0 * i) for i in range(12)])
        await file_all(node, [drone("b", "bravo", east_m=20_000.0), drone("t", "third", east_m=20_050.0)])
        viewed: list[str] = []
        view = reader.Reader.conflict_view

        def counting(self: reader.Reader, author: Author, recorded: object) -> object:
            viewed.append(author.party)
            return view(self, author, recorded)

        monkeypatch.setattr(reader.Reader, "conflict_view", counting)
        for author, several in ((BRAVO, 1), (THIRD, 1), (ALPHA, 66), (OPERATOR, 67)):
            assert node.reader.counts(author)[1] == several
            viewed.clear()
            found, after = [], None
            while True:
                page = node.conflicts(author, after, 10)
                found += [one.conflict_id for one in page.items]
                after = page.next
                if after is None:
                    break
            assert len(viewed) == len(found) == len(set(found)) == several
            assert found == sorted(found)
