"""Which requests overlapped with a write, what is copied of them, and what happens where there is no room."""

import asyncio

import pytest

from skyparley.shadow import passages
from skyparley.shadow.passages import Passage, Passages
from support.dss_http import INTENTS


class Line:
    """Passages that are begun and finished by name."""

    def __init__(self, max_waiting: int = 100) -> None:
        self.all = Passages(lambda: 5, max_waiting=max_waiting)
        self.named: dict[str, Passage] = {}

    def begin(self, name: str, *, write: bool = True) -> Passage:
        path = f"{INTENTS}/{name}".replace(" ", "%20").encode()
        passage = self.all.begin("PUT" if write else "GET", path, [])
        assert passage is not None
        self.named[name] = passage
        return passage

    def finish(self, name: str, trouble: str = "") -> bool:
        self.all.finish(self.named[name], trouble)
        return self.named[name].concurrent


def test_one_after_another_is_certain() -> None:
    line = Line()
    for name in ("a", "b"):
        line.begin(name)
        assert not line.finish(name)
    line.begin("r", write=False)
    assert not line.finish("r")


@pytest.mark.parametrize("trouble", ["", "upstream_failed"])
def test_what_overlaps_with_a_write_is_concurrent_in_whichever_way(trouble: str) -> None:
    line = Line()
    line.begin("long")
    line.begin("within", write=False)
    assert line.finish("within")  # the write goes on
    line.begin("after", write=False)
    line.finish("long", trouble)
    assert line.finish("after")  # the write ended meanwhile
    line.begin("reader", write=False)
    line.begin("other reader", write=False)
    assert not line.finish("reader")  # two that read do not
    assert not line.finish("other reader")


def test_two_writes_at_once_are_both_concurrent() -> None:
    line = Line()
    line.begin("a")
    line.begin("b")
    assert line.finish("a")
    assert line.finish("b")


def test_what_finds_no_room_is_said_and_its_write_is_doubted_in_its_turn() -> None:
    line = Line(max_waiting=1)
    kept = line.begin("kept")
    line.all.copy(kept, kept.request, b"12345")
    line.finish("kept")
    line.begin("read", write=False)
    assert line.all.finish(line.named["read"]) == passages.QUEUE_FULL
    for number in range(passages.MAX_DOUBTED + 2):
        lost = line.begin(f"w{number}")
        line.all.copy(lost, lost.request, b"123")
        assert line.all.finish(lost) == passages.QUEUE_FULL
    assert [name for _, name in kept.doubted[:2]] == ["w0", "w1"]
    assert (len(kept.doubted), kept.doubts_all) == (passages.MAX_DOUBTED, True)
    assert line.all.copied_bytes == 5
    assert asyncio.run(line.all.next()) is kept
    assert len(line.all) == 1
    line.all.done()
    assert (len(line.all), line.all.copied_bytes) == (0, 0)


def test_a_write_whose_answer_never_came_takes_its_place_in_the_queue() -> None:
    line = Line()
    lost = line.begin("lost")
    line.all.copy(lost, lost.request, b"123")
    assert line.all.finish(lost, "upstream_failed") == "upstream_failed"
    line.begin("read", write=False)
    line.all.finish(line.named["read"], "client_gone")
    assert (len(line.all), line.all.copied_bytes) == (1, 0)
    assert asyncio.run(line.all.next()).trouble == "upstream_failed"
    assert line.all.abandon() == []  # it was counted when it was known


def test_copies_are_bounded_for_each_and_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "MAX_COPY_BYTES", 10)
    monkeypatch.setattr(passages, "MAX_COPIED_BYTES", 25)
    line = Line()
    for name in ("a", "b"):
        line.all.copy(line.begin(name), line.named[name].request, b"1" * 10)
    assert line.all.copied_bytes == 20
    line.all.copy(line.named["a"], line.named["a"].answer, b"1")
    assert (line.named["a"].trouble, line.all.copied_bytes) == (passages.TOO_LARGE, 10)
    line.all.copy(line.named["a"], line.named["a"].answer, b"1")
    assert line.all.copied_bytes == 10
    line.all.copy(line.begin("c"), line.named["c"].request, b"1" * 10)
    line.all.copy(line.begin("d"), line.named["d"].request, b"1" * 6)
    assert (line.named["d"].trouble, line.all.copied_bytes) == (passages.TOO_LARGE, 20)
    assert [line.all.finish(line.named[name]) for name in "abcd"] == [passages.TOO_LARGE, "", "", passages.TOO_LARGE]
    assert sorted(line.all.abandon()) == ["PUT /dss/v1/operational_intent_references/{entityid}"] * 2
