"""Details in which a DSS can be wrong and still seem right: statuses, places, members that stand for nothing."""

import pytest

from support.dss_http import (
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    Json,
    Pool,
    circle,
    moment,
    new_id,
    polygon,
    refused,
    somewhere,
    told,
    uuid7,
    volume,
)

pytestmark = pytest.mark.anyio
TIMES = (
    "2099-12-25t10:00:00z",
    "2099-W52-5T10:00:00Z",
    "20991225T100000Z",
    "2099-12-25T10Z",
    " 2099-12-25T10:00:00Z ",
)
"""The first is one of RFC 3339, the others are not."""


@pytest.mark.parametrize("outline", [circle((10.0, 10.0), 3e6), polygon((0, 0), (0, 60), (60, 30))])
async def test_an_area_beyond_2000_km_is_too_large_and_413(dss: Pool, outline: Json) -> None:
    one = dss.uss("one")
    assert (await one.put(INTENTS, new_id(), one.intent_body(volume(outline)))).status_code == 413
    assert (await one.put(CONSTRAINTS, new_id(), one.constraint_body(volume(outline)))).status_code == 413
    assert (await one.query(INTENTS, volume(outline))).status_code == 413


async def test_an_implicit_subscription_without_a_url_is_refused(dss: Pool) -> None:
    one = dss.uss("one")
    body = one.intent_body(volume(somewhere()), new_subscription={"uss_base_url": ""})
    answer = await one.put(INTENTS, new_id(), body)
    assert answer.status_code == 400, answer.text
    refused(answer, 400, place="new_subscription.uss_base_url")


async def test_a_refusal_of_a_path_or_method_of_the_dss_has_its_message(dss: Pool) -> None:
    one = dss.uss("one")
    assert "message" in (await one.client.delete(f"{INTENTS}/{new_id()}")).json()  # 405
    assert "message" in (await one.client.put(f"{INTENTS}/{new_id()}/a%0Ab", json={})).json()  # 404


async def test_a_report_answers_no_null_where_the_interface_has_none(dss: Pool) -> None:
    one = dss.uss("one")
    exchange = {"url": "x", "method": "GET", "recorder_role": "Client", "request_time": moment(0)}
    body = told(await one.client.post(REPORTS, json={"exchange": exchange}), 201)
    assert None not in body["exchange"].values(), body


async def test_the_time_of_a_report_is_a_time(dss: Pool) -> None:
    one = dss.uss("one")
    exchange = {"url": "x", "method": "GET", "recorder_role": "Client", "request_time": {"value": "yesterday"}}
    assert (await one.client.post(REPORTS, json={"exchange": exchange})).status_code == 400


async def test_places_name_the_fields_that_were_sent(dss: Pool) -> None:
    one = dss.uss("one")
    bad = volume(somewhere(), seconds=(900.0, 800.0))
    said = (await one.put(INTENTS, new_id(), one.intent_body(bad))).json()["error"]
    assert said["place"] == "extents[0].time_end", said
    early = {**volume(somewhere()), "time_start": {"value": "1969-12-31T00:00:00Z"}}
    said = (await one.put(INTENTS, new_id(), one.intent_body(early))).json()["error"]
    assert said["place"] == "extents[0].time_start", said
    said = (await one.put(INTENTS, new_id(), one.intent_body(volume(circle(somewhere(), -1.0))))).json()["error"]
    assert said["place"] == "extents[0].volume.outline_circle.radius.value", said


async def test_rfc_3339_may_be_in_lower_case_and_is_nothing_else(dss: Pool) -> None:
    one = dss.uss("one")
    statuses = {}
    for text in TIMES:
        area = {"volume": circle(somewhere()), "time_end": {"value": text, "format": "RFC3339"}}
        statuses[text] = (await one.query(INTENTS, area)).status_code
    assert list(statuses.values()) == [200, 400, 400, 400, 400], statuses


async def test_a_suffix_may_come_in_upper_case_as_other_identifiers_may(dss: Pool) -> None:
    one = dss.uss("one")
    body = one.intent_body(volume(somewhere()), requested_ovn_suffix=uuid7().upper())
    assert (await one.put(INTENTS, new_id(), body)).status_code == 201


async def test_another_version_is_409_however_it_looks(dss: Pool) -> None:
    one, where = dss.uss("one"), volume(somewhere())
    made = await one.reference(where)
    assert (await one.put(INTENTS, made["id"], one.intent_body(where), "wrong")).status_code == 409
    assert (await one.delete(INTENTS, made["id"], "wrong")).status_code == 409
