"""`skyparley witness`: a party's own process that follows a node's checkpoints, cosigns them, and raises the alarm."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from skyparley.cli.record.verifying import read_keys
from skyparley.errors import SkyparleyError
from skyparley.record.comparing.history import Signed
from skyparley.record.comparing.spoken import fingerprint
from skyparley.record.notes import VerifierKey
from skyparley.vocabulary import escaped
from skyparley.witness.asking import NodeRecord
from skyparley.witness.files import WitnessFiles
from skyparley.witness.follower import WHAT_FILE, AlarmError, Follower

ALARM_STATUS: Final = 3


def witness_node(
    url: str,
    data: Path,
    key_files: Sequence[Path],
    *,
    name: str | None,
    api_key: str | None,
    every_s: float,
    once: bool,
) -> int:
    """Follow a node until it is stopped, or look once; the exit status.

    Raises `SkyparleyError` for what no waiting will mend: keys, files.
    """
    keys = read_keys(key_files)
    files = WitnessFiles(data, name)
    try:
        print(f"key of this witness, for the node's operator and the other parties:\n{files.signer.key}", flush=True)
        with asyncio.Runner() as runner:
            return runner.run(_follow(url, api_key, files, keys.notes, every_s=every_s, once=once))
    except AlarmError as error:
        _tell(error, url, data)
        return ALARM_STATUS
    except KeyboardInterrupt:
        return 0
    finally:
        files.close()


async def _follow(
    url: str, api_key: str | None, files: WitnessFiles, keys: tuple[VerifierKey, ...], *, every_s: float, once: bool
) -> int:
    async with NodeRecord(url, api_key) as node:
        follower = Follower(files, keys, node, time.time)
        while True:
            status = 0
            try:
                for signed in await follower.round():
                    print(_line(signed), flush=True)
            except AlarmError:
                raise
            except SkyparleyError as error:
                status = 1
                again = "" if once else f"; asked again in {every_s:g} s"
                print(f"skyparley: {escaped(error.message)}{again}", file=sys.stderr, flush=True)
            if once:
                return status
            await asyncio.sleep(every_s)


def _line(signed: Signed) -> str:
    checkpoint = signed.checkpoint
    return escaped(
        f"cosigned {checkpoint.size} entries of '{checkpoint.origin}', fingerprint {fingerprint(signed.note.text)}"
    )


def _tell(error: AlarmError, url: str, data: Path) -> None:
    """Loud, and with all that is needed to act."""
    evidence = error.evidence
    if error.told:
        said, *more = error.told.splitlines()
        lines = [f"ALARM: {said}", *more]
    else:
        lines = [f"ALARM, raised before: the evidence is from then and there; {url} was not asked now"]
        lines += _kept(evidence)
    if evidence is None:
        lines.append(f"evidence could not be written to {data}: copy both notes from here")
        lines += [line for note in error.notes for line in ["", *note.decode(errors="replace").splitlines()]]
    else:
        lines.append(f"evidence: {evidence} (both notes, signed)")
    lines += [
        "now: call the other parties by another channel than this node, and compare your notes:",
        f"     skyparley record compare {data / 'cosigned.txt'} THEIR_NOTE --keys FILE",
        f"this witness cosigns no more; when it is settled, move {evidence or data / 'alarm'} away, and start it again",
    ]
    print("\n".join(map(escaped, lines)), file=sys.stderr, flush=True)


def _kept(evidence: Path | None) -> list[str]:
    """What was written down when the alarm was raised."""
    try:
        return [] if evidence is None else (evidence / WHAT_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ["it was cut off while it was written down"]
