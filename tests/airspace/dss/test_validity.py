"""What no command of the DSS can be is refused with its place, by its writer and by every reader of the log.

And the limits of `docs/dss.md` that the airspace holds: the last value that passes, and the first that does not.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import s2geometry as s2

from skyparley.airspace import limits
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import command_kind, decode_command, encode_command
from skyparley.airspace.commands import RegisterParty
from skyparley.airspace.decide import check
from skyparley.airspace.dss import commands as d
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.events import Event
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.state import Airspace
from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import LATEST_US
from support.dss_histories import (
    DAY_US,
    HERE,
    HOUR_US,
    SECOND_US,
    START_US,
    LoneDss,
    event_at,
    identifier,
    put_constraint,
    put_intent,
    put_subscription,
    uuid7,
)

VERSION = "first-version-of-it"
GOOD: dict[str, Any] = {
    "put_intent": put_intent(),
    "delete_intent": d.DeleteIntent("uss1", identifier(1, 0), VERSION),
    "put_constraint": put_constraint(),
    "delete_constraint": d.DeleteConstraint("uss1", identifier(2, 0), VERSION),
    "put_subscription": put_subscription(),
    "delete_subscription": d.DeleteSubscription("uss1", identifier(3, 0), VERSION),
    "set_availability": d.SetAvailability("arbiter", "uss1", "", VERSION, "Down"),
    "file_report": d.FileReport("uss1", identifier(4, 0), "0" * 64),
}
NO_UUID = (
    "",
    "x",
    "7c1c05f5-21ed-1aaa-b6d2-e08b035d53fb",
    "7c1c05f5-21ed-7aaa-b6d2-e08b035d53fb",
    "7c1c05f5-21ed-4aaa-c6d2-e08b035d53fb",
    "7C1C05F5-21ED-4AAA-B6D2-E08B035D53FB",
    "7c1c05f521ed4aaab6d2e08b035d53fb",
    "{7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb}",
    "urn:uuid:7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb",
    "7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb\n",
    "7c1c05f5-21ed-4aaa-b6d2-e08b035d53f",
    "٧c1c05f5-21ed-4aaa-b6d2-e08b035d53fb",
)
NO_MANAGER = ("", "a\nb", "a\x7f", "\x00", "a" * (limits.MAX_MANAGER_LENGTH + 1))
NO_VERSION = ("with a space inside", "a" * (limits.MAX_OVN_LENGTH + 1), "no-ascii-in-it-ü")
NO_NEW_VERSION = ("short", "fifteen-letters", *NO_VERSION)
"""What is named of an earlier version may be any word: whether it is the current one is found later."""
NO_URL = (
    "",
    "https://",
    "uss.example",
    "ftp://uss.example",
    "https://uss.example?x=1",
    "https://uss.example/a#b",
    "https://u:p@uss.example",
    "https://uss.example:99999",
    "https://uss.example:port",
    "https://[::1",
    "https://uss example",
    "https://uss.example\n",
    "https://üss.example",
    "https://" + "a" * (limits.MAX_URL_LENGTH - 7),
)
NO_EXTENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cells", {"cells": ()}),
    ("cells", {"cells": ("",)}),
    ("cells", {"cells": ("478e2",)}),
    ("cells", {"cells": ("478E34",)}),
    ("cells", {"cells": ("478e340",)}),
    ("cells", {"cells": ("478e3401",)}),
    ("cells", {"cells": ("478e3404 478e340c",)}),
    ("cells", {"cells": ("478e340c", "478e3404")}),
    ("cells", {"cells": ("478e3404", "478e3404")}),
    ("cells", {"cells": (s2.S2CellId.FromToken("478e3404").child(0).ToToken(),)}),
    ("datum", {"datum": "EGM96"}),
    ("datum", {"datum": "AGL"}),
    ("datum", {"datum": "W84"}),
    ("datum", {"datum": ""}),
    ("upper_mm", {"lower_mm": 1, "upper_mm": 0}),
    ("upper_mm", {"lower_mm": limits.LOWEST_MM - 1}),
    ("upper_mm", {"upper_mm": limits.HIGHEST_MM + 1}),
    ("end_us", {"end_us": HERE.begin_us}),
    ("end_us", {"end_us": HERE.begin_us - 1}),
    ("end_us", {"begin_us": -1}),
    ("end_us", {"end_us": LATEST_US + 1}),
)
WITH_EXTENTS = ("put_intent", "put_constraint", "put_subscription")
SERVED = {"state": "Activated", "subscription_id": identifier(3, 0)}


def _wrong() -> list[tuple[str, str, dict[str, Any]]]:
    """Kind of command, the place that is named, and what is changed."""
    cases: list[tuple[str, str, dict[str, Any]]] = []

    def wrong(kind: str, field: str, values: tuple[Any, ...], *, place: str = "", **more: Any) -> None:
        cases.extend((kind, place or field, {field: value, **more}) for value in values)

    for kind, command in GOOD.items():
        wrong(kind, "manager", NO_MANAGER)
        for field in ("intent_id", "constraint_id", "subscription_id", "report_id"):
            if field in command.__struct_fields__ and (kind, field) != ("put_intent", "subscription_id"):
                wrong(kind, field, NO_UUID)
        for field in ("ovn", "version"):
            if field in command.__struct_fields__:
                none = NO_VERSION if kind.startswith("delete") else NO_NEW_VERSION
                wrong(kind, field, ("", *none), place=field)
        if "replaces" in command.__struct_fields__:
            wrong(kind, "replaces", NO_VERSION)
        if "uss_base_url" in command.__struct_fields__:
            wrong(kind, "uss_base_url", NO_URL)
    for kind in WITH_EXTENTS:
        wrong(kind, "extents", ((),))
        for part, changes in NO_EXTENT:
            wrong(kind, "extents", ((msgspec.structs.replace(HERE, **changes),),), place=f"extents[0].{part}")
    for kind in ("put_intent", "put_constraint"):
        for part, changes in NO_EXTENT:
            wrong(kind, "extents", ((HERE, msgspec.structs.replace(HERE, **changes)),), place=f"extents[1].{part}")
    wrong("put_intent", "state", ("", "accepted", "Ended", "Expired", "Accepted "))
    wrong("put_intent", "known_through", (-1, 2**63))
    wrong("put_intent", "subscription_id", NO_UUID, state="Activated")
    wrong("put_intent", "subscription_id", NO_UUID[1:], state="Accepted")
    for state in ("Activated", "Nonconforming", "Contingent"):
        wrong("put_intent", "state", (state,), place="subscription_id")
    wrong("put_intent", "implicit_url", ("https://uss1.example",), place="subscription_id")
    wrong("put_intent", "implicit_url", NO_URL[1:], place="new_subscription.uss_base_url", **SERVED)
    wrong("put_subscription", "extents", ((HERE, HERE),))
    wrong("put_subscription", "for_intents", (False,), place="notify_for_constraints")
    wrong("set_availability", "uss", NO_MANAGER)
    wrong("set_availability", "availability", ("", "down", "Up", "Unknown "))
    wrong("file_report", "report_digest", ("", "0" * 63, "0" * 65, "G" * 64, "A" * 64))
    return cases


WRONG = _wrong()


@pytest.mark.parametrize("kind", GOOD)
def test_what_cannot_be_is_refused_with_its_place_by_writer_and_reader(kind: str) -> None:
    cases = [case for case in WRONG if case[0] == kind]
    assert len(cases) > 15
    for _, place, changes in cases:
        command = msgspec.structs.replace(GOOD[kind], **changes)
        for refuse in (encode_command, lambda command: decode_command(msgspec.json.encode(command, order="sorted"))):
            with pytest.raises(InvalidInputError) as refused:
                refuse(command)
            assert refused.value.place == place, (changes, refused.value.message)
            assert refused.value.message


def test_every_field_that_can_be_wrong_is_tried() -> None:
    tried = {(kind, field) for kind, _, changes in WRONG for field in changes}
    free = {("put_intent", "implicit_for_constraints"), ("put_subscription", "for_constraints")}
    every = {(kind, field) for kind, command in GOOD.items() for field in command.__struct_fields__}
    assert every - free <= tried
    assert {command_kind(command) for command in GOOD.values()} == set(GOOD)
    assert {type(command) for command in GOOD.values()} == set(d.DssCommand.__args__)


@pytest.mark.parametrize("kind", GOOD)
def test_a_body_has_every_field_of_its_type_and_no_other(kind: str) -> None:
    body = encode_command(GOOD[kind])
    assert decode_command(body) == GOOD[kind]
    whole = msgspec.json.decode(body)
    for field, value in whole.items():
        bent = [{name: held for name, held in whole.items() if name != field}]
        bent += [{**whole, field: wrong} for wrong in (None, [value], {"a": 1}, 1.5)]
        bent += [{**whole, field: 7 if isinstance(value, str) else "7"}]
        for content in bent:
            with pytest.raises(InvalidInputError):
                decode_command(msgspec.json.encode(content, order="sorted"))
    with pytest.raises(InvalidInputError):
        decode_command(msgspec.json.encode({**whole, "more": 1}, order="sorted"))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("put_intent", {"manager": "a" * limits.MAX_MANAGER_LENGTH}),
        ("put_intent", {"manager": "Überwachung am Bodensee"}),
        ("put_intent", {"ovn": "a" * 16}),
        ("put_intent", {"ovn": "~" * limits.MAX_OVN_LENGTH, "replaces": "!" * 16}),
        ("put_intent", {"uss_base_url": "http://u"}),
        ("put_intent", {"uss_base_url": "HTTPS://uss.example:65535/a/b~c%20"}),
        ("put_intent", {"uss_base_url": "http://[::1]:80/"}),
        ("put_intent", {"uss_base_url": "https://" + "a" * (limits.MAX_URL_LENGTH - 8)}),
        ("put_intent", {"extents": (HERE,) * 200}),
        ("put_intent", {"known_through": 2**63 - 1}),
        ("put_intent", {"state": "Nonconforming", "subscription_id": identifier(3, 0)}),
        ("put_intent", {**SERVED, "implicit_url": "https://uss1.example", "implicit_for_constraints": True}),
        ("put_subscription", {"for_intents": False, "for_constraints": True}),
        ("set_availability", {"availability": "Unknown", "replaces": VERSION}),
    ],
)
def test_what_can_just_be_passes(kind: str, changes: dict[str, Any]) -> None:
    command = msgspec.structs.replace(GOOD[kind], **changes)
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize("kind", WITH_EXTENTS)
def test_volumes_have_at_most_20_000_cells_together(kind: str) -> None:
    """Each volume counts its own, whatever it shares with others."""
    start = s2.S2CellId(s2.S2LatLng.FromDegrees(46.9, 7.4)).parent(6)
    cells = [start]  # 4 ** 7 cells of level 13, and of its neighbours 14 × 4 ** 4 and 2 × 4 ** 2
    cells += [start.next().child(i).child(j).child(0) for i in range(4) for j in range(4)][:14]
    cells += [start.next().child(3).child(3).child(3).child(3).child(i) for i in (1, 2)]
    tokens = [cell.ToToken() for cell in cells]
    assert sum(4 ** (13 - cell.level()) for cell in cells) == 20_000 == DssLimits().max_cells
    one_more = start.prev().child_begin(13).ToToken()

    def command(*volumes: list[str]) -> Any:
        extents = tuple(msgspec.structs.replace(HERE, cells=tuple(sorted(volume))) for volume in volumes)
        return msgspec.structs.replace(GOOD[kind], extents=extents)

    LoneDss().must(command(tokens))
    too_many = [command([*tokens, one_more])]
    if kind != "put_subscription":
        LoneDss().must(command(tokens[1:], tokens[:1]))
        too_many += [command(tokens, [one_more]), command(tokens, tokens[-1:])]
    for refused in too_many:
        refusal = LoneDss().do(refused).refusal
        assert refusal is not None
        assert (refusal.code, refusal.place) == ("limit_exceeded", "extents")
        assert "the limit is 20000" in refusal.message


@pytest.mark.parametrize("kind", WITH_EXTENTS)
def test_cells_of_a_volume_that_overlap_are_refused(kind: str) -> None:
    """An extent is a union of cells: one within another would be counted, and held, twice."""
    child = s2.S2CellId.FromToken("478e3404")
    cells = tuple(sorted((child.ToToken(), child.parent(12).ToToken())))
    command = msgspec.structs.replace(GOOD[kind], extents=(msgspec.structs.replace(HERE, cells=cells),))
    with pytest.raises(InvalidInputError, match="cells"):
        encode_command(command)


NOW_US = START_US + SECOND_US
"""When the first entry of a `LoneDss` is."""


@pytest.mark.parametrize(
    ("put", "begins_us", "lasts_us", "refused"),
    [
        (put_intent, 30 * DAY_US, 1, False),
        (put_intent, 30 * DAY_US + 1, 1, True),
        (put_intent, -DAY_US, 30 * DAY_US, False),
        (put_intent, 0, 30 * DAY_US + 1, True),
        (put_intent, -HOUR_US, HOUR_US + 1, False),
        (put_intent, -HOUR_US, HOUR_US, True),
        (put_constraint, 56 * DAY_US, DAY_US, False),
        (put_constraint, 56 * DAY_US + 1, 1, True),
        (put_constraint, 0, DAY_US + 1, True),
        (put_constraint, -HOUR_US, HOUR_US + 1, False),
        (put_constraint, -HOUR_US, HOUR_US, True),
        (put_subscription, 0, DAY_US, False),
        (put_subscription, 0, DAY_US + 1, True),
        (put_subscription, -HOUR_US, HOUR_US + 1, False),
        (put_subscription, -HOUR_US, HOUR_US, True),
    ],
)
def test_begin_and_length_have_limits(put: Callable[..., Any], begins_us: int, lasts_us: int, refused: bool) -> None:
    begin_us = NOW_US + begins_us
    extent = Extent(HERE.cells, 0, 1, "WGS84", begin_us, begin_us + lasts_us)
    outcome = LoneDss().do(put(extents=(extent,)))
    assert outcome.refusal is None or outcome.refusal.place.startswith("extents")
    assert (outcome.refusal is not None and outcome.refusal.code == "invalid_input") == refused


def test_the_length_of_an_intent_is_from_its_first_begin_to_its_last_end() -> None:
    parts = [
        Extent(HERE.cells, 0, 1, "WGS84", NOW_US + us, NOW_US + us + 1) for us in (0, 30 * DAY_US - 1, 30 * DAY_US)
    ]
    assert LoneDss().refusal(put_intent(extents=(parts[1], parts[0]))) == "accepted"
    assert LoneDss().refusal(put_intent(extents=(parts[2], parts[0]))) == "invalid_input"


@pytest.mark.parametrize(
    ("slip_us", "refused"), [(-300_000_000, 0), (-300_001_000, 1), (300_000_000, 0), (300_001_000, 1)]
)
def test_a_uuid_that_is_requested_is_of_the_last_or_next_5_minutes(slip_us: int, refused: int) -> None:
    outcome = LoneDss().do(put_intent(ovn=f"{identifier(1, 0)}_{uuid7(NOW_US + slip_us, 1)}"))
    assert (outcome.refusal is not None) == bool(refused)
    assert outcome.refusal is None or outcome.refusal.place == "requested_ovn_suffix"


@pytest.mark.parametrize("suffix", ["", "x", identifier(9, 9), uuid7(NOW_US, 1) + "x"])
def test_what_is_requested_is_a_uuid_of_version_7(suffix: str) -> None:
    outcome = LoneDss().do(put_intent(ovn=f"{identifier(1, 0)}_{suffix}"))
    assert outcome.refusal is not None
    assert (outcome.refusal.code, outcome.refusal.place) == ("invalid_input", "requested_ovn_suffix")


@pytest.mark.parametrize("kind", GOOD)
def test_a_party_does_not_write_to_the_dss_and_a_party_s_signature_is_no_token(kind: str) -> None:
    """The token's subject is in the command; a party beside it would be a second author."""
    state = Airspace()
    party = event_at(1, START_US, RegisterParty("north", "The north", "state_force"))
    apply(state, msgspec.structs.replace(party, authentication="node"))
    event = event_at(2, START_US + 1, GOOD[kind])
    for author, authentication, code in (
        ("north", "bearer-attested", "forbidden"),
        ("north", "party-signed", "invalid_input"),  # without an idempotency key
        ("south", "bearer-attested", "not_found"),
        ("", "party-signed", "forbidden"),
        ("", "hearsay", "invalid_input"),
    ):
        told: Event = msgspec.structs.replace(event, party=author, authentication=authentication)
        refusal = check(state, told, told.time_us)
        assert refusal is not None
        assert getattr(refusal, "code", "") == code
