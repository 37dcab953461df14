"""Files of any kind that Skyparley reads, told apart by what is in them, not by their names; gzip is undone first."""

import zlib
from pathlib import Path
from typing import Any, Final

import msgspec

from skyparley.errors import InvalidInputError, LimitExceededError, SkyparleyError
from skyparley.formats.f3548 import looks_like_f3548, read_f3548
from skyparley.formats.geojson import read_geojson
from skyparley.formats.parsed import Parsed
from skyparley.formats.recorded import read_recorded
from skyparley.formats.tracks import read_tracks
from skyparley.node.reading.shapes import decode_operation_body, forbidden_field

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
"""Longest file that is read, after decompression."""
_GZIP: Final = b"\x1f\x8b"
_REMEDY: Final = "use GeoJSON features, CSV trajectories, recorded flights, F3548 volumes, or operations of the API"


def read_file(path: Path) -> Parsed:
    """The operations of a file; what cannot be taken is listed in `skipped`, the file itself if nothing can."""
    parsed = Parsed(path.name)
    try:
        parsed = read_bytes(_load(path), path.name)
    except SkyparleyError as error:
        parsed.skip(error.place or "file", error.message)
        return parsed
    if not parsed.operations and not parsed.skipped:
        parsed.skip("file", "holds no operation")
    return parsed


def read_bytes(data: bytes, file: str) -> Parsed:
    """The operations of a file's content. Raises `InvalidInputError` if it is of no known kind."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    head = data[:256].lstrip()[:1]
    if not head:
        raise InvalidInputError(f"is empty; {_REMEDY}")
    if head not in (b"{", b"["):
        return _read_text(data, file)
    if b'"icao24"' in data[:4_096] or (b'"icao24"' in data and b'"timestamp"' in data[:4_096]):
        return read_recorded(data, file)
    return _read_document(_decode(data), data, file)


def _load(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LimitExceededError(f"is longer than MAX_FILE_BYTES = {MAX_FILE_BYTES}: split it")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"cannot be read: {error.strerror}") from None
    return _decompress(data) if data.startswith(_GZIP) else data


def _decompress(data: bytes) -> bytes:
    work = zlib.decompressobj(wbits=31)
    try:
        found = work.decompress(data, MAX_FILE_BYTES)
    except zlib.error as error:
        raise InvalidInputError(f"is damaged gzip ({error}): compress it again") from None
    if work.unconsumed_tail:
        raise LimitExceededError(f"is longer than MAX_FILE_BYTES = {MAX_FILE_BYTES} when decompressed: split it")
    if not work.eof:
        raise InvalidInputError("is gzip that was cut short: copy it again")
    return found


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"is not JSON in UTF-8: {error}") from None
    except RecursionError:
        raise InvalidInputError("is JSON that is nested too deeply") from None


def _read_text(data: bytes, file: str) -> Parsed:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"is not text in UTF-8 (byte {error.start}): save it as UTF-8") from None
    first = text.split("\n", 1)[0]
    if "operation_id" not in first or "\x00" in first:
        raise InvalidInputError(f"is of no kind that Skyparley knows; {_REMEDY}")
    return read_tracks(text, file)


def _read_document(document: Any, data: bytes, file: str) -> Parsed:
    if isinstance(document, dict) and document.get("type") in ("FeatureCollection", "Feature"):
        return read_geojson(document, file)
    forbidden = forbidden_field(document)
    if forbidden is not None:
        raise InvalidInputError("this names a weapon, a mission or a target; remove it", place=forbidden)
    if looks_like_f3548(document):
        return read_f3548(document, file)
    bodies = document if isinstance(document, list) else [document]
    if not all(isinstance(body, dict) and "operation_id" in body for body in bodies):
        raise InvalidInputError(f"is of no kind that Skyparley knows; {_REMEDY}")
    parsed = Parsed(file)
    for i, body in enumerate(bodies):
        try:
            party = body.get("party") if isinstance(body.get("party"), str) else ""
            text = data if body is document else msgspec.json.encode(body)
            parsed.operations.append(decode_operation_body(text, party))
        except SkyparleyError as error:
            parsed.skip(error.place or "file" if body is document else error.at(f"[{i}]").place or "", error.message)
    return parsed
