"""The commands of `skyparley keys` and `skyparley operation`; each imports what it needs only when it runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from skyparley.cli.line.commands import HERE, Key, Url

SIGN_WITH: Final = "SKYPARLEY_SIGN_WITH"
keys_app = typer.Typer(
    help="Your party's own signing keys: what is signed with them nobody else can have said, not even the node.",
    epilog=f"With {SIGN_WITH}=FILE every command of keys, operation and line that writes signs with the key in FILE.",
    no_args_is_help=True,
)
operation_app = typer.Typer(
    help="File, amend, activate, end and cancel operations of your party on a node.", no_args_is_help=True
)
KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="File of the signing key, from: skyparley keys make.")]
SignWith = Annotated[
    Path | None,
    typer.Option(envvar=SIGN_WITH, show_envvar=True, help="File of the signing key: sign with it on this machine."),
]
Receipts = Annotated[
    Path | None,
    typer.Option(
        envvar="SKYPARLEY_RECEIPTS", show_envvar=True, help="Folder to keep the receipt of each entry in, once signed."
    ),
]
OperationId = Annotated[str, typer.Argument(metavar="ID", help="Identifier of the operation.")]
Version = Annotated[int, typer.Option(min=1, help="The version that you have seen.")]


class Answer(StrEnum):
    """Yes or no."""

    YES = "yes"
    NO = "no"


@keys_app.command("make")
def keys_make(
    party: Annotated[str, typer.Argument(help="Identifier of your party.")],
    pool: Annotated[str, typer.Option(help="Name of the pool, as its node says it: the key signs for no other.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="New file for the private key: keep it to yourself.")],
) -> None:
    """Make a signing key on this machine and print its public line, which everybody may have.

    SKYPARLEY_SIGNING_PASSPHRASE encrypts the file, and is then needed to sign.

    For example: skyparley keys make alpha --pool alps --to alpha.key
    """
    from skyparley.cli.signing.keys import make

    make(party, pool, to)


@keys_app.command("show")
def keys_show(file: KeyFile) -> None:
    """Print the public line of a signing key, for files of trusted keys."""
    from skyparley.cli.signing.keys import show

    show(file)


@keys_app.command("register")
def keys_register(
    file: KeyFile,
    url: Url = HERE,
    api_key: Key = None,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="For how long it is valid.")] = 365,
    sign_with: SignWith = None,
) -> None:
    """Have the pool know the key as your party's. The first signs this itself, each next is signed by a valid one.

    For example: skyparley keys register alpha.key
    """
    from skyparley.cli.signing.keys import register

    register(file, url, api_key, days=days, sign_with=sign_with)


@keys_app.command("witness")
def keys_witness(
    vkey: Annotated[str, typer.Argument(help="Line of the witness's public key, as skyparley witness prints it.")],
    url: Url = HERE,
    api_key: Key = None,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="For how long it is valid.")] = 365,
    sign_with: SignWith = None,
) -> None:
    """Have the pool know the key by which your party's witness cosigns the record; it must bear your party's name."""
    from skyparley.cli.signing.keys import register_witness

    register_witness(vkey, url, api_key, days=days, sign_with=sign_with)


@keys_app.command("list")
def keys_list(
    party: Annotated[str, typer.Argument(help="Identifier of the party.")], url: Url = HERE, api_key: Key = None
) -> None:
    """Show all keys that a party ever had: valid, over and revoked, and which key brought each in."""
    from skyparley.cli.signing.keys import list_keys

    list_keys(party, url, api_key)


@keys_app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="Identifier of the key, from: skyparley keys list.")],
    reason: Annotated[str, typer.Option(help="superseded, compromised, lost or retired.")],
    url: Url = HERE,
    api_key: Key = None,
    sign_with: SignWith = None,
) -> None:
    """Revoke a key of your party; without a signature too, so that a stolen one is stopped at once."""
    from skyparley.cli.signing.keys import revoke

    revoke(key_id, reason, url, api_key, sign_with=sign_with)


@keys_app.command("require")
def keys_require(
    required: Annotated[Answer, typer.Argument(help="Whether your party signs all that it writes: yes or no.")],
    url: Url = HERE,
    api_key: Key = None,
    sign_with: SignWith = None,
) -> None:
    """Say under your signature that nothing is your word unless it is signed: then no API key speaks for you.

    Nor does the console, or whoever logs in there: do it when all who act for your party sign.
    """
    from skyparley.cli.signing.keys import require

    require(required is Answer.YES, url, api_key, sign_with=sign_with)


@operation_app.command("file")
def operation_file(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files of operations, in any format that check reads.")
    ],
    url: Url = HERE,
    api_key: Key = None,
    sign_with: SignWith = None,
    receipts: Receipts = None,
    amend: Annotated[int | None, typer.Option(min=1, help="Replace this version of the one operation.")] = None,
) -> None:
    """File operations on a node, and say what each conflicts with. Exit status 1 if one was refused.

    For example: skyparley operation file flight.json --sign-with alpha.key --receipts receipts
    """
    from skyparley.cli.signing.operations import file_operations

    if not file_operations(files, url, api_key, sign_with=sign_with, receipts=receipts, amend=amend):
        raise typer.Exit(1)


@operation_app.command("declare")
def operation_declare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON of a hazard area as in docs/api.md; - is stdin.")],
    url: Url = HERE,
    api_key: Key = None,
    sign_with: SignWith = None,
    receipts: Receipts = None,
) -> None:
    """Declare a hazard area; everybody sees it."""
    from skyparley.cli.signing.operations import declare

    declare(file, url, api_key, sign_with=sign_with, receipts=receipts)


def _acting(name: str, does: str) -> None:
    @operation_app.command(name, help=does)
    def act(
        operation_id: OperationId,
        version: Version,
        url: Url = HERE,
        api_key: Key = None,
        sign_with: SignWith = None,
        receipts: Receipts = None,
    ) -> None:
        from skyparley.cli.signing.operations import act_on

        act_on(name, operation_id, version, url, api_key, sign_with=sign_with, receipts=receipts)


for _name, _does in (
    ("activate", "Say that an operation begins to be flown."),
    ("end", "Say that an activated operation is over: its airspace is free."),
    ("cancel", "Take an operation back before it is flown: its airspace is free."),
    ("confirm", "Confirm a hazard area that was declared unconfirmed."),
    ("retract", "Take a hazard area back: its airspace is free."),
):
    _acting(_name, _does)
