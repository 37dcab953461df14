"""The comparison's index as a file beside the vault, so that a start need not read every outline again.

It holds what the vault holds of live operations, as numbers: outlines as the comparison reads them, digests, salts. It
is as private as the vault: readable by its owner only, in no export. No words of anybody are in it, and no identifiers
but the few that the entry of an operation does not tell: whose a row is follows from the log.

Layout: 8 bytes magic, 4 bytes of length (big-endian) and a header (MessagePack), 32 bytes of its SHA-256; then arrays
as they lie in memory, each at a multiple of 64 bytes, with its own SHA-256 in the header. Whatever is wrong with it
costs only time: the index is made again from the vault.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
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
MAGIC: Final = b"SKYINDX3"
_LENGTH_BYTES: Final = 4
_DIGEST_BYTES: Final = 32
_ALIGNED: Final = 64
_WORKERS: Final = 2
"""Checksums take most of the time: of two arrays at once."""
_READ_BYTES: Final = 1 << 20
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

    `rows` are those of the operations in the order of the index; `arrays` and `classes` are what the index made of
    itself; `named` tells whose rows those are whose entry does not tell it.
    """

    sequence: int
    chain: bytes
    rows: Rows
    arrays: Mapping[str, Array]
    classes: list[str]
    named: list[Named]

    def close(self) -> None:
        """Close the file that it was read from, if any; its arrays can be asked for no more."""
        if isinstance(self.arrays, _StoredArrays):
            self.arrays.close()


class _StoredArrays(Mapping[str, Array]):
    """Arrays of a file that is kept open, each read anew when it is asked for."""

    def __init__(self, file: BinaryIO, stored: Sequence[_Stored], begin: int) -> None:
        self._file = file
        ends = accumulate((_aligned(_length(one)) for one in stored), initial=_aligned(begin))
        self._stored = {one.name: (one, place) for one, place in zip(stored, ends, strict=False)}

    def __getitem__(self, name: str) -> Array:
        stored, place = self._stored[name]
        self._file.seek(place)
        array: Array = np.fromfile(self._file, np.dtype(stored.kind), math.prod(stored.shape))
        return array.reshape(stored.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def check(self) -> None:
        """Raise `StorageError` unless every array is as it was written. Nothing of them stays in memory."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            for name, fits in zip(self._stored, pool.map(self._fits, self._stored.values()), strict=True):
                if not fits:
                    raise StorageError(f"it is damaged: the checksum of {name} does not fit")

    def _fits(self, stored_at: tuple[_Stored, int]) -> bool:
        stored, place = stored_at
        checksum, end = sha256(), place + _length(stored)
        while place < end and (data := os.pread(self._file.fileno(), min(_READ_BYTES, end - place), place)):
            checksum.update(data)
            place += len(data)
        return place == end and checksum.digest() == stored.digest


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
    """The index of a data directory, to be closed once it was taken over.

    Raises `NotFoundError` if there is none, `StorageError` if it is damaged, cut short, of another version of the
    software, or of another algorithm.
    """
    try:
        file = (directory / INDEX_FILE).open("rb")
    except FileNotFoundError:
        raise NotFoundError(f"there is no {INDEX_FILE}") from None
    except OSError as error:
        raise StorageError(f"cannot read {INDEX_FILE}: {error.strerror}") from error
    try:
        header, begin = _read_header(file)
        arrays = _StoredArrays(file, header.arrays, begin)
        arrays.check()
        rows = arrays[_ROWS].reshape(-1).view(ROW)
    except BaseException as error:
        file.close()
        if isinstance(error, OSError):
            raise StorageError(f"cannot read {INDEX_FILE}: {error.strerror}") from error
        raise
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
        made, here = f"{header.algorithm} of Skyparley {header.software}", f"{ALGORITHM} of {__version__}"
        raise StorageError(f"it is of {made}, and this is {here}")
    return header, file.tell()


def _padded(begin: int, arrays: Iterable[Array]) -> Iterator[bytes | memoryview]:
    """What follows a header of a length: each array at its place."""
    yield bytes(_aligned(begin) - begin)
    for array in arrays:
        yield array.reshape(-1).view(np.uint8).data
        yield bytes(_aligned(array.nbytes) - array.nbytes)


def _length(stored: _Stored) -> int:
    return math.prod(stored.shape) * np.dtype(stored.kind).itemsize


def _aligned(place: int) -> int:
    return -(-place // _ALIGNED) * _ALIGNED
