"""The API said once: each route is one record, from which both the app's routes and the OpenAPI 3.1 document are made.

Schemas of answers come from the types that are encoded; those of shapes in space and time are written out here,
because their limits and alternatives are what a caller needs to know.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

import skyparley
from skyparley.airspace.limits import MAX_IDEMPOTENCY_KEY_LENGTH
from skyparley.geometry.altitude import HIGHEST_ALTITUDE_M, LOWEST_ALTITUDE_M, Datum
from skyparley.geometry.footprint import MAX_FOOTPRINT_RADIUS_M, MAX_POLYGON_VERTICES, MIN_CIRCLE_RADIUS_M
from skyparley.geometry.trajectory import (
    MAX_LATERAL_TOLERANCE_M,
    MAX_TIME_TOLERANCE_S,
    MAX_TRAJECTORY_POINTS,
    MAX_VERTICAL_TOLERANCE_M,
)
from skyparley.node.people.rights import Right
from skyparley.node.record.signing import PreparedView
from skyparley.vocabulary import HAZARD_KINDS, LANGUAGES
from skyparley.web.exchange import Exchange
from skyparley.web.replies import ErrorBody, Replies, Reply, error_reply

Handler = Callable[[Exchange], Awaitable[Replies]]
Access = Literal["public", "observer", "key", "token"]
"""`public`: anyone; `observer`: any key, or none where the demo's observer is served; `key`: any key; `token`: a USS's
access token."""

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
_REFERENCE: Final = "#/components/schemas/{name}"
_SECURITY: Final[dict[Access, list[dict[str, list[str]]]]] = {
    "public": [],
    "observer": [{"key": []}, {}],
    "key": [{"key": []}],
    "token": [{"token": []}],
}
_PATH_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_PATH_SCHEMAS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "operation_id": ("The identifier that the party gave its operation; it may contain slashes", {"type": "string"}),
    "conflict_id": ("The identifier of the conflict", {"type": "string"}),
    "agreement_id": ("The agreement's identifier", {"type": "string"}),
    "dialogue_id": ("The dialogue's identifier", {"type": "string"}),
    "assistance_id": ("The identifier of the case of assistance", {"type": "string"}),
    "call_id": ("The identifier of the call", {"type": "string"}),
    "sequence": ("The sequence of the entry", {"type": "integer", "minimum": 1}),
    "level": (
        "The level of the tile: 0 has the hashes of leaves, each next one those of 256 times as many",
        {"type": "integer", "minimum": 0},
    ),
    "tile": ("The index of the tile: 256 hashes each", {"type": "integer", "minimum": 0}),
    "number": ("The number of the message, or of the test", {"type": "integer", "minimum": 1}),
    "post": ("The post's identifier", {"type": "string"}),
    "party": ("The party's identifier", {"type": "string"}),
    "login": ("The person's login", {"type": "string"}),
    "session_id": ("The session's identifier, or current", {"type": "string"}),
    "entityid": ("The reference's identifier, a UUID of version 4", {"type": "string", "format": "uuid"}),
    "ovn": ("The OVN of the version that is changed", {"type": "string"}),
    "subscriptionid": ("The subscription's identifier, a UUID of version 4", {"type": "string", "format": "uuid"}),
    "version": ("The version of the subscription that is changed", {"type": "string"}),
    "uss_id": ("The USS, by the subject of its tokens", {"type": "string"}),
    "reference": ("The reference's identifier, or the USS whose availability it is", {"type": "string"}),
    "report_id": ("The report's identifier", {"type": "string", "format": "uuid"}),
    "system_identity": ("The system whose version is asked for", {"type": "string"}),
    "key_id": ("The key's identifier: of an API key the middle part of its text", {"type": "string"}),
}


def _number(minimum: float | None = None, maximum: float | None = None, description: str = "") -> dict[str, Any]:
    limits = {"minimum": minimum, "maximum": maximum, "description": description or None}
    return {"type": "number", **{name: value for name, value in limits.items() if value is not None}}


def _list(item: str, minimum: int, maximum: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "array", "items": {"$ref": _REFERENCE.format(name=item)}, "minItems": minimum}
    return found if maximum is None else {**found, "maxItems": maximum}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, description: str = "") -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_TIME: Final = {"type": "string", "format": "date-time", "description": "RFC 3339 with its zone"}
_PLACE: Final = {"latitude_deg": _number(-90, 90), "longitude_deg": _number(-180, 180)}
_DATUM: Final = {"type": "string", "enum": [datum.value for datum in Datum]}
_ALTITUDE: Final = _number(LOWEST_ALTITUDE_M, HIGHEST_ALTITUDE_M)
_BAND_AND_TIME: Final = {
    "lower_m": _ALTITUDE,
    "upper_m": _ALTITUDE,
    "altitude_datum": _DATUM,
    "begin": _TIME,
    "end": _TIME,
}
_OPERATION_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9._:/+-]{1,128}$"}
_CLASS: Final = {"type": "string", "minLength": 1, "maxLength": 32, "description": "en_route, drone or another word"}
_PIECES: Final = {"volumes": _list("Volume", 0), "trajectories": _list("Trajectory", 0)}
SHAPES: Final[dict[str, dict[str, Any]]] = {
    "Vertex": _object(_PLACE, description="A place on the WGS 84 ellipsoid"),
    "Circle": _object(
        {**_PLACE, "radius_m": _number(MIN_CIRCLE_RADIUS_M, MAX_FOOTPRINT_RADIUS_M)}, description="A geodesic circle"
    ),
    "Polygon": _object(
        {"vertices": _list("Vertex", 3, MAX_POLYGON_VERTICES)},
        {"holes": {"type": "array", "items": _list("Vertex", 3, MAX_POLYGON_VERTICES)}},
        "A polygon with geodesic edges; either winding, not crossing itself",
    ),
    "Volume": {
        "description": "A footprint, an altitude band with its datum, and the time [begin, end)",
        "oneOf": [
            _object({"circle": {"$ref": _REFERENCE.format(name="Circle")}, **_BAND_AND_TIME}),
            _object({"polygon": {"$ref": _REFERENCE.format(name="Polygon")}, **_BAND_AND_TIME}),
        ],
    },
    "Trajectory": _object(
        {
            "points": {
                "type": "array",
                "minItems": 2,
                "maxItems": MAX_TRAJECTORY_POINTS,
                "items": _object({"time": _TIME, **_PLACE, "altitude_m": _ALTITUDE}),
            },
            "altitude_datum": _DATUM,
        },
        {
            "lateral_tolerance_m": _number(0, MAX_LATERAL_TOLERANCE_M),
            "vertical_tolerance_m": _number(0, MAX_VERTICAL_TOLERANCE_M),
            "time_tolerance_s": _number(0, MAX_TIME_TOLERANCE_S),
        },
        "Points that are passed at their times, in order, with how far the flight may stray from them",
    ),
    "OperationBody": _object(
        {"operation_id": _OPERATION_ID, "class": _CLASS}, _PIECES, "An operation: at least one volume or trajectory"
    ),
    "AmendBody": _object(
        {"operation_id": _OPERATION_ID, "class": _CLASS, "version": {"type": "integer", "minimum": 1}},
        _PIECES,
        "The whole operation as it shall be; `version` is the one that it replaces",
    ),
    "HazardBody": _object(
        {
            "operation_id": _OPERATION_ID,
            "hazard_kind": {"type": "string", "enum": list(HAZARD_KINDS)},
            "volumes": _list("Volume", 1),
        },
        {"confirmed": {"type": "boolean", "default": True}},
        "A hazard area",
    ),
    "Document": {"type": "object", "description": "An OpenAPI 3.1 document"},
}


_SIGNING: Final[list[dict[str, Any]]] = [
    {
        "name": "Skyparley-Signed-Entry",
        "in": "header",
        "description": "The party's own signature: header, salt and signature of the entry in base64, with dots",
        "schema": {"type": "string", "pattern": r"^[A-Za-z0-9+/=]+(\.[A-Za-z0-9+/=]+){2,3}$"},
    },
    {
        "name": "Skyparley-Prepare",
        "in": "header",
        "description": "Answers what to sign instead of doing it: the body of the entry, and the bodies that it names",
        "schema": {"type": "string", "enum": ["entry"]},
    },
]


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query: its name, what it means, and its JSON schema."""

    name: str
    description: str
    schema: dict[str, Any]


