"""The node here is brought to what the upstream did, and takes back what that refused, whichever of the two it was."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from skyparley.node.node import Node
from skyparley.shadow.here import asks
from skyparley.shadow.pairs.asked import Answer, Asked, read_object, read_request
from skyparley.shadow.pairs.compare import compare
from skyparley.shadow.pairs.learn import learn, meet
from skyparley.shadow.pairs.names import MAX_SPENT, Known, Names
from skyparley.shadow.pairs.translate import Put, translate
from skyparley.shadow.step import keep_in_step
from skyparley.web.app import create_app
from support.dss_http import CONSTRAINTS, INTENTS, SUBSCRIPTIONS, Json, circle, new_id, somewhere, uuid7, volume
from support.shadow import node_here
from support.uss import bearer, verifier

pytestmark = pytest.mark.anyio
URL = {"uss_base_url": "https://one.example"}


class Side:
    """The node here as USS `one` asks it, and what the upstream is said to have answered."""

    def __init__(self, node: Node, directory: Path) -> None:
        self.node = node
        self.dss = node.state.dss
        self.names = Names()
        self._put = asks(create_app(node, tokens=verifier(directory)))
        self._headers = [(name.lower().encode(), value.encode()) for name, value in bearer("one").items()]
        self._arbiter = [
            (name.lower().encode(), value.encode())
            for name, value in bearer("one", "utm.availability_arbitration").items()
        ]

    async def ask(self, put: Put) -> Answer:
        headers = self._arbiter if "availability" in put.path else self._headers
        reply = await self._put(put, headers)
        return Answer(reply.status, read_object(reply.body))

    async def both(self, method: str, path: str, body: Json | None = None) -> Answer:
        """Both do it: what the upstream draws is named after what is drawn here."""
        asked, put = self.read(method, path, body)
        here = await self.ask(translate(asked, put, self.names, Answer(200)))
        assert here.accepted, here
        there = Answer(here.status, json.loads(json.dumps(here.body)))
        drawn = next(iter((there.body or {}).values()))
        for word in ("ovn", "version"):
            if isinstance(drawn, dict) and isinstance(drawn.get(word), str):
                drawn[word] += "-there"
        meet(asked, there, here, self.names, certain=True)
        learn(asked, there, here, self.names, (), certain=True)
        return there

    async def step(self, method: str, path: str, body: Json | None, status: int, says: Json | None = None) -> Answer:
        """Put a request here to which the upstream gave this answer, and keep in step; what was answered here."""
        asked, put = self.read(method, path, body)
        there = Answer(status, {} if says is None else says)
        here_put = translate(asked, put, self.names, there)
        here = await self.ask(here_put)
        assert here.accepted != there.accepted, here
        await keep_in_step(asked, here_put, there, here, self.names, self.ask)
        return here

    @staticmethod
    def read(method: str, path: str, body: Json | None) -> tuple[Asked, Put]:
        data = b"" if body is None else json.dumps(body).encode()
        asked = read_request(method, path.encode(), data)
        assert asked is not None
        return asked, Put(method, path, data)


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    async with node_here(tmp_path) as node:
        yield Side(node, tmp_path)


def intent(place: Any, *key: str, state: str = "Accepted", **more: Any) -> Json:
    return {"extents": [volume(place)], "key": list(key), "state": state, **URL, **more}


def says(identifier: str, ovn: str, version: int = 1) -> Json:
    return {"operational_intent_reference": {"id": identifier, "ovn": ovn, "version": version, "manager": "one"}}


async def test_an_intent_whose_key_lacks_something_here_is_written_all_the_same(side: Side) -> None:
    place, first, second = somewhere(), new_id(), new_id()
    await side.both("PUT", f"{INTENTS}/{first}", intent(place))
    here = await side.step("PUT", f"{INTENTS}/{second}", intent(place), 201, says(second, "second-ovn-there"))
    assert here.status == 409
    known = side.names.get(("operational_intent", second))
    assert known is not None
    assert (known.here_version, known.sure) == (side.dss.intents[second].ovn, True)
    # and it is deleted by the upstream's OVN, though that had been another version here
    side.names.part(("operational_intent", second), here_version="out-of-date-by-now")
    await side.step("DELETE", f"{INTENTS}/{second}/second-ovn-there", None, 200, says(second, "second-ovn-there"))
    assert list(side.dss.intents) == [first]
    assert side.names.get(("operational_intent", second)) is None


@pytest.mark.parametrize("state", ["Accepted", "Activated", "Nonconforming", "Contingent"])
async def test_an_intent_that_is_unknown_here_is_made_in_the_state_that_it_has(side: Side, state: str) -> None:
    place, name = somewhere(), new_id()
    await side.both("PUT", f"{INTENTS}/{new_id()}", intent(place))
    body = intent(place, "what-others-hold-there", state=state, new_subscription=URL, requested_ovn_suffix=None)
    await side.step("PUT", f"{INTENTS}/{name}/old-ovn-there", body, 200, says(name, "new-ovn-there", 7))
    made = side.dss.intents[name]
    assert (made.state, bool(made.subscription_id)) == (state, True)
    known = side.names.get(("operational_intent", name))
    assert known is not None
    assert known.number_offset == 7 - made.version


async def test_what_cannot_be_made_here_is_left_unknown(side: Side) -> None:
    name = new_id()
    for state in ("Accepted", "Activated"):
        body = intent(somewhere(), state=state, subscription_id=new_id())
        if state == "Activated":
            body["uss_base_url"] = "none"
        await side.step("PUT", f"{INTENTS}/{name}/old-ovn-there", body, 200, says(name, "new-ovn-there"))
    assert side.dss.intents == {}
    assert side.names.get(("operational_intent", name)) is None


async def test_a_suffix_that_was_used_here_already_does_not_hold_it_up(side: Side) -> None:
    place, name, suffix = somewhere(), new_id(), uuid7()
    there = await side.both("PUT", f"{INTENTS}/{name}", intent(place))
    ovn = there.part("operational_intent_reference")["ovn"]
    body = intent(place, requested_ovn_suffix=suffix)
    await side.step("PUT", f"{INTENTS}/{name}/{ovn}", body, 409, {"message": "stale"})
    assert side.dss.intents[name].ovn == f"{name}_{suffix}"
    assert not side.names.is_sure(("operational_intent", name))
    side.names._spent.clear()  # as if a restart had come between
    await side.step("PUT", f"{INTENTS}/{name}/{ovn}", body, 200, says(name, f"{name}_{suffix}", 2))
    known = side.names.get(("operational_intent", name))
    assert known is not None
    assert (known.sure, known.there_version, known.here_version) == (
        True, f"{name}_{suffix}", side.dss.intents[name].ovn,
    )  # fmt: skip
    assert known.number_offset == 2 - 3


async def test_a_suffix_that_was_used_here_for_nothing_is_not_asked_for_again(side: Side) -> None:
    """Its OVN cannot come again on this node; so it draws one, and that is no difference."""
    place, name, suffix = somewhere(), new_id(), uuid7()
    body = intent(place, requested_ovn_suffix=suffix)
    await side.step("PUT", f"{INTENTS}/{name}", body, 409, {"message": "lacks something", "missing_constraints": []})
    assert side.dss.intents == {}
    asked, put = side.read("PUT", f"{INTENTS}/{name}", body)
    there = Answer(201, says(name, f"{name}_{suffix}"))
    here = await side.ask(translate(asked, put, side.names, there))
    assert here.status == 201
    assert side.dss.intents[name].ovn != f"{name}_{suffix}"
    assert [one for one in compare(asked, there, here, side.names) if one.what.endswith(".ovn")] == []
    for number in range(MAX_SPENT):
        side.names.spend(name, str(number))
    assert not side.names.is_spent(name, suffix)


@pytest.mark.parametrize(
    ("folder", "make"),
    [
        (INTENTS, lambda: intent(somewhere())),
        (CONSTRAINTS, lambda: {"extents": [volume(somewhere())], **URL}),
        (
            SUBSCRIPTIONS,
            lambda: {"extents": {"volume": circle(somewhere())}, **URL, "notify_for_operational_intents": True},
        ),
    ],
)
async def test_what_the_upstream_does_not_make_is_not_left_here(
    side: Side, folder: str, make: Callable[[], Json]
) -> None:
    name, body = new_id(), make()  # made now: its times are soon over
    await side.step("PUT", f"{folder}/{name}", body, 403, {"message": "no"})
    assert (side.dss.intents, side.dss.constraints, side.dss.subscriptions) == ({}, {}, {})
    there = await side.both("PUT", f"{folder}/{name}", body)
    version = next(iter((there.body or {}).values()))["ovn" if folder != SUBSCRIPTIONS else "version"]
    # a change that it refuses stays here, where it is known to differ, and the next one finds it
    await side.step("PUT", f"{folder}/{name}/{version}", body, 400, {"message": "no"})
    (key,) = [key for key, _ in side.names.take_changes() if key[1] == name]
    assert not side.names.is_sure(key)
    await side.both("PUT", f"{folder}/{name}/{version}", body)
    assert side.names.is_sure(key)
    # a removal that it refuses is done here: then it is unknown here
    known = side.names.get(key)
    assert known is not None
    await side.step("DELETE", f"{folder}/{name}/{known.there_version}", None, 409, {"message": "no"})
    assert side.names.get(key) is None


async def test_an_availability_follows(side: Side) -> None:
    path = "/dss/v1/uss_availability/one"

    def said(word: str, version: str) -> Json:
        return {"version": version, "status": {"uss": "one", "availability": word}}

    body = {"old_version": "version-of-before", "availability": "Normal"}
    await side.step("PUT", path, body, 200, said("Normal", "version-two-there"))  # there was none here yet
    assert side.dss.availability("one") == "Normal"
    await side.step("PUT", path, {"old_version": "version-two-there", "availability": "Down"}, 409, {"message": "no"})
    assert side.dss.availability("one") == "Normal"
    await side.both("PUT", path, {"old_version": "version-two-there", "availability": "Down"})
    assert side.dss.availability("one") == "Down"


async def test_what_the_upstream_removed_and_this_node_keeps_is_known_to_differ(side: Side) -> None:
    """As if it were Down here only: nothing can be done, and the next reading is not certain."""
    place, name = somewhere(), new_id()
    there = await side.both("PUT", f"{INTENTS}/{name}", intent(place))
    await side.ask(Put("PUT", "/dss/v1/uss_availability/one", b'{"old_version":"","availability":"Down"}'))
    ovn = there.part("operational_intent_reference")["ovn"]
    await side.step("DELETE", f"{INTENTS}/{name}/{ovn}", None, 200, says(name, ovn))
    known = side.names.get(("operational_intent", name))
    assert known is not None
    assert (known.parted, known.sure) == (True, False)


async def test_what_the_upstream_accepts_in_a_way_that_nobody_can_read_is_known_to_differ(side: Side) -> None:
    place, name = somewhere(), new_id()
    there = await side.both("PUT", f"{INTENTS}/{name}", intent(place))
    asked, put = side.read(
        "PUT", f"{INTENTS}/{name}/{there.part('operational_intent_reference')['ovn']}", intent(place)
    )
    here = await side.ask(translate(asked, put, side.names, Answer(200)))
    await keep_in_step(asked, put, Answer(200, None), here, side.names, side.ask)
    known = side.names.get(asked.key)
    assert known is not None
    assert (known.parted, known.here_version) == (True, side.dss.intents[name].ovn)


def test_what_is_known_is_kept_and_dropped_by_both_names() -> None:
    names = Names([Known("operational_intent", "a", "", "there", "here", ends_us=5), Known("subscription", "s", "t")])
    assert (names.here_ovn("there"), names.there_subscription("t"), len(names)) == ("here", "s", 2)
    assert names.take_changes() == []
    names.put(Known("operational_intent", "a", "", "there-2", "here-2", ends_us=5))
    assert (names.here_ovn("there"), names.here_ovn("there-2")) == ("there", "here-2")
    names.set_index_offset("s", 3)
    names.drop(("subscription", "s"))
    assert (names.there_subscription("t"), names.index_offset("s")) == ("t", None)
    names.prune(86_400_000_005)
    assert len(names) == 1
    names.prune(86_400_000_006)
    assert len(names) == 0
    assert names.take_changes() == [(("operational_intent", "a"), None), (("subscription", "s"), None)]
