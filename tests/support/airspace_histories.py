"""Histories of the shared airspace for tests: small worlds where names, versions, keys and times often collide."""

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from oracle.reference_airspace import ReferenceAirspace
from skyparley.airspace import commands as c
from skyparley.airspace.codec import content_digest, encode_command
from skyparley.airspace.events import Event
from skyparley.airspace.operations import commands as o

START_US = 1_800_000_000_000_000
SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US

PARTIES = ("north", "south", "west")
OPERATION_IDS = ("flight/1", "flight/2", "x", "y")
STEPS_IN_TIME = (
    1,
    1,
    1,
    1,
    5,
    SECOND_US,
    SECOND_US,
    600 * SECOND_US,
    600 * SECOND_US,
    HOUR_US,
    25 * HOUR_US,
    9 * DAY_US,
)
BEGINS = (-2 * HOUR_US, 0, 0, HOUR_US, HOUR_US, 2 * DAY_US, 31 * DAY_US)
DURATIONS = (1, HOUR_US, HOUR_US + 1, 6 * DAY_US, 6 * DAY_US)
CELLS = (("47894",), ("478954", "47896c"), ("8776ca84", "8776ca8c"))
KINDS = (
    "register",
    "file",
    "file",
    "file",
    "amend",
    "amend",
    "activate",
    "end",
    "cancel",
    "declare",
    "confirm",
    "retract",
    "findings",
    "findings",
    "findings",
    "tick",
    "epoch",
)
FITTING = {
    "amend": ("accepted", "activated"),
    "activate": ("accepted",),
    "end": ("activated",),
    "cancel": ("accepted",),
    "confirm": ("unconfirmed",),
    "retract": ("unconfirmed", "confirmed"),
}
ALGORITHM = "skyparley-conflict/1"


@dataclass(frozen=True)
class Step:
    """What to do next; numbers choose from what there is when the step is taken."""

    kind: str
    party: int
    operation: int
    choice: int
    begin: int
    duration: int
    wait: int
    key: int
    slip: int
    """0 to 15: 0 takes a wrong version, digest or range; 1 a wrong author; 2 repeats an earlier content; 3 looks
    beyond the log's end; 4 finds an old digest; 5 names any operation; 6 a bad key; 7 and 8 tell a part of a filing's
    findings; others are right."""


def steps() -> st.SearchStrategy[Step]:
    """Steps that Hypothesis can shrink."""
    return st.builds(
        Step,
        kind=st.sampled_from(KINDS),
        party=st.integers(0, 2),
        operation=st.integers(0, 3),
        choice=st.integers(0, 7),
        begin=st.integers(0, len(BEGINS) - 1),
        duration=st.integers(0, len(DURATIONS) - 1),
        wait=st.integers(0, len(STEPS_IN_TIME) - 1),
        key=st.integers(0, 7),
        slip=st.integers(0, 15),
    )


def random_steps(seed: int, count: int) -> list[Step]:
    """Steps by a seed: better mixed than those that shrink."""
    dice = Random(seed)
    return [
        Step(
            kind=dice.choice(KINDS),
            party=dice.choice((0, 0, 0, 1, 1, 2)),
            operation=dice.randrange(4),
            choice=dice.randrange(8),
            begin=dice.randrange(len(BEGINS)),
            duration=dice.randrange(len(DURATIONS)),
            wait=dice.randrange(len(STEPS_IN_TIME) - (2 if dice.random() < 0.8 else 0)),
            key=dice.randrange(8),
            slip=dice.randrange(16),
        )
        for _ in range(count)
    ]


def digest_of(number: int) -> str:
    return f"{number:064x}"


def extent(begin_us: int, end_us: int, cells: tuple[str, ...] = ("478954",), lower_mm: int = 0) -> o.Extent:
    return o.Extent(cells, lower_mm, lower_mm + 100_000, "WGS84", begin_us, end_us)


def event_at(sequence: int, time_us: int, party: str, command: c.Command, key: str = "", **more: Any) -> Event:
    return Event(
        sequence=sequence,
        time_us=time_us,
        party=party,
        authentication=more.get("authentication", "bearer-attested" if party else "node"),
        command=command,
        idempotency_key=key,
        content_digest=content_digest(encode_command(command)),
    )


def event_of(world: ReferenceAirspace, step: Step, earlier: list[Event]) -> Event:
    """The next event, by a step and what there is."""
    time_us = max(world.time_us, START_US) + STEPS_IN_TIME[step.wait]
    key = "a key" if step.slip == 6 else ("", "", "", "", "k1", "k2", "k3", "k4")[step.key]
    party = PARTIES[step.party]
    if step.slip == 2 and earlier:
        again = earlier[-1 - step.choice % min(len(earlier), 4)]
        return event_at(world.sequence + 1, time_us, again.party, again.command, again.idempotency_key)
    command = _command(world, step, party, time_us)
    if isinstance(command, c.RegisterParty | c.RecordFindings | c.Tick | c.Epoch):
        party = ""
    authentication = "bearer-attested" if party else "node"
    if step.slip == 1:
        party, authentication = ((party, "hearsay"), ("", "node"), ("", "party-signed"), ("nobody", "node"))[
            step.choice % 4
        ]
        if step.choice >= 4:
            party, authentication = PARTIES[step.party], "node"
    return event_at(world.sequence + 1, time_us, party, command, key, authentication=authentication)


