"""Receipts: what one proves, and everything that it does not: altered, re-encoded, forged, of another log."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.record.authorship import key_id_of, sign_header
from skyparley.record.envelope import Header, body_digest, encode_header, leaf_data
from skyparley.record.merkle import Frontier, inclusion_proof, leaf_hash
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    cosign,
    format_checkpoint,
    format_note,
    sign,
)
from skyparley.record.receipts import MAX_RECEIPT_BYTES, make_receipt, verify_receipt
from skyparley.record.trust import Trusted

POOL = "alps"
COUNT = 11
AT = 6
SALT = bytes(range(16))
BODY = '{"kind":"tick","said":"Grüße — سلام"}'.encode()


def signer(name: str, kind: int, seed: int) -> Signer:
    return Signer(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


NODE = signer(POOL, SIGNATURE, 1)
NORTH, SOUTH = signer("north", COSIGNATURE, 2), signer("south", COSIGNATURE, 3)
KEYS = Trusted((NODE.key, NORTH.key))


def header(number: int, *, pool: str = POOL, body: bytes = BODY) -> bytes:
    return encode_header(
        Header(
            pool=pool,
            kind="tick",
            party="alpha",
            authentication="bearer-attested",
            key_id="k",
            idempotency_key=f"n{number}",
            claimed_time_us=1_000 + number,
            body_digest=body_digest(SALT, body),
        )
    )


def leaves(**more: Any) -> list[bytes]:
    return [leaf_hash(leaf_data(n, 2_000 + n, header(n, **more), b"")) for n in range(1, COUNT + 1)]


def note_of(
    tree: list[bytes], *, origin: str = POOL, by: Signer = NODE, cosigners: tuple[Signer, ...] = (NORTH,)
) -> bytes:
    frontier = Frontier()
    for leaf in tree:
        frontier.append(leaf)
    text = format_checkpoint(Checkpoint(origin, len(tree), frontier.root()))
    return format_note(Note(text, (sign(text, by), *(cosign(text, one, 1_800_000_000) for one in cosigners))))


def _hashes(tree: list[bytes]) -> Callable[[int, int], bytes]:
    def hash_of(level: int, index: int) -> bytes:
        frontier = Frontier()
        for leaf in tree[index << level : (index + 1) << level]:
            frontier.append(leaf)
        return frontier.root()

    return hash_of


def receipt(**changes: Any) -> bytes:
    tree = changes.pop("tree", None) or leaves()
    fields: dict[str, Any] = {
        "sequence": AT,
        "time_us": 2_000 + AT,
        "header": header(AT),
        "signature": b"",
        "content": (SALT, BODY),
        "proof": inclusion_proof(_hashes(tree), AT - 1, COUNT),
        "note": note_of(tree),
    }
    return make_receipt(**{**fields, **changes})


GOOD = receipt()
MEMBERS: dict[str, Any] = json.loads(GOOD)


def written(members: Any) -> bytes:
    return msgspec.json.encode(members, order="sorted")


def test_it_proves_the_entry_its_content_and_who_signed() -> None:
    proven = verify_receipt(GOOD, KEYS)
    assert (proven.sequence, proven.time_us, proven.body) == (AT, 2_000 + AT, BODY)
    assert (proven.header.party, proven.header.kind) == ("alpha", "tick")
    assert (proven.checkpoint.origin, proven.checkpoint.size) == (POOL, COUNT)
    assert proven.signed_by == str(NODE.key)
    assert proven.cosigned == {str(NORTH.key): 1_800_000_000}
    assert verify_receipt(GOOD, Trusted((NODE.key,))).cosigned == {}
    assert written(MEMBERS) == GOOD


def test_without_content_it_proves_that_the_entry_is_there() -> None:
    proven = verify_receipt(receipt(content=None), KEYS)
    assert proven.body is None
    assert proven.header.body_digest == body_digest(SALT, BODY)


def test_every_entry_of_every_size_has_one() -> None:
    for size in range(1, 9):
        tree = leaves()[:size]
        for sequence in range(1, size + 1):
            proof = inclusion_proof(_hashes(tree), sequence - 1, size)
            data = receipt(tree=tree, sequence=sequence, time_us=2_000 + sequence, header=header(sequence), proof=proof)
            assert verify_receipt(data, KEYS).sequence == sequence


FORGED = {
    "another place": {"sequence": AT + 1},
    "beyond the record": {"sequence": COUNT + 1},
    "far beyond": {"sequence": 2**53 - 1},
    "another time": {"time_us": 2_000},
    "another author": {"header": MEMBERS["header"].replace("alpha", "bravo")},
    "another claimed time": {"header": MEMBERS["header"].replace("1006", "1007")},
    "a signature where there was none": {"signature": base64.b64encode(bytes(64)).decode()},
    "another body": {"body": MEMBERS["body"].replace("tick", "tock")},
    "another salt": {"salt": base64.b64encode(bytes(16)).decode()},
    "no proof": {"proof": []},
    "a shorter proof": {"proof": MEMBERS["proof"][:-1]},
    "a longer proof": {"proof": [*MEMBERS["proof"], MEMBERS["proof"][0]]},
    "the proof in another order": {"proof": MEMBERS["proof"][::-1]},
    "a checkpoint of another tree": {"checkpoint": note_of(leaves()[:-1]).decode()},
    "a checkpoint of another log": {"checkpoint": note_of(leaves(), origin="other").decode()},
    "a checkpoint that somebody else signed": {"checkpoint": note_of(leaves(), by=signer(POOL, SIGNATURE, 9)).decode()},
    "a checkpoint that only a cosigner signed": {"checkpoint": note_of(leaves(), by=signer("x", 1, 8)).decode()},
    "a cosignature that was altered": {"checkpoint": MEMBERS["checkpoint"][:-13] + "AAAAAAAAAA==\n"},
    "a larger record by the same signatures": {"checkpoint": MEMBERS["checkpoint"].replace("\n11\n", "\n12\n")},
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_what_was_altered_or_forged_proves_nothing(name: str) -> None:
    with pytest.raises(SkyparleyError):
        verify_receipt(written({**MEMBERS, **FORGED[name]}), KEYS)


def test_an_entry_of_another_pool_in_this_log_s_tree_is_no_entry_of_it() -> None:
    tree = leaves(pool="other")
    with pytest.raises(ProofError, match="of the pool 'other'"):
        verify_receipt(receipt(tree=tree, header=header(AT, pool="other")), KEYS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'null,"cosigned_by":{"north":"2027-01-15T08:00:00Z"}',
        b'{"kind": "tick"}',
        b'{"kind":"tock"}',
        b'{"z":1,"kind":"tick"}',
        b'{"kind":"tick","kind":"tick"}',
        b"not json \x1b[2J\x1b[H",
        b"[" * 50_000 + b"]" * 50_000,
    ],
)
def test_content_that_is_no_command_is_not_told_even_if_the_log_holds_it(body: bytes) -> None:
    """Who has the log's key could write anything, and have it printed."""
    tree = leaves(body=body)
    with pytest.raises(ProofError, match="is no command of the kind"):
        verify_receipt(receipt(tree=tree, header=header(AT, body=body), content=(SALT, body)), KEYS)
    assert verify_receipt(receipt(tree=tree, header=header(AT, body=body), content=None), KEYS).body is None


