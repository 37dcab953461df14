"""Programs of the console run by Node: bundled as Vite would, without a browser."""

import shlex
import subprocess
from functools import cache
from pathlib import Path

from support.tree import ROOT

PATIENCE_S = 120


def bundled(program: Path, into: Path) -> Path:
    """One file that Node runs, of a program and what it imports, TypeScript or not."""
    made = into / f"{program.stem}.bundle.mjs"
    _tool("rolldown", program, "--file", made, "--format", "esm", "--platform", "node")
    return made


def run(program: Path, text: str) -> str:
    """What a bundled program prints when it reads a text."""
    return _output([_node(), str(program)], text)


@cache
def _node() -> str:
    return _tool("node", "--print", "process.execPath").strip()


def _tool(*command: object) -> str:
    """A command among those that build the console, the machine's Node or its own."""
    return _output([str(ROOT / "tools" / "npm"), "exec", "--offline", "-c", shlex.join(map(str, command))])


def _output(command: list[str], text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
