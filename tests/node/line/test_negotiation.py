"""A conflict is settled over a node: proposed, compared, countered, accepted; overtaken proposals are refused."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import ConflictingStateError, IdempotencyError, InvalidInputError, SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.custodian import Custodian
from skyparley.node.custody.index_file import read_index
from skyparley.node.identity import Author
from skyparley.node.node import Node
from skyparley.node.recovery import follow_to_snapshot
from support.agreements import agree, term
from support.conflict_cases import circle_volume, operation
from support.drafts import Clock
from support.line import ask, pass_s, read_back, reply, staff, staff_both, thread
from support.nodes import (
    ALPHA,
    BERNE,
    BRAVO,
    OPERATOR,
    THIRD,
    at,
    crash,
    drone,
    noon_clock,
    replay,
    same,
    start,
    stop,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(node: Node) -> Node:
    await staff(node, THIRD, "desk")
    return node


def window(begin_s: float, end_s: float) -> dict[str, str]:
    return {"begin": format_time(at(begin_s)), "end": format_time(at(end_s))}


def band(lower_m: int, upper_m: int) -> dict[str, Any]:
    return {
        name: {"value": value, "unit": "m", "datum": "WGS84"}
        for name, value in (("lower", lower_m), ("upper", upper_m))
    }


async def clash(node: Node, a: Operation | None = None, b: Operation | None = None) -> str:
    """Two operations in conflict; what the conflict is called."""
    await node.file(ALPHA, a or drone("a"))
    answer = await node.file(BRAVO, b or drone("b", "bravo", east_m=50))
    return next(one.conflict_id for one in answer.conflicts if "alpha" in (one.a.party, one.b.party))


async def offer(node: Node, about: str, code: str = "offer-time", author: Author = ALPHA, **parameters: Any) -> str:
    to = "bravo" if author is ALPHA else "alpha"
    return await ask(node, code, author, to, about=about, parameters=parameters)


async def confirm(node: Node, name: str, *, number: int = 1, asker: Author = ALPHA, **values: Any) -> None:
    """Read back as it was sent, and say that it is correct."""
    answers = BRAVO if asker is ALPHA else ALPHA
    assert await read_back(node, name, number=number, author=answers, **values) == "matched"
    last = thread(node, name).messages
    await reply(node, asker, name, "read-back-correct", parameters={"message": last})


async def test_an_offer_that_is_accepted_amends_in_its_own_entry(node: Node, tmp_path: Path) -> None:
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    assert node.operation(ALPHA, None, "a").version == 1  # the old arrangement holds until it is accepted
    await confirm(node, name, window=later)
    before = node.state.sequence
    answer = await reply(node, BRAVO, name, "affirm")
    assert answer.sequence == before + 1
    after = node.operation(ALPHA, None, "a")
    assert (after.version, after.sequence, after.begin, after.end) == (2, answer.sequence, later["begin"], later["end"])
    assert node.conflicts(ALPHA, None, 10).items == node.conflicts(BRAVO, None, 10).items == []
    assert answer.dialogue.result == "accepted"
    assert node.custodian.through >= answer.sequence
    await stop(node)
    replayed = await replay(tmp_path)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)
    node = await start(tmp_path, noon_clock())
    assert node.operation(ALPHA, None, "a").begin == later["begin"]
    await stop(node)


async def test_one_side_proposes_to_move_both(node: Node, tmp_path: Path) -> None:
    about = await clash(node)
    low, high = band(400, 480), band(500, 600)
    name = await offer(node, about, "offer-levels", operation="a", band=low, other_operation="bravo", other_band=high)
    await confirm(node, name, band=low, other_band=high)
    answer = await reply(node, BRAVO, name, "affirm")
    a, b = node.operation(ALPHA, None, "a"), node.operation(BRAVO, None, "b")
    assert (a.sequence, b.sequence) == (answer.sequence, answer.sequence)
    assert b'"value":480' in bytes(a.volumes) or b"480" in bytes(a.volumes)
    assert node.conflicts(ALPHA, None, 10).items == []
    # the entry does not tell which of the two a row of the index is, so that it is kept with it
    await follow_to_snapshot(node.engine.log, tmp_path)
    kept = read_index(tmp_path)
    kept.close()
    assert sorted((one.party, one.operation_id) for one in kept.named) == [("alpha", "a"), ("bravo", "b")]
    seen = {ref: node.custodian.box(ref) for ref in (OperationRef("alpha", "a"), OperationRef("bravo", "b"))}
    await crash(node)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Custodian, "details", None)  # nothing is read from the vault
        node = await start(tmp_path, noon_clock())
        assert {ref: node.custodian.box(ref) for ref in seen} == seen
    await stop(node)


async def test_a_counter_offer_takes_the_place_of_the_offer(node: Node) -> None:
    about = await clash(node)
    name = await offer(node, about, operation="a", window=window(900, 1500))
    other = window(700, 1300)
    await reply(node, BRAVO, name, "counter-time", parameters={"operation": "bravo", "window": other})
    await confirm(node, name, number=2, asker=BRAVO, window=other)
    await reply(node, ALPHA, name, "affirm")
    assert node.operation(ALPHA, None, "a").version == 1
    assert node.operation(BRAVO, None, "b").begin == other["begin"]


async def test_what_would_not_be_clear_cannot_be_sent(node: Node) -> None:
    about = await clash(node)
    await node.file(THIRD, drone("secret-c", "third", east_m=20, seconds=(1000, 1600)))
    with pytest.raises(ConflictingStateError, match="an operation of third overlaps") as refused:
        await offer(node, about, operation="a", window=window(900, 1500))
    assert "secret-c" not in refused.value.message
    with pytest.raises(ConflictingStateError, match="would not be clear"):  # it settles nothing
        await offer(node, about, operation="a", window=window(120, 720))
    assert node.threads.page(ALPHA).items == []
    await offer(node, about, operation="a", window=window(2000, 2600))


async def test_a_conflict_with_others_that_is_there_anyway_does_not_forbid_an_offer(node: Node) -> None:
    await node.declare_hazard(
        THIRD,
        drone("jamming", "third", radius_m=5_000, seconds=(0, 7200)),
        hazard_kind="gnss_interference",
        confirmed=True,
    )
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await confirm(node, name, window=later)
    await reply(node, BRAVO, name, "affirm")
    left = [sorted((one.a.party, one.b.party)) for one in node.conflicts(ALPHA, None, 10).items]
    assert left == [["alpha", "third"]]


async def test_a_proposal_that_was_overtaken_is_refused_with_the_newcomer_named(node: Node) -> None:
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await confirm(node, name, window=later)
    await node.file(THIRD, drone("secret-c", "third", east_m=20, seconds=(1000, 1600)))
    with pytest.raises(
        ConflictingStateError,
        match=r"overtaken.*an operation of 'alpha' and an operation of 'third' would conflict; answer",
    ) as refused:
        await reply(node, BRAVO, name, "affirm")
    assert "secret-c" not in refused.value.message
    assert thread(node, name).state == "open"
    assert node.operation(ALPHA, None, "a").version == 1
    await reply(node, BRAVO, name, "negative", parameters={"reason": "traffic"})
    assert thread(node, name).result == "refused"


async def test_a_newcomer_of_an_agreement_that_identifies_is_named(node: Node) -> None:
    await agree(node, {"1": term("disclosure", level="identified")}, (BRAVO, THIRD))
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await confirm(node, name, window=later)
    await node.file(THIRD, drone("known-c", "third", east_m=20, seconds=(1000, 1600)))
    with pytest.raises(ConflictingStateError, match="'known-c' of 'third'"):
        await reply(node, BRAVO, name, "affirm")


async def test_filings_nearby_that_touch_nothing_do_not_stop_an_acceptance(node: Node) -> None:
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await confirm(node, name, window=later)
    # in the same cells at the same time, but clear: the entry is refused at first, compared again, and accepted
    near = [
        node.file(THIRD, drone(f"n{n}", "third", east_m=230, radius_m=1, seconds=(900, 1500 + n))) for n in range(30)
    ]
    answer, *_ = await asyncio.gather(reply(node, BRAVO, name, "affirm"), *near)
    assert answer.dialogue.result == "accepted"
    assert node.operation(ALPHA, None, "a").begin == later["begin"]


async def test_an_operation_that_changed_since_is_not_amended(node: Node) -> None:
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await confirm(node, name, window=later)
    await node.amend(ALPHA, drone("a", radius_m=90), version=1)
    with pytest.raises(ConflictingStateError, match=r"has changed since|the conflict is over"):
        await reply(node, BRAVO, name, "affirm")
    assert node.operation(ALPHA, None, "a").version == 2


async def test_two_acceptances_of_one_conflict_cannot_both_hold(node: Node) -> None:
    about = await clash(node)
    first = await offer(node, about, operation="a", window=window(900, 1500))
    second = await offer(node, about, operation="alpha", window=window(2000, 2600))
    await confirm(node, first, window=window(900, 1500))
    await confirm(node, second, window=window(2000, 2600))
    done = await asyncio.gather(
        *(reply(node, BRAVO, name, "affirm") for name in (first, second)), return_exceptions=True
    )
    assert sorted(isinstance(one, ConflictingStateError) for one in done) == [False, True]
    assert node.operation(ALPHA, None, "a").version == 2


@pytest.mark.parametrize(
    ("code", "parameters", "place", "what"),
    [
        ("offer-time", {"operation": "nobody", "window": window(900, 1500)}, "parameters.operation", "not one of the"),
        ("offer-time", {"operation": "b", "window": window(900, 1500)}, "parameters.operation", "by its party"),
        ("offer-time", {"operation": "a", "window": window(60, 660)}, "parameters", "changes nothing"),
        ("offer-time", {"operation": "a", "window": window(-900, -300)}, None, "has passed"),
        ("offer-route", {"operation": "a", "route": ["46.9 N 7.4 E", "47 N 7.5 E"]}, "code", "declares volumes"),
        (
            "offer-outline",
            {"operation": "a", "outline": ["46 N 7 E", "47 N 8 E", "47 N 7 E", "46 N 8 E"], "band": band(400, 500)},
            "parameters.outline",
            "cross",
        ),
        (
            "offer-times",
            {"operation": "a", "window": window(900, 1500), "other_operation": "a", "other_window": window(60, 61)},
            "parameters.other_operation",
            "same operation twice",
        ),
    ],
)
async def test_bad_offers(node: Node, code: str, parameters: dict[str, Any], place: str | None, what: str) -> None:
    about = await clash(node)
    with pytest.raises(SkyparleyError, match=what) as refused:
        await offer(node, about, code, **parameters)
    assert place is None or refused.value.place == place
    assert node.threads.page(ALPHA).items == []


async def test_what_the_other_side_files_is_not_found_out_by_proposing(node: Node) -> None:
    """Its length, its heights, whether it is a flight: a refusal tells none of it, and a proposal shows none of it."""
    parts = [circle_volume(BERNE, 100.0, seconds=times) for times in ((60, 2000), (2000, 4381))]
    about = await clash(node, b=operation("b", *parts, party="bravo"))
    told = set()
    for code, change in (
        ("offer-time", {"window": window(9_000, 9_100)}),
        ("offer-route", {"route": ["46.9 N 7.4 E", "47 N 7.5 E"]}),
        ("offer-time", {"window": window(60, 4381)}),
    ):
        with pytest.raises(SkyparleyError) as refused:
            await offer(node, about, code, operation="bravo", **change)
        told.add(refused.value.message)
        assert not {"4321", "volumes", "nothing"} & set(refused.value.message.replace(",", " ").split())
    name = await offer(node, about, "offer-level", operation="bravo", band=band(3_000, 3_100))
    for author, shown in ((ALPHA, False), (BRAVO, True)):
        (change,) = (await node.proposals.show(author, node.state.line.dialogues[name])).changes
        assert [one is not None for one in (change.operation_id, change.begin, change.volumes)] == [shown] * 3


async def test_two_that_go_far_apart_can_be_accepted(node: Node) -> None:
    about = await clash(node)
    far = window(9 * 86_400, 9 * 86_400 + 600)
    later = window(900, 1500)
    both = {"operation": "a", "window": later, "other_operation": "bravo", "other_window": far}
    name = await offer(node, about, "offer-times", **both)
    await confirm(node, name, window=later, other_window=far)
    await reply(node, BRAVO, name, "affirm")
    assert node.operation(BRAVO, None, "b").begin == far["begin"]


async def test_an_offer_is_about_a_conflict(node: Node) -> None:
    await node.file(ALPHA, drone("a"))
    with pytest.raises(InvalidInputError, match="an offer settles a conflict") as refused:
        await ask(node, "offer-time", parameters={"operation": "a", "window": window(900, 1500)})
    assert refused.value.place == "code"


async def test_a_repeat_gets_the_first_answer(node: Node) -> None:
    about = await clash(node)
    later = window(900, 1500)
    fields = {"about": about, "parameters": {"operation": "a", "window": later}, "idempotency_key": "offer-1"}
    name = await ask(node, "offer-time", **fields)
    await node.file(THIRD, drone("far", "third", east_m=50_000))
    assert await ask(node, "offer-time", **fields) == name
    assert len(thread(node, name).thread) == 1
    await confirm(node, name, window=later)
    first = await reply(node, BRAVO, name, "affirm", idempotency_key="yes-1")
    again = await reply(node, BRAVO, name, "affirm", idempotency_key="yes-1")
    assert again.sequence == first.sequence
    assert await ask(node, "offer-time", **fields) == name  # also when the conflict is over
    with pytest.raises(IdempotencyError):
        await reply(node, BRAVO, name, "negative", parameters={"reason": "traffic"}, idempotency_key="yes-1")


async def test_a_proposal_survives_a_crash(tmp_path: Path, clock: Clock) -> None:
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await staff_both(node)
    about = await clash(node)
    later = window(900, 1500)
    name = await offer(node, about, operation="a", window=later)
    await crash(node)
    node = await start(tmp_path, clock)
    await confirm(node, name, window=later)
    await reply(node, BRAVO, name, "affirm")
    await crash(node)
    node = await start(tmp_path, clock)
    assert node.operation(ALPHA, None, "a").begin == later["begin"]
    await pass_s(node, clock, 1)
    await stop(node)
    assert (await replay(tmp_path)).verification.problems == []
