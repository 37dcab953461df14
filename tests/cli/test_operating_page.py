"""docs/operating.md says what a node does: which files lie in its directory, and which settings there are."""

import re
from fnmatch import fnmatch
from pathlib import Path

from skyparley.config import CLIENT_VARIABLES
from support.commands import skyparley
from support.process import Serving, serving

DOCS = Path(__file__).parents[2] / "docs"


def documented_files() -> set[str]:
    rows = re.findall(r"^\| (`[^|]+) \| .+ \| .+ \|$", (DOCS / "operating.md").read_text(), re.MULTILINE)
    names = set()
    for row in rows:
        first, *suffixes = re.findall(r"`([^`]+)`", row)
        names |= {first.replace("…", "*"), *(first + suffix for suffix in suffixes)}
    return names


def test_every_file_of_a_data_directory_is_described_and_every_one_that_is_described_is_made(tmp_path: Path) -> None:
    with serving("demo", tmp_path / "demo") as node:
        present = {path.name for path in node.data.iterdir()}
        assert node.stop() == 0
    present |= {path.name for path in (tmp_path / "demo").iterdir()}
    described = documented_files()
    assert [name for name in present if not any(fnmatch(name, pattern) for pattern in described)] == []
    assert [pattern for pattern in described if not any(fnmatch(name, pattern) for name in present)] == []


def test_a_lost_operator_s_key_is_made_again(tmp_path: Path) -> None:
    skyparley("party", "add", "alpha", "--data", tmp_path / "data")
    first = (tmp_path / "data" / "operator.key").read_text()
    (tmp_path / "data" / "operator.key").unlink()
    with serving("serve", tmp_path / "data") as node:
        assert node.operator_key != first.strip()
        assert node.get("/v1/parties", node.operator_key).status_code == 200


def test_the_metrics_are_open_to_this_machine_and_health_needs_no_key(node: Serving) -> None:
    assert node.get("/metrics").status_code == 200
    assert node.get("/healthy").status_code == 200


def test_variables_of_clients_are_described() -> None:
    text = (DOCS / "settings.md").read_text()
    assert all(f"| `{name}` |" in text for name in CLIENT_VARIABLES)
