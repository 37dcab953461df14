"""What a node gives to sign is what was asked: held against the request, member by member, before it is signed.

The node forms most commands of the line, because it knows posts, watches and what was compared. A party that signed
whatever it is given would sign in the dark; so each route has its row here, and what has none is not signed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from skyparley.airspace.codec import command_kind, decode_command
from skyparley.airspace.commands import Command
from skyparley.airspace.line.dialogue.commands import OpenDialogue, SendMessage
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.catalogue.messages import MESSAGES, encode_body, message_type, parse_message, parse_read_back
from skyparley.client.call import Call, Fields
from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError, ProofError
from skyparley.geometry.interval import parse_time
from skyparley.node.custody.details import extents_of, read_details
from skyparley.node.line.assistance.desk import CODE as ASSISTANCE
from skyparley.node.line.calls.views import CallText
from skyparley.node.line.dialogue.desk import STEP_OF
from skyparley.node.line.negotiation.proposals import OFFERS
from skyparley.node.line.sealed import unseal
from skyparley.node.line.terms import TermBody, read_term
from skyparley.node.record.signing import PreparedView
from skyparley.record.base64 import from_base64


class _Row(NamedTuple):
    """A route: the kind of its command, what of the command the request says, and what its body must say."""

    kind: str
    members: Callable[[Fields], dict[str, Any]]
    digest: str = ""
    says: Callable[[Fields, bytes], bool] = lambda _, said: not said


class Changed(NamedTuple):
    """What a command does to an operation: of the own party with the operation as it will be, of others by name only.

    `answers` is the number of the message that is accepted by it; 0 for an offer.
    """

    party: str
    operation_id: str
    version: int
    answers: int
    operation: Operation | None


class ToSign(NamedTuple):
    """A command that says what was asked, and what it does to operations: that is for its signer to look at."""

    command: Command
    changes: tuple[Changed, ...]


def signable(call: Call[Any]) -> bool:
    """Whether a call makes an entry of the party that can be signed."""
    return call.entry is not None or _found(call) is not None


def check_prepared(call: Call[Any], prepared: PreparedView, party: str) -> ToSign:
    """What a party is to sign.

    Raises `ProofError` if it is not what the call asks, `InvalidInputError` if it is no command, or none to be signed.
    """
    command = decode_command(prepared.body.encode())
    row, at = _row(call)
    if command_kind(command) != row.kind:
        raise ProofError(f"the node gave '{command_kind(command)}' to sign for a '{row.kind}': do not trust it")
    body = call.body or {}
    expected = {**at, **row.members(body)}
    held = msgspec.json.decode(prepared.body)
    for name, value in expected.items():
        if held.get(name) != value:
            raise ProofError(
                f"the node gave something else to sign than was asked: {name} is {held.get(name)!r}, and should be"
                f" {value!r}"[:500]
            )
    named = held.get(row.digest, "") if row.digest else ""
    bodies = {sha256(data).hexdigest(): data for data in (from_base64(one, of="a body") for one in prepared.bodies)}
    if named and named not in bodies:
        raise ProofError("the node gave a digest to sign, and not what it is of")
    if not row.says(body, unseal(bodies[named]) if named else b""):
        raise ProofError("the node gave other words to sign than were said: do not trust it")
    return ToSign(command, tuple(_changes(command, party, bodies)))


def _changes(command: Command, party: str, bodies: Mapping[str, bytes]) -> Iterator[Changed]:
    """What a command does to operations. Raises `ProofError` for one of the own party that does not follow."""
    if not isinstance(command, OpenDialogue | SendMessage):
        return
    answers = command.reference if isinstance(command, SendMessage) and command.amendments else 0
    named: list[ProposedChange | Amendment] = [*command.changes]
    if isinstance(command, SendMessage):
        named += command.amendments
    for one in named:
        if one.party != party:
            yield Changed(one.party, one.operation_id, one.version, answers, None)
            continue
        if one.details_digest not in bodies:
            raise ProofError("the node gave a change of your operation to sign, and not what it is: do not trust it")
        operation = read_details(bodies[one.details_digest]).operation
        own = (operation.ref.party, operation.ref.operation_id) == (party, one.operation_id)
        if not own or (isinstance(one, Amendment) and one.extents != extents_of(operation)):
            raise ProofError("the node gave a change to sign that is not that of your operation: do not trust it")
        yield Changed(party, one.operation_id, one.version, answers, operation)


def _row(call: Call[Any]) -> tuple[_Row, dict[str, Any]]:
    found = _found(call)
    if found is None:
        raise InvalidInputError(f"{call.method} {call.path} cannot be signed from here", place="path")
    return found


def _found(call: Call[Any]) -> tuple[_Row, dict[str, Any]] | None:
    path = call.path.partition("?")[0]
    for (method, pattern), row in _ROWS.items():
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if method == call.method and found is not None:
            at = {name: int(text) if name == "number" else text for name, text in found.groupdict().items()}
            return row, at
    return None


def _same(*names: str) -> Callable[[Fields], dict[str, Any]]:
    """These members as they are, where they are said; what is left out is the node's to fill in."""
    return lambda body: {name: body[name] for name in names if body.get(name) not in (None, "")}


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"language": language, "text": texts[language]} for language in sorted(texts)]


