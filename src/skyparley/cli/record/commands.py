"""`skyparley record …` fetches what a node has signed; `skyparley verify` checks it without any node."""

from pathlib import Path
from typing import Annotated

import typer

from skyparley.cli.line.commands import HERE, Key, Url

record_app = typer.Typer(
    help="What a node has signed: its key, the last checkpoint, receipts of entries.", no_args_is_help=True
)
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
def record_checkpoint(url: Url = HERE, api_key: Key = None) -> None:
    """Print the last checkpoint: three lines that say all that the log holds, and who has signed them."""
    from skyparley.cli.line.asking import fetch
    from skyparley.cli.record.verifying import print_bytes

    print_bytes(fetch(url, api_key, "/v1/record/checkpoint"))


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say what a receipt proves to you, by public keys alone: no node, no network, no database.

    Exit status: 0 if it proves its entry, else 1.

    For example: skyparley verify receipt.json --keys keys.txt
    """
    from skyparley.cli.record.verifying import verify_file

    verify_file(receipt, keys, as_json=as_json)
