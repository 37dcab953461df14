"""The real `skyparley serve` as a process of its own: started, waited for, killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from support.nodes import POOL

START_WITHIN_S = 60.0


class Serving:
    """A serving process on a data directory and a free port."""

    def __init__(self, directory: Path) -> None:
        self.url = ""
        options = ["--port=0", f"--pool={POOL}", f"--data={directory}"]
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - read while the process writes
        self.process = subprocess.Popen(
            [sys.executable, "-m", "skyparley.cli.main", "serve", *options],
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def printed(self) -> str:
        """What the process has printed so far. The file's position is the process's: it is left alone."""
        return os.pread(self._output.fileno(), 1_000_000, 0).decode()

    def wait(self) -> str:
        """Wait until it answers; its URL. Fails with what it printed if it does not."""
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"serves (http\S+),", self.printed())
            if found is not None:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(found[1] + "/healthy", timeout=5).is_success:
                        self.url = found[1]
                        return self.url
            time.sleep(0.02)
        raise AssertionError(f"the node does not serve: {self.printed()}")

    def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is closed."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def close(self) -> None:
        """End it if it has not ended."""
        self.kill()
        self._output.close()


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[Serving]:
    """A process that serves; whatever happens it ends with the block."""
    process = Serving(directory)
    try:
        process.wait()
        yield process
    finally:
        process.close()
