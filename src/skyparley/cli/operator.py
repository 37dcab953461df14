"""`skyparley party …`: what the operator does with parties and keys.

On a running node it goes through the node's API with the operator's key, which lies in the data directory; otherwise
the directory is opened here, and only then is all that a node is made of imported. Either way it is the same commands
on the same log.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.config import Settings
from skyparley.errors import DataDirectoryBusyError, InvalidInputError, SkyparleyError, StorageError
from skyparley.node.identity import Author
from skyparley.node.reading.views import KeyView, NewKey, PartyView
from skyparley.node.storage import LOG_FILE, OPERATOR_KEY_FILE, DataDirectory, open_directory, read_address

if TYPE_CHECKING:
    from skyparley.node.node import Node

OPERATOR = Author("operator")
TIMEOUT_S = 30.0
ResultT = TypeVar("ResultT")


def add_party(settings: Settings, party: str, name: str, kind: str) -> None:
    """Admit a party and say so."""
    body = {"party": party, "name": name, "kind": kind}
    view = _do(
        settings,
        lambda node: node.register_party(OPERATOR, party, name, kind),
        lambda call: call("POST", "/v1/parties", PartyView, body),
        may_make=True,
    )
    print(f"{view.party} ({view.name}, {view.kind}) is admitted by entry {view.sequence}; next: party key {view.party}")


def make_key(settings: Settings, party: str) -> None:
    """Make a key and show it this once: the key alone on standard output, so that a script can take it."""
    new = _do(
        settings,
        lambda node: node.create_key(OPERATOR, party),
        lambda call: call("POST", f"/v1/parties/{party}/keys", NewKey, None),
    )
    print(f"Key {new.key_id} of {party}: shown this once, keep it where only {party} reads it", file=sys.stderr)
    print(new.api_key)


def list_keys(settings: Settings, party: str) -> None:
    """Show a party's keys without their secrets."""

    async def local(node: "Node") -> list[KeyView]:
        return node.keys(OPERATOR, party)

    keys = _do(settings, local, lambda call: _items(call("GET", f"/v1/parties/{party}/keys", dict, None), KeyView))
    _print_table(("key", "made", "revoked"), [(key.key_id, key.created, key.revoked or "") for key in keys])


def revoke_key(settings: Settings, party: str, key_id: str) -> None:
    """Revoke a key: it opens nothing from now on."""
    _do(
        settings,
        lambda node: node.revoke_key(OPERATOR, party, key_id),
        lambda call: call("DELETE", f"/v1/parties/{party}/keys/{key_id}", type(None), None),
    )
    print(f"Key {key_id} of {party} is revoked")


def list_parties(settings: Settings) -> None:
    """Show all parties."""

    async def local(node: "Node") -> list[PartyView]:
        return node.parties(OPERATOR)

    parties = _do(settings, local, lambda call: _items(call("GET", "/v1/parties", dict, None), PartyView))
    rows = [(view.party, view.name, view.kind, view.state, str(view.sequence)) for view in parties]
    _print_table(("party", "name", "kind", "state", "since entry"), rows)


def _print_table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    table = Table(*names, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))  # as it stands: a name is no markup
    Console().print(table)


Call = Callable[[str, str, Any, object], Any]


def _do(
    settings: Settings,
    local: Callable[["Node"], Awaitable[ResultT]],
    remote: Callable[[Call], ResultT],
    *,
    may_make: bool = False,
) -> ResultT:
    """Do it here, or, if another process holds the directory, by its API.

    Only where `may_make` says so does a directory without a log become one of a new node.
    """
    is_node = (settings.data / LOG_FILE).is_file()
    if not is_node and not may_make:
        raise InvalidInputError(f"{settings.data} holds no log: name a node's data directory with --data")

    async def here(directory: DataDirectory) -> ResultT:
        from skyparley.cli.compose import node_in

        async with node_in(directory, pool=None if is_node else settings.pool) as node:
            return await local(node)

    try:
        directory = open_directory(settings.data)
    except DataDirectoryBusyError:
        return remote(_caller(settings.data))
    return asyncio.run(here(directory))


def _caller(data: Path) -> Call:
    address = read_address(data)
    if address is None:
        raise DataDirectoryBusyError(f"{data} is in use by a process that does not serve yet: try again shortly")
    try:
        api_key = (data / OPERATOR_KEY_FILE).read_text().strip()
    except OSError as error:
        raise StorageError(f"cannot read the operator's key in {data}: {error.strerror}") from error

    def call(method: str, path: str, answer: Any, body: object) -> Any:
        try:
            response = httpx.request(
                method,
                address.url + path,
                headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
                content=None if body is None else msgspec.json.encode(body),
                timeout=TIMEOUT_S,
                verify=False,  # noqa: S501 - the lock says that it runs here: nobody stands between
            )
        except httpx.HTTPError as error:
            raise StorageError(f"the node at {address.url} does not answer ({error})") from error
        if response.is_error:
            raise SkyparleyError(_complaint(response))
        return None if answer is type(None) else msgspec.json.decode(response.content, type=answer)

    return call


def _complaint(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the node answered {response.status_code}"


def _items(page: dict[str, Any], kind: type[ResultT]) -> list[ResultT]:
    return msgspec.convert(page["items"], type=list[kind])  # type: ignore[valid-type]
