"""`skyparley line …`: what is agreed, with everybody's standing; and the messages that can be said, in each language.

What is agreed it asks of a node over its public API, as any client may; the catalogue needs no node.
"""

import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.catalogue.compare import compare_read_back
from skyparley.catalogue.messages import MESSAGES, parse_message, parse_read_back
from skyparley.catalogue.render import label, render, review_status, rows, title
from skyparley.cli.against import client_of, message_of
from skyparley.errors import InvalidInputError, SkyparleyError, StorageError


def show_status(url: str, api_key: str | None, *, language: str, as_json: bool) -> None:
    """Print the agreements that a key may see. Raises `StorageError` if the node does not answer."""
    agreements = _get(url, "/v1/agreements", api_key)["items"]
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(agreements), indent=2) + b"\n")
        return
    if not agreements:
        print("No agreement: the defaults hold (see docs/line.md)")
    console = Console()
    for agreement in agreements:
        _show(console, agreement, language)


def _show(console: Console, agreement: dict[str, Any], language: str) -> None:
    status = agreement["status"].replace("_", " ").upper()
    title = _in_language(agreement["titles"], language)
    console.print(Text(f"{agreement['agreement_id']}: {title}"), style="bold")
    console.print(
        Text(f"  {status}, version {agreement['version']}; authoritative: {', '.join(agreement['authoritative'])}")
    )
    if agreement["review"] is not None:
        overdue = " (OVERDUE)" if agreement["review_due"] else ""
        console.print(Text(f"  review on {agreement['review']}{overdue}"))
    for standing in agreement["standings"]:
        words = f"  {standing['party']}: {standing['state']} since {standing['since']}"
        if "reason" in standing:
            words += f" ({standing['reason']})"
        if "announced" in standing:
            words += f"; from {standing['announced_from']} on: {standing['announced']} ({standing['announced_reason']})"
        console.print(Text(words))
    _clauses(console, agreement["clauses"], language)
    draft = agreement["draft"]
    if draft is not None:
        stands = ", ".join(f"{one['party']} {one['state']}" for one in draft["standings"])
        console.print(Text(f"  DRAFT of version {draft['version']}: {stands}"))
        _clauses(console, draft["clauses"], language)


def _clauses(console: Console, clauses: list[dict[str, Any]], language: str) -> None:
    if not clauses:
        return
    table = Table("clause", "number", "text", "accepted by", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for clause in clauses:
        text = "(to be left out)" if clause.get("struck") else _in_language(clause["texts"], language)
        for reservation in clause.get("reservations", ()):
            text += f"\n{reservation['party']} reserves: {reservation['text']}"
        accepted = ", ".join(clause["accepted_by"]) if "accepted_by" in clause else "all"
        table.add_row(*map(Text, (clause["number"], _term(clause["term"]), text, accepted)))
    console.print(table)


def _term(term: dict[str, Any] | None) -> str:
    """A term as `kind: field value, …`."""
    if term is None:
        return ""
    fields = ", ".join(f"{name} {value}" for name, value in term.items() if name != "kind")
    return f"{term['kind']}: {fields}" if fields else str(term["kind"])


def _in_language(texts: dict[str, str], language: str) -> str:
    """The text in a language, else in the first that there is, which is then named."""
    if language in texts:
        return texts[language]
    return next((f"[{other}] {text}" for other, text in sorted(texts.items())), "")


def _get(url: str, path: str, api_key: str | None) -> Any:
    try:
        with client_of(url, api_key) as client:
            response = client.get(path)
    except httpx.HTTPError as error:
        raise StorageError(f"no answer from {url} ({error}): is a node serving there?") from error
    if response.is_error:
        raise SkyparleyError(f"the node refuses: {message_of(response)}")
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        raise StorageError(f"{url} does not answer as a node does: is the address right?") from None


def list_messages(language: str) -> None:
    """Print the catalogue: each message's code, title, what answers it, and its parameters."""
    table = Table("code", "title", "answer", "parameters", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for code, message in MESSAGES.items():
        parameters = ", ".join(one.name if one.required else f"[{one.name}]" for one in message.parameters)
        table.add_row(*map(Text, (code, title(code, language), message.response, parameters)))
    console = Console()
    console.print(table)
    console.print(Text(f"Translation: {review_status(language)}. Kinds and units of parameters: docs/messages.md"))


def render_message(code: str, file: Path, *, language: str, zone: str, read_back: Path | None) -> bool:
    """Print a message as its reader sees it; with a read-back, each field beside it. Whether all of it fits.

    Raises `InvalidInputError` that says what to change.
    """
    sent = parse_message(code, _parameters(file))
    print(f"{title(code, language)}\n{render(code, sent, language, zone=zone)}")
    if read_back is None:
        return True
    repeated = parse_read_back(code, _parameters(read_back))
    compared = compare_read_back(code, sent, repeated)
    shown = [{row.name: row.value for row in rows(code, values, language, zone=zone)} for values in (sent, repeated)]
    table = Table("field", "sent", "read back", "", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for field in compared:
        cells = (label(field.name, language), *(values.get(field.name, "-") for values in shown))
        table.add_row(*map(Text, (*cells, "same" if field.equal else "DIFFERENT")))
    Console().print(table)
    return all(field.equal for field in compared)


def _parameters(file: Path) -> dict[str, Any]:
    name, data = ("standard input", sys.stdin.buffer.read()) if str(file) == "-" else (str(file), file.read_bytes())
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"is not a JSON object of parameters: {error}", place=name) from None
