"""What parties sign themselves, by the client against a node that serves: everything they write, and no word else."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from skyparley.airspace.codec import decode_command, encode_command
from skyparley.airspace.operations.commands import CancelOperation
from skyparley.client import Client, PartySigner, RefusedError, calls, operations, voice
from skyparley.client.prepared import Changed, check_prepared
from skyparley.client.signing import make_signer
from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.node.record.signing import PreparedView
from skyparley.record.authorship import check_signature, format_signed, parse_signed
from skyparley.record.envelope import decode_header
from skyparley.record.notes import parse_key
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted
from support.serving import POOL, World, now_us, operation, served, time_in, volume, world

YEAR_US = 365 * 86_400_000_000


class Signing:
    """A served node, where alpha and bravo sign all that they write."""

    def __init__(self, there: World, url: str) -> None:
        self.there, self.url = there, url
        self.signers = {name: make_signer(name, POOL) for name in ("alpha", "bravo")}
        self.keys = {"alpha": there.alpha, "bravo": there.bravo}
        self.shown: list[tuple[Changed, ...]] = []
        self.agrees = True

    def client(self, party: str) -> Client:
        return Client(self.url, self.keys[party], signer=self.signers[party], confirm=self.confirm)

    def confirm(self, changes: Sequence[Changed]) -> bool:
        self.shown.append(tuple(changes))
        return self.agrees

    def register(self) -> None:
        for party in ("alpha", "bravo"):
            with self.client(party) as client:
                client.do(operations.register_key(self.signers[party].public, now_us() - 1_000_000, now_us() + YEAR_US))
                assert client.do(operations.sign_all(required=True)).signing.required


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Signing]:
    async with world(tmp_path) as there, served(there.app) as url:
        made = Signing(there, url)
        await anyio.to_thread.run_sync(made.register)
        yield made


async def in_thread(work: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(work)


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


def use_agreements(alpha: Client, bravo: Client) -> None:
    alpha.do(calls.draft_agreement("line", {"en": "Apart"}, ["bravo", "alpha"], ["en"], ["en"]))
    term = {"kind": "line_test", "interval_s": 3600, "answer_s": 60}
    alpha.do(calls.propose_clause("line", 1, "1", {"en": "Tested hourly."}, term=term))
    bravo.do(calls.answer_clause("line", 1, "1", 1, accepted=True))
    alpha.do(calls.accept_agreement("line", 1))
    assert bravo.do(calls.accept_agreement("line", 1)).agreement.status == "in_force"
    alpha.do(calls.suspend_agreement("line", 1, "talks"))
    alpha.do(calls.resume_agreement("line", 1))


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


@pytest.mark.anyio
async def test_a_node_that_gives_other_words_to_sign_gets_no_signature(signing: Signing) -> None:
    """Each route's own honest answer is taken, and every member of it that says something is changed, one by one."""

    def prepared(call: Any) -> PreparedView:
        answer = httpx.request(
            call.method,
            signing.url + call.path,
            json=call.body,
            headers={
                "Authorization": f"Bearer {signing.there.alpha}",
                "Skyparley-Prepare": "entry",
                "Idempotency-Key": "k",
            },
        )
        assert answer.status_code == 202, answer.text
        return msgspec.json.decode(answer.content, type=PreparedView)

    def walk() -> None:
        with signing.client("alpha") as alpha, signing.client("bravo") as bravo:
            use_agreements(alpha, bravo)
            for client in (alpha, bravo):
                client.do(calls.define_post("ops"))
                watch = str(client.do(calls.take_watch("ops")).watch)
            watch = str(alpha.do(calls.take_watch("ops")).watch)
            asked = bravo.do(calls.open_dialogue("alpha", "request-position", {"callsign": "SKY1"}))
            name = asked.dialogue.dialogue_id
            said = ("bravo", [("bravo", "ops"), ("alpha", "ops")], time_in(-60), 30, "The chart", "It will be sent.")
            honest = [
                calls.take_watch("ops"),
                calls.define_post("tower", deputies=["ops"]),
                calls.leave_watch("ops", watch, note="quiet"),
                calls.suspend_agreement("line", 1, "talks"),
                calls.accept_agreement("line", 1),
                calls.answer_line_test("line", 1, "ops", declined=True),
                calls.say(name, "roger"),
                calls.open_dialogue("bravo", "request-position", {"callsign": "SKY2"}, from_post="ops"),
                voice.record_call(*said, commitments=[{"text": "Go.", "owner": "bravo", "due": time_in(60)}]),
            ]
            for call in honest:
                if "tests" in call.path or call.path.endswith("accept"):
                    continue
                view = prepared(call)
                check_prepared(call, view, "alpha")
                lies(call, view)

    await in_thread(walk)


FREE = {
    *("watch", "call_id", "dialogue_id", "to_post", "checked_through", "step"),
    *("about", "post", "from_post", "read_back", "reference"),
}
"""What the node fills in: identifiers by chance, posts that were left out, how far it has compared."""


def lies(call: Any, view: PreparedView) -> None:
    honest = json.loads(view.body)
    asked = {**(call.body or {}), **dict.fromkeys(call.path.split("/"), True)}
    for name, value in honest.items():
        if name == "kind" or (name in FREE and not asked.get(name)):
            continue
        for other in others(value):
            body = json.dumps({**honest, name: other}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            try:
                decode_command(body.encode())
            except SkyparleyError:
                continue
            with pytest.raises(ProofError):
                check_prepared(call, PreparedView(body, view.bodies), "alpha")
    for index in range(len(view.bodies)):
        rest = [*view.bodies[:index], *view.bodies[index + 1 :]]
        with pytest.raises(ProofError, match="not what it is of"):
            check_prepared(call, PreparedView(view.body, rest), "alpha")


def others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, str):
        return ["0" * 64 if len(value) == 64 else value[:-1] or "x", "tower", "FLASH"]
    return [[]] if value else []


def test_what_no_row_knows_is_not_signed() -> None:
    view = PreparedView(encode_command(CancelOperation("a", 1)).decode(), [])
    with pytest.raises(InvalidInputError, match="cannot be signed from here"):
        check_prepared(calls.add_person("x", "X", "officer", "y"), view, "alpha")
    with pytest.raises(ProofError, match="do not trust it"):
        check_prepared(calls.take_watch("ops"), view, "alpha")
    with pytest.raises(InvalidInputError, match="not the body of a command"):
        check_prepared(calls.take_watch("ops"), PreparedView("{}", []), "alpha")
