from pathlib import Path

import pytest

from support.javascript import bundled
from support.verdicts import Judge, judged_by


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The verifier of the console, run by Node."""
    program = Path(__file__).parents[1] / "support" / "receipt_verdicts.mjs"
    return judged_by(bundled(program, tmp_path_factory.mktemp("bundle")))
