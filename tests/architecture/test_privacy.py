"""What SECURITY.md promises of data directories: closed to other users of the machine, backups too."""

import asyncio
import stat
from pathlib import Path

from skyparley.cli.compose import running_node
from skyparley.cli.upkeep import back_up, restore_from
from skyparley.node.storage import OPERATOR_KEY_FILE


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def make_node(data: Path) -> None:
    async with running_node(data, pool="private"):
        pass


def test_data_directory_backup_and_restored_directory_are_private(tmp_path: Path) -> None:
    data, copy, again = tmp_path / "a" / "data", tmp_path / "copy", tmp_path / "again"
    asyncio.run(make_node(data))
    back_up(data, copy)
    restore_from(copy, again)
    assert [mode_of(path) for path in (data, copy, again)] == [0o700] * 3
    assert mode_of(data / OPERATOR_KEY_FILE) == 0o600
    assert {path.name for path in again.iterdir()} >= {"log.sqlite", "vault.sqlite"}
