"""Verifies bearer tokens: JWTs (RFC 7519) signed as JWS (RFC 7515), by the rules of RFC 8725.

A token is taken apart once, strictly, and nothing in it is believed before a known key's signature holds. Of its
header only `alg`, `kid` and `crit` are read: the first is compared, the second looked up, the third refused. Keys and
addresses that a header brings along (`jwk`, `jku`, `x5c`, `x5u`) are nobody's word, and not looked at.
"""

import base64
import binascii
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from jwt.algorithms import Algorithm, ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from skyparley.errors import InvalidInputError, UnauthenticatedError
from skyparley.node.reading.twice import refuse_twice
from skyparley.web.tokens.jwks import JwksKeys
from skyparley.web.tokens.keys import ALGORITHMS, MAX_KEY_ID_LENGTH, Key, KeySource, PemKeys

MAX_TOKEN_BYTES: Final = 8_192
MAX_SUBJECT_LENGTH: Final = 200
MAX_CACHED_TOKENS: Final = 4_096
SKEW_S: Final = 10.0
"""So far the issuer's clock may be ahead of ours (`nbf`, `iat`). An expiry is exact: a new token is soon had."""

_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_VERIFIERS: Final[dict[str, Algorithm]] = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "EdDSA": OKPAlgorithm(),
}
_StructT = TypeVar("_StructT")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. `manager` is its subject; `key_id` names the key that signed it."""

    manager: str
    scopes: frozenset[str]
    key_id: str
    expires_s: float


class _Header(msgspec.Struct):
    alg: str
    kid: str | msgspec.UnsetType = msgspec.UNSET
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Body(msgspec.Struct):
    """The claims that are read (RFC 7519, section 4.1; `scope` is RFC 8693, section 4.2)."""

    sub: str
    aud: str | list[str]
    exp_s: float = msgspec.field(name="exp")
    nbf_s: float | msgspec.UnsetType = msgspec.field(name="nbf", default=msgspec.UNSET)
    iat_s: float | msgspec.UnsetType = msgspec.field(name="iat", default=msgspec.UNSET)
    iss: str | msgspec.UnsetType = msgspec.UNSET
    scope: str = ""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A token taken apart: nothing of it is verified."""

    algorithm: str
    key_id: str | None
    body: bytes
    signed: bytes
    signature: bytes


class TokenVerifier:
    """Says what a bearer token claims, if one of `keys` signed it for one of `audiences`, by one of `issuers` if given.

    `clock_s` gives seconds since 1970 UTC. Not for several threads.
    """

    def __init__(
        self, keys: KeySource, audiences: Sequence[str], issuers: Sequence[str], clock_s: Callable[[], float]
    ) -> None:
        if not audiences or not all(audiences):
            raise InvalidInputError("tokens are accepted for named audiences only: name at least one")
        self._keys = keys
        self._audiences = tuple(audiences)
        self._issuers = tuple(issuers)
        self._clock_s = clock_s
        # By the SHA-256 of the whole token, signature included: no two tokens meet in it, the time of a look-up says
        # nothing of how much of a guess was right, entries are small, and who reads this memory finds no token to use.
        self._cache: OrderedDict[bytes, tuple[Claims, Key]] = OrderedDict()

    def known(self, token: str) -> Claims | None:
        """What a token claims that was verified before and still holds; None: ask `verify`.

        Also None when it is time to look for other keys, which `verify` begins.
        """
        return None if self._keys.is_due() else self._cached(token)

    async def verify(self, token: str) -> Claims:
        """What a token claims.

        Raises `UnauthenticatedError`, which says what is wrong and repeats nothing of the token, and `OverloadedError`
        while there are no keys to tell by.
        """
        parts = _take_apart(token)
        await self._keys.ready()
        cached = self._cached(token)
        if cached is not None:
            return cached
        key = self._signer(parts)
        # a token that names a known key means that key; any other may mean one that is not known yet
        unknown = parts.key_id is None or not self._keys.known.candidates(parts.key_id)
        if key is None and unknown and await self._keys.look_again():
            key = self._signer(parts)
        if key is None:
            raise self._not_signed(parts)
        claims = self._claims(parts.body, key)
        self._cache[_digest(token)] = (claims, key)
        if len(self._cache) > MAX_CACHED_TOKENS:
            self._cache.popitem(last=False)
        return claims

    async def aclose(self) -> None:
        """Let go of the keys' connection."""
        await self._keys.aclose()

    def _cached(self, token: str) -> Claims | None:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            return None
        digest = _digest(token)
        found = self._cache.get(digest)
        if found is None:
            return None
        claims, key = found
        if self._clock_s() >= claims.expires_s or key not in self._keys.known:
            del self._cache[digest]
            return None
        self._cache.move_to_end(digest)
        return claims

    def _signer(self, parts: _Parts) -> Key | None:
        """The key that signed; the token's algorithm is compared with the key's, and chooses nothing else."""
        for key in self._keys.known.candidates(parts.key_id):
            if key.algorithm == parts.algorithm and _VERIFIERS[key.algorithm].verify(
                parts.signed, key.public, parts.signature
            ):
                return key
        return None

    def _not_signed(self, parts: _Parts) -> UnauthenticatedError:
        candidates = self._keys.known.candidates(parts.key_id)
        if not candidates:
            return UnauthenticatedError("the token names a key (kid) that is not known here: sign with a published one")
        if all(key.algorithm != parts.algorithm for key in candidates):
            fitting = " or ".join(sorted({key.algorithm for key in candidates}))
            return UnauthenticatedError(f"the token's alg is not that of the key: it must be {fitting}")
        return UnauthenticatedError("the token's signature does not hold: it was changed, or signed with another key")

    def _claims(self, data: bytes, key: Key) -> Claims:
        body = _decode(data, _Body, "claims")
        now_s = self._clock_s()
        if not 1 <= len(body.sub) <= MAX_SUBJECT_LENGTH or not body.sub.isprintable():
            raise UnauthenticatedError(
                f"the token's sub must be 1 to {MAX_SUBJECT_LENGTH} printable characters: who it was issued to"
            )
        if now_s >= body.exp_s:
            raise UnauthenticatedError("the token is over (exp): get a new one")
        for name, time_s in (("nbf", body.nbf_s), ("iat", body.iat_s)):
            if time_s is not msgspec.UNSET and time_s > now_s + SKEW_S:
                raise UnauthenticatedError(
                    f"the token is not valid yet ({name}): wait, or set the issuer's clock right"
                )
        named = (body.aud,) if isinstance(body.aud, str) else body.aud
        if not any(audience in self._audiences for audience in named):
            wanted = ", ".join(self._audiences)
            raise UnauthenticatedError(f"the token is for somebody else: its aud must be one of: {wanted}")
        if self._issuers and body.iss not in self._issuers:
            raise UnauthenticatedError(f"the token's iss must be one of: {', '.join(self._issuers)}")
        return Claims(body.sub, frozenset(body.scope.split(" ")) - {""}, key.name, body.exp_s)


