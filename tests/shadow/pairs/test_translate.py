"""A request for the node here: the same where nothing is mapped, else the same but for what each side draws."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.shadow.pairs.asked import (
    AVAILABILITY,
    CONSTRAINT,
    CREATE,
    DELETE,
    ELSEWHERE,
    INTENT,
    QUERY,
    READ,
    REPORT,
    SAY,
    SUBSCRIPTION,
    UPDATE,
    Answer,
    Asked,
    read_object,
    read_request,
)
from skyparley.shadow.pairs.names import Known, Names
from skyparley.shadow.pairs.translate import Put, as_accepted, translate, with_key, with_version, without_suffix

ID, SUB = "7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb", "80a0c4b0-497c-4452-ac03-f1e183b3a7b8"
HERE_SUB = "0a0d7f1c-6f0e-4d8a-9a46-3b7a6f6b0c11"
INTENT_PATH, SUB_PATH = f"/dss/v1/operational_intent_references/{ID}", f"/dss/v1/subscriptions/{SUB}"
words = st.text("abc-_.~%/ ü", min_size=1, max_size=12)
bodies = st.dictionaries(
    st.sampled_from(["key", "subscription_id", "extents", "state", "old_version", "new_subscription"]),
    st.one_of(
        words, st.none(), st.lists(st.one_of(words, st.integers())), st.floats(allow_nan=False, allow_infinity=False)
    ),
)


def put(method: str, path: str, body: Any, names: Names, there: Answer | None = None) -> tuple[Put, Any]:
    data = msgspec.json.encode(body) if body is not None else b""
    asked = read_request(method, path.encode(), data)
    assert asked is not None
    made = translate(asked, Put(method, path, data), names, there or Answer(200))
    return made, read_object(made.body)


@given(
    st.sampled_from(["GET", "PUT", "DELETE", "POST"]),
    st.sampled_from(["operational_intent_references", "subscriptions", "uss_availability", "x"]),
    st.lists(words, max_size=3), st.one_of(st.none(), bodies), st.binary(max_size=20), st.booleans(),
)  # fmt: skip
def test_where_nothing_is_mapped_it_stays_as_it_came(
    method: str, folder: str, rest: list[str], body: Any, rubbish: bytes, is_rubbish: bool
) -> None:
    raw_path = "/".join(["/dss/v1", folder, *rest]).encode()
    data = rubbish if is_rubbish or body is None else msgspec.json.encode(body)
    asked = read_request(method, raw_path, data)
    if asked is not None:
        came = Put(method, raw_path.decode("latin-1"), data)
        assert translate(asked, came, Names(), Answer(409)) == came


def test_versions_keys_and_subscriptions_are_translated() -> None:
    names = Names([
        Known(INTENT, ID, "", "ovn there 1", "ovn/here 1"), Known(CONSTRAINT, "c", "", "ovn-there-2", "ovn-here-2"),
        Known(SUBSCRIPTION, SUB, HERE_SUB, "version-there", "version-here"),
        Known(AVAILABILITY, "uss 1", "", "said-there", "said-here"),
    ])  # fmt: skip
    body = {"key": ["ovn-there-2", "elsewhere", 7, "ovn there 1"], "subscription_id": SUB, "requested_ovn_suffix": "s"}
    made, sent = put("PUT", f"{INTENT_PATH}/ovn%20there%201", body, names)
    assert made.path == f"{INTENT_PATH}/ovn%2Fhere%201"
    assert sent == {**body, "key": ["ovn-here-2", "elsewhere", 7, "ovn/here 1"], "subscription_id": HERE_SUB}
    assert put("DELETE", f"{INTENT_PATH}/stale", None, names)[0].path == f"{INTENT_PATH}/stale"
    assert put("GET", SUB_PATH, None, names)[0].path == f"/dss/v1/subscriptions/{HERE_SUB}"
    assert (
        put("DELETE", f"{SUB_PATH}/version-there", None, names)[0].path
        == f"/dss/v1/subscriptions/{HERE_SUB}/version-here"
    )
    assert put("DELETE", f"{SUB_PATH}/other", None, names)[0].path == f"/dss/v1/subscriptions/{HERE_SUB}/other"
    said = {"old_version": "said-there", "availability": "Down"}
    assert put("PUT", "/dss/v1/uss_availability/uss%201", said, names)[1] == {**said, "old_version": "said-here"}
    assert put("PUT", "/dss/v1/uss_availability/uss2", said, names)[1] == said
    area = {"area_of_interest": {"key": ["ovn-there-2"]}}
    assert put("POST", "/dss/v1/subscriptions/query", area, names)[1] == area


def test_a_subscription_begins_when_the_upstream_s_clock_says() -> None:
    begun, ended = ({"value": f"2030-03-01T1{hour}:00:00Z", "format": "RFC3339", "more": 1} for hour in (1, 2))
    there = Answer(200, {"subscription": {"time_start": begun, "time_end": ended}})
    start, end = ({"value": time["value"], "format": "RFC3339"} for time in (begun, ended))
    volume = {"volume": {}}
    sent = put("PUT", SUB_PATH, {"extents": volume}, Names(), there)[1]
    assert sent == {"extents": {**volume, "time_start": start}}  # how long it lasts is this node's own word
    given = {"extents": {**volume, "time_start": {"value": "x"}}}
    assert put("PUT", SUB_PATH, given, Names(), there)[1] == given
    sent = put("PUT", f"{SUB_PATH}/v", {"extents": volume}, Names(), there)[1]
    assert sent == {"extents": {**volume, "time_start": start, "time_end": end}}  # it is to be made here
    known = Names([Known(SUBSCRIPTION, SUB)])
    assert put("PUT", f"{SUB_PATH}/v", {"extents": volume}, known, there)[1] == {"extents": volume}
    for odd in ({}, {"subscription": None}, {"subscription": {"time_start": 5}}):
        assert put("PUT", SUB_PATH, {"extents": volume}, Names(), Answer(200, odd))[1] == {"extents": volume}
    assert put("PUT", SUB_PATH, {"extents": 5}, Names(), there)[1] == {"extents": 5}


def test_a_write_is_put_again_in_another_way() -> None:
    asked = Asked(INTENT, UPDATE, "", ID, "v", {})
    came = Put(
        "PUT", f"{INTENT_PATH}/v", b'{"key":["a"],"state":"Activated","new_subscription":{},"requested_ovn_suffix":"s"}'
    )
    assert with_version(asked, came, Names(), "a/b").path == f"{INTENT_PATH}/a%2Fb"
    assert with_version(asked, came, Names(), "").path == INTENT_PATH
    assert read_object(with_key(came, {"b", "a"}).body) == {**(read_object(came.body) or {}), "key": ["a", "b"]}
    assert read_object(with_key(Put("PUT", "", b'{"key":null}'), {"b"}).body) == {"key": ["b"]}
    begun = read_object(as_accepted(came).body) or {}
    assert (begun["state"], begun["new_subscription"], begun["requested_ovn_suffix"]) == ("Accepted", None, None)
    assert (read_object(without_suffix(came).body) or {})["requested_ovn_suffix"] is None
    said = Asked(AVAILABILITY, UPDATE, "", "uss1", "", {})
    assert read_object(with_version(said, Put("PUT", "p", b'{"old_version":"a"}'), Names(), "b").body) == {
        "old_version": "b"
    }


@pytest.mark.parametrize(
    ("method", "path", "kind", "action", "name", "version"),
    [
        ("PUT", INTENT_PATH, INTENT, CREATE, ID, ""),
        ("PUT", f"{INTENT_PATH.replace(ID, ID.upper())}/A", INTENT, UPDATE, ID, "A"),
        ("GET", INTENT_PATH, INTENT, READ, ID, ""),
        ("DELETE", f"{INTENT_PATH}/a%2Fb/c", INTENT, DELETE, ID, "a/b/c"),
        ("POST", "/dss/v1/operational_intent_references/query", INTENT, QUERY, "", ""),
        ("POST", "/dss/v1/constraint_references/query", CONSTRAINT, QUERY, "", ""),
        ("PUT", SUB_PATH, SUBSCRIPTION, CREATE, SUB, ""),
        ("GET", "/dss/v1/uss_availability/USS%201", AVAILABILITY, READ, "USS 1", ""),
        ("PUT", "/dss/v1/uss_availability/u", AVAILABILITY, UPDATE, "u", ""),
        ("POST", "/dss/v1/reports", REPORT, SAY, "", ""),
    ],
)  # fmt: skip
def test_what_is_asked_is_told_by_method_and_path(
    method: str, path: str, kind: str, action: str, name: str, version: str
) -> None:
    asked = read_request(method, path.encode())
    assert asked is not None
    assert (asked.kind, asked.action, asked.name, asked.version) == (kind, action, name, version)
    assert asked.route.startswith(f"{method} /dss/v1/")
    assert asked.route != ELSEWHERE
    assert asked.writes == (action in (CREATE, UPDATE, DELETE))


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/"), ("GET", "/dss/v1"), ("GET", "/dss/v1/reports"), ("PATCH", INTENT_PATH), ("DELETE", INTENT_PATH),
    ("GET", f"{INTENT_PATH}/v"), ("POST", INTENT_PATH), ("GET", "/dss/v1/operational_intent_references"),
    ("PUT", "/dss/v1/uss_availability/u/v"), ("DELETE", "/dss/v1/uss_availability/u"),
    ("GET", "/dss/v1/uss_availability"),
    ("GET", f"/x{INTENT_PATH}"), ("PUT", f"{SUB_PATH}/"), ("HEAD", SUB_PATH), ("POST", "/dss/v1/reports/x"),
])  # fmt: skip
def test_what_the_standard_does_not_ask_is_not_compared(method: str, path: str) -> None:
    assert read_request(method, path.encode()) is None
