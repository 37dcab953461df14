"""Messages for tests: the example of every kind, and values as a client could type them, drawn by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from skyparley.catalogue.messages import MESSAGES
from skyparley.catalogue.parameters import CHOICES, KINDS

NUMBERS = st.integers(1, 90) | st.decimals("0.5", 90, places=2).map(str)
LEVELS = st.fixed_dictionaries({"value": st.integers(0, 600), "unit": st.just("FL")}) | st.fixed_dictionaries(
    {
        "value": st.integers(-300, 60_000) | st.decimals(0, 60_000, places=1).map(str),
        "unit": st.sampled_from(["ft", "m"]),
        "datum": st.sampled_from(["PRESSURE", "EGM96", "WGS84", "AGL"]),
    }
)
POSITIONS = st.builds("{:.5f}, {:.5f}".format, st.floats(-90, 90), st.floats(-180, 180)) | st.builds(
    "{:02d}{:02d}{:02d}N{:03d}{:02d}{:02d}W".format,
    *(st.integers(0, most) for most in (89, 59, 59, 179, 59, 59)),
)
TIMES = st.builds(
    "20{:02d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}{}".format,
    *(st.integers(1, most) for most in (98, 12, 28, 23, 59, 59)),
    st.sampled_from(["Z", "+03:00", "-09:30", ".25Z"]),
)
LETTERS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], exclude_characters="<&]`"), min_size=1)
TEXTS = LETTERS.map(lambda text: f"a{text[:70]}")


def quantity(*units: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"value": NUMBERS, "unit": st.sampled_from(units)})


TYPED: dict[str, st.SearchStrategy[Any]] = {
    "level": LEVELS,
    "band": st.tuples(st.integers(0, 300), st.integers(1, 300)).map(
        lambda pair: {
            "lower": {"value": pair[0], "unit": "FL"},
            "upper": {"value": sum(pair) * 100, "unit": "ft", "datum": "PRESSURE"},
        }
    ),
    "position": POSITIONS,
    "route": st.lists(POSITIONS, min_size=2, max_size=5),
    "outline": st.lists(POSITIONS, min_size=3, max_size=6),
    "time": TIMES,
    "window": st.tuples(st.integers(10, 12), st.integers(13, 23)).map(
        lambda pair: {name: f"2026-03-01T{hour}:00:00Z" for name, hour in zip(("begin", "end"), pair, strict=True)}
    ),
    "frequency": quantity("MHz"),
    "distance": quantity("NM", "km", "m"),
    "duration": st.fixed_dictionaries({"value": st.integers(1, 90), "unit": st.sampled_from(["s", "min", "h"])}),
    "speed": quantity("kt", "km/h", "m/s"),
    "heading": st.fixed_dictionaries(
        {"value": NUMBERS, "unit": st.just("deg"), "reference": st.sampled_from(["true", "magnetic"])}
    ),
    "count": st.integers(0, 100_000),
    "party": st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True),
    "post": st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True),
    "operation": st.from_regex(r"[A-Za-z0-9._:/+-]{1,128}", fullmatch=True),
    "callsign": st.from_regex(r"[A-Za-z0-9]([A-Z0-9 -]{0,14}[A-Z0-9])?", fullmatch=True),
    "aircraft_type": st.from_regex(r"[A-Za-z][A-Z0-9]{1,3}", fullmatch=True),
    "term": TEXTS,
    "place": TEXTS,
    "text": TEXTS,
    **{name: st.sampled_from(words) for name, words in CHOICES.items()},
}


def example_of(code: str, *, optional: bool = True) -> dict[str, Any]:
    """The example of each parameter of a message, as a client would send it."""
    return {
        parameter.name: KINDS[parameter.kind].example
        for parameter in MESSAGES[code].parameters
        if parameter.required or optional
    }


def typed_values(code: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any parameters of a message, as a client could type them."""
    parameters = MESSAGES[code].parameters
    return st.fixed_dictionaries(
        {parameter.name: TYPED[parameter.kind] for parameter in parameters if parameter.required},
        optional={parameter.name: TYPED[parameter.kind] for parameter in parameters if not parameter.required},
    )
