"""Answers that differ by names alone are equal, whatever the names; one other change anywhere is found."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyparley.shadow.pairs.asked import (
    AVAILABILITY,
    CONSTRAINT,
    CREATE,
    DELETE,
    INTENT,
    QUERY,
    READ,
    REPORT,
    SAY,
    SUBSCRIPTION,
    UPDATE,
    Answer,
    Asked,
)
from skyparley.shadow.pairs.compare import compare, instant_us
from skyparley.shadow.pairs.learn import learn, meet
from skyparley.shadow.pairs.names import NO_SUBSCRIPTION, Known, Names

Json = dict[str, Any]
HIDDEN = "Available from USS"
SAME = {HIDDEN, NO_SUBSCRIPTION, False, None}
"""Values that may as well be left out."""


def identifier(kind: str, number: int) -> str:
    return f"{kind[:4].encode().hex()}-{number:04d}-4000-8000-000000000000"


def time(number: int) -> Json:
    return {"value": f"2030-03-01T12:{number % 60:02d}:00Z", "format": "RFC3339"}


class World:
    """Things that both sides hold, and what each of them calls them."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.names = Names()
        self.numbers = draw(st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True))
        for number in self.numbers:
            for kind in (INTENT, CONSTRAINT):
                offset = draw(st.integers(-3, 3))
                key = identifier(kind, number)
                self.names.put(Known(kind, key, "", self.ovn("there", key), self.ovn("here", key), offset))
            served = identifier(SUBSCRIPTION, number)
            here = identifier("here", number) if draw(st.booleans()) else ""
            self.names.put(Known(SUBSCRIPTION, served, here, self.ovn("there", served), self.ovn("here", served)))
            self.names.set_index_offset(served, draw(st.integers(-5, 5)))

    def ovn(self, side: str, name: str) -> str:
        return f"{side}-version-of-{name}"

    def reference(self, kind: str, number: int, *, new: bool = False) -> tuple[Json, Json]:
        """A reference as both sides show it; what was made anew has names that nobody knows yet."""
        key = identifier(kind, number)
        known = self.names.get((kind, key))
        shown = new or self.draw(st.booleans())
        version = self.draw(st.integers(1, 9))
        both = {
            "id": key, "manager": f"uss{number}", "uss_availability": "Unknown", "uss_base_url": "https://uss.example",
            "time_start": time(number), "time_end": time(number + 1), "version": version + 10,
        }  # fmt: skip
        there, here = dict(both), dict(both)
        offset = 0 if known is None else known.number_offset
        here["version"] = both["version"] - (offset or 0)
        if shown:
            there["ovn"], here["ovn"] = (self.ovn(side, key) + "-new" * new for side in ("there", "here"))
        elif self.draw(st.booleans()):
            there["ovn"] = HIDDEN
        if kind == INTENT:
            there["state"] = here["state"] = self.draw(st.sampled_from(["Accepted", "Activated"]))
            served = identifier(SUBSCRIPTION, number) if number in self.numbers else NO_SUBSCRIPTION
            there["subscription_id"] = served
            here["subscription_id"] = self.names.here_subscription(served)
        return there, here

    def subscription(self, number: int) -> tuple[Json, Json]:
        name = identifier(SUBSCRIPTION, number)
        index = self.draw(st.integers(10, 20))
        both = {
            "id": name, "uss_base_url": "https://uss.example", "time_start": time(number), "time_end": time(number + 1),
            "notify_for_operational_intents": self.draw(st.booleans()), "notify_for_constraints": True,
            "implicit_subscription": False,
        }  # fmt: skip
        dependents = [identifier(INTENT, one) for one in self.numbers]
        there = {**both, "version": self.ovn("there", name), "notification_index": index}
        here = {**both, "version": self.ovn("here", name), "id": self.names.here_subscription(name)}
        here["notification_index"] = index - (self.names.index_offset(name) or 0)
        there["dependent_operational_intents"] = dependents
        here["dependent_operational_intents"] = dependents[::-1]
        return there, here

    def subscribers(self) -> tuple[list[Json], list[Json]]:
        there, here = [], []
        for number in self.numbers:
            name, index = identifier(SUBSCRIPTION, number), self.draw(st.integers(10, 20))
            ours = index - (self.names.index_offset(name) or 0)
            url = f"https://uss{number}.example"
            there.append({
                "uss_base_url": url, "subscriptions": [{"subscription_id": name, "notification_index": index}],
            })  # fmt: skip
            ours_name = self.names.here_subscription(name)
            here.append({
                "uss_base_url": url, "subscriptions": [{"subscription_id": ours_name, "notification_index": ours}],
            })  # fmt: skip
        return there, here[::-1]

    def listed(self, kind: str) -> tuple[list[Json], list[Json]]:
        pairs = [self.reference(kind, number) for number in self.numbers]
        return [there for there, _ in pairs], [here for _, here in pairs][::-1]