def _command(world: ReferenceAirspace, step: Step, party: str, time_us: int) -> c.Command:
    operation_id = OPERATION_IDS[step.operation]
    if step.slip != 5 and step.kind in FITTING:
        fitting = sorted(
            k[1] for k, o in world.operations.items() if k[0] == party and o["state"] in FITTING[step.kind]
        )
        operation_id = fitting[step.operation % len(fitting)] if fitting else operation_id
    live = world.operations.get((party, operation_id))
    version = (live["version"] if live else 1) + (1 if step.slip == 0 else 0)
    begin_us = time_us + BEGINS[step.begin]
    end_us = begin_us + DURATIONS[step.duration]
    extents = (extent(begin_us, end_us, CELLS[step.choice % 3]),)
    if step.choice > 4:
        extents += (extent(begin_us - 1, begin_us + 1, lower_mm=5),)
    digest = digest_of(step.choice % 3)
    simple = {
        "activate": o.ActivateOperation,
        "end": o.EndOperation,
        "cancel": o.CancelOperation,
        "confirm": o.ConfirmHazard,
        "retract": o.RetractHazard,
    }
    if step.kind in simple:
        return simple[step.kind](operation_id, version)
    if step.kind == "register":
        return c.RegisterParty(party, f"The {party}", "civil_ats")
    if step.kind == "file":
        return o.FileOperation(operation_id, "drone", extents, digest)
    if step.kind == "amend":
        return o.AmendOperation(operation_id, version, "en_route", extents, digest)
    if step.kind == "declare":
        return o.DeclareHazard(operation_id, "firing", step.choice % 2 == 0, extents, digest)
    if step.kind == "findings":
        return _findings(world, step)
    if step.kind == "epoch":
        return c.Epoch(1, digest_of(7) if step.slip == 0 else world.state_hash())
    return c.Tick()


def _findings(world: ReferenceAirspace, step: Step) -> c.RecordFindings:
    """Findings about some pairs of live operations; some with a digest or sequence that is no longer right."""
    after = world.findings_through + (1 if step.slip == 0 else 0)
    through = max(after + 1, world.sequence - step.choice % 3 + (2 if step.slip == 3 else 0))
    findings = []
    live = sorted(world.operations)
    for i, a_key in enumerate(live):
        for j, b_key in enumerate(live[i + 1 :]):
            a, b = world.operations[a_key], world.operations[b_key]
            sequence = max(a["details_sequence"], b["details_sequence"])
            if (i + j + step.choice) % 3 == 0 and sequence > after:
                sequence -= (i + j) % 2
            if not after < sequence <= through:
                continue
            rules = ("trajectory_in_volume", "volume_overlap")[: 1 + (i + step.choice) % 2]
            findings += [
                c.Finding(
                    sequence=sequence,
                    a_party=a_key[0],
                    a_operation_id=a_key[1],
                    a_digest=a["digest"] if step.slip != 4 else digest_of(2),
                    b_party=b_key[0],
                    b_operation_id=b_key[1],
                    b_digest=b["digest"],
                    rule=rule,
                    certain=step.choice % 2 == 0,
                    witness_digest=digest_of(i * 10 + j),
                )
                for rule in rules
            ]
    findings.sort(key=lambda f: (f.sequence, (f.a_party, f.a_operation_id), (f.b_party, f.b_operation_id), f.rule))
    if step.slip in (7, 8) and findings:  # cover what lies before the first finding, or tell a part of its filing
        first = findings[0].sequence
        part = [finding for finding in findings if finding.sequence == first] if first == after + 1 else []
        return c.RecordFindings(after, first - 1, ALGORITHM, tuple(part[: 1 + step.choice % 2]))
    return c.RecordFindings(after, through, ALGORITHM, tuple(findings))


def opening() -> list[Event]:
    """The first entries of a history: two of the three parties."""
    return [
        event_at(1, START_US, "", c.RegisterParty("north", "The north", "state_force")),
        event_at(2, START_US + 5, "", c.RegisterParty("south", "The south", "humanitarian")),
    ]


def history(drawn: list[Step]) -> list[Event]:
    """The events that the steps come to."""
    world = ReferenceAirspace()
    events = opening()
    for event in events:
        world.apply(event)
    for step in drawn:
        event = event_of(world, step, events)
        world.apply(event)
        events.append(event)
    return events