def _draft(body: Fields) -> dict[str, Any]:
    lists = {name: sorted(body[name]) for name in ("members", "languages", "authoritative")}
    return {"agreement_id": body["agreement_id"], "titles": _texts(body["titles"]), **lists}


def _clause(body: Fields) -> dict[str, Any]:
    term = body.get("term")
    return {
        "version": body["version"],
        "number": body["number"],
        "replaces": body.get("replaces", 0),
        "struck": body.get("struck", False),
        "texts": _texts(body.get("texts", {})),
        "term": None if term is None else _plain(read_term(msgspec.convert(term, TermBody))),
    }


def _plain(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


def _ending(body: Fields) -> dict[str, Any]:
    from_us = parse_time(body["from"], place="from") if body.get("from") else 0
    return {"version": body["version"], "reason": body["reason"], "from_us": from_us}


def _post(body: Fields) -> dict[str, Any]:
    return {"deputies": list(body.get("deputies", [])), "next_post": body.get("next_post") or ""}


def _opening(body: Fields) -> dict[str, Any]:
    # the conflict that it is about has a name of its own for each party
    return {**_kind(body), **_same("to_party", "from_post", "to_post", "precedence")(body)}


def _message(body: Fields) -> dict[str, Any]:
    reference = {"reference": body["reference"]} if body.get("reference") else {}
    kind = message_type(body["code"])
    follows: dict[str, Any] = {} if kind.act == "accept" or kind.code in STEP_OF else {"amendments": []}
    if kind.code not in STEP_OF:
        follows["step"] = ""
    return {**_kind(body), **follows, "act": kind.act, **reference, **_same("from_post", "precedence")(body)}


def _kind(body: Fields) -> dict[str, Any]:
    """What follows from the kind of a message; one that offers nothing proposes no change."""
    kind = message_type(body["code"])
    follows: dict[str, Any] = {"precedence": kind.precedence, "response": kind.response}
    if kind.group not in OFFERS and kind.code not in STEP_OF:
        follows |= {"changes": []}
    return follows


def _call(body: Fields) -> dict[str, Any]:
    commitments = [
        {"owner": one["owner"], "due_us": parse_time(one["due"], place="due")} for one in body.get("commitments", [])
    ]
    return {"decided": bool(body.get("decisions")), "commitments": commitments, **_same("post")(body)}


def _recorded(body: Fields) -> dict[str, Any]:
    participants = sorted((one["party"], one["post"]) for one in body["participants"])
    return {
        "other": body["other"],
        "participants": [{"party": party, "post": post} for party, post in participants],
        "began_us": parse_time(body["began"], place="began"),
        "lasted_s": body["lasted_s"],
        **_call(body),
    }


def _receipts(body: Fields) -> dict[str, Any]:
    asked = {(one["dialogue_id"], one["number"]) for one in body["messages"]}
    return {"receipts": [{"dialogue_id": name, "number": number} for name, number in sorted(asked)]}


def _says_text(name: str) -> Callable[[Fields, bytes], bool]:
    return lambda body, said: said == str(body.get(name, "")).encode()


def _says_call(body: Fields, said: bytes) -> bool:
    promised = [one["text"] for one in body.get("commitments", [])]
    text = CallText(body["language"], body["agenda"], body["text"], list(body.get("decisions", [])), promised)
    return said == msgspec.json.encode(text)


def _says_message(body: Fields, said: bytes) -> bool:
    """The message; after a read-back what was read back, in the form that the answered message gives its fields."""
    words = encode_body(body["code"], parse_message(body["code"], body.get("parameters", {})))
    values = body.get("read_back")
    if message_type(body["code"]).act != "read_back":
        return said == words and values is None
    return any(said == words + b"\n" + read for read in _read_backs(values or {}))


def _read_backs(values: Fields) -> list[bytes]:
    found = []
    for code in MESSAGES:
        try:
            found.append(msgspec.json.encode(parse_read_back(code, values), order="deterministic"))
        except InvalidInputError:
            continue
    return found


def _says_request(body: Fields, said: bytes) -> bool:
    return said == encode_body(ASSISTANCE, parse_message(ASSISTANCE, body.get("parameters", {})))


_ROWS: Final[Mapping[tuple[str, str], _Row]] = {
    ("POST", "/v1/conflicts/{conflict_id}/acknowledge"): _Row("acknowledge_alarm", _same("post")),
    ("POST", "/v1/agreements"): _Row("draft_agreement", _draft),
    ("POST", "/v1/agreements/{agreement_id}/clauses"): _Row("propose_clause", _clause),
    ("POST", "/v1/agreements/{agreement_id}/answers"): _Row(
        "answer_clause",
        lambda body: {"reservation": "", **_same("version", "number", "revision", "accepted", "reservation")(body)},
    ),
    ("POST", "/v1/agreements/{agreement_id}/accept"): _Row("accept_agreement", _same("version")),
    ("POST", "/v1/agreements/{agreement_id}/suspend"): _Row("suspend_agreement", _ending),
    ("POST", "/v1/agreements/{agreement_id}/resume"): _Row("resume_agreement", _same("version")),
    ("POST", "/v1/agreements/{agreement_id}/terminate"): _Row("terminate_agreement", _ending),
    ("PUT", "/v1/posts/{post}"): _Row("define_post", _post),
    ("DELETE", "/v1/posts/{post}"): _Row("close_post", _same()),
    ("POST", "/v1/posts/{post}/watch"): _Row("take_watch", _same()),
    ("POST", "/v1/posts/{post}/leave"): _Row("leave_watch", _same("watch"), "note_digest", _says_text("note")),
    ("POST", "/v1/agreements/{agreement_id}/tests"): _Row("call_line_test", _same("post")),
    ("POST", "/v1/agreements/{agreement_id}/tests/{number}"): _Row(
        "answer_line_test", lambda body: {"declined": body.get("declined", False), **_same("post")(body)}
    ),
    ("POST", "/v1/assistance"): _Row("request_assistance", _same("from_post"), "body_digest", _says_request),
    ("POST", "/v1/assistance/{assistance_id}/close"): _Row("close_assistance", _same("post")),
    ("POST", "/v1/calls"): _Row("record_call", _recorded, "text_digest", _says_call),
    ("POST", "/v1/calls/{call_id}/text"): _Row(
        "revise_call", lambda body: {"revision": body["revision"], **_call(body)}, "text_digest", _says_call
    ),
    ("POST", "/v1/calls/{call_id}/agree"): _Row("agree_call", _same("revision", "post")),
    ("POST", "/v1/calls/{call_id}/account"): _Row("read_out_call", _same("post"), "text_digest", _says_text("text")),
    ("POST", "/v1/calls/{call_id}/commitments/{number}"): _Row(
        "report_commitment", _same("word", "post"), "text_digest", _says_text("text")
    ),
    ("POST", "/v1/dialogues"): _Row("open_dialogue", _opening, "body_digest", _says_message),
    ("POST", "/v1/dialogues/{dialogue_id}/messages"): _Row("send_message", _message, "body_digest", _says_message),
    ("POST", "/v1/dialogues/{dialogue_id}/messages/{number}/read"): _Row("read_message", _same("post")),
    ("POST", "/v1/receipts"): _Row("receive_messages", _receipts),
}
