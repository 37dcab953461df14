"""The commands of `skyparley person`: a party's people and their passwords, over the public API of a node.

A password is asked for or read from standard input, never an argument: arguments stand in the list of processes.
"""

import sys
from typing import Annotated

import typer

from skyparley.cli.line.commands import HERE, Key, Url

person_app = typer.Typer(
    help="The people of your party, who log in with a password. The other parties see posts, never people.",
    no_args_is_help=True,
)
Login = Annotated[str, typer.Argument(help="Login: 1 to 64 of a-z, 0-9 and . _ -")]
Role = Annotated[str, typer.Option(help="officer, planner, auditor or administrator.")]
Language = Annotated[str, typer.Option(help="Language of the person: ar, en, es, fr or ru.")]
Zone = Annotated[str, typer.Option(help="Time zone of the person, such as Europe/Paris.")]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@person_app.command("add")
def person_add(
    login: Login,
    name: Annotated[str, typer.Option(help="Name for people.")],
    role: Role = "officer",
    language: Language = "en",
    zone: Zone = "UTC",
    password_stdin: FromInput = False,
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Add a person of your party; what each role may do is in docs/people.md."""
    from skyparley.cli.line.asking import ask

    person = {"login": login, "name": name, "role": role, "language": language, "zone": zone}
    ask(url, api_key, "POST", "/v1/people", {**person, "password": _password(from_input=password_stdin)})


@person_app.command("list")
def person_list(url: Url = HERE, api_key: Key = None) -> None:
    """List the people of your party: login, name, role, language, zone, and who is disabled."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from skyparley.cli.line.asking import ask

    table = Table("login", "name", "role", "language", "zone", "disabled", box=SIMPLE_HEAD, show_edge=False)
    for one in ask(url, api_key, "GET", "/v1/people")["items"]:
        cells = (one["login"], one["name"], one["role"], one["language"], one["zone"], one["disabled"] or "")
        table.add_row(*map(Text, cells))
    Console().print(table)


@person_app.command("set")
def person_set(
    login: Login,
    name: Annotated[str, typer.Option(help="Name for people.")],
    role: Role,
    language: Language = "en",
    zone: Zone = "UTC",
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Change a person's name, role, language and zone. Another role ends the person's sessions."""
    from skyparley.cli.line.asking import ask

    ask(url, api_key, "POST", f"/v1/people/{login}", {"name": name, "role": role, "language": language, "zone": zone})


@person_app.command("password")
def person_password(login: Login, password_stdin: FromInput = False, url: Url = HERE, api_key: Key = None) -> None:
    """Set a person's password, which ends its sessions and lets in again who was disabled."""
    from skyparley.cli.line.asking import ask

    ask(url, api_key, "POST", f"/v1/people/{login}/password", {"password": _password(from_input=password_stdin)})


@person_app.command("disable")
def person_disable(login: Login, url: Url = HERE, api_key: Key = None) -> None:
    """Let a person log in no longer and end its sessions. The record stays: it must stay known who was on watch."""
    from skyparley.cli.line.asking import ask

    ask(url, api_key, "DELETE", f"/v1/people/{login}")


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
