"""The audit of a million entries: how long on one core and on two, how much memory, and how large the export is.

The audit is the command as anybody runs it; memory is the largest sum of the proportional set sizes of its processes
(PSS: what several share is counted once). `BENCH_ENTRIES` makes it smaller while one works on it.
"""

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.record import history
from bench.table import Figure, Row
from skyparley.audit.workers import in_order
from skyparley.record.authorship import PARTY_SIGNED, check_signature
from skyparley.record.envelope import decode_header
from skyparley.record.export.columns import unframe
from skyparley.record.export.segment import SEGMENT_ENTRIES, Shown
from skyparley.record.export.writing import File, Writer
from skyparley.record.notes import SIGNATURE, Checkpoint, Note, Signer, format_checkpoint, format_note, sign

ENTRIES: Final = int(os.environ.get("BENCH_ENTRIES", "1000000"))
CORES: Final = 2
SAMPLE: Final = 20_000
_WATCH_EVERY_S: Final = 0.5
_MAGIC_BYTES: Final = 20
_BODIES: Final = 8


def run() -> list[Row]:
    """Build the export, audit it with one process and with two, and weigh it."""
    with tempfile.TemporaryDirectory() as name:
        export, keys = Path(name) / "export", Path(name) / "keys.txt"
        export.mkdir()
        began_s = time.perf_counter()
        signer = _build(export)
        built_s = time.perf_counter() - began_s
        keys.write_text(f"{signer.key}\n{history.key_lines()}")
        alone_s, alone_cpu_s, alone_mb, found = _audit(export, keys, 1)
        together_s, together_cpu_s, together_mb, again = _audit(export, keys, CORES)
        if not found["verified"] or again != found:
            raise RuntimeError("the audits of the export do not agree that it holds")
        sample = history.entries(1, SAMPLE)
        row = Row(
            f"audit of an export of {ENTRIES:,} entries, replay included",
            [
                Figure("one core", alone_s, "s", 240.0),
                Figure("on two faster", alone_s / together_s, "×", 1.7, at_least=True),
                Figure("memory", max(alone_mb, together_mb), "MB", 500.0),
            ],
            "its Ed25519 verifications alone, one core",
            [Figure("one core", _verifications_s(sample) * found["marks"][PARTY_SIGNED], "s")],
            [
                f"on two cores {together_s:.0f} s; memory is the peak PSS of all processes: {alone_mb:.0f} and"
                f" {together_mb:.0f} MB",
                f"processor time {alone_cpu_s:.0f} s with one process, {together_cpu_s:.0f} s with several: that"
                " is without what others do on this machine",
                f"{found['marks'][PARTY_SIGNED]:,} entries are party-signed; the export was built in {built_s:.0f} s",
            ],
        )
        return [row, _size(export, sample)]


def _build(export: Path) -> Signer:
    """Write the export; entries are made and signed on all cores."""
    signer = Signer(history.POOL, SIGNATURE, Ed25519PrivateKey.generate())
    writer = Writer(history.POOL)
    notes: list[bytes] = []
    firsts = range(1, ENTRIES + 1, SEGMENT_ENTRIES)
    for made in in_order(_make, firsts, CORES):
        for entry in made:
            _write(export, writer.add(entry))
        text = format_checkpoint(Checkpoint(history.POOL, writer.tree.size, writer.tree.root()))
        notes.append(format_note(Note(text, (sign(text, signer),))))
    _write(export, writer.finish(notes, signer))
    return signer


def _make(first: int) -> list[Shown]:
    return history.entries(first, min(SEGMENT_ENTRIES, ENTRIES + 1 - first))


def _write(export: Path, files: list[File]) -> None:
    for name, data in files:
        (export / name).write_bytes(data)


def _audit(export: Path, keys: Path, jobs: int) -> tuple[float, float, float, dict[str, Any]]:
    """Seconds, seconds of processor time, megabytes, and what was found."""
    command = [
        sys.executable,
        "-m",
        "skyparley.cli.main",
        "audit",
        export,
        "--keys",
        keys,
        "--jobs",
        str(jobs),
        "--json",
    ]
    most = 0
    began_s, before_cpu_s = time.perf_counter(), _children_cpu_s()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            most = max(most, sum(_pss_bytes(one) for one in _family(process.pid)))
            try:
                process.wait(_WATCH_EVERY_S)
            except subprocess.TimeoutExpired:
                continue
        took_s = time.perf_counter() - began_s
        said = process.stdout.read() if process.stdout is not None else b""
    found: dict[str, Any] = json.loads(said)
    return took_s, _children_cpu_s() - before_cpu_s, most / 1e6, found


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from _family(int(child))


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _verifications_s(sample: list[Shown]) -> float:
    """Seconds that one verification takes."""
    signed = [entry for entry in sample if entry.signature]
    publics = history.public_keys()
    parties = [decode_header(entry.header).party for entry in signed]
    began_s = time.perf_counter()
    for entry, party in zip(signed, parties, strict=True):
        check_signature(entry.header, entry.signature, publics[party])
    return (time.perf_counter() - began_s) / len(signed)


def _size(export: Path, sample: list[Shown]) -> Row:
    """What is not the bodies, of an entry; beside it the same entries as lines of JSON, by gzip."""
    files = {path.name: path.read_bytes() for path in export.iterdir()}
    segments = [data for name, data in files.items() if name.startswith("segment-")]
    bodies = sum(len(unframe(data[_MAGIC_BYTES:], 9)[_BODIES]) for data in segments)
    whole = sum(map(len, files.values()))
    lines = [
        {
            "sequence": sequence, "time_us": entry.time_us, "header": entry.header.decode(), "salt": entry.salt.hex(),
            "signature": entry.signature.hex(), "leaf": entry.leaf.hex(),
        }
        for sequence, entry in zip(count(1), sample, strict=False)
    ]  # fmt: skip
    plain = gzip.compress("\n".join(map(json.dumps, lines)).encode(), 6)
    return Row(
        "size of an entry in the export, beyond its body",
        [Figure("each", (whole - bodies) / ENTRIES, "bytes", 250.0)],
        "the same as lines of JSON, by gzip",
        [Figure("each", len(plain) / len(sample), "bytes")],
        [f"bodies are {bodies / ENTRIES:.0f} bytes each, compressed"],
    )
