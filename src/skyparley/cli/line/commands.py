"""The commands of `skyparley line` and their options; each imports what it needs only when it runs."""

from pathlib import Path
from typing import Annotated, Final

import typer

line_app = typer.Typer(
    help="What parties have agreed, who has the watch, and what officers say to each other.", no_args_is_help=True
)
HERE: Final = "http://127.0.0.1:8080"
Url = Annotated[str, typer.Option(help="URL of the node to ask.")]
Key = Annotated[
    str | None, typer.Option(envvar="SKYPARLEY_API_KEY", help="A party's key, or the operator's.", show_envvar=True)
]
Language = Annotated[str, typer.Option(help="Language of the reader: ar, en, es, fr or ru.")]
Zone = Annotated[str, typer.Option(help="The reader's time zone, such as Europe/Paris, shown beside UTC.")]
Post = Annotated[str, typer.Argument(help="The post of your party.")]


@line_app.command("status")
def line_status(
    url: Url = HERE,
    api_key: Key = None,
    language: Annotated[str, typer.Option(help="Language of the texts: ar, en, es, fr or ru.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show each agreement: whether it is in force, everybody's standing, every clause with its number, the draft.

    How to draft, accept and suspend one over the API is in docs/line.md.
    """
    from skyparley.cli.line.agreements import show_status

    show_status(url, api_key, language=language, as_json=as_json)


@line_app.command("messages")
def line_messages(language: Language = "en") -> None:
    """List the messages that can be said on the line: code, title, what answers them, parameters."""
    from skyparley.cli.line.messages import list_messages

    list_messages(language)


@line_app.command("render")
def line_render(
    code: Annotated[str, typer.Argument(help="Code of the message, from: skyparley line messages.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON object of its parameters; - is standard input.")
    ] = Path("-"),
    language: Language = "en",
    zone: Zone = "UTC",
    read_back: Annotated[
        Path | None, typer.Option(help="JSON object of what was read back: compared field by field.")
    ] = None,
) -> None:
    """Show a message as its reader sees it, and compare a read-back. Exit status 1 if the read-back differs."""
    from skyparley.cli.line.messages import render_message

    if not render_message(code, file, language=language, zone=zone, read_back=read_back):
        raise typer.Exit(1)


@line_app.command("inbox")
def line_inbox(url: Url = HERE, api_key: Key = None) -> None:
    """Show what needs your answer, the most urgent first, and what waits for the other side."""
    from skyparley.cli.line.talking import show_inbox

    show_inbox(url, api_key)


@line_app.command("show")
def line_show(
    dialogue: Annotated[str, typer.Argument(help="Identifier of the dialogue, from: skyparley line inbox.")],
    url: Url = HERE,
    api_key: Key = None,
    language: Language = "en",
    zone: Zone = "UTC",
) -> None:
    """Show a dialogue in your language: every message, read-backs field by field, what was received and read."""
    from skyparley.cli.line.talking import show_dialogue

    show_dialogue(url, api_key, dialogue, language=language, zone=zone)


@line_app.command("say")
def line_say(
    whom: Annotated[str, typer.Argument(help="A party, a party/post, or the identifier of a dialogue.")],
    code: Annotated[str, typer.Argument(help="Code of the message, from: skyparley line messages.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="JSON object of its parameters; - is standard input.")
    ] = None,
    url: Url = HERE,
    api_key: Key = None,
    from_post: Annotated[str, typer.Option(help="Your post; the only one on watch if left out.")] = "",
    read_back: Annotated[Path | None, typer.Option(help="JSON object of what is read back.")] = None,
    precedence: Annotated[str, typer.Option(help="FLASH, IMMEDIATE, PRIORITY or ROUTINE.")] = "",
    about: Annotated[str, typer.Option(help="The conflict that is to be settled, from: line conflicts.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Sign what it changes without asking, where you sign.")] = False,
) -> None:
    """Send a message of the catalogue: open a dialogue with a party, or answer, counter or read back within one."""
    from skyparley.cli.line.talking import Said, say

    said = Said(code, file, from_post=from_post, read_back=read_back, precedence=precedence, about=about, yes=yes)
    say(url, api_key, whom, said)


@line_app.command("conflicts")
def line_conflicts(url: Url = HERE, api_key: Key = None) -> None:
    """Show what your operations conflict with, and which alarms are raised and not heard."""
    from skyparley.cli.line.conflicts import show_conflicts

    show_conflicts(url, api_key)


@line_app.command("proposal")
def line_proposal(
    dialogue: Annotated[str, typer.Argument(help="Identifier of the dialogue, from: skyparley line inbox.")],
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Show what the proposal that waits would change, compared anew. Exit status 1 if it is not clear."""
    from skyparley.cli.line.conflicts import show_proposal

    if not show_proposal(url, api_key, dialogue):
        raise typer.Exit(1)


@line_app.command("heard")
def line_heard(
    conflict: Annotated[str, typer.Argument(help="Identifier of the conflict, from: skyparley line conflicts.")],
    url: Url = HERE,
    api_key: Key = None,
    post: Annotated[str, typer.Option(help="Your post; the only one on watch if left out.")] = "",
) -> None:
    """Say that a post of yours has heard the alarm of a conflict. It settles nothing."""
    from skyparley.cli.line.conflicts import acknowledge

    acknowledge(url, api_key, conflict, post)


@line_app.command("post")
def line_post(
    post: Post,
    url: Url = HERE,
    api_key: Key = None,
    deputy: Annotated[list[str] | None, typer.Option(help="Called when it does not answer; may be repeated.")] = None,
    next_post: Annotated[str, typer.Option(help="Called after the deputies.")] = "",
) -> None:
    """Set up a post of your party, or say anew who stands in for it."""
    from skyparley.cli.line.talking import define_post

    define_post(url, api_key, post, deputies=deputy or [], next_post=next_post)


@line_app.command("watch")
def line_watch(
    post: Post,
    url: Url = HERE,
    api_key: Key = None,
    leave: Annotated[str | None, typer.Option(help="End the watch with this identifier instead.")] = None,
    note: Annotated[str, typer.Option(help="With --leave: a note to those who come.")] = "",
) -> None:
    """Begin a watch at a post and print its identifier, or end one."""
    from skyparley.cli.line.talking import watch

    watch(url, api_key, post, leave=leave, note=note)


@line_app.command("assist")
def line_assist(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON object of an assistance-request; - is standard input.")
    ],
    url: Url = HERE,
    api_key: Key = None,
    party: Annotated[
        list[str] | None, typer.Option(help="Whom to call; may be repeated. All others that have a post if left out.")
    ] = None,
    from_post: Annotated[str, typer.Option(help="Your post; the only one on watch if left out.")] = "",
) -> None:
    """Call all concerned to an aircraft in distress, by FLASH."""
    from skyparley.cli.line.cases import request_assistance

    request_assistance(url, api_key, file, party or [], from_post)


@line_app.command("cases")
def line_cases(url: Url = HERE, api_key: Key = None, language: Language = "en") -> None:
    """Show the cases of assistance that concern you, with who acts."""
    from skyparley.cli.line.cases import show_cases

    show_cases(url, api_key, language=language)


@line_app.command("record-call")
def line_record_call(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON as in docs/calls.md; - is standard input.")],
    url: Url = HERE,
    api_key: Key = None,
) -> None:
    """Put a voice call on record, with the first draft of its text."""
    from skyparley.cli.line.cases import record_call

    record_call(url, api_key, file)


@line_app.command("calls")
def line_calls(url: Url = HERE, api_key: Key = None) -> None:
    """Show the voice calls of your party: text, decisions, commitments, each side's own account."""
    from skyparley.cli.line.cases import show_calls

    show_calls(url, api_key)
