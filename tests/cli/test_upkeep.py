"""`backup`, `restore` and `replay --verify`: what is kept is whole, and what is not is said."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.commands import skyparley
from support.process import Serving, serving


def moment(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def body(number: int) -> dict:
    """A circle of 500 m; neighbours in number overlap."""
    circle = {"latitude_deg": 46.0, "longitude_deg": round(7.0 + number * 0.01, 4), "radius_m": 500}
    band = {"lower_m": 0, "upper_m": 100, "altitude_datum": "WGS84", "begin": moment(1), "end": moment(2)}
    return {"operation_id": f"op-{number}", "class": "drone", "volumes": [{"circle": circle, **band}]}


def replayed(data: Path) -> tuple[int, dict[str, str], str]:
    """Status, the three numbers, and all that was written by `replay --verify`."""
    done = skyparley("replay", "--verify", "--data", data)
    rows = [line.rsplit(" ", 1) for line in done.stdout.splitlines()[:3]]
    numbers = {row[0].strip(): row[1] for row in rows} if len(rows) == 3 else {}
    return done.returncode, numbers, done.stdout + done.stderr


def fails(*arguments: object) -> str:
    done = skyparley(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    return done.stderr


@pytest.fixture(scope="module")
def filed(node: Serving) -> tuple[Serving, str]:
    """A node that serves some operations with conflicts, and a key of the party alpha."""
    assert skyparley("party", "add", "alpha", "--data", node.data).returncode == 0
    key = skyparley("party", "key", "alpha", "--data", node.data).stdout.strip()
    with node.client(key) as client:
        for number in range(10):
            assert client.post("/v1/operations", json=body(number)).status_code == 201
    return node, key


@pytest.fixture(scope="module")
def kept(filed: tuple[Serving, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made while the node served and was filed with."""
    node, key = filed
    to = Path(tmp_path_factory.mktemp("backups")) / "one"
    done = threading.Event()

    def file_on() -> None:
        with node.client(key) as client:
            number = 100
            while not done.wait(0.01):  # at each moment of the copying, and the log stays short
                client.post("/v1/operations", json=body(number))
                number += 1

    thread = threading.Thread(target=file_on)
    thread.start()
    try:
        made = skyparley("backup", to, "--data", node.data)
    finally:
        done.set()
        thread.join()
    assert made.returncode == 0, made.stderr
    assert f"skyparley replay --verify --data {to}" in made.stdout
    return to


def test_a_backup_of_a_serving_node_verifies_is_private_and_holds_no_operator_key(kept: Path) -> None:
    status, numbers, text = replayed(kept)
    assert (status, int(numbers["conflicts"]) >= 9) == (0, True), text
    assert sorted(path.name for path in kept.iterdir()) == ["log.sqlite", "record.sqlite", "vault.sqlite"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


def test_a_serving_node_verifies_too_and_agrees_with_what_it_says_of_itself(filed: tuple[Serving, str]) -> None:
    node, key = filed
    for _ in range(20):  # the log may grow between the two looks
        before = node.get("/v1/status", key).json()
        status, numbers, text = replayed(node.data)
        if node.get("/v1/status", key).json()["sequence"] == before["sequence"] == int(numbers["entries"]):
            break
    assert status == 0, text
    assert numbers["state hash"] == before["state_hash"]
    assert int(numbers["conflicts"]) == before["conflicts"]


def test_what_was_restored_is_the_same_serves_and_knows_its_keys(
    kept: Path, filed: tuple[Serving, str], tmp_path: Path
) -> None:
    done = skyparley("restore", kept, "--data", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "new" / "index.bin").stat().st_mode) == 0o600
    assert len(list((tmp_path / "new").glob("snapshot-*.bin"))) == 1
    assert replayed(tmp_path / "new")[:2] == replayed(kept)[:2]
    with serving("serve", tmp_path / "new") as node:
        for number in range(10):
            assert node.get(f"/v1/operations/op-{number}", filed[1]).json()["operation_id"] == f"op-{number}"
        assert node.get("/healthy").status_code == 200
        assert "index.bin" not in node.output, "it is used as restore left it"


def test_nothing_is_written_over(kept: Path, filed: tuple[Serving, str], tmp_path: Path) -> None:
    assert "exists already" in fails("backup", kept, "--data", filed[0].data)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("x")
    assert "is not empty" in fails("restore", kept, "--data", tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["precious"]


def test_what_is_no_data_directory_is_named(tmp_path: Path) -> None:
    for arguments in (
        ("backup", tmp_path / "to", "--data", tmp_path / "none"),
        ("restore", tmp_path / "none", "--data", tmp_path / "to"),
        ("replay", "--data", tmp_path / "none"),
        ("replay", "--verify", "--data", tmp_path / "none"),
    ):
        assert "holds no log.sqlite" in fails(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_where_nothing_can_be_written_says_so(kept: Path) -> None:
    assert "/proc" in fails("backup", "/proc/none", "--data", kept)


def _change_a_body(directory: Path) -> None:
    with sqlite3.connect(directory / "log.sqlite") as connection:
        changed = connection.execute(
            "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'op-3', 'op-X') AS BLOB)"
            " WHERE instr(body, CAST('op-3' AS BLOB))"
        ).rowcount
    connection.close()
    assert changed


def _cut_the_log(directory: Path) -> None:
    data = (directory / "log.sqlite").read_bytes()
    (directory / "log.sqlite").write_bytes(data[: len(data) // 2])


def _write_over(directory: Path) -> None:
    (directory / "log.sqlite").write_bytes(b"not a database")


def _lose_the_vault(directory: Path) -> None:
    (directory / "vault.sqlite").unlink()


def _lose_details(directory: Path) -> None:
    with sqlite3.connect(directory / "vault.sqlite") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            if "digest" in columns:
                connection.execute(f"DELETE FROM {table}")
    connection.close()


@pytest.mark.parametrize("damage", [_change_a_body, _cut_the_log, _write_over, _lose_the_vault, _lose_details])
def test_a_damaged_backup_is_found_out_and_nothing_of_it_is_left_to_serve(
    kept: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    shutil.copytree(kept, tmp_path / "copy")
    damage(tmp_path / "copy")
    status, _, text = replayed(tmp_path / "copy")
    assert status == 1, text
    fails("restore", tmp_path / "copy", "--data", tmp_path / "new")
    assert not (tmp_path / "new").exists() or list((tmp_path / "new").iterdir()) == []


def test_warm_says_that_the_kernels_are_ready() -> None:
    done = skyparley("warm")
    assert (done.returncode, "Kernels are ready" in done.stderr) == (0, True)
