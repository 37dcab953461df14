"""`skyparley check --against URL`: a dry run of each operation on a node, over its public API; nothing is filed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import httpx
import msgspec

from skyparley.conflict.operation import Operation
from skyparley.errors import SkyparleyError, StorageError
from skyparley.formats.parsed import Skipped
from skyparley.node.reading.shapes import render_operation_shapes

AT_ONCE: Final = 8
TRIES: Final = 5
TIMEOUT_S: Final = 60.0


def check_against(
    url: str, api_key: str | None, operations: list[Operation], skipped: list[Skipped], done: Callable[[], None]
) -> list[dict[str, Any]]:
    """Conflicts with what a node holds, as JSON objects of the report. What the node refuses is added to `skipped`.

    Raises `StorageError` if the node does not answer, or does not take the key.
    """
    headers = {"Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    found: list[dict[str, Any]] = []
    with (
        httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for operation, answer in zip(operations, pool.map(lambda item: _ask(client, item), operations), strict=True):
            if isinstance(answer, str):
                skipped.append(Skipped(url, str(operation.ref), answer))
            else:
                found.extend(_report(conflict) for conflict in answer)
            done()
    return found


def _ask(client: httpx.Client, operation: Operation) -> list[dict[str, Any]] | str:
    """The node's conflicts with an operation, or why it refused to look."""
    body = {
        "operation_id": _name(operation.ref.operation_id),
        "class": operation.operation_class,
        **render_operation_shapes(replace(operation)),
    }
    for attempt in range(TRIES):
        try:
            response = client.post("/v1/operations/check", content=msgspec.json.encode(body))
        except httpx.HTTPError as error:
            raise StorageError(f"{client.base_url} does not answer ({error}): check the address") from error
        if response.status_code == 503 and attempt < TRIES - 1:
            time.sleep(float(response.headers.get("Retry-After", "1")))
            continue
        break
    if response.status_code in (401, 403):
        raise SkyparleyError(f"{client.base_url} refuses: {_message(response)}; give a key with --api-key")
    if response.is_error:
        return _message(response)
    answer: list[dict[str, Any]] = response.json()["conflicts"]
    return answer


def _name(operation_id: str) -> str:
    """An identifier that the API takes: what it does not know becomes a hyphen."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._:/+-") else "-" for c in operation_id)[:128]


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {response.status_code}"


def _report(conflict: dict[str, Any]) -> dict[str, Any]:
    kept = {name: conflict[name] for name in ("rule", "first_time", "last_time", "closest", "certain", "sentence")}
    return {"a": _label(conflict["a"]), "b": _label(conflict["b"]), **kept}


def _label(side: dict[str, Any]) -> str:
    party, operation_id = side["party"], side["operation_id"]
    if operation_id is None:
        return f"{party}/(not disclosed)"
    return f"{party}/{operation_id}" if party else str(operation_id)
