"""Keys from a JWKS document that a real server rotates, withdraws, breaks, holds back, or has none of."""

import asyncio
from typing import Any

import pytest

from skyparley.errors import InvalidInputError, OverloadedError, UnauthenticatedError
from skyparley.web.tokens import jwks as fetching
from skyparley.web.tokens.jwks import MAX_AGE_S, MAX_JWKS_BYTES, RETRY_S, JwksKeys
from skyparley.web.tokens.keys import MAX_KEYS
from skyparley.web.tokens.verify import TokenVerifier
from support.tokens import (
    AUDIENCE,
    ED,
    OTHERS,
    P256,
    RSA,
    AuthorizationServer,
    Clock,
    authorization_server,
    jwk,
    jwks,
    token,
)

pytestmark = pytest.mark.anyio


def verifier(server: AuthorizationServer, clock: Clock, **more: Any) -> TokenVerifier:
    return TokenVerifier(JwksKeys(server.url, clock_s=clock, **more), [AUDIENCE], (), Clock())


async def accepted(asked: TokenVerifier, text: str) -> bool:
    """Whether a token is accepted; it is known exactly then."""
    try:
        await asked.verify(text)
    except UnauthenticatedError:
        assert asked.known(text) is None
        return False
    return True


async def test_nothing_is_fetched_before_it_is_needed_and_then_once() -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "one"), jwk(RSA, "two")) as server:
        asked = verifier(server, clock)
        for garbage in ("a.b.c", "", "x" * 10_000):
            with pytest.raises(UnauthenticatedError):
                await asked.verify(garbage)
        assert server.asked == 0
        texts = [token(P256, "one", jti=number) for number in range(20)] + [token(RSA, "two")]
        found = await asyncio.gather(*map(asked.verify, texts))
        assert {claims.key_id for claims in found} == {"one", "two"}
        assert server.asked == 1
        clock.now_s += MAX_AGE_S - 1
        assert all(asked.known(text) for text in texts)
        assert server.asked == 1
        await asked.aclose()


async def test_an_unknown_key_id_fetches_again_and_finds_the_new_key() -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "old")) as server:
        asked = verifier(server, clock)
        assert await accepted(asked, token(P256, "old"))
        server.document = jwks(jwk(P256, "old"), jwk(ED, "new"))
        assert not await accepted(asked, token(ED, "new"))  # asked a moment ago
        assert server.asked == 1
        clock.now_s += RETRY_S
        assert await accepted(asked, token(ED, "new"))
        assert server.asked == 2
        await asked.aclose()


async def test_a_token_without_an_id_fetches_again_if_no_key_fits() -> None:
    clock = Clock()
    async with authorization_server(jwk(P256)) as server:
        asked = verifier(server, clock)
        assert await accepted(asked, token(P256))
        server.document = jwks(jwk(ED))
        clock.now_s += RETRY_S
        assert await accepted(asked, token(ED))
        assert not await accepted(asked, token(P256))
        await asked.aclose()


async def test_a_flood_of_made_up_ids_is_no_flood_of_fetches() -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "one")) as server:
        server.delay_s = 0.05
        asked = verifier(server, clock)
        for wave in range(3):
            texts = [token(OTHERS["ES256"], f"made-up-{wave}-{number}") for number in range(100)]
            found = await asyncio.gather(*(accepted(asked, text) for text in texts))
            assert not any(found)
            found = await asyncio.gather(*(accepted(asked, text) for text in texts))
            assert not any(found)
            assert server.asked == wave + 1
            assert await accepted(asked, token(P256, "one"))
            clock.now_s += RETRY_S
        assert not await accepted(asked, token(OTHERS["ES256"], "one"))  # a known id fetches nothing
        assert server.asked == 3
        await asked.aclose()


