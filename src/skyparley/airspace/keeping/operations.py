"""Live operations as the state keeps them: each as one short run of bytes, and a record again when somebody looks.

A million of them lie in memory at once, and hardly any of them is looked at in a second. As records, with their cells
as text, they take three times as much; a record is read from its bytes in two microseconds.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from skyparley.airspace.keeping.records import LateNotice, LiveOperation, OperationKey

Kept = tuple[str, int, str, bool, str, int, int, bytes, int, int, int, bytes, tuple[LateNotice, ...]]
"""What is kept of an operation beside its key, in the order of `LiveOperation`; its digest as bytes."""


class _Hazard(msgspec.Struct, array_like=True):
    state: str
    version: int
    operation_class: str
    hazard: bool


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Kept)
_HAZARD: Final = msgspec.msgpack.Decoder(_Hazard)


class KeptOperations(Mapping[OperationKey, LiveOperation]):
    """Live operations by key."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[OperationKey, bytes] = {}

    def __getitem__(self, key: OperationKey) -> LiveOperation:
        return _read(key, self._kept[key])

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[OperationKey]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def kept(self, key: OperationKey) -> bytes:
        """An operation as it is kept."""
        return self._kept[key]

    def put(self, key: OperationKey, operation: LiveOperation) -> None:
        """Keep an operation; the key is its own, in an object that may be shared with others who hold it."""
        self._kept[key] = _ENCODER.encode(
            (
                operation.state,
                operation.version,
                operation.operation_class,
                operation.hazard,
                operation.hazard_kind,
                operation.begin_us,
                operation.end_us,
                bytes.fromhex(operation.details_digest),
                operation.filed_sequence,
                operation.details_sequence,
                operation.changed_sequence,
                operation.short_extents,
                operation.late_notices,
            )
        )

    def restore(self, key: OperationKey, kept: bytes) -> None:
        """Keep again what `kept` gave out."""
        self._kept[key] = kept

    def drop(self, key: OperationKey) -> None:
        """Keep it no longer."""
        del self._kept[key]

    def hazards(self) -> Iterator[OperationKey]:
        """The keys of all hazard areas. Reads every operation, but not the whole of it."""
        return (key for key, kept in self._kept.items() if _HAZARD.decode(kept).hazard)

    def has_details(self, digest: str) -> bool:
        """Whether any operation has these details: reads only those in whose bytes the digest's stand."""
        sought = bytes.fromhex(digest)
        return any(sought in kept and _read(key, kept).details_digest == digest for key, kept in self._kept.items())


def _read(key: OperationKey, kept: bytes) -> LiveOperation:
    state, version, name, hazard, kind, begin_us, end_us, digest, filed, details, changed, extents, late = (
        _DECODER.decode(kept)
    )
    return LiveOperation(
        *key, state, version, name, hazard, kind, begin_us, end_us, digest.hex(), filed, details, changed, extents, late
    )