LANGUAGE: Final = Query("language", "The reader's language", {"type": "string", "enum": list(LANGUAGES)})
ZONE: Final = Query("zone", "The reader's time zone, an IANA name such as Europe/Zurich", {"type": "string"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method on a path (a starlette template). `answer` and `body` are types, or names in `SHAPES`.

    `command`: it takes the header Idempotency-Key; `claims_time`: also Skyparley-Claimed-Time. `refusals` are statuses
    of errors beyond those that follow from the other fields. `right` is what a person's role must give, `scopes` are
    those of which a USS's token must have one; `operator`: the operator's key is taken too. `refuse` makes the answer
    to an exception, of the shape `refusal`.
    """

    method: str
    path: str
    handler: Handler
    name: str
    summary: str
    access: Access
    status: int = 200
    right: Right = "read"
    answer: Any = None
    body: Any = None
    query: tuple[Query, ...] = ()
    command: bool = False
    claims_time: bool = False
    media_type: str = JSON
    refusals: tuple[int, ...] = ()
    scopes: tuple[str, ...] = ()
    operator: bool = False
    refuse: Callable[[Exception], Reply] = error_reply
    refusal: Any = ErrorBody


def build_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of some endpoints, as plain data."""
    listed = list(endpoints)
    types = [
        kind for e in listed for kind in (e.answer, e.body, e.refusal) if kind is not None and not isinstance(kind, str)
    ]
    types.append(PreparedView)
    _, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    components.update(SHAPES)
    _describe_shapes(components)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        path = _PATH_PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Skyparley",
            "version": skyparley.__version__,
            "summary": "File operations in a shared sky and learn at once which ones conflict.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                name: {
                    "description": "Refused: what to change, and where in the input",
                    "content": {JSON: {"schema": {"$ref": _REFERENCE.format(name=name)}}},
                }
                for name in sorted({endpoint.refusal.__name__ for endpoint in listed})
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key or a session"},
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of a USS (RS256, ES256 or EdDSA)",
                },
            },
        },
    }


