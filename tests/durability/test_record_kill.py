"""`kill -9` at each step from an entry to its cosigned checkpoint: after it the tree is the log's, and receipts stand.

A process of its own runs the real log, recorder and store, and kills itself at a step. Then the directory is opened as
a node does: the tree is compared with the log leaf by leaf, goes on, and every receipt that was given before is
verified and held against what is signed after.
"""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skyparley.node.record.cosigning import Cosigners
from skyparley.node.record.recorder import compare
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.comparing.history import is_one_history
from skyparley.record.merkle import check_inclusion, inclusion_proof
from skyparley.record.notes import parse_checkpoint, parse_key, parse_note, verified
from skyparley.record.receipts import Proven, verify_receipt
from skyparley.record.trust import Trusted
from support.commands import environment
from support.drafts import Clock
from support.nodes import OPERATOR
from support.recorded import Kept, cosigned, signer

pytestmark = pytest.mark.anyio
WITNESS = signer("carol")
BEFORE = 300
"""Entries that are signed, cosigned, and given receipts of before the kill."""
AFTER = 250
"""Entries that are on their way when it comes: two tiles change, and one of a higher level."""

SCRIPT = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from skyparley.log import bulk, sqlite
from skyparley.node.record import store
from skyparley.node.record.cosigning import Cosigners
from support.drafts import Clock
from support.recorded import Kept, cosigned, signer

directory, step, count = Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
witness, armed, seen = signer("carol"), False, 0

def reach(name):
    global seen
    if armed and name == step:
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)

class Told:
    # a connection that says before and after each of its statements which it is
    def __init__(self, connection):
        self._real = connection
    def __getattr__(self, name):
        return getattr(self._real, name)
    def execute(self, statement, *values):
        words = ("BEGIN", "COMMIT", "tiles", "facts", "cosigned", "entries")
        word = next((word for word in words if word in statement), "")
        if statement.startswith("SELECT"):
            word = "read"
        reach(f"before {word}")
        found = self._real.execute(statement, *values)
        reach(f"after {word}")
        return found

def told(real):
    return lambda *what, **more: Told(real(*what, **more))

if sys.argv[5] == "log":
    real = sqlite.insert_durably
    sqlite.insert_durably = lambda connection, *what: real(Told(connection), *what)
else:
    store._open = told(store._open)

async def main():
    global armed
    clock = Clock()
    kept = Kept(directory, clock, Cosigners(lambda: (witness.key,), clock))
    await kept.open()
    armed = True
    await kept.append(AFTER)
    reach("appended")
    await kept.seal()
    reach("sealed")
    note = cosigned(kept.recorder.checkpoint, witness, clock() // 1_000_000)
    await kept.recorder.cosigning.take(note)
    reach("cosigned")
    await kept.close()
    reach("closed")

asyncio.run(main())
""".replace("AFTER", str(AFTER))

RECORD_STEPS = [
    *(("before BEGIN", count) for count in (1, 2)),
    *(("after BEGIN", count) for count in (1, 2)),
    *(("before tiles", count) for count in (1, 2, 3)),
    *(("after tiles", count) for count in (1, 2, 3)),
    *(("before facts", count) for count in (1, 2)),
    *(("after facts", count) for count in (1, 2)),
    *(("before COMMIT", count) for count in (1, 2)),
    *(("after COMMIT", count) for count in (1, 2)),
    *(("before cosigned", count) for count in (1, 2)),
    *(("after cosigned", count) for count in (1, 2)),
    ("appended", 1),
    ("sealed", 1),
    ("cosigned", 1),
    ("closed", 1),
]
LOG_STEPS = [(f"{when} {word}", 1) for when in ("before", "after") for word in ("BEGIN", "entries", "COMMIT")]


def killed(directory: Path, step: str, count: int, where: str) -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tests, directory, step, str(count), where],
        env=environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, (step, count, done)


async def begun(directory: Path, clock: Clock) -> tuple[list[bytes], Trusted]:
    """A record that is signed and cosigned; receipts of entries in it."""
    kept = Kept(directory, clock, Cosigners(lambda: (WITNESS.key,), clock))
    await kept.open()
    await kept.append(BEFORE - 10)
    await kept.seal()
    receipts = [await kept.recorder.receipt(sequence, OPERATOR) for sequence in (1, 256, BEFORE - 10)]
    await kept.append(10)
    await kept.seal()
    await kept.recorder.cosigning.take(cosigned(kept.recorder.checkpoint, WITNESS, clock() // 1_000_000))
    receipts.append(await kept.recorder.receipt(BEFORE, OPERATOR))
    await kept.close()
    return receipts, Trusted((parse_key(kept.recorder.key), WITNESS.key))


async def require_sound(kept: Kept, keys: Trusted, receipts: list[bytes]) -> None:
    """The tree is the log's, its checkpoint is the tree's, and what was proved before fits what is signed now."""
    store = RecordStore(kept.directory / RECORD_FILE)
    try:
        assert await compare(kept.log, store) is None
        note = parse_note(kept.recorder.checkpoint)
        signers = verified(note, keys.notes)
        checkpoint = parse_checkpoint(note.text)
        assert keys.notes[0] in signers
        assert checkpoint.size == kept.recorder.size == store.size
        for receipt in receipts:
            proven: Proven = verify_receipt(receipt, keys)
            assert is_one_history(proven.checkpoint, checkpoint, store.hash_of)
            path = inclusion_proof(store.hash_of, proven.sequence - 1, checkpoint.size)
            check_inclusion(proven.leaf, proven.sequence - 1, checkpoint.size, path, checkpoint.root)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("where", "steps"), [("log", LOG_STEPS), ("record", RECORD_STEPS[::2]), ("record", RECORD_STEPS[1::2])]
)
async def test_the_tree_equals_the_log_after_every_kill(
    tmp_path: Path, where: str, steps: list[tuple[str, int]]
) -> None:
    """One directory for all steps: each kill finds what the kills before it have left."""
    clock = Clock()
    receipts, keys = await begun(tmp_path, clock)
    sizes = set()
    for step, count in steps:
        await asyncio.to_thread(killed, tmp_path, step, count, where)
        kept = Kept(tmp_path, clock, Cosigners(lambda: (WITNESS.key,), clock))
        await kept.open()
        try:
            assert kept.recorder.size <= (await kept.log.head()).sequence
            if kept.recorder.size:
                await require_sound(kept, keys, receipts)
            sizes.add((kept.recorder.size, (await kept.log.head()).sequence))
            await kept.log.verify()
            await kept.seal()
            assert kept.recorder.size == (await kept.log.head()).sequence
            await require_sound(kept, keys, receipts)
            assert parse_checkpoint(parse_note(kept.recorder.checkpoint).text).root == await kept.root()
            receipts.append(await kept.recorder.receipt(kept.recorder.size, OPERATOR))
        finally:
            await kept.close()
    assert any(signed < logged for signed, logged in sizes), "no kill came between log and tree"
