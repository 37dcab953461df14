"""The commands of `skyparley token`: keys and tokens for trying out, where there is no authorization server yet.

Whoever holds the private key can be anybody on a node that trusts the public one: this is for tests and laptops.
"""

import os
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

MAX_LIFETIME_S: Final = 86_400
PRIVATE_FILE: Final = "private.pem"
PUBLIC_FILE: Final = "public.pem"

token_app = typer.Typer(
    help="Make keys and tokens for trying out; a node in earnest trusts an authorization server instead.",
    no_args_is_help=True,
)


@token_app.command("key")
def token_key(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the files; made if it is not there.")],
    algorithm: Annotated[
        Literal["RS256", "ES256", "EdDSA"],
        typer.Option(help="RS256 suits other DSS, too (InterUSS reads RSA keys only); the others make shorter tokens."),
    ] = "RS256",
) -> None:
    """Make a key pair for trying out: DIR/private.pem, which only you can read, and DIR/public.pem for the node.

    Next: SKYPARLEY_AUTH_PUBLIC_KEYS=DIR/public.pem SKYPARLEY_AUTH_AUDIENCES=localhost skyparley serve
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    from skyparley.errors import InvalidInputError

    private_path, public_path = directory / PRIVATE_FILE, directory / PUBLIC_FILE
    for path in (private_path, public_path):
        if path.exists():
            raise InvalidInputError(f"{path} is there already and is not overwritten: name another directory")
    private = _new_key(algorithm)
    directory.mkdir(parents=True, exist_ok=True)
    _write(private_path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(public_path, public, mode=0o644)
    print(f"Made {private_path} and {public_path} for {algorithm}, for trying out only: who has the first is anybody")


@token_app.command("issue")
def token_issue(
    key: Annotated[Path, typer.Option(help="File with the private key, from: skyparley token key.")],
    subject: Annotated[str, typer.Option(help="Who the token is for: the manager that a DSS knows, such as uss1.")],
    scope: Annotated[str, typer.Option(help="What it allows, such as utm.strategic_coordination; spaces between.")],
    audience: Annotated[str, typer.Option(help="The node it is for: one of its SKYPARLEY_AUTH_AUDIENCES.")],
    issuer: Annotated[str, typer.Option(help="Who issues it; left out of the token if not given.")] = "",
    lifetime_s: Annotated[
        int, typer.Option(min=1, max=MAX_LIFETIME_S, help="For how long from now it is valid, seconds.")
    ] = 3_600,
    key_id: Annotated[str, typer.Option(help="The key's name (kid) in a JWKS document, if it is in one.")] = "",
) -> None:
    """Sign a token with a private key and print it, alone, on standard output.

    For example: curl -H "Authorization: Bearer $(skyparley token issue …)"
    """
    import jwt

    private, algorithm = _private_key(key)
    now_s = int(time.time())
    claims = {"sub": subject, "aud": audience, "scope": scope, "iat": now_s, "exp": now_s + lifetime_s}
    if issuer:
        claims["iss"] = issuer
    headers = {"kid": key_id} if key_id else None
    print(jwt.encode(claims, private, algorithm=algorithm, headers=headers))


def _new_key(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    from skyparley.web.tokens.keys import MIN_RSA_BITS

    if algorithm == "RS256":
        return rsa.generate_private_key(65_537, MIN_RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else ed25519.Ed25519PrivateKey.generate()


def _private_key(path: Path) -> tuple[Any, str]:
    """The private key of a file, and its algorithm. Raises `InvalidInputError` that names the file for what is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from skyparley.errors import InvalidInputError
    from skyparley.web.tokens.keys import algorithm_of

    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
        return private, algorithm_of(private.public_key())
    except InvalidInputError as error:
        raise InvalidInputError(f"cannot use {path}: {error.message}") from error
    except TypeError as error:
        raise InvalidInputError(f"{path} is closed by a pass phrase: take a key file without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError(f"{path} is no private key in PEM: make one with skyparley token key") from error


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Make a file that is not there yet, with its mode from the start: nobody reads it in between."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
