"""What is kept of a person and of a session, and what of it is shown, only to its own party."""

from dataclasses import dataclass

import msgspec

from skyparley.geometry.interval import format_time


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A person; times are microseconds since 1970 UTC. One who is disabled stays, so that it stays known who it was."""

    party: str
    login: str
    name: str
    role: str
    language: str
    zone: str
    password_hash: str
    created_us: int
    disabled_us: int | None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session: of its secret only the SHA-256."""

    session_id: str
    party: str
    login: str
    secret_sha256: bytes
    created_us: int
    seen_us: int


class PersonView(msgspec.Struct, frozen=True):
    """A person of the reader's party."""

    party: str
    login: str
    name: str
    role: str
    language: str
    zone: str
    created: str
    disabled: str | None


class PersonPage(msgspec.Struct, frozen=True):
    """The people of a party, by login; `next` is always null."""

    items: list[PersonView]
    next: None


class SessionView(msgspec.Struct, frozen=True):
    """A session that is open."""

    session_id: str
    login: str
    created: str
    seen: str
    expires: str


class SessionPage(msgspec.Struct, frozen=True):
    """Open sessions, the oldest first; `next` is always null."""

    items: list[SessionView]
    next: None


class NewSession(msgspec.Struct, frozen=True):
    """A session that has begun. `token` is shown this once; it ends at `expires`, or when it is idle for too long."""

    token: str
    session_id: str
    expires: str
    person: PersonView


def person_view(person: StoredPerson) -> PersonView:
    """A person without its password."""
    return PersonView(
        party=person.party,
        login=person.login,
        name=person.name,
        role=person.role,
        language=person.language,
        zone=person.zone,
        created=format_time(person.created_us),
        disabled=None if person.disabled_us is None else format_time(person.disabled_us),
    )