def render_document(endpoints: Iterable[Endpoint]) -> bytes:
    """The OpenAPI 3.1 document as JSON."""
    return msgspec.json.encode(build_document(endpoints))


def _describe_shapes(components: dict[str, Any]) -> None:
    """The views carry shapes as rendered JSON; in the document they are what they are."""
    for name in ("volumes", "trajectories"):
        item = _REFERENCE.format(name="Volume" if name == "volumes" else "Trajectory")
        components["OperationView"]["properties"][name] = {"type": "array", "items": {"$ref": item}}


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {str(endpoint.status): _success(endpoint)}
    if endpoint.command:
        prepared = {"content": {JSON: {"schema": _schema(PreparedView)}}}
        responses["202"] = {"description": "What there is to sign, where Skyparley-Prepare asks for it", **prepared}
    for status in _refusals(endpoint):
        responses[str(status)] = {"$ref": f"#/components/responses/{endpoint.refusal.__name__}"}
    described: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "responses": responses,
        "security": [*_SECURITY[endpoint.access], *([{"key": []}] if endpoint.operator else [])],
    }
    parameters = _parameters(endpoint)
    if parameters:
        described["parameters"] = parameters
    if endpoint.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": _schema(endpoint.body)}}}
    return described


def _success(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.status == 204:
        return {"description": "Done"}
    schema = {"type": "string"} if endpoint.answer is None else _schema(endpoint.answer)
    return {"description": "As asked", "content": {endpoint.media_type: {"schema": schema}}}


def _refusals(endpoint: Endpoint) -> list[int]:
    found = {400, 405, 500, *endpoint.refusals}
    if endpoint.access != "public":
        found |= {401, 403, 503}
    if endpoint.access == "token":
        found.add(429)
    if "{" in endpoint.path:
        found.add(404)
    if endpoint.body is not None:
        found |= {408, 413, 415}
    if endpoint.command:
        found |= {404, 409}
    return sorted(found)


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in _PATH_PARAMETER.findall(endpoint.path):
        description, schema = _PATH_SCHEMAS[name]
        found.append({"name": name, "in": "path", "required": True, "description": description, "schema": schema})
    found.extend(
        {"name": query.name, "in": "query", "description": query.description, "schema": query.schema}
        for query in endpoint.query
    )
    if endpoint.command:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A repeat with the same key and content gets the first answer",
                "schema": {"type": "string", "pattern": "^[!-~]+$", "maxLength": MAX_IDEMPOTENCY_KEY_LENGTH},
            }
        )
    if endpoint.command:
        found += _SIGNING
    if endpoint.claims_time:
        found.append(
            {
                "name": "Skyparley-Claimed-Time",
                "in": "header",
                "description": "When the author says it was filed; kept beside the log's own time",
                "schema": {"type": "string", "format": "date-time"},
            }
        )
    return found


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, str):
        return {"$ref": _REFERENCE.format(name=kind)}
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    return schema
