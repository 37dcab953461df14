"""The verifier of the record page against that of `skyparley verify`, which shares no code with it.

Never a yes of the one where the other says no, and the same facts where both say yes.
"""

import base64
import itertools
import json
import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from record import test_receipts as made
from skyparley.errors import SkyparleyError
from skyparley.record import authorship
from skyparley.record.authorship import format_key_line, key_id_of, sign_header
from skyparley.record.envelope import body_digest, leaf_data
from skyparley.record.merkle import inclusion_proof, leaf_hash, node_hash
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    cosign,
    format_checkpoint,
    format_note,
    origin_of,
    sign,
)
from skyparley.record.receipts import Proven, verify_receipt
from skyparley.record.trust import parse_trusted
from support.javascript import bundled, run
from support.tree import ROOT

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


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """What the console says of receipts, one after another: what is proved, or None."""
    program = bundled(ROOT / "tests" / "support" / "receipt_verdicts.mjs", tmp_path_factory.mktemp("bundle"))

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


def test_what_is_good_is_proved_with_the_same_facts(judge: Judge) -> None:
    without = made.receipt(content=None)
    cases = [
        (made.GOOD, KEYS),
        (SIGNED, KEYS),
        (without, KEYS),
        (made.GOOD, LOG_LINE),
        (SIGNED, f"{LOG_LINE}\n{PARTY_LINE}"),
    ]
    for size in (*range(1, 10), 31, 32, 33):
        tree = [*made.leaves(), *(leaf_hash(b"%d" % at) for at in range(size))][:size]
        for sequence in range(1, min(size, made.COUNT) + 1):
            proof = inclusion_proof(made._hashes(tree), sequence - 1, size)
            head = {"sequence": sequence, "time_us": 2_000 + sequence, "header": made.header(sequence)}
            cases.append((made.receipt(tree=tree, proof=proof, **head), KEYS))
    assert None not in assert_agreed(judge, cases)