async def test_a_withdrawn_key_counts_no_more_not_even_for_tokens_that_were_verified() -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "old"), jwk(ED, "new")) as server:
        asked = verifier(server, clock)
        old, new = token(P256, "old"), token(ED, "new")
        await asyncio.gather(asked.verify(old), asked.verify(new))
        server.document = jwks(jwk(ED, "new"))
        clock.now_s += MAX_AGE_S
        assert asked.known(new) is None  # it is time to look
        assert (await asked.verify(new)).key_id == "new"  # which nobody waits for
        await fetched(asked)
        assert server.asked == 2
        assert asked.known(new) is not None
        assert asked.known(old) is None
        assert not await accepted(asked, old)
        server.document = jwks(jwk(OTHERS["EdDSA"], "new"))  # the same name for another key
        clock.now_s += MAX_AGE_S
        assert await accepted(asked, new)
        await fetched(asked)
        assert not await accepted(asked, new)
        assert await accepted(asked, token(OTHERS["EdDSA"], "new"))
        await asked.aclose()


async def fetched(asked: TokenVerifier) -> None:
    """Wait for a fetch for which nobody else waits."""
    await asked._keys._finished()  # type: ignore[attr-defined]


BROKEN: dict[str, dict[str, Any]] = {
    "status": {"status": 500},
    "absent": {"status": 404},
    "elsewhere": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
    "malformed": {"document": b"<html>maintenance</html>"},
    "huge": {"document": b'{"keys":[' + b" " * MAX_JWKS_BYTES + b"]}"},
    "lying": {"headers": {"Content-Length": "999999"}},
    "compressed": {"headers": {"Content-Encoding": "gzip"}},
    "slow": {"delay_s": 60.0},
    "dripping": {"pause_s": 0.1},
    "no http": {"headers": {"\0": "x"}},
    "many": {"document": jwks(*({"kty": "oct"} for _ in range(MAX_KEYS + 1)))},
}


def mend(server: AuthorizationServer, document: bytes) -> None:
    server.document, server.status, server.headers, server.delay_s, server.pause_s = document, 200, {}, 0.0, None


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "skyparley.tokens"]


@pytest.mark.parametrize("how", BROKEN)
async def test_a_document_that_does_not_come_leaves_what_was_known(how: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "one")) as server:
        good = server.document
        asked = verifier(server, clock, timeout_s=0.3)
        one = token(P256, "one")
        assert await accepted(asked, one)
        for name, value in BROKEN[how].items():
            setattr(server, name, value)
        clock.now_s += MAX_AGE_S
        assert await accepted(asked, one)
        await fetched(asked)
        with pytest.raises(OverloadedError) as caught:  # nobody can tell whether there is such a key by now
            await asked.verify(token(ED, "two"))
        assert 1 <= caught.value.retry_after_s <= RETRY_S
        assert server.url not in caught.value.message
        assert asked.known(one) is not None
        assert await accepted(asked, token(P256, "one", jti=1))
        assert await accepted(asked, token(P256, "one", jti=2))
        assert server.asked == 2
        (warning,) = logged(caplog)
        assert f"{server.url} cannot be used, 1 keys are known: " in warning
        assert len(warning) < 500
        mend(server, good)
        clock.now_s += RETRY_S
        assert not await accepted(asked, token(ED, "two"))
        assert "can be used again" in logged(caplog)[1]
        await asked.aclose()


@pytest.mark.parametrize("how", BROKEN)
async def test_without_any_key_a_token_waits_for_its_keys_elsewhere(how: str) -> None:
    clock = Clock()
    async with authorization_server(jwk(P256, "one")) as server:
        good = server.document
        for name, value in BROKEN[how].items():
            setattr(server, name, value)
        asked = verifier(server, clock, timeout_s=0.3)
        texts = [token(P256, "one", jti=number) for number in range(10)]
        for _ in range(2):
            found = await asyncio.gather(*map(asked.verify, texts), return_exceptions=True)
            assert all(isinstance(error, OverloadedError) and error.status == 503 for error in found)
        assert server.asked == 1
        with pytest.raises(UnauthenticatedError):  # what is no token is none, keys or not
            await asked.verify("a.b.c")
        mend(server, good)
        clock.now_s += RETRY_S
        assert await accepted(asked, texts[0])
        await asked.aclose()


