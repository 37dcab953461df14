"""Every comparison of the kernels is turned round, one at a time, and some check notices; what none could is listed.

The run itself is one of `make soak`, some ten minutes: `pytest -m soak tests/conflict/kernels/test_mutants.py`.
"""

import ast
import subprocess
import sys

import pytest

from support.mutants import MODULES, changes
from support.tree import ROOT, SOURCE

ACCEPTED = {
    line
    for line in (ROOT / "tests" / "golden" / "kernel_mutants.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}


def possible(module: str) -> set[str]:
    path = SOURCE / "conflict" / "kernels" / f"{module}.py"
    return {f"{module}.{place}" for place, _ in changes(ast.parse(path.read_text(encoding="utf-8")))}


def test_what_is_accepted_is_in_the_kernels() -> None:
    everything = set().union(*(possible(module) for module in MODULES))
    assert len(everything) > 300
    assert everything >= ACCEPTED, sorted(ACCEPTED - everything)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("module", MODULES)
def test_every_changed_comparison_is_noticed(module: str) -> None:
    code = f"import sys; sys.modules['numba'] = None; sys.argv[1:] = ['{module}']; "
    code += "from support.mutants import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *survivors, tried = done.stdout.splitlines()
    print(module, tried, f"{len(survivors)} not noticed")
    assert set(survivors) <= ACCEPTED, sorted(set(survivors) - ACCEPTED)
