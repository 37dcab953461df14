"""Bodies of commands: one encoding each, read back exactly, everything else refused with place and remedy."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.airspace import commands as c
from skyparley.airspace import limits
from skyparley.airspace.codec import command_kind, content_digest, decode_command, encode_command
from skyparley.airspace.dss.commands import DssCommand, SetDssLimits
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.operations import commands as o
from skyparley.airspace.operations.extents import level_13_cells
from skyparley.airspace.signing.commands import KeyCommand
from skyparley.errors import InvalidInputError, LimitExceededError, SkyparleyError
from support.airspace_histories import DAY_US, HOUR_US, START_US, digest_of, extent, history, random_steps

ONE_HOUR = extent(START_US, START_US + HOUR_US)
FILING = o.FileOperation("f/1", "drone", (ONE_HOUR,), digest_of(1))
FINDING = c.Finding(3, "a", "x", digest_of(1), "b", "y", digest_of(2), "volume_overlap", True, digest_of(3))


def test_every_command_of_many_histories_round_trips() -> None:
    kinds = set()
    for seed in range(10):
        for event in history(random_steps(seed, 60)):
            body = encode_command(event.command)
            assert decode_command(body) == event.command
            assert json.loads(body)["kind"] == command_kind(event.command)
            assert (
                body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            )
            assert len(content_digest(body)) == 32
            kinds.add(command_kind(event.command))
    elsewhere = {*LineCommand.__args__, *DssCommand.__args__, *KeyCommand.__args__, SetDssLimits, c.DeleteBody}
    assert len(kinds) == len(set(c.Command.__args__) - elsewhere)


def test_no_command_holds_a_float() -> None:
    for kind in c.Command.__args__:
        assert "'type': 'number'" not in str(msgspec.json.schema(kind))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"kind":"tick","kind":"tick"}',
        b'{"kind": "tick"}',
        b'{"kind":"tick"}\n',
        b'{"kind":"launch"}',
        b'{"extra":1,"kind":"tick"}',
        b'{"kind":"activate_operation","operation_id":"x","version":1.0}',
        b'{"kind":"activate_operation","operation_id":"x","version":"1"}',
        b'{"kind":"activate_operation","operation_id":"x","version":0}',
        b'{"kind":"activate_operation","operation_id":"x","version":9223372036854775808}',
        b'{"kind":"activate_operation","operation_id":"x"}',
        b'{"operation_id":"x","kind":"activate_operation","version":1}',
        b'{"kind":"activate_operation","operation_id":"\\u0078","version":1}',
        b'{"kind":"register_party","name":"\\ud800","party":"a","party_kind":"third_state"}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_canonical_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        decode_command(body)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_refused_or_reads_as_what_it_says(data: st.DataObject) -> None:
    body = bytearray(encode_command(FILING))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    try:
        command = decode_command(bytes(body))
    except InvalidInputError:
        return
    assert encode_command(command) == bytes(body)


def with_extent(**changes: object) -> o.FileOperation:
    return msgspec.structs.replace(FILING, extents=(msgspec.structs.replace(ONE_HOUR, **changes),))


def findings(*found: c.Finding, after: int = 2, through: int = 5, algorithm: str = "skyparley-conflict/1") -> c.Command:
    return c.RecordFindings(after, through, algorithm, found)


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (msgspec.structs.replace(FILING, operation_id=""), "operation_id"),
        (msgspec.structs.replace(FILING, operation_id="a b"), "operation_id"),
        (msgspec.structs.replace(FILING, operation_id="x" * 129), "operation_id"),
        (msgspec.structs.replace(FILING, operation_id="x\n"), "operation_id"),
        (msgspec.structs.replace(FILING, operation_class="En route"), "operation_class"),
        (msgspec.structs.replace(FILING, details_digest="AB"), "details_digest"),
        (msgspec.structs.replace(FILING, extents=()), "extents"),
        (with_extent(cells=()), "extents[0].cells"),
        (with_extent(cells=("478954", "478954")), "extents[0].cells"),
        (with_extent(cells=("47896c", "478954")), "extents[0].cells"),
        (with_extent(cells=("478954 47896c",)), "extents[0].cells"),
        (with_extent(cells=("",)), "extents[0].cells"),
        (with_extent(cells=("c1",)), "extents[0].cells"),
        (with_extent(cells=("8776ca81",)), "extents[0].cells"),
        (with_extent(cells=("8776ca844",)), "extents[0].cells"),
        (with_extent(cells=("4789540",)), "extents[0].cells"),
        (with_extent(datum="MSL"), "extents[0].datum"),
        (with_extent(lower_mm=100_001), "extents[0].upper_mm"),
        (with_extent(upper_mm=10**12), "extents[0].upper_mm"),
        (with_extent(end_us=START_US), "extents[0].end_us"),
        (with_extent(end_us=10**17), "extents[0].end_us"),
        (with_extent(begin_us=-1), "extents[0].end_us"),
        (o.DeclareHazard("h", "missile_strike", True, (ONE_HOUR,), digest_of(1)), "hazard_kind"),
        (o.AmendOperation("x", 0, "drone", (ONE_HOUR,), digest_of(1)), "version"),
        (o.EndOperation("x", -1), "version"),
        (c.RegisterParty("A", "A", "third_state"), "party"),
        (c.RegisterParty("a", "A", "army"), "party_kind"),
        (c.RegisterParty("a", " ", "third_state"), "name"),
        (c.RegisterParty("a", "A\x00", "third_state"), "name"),
        (c.RegisterParty("a", "A" * 201, "third_state"), "name"),
        (c.Epoch(0, digest_of(1)), "rules_version"),
        (c.Epoch(1, "x"), "state_hash"),
        (findings(after=-1), "after"),
        (findings(after=5), "through"),
        (findings(after=6), "through"),
        (findings(FINDING, after=1, through=1), "findings[0].sequence"),
        (findings(algorithm=""), "algorithm"),
        (findings(msgspec.structs.replace(FINDING, sequence=2)), "findings[0].sequence"),
        (findings(msgspec.structs.replace(FINDING, sequence=6)), "findings[0].sequence"),
        (findings(msgspec.structs.replace(FINDING, b_party="a", b_operation_id="x")), "findings[0].a_operation_id"),
        (findings(msgspec.structs.replace(FINDING, a_party="c")), "findings[0].a_operation_id"),
        (findings(msgspec.structs.replace(FINDING, b_party="")), "findings[0].b_party"),
        (findings(msgspec.structs.replace(FINDING, rule="too_near")), "findings[0].rule"),
        (findings(msgspec.structs.replace(FINDING, witness_digest="")), "findings[0].witness_digest"),
        (findings(FINDING, FINDING), "findings[1]"),
        (findings(msgspec.structs.replace(FINDING, sequence=4), FINDING), "findings[1]"),
    ],
)
def test_what_is_impossible_is_refused_in_both_directions(command: c.Command, place: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        encode_command(command)
    assert caught.value.place == place
    with pytest.raises(SkyparleyError):
        decode_command(msgspec.json.encode(command, order="sorted"))


def circle_cells(latitude_deg: float, radius_m: float) -> tuple[str, ...]:
    import s2geometry

    coverer = s2geometry.S2RegionCoverer()
    coverer.set_max_level(13)
    coverer.set_max_cells(100_000)
    centre = s2geometry.S2LatLng.FromDegrees(latitude_deg, 8.0).ToPoint()
    cap = s2geometry.S2Cap(centre, s2geometry.S1Angle.Radians(radius_m / 6_371_000.0))
    return tuple(sorted(cell.ToToken() for cell in coverer.GetCovering(cap)))


def test_a_hazard_of_100_km_radius_for_a_day_passes_and_a_country_for_a_month_does_not() -> None:
    wide = circle_cells(47.0, 100_000)
    encode_command(o.DeclareHazard("h", "firing", True, (extent(START_US, START_US + DAY_US, wide),), digest_of(1)))
    week = (extent(START_US, START_US + 6 * DAY_US, wide),)
    encode_command(msgspec.structs.replace(FILING, extents=week))
    country = circle_cells(47.0, 120_000)
    month = (extent(START_US, START_US + 30 * DAY_US, country),)
    with pytest.raises(LimitExceededError, match="longer than 7 days"):
        encode_command(msgspec.structs.replace(FILING, extents=month))
    slices = tuple(
        extent(START_US + i * DAY_US // 10, START_US + (i * DAY_US // 10) + 7 * DAY_US - DAY_US, country)
        for i in range(10)
    )
    with pytest.raises(LimitExceededError, match="cell-hours"):
        encode_command(msgspec.structs.replace(FILING, extents=slices))


def test_the_number_of_extents_cells_and_findings_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    many = (ONE_HOUR,) * (limits.MAX_EXTENTS_PER_OPERATION + 1)
    with pytest.raises(LimitExceededError, match="1001 extents"):
        encode_command(msgspec.structs.replace(FILING, extents=many))
    monkeypatch.setattr(limits, "MAX_CELLS_PER_OPERATION", 1)
    with pytest.raises(LimitExceededError, match="2 cells"):
        encode_command(msgspec.structs.replace(FILING, extents=(ONE_HOUR, ONE_HOUR)))
    monkeypatch.setattr(limits, "MAX_FINDINGS_PER_COMMAND", 1)
    with pytest.raises(LimitExceededError, match="2 findings"):
        encode_command(findings(FINDING, msgspec.structs.replace(FINDING, sequence=4)))


def test_cell_tokens_are_those_of_s2() -> None:
    """Every valid cell of level 0 to 13 passes and counts 4^(13 − level); finer ones and other words do not."""
    import s2geometry

    deep = s2geometry.S2CellId(s2geometry.S2LatLng.FromDegrees(46.5, 8.0))
    for face_cell in [deep, *(s2geometry.S2CellId.FromFacePosLevel(face, 0, 0).child_begin(20) for face in range(6))]:
        for level in range(19):
            token = face_cell.parent(level).ToToken()
            command = with_extent(cells=(token,), end_us=START_US + 1)
            if level <= 13:
                encode_command(command)
                assert level_13_cells((token,)) == 4 ** (13 - level)
            else:
                with pytest.raises(InvalidInputError):
                    encode_command(command)


@settings(max_examples=500, deadline=None)
@given(st.text("0123456789abcdef", min_size=1, max_size=9))
def test_any_word_is_a_token_exactly_if_s2_says_so(word: str) -> None:
    import s2geometry

    identifier = s2geometry.S2CellId.FromToken(word)
    valid = identifier.is_valid() and identifier.level() <= 13 and identifier.ToToken() == word
    try:
        encode_command(with_extent(cells=(word,), end_us=START_US + 1))
    except InvalidInputError:
        assert not valid
    else:
        assert valid