def test_every_bit_that_is_flipped_gets_the_same_verdict(judge: Judge) -> None:
    cases = []
    for bit in range(8 * len(SIGNED)):
        data = bytearray(SIGNED)
        data[bit // 8] ^= 1 << bit % 8
        cases.append((bytes(data), KEYS))
    verdicts = assert_agreed(judge, cases)
    proved = [one for one in verdicts if one is not None]
    assert all(one["cosigned"] == {} for one in proved), "only the line of a key that is not known may differ"
    assert 0 < len(proved) < 8 * len("north ") + 4 * 8


def test_what_is_forged_or_no_receipt_is_refused_by_both(judge: Judge) -> None:
    base = json.loads(SIGNED)
    cases = [(made.written({**made.MEMBERS, **change}), KEYS) for change in made.FORGED.values()]
    cases += [(made.written({**base, **change}), KEYS) for change in made.FORGED.values() if "header" not in change]
    (marks,) = [
        mark for mark in made.test_what_is_no_receipt_is_refused_in_one_line.pytestmark if mark.name == "parametrize"
    ]
    cases += [(data, KEYS) for data in marks.args[1]]
    cases += [(data + SIGNED, KEYS) for data in (b" ", b"\xef\xbb\xbf", b"\x00")]
    cases += [(SIGNED.replace(b"alpha", name), KEYS) for name in (b"bravo", b"alph\xc3\xa4", b"")]
    assert len(cases) > 70
    assert set(map(str, assert_agreed(judge, cases))) == {"None"}


BODIES = [
    '{"kind":"tick","n":-1,"list":[true,false,null,0,{}],"deep":{"a":{"b":[[]]}}}',
    '{"kind":"tick","ä":1,"z":2,"ﬀ":3,"😀":4,"\\u0000":5,"\x7f":6}',
    '{"__proto__":1,"constructor":2,"kind":"tick"}',
    '{"kind":"tick","n":9007199254740991}',
    '{"kind":"tick","text":"\\b\\t\\n\\f\\r\\"\\\\/\\u001f\u2028"}',
    '{"kind":"tick","n":-0}',
    '{"kind":"tick","n":01}',
    '{"kind":"tick","n":1e2}',
    '{"kind":"tick","kind":"tick"}',
    '{"kind":"tick" }',
    '{"kind":"tick","text":"\\/"}',
    '{"kind":"tick","text":"\\u00e4"}',
    '{"kind":"tick","text":"\\ud800"}',
    '{"kind":"tick","text":"\\u000A"}',
    '{"kind":"tock"}',
    '{"__proto__":{"kind":"tick"}}',
    '["kind","tick"]',
    '"tick"',
    "null",
    "",
    "[" * 50_000 + "]" * 50_000,
]  # fmt: skip


def test_content_is_canonical_or_refused(judge: Judge) -> None:
    """Members in the order of UTF-8, each once, in one spelling."""
    bodies = [one.encode() for one in BODIES]
    bodies += [msgspec.json.encode(msgspec.json.decode(one), order="sorted") for one in bodies[:5]]
    verdicts = assert_agreed(judge, [(party_signed(body), KEYS) for body in bodies])
    assert [verdict is not None for verdict in verdicts[-5:]] == [True] * 5


def test_a_number_that_javascript_cannot_hold_is_refused(judge: Judge) -> None:
    """The log's canonical form has none; the verifier in Python would let them pass, this one must not round them."""
    numbers = ("9007199254740992", "9007199254740993", "18446744073709551615", "1.5", "1e300")
    assert judge([(party_signed(b'{"kind":"tick","n":%b}' % one.encode()), KEYS) for one in numbers]) == [None] * 5


def test_no_octet_moves_between_salt_and_content(judge: Judge) -> None:
    """A salt of another length would let a forger take from the content what he gives to the salt."""
    cases = []
    for salt in (made.SALT[:-1], made.SALT + b" ", b""):
        digest = body_digest(salt, made.BODY)
        said = made.header(made.AT).replace(json.loads(made.header(made.AT))["body_digest"].encode(), digest.encode())
        cases.append((in_the_tree(said, content=(salt, made.BODY)), KEYS))
    assert assert_agreed(judge, cases) == [None] * 3


def test_a_mark_that_does_not_fit_is_refused(judge: Judge) -> None:
    said = made.header(made.AT)
    cases = [
        (in_the_tree(said.replace(b"bearer-attested", mark), signature), KEYS)
        for mark in (b"party-signed", b"node", b"oracle", b"", b"bearer-attested")
        for signature in (b"", bytes(64), bytes(63), sign_header(said, PRIVATE))
    ]
    verdicts = assert_agreed(judge, cases)
    assert [verdict is not None for verdict in verdicts].count(True) == 2
    other = json.loads(SIGNED)["header"].replace("party-signed", "oracle").encode()
    assert assert_agreed(judge, [(in_the_tree(other, sign_header(other, PRIVATE), content=None), KEYS)]) == [None]
    other = json.loads(SIGNED)["header"].replace(key_id_of(PUBLIC), "0" * 16).encode()
    assert assert_agreed(judge, [(in_the_tree(other, sign_header(other, PRIVATE), content=None), KEYS)]) == [None]
    unsigned = json.loads(SIGNED)
    other = sign_header(unsigned["header"].encode(), Ed25519PrivateKey.from_private_bytes(bytes([8] * 32)))
    forged = in_the_tree(unsigned["header"].encode(), other)
    assert assert_agreed(judge, [(forged, KEYS)]) == [None]


def test_only_the_key_of_the_log_speaks_for_it(judge: Judge) -> None:
    """Neither a cosigner of its name, nor another log whose key is trusted as well, nor a party."""
    imposter = made.signer(made.POOL, COSIGNATURE, 5)
    stranger = made.signer("x", SIGNATURE, 6)
    cases = []
    for by, cosigners in ((stranger, (imposter,)), (stranger, ()), (imposter, ())):
        for lines in itertools.permutations((str(imposter.key), str(stranger.key), COSIGNER_LINE, PARTY_LINE), 2):
            data = made.receipt(note=made.note_of(made.leaves(), by=by, cosigners=cosigners))
            cases.append((data, "\n".join(lines)))
    assert set(map(str, assert_agreed(judge, cases))) == {"None"}


def test_headers_are_read_in_one_spelling(judge: Judge) -> None:
    said = made.header(made.AT)
    members = json.loads(said)
    heads = [
        msgspec.json.encode({**members, **change}, order="sorted")
        for change in (
            {"version": 2}, {"version": "1"}, {"version": True}, {"claimed_time_us": -1}, {"claimed_time_us": 2**53},
            {"claimed_time_us": 2**53 - 1}, {"party": None}, {"party": "ä\x00"}, {"more": 1}, {"pool": "alps\n"},
            {"idempotency_key": "x" * 4_096}, {"key_id": 7},
        )
    ]  # fmt: skip
    heads += [said.replace(b'"version":1', b'"version":1.0'), said[:-1], b"", b"[]", said.replace(b",", b", ", 1)]
    heads += [msgspec.json.encode({key: value for key, value in members.items() if key != one}) for one in members]
    verdicts = assert_agreed(judge, [(in_the_tree(head, content=None), KEYS) for head in heads])
    assert [verdict is not None for verdict in verdicts].count(True) == 2


NAMES = ["north", "log/2026", "x y", "a+b", "", "x" * 255, "x" * 256, "\u00a0", "\ufeff", "\u2028", "ж", "😀", "a\x85b"]


def test_lines_of_keys_are_read_alike(judge: Judge) -> None:
    """What is no key spoils the file; one that anybody could sign for is none."""
    weak = [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xed" + b"\xff" * 30 + b"\x7f",
        b"\xff" * 32,
        b"\xec" + b"\xff" * 30 + b"\x7f",
    ]
    weak += [y.to_bytes(32, "little") for y in sorted(authorship._SMALL_ORDER_Y)]
    lines = [LOG_LINE[:-1], LOG_LINE + "=", LOG_LINE.replace("+", "+ ", 1), f"{LOG_LINE} # mine", f"\ufeff{LOG_LINE}"]
    lines += [
        LOG_LINE.upper(),
        PARTY_LINE[:-1],
        f"x {PARTY_LINE}",
        PARTY_LINE.replace("alpha", "Alpha"),
        "#",
        "",
        "\x00",
    ]
    lines += [format_key_line("alpha", public) for public in weak]
    lines += [_vkey(name, SIGNATURE, PUBLIC) for name in NAMES] + [
        _vkey("x", kind, PUBLIC) for kind in (0, 2, 3, 5, 255)
    ]
    lines += [_vkey("x", SIGNATURE, public) for public in weak]
    lines += [LOG_LINE[:at] + ("A" if LOG_LINE[at] != "A" else "B") + LOG_LINE[at + 1 :] for at in range(len(LOG_LINE))]
    lines += [
        PARTY_LINE[:at] + ("A" if PARTY_LINE[at] != "A" else "B") + PARTY_LINE[at + 1 :]
        for at in range(len(PARTY_LINE))
    ]
    cases = [(SIGNED, f"{KEYS}\n{line}") for line in lines]
    cases += [
        (SIGNED, KEYS.replace("\n", end))
        for end in ("\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\x1f", "\t")
    ]
    cases += [(SIGNED, f"{edge}{KEYS}{edge}") for edge in ("\x1f", "\u3000", "\xa0", "\ufeff", "\u200b", "\u180e")]
    cases += [
        (SIGNED, keys) for keys in ("", "#", LOG_LINE, PARTY_LINE, COSIGNER_LINE, f"{PARTY_LINE}\n{COSIGNER_LINE}")
    ]
    verdicts = assert_agreed(judge, cases)
    assert {verdict is not None for verdict in verdicts} == {True, False}


def _vkey(name: str, kind: int, public: bytes) -> str:
    """A line as `VerifierKey` writes it, of what it would refuse to be."""
    held = bytes([kind]) + public
    key_id = sha256(name.encode() + b"\n" + held).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(held).decode()}"


