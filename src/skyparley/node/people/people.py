"""The people of a party: added, changed, disabled; they log in, and their sessions end.

All of it is private to the node. In the shared log a person is a post, never a name.
"""

import asyncio
import hmac
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from skyparley.catalogue.moments import find_zone
from skyparley.errors import ConflictingStateError, InvalidInputError, NotFoundError, UnauthenticatedError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Clock
from skyparley.node.identity import SESSION_PREFIX, Author, make_secret, split_secret
from skyparley.node.people.attempts import Attempts
from skyparley.node.people.passwords import Passwords
from skyparley.node.people.records import (
    NewSession,
    PersonPage,
    PersonView,
    SessionPage,
    SessionView,
    StoredPerson,
    StoredSession,
    person_view,
)
from skyparley.node.people.rights import ROLES, require_right
from skyparley.units import MICROSECONDS_PER_SECOND, SECONDS_PER_HOUR
from skyparley.vocabulary import LANGUAGES, check_plain_text

IDLE_S: Final = 12 * SECONDS_PER_HOUR
LONGEST_S: Final = 24 * SECONDS_PER_HOUR
WRITE_SEEN_EVERY_S: Final = 60
MAX_PEOPLE_PER_PARTY: Final = 2_000
MAX_NAME_LENGTH: Final = 200
_LOGIN: Final = re.compile(r"[a-z0-9._-]{1,64}")
_log: Final = logging.getLogger("skyparley.people")


