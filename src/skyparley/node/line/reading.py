"""Reading the line: dialogues with what their messages say, posts with their notes, and what streams carry of them."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import msgspec

from skyparley.airspace.events import (
    AssistanceChanged,
    CallChanged,
    Change,
    DialogueChanged,
    LineTested,
    PostChanged,
    PostClosed,
)
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.items import Post
from skyparley.airspace.state import Airspace
from skyparley.catalogue.messages import parse_message
from skyparley.catalogue.render import render, title
from skyparley.catalogue.texts import SOURCE_LANGUAGE
from skyparley.geometry.interval import format_time
from skyparley.node.custody.vault import Vault
from skyparley.node.identity import Author
from skyparley.node.line.assistance.views import AssistanceView, called_views
from skyparley.node.line.bodies import Body, compare_bodies, read_body
from skyparley.node.line.dialogue.places import cited
from skyparley.node.line.dialogue.views import (
    DialogueView,
    FieldView,
    MessageView,
    dialogue_view,
    step_views,
)
from skyparley.node.line.duty.views import PostView, line_test_view, post_view
from skyparley.node.line.duty.watchers import Watchers
from skyparley.node.line.sealed import unseal
from skyparley.node.line.views import agreement_status

BODIES_KEPT: Final = 4_096


class LineReader:
    """Views of dialogues and posts. `conflict_name` says how a conflict is called outside."""

    def __init__(self, state: Airspace, vault: Vault, conflict_name: Callable[[str], str]) -> None:
        self._state = state
        self._vault = vault
        self._conflict_name = conflict_name
        self.watchers = Watchers(vault)
        """Who has the watches."""
        self._bodies: OrderedDict[str, Body] = OrderedDict()

    def body(self, digest: str) -> Body:
        """What a message says. Raises `StorageError` if the vault does not hold it."""
        if digest in self._state.deletions:
            return Body("free-text", parse_message("free-text", {"text": self.gone(digest)}), None)
        found = self._bodies.get(digest)
        if found is None:
            found = read_body(self._vault, digest)
            self._bodies[digest] = found
            if len(self._bodies) > BODIES_KEPT:
                self._bodies.popitem(last=False)
        return found

    def gone(self, digest: str) -> str:
        """What stands in place of words that were deleted."""
        deletion = self._state.deletions[digest]
        return f"(deleted by entry {deletion.deleted_sequence} under: {deletion.under})"

    def words(self, digest: str) -> str:
        """A text as it was said, or that it was deleted."""
        if digest in self._state.deletions:
            return self.gone(digest)
        return unseal(self._vault.body(digest)).decode()

    def dialogue(self, dialogue: Dialogue) -> DialogueView:
        """Where a dialogue stands at the applied end of the log."""
        about = self._conflict_name(dialogue.about) if dialogue.about else None
        place = dialogue.chain[dialogue.step] if dialogue.step < len(dialogue.chain) else ""
        post = self._state.line.posts.get((dialogue.owes, place))
        first = self._state.line.messages.get((dialogue.dialogue_id, dialogue.question or 1))
        code = self.body(first.digest).code if first is not None else ""  # told late, of one that has left since
        return dialogue_view(
            dialogue,
            about,
            code,
            [agreement_status(one) for one in self._state.line.between(dialogue.opener, dialogue.other)],
            staffed=post is not None and post.staffed,
            now_us=self._state.time_us,
        )

    def message(self, author: Author, message: Message, language: str | None = None, zone: str = "UTC") -> MessageView:
        """A message; in a language if one is asked for. Raises `InvalidInputError` for an unknown language or zone."""
        own = author.party == message.from_party
        said = self.body(message.digest)
        return MessageView(
            dialogue_id=message.dialogue_id,
            number=message.number,
            from_party=message.from_party,
            from_post=message.from_post,
            to_party=message.to_party,
            reference=message.reference or None,
            act=message.act,
            precedence=message.precedence,
            response=message.response,
            sent=format_time(message.sent_us),
            received=format_time(message.received_us) if message.received_us else None,
            read=format_time(message.read_us) if message.read_us else None,
            read_post=message.read_post or None,
            delayed=message.delayed,
            steps=step_views(message),
            digest=message.digest,
            code=said.code,
            parameters=said.parameters,
            fields=self._compared(message, said),
            proposes=sorted({change.party for change in message.changes}),
            checked_through=message.checked_through or None,
            cited=cited(self._state.line.between(message.from_party, message.to_party), said.parameters),
            person=self.watchers.of(message.digest) if own else None,
            title=None if language is None else title(said.code, language),
            text=None if language is None else render(said.code, said.parameters, language, zone=zone),
        )

    def assistance(
        self, author: Author, case: Assistance, language: str | None = None, zone: str = "UTC"
    ) -> AssistanceView:
        """A case of assistance; what was asked in a language if one is asked for."""
        first = self._state.line.messages.get((case.called[0].dialogue_id, 1))
        said = None if first is None else self.body(first.digest)
        shown, read = (None, SOURCE_LANGUAGE) if language is None else (said, language)
        return AssistanceView(
            assistance_id=case.assistance_id,
            requester=case.requester,
            post=case.post,
            state=case.state,
            called=called_views(case, author.party, all_of_it=author.sees_all),
            parameters={} if said is None else said.parameters,
            requested=format_time(case.requested_us),
            changed=format_time(case.changed_us),
            sequence=case.changed_sequence,
            title=None if shown is None else title(shown.code, read),
            text=None if shown is None else render(shown.code, shown.parameters, read, zone=zone),
        )

    def _compared(self, message: Message, said: Body) -> list[FieldView] | None:
        if said.fields is None:
            return None
        asked = self._state.line.messages.get((message.dialogue_id, message.reference))
        if asked is None or asked.digest in self._state.deletions:
            return None
        question = self.body(asked.digest)
        return [FieldView(one.name, one.sent, one.read_back, one.equal) for one in compare_bodies(question, said)]

    def post(self, author: Author, post: Post) -> PostView:
        """A post; its hand-over note only for its own party."""
        own = author.party == post.party
        note = self.words(post.note_digest) if own and post.note_digest else None
        return post_view(post, note, {one.watch: self.watchers.of(one.watch) for one in post.watches} if own else {})

    def render(self, author: Author, change: Change) -> bytes | None:
        """A change of the line as JSON for a stream; None if it is none."""
        told: dict[str, Any]
        if isinstance(change, DialogueChanged):
            messages = [self.message(author, message) for message in change.messages]
            told = {"type": "dialogue", "dialogue": self.dialogue(change.dialogue), "messages": messages}
        elif isinstance(change, PostChanged):
            told = {"type": "post", "post": self.post(author, change.post)}
        elif isinstance(change, PostClosed):
            told = {"type": "post_closed", "party": change.post.party, "post": change.post.post}
        elif isinstance(change, LineTested):
            told = {"type": "line_test", "test": line_test_view(change.test)}
        elif isinstance(change, CallChanged):
            told = {"type": "call", "call_id": change.call.call_id, "state": change.call.state}
        elif isinstance(change, AssistanceChanged):
            told = {"type": "assistance", "assistance": self.assistance(author, change.assistance)}
        else:
            return None
        return msgspec.json.encode(told)
