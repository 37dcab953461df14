"""The catalogue as a whole, and the body of a message from JSON to canonical bytes and back."""

import json
from collections import Counter
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.catalogue.lists.base import PARAMETER_KINDS, Group
from skyparley.catalogue.messages import (
    MESSAGES,
    decode_body,
    encode_body,
    message_type,
    parameters_schema,
    parse_message,
    parse_read_back,
)
from skyparley.catalogue.parameters import KINDS
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.node.reading.shapes import FORBIDDEN_WORDS
from support.messages import example_of, typed_values


def test_the_catalogue_covers_every_part_of_the_work() -> None:
    assert 55 <= len(MESSAGES) <= 90
    assert set(Counter(each.group for each in MESSAGES.values())) == set(get_args(Group))
    assert {each.response for each in MESSAGES.values()} == {"WU", "AN", "R", "Y", "N"}
    assert all(code == each.code for code, each in MESSAGES.items())


def test_a_code_stands_once_in_the_lists() -> None:
    from skyparley.catalogue.lists import exchanges, operations

    lists = [value for room in (exchanges, operations) for name, value in vars(room).items() if name.isupper()]
    assert sum(map(len, lists)) == len(MESSAGES)


@pytest.mark.parametrize("code", MESSAGES)
def test_what_a_message_does_goes_with_its_group(code: str) -> None:
    each = MESSAGES[code]
    names = [parameter.name for parameter in each.parameters]
    assert len(names) == len(set(names))
    assert all(parameter.kind == PARAMETER_KINDS[parameter.name] for parameter in each.parameters)
    if each.group == "accept":
        assert (each.act, each.response) == ("accept", "N")
    if each.act == "refuse":
        reason = next(parameter for parameter in each.parameters if parameter.name == "reason")
        assert reason.required, "a refusal says why"
        assert each.response == "N"
    if each.group in {"notice", "change", "request", "offer", "counter", "emergency"}:
        assert each.act == "open"
        assert each.response != "N"
    if any(parameter.kind == "text" and parameter.required for parameter in each.parameters):
        assert each.code in {"free-text", "correction"}
    if each.act == "open":
        dangerous = [
            p for p in each.parameters if p.kind in {"level", "band", "position", "time", "window", "frequency"}
        ]
        assert all(parameter.read_back for parameter in dangerous)
    else:
        assert not any(parameter.read_back for parameter in each.parameters)


def test_free_text_closes_nothing() -> None:
    assert {each.act for each in MESSAGES.values() if each.group == "free_text"} == {"note"}
    assert MESSAGES["standby"].act == "standby"
    assert MESSAGES["read-back"].act == "read_back"


def test_no_parameter_names_what_safety_software_refuses() -> None:
    names = {name for code in MESSAGES for name in parameters_schema(code)["properties"]}
    assert names == set(PARAMETER_KINDS)
    assert not [name for name in names for word in FORBIDDEN_WORDS if word in name.lower()]


def test_a_message_is_parsed_in_the_order_of_the_catalogue() -> None:
    values = {"level": {"value": 350, "unit": "FL"}, "callsign": "rescue 21"}
    parsed = parse_message("request-climb", values)
    assert list(parsed) == ["callsign", "level"]
    assert parsed["callsign"] == "RESCUE 21"


@pytest.mark.parametrize(
    ("values", "place", "says"),
    [
        ({"callsign": "RESCUE 21"}, "parameters.level", "request-climb needs level"),
        ({"callsign": "RESCUE 21", "level": 350}, "parameters.level", "add unit"),
        (
            {"callsign": "A", "level": {"value": 350, "unit": "FL"}, "altitude": 1},
            "parameters.altitude",
            "use callsign",
        ),
        ([], "parameters", "must be an object"),
    ],
)
def test_a_parameter_that_is_unknown_missing_or_bad_is_named(values: Any, place: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says) as caught:
        parse_message("request-climb", values)
    assert caught.value.place == place


@pytest.mark.parametrize("code", ["request-dance", "", None, ["wilco"]])
def test_a_code_that_the_catalogue_lacks_is_refused(code: Any) -> None:
    with pytest.raises(InvalidInputError, match="choose one of its codes") as caught:
        message_type(code)
    assert caught.value.place == "code"


