"""Whose word a token is, and whether it holds: claims that do not, and what is known of tokens that did."""

import re
from pathlib import Path
from typing import Any

import jwt
import pytest

from skyparley.errors import InvalidInputError, UnauthenticatedError
from skyparley.web.tokens import verify
from skyparley.web.tokens.keys import KeySet, make_key
from skyparley.web.tokens.verify import MAX_SUBJECT_LENGTH, SKEW_S, Claims, TokenVerifier, open_verifier
from support.tokens import (
    ALL,
    AUDIENCE,
    BY_ALGORITHM,
    ED,
    NAMED,
    NOW_S,
    OTHERS,
    P256,
    RSA,
    SECRET,
    Clock,
    Given,
    as_json,
    b64,
    claims,
    pem_files,
    refusal,
    signed,
    token,
    verifier,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("algorithm", BY_ALGORITHM)
async def test_a_good_token_says_who_may_do_what_and_is_then_known(algorithm: str) -> None:
    asked, text = verifier(), token(BY_ALGORITHM[algorithm])
    assert asked.known(text) is None
    found = await asked.verify(text)
    scopes = frozenset({"utm.strategic_coordination", "utm.constraint_processing"})
    (key,) = (key for key in ALL.keys if key.algorithm == algorithm)
    assert found == Claims("uss1", scopes, f"sha256:{key.fingerprint[:16]}", NOW_S + 3600)
    assert asked.known(text) is found
    assert await asked.verify(text) is found
    await asked.aclose()


async def test_a_library_of_others_makes_tokens_that_are_accepted() -> None:
    for algorithm, key in BY_ALGORITHM.items():
        text = jwt.encode(claims(aud=["x", AUDIENCE]), key, algorithm=algorithm, headers={"kid": algorithm})
        assert (await verifier(NAMED).verify(text)).key_id == algorithm


@pytest.mark.parametrize("algorithm", BY_ALGORITHM)
async def test_the_signature_of_another_key_or_of_another_text_does_not_hold(algorithm: str) -> None:
    assert "signature does not hold" in await refusal(token(OTHERS[algorithm]))
    assert "signature does not hold" in await refusal(token(OTHERS[algorithm], algorithm), NAMED)
    head, body, signature = token(BY_ALGORITHM[algorithm]).split(".")
    other = b64(as_json(claims(sub="uss2")))
    assert "signature does not hold" in await refusal(f"{head}.{other}.{signature}")
    for odd in ("AA", "A" * len(signature), signature[: len(signature) // 4 * 4], b64(bytes(64)), b64(b"\xff" * 64)):
        assert "signature does not hold" in await refusal(f"{head}.{body}.{odd}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "elsewhere.example.org"}, f"aud must be one of: other.example.org, {AUDIENCE}"),
        ({"aud": ["a", "b"]}, "aud must be one of"),
        ({"aud": []}, "aud must be one of"),
        ({"aud": AUDIENCE.upper()}, "aud must be one of"),
        ({"aud": AUDIENCE + "."}, "aud must be one of"),
        ({"aud": None}, "missing required field `aud`"),
        ({"aud": 7}, "Expected `str | array`"),
        ({"aud": [7]}, "Expected `str`"),
        ({"exp": NOW_S}, "over (exp)"),
        ({"exp": NOW_S - 1}, "over (exp)"),
        ({"exp": -1}, "over (exp)"),
        ({"exp": None}, "missing required field `exp`"),
        ({"exp": str(NOW_S + 60)}, "Expected `float`"),
        ({"exp": True}, "Expected `float`"),
        ({"nbf": NOW_S + SKEW_S + 1}, "not valid yet (nbf)"),
        ({"nbf": "soon"}, "Expected `float`"),
        ({"iat": NOW_S + SKEW_S + 1}, "not valid yet (iat)"),
        ({"iat": [1]}, "Expected `float`"),
        ({"sub": None}, "missing required field `sub`"),
        ({"sub": ""}, "sub must be 1 to 200 printable characters"),
        ({"sub": 7}, "Expected `str`, got `int` - at `$.sub`"),
        ({"sub": ["uss1"]}, "Expected `str`"),
        ({"sub": "uss1\n"}, "sub must be"),
        ({"sub": "uss\x00"}, "sub must be"),
        ({"sub": "uss\x7f"}, "sub must be"),
        ({"sub": "1\u202essu"}, "sub must be"),
        ({"sub": "u" * (MAX_SUBJECT_LENGTH + 1)}, "sub must be"),
        ({"scope": ["utm.strategic_coordination"]}, "Expected `str`, got `array` - at `$.scope`"),
        ({"iss": 7}, "at `$.iss`"),
    ],
)
async def test_claims_that_do_not_hold(changes: dict[str, Any], said: str) -> None:
    assert said in await refusal(token(**{"scope": SECRET, **changes}))


async def test_null_is_no_time() -> None:
    for name in ("exp", "nbf", "iat", "sub", "aud", "scope", "iss"):
        assert name in await refusal(signed({"alg": "ES256"}, {**claims(), name: None}))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "Infinity", "NaN", "1" + "0" * 5000])
async def test_a_time_that_is_no_number_of_seconds(number: str) -> None:
    for name in ("exp", "nbf", "iat"):
        body = as_json({**claims(), name: "@"}).replace(b'"@"', number.encode())
        await refusal(signed({"alg": "ES256"}, body))


