"""The body of a command: canonical bytes in the log, and the checks that need no state.

One command has one encoding: JSON with sorted keys, no white space, integers and strings only. Both directions check
the command, so that nothing stands in a log that this function would not read back: what `encode_command` returns,
`decode_command` accepts, and nothing else does. Cell tokens follow S2 (`S2CellId::ToToken`): the hexadecimal
identifier without its trailing zeros.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from operator import lt
from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.commands import (
    AmendOperation,
    Command,
    DeclareHazard,
    Epoch,
    Extent,
    FileOperation,
    Finding,
    RecordFindings,
    RegisterParty,
    Tick,
)
from skyparley.airspace.line import rules as line
from skyparley.airspace.line.commands import LineCommand
from skyparley.conflict.operation import Rule
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.interval import EARLIEST_US, LATEST_US
from skyparley.vocabulary import HAZARD_KINDS

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Command)
_DATUMS: Final = frozenset(str(datum) for datum in Datum)
_RULES: Final = frozenset(str(rule) for rule in Rule)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BASIS: Final = re.compile(r"(?:[a-z0-9-]{1,64}/[1-9]\d*/[1-9][0-9.]*)?")
_ALGORITHM: Final = re.compile(r"[a-z0-9./-]{1,64}")
_PRINTABLE_NAME: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{limits.MAX_NAME_LENGTH}}}")
_MAX_SEQUENCE: Final = 2**63 - 1
# level 0: one digit; levels 1 to 12 end in a digit whose lowest set bit is 1 or 4; level 13 ends in 4 or c
_CELL: Final = r"(?:[0-9ab][0-9a-f]{6}[4c]|[0-9ab][0-9a-f]{0,5}[134579bcdf]|[13579b])"
_CELL_LIST: Final = re.compile(rf"{_CELL}(?: {_CELL})*")


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
    if isinstance(command, FileOperation | AmendOperation | DeclareHazard):
        limits.check_operation_id(command.operation_id)
        _check_digest(command.details_digest, "details_digest")
        _check_extents(command.extents)
        if isinstance(command, DeclareHazard):
            if command.hazard_kind not in HAZARD_KINDS:
                raise InvalidInputError(
                    f"unknown hazard kind: use one of {', '.join(HAZARD_KINDS)}", place="hazard_kind"
                )
        else:
            limits.check_operation_class(command.operation_class)
            if isinstance(command, AmendOperation):
                _check_count(command.version, 1, "version")
    elif isinstance(command, RecordFindings):
        _check_findings(command)
    elif isinstance(command, RegisterParty):
        _check_party(command)
    elif isinstance(command, Epoch):
        _check_count(command.rules_version, 1, "rules_version")
        _check_digest(command.state_hash, "state_hash")
    elif isinstance(command, LineCommand):
        line.validate(command)
    elif not isinstance(command, Tick):
        limits.check_operation_id(command.operation_id)
        _check_count(command.version, 1, "version")


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


def span_us(extents: Sequence[Extent]) -> tuple[int, int]:
    """Earliest begin and latest end of the extents (microseconds since 1970 UTC); there must be at least one."""
    return min(extent.begin_us for extent in extents), max(extent.end_us for extent in extents)


def _check_count(value: int, least: int, place: str) -> None:
    if not least <= value <= _MAX_SEQUENCE:
        raise InvalidInputError(f"{place} must be a whole number from {least}", place=place)


def _check_digest(text: str, place: str) -> None:
    if not _DIGEST.fullmatch(text):
        raise InvalidInputError(f"{place} must be a SHA-256 in 64 lower-case hexadecimal digits", place=place)


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


def _check_extents(extents: tuple[Extent, ...]) -> None:
    if not extents:
        raise InvalidInputError("an operation needs at least one extent of airspace", place="extents")
    if len(extents) > limits.MAX_EXTENTS_PER_OPERATION:
        raise LimitExceededError(
            f"{len(extents)} extents (each volume is one, each 64 points of a trajectory are one); an operation has at"
            f" most {limits.MAX_EXTENTS_PER_OPERATION}: split it",
            place="extents",
        )
    cells = 0
    cell_us = 0
    for index, extent in enumerate(extents):
        try:
            cell_us += _check_extent(extent)
        except InvalidInputError as error:
            raise error.at(f"extents[{index}]") from None
        cells += len(extent.cells)
    begin_us, end_us = span_us(extents)
    if end_us - begin_us > limits.MAX_OPERATION_DURATION_US:
        raise LimitExceededError(
            f"the operation lasts longer than {limits.MAX_OPERATION_DURATION_US // limits.DAY_US} days:"
            " file shorter operations",
            place="extents.end_us",
        )
    if cells > limits.MAX_CELLS_PER_OPERATION:
        raise LimitExceededError(
            f"the operation covers {cells} cells; the limit is {limits.MAX_CELLS_PER_OPERATION}: file smaller areas",
            place="extents.cells",
        )
    if cell_us > limits.MAX_RESERVED_CELL_HOURS * limits.HOUR_US:
        raise LimitExceededError(
            f"the operation reserves {cell_us // limits.HOUR_US:,} cell-hours (cells of about 1.27 km² × hours); the"
            f" limit is {limits.MAX_RESERVED_CELL_HOURS:,}: reserve less area or less time",
            place="extents.cells",
        )


def _check_extent(extent: Extent) -> int:
    """Check one extent; the level-13 cells × microseconds that it reserves."""
    text = " ".join(extent.cells)
    # a token that holds a space would pass as two: the count says so
    if not _CELL_LIST.fullmatch(text) or text.count(" ") != len(extent.cells) - 1:
        raise InvalidInputError("cells must be S2 cell tokens of level 13 or coarser, at least one", place="cells")
    if not all(map(lt, extent.cells, extent.cells[1:])):
        raise InvalidInputError("cells must be sorted, each once", place="cells")
    if extent.datum not in _DATUMS:
        raise InvalidInputError("unknown altitude datum: use WGS84, EGM96, PRESSURE or AGL", place="datum")
    if not limits.LOWEST_MM <= extent.lower_mm <= extent.upper_mm <= limits.HIGHEST_MM:
        raise InvalidInputError(
            f"the band must lie within {limits.LOWEST_MM} to {limits.HIGHEST_MM} mm, its upper limit not below its"
            " lower",
            place="upper_mm",
        )
    if not EARLIEST_US <= extent.begin_us < extent.end_us <= LATEST_US:
        raise InvalidInputError("the end must be after the begin, both between 1970 and 2100", place="end_us")
    return level_13_cells(extent.cells) * (extent.end_us - extent.begin_us)


def level_13_cells(cells: Sequence[str]) -> int:
    """How many level-13 cells these valid tokens stand for: a cell of level n holds 4^(13 − n)."""
    total = 0
    for token in cells:
        if len(token) == 8:
            total += 1
        else:
            # the lowest set bit of the 64-bit identifier is at 60 − 2 × level, so at 34 for level 13
            lowest_bit = 4 * (16 - len(token)) + (2 if token[-1] in "4c" else 0)
            total += 1 << (lowest_bit - 34)
    return total


def _check_findings(command: RecordFindings) -> None:
    _check_count(command.after, 0, "after")
    _check_count(command.through, command.after, "through")
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
        _check_digest(digest, f"{side}_digest")
    if (finding.a_party, finding.a_operation_id) >= (finding.b_party, finding.b_operation_id):
        raise InvalidInputError("a must sort before b", place="a_operation_id")
    if finding.rule not in _RULES:
        raise InvalidInputError(f"unknown rule: use one of {', '.join(sorted(_RULES))}", place="rule")
    _check_digest(finding.witness_digest, "witness_digest")
    if not _BASIS.fullmatch(finding.basis):
        raise InvalidInputError("basis must be a clause such as north-south/1/4.1, or empty", place="basis")
