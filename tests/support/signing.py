"""A served node, where alpha and bravo sign all that they write."""

from collections.abc import Callable, Sequence
from typing import Any

import anyio

from skyparley.client import Client, calls, operations
from skyparley.client.prepared import Changed
from skyparley.client.signing import make_signer
from support.serving import POOL, World, now_us

YEAR_US = 365 * 86_400_000_000


class Signing:
    """A served node, where alpha and bravo sign all that they write."""

    def __init__(self, there: World, url: str) -> None:
        self.there, self.url = there, url
        self.signers = {name: make_signer(name, POOL) for name in ("alpha", "bravo")}
        self.keys = {"alpha": there.alpha, "bravo": there.bravo}
        self.shown: list[tuple[Changed, ...]] = []
        self.agrees = True

    def client(self, party: str) -> Client:
        return Client(self.url, self.keys[party], signer=self.signers[party], confirm=self.confirm)

    def confirm(self, changes: Sequence[Changed]) -> bool:
        self.shown.append(tuple(changes))
        return self.agrees

    def register(self) -> None:
        for party in ("alpha", "bravo"):
            with self.client(party) as client:
                client.do(operations.register_key(self.signers[party].public, now_us() - 1_000_000, now_us() + YEAR_US))
                assert client.do(operations.sign_all(required=True)).signing.required


async def in_thread(work: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(work)


def use_agreements(alpha: Client, bravo: Client) -> None:
    alpha.do(calls.draft_agreement("line", {"en": "Apart"}, ["bravo", "alpha"], ["en"], ["en"]))
    term = {"kind": "line_test", "interval_s": 3600, "answer_s": 60}
    alpha.do(calls.propose_clause("line", 1, "1", {"en": "Tested hourly."}, term=term))
    bravo.do(calls.answer_clause("line", 1, "1", 1, accepted=True))
    alpha.do(calls.accept_agreement("line", 1))
    assert bravo.do(calls.accept_agreement("line", 1)).agreement.status == "in_force"
    alpha.do(calls.suspend_agreement("line", 1, "talks"))
    alpha.do(calls.resume_agreement("line", 1))
