"""Public keys that tokens are verified with: what a key is, and how it is read from a PEM file or a JWKS (RFC 7517).

A key has exactly one algorithm, which follows from its own type (RFC 8725, section 3.1). A token names one too, but its
word is only compared with the key's: what the key is decides how it is used, so no token can have a public key taken
for a shared secret, or have itself taken unsigned.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from skyparley.errors import InvalidInputError

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 8_192
MAX_RSA_EXPONENT_BITS: Final = 32
"""An RSA key of more bits, or with a longer exponent, would make every signature a burden: time grows with both."""
MAX_KEYS: Final = 32
"""A token without a key id is tried with every key of its algorithm: so many signatures it may cost at most."""
MAX_KEY_ID_LENGTH: Final = 200
MAX_PEM_BYTES: Final = 65_536
ACCEPTED: Final = f"RSA of {MIN_RSA_BITS:,} to {MAX_RSA_BITS:,} bits, P-256 or Ed25519"
ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Key:
    """A public key. Two are the same if they have the same id and the same fingerprint (SHA-256 of the key's DER)."""

    key_id: str | None
    algorithm: str
    fingerprint: str
    public: PublicKey = field(compare=False)

    @property
    def name(self) -> str:
        """What the key is called where a person reads it: its id, else the beginning of its fingerprint."""
        return self.key_id if self.key_id is not None else f"sha256:{self.fingerprint[:16]}"


class KeySet:
    """The keys that tokens may be signed with at present, at most `MAX_KEYS`.

    With `by_id` a key id that a token gives chooses among them; without, ids mean nothing (PEM files have none).
    """

    def __init__(self, keys: tuple[Key, ...] = (), *, by_id: bool) -> None:
        if len(keys) > MAX_KEYS:
            raise InvalidInputError(f"{len(keys)} keys are more than the {MAX_KEYS} that are tried: take fewer")
        self.keys = keys
        self._members = frozenset(keys)
        self._by_id: dict[str, tuple[Key, ...]] | None = {} if by_id else None
        for key in keys:
            if self._by_id is not None and key.key_id is not None:
                self._by_id[key.key_id] = (*self._by_id.get(key.key_id, ()), key)

    def __contains__(self, key: Key) -> bool:
        return key in self._members

    def candidates(self, key_id: str | None) -> tuple[Key, ...]:
        """The keys that a token with this id, or without one, may be signed with. The id is looked up, nothing else."""
        if key_id is None or self._by_id is None:
            return self.keys
        return self._by_id.get(key_id, ())


class KeySource(Protocol):
    """Where keys come from. `known` is what there is now; reading it never waits."""

    known: KeySet

    def is_due(self) -> bool:
        """Whether it is time to look whether the keys are still the same."""

    async def ready(self) -> None:
        """Return when there are keys. Raises `OverloadedError` if none can be had at present."""

    async def look_again(self) -> bool:
        """Look for keys that were not known; whether it was done.

        Raises `OverloadedError` if there is nobody to ask at present.
        """

    async def aclose(self) -> None:
        """Let go of what is held; nothing may be asked afterwards."""


class PemKeys:
    """Keys from PEM files: read once, the same until the node is started again."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        """Raise `InvalidInputError` that names the file, if one cannot be used."""
        self.known = KeySet(tuple(dict.fromkeys(read_pem(path) for path in paths)), by_id=False)

    def is_due(self) -> bool:
        """Never."""
        return False

    async def ready(self) -> None:
        """Return at once."""

    async def look_again(self) -> bool:
        """Find nothing new."""
        return False

    async def aclose(self) -> None:
        """Nothing is held."""


def algorithm_of(public: object) -> str:
    """The one algorithm of a public key. Raises `InvalidInputError` for a key of another kind or size."""
    if isinstance(public, RSAPublicKey) and MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        if public.public_numbers().e.bit_length() > MAX_RSA_EXPONENT_BITS:
            raise InvalidInputError(f"an RSA exponent may have {MAX_RSA_EXPONENT_BITS} bits: make a key with 65537")
        return "RS256"
    if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return "ES256"
    if isinstance(public, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(public, RSAPublicKey):
        kind = f"an RSA key of {public.key_size:,} bits"
    elif isinstance(public, EllipticCurvePublicKey):
        kind = f"a key on the curve {public.curve.name}"
    else:
        kind = f"a key of the kind {type(public).__name__}"
    raise InvalidInputError(f"{kind} is not taken: use {ACCEPTED}")


def make_key(public: Any, key_id: str | None = None) -> Key:
    """A key for the verifier. Raises `InvalidInputError` for one of another kind or size."""
    algorithm = algorithm_of(public)
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(key_id, algorithm, hashlib.sha256(encoded).hexdigest(), public)


def read_pem(path: Path) -> Key:
    """The one public key of a PEM file. Raises `InvalidInputError` that names the file and the remedy.

    An X.509 certificate only carries its key here: whoever names the file trusts the key, so neither the certificate's
    dates nor its signature are looked at.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PEM_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"cannot read the public key {path}: {error.strerror}") from error
    if b"PRIVATE KEY-----" in data:
        raise InvalidInputError(
            f"{path} holds a private key: keep it with who signs, and give the public one, made by"
            f" openssl pkey -in {path} -pubout -out public.pem"
        )
    if len(data) > MAX_PEM_BYTES or data.count(b"-----BEGIN ") != 1:
        raise InvalidInputError(f"{path} must hold exactly one public key or certificate, in PEM (-----BEGIN …)")
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            public: object = x509.load_pem_x509_certificate(data).public_key()
        else:
            public = load_pem_public_key(data)
        return make_key(public)
    except InvalidInputError as error:
        raise InvalidInputError(f"cannot use {path}: {error.message}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError(f"{path} is no public key or certificate in PEM: {str(error)[:200]}") from error


class _Jwk(msgspec.Struct):
    """The members of a JWK that matter here (RFC 7517, section 4; RFC 7518, section 6; RFC 8037)."""

    kty: str
    crv: str = ""
    kid: str | None = None
    use: str = "sig"
    key_ops: list[str] = msgspec.field(default_factory=lambda: ["verify"])
    alg: str | None = None
    n: str = ""
    e: str = ""
    x: str = ""
    y: str = ""
    d: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Jwks(msgspec.Struct):
    keys: list[msgspec.Raw]


_KINDS: Final = {
    ("RSA", ""): (RSAAlgorithm.from_jwk, ("n", "e")),
    ("EC", "P-256"): (ECAlgorithm.from_jwk, ("x", "y")),
    ("OKP", "Ed25519"): (OKPAlgorithm.from_jwk, ("x",)),
}


def parse_jwks(data: bytes) -> KeySet:
    """The keys of a JWKS document that can be used here; keys of other kinds and uses are left out.

    Raises `InvalidInputError` if it is none, or holds more than `MAX_KEYS` keys. The set may be empty.
    """
    try:
        items = msgspec.json.decode(data, type=_Jwks).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"this is no JWKS document: {str(error)[:200]}") from error
    if len(items) > MAX_KEYS:
        raise InvalidInputError(f"a JWKS document of {len(items)} keys is not taken: at most {MAX_KEYS}")
    return KeySet(tuple(dict.fromkeys(key for key in map(_from_jwk, items) if key is not None)), by_id=True)


def _from_jwk(item: msgspec.Raw) -> Key | None:
    """One key of a JWKS document; None if it is of no use here.

    A key with its private half in it is left out, too: what was published cannot be trusted any more.
    """
    try:
        jwk = msgspec.json.decode(item, type=_Jwk)
        kind = _KINDS.get((jwk.kty, jwk.crv))
        if kind is None or jwk.d is not msgspec.UNSET or jwk.use != "sig" or "verify" not in jwk.key_ops:
            return None
        if jwk.kid is not None and len(jwk.kid) > MAX_KEY_ID_LENGTH:
            return None
        read, names = kind
        key = make_key(read({"kty": jwk.kty, "crv": jwk.crv, **{name: getattr(jwk, name) for name in names}}), jwk.kid)
    except (msgspec.MsgspecError, PyJWTError, InvalidInputError, ValueError, RecursionError, UnsupportedAlgorithm):
        return None
    return key if jwk.alg in (None, key.algorithm) else None
