"""Figures in the decision pages that can be computed are computed again, so that no page outlives its reason."""

import random
import re
from typing import Any

import msgspec
import pytest

from skyparley.airspace.commands import Command
from skyparley.geometry.altitude import Datum, mean_sea_level_bounds_m
from skyparley.record.envelope import Header, encode_header
from skyparley.units import METRES_PER_FOOT
from support.tree import ROOT

PAGES = {page.name[:4]: page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "decisions").glob("*.md")}
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-").removesuffix(" m"))


def test_the_table_of_altitudes_is_what_the_bounds_say() -> None:
    rows = re.findall(r"^\| ([\d,]+) m `(\w+)`[^|]* \| ([^|]+) \| ([^|]+) \|$", PAGES["0006"], re.MULTILINE)
    assert len(rows) == 4
    for altitude, datum, lowest, highest in rows:
        bounds_m = mean_sea_level_bounds_m(number(altitude), Datum(datum))
        assert (number(lowest), number(highest)) == pytest.approx(bounds_m, abs=0.5)


def test_floats_make_levels_too_close_as_often_as_the_page_says() -> None:
    pairs, closer = map(int, re.findall(r"Of the (\d+) pairs .* makes (\d+) less than 304.8 m", PAGES["0005"])[0])
    levels_m = [100 * level * METRES_PER_FOOT for level in range(290, 460)]
    gaps_m = [higher - lower for lower, higher in zip(levels_m, levels_m[10:], strict=False)]
    assert (len(gaps_m), sum(gap_m < 1000 * METRES_PER_FOOT for gap_m in gaps_m)) == (pairs, closer)


def rfc_8785(value: Any) -> str:
    """The canonical form, transcribed from RFC 8785 for all but fractions."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c, f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(rfc_8785, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(f"{rfc_8785(name)}:{rfc_8785(value[name])}" for name in names) + "}"


def test_headers_are_canonical_by_rfc_8785() -> None:
    chance = random.Random(8785)

    def text() -> str:
        planes = ((0, 0x20), (0x20, 0x80), (0x80, 0xD800), (0xE000, 0x110000))
        return "".join(chr(chance.randrange(*chance.choice(planes))) for _ in range(chance.randrange(20)))

    for _ in range(5_000):
        texts = {name: text() for name in Header.__struct_fields__ if name not in {"version", "claimed_time_us"}}
        header = Header(**texts, claimed_time_us=chance.randrange(2**53))
        assert encode_header(header).decode() == rfc_8785(msgspec.to_builtins(header))


def test_commands_hold_no_fraction_and_no_name_outside_ascii() -> None:
    def types(schema: Any) -> set[str]:
        if isinstance(schema, dict):
            own = {schema["type"]} if isinstance(schema.get("type"), str) else set()
            assert all(name.isascii() for name in schema.get("properties", {}))
            return own.union(*(types(value) for value in schema.values()))
        return set().union(*(types(value) for value in schema)) if isinstance(schema, list) else set()

    assert types(msgspec.json.schema(Command)) == {"object", "array", "string", "integer", "boolean", "null"}
