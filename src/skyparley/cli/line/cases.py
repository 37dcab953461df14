"""`skyparley line assist`, `cases`, `record-call` and `calls`: assistance and voice calls from a terminal."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from skyparley.cli.line.asking import ask, parameters_of


def request_assistance(url: str, api_key: str | None, file: Path, parties: list[str], from_post: str) -> None:
    """Call parties to an aircraft in distress, and print the case's identifier and who could not be called."""
    body = {"parameters": parameters_of(file), "parties": parties, "from_post": from_post}
    answer = ask(url, api_key, "POST", "/v1/assistance", body)
    print(answer["assistance"]["assistance_id"])
    for party in answer["unreachable"]:
        print(f"NOT CALLED: {party} has no post")


def show_cases(url: str, api_key: str | None, *, language: str) -> None:
    """Print the cases of assistance with who acts."""
    console = Console()
    cases = ask(url, api_key, "GET", f"/v1/assistance?language={language}")["items"]
    for case in cases:
        console.print(Text(f"{case['assistance_id']} {case['state'].replace('_', ' ').upper()}"), style="bold")
        console.print(Text(f"  {case['requester']} at {case['requested']}: {case['text']}"))
        for one in case["called"]:
            where = f", dialogue {one['dialogue_id']}" if one["dialogue_id"] else ""
            corridor = f", corridor {one['operation_id']}" if one["operation_id"] else ""
            console.print(Text(f"  {one['party']}: {one['state'].replace('_', ' ')}{corridor}{where}"))
    if not cases:
        console.print(Text("No cases."))


def record_call(url: str, api_key: str | None, file: Path) -> None:
    """Put a voice call on record, and print its identifier."""
    print(ask(url, api_key, "POST", "/v1/calls", parameters_of(file))["call"]["call_id"])


def show_calls(url: str, api_key: str | None) -> None:
    """Print the voice calls of the key's party, the newest first."""
    console = Console()
    calls = ask(url, api_key, "GET", "/v1/calls")["items"]
    for call in calls:
        _show_call(console, call)
    if not calls:
        console.print(Text("No calls are on record."))


def _show_call(console: Console, call: dict[str, Any]) -> None:
    who = ", ".join(f"{one['party']}/{one['post']}" for one in call["participants"])
    console.print(Text(f"{call['call_id']} {call['began']} {who}: {call['state'].upper()}"), style="bold")
    console.print(Text(f"  {call['agenda']}"))
    console.print(Text("  " + call["text"].replace("\n", "\n  ")))
    for decision in call["decisions"]:
        console.print(Text(f"  decided: {decision}"))
    if call["no_tactical_decisions"]:
        console.print(Text("  no tactical decisions"))
    for one in call["commitments"]:
        console.print(Text(f"  {one['number']}. {one['owner']} by {one['due']}: {one['text']} ({one['state']})"))
    for account in call["accounts"]:
        console.print(Text(f"  {account['party']} says: {account['text']}"))
