"""The Python client against nodes that serve: its documentation runs, it covers the line, it repeats what is safe."""

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anyio
import pytest

from skyparley.client import Call, Client, RefusedError, calls, voice
from skyparley.client.clients import TRIES
from skyparley.errors import StorageError
from skyparley.web.routes import agreements, assistance, catalogue, dialogues, duty
from support.serving import served, world
from support.tree import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n\n(?:[^`]*?)```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.anyio
async def test_the_examples_of_the_page_run_and_print_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(EXAMPLES) == 2
    async with world(tmp_path) as there, served(there.app) as url:
        for code, printed in EXAMPLES:
            names = {"NODE": url, "ALPHA": there.alpha, "BRAVO": there.bravo}
            await anyio.to_thread.run_sync(exec, compile(code, "docs/client.md", "exec"), names)
            assert capsys.readouterr().out == printed


def test_every_route_of_the_line_has_a_call() -> None:
    made = {(call.method, re.sub(r"\?.*", "", call.path)) for call in every_call()}
    for endpoint in (
        *agreements.ENDPOINTS,
        *assistance.ENDPOINTS,
        *catalogue.ENDPOINTS,
        *duty.ENDPOINTS,
        *dialogues.ENDPOINTS,
    ):
        path = endpoint.path.replace("{number}", "1")
        path = re.sub(r"\{\w+\}", "x", path)
        assert (endpoint.method, path) in made, endpoint.name


def every_call() -> list[Call[Any]]:
    return [
        calls.posts("x"), calls.define_post("x"), calls.close_post("x"), calls.take_watch("x"),
        calls.leave_watch("x", "w"), calls.line_tests("x"), calls.call_line_test("x", "p"),
        calls.answer_line_test("x", 1, "p"), calls.inbox(), calls.dialogues(), calls.dialogue("x"),
        calls.open_dialogue("x", "c", {}), calls.say("x", "c"), calls.receive([("x", 1)]), calls.read("x", 1),
        calls.request_assistance({}), calls.assistance_cases(), calls.assistance("x"), calls.close_assistance("x"),
        voice.record_call("x", [], "t", 1, "a", "t"), voice.calls_on_record(), voice.call_on_record("x"),
        voice.revise_call("x", 1, "a", "t"), voice.agree_call("x", 1), voice.account_call("x", "t"),
        voice.report_commitment("x", 1, "meet", "t"),
        calls.proposal("x"), calls.catalogue("ar"), calls.conflicts(), calls.conflict("x"),
        calls.acknowledge_alarm("x"),
        calls.agreements(), calls.agreement("x"), calls.draft_agreement("x", {}, [], [], []),
        calls.propose_clause("x", 1, "1", {}), calls.answer_clause("x", 1, "1", 1, accepted=True),
        calls.accept_agreement("x", 1), calls.suspend_agreement("x", 1, "r"), calls.resume_agreement("x", 1),
        calls.terminate_agreement("x", 1, "r"),
    ]  # fmt: skip


@pytest.mark.anyio
async def test_people_and_agreements_over_the_client(tmp_path: Path) -> None:
    def walk(url: str, alpha_key: str, bravo_key: str) -> None:
        with Client(url, alpha_key) as alpha, Client(url, bravo_key) as bravo:
            alpha.do(calls.add_person("anna", "Anna", "officer", "correct horse battery"))
            token = alpha.do(calls.log_in("alpha", "anna", "correct horse battery")).token
            with Client(url, token) as anna:
                assert [one.login for one in anna.do(calls.people()).items] == ["anna"]
                assert len(anna.do(calls.sessions()).items) == 1
                assert anna.do(calls.log_out()) is None
                with pytest.raises(RefusedError) as caught:
                    anna.do(calls.people())
                assert caught.value.http_status == 401
            titles = {"en": "Keeping apart"}
            alpha.do(calls.draft_agreement("line", titles, ["alpha", "bravo"], ["en"], ["en"]))
            term = {"kind": "line_test", "interval_s": 3600, "answer_s": 60}
            alpha.do(calls.propose_clause("line", 1, "1", {"en": "Tested hourly."}, term=term))
            bravo.do(calls.answer_clause("line", 1, "1", 1, accepted=True))
            alpha.do(calls.accept_agreement("line", 1))
            assert bravo.do(calls.accept_agreement("line", 1)).agreement.status == "in_force"
            assert bravo.do(calls.line_tests("line")).next_test is not None
            assert alpha.do(calls.suspend_agreement("line", 1, "talks")).agreement.status == "suspended"
            alpha.do(calls.resume_agreement("line", 1))
            assert alpha.do(calls.agreement("line")).status == "in_force"
            with pytest.raises(RefusedError, match="has no post") as refused:
                alpha.do(
                    calls.open_dialogue("bravo", "request-position", {"callsign": "X"}, to_post="x", from_post="y")
                )
            assert refused.value.place == "from_post"
            first = alpha.do(calls.define_post("ops"), idempotency_key="k")
            assert alpha.do(calls.define_post("ops"), idempotency_key="k").sequence == first.sequence

    async with world(tmp_path) as there, served(there.app) as url:
        await anyio.to_thread.run_sync(walk, url, there.alpha, there.bravo)


class Busy(HTTPServer):
    """A server that answers what it is told to, and keeps what it was asked."""

    def __init__(self, answers: list[int | None]) -> None:
        self.answers = answers
        self.keys: list[str | None] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.keys.append(self.headers["Idempotency-Key"])
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status = server.answers.pop(0)
        if status is None:  # the connection breaks
            self.close_connection = True
            return
        body = b'{"error": {"code": "overloaded", "message": "busy", "place": null}}'
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def busy() -> Any:
    servers: list[Busy] = []

    def make(answers: list[int | None]) -> tuple[Busy, str]:
        server = Busy(answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server, f"http://127.0.0.1:{server.server_port}"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_command_is_sent_again_under_its_key_and_not_for_ever(
    busy: Callable[[list[int | None]], tuple[Busy, str]],
) -> None:
    server, url = busy([503, None, 429, 503])
    with Client(url, "sp_a_b") as client, pytest.raises(RefusedError, match="busy"):
        client.do(calls.take_watch("ops"))
    assert len(server.keys) == TRIES
    assert len(set(server.keys)) == 1
    assert server.keys[0]


def test_what_is_no_command_is_not_sent_again_after_a_break(
    busy: Callable[[list[int | None]], tuple[Busy, str]],
) -> None:
    server, url = busy([None, 200])
    with Client(url, "sp_a_b") as client, pytest.raises(StorageError, match="does not answer"):
        client.do(calls.log_in("a", "b", "c"))
    assert len(server.keys) == 1


def test_no_node_at_all_is_said_at_once() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(StorageError, match="check its address"):
        client.do(calls.inbox())
