"""Routes of people: a party's own, their passwords, and their sessions."""

from typing import Final

import msgspec

from skyparley.node.people.records import NewSession, PersonPage, PersonView, SessionPage
from skyparley.web.exchange import Exchange, decode
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply, no_content


class LogInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who logs in."""

    party: str
    login: str
    password: str


class PersonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person as it shall be: name, role (officer, planner, auditor, administrator), language and time zone."""

    name: str
    role: str
    language: str = "en"
    zone: str = "UTC"


class NewPersonBody(PersonBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new person, with its first password."""

    login: str
    password: str


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password; one's own takes the current one."""

    password: str
    current: str | None = None


async def log_in(exchange: Exchange) -> Replies:
    """Begin a session."""
    body = decode(await exchange.body(), LogInBody)
    client = exchange.scope.get("client")
    address = client[0] if client else ""
    return json_reply(await exchange.node.people.log_in(body.party, body.login, body.password, address), 201)


async def list_sessions(exchange: Exchange) -> Replies:
    """Open sessions."""
    exchange.query()
    return json_reply(exchange.node.people.sessions(exchange.author))


async def end_session(exchange: Exchange) -> Replies:
    """End a session."""
    name = exchange.parameters["session_id"]
    await exchange.node.people.end(exchange.author, exchange.author.key_id if name == "current" else name)
    return no_content()


async def list_people(exchange: Exchange) -> Replies:
    """The people of the author's party."""
    exchange.query()
    return json_reply(exchange.node.people.of_party(exchange.author))


async def add_person(exchange: Exchange) -> Replies:
    """A new person."""
    body = decode(await exchange.body(), NewPersonBody)
    view = await exchange.node.people.add(
        exchange.author, body.login, body.name, body.role, body.language, body.zone, body.password
    )
    return json_reply(view, 201)


async def change_person(exchange: Exchange) -> Replies:
    """A person's name, role, language and zone."""
    body = decode(await exchange.body(), PersonBody)
    view = await exchange.node.people.change(
        exchange.author, exchange.parameters["login"], body.name, body.role, body.language, body.zone
    )
    return json_reply(view)


async def set_password(exchange: Exchange) -> Replies:
    """A new password."""
    body = decode(await exchange.body(), PasswordBody)
    login = exchange.parameters["login"]
    return json_reply(await exchange.node.people.set_password(exchange.author, login, body.password, body.current))


async def disable_person(exchange: Exchange) -> Replies:
    """A person may log in no longer."""
    await exchange.node.people.disable(exchange.author, exchange.parameters["login"])
    return no_content()


_PERSON: Final = "/v1/people/{login}"

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/sessions",
        log_in,
        "logIn",
        "Begin a session with login and password",
        "public",
        status=201,
        answer=NewSession,
        body=LogInBody,
        refusals=(401, 429),
    ),
    Endpoint("GET", "/v1/sessions", list_sessions, "listSessions", "Open sessions", "key", answer=SessionPage),
    Endpoint("DELETE", "/v1/sessions/{session_id}", end_session, "endSession", "End a session", "key", status=204),
    Endpoint("GET", "/v1/people", list_people, "listPeople", "The people of the key's party", "key", answer=PersonPage),
    Endpoint(
        "POST",
        "/v1/people",
        add_person,
        "addPerson",
        "Add a person",
        "key",
        status=201,
        right="people",
        answer=PersonView,
        body=NewPersonBody,
        refusals=(409,),
    ),
    Endpoint(
        "POST",
        _PERSON,
        change_person,
        "changePerson",
        "Change a person's name, role, language or zone",
        "key",
        right="people",
        answer=PersonView,
        body=PersonBody,
    ),
    Endpoint(
        "POST",
        f"{_PERSON}/password",
        set_password,
        "setPassword",
        "Set a password: one's own, or as an administrator",
        "key",
        answer=PersonView,
        body=PasswordBody,
        refusals=(429,),
    ),
    Endpoint(
        "DELETE",
        _PERSON,
        disable_person,
        "disablePerson",
        "Let a person log in no longer",
        "key",
        status=204,
        right="people",
    ),
)
