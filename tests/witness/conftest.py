"""A witness with its own files, and an honest node that knows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skyparley.web import app
from support.witnessing import Running, Witness, running


@pytest.fixture(autouse=True)
def _without_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many nodes are started here, and nobody reads their OpenAPI document, which takes longer than all the rest."""
    monkeypatch.setattr(app, "render_document", lambda endpoints: b"{}")


@pytest.fixture
def north(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "north")


@pytest.fixture
async def honest(tmp_path: Path, north: Witness) -> AsyncIterator[Running]:
    async with running(tmp_path / "honest", north.key) as node:
        yield node
