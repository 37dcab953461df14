"""The duty desk: posts are set up, watches begin and end with a hand-over note, tests of the line are answered."""

from functools import partial
from typing import Final

from skyparley.airspace.limits import check_text
from skyparley.airspace.line.duty.commands import (
    CallLineTest,
    ClosePost,
    DefinePost,
    LeaveWatch,
    LineTestCommand,
    TakeWatch,
)
from skyparley.errors import NotFoundError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.duty.views import LineTestAnswer, LineTestPage, PostAnswer, PostPage, line_test_view
from skyparley.node.line.reading import LineReader
from skyparley.node.line.sealed import draw, seal
from skyparley.node.line.views import may_see_agreement

MAX_NOTE_LENGTH: Final = 4_000


class DutyDesk:
    """Takes a party's commands on its posts and on tests of the line, and answers them."""

    def __init__(self, engine: Engine, vault: Vault, reader: LineReader) -> None:
        self._engine = engine
        self._vault = vault
        self._reader = reader

    async def close(self, author: Author, post: str, *, idempotency_key: str = "") -> None:
        """Give up a post."""
        await self._engine.submit_for(author, ClosePost(post), idempotency_key=idempotency_key)

    async def define(self, author: Author, command: DefinePost, *, idempotency_key: str = "") -> PostAnswer:
        """Set up a post, and show it."""
        sequence = await self._engine.submit_for(author, command, idempotency_key=idempotency_key)
        return self._answer(author, command.post, sequence, None)

    async def take(self, author: Author, post: str, *, idempotency_key: str = "") -> PostAnswer:
        """Begin a watch; its identifier is what `leave` takes."""
        context = f"watch/{author.require_party()}/{post}"
        watch = draw(self._vault.secret, context, idempotency_key).hex()
        await self._reader.watchers.keep(watch, author)
        sequence = await self._engine.submit_for(author, TakeWatch(post, watch), idempotency_key=idempotency_key)
        return self._answer(author, post, sequence, watch)

    async def leave(self, author: Author, post: str, watch: str, note: str, *, idempotency_key: str = "") -> PostAnswer:
        """End a watch, with a note to those who come (empty: none)."""
        party = author.require_party()
        if not note:
            ended = LeaveWatch(post, watch, "")
            sequence = await self._engine.submit_for(author, ended, idempotency_key=idempotency_key)
            return self._answer(author, post, sequence, None)
        check_text(note, MAX_NOTE_LENGTH, place="note")
        sealed = seal(self._vault.secret, note.encode(), f"note/{party}/{post}", idempotency_key)
        command = LeaveWatch(post, watch, sealed.digest)

        keep = partial(self._vault.put_bodies, [(sealed.digest, party, sealed.data)])
        sequence = await self._engine.submit_for(
            author, command, idempotency_key=idempotency_key, keep=keep, bodies=[sealed.data]
        )
        return self._answer(author, post, sequence, None)

    async def test(self, author: Author, command: LineTestCommand, *, idempotency_key: str = "") -> LineTestAnswer:
        """Call a test of the line, or answer one."""
        self._reader.watchers.require(self._engine.state.line, author, command.post)
        sequence = await self._engine.submit_for(author, command, idempotency_key=idempotency_key)
        line = self._engine.state.line
        number = line.last_test(command.agreement_id) if isinstance(command, CallLineTest) else command.number
        return LineTestAnswer(line_test_view(line.line_tests[command.agreement_id, number]), sequence)

    def posts(self, author: Author, party: str) -> PostPage:
        """The posts of a party: everybody may know where it is reached. Raises `NotFoundError`."""
        state = self._engine.state
        if party not in state.parties:
            raise NotFoundError(f"there is no party '{party}'")
        return PostPage([self._reader.post(author, post) for post in state.line.posts_of(party)], None)

    def tests(self, author: Author, agreement_id: str) -> LineTestPage:
        """The last tests of an agreement's line, the newest first. Raises `NotFoundError`."""
        line = self._engine.state.line
        agreement = line.agreements.get(agreement_id)
        if agreement is None or not may_see_agreement(author, agreement):
            raise NotFoundError(f"there is no agreement '{agreement_id}' that this key may see")
        tests = [line_test_view(test) for test in reversed(line.tests_of(agreement_id))]
        return LineTestPage(tests, format_time(agreement.next_test_us) if agreement.next_test_us else None, None)

    def _answer(self, author: Author, post: str, sequence: int, watch: str | None) -> PostAnswer:
        return PostAnswer(self._reader.post(author, self._engine.state.line.posts[author.party, post]), sequence, watch)