def test_notes_are_read_alike(judge: Judge) -> None:
    note = made.note_of(made.leaves()).decode()
    text, _, lines = note.rpartition("\n\n")
    first, second = lines[:-1].split("\n")
    origin, size, root = text.split("\n")
    own = Signer("elsewhere", COSIGNATURE, made.NODE.private)
    notes = [
        f"{text}\n\n{first}",
        f"{text}\n{lines}",
        f"\n{note}",
        f"{note}\n",
        f"{text}\n\n\n{lines}",
        f"{text}\r\n\n{lines}",
        f"{text}\n\n{first}\n",
        f"{text}\n\n{second}\n",
        f"{text}\n\n{second}\n{first}\n",
        f"{text}\n\n{first}\n{first}\n",
        f"{text}\n\n{lines}{lines}{first}\n",
        f"{text}\n\n" + f"{first}\n" * 64,
        f"{text}\n\n" + f"{first}\n" * 65,
        f"{text}\n\n- {lines[2:]}",
        f"{text}\n\n—  {lines[2:]}",
        f"{text}\n\n{lines[:-1]} \n",
        f"{text}\n\n— alps AAAA\n{lines}",
        f"{text}\n\n— alps AAAAAAA=\n{lines}",
        f"{text}\n\n— other AAAAAAA=\n{lines}",
        f"{text}\n\n— a+b AAAAAAA=\n{lines}",
        f"{text}\n\n— \ufeff AAAAAAA=\n{lines}",
        f"{text}\n\n— \u00a0 AAAAAAA=\n{lines}",
        f"{text}\n\n— \x85 AAAAAAA=\n{lines}",
        f"{origin}\n0{size}\n{root}\n\n{lines}",
        f"{origin}\n+{size}\n{root}\n\n{lines}",
        f"{origin}\n{size}\n{root}\nmore\n\n{lines}",
        f"{origin}\n{size}\n{root}=\n\n{lines}",
        f" {origin}\n{size}\n{root}\n\n{lines}",
        f"{origin}\n١١\n{root}\n\n{lines}",
        made.note_of(made.leaves(), cosigners=()).decode(),
        made.note_of(made.leaves(), cosigners=(made.NORTH, made.SOUTH)).decode(),
        made.note_of(made.leaves(), cosigners=(own,)).decode(),
        made.note_of(made.leaves(), origin="other").decode(),
    ]
    for time_s in (0, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1):
        said = format_note(Note(f"{text}\n", (cosign(f"{text}\n", made.NORTH, time_s),))).decode()
        notes.append(f"{text}\n\n{first}\n{said.rpartition(chr(10) * 2)[2]}")
    keys = f"{LOG_LINE}\n{COSIGNER_LINE}\n{own.key}"
    verdicts = assert_agreed(judge, [(made.written({**made.MEMBERS, "checkpoint": one}), keys) for one in notes])
    assert [verdict is not None for verdict in verdicts].count(True) >= 11


