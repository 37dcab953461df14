"""The OpenAPI document, the app's routes and the pages of the API say the same; and the app keeps to what is said."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from skyparley.web.app import ENDPOINTS
from skyparley.web.openapi import build_document
from support.serving import World, served, world
from support.uss import token

DOCUMENT = build_document(ENDPOINTS)
DOCS = Path(__file__).parents[2] / "docs"
API_PAGES = "".join(
    (DOCS / name).read_text()
    for name in ("api.md", "line.md", "dialogues.md", "calls.md", "people.md", "dss.md", "record.md", "signing.md")
)
METHODS = ("get", "put", "post", "delete")


def described() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): item
        for path, methods in DOCUMENT["paths"].items()
        for method, item in methods.items()
        if method in METHODS
    }


@pytest.mark.anyio
async def test_every_route_is_described_and_every_description_is_a_route(here: World) -> None:
    routes = {
        (method, re.sub(r"\{(\w+):path\}", r"{\1}", route.path))
        for route in here.app.routes
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert routes == set(described())
    async with here.client() as client:
        assert (await client.get("/v1/openapi.json")).json() == DOCUMENT


def test_every_error_has_the_one_shape() -> None:
    """To which the DSS adds the `message` of its standard."""
    for name in ("ErrorBody", "DssRefusal"):
        error = DOCUMENT["components"]["responses"][name]
        assert error["content"] == {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        assert "error" in DOCUMENT["components"]["schemas"][name]["required"]
    for place, operation in described().items():
        shape = "DssRefusal" if {"token": []} in operation["security"] else "ErrorBody"
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response == {"$ref": f"#/components/responses/{shape}"}, place
        assert {"400", "405", "500"} <= set(operation["responses"]), place


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in references(DOCUMENT):
        target: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_no_field_names_a_weapon_a_mission_or_a_target() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        fields = " ".join(schema.get("properties", {}))
        assert not re.search("weapon|mission|target", fields), name


def test_operation_ids_are_unique() -> None:
    names = [item["operationId"] for item in described().values()]
    assert len(names) == len(set(names))


def test_the_page_describes_every_route_with_an_example() -> None:
    sections = re.findall(r"^### (GET|PUT|POST|DELETE) (\S+)\n(.*?)(?=^##)", API_PAGES + "\n##", re.M | re.S)
    assert {(method, path) for method, path, _ in sections} == set(described())
    for method, path, text in sections:
        assert "curl " in text, (method, path)
        fixed = path.split("{")[0].rstrip("/")
        assert f"$NODE{fixed}" in text, (method, path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A node that serves from a thread of its own: its URL and keys."""
    found: dict[str, Any] = {}
    ready = threading.Event()

    async def run() -> None:
        found["loop"], found["stop"] = asyncio.get_running_loop(), asyncio.Event()
        async with world(tmp_path_factory.mktemp("openapi"), observer=True) as made, served(made.app) as url:
            found["url"], found["keys"] = url, {"operator": made.operator, "party": made.alpha, "uss": token("uss1")}
            ready.set()
            await found["stop"].wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    yield found["url"], found["keys"]
    found["loop"].call_soon_threadsafe(found["stop"].set)
    thread.join()


FUZZED = [place for place in described() if place != ("GET", "/v1/events")]  # a stream has no end to check


@pytest.mark.parametrize(("method", "path"), FUZZED)
def test_answers_keep_to_the_document(running: tuple[str, dict[str, str]], method: str, path: str) -> None:
    url, keys = running
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.config.update(base_url=url)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

    @given(case=schema[path][method].as_strategy())
    @settings(
        max_examples=20,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keeps(case: schemathesis.Case) -> None:
        for who in ("uss",) if path.startswith("/dss/") else ("operator", "party"):
            case.call_and_validate(headers={"Authorization": f"Bearer {keys[who]}"}, checks=checks)

    keeps()
