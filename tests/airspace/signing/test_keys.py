"""Keys of parties: who may name one, who may write under which, and what is never taken as a party's word."""

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from random import Random
from typing import Any

import msgspec
import pytest

from oracle.reference_keys import SKEW_US, ReferenceKeys
from skyparley.airspace import commands as c
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import content_digest, decode_command, encode_command
from skyparley.airspace.decide import check
from skyparley.airspace.events import Event, Outcome, Repeated
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.operations import commands as o
from skyparley.airspace.signing import commands as s
from skyparley.airspace.signing.rules import MAX_KEYS_PER_PARTY, MAX_VALIDITY_US
from skyparley.airspace.state import Airspace
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.record.authorship import key_id_of
from support.airspace_histories import DAY_US, START_US, digest_of, extent

PUBLIC = [sha256(bytes([number])).digest() for number in range(6)]
IDS = [key_id_of(public) for public in PUBLIC]
YEAR_US = 365 * DAY_US


def register(number: int, *, use: str = "entries", begin_us: int = START_US, end_us: int = START_US + YEAR_US) -> Any:
    return s.RegisterKey(IDS[number], b64encode(PUBLIC[number]).decode(), use, begin_us, end_us)


class World:
    """North and south, and entries that say by what they are known."""

    def __init__(self) -> None:
        self.state = Airspace()
        self.now_us = START_US
        self.count = 0
        for party in ("north", "south"):
            self.do(party="", command=c.RegisterParty(party, party, "third_state"), signer="node")

    def event(self, command: c.Command, signer: str, party: str = "north", **more: Any) -> Event:
        """`signer` is the key of a signature, else the mark: `bearer-attested` or `node`."""
        self.count += 1
        marked = signer in ("bearer-attested", "node")
        fields: dict[str, Any] = {
            "party": party,
            "authentication": signer if marked else "party-signed",
            "key_id": "" if marked else signer,
            "command": command,
            "claimed_time_us": self.now_us,
            "idempotency_key": f"k{self.count}",
            "content_digest": content_digest(encode_command(command)),
            "sequence": self.state.sequence + 1,
            "time_us": self.now_us,
        }
        return Event(**{**fields, **more})

    def do(self, command: c.Command, signer: str, party: str = "north", **more: Any) -> str:
        self.now_us += 1
        event = self.event(command, signer, party, **more)
        foreseen = check(self.state, event, event.time_us)
        outcome = apply(self.state, event)
        assert outcome.refusal == (foreseen.refusal if isinstance(foreseen, Repeated) else foreseen)
        return said(outcome)


def said(outcome: Outcome) -> str:
    return str(outcome.verdict) if outcome.refusal is None else outcome.refusal.code


def filing(name: str = "x") -> o.FileOperation:
    return o.FileOperation(name, "drone", (extent(START_US + 9 * DAY_US, START_US + 9 * DAY_US + 1),), digest_of(1))


BEARER = "bearer-attested"


def test_a_party_comes_to_a_key_signs_changes_it_and_gets_rid_of_it() -> None:
    world = World()
    assert world.do(filing(), IDS[0]) == "forbidden"
    assert world.do(register(0), BEARER) == "forbidden"  # nobody has shown that he holds it
    assert world.do(register(0), IDS[1]) == "forbidden"
    assert world.do(register(0), IDS[0]) == "accepted"
    assert world.do(filing(), IDS[0]) == "accepted"
    assert world.do(filing("y"), BEARER) == "accepted"  # until the party says that it signs all
    assert world.do(register(1), IDS[1]) == "forbidden"  # only under the first
    assert world.do(register(1), BEARER) == "forbidden"
    assert world.do(register(1), IDS[0], party="south") == "forbidden"
    assert world.do(register(1), IDS[0]) == "accepted"
    assert world.do(s.RevokeKey(IDS[0], "superseded"), IDS[1]) == "accepted"
    assert world.do(filing("z"), IDS[0]) == "forbidden"
    assert world.do(filing("z"), IDS[1]) == "accepted"
    assert [(key.introduced_by, key.revoked_sequence, key.reason) for key in world.state.keys.of_party("north")] == [
        (IDS[0], 13, "superseded"),
        (IDS[0], 0, ""),
    ]


def test_a_mark_of_the_node_that_names_a_key_is_no_signature() -> None:
    """An operator can write any entry of its own marks, with any key's name in it."""
    for mark in (BEARER, "node"):
        world = World()
        assert world.do(register(0), mark, key_id=IDS[0]) == "forbidden"
        world.do(register(0), IDS[0])
        assert world.do(register(1), mark, key_id=IDS[0]) == "forbidden"
        world.do(s.SetSigning(True), IDS[0])
        assert world.do(filing(), mark, key_id=IDS[0]) == "forbidden"
        assert world.do(s.SetSigning(False), mark, key_id=IDS[0]) == "forbidden"


