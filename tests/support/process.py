"""`skyparley serve` or `demo` as a process of its own: started, waited for, stopped, killed."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from support.commands import COMMAND, PATIENCE_S, environment, skyparley


class Serving:
    """A process that serves a data directory on a free port; `url` is known once it was waited for."""

    def __init__(self, command: str, data: Path, *options: object) -> None:
        self.data = data
        self.url = ""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - read while the process writes
        self.process = subprocess.Popen(
            [*COMMAND, command, "--port", "0", "--data", str(data), *map(str, options)],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=environment(),
        )

    @property
    def output(self) -> str:
        """What it has printed so far. The file's position is the process's: it is left alone."""
        return os.pread(self._output.fileno(), 1_000_000, 0).decode()

    @property
    def operator_key(self) -> str:
        return (self.data / "operator.key").read_text().strip()

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def get(self, path: str, key: str | None = None) -> httpx.Response:
        with self.client(key) as client:
            return client.get(path)

    def wait(self) -> str:
        """Wait until it says that it serves; its URL."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            found = re.search(r"serves (https?://\S+),", self.output)
            if found is not None:
                self.url = found[1]
                return self.url
            assert self.process.poll() is None, self.output
            time.sleep(0.02)
        raise AssertionError(f"it does not serve: {self.output}")

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is closed."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it if it has not ended. It must never have shown a traceback."""
        self.kill()
        output = self.output
        self._output.close()
        assert "Traceback" not in output, output


@contextlib.contextmanager
def serving(command: str, data: Path, *options: object) -> Iterator[Serving]:
    """A process that serves; whatever happens it ends with the block."""
    with contextlib.closing(Serving(command, data, *options)) as process:
        process.wait()
        yield process


def admit(node: Serving, party: str) -> str:
    """Admit a party to a node that serves; an API key of it."""
    assert skyparley("party", "add", party, "--data", node.data).returncode == 0
    return skyparley("party", "key", party, "--data", node.data).stdout.strip()
