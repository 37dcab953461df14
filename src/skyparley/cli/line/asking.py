"""Asking a node over its public API, and reading parameters from a file."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from skyparley.errors import InvalidInputError, SkyparleyError, StorageError

TIMEOUT_S: Final = 60.0


def ask(
    url: str,
    api_key: str | None,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    yes: bool = False,
) -> Any:
    """What a node answers, as JSON. Raises `StorageError` if it does not, `SkyparleyError` if it refuses.

    What a party writes is signed with the key that the environment names (`SKYPARLEY_SIGN_WITH`), if it does; what
    that changes is asked for, unless `yes`. Its receipt goes into the folder that `SKYPARLEY_RECEIPTS` names.
    """
    answer = _asked(url, api_key, method, path, body, yes=yes)
    receipts = os.environ.get("SKYPARLEY_RECEIPTS")
    if receipts and method != "GET" and isinstance(answer, dict) and isinstance(answer.get("sequence"), int):
        from skyparley.cli.signing.operations import keep_receipt

        keep_receipt(url, api_key, answer["sequence"], Path(receipts))
    return answer


def _asked(url: str, api_key: str | None, method: str, path: str, body: dict[str, Any] | None, *, yes: bool) -> Any:
    sign_with = os.environ.get("SKYPARLEY_SIGN_WITH")
    if sign_with and method != "GET":
        from skyparley.cli.signing.keys import asked, signer_of
        from skyparley.client import Call, RefusedError
        from skyparley.client.prepared import signable

        call: Call[Any] = Call(method, path, dict, body, True)
        signer = signer_of(Path(sign_with)) if signable(call) else None
        try:
            return asked(url, api_key, call, signer, yes=yes)
        except RefusedError as error:
            raise SkyparleyError(f"the node refuses: {error.message}", place=error.place) from None
    response = _answer(url, api_key, method, path, body)
    if response.status_code == 204:
        return None
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        raise StorageError(f"{url} does not answer as a node does: is the address right?") from None


def fetch(url: str, api_key: str | None, path: str) -> bytes:
    """What a node answers to a GET, as it is. Raises `StorageError` if it does not, `SkyparleyError` if it refuses."""
    return _answer(url, api_key, "GET", path, None).content


def client_of(url: str, api_key: str | None) -> httpx.Client:
    """A client of a node. Raises `StorageError` if address or key can be none."""
    headers = {"Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    try:
        return httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise StorageError(f"cannot use this address or key ({error}): write it like http://127.0.0.1:8080") from error


def message_of(response: httpx.Response) -> str:
    """Why a node refused, in its own words where it is one."""
    try:
        error = response.json()["error"]
        place = f"{error['place']}: " if error.get("place") else ""
        return f"{place}{error['message']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"it answered {response.status_code}"


def _answer(url: str, api_key: str | None, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
    try:
        with client_of(url, api_key) as client:
            response = client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise StorageError(f"no answer from {url} ({error}): is a node serving there?") from error
    if response.is_error:
        raise SkyparleyError(f"the node refuses: {message_of(response)}")
    return response


def parameters_of(file: Path) -> dict[str, Any]:
    """A JSON object in a file; `-` is standard input. Raises `InvalidInputError`."""
    name, data = ("standard input", sys.stdin.buffer.read()) if str(file) == "-" else (str(file), file.read_bytes())
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"is not a JSON object of parameters: {error}", place=name) from None
