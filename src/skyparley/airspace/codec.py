"""The body of a command: canonical bytes in the log, and the checks that need no state.

One command has one encoding: JSON with sorted keys, no white space, integers and strings only. Both directions check
the command, so that nothing stands in a log that this function would not read back: what `encode_command` returns,
`decode_command` accepts, and nothing else does.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.commands import (
    Command,
    DeleteBody,
    Epoch,
    Finding,
    RecordFindings,
    RegisterParty,
)
from skyparley.airspace.dss.commands import DssCommand, SetDssLimits
from skyparley.airspace.dss.validity import check_limits
from skyparley.airspace.dss.validity import validate as validate_dss
from skyparley.airspace.events import Event
from skyparley.airspace.line import rules as line
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.operations import rules as operations
from skyparley.airspace.operations.commands import Filing, OperationCommand
from skyparley.airspace.signing import rules as signing
from skyparley.airspace.signing.commands import KeyCommand
from skyparley.conflict.operation import Rule
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.record.envelope import Header

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Command)
_RULES: Final = frozenset(str(rule) for rule in Rule)
_BASIS: Final = re.compile(r"(?:[a-z0-9-]{1,64}/[1-9]\d*/[1-9][0-9.]*)?")
_ALGORITHM: Final = re.compile(r"[a-z0-9./-]{1,64}")
_PRINTABLE_NAME: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{limits.MAX_NAME_LENGTH}}}")


def encode_command(command: Command) -> bytes:
    """The canonical body. Raises `InvalidInputError` (or `LimitExceededError`) if the command is impossible."""
    validate_command(command)
    return _ENCODER.encode(command)


def decode_command(data: bytes) -> Command:
    """The command of a canonical body. Raises `InvalidInputError` for everything else, also for the same JSON
    written differently.
    """
    try:
        command: Command = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"this is not the body of a command: {error}") from None
    validate_command(command)
    if _ENCODER.encode(command) != data:
        raise InvalidInputError("the body of a command must be canonical: sorted keys, no white space")
    return command


def read_event(header: Header, body: bytes, sequence: int, time_us: int) -> Event:
    """What an entry with this header and body stands for at its place. Raises `InvalidInputError`."""
    return Event(
        party=header.party,
        authentication=header.authentication,
        command=decode_command(body),
        key_id=header.key_id,
        claimed_time_us=header.claimed_time_us,
        idempotency_key=header.idempotency_key,
        content_digest=content_digest(body),
        sequence=sequence,
        time_us=time_us,
    )


def command_kind(command: Command) -> str:
    """The word that names the command in its header and body, such as `file_operation`."""
    return str(command.__struct_config__.tag)


def content_digest(body: bytes) -> bytes:
    """What an idempotency key is bound to: the SHA-256 (32 bytes) of the canonical body."""
    return sha256(body).digest()


def validate_command(command: Command) -> None:
    """Raise `InvalidInputError` or `LimitExceededError`, with place and remedy, if a command is impossible in itself.

    What depends on the state of the airspace is decided later, in `decide.py`.
    """
    if isinstance(command, Filing | OperationCommand):
        operations.validate(command)
    elif isinstance(command, RecordFindings):
        _check_findings(command)
    elif isinstance(command, RegisterParty):
        _check_party(command)
    elif isinstance(command, Epoch):
        limits.check_count(command.rules_version, least=1, place="rules_version")
        limits.check_digest(command.state_hash, place="state_hash")
    elif isinstance(command, DeleteBody):
        limits.check_count(command.sequence, least=1, place="sequence")
        limits.check_digest(command.digest, place="digest")
        limits.check_text(command.under, limits.MAX_GROUND_LENGTH, place="under")
    elif isinstance(command, LineCommand):
        line.validate(command)
    elif isinstance(command, DssCommand):
        validate_dss(command)
    elif isinstance(command, SetDssLimits):
        check_limits(command.limits)
    elif isinstance(command, KeyCommand):
        signing.validate(command)


def findings_commands(after: int, through: int, algorithm: str, findings: Sequence[Finding]) -> list[RecordFindings]:
    """The commands that record findings about `(after, through]`, each within `limits.MAX_FINDINGS_PER_COMMAND`.

    Findings are sorted by sequence, a, b and rule. They are cut between filings; only those of one filing that has
    more than the limit are spread over commands that cover nothing yet. Record them in this order, one after another.
    """
    commands = []
    begin = 0
    while len(findings) - begin > limits.MAX_FINDINGS_PER_COMMAND:
        end = begin + limits.MAX_FINDINGS_PER_COMMAND
        covered = max(after, findings[end].sequence - 1)
        if covered > after:  # the filing at the cut moves as a whole into the next command
            while end > begin and findings[end - 1].sequence > covered:
                end -= 1
        commands.append(RecordFindings(after, covered, algorithm, tuple(findings[begin:end])))
        after, begin = covered, end
    commands.append(RecordFindings(after, through, algorithm, tuple(findings[begin:])))
    return commands


def _check_party(command: RegisterParty) -> None:
    limits.check_party_id(command.party)
    if command.party_kind not in limits.PARTY_KINDS:
        raise InvalidInputError(
            f"unknown kind of party: use one of {', '.join(limits.PARTY_KINDS)}", place="party_kind"
        )
    if not _PRINTABLE_NAME.fullmatch(command.name) or not command.name.strip():
        raise InvalidInputError(
            f"a name is 1 to {limits.MAX_NAME_LENGTH} characters without control characters", place="name"
        )


def _check_findings(command: RecordFindings) -> None:
    limits.check_count(command.after, least=0, place="after")
    limits.check_count(command.through, least=command.after, place="through")
    if command.through == command.after and not command.findings:
        raise InvalidInputError("through must be more than after, or there must be findings", place="through")
    if not _ALGORITHM.fullmatch(command.algorithm):
        raise InvalidInputError("algorithm must be a name such as skyparley-conflict/1", place="algorithm")
    if len(command.findings) > limits.MAX_FINDINGS_PER_COMMAND:
        raise LimitExceededError(
            f"{len(command.findings)} findings; one command has at most {limits.MAX_FINDINGS_PER_COMMAND}:"
            " spread them over several",
            place="findings",
        )
    previous: tuple[int, tuple[str, str], tuple[str, str], str] | None = None
    for index, finding in enumerate(command.findings):
        try:
            _check_finding(finding, command.after, command.through)
        except InvalidInputError as error:
            raise error.at(f"findings[{index}]") from None
        order = (
            finding.sequence,
            (finding.a_party, finding.a_operation_id),
            (finding.b_party, finding.b_operation_id),
            finding.rule,
        )
        if previous is not None and order <= previous:
            raise InvalidInputError(
                "findings must be sorted by sequence, a, b and rule, each once", place=f"findings[{index}]"
            )
        previous = order


def _check_finding(finding: Finding, after: int, through: int) -> None:
    if not after < finding.sequence <= max(through, after + 1):
        raise InvalidInputError("sequence must lie in (after, through]", place="sequence")
    for side, party, operation_id, digest in (
        ("a", finding.a_party, finding.a_operation_id, finding.a_digest),
        ("b", finding.b_party, finding.b_operation_id, finding.b_digest),
    ):
        limits.check_party_id(party, place=f"{side}_party")
        limits.check_operation_id(operation_id, place=f"{side}_operation_id")
        limits.check_digest(digest, place=f"{side}_digest")
    if (finding.a_party, finding.a_operation_id) >= (finding.b_party, finding.b_operation_id):
        raise InvalidInputError("a must sort before b", place="a_operation_id")
    if finding.rule not in _RULES:
        raise InvalidInputError(f"unknown rule: use one of {', '.join(sorted(_RULES))}", place="rule")
    limits.check_digest(finding.witness_digest, place="witness_digest")
    if not _BASIS.fullmatch(finding.basis):
        raise InvalidInputError("basis must be a clause such as north-south/1/4.1, or empty", place="basis")
