"""Progress is shown to a person at a terminal, and to nobody else; Ctrl-C there is no traceback."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from support.commands import COMMAND, CSV_HEADER, PATIENCE_S, csv_track, environment


def at_a_terminal(*arguments: object, stop_at: bytes | None = None) -> tuple[int, bytes]:
    """Run on a pseudo-terminal; Ctrl-C once something is on the screen. Status, and all that was on the screen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment(TERM="xterm-256color", COLUMNS="100"),
    )
    os.close(follower)
    screen = b""
    try:
        while True:
            try:
                more = os.read(leader, 65_536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            screen += more
            if stop_at is not None and stop_at in screen:
                process.send_signal(signal.SIGINT)
                stop_at = None
        return process.wait(PATIENCE_S), screen
    finally:
        os.close(leader)
        process.kill()
        process.wait()


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    path = tmp_path / "tracks.csv"
    rows = "".join(csv_track(f"op-{i}", tuple(46 + minute / 60 for minute in range(60))) for i in range(30))
    path.write_text(CSV_HEADER + rows)
    return path


def test_progress_is_on_the_terminal_and_never_among_json(tracks: Path) -> None:
    status, screen = at_a_terminal("check", tracks)
    assert status == 1
    assert b"Reading" in screen
    assert b"Comparing" in screen
    status, screen = at_a_terminal("check", "--json", tracks)
    assert status == 1
    assert screen.startswith(b'{"operations":30,')
    assert b"\x1b" not in screen


def test_ctrl_c_ends_a_check_without_a_traceback(tracks: Path) -> None:
    for _ in range(200):
        with tracks.open("a") as file:
            file.write(csv_track("more", tuple(46 + minute / 60 for minute in range(60))))
    status, screen = at_a_terminal("check", tracks, tracks, tracks, stop_at=b"Reading")
    assert status == 130
    assert b"Traceback" not in screen
