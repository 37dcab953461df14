"""Keys, tokens signed or forged by hand, and an authorization server that publishes its keys over real HTTP."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from skyparley.errors import UnauthenticatedError
from skyparley.web.tokens.keys import KeySet, PemKeys, algorithm_of, make_key
from skyparley.web.tokens.verify import Claims, TokenVerifier

NOW_S = 1_900_000_000
AUDIENCE = "dss.example.org"
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
BY_ALGORITHM: dict[str, Any] = {"RS256": RSA, "ES256": P256, "EdDSA": ED}
OTHERS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token; a claim that is given as None is left out."""
    given = {
        "sub": "uss1",
        "aud": AUDIENCE,
        "scope": "utm.strategic_coordination utm.constraint_processing",
        "iss": "https://auth.example.org",
        "iat": NOW_S,
        "exp": NOW_S + 3600,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def signed(
    header: bytes | dict[str, Any], payload: bytes | dict[str, Any], key: Any = P256, algorithm: str | None = None
) -> str:
    """A token of any header and payload, truly signed with a key."""
    head = header if isinstance(header, bytes) else as_json(header)
    body = payload if isinstance(payload, bytes) else as_json(payload)
    text = f"{b64(head)}.{b64(body)}"
    name = algorithm or algorithm_of(key.public_key())
    signer = jwt.PyJWS().get_algorithm_by_name(name)
    return f"{text}.{b64(signer.sign(text.encode(), signer.prepare_key(key)))}"


def token(key: Any = P256, key_id: str | None = None, **changes: Any) -> str:
    """A good token, but for what is changed."""
    header = {"alg": algorithm_of(key.public_key()), "typ": "JWT"} | ({} if key_id is None else {"kid": key_id})
    return signed(header, claims(**changes), key)


def public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[no-any-return]


def pem_files(directory: Path, *keys: Any) -> tuple[Path, ...]:
    paths = tuple(directory / f"key{number}.pem" for number in range(len(keys)))
    for path, key in zip(paths, keys, strict=True):
        path.write_bytes(public_pem(key))
    return paths


def jwk(key: Any, key_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A key as a member of a JWKS document."""
    kind = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}[algorithm_of(key.public_key())]
    found = {name: value for name, value in kind.to_jwk(key.public_key(), as_dict=True).items() if name != "key_ops"}
    return {**found, **({} if key_id is None else {"kid": key_id}), **more}


def jwks(*keys: dict[str, Any]) -> bytes:
    return as_json({"keys": list(keys)})


class Given(PemKeys):
    """Keys that are given by value."""

    def __init__(self, keys: KeySet) -> None:
        self.known = keys


ALL = KeySet(tuple(make_key(key.public_key()) for key in BY_ALGORITHM.values()), by_id=False)
NAMED = KeySet(tuple(make_key(key.public_key(), name) for name, key in BY_ALGORITHM.items()), by_id=True)
SECRET = "utm.never-repeated"
"""A scope that no refusal may repeat."""


def verifier(keys: KeySet = ALL, *, issuers: tuple[str, ...] = (), clock: Clock | None = None) -> TokenVerifier:
    return TokenVerifier(Given(keys), ["other.example.org", AUDIENCE], issuers, clock or Clock())


async def refusal(text: str, keys: KeySet = ALL, *, issuers: tuple[str, ...] = ()) -> str:
    """What is said of a token that must be refused, and that it is refused once more, from no cache."""
    asked = verifier(keys, issuers=issuers)
    said = set()
    for _ in range(2):
        with pytest.raises(UnauthenticatedError) as caught:
            await asked.verify(text)
        assert asked.known(text) is None
        said.add(caught.value.message)
    assert caught.value.status == 401
    (message,) = said
    assert len(message) < 300
    assert SECRET not in message
    return message


def refused_or_good(asked: TokenVerifier, text: str) -> Claims | None:
    """What `verify` finds, None if it refuses; without a loop, because with keys that are there it never waits."""
    assert asked.known(text) is None
    refused, found = "", None
    try:
        asked.verify(text).send(None)
    except StopIteration as done:
        found = done.value
    except UnauthenticatedError as error:
        refused = error.message
    assert (found is None) == (0 < len(refused) < 300), "it waits, or says too little or too much"
    return found


@dataclass
class AuthorizationServer:
    """Serves one document; what is served, and how, may be changed while it runs."""

    document: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    pause_s: float | None = None
    asked: int = 0
    url: str = ""

    at_work: set[asyncio.Task[None]] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.at_work.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await asyncio.sleep(self.delay_s)
                head = {"Content-Length": str(len(self.document)), "Connection": "close", **self.headers}
                lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {value}" for name, value in head.items()), "", ""]
                writer.write("\r\n".join(lines).encode())
                for byte in self.document if self.pause_s is not None else b"":
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(self.pause_s or 0)
                writer.write(self.document if self.pause_s is None else b"")
                await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self.at_work.discard(task)


@contextlib.asynccontextmanager
async def authorization_server(*keys: dict[str, Any]) -> AsyncIterator[AuthorizationServer]:
    """An authorization server on a free loopback port, which publishes these keys."""
    made = AuthorizationServer(jwks(*keys))
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/.well-known/jwks.json"
    try:
        yield made
    finally:
        server.close()
        for task in made.at_work:
            task.cancel()
        if made.at_work:
            await asyncio.wait(made.at_work)