class People:
    """People and sessions, held in memory and in the vault."""

    def __init__(self, vault: Vault, clock: Clock, passwords: Passwords) -> None:
        self._vault = vault
        self._clock = clock
        self._passwords = passwords
        self._attempts = Attempts(clock)
        self._people = {(one.party, one.login): one for one in vault.stored_people()}
        self._sessions = {one.session_id: one for one in vault.stored_sessions()}
        self._written_us: dict[str, int] = {}
        self._changing = asyncio.Lock()
        """Held from what is read of a person to what is written: nothing comes between."""
        self.on_ended: Callable[[str], None] = lambda _: None
        """Called with the identifier of every session that ends."""

    # people

    def of_party(self, author: Author) -> PersonPage:
        """The people of the author's party, disabled ones too."""
        party = author.require_party()
        return PersonPage([person_view(self._people[key]) for key in sorted(self._people) if key[0] == party], None)

    def own(self, author: Author) -> StoredPerson | None:
        """Who the author is; None for an API key."""
        return self._people.get((author.party, author.person)) if author.person else None

    async def add(
        self, author: Author, login: str, name: str, role: str, language: str, zone: str, password: str
    ) -> PersonView:
        """A new person of the author's party."""
        party = author.require_party()
        if not _LOGIN.fullmatch(login):
            raise InvalidInputError("a login is 1 to 64 characters of a-z, 0-9 and . _ -", place="login")
        self._check_room(party, login)
        _check(name, role, language, zone)
        hashed = await self._passwords.hash(login, password)
        async with self._changing:
            self._check_room(party, login)
            return await self._put(StoredPerson(party, login, name, role, language, zone, hashed, self._clock(), None))

    async def change(self, author: Author, login: str, name: str, role: str, language: str, zone: str) -> PersonView:
        """A person's name, role, language and zone. Another role ends its sessions."""
        async with self._changing:
            before = self._person(author, login)
            _check(name, role, language, zone)
            view = await self._put(replace(before, name=name, role=role, language=language, zone=zone))
            if role != before.role:
                await self._end_all(before)
            return view

    async def set_password(self, author: Author, login: str, password: str, current: str | None) -> PersonView:
        """A new password, which ends the person's other sessions. One's own takes the current one.

        By an administrator or the party's key it takes none, and lets in again who was disabled.
        """
        person = self._person(author, login)
        own = author.person == login
        if not own:
            require_right(author, "people")
        elif not await self._verified(person.party, login, "", person.password_hash, current or ""):
            raise UnauthenticatedError("the current password is wrong", place="current")
        hashed = await self._passwords.hash(login, password)
        async with self._changing:
            person = self._person(author, login)  # who was disabled meanwhile stays so, unless let in again here
            disabled_us = person.disabled_us if own else None
            view = await self._put(replace(person, password_hash=hashed, disabled_us=disabled_us))
            await self._end_all(person, but=author.key_id)
            return view

    async def disable(self, author: Author, login: str) -> None:
        """A person may log in no longer; its sessions end."""
        async with self._changing:
            person = self._person(author, login)
            if person.disabled_us is None:
                await self._put(replace(person, disabled_us=self._clock()))
            await self._end_all(person)

    # sessions

    async def log_in(self, party: str, login: str, password: str, address: str) -> NewSession:
        """Begin a session. Raises `UnauthenticatedError`, in the same words whoever it was, or `RateLimitedError`."""
        stored = self._way_in(party, login)
        verified = await self._verified(party, login, address, stored, password)
        async with self._changing:
            # who was disabled, or got another password, while this one was verified is not let in by it
            if not verified or self._way_in(party, login) != stored:
                _log.warning("a log-in failed: party %r, login %r, from %s", party[:64], login[:64], address)
                raise UnauthenticatedError("party, login or password is wrong")
            token, session_id, secret_sha256 = make_secret(SESSION_PREFIX)
            now_us = self._clock()
            session = StoredSession(session_id, party, login, secret_sha256, now_us, now_us)
            await self._vault.put_session(session)
            self._sessions[session_id] = session
            person = self._people[party, login]
            return NewSession(token, session_id, format_time(_longest_us(session)), person_view(person))

    def authenticate(self, token: str) -> Author:
        """Whom a session's token speaks for. Raises `UnauthenticatedError` if it is unknown or over."""
        session_id, secret_sha256 = split_secret(token, SESSION_PREFIX)
        session = self._sessions.get(session_id)
        known = session is not None and hmac.compare_digest(session.secret_sha256, secret_sha256)
        if session is None or not known or self._is_over(session):
            raise UnauthenticatedError("this session is over: log in again")
        self._sessions[session_id] = replace(session, seen_us=self._clock())
        person = self._people[session.party, session.login]
        return Author("party", session.party, session_id, session.login, person.role)

    def sessions(self, author: Author) -> SessionPage:
        """The author's open sessions; all of the party for who may manage people."""
        party = author.require_party()
        found = [
            one
            for one in self._sessions.values()
            if one.party == party and (_manages(author) or one.login == author.person) and not self._is_over(one)
        ]
        found.sort(key=lambda one: (one.created_us, one.session_id))
        return SessionPage([_session_view(one) for one in found], None)

    async def end(self, author: Author, session_id: str) -> None:
        """End a session: one's own, or any of the party for who may manage people. Raises `NotFoundError`."""
        session = self._sessions.get(session_id)
        party = author.require_party()
        if session is None or session.party != party or not (_manages(author) or session.login == author.person):
            raise NotFoundError(f"there is no session '{session_id[:40]}' that this key may end")
        await self._drop([session])

    async def tidy(self) -> None:
        """Write when sessions were last seen, at most once a minute each; forget those that are over."""
        over = [one for one in self._sessions.values() if self._is_over(one)]
        await self._drop(over)
        for session in list(self._sessions.values()):
            if session.seen_us - self._written_us.get(session.session_id, session.created_us) > (
                WRITE_SEEN_EVERY_S * MICROSECONDS_PER_SECOND
            ):
                await self._vault.put_session(session)
                self._written_us[session.session_id] = session.seen_us

    # inside

    def _way_in(self, party: str, login: str) -> str | None:
        """The hash of the password that lets a person in; None for who is not there, or disabled."""
        person = self._people.get((party, login))
        return None if person is None or person.disabled_us is not None else person.password_hash

    async def _verified(self, party: str, login: str, address: str, stored: str | None, password: str) -> bool:
        """Whether a password is right. Raises `RateLimitedError` if a person or an address was wrong too often."""

        def allowed() -> None:
            self._attempts.check(party, login, address)

        allowed()
        right = await self._passwords.verify(stored, password, allowed=allowed)
        if not right:
            self._attempts.failed(party, login, address)
        return right

    def _check_room(self, party: str, login: str) -> None:
        """Raise `ConflictingStateError` if a party cannot have one more person of that login."""
        if (party, login) in self._people:
            raise ConflictingStateError(
                f"there is a person '{login}' already: logins are not used again", place="login"
            )
        if sum(key[0] == party for key in self._people) >= MAX_PEOPLE_PER_PARTY:
            raise ConflictingStateError(f"a party has at most {MAX_PEOPLE_PER_PARTY} people")

    async def _put(self, person: StoredPerson) -> PersonView:
        await self._vault.put_person(person)
        self._people[person.party, person.login] = person
        return person_view(person)

    def _person(self, author: Author, login: str) -> StoredPerson:
        found = self._people.get((author.require_party(), login))
        if found is None:
            raise NotFoundError(f"there is no person '{login[:64]}'")
        return found

    async def _end_all(self, person: StoredPerson, *, but: str = "") -> None:
        theirs = [one for one in self._sessions.values() if (one.party, one.login) == (person.party, person.login)]
        await self._drop([one for one in theirs if one.session_id != but])

    async def _drop(self, sessions: list[StoredSession]) -> None:
        if sessions:
            await self._vault.drop_sessions([one.session_id for one in sessions])
        for session in sessions:
            self._sessions.pop(session.session_id, None)
            self._written_us.pop(session.session_id, None)
            self.on_ended(session.session_id)

    def _is_over(self, session: StoredSession) -> bool:
        now_us = self._clock()
        return now_us >= min(_longest_us(session), session.seen_us + IDLE_S * MICROSECONDS_PER_SECOND)


def _manages(author: Author) -> bool:
    return not author.person or author.person_role == "administrator"


def _longest_us(session: StoredSession) -> int:
    return session.created_us + LONGEST_S * MICROSECONDS_PER_SECOND


def _session_view(session: StoredSession) -> SessionView:
    times = (session.created_us, session.seen_us, _longest_us(session))
    return SessionView(session.session_id, session.login, *map(format_time, times))


def _check(name: str, role: str, language: str, zone: str) -> None:
    """Raise `InvalidInputError` with the place of what no person can have."""
    if not name.strip() or len(name) > MAX_NAME_LENGTH:
        raise InvalidInputError(f"a name has 1 to {MAX_NAME_LENGTH} characters", place="name")
    check_plain_text(name, lines=False, place="name")
    if role not in ROLES:
        raise InvalidInputError(f"unknown role: use one of {', '.join(ROLES)}", place="role")
    if language not in LANGUAGES:
        raise InvalidInputError(f"unknown language: use one of {', '.join(LANGUAGES)}", place="language")
    try:
        find_zone(zone)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, place="zone") from None
