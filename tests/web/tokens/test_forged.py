"""Tokens that are forged, mangled or made to hurt: none is accepted, and no bytes do worse than a 401."""

import json
import random
from typing import Any

import jwt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jwt.algorithms import HMACAlgorithm

from skyparley.web.tokens.keys import MAX_KEY_ID_LENGTH, KeySet, make_key
from skyparley.web.tokens.verify import MAX_TOKEN_BYTES
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
    as_json,
    b64,
    claims,
    public_pem,
    refusal,
    refused_or_good,
    signed,
    token,
    verifier,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS256", "RS512", "PS256", "ES384", "ES256K", "rs256"])
async def test_an_algorithm_that_is_none_of_ours_is_refused(name: str) -> None:
    head, body = b64(as_json({"alg": name})), b64(as_json(claims()))
    for text in (f"{head}.{body}.AA", f"{head}.{body}.{token().rpartition('.')[2]}"):
        assert "alg must be one of: RS256, ES256, EdDSA" in await refusal(text)
    assert "three parts" in await refusal(f"{head}.{body}.")


@pytest.mark.parametrize("algorithm", BY_ALGORITHM)
async def test_a_public_key_is_never_a_shared_secret(algorithm: str) -> None:
    """The classic: signed by HMAC with what everybody can read, whatever the header says of it."""
    for secret in (public_pem(BY_ALGORITHM[algorithm]), public_pem(BY_ALGORITHM[algorithm]).strip()):
        for name in ("HS256", "RS256", "ES256", "EdDSA"):
            text = f"{b64(as_json({'alg': name}))}.{b64(as_json(claims()))}"
            forged = f"{text}.{b64(HMACAlgorithm(HMACAlgorithm.SHA256).sign(text.encode(), secret))}"
            for keys in (ALL, NAMED):
                await refusal(forged, keys)


async def test_the_algorithm_must_be_that_of_the_key() -> None:
    for name, key in BY_ALGORITHM.items():
        for other in {*BY_ALGORITHM} - {name}:
            text = signed({"alg": other, "kid": name}, claims(), key)
            assert f"alg is not that of the key: it must be {name}" in await refusal(text, NAMED)
            await refusal(signed({"alg": other}, claims(), key))
    only = KeySet((make_key(RSA.public_key()),), by_id=False)
    assert "it must be RS256" in await refusal(token(P256), only)
    # the right kind of signature, of another digest
    await refusal(signed({"alg": "RS256"}, claims(), RSA, "RS512"))
    await refusal(signed({"alg": "RS256"}, claims(), RSA, "PS256"))


@pytest.mark.parametrize(
    "key_id", ["../../../../dev/null", "/etc/passwd", "http://127.0.0.1/keys", "' OR 1=1 --", "", "\0", "es256", "🗝"]
)
async def test_a_key_id_is_looked_up_and_nothing_else(key_id: str) -> None:
    assert "names a key (kid) that is not known" in await refusal(token(key_id=key_id), NAMED)
    assert (await verifier().verify(token(key_id=key_id))).manager == "uss1"  # PEM files have no ids


@pytest.mark.parametrize("key_id", [7, None, True, ["ES256"], {"a": 1}, 1.5])
async def test_a_key_id_that_is_no_string_is_refused(key_id: Any) -> None:
    for keys in (ALL, NAMED):
        assert "at `$.kid`" in await refusal(signed({"alg": "ES256", "kid": key_id}, claims()), keys)


async def test_a_huge_key_id_is_refused() -> None:
    assert "kid is longer than 200" in await refusal(token(key_id="k" * (MAX_KEY_ID_LENGTH + 1)), NAMED)
    assert "not known" in await refusal(token(key_id="k" * MAX_KEY_ID_LENGTH), NAMED)


async def test_without_a_key_id_every_key_of_the_algorithm_is_tried() -> None:
    keys = tuple(
        make_key(key.public_key(), f"k{n}") for n, key in enumerate([*OTHERS.values(), *BY_ALGORITHM.values()])
    )
    for by_id in (True, False):
        for key in BY_ALGORITHM.values():
            assert (await verifier(KeySet(keys, by_id=by_id)).verify(token(key))).manager == "uss1"


