"""Volumes as ASTM F3548-21 writes them: a Volume4D, a list of them, or an operational intent with its details.

Altitudes are WGS 84 metres (`W84`, `M`), times RFC 3339, circles have a radius in metres. Loose volumes in one file are
one operation, named like the file; those of an operational intent are one operation, named by its reference, of the
party that manages it. The class is `drone`, because that is whom the standard is for.
"""

import re
from typing import Any, Final, TypeVar

import msgspec

from skyparley.conflict.minima import DRONE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.formats.parsed import Parsed, check_label
from skyparley.node.dss.f3548 import Volume4DShape, volume_of
from skyparley.node.reading.twice import refuse_members

ShapeT = TypeVar("ShapeT")


class _Details(msgspec.Struct, forbid_unknown_fields=True):
    volumes: list[Any] | None = None
    off_nominal_volumes: list[Any] | None = None
    priority: int | None = None


class _Reference(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    manager: str = ""
    flight_type: Any = None
    uss_availability: Any = None
    version: Any = None
    state: Any = None
    ovn: Any = None
    time_start: Any = None
    time_end: Any = None
    uss_base_url: Any = None
    subscription_id: Any = None


class _Intent(msgspec.Struct, forbid_unknown_fields=True):
    details: _Details
    reference: _Reference | None = None


_PATH: Final = re.compile(r"(.*) - at `\$\.?(.*)`$", re.DOTALL)


def looks_like_f3548(document: object) -> bool:
    """Whether a JSON document has the shape of volumes or of an operational intent."""
    if isinstance(document, list):
        return any(isinstance(item, dict) and looks_like_f3548(item) for item in document)
    if not isinstance(document, dict):
        return False
    if "volume" in document or "details" in document or "operational_intent" in document:
        return True
    return "operation_id" not in document and isinstance(document.get("volumes"), list)


def read_f3548(document: Any, file: str) -> Parsed:
    """The operations of a document; volumes that are wrong are skipped with their reason."""
    parsed = Parsed(file)
    loose: list[tuple[str, Any]] = []
    for i, item in enumerate(document if isinstance(document, list) else [document]):
        place = f"[{i}]" if item is not document else ""
        inner, within = item, place
        try:
            refuse_members(item)
        except SkyparleyError as error:
            parsed.skip(_join(place, error.place or "") or "file", error.message)
            continue
        if isinstance(item, dict) and "operational_intent" in item:
            inner, within = item["operational_intent"], _join(place, "operational_intent")
        elif isinstance(item, dict) and "volumes" in item:
            inner = {"details": item}
        if isinstance(inner, dict) and "details" in inner:
            _read_intent(inner, within, f"{file}{place}", parsed)
        else:
            loose.append((within, inner))
    _read_volumes(OperationRef("", file), loose, parsed)
    return parsed


def _read_intent(item: dict[str, Any], place: str, nameless: str, parsed: Parsed) -> None:
    try:
        intent = _convert(item, _Intent)
        ref = OperationRef("", nameless)
        if intent.reference is not None:
            name = check_label(intent.reference.id, place="reference.id")
            manager = intent.reference.manager
            ref = OperationRef(manager and check_label(manager, place="reference.manager"), name)
    except SkyparleyError as error:
        parsed.skip(_join(place, error.place or "") or "file", error.message)
        return
    details = intent.details
    volumes = [
        (_join(place, f"details.{name}[{i}]"), volume)
        for name, found in (("volumes", details.volumes), ("off_nominal_volumes", details.off_nominal_volumes))
        for i, volume in enumerate(found or [])
    ]
    if not volumes:
        parsed.skip(_join(place, "details.volumes"), "an operational intent needs at least one volume")
    _read_volumes(ref, volumes, parsed)


def _read_volumes(ref: OperationRef, items: list[tuple[str, Any]], parsed: Parsed) -> None:
    volumes = []
    for place, item in items:
        try:
            volumes.append(volume_of(_convert(item, Volume4DShape)))
        except SkyparleyError as error:
            parsed.skip(_join(place, error.place or "") or "file", error.message)
    if volumes:
        parsed.operations.append(Operation(ref, DRONE, tuple(volumes)))


def _convert(item: Any, kind: type[ShapeT]) -> ShapeT:
    """The item as one of the shapes above. Raises `InvalidInputError` with the place."""
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        matched = _PATH.match(str(error))
        text, place = (matched[1], matched[2]) if matched else (str(error), None)
        raise InvalidInputError(text[:1].lower() + text[1:], place=place) from None


def _join(place: str, inner: str) -> str:
    return f"{place}.{inner}" if place and inner else place or inner