def signed_by_the_log(text: str) -> bytes:
    return format_note(Note(text, (sign(text, made.NODE),)))


def test_a_checkpoint_that_no_tree_has_is_refused_though_the_log_signed_it(judge: Judge) -> None:
    """Places beyond the tree, and paths longer or shorter than it is high, whose hashes would come out."""
    step = bytes(range(32))
    cases = []
    trees = [(1, 1, 0), (1, 2, 1), (2, 2, 1)]
    lies = [(2, 1, 0), (3, 1, 0), (1, 1, 1), (1, 2, 0), (2, 2, 0), (1, 3, 1), (1, 2, 2), (4, 4, 1)]
    for sequence, size, steps in trees + lies:
        path = [step] * steps
        head, time_us = made.header(sequence), 2_000 + sequence
        root = leaf_hash(leaf_data(sequence, time_us, head, b""))
        for one in path:
            root = node_hash(one, root) if sequence % 2 == 0 or size == 1 else node_hash(root, one)
        note = signed_by_the_log(format_checkpoint(Checkpoint(made.POOL, size, root)))
        cases.append((made.receipt(sequence=sequence, time_us=time_us, header=head, proof=path, note=note), KEYS))
    verdicts = assert_agreed(judge, cases)
    assert [verdict is not None for verdict in verdicts] == [True] * len(trees) + [False] * len(lies)
    text = json.loads(made.GOOD)["checkpoint"].rpartition("\n\n")[0]
    texts = (f"{text}\n\nmore\n", f"{text}\nmore\n", f"{text}\n\n", f"\n{text}\n", text.replace("11", "011") + "\n")
    notes = [
        made.written({**made.MEMBERS, "checkpoint": signed_by_the_log(one).decode()}) for one in (f"{text}\n", *texts)
    ]
    assert [one is not None for one in assert_agreed(judge, [(data, KEYS) for data in notes])] == [True] + [False] * 5


POOLS = ["alps", "a b", "a+b", "Grüße", "سلام", "x" * 180, "x" * 181, "%41", "a/b:@!$&'()*,;=-._~", "\n", "😀" * 60]


def test_a_pool_has_the_same_origin_in_both(judge: Judge) -> None:
    cases = []
    for pool in POOLS:
        for of in {pool, "other"}:
            tree = made.leaves(pool=pool)
            by = Signer(origin_of(of), SIGNATURE, made.NODE.private)
            note = made.note_of(tree, origin=origin_of(of), by=by)
            proof = inclusion_proof(made._hashes(tree), made.AT - 1, made.COUNT)
            data = made.receipt(tree=tree, header=made.header(made.AT, pool=pool), proof=proof, note=note)
            cases.append((data, str(by.key)))
    verdicts = assert_agreed(judge, cases)
    assert [verdict is not None for verdict in verdicts].count(True) == len(POOLS)


def test_every_text_has_the_same_facts_in_every_language() -> None:
    counted = {}
    for language in ("en", "fr", "ru", "ar", "es"):
        text = (ROOT / "console" / "src" / "texts" / "record" / f"{language}.ts").read_text(encoding="utf-8")
        counted[language] = {
            name: said.count("{}")
            for name, said in re.findall(r'^  (\w+):\s+"((?:[^"\\]|\\.)*)",$', text, re.MULTILINE)
        }
    assert len(counted["en"]) > 80
    assert all(one == counted["en"] for one in counted.values())
