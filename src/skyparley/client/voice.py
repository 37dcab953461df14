"""Voice calls put on record: one function for each route, values without a connection."""

from collections.abc import Sequence

from skyparley.client.call import Call, Fields, path_of
from skyparley.node.line.calls.views import CallAnswer, CallPage, CallView


def record_call(
    other: str,
    participants: Sequence[tuple[str, str]],
    began: str,
    lasted_s: int,
    agenda: str,
    text: str,
    *,
    decisions: Sequence[str] = (),
    commitments: Sequence[Fields] = (),
    language: str = "en",
) -> Call[CallAnswer]:
    """Put a voice call on record; `participants` are (party, post), `commitments` have `text`, `owner` and `due`."""
    body = {
        "other": other,
        "participants": [{"party": party, "post": post} for party, post in participants],
        "began": began,
        "lasted_s": lasted_s,
        "language": language,
        "agenda": agenda,
        "text": text,
        "decisions": list(decisions),
        "commitments": list(commitments),
    }
    return Call("POST", "/v1/calls", CallAnswer, body, True)


def calls_on_record() -> Call[CallPage]:
    """The voice calls of the key's party."""
    return Call("GET", "/v1/calls", CallPage)


def call_on_record(call_id: str) -> Call[CallView]:
    """One voice call with its texts."""
    return Call("GET", path_of("calls", call_id), CallView)


def revise_call(
    call_id: str,
    revision: int,
    agenda: str,
    text: str,
    *,
    decisions: Sequence[str] = (),
    commitments: Sequence[Fields] = (),
    language: str = "en",
) -> Call[CallAnswer]:
    """Another draft of the text of a voice call."""
    body = {
        "revision": revision,
        "language": language,
        "agenda": agenda,
        "text": text,
        "decisions": list(decisions),
        "commitments": list(commitments),
    }
    return Call("POST", path_of("calls", call_id, "text"), CallAnswer, body, True)


def agree_call(call_id: str, revision: int) -> Call[CallAnswer]:
    """Agree to the other side's draft."""
    return Call("POST", path_of("calls", call_id, "agree"), CallAnswer, {"revision": revision}, True)


def account_call(call_id: str, text: str) -> Call[CallAnswer]:
    """One's own account of a voice call."""
    return Call("POST", path_of("calls", call_id, "account"), CallAnswer, {"text": text}, True)


def report_commitment(call_id: str, number: int, word: str, text: str) -> Call[CallAnswer]:
    """What became of a commitment: `meet`, `partly` or `fail` by its owner, `dispute` by the other side."""
    body = {"word": word, "text": text}
    return Call("POST", path_of("calls", call_id, "commitments", str(number)), CallAnswer, body, True)
