"""The read-back of a message, compared field by field by the machine.

A notified position that was nine kilometres off passed two people who each believed they had read it back (Deir
ez-Zor, 2016). So nobody judges a read-back by ear: each field is equal within the tolerance of its kind, or it is a
mismatch that both sides see. A field that was not read back is a mismatch too.
"""

from collections.abc import Mapping

import msgspec

from skyparley.catalogue.messages import message_type
from skyparley.catalogue.parameters import KINDS, Canonical


class FieldComparison(msgspec.Struct, frozen=True):
    """One field of a read-back: what was sent, what was read back (None where nothing was), and whether they agree."""

    name: str
    sent: Canonical | None
    read_back: Canonical | None
    equal: bool


def compare_read_back(
    code: str, sent: Mapping[str, Canonical], read_back: Mapping[str, Canonical]
) -> tuple[FieldComparison, ...]:
    """Every field to be read back that either side has, in the catalogue's order; both in canonical form.

    Raises `InvalidInputError` for an unknown code.
    """
    compared = []
    for parameter in message_type(code).parameters:
        one, other = sent.get(parameter.name), read_back.get(parameter.name)
        if parameter.read_back and not (one is None and other is None):
            equal = one is not None and other is not None and not KINDS[parameter.kind].differs(one, other)
            compared.append(FieldComparison(parameter.name, one, other, equal))
    return tuple(compared)
