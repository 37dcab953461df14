"""Details of an operation on their way into vault and log: canonical bytes, digest, and the extents that are shared.

The log names them by the SHA-256 of a salt and the bytes: an outline has few possible forms within cells that everybody
knows, so that a digest of it alone could be found by trying. Extents are coarser than the details on purpose: cells of
level 13 or larger, bands in whole millimetres rounded outward, and tracks in stretches. They never leave out anything
that the details touch.
"""

import hmac
import math
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from skyparley.airspace.operations.commands import AmendOperation, DeclareHazard, Extent, FileOperation
from skyparley.conflict.codec import decode_operation, digest, encode_operation, is_quantised, quantise
from skyparley.conflict.minima import SeparationMinimum
from skyparley.conflict.operation import Operation
from skyparley.errors import SkyparleyError, StorageError
from skyparley.geometry.cells import cover_path, cover_volume
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from skyparley.units import MICROSECONDS_PER_SECOND

STRETCH_POINTS: Final = 64
"""A track is shared in stretches of so many points, so that a long flight does not reserve its whole path all day."""


SALT_BYTES: Final = 16
DETAILS: Final = b"skyparley details 1\n"
WITNESS: Final = b"skyparley witness 1\n"
"""What details and witnesses begin with, so that nothing else that the log names has their digest."""


@dataclass(frozen=True, slots=True)
class Details:
    """An operation as it is compared (quantised), the bytes that are kept, and their SHA-256 (hex).

    What is kept is a domain, a salt and the canonical bytes of the operation.
    """

    operation: Operation
    data: bytes
    digest: str

    @property
    def salt(self) -> bytes:
        """What stands before the body, so that nobody finds it by trying."""
        return self.data[len(DETAILS) :][:SALT_BYTES]

    @property
    def body(self) -> bytes:
        """The canonical bytes of the operation."""
        return self.data[len(DETAILS) + SALT_BYTES :]


def details_of(operation: Operation, secret: bytes, salt: bytes = b"") -> Details:
    """Quantise an operation to what is stored, so that every later comparison sees the same numbers.

    The salt is drawn from a secret of whoever forms the details, the same again for the same details, or given.
    """
    body = encode_operation(operation)
    drawn = salt or hmac.digest(secret, operation.ref.party.encode() + b"\0" + body, "sha256")[:SALT_BYTES]
    return with_salt(operation if is_quantised(operation) else quantise(operation), body, drawn)


def read_details(data: bytes) -> Details:
    """The details that were kept. Raises `StorageError` for what is none."""
    if not data.startswith(DETAILS):
        raise StorageError("these are not the details of an operation: restore the vault from a backup")
    salt, body = data[len(DETAILS) :][:SALT_BYTES], data[len(DETAILS) + SALT_BYTES :]
    return with_salt(decode_operation(body), body, salt)


def with_salt(operation: Operation, body: bytes, salt: bytes) -> Details:
    """Details of a quantised operation, its canonical bytes and a salt."""
    data = DETAILS + salt + body
    return Details(operation, data, digest(data))


def keep_witness(a: bytes, b: bytes, body: bytes) -> bytes:
    """A witness as it is kept; its salt is made of those of the two that conflict, so that who has both finds it."""
    return WITNESS + sha256(WITNESS + a + b).digest()[:SALT_BYTES] + body


def read_witness(data: bytes) -> bytes:
    """The canonical bytes of a witness that was kept."""
    return data[len(WITNESS) + SALT_BYTES :]


def extents_of(operation: Operation) -> tuple[Extent, ...]:
    """What of an operation is shared with all: cells × band × time.

    Raises `LimitExceededError`, with the piece as its place, for what takes too many cells.
    """
    extents: list[Extent] = []
    try:
        for volume in operation.volumes:
            extents.append(_extent(volume))  # noqa: PERF401 - the error needs to know how far it came
    except SkyparleyError as error:
        raise error.at(f"volumes[{len(extents)}]") from None
    for i, trajectory in enumerate(operation.trajectories):
        try:
            extents.extend(
                _stretch(trajectory, begin) for begin in range(0, len(trajectory.times_us) - 1, STRETCH_POINTS)
            )
        except SkyparleyError as error:
            raise error.at(f"trajectories[{i}]") from None
    return tuple(extents)


def filing_of(details: Details) -> FileOperation:
    """The command that files an operation: what a node forms, and what a party that signs forms itself."""
    operation = details.operation
    return FileOperation(operation.ref.operation_id, operation.operation_class, extents_of(operation), details.digest)


def amendment_of(details: Details, version: int) -> AmendOperation:
    """The command that replaces an operation as a whole."""
    operation = details.operation
    return AmendOperation(
        operation.ref.operation_id, version, operation.operation_class, extents_of(operation), details.digest
    )


def hazard_of(details: Details, hazard_kind: str, *, confirmed: bool) -> DeclareHazard:
    """The command that declares a hazard area."""
    operation = details.operation
    return DeclareHazard(operation.ref.operation_id, hazard_kind, confirmed, extents_of(operation), details.digest)


def watched_by(operation: Operation, minimum: SeparationMinimum) -> tuple[Extent, ...]:
    """Where another operation would have to be to conflict with this one, by any minimum up to this: no less than that.

    Volumes conflict with what touches them, trajectories with what comes nearer than the minimum.
    """
    extents = [_extent(volume) for volume in operation.volumes]
    for one in operation.trajectories:
        extents += [
            _stretch(one, begin, across_m=minimum.horizontal_m, up_m=minimum.vertical_m)
            for begin in range(0, len(one.times_us) - 1, STRETCH_POINTS)
        ]
    return tuple(extents)


def _extent(volume: Volume4D) -> Extent:
    return Extent(
        cells=cover_volume(volume.footprint),
        lower_mm=floor_mm(volume.altitude.lower_m),
        upper_mm=ceil_mm(volume.altitude.upper_m),
        datum=volume.altitude.datum.value,
        begin_us=volume.time.begin_us,
        end_us=volume.time.end_us,
    )


def _stretch(trajectory: Trajectory4D, begin: int, *, across_m: float = 0.0, up_m: float = 0.0) -> Extent:
    part = slice(begin, begin + STRETCH_POINTS + 1)
    altitudes_m, times_us = trajectory.altitudes_m[part], trajectory.times_us[part]
    early_late_us = round(trajectory.time_tolerance_s * MICROSECONDS_PER_SECOND)
    return Extent(
        cells=cover_path(
            trajectory.latitudes_deg[part], trajectory.longitudes_deg[part], trajectory.lateral_tolerance_m + across_m
        ),
        lower_mm=floor_mm(float(altitudes_m.min()) - trajectory.vertical_tolerance_m - up_m),
        upper_mm=ceil_mm(float(altitudes_m.max()) + trajectory.vertical_tolerance_m + up_m),
        datum=trajectory.datum.value,
        begin_us=max(0, int(times_us[0]) - early_late_us),
        end_us=int(times_us[-1]) + early_late_us,
    )


def floor_mm(altitude_m: float) -> int:
    """Whole millimetres, rounded down but for what binary fractions add."""
    return math.floor(altitude_m * 1000.0 + 1e-6)


def ceil_mm(altitude_m: float) -> int:
    """Whole millimetres, rounded up but for what binary fractions add."""
    return math.ceil(altitude_m * 1000.0 - 1e-6)
