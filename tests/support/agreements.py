"""Agreements in tests: drafted, accepted clause by clause and as a whole, over the node as the edges call it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from skyparley.airspace.line.agreements import commands as c
from skyparley.node.identity import Author
from skyparley.node.line.terms import TermBody, read_term
from skyparley.node.line.views import AgreementView
from skyparley.node.node import Node
from support.nodes import ALPHA, BRAVO

NAME = "alpha-bravo"
TEXT = "The parties keep apart."


def term(kind: str, **fields: Any) -> TermBody:
    """A term as a client writes it."""
    found: TermBody = msgspec.convert({"kind": kind, **fields}, TermBody)
    return found


def separation(
    horizontal_m: float, vertical_m: float, class_a: str = "en_route", class_b: str = "en_route"
) -> TermBody:
    return term("separation", class_a=class_a, class_b=class_b, horizontal_m=horizontal_m, vertical_m=vertical_m)


def proposal(
    number: str, given: TermBody | None, version: int = 1, replaces: int = 0, *, name: str = NAME, text: str = TEXT
) -> c.ProposeClause:
    """A clause to be proposed."""
    held = None if given is None else read_term(given)
    return c.ProposeClause(name, version, number, replaces, False, held, (c.Text("en", text),))


async def draft(node: Node, *members: Author, name: str = NAME) -> AgreementView:
    """A first draft of an agreement, without clauses."""
    parties = members or (ALPHA, BRAVO)
    titles = (c.Text("en", "How we keep apart"),)
    named = tuple(sorted(author.party for author in parties))
    return (await node.line.command(parties[0], c.DraftAgreement(name, titles, named, ("en",), ("en",)))).agreement


async def agree(
    node: Node, clauses: dict[str, TermBody | None], members: Sequence[Author] = (ALPHA, BRAVO), name: str = NAME
) -> AgreementView:
    """Bring clauses into force, by number: in a new agreement, or as the next version of what there is."""
    if name not in node.state.line.agreements:
        await draft(node, *members, name=name)
    proposer, *others = members
    view = node.line.agreement(proposer, name)
    version = view.version + 1
    held = {clause.number: clause.revision for clause in node.state.line.agreements[name].clauses}
    for number, given in clauses.items():
        answer = await node.line.command(proposer, proposal(number, given, version, held.get(number, 0), name=name))
        assert answer.agreement.draft is not None
        (clause,) = [clause for clause in answer.agreement.draft.clauses if clause.number == number]
        for other in others:
            await node.line.command(other, c.AnswerClause(name, version, number, clause.revision, True, ""))
    for author in members:
        view = (await node.line.command(author, c.AcceptAgreement(name, version))).agreement
    assert view.status == "in_force"
    return view
