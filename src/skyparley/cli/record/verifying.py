"""`skyparley verify`: saying in plain words what a receipt proves; and reading the files that this takes."""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.errors import InvalidInputError, ProofError, SkyparleyError, StorageError
from skyparley.geometry.interval import format_time
from skyparley.record.comparing.spoken import fingerprint
from skyparley.record.envelope import SALT_BYTES
from skyparley.record.notes import VerifierKey, parse_note
from skyparley.record.receipts import MAX_RECEIPT_BYTES, Proven, named_digests, verify_receipt
from skyparley.record.trust import MAX_KEYS_BYTES, Trusted, joined, parse_trusted
from skyparley.vocabulary import escaped

_KIND: Final = re.compile(rb"skyparley [^\n]{1,60} \d{1,3}\n")
_AUTHORS: Final = {
    "party-signed": "signed by the party itself, with a key that you trust: nobody else can have said it",
    "bearer-attested": "attested by the node, which knew the author by a key, a session or a token",
    "node": "of the node itself",
}


def print_bytes(data: bytes) -> None:
    """Print what is text already, to the octet."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_fingerprint(note: bytes) -> None:
    """Print a checkpoint's fingerprint to standard error, so that standard output has the note alone."""
    try:
        print(f"fingerprint: {fingerprint(parse_note(note).text)}", file=sys.stderr)
    except InvalidInputError:
        raise StorageError("what answers there is no Skyparley node: check the address") from None


def write(path: Path, data: bytes) -> None:
    """Write a new file. Raises `InvalidInputError` if there is one, `StorageError` if the disk does not take it."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise InvalidInputError("exists already: name a file that does not", place=str(path)) from None
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def verify_file(path: Path, key_files: Sequence[Path], *, named: Path | None, as_json: bool) -> None:
    """Print what a receipt proves, also that its entry names a file by digest.

    Raises `InvalidInputError` or `ProofError` if it proves nothing, or not that.
    """
    proven = prove(path, read_keys(key_files))
    found = None if named is None else _check_named(named, proven, path)
    if as_json:
        print(msgspec.json.encode({**_facts(proven), "named_by": found and found[0]}).decode())
    else:
        _print(proven, found)


def prove(path: Path, keys: Trusted) -> Proven:
    """What a file proves. Raises `InvalidInputError` or `ProofError` with the file if it proves nothing."""
    data = read_file(path, MAX_RECEIPT_BYTES)
    try:
        return verify_receipt(data, keys)
    except ProofError as error:
        raise ProofError(f"NOT PROVED: {error.message}", place=str(path)) from None
    except SkyparleyError as error:
        raise error.at(str(path)) from None


def read_keys(paths: Sequence[Path]) -> Trusted:
    """The public keys in these files. Raises `InvalidInputError` with the file and its line."""
    files = []
    for path in paths:
        try:
            files.append(parse_trusted(read_file(path, MAX_KEYS_BYTES).decode()))
        except UnicodeDecodeError:
            raise InvalidInputError("is not text in UTF-8", place=str(path)) from None
        except InvalidInputError as error:
            raise error if error.place == str(path) else error.at(str(path)) from None
    return joined(files)


def read_witnesses(path: Path | None) -> tuple[VerifierKey, ...]:
    """The keys of a file of cosigners. Raises `InvalidInputError` with the file."""
    from skyparley.node.record.cosigning import check_cosigners

    if path is None:
        return ()
    trusted = read_keys([path])
    try:
        if trusted.parties:
            raise InvalidInputError("has the key of a party: name keys of cosigners, as skyparley witness prints them")
        return check_cosigners(trusted.notes)
    except InvalidInputError as error:
        raise error.at(str(path)) from None


def read_file(path: Path, most: int) -> bytes:
    """A file, or standard input. Raises `InvalidInputError` if it cannot be read, or is longer than that."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with path.open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise InvalidInputError(f"cannot be read: {error.strerror}", place=str(path)) from None
    if len(data) > most:
        raise InvalidInputError(f"is longer than {most} bytes: this is no such file", place=str(path))
    return data


def _facts(proven: Proven) -> dict[str, Any]:
    header = proven.header
    return {
        "verified": True,
        "content": proven.body is not None,
        "origin": proven.checkpoint.origin,
        "sequence": proven.sequence,
        "time": format_time(proven.time_us),
        "kind": header.kind,
        "party": header.party or None,
        "authentication": header.authentication,
        "checkpoint_size": proven.checkpoint.size,
        "signed_by": proven.signed_by,
        "cosigned_by": {key: seconds(time_s) for key, time_s in sorted(proven.cosigned.items())},
        "unknown_lines": proven.unknown_lines,
        "body": None if proven.body is None else msgspec.json.decode(proven.body),
    }


def _print(proven: Proven, named: tuple[str, str] | None) -> None:
    header, checkpoint = proven.header, proven.checkpoint
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = [
        (
            "entry",
            f"{proven.sequence} of the log '{checkpoint.origin}', which held {checkpoint.size} when it was signed",
        ),
        ("time of the log", format_time(proven.time_us)),
        ("kind", header.kind),
        ("author", header.party or "none: the node, or a USS that the body names"),
        ("known as author", _AUTHORS[header.authentication]),
        ("record signed by", proven.signed_by),
    ]
    rows += [("and cosigned by", f"{key} at {seconds(time_s)}") for key, time_s in sorted(proven.cosigned.items())]
    if proven.body is not None:
        rows.append(("content", proven.body.decode()))
    if named is not None:
        rows.append((f"named by {named[0]}", named[1]))
    for name, text in rows:
        table.add_row(name, Text(escaped(text)))
    console = Console(highlight=False)
    what = "the entry and its content" if proven.body is not None else "that the entry is there; not what it says"
    also = "" if named is None else ", and that it names this file"
    console.print(Text(f"PROVED: {what}{also}", style="bold green"))
    console.print(table)
    if not proven.cosigned:
        console.print(
            f"Nobody whose key you name has cosigned this record{uncounted(proven.unknown_lines)}: it proves the entry"
            " as long as you hold this receipt, and not that others were shown the same."
        )


def seconds(time_s: int) -> str:
    """A time that a cosigner has signed, seconds since 1970 UTC, for people."""
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{time_s} s after 1970"


def _check_named(path: Path, proven: Proven, receipt: Path) -> tuple[str, str]:
    """By which member of its content an entry names a file, and the words in it. Raises `ProofError` if it does not."""
    data = read_file(path, MAX_RECEIPT_BYTES)
    digest = sha256(data).hexdigest()
    for member, named in content_digests(proven, receipt).items():
        if named == digest:
            return member, words_of(data)
    raise ProofError(
        f"NOT PROVED: entry {proven.sequence} does not name this: no digest in it is {digest}", place=str(path)
    )


def words_of(stored: bytes) -> str:
    """What is stored without salt and kind, as text; a line that says the kind may stand before the salt."""
    kind = _KIND.match(stored)
    return stored[(kind.end() if kind else 0) + SALT_BYTES :].decode(errors="replace")


def content_digests(proven: Proven, receipt: Path) -> Mapping[str, str]:
    """The digests in what a receipt proves, by member. Raises `ProofError` for one without content."""
    if proven.body is None:
        raise ProofError(
            "NOT PROVED: the receipt is without content, and the digests are in it: ask for the receipt of your own"
            " entry, or as the operator",
            place=str(receipt),
        )
    return named_digests(proven.body)


def uncounted(lines: int) -> str:
    """Of signature lines whose keys are not named: they count for nothing, and may be those of cosigners."""
    return f" ({lines} signature lines are of keys that you do not name)" if lines else ""
