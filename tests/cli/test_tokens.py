"""`skyparley token …`: what it makes is a pair, the verifier takes its tokens, and the private half stays private."""

import asyncio
import stat
import subprocess
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from skyparley.errors import UnauthenticatedError
from skyparley.web.tokens.verify import Claims, open_verifier
from support.commands import skyparley
from support.tokens import P256, public_pem


def issue(key: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return skyparley(
        "token", "issue", "--key", key, "--subject", "uss1", "--scope", "a b", "--audience", "localhost", *more
    )


def verified(public: Path, token: str, *issuers: str) -> Claims:
    verifier = open_verifier(public_keys=[public], audiences=["localhost"], issuers=issuers)
    assert verifier is not None
    return asyncio.run(verifier.verify(token))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", None])
def test_a_pair_is_made_and_its_tokens_are_accepted(tmp_path: Path, algorithm: str | None) -> None:
    directory = tmp_path / "not there" / "keys"
    made = skyparley("token", "key", directory, *(["--algorithm", algorithm] if algorithm else []))
    assert made.returncode == 0, made.stderr
    assert f"for {algorithm or 'RS256'}, for trying out only" in made.stdout
    private, public = directory / "private.pem", directory / "public.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"PRIVATE" not in public.read_bytes()
    done = issue(private, "--issuer", "https://a.example.org", "--lifetime-s", "60", "--key-id", "k")
    assert (done.returncode, done.stderr) == (0, "")
    (token,) = done.stdout.splitlines()
    assert jwt.get_unverified_header(token) == {"alg": algorithm or "RS256", "typ": "JWT", "kid": "k"}
    found = verified(public, token, "https://a.example.org")
    assert (found.manager, found.scopes) == ("uss1", {"a", "b"})
    content = jwt.decode(token, options={"verify_signature": False})
    assert content["exp"] - content["iat"] == 60


def test_what_is_not_given_is_left_out(tmp_path: Path) -> None:
    skyparley("token", "key", tmp_path)
    token = issue(tmp_path / "private.pem").stdout.strip()
    assert "kid" not in jwt.get_unverified_header(token)
    content = jwt.decode(token, options={"verify_signature": False})
    assert set(content) == {"sub", "aud", "scope", "iat", "exp"}
    assert content["exp"] - content["iat"] == 3600
    with pytest.raises(UnauthenticatedError, match="iss"):
        verified(tmp_path / "public.pem", token, "https://a.example.org")


@pytest.mark.parametrize("there", ["private.pem", "public.pem"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("dear")
    done = skyparley("token", "key", tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path / there} is there already and is not overwritten" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "dear"


def test_what_is_no_private_key_is_refused_in_one_line(tmp_path: Path) -> None:
    closed = P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    other = ec.generate_private_key(ec.SECP384R1())
    files = {
        "public.pem": (public_pem(P256), "is no private key in PEM"),
        "text.pem": (b"secret", "is no private key in PEM"),
        "closed.pem": (closed, "is closed by a pass phrase"),
        "p384.pem": (
            other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "a key on the curve secp384r1 is not taken",
        ),
        "none.pem": (b"", "No such file"),
    }
    for name, (data, said) in files.items():
        path = tmp_path / name
        if data:
            path.write_bytes(data)
        done = issue(path)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert str(path) in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_lifetime_has_an_end(tmp_path: Path) -> None:
    for lifetime in ("0", "-5", "86401"):
        assert issue(tmp_path / "private.pem", "--lifetime-s", lifetime).returncode == 2
    assert skyparley("token", "key", tmp_path, "--algorithm", "HS256").returncode == 2