def test_a_read_back_takes_only_what_is_read_back_and_may_lack_some() -> None:
    assert parse_read_back("request-climb", {}) == {}
    assert parse_read_back("request-climb", {"level": {"value": 350, "unit": "FL"}})["level"]
    with pytest.raises(InvalidInputError, match="no parameter 'callsign': use level, time") as caught:
        parse_read_back("request-climb", {"callsign": "RESCUE 21"})
    assert caught.value.place == "parameters.callsign"
    with pytest.raises(InvalidInputError, match="it takes none"):
        parse_read_back("wilco", {"level": 1})


def test_the_bytes_of_a_message_are_these() -> None:
    """Golden: whoever verifies a digest with software of their own makes the same bytes."""
    parsed = parse_message("request-climb", {"level": {"value": 350, "unit": "FL"}, "callsign": "rescue 21"})
    assert encode_body("request-climb", parsed) == (
        b'{"code":"request-climb","parameters":{"callsign":"RESCUE 21",'
        b'"level":{"altitude_mm":10668000,"datum":"PRESSURE","unit":"FL","value":"350"}}}'
    )


@pytest.mark.parametrize("code", MESSAGES)
def test_every_example_of_a_schema_is_taken_and_comes_back(code: str) -> None:
    schema = parameters_schema(code)
    assert schema["additionalProperties"] is False
    typed = {name: fragment["examples"][0] for name, fragment in schema["properties"].items()}
    parsed = parse_message(code, typed)
    assert decode_body(encode_body(code, parsed)) == (code, parsed)
    required = parse_message(code, {name: typed[name] for name in schema["required"]})
    assert list(required) == [parameter.name for parameter in MESSAGES[code].parameters if parameter.required]


@given(st.data())
def test_every_body_comes_back_as_it_was(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(MESSAGES)))
    parsed = parse_message(code, data.draw(typed_values(code)))
    encoded = encode_body(code, parsed)
    assert decode_body(encoded) == (code, parsed)
    assert json.loads(encoded) == {"code": code, "parameters": parsed}
    leaves = [parsed]
    while leaves:
        leaf: Any = leaves.pop()
        leaves += leaf.values() if isinstance(leaf, dict) else leaf if isinstance(leaf, list) else []
        assert type(leaf) in (dict, list, str, int)


@given(st.data())
def test_what_is_typed_again_is_the_same_and_does_not_differ(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(MESSAGES)))
    for name, value in parse_message(code, data.draw(typed_values(code))).items():
        kind = KINDS[PARAMETER_KINDS[name]]
        assert kind.parse(kind.typed(value), name) == value
        assert not kind.differs(value, value)


BODY: dict[str, Any] = {
    "code": "request-climb",
    "parameters": parse_message("request-climb", example_of("request-climb")),
}


def changed(**level: Any) -> Any:
    return {**BODY, "parameters": {**BODY["parameters"], "level": {**BODY["parameters"]["level"], **level}}}


@pytest.mark.parametrize(
    "body",
    [
        changed(altitude_mm=9_144_000),
        changed(value="300"),
        changed(datum="EGM96"),
        changed(extra=1),
        {**BODY, "parameters": {**BODY["parameters"], "level": 5}},
        {**BODY, "parameters": {**BODY["parameters"], "level": None}},
        {**BODY, "parameters": {**BODY["parameters"], "time": 10**30}},
        {**BODY, "parameters": {**BODY["parameters"], "time": "2026-03-01T12:00:00Z"}},
        {**BODY, "parameters": {**BODY["parameters"], "speed": 5}},
        {**BODY, "parameters": []},
        {**BODY, "code": "request-dance"},
        {**BODY, "extra": 1},
        [],
    ],
)
def test_a_body_that_does_not_follow_from_what_was_typed_is_refused(body: Any) -> None:
    """A level typed FL350 beside 9,144 metres would be read one way and compared another."""
    assert decode_body(msgspec.json.encode(BODY, order="deterministic"))[0] == "request-climb"
    with pytest.raises(InvalidInputError):
        decode_body(msgspec.json.encode(body, order="deterministic"))


def test_bytes_in_another_form_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="not canonical"):
        decode_body(json.dumps(BODY).encode())
    with pytest.raises(InvalidInputError, match="no message"):
        decode_body(b"\xff")
    with pytest.raises(LimitExceededError, match="65,536 bytes"):
        decode_body(b" " * 65_537)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_one_error(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        decode_body(data)
