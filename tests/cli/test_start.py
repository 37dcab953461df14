"""A command that asks a serving node, or reads what one has written, loads nothing of what a node computes with, so
that it answers at once.
"""

import subprocess
import sys

HEAVY = ("numba", "shapely", "skyparley.airspace.apply", "skyparley.conflict", "skyparley.web", "uvicorn", "apsw")
ASKING = (
    "skyparley.cli.main",
    "skyparley.cli.operator",
    "skyparley.cli.line.agreements",
    "skyparley.cli.line.cases",
    "skyparley.cli.line.conflicts",
    "skyparley.cli.line.messages",
    "skyparley.cli.line.talking",
    "skyparley.cli.record.verifying",
)
READING = (
    "skyparley.cli.logbook",
    "skyparley.cli.record.auditing",
    "skyparley.cli.record.exporting",
    "skyparley.cli.signing.keys",
    "skyparley.cli.upkeep",
)
COMPUTING = {"numba", "numpy", "pyproj", "shapely", "skyparley.node.node", "skyparley.web", "uvicorn"}


def loaded_by(*modules: str) -> set[str]:
    """All modules that importing some loads, in a process of its own."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_commands_that_ask_a_node_load_none() -> None:
    assert loaded_by(*ASKING).isdisjoint(HEAVY)


def test_commands_that_read_or_sign_load_nothing_to_compute_with() -> None:
    assert loaded_by(*READING).isdisjoint(COMPUTING)


def test_what_is_heavy_goes_by_these_names() -> None:
    assert loaded_by("skyparley.cli.serving") >= {*HEAVY, *COMPUTING}