@pytest.mark.parametrize(
    ("changes", "manager", "scopes"),
    [
        ({"nbf": NOW_S + SKEW_S, "iat": NOW_S + SKEW_S, "exp": NOW_S + 0.5}, "uss1", None),
        ({"iat": None, "iss": None, "scope": None, "sub": "u" * MAX_SUBJECT_LENGTH}, "u" * MAX_SUBJECT_LENGTH, set()),
        ({"scope": "  b  a a ", "sub": "Größe 1"}, "Größe 1", {"a", "b"}),
        ({"scope": "", "aud": ["x", AUDIENCE], "more": {"deep": [[[]]]}, "sub": "\\"}, "\\", set()),
        ({"exp": 1e300}, "uss1", None),
    ],
)
async def test_claims_that_hold(changes: dict[str, Any], manager: str, scopes: set[str] | None) -> None:
    found = await verifier().verify(token(**changes))
    assert found.manager == manager
    assert scopes is None or found.scopes == scopes


async def test_the_issuer_is_asked_for_if_issuers_are_named() -> None:
    named = ("https://a.example.org", "https://auth.example.org")
    assert (await verifier(issuers=named).verify(token())).manager == "uss1"
    for other in ("https://auth.example.org/", "", None):
        assert "iss must be one of: https://a.example.org, https" in await refusal(token(iss=other), issuers=named)


# Verified tokens are kept.


async def test_a_known_token_is_over_when_its_time_has_come() -> None:
    clock = Clock()
    asked, text = verifier(clock=clock), token()
    await asked.verify(text)
    clock.now_s = NOW_S + 3600 - 0.001
    assert asked.known(text) is not None
    clock.now_s = NOW_S + 3600
    assert asked.known(text) is None
    with pytest.raises(UnauthenticatedError, match="over"):
        await asked.verify(text)
    assert not asked._cache


async def test_a_known_token_ends_with_its_key() -> None:
    source = Given(NAMED)
    asked = TokenVerifier(source, [AUDIENCE], (), Clock())
    texts = {name: token(key, name) for name, key in BY_ALGORITHM.items()}
    for text in texts.values():
        await asked.verify(text)
    source.known = KeySet(tuple(key for key in NAMED.keys if key.key_id != "ES256"), by_id=True)
    assert [name for name, text in texts.items() if asked.known(text)] == ["RS256", "EdDSA"]
    with pytest.raises(UnauthenticatedError):
        await asked.verify(texts["ES256"])
    # the same name for another key, and the same key by another name
    source.known = KeySet(
        (make_key(OTHERS["RS256"].public_key(), "RS256"), make_key(ED.public_key(), "another")), by_id=True
    )
    for text in texts.values():
        assert asked.known(text) is None
        with pytest.raises(UnauthenticatedError):
            await asked.verify(text)


async def test_what_is_known_is_bounded_and_the_least_used_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_CACHED_TOKENS", 3)
    asked = verifier()
    texts = [token(ED, jti=number) for number in range(5)]
    for text in texts[:3]:
        await asked.verify(text)
    assert asked.known(texts[0]) is not None
    for text in texts[3:]:
        await asked.verify(text)
    assert [asked.known(text) is not None for text in texts] == [True, False, False, True, True]
    assert len(asked._cache) == 3
    assert not any(part in repr(asked._cache) for part in texts)


async def test_only_the_very_token_is_known() -> None:
    asked, text = verifier(), token()
    await asked.verify(text)
    for other in (text + "A", text[:-1], text.swapcase(), " " + text, text + "\udc80", "é" + text, "", "x" * 100_000):
        assert asked.known(other) is None


# How a verifier is opened.


async def test_a_verifier_is_opened_by_files_or_by_a_document(tmp_path: Path) -> None:
    assert open_verifier() is None
    assert open_verifier(audiences=[AUDIENCE]) is None
    files = pem_files(tmp_path, RSA, P256, RSA)
    asked = open_verifier(public_keys=files, audiences=[AUDIENCE], issuers=["https://auth.example.org"])
    assert asked is not None
    assert (await asked.verify(token(RSA, exp=9_000_000_000, iat=None))).manager == "uss1"
    await asked.aclose()
    published = open_verifier(jwks_url="https://auth.example.org/jwks.json", audiences=[AUDIENCE])
    assert published is not None
    await published.aclose()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"public_keys": ["key0.pem"]}, "named audiences"),
        ({"public_keys": ["key0.pem"], "audiences": [""]}, "named audiences"),
        ({"public_keys": ["key0.pem"], "audiences": ["a"], "jwks_url": "https://a.example.org/"}, "one of both"),
        ({"public_keys": ["none.pem"], "audiences": ["a"]}, r"cannot read the public key \S+none.pem: No such file"),
        ({"jwks_url": "http://auth.example.org/jwks.json", "audiences": ["a"]}, "https://"),
    ],
)
async def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    pem_files(tmp_path, RSA)
    paths = [tmp_path / name for name in given.pop("public_keys", [])]
    with pytest.raises(InvalidInputError) as caught:
        open_verifier(public_keys=paths, **given)
    assert re.search(said, caught.value.message)
    assert "\n" not in caught.value.message
