"""Which differences are certain: not those that another order, an end just now, or what is unknown here explains."""

from typing import Any

import pytest

from skyparley.shadow.pairs.asked import (
    AVAILABILITY,
    CREATE,
    DELETE,
    INTENT,
    MANAGER,
    QUERY,
    READ,
    REPORT,
    SAY,
    SUBSCRIPTION,
    UPDATE,
    Answer,
    Asked,
)
from skyparley.shadow.pairs.compare import compare
from skyparley.shadow.pairs.judge import ENDING_US, MAX_LISTED, Judged, Setting, judge
from skyparley.shadow.pairs.names import Known, Names

SURE, UNSURE = Known(INTENT, "sure", ends_us=10**15), Known(INTENT, "unsure", sure=False)
NAMES = [SURE, UNSURE, Known(MANAGER, "m"), Known(SUBSCRIPTION, "s"), Known(SUBSCRIPTION, "doubt", sure=False)]
QUIET = Setting("m", False, 1_000_000, 2_000_000)


def judged(
    asked: Asked, there: Answer, here: Answer, setting: Setting = QUIET, names: Names | None = None
) -> list[Judged]:
    names = names or Names(NAMES)
    return judge(compare(asked, there, here, names), asked, there, here, names, setting)


def flags(asked: Asked, there: Answer, here: Answer, setting: Setting = QUIET) -> list[str]:
    words = {(False, False): "certain", (True, False): "concurrent", (False, True): "unknown", (True, True): "both"}
    return [words[one.concurrent, one.unknown_here] for one in judged(asked, there, here, setting)]


def lacks(*names: str, manager: str = "m") -> Answer:
    return Answer(409, {"missing_operational_intents": [{"id": name, "manager": manager} for name in names]})


@pytest.mark.parametrize(
    ("asked", "there", "here", "expected"),
    [
        # reading
        (Asked(INTENT, READ, "", "sure"), 404, 200, "certain"),
        (Asked(INTENT, READ, "", "unsure"), 404, 200, "unknown"),
        (Asked(INTENT, READ, "", "new"), 200, 404, "unknown"),
        (Asked(INTENT, READ, "", "new"), 404, 400, "certain"),
        (Asked(INTENT, READ, "", "unsure"), 404, 400, "unknown"),
        (Asked(INTENT, QUERY, ""), 200, 413, "certain"),
        (Asked(REPORT, SAY, ""), 201, 400, "certain"),
        (Asked(AVAILABILITY, READ, "", "m"), 200, 404, "unknown"),
        # changing
        (Asked(INTENT, UPDATE, "", "sure"), 409, 200, "certain"),
        (Asked(INTENT, UPDATE, "", "unsure"), 409, 200, "unknown"),
        (Asked(INTENT, DELETE, "", "new"), 200, 404, "unknown"),
        (Asked(INTENT, UPDATE, "", "sure"), 412, 200, "certain"),
        (Asked(INTENT, UPDATE, "", "sure", "", {"subscription_id": "s"}), 200, 400, "certain"),
        (Asked(INTENT, UPDATE, "", "sure", "", {"subscription_id": "doubt"}), 200, 400, "unknown"),
        (Asked(INTENT, UPDATE, "", "sure", "", {"subscription_id": "elsewhere"}), 200, 400, "unknown"),
        # making
        (Asked(INTENT, CREATE, "", "new"), 400, 201, "certain"),
        (Asked(INTENT, CREATE, "", "new"), 409, 201, "unknown"),  # it may be there from before
        (Asked(INTENT, CREATE, "", "new"), 403, 201, "unknown"),
        (Asked(INTENT, CREATE, "", "new"), 201, 409, "certain"),
        (Asked(INTENT, CREATE, "", "unsure"), 201, 409, "unknown"),
        (Asked(INTENT, CREATE, "", "new"), 200, 201, "certain"),
    ],
)
def test_a_status_is_certain_unless_something_unknown_explains_it(
    asked: Asked, there: int, here: int, expected: str
) -> None:
    body: dict[str, Any] = {}
    assert flags(asked, Answer(there, body), Answer(here, body)) == [expected]


def test_down_is_certain_only_where_the_availability_is_known() -> None:
    asked = Asked(INTENT, CREATE, "", "new")
    assert flags(asked, Answer(412), Answer(201)) == ["certain"]
    assert flags(asked, Answer(412), Answer(201), Setting("somebody", False, 0, 0)) == ["unknown"]


