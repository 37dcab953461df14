"""`skyparley party`: parties and keys, on a node that serves and on one that is stopped."""

from pathlib import Path

import pytest

from support.commands import skyparley
from support.process import Serving, serving


def party(data: Path, *arguments: str) -> str:
    """What a command that must succeed writes to standard output."""
    done = skyparley("party", *arguments, "--data", data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(data: Path, *arguments: str) -> str:
    """The one line with which a command is refused."""
    done = skyparley("party", *arguments, "--data", data)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    return done.stderr


def role(node: Serving, key: str) -> tuple[int, str | None]:
    answer = node.get("/v1/me", key)
    return answer.status_code, answer.json().get("party")


def test_on_a_serving_node_parties_and_keys_are_made_listed_and_revoked_at_once(node: Serving) -> None:
    assert "[red]East[/red], civil_ats) is admitted" in party(
        node.data, "add", "eastern", "--name", "[red]East[/red]", "--kind", "civil_ats"
    )
    assert "[red]East[/red]" in party(node.data, "list")
    key, other = (party(node.data, "key", "eastern").strip() for _ in range(2))
    assert key.count("\n") == 0
    assert key != other
    assert role(node, key) == (200, "eastern")
    key_id = key.split("_")[1]
    assert party(node.data, "key", "eastern", "--list").count(key_id) == 1
    assert "is revoked" in party(node.data, "key", "eastern", "--revoke", key_id)
    assert role(node, key)[0] == 401
    assert role(node, other) == (200, "eastern")
    line = next(line for line in party(node.data, "key", "eastern", "--list").splitlines() if key_id in line)
    assert line.count("Z") == 2  # made and revoked


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("add", "Bad Name"), "a-z, 0-9 and '-'"),
        (("add", "ok", "--kind", "pirates"), "use one of state_force"),
        (("add", "ok", "--name", "\x1b[2J"), "control characters"),
        (("key", "nobody"), "no party 'nobody'"),
        (("key", "nobody", "--list"), "no party 'nobody'"),
        (("key", "nobody", "--revoke", "x"), "nobody"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(node: Serving, arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(node.data, *arguments)


def test_on_a_stopped_node_the_same_commands_work_and_hold_when_it_serves(tmp_path: Path) -> None:
    data = tmp_path / "data"
    party(data, "add", "alpha")
    assert "exists already" in refused(data, "add", "alpha")
    good, bad = (party(data, "key", "alpha").strip() for _ in range(2))
    party(data, "key", "alpha", "--revoke", bad.split("_")[1])
    assert "alpha" in party(data, "list")
    with serving("serve", data) as node:
        assert role(node, good) == (200, "alpha")
        assert role(node, bad)[0] == 401
        assert good.encode() not in b"".join(path.read_bytes() for path in data.iterdir() if path.is_file())


def test_a_pool_of_another_name_is_no_obstacle_to_its_operator(tmp_path: Path) -> None:
    with serving("serve", tmp_path / "data", "--pool", "elsewhere") as node:
        assert node.stop() == 0
    party(tmp_path / "data", "add", "alpha")
    assert "pool 'elsewhere'" in skyparley("serve", "--data", tmp_path / "data", "--port", 0).stderr


def test_a_directory_that_is_no_node_s_is_not_made_into_one_by_looking(tmp_path: Path) -> None:
    for arguments in (("list",), ("key", "alpha"), ("key", "alpha", "--list")):
        assert "holds no log" in refused(tmp_path / "typing-error", *arguments)
    assert not (tmp_path / "typing-error").exists()
