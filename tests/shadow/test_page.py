"""What docs/shadow.md says is so: members of a line, counts, reasons, limits, what counts as the same."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from skyparley.shadow import passages, proxy, report
from skyparley.shadow.pairs.asked import Asked
from skyparley.shadow.pairs.compare import HIDDEN_OVNS
from skyparley.shadow.pairs.judge import Judged
from skyparley.shadow.pairs.names import NO_SUBSCRIPTION
from skyparley.shadow.report import Origin, Report
from skyparley.web.server import MAX_HEADER_BYTES
from support.shadow import lines_of
from support.tree import ROOT

PAGE = (ROOT / "docs" / "shadow.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def words(text: str) -> list[str]:
    """The words in code in the first column of a table."""
    return [
        word for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for word in re.findall(r"`([^`]+)`", row)
    ]


def made(tmp_path: Path) -> Report:
    found = Report("https://dss-old.example", 0, tmp_path / "report.jsonl")
    asked = Asked("operational_intent", "update", "PUT /dss/v1/x/{entityid}/{ovn}", "n", "an-ovn-of-some-length")
    found.forwarded(asked.route)
    found.compared(Origin(0, "r", "PUT", asked, "uss1"), [Judged("status", 200, 409, False, False)])
    found.append(found.take_lines())
    return found


def test_a_line_has_the_members_that_the_page_names(tmp_path: Path) -> None:
    (line,) = lines_of(made(tmp_path).path)
    assert list(json.loads(BLOCKS[0])) == list(line) == words(section("The report"))


def test_certain_lines_are_found_as_the_page_says(tmp_path: Path) -> None:
    (pattern,) = re.findall(r"^grep '(.*)' data/shadow/differences.jsonl$", PAGE, re.MULTILINE)
    assert pattern in made(tmp_path).path.read_text()


def shape(value: Any) -> Any:
    return {name: shape(one) for name, one in value.items()} if isinstance(value, dict) else type(value)


def test_the_counts_have_the_members_that_the_page_shows(tmp_path: Path) -> None:
    shown = json.loads(BLOCKS[1])
    told = json.loads(msgspec.json.encode(made(tmp_path).summary(0)))
    for one in (shown, told):
        (one["routes"],) = one["routes"].values()
    assert shape(shown) == shape(told)
    reasons = section(f"GET {proxy.SUMMARY_PATH}").split("| not compared because of |")[1]
    assert words(reasons) == list(passages.REASONS)


def test_the_limits_are_those_in_the_code() -> None:
    numbers = [
        int(number.replace(",", "")) for number in re.findall(r"(\d[\d,]*) ?(?:MiB|KiB|s\b|\|)", section("Limits"))
    ]
    mib = 1024 * 1024
    assert numbers == [
        passages.MAX_WAITING, passages.MAX_COPIED_BYTES // mib, passages.MAX_COPY_BYTES // mib,
        report.MAX_REPORT_BYTES // mib, proxy.ANSWER_TIMEOUT_S, proxy.MAX_CONNECTIONS, MAX_HEADER_BYTES // 1024,
    ]  # fmt: skip


def test_what_counts_as_the_same_is_named() -> None:
    assert all(f"`{phrase}`" in section("What is compared") for phrase in (HIDDEN_OVNS[2], NO_SUBSCRIPTION))
