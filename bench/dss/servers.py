"""What is measured, each as its users start it: `skyparley serve`, and the baseline over a PostgreSQL of its own.

Both get a data directory on a disk, a free port of this machine, and the public key that managers' tokens are signed
with. PostgreSQL keeps its default durability (`fsync`, `synchronous_commit`).
"""

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.dss.generator.cpu import family
from bench.dss.generator.volumes import elsewhere
from bench.dss.load import Served
from bench.dss.postgres import AUDIENCE, Locking, fill
from bench.serving import START_TIMEOUT_S, free_port, healthy

_SCOPE: Final = "utm.strategic_coordination utm.conformance_monitoring_sa"
_TOKEN_S: Final = 3_600
_PORT: Final = "5432"
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "autovacuum_naptime": "5s",
    "max_connections": "400",
    "max_pred_locks_per_transaction": "256",
    "port": _PORT,
}


class Issuer:
    """Signs managers' tokens, as an authorisation server would."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._public_pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, manager: str) -> str:
        """A token that is good for an hour."""
        claims = {"iss": "bench", "sub": manager, "aud": AUDIENCE, "scope": _SCOPE, "exp": int(time.time()) + _TOKEN_S}
        return jwt.encode(claims, self._key, algorithm="ES256")

    def write_key(self, data: Path) -> Path:
        """Put the public key beside a data directory."""
        path = data.with_name(f"{data.name}.pem")
        path.write_bytes(self._public_pem)
        return path

    def tokens(self, count: int) -> list[str]:
        """Tokens of so many managers."""
        return [self.token(f"uss-{number:03}") for number in range(count)]


@dataclass(frozen=True, slots=True)
class Skyparley:
    """Starts `skyparley serve`."""

    issuer: Issuer

    @contextlib.asynccontextmanager
    async def __call__(self, data: Path) -> AsyncIterator[Served]:
        """Serve a data directory."""
        key = self.issuer.write_key(data)
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "skyparley.cli.main", "serve", "--port", str(port), "--data", str(data),
            "--pool", "bench", stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "SKYPARLEY_AUTH_PUBLIC_KEYS": str(key), "SKYPARLEY_AUTH_AUDIENCES": AUDIENCE},
        )  # fmt: skip
        async with _until_done(process, signal.SIGINT):
            await healthy(port, process)
            yield Served(port, [process.pid], lambda: _kill([process.pid]))


@dataclass(frozen=True, slots=True)
class Baseline:
    """Starts PostgreSQL and the baseline's HTTP server on it."""

    issuer: Issuer
    locking: Locking

    @contextlib.asynccontextmanager
    async def __call__(self, data: Path) -> AsyncIterator[Served]:
        """Serve a data directory, which becomes a cluster if it is not one."""
        async with self._postgres(data) as postgres:
            port, key = free_port(), self.issuer.write_key(data)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.dss.postgres", str(port), str(data), str(key), self.locking
            )
            async with _until_done(process, signal.SIGINT):
                await healthy(port, process)
                pids = [process.pid, postgres.pid]
                yield Served(port, pids, lambda: _kill(pids))

    async def fill_elsewhere(self, data: Path) -> None:
        """Put references into a new data directory that are far from everything that is asked for."""
        async with self._postgres(data):
            await fill(str(data), elsewhere())

    @contextlib.asynccontextmanager
    async def _postgres(self, data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        programs, user = _programs(), _unprivileged()
        cluster = _cluster(programs, user, data)
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        process = await asyncio.create_subprocess_exec(
            programs / "postgres", "-D", cluster, "-k", data, *settings,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, **user,
        )  # fmt: skip
        async with _until_done(process, signal.SIGINT):
            await _ready(programs, data, process)
            yield process


def _cluster(programs: Path, user: dict[str, Any], data: Path) -> Path:
    """The cluster in a data directory, made if there is none, by a user that PostgreSQL accepts."""
    cluster = data / "cluster"
    if not cluster.exists():
        data.mkdir(parents=True, exist_ok=True)
        cluster.mkdir(mode=0o700)
        if user:
            os.chown(data, user["user"], user["group"])
            os.chown(cluster, user["user"], user["group"])
        subprocess.run(
            [programs / "initdb", "-D", cluster, "-U", "bench", "--auth=trust", "--encoding=UTF8", "--no-locale"],
            stdout=subprocess.DEVNULL, check=True, **user,
        )  # fmt: skip
    return cluster


def _programs() -> Path:
    """Where Debian puts PostgreSQL's programs, the newest version of them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise RuntimeError("the baseline needs PostgreSQL: apt-get install postgresql")
    return found[-1]


def _unprivileged() -> dict[str, Any]:
    """Whom PostgreSQL runs as, for `subprocess`: it refuses root."""
    if os.getuid():
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")


async def _ready(programs: Path, sockets: Path, postgres: asyncio.subprocess.Process) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and postgres.returncode is None:
        asked = await asyncio.create_subprocess_exec(programs / "pg_isready", "-q", "-h", sockets, "-p", _PORT)
        if not await asked.wait():
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("PostgreSQL did not become ready")


@contextlib.asynccontextmanager
async def _until_done(process: asyncio.subprocess.Process, farewell: signal.Signals) -> AsyncIterator[None]:
    """End a process with its parent's work, and wait for its end."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(farewell)
        await process.wait()


def _kill(pids: list[int]) -> None:
    """SIGKILL for processes and all their children."""
    for pid in [one for parent in pids for one in family(parent)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A directory for data, into which PostgreSQL's user may look; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="skyparley-bench-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)
