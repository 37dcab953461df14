"""`skyparley audit`: what an export proves, in plain words or as JSON.

All that an export says is by others: it is printed escaped.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.audit.audit import Audited, Evidence, audit
from skyparley.audit.authors import LogKey
from skyparley.cli.record.exporting import progress_of
from skyparley.cli.record.verifying import read_file, read_keys, seconds, uncounted
from skyparley.errors import InvalidInputError
from skyparley.record.authorship import AUTHENTICATIONS
from skyparley.record.export.manifest import signed_checkpoint
from skyparley.record.export.segment import DELETED, LEAF_ONLY, WHOLE, WITHHELD
from skyparley.record.notes import MAX_NOTE_BYTES, parse_note, unknown_lines
from skyparley.record.receipts import MAX_RECEIPT_BYTES, verify_receipt
from skyparley.record.trust import Trusted
from skyparley.vocabulary import escaped

_FORMS: Final = {
    WHOLE: "content verified",
    WITHHELD: "header only, body withheld",
    DELETED: "header only, body deleted",
    LEAF_ONLY: "inclusion only, nothing shown",
}

MAX_KEY_ROWS: Final = 100
"""Keys of the log that are printed."""


def run(
    directory: Path,
    key_files: Sequence[Path],
    *,
    receipts: Sequence[Path],
    checkpoints: Sequence[Path],
    state_hash: str | None,
    jobs: int,
    as_json: bool,
) -> bool:
    """Audit an export and print what was found; whether all of it holds.

    Raises `InvalidInputError` or `ProofError` for what is no export, or not sealed by the log.
    """
    if not directory.is_dir():
        raise InvalidInputError("is no directory: name an export that skyparley export made", place=str(directory))
    evidence = Evidence(
        receipts=[(str(path), read_file(path, MAX_RECEIPT_BYTES)) for path in receipts],
        checkpoints=[(str(path), read_file(path, MAX_NOTE_BYTES)) for path in checkpoints],
        state_hash=state_hash,
    )

    def read(name: str, most: int) -> bytes:
        path = directory / name
        if path.exists() and not path.is_file():  # a pipe would be waited for, for ever
            raise InvalidInputError("is no file", place=str(path))
        return read_file(path, most)

    keys = read_keys(key_files)
    with progress_of("Auditing") as progress:
        task = progress.add_task("", total=None)
        audited = audit(
            read,
            keys,
            evidence,
            jobs=jobs,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        print(msgspec.json.encode(_facts(audited)).decode())
    else:
        _print(audited, keys)
    return audited.verified


def _facts(audited: Audited) -> dict[str, Any]:
    tally, fault = audited.tally, audited.fault
    return {
        "verified": audited.verified,
        "content": audited.content,
        "wrong": None if fault is None else {"first": fault.first, "last": fault.last, "reason": fault.reason},
        "pool": audited.manifest.pool,
        "reader": audited.manifest.reader or None,
        "entries": audited.manifest.entries,
        "marks": {mark: tally.marks[mark] for mark in AUTHENTICATIONS},
        "unknown_keys": [
            {
                "party": party,
                "key_id": key_id,
                "entries": one.entries,
                "first": one.first,
                "in_log": audited.authors.knows(party, key_id),
            }
            for (party, key_id), one in sorted(tally.unknown_keys.items())
        ],
        "log_keys": [
            {
                "party": one.key.party,
                "key_id": one.key.key_id,
                "use": one.key.use,
                "named": one.named,
                "sequence": one.key.sequence,
                "introduced_by": one.introduced_by,
                "revoked_sequence": one.key.revoked_sequence or None,
                "revoked_by": one.revoked_by,
            }
            for one in audited.authors.log_keys
        ],
        "refused": msgspec.to_builtins(audited.refused),
        "repeated": msgspec.to_builtins(audited.repeated),
        "words_deleted": dict(sorted(audited.words_deleted.items())),
        "disputed": msgspec.to_builtins(audited.authors.disputed),
        "whole": tally.forms[WHOLE],
        "withheld": tally.forms[WITHHELD],
        "deleted": dict(sorted(tally.deleted.items())),
        "leaf_only": tally.forms[LEAF_ONLY],
        "checkpoints": [
            {"size": one.checkpoint.size, "cosigned_by": sorted(one.cosigned)} for one in audited.checkpoints
        ],
        "receipts_held": len(audited.evidence.receipts),
        "checkpoints_held": len(audited.evidence.checkpoints),
        "chain": audited.chain,
        "state_hash": audited.state_hash,
        "confirmed_epochs": audited.confirmed_epochs,
    }


def _print(audited: Audited, keys: Trusted) -> None:
    manifest = audited.manifest
    console = Console(highlight=False)
    console.print(_verdict(audited))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(audited):
        table.add_row(Text(escaped(name)), Text(escaped(text)))
    console.print(table)
    for text in _warnings(audited):
        console.print(Text(escaped(text), style="yellow"))
    if audited.verified and not _is_cosigned(audited, keys):
        lines = sum(unknown_lines(parse_note(text.encode()), keys.notes) for text in manifest.checkpoints)
        console.print(
            f"Nobody whose key you name has cosigned what this audit was held against{uncounted(lines)}: hold it"
            " against receipts and checkpoints that you have from elsewhere (--receipt, --checkpoint)."
        )
    if audited.verified and manifest.reader:
        console.print(Text(escaped(f"This export is for '{manifest.reader}': it shows what that party may read.")))


def _is_cosigned(audited: Audited, keys: Trusted) -> bool:
    """Whether another than the log has signed a root that the audit came to: in the export, or in what was given."""
    manifest, evidence = audited.manifest, audited.evidence
    if any(one.cosigned for one in audited.checkpoints):
        return True
    if any(signed_checkpoint(data, manifest.pool, keys.notes).cosigned for _, data in evidence.checkpoints):
        return True
    proven = (verify_receipt(data, keys) for _, data in evidence.receipts)
    return any(one.cosigned and one.checkpoint.size <= manifest.entries for one in proven)


def _warnings(audited: Audited) -> Iterator[str]:
    """What a party could overlook: keys that it does not name, and what stands in its name without being its word."""
    for (party, key_id), one in sorted(audited.tally.unknown_keys.items()):
        how = (
            "is known by the log only: the signatures fit it, and whose it is only the node says"
            if audited.authors.knows(party, key_id)
            else "you do not name: they are not verified"
        )
        yield (
            f"{one.entries} entries, the first of them {one.first}, are signed by key {key_id} of '{party}', which"
            f" {how}. Give its line, which begins with {party}=ed25519:"
        )
    disputed = audited.authors.disputed
    if disputed.entries:
        yield (
            f"{disputed.entries} entries, the first of them {disputed.first}, are in the name of a party whose keys did"
            " not allow it any more when they were ordered: they were refused, and are not its word."
        )


def _verdict(audited: Audited) -> Text:
    fault = audited.fault
    if fault is not None:
        where = f"entry {fault.first}" if fault.first == fault.last else f"entries {fault.first} to {fault.last}"
        return Text(escaped(f"WRONG at {where}: {fault.reason}"), style="bold red")
    if audited.tally.unknown_keys:
        return Text("NOT VERIFIED: not every signature of a party could be checked", style="bold yellow")
    what = "content of every entry" if audited.content else "inclusion of every entry, content of those that are whole"
    return Text(f"VERIFIED: {what}", style="bold green")


def _rows(audited: Audited) -> list[tuple[str, str]]:
    tally, evidence = audited.tally, audited.evidence
    rows = [("pool", audited.manifest.pool), ("entries", f"{audited.manifest.entries}")]
    if audited.fault is not None:
        return rows
    rows += [(_FORMS[form], f"{tally.forms[form]}") for form in _FORMS if tally.forms[form]]
    rows += [(f"deleted under {reason}", f"{count}") for reason, count in sorted(tally.deleted.items())]
    rows += [
        ("words deleted", f"{count} that entries name, under {reason}")
        for reason, count in sorted(audited.words_deleted.items())
    ]
    rows += [(f"author {mark}", f"{tally.marks[mark]}") for mark in AUTHENTICATIONS if tally.marks[mark]]
    for one in audited.checkpoints:
        by = ", ".join(f"{key} at {seconds(time_s)}" for key, time_s in sorted(one.cosigned.items()))
        rows.append(
            (f"checkpoint of {one.checkpoint.size}", "signed by the node" + (f", cosigned by {by}" if by else ""))
        )
    if evidence.receipts or evidence.checkpoints:
        held = f"{len(evidence.receipts)} receipts and {len(evidence.checkpoints)} checkpoints"
        rows.append(("agrees with", f"{held} that you hold"))
    for places, why in ((audited.refused, "refused by the rules"), (audited.repeated, "said before")):
        if places.entries:
            rows.append((why, f"{places.entries}, the first entry {places.first}: without effect"))
    rows += _key_rows(audited.authors.log_keys)
    rows.append(("chain", audited.chain or "not computed: not every header is shown"))
    rows.append(("state hash", audited.state_hash or "not computed: not every body is shown"))
    if audited.confirmed_epochs:
        rows.append(
            ("confirmed at", f"{audited.confirmed_epochs} epochs of the log, each of which names its state hash")
        )
    return rows


def _key_rows(keys: Sequence[LogKey]) -> list[tuple[str, str]]:
    """What the log says of the keys of parties; those first that the auditor does not name."""
    rows = []
    for one in sorted(keys, key=lambda key: key.named)[:MAX_KEY_ROWS]:
        key = one.key
        by = "on the node's word alone" if one.introduced_by is None else f"under key {one.introduced_by}"
        text = f"{key.key_id} for {key.use}, registered by entry {key.sequence} {by}"
        if key.revoked_us:
            by = "unsigned" if one.revoked_by is None else f"under key {one.revoked_by}"
            text += f"; revoked by entry {key.revoked_sequence} ({key.reason}), {by}"
        rows.append((f"key of {key.party}", text + ("; you name it" if one.named else "; KNOWN BY THE LOG ONLY")))
    if len(keys) > MAX_KEY_ROWS:
        rows.append(("more keys", f"{len(keys) - MAX_KEY_ROWS}: --json has all"))
    return rows
