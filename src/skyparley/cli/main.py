"""`skyparley`: the command line. Each command imports what it needs only when it runs, so that `--help` is at once.

Errors that Skyparley itself refuses are one line on standard error and exit status 1; `check` has its own statuses.
"""

import gc
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from skyparley import __version__
from skyparley.cli.console.commands import console
from skyparley.cli.dss.shadow import shadow
from skyparley.cli.dss.tokens import token_app
from skyparley.cli.line.commands import line_app
from skyparley.cli.people.commands import person_app
from skyparley.cli.record.commands import audit, record_app, verify, witness
from skyparley.cli.signing.commands import keys_app, operation_app
from skyparley.config import Settings, read_settings
from skyparley.errors import SkyparleyError
from skyparley.vocabulary import escaped

COLLECT_AFTER: Final = (50_000, 20, 100)
"""What is imported, and what is filed, lives long and has no cycles: the collector looks at young objects, and seldom
at all of them. A node starts in a tenth less of the time.
"""

app = typer.Typer(
    name="skyparley",
    help="Parties that share a sky but no command keep out of each other's way.",
    epilog="Start with: skyparley demo. Every command says more with --help; pages are in docs/.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
party_app = typer.Typer(
    help="Admit parties and give them API keys, as the operator of a node; also while it serves.",
    no_args_is_help=True,
)
app.add_typer(party_app, name="party")
app.add_typer(line_app, name="line")
app.add_typer(person_app, name="person")
app.add_typer(token_app, name="token")
app.add_typer(record_app, name="record")
app.add_typer(keys_app, name="keys")
app.add_typer(operation_app, name="operation")

Host = Annotated[
    str | None,
    typer.Option(help="Address to listen on; anything but loopback should have TLS.", show_default="127.0.0.1"),
]
Port = Annotated[int | None, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one.", show_default="8080")]
Data = Annotated[
    Path | None,
    typer.Option(
        help="Data directory of the node: log, vault, snapshots, the operator's key.", show_default="data/node"
    ),
]
Pool = Annotated[
    str | None,
    typer.Option(
        help="Name of the parties' pool; it is bound into the log when that is made.", show_default="skyparley"
    ),
]


def _settings(**given: Any) -> Settings:
    """Settings of the environment, with the options of the command line before them."""
    import dataclasses

    settings = read_settings(os.environ)
    return dataclasses.replace(settings, **{name: value for name, value in given.items() if value is not None})


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    pool: Pool = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file with the certificate chain; with --tls-key it serves HTTPS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file with the certificate's private key.")] = None,
) -> None:
    """Serve a node: HTTP API, event stream and console, until Ctrl-C or SIGTERM.

    What is not given here comes from the environment (SKYPARLEY_PORT and so on, see docs/settings.md).

    Next: skyparley party add NAME, then skyparley party key NAME.
    """
    from skyparley.cli.serving import run

    settings = _settings(host=host, port=port, data=data, pool=pool, tls_certificate=tls_certificate, tls_key=tls_key)
    run(settings, demo=False)


@app.command()
def demo(
    host: Host = None,
    port: Port = None,
    data: Annotated[Path, typer.Option(help="Data directory of the demo.")] = Path("data/demo"),
) -> None:
    """Serve a node with three parties: real flights over Switzerland, a firing exercise, drones over a rescue.

    Open the address that it prints. Everybody on this machine may look; to act as a party, enter one of its keys.
    """
    from skyparley.cli.serving import run

    run(_settings(host=host, port=port, data=data, pool="demo"), demo=True)


app.command()(console)
app.command()(shadow)
app.command()(verify)
app.command()(witness)
app.command()(audit)


@app.command()
def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="GeoJSON features, CSV trajectories, recorded flights, F3548 volumes, operations of the API; told"
            " apart by content, gzip or not; - is standard input.",
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(help="URL of a node, such as http://127.0.0.1:8080: compare with what it holds, too."),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="SKYPARLEY_API_KEY", help="A party's key for --against.", show_envvar=True)
    ] = None,
    horizontal_m: Annotated[
        float | None,
        typer.Option(help="Horizontal minimum between all, metres.", show_default="9260 en route, 50 between drones"),
    ] = None,
    vertical_m: Annotated[
        float | None,
        typer.Option(help="Vertical minimum between all, metres.", show_default="304.8 en route, 15 between drones"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    as_lines: Annotated[
        bool,
        typer.Option(
            "--json-lines",
            help="Print each conflict as one line of JSON as soon as it is found, about in the order of time.",
        ),
    ] = False,
) -> None:
    """Find all conflicts within and between files, past or future. Nothing is filed.

    Exit status: 1 if there are conflicts, else 2 if anything was skipped, else 0. See docs/check.md.

    For example: skyparley check north.geojson south.csv.gz
    """
    from skyparley.cli.check import minima_of
    from skyparley.cli.check import run as run_check

    if as_json and as_lines:
        raise typer.BadParameter("cannot be given together with --json", param_hint="--json-lines")
    try:
        minima = minima_of(horizontal_m, vertical_m)
    except SkyparleyError as error:
        raise typer.BadParameter(
            error.message, param_hint=f"--{(error.place or 'minimum').replace('_', '-')}"
        ) from error
    raise typer.Exit(run_check(files, minima, against=against, api_key=api_key, as_json=as_json, as_lines=as_lines))


@app.command()
def altitude(
    latitude: Annotated[float, typer.Argument(help="Latitude, degrees north of the equator.")],
    longitude: Annotated[float, typer.Argument(help="Longitude, degrees east of Greenwich.")],
    metres: Annotated[float, typer.Argument(help="Altitude above the datum of --from.")],
    of: Annotated[str, typer.Option("--from", metavar="DATUM", help="WGS84, EGM96, PRESSURE or AGL.")],
    to: Annotated[str, typer.Option(metavar="DATUM", help="Datum to compare it with: one of the same.")],
) -> None:
    """Say what an altitude above one datum can mean above another at a place, from the least to the greatest.

    For example: skyparley altitude 46.5 7.8 500 --from WGS84 --to EGM96
    """
    from skyparley.cli.check import told_altitude

    typer.echo(told_altitude(latitude, longitude, metres, of, to))


@party_app.command("add")
def party_add(
    party: Annotated[str, typer.Argument(help="Identifier: a-z, 0-9 and '-'.")],
    name: Annotated[str | None, typer.Option(help="Name for people to read.", show_default="the identifier")] = None,
    kind: Annotated[
        str,
        typer.Option(
            help="state_force, coalition_member, third_state, civil_ats, humanitarian, utm_provider or"
            " neutral_custodian."
        ),
    ] = "third_state",
    data: Data = None,
) -> None:
    """Admit a party to the node. Give it a key with: skyparley party key."""
    from skyparley.cli.operator import add_party

    add_party(_settings(data=data), party, name or party, kind)


@party_app.command("key")
def party_key(
    party: Annotated[str, typer.Argument(help="Identifier of the party.")],
    revoke: Annotated[str | None, typer.Option(metavar="KEY_ID", help="Revoke this key instead of making one.")] = None,
    show: Annotated[bool, typer.Option("--list", help="List the party's keys instead of making one.")] = False,
    data: Data = None,
) -> None:
    """Make an API key for a party, and print it this once on standard output; or list its keys, or revoke one.

    Keys are kept as hashes only. Its holder sends it as: Authorization: Bearer KEY.
    """
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
    """List the parties of the node: who was admitted, as what kind, since which entry."""
    from skyparley.cli.operator import list_parties

    list_parties(_settings(data=data))


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="Directory to make; it must not exist yet.")], data: Data = None
) -> None:
    """Copy log and vault of a node as of one moment, also while it serves."""
    from skyparley.cli.upkeep import back_up

    back_up(_settings(data=data).data, to)


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="Directory to make; it must not exist yet.")],
    reader: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PARTY",
            help="Only what this party may read: its own entries, of the node's own the headers, of others nothing.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Write all that the node has signed as sealed, compressed files, also while it serves. Check: skyparley audit.

    For example: skyparley export --to export --for alpha
    """
    from skyparley.cli.record.exporting import write_export

    write_export(_settings(data=data).data, to, reader or "")


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="Directory made by: skyparley backup.")], data: Data = None
) -> None:
    """Make a new data directory from a backup, and verify it from its first entry before saying so."""
    from skyparley.cli.upkeep import restore_from

    settings = _settings(data=data)
    restore_from(backup, settings.data)


@app.command()
def replay(
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Check the chain, compare every filing again, and hold both against the node."),
    ] = False,
    data: Data = None,
) -> None:
    """Compute the state from the log's first entry: state hash and conflicts, also of a backup or a serving node.

    Exit status 1 if anything that --verify compares differs.
    """
    from skyparley.cli.upkeep import replay_from_zero

    if not replay_from_zero(_settings(data=data).data, verify=verify):
        raise typer.Exit(1)


@app.command("log")
def show_log(
    of: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only what is about this intent, operation, dialogue, USS, …")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only entries of this kind, such as put_intent.")] = None,
    by: Annotated[str | None, typer.Option(help="Only those of this party or USS; node for the node's own.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Not before: a time with its zone, or 90s, 15m, 2h, 3d ago.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before: a time with its zone, or 90s, 15m, 2h, 3d ago.")] = None,
    after: Annotated[int, typer.Option(help="Only entries after this one.", min=0)] = 0,
    last: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, with the whole command.")
    ] = False,
    data: Data = None,
) -> None:
    """Show what stands in the log: who changed what, and when. Also of a backup, or while the node serves.

    For example: skyparley log --kind put_intent --by uss1 --since 15m
    """
    from skyparley.cli.logbook import Wanted, instant, show

    wanted = Wanted(
        after=after,
        last=last,
        kinds=tuple(kind or ()),
        by=by or "",
        of=of or "",
        since_us=None if since is None else instant(since, place="--since"),
        until_us=None if until is None else instant(until, place="--until"),
    )
    show(_settings(data=data).data, wanted, as_json=as_json)


@app.command(hidden=True)
def snapshot(data: Data = None) -> None:
    """Bring a data directory's snapshots up to its log's end (a serving node calls this)."""
    from skyparley.cli.upkeep import follow_once

    follow_once(_settings(data=data).data)


@app.command()
def warm() -> None:
    """Compile the kernels now (a minute, once), so that the first check need not wait for it."""
    from skyparley.cli.upkeep import warm_kernels

    warm_kernels()


def _version(show: bool) -> None:
    if show:
        typer.echo(f"skyparley {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before every command."""


def main() -> None:
    """Run the command line; what is refused, or the system does not give, is one line, never a traceback."""
    gc.set_threshold(*COLLECT_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without a letter gets its number
    try:
        app()
    except SkyparleyError as error:
        place = f"{error.place}: " if error.place else ""
        _fail(f"{place}{error.message}")
    except BrokenPipeError:
        # whoever read has gone: nothing is left to say, and nothing to flush into
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _fail(message: str) -> NoReturn:
    print(f"skyparley: {escaped(message)}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
