"""`skyparley line status`: what is agreed, in force or drafted, with every number and everybody's standing.

It asks a node over its public API, as any client may.
"""

import sys
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.cli.line.asking import ask


def show_status(url: str, api_key: str | None, *, language: str, as_json: bool) -> None:
    """Print the agreements that a key may see. Raises `StorageError` if the node does not answer."""
    agreements = ask(url, api_key, "GET", "/v1/agreements")["items"]
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