@st.composite
def pairs(draw: Any) -> tuple[Asked, Answer, Answer, Names]:
    """A request, two answers that are equal but for names, and the names."""
    world = World(draw)
    number, kind = draw(st.sampled_from(world.numbers)), draw(st.sampled_from([INTENT, CONSTRAINT]))
    one, many = f"{kind}_reference", f"{kind}_references"
    action = draw(
        st.sampled_from([CREATE, UPDATE, READ, DELETE, QUERY, "lacks", "subscription", "subscriptions", "word"])
    )
    body: tuple[Json, Json]
    status, asked = 200, Asked(kind, action, "", identifier(kind, number), "", {})
    if action in (CREATE, UPDATE, READ, DELETE):
        number = 99 if action == CREATE else number
        asked = Asked(kind, action, "", identifier(kind, number), "", {})
        there, here = world.reference(kind, number, new=action in (CREATE, UPDATE))
        body = {one: there}, {one: here}
        if action != READ:
            listed = world.subscribers()
            body = {**body[0], "subscribers": listed[0]}, {**body[1], "subscribers": listed[1]}
    elif action == QUERY:
        lists = world.listed(kind)
        body = {many: lists[0]}, {many: lists[1]}
    elif action == "lacks":
        status, asked = 409, Asked(INTENT, CREATE, "", identifier(INTENT, 98), "", {})
        intents, constraints = world.listed(INTENT), world.listed(CONSTRAINT)
        body = (
            {"message": "no", "missing_operational_intents": intents[0], "missing_constraints": constraints[0]},
            {"message": "why", "missing_operational_intents": intents[1], "missing_constraints": constraints[1]},
        )  # fmt: skip
    elif action == "subscription":
        asked = Asked(SUBSCRIPTION, READ, "", identifier(SUBSCRIPTION, number))
        there, here = world.subscription(number)
        body = {"subscription": there}, {"subscription": here}
    elif action == "subscriptions":
        asked = Asked(SUBSCRIPTION, QUERY, "")
        shown = [world.subscription(number) for number in world.numbers]
        body = {"subscriptions": [there for there, _ in shown]}, {"subscriptions": [here for _, here in shown][::-1]}
    else:
        asked = Asked(AVAILABILITY, READ, "", "uss1")
        world.names.put(Known(AVAILABILITY, "uss1", "", "version-there", "version-here"))
        said = {"status": {"uss": "uss1", "availability": "Down"}}
        body = {**said, "version": "version-there"}, {**said, "version": "version-here"}
    return asked, Answer(status, body[0]), Answer(status, body[1]), world.names


