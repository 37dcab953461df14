"""Keys, notes, checkpoints and origins as the record page reads them, against `skyparley verify`; and its texts."""

import base64
import json
import re
from hashlib import sha256

from record import test_receipts as made
from skyparley.record import authorship
from skyparley.record.authorship import format_key_line
from skyparley.record.envelope import leaf_data
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
from support.tree import ROOT
from support.verdicts import (
    COSIGNER_LINE,
    KEYS,
    LOG_LINE,
    PARTY_LINE,
    PUBLIC,
    SIGNED,
    Judge,
    assert_agreed,
)

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