def open_verifier(
    *,
    public_keys: Sequence[Path] = (),
    jwks_url: str | None = None,
    audiences: Sequence[str] = (),
    issuers: Sequence[str] = (),
) -> TokenVerifier | None:
    """A verifier by PEM files or a JWKS URL; None if there is neither, and then no token is accepted.

    Raises `InvalidInputError` in one line for what cannot be used. A JWKS document is fetched when it is first needed.
    """
    if public_keys and jwks_url is not None:
        raise InvalidInputError("tokens are verified by PEM files or by a JWKS document: name one of both")
    if public_keys:
        return TokenVerifier(PemKeys(tuple(public_keys)), audiences, issuers, time.time)
    if jwks_url is not None:
        return TokenVerifier(JwksKeys(jwks_url, clock_s=time.monotonic), audiences, issuers, time.time)
    return None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()


def _take_apart(token: str) -> _Parts:
    """The parts of a token in compact form. Raises `UnauthenticatedError`."""
    if len(token) > MAX_TOKEN_BYTES:
        raise UnauthenticatedError(f"the token is longer than {MAX_TOKEN_BYTES} bytes: ask for one with less in it")
    found = _COMPACT.fullmatch(token)
    if found is None:
        raise UnauthenticatedError("this is no token: it takes three parts of base64url with two dots between, a JWS")
    header = _decode(_base64url(found[1]), _Header, "header")
    if header.crit is not msgspec.UNSET:
        raise UnauthenticatedError("the token's header asks for an extension (crit); none is known here: leave it out")
    if header.alg not in ALGORITHMS:
        raise UnauthenticatedError(f"the token's alg must be one of: {', '.join(ALGORITHMS)}")
    key_id = None if header.kid is msgspec.UNSET else header.kid
    if key_id is not None and len(key_id) > MAX_KEY_ID_LENGTH:
        raise UnauthenticatedError(f"the token's kid is longer than {MAX_KEY_ID_LENGTH} characters: use a shorter one")
    signed = token[: found.end(2)].encode("ascii")
    return _Parts(header.alg, key_id, _base64url(found[2]), signed, _base64url(found[3]))


def _base64url(text: str) -> bytes:
    """Bytes of base64url without padding (RFC 7515, section 2), of which each has one spelling only."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        data = b""
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != text:
        raise UnauthenticatedError("a part of the token is no base64url without padding (RFC 7515): send it as issued")
    return data


def _decode(data: bytes, kind: type[_StructT], what: str) -> _StructT:
    """A part of a token that is JSON. Raises `UnauthenticatedError`, also for a member that stands twice."""
    try:
        value = msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:  # names members of ours and types, nothing of what was sent
        raise UnauthenticatedError(f"the token's {what} cannot be used: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnauthenticatedError(f"the token's {what} is not JSON in UTF-8: send the token as issued") from None
    try:
        refuse_twice(data)
    except (InvalidInputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnauthenticatedError(f"the token's {what} cannot be read one way only: is a name there twice?") from None
    return value
