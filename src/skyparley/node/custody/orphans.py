"""Bodies in the vault that no entry of the log names: what was kept for a command that never reached it.

They are looked for where they can be: among what is new since the last time, against the entries since then. Only what
an entry names is read of it, so that a node which filed much since it was started does not take long to start again.
"""

from typing import Final

import msgspec

from skyparley.errors import InvalidInputError, StorageError
from skyparley.log.port import Entry, Log
from skyparley.log.verify import holds_body
from skyparley.node.custody.vault import Vault
from skyparley.record.envelope import decode_header

MARK_SEQUENCE: Final = "reconciled_sequence"
_MARK_NUMBER: Final = "reconciled_number"


class _Finding(msgspec.Struct):
    witness_digest: str


class _Change(msgspec.Struct):
    details_digest: str = ""


class _Named(msgspec.Struct):
    """The members of commands by which they name bodies."""

    details_digest: str = ""
    body_digest: str = ""
    text_digest: str = ""
    report_digest: str = ""
    note_digest: str = ""
    findings: list[_Finding] = []
    changes: list[_Change] = []

    def digests(self) -> list[str]:
        """All of them that are there."""
        own = (self.details_digest, self.body_digest, self.text_digest, self.report_digest, self.note_digest)
        found = [*own, *(one.witness_digest for one in self.findings), *(one.details_digest for one in self.changes)]
        return [digest for digest in found if digest]


_DECODER: Final = msgspec.json.Decoder(_Named)


async def reconcile_vault(log: Log, vault: Vault, through: int) -> int:
    """Drop what was kept for a command that never reached the log, or that the log has lost; how many bodies.

    Looks at what is new since the last time, up to the log's end `through`; call it while the node does not serve.
    """
    after_sequence, after_number = vault.mark(MARK_SEQUENCE), vault.mark(_MARK_NUMBER)
    last_number = vault.last_number()
    orphans = vault.digests_between(after_number, last_number)
    kept = after_number
    if orphans and after_sequence < through:
        async for group in log.entries(after_sequence):
            for entry in group:
                for digest in named_digests(entry):
                    kept = max(kept, orphans.pop(digest, 0))
            if group[-1].sequence >= through:
                break
    # the numbers of those that are dropped are given out again, so the mark lies below them
    await vault.forget(orphans, through, {_MARK_NUMBER: kept, MARK_SEQUENCE: through})
    return len(orphans)


def named_digests(entry: Entry) -> list[str]:
    """The bodies that an entry names, by their digests. Raises `StorageError` if it is not as it was written."""
    try:
        if holds_body(decode_header(entry.header), entry):
            return _DECODER.decode(entry.body).digests()
    except (InvalidInputError, msgspec.DecodeError) as error:
        raise StorageError(f"entry {entry.sequence} cannot be read: {error}") from error
    raise StorageError(f"entry {entry.sequence} has a body that is not the one in its header")
