"""`skyparley line inbox`, `show`, `say` and `watch`: a duty officer's work from a terminal, over the public API."""

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.catalogue.messages import message_type
from skyparley.cli.line.asking import ask, parameters_of
from skyparley.errors import InvalidInputError


def show_inbox(url: str, api_key: str | None) -> None:
    """Print what needs the key's party, the most urgent first."""
    inbox = ask(url, api_key, "GET", "/v1/inbox")
    console = Console()
    console.print(Text(f"Now {inbox['time']} (UTC)"))
    if not inbox["owed"] and not inbox["tests"]:
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
        for field in message["fields"] or ():
            console.print(Text(f"   {field['name']}: {'same' if field['equal'] else 'DIFFERENT'}"))
        console.print(Text(f"   received {message['received'] or 'not yet'}, read {message['read'] or 'not yet'}"))


def say(
    url: str,
    api_key: str | None,
    whom: str,
    code: str,
    file: Path | None,
    *,
    from_post: str,
    read_back: Path | None,
    precedence: str,
) -> None:
    """Send a message: to a party (a new dialogue) or within a dialogue. Prints the dialogue's identifier.

    Raises `InvalidInputError` for a code that is none.
    """
    body: dict[str, Any] = {"code": message_type(code).code, "from_post": from_post, "precedence": precedence}
    body["parameters"] = {} if file is None else parameters_of(file)
    within = len(whom) == 16 and all(letter in "0123456789abcdef" for letter in whom)
    if within:
        path = f"/v1/dialogues/{whom}/messages"
        if read_back is not None:
            body["read_back"] = parameters_of(read_back)
            dialogue = ask(url, api_key, "GET", f"/v1/dialogues/{whom}")
            body["parameters"] = {"message": dialogue["question"], **body["parameters"]}
    elif read_back is not None:
        raise InvalidInputError("a read-back answers a message: name its dialogue", place="--read-back")
    else:
        path = "/v1/dialogues"
        party, _, post = whom.partition("/")
        body |= {"to_party": party, "to_post": post}
    answer = ask(url, api_key, "POST", path, body)
    dialogue = answer["dialogue"]
    print(dialogue["dialogue_id"])
    told = f"message {answer['message']['number']}: {dialogue['state']}, read-back {dialogue['read_back']}"
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
