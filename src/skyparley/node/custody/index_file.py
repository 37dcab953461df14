"""The comparison's index as a file beside the vault, so that a start need not read every outline again.

It holds what the vault holds of live operations, as numbers: outlines as the comparison reads them, digests, salts. It
is as private as the vault: readable by its owner only, in no export. No words of anybody are in it, and no identifiers
but the few that the entry of an operation does not tell: whose a row is follows from the log.

Layout: 8 bytes magic, 4 bytes of length (big-endian) and a header (MessagePack), 32 bytes of its SHA-256; then arrays
as they lie in memory, each at a multiple of 64 bytes, with its own SHA-256 in the header. Whatever is wrong with it
costs only time: the index is made again from the vault.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, repeat
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np
import numpy.typing as npt

from skyparley import __version__
from skyparley.conflict.search import ALGORITHM
from skyparley.errors import NotFoundError, StorageError
from skyparley.node.custody.columns import ROW, Rows
from skyparley.node.storage import PRIVATE_FILE, write_durably

INDEX_FILE: Final = "index.bin"
MAGIC: Final = b"SKYINDX1"
_LENGTH_BYTES: Final = 4
_DIGEST_BYTES: Final = 32
_ALIGNED: Final = 64
_WORKERS: Final = 2
"""Checksums take most of reading: two arrays at a time."""
_ROWS: Final = "rows"
Array = npt.NDArray[Any]


class Named(msgspec.Struct, array_like=True, frozen=True):
    """Whose a row is, where the entry that set its details set those of others, too."""

    place: int
    party: str
    operation_id: str


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    name: str
    kind: str
    shape: tuple[int, ...]
    digest: bytes


class _Header(msgspec.Struct, array_like=True, frozen=True):
    algorithm: str
    software: str
    sequence: int
    chain: bytes
    classes: list[str]
    named: list[Named]
    arrays: list[_Stored]


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """An index as of an entry of the log, whose chain value is `chain`.

    `rows` are those of the operations in the order of the index; `arrays` and `classes` are what the index
    made of itself; `named` tells whose rows those are whose entry does not tell it.
    """

    sequence: int
    chain: bytes
    rows: Rows
    arrays: Mapping[str, Array]
    classes: list[str]
    named: list[Named]


def save_index(directory: Path, kept: KeptIndex) -> None:
    """Write an index into a data directory, in place of the one before. Raises `StorageError`."""
    rows = np.ascontiguousarray(kept.rows).view(np.uint8).reshape(len(kept.rows), ROW.itemsize)
    arrays = {_ROWS: rows, **{name: np.ascontiguousarray(array) for name, array in kept.arrays.items()}}
    with ThreadPoolExecutor(_WORKERS) as pool:
        digests = pool.map(lambda array: sha256(array.data).digest(), arrays.values())
    stored = [
        _Stored(name, array.dtype.str, array.shape, digest)
        for (name, array), digest in zip(arrays.items(), digests, strict=True)
    ]
    header = msgspec.msgpack.encode(
        _Header(ALGORITHM, __version__, kept.sequence, kept.chain, kept.classes, kept.named, stored)
    )
    head = MAGIC + len(header).to_bytes(_LENGTH_BYTES, "big") + header + sha256(header).digest()
    write_durably(directory / INDEX_FILE, head, _padded(len(head), arrays.values()), mode=PRIVATE_FILE)


def read_index(directory: Path) -> KeptIndex:
    """The index of a data directory.

    Raises `NotFoundError` if there is none, `StorageError` if it is damaged, cut short, of another version of the
    software, or of another algorithm.
    """
    path = directory / INDEX_FILE
    try:
        with path.open("rb") as file:
            header, begin = _read_header(file)
        places = list(accumulate((_room(one) for one in header.arrays), initial=_aligned(begin)))
        with ThreadPoolExecutor(_WORKERS) as pool:
            arrays = dict(pool.map(_read_array, repeat(path), places, header.arrays))
    except FileNotFoundError:
        raise NotFoundError(f"there is no {INDEX_FILE}") from None
    except OSError as error:
        raise StorageError(f"cannot read {INDEX_FILE}: {error.strerror}") from error
    rows = arrays.pop(_ROWS).reshape(-1).view(ROW)
    return KeptIndex(header.sequence, header.chain, rows, arrays, header.classes, header.named)


def _read_header(file: BinaryIO) -> tuple[_Header, int]:
    """The header of a file, and where it ends."""
    if file.read(len(MAGIC)) != MAGIC:
        raise StorageError("it is no index of this version of Skyparley")
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    data, digest = file.read(length), file.read(_DIGEST_BYTES)
    if sha256(data).digest() != digest:
        raise StorageError("it is damaged: the checksum of its header does not fit")
    try:
        header = msgspec.msgpack.decode(data, type=_Header)
    except msgspec.DecodeError as error:
        raise StorageError(f"its header cannot be read: {error}") from None
    if header.algorithm != ALGORITHM or header.software != __version__:
        raise StorageError(f"it is of {header.algorithm} of Skyparley {header.software}; this is {__version__}")
    return header, file.tell()


def _read_array(path: Path, place: int, stored: _Stored) -> tuple[str, Array]:
    kind = np.dtype(stored.kind)
    count = math.prod(stored.shape)
    array: Array = np.fromfile(path, kind, count, offset=place)
    if len(array) != count or sha256(array.data).digest() != stored.digest:
        raise StorageError(f"it is damaged: the checksum of {stored.name} does not fit")
    return stored.name, array.reshape(stored.shape)


def _padded(begin: int, arrays: Iterable[Array]) -> Iterator[bytes | memoryview]:
    """What follows a header of a length: each array at its place."""
    yield bytes(_aligned(begin) - begin)
    for array in arrays:
        yield array.reshape(-1).view(np.uint8).data
        yield bytes(_aligned(array.nbytes) - array.nbytes)


def _room(stored: _Stored) -> int:
    return _aligned(math.prod(stored.shape) * np.dtype(stored.kind).itemsize)


def _aligned(place: int) -> int:
    return -(-place // _ALIGNED) * _ALIGNED
