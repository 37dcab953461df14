"""What the routes of the DSS have in common: identifiers and versions in the path, areas, who may ask."""

from typing import Any, Final

from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.dss.validity import check_uuid, check_version
from skyparley.airspace.operations.commands import Extent
from skyparley.errors import InvalidInputError
from skyparley.node.dss.f3548 import asked_bounds, extent_of
from skyparley.web.dss.bodies import QUERY
from skyparley.web.dss.refusals import DssRefusal, refusal_reply
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint, Handler

_AREA: Final = "area_of_interest"


def DssEndpoint(  # noqa: N802 - it makes an `Endpoint`, and reads as one in the tables of routes
    method: str, path: str, handler: Handler, name: str, summary: str, scopes: tuple[str, ...], **more: Any
) -> Endpoint:
    """A route that takes a USS's token with any of these scopes (none: any token), and refuses as F3548 does."""
    return Endpoint(
        method, path, handler, name, summary, "token", scopes=scopes, refuse=refusal_reply, refusal=DssRefusal, **more
    )


def entity_id(exchange: Exchange, name: str = "entityid") -> str:
    """The identifier in the path, in lower case. Raises `InvalidInputError` unless it is a UUID of version 4."""
    return named_id(exchange.parameters[name], place=name)


def named_id(text: str, *, place: str) -> str:
    """An identifier in lower case. Raises `InvalidInputError` unless it is a UUID of version 4."""
    lowered = text.lower()
    check_uuid(lowered, place=place)
    return lowered


def version_in_path(exchange: Exchange, name: str) -> str:
    """The OVN or version in the path. Raises `InvalidInputError` if it is empty, or none."""
    version = exchange.parameters[name]
    if not version:
        raise InvalidInputError("the path must end with the current version of what is changed", place=name)
    check_version(version, place=name)
    return version


def asked_extent(data: bytes, limits: DssLimits) -> Extent:
    """The area of a query; unbounded in altitude and time where it says nothing."""
    area = QUERY.decode(data).area_of_interest
    if area is None:
        raise InvalidInputError("say where: a Volume4D with an outline", place=_AREA)
    try:
        return extent_of(area, asked_bounds(limits, instant=True))
    except InvalidInputError as error:
        raise error.at(_AREA) from None
