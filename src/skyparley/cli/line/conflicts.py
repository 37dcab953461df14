"""`skyparley line conflicts`, `proposal` and `heard`: what stands between two parties, and what would settle it."""

from typing import Any

from rich.console import Console
from rich.text import Text

from skyparley.cli.line.asking import ask


def show_conflicts(url: str, api_key: str | None) -> None:
    """Print the conflicts that concern the key, with their alarms."""
    console, after, told = Console(), "", 0
    while True:
        page = ask(url, api_key, "GET", f"/v1/conflicts?limit=200{f'&after={after}' if after else ''}")
        for conflict in page["items"]:
            told += 1
            console.print(Text(conflict["conflict_id"]), style="bold")
            console.print(Text(f"  {conflict['sentence']}"))
            console.print(alarm_line(conflict))
        after = page["next"]
        if not after:
            break
    if not told:
        console.print(Text("No conflicts."))


def alarm_line(conflict: dict[str, Any]) -> Text:
    """How the alarm of a conflict stands, in a line."""
    alarm = conflict["alarm"]
    if alarm is None:
        return Text("  both operations are of one party")
    by = f" by clause {alarm['basis']}" if alarm["basis"] else ""
    if alarm["state"] == "waiting":
        return Text(f"  alarm at {alarm['at']}{by} unless it is settled")
    heard = ", ".join(f"{one['party']}/{one['post']} at {one['time']}" for one in alarm["heard"]) or "nobody"
    word = "UNRESOLVED" if alarm["state"] == "unresolved" else "WARNING"
    return Text(f"  {word} since {alarm['since']}{by}: conflict {conflict['conflict_id']}; heard by {heard}")


def show_proposal(url: str, api_key: str | None, dialogue_id: str) -> bool:
    """Print what the proposal that waits would change; whether it is clear now."""
    proposal = ask(url, api_key, "GET", f"/v1/dialogues/{dialogue_id}/proposal")
    console = Console()
    for change in proposal["changes"]:
        name = f"{change['party']}/{change['operation_id'] or '(not disclosed)'}"
        times = f"from {change['begin']} to {change['end']}" if change["begin"] else "times not disclosed"
        console.print(Text(f"{name}: {times}"))
    if proposal["clear"]:
        console.print(Text(f"clear of everything filed up to entry {proposal['checked_through']}"))
    for heading, name in (("NOT CLEAR", "against"), ("stays as it is", "standing")):
        for sentence in proposal[name]:
            console.print(Text(f"{heading}: {sentence}"))
    return bool(proposal["clear"])


def acknowledge(url: str, api_key: str | None, conflict_id: str, post: str) -> None:
    """Say that a post has heard the alarm of a conflict, and print how it stands."""
    conflict = ask(url, api_key, "POST", f"/v1/conflicts/{conflict_id}/acknowledge", {"post": post})
    Console().print(alarm_line(conflict))
