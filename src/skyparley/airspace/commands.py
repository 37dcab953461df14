"""The commands of the shared airspace: what an entry of the log asks for.

A command is a closed list of fields; nothing in it names a weapon, a mission or a target. Its body in the log is
canonical JSON: sorted keys, no white space, integers and strings only. Times are microseconds since 1970 UTC, heights
whole millimetres. Outlines of operations are not in it: only the cells, bands and times that are reserved, and the
SHA-256 of the details, which lie in the vault of the party's node.
"""

from typing import Final

import msgspec

from skyparley.airspace.dss.commands import DssCommand, SetDssLimits
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.operations.commands import Filing, OperationCommand
from skyparley.airspace.signing.commands import KeyCommand

RULES_VERSION: Final = 1
"""The newest rules that this code can apply; `Epoch` entries move a log from one version to the next."""


class RegisterParty(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="register_party", tag_field="kind"):
    """The operator admits a party. `party_kind` is one of `limits.PARTY_KINDS`."""

    party: str
    name: str
    party_kind: str


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conflict: the pair (a sorts before b), the rule, the digests of both inputs and of the witness.

    `basis` is the clause whose minimum is fallen short of (`agreement/version/clause`), empty for the defaults.
    """

    sequence: int
    a_party: str
    a_operation_id: str
    a_digest: str
    b_party: str
    b_operation_id: str
    b_digest: str
    rule: str
    certain: bool
    witness_digest: str
    basis: str = ""


class RecordFindings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="record_findings", tag_field="kind"):
    """What a node found when it compared the filings in `(after, through]`, each with all before it.

    An empty list says: checked exactly, clear. `sequence` of a finding is that of the later filing of the pair.
    `through` equal to `after` says: more to come about the filing `after + 1`, which is not covered yet.
    """

    after: int
    through: int
    algorithm: str
    findings: tuple[Finding, ...]


class Tick(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="tick", tag_field="kind"):
    """Time has passed; only written while something waits for time."""


class DeleteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delete_body", tag_field="kind"):
    """The words that an entry names by digest are taken out of the vault, because law demands it.

    `sequence` is the entry that names them, `under` says what demands it. The entry stays, and so does the digest.
    """

    sequence: int
    digest: str
    under: str


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="epoch", tag_field="kind"):
    """The rules change: from here on entries are applied under `rules_version`; `state_hash` is the state before."""

    rules_version: int
    state_hash: str


Command = (
    RegisterParty
    | Filing
    | OperationCommand
    | RecordFindings
    | Tick
    | Epoch
    | DeleteBody
    | LineCommand
    | DssCommand
    | SetDssLimits
    | KeyCommand
)
