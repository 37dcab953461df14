"""The console as people meet it: a served node as its own process, and a real Chromium that looks at it.

Every page that is opened here is watched: a request to another origin, an error on the console or an uncaught exception
fails the test that caused it.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
START_S = 90.0
WAIT_MS = 30_000


def launch(playwright: Playwright) -> Browser:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    assert found is not None, "no Chromium on PATH: see tools/need-chromium"
    return playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class ServedNode:
    """`skyparley serve` or `demo` as a process of its own, on a port that it keeps over restarts."""

    data: Path
    demo: bool = False
    port: int = field(default_factory=free_port)
    keys: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30.0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "skyparley.cli.main", "demo" if self.demo else "serve"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the node ended with {self.process.returncode}"
            with contextlib.suppress(httpx.TransportError):
                if self.client.get(f"{self.url}/healthy").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("the node did not become healthy")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            self.process.wait(START_S)
            self.process = None

    def freeze(self) -> None:
        """Let the process hang: its sockets stay open and say nothing."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    @property
    def operator(self) -> str:
        return (self.data / "operator.key").read_text().strip()

    def admit(self, party: str, name: str) -> str:
        """Admit a party and make a key for it."""
        self.call("POST", "/v1/parties", self.operator, {"party": party, "name": name, "kind": "civil_ats"})
        self.keys[party] = self.call("POST", f"/v1/parties/{party}/keys", self.operator)["api_key"]
        return self.keys[party]

    def call(self, method: str, path: str, key: str | None = None, body: dict | None = None) -> dict:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        reply = self.client.request(method, self.url + path, headers=headers, json=body)
        assert reply.is_success, reply.text
        return reply.json() if reply.content else {}

    def file(self, party: str, body: dict) -> dict:
        return self.call("POST", "/v1/operations", self.keys[party], body)

    def cancel(self, party: str, operation_id: str, version: int = 1) -> dict:
        return self.call("POST", f"/v1/operations/{operation_id}/cancel", self.keys[party], {"version": version})


@contextlib.contextmanager
def running(node: ServedNode) -> Iterator[ServedNode]:
    node.start()
    try:
        yield node
    finally:
        node.stop()
        node.client.close()


@dataclass
class Watch:
    """What a browser context did that it should not have done."""

    origins: set[str] = field(default_factory=set)
    requested: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requested.add(request.url))
        context.on("console", self._message)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))

    @property
    def foreign(self) -> list[str]:
        """Addresses outside the origins that were allowed; what lies in the page itself has none."""
        split = {url: urlsplit(url) for url in self.requested}
        remote = {url: parts for url, parts in split.items() if parts.scheme not in ("data", "blob")}
        return sorted(url for url, parts in remote.items() if f"{parts.scheme}://{parts.netloc}" not in self.origins)

    def _message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self.forgiven):
            self.errors.append(f"{message.type}: {message.text} at {message.location}")

    def check(self) -> None:
        assert self.foreign == []
        assert self.errors == []


def open_console(context: BrowserContext, node: ServedNode, party: str | None = None) -> Page:
    """A page that shows the picture: as a party, as the operator (`operator`), or as the demo's observer (None)."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    if party is not None:
        key = node.operator if party == "operator" else node.keys[party]
        page.add_init_script(f"sessionStorage.setItem('skyparley.key', '{key}')")
    page.goto(node.url)
    ready(page)
    return page


def until(page: Page, condition: str, argument: object = None) -> None:
    """Wait until a JavaScript function says true. Playwright's own wait would need `eval`, which the page forbids."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(condition, argument):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(50)


def ready(page: Page) -> None:
    """Wait until the map is drawn and the picture is live."""
    page.wait_for_selector("html[data-map=ready]", state="attached")
    page.locator("#header .link.is-live").wait_for()
