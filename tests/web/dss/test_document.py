"""The OpenAPI document and the DSS say the same: requests drawn from it, with a token that may do everything.

`tests/web/test_openapi.py` draws for all routes, with keys that no route of the DSS takes. Here half of the requests
are drawn as the document has them; the other half are good ones of which one part is drawn.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from skyparley.node.dss import scopes
from skyparley.web.app import ENDPOINTS
from skyparley.web.openapi import build_document
from support.dss_http import Json, circle, moment, new_id, pool, somewhere, volume
from support.uss import PLANNER, bearer

DOCUMENT = build_document(ENDPOINTS)
OPERATIONS = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    if path.startswith(("/dss/", "/aux/", "/versions/"))
    for method in methods
]
EVERYTHING = (*PLANNER, scopes.AVAILABILITY_ARBITRATION, scopes.POOL_STATUS, scopes.SYSTEM_VERSIONS)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DRAWN = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A pool that serves from a thread of its own; its URL."""
    found: dict[str, Any] = {}
    ready = threading.Event()

    async def run() -> None:
        found["loop"], found["stop"] = asyncio.get_running_loop(), asyncio.Event()
        async with pool(tmp_path_factory.mktemp("document")) as made:
            found["url"] = made.url
            ready.set()
            await found["stop"].wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    yield found["url"]
    found["loop"].call_soon_threadsafe(found["stop"].set)
    thread.join()


def schema_at(url: str) -> Any:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.config.update(base_url=url)
    return schema


def test_every_operation_of_the_dss_is_drawn_from() -> None:
    assert len(OPERATIONS) >= 22
    assert {path for _, path in OPERATIONS if path.startswith("/dss/")} == {
        endpoint.path.replace(":path", "") for endpoint in ENDPOINTS if endpoint.path.startswith("/dss/")
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_keep_to_the_document(running: str, method: str, path: str) -> None:
    headers = bearer("one", *EVERYTHING)

    @given(case=schema_at(running)[path][method].as_strategy())
    @settings(DRAWN, max_examples=30)
    def keeps(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    keeps()


def good_body(name: str) -> Json | None:
    """A body that is accepted, by the name of its schema."""
    where, url = volume(somewhere()), {"uss_base_url": "https://one.example"}
    exchange = {"url": "x", "method": "GET", "recorder_role": "Client", "request_time": moment(0)}
    return {
        "PutIntentBody": {"extents": [where], "state": "Accepted", "key": [], "new_subscription": url, **url},
        "PutConstraintBody": {"extents": [where], **url},
        "PutSubscriptionBody": {"extents": where, "notify_for_operational_intents": True, **url},
        "QueryBody": {"area_of_interest": where},
        "AvailabilityBody": {"old_version": "", "availability": "Normal"},
        "ReportBody": {"exchange": exchange},
    }.get(name)


def body_name(method: str, path: str) -> str:
    described = DOCUMENT["paths"][path][method.lower()].get("requestBody")
    return "" if described is None else described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all parts of a JSON value but itself."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*path, name)
        yield from parts(item, (*path, name))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LIKELY = st.sampled_from(
    [
        0,
        -1,
        1e308,
        10**30,
        "",
        "\x00",
        "Accepted",
        new_id(),
        "https://a.b",
        [],
        {},
        [[]],
        circle((90.0, 180.0)),
        moment(-1),
    ]
)


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if good_body(body_name(*one))])
def test_a_good_request_of_which_one_part_is_drawn_is_answered_by_the_document(
    running: str, method: str, path: str
) -> None:
    headers, name = bearer("one", *EVERYTHING), body_name(method, path)
    operation = schema_at(running)[path][method]

    @given(data=st.data())
    @settings(DRAWN, max_examples=60)
    def keeps(data: st.DataObject) -> None:
        body: Any = json.loads(json.dumps(good_body(name)))
        place = data.draw(st.sampled_from(sorted(parts(body), key=str)))
        holder = body
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = data.draw(ANYTHING | LIKELY)
        values = {"entityid": new_id(), "subscriptionid": new_id(), "ovn": "x" * 20, "version": "x" * 20, "uss_id": "u"}
        wanted = {key: values[key] for key in values if f"{{{key}}}" in path}
        case = operation.Case(path_parameters=wanted, body=body, media_type="application/json")
        case.call_and_validate(headers=headers, checks=CHECKS)

    keeps()