def changes_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """All single changes of a JSON value: a leaf is another, a member is gone, or there twice."""
    if isinstance(value, dict):
        for name, member in value.items():
            if member not in ([], {}) and not (isinstance(member, str | bool | None) and member in SAME):
                yield (*path, name), "drop"
            yield from changes_of(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield (*path, index), "drop"
            yield (*path, index), "double"
            yield from changes_of(member, (*path, index))
    else:
        yield path, "change"


def changed(value: Json, path: tuple[Any, ...], how: str) -> Json:
    made = copy.deepcopy(value)
    inner: Any = made
    for step in path[:-1]:
        inner = inner[step]
    last = path[-1]
    if how == "drop":
        del inner[last]
    elif how == "double":
        inner.append(inner[last])
    elif isinstance(inner[last], bool):
        inner[last] = not inner[last]
    else:
        inner[last] = inner[last] + (1 if isinstance(inner[last], int) else "x")
    return made


def is_drawn(asked: Asked, path: tuple[Any, ...]) -> bool:
    """Whether this is drawn by each side for this very write: no one can tell it from another."""
    return asked.action in (CREATE, UPDATE) and path[-1] == "ovn" and path[0].endswith("_reference")


@given(pairs())
def test_answers_that_differ_by_names_alone_are_equal(pair: tuple[Asked, Answer, Answer, Names]) -> None:
    asked, there, here, names = pair
    assert compare(asked, there, here, names) == []


@given(pairs())
def test_two_answers_teach_that_they_are_equal(pair: tuple[Asked, Answer, Answer, Names]) -> None:
    """Whatever each side drew: once it was learned from them, they say the same."""
    asked, there, here, _ = pair
    learned = Names()
    meet(asked, there, here, learned, certain=True)
    for _ in range(2):
        about = {key for one in compare(asked, there, here, learned) for key in one.about}
        learn(asked, there, here, learned, about, certain=True)
    found = compare(asked, there, here, learned)
    if asked.action == DELETE:  # nothing of it is known any more
        found = [one for one in found if one.about[0] != asked.key]
    if asked.action == CREATE:  # what is made is counted from its beginning
        found = [one for one in found if not one.what.endswith(".version")]
    # lists of subscriptions tell no pairs of identifiers: those come from the references that they serve
    assert [one for one in found if one.what not in ("subscribers", "subscriptions")] == []


@given(pairs(), st.data())
def test_any_single_change_is_found_on_either_side(pair: tuple[Asked, Answer, Answer, Names], data: Any) -> None:
    asked, there, here, names = pair
    sides = [there, here]
    side = data.draw(st.integers(0, 1))
    body = sides[side].body
    assert body is not None
    told = {name: value for name, value in body.items() if name not in ("message", "error")}
    assume(told)
    path, how = data.draw(st.sampled_from(list(changes_of(told))))
    assume(not (how == "change" and is_drawn(asked, path)))
    sides[side] = Answer(sides[side].status, changed(body, path, how))
    assert compare(asked, *sides, names), (path, how)


@given(pairs(), st.sampled_from([200, 201, 400, 401, 403, 404, 409, 412, 413]), st.integers(0, 1))
def test_any_other_status_is_found(pair: tuple[Asked, Answer, Answer, Names], status: int, side: int) -> None:
    asked, there, here, names = pair
    sides = [there, here]
    assume(status != there.status)
    sides[side] = Answer(status, sides[side].body)
    found = compare(asked, *sides, names)
    assert (found[0].what, found[0].there, found[0].here) == ("status", sides[0].status, sides[1].status)


def test_what_is_unknown_is_never_taken_for_the_same() -> None:
    shown = [{"id": "x", "ovn": ovn} for ovn in ("ovn-there", "ovn-here")]
    assert read(*shown, Names([Known(INTENT, "x", "", "ovn-there", "ovn-here")])) == []
    for known in (
        [],
        [Known(INTENT, "x", "", "ovn-there", "another")],
        [Known(INTENT, "x", "", "another", "ovn-here")],
    ):
        assert read(*shown, Names(known)) == ["operational_intent_reference.ovn"]


def read(there: Json, here: Json, names: Names | None = None, *, kind: str = INTENT, one: str = "") -> list[str]:
    member = one or f"{kind}_reference"
    asked = Asked(kind, READ, "", "x")
    found = compare(asked, Answer(200, {member: there}), Answer(200, {member: here}), names or Names())
    return [difference.what for difference in found]


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ({"ovn": HIDDEN}, {}),
        ({"ovn": ""}, {"ovn": None}),
        ({"time_start": {"value": "2030-03-01T13:00:00+01:00"}}, {"time_start": {"value": "2030-03-01T12:00:00Z"}}),
        ({"time_end": {"value": "2030-03-01T12:00:00.0000009Z"}}, {"time_end": {"value": "2030-03-01T12:00:00Z"}}),
        ({"notify_for_constraints": False}, {}),
        ({"subscription_id": NO_SUBSCRIPTION}, {"subscription_id": None}),
        ({"subscription_id": "ABC"}, {"subscription_id": "abc"}),
        ({"dependent_operational_intents": []}, {}),
        ({"dependent_operational_intents": ["A", "b"]}, {"dependent_operational_intents": ["b", "a"]}),
        ({"id": "ABC"}, {"id": "abc"}),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(there: Json, here: Json) -> None:
    same = {"manager": "uss1"}
    assert read({**same, **there}, {**same, **here}) == []
    assert read({**same, **here}, {**same, **there}) == [] or "id" in here


@pytest.mark.parametrize(
    ("there", "here", "what"),
    [
        ({"ovn": "a-secret-that-leaks"}, {}, "ovn"),
        ({"time_end": {"value": "2030-03-01T12:00:00Z"}}, {"time_end": {"value": "2030-03-01T12:00:01Z"}}, "time_end"),
        ({"time_end": {"value": "soon"}}, {"time_end": {"value": "2030-03-01T12:00:01Z"}}, "time_end"),
        ({"time_end": None}, {"time_end": {"value": "2030-03-01T12:00:01Z"}}, "time_end"),
        ({"version": True}, {"version": 2}, "version"),
        ({"version": None}, {"version": 1}, "version"),
        ({"subscription_id": "a"}, {}, "subscription_id"),
        ({"dependent_operational_intents": "none"}, {}, "dependent_operational_intents"),
        ({"more": 1}, {}, "more"),
    ],
)  # fmt: skip
def test_what_does_not(there: Json, here: Json, what: str) -> None:
    same = {"manager": "uss1"}
    assert read({**same, **there}, {**same, **here}) == [f"operational_intent_reference.{what}"]


def test_refusals_say_it_in_their_own_words() -> None:
    asked = Asked(INTENT, CREATE, "", "x")
    ours = {"message": "b", "error": {"code": "c"}, "missing_constraints": []}
    assert (
        compare(asked, Answer(409, {"message": "a", "missing_operational_intents": None}), Answer(409, ours), Names())
        == []
    )
    assert compare(asked, Answer(400, None), Answer(400, ours), Names()) == []


def test_an_answer_that_cannot_be_read_is_told_as_that() -> None:
    asked = Asked(INTENT, READ, "", "x")
    found = compare(asked, Answer(200, None), Answer(200, {"operational_intent_reference": {"id": "x"}}), Names())
    assert [one.what for one in found] == ["body"]
    for rubbish in (7, "text", [1], None):
        found = compare(asked, Answer(200, {"operational_intent_reference": rubbish}),
                        Answer(200, {"operational_intent_reference": {"id": "x"}}), Names())  # fmt: skip
        assert [one.what for one in found] == ["operational_intent_reference"]
    asked = Asked(INTENT, QUERY, "")
    for rubbish in (7, "text", [1], [None], [{"id": 5}], {"a": []}):
        answers = (Answer(200, {"operational_intent_references": one}) for one in (rubbish, []))
        assert compare(asked, *answers, Names())
    asked = Asked(INTENT, DELETE, "", "x")
    for rubbish in (7, [1], [{"subscriptions": [3]}], [{"uss_base_url": "u", "subscriptions": [{}]}]):
        answers = (Answer(200, {"subscribers": one}) for one in (rubbish, []))
        assert compare(asked, *answers, Names())


def test_of_a_report_the_status_is_compared_only() -> None:
    asked = Asked(REPORT, SAY, "")
    assert (
        compare(asked, Answer(201, {"report_id": "a", "exchange": 1}), Answer(201, {"report_id": "b"}), Names()) == []
    )
    assert len(compare(asked, Answer(201), Answer(400), Names())) == 1


def test_a_requested_ovn_is_the_same_word_on_both_sides() -> None:
    asked = Asked(INTENT, CREATE, "", "x", "", {"requested_ovn_suffix": "s"})
    answers = [Answer(201, {"operational_intent_reference": {"id": "x", "ovn": ovn}}) for ovn in ("x_s", "x_s", "x_t")]
    assert compare(asked, answers[0], answers[1], Names()) == []
    assert len(compare(asked, answers[2], answers[1], Names())) == 1


def test_an_update_draws_a_new_ovn() -> None:
    names = Names([Known(INTENT, "x", "", "old-there", "old-here")])
    asked = Asked(INTENT, UPDATE, "", "x", "old-there", {})
    answers = [
        Answer(200, {"operational_intent_reference": {"id": "x", "ovn": one}}) for one in ("old-there", "new-here")
    ]
    (found,) = compare(asked, *answers, names)
    assert (found.there, found.here) == ("as before", "a new one")


@given(st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.text(), st.text())))
def test_no_value_is_too_odd_for_an_instant(value: Any) -> None:
    assert instant_us(value) is None
    assert instant_us({"value": value}) is None or isinstance(value, str)
