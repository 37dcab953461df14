"""Signed notes, checkpoints and cosignatures: as others have published them, and refused in every other spelling."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.record.notes import (
    COSIGNATURE,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    SIGNATURE,
    Checkpoint,
    Note,
    SignatureLine,
    Signer,
    VerifierKey,
    cosign,
    format_checkpoint,
    format_note,
    parse_checkpoint,
    parse_key,
    parse_note,
    sign,
    verified,
    with_lines,
)

# The example of C2SP's signed-note, and that of golang.org/x/mod/sumdb/note, with their published keys.
EXAMPLES = {
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k": (
        "This is an example message.\n"
        "\n"
        "— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    ),
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW": (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    ),
}
# A checkpoint of a public log of certificates, cosigned by public witnesses, with the published keys of both.
PUBLIC = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501 - one line for each signature
LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESSES = (
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
)
COSIGNED_S = 0x6A122120
ROOT = bytes(range(32))
TEXT = format_checkpoint(Checkpoint("node.example/pool", 7, ROOT))


def signer(name: str, kind: int = SIGNATURE, seed: int = 1) -> Signer:
    return Signer(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


NODE, NORTH = signer("node.example/pool"), signer("north", COSIGNATURE, 2)
SIGNED = Note(TEXT, (sign(TEXT, NODE), cosign(TEXT, NORTH, 1_800_000_000)))


@pytest.mark.parametrize("text", EXAMPLES)
def test_published_notes_are_verified_and_written_as_they_were(text: str) -> None:
    key, data = parse_key(text), EXAMPLES[text].encode()
    note = parse_note(data)
    assert str(key) == text
    assert verified(note, [key]) == {key: None}
    assert format_note(note) == data


def test_a_public_log_s_checkpoint_and_its_witnesses() -> None:
    note = parse_note(PUBLIC.encode())
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("arche2025h1.staging.ct.transparency.dev", 1_432_088_532)
    log, witnesses = parse_key(LOG), [parse_key(text) for text in WITNESSES]
    assert [key.kind for key in (log, *witnesses)] == [SIGNATURE] + 4 * [COSIGNATURE]
    assert verified(note, [log, *witnesses]) == {log: None, **dict.fromkeys(witnesses, COSIGNED_S)}
    other = Note(note.text.replace("1432088532", "1432088533"), note.signatures)
    for key in (log, *witnesses):
        with pytest.raises(ProofError, match=key.name):
            verified(other, [key])


def test_lines_of_unknown_keys_are_passed_over_whatever_they_hold() -> None:
    stranger = SignatureLine(NODE.name, bytes(4), b"no signature")
    note = Note(TEXT, (stranger, *SIGNED.signatures))
    assert verified(note, [NODE.key]) == {NODE.key: None}
    assert verified(note, [signer("node.example/pool", seed=3).key]) == {}
    assert verified(note, []) == {}


def test_a_signature_is_no_cosignature_and_the_same_key_has_another_id_for_each() -> None:
    both = signer("north", SIGNATURE, 2)
    assert both.key.key_id != NORTH.key.key_id
    line = sign(TEXT, both)
    passed_off = SignatureLine("north", NORTH.key.key_id, (1).to_bytes(8, "big") + line.value)
    for value in (passed_off, SignatureLine("north", NORTH.key.key_id, line.value)):
        with pytest.raises(ProofError):
            verified(Note(TEXT, (value,)), [NORTH.key])


def test_the_time_of_a_cosignature_is_signed() -> None:
    line = SIGNED.signatures[1]
    later = SignatureLine(line.name, line.key_id, (1_800_000_001).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(ProofError):
        verified(Note(TEXT, (later,)), [NORTH.key])
    newest = (cosign(TEXT, NORTH, 5), cosign(TEXT, NORTH, 9), cosign(TEXT, NORTH, 7))
    assert verified(Note(TEXT, newest), [NORTH.key]) == {NORTH.key: 9}


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 8 * len(format_note(SIGNED)) - 1))
def test_whatever_bit_is_flipped_it_is_not_the_note_that_was_signed(bit: int) -> None:
    data = bytearray(format_note(SIGNED))
    data[bit // 8] ^= 1 << bit % 8
    keys = [NODE.key, NORTH.key]
    try:
        note = parse_note(bytes(data))
        assert set(verified(note, keys)) < set(keys)  # at least one line is no longer theirs
    except SkyparleyError:
        return
    assert note.text == TEXT


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data + b"x",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n\n", b"\n"),
        lambda data: data.replace("—".encode(), b"-"),
        lambda data: data.replace("— ".encode(), "—\u00a0".encode()),
        lambda data: data.replace(b" north ", b" no+rth "),
        lambda data: data.replace(b" north ", b" north  "),
        lambda data: data.replace(b" north ", " nor\u2003th ".encode()),
        lambda data: data[:-2] + b"\n",
        lambda data: data[:-2] + b"==\n",
        lambda data: data + "— x AAAA\n".encode(),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b"pool", b"p\xffol"),
        lambda data: data.replace(b"pool", b"p\x00ol"),
        lambda data: data.replace(b"pool", b"p\x00ol", 1),
        lambda data: data.replace(b"pool", b"p\tol", 1),
        lambda data: data.replace(b"pool", b"p\tol"),
        lambda data: data + 64 * data.splitlines(keepends=True)[-1],
        lambda data: b"x" * MAX_NOTE_BYTES + data,
        lambda data: data[data.index(b"\n\n") + 1 :],
        lambda data: data[data.index(b"\n\n") :],
    ],
)
def test_what_is_no_note_is_refused(spoil: object) -> None:
    with pytest.raises(InvalidInputError):
        parse_note(spoil(format_note(SIGNED)))  # type: ignore[operator]


def test_base64_has_one_spelling() -> None:
    """The last bits of `…w==` are of no meaning, and a second spelling of one signature."""
    line = format_note(SIGNED).decode().splitlines()[-1]
    value = line.rpartition(" ")[2]
    assert value.endswith("=")
    at = len(value.rstrip("=")) - 1
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = value[:at] + alphabet[alphabet.index(value[at]) ^ 1] + value[at + 1 :]
    assert base64.b64decode(twin) == base64.b64decode(value)
    with pytest.raises(InvalidInputError, match="usual spelling"):
        parse_note(format_note(SIGNED).replace(value.encode(), twin.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pool\n7\n",
        "\n7\n" + TEXT.split("\n")[2] + "\n",
        TEXT[:-1],
        TEXT + "more\n",
        TEXT + "more",
        "po\u202eol" + TEXT[TEXT.index("\n") :],
        TEXT + "\n",
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n+7\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("\n7\n", "\n7.0\n"),
        TEXT.replace("\n7\n", "\n٧\n"),
        TEXT.replace("\n7\n", "\n9223372036854775808\n"),
        TEXT.replace("=\n", "\n"),
        "x" * 256 + TEXT,
        "pool\n7\nAAAA\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_checkpoint(text)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    for size in (0, 1, 2**63 - 1):
        checkpoint = Checkpoint("node.example/pool", size, ROOT)
        assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.replace("+", " "),
        lambda text: text.replace("north+", "south+"),
        lambda text: text.replace("north+", "no rth+"),
        lambda text: text.replace("north+", "+"),
        lambda text: text.upper(),
        lambda text: str(VerifierKey("north", COSIGNATURE, bytes(32)))[:14] + text[14:],
    ],
)
def test_a_key_that_was_altered_is_refused(spoil: object) -> None:
    with pytest.raises(InvalidInputError):
        parse_key(spoil(str(NORTH.key)))  # type: ignore[operator]


def test_a_key_of_another_algorithm_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        VerifierKey("north", 0x06, bytes(32))
    with pytest.raises(InvalidInputError):
        VerifierKey("north", SIGNATURE, bytes(31))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u00a0b", "x" * 256])
def test_what_can_be_no_name_is_no_key_s(name: str) -> None:
    with pytest.raises(InvalidInputError, match="a name in notes"):
        VerifierKey(name, SIGNATURE, NODE.key.public)


@pytest.mark.parametrize(("kind", "length"), [(0, 32), (2, 32), (5, 32), (SIGNATURE, 31), (COSIGNATURE, 33)])
def test_keys_of_other_kinds_and_lengths_are_none(kind: int, length: int) -> None:
    with pytest.raises(InvalidInputError, match="a key of notes is an Ed25519 key"):
        VerifierKey("north", kind, (NODE.key.public + b"x")[:length])


def test_lines_that_are_added_have_their_limit() -> None:
    lines = [SignatureLine(f"n{number}", bytes(4), b"x") for number in range(MAX_SIGNATURES)]
    full = with_lines(Note(TEXT, ()), lines)
    assert len(with_lines(full, lines).signatures) == MAX_SIGNATURES
    with pytest.raises(InvalidInputError, match="at most 64 signature lines"):
        with_lines(full, SIGNED.signatures)
