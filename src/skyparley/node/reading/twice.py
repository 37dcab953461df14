"""Members that stand twice in one JSON object (RFC 8259, section 4): parsers take the last silently, they are refused.

Whoever wrote two values meant one of them, and nobody can say which. A body that loses nothing when it is read and
written again has no such member: then it has as many quotation marks as before, because a member that is lost takes at
least its name's two along. Only a body that differs, or that has escapes, is read a second time, slowly.
"""

import json
import re
from typing import Any, Final

import msgspec

from skyparley.errors import InvalidInputError

_BYTE: Final = re.compile(r" \(byte (\d+)\)$")
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


class Members(dict[str, Any]):
    """A JSON object that was read slowly, and the first of its names that came again."""

    twice: str | None = None


def no_json(data: bytes, error: Exception) -> InvalidInputError:
    """What to say of bytes that are no JSON in UTF-8; `error` is what `msgspec` says."""
    text = str(error)
    found = _BYTE.search(text)
    if data.startswith(_MARKS):
        remedy = "it begins with a byte order mark: send UTF-8 without one"
    elif b"NaN" in data or b"Infinity" in data:
        remedy = "JSON has no NaN and no Infinity: write a number"
    elif "truncated" in text:
        remedy = f"it ends after {len(data)} bytes: send it whole"
    else:
        remedy = "correct it there, or write it with a JSON library"
    place = f"byte {int(found[1]) + 1}" if found else None
    return InvalidInputError(f"this is not JSON in UTF-8: {_BYTE.sub('', text)}; {remedy}", place=place)


def refuse_twice(data: bytes) -> None:
    """Raise `InvalidInputError` with the path of a member that stands twice in its object; `data` is sound JSON."""
    refuse_members(read_again(data, msgspec.json.decode(data)))


def read_again(data: bytes, value: Any) -> Any:
    """`value`, which is what `msgspec.json.decode` made of `data`, if no member of it can have been lost.

    Else the same with its objects as `Members`, for `refuse_members` to look at, whole or item by item.
    Raises `InvalidInputError` for numbers of thousands of digits, which this does not read.
    """
    if b"\\" not in data and msgspec.json.encode(value).count(b'"') == data.count(b'"'):
        return value
    try:
        return json.loads(data, object_pairs_hook=members)
    except (RecursionError, ValueError) as error:
        raise InvalidInputError(f"this JSON cannot be read: {error}"[:200]) from None


def members(pairs: list[tuple[str, Any]]) -> Members:
    """A JSON object of its members, for `json.loads`."""
    made = Members(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                made.twice = name
                break
            seen.add(name)
    return made


def refuse_members(value: Any) -> None:
    """Raise `InvalidInputError` if a `Members` in this value has a member twice. Plain objects are not looked into."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, Members):
            refuse_own(item, path)
            stack.extend((f"{path}.{name}" if path else name, inner) for name, inner in reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((f"{path}[{i}]", inner) for i, inner in reversed(list(enumerate(item))))


def refuse_own(item: Any, path: str = "") -> None:
    """Raise `InvalidInputError` if this object itself has a member twice, whatever lies deeper."""
    if isinstance(item, Members) and item.twice is not None:
        place = f"{path}.{item.twice}" if path else item.twice
        raise InvalidInputError(f"'{item.twice[:100]}' stands twice in one object: leave one", place=place[:500])
