"""`skyparley record private`: what an entry names by digest (a message, a note, an outline), held against its receipt.

Its SHA-256, as it is stored, is the digest. Without a receipt the digest, too, is the node's word, which is said.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from skyparley.cli.record.verifying import content_digests, prove, read_keys, words_of, write
from skyparley.errors import InvalidInputError, ProofError, StorageError
from skyparley.record.base64 import from_base64
from skyparley.vocabulary import escaped


class _Given(msgspec.Struct, frozen=True):
    member: str
    digest: str
    data: str | None
    deleted_under: str | None


def digests_of(path: Path, key_files: Sequence[Path], sequence: int) -> Mapping[str, str]:
    """The digests that the receipt of an entry proves. Raises `InvalidInputError` or `ProofError` with the file."""
    proven = prove(path, read_keys(key_files))
    if proven.sequence != sequence:
        raise InvalidInputError(f"is the receipt of entry {proven.sequence}, not of {sequence}", place=str(path))
    return content_digests(proven, path)


def print_private(sequence: int, items: Any, expected: Mapping[str, str] | None, to: Path | None) -> None:
    """Print what a node gives, without salts, and save it as it is stored, each in a file that its digest names.

    `expected` has the digests of the entry's receipt; None: the node's own word. Raises `ProofError` for what a digest
    does not name, `InvalidInputError` for a file that exists; then nothing is printed or saved.
    """
    try:
        given = msgspec.convert(items, list[_Given])
    except msgspec.ValidationError:
        raise StorageError("what answers there is no Skyparley node: check the address") from None
    if expected is not None and sorted((one.member, one.digest) for one in given) != sorted(expected.items()):
        raise ProofError(f"the node gives other digests for entry {sequence} than its receipt has: believe the receipt")
    lines, files = [], {}
    for one in given:
        if one.data is None:
            lines.append(f"{one.member}: deleted under {one.deleted_under}")
            continue
        data = from_base64(one.data, of=one.member)
        if sha256(data).hexdigest() != one.digest:
            raise ProofError(f"the {one.member} of the entry names something else than the node gave")
        lines.append(f"{one.member}: {words_of(data)}")
        files[one.digest] = data
    _save(files, to)
    print("\n".join(map(escaped, lines or [f"entry {sequence} names nothing"])))
    print(
        "held against the node's word only: give --receipt and --keys to hold it against the signed record"
        if expected is None
        else f"held against the digests in the receipt of entry {sequence}"
    )


def _save(files: Mapping[str, bytes], to: Path | None) -> None:
    """Each in a new file; none if one of them exists already."""
    if to is None:
        return
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the directory {to}: {error.strerror}") from error
    for digest in files:
        if (to / digest).exists():
            raise InvalidInputError("exists already: name another directory", place=str(to / digest))
    for digest, data in files.items():
        write(to / digest, data)