@pytest.mark.parametrize(("authentication", "signature"), [("party-signed", b""), ("node", bytes(64)), ("oracle", b"")])
def test_a_word_of_an_author_that_cannot_be_checked_is_not_repeated(authentication: str, signature: bytes) -> None:
    said = header(AT).replace(b"bearer-attested", authentication.encode())
    tree = leaves()
    tree[AT - 1] = leaf_hash(leaf_data(AT, 2_000 + AT, said, signature))
    data = receipt(tree=tree, header=said, signature=signature, proof=inclusion_proof(_hashes(tree), AT - 1, COUNT))
    with pytest.raises(ProofError, match=r"the entry (is marked|says)"):
        verify_receipt(data, KEYS)


def test_the_log_s_own_key_is_no_cosigner() -> None:
    again = Signer("elsewhere", COSIGNATURE, NODE.private)
    proven = verify_receipt(receipt(note=note_of(leaves(), cosigners=(again,))), Trusted((NODE.key, again.key)))
    assert proven.cosigned == {}


def test_a_cosigner_of_the_log_s_name_is_not_the_log() -> None:
    """A key is a name and a kind: a party that calls itself like the log has cosigned at most."""
    imposter = signer(POOL, COSIGNATURE, 5)
    note = note_of(leaves(), by=signer("x", SIGNATURE, 6), cosigners=(imposter,))
    with pytest.raises(ProofError, match="no key that you trust"):
        verify_receipt(receipt(note=note), Trusted((imposter.key, NORTH.key)))


