"""JSON whose sender knows other members than we do: what is unknown is left out, what is known is read strictly.

The interface of ASTM F3548-21 does not close its objects, and USSs send members of older drafts along. A member that
names a weapon, a mission or a target is refused all the same, and one that stands twice.
"""

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from skyparley.errors import ForbiddenFieldError, InvalidInputError
from skyparley.node.reading.shapes import decode_strictly
from skyparley.node.reading.twice import refuse_twice

BodyT = TypeVar("BodyT")


class LenientDecoder(Generic[BodyT]):
    """Reads bodies of one kind, a struct. What has no unknown member is read at once, the rest a second time."""

    def __init__(self, kind: type[BodyT]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._shape = inspect.type_info(kind)

    def decode(self, data: bytes) -> BodyT:
        """The value, unknown members left out. Raises `InvalidInputError` with the place of what is wrong."""
        try:
            return decode_strictly(self._decoder, data)
        except ForbiddenFieldError:
            raise
        except InvalidInputError as error:
            try:
                value = msgspec.json.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise error from None
            refuse_twice(data)
            known = without_unknown(value, self._shape)
            if known == value:  # then something else was wrong
                raise
        return decode_strictly(self._decoder, msgspec.json.encode(known))


def without_unknown(value: Any, shape: inspect.Type) -> Any:
    """A JSON value without the members that its shape, a struct or what holds structs, does not have."""
    if isinstance(shape, inspect.UnionType):
        inner = [kind for kind in shape.types if isinstance(kind, inspect.StructType | inspect.ListType)]
        return without_unknown(value, inner[0]) if inner else value
    if isinstance(shape, inspect.ListType) and isinstance(value, list):
        holds_structs = isinstance(shape.item_type, inspect.StructType)
        return [without_unknown(item, shape.item_type) for item in value] if holds_structs else value
    if isinstance(shape, inspect.StructType) and isinstance(value, dict):
        kinds = {field.encode_name: field.type for field in shape.fields}
        return {name: without_unknown(item, kinds[name]) for name, item in value.items() if name in kinds}
    return value
