"""What parties sign themselves, by the client against a node that serves: everything they write, and no word else."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from skyparley.airspace.operations.commands import CancelOperation
from skyparley.client import Client, PartySigner, RefusedError, calls, operations, voice
from skyparley.client.signing import make_signer
from skyparley.errors import ProofError
from skyparley.record.authorship import check_signature, format_signed, parse_signed
from skyparley.record.envelope import decode_header
from skyparley.record.notes import parse_key
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted
from support.serving import POOL, now_us, operation, time_in, volume
from support.signing import Signing, in_thread, use_agreements


@pytest.mark.anyio
async def test_a_party_signs_all_that_it_says_and_the_log_holds_it(signing: Signing) -> None:
    """Filings, the line, calls: every entry of a party is under its own key, and each signature is checked here."""

    def walk() -> None:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            use_operations(alpha)
            use_agreements(alpha, bravo)
            use_the_line(alpha, bravo)
            use_calls(alpha, bravo)

    await in_thread(walk)
    head = await signing.there.node.engine.log.head()
    kinds = set()
    for sequence in range(1, head.sequence + 1):
        entry = await signing.there.node.engine.log.entry(sequence)
        header = decode_header(entry.header)
        assert (header.authentication == "party-signed") == (header.party != ""), header
        if header.party:
            signer = signing.signers[header.party]
            assert header.key_id == signer.key_id
            check_signature(entry.header, entry.signature, signer.public)
            kinds.add(header.kind)
        else:
            assert entry.signature == b""
    assert len(kinds) >= 22, sorted(kinds)
    assert signing.there.node.state.refused == {}


def use_operations(alpha: Client) -> None:
    alpha.do(operations.file(operation("a/1")))
    alpha.do(operations.amend({**operation("a/1", volume(radius_m=900.0)), "version": 1}))
    alpha.do(operations.act("activate", "a/1", 2))
    assert alpha.do(operations.act("end", "a/1", 3)).operation.state == "ended"
    hazard = {"operation_id": "h", "hazard_kind": "debris", "confirmed": False, "volumes": [volume()]}
    assert alpha.do(operations.declare_hazard(hazard)).operation.state == "unconfirmed"
    alpha.do(operations.act("confirm", "h", 1))
    alpha.do(operations.act("retract", "h", 2))


def use_the_line(alpha: Client, bravo: Client) -> None:
    watches = {}
    for client in (alpha, bravo):
        client.do(calls.define_post("ops"))
        watches[client] = client.do(calls.take_watch("ops")).watch
    asked = alpha.do(calls.open_dialogue("bravo", "request-position", {"callsign": "SKY1"}))
    name = asked.dialogue.dialogue_id
    bravo.do(calls.receive([(name, 1)]))
    bravo.do(calls.read(name, 1))
    bravo.do(calls.say(name, "roger"))
    alpha.do(calls.call_line_test("line", "ops"))
    bravo.do(calls.answer_line_test("line", 1, "ops"))
    bravo.do(calls.leave_watch("ops", str(watches[bravo]), note="all quiet — تمام"))
    bravo.do(calls.take_watch("ops"))


def use_calls(alpha: Client, bravo: Client) -> None:
    commitments = [{"text": "Send the chart.", "owner": "bravo", "due": time_in(3_600)}]
    said = ("bravo", [("bravo", "ops"), ("alpha", "ops")], time_in(-60), 30, "The chart", "It will be sent.")
    call = alpha.do(voice.record_call(*said, commitments=commitments)).call.call_id
    bravo.do(voice.agree_call(call, 1))
    bravo.do(voice.account_call(call, "We said the same."))
    bravo.do(voice.report_commitment(call, 1, "meet", "Sent at noon."))


@pytest.mark.anyio
async def test_a_conflict_is_settled_under_both_signatures(signing: Signing) -> None:
    """An offer and its acceptance are formed by the node, which has compared; both are signed as given."""

    def walk() -> str:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            return str(alpha.do(calls.say(offered(alpha, bravo), "affirm")).message.act)

    assert await in_thread(walk) == "accept"
    assert signing.there.node.state.conflicts == {}
    (offered_by_bravo,), (accepted,) = signing.shown
    assert (offered_by_bravo.party, offered_by_bravo.operation_id, offered_by_bravo.answers) == ("bravo", "b", 0)
    assert offered_by_bravo.operation is not None
    assert (accepted.party, accepted.answers, accepted.operation) == ("bravo", 1, None)  # the other side's outline


def offered(alpha: Client, bravo: Client) -> str:
    """An offer of bravo that waits for alpha's word, read back rightly; the dialogue's name."""
    for client in (alpha, bravo):
        client.do(calls.define_post("ops"))
        client.do(calls.take_watch("ops"))
    alpha.do(operations.file(operation("a")))
    (conflict,) = bravo.do(operations.file(operation("b"))).conflicts
    offer = later("b")
    opened = bravo.do(calls.open_dialogue("alpha", "offer-time", offer, about=conflict.conflict_id))
    name = opened.dialogue.dialogue_id
    alpha.do(calls.read(name, 1))
    alpha.do(calls.say(name, "read-back", {"message": 1}, read_back={"window": offer["window"]}))
    bravo.do(calls.say(name, "read-back-correct", {"message": 2}))
    return name


@pytest.mark.anyio
@pytest.mark.parametrize("in_the_way", [False, True])
async def test_what_was_compared_is_accepted_as_signed_unless_others_filed_in_its_way(
    signing: Signing, in_the_way: bool
) -> None:
    """While alpha looks at what it signs, others file: elsewhere that changes nothing; in its way it is signed anew."""

    def walk() -> list[int]:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            name = offered(alpha, bravo)
            signer = signing.signers["alpha"]
            filed: list[int] = []
            signed: list[str] = []
            sign = signer.sign

            def slowly(*given: Any) -> str:
                if not filed or not in_the_way:
                    latitude_deg = 46.9 if in_the_way else 10.0 + len(filed)
                    away = volume(latitude_deg, 7.42, begin_s=3_000.0)
                    filed.append(bravo.do(operations.file(operation(f"c{len(filed)}", away))).sequence)
                signed.append(sign(*given))
                return signed[-1]

            signer.sign = slowly  # type: ignore[method-assign]
            assert alpha.do(calls.say(name, "affirm")).message.act == "accept"
            return [len(filed), len(signed)]

    assert await in_thread(walk) == [1, 2 if in_the_way else 1]
    assert ("bravo", "b") in signing.there.node.state.operations


def later(name: str) -> dict[str, Any]:
    return {"operation": name, "window": {"begin": time_in(3_600), "end": time_in(4_200)}}


@pytest.mark.anyio
async def test_its_receipt_proves_that_the_party_said_so(signing: Signing) -> None:
    def walk() -> tuple[int, str, bytes]:
        with signing.client("alpha") as alpha:
            sequence = alpha.do(operations.file(operation("a"))).sequence
        headers = {"Authorization": f"Bearer {signing.there.alpha}"}
        key = httpx.get(f"{signing.url}/v1/record/key", headers=headers).json()["key"]
        return sequence, key, httpx.get(f"{signing.url}/v1/record/entries/{sequence}/receipt", headers=headers).content

    sequence, key, receipt = await in_thread(walk)
    signer = signing.signers["alpha"]
    proven = verify_receipt(receipt, Trusted((parse_key(key),), {("alpha", signer.key_id): signer.public}))
    assert (proven.sequence, proven.header.authentication) == (sequence, "party-signed")
    with pytest.raises(ProofError, match="which you do not name as one that you trust"):
        verify_receipt(receipt, Trusted((parse_key(key),)))


@pytest.mark.anyio
async def test_who_was_spoken_to_can_prove_it_too(signing: Signing) -> None:
    def walk() -> None:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            for client in (alpha, bravo):
                client.do(calls.define_post("ops"))
                client.do(calls.take_watch("ops"))
            said = alpha.do(calls.open_dialogue("bravo", "request-position", {"callsign": "SKY1"}))
            watch = alpha.do(calls.take_watch("ops")).sequence
        signer = signing.signers["alpha"]
        bearer = {"Authorization": f"Bearer {signing.there.bravo}"}
        key = parse_key(httpx.get(f"{signing.url}/v1/record/key", headers=bearer).json()["key"])
        receipt = httpx.get(f"{signing.url}/v1/record/entries/{said.sequence}/receipt", headers=bearer)
        proven = verify_receipt(receipt.content, Trusted((key,), {("alpha", signer.key_id): signer.public}))
        assert (proven.header.party, proven.header.kind) == ("alpha", "open_dialogue")
        assert proven.body is not None
        other = httpx.get(f"{signing.url}/v1/record/entries/{watch}/receipt", headers=bearer)
        assert other.status_code == 403, other.text

    await in_thread(walk)


@pytest.mark.anyio
async def test_a_call_that_makes_no_entry_goes_as_it_is(signing: Signing) -> None:
    def walk() -> None:
        with signing.client("alpha") as alpha:
            alpha.do(calls.add_person("anna", "Anna", "officer", "correct horse battery"))
            assert alpha.do(calls.log_in("alpha", "anna", "correct horse battery")).token

    await in_thread(walk)


@pytest.mark.anyio
async def test_what_changes_operations_is_not_signed_unless_somebody_says_yes(signing: Signing) -> None:
    def walk() -> None:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            name = offered(alpha, bravo)
            signing.agrees = False
            with pytest.raises(ProofError, match="nobody has said yes"):
                alpha.do(calls.say(name, "affirm"))
            with (
                Client(signing.url, signing.keys["alpha"], signer=signing.signers["alpha"]) as silent,
                pytest.raises(ProofError, match="nobody has said yes"),
            ):
                silent.do(calls.say(name, "affirm"))

    await in_thread(walk)
    assert len(signing.there.node.state.conflicts) == 1


@pytest.mark.anyio
async def test_a_repeat_is_answered_as_the_first_time_and_counts_once(signing: Signing) -> None:
    def walk() -> None:
        with signing.client("alpha") as alpha:
            call = operations.file(operation("a"))
            first = alpha.do(call, idempotency_key="k")
            assert alpha.do(call, idempotency_key="k").sequence == first.sequence  # signed anew
            with pytest.raises(RefusedError) as refused:
                alpha.do(operations.file(operation("other")), idempotency_key="k")
            assert refused.value.reason == "idempotency_key_reused"

    await in_thread(walk)


@pytest.mark.anyio
async def test_what_is_not_signed_as_it_is_sent_is_refused_with_its_place(signing: Signing) -> None:
    signer, other = signing.signers["alpha"], signing.signers["bravo"]
    body = {"version": 1}
    good = signer.sign(CancelOperation("a", 1), "k1")
    elsewhere = PartySigner("alpha", "another pool", signer._private)
    late = PartySigner("alpha", POOL, signer._private, clock=lambda: now_us() - 301_000_000)
    stranger = make_signer("alpha", POOL)
    parts = good.split(".")
    wrong: list[tuple[dict[str, str], int, str]] = [
        ({"Skyparley-Signed-Entry": "x"}, 400, "three parts"),
        ({"Skyparley-Signed-Entry": ".".join([parts[0], parts[1], parts[1]])}, 400, "64"),
        ({"Skyparley-Signed-Entry": other.sign(CancelOperation("a", 1), "k")}, 400, "party in it is 'bravo'"),
        ({"Skyparley-Signed-Entry": elsewhere.sign(CancelOperation("a", 1), "k")}, 400, "pool in it"),
        ({"Skyparley-Signed-Entry": signer.sign(CancelOperation("a", 2), "k")}, 409, "not what this request"),
        ({"Skyparley-Signed-Entry": stranger.sign(CancelOperation("a", 1), "k")}, 403, "register it first"),
        ({"Skyparley-Signed-Entry": late.sign(CancelOperation("a", 1), "k")}, 409, "check your clock"),
        ({"Skyparley-Signed-Entry": good, "Idempotency-Key": "k2"}, 400, "idempotency_key in it"),
        ({"Skyparley-Signed-Entry": good, "Skyparley-Prepare": "entry"}, 400, "ask what to sign or send"),
        ({"Skyparley-Prepare": "body", "Idempotency-Key": "k"}, 400, "the word entry"),
        ({"Skyparley-Prepare": "entry"}, 400, "send it"),
        ({}, 403, "signs all that it writes"),
    ]
    signed = parse_signed(good)
    forged = format_signed(replace(signed, signature=bytes([signed.signature[0] ^ 1]) + signed.signature[1:]))
    wrong.append(({"Skyparley-Signed-Entry": forged}, 403, "does not fit"))

    def walk() -> None:
        with signing.client("alpha") as alpha:
            alpha.do(operations.file(operation("a")))
        before = httpx.get(f"{signing.url}/v1/status", headers=headers).json()["sequence"]
        for more, status, says in wrong:
            answer = httpx.post(f"{signing.url}/v1/operations/a/cancel", json=body, headers={**headers, **more})
            assert (answer.status_code, says in answer.text) == (status, True), (more, answer.text)
        assert httpx.get(f"{signing.url}/v1/status", headers=headers).json()["sequence"] == before
        operator = {"Authorization": f"Bearer {signing.there.operator}", "Skyparley-Signed-Entry": good}
        assert httpx.get(f"{signing.url}/v1/status", headers=operator).status_code == 403
        for _ in range(2):
            cancelled = {**headers, "Skyparley-Signed-Entry": good}
            answer = httpx.post(f"{signing.url}/v1/operations/a/cancel", json=body, headers=cancelled)
            assert answer.status_code == 200, answer.text

    headers = {"Authorization": f"Bearer {signing.there.alpha}"}
    await in_thread(walk)


@pytest.mark.anyio
async def test_asking_what_to_sign_changes_nothing(signing: Signing) -> None:
    def walk() -> dict[str, Any]:
        with signing.client("alpha") as alpha:
            alpha.do(calls.define_post("ops"))
        before = httpx.get(f"{signing.url}/v1/status", headers=headers).json()
        answer = httpx.put(
            f"{signing.url}/v1/posts/tower",
            json={"deputies": [], "next_post": None},
            headers={**headers, "Skyparley-Prepare": "entry", "Idempotency-Key": "k"},
        )
        assert httpx.get(f"{signing.url}/v1/status", headers=headers).json()["sequence"] == before["sequence"]
        return dict(answer.json())

    headers = {"Authorization": f"Bearer {signing.there.alpha}"}
    given = await in_thread(walk)
    assert json.loads(given["body"]) == {"deputies": [], "kind": "define_post", "next_post": "", "post": "tower"}
    assert given["bodies"] == []
