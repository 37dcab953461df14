"""People over a node: log-in and its limits, sessions and their ends, roles, and that nothing of it is in the log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    SkyparleyError,
    UnauthenticatedError,
)
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.identity import Author
from skyparley.node.node import Node, open_node
from skyparley.node.people.attempts import PER_ADDRESS, PER_PERSON, WINDOW_S
from skyparley.node.people.passwords import AT_ONCE, hash_of_nobody
from skyparley.node.people.people import IDLE_S, LONGEST_S
from support.drafts import Clock
from support.line import CLIMB, ask, staff
from support.nodes import ALPHA, BRAVO, OPERATOR
from support.serving import CHEAP

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse battery"
HERE = "192.0.2.1"


async def opened(directory: Path, clock: Clock, log: MemoryLog) -> Node:
    vault = Vault(directory / "vault.sqlite")
    node, _ = await open_node(log, vault, None, pool="test", clock=clock, hasher=CHEAP)
    await node.start()
    return node


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    node = await opened(tmp_path, clock, MemoryLog(pool="test", clock=clock))
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    for login, role in (("anna", "officer"), ("paul", "planner"), ("ada", "auditor"), ("rita", "administrator")):
        await node.people.add(ALPHA, login, login.title(), role, "en", "UTC", PASSWORD)
    yield node
    await node.stop()


async def author(node: Node, login: str, password: str = PASSWORD) -> Author:
    return node.authenticate((await node.people.log_in("alpha", login, password, HERE)).token)


async def test_who_logs_in_is_known_and_is_no_other_party(node: Node) -> None:
    anna = await author(node, "anna")
    assert (anna.role, anna.party, anna.person, anna.person_role) == ("party", "alpha", "anna", "officer")
    with pytest.raises(UnauthenticatedError):
        await node.people.log_in("bravo", "anna", PASSWORD, HERE)
    assert [one.login for one in node.people.of_party(BRAVO).items] == []
    with pytest.raises(ForbiddenError):
        node.people.of_party(OPERATOR)


@pytest.mark.parametrize(("party", "login"), [("alpha", "anna"), ("alpha", "nobody"), ("nobody", "anna")])
async def test_a_refused_log_in_says_the_same_whoever_it_was(
    node: Node, party: str, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    passwords = node.people._passwords
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda stored, typed: asked.append(stored) or verify(stored, typed))
    with pytest.raises(UnauthenticatedError, match=r"^party, login or password is wrong$"):
        await node.people.log_in(party, login, "a wrong password", HERE)
    assert len(asked) == 1  # and takes the same time: there is a hash to verify against
    assert asked[0].startswith("$argon2id$")


@pytest.mark.parametrize(
    "hasher", [PasswordHasher(), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=16, salt_len=9)]
)
async def test_the_hash_of_nobody_costs_what_a_hash_costs_and_no_password_matches_it(hasher: PasswordHasher) -> None:
    nobody = hash_of_nobody(hasher)
    assert extract_parameters(nobody) == extract_parameters(hasher.hash(PASSWORD))
    with pytest.raises(VerifyMismatchError):  # verified in full: what is no hash would be refused at once
        hasher.verify(nobody, PASSWORD)


async def test_who_fails_too_often_waits_also_with_the_right_password(node: Node, clock: Clock) -> None:
    for number in range(PER_PERSON):
        with pytest.raises(UnauthenticatedError):
            await node.people.log_in("alpha", "anna", "a wrong password", f"192.0.2.{number}")
    with pytest.raises(RateLimitedError) as caught:
        await node.people.log_in("alpha", "anna", PASSWORD, HERE)
    assert 0 < caught.value.retry_after_s <= WINDOW_S
    await author(node, "paul")  # others are not held up
    clock.now_us += WINDOW_S * 1_000_000
    await author(node, "anna")


async def test_an_address_that_tries_many_people_waits(node: Node) -> None:
    for number in range(PER_ADDRESS):
        with pytest.raises(UnauthenticatedError):
            await node.people.log_in("alpha", f"guess-{number}", "a wrong password", HERE)
    with pytest.raises(RateLimitedError):
        await node.people.log_in("alpha", "paul", PASSWORD, HERE)
    assert (await node.people.log_in("alpha", "paul", PASSWORD, "198.51.100.7")).person.login == "paul"


async def test_of_many_guesses_at_once_no_more_are_tried_than_one_after_another(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    passwords = node.people._passwords
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda stored, typed: tried.append(typed) or verify(stored, typed))
    guesses = [node.people.log_in("alpha", "anna", f"guess number {n}", f"192.0.2.{n}") for n in range(50)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert len(tried) < PER_PERSON + AT_ONCE
    assert {type(one) for one in outcomes} == {UnauthenticatedError, RateLimitedError}


def slowed(node: Node, monkeypatch: pytest.MonkeyPatch, work: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Hashing or verifying stands still: the first event says that it has begun, the second lets it go on."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    real = getattr(node.people._passwords, work)

    async def slow(*args: Any, **more: Any) -> Any:
        done = await real(*args, **more)
        begun.set()
        await go_on.wait()
        return done

    monkeypatch.setattr(node.people._passwords, work, slow)
    return begun, go_on


@pytest.mark.parametrize("how", ["disabled", "password"])
async def test_who_is_shut_out_while_logging_in_is_not_let_in(
    node: Node, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    begun, go_on = slowed(node, monkeypatch, "verify")
    coming = asyncio.create_task(node.people.log_in("alpha", "anna", PASSWORD, HERE))
    await begun.wait()
    if how == "disabled":
        await node.people.disable(ALPHA, "anna")
    else:
        await node.people.set_password(ALPHA, "anna", "another long password", None)
    go_on.set()
    with pytest.raises(UnauthenticatedError, match=r"^party, login or password is wrong$"):
        await coming
    assert node.people.sessions(ALPHA).items == []


async def test_who_is_disabled_while_changing_the_password_stays_disabled(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await author(node, "anna")
    begun, go_on = slowed(node, monkeypatch, "hash")
    changing = asyncio.create_task(node.people.set_password(anna, "anna", "another long password", PASSWORD))
    await begun.wait()
    await node.people.disable(ALPHA, "anna")
    go_on.set()
    assert (await changing).disabled is not None
    with pytest.raises(UnauthenticatedError):
        await author(node, "anna", "another long password")


async def test_of_two_people_of_one_login_added_at_once_one_is_refused(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = slowed(node, monkeypatch, "hash")
    adding = [
        asyncio.create_task(node.people.add(ALPHA, "new", name, "officer", "en", "UTC", PASSWORD))
        for name in ("First", "Second")
    ]
    await begun.wait()
    go_on.set()
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    # whichever is hashed first is in: threads hash, in no order
    assert sorted(type(one).__name__ for one in outcomes) == ["ConflictingStateError", "PersonView"]


async def test_a_session_ends_idle_or_old(node: Node, clock: Clock) -> None:
    token = (await node.people.log_in("alpha", "anna", PASSWORD, HERE)).token
    clock.now_us += (IDLE_S - 1) * 1_000_000
    node.authenticate(token)  # which begins the idle time anew
    clock.now_us += (IDLE_S - 1) * 1_000_000
    node.authenticate(token)
    clock.now_us += 2_000_000  # a day in all
    assert LONGEST_S <= 2 * IDLE_S
    with pytest.raises(UnauthenticatedError, match="log in again"):
        node.authenticate(token)
    idle = (await node.people.log_in("alpha", "anna", PASSWORD, HERE)).token
    clock.now_us += IDLE_S * 1_000_000
    with pytest.raises(UnauthenticatedError):
        node.authenticate(idle)
    await node.people.tidy()
    assert node.vault.stored_sessions() == []


@pytest.mark.parametrize("how", ["own", "administrator", "key", "disabled", "role", "password"])
async def test_every_way_in_which_a_session_ends(node: Node, how: str) -> None:
    ended: list[str] = []
    node.people.on_ended = ended.append
    token = (await node.people.log_in("alpha", "anna", PASSWORD, HERE)).token
    anna, rita = node.authenticate(token), await author(node, "rita")
    with pytest.raises(NotFoundError):
        await node.people.end(await author(node, "paul"), anna.key_id)
    with pytest.raises(NotFoundError):
        await node.people.end(BRAVO, anna.key_id)
    if how in ("own", "administrator", "key"):
        await node.people.end({"own": anna, "administrator": rita, "key": ALPHA}[how], anna.key_id)
    elif how == "disabled":
        await node.people.disable(rita, "anna")
        with pytest.raises(UnauthenticatedError):
            await author(node, "anna")
    elif how == "role":
        await node.people.change(rita, "anna", "Anna", "planner", "en", "UTC")
    else:
        await node.people.set_password(rita, "anna", "another long password", None)
    assert ended == [anna.key_id]
    with pytest.raises(UnauthenticatedError):
        node.authenticate(token)


async def test_ones_own_password_takes_the_current_one_and_keeps_ones_session(node: Node) -> None:
    anna, other = await author(node, "anna"), await author(node, "anna")
    with pytest.raises(UnauthenticatedError, match="current"):
        await node.people.set_password(anna, "anna", "another long password", "wrong")
    with pytest.raises(ForbiddenError, match="this takes the role administrator"):
        await node.people.set_password(anna, "paul", "another long password", None)
    await node.people.set_password(anna, "anna", "another long password", PASSWORD)
    assert [one.session_id for one in node.people.sessions(anna).items] == [anna.key_id] != [other.key_id]
    await author(node, "anna", "another long password")


async def test_who_is_disabled_stays_on_record_and_is_let_in_by_a_new_password(node: Node) -> None:
    await node.people.disable(ALPHA, "anna")
    assert {one.login: one.disabled is not None for one in node.people.of_party(ALPHA).items}["anna"]
    with pytest.raises(ConflictingStateError, match="not used again"):
        await node.people.add(ALPHA, "anna", "Another Anna", "officer", "en", "UTC", PASSWORD)
    await node.people.set_password(ALPHA, "anna", "another long password", None)
    await author(node, "anna", "another long password")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"login": "Anna!"}, "login"),
        ({"name": " "}, "name"),
        ({"name": "<b>x</b>"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"role": "king"}, "role"),
        ({"language": "tlh"}, "language"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1_025}, "password"),
        ({"login": "a-long-login-name", "password": "A-Long-Login-Name"}, "password"),
    ],
)
async def test_what_no_person_can_be_is_refused(node: Node, change: dict[str, Any], place: str) -> None:
    given = {"login": "new", "name": "New", "role": "officer", "language": "en", "zone": "UTC", "password": PASSWORD}
    with pytest.raises(InvalidInputError) as caught:
        await node.people.add(ALPHA, **{**given, **change})
    assert caught.value.place == place
    assert len(node.people.of_party(ALPHA).items) == 4


async def test_a_person_speaks_where_the_watch_is_its_own_and_its_own_side_sees_who(node: Node) -> None:
    anna = await author(node, "anna")
    await staff(node, ALPHA, "ops")
    await staff(node, BRAVO, "tower")
    with pytest.raises(ForbiddenError, match="'anna' does not have the watch at 'ops'"):
        await ask(node, author=anna, from_post="ops")
    with pytest.raises(InvalidInputError, match="none has: take a watch first"):
        await ask(node, author=anna)
    await node.duty.take(anna, "ops")
    await ask(node, author=anna)
    (own,), (theirs,) = (node.duty.posts(reader, "alpha").items for reader in (ALPHA, BRAVO))
    assert [watch.person for watch in own.watches] == [None, "anna"]
    assert [watch.person for watch in theirs.watches] == [None, None]


async def test_nothing_of_a_person_is_in_the_log_or_in_what_is_logged(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    log = MemoryLog(pool="test", clock=clock)
    node = await opened(tmp_path, clock, log)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    with caplog.at_level(logging.DEBUG):
        await node.people.add(ALPHA, "zebulon", "Zebulon Quist", "officer", "en", "UTC", PASSWORD)
        zebulon = node.authenticate((await node.people.log_in("alpha", "zebulon", PASSWORD, HERE)).token)
        await staff(node, BRAVO, "tower")
        await staff(node, ALPHA, "ops")
        await node.duty.take(zebulon, "ops")
        await node.dialogues.open(zebulon, "bravo", "request-climb", CLIMB)
        with pytest.raises(SkyparleyError):
            await node.people.log_in("alpha", "zebulon", "a wrong secret word", HERE)
    held = b""
    async for entries in log.entries(0):
        held += b"".join(entry.header + entry.body for entry in entries)
        if entries[-1].sequence == node.state.sequence:
            break
    assert b"desk" not in held
    assert b"ops" in held
    assert b"zebulon" not in held.lower()
    assert PASSWORD not in caplog.text
    assert "wrong secret" not in caplog.text
    await node.stop()


async def test_people_and_sessions_outlive_a_restart(tmp_path: Path, clock: Clock) -> None:
    log = MemoryLog(pool="test", clock=clock)
    node = await opened(tmp_path, clock, log)
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    await node.people.add(ALPHA, "anna", "Anna", "officer", "en", "UTC", PASSWORD)
    token = (await node.people.log_in("alpha", "anna", PASSWORD, HERE)).token
    clock.now_us += (IDLE_S - 10) * 1_000_000
    node.authenticate(token)
    await node.people.tidy()  # which writes that it was seen
    people = node.people
    await node.stop()
    assert people.own(Author("party", "alpha", "", "anna", "officer")) is not None

    clock.now_us += 20_000_000
    vault = Vault(tmp_path / "vault.sqlite")
    again = type(people)(vault, clock, people._passwords)
    assert again.authenticate(token).person == "anna"
    vault.close()
