"""`skyparley check --against URL`: a dry run of each operation on a node, over its public API; nothing is filed."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import msgspec

from skyparley.cli.line.asking import client_of, message_of
from skyparley.conflict.operation import Operation
from skyparley.errors import SkyparleyError, StorageError
from skyparley.formats.parsed import Skipped
from skyparley.node.reading.shapes import render_operation_shapes

AT_ONCE: Final = 8
TRIES: Final = 5
MAX_WAIT_S: Final = 10.0
_NOT_DISCLOSED: Final = "/(not disclosed)"


def check_against(
    url: str, api_key: str | None, operations: list[Operation], skipped: list[Skipped], done: Callable[[], None]
) -> list[dict[str, Any]]:
    """Conflicts with what a node holds, as JSON objects of the report. What the node refuses is added to `skipped`.

    Raises `StorageError` if the node does not answer, `SkyparleyError` if it does not take the key.
    """
    found: list[dict[str, Any]] = []
    with client_of(url, api_key) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        # the first that gets no answer speaks for all: map drops those that were not asked yet
        for operation, answer in zip(operations, pool.map(lambda item: _ask(client, item), operations), strict=True):
            if isinstance(answer, str):
                skipped.append(Skipped(url, str(operation.ref), answer))
            else:
                found.extend(answer)
            done()
    return found


def _ask(client: httpx.Client, operation: Operation) -> list[dict[str, Any]] | str:
    """The node's conflicts with an operation, or why it refused to look."""
    body = {
        "operation_id": _name(operation.ref.operation_id),
        "class": operation.operation_class,
        **render_operation_shapes(operation),
    }
    response = _post(client, msgspec.json.encode(body))
    if response.status_code in (401, 403):
        raise SkyparleyError(f"the node refuses: {message_of(response)}; give a party's key with --api-key")
    if response.is_error:
        return message_of(response)
    try:
        return _report_all(response.json()["conflicts"])
    except (ValueError, KeyError, TypeError):
        raise StorageError("what answers there is no Skyparley node: check the address") from None


def _post(client: httpx.Client, body: bytes) -> httpx.Response:
    """The node's answer; while it is too busy it is asked again, as late as it wishes."""
    for attempt in range(TRIES):
        try:
            response = client.post("/v1/operations/check", content=body)
        except httpx.UnsupportedProtocol:
            raise StorageError("this is no address of a node: write it like http://127.0.0.1:8080") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise StorageError(f"the node does not answer ({error}): check the address") from error
        if response.status_code != 503 or attempt == TRIES - 1:
            break
        wait = response.headers.get("Retry-After", "1")
        time.sleep(min(MAX_WAIT_S, float(wait) if wait.isdigit() else 1.0))
    return response


def _name(operation_id: str) -> str:
    """An identifier that the API takes: what it does not know becomes a hyphen."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._:/+-") else "-" for c in operation_id)[:128]


def _report_all(conflicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conflicts of one operation; several with what one party does not disclose are told apart by a number."""
    reports = [_report(conflict) for conflict in conflicts]
    reports.sort(key=lambda report: (report["first_time"], report["a"], report["b"], report["rule"]))
    for side in ("a", "b"):
        counts = Counter(report[side] for report in reports)
        numbers: Counter[str] = Counter()
        for report in reports:
            label = report[side]
            if label.endswith(_NOT_DISCLOSED) and counts[label] > 1:
                numbers[label] += 1
                report[side] = f"{label.removesuffix(')')}, conflict {numbers[label]} of {counts[label]})"
    return reports


def _report(conflict: dict[str, Any]) -> dict[str, Any]:
    kept = {name: conflict[name] for name in ("rule", "first_time", "last_time", "closest", "certain", "sentence")}
    return {"a": _label(conflict["a"]), "b": _label(conflict["b"]), **kept}


def _label(side: dict[str, Any]) -> str:
    party, operation_id = side["party"], side["operation_id"]
    if operation_id is None:
        return f"{party}{_NOT_DISCLOSED}"
    return f"{party}/{operation_id}" if party else str(operation_id)