def test_who_signs_all_is_not_spoken_for() -> None:
    world = World()
    world.do(register(0), IDS[0])
    assert world.do(s.SetSigning(True), BEARER) == "forbidden"
    assert world.do(s.SetSigning(True), IDS[0]) == "accepted"
    for mark in (BEARER, "node"):
        assert world.do(filing(), mark) == "forbidden"
    assert world.do(filing(), BEARER, party="south") == "accepted"
    assert world.do(filing(), IDS[0]) == "accepted"
    assert world.do(s.RevokeKey(IDS[0], "lost"), BEARER) == "accepted"  # so that a thief is stopped at once
    assert world.do(register(1), IDS[1]) == "accepted"  # and the next key is a first one again, as everybody can see
    assert world.state.keys.of_party("north")[1].introduced_by == IDS[1]
    assert world.do(filing("y"), BEARER) == "forbidden"
    assert world.do(s.SetSigning(False), IDS[1]) == "accepted"
    assert world.do(filing("y"), BEARER) == "accepted"


def test_what_is_signed_counts_once() -> None:
    """Whoever runs the node could order a signed command again, as often as it likes."""
    world = World()
    world.do(register(0), IDS[0])
    command, more = filing(), {"idempotency_key": "once"}
    assert world.do(command, IDS[0], idempotency_key="") == "invalid_input"
    signed_us = world.now_us
    assert world.do(command, IDS[0], claimed_time_us=signed_us, **more) == "accepted"
    world.do(o.CancelOperation("x", 1), IDS[0])
    assert world.do(command, IDS[0], claimed_time_us=signed_us, **more) == "repeated"
    assert world.state.operations == {}
    for later_us in (SKEW_US + 1, 2 * DAY_US):
        world.now_us = signed_us + later_us
        assert world.do(command, IDS[0], claimed_time_us=signed_us, **more) == "state_conflict"


@pytest.mark.parametrize(("off_us", "code"), [(SKEW_US, "accepted"), (-SKEW_US, "accepted"), (SKEW_US + 1, "")])
def test_a_signature_is_of_its_time(off_us: int, code: str) -> None:
    world = World()
    world.do(register(0), IDS[0])
    world.now_us += DAY_US
    assert world.do(filing(), IDS[0], claimed_time_us=world.now_us + 1 + off_us) == (code or "state_conflict")
    world.now_us += DAY_US
    off_us += 0 if code else -2 * (SKEW_US + 1)
    assert world.do(filing("y"), IDS[0], claimed_time_us=world.now_us + 1 + off_us) == (code or "state_conflict")


def test_a_key_is_valid_from_its_begin_until_its_end() -> None:
    world = World()
    begin_us, end_us = START_US + 1_000, START_US + 2_000
    world.do(register(0), IDS[0])
    world.do(register(1, begin_us=begin_us, end_us=end_us), IDS[0])
    for at_us, code in (
        (begin_us - 1, "forbidden"),
        (begin_us, "accepted"),
        (end_us - 1, "accepted"),
        (end_us, "forbidden"),
    ):
        world.now_us = at_us - 1
        assert world.do(filing(f"at-{at_us}"), IDS[1]) == code, at_us
    assert world.do(register(2, end_us=world.now_us + 1), IDS[0]) == "invalid_input"
    assert world.do(register(2, end_us=world.now_us + 2), IDS[0]) == "accepted"


def test_a_key_of_a_witness_signs_no_entry_and_brings_in_no_other() -> None:
    world = World()
    assert world.do(register(5, use="checkpoints"), BEARER) == "accepted"
    assert world.do(filing(), IDS[5]) == "forbidden"
    assert world.do(register(0), IDS[5]) == "forbidden"
    assert world.do(register(0), IDS[0]) == "accepted"
    assert world.do(register(4, use="checkpoints"), BEARER) == "forbidden"
    assert world.do(register(4, use="checkpoints"), IDS[0]) == "accepted"
    assert [key.key_id for key in world.state.keys.cosigners(world.now_us)] == [IDS[5], IDS[4]]
    assert world.do(s.RevokeKey(IDS[5], "retired"), IDS[0]) == "accepted"
    assert [key.key_id for key in world.state.keys.cosigners(world.now_us)] == [IDS[4]]
    assert world.state.keys.cosigners(START_US + YEAR_US) == []


def test_the_number_of_keys_that_a_party_ever_has_is_bounded() -> None:
    world = World()
    world.do(register(0), IDS[0])
    (key,) = world.state.keys.of_party("north")
    for number in range(1, MAX_KEYS_PER_PARTY):
        world.state.keys.put(msgspec.structs.replace(key, key_id=f"{number:016x}"))
    assert world.do(register(1), IDS[0]) == "limit_exceeded"


