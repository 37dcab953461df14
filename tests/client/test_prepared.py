"""What a node gives to sign is held against what was asked: whatever it changes is not signed."""

import json
from base64 import b64encode
from typing import Any

import httpx
import msgspec
import pytest

from skyparley.airspace.codec import decode_command, encode_command
from skyparley.airspace.line.dialogue.commands import SendMessage
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import CancelOperation
from skyparley.catalogue.messages import encode_body
from skyparley.client import calls, voice
from skyparley.client.prepared import check_prepared
from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.node.custody.details import details_of, extents_of
from skyparley.node.line.sealed import seal
from skyparley.node.reading.shapes import decode_operation_body
from skyparley.node.record.signing import PreparedView
from support.serving import operation, time_in, volume
from support.signing import Signing, in_thread, use_agreements


def test_an_acceptance_that_a_node_makes_up_is_not_signed() -> None:
    """What the party never saw: its own operation elsewhere, with cells that are not those of the details."""
    own = details_of(decode_operation_body(json.dumps(operation("x")).encode(), "alpha"), b"")
    good = Amendment("alpha", "x", 3, own.digest, extents_of(own.operation))
    call = calls.say("0" * 16, "wilco", {}, reference=1)
    words = seal(b"", encode_body("wilco", {}), "m", "k")

    def prepared(**changes: Any) -> PreparedView:
        fields: dict[str, Any] = {"amendments": (good,), "step": "", "reference": 1, "changes": (), **changes}
        command = SendMessage("0" * 16, from_post="ops", act="accept", precedence="ROUTINE", response="N",
                              read_back=False, body_digest=words.digest, checked_through=1, **fields)  # fmt: skip
        bodies = [b64encode(data).decode() for data in (words.data, own.data)]
        return PreparedView(encode_command(command).decode(), bodies)

    (change,) = check_prepared(call, prepared(), "alpha").changes
    assert (change.operation_id, change.version, change.answers) == ("x", 3, 1)
    moved = decode_operation_body(json.dumps(operation("x", volume(47.5))).encode(), "alpha")
    elsewhere = extents_of(details_of(moved, b"").operation)
    for lie in (
        {"amendments": (msgspec.structs.replace(good, extents=elsewhere),)},
        {"amendments": (msgspec.structs.replace(good, operation_id="y"),)},
        {"amendments": (msgspec.structs.replace(good, details_digest="0" * 64),)},
        {"changes": (ProposedChange("alpha", "x", 3, own.digest),)},
        {"step": "corridor"},
        {"reference": 7},
    ):
        with pytest.raises((ProofError, SkyparleyError)):
            check_prepared(call, prepared(**lie), "alpha")


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
