"""The console's files: types, caching, compression, and a policy that lets nothing else in."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from skyparley.web.app import create_app
from support.serving import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(here: World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    built = tmp_path / "console"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Skyparley</title>" + " " * 2000)
    (built / "assets" / "app-1a2b.js").write_text("export {};")
    (built / "font.woff2").write_bytes(b"wOF2")
    app = create_app(here.node, console=built)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as made:
        yield made


async def test_types_and_caching(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    script = await client.get("/assets/app-1a2b.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    font = await client.get("/font.woff2")
    assert font.headers["content-type"] == "font/woff2"


async def test_the_policy_lets_only_this_origin_in(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert "unsafe" not in policy
    assert "blob:" not in policy


async def test_what_the_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_compression_is_used_where_it_is_understood(client: httpx.AsyncClient) -> None:
    plain = await client.get("/", headers={"Accept-Encoding": "identity"})
    small = await client.get("/", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content)
    assert small.content == plain.content
    font = await client.get("/font.woff2", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in font.headers


async def test_only_its_own_files_and_methods(client: httpx.AsyncClient) -> None:
    assert (await client.get("/index.html")).status_code == 404
    assert (await client.get("/assets/../../secret")).status_code == 404
    assert (await client.get("/assets/%2e%2e/index.html")).status_code == 404
    refused = await client.post("/")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"


async def test_a_console_that_is_not_built_says_so(here: World, tmp_path: Path) -> None:
    app = create_app(here.node, console=tmp_path / "nowhere")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        missing = await client.get("/")
        assert missing.status_code == 404
        assert "make install" in missing.json()["error"]["message"]
