"""The standard's own types, as PyPI `uas-standards` has them: what it writes is read, what is answered it reads whole.

Nobody's reading of the interface but that library's decides here: every request is built of its classes, every answer
is parsed by its response type, and the routes and statuses are held against its table of operations.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from implicitdict import ImplicitDict, StringBasedDateTime
from uas_standards.astm.f3548.v21 import api
from uas_standards.astm.f3548.v21.api import OPERATIONS, OperationID

from skyparley.node.dss import scopes
from skyparley.web.app import ENDPOINTS
from skyparley.web.openapi import build_document
from support.dss_http import Pool, Uss, new_id, somewhere, uuid7

pytestmark = pytest.mark.anyio
DSS = {name: one for name, one in OPERATIONS.items() if one.path.startswith("/dss/v1")}
DOCUMENT = build_document(ENDPOINTS)
OURS = {"error"}
"""Members that stand beside the standard's in a refusal."""
PROTOCOL = {405, 408, 413, 415, 500, 503}
"""What any HTTP server may say: method, body that does not arrive, is too long or no JSON, failure, overload."""
EXCEPTIONS: dict[OperationID, set[int]] = {
    # the document lists 404 for all paths with parameters; creating and replacing never answer it
    OperationID.CreateOperationalIntentReference: {404},
    OperationID.UpdateOperationalIntentReference: {404},
    OperationID.CreateConstraintReference: {404},
    OperationID.UpdateConstraintReference: {404},
    OperationID.CreateSubscription: {404},
    OperationID.UpdateSubscription: {404},
    OperationID.GetUssAvailability: {404},
    # another version than the current one: the library lists no status, others of the field answer 409
    OperationID.SetUssAvailability: {404, 409},
}


def time_at(seconds: float) -> api.Time:
    return api.Time(value=StringBasedDateTime(datetime.now(UTC) + timedelta(seconds=seconds)))


def volume(place: tuple[float, float], *, as_circle: bool = True, begin_s: float = 600.0) -> api.Volume4D:
    """With all that the type has; altitudes and times are of the library's classes too."""
    centre = api.LatLngPoint(lat=place[0], lng=place[1])
    corners = [
        centre,
        api.LatLngPoint(lat=place[0], lng=place[1] + 0.01),
        api.LatLngPoint(lat=place[0] + 0.01, lng=place[1]),
    ]
    outline: dict[str, Any] = (
        {"outline_circle": api.Circle(center=centre, radius=api.Radius(value=300.0, units=api.RadiusUnits.M))}
        if as_circle
        else {"outline_polygon": api.Polygon(vertices=corners)}
    )
    lower, upper = (
        api.Altitude(value=value, reference=api.AltitudeReference.W84, units=api.AltitudeUnits.M)
        for value in (500, 600)
    )
    shape = api.Volume3D(**outline, altitude_lower=lower, altitude_upper=upper)
    return api.Volume4D(volume=shape, time_start=time_at(begin_s), time_end=time_at(begin_s + 600.0))


def same(one: Any, other: Any, where: str = "$") -> None:
    """Assert that two values of JSON are one, where a time may be written in another manner."""
    if isinstance(one, dict):
        assert isinstance(other, dict), where
        assert set(one) == set(other), where
        for name in one:
            same(one[name], other[name], f"{where}.{name}")
    elif isinstance(one, list):
        assert isinstance(other, list), where
        assert len(one) == len(other), where
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{where}[{number}]")
    elif where.endswith((".time_start.value", ".time_end.value", "_time.value")):
        assert StringBasedDateTime(one).datetime == StringBasedDateTime(other).datetime, where
    else:
        assert one == other, where


