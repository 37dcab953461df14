"""Drafts of log entries, a clock that stands still, and the chain checked by hand."""

import itertools

from skyparley.log.port import Draft, Entry
from skyparley.log.verify import verify_entry
from skyparley.record.envelope import Header, body_digest, encode_header, first_chain

POOL = "contract"
START_US = 1_800_000_000_000_000


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def draft(
    number: int,
    *,
    body: bytes = b"",
    signature: bytes = b"",
    party: str = "alpha",
    authentication: str = "bearer-attested",
) -> Draft:
    """A draft like no other number's; the same number gives the same header."""
    salt = number.to_bytes(16, "big")
    body = body or b"body %d" % number
    header = Header(
        pool=POOL,
        kind="tick",
        party=party,
        authentication=authentication,
        key_id="",
        idempotency_key=f"k{number}",
        claimed_time_us=number,
        body_digest=body_digest(salt, body),
    )
    return Draft(encode_header(header), salt, body, signature)


def assert_chained(entries: list[Entry], after: int = 0, chain: bytes = first_chain(POOL)) -> None:
    """Sequences without a gap, strictly later times, every entry fits the chain."""
    assert [entry.sequence for entry in entries] == list(range(after + 1, after + 1 + len(entries)))
    for earlier, later in itertools.pairwise(entries):
        assert later.time_us > earlier.time_us
    for entry in entries:
        verify_entry(entry, chain)
        chain = entry.chain
