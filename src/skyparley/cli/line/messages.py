"""`skyparley line messages` and `line render`: what can be said, in each language; the catalogue needs no node."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.catalogue.compare import compare_read_back
from skyparley.catalogue.messages import MESSAGES, parse_message, parse_read_back
from skyparley.catalogue.render import label, render, review_status, rows, title
from skyparley.cli.line.asking import parameters_of


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
    sent = parse_message(code, parameters_of(file))
    print(f"{title(code, language)}\n{render(code, sent, language, zone=zone)}")
    if read_back is None:
        return True
    repeated = parse_read_back(code, parameters_of(read_back))
    compared = compare_read_back(code, sent, repeated)
    shown = [{row.name: row.value for row in rows(code, values, language, zone=zone)} for values in (sent, repeated)]
    table = Table("field", "sent", "read back", "", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for field in compared:
        cells = (label(field.name, language), *(values.get(field.name, "-") for values in shown))
        table.add_row(*map(Text, (*cells, "same" if field.equal else "DIFFERENT")))
    Console().print(table)
    return all(field.equal for field in compared)
