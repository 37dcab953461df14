"""`skyparley record …` fetches what a node has signed; `skyparley verify` and `audit` check it without any node.

`skyparley witness` cosigns it, and `skyparley record compare` holds against each other what several were shown.
"""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from skyparley.cli.line.commands import HERE, Key, Url
from skyparley.errors import InvalidInputError

record_app = typer.Typer(
    help="What a node has signed: its key, the last checkpoint, receipts of entries.", no_args_is_help=True
)
WITNESS_DATA: Final = Path("data/witness")
Keys = Annotated[
    list[Path],
    typer.Option(
        "--keys",
        metavar="FILE",
        help="File of the public keys that you trust, one line each, as skyparley record key prints them; may be given"
        " several times.",
    ),
]


@record_app.command("key")
def record_key(url: Url = HERE, api_key: Key = None) -> None:
    """Print the public key that the node signs its record with; compare it by another channel, and keep it."""
    from skyparley.cli.line.asking import ask

    print(ask(url, api_key, "GET", "/v1/record/key")["key"])


@record_app.command("checkpoint")
def record_checkpoint(
    cosigned: Annotated[
        bool, typer.Option("--cosigned", help="The newest that others have cosigned, instead of the newest.")
    ] = False,
    qr: Annotated[bool, typer.Option("--qr", help="Print it as a QR code, to be photographed.")] = False,
    image: Annotated[
        Path | None, typer.Option(help="New file for its QR code, to be printed: .svg or .png.", show_default="none")
    ] = None,
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Print the last checkpoint: three lines that say all that the log holds, and who has signed them.

    Its fingerprint, to be read out on the telephone, goes to standard error. Give it to other parties by e-mail, print
    or QR code; they compare it with: skyparley record compare
    """
    from skyparley.cli.line.asking import fetch
    from skyparley.cli.record.verifying import print_bytes, print_fingerprint

    note = fetch(url, api_key, f"/v1/record/{'cosignatures' if cosigned else 'checkpoint'}")
    print_fingerprint(note)
    if image is not None:
        from skyparley.cli.record.pictures import write_code

        write_code(note, image)
    if qr:
        from skyparley.cli.record.pictures import print_code

        print_code(note)
    elif image is None:
        print_bytes(note)


@record_app.command("compare")
def record_compare(
    notes: Annotated[
        list[Path],
        typer.Argument(
            metavar="NOTE", help="Files with a checkpoint each, also as e-mail leaves it; - is standard input."
        ),
    ],
    keys: Keys,
    node: Annotated[
        str | None, typer.Option(help="URL of a node: compare with what it shows now, too.", show_default="none")
    ] = None,
    tiles: Annotated[
        Path | None,
        typer.Option(help="Folder of tiles, such as alarm/tiles of a witness, instead of a node.", show_default="none"),
    ] = None,
    api_key: Key = None,
) -> None:
    """Say whether checkpoints are of one history: yours, and those that others were shown.

    Exit status: 0 if they are, 3 if they contradict each other (a split view) or the node shows fewer entries than its
    key has signed, 1 if nothing is shown.

    For example: skyparley record compare ours.txt theirs.eml --keys keys.txt
    """
    from skyparley.cli.record.comparing import compare_notes

    raise typer.Exit(compare_notes(notes, keys, url=node, api_key=api_key, tiles=tiles))


@record_app.command("private")
def record_private(
    sequence: Annotated[int, typer.Argument(min=1, help="Sequence of the entry.")],
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Receipt of the entry: it is held against the digests that this proves."),
    ] = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="File of the public keys that you trust, for --receipt; may be given several times."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save what is named as it is stored, each in a new file named by its digest."),
    ] = None,
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Print what an entry of your party names by digest: a message, a note, an outline.

    With --receipt and --keys it is held against the signed record, else against digests that the node itself gives.
    Exit status 1 if it is not what the digest names.

    For example: skyparley record private 17 --receipt receipt.json --keys keys.txt --to named
    """
    from skyparley.cli.line.asking import ask
    from skyparley.cli.record.named import digests_of, print_private

    if (receipt is None) != (not keys):
        raise InvalidInputError("a receipt is verified by keys that you trust: give both --receipt and --keys")
    expected = None if receipt is None else digests_of(receipt, keys or [], sequence)
    print_private(sequence, ask(url, api_key, "GET", f"/v1/record/entries/{sequence}/private")["items"], expected, to)


@record_app.command("delete")
def record_delete(
    sequence: Annotated[int, typer.Argument(min=1, help="Sequence of the entry that names the words.")],
    under: Annotated[str, typer.Option(help="What demands it, such as a law and its article; everybody sees it.")],
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Delete the words of a message, note, call or report for good, as the operator, because law demands it.

    The entry stays, and the record holds as before. Backups keep the words until they are deleted, too.

    For example: skyparley record delete 812 --under "GDPR, article 17"
    """
    from skyparley.cli.line.asking import ask

    done = ask(url, api_key, "POST", "/v1/record/deletions", {"sequence": sequence, "under": under})
    print(f"the words of entry {sequence} are deleted; entry {done['deleted_sequence']} says under what")


@record_app.command("receipt")
def record_receipt(
    sequence: Annotated[int, typer.Argument(min=1, help="Sequence of the entry, as answers and the log name it.")],
    to: Annotated[
        Path | None, typer.Option(help="File to write the receipt to.", show_default="standard output")
    ] = None,
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Fetch the receipt of an entry: proof for ever that it stands in the log. Check it with skyparley verify.

    For example: skyparley record receipt 17 --to receipt.json
    """
    from skyparley.cli.line.asking import fetch
    from skyparley.cli.record.verifying import print_bytes, write

    data = fetch(url, api_key, f"/v1/record/entries/{sequence}/receipt")
    if to is None:
        print_bytes(data)
    else:
        write(to, data)


def verify(
    receipt: Annotated[Path, typer.Argument(help="File of the receipt; - is standard input.")],
    keys: Keys,
    named: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What the entry names by digest, as record private --to saves it: prove that, too."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say what a receipt proves to you, by public keys alone: no node, no network, no database.

    Exit status: 0 if it proves its entry, else 1.

    For example: skyparley verify receipt.json --keys keys.txt
    """
    from skyparley.cli.record.verifying import verify_file

    verify_file(receipt, keys, named=named, as_json=as_json)


def witness(
    node: Annotated[str, typer.Option(help="URL of the node that is followed, such as https://node.example.")],
    keys: Keys,
    data: Annotated[Path, typer.Option(help="Directory of the witness: its key, what it has cosigned.")] = WITNESS_DATA,
    name: Annotated[
        str | None, typer.Option(help="Name of its key, such as your party's; needed once, when it is made.")
    ] = None,
    every: Annotated[float, typer.Option(min=1.0, max=86_400.0, help="Look at the node so often, seconds.")] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    api_key: Key = None,
) -> None:
    """Follow what a node signs, cosign it while its record only grows, and raise the alarm when it does not.

    Run it on your own machine. It makes a key of its own, and prints the line to give to the node's operator and to the
    other parties. See docs/witness.md.

    Exit status: 3 at an alarm, whose evidence is kept; with --once 0 if all is cosigned, 1 if the node did not answer.
    """
    from skyparley.cli.record.witnessing import witness_node

    raise typer.Exit(witness_node(node, data, keys, name=name, api_key=api_key, every_s=every, once=once))


def audit(
    directory: Annotated[Path, typer.Argument(metavar="EXPORT", help="Directory that skyparley export made.")],
    keys: Keys,
    receipt: Annotated[
        list[Path] | None,
        typer.Option(help="Receipt that you hold, which the export must agree with; may be given several times."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoint that you hold, which the export must agree with; may be given several times."),
    ] = None,
    state_hash: Annotated[str | None, typer.Option(help="Hash that the state after the last entry must have.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="So many processes.", show_default="one for each core")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Verify an export by public keys alone: every entry, signature, checkpoint, and the state by replay.

    It names the first entry that is wrong. Exit status: 0 if all of it holds, else 1.

    For example: skyparley audit export --keys keys.txt --receipt receipt.json
    """
    from skyparley.cli.record.auditing import run

    holds = run(
        directory,
        keys,
        receipts=receipt or (),
        checkpoints=checkpoint or (),
        state_hash=state_hash,
        jobs=jobs or len(os.sched_getaffinity(0)),
        as_json=as_json,
    )
    if not holds:
        raise typer.Exit(1)
