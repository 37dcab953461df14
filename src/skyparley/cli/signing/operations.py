"""`skyparley operation …`: a party's operations on a node, signed on its own machine, with receipts kept."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyparley.cli.line.asking import fetch, parameters_of
from skyparley.cli.signing.keys import signer_of
from skyparley.client import Client, RefusedError, operations
from skyparley.errors import InvalidInputError, SkyparleyError, StorageError
from skyparley.node.reading.views import Answer
from skyparley.vocabulary import escaped

if TYPE_CHECKING:
    from skyparley.conflict.operation import Operation


def file_operations(
    files: Sequence[Path],
    url: str,
    api_key: str | None,
    *,
    sign_with: Path | None,
    receipts: Path | None,
    amend: int | None,
) -> bool:
    """File all operations of some files; whether all were taken."""
    from skyparley.formats.detect import read_file

    parsed = [read_file(path) for path in files]
    found = [operation for one in parsed for operation in one.operations]
    if amend is not None and len(found) != 1:
        raise InvalidInputError(f"the file has {len(found)} operations: one at a time is amended")
    skipped = [one for each in parsed for one in each.skipped]
    sound = not skipped
    for one in skipped:
        print(f"{one.file}: {one.place}: {one.reason}", file=sys.stderr)
    signer = None if sign_with is None else signer_of(sign_with)
    with Client(url, api_key, signer=signer) as client:
        for operation in found:
            body = _body(operation)
            call = operations.file(body) if amend is None else operations.amend({**body, "version": amend})
            try:
                answer = client.do(call)
            except RefusedError as error:
                sound = False
                place = f"{error.place}: " if error.place else ""
                print(f"{operation.ref.operation_id}: refused: {escaped(place + error.message)}", file=sys.stderr)
                continue
            _tell(answer)
            keep_receipt(url, api_key, answer.sequence, receipts)
    return sound


def declare(file: Path, url: str, api_key: str | None, *, sign_with: Path | None, receipts: Path | None) -> None:
    """Declare the hazard area of a file."""
    signer = None if sign_with is None else signer_of(sign_with)
    with Client(url, api_key, signer=signer) as client:
        answer = client.do(operations.declare_hazard(parameters_of(file)))
    _tell(answer)
    keep_receipt(url, api_key, answer.sequence, receipts)


def act_on(
    action: str,
    operation_id: str,
    version: int,
    url: str,
    api_key: str | None,
    *,
    sign_with: Path | None,
    receipts: Path | None,
) -> None:
    """One action on an operation or hazard area."""
    signer = None if sign_with is None else signer_of(sign_with)
    with Client(url, api_key, signer=signer) as client:
        answer = client.do(operations.act(action, operation_id, version))
    _tell(answer)
    keep_receipt(url, api_key, answer.sequence, receipts)


def keep_receipt(url: str, api_key: str | None, sequence: int, folder: Path | None) -> None:
    """Fetch the receipt of an entry, which is there when the record is signed, and keep it as a file of its own."""
    if folder is None:
        return
    path = folder / f"{sequence:09d}.json"
    try:
        receipt = fetch(url, api_key, f"/v1/record/entries/{sequence}/receipt")
    except SkyparleyError as error:
        raise StorageError(
            f"entry {sequence} stands, but its receipt did not come ({error.message}): fetch it with skyparley record"
            f" receipt {sequence}"
        ) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(receipt)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def _body(operation: "Operation") -> dict[str, Any]:
    from skyparley.node.reading.shapes import render_operation_shapes

    return {
        "operation_id": operation.ref.operation_id,
        "class": operation.operation_class,
        **render_operation_shapes(operation),
    }


def _tell(answer: Answer) -> None:
    operation = answer.operation
    words = f"{operation.operation_id}: {operation.state}, version {operation.version}, entry {answer.sequence}"
    print(escaped(words))
    for conflict in answer.conflicts:
        print(f"  conflict {conflict.conflict_id}: {escaped(conflict.sentence)}")
