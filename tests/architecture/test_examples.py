"""Shell examples in the documents run, and print what the page says that they print.

A block of `sh` after `<!-- runs -->` (or `<!-- runs, status 1 -->`) is run in an empty directory; a block of `text`
that follows it is its output.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.tree import files, name_of

EXAMPLE = re.compile(
    r"^<!-- runs(?:, status (\d))? -->\n+```sh\n(.*?)^```\n(?:\n*```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL
)
EXAMPLES = [
    (page, status, script, output)
    for page in files(".md")
    for status, script, output in EXAMPLE.findall(page.read_text(encoding="utf-8"))
]


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_there_are_examples() -> None:
    assert "README.md" in {name_of(page) for page, *_ in EXAMPLES}


@pytest.mark.parametrize(
    ("page", "status", "script", "output"), EXAMPLES, ids=[f"{name_of(page)}" for page, *_ in EXAMPLES]
)
def test_an_example_runs_and_prints_what_the_page_says(
    tmp_path: Path, page: Path, status: str, script: str, output: str
) -> None:
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{programs}{os.pathsep}{os.defpath}",
            "HOME": str(tmp_path),
            "COLUMNS": "110",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == int(status or 0), (name_of(page), done.stdout, done.stderr)
    if output:
        assert plain(done.stdout) == plain(output)
