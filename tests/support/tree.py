"""The checkout as the tests about it see it: which files belong to it, and what Python modules there are."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "skyparley"


@cache
def files(suffix: str = "") -> tuple[Path, ...]:
    """All files that belong to the tree, also those that are new, but nothing that git ignores; sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    paths = sorted({ROOT / name for name in listed.split("\0") if name.endswith(suffix)})
    return tuple(path for path in paths if path.is_file())


def python_files(*folders: str) -> list[Path]:
    """Python files in some top-level folders; in all, if none is named."""
    return [path for path in files(".py") if not folders or path.relative_to(ROOT).parts[0] in folders]


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """A path as it is written from the root of the tree."""
    return path.relative_to(ROOT).as_posix()
