"""The rules of the shared airspace, written for reading: plain dictionaries, every rule where it is needed, no index.

It knows nothing of the real one's tables, heaps and incremental hash; at every entry it looks at everything.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from skyparley.airspace import commands, limits
from skyparley.airspace.events import Event
from skyparley.airspace.operations import commands as operations

DAY_US = 86_400_000_000


@dataclass
class ReferenceOutcome:
    verdict: str
    first_sequence: int
    code: str | None = None
    changes: list[tuple[Any, ...]] = field(default_factory=list)
    findings_void: int = 0


class RefusedError(Exception):
    def __init__(self, code: str) -> None:
        self.code = code


class ReferenceAirspace:
    def __init__(self) -> None:
        self.sequence = 0
        self.time_us = 0
        self.rules_version = 1
        self.findings_through = 0
        self.parties: dict[str, tuple[str, str, str, str, int]] = {}
        self.operations: dict[tuple[str, str], dict[str, Any]] = {}
        self.conflicts: list[dict[str, Any]] = []
        self.alarms: dict[str, tuple[str, int, int]] = {}  # state, when it is due, since when; without agreements
        self.answers: list[dict[str, Any]] = []
        self.refused: list[tuple[int, int, str, str]] = []

    def apply(self, event: Event) -> ReferenceOutcome:
        assert event.sequence == self.sequence + 1
        assert event.time_us > self.time_us
        hash_before = self.state_hash()
        outcome = ReferenceOutcome("accepted", event.sequence)
        self._expire(event, outcome.changes)
        self.answers = [a for a in self.answers if event.time_us - a["time_us"] < DAY_US]
        self.refused = [r for r in self.refused if event.time_us - r[1] < DAY_US]
        last_sequence = self.sequence
        self.sequence, self.time_us = event.sequence, event.time_us

        remember = False
        try:
            self._author(event)
            first = self._first_answer(event)
            if first is not None:
                outcome.verdict, outcome.first_sequence, outcome.code = "repeated", first["sequence"], first["code"]
                return outcome
            remember = event.idempotency_key != ""
            self._command(event, outcome, hash_before, last_sequence)
        except RefusedError as refused:
            outcome.verdict, outcome.code = "refused", refused.code
            self.refused.append((event.sequence, event.time_us, event.party, refused.code))
        if remember:
            self.answers.append(
                {
                    "party": event.party,
                    "key": event.idempotency_key,
                    "digest": event.content_digest,
                    "sequence": event.sequence,
                    "time_us": event.time_us,
                    "code": outcome.code,
                }
            )
        return outcome

    def pending(self) -> list[tuple[int, tuple[str, str]]]:
        waiting = [(o["details_sequence"], k) for k, o in self.operations.items()]
        return sorted(w for w in waiting if w[0] > self.findings_through)

    def state_hash(self) -> str:
        """From the definition in docs/decisions/0003-state-hash.md."""
        items: list[list[Any]] = [["party", *party] for party in self.parties.values()]
        for (party, operation_id), o in self.operations.items():
            items.append(
                [
                    "operation",
                    party,
                    operation_id,
                    o["state"],
                    o["version"],
                    o["class"],
                    o["hazard"],
                    o["hazard_kind"],
                    o["begin_us"],
                    o["end_us"],
                    o["digest"],
                    o["filed_sequence"],
                    o["details_sequence"],
                    o["changed_sequence"],
                    msgspec.msgpack.encode(
                        [
                            {
                                "cells": list(e.cells),
                                "lower_mm": e.lower_mm,
                                "upper_mm": e.upper_mm,
                                "datum": e.datum,
                                "begin_us": e.begin_us,
                                "end_us": e.end_us,
                            }
                            for e in o["extents"]
                        ]
                    ),
                    [],  # no agreement, so no notice is late
                ]
            )
        rest = ("rule", "sequence", "recorded_sequence", "certain", "algorithm", "witness")
        items += [["conflict", c["id"], *c["a"], *c["b"], *(c[name] for name in rest), ""] for c in self.conflicts]
        items += [["alarm", name, state, at, "", since, []] for name, (state, at, since) in self.alarms.items()]
        items += [
            ["key", a["party"], a["key"], a["digest"], a["sequence"], a["time_us"], a["code"] or ""]
            for a in self.answers
        ]
        items += [["refused", *r] for r in self.refused]
        total = sum(int.from_bytes(sha256(msgspec.msgpack.encode(i)).digest(), "big") for i in items) % 2**256
        head = [
            "skyparley-state/1",
            self.rules_version,
            self.sequence,
            self.time_us,
            self.findings_through,
            len(items),
            total.to_bytes(32, "big"),
        ]
        return sha256(msgspec.msgpack.encode(head)).hexdigest()

    def _expire(self, event: Event, changes: list[tuple[Any, ...]]) -> None:
        for name, (state, at_us, _) in sorted(self.alarms.items(), key=lambda item: (item[1][1], item[0])):
            if state == "waiting" and at_us <= event.time_us:
                self.alarms[name] = ("unresolved", at_us, event.time_us)
                changes.append(("alarm", name))
        due = sorted((o["end_us"], key) for key, o in self.operations.items() if o["end_us"] <= event.time_us)
        for _, key in due:
            o = self.operations[key]
            self._leave(key, "unused" if o["state"] == "accepted" else "expired", event, changes)

    def _leave(self, key: tuple[str, str], state: str, event: Event, changes: list[tuple[Any, ...]]) -> None:
        o = self.operations.pop(key)
        changes.append(("left", key, state, o["version"] + 1, event.sequence))
        self._void(key, changes)

    def _void(self, key: tuple[str, str], changes: list[tuple[Any, ...]]) -> None:
        gone = sorted(c["id"] for c in self.conflicts if key in (c["a"], c["b"]))
        changes.extend(("void", identifier) for identifier in gone)
        self.conflicts = [c for c in self.conflicts if c["id"] not in gone]
        self.alarms = {name: alarm for name, alarm in self.alarms.items() if name not in gone}

    def _author(self, event: Event) -> None:
        if event.authentication not in ("party-signed", "bearer-attested", "node"):
            raise RefusedError("invalid_input")
        if event.party == "":
            if event.authentication != "node":
                raise RefusedError("forbidden")
        elif event.party not in self.parties:
            raise RefusedError("not_found")

    def _first_answer(self, event: Event) -> dict[str, Any] | None:
        if event.idempotency_key == "":
            return None
        if len(event.idempotency_key) > 128 or any(not "!" <= c <= "~" for c in event.idempotency_key):
            raise RefusedError("invalid_input")
        for answer in self.answers:
            if (answer["party"], answer["key"]) == (event.party, event.idempotency_key):
                if answer["digest"] != event.content_digest:
                    raise RefusedError("idempotency_key_reused")
                return answer
        of_party = [answer for answer in self.answers if answer["party"] == event.party]
        if len(of_party) >= limits.MAX_IDEMPOTENCY_KEYS_PER_PARTY:
            raise RefusedError("limit_exceeded")
        return None

    def _command(self, event: Event, outcome: ReferenceOutcome, hash_before: str, last_sequence: int) -> None:
        command = event.command
        node_only = (commands.RegisterParty, commands.RecordFindings, commands.Tick, commands.Epoch)
        if isinstance(command, node_only) != (event.party == ""):
            raise RefusedError("forbidden")
        if isinstance(command, commands.RegisterParty):
            if command.party in self.parties:
                raise RefusedError("state_conflict")
            self.parties[command.party] = (
                command.party,
                command.name,
                command.party_kind,
                "acceded",
                event.sequence,
            )
            outcome.changes.append(("party", command.party))
        elif isinstance(command, commands.Epoch):
            if command.rules_version != 1 or command.state_hash != hash_before:
                raise RefusedError("state_conflict")
        elif isinstance(command, commands.RecordFindings):
            self._findings(event, command, outcome, last_sequence)
        elif isinstance(command, operations.FileOperation | operations.DeclareHazard):
            self._file(event, command, outcome)
        elif not isinstance(command, commands.Tick):
            self._on_operation(event, command, outcome)

    def _times(self, event: Event, extents: tuple[operations.Extent, ...]) -> tuple[int, int]:
        begin_us = sorted(e.begin_us for e in extents)[0]
        end_us = sorted(e.end_us for e in extents)[-1]
        if end_us <= event.time_us:
            raise RefusedError("invalid_input")
        if begin_us > event.time_us + 30 * DAY_US:
            raise RefusedError("limit_exceeded")
        return begin_us, end_us

    def _file(self, event: Event, command: Any, outcome: ReferenceOutcome) -> None:
        key = (event.party, command.operation_id)
        if key in self.operations:
            raise RefusedError("state_conflict")
        begin_us, end_us = self._times(event, command.extents)
        if sum(party == event.party for party, _ in self.operations) >= limits.MAX_LIVE_OPERATIONS_PER_PARTY:
            raise RefusedError("limit_exceeded")
        hazard = isinstance(command, operations.DeclareHazard)
        state = "accepted"
        if hazard:
            state = "confirmed" if command.confirmed else "unconfirmed"
        self.operations[key] = {
            "state": state,
            "version": 1,
            "class": "hazard" if hazard else command.operation_class,
            "hazard": hazard,
            "hazard_kind": command.hazard_kind if hazard else "",
            "begin_us": begin_us,
            "end_us": end_us,
            "digest": command.details_digest,
            "filed_sequence": event.sequence,
            "details_sequence": event.sequence,
            "changed_sequence": event.sequence,
            "extents": command.extents,
        }
        outcome.changes.append(("changed", key, state, 1, event.sequence))

    def _on_operation(self, event: Event, command: Any, outcome: ReferenceOutcome) -> None:
        key = (event.party, command.operation_id)
        o = self.operations.get(key)
        if o is None:
            raise RefusedError("not_found")
        if command.version != o["version"]:
            raise RefusedError("state_conflict")
        allowed = {
            operations.AmendOperation: ("accepted", "activated"),
            operations.ActivateOperation: ("accepted",),
            operations.EndOperation: ("activated",),
            operations.CancelOperation: ("accepted",),
            operations.ConfirmHazard: ("unconfirmed",),
            operations.RetractHazard: ("unconfirmed", "confirmed"),
        }
        if o["state"] not in allowed[type(command)]:
            raise RefusedError("state_conflict")
        left = {
            operations.EndOperation: "ended",
            operations.CancelOperation: "cancelled",
            operations.RetractHazard: "retracted",
        }
        if type(command) in left:
            self._leave(key, left[type(command)], event, outcome.changes)
            return
        if isinstance(command, operations.AmendOperation):
            o["begin_us"], o["end_us"] = self._times(event, command.extents)
            o["class"] = command.operation_class
            o["digest"] = command.details_digest
            o["details_sequence"] = event.sequence
            o["extents"] = command.extents
        else:
            o["state"] = "activated" if isinstance(command, operations.ActivateOperation) else "confirmed"
        o["version"] += 1
        o["changed_sequence"] = event.sequence
        outcome.changes.append(("changed", key, o["state"], o["version"], event.sequence))
        if isinstance(command, operations.AmendOperation):
            self._void(key, outcome.changes)

    def _findings(
        self, event: Event, command: commands.RecordFindings, outcome: ReferenceOutcome, last_sequence: int
    ) -> None:
        if command.after != self.findings_through or max(command.through, command.after + 1) > last_sequence:
            raise RefusedError("state_conflict")
        for f in command.findings:
            a_key, b_key = (f.a_party, f.a_operation_id), (f.b_party, f.b_operation_id)
            a, b = self.operations.get(a_key), self.operations.get(b_key)
            holds = (
                a is not None
                and b is not None
                and (a["digest"], b["digest"]) == (f.a_digest, f.b_digest)
                and f.sequence == max(a["details_sequence"], b["details_sequence"])
            )
            if not holds:
                outcome.findings_void += 1
                continue
            identifier = sha256(msgspec.msgpack.encode([*a_key, *b_key, f.rule])).hexdigest()[:32]
            if any(c["id"] == identifier for c in self.conflicts):
                continue
            self.conflicts.append(
                {
                    "id": identifier,
                    "a": a_key,
                    "b": b_key,
                    "rule": f.rule,
                    "sequence": f.sequence,
                    "recorded_sequence": event.sequence,
                    "certain": f.certain,
                    "algorithm": command.algorithm,
                    "witness": f.witness_digest,
                }
            )
            if f.a_party != f.b_party:
                at_us = max(self.operations[key]["begin_us"] for key in (a_key, b_key))
                late = at_us <= event.time_us
                self.alarms[identifier] = ("unresolved", at_us, event.time_us) if late else ("waiting", at_us, 0)
            outcome.changes.append(("found", identifier))
        self.findings_through = command.through
