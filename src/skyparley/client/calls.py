"""What can be asked of a node about the line, one function for each route: functions of values, without a connection.

Parameters of messages are those of docs/messages.md, terms those of docs/line.md; times are RFC 3339 with their zone.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from skyparley.client.call import Call, Fields, given, path_of
from skyparley.node.line.assistance.views import AssistanceAnswer, AssistancePage, AssistanceView
from skyparley.node.line.dialogue.views import DialogueAnswer, DialogueDetail, DialoguePage, Inbox, ReceiptAnswer
from skyparley.node.line.duty.views import LineTestAnswer, LineTestPage, PostAnswer, PostPage
from skyparley.node.line.negotiation.views import ProposalView
from skyparley.node.line.said import CatalogueView
from skyparley.node.line.views import AgreementAnswer, AgreementPage, AgreementView
from skyparley.node.people.records import NewSession, PersonPage, PersonView, SessionPage
from skyparley.node.reading.views import ConflictDetail, ConflictPage, ConflictView

# people


def log_in(party: str, login: str, password: str) -> Call[NewSession]:
    """Begin a session; its token goes where an API key goes."""
    return Call("POST", "/v1/sessions", NewSession, {"party": party, "login": login, "password": password})


def log_out() -> Call[None]:
    """End the session that asks."""
    return Call("DELETE", "/v1/sessions/current", type(None))


def sessions() -> Call[SessionPage]:
    """Open sessions."""
    return Call("GET", "/v1/sessions", SessionPage)


def people() -> Call[PersonPage]:
    """The people of the key's party."""
    return Call("GET", "/v1/people", PersonPage)


def add_person(
    login: str, name: str, role: str, password: str, *, language: str = "en", zone: str = "UTC"
) -> Call[PersonView]:
    """Add a person."""
    body = {"login": login, "name": name, "role": role, "password": password, "language": language, "zone": zone}
    return Call("POST", "/v1/people", PersonView, body)


# posts and tests of the line


def posts(party: str) -> Call[PostPage]:
    """The posts of a party, and who has the watch."""
    return Call("GET", path_of("parties", party, "posts"), PostPage)


def define_post(post: str, *, deputies: Sequence[str] = (), next_post: str | None = None) -> Call[PostAnswer]:
    """Set up a post, or say anew who stands in for it."""
    return Call("PUT", path_of("posts", post), PostAnswer, {"deputies": list(deputies), "next_post": next_post}, True)


def close_post(post: str) -> Call[None]:
    """Give up a post."""
    return Call("DELETE", path_of("posts", post), type(None), None, True)


def take_watch(post: str) -> Call[PostAnswer]:
    """Begin a watch; `watch` in the answer is what ends it."""
    return Call("POST", path_of("posts", post, "watch"), PostAnswer, None, True)


def leave_watch(post: str, watch: str, *, note: str = "") -> Call[PostAnswer]:
    """End a watch, with a note to those who come."""
    return Call("POST", path_of("posts", post, "leave"), PostAnswer, {"watch": watch, "note": note}, True)


def line_tests(agreement_id: str) -> Call[LineTestPage]:
    """The last tests of an agreement's line."""
    return Call("GET", path_of("agreements", agreement_id, "tests"), LineTestPage)


def call_line_test(agreement_id: str, post: str) -> Call[LineTestAnswer]:
    """Test the line now."""
    return Call("POST", path_of("agreements", agreement_id, "tests"), LineTestAnswer, {"post": post}, True)


def answer_line_test(agreement_id: str, number: int, post: str, *, declined: bool = False) -> Call[LineTestAnswer]:
    """Answer a test of the line, or decline to."""
    path = path_of("agreements", agreement_id, "tests", str(number))
    return Call("POST", path, LineTestAnswer, {"post": post, "declined": declined}, True)


# dialogues


def inbox() -> Call[Inbox]:
    """What needs the key's party, the most urgent first."""
    return Call("GET", "/v1/inbox", Inbox)


def dialogues(*, after: str = "", limit: int = 200) -> Call[DialoguePage]:
    """The dialogues of the key's party, by identifier."""
    return Call("GET", f"/v1/dialogues?{urlencode({'after': after, 'limit': limit})}", DialoguePage)


def dialogue(dialogue_id: str, *, language: str = "en", zone: str = "UTC") -> Call[DialogueDetail]:
    """A dialogue with its thread, in a language."""
    query = urlencode({"language": language, "zone": zone})
    return Call("GET", f"{path_of('dialogues', dialogue_id)}?{query}", DialogueDetail)


def open_dialogue(
    to_party: str,
    code: str,
    parameters: Fields,
    *,
    from_post: str = "",
    to_post: str = "",
    about: str = "",
    precedence: str = "",
) -> Call[DialogueAnswer]:
    """Speak to another party."""
    body = {
        "to_party": to_party,
        "code": code,
        "parameters": parameters,
        "from_post": from_post,
        "to_post": to_post,
        "about": about,
        "precedence": precedence,
    }
    return Call("POST", "/v1/dialogues", DialogueAnswer, body, True)


def say(
    dialogue_id: str,
    code: str,
    parameters: Fields | None = None,
    *,
    from_post: str = "",
    reference: int = 0,
    precedence: str = "",
    read_back: Fields | None = None,
) -> Call[DialogueAnswer]:
    """One more message: an answer, a counter, a read-back, its confirmation, the end."""
    body = given(
        code=code,
        parameters=parameters or {},
        from_post=from_post,
        reference=reference,
        precedence=precedence,
        read_back=read_back,
    )
    return Call("POST", path_of("dialogues", dialogue_id, "messages"), DialogueAnswer, body, True)