class Spoken:
    """Speaks to the DSS in the library's words, and checks each answer by its type."""

    def __init__(self, uss: Uss) -> None:
        self.uss = uss

    async def ask(self, name: OperationID, body: ImplicitDict | None = None, **path: str) -> tuple[int, Any]:
        """Send a request of the operation's type; the status, and the answer as the library's type of it."""
        operation = OPERATIONS[name]
        assert (body is None) == (operation.request_body_type is None)
        assert body is None or isinstance(body, operation.request_body_type)
        answer = await self.uss.client.request(
            operation.verb,
            operation.path.format(**path),
            content=None if body is None else json.dumps(body),
            headers={} if body is None else {"Content-Type": "application/json"},
        )
        return answer.status_code, self._parsed(name, answer)

    def _parsed(self, name: OperationID, answer: httpx.Response) -> Any:
        kind = OPERATIONS[name].response_body_type.get(answer.status_code)
        if kind is None:
            assert answer.status_code in EXCEPTIONS.get(name, set()), (name, answer.status_code, answer.text)
            kind = api.ErrorResponse
        body = {key: value for key, value in answer.json().items() if key not in OURS}
        parsed = ImplicitDict.parse(body, kind)
        kept = json.loads(json.dumps(parsed))
        for field, default in (("missing_operational_intents", []), ("missing_constraints", [])):
            if body.get(field) is None and kept.get(field) == default:
                kept.pop(field, None)  # the library adds what it takes for granted
        for field in ("operational_intent_references", "constraint_references"):
            if field not in body and kept.get(field) == []:
                del kept[field]
        same(body, kept)
        return parsed


def intent(place: tuple[float, float], **more: Any) -> api.PutOperationalIntentReferenceParameters:
    return api.PutOperationalIntentReferenceParameters(
        **{
            "extents": [volume(place), volume(place, as_circle=False)],
            "key": [],
            "state": api.OperationalIntentState.Accepted,
            "uss_base_url": "https://one.example",
            **more,
        }
    )


def test_the_routes_are_those_of_the_library() -> None:
    assert len(DSS) == 18
    routes = {
        (one.name, one.method, one.path.replace(":path", "")) for one in ENDPOINTS if one.path.startswith("/dss/")
    }
    assert routes == {(one.id, one.verb, one.path) for one in DSS.values()}


@pytest.mark.parametrize("name", DSS)
def test_the_statuses_are_those_of_the_library(name: OperationID) -> None:
    operation = DSS[name]
    described = DOCUMENT["paths"][operation.path][operation.verb.lower()]["responses"]
    statuses = {int(status) for status in described}
    listed = set(operation.response_body_type)
    assert listed <= statuses
    assert statuses - listed <= PROTOCOL | EXCEPTIONS.get(name, set())
    assert EXCEPTIONS.get(name, set()) <= statuses - listed  # no exception that is none
    (success,) = [status for status in statuses if status < 400]
    assert success in listed


async def test_intents_speak_the_librarys_types(dss: Pool) -> None:
    one, other, place = Spoken(dss.uss("one")), Spoken(dss.uss("other")), somewhere()
    identifier = new_id()
    implicit = api.ImplicitSubscriptionParameters(uss_base_url="https://one.example", notify_for_constraints=True)
    body = intent(place, new_subscription=implicit, requested_ovn_suffix=uuid7())
    status, made = await one.ask(OperationID.CreateOperationalIntentReference, body, entityid=identifier)
    assert status == 201
    reference = made.operational_intent_reference
    assert reference.ovn == f"{identifier}_{body.requested_ovn_suffix}"
    assert reference.time_start.value.datetime == body.extents[0].time_start.value.datetime
    assert [subscriber.uss_base_url for subscriber in made.subscribers] == ["https://one.example"]
    assert made.subscribers[0].subscriptions[0].notification_index == 1

    status, refused = await other.ask(OperationID.CreateOperationalIntentReference, intent(place), entityid=new_id())
    assert status == 409
    assert [missing.id for missing in refused.missing_operational_intents] == [identifier]
    assert not refused.missing_operational_intents[0].has_field_with_value("ovn")
    area = api.QueryOperationalIntentReferenceParameters(area_of_interest=volume(place, as_circle=False))
    status, found = await other.ask(OperationID.QueryOperationalIntentReferences, area)
    assert [(status, item.id) for item in found.operational_intent_references] == [(200, identifier)]

    at = {"entityid": identifier, "ovn": reference.ovn}
    subscription = api.EntityID(reference.subscription_id)
    active = intent(place, state=api.OperationalIntentState.Activated, subscription_id=subscription)
    assert (await other.ask(OperationID.UpdateOperationalIntentReference, active, **at))[0] == 403
    status, changed = await one.ask(OperationID.UpdateOperationalIntentReference, active, **at)
    assert (status, changed.operational_intent_reference.state) == (200, api.OperationalIntentState.Activated)
    assert (await one.ask(OperationID.UpdateOperationalIntentReference, active, **at))[0] == 409
    status, gone = await one.ask(OperationID.UpdateOperationalIntentReference, active, entityid=new_id(), ovn="x" * 20)
    assert status == 400
    assert "create it" in gone.message
    status, read = await other.ask(OperationID.GetOperationalIntentReference, entityid=identifier)
    assert (status, read.operational_intent_reference.version) == (200, 2)
    assert (await one.ask(OperationID.DeleteOperationalIntentReference, **at))[0] == 409
    at["ovn"] = changed.operational_intent_reference.ovn
    assert (await one.ask(OperationID.DeleteOperationalIntentReference, **at))[0] == 200
    assert (await one.ask(OperationID.DeleteOperationalIntentReference, **at))[0] == 404
    assert (await one.ask(OperationID.GetOperationalIntentReference, entityid=identifier))[0] == 404


