"""The verifier in JavaScript, written from docs/export.md alone, comes to our verdict on exports good and bad.

Bits that are flipped are compared in tests/record/export; here is what only who has the log's key can make.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyparley.airspace.commands import Tick
from skyparley.audit.audit import Evidence, audit
from skyparley.errors import SkyparleyError
from skyparley.record.authorship import NODE, PARTY_SIGNED
from skyparley.record.export.columns import frame, pack, unframe, unpack
from skyparley.record.export.manifest import describe, encode_manifest, open_manifest, seal
from skyparley.record.export.segment import LEAF_ONLY, Shown
from skyparley.record.notes import Note, format_note, origin_of, parse_note, sign
from skyparley.record.trust import Trusted
from support.exports import (
    COSIGNER,
    KEYS,
    NODE_SIGNER,
    POOL,
    VERIFIER,
    Files,
    export_of,
    filing,
    history,
    javascript,
    key_file,
    made,
    note_of,
    private_key,
    reader_of,
    write_files,
)

HISTORY = history(13)
SHOWN = [entry.shown() for entry in HISTORY]
LEAVES = [entry.leaf for entry in HISTORY]
GOOD = export_of(SHOWN, sizes=(2, 2, 7), segment_entries=5)
STRANGER = replace(NODE_SIGNER, private=private_key("stranger"))


def manifest_of(files: Files = GOOD) -> Any:
    return open_manifest(files["manifest.json"], files["seal"], KEYS.notes)


def sealed(**changes: Any) -> Files:
    """The good export with another manifest, sealed by the log's own key."""
    written = encode_manifest(msgspec.structs.replace(manifest_of(), **changes))
    return {**GOOD, "manifest.json": written, "seal": seal(written, NODE_SIGNER)}


def with_column(number: int, column: int, change: Callable[[bytes], bytes]) -> Files:
    """The good export with a column of a segment changed, sealed by the log's own key."""
    name, segments = f"segment-{number:08}.bin", manifest_of().segments
    parts = unframe(GOOD[name][20:], 9)
    parts[column] = change(parts[column]) if column < 4 else pack(change(unpack(parts[column])[0]))
    data = GOOD[name][:20] + frame(parts)
    one = segments[number - 1]
    changed = [describe(data, one.first, one.count) if at == number - 1 else old for at, old in enumerate(segments)]
    return {**sealed(segments=changed), name: data}


def with_next(**said: Any) -> Files:
    """One entry more, which no honest node would log."""
    party, mark, command = said.pop("party", ""), said.pop("mark", NODE), said.pop("command", Tick())
    return export_of([*SHOWN, made(14, party, mark, command, **said).shown()], segment_entries=5)


def with_mark(mark: str) -> Files:
    """The last entry says that its author is known in another way, and its leaf is made of that."""
    entry, files = made(14, "", mark, Tick()), with_next()
    segments, name = manifest_of(files).segments, "segment-00000003.bin"
    parts = unframe(files[name][20:], 9)
    parts[0] = parts[0][:-32] + entry.leaf
    parts[4] = pack(unpack(parts[4])[0].removesuffix(b"w\tnode\t\ttick\t\n") + b"w\t%b\t\ttick\t\n" % mark.encode())
    data = files[name][:20] + frame(parts)
    note = note_of([*LEAVES, entry.leaf]).decode()
    changed = msgspec.structs.replace(
        manifest_of(files), segments=[*segments[:2], describe(data, 11, 4)], checkpoints=[note], chain=None
    )
    written = encode_manifest(changed)
    return {**files, name: data, "manifest.json": written, "seal": seal(written, NODE_SIGNER)}


def forged_signature() -> Files:
    entry = next(entry for entry in HISTORY if entry.signature)
    forged = replace(entry, signature=bytes(64))
    return export_of([*SHOWN[: entry.sequence - 1], forged.shown(), *SHOWN[entry.sequence :]], segment_entries=5)


def renamed(note: bytes) -> str:
    """A checkpoint that says another log's name, by the signature of this one."""
    text = parse_note(note).text.replace(NODE_SIGNER.name, "other", 1)
    return format_note(Note(text, (sign(text, NODE_SIGNER),))).decode()


def notes(*leaves: list[bytes], **more: Any) -> list[str]:
    return [note_of(one, **more).decode() for one in leaves]


