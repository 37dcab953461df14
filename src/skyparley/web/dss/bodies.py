"""What USSs send to the DSS: the members that the interface of ASTM F3548-21 has."""

from typing import Annotated, Final, Literal

import msgspec

from skyparley.node.dss.f3548 import TimeShape, Volume4DShape
from skyparley.node.reading.lenient import LenientDecoder


class NewSubscriptionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subscription that is to serve one operational intent."""

    uss_base_url: str
    notify_for_constraints: bool | None = False


class PutIntentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operational intent reference to create or to replace another version."""

    extents: list[Volume4DShape]
    state: str
    uss_base_url: str
    key: list[str] | None = None
    subscription_id: str | None = None
    new_subscription: NewSubscriptionBody | None = None
    requested_ovn_suffix: str | None = None


class PutConstraintBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A constraint reference to create or to replace another version."""

    extents: list[Volume4DShape]
    uss_base_url: str


class PutSubscriptionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subscription to create or to replace another version."""

    extents: Volume4DShape
    uss_base_url: str
    notify_for_operational_intents: bool | None = False
    notify_for_constraints: bool | None = False


class QueryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area of interest."""

    area_of_interest: Volume4DShape | None = None


class AvailabilityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How available a USS is from now on; `old_version` is the one before, empty if there was none."""

    availability: str
    old_version: str = ""


class ExchangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request and its response; bodies in Base64."""

    url: str
    method: str
    recorder_role: Literal["Client", "Server"]
    request_time: TimeShape
    headers: list[str] | None = None
    request_body: str | None = None
    response_time: TimeShape | None = None
    response_body: str | None = None
    response_code: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = None
    problem: str | None = None


class ErrorReportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A report on an exchange that went wrong; `report_id` is given by the DSS."""

    exchange: ExchangeBody
    report_id: str | None = None


INTENT: Final = LenientDecoder(PutIntentBody)
CONSTRAINT: Final = LenientDecoder(PutConstraintBody)
SUBSCRIPTION: Final = LenientDecoder(PutSubscriptionBody)
QUERY: Final = LenientDecoder(QueryBody)
AVAILABILITY: Final = LenientDecoder(AvailabilityBody)
REPORT: Final = LenientDecoder(ErrorReportBody)
