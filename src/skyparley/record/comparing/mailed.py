"""A checkpoint out of what e-mail makes of it: other line ends, quote marks, words before and after.

Nothing is believed that was not believed before: what is found has to be a note in its one spelling once this is taken
away, and the signatures decide.
"""

import re
from typing import Final

from skyparley.errors import InvalidInputError
from skyparley.record.notes import MAX_NOTE_BYTES, MAX_SIGNATURES, Note, format_note, parse_checkpoint, parse_note

MAX_MAILED_BYTES: Final = 16 * MAX_NOTE_BYTES
"""A message in which a note stands has no more."""
_QUOTED: Final = re.compile(r"(?:> ?)*")
_SIZE: Final = re.compile(r"[0-9]{1,19}")
_DASH: Final = "— "


def parse_mailed(data: bytes) -> Note:
    """The one checkpoint that stands in a text, not verified.

    Raises `InvalidInputError` if there is none, or if there are two that differ.
    """
    if len(data) > MAX_MAILED_BYTES:
        raise InvalidInputError(f"is longer than {MAX_MAILED_BYTES} bytes: this is no such file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError("is not text in UTF-8") from None
    lines = [_QUOTED.sub("", line, count=1).rstrip(" ") for line in text.replace("\r\n", "\n").split("\n")]
    found: dict[bytes, Note] = {}
    for at in range(len(lines) - 4):
        if _SIZE.fullmatch(lines[at + 1]) and not lines[at + 3] and lines[at + 4].startswith(_DASH):
            note = _note_at(lines, at)
            if note is not None:
                found[format_note(note)] = note
    if not found:
        raise InvalidInputError(
            "holds no checkpoint: origin, size, root, an empty line, and lines that begin with a dash (—), each on a"
            " line of its own"
        )
    if len(found) > 1:
        raise InvalidInputError(f"holds {len(found)} checkpoints: give each in a file of its own")
    return next(iter(found.values()))


def _note_at(lines: list[str], at: int) -> Note | None:
    """The note that begins at a line; None where it is none."""
    end = at + 4
    while end < len(lines) and end <= at + 4 + MAX_SIGNATURES and lines[end].startswith(_DASH):
        end += 1
    try:
        note = parse_note(("\n".join(lines[at:end]) + "\n").encode())
        parse_checkpoint(note.text)
    except InvalidInputError:
        return None
    return note
