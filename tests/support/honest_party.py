"""What an honest party holds on its own machine, and the programs by which it looks at what an operator shows it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from skyparley.cli.record.exporting import write_export
from skyparley.client import PartySigner
from support.commands import skyparley
from support.exports import Made
from support.process import Serving


@dataclass(frozen=True)
class Held:
    """What alpha has on its own machine, beside what the operator has: his data directory, stopped."""

    data: Path
    home: Path
    signer: PartySigner
    entries: list[Made]
    places: dict[str, int]

    @property
    def keys(self) -> Path:
        return self.home / "keys.txt"

    def receipt(self, name: str) -> Path:
        return self.home / f"{name}.json"

    @property
    def noted(self) -> Path:
        return self.home / "noted.txt"

    def export(self, data: Path, reader: str = "") -> Path:
        """What the operator hands out."""
        to = data.with_name(f"{data.name}-export{reader}")
        write_export(data, to, reader)
        return to

    def witness(self, node: Serving, to: Path) -> tuple[int, str]:
        """Alpha's witness, as it was when the honest node was stopped, looks at a node once."""
        shutil.copytree(self.home / "witness", to)
        return look(node, to, self.keys)


def look(node: Serving, directory: Path, keys: Path) -> tuple[int, str]:
    said = ("witness", "--node", node.url, "--keys", keys, "--data", directory, "--once")
    done = skyparley(*said, SKYPARLEY_API_KEY=node.operator_key)
    return done.returncode, done.stdout + done.stderr
