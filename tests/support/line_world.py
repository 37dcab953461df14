"""An airspace of three parties on the rules alone: no log, no node, and a clock that goes on with every command."""

from random import Random

from skyparley.airspace.apply import apply
from skyparley.airspace.codec import content_digest, decode_command, encode_command
from skyparley.airspace.commands import Command, RegisterParty
from skyparley.airspace.decide import check
from skyparley.airspace.events import Event, Outcome, Proposal, Verdict
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.state import Airspace

START_US = 1_800_000_000_000_000
SECOND_US = 1_000_000


class LineWorld:
    """An airspace with three parties, and a clock that goes on by a second with every command."""

    def __init__(self) -> None:
        self.state = Airspace()
        for party in ("north", "south", "west"):
            self.do("", RegisterParty(party, party.title(), "state_force"))

    def event(self, party: str, command: Command, *, after_us: int = SECOND_US) -> Event:
        return Event(
            sequence=self.state.sequence + 1,
            time_us=max(self.state.time_us, START_US) + after_us,
            party=party,
            authentication="bearer-attested" if party else "node",
            command=command,
            content_digest=content_digest(encode_command(command)),
        )

    def do(self, party: str, command: Command, *, after_us: int = SECOND_US) -> Outcome:
        assert decode_command(encode_command(command)) == command
        return apply(self.state, self.event(party, command, after_us=after_us))

    def must(self, party: str, command: Command, **more: int) -> None:
        outcome = self.do(party, command, **more)
        assert outcome.refusal is None, outcome.refusal

    def refused(self, party: str, command: Command) -> str:
        """Why a command is refused: before the log, and the same in it."""
        event = self.event(party, command)
        fields = {name: getattr(event, name) for name in Proposal.__struct_fields__}
        before = check(self.state, Proposal(**fields), event.time_us)
        outcome = self.do(party, command)
        assert outcome.verdict is Verdict.REFUSED
        assert before == outcome.refusal is not None
        return outcome.refusal.message


class CrashingWorld(LineWorld):
    """A world that remembers its entries; when it crashes it comes back from a snapshot, or from the first entry."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.entries: list[Event] = []
        super().__init__()

    def event(self, party: str, command: Command, *, after_us: int = SECOND_US) -> Event:
        event = super().event(party, command, after_us=after_us)
        self.entries.append(event)
        return event

    def crash(self) -> None:
        before = self.state.state_hash()
        if self.random.random() < 0.5:
            self.state = decode_snapshot(encode_snapshot(self.state))
        else:
            self.state = Airspace()
            for event in self.entries:
                apply(self.state, event)
        assert self.state.state_hash() == before == self.state.recomputed_state_hash()
