"""`skyparley keys …`: signing keys on the party's own machine, and what the pool knows of them."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.airspace.signing.commands import CHECKPOINTS
from skyparley.client import Client, operations
from skyparley.client.call import Call
from skyparley.client.signing import PartySigner, make_signer, read_signer, write_signer
from skyparley.errors import InvalidInputError
from skyparley.node.record.keys import SigningAnswer
from skyparley.record.authorship import key_id_of
from skyparley.record.notes import COSIGNATURE, parse_key
from skyparley.vocabulary import escaped

if TYPE_CHECKING:
    from skyparley.client.prepared import Changed
    from skyparley.conflict.operation import Operation

DAY_US = 86_400_000_000
EARLY_US = 60_000_000
"""A key is valid a minute before it is registered, for clocks that go after this one."""
AnswerT = TypeVar("AnswerT")


def signer_of(path: Path) -> PartySigner:
    """The signer of a file; its passphrase is in the environment. Raises `InvalidInputError`."""
    return read_signer(path, os.environ.get("SKYPARLEY_SIGNING_PASSPHRASE", ""))


def asked(
    url: str, api_key: str | None, call: Call[AnswerT], signer: PartySigner | None, *, yes: bool = False
) -> AnswerT:
    """What a node answers to a call, signed where there is a signer; what it changes is shown, and asked for."""
    with Client(url, api_key, signer=signer, confirm=lambda changes: _confirmed(changes, yes=yes)) as client:
        return client.do(call)


def _confirmed(changes: Sequence["Changed"], *, yes: bool) -> bool:
    """Show what would be signed, on standard error; whether it may be."""
    for one in changes:
        whose = f"{one.party}/{one.operation_id}, version {one.version}"
        print(escaped(f"{whose} {'would be' if one.operation else 'would change'}:"), file=sys.stderr)
        if one.operation is not None:
            for line in _described(one.operation):
                print(escaped(f"   {line}"), file=sys.stderr)
        else:
            print("   its new outline is the other side's, and not shown to you", file=sys.stderr)
    answers = {one.answers for one in changes if one.answers}
    for number in sorted(answers):
        print(f"by accepting message {number}", file=sys.stderr)
    if yes:
        return True
    if not sys.stdin.isatty():
        print("say it in a terminal, or with --yes", file=sys.stderr)
        return False
    return input("Sign it? Type yes: ").strip() == "yes"


def _described(operation: "Operation") -> Iterator[str]:
    from skyparley.node.reading.shapes import render_operation_shapes

    for shape in render_operation_shapes(operation).values():
        for one in shape:
            yield msgspec.json.encode(one).decode()


def make(party: str, pool: str, to: Path) -> None:
    """Make a key, keep it in a file, print its public line."""
    signer = make_signer(party, pool)
    write_signer(signer, to, os.environ.get("SKYPARLEY_SIGNING_PASSPHRASE", ""))
    print(signer.line)


def show(path: Path) -> None:
    """Print the public line of a key."""
    print(signer_of(path).line)


def register(path: Path, url: str, api_key: str | None, *, days: int, sign_with: Path | None) -> None:
    """Register a key: signed by itself, or by the one that is named."""
    signer = signer_of(path)
    now_us = time.time_ns() // 1_000
    call = operations.register_key(signer.public, now_us - EARLY_US, now_us + days * DAY_US)
    by = signer if sign_with is None else signer_of(sign_with)
    pool = str(asked(url, api_key, Call("GET", "/v1/me", dict[str, Any]), None)["pool"])
    if signer.pool != pool:
        raise InvalidInputError(f"signs for the pool '{signer.pool}'; this is '{pool}': make another", place=str(path))
    _tell(asked(url, api_key, call, by), signer.key_id)


def register_witness(vkey: str, url: str, api_key: str | None, *, days: int, sign_with: Path | None) -> None:
    """Register the key of a witness."""
    key = parse_key(vkey)
    party = asked(url, api_key, Call("GET", "/v1/me", dict[str, Any]), None)["party"]
    if key.name != party:
        raise InvalidInputError(
            f"the witness is called '{key.name}', and has to bear your party's name, '{party}': start it with --name"
        )
    if key.kind != COSIGNATURE:
        raise InvalidInputError("this key signs and does not cosign: take the line that skyparley witness prints")
    now_us = time.time_ns() // 1_000
    call = operations.register_key(key.public, now_us - EARLY_US, now_us + days * DAY_US, use=CHECKPOINTS)
    by = None if sign_with is None else signer_of(sign_with)
    _tell(asked(url, api_key, call, by), key_id_of(key.public))


def list_keys(party: str, url: str, api_key: str | None) -> None:
    """Show the keys of a party."""
    page = asked(url, api_key, operations.signing_keys(party), None)
    table = Table("key", "for", "state", "from", "until", "brought in by", "entry", box=SIMPLE_HEAD, show_edge=False)
    for key in page.items:
        state = key.state if key.reason is None else f"{key.state} ({key.reason}), entry {key.revoked_sequence}"
        by = key.introduced_by or "the node's word"
        row = (key.key_id, key.use, state, key.valid_from, key.valid_until, by, str(key.sequence))
        table.add_row(*(Text(escaped(one)) for one in row))
    console = Console()
    console.print(table)
    console.print(f"{party} {'signs all that it writes' if page.required else 'may write without a signature'}")
    for key in page.items:
        if key.state == "valid" and key.use != CHECKPOINTS:
            print(key.line)


def revoke(key_id: str, reason: str, url: str, api_key: str | None, *, sign_with: Path | None) -> None:
    """Revoke a key."""
    signer = None if sign_with is None else signer_of(sign_with)
    answer = asked(url, api_key, operations.revoke_key(key_id, reason), signer)
    print(f"{key_id} is revoked by entry {answer.sequence}")


def require(required: bool, url: str, api_key: str | None, *, sign_with: Path | None) -> None:
    """Say whether the party signs all that it writes."""
    if sign_with is None:
        raise InvalidInputError("this is said under your signature: name the key with --sign-with FILE")
    answer = asked(url, api_key, operations.sign_all(required=required), signer_of(sign_with))
    word = "only what is signed is its word" if required else "an API key may speak for it too"
    print(f"from entry {answer.sequence} on {word}")


def _tell(answer: SigningAnswer, key_id: str) -> None:
    key = next(one for one in answer.signing.items if one.key_id == key_id)
    print(f"{key.key_id} is a key of {key.party} for {key.use} by entry {key.sequence}, valid until {key.valid_until}")
