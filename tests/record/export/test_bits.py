"""Every bit of a small export that is flipped is found, and named at the right entry, by both verifiers.

What the right entry is, is computed here from the columns before and after, unpacked one octet after another.
"""

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from skyparley.errors import SkyparleyError
from skyparley.record.export.checking import check_segment
from skyparley.record.export.manifest import Manifest, open_manifest, segment_file
from skyparley.record.export.segment import DELETED, LEAF_ONLY, WHOLE, WITHHELD, Shown
from support.exports import KEYS, PARTY_KEYS, POOL, VERIFIER, Files, export_of, history, key_file, write_files
from support.tree import ROOT

MAGIC = b"skyparley segment 1\n"
FORMS = (WHOLE, LEAF_ONLY, WHOLE, WITHHELD, DELETED, WHOLE, WHOLE, LEAF_ONLY)
Named = tuple[int, int] | None
"""The first and the last entry that may be the wrong one; None: the manifest or the seal is."""


def in_form(entry: Shown, form: str) -> Shown:
    if form == LEAF_ONLY:
        return Shown(LEAF_ONLY, entry.leaf)
    if form == WHOLE:
        return entry
    reason = "Règlement 2016/679, 17" if form == DELETED else ""
    return Shown(form, entry.leaf, entry.time_us, entry.header, entry.signature, reason=reason)


SHOWN = [in_form(entry.shown(), form) for entry, form in zip(history(8), FORMS, strict=True)]
FILES: Files = export_of(SHOWN, sizes=(3,), segment_entries=5)
MANIFEST: Manifest = open_manifest(FILES["manifest.json"], FILES["seal"], KEYS.notes)


class Before:
    """A segment as it was written: where its columns lie, and which entry each of their values is of."""

    def __init__(self, first: int, data: bytes) -> None:
        count = 5 if first == 1 else 3
        self.all = (first, first + count - 1)
        self.data = data
        self.places: list[tuple[int, int]] = []
        at = len(MAGIC)
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            self.places.append((at + 4, at + 4 + length))
            at += 4 + length
        entries = list(enumerate(SHOWN, 1))[first - 1 : first - 1 + count]
        shown = [number for number, entry in entries if entry.form != LEAF_ONLY]
        whole = [number for number, entry in entries if entry.form == WHOLE]
        signed = [number for number, entry in entries if entry.signature]
        bare = [number for number, entry in entries if entry.form in (WITHHELD, DELETED)]
        self.of = ([n for n, _ in entries], whole, signed, bare, [n for n, _ in entries], shown, shown, shown, whole)
        self.deleted = [number for number, entry in entries if entry.form == DELETED]

    def named(self, changed: bytes) -> Named:
        """What is to be named after a change of one bit."""
        (at,) = [n for n, (old, new) in enumerate(zip(self.data, changed, strict=True)) if old != new]
        columns = [n for n, (begin, end) in enumerate(self.places) if begin <= at < end]
        if not columns:
            return self.all
        (column,) = columns
        begin, end = self.places[column]
        if column < 4:
            width = (end - begin) // len(self.of[column])
            entry = self.of[column][(at - begin) // width]
            nothing_to_compare = column == 0 and SHOWN[entry - 1].form == LEAF_ONLY
            return self.all if nothing_to_compare else (entry, entry)
        before, after = (slowly(data[begin:end]).split(b"\n") for data in (self.data, changed))
        after = after[:-1]  # what has no end is no line
        for place, line in enumerate(before[:-1]):
            if place >= len(after) or after[place] != line:
                number = self.of[column][place]
                if (
                    column == 4
                    and number in self.deleted
                    and place < len(after)
                    and is_other_reason(line, after[place])
                ):
                    continue  # nothing but the seal vouches for a reason
                return number, number
        return self.all


def is_other_reason(line: bytes, other: bytes) -> bool:
    """Whether two lines differ only in why a body was deleted, and the other gives a reason that can be read."""
    words, others = line.split(b"\t"), other.split(b"\t")
    if words[:5] != others[:5] or len(others) != 6:
        return False
    try:
        reason = json.loads(b'"' + others[5] + b'"')
    except ValueError:
        return False
    return json.dumps(reason, ensure_ascii=False).encode() == b'"' + others[5] + b'"'


def slowly(data: bytes) -> bytes:
    """A packed column, as far as a reader gets that takes one octet after another."""
    unpacker, found = zlib.decompressobj(-15), b""
    try:
        for octet in data:
            found += unpacker.decompress(bytes([octet]))
    except zlib.error:
        pass
    return found


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


BITS = [(name, bit) for name, data in FILES.items() for bit in range(8 * len(data))]
BEFORE = {segment_file(n): Before(s.first, FILES[segment_file(n)]) for n, s in enumerate(MANIFEST.segments, 1)}


def expected(name: str, bit: int) -> Named:
    return BEFORE[name].named(flipped(FILES[name], bit)) if name in BEFORE else None


def ours(name: str, bit: int) -> Named:
    """What our verifier names; it must name something."""
    changed = flipped(FILES[name], bit)
    if name not in BEFORE:
        files = {**FILES, name: changed}
        with pytest.raises(SkyparleyError):
            open_manifest(files["manifest.json"], files["seal"], KEYS.notes)
        return None
    segment = MANIFEST.segments[list(BEFORE).index(name)]
    fault = check_segment(changed, segment, POOL, PARTY_KEYS).fault
    assert fault is not None, (name, bit)
    return fault.first, fault.last


def test_each_file_is_covered() -> None:
    assert {name for name, _ in BITS} == {"segment-00000001.bin", "segment-00000002.bin", "manifest.json", "seal"}
    assert len(BITS) > 10_000


def test_every_bit_is_found_and_named_at_the_right_entry() -> None:
    for name, bit in BITS:
        assert ours(name, bit) == expected(name, bit), (name, bit)


def test_the_verifier_in_javascript_names_the_same(tmp_path: Path) -> None:
    """Of every fifth bit."""
    keys = tmp_path / "keys.txt"
    keys.write_text(key_file())
    bits = BITS[::5]
    done = subprocess.run(
        ["node", ROOT / "tests" / "support" / "flips.mjs", VERIFIER, write_files(FILES, tmp_path / "export"), keys],
        input=json.dumps(bits), capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    good, *verdicts = json.loads(done.stdout)
    assert good["verified"] is True
    for (name, bit), said in zip(bits, verdicts, strict=True):
        assert said["verified"] is False, (name, bit)
        wrong = said["wrong"] and (said["wrong"]["first"], said["wrong"]["last"])
        assert wrong == expected(name, bit), (name, bit, said)