async def test_constraints_speak_the_librarys_types(dss: Pool) -> None:
    one, place, identifier = Spoken(dss.uss("one")), somewhere(), new_id()
    body = api.PutConstraintReferenceParameters(extents=[volume(place)], uss_base_url="https://one.example")
    status, made = await one.ask(OperationID.CreateConstraintReference, body, entityid=identifier)
    assert (status, made.constraint_reference.id, made.subscribers) == (201, identifier, [])
    at = {"entityid": identifier, "ovn": made.constraint_reference.ovn}
    status, changed = await one.ask(OperationID.UpdateConstraintReference, body, **at)
    assert (status, changed.constraint_reference.version) == (200, 2)
    for name in (OperationID.CreateConstraintReference, OperationID.UpdateConstraintReference):
        path = {key: at[key] for key in at if f"{{{key}}}" in OPERATIONS[name].path}
        assert (await one.ask(name, body, **path))[0] == 409
    status, read = await one.ask(OperationID.GetConstraintReference, entityid=identifier)
    assert (status, read.constraint_reference.ovn) == (200, changed.constraint_reference.ovn)
    area = api.QueryConstraintReferenceParameters(area_of_interest=volume(place))
    status, found = await one.ask(OperationID.QueryConstraintReferences, area)
    assert [(status, item.id) for item in found.constraint_references] == [(200, identifier)]
    assert (await one.ask(OperationID.DeleteConstraintReference, **at))[0] == 409
    at["ovn"] = changed.constraint_reference.ovn
    assert (await one.ask(OperationID.DeleteConstraintReference, **at))[0] == 200
    assert (await one.ask(OperationID.DeleteConstraintReference, **at))[0] == 404


async def test_subscriptions_speak_the_librarys_types(dss: Pool) -> None:
    one, place, identifier = Spoken(dss.uss("one")), somewhere(), new_id()
    mine = await dss.uss("one").reference(json.loads(json.dumps(volume(place))))
    body = api.PutSubscriptionParameters(
        extents=volume(place),
        uss_base_url="https://one.example",
        notify_for_operational_intents=True,
        notify_for_constraints=True,
    )
    status, made = await one.ask(OperationID.CreateSubscription, body, subscriptionid=identifier)
    assert (status, made.subscription.notification_index) == (200, 0)
    assert [reference.ovn for reference in made.operational_intent_references] == [mine["ovn"]]
    at = {"subscriptionid": identifier, "version": made.subscription.version}
    least = api.PutSubscriptionParameters(
        extents=api.Volume4D(volume=api.Volume3D(outline_circle=volume(place).volume.outline_circle)),
        uss_base_url="https://one.example",
        notify_for_constraints=True,
    )
    status, changed = await one.ask(OperationID.UpdateSubscription, least, **at)
    assert (status, changed.subscription.notify_for_operational_intents) == (200, False)
    assert changed.subscription.time_start.value.datetime == body.extents.time_start.value.datetime
    assert (await one.ask(OperationID.UpdateSubscription, least, **at))[0] == 409
    assert (await one.ask(OperationID.CreateSubscription, least, subscriptionid=identifier))[0] == 409
    status, read = await one.ask(OperationID.GetSubscription, subscriptionid=identifier)
    assert (status, read.subscription) == (200, changed.subscription)
    area = api.QuerySubscriptionParameters(area_of_interest=volume(place))
    status, found = await one.ask(OperationID.QuerySubscriptions, area)
    assert (status, found.subscriptions) == (200, [changed.subscription])
    assert (await one.ask(OperationID.DeleteSubscription, **at))[0] == 409
    at["version"] = changed.subscription.version
    assert (await one.ask(OperationID.DeleteSubscription, **at))[0] == 200
    assert (await one.ask(OperationID.DeleteSubscription, **at))[0] == 404


