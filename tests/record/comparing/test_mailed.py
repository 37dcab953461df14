"""Checkpoints out of e-mail: what mail does is undone, and nothing else."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.record.comparing.history import signed_checkpoint
from skyparley.record.comparing.mailed import MAX_MAILED_BYTES, parse_mailed
from skyparley.record.comparing.spoken import GROUPS, fingerprint
from skyparley.record.notes import (
    MAX_SIGNATURES,
    SIGNATURE,
    Checkpoint,
    Note,
    cosign,
    format_checkpoint,
    format_note,
    sign,
)
from support.recorded import signer

OWN, NORTH = signer("log", SIGNATURE), signer("north", seed=2)
TEXT = format_checkpoint(Checkpoint("log", 1_234, bytes(range(32))))
NOTE = Note(TEXT, (sign(TEXT, OWN), cosign(TEXT, NORTH, 5)))
WRITTEN = format_note(NOTE).decode()


@pytest.mark.parametrize(
    "mail",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text[:-1],
        lambda text: "\n\n\n" + text + "\n\n",
        lambda text: "Hello,\n\nhere is ours:\n\n" + text + "\n-- \nNorth\nduty officer\n",
        lambda text: "Here is ours:\n" + text + "Compare it.",
        lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: "".join(f">{line}\n" for line in text.splitlines()),
        lambda text: "".join(f">> {line}\n" for line in text.splitlines()),
        lambda text: "".join(f"> > {line}  \r\n" for line in text.splitlines()),
        lambda text: "On Monday South wrote:\n" + "".join(f"> {line}\n" for line in text.splitlines()) + "Same here.\n",
        lambda text: text + "\n" + "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: "7\n\n" + text + "\n\n— Kim\n",
    ],
)
def test_what_mail_does_is_undone(mail: object) -> None:
    note = parse_mailed(mail(WRITTEN).encode())  # type: ignore[operator]
    assert note == NOTE
    assert signed_checkpoint(note, [OWN.key]).checkpoint.size == 1_234


@pytest.mark.parametrize(
    "mail",
    [
        lambda text: "",
        lambda text: "a mail\n" * 1_000,
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("—", "-"),
        lambda text: text.replace("—", "--"),
        lambda text: text.replace("\n1234\n", "\n1,234\n"),
        lambda text: text.replace("\n1234\n", "\n 1234\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.split("\n\n")[0] + "\n\n",
        lambda text: text + "\n" + text.replace("1234", "1235"),
        lambda text: text.replace("north", "nor th"),
        lambda text: text + (MAX_SIGNATURES - 1) * text.splitlines(keepends=True)[-1],
        lambda text: "x" * MAX_MAILED_BYTES + text,
    ],
)
def test_nothing_else_is(mail: object) -> None:
    with pytest.raises(InvalidInputError):
        parse_mailed(mail(WRITTEN).encode())  # type: ignore[operator]
    with pytest.raises(InvalidInputError):
        parse_mailed(mail(WRITTEN).encode("utf-16"))  # type: ignore[operator]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 8 * len(WRITTEN.encode()) - 1))
def test_whatever_bit_is_flipped_on_the_way_it_says_what_was_signed_or_nothing(bit: int) -> None:
    data = bytearray(WRITTEN.encode())
    data[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(SkyparleyError):
        assert signed_checkpoint(parse_mailed(bytes(data)), [OWN.key]).note.text == TEXT


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="\r\n> —07aA=+/", max_size=300) | st.text(max_size=100), st.booleans())
def test_no_text_makes_it_stumble(text: str, around: bool) -> None:
    data = (f"{text}\n{WRITTEN}\n{text}" if around else text).encode("utf-8", "replace")
    with contextlib.suppress(InvalidInputError):
        parse_mailed(data)


def test_a_fingerprint_is_of_the_text_alone_and_always_as_long() -> None:
    """The digits of one text, so that they stay what they are between versions."""
    found = fingerprint(TEXT)
    assert found == "0352 0473 9816 1794 5249 4443 8958 0684 0245 0338 1097 3236"
    groups = [fingerprint(format_checkpoint(Checkpoint("log", size, bytes(32)))).split(" ") for size in range(300)]
    assert all(len(one) == GROUPS and all(len(group) == 4 and group.isdigit() for group in one) for one in groups)
    assert len({" ".join(one) for one in groups}) == 300
    assert any(one[0].startswith("0") for one in groups)