GOOD = register(0)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"public_key": "x"}, "public_key"),
        ({"public_key": GOOD.public_key[:-2] + "x="}, "public_key"),
        ({"public_key": b64encode(bytes(31)).decode()}, "public_key"),
        ({"public_key": b64encode(bytes(32)).decode(), "key_id": key_id_of(bytes(32))}, "public_key"),
        ({"key_id": IDS[1]}, "key_id"),
        ({"use": "everything"}, "use"),
        ({"valid_from_us": -1}, "valid_from_us"),
        ({"valid_until_us": START_US}, "valid_until_us"),
        ({"valid_until_us": START_US + MAX_VALIDITY_US + 1}, "valid_until_us"),
    ],
)
def test_what_can_be_no_key_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises((InvalidInputError, LimitExceededError)) as raised:
        encode_command(msgspec.structs.replace(GOOD, **changes))
    assert raised.value.place == place


def test_bodies_round_trip_and_reasons_are_a_closed_list() -> None:
    for command in (GOOD, s.RevokeKey(IDS[0], "compromised"), s.SetSigning(True)):
        assert decode_command(encode_command(command)) == command
    with pytest.raises(InvalidInputError):
        encode_command(s.RevokeKey(IDS[0], "because"))


def test_a_deletion_is_the_node_s_and_of_one_body_once() -> None:
    world = World()
    deletion = c.DeleteBody(1, digest_of(1), "the law")
    assert world.do(deletion, BEARER) == "forbidden"
    assert world.do(c.DeleteBody(99, digest_of(1), "the law"), "node", party="") == "not_found"
    assert world.do(deletion, "node", party="") == "accepted"
    assert world.do(deletion, "node", party="") == "state_conflict"
    again = decode_snapshot(encode_snapshot(world.state))
    assert again.deletions == world.state.deletions
    assert [(one.under, one.named_sequence) for one in again.deletions.values()] == [("the law", 1)]
    assert again.state_hash() == world.state.state_hash() == world.state.recomputed_state_hash()


def random_event(world: World, dice: Random) -> Event:
    number = dice.randrange(len(IDS))
    span_us = (dice.choice((-5, 0, 20)), dice.choice((1, 30, 500)))
    begin_us = max(0, world.now_us + span_us[0])
    command = dice.choice(
        [
            register(
                number,
                use="checkpoints" if dice.random() < 0.2 else "entries",
                begin_us=begin_us,
                end_us=max(begin_us + 1, world.now_us + span_us[1]),
            ),
            register(number),
            s.RevokeKey(dice.choice(IDS), "superseded"),
            s.SetSigning(dice.random() < 0.5),
            o.CancelOperation("x", 1),
            c.RegisterParty("west", "W", "third_state"),
        ]
    )
    valid = [key.key_id for key in world.state.keys.valid_of("north", world.now_us)] or [IDS[number]]
    signer = dice.choice([dice.choice(IDS), IDS[number], dice.choice(valid), dice.choice(valid), BEARER, "node"])
    off_us = dice.choice((0, 0, 0, 0, 0, SKEW_US, -SKEW_US - 1))
    key = "" if dice.random() < 0.05 else f"k{world.count}"
    party = dice.choice(("north", "north", "south", "nobody"))
    return world.event(command, signer, party, idempotency_key=key, claimed_time_us=world.now_us + off_us)


def test_random_histories_agree_with_the_rules_as_written_for_reading() -> None:
    codes: Counter[str] = Counter()
    for seed in range(150):
        codes += agrees(Random(seed), 80)
    assert codes["accepted"] > 800
    assert {code for code, count in codes.items() if count > 100} >= {"forbidden", "state_conflict", "not_found"}


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_many_random_histories_agree() -> None:
    for seed in range(10_000, 30_000):
        agrees(Random(seed), 150)


def agrees(dice: Random, count: int) -> Counter[str]:
    world, reference, resumed = World(), ReferenceKeys(), Airspace()
    codes: Counter[str] = Counter()
    for step in range(count):
        world.now_us += dice.choice((1, 1, 5, 40))
        event = random_event(world, dice)
        outcome = apply(world.state, event)
        code = said(outcome)
        expected = reference.apply(event)
        if isinstance(event.command, o.CancelOperation) and expected == "accepted":
            expected = "not_found"  # there is none: but its author was let in
        assert code == expected, (step, event, outcome.refusal)
        codes[code] += 1
        assert world.state.state_hash() == world.state.recomputed_state_hash()
        if step == count // 2:
            resumed = decode_snapshot(encode_snapshot(world.state))
        elif step > count // 2:
            assert apply(resumed, event) == outcome
    assert encode_snapshot(resumed) == encode_snapshot(world.state)
    held = {
        ("key", k.party, k.key_id, k.use, k.valid_from_us, k.valid_until_us, k.introduced_by, k.sequence)
        for k in world.state.keys.keys.values()
    }
    gone = {
        ("revoked", k.party, k.key_id, k.revoked_us, k.revoked_sequence)
        for k in world.state.keys.keys.values()
        if k.revoked_sequence
    }
    assert held | gone == set(reference.facts)
    assert {name: one.sequence for name, one in world.state.keys.signing.items()} == reference.signs_all
    return codes
