"""What a message says, read from the vault, and the comparison of a read-back with its question.

The same comparison serves while a node runs and when its log is verified from zero.
"""

from typing import NamedTuple

import msgspec

from skyparley.catalogue.compare import FieldComparison, compare_read_back
from skyparley.catalogue.messages import decode_body
from skyparley.catalogue.parameters import Canonical
from skyparley.node.custody.vault import Vault
from skyparley.node.line.sealed import unseal


class Body(NamedTuple):
    """What a message says: its code and parameters, and the fields of a read-back, all in canonical form."""

    code: str
    parameters: dict[str, Canonical]
    fields: dict[str, Canonical] | None


def read_body(vault: Vault, digest: str) -> Body:
    """What a message says. Raises `DeletedError`, and `StorageError` if the vault does not hold it as it was kept."""
    said, _, fields = unseal(vault.body(digest)).partition(b"\n")
    code, parameters = decode_body(said)
    return Body(code, parameters, msgspec.json.decode(fields) if fields else None)


def compare_bodies(question: Body, reading: Body) -> tuple[FieldComparison, ...]:
    """A read-back held against its question, field by field."""
    return compare_read_back(question.code, question.parameters, reading.fields or {})


def matches(question: Body, reading: Body) -> bool:
    """Whether every field was read back as it was sent."""
    return all(field.equal for field in compare_bodies(question, reading))