@pytest.mark.parametrize(
    ("names", "manager", "expected"),
    [
        (["sure"], "m", "certain"), (["sure", "new"], "m", "certain"), (["new"], "m", "unknown"),
        (["unsure", "new"], "m", "unknown"), (["sure"], "somebody", "unknown"),
    ],
)  # fmt: skip
def test_a_key_that_lacks_something_on_one_side_is_certain_if_that_is_sure(
    names: list[str], manager: str, expected: str
) -> None:
    asked = Asked(INTENT, CREATE, "", "new-one")
    assert flags(asked, lacks(*names, manager=manager), Answer(201, {})) == [expected]
    assert flags(asked, Answer(201, {}), lacks(*names, manager=manager)) == [expected]


def test_members_that_a_list_lacks_are_told_together_by_how_far_they_can_be_trusted() -> None:
    asked = Asked(INTENT, QUERY, "")
    names = Names([*NAMES, Known(INTENT, "too")])
    there = Answer(200, {"operational_intent_references": [{"id": one} for one in ("new", "sure", "unsure")]})
    here = Answer(200, {"operational_intent_references": [{"id": "too"}]})
    found = judged(asked, there, here, names=names)
    assert [(one.what, one.there, one.here, one.certain) for one in found] == [
        ("operational_intent_references", ["new", "unsure"], [], False),
        ("operational_intent_references", ["sure"], ["too"], True),
    ]
    assert found[0].unknown_here


def test_of_a_long_list_the_rest_is_counted() -> None:
    asked = Asked(INTENT, QUERY, "")
    many = [{"id": f"{number:04d}"} for number in range(MAX_LISTED + 7)]
    (found,) = judged(asked, Answer(200, {"operational_intent_references": many}), Answer(200, {}))
    assert (len(found.there), found.there[-1]) == (MAX_LISTED + 1, "and 7 others")


def test_what_overlapped_with_a_write_is_concurrent() -> None:
    asked = Asked(INTENT, READ, "", "sure")
    at_once = Setting("m", True, 0, 0)
    assert flags(asked, Answer(404), Answer(200), at_once) == ["concurrent"]
    assert flags(Asked(INTENT, READ, "", "unsure"), Answer(404), Answer(200), at_once) == ["both"]


@pytest.mark.parametrize(("ends_us", "expected"), [
    (0, "certain"), (1_000_000, "concurrent"), (2_000_000 + ENDING_US, "concurrent"),
    (2_000_001 + ENDING_US, "certain"),
])  # fmt: skip
def test_what_ends_just_now_is_not_certain(ends_us: int, expected: str) -> None:
    names = Names([Known(INTENT, "sure", ends_us=ends_us), Known(MANAGER, "m")])
    for asked, there, here in (
        (Asked(INTENT, READ, "", "sure"), Answer(404), Answer(200)),
        (Asked(INTENT, CREATE, "", "new"), lacks("sure"), Answer(201)),
        (Asked(INTENT, CREATE, "", "new"), lacks("sure"), lacks()),
    ):
        found = judge(compare(asked, there, here, names), asked, there, here, names, QUIET)
        assert [one.concurrent for one in found] == [expected == "concurrent"]


def test_who_is_told_depends_on_what_was_there_before() -> None:
    """The upstream knows the extents of what was replaced; here they are not known, or not the same."""
    told = {
        "subscribers": [{"uss_base_url": "u", "subscriptions": [{"subscription_id": "s", "notification_index": 1}]}]
    }
    for name, expected in (("sure", "certain"), ("unsure", "unknown")):
        asked = Asked(INTENT, UPDATE, "", name)
        assert flags(asked, Answer(200, told), Answer(200, {"subscribers": []})) == [expected]
    made = Asked(INTENT, CREATE, "", "new")
    assert flags(made, Answer(201, told), Answer(201, {"subscribers": []})) == ["certain"]
    other = {
        "subscribers": [{"uss_base_url": "u", "subscriptions": [{"subscription_id": "t", "notification_index": 1}]}]
    }
    assert flags(made, Answer(201, other), Answer(201, {"subscribers": []})) == ["unknown"]


def test_how_available_a_uss_is_is_certain_once_both_sides_agreed() -> None:
    asked = Asked(INTENT, READ, "", "sure")

    def shown(said: str, manager: str) -> Answer:
        return Answer(
            200, {"operational_intent_reference": {"id": "sure", "manager": manager, "uss_availability": said}}
        )

    assert flags(asked, shown("Down", "m"), shown("Unknown", "m")) == ["certain"]
    assert flags(asked, shown("Down", "somebody"), shown("Unknown", "somebody")) == ["unknown"]
