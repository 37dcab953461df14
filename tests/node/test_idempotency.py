"""Idempotency keys: the first answer again, also after a restart; other content is an error; refusals keep none."""

import asyncio
from pathlib import Path

import pytest

from skyparley.airspace.limits import IDEMPOTENCY_WINDOW_US
from skyparley.errors import ConflictingStateError, IdempotencyError, InvalidInputError
from support.nodes import ALPHA, BRAVO, OPERATOR, crash, drone, noon_clock, running, start, stop
from support.serving import until

pytestmark = pytest.mark.anyio


async def test_a_repeat_gets_the_first_answer_whatever_happened_since(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        first = await node.file(ALPHA, drone("one"), idempotency_key="k")
        await node.file(BRAVO, drone("other", "bravo"))
        await node.act(ALPHA, "activate", "one", version=1)
        assert await node.file(ALPHA, drone("one"), idempotency_key="k") == first
        assert first.conflicts == []
        assert node.state.operation("alpha", "one").version == 2
        sequence = node.state.sequence
        await node.act(ALPHA, "end", "one", version=2)
        assert await node.file(ALPHA, drone("one"), idempotency_key="k") == first
        assert node.state.sequence <= sequence + 3, "a repeat is no entry"
    async with running(tmp_path, clock) as node:
        assert await node.file(ALPHA, drone("one"), idempotency_key="k") == first


async def test_every_command_may_be_repeated(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await node.file(BRAVO, drone("other", "bravo"))
        steps = [
            lambda: node.file(ALPHA, drone("one"), idempotency_key="file"),
            lambda: node.amend(ALPHA, drone("one", radius_m=150.0), version=1, idempotency_key="amend"),
            lambda: node.act(ALPHA, "activate", "one", version=2, idempotency_key="activate"),
            lambda: node.act(ALPHA, "end", "one", version=3, idempotency_key="end"),
            lambda: node.declare_hazard(
                ALPHA, drone("area"), hazard_kind="firing", confirmed=False, idempotency_key="declare"
            ),
            lambda: node.act(ALPHA, "confirm", "area", version=1, idempotency_key="confirm"),
            lambda: node.act(ALPHA, "retract", "area", version=2, idempotency_key="retract"),
        ]
        answers = [await step() for step in steps]
        assert [await step() for step in steps] == answers
        assert all(answer.conflicts for answer in answers[:2])


async def test_a_repeat_while_the_first_is_at_work_gets_its_answer(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        for number in range(20):
            await node.file(BRAVO, drone(f"b{number}", "bravo"))
            answers = await asyncio.gather(
                *(node.file(ALPHA, drone(f"a{number}"), idempotency_key=f"k{number}") for _ in range(6))
            )
            assert all(answer == answers[0] for answer in answers)
            assert len(answers[0].conflicts) == 2 * number + 1
            assert await node.file(ALPHA, drone(f"a{number}"), idempotency_key=f"k{number}") == answers[0]


async def test_other_content_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await node.file(ALPHA, drone("one"), idempotency_key="k")
        state_hash = node.state.state_hash()
        with pytest.raises(IdempotencyError):
            await node.file(ALPHA, drone("one", radius_m=101.0), idempotency_key="k")
        with pytest.raises(IdempotencyError):
            await node.act(ALPHA, "activate", "one", version=1, idempotency_key="k")
        assert node.state.findings_through < node.state.sequence == 4
        assert node.state.state_hash() == state_hash
        # a key is its party's own
        await node.file(BRAVO, drone("one", "bravo"), idempotency_key="k")
    async with running(tmp_path, clock) as node:
        with pytest.raises(IdempotencyError):
            await node.file(ALPHA, drone("one", radius_m=101.0), idempotency_key="k")


async def test_a_refusal_without_an_entry_keeps_no_key(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha") as node:
        sequence = node.state.sequence
        with pytest.raises(InvalidInputError, match="passed"):
            await node.file(ALPHA, drone("one", seconds=(-600.0, -1.0)), idempotency_key="k")
        assert node.state.sequence == sequence
        answer = await node.file(ALPHA, drone("one"), idempotency_key="k")
        assert answer.operation.operation_id == "one"


async def test_a_refusal_that_is_an_entry_keeps_its_key(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha") as node:
        results = await asyncio.gather(
            node.file(ALPHA, drone("one"), idempotency_key="first"),
            node.file(ALPHA, drone("one", radius_m=200.0), idempotency_key="second"),
            return_exceptions=True,
        )
        assert isinstance(results[1], ConflictingStateError)
        await node.act(ALPHA, "cancel", "one", version=1)
        with pytest.raises(ConflictingStateError):  # the identifier is free now, the key's answer stays
            await node.file(ALPHA, drone("one", radius_m=200.0), idempotency_key="second")


async def test_after_a_crash_a_repeat_of_what_was_recorded_is_no_second_filing(tmp_path: Path) -> None:
    """The entry is durable, its answer was never made: a repeat finds the entry, and its answer is kept from then."""
    clock = noon_clock()
    node = await start(tmp_path, clock)
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    await node.register_party(OPERATOR, "bravo", "Bravo", "civil_ats")
    await node.file(BRAVO, drone("other", "bravo"))
    node._tasks[2].cancel()  # the comparison stops: nobody is answered any more
    filing = asyncio.create_task(node.file(ALPHA, drone("one"), idempotency_key="k"))
    await until(lambda: ("alpha", "one") in node.state.operations)
    filing.cancel()
    await crash(node)
    node = await start(tmp_path, clock)
    first = await node.file(ALPHA, drone("one"), idempotency_key="k")
    assert (first.operation.version, len(first.conflicts)) == (1, 1)
    await node.act(BRAVO, "cancel", "other", version=1)
    await node.act(ALPHA, "cancel", "one", version=1)
    assert await node.file(ALPHA, drone("one"), idempotency_key="k") == first
    assert not node.state.operations
    await stop(node)


async def test_the_window_is_measured_in_log_time(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        await node.file(ALPHA, drone("one"), idempotency_key="k")
        clock.now_us += IDEMPOTENCY_WINDOW_US - 1_000
        await node.file(ALPHA, drone("later", seconds=(90_000.0, 90_600.0)))
        with pytest.raises(IdempotencyError):
            await node.file(ALPHA, drone("two", seconds=(90_000.0, 90_600.0)), idempotency_key="k")
        clock.now_us += 1_000_000
        answer = await node.file(ALPHA, drone("two", seconds=(90_000.0, 90_600.0)), idempotency_key="k")
        assert answer.operation.operation_id == "two"
