"""`skyparley`: the command line. Each command imports what it needs only when it runs, so that `--help` is at once.

Errors that Skyparley itself refuses are one line on standard error and exit status 1; `check` has its own statuses.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from skyparley import __version__
from skyparley.config import Settings, read_settings
from skyparley.errors import SkyparleyError

app = typer.Typer(
    name="skyparley",
    help="Parties that share a sky but no command keep out of each other's way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
party_app = typer.Typer(help="Admit parties and give them API keys (the operator of the node).", no_args_is_help=True)
app.add_typer(party_app, name="party")

Data = Annotated[Path | None, typer.Option(help="Data directory of the node. [default: data/node]")]
Pool = Annotated[str | None, typer.Option(help="Name of the pool whose log this is. [default: skyparley]")]


def _settings(**given: Any) -> Settings:
    """Settings of the environment, with the options of the command line before them."""
    import dataclasses

    settings = read_settings(os.environ)
    return dataclasses.replace(settings, **{name: value for name, value in given.items() if value is not None})


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0 takes a free one. [default: 8080]")] = None,
    data: Data = None,
    pool: Pool = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="PEM certificate chain; serves HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key of the certificate.")] = None,
) -> None:
    """Serve a node: API, event stream and console."""
    from skyparley.cli.serving import run

    settings = _settings(host=host, port=port, data=data, pool=pool, tls_certificate=tls_certificate, tls_key=tls_key)
    run(settings, demo=False)


@app.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0 takes a free one. [default: 8080]")] = None,
    data: Annotated[Path, typer.Option(help="Data directory of the demo.")] = Path("data/demo"),
) -> None:
    """Serve a node with real flights over Switzerland, a firing exercise and a rescue, all invented as operations."""
    from skyparley.cli.serving import run

    run(_settings(host=host, port=port, data=data, pool="demo"), demo=True)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="GeoJSON, CSV trajectories, recorded flights, F3548 volumes.")],
    against: Annotated[str | None, typer.Option(help="Also compare with what this node holds (its URL).")] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="SKYPARLEY_API_KEY", help="Key for --against.", show_envvar=True)
    ] = None,
    horizontal_m: Annotated[float | None, typer.Option(help="Horizontal minimum for all, metres.")] = None,
    vertical_m: Annotated[float | None, typer.Option(help="Vertical minimum for all, metres.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find all conflicts within and between files. Status 1: conflicts; 2: something was skipped; 0: neither."""
    from skyparley.cli.check import minima_of
    from skyparley.cli.check import run as run_check

    try:
        minima = minima_of(horizontal_m, vertical_m)
    except SkyparleyError as error:
        raise typer.BadParameter(
            error.message, param_hint=f"--{(error.place or 'minimum').replace('_', '-')}"
        ) from error
    raise typer.Exit(run_check(files, minima, against=against, api_key=api_key, as_json=as_json))


@party_app.command("add")
def party_add(
    party: Annotated[str, typer.Argument(help="Identifier: a-z, 0-9 and '-'.")],
    name: Annotated[str | None, typer.Option(help="Name to show. [default: the identifier]")] = None,
    kind: Annotated[str, typer.Option(help="Kind, such as state_force, civil_ats, utm_provider.")] = "third_state",
    data: Data = None,
) -> None:
    """Admit a party."""
    from skyparley.cli.operator import add_party

    add_party(_settings(data=data), party, name or party, kind)


@party_app.command("key")
def party_key(
    party: Annotated[str, typer.Argument(help="Identifier of the party.")],
    revoke: Annotated[str | None, typer.Option(help="Revoke the key with this id instead.")] = None,
    show: Annotated[bool, typer.Option("--list", help="List the party's keys instead.")] = False,
    data: Data = None,
) -> None:
    """Make an API key for a party; it is shown this once. Or list its keys, or revoke one."""
    from skyparley.cli.operator import list_keys, make_key, revoke_key

    settings = _settings(data=data)
    if revoke is not None:
        revoke_key(settings, party, revoke)
    elif show:
        list_keys(settings, party)
    else:
        make_key(settings, party)


@party_app.command("list")
def party_list(data: Data = None) -> None:
    """List the parties."""
    from skyparley.cli.operator import list_parties

    list_parties(_settings(data=data))


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="Directory to make; it must not exist yet.")], data: Data = None
) -> None:
    """Copy log and vault of a node, also while it serves."""
    from skyparley.cli.upkeep import back_up

    back_up(_settings(data=data).data, to)


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="Directory made by `skyparley backup`.")], data: Data = None
) -> None:
    """Make a data directory from a backup, after checking it."""
    from skyparley.cli.upkeep import restore_from

    settings = _settings(data=data)
    restore_from(backup, settings.data)


@app.command()
def replay(
    verify: Annotated[bool, typer.Option("--verify", help="Compare every filing again, too.")] = False,
    data: Data = None,
) -> None:
    """Compute the state from the log's first entry; with --verify hold it against the node's state and findings."""
    from skyparley.cli.upkeep import replay_from_zero

    if not replay_from_zero(_settings(data=data).data, verify=verify):
        raise typer.Exit(1)


@app.command(hidden=True)
def snapshot(data: Data = None) -> None:
    """Bring a data directory's snapshot up to its log's end (a serving node calls this)."""
    from skyparley.cli.upkeep import write_snapshot

    write_snapshot(_settings(data=data).data)


@app.command()
def warm() -> None:
    """Compile the kernels now, so that the first check need not wait for it."""
    from skyparley.cli.upkeep import warm_kernels

    warm_kernels()


def _version(show: bool) -> None:
    if show:
        typer.echo(f"skyparley {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Take the options that stand before every command."""


def main() -> None:
    """Run the command line; what Skyparley refuses is one line, never a traceback."""
    try:
        app()
    except SkyparleyError as error:
        place = f"{error.place}: " if error.place else ""
        print(f"skyparley: {place}{error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
