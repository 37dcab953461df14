"""docs/messages.md, made from the catalogue: `PYTHONPATH=src:tests python -m support.message_page` writes it."""

import itertools

from skyparley.catalogue.lists.base import MessageType, Parameter
from skyparley.catalogue.messages import MESSAGES
from skyparley.catalogue.render import title
from support.tree import ROOT

PAGE = ROOT / "docs" / "messages.md"

OPENING = """# Messages of the line

One catalogue of structured messages serves every language: a message is its code and its parameters, and each reader's
side renders it in English (`en`), French (`fr`), Russian (`ru`), Arabic (`ar`) or Spanish (`es`). Nothing hangs on a
translator. Free text and remarks are shown as typed, marked so, and close nothing.

This page is made from the catalogue; `PYTHONPATH=src:tests python -m support.message_page` writes it anew.

## How to read the tables

**Response** is what answer the message asks for, as in CPDLC (ICAO Doc 4444, Appendix 5): `WU` WILCO or UNABLE,
`AN` AFFIRM or NEGATIVE, `R` ROGER (or UNABLE), `Y` any message, `N` none.

**Act** is what it does to its dialogue: `open` begins one or goes on with it, `accept` closes it positively, `refuse`
closes it with a reason, `close` ends it without an answer; `standby`, `read_back` and `note` close nothing.

**Precedence** is what it is sent with unless its sender says otherwise.

**Parameters** in square brackets may be left out. Those marked with ↩ are read back field by field and compared by
machine. The kind stands after the colon where it is not the parameter's own name.

## Kinds of parameters

| kind | what is sent | equal in a read-back |
|---|---|---|
| `level` | number, unit `FL`, `ft` or `m`, and datum; `FL` implies `PRESSURE` | same datum, and within 1 m |
| `band` | `lower` and `upper` level of one datum, lower below upper | both levels equal |
| `position` | text: decimal degrees, degrees and minutes, DMS, or compact as in flight plans; not MGRS | within 10 m |
| `route` | 2 to 50 positions in order | as many, and each equal |
| `outline` | 3 to 50 positions around an area, in order | as many, and each equal |
| `time` | RFC 3339 with its zone | same instant |
| `window` | `begin` and `end`, the end after the begin | both equal |
| `frequency` | number and unit `MHz` or `kHz`; the carrier, not the name of a channel | same number of hertz |
| `distance` | number and unit `NM`, `km` or `m` | same number of millimetres |
| `duration` | number and unit `s`, `min` or `h` | same number of seconds |
| `speed` | number and unit `kt`, `km/h` or `m/s` | same number of millimetres per second |
| `heading` | number, unit `deg`, and `reference`: `true` or `magnetic` | same reference and angle |
| `count` | a whole number of what the name says | not read back |
| `text` | at most 2,000 characters without markup or control characters | not read back |

A bare number is refused with a message that says what to add. All other kinds are words: identifiers, call signs,
terms and places of the agreement, or one of a closed list that every language translates.

## Languages

Levels are shown as typed and in feet and metres, positions as typed and in decimal degrees, times in UTC with the
reader's local time in brackets. Digits are ASCII in every language, and thousands are set apart by a narrow space, so
that a point or a comma is always a decimal mark. In Arabic each value is isolated from the line around it, so that
call signs and numbers keep their order.

English is the source. Every other language is marked `unreviewed` until a speaker signs it off:

1. Read `src/skyparley/catalogue/texts/LANGUAGE.ftl` against `en.ftl`, and correct it. Names with a dollar sign stay.
2. Change its line `review-status = unreviewed` to `review-status = reviewed by NAME on YYYY-MM-DD`.
3. Run `make test`: it says whether a text is missing, has other values than the English one, or cannot be rendered.

Whoever changes a reviewed text afterwards sets the line back to `unreviewed`.
"""


def page() -> str:
    """The whole page."""
    sections = [OPENING]
    for group, found in itertools.groupby(MESSAGES.values(), key=lambda each: each.group):
        rows = "\n".join(map(_row, found))
        heading = group.replace("_", " ").capitalize()
        sections.append(
            f"## {heading}\n\n"
            "| code | title | act | response | precedence | parameters |\n|---|---|---|---|---|---|\n" + rows + "\n"
        )
    return "\n".join(sections)


def _row(each: MessageType) -> str:
    parameters = ", ".join(map(_parameter, each.parameters)) or "none"
    return (
        f"| `{each.code}` | {title(each.code, 'en')} | {each.act} | {each.response} | {each.precedence} "
        f"| {parameters} |"
    )


def _parameter(parameter: Parameter) -> str:
    kind = "" if parameter.kind == parameter.name else f": {parameter.kind}"
    text = f"`{parameter.name}`{kind}{' ↩' * parameter.read_back}"
    return text if parameter.required else f"[{text}]"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
