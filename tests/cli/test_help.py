"""`--help` of every command says what a newcomer needs, at once and without a node."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from skyparley import __version__
from skyparley.cli.main import app
from support.commands import skyparley


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        elif isinstance(command, TyperCommand):
            yield (*path, name), command


ROOT = typer.main.get_command(app)
COMMANDS = list(commands(ROOT)) if isinstance(ROOT, TyperGroup) else []


def test_there_are_all_commands() -> None:
    assert {" ".join(path) for path, command in COMMANDS if not command.hidden} == {
        "serve", "demo", "check", "altitude", "party add", "party key", "party list", "line status", "line inbox",
        "person add", "person list", "person set",
        "person password", "person disable", "line show", "line say", "line post", "line watch", "line messages",
        "line render", "line conflicts", "line proposal", "line heard", "line assist", "line cases", "line calls",
        "keys make", "keys show", "keys register", "keys witness", "keys list", "keys revoke", "keys require",
        "operation file", "operation declare", "operation activate", "operation end", "operation cancel",
        "operation confirm", "operation retract",
        "line record-call", "token key", "token issue", "record key", "record checkpoint", "record receipt",
        "record compare", "record delete", "record private", "verify", "witness", "audit", "export",
        "shadow", "console", "log", "backup", "restore", "replay", "warm",
    }  # fmt: skip


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_a_command_and_each_of_its_parameters_says_what_it_is(path: tuple[str, ...], command: TyperCommand) -> None:
    assert len(command.help or "") > 30
    for parameter in command.params:
        assert len(parameter.help or "") > 15 or parameter.hidden, parameter.name
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for parameter in command.params:
        assert all(option in shown.output for option in parameter.opts if option.startswith("--"))


def test_defaults_are_shown() -> None:
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    assert all(default in shown for default in ("127.0.0.1", "8080", "data/node", "skyparley"))


def test_the_version_and_what_is_no_command() -> None:
    assert skyparley("--version").stdout == f"skyparley {__version__}\n"
    wrong = skyparley("fly")
    assert (wrong.returncode, "fly" in wrong.stderr) == (2, True)