def test_the_key_of_another_log_neither_speaks_for_this_one_nor_cosigns_it() -> None:
    other = signer("elsewhere", SIGNATURE, 7)
    by_other = receipt(note=note_of(leaves(), by=other))
    with pytest.raises(ProofError, match="no key that you trust"):
        verify_receipt(by_other, Trusted((other.key, NORTH.key)))
    text = format_checkpoint(Checkpoint(POOL, COUNT, verify_receipt(GOOD, KEYS).checkpoint.root))
    both = format_note(Note(text, (sign(text, NODE), sign(text, other))))
    assert verify_receipt(receipt(note=both), Trusted((NODE.key, other.key))).cosigned == {}


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidInputError, match="has at most 16777216 bytes"):
        verify_receipt(b" " * (MAX_RECEIPT_BYTES + 1), KEYS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        json.dumps(MEMBERS).encode(),
        json.dumps(MEMBERS, indent=1, ensure_ascii=False).encode(),
        json.dumps(MEMBERS, sort_keys=True, separators=(",", ":")).encode(),
        GOOD.replace(b'"sequence":6', b'"sequence":6.0'),
        GOOD.replace(b'"sequence":6', b'"sequence":"6"'),
        GOOD.replace(b'"sequence":6', b'"sequence":06'),
        GOOD.replace(b'"sequence":6', b'"sequence":6,"sequence":6'),
        GOOD.replace(b'"sequence":6', b'"Sequence":6'),
        GOOD.replace(b'"sequence":6', b'"sequence":0'),
        GOOD.replace(b'"sequence":6', b'"sequence":-6'),
        GOOD.replace(b'"sequence":6', b'"sequence":9007199254740992'),
        GOOD.replace(b'"sequence":6', b'"sequence":6,"x":1'),
        written({**MEMBERS, "time_us": -1}),
        written({**MEMBERS, "time_us": 2**53}),
        GOOD.replace(b"receipt 1", b"receipt 2"),
        GOOD.replace(b"skyparley receipt 1", b"receipt"),
        written({**MEMBERS, "salt": None}),
        written({**MEMBERS, "body": None}),
        written({**MEMBERS, "salt": "AAAA"}),
        written({**MEMBERS, "proof": ["x"]}),
        written({**MEMBERS, "proof": ["AAAA"]}),
        written({**MEMBERS, "proof": 64 * MEMBERS["proof"][:1]}),
        written({**MEMBERS, "signature": "A"}),
        written({**MEMBERS, "header": MEMBERS["header"].replace(",", ", ", 1)}),
        written({**MEMBERS, "header": "{}"}),
        written({**MEMBERS, "header": "x" * 5_000}),
        written({**MEMBERS, "checkpoint": ""}),
        written({**MEMBERS, "checkpoint": "x" * 100_000}),
        written({key: value for key, value in MEMBERS.items() if key != "proof"}),
        b"[" * 100_000,
        b"9" * 1_000_000,
        b" " * (MAX_RECEIPT_BYTES + 1),
    ],
)
def test_what_is_no_receipt_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        verify_receipt(data, KEYS)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


def test_a_format_of_the_future_says_to_upgrade() -> None:
    with pytest.raises(
        InvalidInputError, match="'skyparley receipt 2'; this Skyparley reads 'skyparley receipt 1': upgrade"
    ):
        verify_receipt(GOOD.replace(b"receipt 1", b"receipt 2").replace(b'"body"', b'"new":{},"body"'), KEYS)


def test_every_bit_that_is_flipped_is_noticed() -> None:
    """Where the cosigner's line becomes that of an unknown key, the rest is still proved, and no cosignature is."""
    good = verify_receipt(GOOD, KEYS)
    passed = 0
    for bit in range(8 * len(GOOD)):
        data = bytearray(GOOD)
        data[bit // 8] ^= 1 << bit % 8
        try:
            proven = verify_receipt(bytes(data), KEYS)
        except SkyparleyError:
            continue
        passed += 1
        assert (proven.cosigned, proven.unknown_lines) == ({}, 1)
        assert replace(proven, cosigned=good.cosigned, unknown_lines=0) == good
    assert passed < 8 * len("north ") + 4 * 8


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(SkyparleyError):
        verify_receipt(data, KEYS)


def test_an_entry_that_its_party_signed_proves_that_it_said_so() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
    public = private.public_key().public_bytes_raw()
    key_id = key_id_of(public)
    signed = msgspec.json.encode(
        {**json.loads(header(AT)), "authentication": "party-signed", "key_id": key_id}, order="sorted"
    )
    signature = sign_header(signed, private)
    tree = [*leaves()[: AT - 1], leaf_hash(leaf_data(AT, 2_000 + AT, signed, signature)), *leaves()[AT:]]
    proof = inclusion_proof(_hashes(tree), AT - 1, COUNT)
    data = receipt(tree=tree, header=signed, signature=signature, proof=proof)
    keys = Trusted(KEYS.notes, {("alpha", key_id): public})
    assert verify_receipt(data, keys).header.authentication == "party-signed"
    with pytest.raises(ProofError, match="give its line, which begins with alpha=ed25519:"):
        verify_receipt(data, KEYS)
    with pytest.raises(ProofError, match="does not fit"):
        verify_receipt(data, Trusted(KEYS.notes, {("alpha", key_id): bytes([7] * 32)}))
    forged = [*tree]
    forged[AT - 1] = leaf_hash(leaf_data(AT, 2_000 + AT, signed, bytes(64)))  # without the party's word
    with pytest.raises(ProofError, match="does not fit"):
        verify_receipt(receipt(tree=forged, header=signed, signature=bytes(64), proof=proof), keys)
