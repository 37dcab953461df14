"""`skyparley record compare`: notes that came by e-mail, print or QR code, against each other and against a node."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.cli.record.verifying import read_file, read_keys, seconds
from skyparley.errors import InvalidInputError, NotFoundError, ProofError, SkyparleyError
from skyparley.record.comparing.history import (
    Signed,
    Tiles,
    hashes_of,
    is_one_history,
    needed_tiles,
    signed_checkpoint,
)
from skyparley.record.comparing.mailed import MAX_MAILED_BYTES, parse_mailed
from skyparley.record.comparing.spoken import fingerprint
from skyparley.record.notes import VerifierKey, format_note, parse_note
from skyparley.record.tiles import TILE_BYTES
from skyparley.vocabulary import escaped
from skyparley.witness.asking import NodeRecord

ALARM_STATUS: Final = 3
MAX_NOTES: Final = 100
Named = tuple[str, Signed]
TilesOf = Callable[[list[tuple[int, int]]], Tiles]


def compare_notes(
    paths: Sequence[Path], key_files: Sequence[Path], *, url: str | None, api_key: str | None, tiles: Path | None
) -> int:
    """Say whether notes are of one history; the exit status: 0 if they are, 3 for an alarm.

    An alarm are notes that contradict each other, which convicts, and a node that shows fewer entries than its key has
    signed, which does not: what it shows may be the beginning of what it has signed.
    Raises `InvalidInputError` for what is no note, `ProofError` for one that is not signed, or if neither is shown.
    """
    if len(paths) > MAX_NOTES:
        raise InvalidInputError(f"at most {MAX_NOTES} notes are compared at once; here are {len(paths)}")
    if len(paths) < 2 and url is None:
        raise InvalidInputError("one note alone is compared with nothing: give another, or a node with --node")
    keys = read_keys(key_files).notes
    notes = [(str(path), _read_note(path, keys)) for path in paths]
    if url is None:
        return _judge(notes, tiles)
    with asyncio.Runner() as runner:
        return runner.run(_with_node(notes, keys, url, api_key))


def _read_note(path: Path, keys: Sequence[VerifierKey]) -> Signed:
    data = read_file(path, MAX_MAILED_BYTES)
    try:
        return signed_checkpoint(parse_mailed(data), keys)
    except (InvalidInputError, ProofError) as error:
        raise error.at(str(path)) from None


async def _with_node(notes: list[Named], keys: Sequence[VerifierKey], url: str, api_key: str | None) -> int:
    """Against what a node shows now, with the hashes that it gives."""
    name = f"the node at {url}"
    async with NodeRecord(url, api_key) as node:
        try:
            shown = signed_checkpoint(parse_note(await node.checkpoint()), keys)
        except (InvalidInputError, ProofError) as error:
            raise error.at(name) from None
        named = [*notes, (name, shown)]
        longest, note = max(notes, key=lambda named: named[1].checkpoint.size)
        is_behind = note.checkpoint.size > shown.checkpoint.size
        places = {place for one, other in _pairs(named) for place in needed_tiles(one.checkpoint, other.checkpoint)}
        tiles: dict[tuple[int, int], bytes] = {}
        for place in sorted(places):
            try:
                tiles |= await node.tiles([place])
            except NotFoundError:
                continue
            except SkyparleyError:
                if not is_behind:  # what it shows is an alarm, whatever it refuses
                    raise
    _show(named)
    split, unknown = _held_together(named, lambda _: tiles)
    if split is not None:
        _split(split)
    elif is_behind:
        held = f"{longest} has {note.checkpoint.size} entries, and {name} shows {shown.checkpoint.size}"
        _fewer(held, is_shown=not unknown)
    else:
        return _one_history(unknown)
    _print(("", f"what {name} showed, to be kept as well:", *format_note(shown.note).decode().splitlines()))
    return ALARM_STATUS


def _judge(notes: list[Named], tiles: Path | None) -> int:
    """Against each other, with hashes from files or none."""
    _show(notes)
    split, unknown = _held_together(notes, None if tiles is None else lambda places: _from_files(tiles, places))
    if split is not None:
        _split(split)
        return ALARM_STATUS
    hint = (
        "give a node with --node, or the tiles of a witness's evidence with --tiles"
        if tiles is None
        else f"the hashes between them are not in {tiles}: give a node that holds the larger record with --node"
    )
    return _one_history(unknown, hint)


def _from_files(directory: Path, places: list[tuple[int, int]]) -> Tiles:
    """Tiles as they lie with the evidence of a witness: a folder for each level, in it a file for each tile."""
    paths = {place: directory / str(place[0]) / str(place[1]) for place in places}
    return {place: read_file(path, TILE_BYTES) for place, path in paths.items() if path.exists()}


def _pairs(notes: Sequence[Named]) -> list[tuple[Signed, Signed]]:
    """Each with the next one by size: if these fit together, all do."""
    return list(pairwise(sorted((note for _, note in notes), key=lambda note: note.checkpoint.size)))


def _held_together(notes: Sequence[Named], tiles_of: TilesOf | None) -> tuple[str | None, list[str]]:
    """The first that is shown to contradict, and what is shown neither way."""
    names = {id(note): name for name, note in notes}
    unknown: list[str] = []
    for one, other in _pairs(notes):
        both = f"{names[id(one)]} and {names[id(other)]}"
        needed = needed_tiles(one.checkpoint, other.checkpoint)
        try:
            hash_of = hashes_of(tiles_of(needed)) if tiles_of is not None else None
            if not is_one_history(one.checkpoint, other.checkpoint, hash_of):
                return f"{both} contradict each other", unknown
        except ProofError as error:
            unknown.append(f"{both}: {error.message}")
    return None, unknown


def _one_history(unknown: Sequence[str], hint: str = "") -> int:
    if unknown:
        raise ProofError("NOT SHOWN, either way: " + "; ".join(filter(None, [*unknown, hint])))
    Console(highlight=False).print(Text("ONE HISTORY: all of them are of the same record", style="bold green"))
    return 0


def _split(why: str) -> None:
    _print(
        (
            f"SPLIT VIEW: {why}",
            "whoever has the key of this log has signed both: together they convict, keep them all",
            "call the other parties by another channel than the node: it is not known who was shown which record",
        )
    )


def _fewer(held: str, *, is_shown: bool) -> None:
    """An alarm, and no evidence against anybody: `is_shown` says whether the notes are proved to be of one history."""
    alone = "are of one history" if is_shown else "alone prove nothing to others, and may be of one history"
    _print(
        (
            f"FEWER ENTRIES: {held}: it holds entries back, or an older copy was put back",
            f"this convicts nobody: the notes {alone}; that the node shows fewer now, only you have seen",
            "ask its operator, and the other parties by another channel than the node; whoever still holds the larger"
            " record shows whether they contradict each other: compare all notes with --node there",
        )
    )


def _print(lines: Iterable[str]) -> None:
    print("\n".join(map(escaped, lines)), file=sys.stderr, flush=True)


def _show(notes: Sequence[Named]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, note in notes:
        cosigned = sorted((key.name, seconds(time_s)) for key, time_s in note.cosigned.items())
        table.add_row("note", Text(escaped(name)))
        table.add_row("entries", Text(escaped(f"{note.checkpoint.size} of the log '{note.checkpoint.origin}'")))
        table.add_row("fingerprint", fingerprint(note.note.text))
        for who, when in cosigned:
            table.add_row("cosigned by", Text(f"{escaped(who)} at {when}"))
    Console(highlight=False).print(table)
