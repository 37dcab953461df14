"""What which reader is shown, and how entries become files."""

import pytest

from skyparley.airspace.commands import Tick
from skyparley.record.authorship import BEARER_ATTESTED, NODE, PARTY_SIGNED
from skyparley.record.export import writing
from skyparley.record.export.manifest import open_manifest
from skyparley.record.export.segment import LEAF_ONLY, WHOLE, WITHHELD
from support.exports import KEYS, export_of, filing, history, made


@pytest.mark.parametrize(
    ("party", "mark", "form"),
    [
        ("alpha", BEARER_ATTESTED, WHOLE),
        ("alpha", PARTY_SIGNED, WHOLE),
        ("alpha", NODE, WHOLE),  # the node speaks for a party that it hosts
        ("bravo", BEARER_ATTESTED, LEAF_ONLY),
        ("bravo", PARTY_SIGNED, LEAF_ONLY),
        ("bravo", NODE, LEAF_ONLY),
        ("", NODE, WITHHELD),
        ("", BEARER_ATTESTED, LEAF_ONLY),  # a USS, by its token
    ],
)
def test_a_party_is_shown_its_own_and_of_the_node_the_headers(party: str, mark: str, form: str) -> None:
    entry = made(1, party, mark, filing(1) if party else Tick())
    assert entry.shown().form == WHOLE
    shown = entry.shown("alpha")
    assert (shown.form, shown.leaf) == (form, entry.leaf)
    assert (shown.body, shown.salt) == ((entry.body, entry.salt) if form == WHOLE else (b"", b""))
    assert (shown.header == entry.header) == (form != LEAF_ONLY)
    assert (shown.signature == entry.signature) == (form != LEAF_ONLY or not entry.signature)


def test_a_segment_ends_before_it_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = history(9)
    lengths = [len(entry.body) for entry in entries]
    most = max(lengths) + min(lengths)
    monkeypatch.setattr(writing, "SEGMENT_BODY_BYTES", most)
    files = export_of([entry.shown() for entry in entries])
    segments = open_manifest(files["manifest.json"], files["seal"], KEYS.notes).segments
    assert 2 <= len(segments) < len(entries)
    assert all(sum(lengths[one.first - 1 : one.last]) <= most for one in segments)