async def test_keys_and_addresses_that_a_header_brings_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("something was asked for"))
    mine = OTHERS["ES256"]
    own = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(mine.public_key()))
    for brought in (
        {"jwk": own},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/certificate"},
        {"x5c": [b64(b"certificate")]},
        {"jku": 7, "jwk": "x", "x5c": {}, "x5u": None},
    ):
        assert "signature does not hold" in await refusal(signed({"alg": "ES256", **brought}, claims(), mine))
        found = await verifier().verify(signed({"alg": "ES256", **brought}, claims()))
        assert found.manager == "uss1"


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], "exp", None, 7])
async def test_a_header_that_asks_for_an_extension_is_refused(crit: Any) -> None:
    header = {"alg": "ES256", "crit": crit, "b64": False, "exp": NOW_S + 60}
    assert "extension (crit)" in await refusal(signed(header, claims()))


# What is no token.


async def test_a_token_has_a_longest_length() -> None:
    spare = MAX_TOKEN_BYTES - len(token(more="")) - 4
    assert (await verifier().verify(token(more="m" * (spare * 3 // 4)))).manager == "uss1"
    for text in (token(more="m" * MAX_TOKEN_BYTES), "a" * 10_000_000, "é" * (MAX_TOKEN_BYTES + 1)):
        assert "longer than 8192 bytes" in await refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e", ".b.c", "a..c", "a.b.", " a.b.c", "a.b.c\n", "a=.b.c",
        "a+.b.c", "a/.b.c", "ä.b.c", "\udc80.b.c", "\x00.b.c", "Ⅷ.b.c", "sp_000000000000_" + "0" * 20,
    ],
)  # fmt: skip
async def test_what_is_not_three_parts_of_base64url_is_no_token(text: str) -> None:
    assert "this is no token" in await refusal(text)


async def test_each_part_has_one_spelling() -> None:
    head, body, signature = token(ED).split(".")
    assert len(signature) % 4 == 2
    for other in (signature[:-1] + chr(ord(signature[-1]) + 1), signature + "=", signature + "A", signature + "AAA"):
        await refusal(f"{head}.{body}.{other}")
    assert "no base64url" in await refusal(f"{head}.{body}.A")
    assert "no base64url" in await refusal(f"{head[:-1]}.{body}.{signature}" if len(head) % 4 == 2 else "A.A.A")


def bombs() -> list[bytes]:
    room = MAX_TOKEN_BYTES * 3 // 4 - 300
    return [
        b"[" * room,
        b"[" * (room // 2) + b"]" * (room // 2),
        b'{"alg":"ES256","a":' + b"[" * (room // 2 - 20) + b"]" * (room // 2 - 20) + b"}",
        b'{"alg":"ES256","a":' + b'{"a":' * (room // 8) + b"1" + b"}" * (room // 8) + b"}",
        b'{"alg":"ES256","a":' + b"9" * (room - 40) + b"}",
        b'{"alg":"ES256","a":1e999999999}',
        b'{"alg":"ES256","a":"\\ud800"}',
        b'{"alg":"ES256","a":"\xff"}',
        b'{"alg":"ES256","kid":"\\ud800"}',
        b'{"alg":"ES256"} {}',
        b'{"alg":"ES256",}',
        b'\xef\xbb\xbf{"alg":"ES256"}',
        '{"alg":"ES256"}'.encode("utf-16"),
        b"null",
        b"[]",
        b'"ES256"',
        b"7",
        b"{}",
        b"",
        b'{"alg":["ES256"]}',
        b'{"ALG":"ES256"}',
    ]


@pytest.mark.parametrize("bomb", bombs(), ids=range(len(bombs())))
async def test_json_that_is_made_to_hurt(bomb: bytes) -> None:
    """As header and as payload, truly signed. What is read over is harmless if it can be read over."""
    for text in (signed(bomb or b" ", claims()), signed({"alg": "ES256"}, bomb or b" ")):
        assert len(text) <= MAX_TOKEN_BYTES
        if refused_or_good(verifier(), text) is not None:
            assert bomb.startswith(b'{"alg":"ES256","a":')


async def test_a_name_that_stands_twice_is_refused() -> None:
    """Parsers take the first or the last; the one who signed and the one who reads need not agree on it."""
    good = as_json(claims())
    for more in (
        b'"sub":"uss2"',
        b'"s\\u0075b":"uss2"',
        b'"aud":"x"',
        b'"exp":1999999999',
        b'"x":1,"x":2',
        b'"a":{"b":1,"b":2}',
    ):
        for body in (good[:-1] + b"," + more + b"}", b"{" + more + b"," + good[1:]):
            assert "is a name there twice" in await refusal(signed({"alg": "ES256"}, body))
    for header in (b'{"alg":"none","alg":"ES256"}', b'{"alg":"ES256","kid":"a","kid":"ES256"}'):
        for keys in (ALL, NAMED):
            assert "is a name there twice" in await refusal(signed(header, claims()), keys)


# Any bytes at all.


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
HEADER_NAMES = st.sampled_from(["alg", "kid", "crit", "typ", "jku", "jwk", "x5c", "x5u", "b64", "zip", "enc", "cty"])
CLAIM_NAMES = st.sampled_from(["sub", "aud", "exp", "nbf", "iat", "iss", "scope", "jti"])
MANY = settings(max_examples=400, deadline=None)


@MANY
@given(st.text(max_size=200) | st.text("abcAB09-_=.", max_size=60))
@example("\ud800.\ud800.\ud800")
def test_any_text_is_refused(text: str) -> None:
    assert refused_or_good(verifier(), text) is None


@MANY
@given(st.sampled_from(sorted(BY_ALGORITHM)), st.integers(0, 10**6), st.sampled_from(["cut", "change", "drop", "add"]))
def test_a_mangled_token_is_refused(algorithm: str, where: int, how: str) -> None:
    text = token(BY_ALGORITHM[algorithm])
    at = where % len(text)
    other = random.Random(where).choice([c for c in "ABab09-_.= é\0" if c != text[at]])
    mangled = {
        "cut": text[:at],
        "change": text[:at] + other + text[at + 1 :],
        "drop": text[:at] + text[at + 1 :],
        "add": text[:at] + other + text[at:],
    }[how]
    assert refused_or_good(verifier(), mangled) is None


@MANY
@given(st.dictionaries(HEADER_NAMES | st.text(max_size=5), JSON, max_size=5), st.booleans(), st.booleans())
def test_any_header_that_is_truly_signed_refused_or_good(header: dict[str, Any], ours: bool, by_id: bool) -> None:
    """Whatever stands in it, it is good only with our algorithm, our key's name or none, and nothing critical."""
    whole = {**header, "alg": "ES256"} if ours else header
    found = refused_or_good(verifier(NAMED if by_id else ALL), signed(whole, claims()))
    if found is not None:
        assert whole["alg"] == "ES256"
        assert "crit" not in whole
        assert isinstance(whole.get("kid", ""), str)
        assert not by_id or whole.get("kid", "ES256") == "ES256"


@MANY
@given(st.dictionaries(CLAIM_NAMES | st.text(max_size=5), JSON, max_size=6))
def test_any_claims_that_are_truly_signed_are_refused_or_good(changes: dict[str, Any]) -> None:
    payload = {**claims(), **changes}
    found = refused_or_good(verifier(), signed({"alg": "ES256"}, payload))
    if found is not None:
        assert found.manager == payload["sub"]
        assert AUDIENCE in (payload["aud"] if isinstance(payload["aud"], list) else [payload["aud"]])
        assert payload["exp"] > NOW_S
        assert found.scopes <= set(payload.get("scope", "").split(" "))


@MANY
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_that_are_truly_signed_are_refused(data: bytes, as_header: bool) -> None:
    text = signed(data, claims()) if as_header else signed({"alg": "ES256"}, data)
    assert refused_or_good(verifier(), text) is None
