"""`skyparley shadow` as a process before `skyparley serve`: started, stopped, killed, started again; and refused."""

import asyncio
import contextlib
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyparley.cli.dss.watching import _refuse_itself, _show, _table
from skyparley.errors import InvalidInputError
from skyparley.shadow.passages import Passages
from skyparley.shadow.proxy import upstream_of
from skyparley.shadow.report import Report
from support.commands import COMMAND, environment, skyparley
from support.dss_http import INTENTS, Json, Uss, reference_of, serving_dss, somewhere, told, volume
from support.process import Serving
from support.shadow import certain, lines_of
from support.uss import AUDIENCE, write_public_key


def settings_for(directory: Path) -> dict[str, str]:
    return {"SKYPARLEY_AUTH_PUBLIC_KEYS": str(write_public_key(directory)), "SKYPARLEY_AUTH_AUDIENCES": AUDIENCE}


class Shadowing(Serving):
    """`skyparley shadow` as a process that takes the tokens of `support.uss`."""

    def __init__(self, data: Path, upstream: str) -> None:
        self.data = data
        self.url = ""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - read while the process writes
        command = [*COMMAND, "shadow", "--port", "0", "--data", str(data), "--upstream", upstream]
        env = environment(**settings_for(data.parent))
        self.process = subprocess.Popen(command, stdout=self._output, stderr=subprocess.STDOUT, env=env)


@contextlib.contextmanager
def shadowing(data: Path, upstream: str) -> Iterator[Shadowing]:
    with contextlib.closing(Shadowing(data, upstream)) as process:
        process.wait()
        yield process


async def fly(url: str, before: Json | None, place: tuple[float, float]) -> tuple[Json, Json]:
    """An intent is planned, or changed; and the counts, once all is compared."""
    uss = Uss(url, "one")
    try:
        if before is None:
            now = await uss.reference(volume(place), new_subscription=uss.implicit())
        else:
            now = reference_of(
                await uss.change(before, volume(place), state="Activated", new_subscription=uss.implicit())
            )
        told(await uss.get(INTENTS, now["id"]), 200)
        async with asyncio.timeout(20.0):
            while True:
                summary = (await uss.client.get("/shadow/summary")).json()
                if not summary["waiting"] and not summary["report"]["waiting"] and summary["totals"]["compared"]:
                    return now, summary
                await asyncio.sleep(0.02)
    finally:
        await uss.client.aclose()


def test_it_watches_and_goes_on_after_a_stop_and_after_a_kill(tmp_path: Path) -> None:
    place, data = somewhere(), tmp_path / "shadow"
    with serving_dss(tmp_path / "node") as upstream:
        with shadowing(data, upstream.url) as first:
            assert "differences.jsonl" in first.output
            assert f"the shadow of {upstream.url}" in first.output
            intent, summary = asyncio.run(fly(first.url, None, place))
            assert (summary["totals"]["forwarded"], summary["totals"]["equal"]) == (2, 2)
            assert summary["upstream"] == upstream.url
            busy = skyparley(
                "shadow", "--upstream", upstream.url, "--port", "0", "--data", data, **settings_for(tmp_path)
            )
            assert (busy.returncode, busy.stdout) == (1, "")
            assert "is in use" in busy.stderr
            assert first.stop(signal.SIGTERM) == 0
            shown = first.output
        assert re.search(r"GET intents/id +1 +0 +0 +0 +0\n", shown), shown
        assert re.search(r"all +2 +0 +0 +0 +0\n", shown), shown
        assert "Stopped" in shown
        with shadowing(data, upstream.url) as second:
            intent, summary = asyncio.run(fly(second.url, intent, place))
            assert summary["totals"]["equal"] == 2
            second.kill()
        with shadowing(data, upstream.url) as third:
            intent, summary = asyncio.run(fly(third.url, intent, place))
            assert summary["totals"]["equal"] + summary["totals"]["unknown_here"] == 2
            assert third.stop() == 0
        elsewhere = skyparley("shadow", "--upstream", "http://other.example", "--port", "0", "--data", data,
                              **settings_for(tmp_path))  # fmt: skip
        assert (elsewhere.returncode, elsewhere.stderr.count("\n")) == (1, 1)
        assert "is the shadow of" in elsewhere.stderr
    assert certain(lines_of(data / "differences.jsonl")) == []
    assert {mode & 0o077 for mode in (path.stat().st_mode for path in (data, data / "differences.jsonl"))} == {0}
    log = skyparley("replay", "--data", data)
    assert log.returncode == 0, log.stderr


def refusal(directory: Path, *options: object, **more: str) -> str:
    done = skyparley("shadow", "--port", "0", "--data", directory / "data", *options, **more)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_cannot_be_watched_is_refused_in_one_line(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert "SKYPARLEY_AUTH_PUBLIC_KEYS" in refusal(tmp_path, "--upstream", "http://127.0.0.1:9")
    assert "--upstream" in refusal(tmp_path, "--upstream", "ftp://127.0.0.1", **settings)
    missing = refusal(tmp_path, "--upstream", "http://127.0.0.1:9", "--report", tmp_path / "no" / "report", **settings)
    assert str(tmp_path / "no" / "report") in missing


@pytest.mark.parametrize(("host", "upstream", "itself"), [
    ("127.0.0.1", "http://127.0.0.1:{port}", True), ("127.0.0.1", "https://localhost:{port}/base", True),
    ("0.0.0.0", "http://[::1]:{port}", True), ("127.0.0.1", "http://127.0.0.1:1", False),
    ("127.0.0.1", "http://dss.example:{port}", False),
])  # fmt: skip
def test_it_does_not_watch_itself(host: str, upstream: str, itself: bool) -> None:
    with socket.create_server((host, 0)) as listener:
        url = upstream_of(upstream.format(port=listener.getsockname()[1]))
        if itself:
            with pytest.raises(InvalidInputError, match="itself"):
                _refuse_itself(url, listener)
        else:
            _refuse_itself(url, listener)


def test_the_counts_are_shown_on_a_terminal_and_line_by_line_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyparley.cli.dss.watching.LINE_EVERY_S", 0.01)
    report = Report("http://there", 0, tmp_path / "report")
    report.forwarded("GET /dss/v1/subscriptions/{subscriptionid}")
    report.not_compared("GET /dss/v1/subscriptions/{subscriptionid}", "queue_full")

    async def show(seconds: float) -> None:
        passages = Passages(lambda: 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _show(report, passages)

    asyncio.run(show(0.1))
    assert capsys.readouterr().out.splitlines() == [
        "1 forwarded, 0 compared, 0 equal, 0 different, 0 concurrent, 0 unknown here, 1 not compared"
    ]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "150")
    asyncio.run(show(1.2))
    shown = capsys.readouterr().out
    assert "GET subscriptions/id" in shown
    assert "1 queue full" in shown
    assert _table(report, 7).caption == "7 wait; not compared: 1 queue full"
