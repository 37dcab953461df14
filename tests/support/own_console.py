"""`skyparley console` as a process of its own: the console of a node from the party's machine."""

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from support.commands import COMMAND, PATIENCE_S, environment


@dataclass
class OwnConsole:
    """`address` is what it prints, with what signs the page in; `url` is it without."""

    process: subprocess.Popen[bytes]
    address: str
    output: str

    @property
    def url(self) -> str:
        return self.address.partition("/#")[0]


@contextlib.contextmanager
def own_console(node_url: str, *options: str) -> Iterator[OwnConsole]:
    """It runs on a free port; whatever happens it ends with the block, and has shown no traceback."""
    with tempfile.TemporaryFile() as said:

        def output() -> str:
            return os.pread(said.fileno(), 1_000_000, 0).decode()

        process = subprocess.Popen(
            [*COMMAND, "console", "--node", node_url, "--port", "0", *options],
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
        try:
            end_s = time.monotonic() + PATIENCE_S
            while (found := re.search(r" is at (http://\S+) on this machine", output())) is None:
                assert process.poll() is None, output()
                assert time.monotonic() < end_s, output()
                time.sleep(0.02)
            yield OwnConsole(process, found[1], output())
        finally:
            process.kill()
            process.wait()
        assert "Traceback" not in output(), output()
