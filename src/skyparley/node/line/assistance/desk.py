"""The assistance desk: a request is parsed by the catalogue, kept in the vault, and put before all by one entry."""

from collections.abc import Mapping, Sequence
from functools import partial

from skyparley.airspace.line.agreements.numbers import contact
from skyparley.airspace.line.assistance.commands import Called, CloseAssistance, RequestAssistance
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.catalogue.messages import encode_body, parse_message
from skyparley.errors import InvalidInputError, NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.assistance.views import AssistanceAnswer, AssistancePage
from skyparley.node.line.sealed import draw, seal
from skyparley.node.reading.disclosure import may_see_assistance
from skyparley.node.reading.reader import Reader

CODE = "assistance-request"


class AssistanceDesk:
    """Takes requests for assistance, and shows the cases to all concerned."""

    def __init__(self, engine: Engine, vault: Vault, reader: Reader) -> None:
        self._engine = engine
        self._vault = vault
        self._reader = reader

    async def request(
        self,
        author: Author,
        parameters: Mapping[str, object],
        *,
        parties: Sequence[str] = (),
        from_post: str = "",
        idempotency_key: str = "",
    ) -> AssistanceAnswer:
        """Call parties to an aircraft in distress; all others that have a post if none is named."""
        party, state = author.require_party(), self._engine.state
        context = f"assistance/{party}"
        assistance_id = draw(self._vault.secret, context, idempotency_key).hex()
        body = encode_body(CODE, parse_message(CODE, parameters))
        sealed = seal(self._vault.secret, body, context, idempotency_key)
        for name in parties:
            if name not in state.parties:
                raise NotFoundError(f"there is no party '{name[:64]}'", place="parties")
        wanted = sorted({*parties} or {name for name in state.parties if name != party})
        reached = {name: self._post_of(party, name) for name in wanted}
        calls = [
            Called(name, post, draw(self._vault.secret, f"{context}/{name}", idempotency_key).hex())
            for name, post in reached.items()
            if post
        ]
        if not calls:
            raise InvalidInputError("none of them has a post at which it could be called", place="parties")
        post = self._reader.line.watchers.post_for(state.line, author, from_post, place="from_post")
        command = RequestAssistance(assistance_id, tuple(calls), post, read_back=True, body_digest=sealed.digest)

        keep = partial(self._vault.put_bodies, [(sealed.digest, party, sealed.data)])
        sequence = await self._engine.submit_for(
            author, command, idempotency_key=idempotency_key, keep=keep, bodies=[sealed.data]
        )
        unreachable = [name for name, post in reached.items() if not post]
        return self._answer(author, state.line.assistance[assistance_id], unreachable, sequence)

    async def close(self, author: Author, assistance_id: str, post: str = "") -> AssistanceAnswer:
        """Nothing more is needed; only whoever asked says so."""
        line = self._engine.state.line
        author.require_party()
        speaking = self._reader.line.watchers.post_for(line, author, post)
        command = CloseAssistance(assistance_id, speaking)
        sequence = await self._engine.submit_for(author, command)
        return self._answer(author, line.assistance[assistance_id], [], sequence)

    def cases(self, author: Author, language: str, zone: str) -> AssistancePage:
        """The cases that concern a reader, the newest first."""
        held = [one for one in self._engine.state.line.assistance.values() if may_see_assistance(author, one)]
        held.sort(key=lambda one: (-one.requested_us, one.assistance_id))
        return AssistancePage([self._reader.line.assistance(author, one, language, zone) for one in held], None)

    def case(self, author: Author, assistance_id: str) -> Assistance:
        """A case that concerns a reader. Raises `NotFoundError`."""
        found = self._engine.state.line.assistance.get(assistance_id)
        if found is None or not may_see_assistance(author, found):
            raise NotFoundError(f"there is no case '{assistance_id[:40]}' that concerns this key")
        return found

    def _answer(self, author: Author, case: Assistance, unreachable: list[str], sequence: int) -> AssistanceAnswer:
        return AssistanceAnswer(self._reader.line.assistance(author, case), unreachable, sequence)

    def _post_of(self, party: str, other: str) -> str:
        """Where a party is called: at the agreed contact, else where somebody has the watch, else anywhere."""
        line = self._engine.state.line
        agreed, _ = contact(line.between(party, other), other)
        posts = line.posts_of(other)
        if agreed and any(one.post == agreed for one in posts):
            return agreed
        return next((one.post for one in posts if one.staffed), posts[0].post if posts else "")
