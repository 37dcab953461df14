"""What several rooms must call alike: languages, precedences, kinds of hazard, identifiers, and what plain text is.

The precedences are those of military and aeronautical messages (ACP 121; ICAO Annex 10 Volume II, 4.4.1.1). Markup in a
text is refused and not stripped: what was sent is what all sides see, and nothing that a page shows may turn into a
part of it. The same goes for characters that reverse the direction of writing, by which a text can be made to read
differently from what it says (Unicode TR 36, TR 39).
"""

import re
import unicodedata
from typing import Final, Literal, get_args

from skyparley.errors import InvalidInputError

LANGUAGES: Final = ("en", "fr", "ru", "ar", "es")
"""ISO 639-1: the languages that texts may be in and messages are rendered in."""

Precedence = Literal["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"]
PRECEDENCES: Final[tuple[str, ...]] = get_args(Precedence)
"""From the most urgent to the least."""

HAZARD_KINDS: Final = ("firing", "rocket", "debris", "gnss_interference", "laser", "balloon", "drone_activity")

PARTY_PATTERN: Final = r"[a-z0-9-]{1,64}"
POST_PATTERN: Final = r"[a-z0-9-]{1,32}"
OPERATION_PATTERN: Final = r"[A-Za-z0-9._:/+-]{1,128}"

_MARKUP: Final = re.compile(r"<\s*[a-zA-Z/!?]|&#?\w+;|\]\(|```")
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def check_plain_text(text: str, *, lines: bool, place: str) -> None:
    """Raise `InvalidInputError` if a text holds markup, or a control character other than a line break.

    `lines` says whether it may have line breaks.
    """
    for character in text:
        if character == "\n" and lines:
            continue
        if unicodedata.category(character) in _CONTROLS:
            raise InvalidInputError(f"holds the control character U+{ord(character):04X}: remove it", place=place)
        if character in _OVERRIDES:
            raise InvalidInputError(
                f"holds U+{ord(character):04X}, which changes the direction of writing: remove it", place=place
            )
    markup = _MARKUP.search(text)
    if markup:
        raise InvalidInputError(
            f"holds markup ({text[markup.start() : markup.start() + 12]!r}): free text is shown as typed, "
            "so write it without tags, entities or links",
            place=place,
        )


def escaped(text: str) -> str:
    """A text on one line of a terminal: what is not printable, such as a line end, is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