async def test_availability_and_reports_speak_the_librarys_types(dss: Pool) -> None:
    arbiter = Spoken(dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION))
    status, read = await arbiter.ask(OperationID.GetUssAvailability, uss_id="one")
    assert (status, read.version, read.status.availability) == (200, "", api.UssAvailabilityState.Unknown)
    body = api.SetUssAvailabilityStatusParameters(availability=api.UssAvailabilityState.Down)
    status, said = await arbiter.ask(OperationID.SetUssAvailability, body, uss_id="one")
    assert (status, said.status.availability) == (200, api.UssAvailabilityState.Down)
    assert (await arbiter.ask(OperationID.SetUssAvailability, body, uss_id="one"))[0] == 409
    one = Spoken(dss.uss("one"))
    status, _ = await one.ask(OperationID.CreateOperationalIntentReference, intent(somewhere()), entityid=new_id())
    assert status == 412
    body = api.SetUssAvailabilityStatusParameters(
        old_version=said.version, availability=api.UssAvailabilityState.Normal
    )
    assert (await arbiter.ask(OperationID.SetUssAvailability, body, uss_id="one"))[0] == 200
    exchange = api.ExchangeRecord(
        url="https://two.example/uss/v1/operational_intents",
        method="POST",
        headers=["Authorization: Bearer a.b.c"],
        recorder_role=api.ExchangeRecordRecorderRole.Server,
        request_time=time_at(-2),
        request_body="e30=",
        response_time=time_at(-1),
        response_body="",
        response_code=204,
        problem="nothing came of it",
    )
    status, kept = await one.ask(OperationID.MakeDssReport, api.ErrorReport(exchange=exchange))
    assert status == 201
    same({**exchange, "headers": ["Authorization: Bearer a.b.[signature removed]"]}, kept.exchange)


REFUSED: list[tuple[OperationID, Callable[[], ImplicitDict | None]]] = [
    (OperationID.CreateOperationalIntentReference, lambda: intent((91.0, 7.0))),
    (OperationID.GetOperationalIntentReference, lambda: None),
    (OperationID.DeleteConstraintReference, lambda: None),
    (OperationID.QuerySubscriptions, api.QuerySubscriptionParameters),
]


@pytest.mark.parametrize(("name", "make"), REFUSED)
async def test_refusals_speak_the_librarys_types(
    dss: Pool, name: OperationID, make: Callable[[], ImplicitDict | None]
) -> None:
    wrong = {"entityid": "no-uuid", "ovn": "x" * 20, "subscriptionid": "no-uuid", "version": "x" * 20}
    allowed = Spoken(dss.uss("one"))
    status, said = await allowed.ask(name, make(), **wrong)
    assert (status, bool(said.message)) == (400, True)
    status, said = await Spoken(dss.uss("one", scopes.AVAILABILITY_ARBITRATION)).ask(name, make(), **wrong)
    assert (status, "utm." in said.message) == (403, True)
    status, said = await Spoken(dss.uss("one", scopes.AVAILABILITY_ARBITRATION)).ask(name, make(), **wrong)
    async with httpx.AsyncClient(base_url=dss.url) as client:
        operation = OPERATIONS[name]
        answer = await client.request(operation.verb, operation.path.format(**wrong))
    assert answer.status_code == 401
    assert ImplicitDict.parse(answer.json(), operation.response_body_type[401]).message
