"""Receipts to ask about, and what the console's verifier and that of `skyparley verify` say of them."""

import base64
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from record import test_receipts as made
from skyparley.errors import SkyparleyError
from skyparley.record.authorship import format_key_line, key_id_of, sign_header
from skyparley.record.envelope import leaf_data
from skyparley.record.merkle import inclusion_proof, leaf_hash
from skyparley.record.receipts import Proven, verify_receipt
from skyparley.record.trust import parse_trusted
from support.javascript import run

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
PARTY_LINE = format_key_line("alpha", PUBLIC)
LOG_LINE, COSIGNER_LINE = str(made.NODE.key), str(made.NORTH.key)
KEYS = f"# those that I trust\n\n{LOG_LINE}\n  {COSIGNER_LINE}\r\n{PARTY_LINE}"
Case = tuple[bytes, str]
Judge = Callable[[Iterable[Case]], list[dict[str, Any] | None]]


def party_signed(body: bytes = made.BODY) -> bytes:
    """A receipt of an entry that its party signed, with content and a cosignature."""
    fields = {"authentication": "party-signed", "key_id": key_id_of(PUBLIC)}
    said = msgspec.json.encode({**json.loads(made.header(made.AT, body=body)), **fields}, order="sorted")
    signature = sign_header(said, PRIVATE)
    return in_the_tree(said, signature, content=(made.SALT, body))


def in_the_tree(said: bytes, signature: bytes = b"", **more: Any) -> bytes:
    """A receipt of an entry with any header, that the log really holds."""
    tree = made.leaves()
    tree[made.AT - 1] = leaf_hash(leaf_data(made.AT, 2_000 + made.AT, said, signature))
    proof = inclusion_proof(made._hashes(tree), made.AT - 1, made.COUNT)
    return made.receipt(tree=tree, header=said, signature=signature, proof=proof, **more)


SIGNED = party_signed()


def judged_by(program: Path) -> Judge:
    """What the console's verifier, as a program that Node runs, says of receipts, in their order."""

    def judged(cases: Iterable[Case]) -> list[dict[str, Any] | None]:
        lines = [json.dumps({"receipt": base64.b64encode(data).decode(), "keys": keys}) for data, keys in cases]
        verdicts = [json.loads(line) for line in run(program, "\n".join(lines)).rstrip("\n").split("\n")]
        assert len(verdicts) == len(lines)
        assert all(one.get("refused", "refused_").startswith("refused_") for one in verdicts)
        return [one.get("proven") for one in verdicts]

    return judged


def by_python(data: bytes, keys: str) -> dict[str, Any] | None:
    try:
        proven = verify_receipt(data, parse_trusted(keys))
    except SkyparleyError:
        return None
    return facts(proven)


def facts(proven: Proven) -> dict[str, Any]:
    return {
        "header": msgspec.to_builtins(proven.header),
        "sequence": proven.sequence,
        "timeUs": proven.time_us,
        "body": None if proven.body is None else proven.body.decode(),
        "origin": proven.checkpoint.origin,
        "size": str(proven.checkpoint.size),
        "signedBy": proven.signed_by,
        "cosigned": {key: str(time_s) for key, time_s in proven.cosigned.items()},
    }


def assert_agreed(judge: Judge, cases: list[Case]) -> list[dict[str, Any] | None]:
    verdicts = judge(cases)
    for (data, keys), verdict in zip(cases, verdicts, strict=True):
        assert verdict == by_python(data, keys), (data[:400], keys)
    return verdicts
