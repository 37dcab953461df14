"""Files of any kind that Skyparley reads, told apart by what is in them, not by their names; gzip is undone first."""

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from skyparley.errors import ForbiddenFieldError, InvalidInputError, SkyparleyError
from skyparley.formats.f3548 import looks_like_f3548, read_f3548
from skyparley.formats.geojson import read_geojson
from skyparley.formats.load import STANDARD_INPUT, decode_json, decode_text, load
from skyparley.formats.parsed import Parsed, printable
from skyparley.formats.recorded import read_recorded
from skyparley.formats.reservation import check_reservation
from skyparley.formats.tracks import read_tracks
from skyparley.node.reading.shapes import FORBIDDEN_WORDS, decode_operation_body, forbidden_field
from skyparley.node.reading.twice import refuse_members

_REMEDY: Final = "use GeoJSON features, CSV trajectories, recorded flights, F3548 volumes, or operations of the API"
_REFUSAL: Final = "this names a weapon, a mission or a target; Skyparley takes no such field: remove it"
_HEAD: Final = 4_096
_FORBIDDEN_NAME: Final = re.compile(
    rb'"([^"\\]*(?:' + "|".join(FORBIDDEN_WORDS).encode() + rb')[^"\\]*)"\s*:', re.IGNORECASE
)


def read_file(path: Path) -> Parsed:
    """The operations of a file (`-`: standard input); what cannot be taken is listed in `skipped`."""
    name = "standard input" if path == STANDARD_INPUT else printable(str(path))
    try:
        parsed = read_bytes(load(path), name)
    except SkyparleyError as error:
        parsed = Parsed(name)
        parsed.skip(error.place or "file", error.message)
        return parsed
    if not parsed.operations and not parsed.skipped:
        parsed.skip("file", "holds no operation" + (": no report in it is good" if parsed.left_out else ""))
    return parsed


def read_bytes(data: bytes, file: str) -> Parsed:
    """The operations of a file's content. Raises `InvalidInputError` if it is of no known kind."""
    head = data[:_HEAD].lstrip()[:1]
    if not head:
        raise InvalidInputError(f"is empty; {_REMEDY}")
    if head not in (b"{", b"["):
        return _read_text(data, file)
    if b'"icao24"' in data[:_HEAD] or (b'"timestamp"' in data[:_HEAD] and b'"icao24"' in data):
        _refuse_forbidden_names(data)
        return read_recorded(data, file)
    parsed = _read_document(decode_json(data), data, file)
    _leave_out_blankets(parsed)
    return parsed


def _read_text(data: bytes, file: str) -> Parsed:
    text = "" if b"\x00" in data[:_HEAD] else decode_text(data)
    if not any(separator in text.split("\n", 1)[0] for separator in ",;\t"):
        raise InvalidInputError(f"is of no kind that Skyparley knows; {_REMEDY}")
    return read_tracks(text, file)


def _read_document(document: Any, data: bytes, file: str) -> Parsed:
    if isinstance(document, dict) and document.get("type") in ("FeatureCollection", "Feature"):
        return read_geojson(document, file)
    forbidden = forbidden_field(document)
    if forbidden is not None:
        raise ForbiddenFieldError(_REFUSAL, place=forbidden)
    if looks_like_f3548(document):
        return read_f3548(document, file)
    if document == []:
        raise InvalidInputError("holds no operation: the list is empty")
    bodies = document if isinstance(document, list) else [document]
    if not any(isinstance(body, dict) and "operation_id" in body for body in bodies):
        raise InvalidInputError(f"is of no kind that Skyparley knows; {_REMEDY}")
    parsed = Parsed(file)
    for i, body in enumerate(bodies):
        try:
            refuse_members(body)
            party = body.get("party") if isinstance(body, dict) else None
            text = data if body is document else msgspec.json.encode(body)
            parsed.operations.append(decode_operation_body(text, party if isinstance(party, str) else ""))
        except SkyparleyError as error:
            place = error.place if body is document else error.at(f"[{i}]").place
            parsed.skip(place or "file", error.message)
    return parsed


def _refuse_forbidden_names(data: bytes) -> None:
    """Raise `ForbiddenFieldError` for a field of a recording, of which only some fields are read."""
    lower = data.lower()
    if any(word.encode() in lower for word in FORBIDDEN_WORDS):
        found = _FORBIDDEN_NAME.search(data)
        if found is not None:
            raise ForbiddenFieldError(_REFUSAL, place=found[1].decode(errors="replace")[:100])


def _leave_out_blankets(parsed: Parsed) -> None:
    kept = []
    for operation in parsed.operations:
        try:
            check_reservation(operation)
        except SkyparleyError as error:
            parsed.skip(str(operation.ref), error.message)
        else:
            kept.append(operation)
    parsed.operations = kept
