"""The real `skyparley serve` as a process of its own: started, waited for, killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from skyparley.node.storage import read_address
from support.nodes import POOL

START_WITHIN_S = 60.0


class Serving:
    """A serving process on a data directory and a free port. What it prints goes to files beside the directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = ""
        (directory / "node.json").unlink(missing_ok=True)  # a killed process leaves its own behind
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "skyparley.cli.main",
                    "serve",
                    "--port=0",
                    f"--pool={POOL}",
                    f"--data={directory}",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "200"},
            )

    @property
    def output(self) -> Path:
        """All that the process printed."""
        return self.directory.with_suffix(".output")

    def wait(self) -> str:
        """Wait until it answers; its URL. Fails with what it printed if it does not."""
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            address = read_address(self.directory)
            if address is not None and address.process == self.process.pid:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(address.url + "/healthy", timeout=5).is_success:
                        self.url = address.url
                        return self.url
            time.sleep(0.02)
        raise AssertionError(f"the node does not serve: {self.output.read_text()}")

    def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is closed."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[Serving]:
    """A process that serves; whatever happens it ends with the block."""
    process = Serving(directory)
    try:
        process.wait()
        yield process
    finally:
        if process.process.poll() is None:
            process.kill()