def receive(messages: Sequence[tuple[str, int]]) -> Call[ReceiptAnswer]:
    """Machine receipts, of dialogue and number: repeated they change nothing."""
    listed = [{"dialogue_id": dialogue_id, "number": number} for dialogue_id, number in messages]
    return Call("POST", "/v1/receipts", ReceiptAnswer, {"messages": listed})


def read(dialogue_id: str, number: int, *, post: str = "") -> Call[DialogueAnswer]:
    """Somebody at a post has read a message."""
    path = path_of("dialogues", dialogue_id, "messages", str(number), "read")
    return Call("POST", path, DialogueAnswer, {"post": post})


def proposal(dialogue_id: str) -> Call[ProposalView]:
    """The proposal that waits in a dialogue, compared anew with everything filed."""
    return Call("GET", path_of("dialogues", dialogue_id, "proposal"), ProposalView)


def catalogue(language: str = "en") -> Call[CatalogueView]:
    """What can be said, in a language."""
    return Call("GET", f"/v1/catalogue?{urlencode({'language': language})}", CatalogueView)


def request_assistance(
    parameters: Fields, *, parties: Sequence[str] = (), from_post: str = ""
) -> Call[AssistanceAnswer]:
    """Call parties to an aircraft in distress; all others that have a post if none is named."""
    body = {"parameters": parameters, "parties": list(parties), "from_post": from_post}
    return Call("POST", "/v1/assistance", AssistanceAnswer, body, True)


def assistance_cases(language: str = "en") -> Call[AssistancePage]:
    """The cases of assistance that concern the key."""
    return Call("GET", f"/v1/assistance?{urlencode({'language': language})}", AssistancePage)


def assistance(assistance_id: str, language: str = "en") -> Call[AssistanceView]:
    """One case of assistance, with who acts."""
    return Call("GET", f"{path_of('assistance', assistance_id)}?{urlencode({'language': language})}", AssistanceView)


def close_assistance(assistance_id: str, *, post: str = "") -> Call[AssistanceAnswer]:
    """Nothing more is needed."""
    return Call("POST", path_of("assistance", assistance_id, "close"), AssistanceAnswer, {"post": post})


# conflicts


def conflicts(*, after: str = "", limit: int = 200) -> Call[ConflictPage]:
    """The conflicts that concern the key and hold now."""
    return Call("GET", f"/v1/conflicts?{urlencode(given(after=after or None, limit=limit))}", ConflictPage)


def conflict(conflict_id: str) -> Call[ConflictDetail]:
    """One conflict with its witness and where its volumes overlap."""
    return Call("GET", path_of("conflicts", conflict_id), ConflictDetail)


def acknowledge_alarm(conflict_id: str, *, post: str = "") -> Call[ConflictView]:
    """A post has heard the alarm of a conflict."""
    return Call("POST", path_of("conflicts", conflict_id, "acknowledge"), ConflictView, {"post": post}, True)


# agreements


def agreements() -> Call[AgreementPage]:
    """The agreements of which the key's party is a member."""
    return Call("GET", "/v1/agreements", AgreementPage)


def agreement(agreement_id: str) -> Call[AgreementView]:
    """One agreement with its draft."""
    return Call("GET", path_of("agreements", agreement_id), AgreementView)


def draft_agreement(
    agreement_id: str, titles: Fields, members: Sequence[str], languages: Sequence[str], authoritative: Sequence[str]
) -> Call[AgreementAnswer]:
    """Open the first draft of an agreement."""
    body = {
        "agreement_id": agreement_id,
        "titles": titles,
        "members": list(members),
        "languages": list(languages),
        "authoritative": list(authoritative),
    }
    return Call("POST", "/v1/agreements", AgreementAnswer, body, True)


def propose_clause(
    agreement_id: str,
    version: int,
    number: str,
    texts: Fields,
    *,
    term: Fields | None = None,
    replaces: int = 0,
    struck: bool = False,
) -> Call[AgreementAnswer]:
    """Propose a clause of the draft, counter one, or propose to strike one."""
    body = given(version=version, number=number, texts=texts, term=term, replaces=replaces, struck=struck)
    return _on_agreement(agreement_id, "clauses", body)


def answer_clause(
    agreement_id: str, version: int, number: str, revision: int, *, accepted: bool, reservation: str = ""
) -> Call[AgreementAnswer]:
    """Accept a clause, or reserve one's position."""
    body = {
        "version": version,
        "number": number,
        "revision": revision,
        "accepted": accepted,
        "reservation": reservation,
    }
    return _on_agreement(agreement_id, "answers", body)


def accept_agreement(agreement_id: str, version: int) -> Call[AgreementAnswer]:
    """Accept the draft as a whole."""
    return _on_agreement(agreement_id, "accept", {"version": version})


def suspend_agreement(
    agreement_id: str, version: int, reason: str, *, from_time: str | None = None
) -> Call[AgreementAnswer]:
    """Suspend the agreement for all, at once or from a time on."""
    return _on_agreement(agreement_id, "suspend", given(**{"version": version, "reason": reason, "from": from_time}))


def resume_agreement(agreement_id: str, version: int) -> Call[AgreementAnswer]:
    """Take one's suspension back."""
    return _on_agreement(agreement_id, "resume", {"version": version})


def terminate_agreement(
    agreement_id: str, version: int, reason: str, *, from_time: str | None = None
) -> Call[AgreementAnswer]:
    """End the agreement for all, at once or from a time on."""
    return _on_agreement(agreement_id, "terminate", given(**{"version": version, "reason": reason, "from": from_time}))


def _on_agreement(agreement_id: str, action: str, body: Fields) -> Call[AgreementAnswer]:
    return Call("POST", path_of("agreements", agreement_id, action), AgreementAnswer, body, True)