async def test_nobody_there_is_a_503_and_never_worse() -> None:
    async with authorization_server() as server:
        url = server.url
    asked = TokenVerifier(JwksKeys(url, clock_s=Clock()), [AUDIENCE], (), Clock())
    with pytest.raises(OverloadedError, match="try again in 10 s"):
        await asked.verify(token(P256, "one"))
    await asked.aclose()


@pytest.mark.parametrize("document", [jwks(), jwks(jwk(RSA, "one", alg="RS512"))], ids=["none", "other"])
async def test_a_document_without_a_usable_key_withdraws_all(document: bytes) -> None:
    """It is the authorization server's word, unlike one that cannot be read."""
    clock = Clock()
    async with authorization_server(jwk(P256, "one")) as server:
        asked, text = verifier(server, clock), token(P256, "one")
        assert await accepted(asked, text)
        server.document = document
        clock.now_s += MAX_AGE_S
        assert await accepted(asked, text)
        await fetched(asked)
        assert asked.known(text) is None
        with pytest.raises(OverloadedError):
            await asked.verify(text)
        server.document = jwks(jwk(P256, "one"))
        clock.now_s += RETRY_S
        assert await accepted(asked, text)
        await asked.aclose()


async def test_who_stops_waiting_does_not_stop_it_for_the_others() -> None:
    async with authorization_server(jwk(P256, "one")) as server:
        server.delay_s = 0.2
        asked = verifier(server, Clock())
        first = asyncio.create_task(asked.verify(token(P256, "one")))
        second = asyncio.create_task(asked.verify(token(P256, "one", jti=1)))
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await second).key_id == "one"
        assert server.asked == 1
        await asked.aclose()


async def test_not_everybody_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_WAITING", 3)
    async with authorization_server(jwk(P256, "one")) as server:
        server.delay_s = 0.2
        asked = verifier(server, Clock())
        texts = [token(P256, "one", jti=number) for number in range(5)]
        found = await asyncio.gather(*map(asked.verify, texts), return_exceptions=True)
        assert [isinstance(one, OverloadedError) for one in found] == [False] * 3 + [True] * 2
        assert all([await accepted(asked, text) for text in texts])
        await asked.aclose()


async def test_closing_ends_a_fetch_and_those_who_wait_for_it() -> None:
    async with authorization_server(jwk(P256, "one")) as server:
        server.delay_s = 60
        asked = verifier(server, Clock())
        waiting = asyncio.create_task(asked.verify(token(P256, "one")))
        await asyncio.sleep(0.1)
        await asyncio.wait_for(asked.aclose(), 2)
        with pytest.raises(OverloadedError):
            await waiting
        assert asked._keys._client.is_closed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://auth.example.org/jwks.json", "https://"),
        ("http://127.0.0.1.example.org/", "https://"),
        ("ftp://auth.example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("auth.example.org/jwks.json", "https://"),
        ("https://", "https://"),
        ("", "https://"),
        ("https://user:word@auth.example.org/", "leave user and password out"),
        ("https://auth.example.org:port/", "no URL"),
        ("https://[::1", "no URL"),
        ("https://a\nb/", "no URL"),
    ],
)
async def test_a_url_that_keys_cannot_safely_come_from_is_refused(url: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        JwksKeys(url, clock_s=Clock())
    assert said in caught.value.message
    assert "word" not in caught.value.message.replace("password", "")


@pytest.mark.parametrize(
    "url", ["https://auth.example.org/a?b=c", "http://localhost:1/", "http://[::1]:1/", "HTTPS://A.EXAMPLE.ORG"]
)
async def test_a_url_that_keys_may_come_from(url: str) -> None:
    await JwksKeys(url, clock_s=Clock()).aclose()
