"""`skyparley line inbox`, `show`, `say` and `watch`: a duty officer's work from a terminal, over the public API."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.catalogue.messages import message_type
from skyparley.cli.line.asking import ask, parameters_of
from skyparley.cli.line.conflicts import alarm_line
from skyparley.errors import InvalidInputError


def show_inbox(url: str, api_key: str | None) -> None:
    """Print what needs the key's party, the most urgent first."""
    inbox = ask(url, api_key, "GET", "/v1/inbox")
    console = Console()
    console.print(Text(f"Now {inbox['time']} (UTC)"))
    for conflict in inbox["alarms"]:
        console.print(alarm_line(conflict), style="bold")
    if not inbox["owed"] and not inbox["tests"] and not inbox["alarms"]:
        console.print(Text("Nothing waits for your answer."))
    for test in inbox["tests"]:
        name = f"{test['agreement_id']} {test['number']}"
        console.print(Text(f"LINE TEST {name}: answer by {test['answer_by']}"), style="bold")
    for heading, name in (("your turn", "owed"), ("the other side's turn", "waiting")):
        if inbox[name]:
            console.print(_dialogues(heading, inbox[name]))
        if inbox[f"{name}_left_out"]:
            console.print(Text(f"  and {inbox[f'{name}_left_out']} more"))


def _dialogues(heading: str, dialogues: list[dict[str, Any]]) -> Table:
    table = Table(heading, "with", "precedence", "state", "at post", "by", box=SIMPLE_HEAD, show_edge=False)
    for one in dialogues:
        state = one["state"].replace("_", " ").upper() if one["state"] == "timed_out" else one["state"]
        if one["read_back"] in ("due", "mismatch", "matched"):
            state += f", read-back {one['read_back']}"
        post = (one["post"] or "-") + (" (NOBODY ON WATCH)" if one["unstaffed"] else "")
        cells = (one["dialogue_id"], f"{one['opener']} / {one['other']}", one["precedence"], state, post)
        table.add_row(*map(Text, (*cells, one["answer_by"] or "-")))
    return table


def show_dialogue(url: str, api_key: str | None, dialogue_id: str, *, language: str, zone: str) -> None:
    """Print a dialogue: each message in the reader's language, and what became of it."""
    path = f"/v1/dialogues/{dialogue_id}?language={language}&zone={zone}"
    dialogue = ask(url, api_key, "GET", path)
    console = Console()
    turn = f"; {dialogue['owes']}'s turn at {dialogue['post']}" if dialogue["owes"] else ""
    console.print(Text(f"{dialogue['state']} {dialogue['result'] or ''}{turn}".strip()), style="bold")
    for message in dialogue["thread"]:
        late = " DELAYED" if message["delayed"] else ""
        origin = f"{message['from_party']}/{message['from_post']}"
        console.print(Text(f"{message['number']}. {message['sent']} {origin}: {message['title']}{late}"), style="bold")
        console.print(Text("   " + message["text"].replace("\n", "\n   ")))
        for compared in message["fields"] or ():
            console.print(Text(f"   {compared['name']}: {'same' if compared['equal'] else 'DIFFERENT'}"))
        if message["checked_through"]:
            console.print(Text(f"   checked against everything filed up to entry {message['checked_through']}"))
        console.print(Text(f"   received {message['received'] or 'not yet'}, read {message['read'] or 'not yet'}"))


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said: a code of the catalogue, a file of parameters, a file of what is read back, and its envelope."""

    code: str = field(kw_only=False)
    file: Path | None = field(kw_only=False)
    from_post: str
    read_back: Path | None
    precedence: str
    about: str
    yes: bool = False


def say(url: str, api_key: str | None, whom: str, said: Said) -> None:
    """Send a message: to a party (a new dialogue) or within a dialogue. Prints the dialogue's identifier.

    Raises `InvalidInputError` for a code that is none.
    """
    body: dict[str, Any] = {"code": message_type(said.code).code, "from_post": said.from_post}
    body |= {"precedence": said.precedence, "parameters": {} if said.file is None else parameters_of(said.file)}
    within = len(whom) == 16 and all(letter in "0123456789abcdef" for letter in whom)
    if within:
        path = f"/v1/dialogues/{whom}/messages"
        if said.read_back is not None:
            body["read_back"] = parameters_of(said.read_back)
            dialogue = ask(url, api_key, "GET", f"/v1/dialogues/{whom}")
            body["parameters"] = {"message": dialogue["question"], **body["parameters"]}
    elif said.read_back is not None:
        raise InvalidInputError("a read-back answers a message: name its dialogue", place="--read-back")
    else:
        path = "/v1/dialogues"
        party, _, post = whom.partition("/")
        body |= {"to_party": party, "to_post": post, "about": said.about}
    answer = ask(url, api_key, "POST", path, body, yes=said.yes)
    dialogue = answer["dialogue"]
    print(dialogue["dialogue_id"])
    told = f"message {answer['message']['number']}: {dialogue['state']}, read-back {dialogue['read_back']}"
    told += f", entry {answer['sequence']}"
    print(told.replace("_", " "))


def watch(url: str, api_key: str | None, post: str, *, leave: str | None, note: str) -> None:
    """Begin a watch and print its identifier, or end one with a note."""
    if leave is None:
        print(ask(url, api_key, "POST", f"/v1/posts/{post}/watch")["watch"])
    else:
        ask(url, api_key, "POST", f"/v1/posts/{post}/leave", {"watch": leave, "note": note})


def define_post(url: str, api_key: str | None, post: str, *, deputies: list[str], next_post: str) -> None:
    """Set up a post, or say anew who stands in for it."""
    ask(url, api_key, "PUT", f"/v1/posts/{post}", {"deputies": deputies, "next_post": next_post or None})