CASES: dict[str, Files] = {
    "good": GOOD,
    "one entry": export_of(SHOWN[:1]),
    "for a party": export_of([entry.shown("alpha") for entry in HISTORY], reader="alpha", segment_entries=4),
    "nothing shown": export_of([Shown(LEAF_ONLY, leaf) for leaf in LEAVES]),
    "deleted": export_of([msgspec.structs.replace(SHOWN[0], form="d", salt=b"", body=b"", reason='§ "4"\n\t')]),
    "a signature is forged": forged_signature(),
    "signed by an unknown key": with_next(party="alpha", mark=PARTY_SIGNED, command=filing(9), key_id="0" * 16),
    "the time stands still": with_next(time_us=HISTORY[-1].time_us),
    "the time stands still in another segment": export_of(
        [*SHOWN[:5], made(6, "", NODE, Tick(), time_us=HISTORY[4].time_us).shown()], segment_entries=5
    ),
    "the kind of another": with_next(kind="tock"),
    "a body that is not canonical": with_next(command=b'{"kind": "tick"}'),
    "of another pool": with_next(pool="another"),
    "no time is claimed": with_column(1, 6, lambda text: b"9%s" % (b"9" * 15) + b"\n" + text.partition(b"\n")[2]),
    "an unknown mark": with_column(1, 4, lambda text: text.replace(b"\tnode\t", b"\toracle\t", 1)),
    "an unknown form": with_column(1, 4, lambda text: b"z" + text[1:]),
    "a word too many": with_column(1, 4, lambda text: text.replace(b"\n", b"\tx\n", 1)),
    "a line too many": with_column(2, 8, lambda text: text + b"{}\n"),
    "a line without its end": with_column(2, 8, lambda text: text[:-1]),
    "a line too few": with_column(2, 7, lambda text: text.partition(b"\n")[2]),
    "a salt too many": with_column(2, 1, lambda salts: salts + bytes(16)),
    "a number in another spelling": with_column(2, 5, lambda text: b"0" + text),
    "a step of nothing": with_column(2, 5, lambda text: text.partition(b"\n")[0] + b"\n0\n" + text.split(b"\n", 2)[2]),
    "a leaf too few": with_column(2, 0, lambda leaves: leaves[:-32]),
    "a mark that there is not": with_mark("oracle"),
    "another leaf": with_column(2, 0, lambda leaves: bytes(32) + leaves[32:]),
    "a bomb": with_column(3, 8, lambda _: bytes(129 * 1024 * 1024)),
    "another chain": sealed(chain="0" * 64),
    "no chain": sealed(chain=None),
    "a checkpoint of another tree": sealed(checkpoints=notes(LEAVES[1:5], LEAVES)),
    "the last checkpoint of another tree": sealed(checkpoints=notes(LEAVES[:3], LEAVES[::-1])),
    "no checkpoint of the end": sealed(checkpoints=notes(LEAVES[:12])),
    "checkpoints out of order": sealed(checkpoints=notes(LEAVES[:4], LEAVES[:3], LEAVES)),
    "a checkpoint of nothing": sealed(checkpoints=notes([], LEAVES)),
    "a checkpoint by another": sealed(checkpoints=notes(LEAVES, signer=STRANGER)),
    "a checkpoint of another log": sealed(checkpoints=notes(LEAVES, signer=replace(NODE_SIGNER, name="other"))),
    "a checkpoint that names another log": sealed(checkpoints=[renamed(note_of(LEAVES))]),
    "a checkpoint by a cosigner only": sealed(
        checkpoints=[re.sub(r"— alps.*\n", "", note, count=1) for note in notes(LEAVES, cosigner=COSIGNER)]
    ),
    "a gap": sealed(segments=manifest_of().segments[:1] + manifest_of().segments[2:]),
    "another place": sealed(
        segments=[msgspec.structs.replace(one, first=one.first + (one.first > 1)) for one in manifest_of().segments]
    ),
    "more than there is": sealed(entries=14),
    "sealed by another": export_of(SHOWN, signer=STRANGER, notes=[note_of(LEAVES)]),
    "of the future": {
        name: data.replace(b"skyparley export 1", b"skyparley export 2") if name == "manifest.json" else data
        for name, data in GOOD.items()
    },
    "another pool of the same key": sealed(pool="other"),
    "a segment is missing": {name: data for name, data in GOOD.items() if name != "segment-00000002.bin"},
    "a segment is cut": {**GOOD, "segment-00000002.bin": GOOD["segment-00000002.bin"][:-3]},
    "segments are exchanged": {**GOOD, "segment-00000002.bin": GOOD["segment-00000001.bin"]},
}  # fmt: skip


FOLLOWS_KEYS = {"signed by an unknown key"}
HOLD = {"good", "one entry", "for a party", "nothing shown", "deleted"}


@pytest.mark.parametrize("name", CASES)
def test_both_come_to_the_same_verdict(name: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(key_file())
    said = javascript(write_files(CASES[name], tmp_path / "export"), keys)
    wrong: tuple[int, int] | None = None
    try:
        found = audit(reader_of(CASES[name]), KEYS, Evidence(), jobs=1)
        verified = found.verified
        wrong = None if found.fault is None else (found.fault.first, found.fault.last)
    except SkyparleyError:
        verified = False
    assert said["verified"] == verified == (name in HOLD), said
    if name in FOLLOWS_KEYS:  # the second verifier does not follow which keys parties have registered
        assert (said["wrong"], said["unverified"], wrong) == (None, 1, (14, 14))
    else:
        assert (said["wrong"] and (said["wrong"]["first"], said["wrong"]["last"])) == wrong, said


@pytest.mark.parametrize("pool", ["a b+c", "π" * 70, "x/:@!$&'()*,;=-._~y", '"\\\t'])
def test_both_make_the_same_origin_of_any_pool(pool: str, tmp_path: Path) -> None:
    key = replace(NODE_SIGNER, name=origin_of(pool)).key
    entries = [made(n, "", NODE, Tick(), pool=pool).shown() for n in range(1, 4)]
    files, keys = export_of(entries, pool=pool), tmp_path / "keys.txt"
    keys.write_text(f"{key}\n")
    assert audit(reader_of(files), Trusted((key,)), Evidence(), jobs=1).tally.marks[NODE] == 3
    assert javascript(write_files(files, tmp_path / "export"), keys)["verified"] is True


def test_a_wrong_name_or_line_among_the_keys_is_refused(tmp_path: Path) -> None:
    export, keys = write_files(GOOD, tmp_path / "export"), tmp_path / "keys.txt"
    for text in ("nonsense\n", key_file().replace("carol+", "karol+"), "", "# nothing\n", f"{COSIGNER.key}\n"):
        keys.write_text(text)
        assert javascript(export, keys) | {"reason": ""} == {"verified": False, "wrong": None, "reason": ""}


def test_it_is_short_and_has_nothing_but_node() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    assert set(re.findall(r'from "([^"]+)"', text)) == {"node:crypto", "node:fs", "node:path", "node:zlib"}
    assert POOL not in text
