"""Limits that SECURITY.md states are those in the code."""

import re

import pytest

from skyparley.airspace import limits
from skyparley.airspace.dss.items import DEFAULT_LIMITS
from skyparley.formats import load
from skyparley.geometry import footprint, trajectory
from skyparley.node import engine, events
from skyparley.node.reading import shapes
from skyparley.web import exchange, server
from skyparley.web.tokens import keys, verify
from support.tree import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "days": limits.DAY_US}
STATED = {
    "request body": [exchange.MAX_BODY_BYTES, exchange.MAX_ARRIVING_BYTES],
    "head of a request, query": [server.MAX_HEADER_BYTES, exchange.MAX_QUERY_BYTES],
    "requests at work, commands in flight": [exchange.MAX_REQUESTS_AT_WORK, engine.MAX_IN_FLIGHT],
    "open event streams, messages that wait for one": [events.MAX_STREAMS, events.MAX_WAITING_MESSAGES],
    "vertices of a polygon, points of a trajectory": [
        footprint.MAX_POLYGON_VERTICES,
        trajectory.MAX_TRAJECTORY_POINTS,
    ],
    "pieces of an operation": [shapes.MAX_PIECES],
    "reserved area × time, duration, lead": [
        limits.MAX_RESERVED_CELL_HOURS,
        limits.MAX_OPERATION_DURATION_US,
        limits.MAX_AHEAD_US,
    ],
    "live operations of a party": [limits.MAX_LIVE_OPERATIONS_PER_PARTY],
    "access token, its subject, keys in use, tokens remembered": [
        verify.MAX_TOKEN_BYTES,
        verify.MAX_SUBJECT_LENGTH,
        keys.MAX_KEYS,
        verify.MAX_CACHED_TOKENS,
    ],
    "intents, constraints, subscriptions of a USS": [
        DEFAULT_LIMITS.max_intents_per_uss,
        DEFAULT_LIMITS.max_constraints_per_uss,
        DEFAULT_LIMITS.max_subscriptions_per_uss,
    ],
    "writes of a USS at work": [DEFAULT_LIMITS.max_writes_at_once_per_uss],
    "a file that `skyparley check` reads": [load.MAX_FILE_BYTES],
}


def test_every_row_is_looked_at() -> None:
    table = TEXT.split("### Limits of what is read")[1].split("##")[0]
    assert set(re.findall(r"^\| ([^|]+?) \| [\d]", table, re.MULTILINE)) == set(STATED)


@pytest.mark.parametrize("what", STATED)
def test_a_stated_limit_is_the_one_in_the_code(what: str) -> None:
    (row,) = re.findall(rf"^\| {re.escape(what)} \| ([^|]+) \|", TEXT, re.MULTILINE)
    numbers = [
        int(number.replace(",", "")) * UNITS.get(unit, 1) for number, unit in re.findall(r"(\d[\d,]*\d|\d) ?(\w*)", row)
    ]
    assert numbers == STATED[what]
