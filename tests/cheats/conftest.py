"""An honest pool, and what an honest party holds of it when the operator begins to cheat."""

import httpx
import pytest

from skyparley.client import Client, operations
from skyparley.client.signing import make_signer
from skyparley.record.notes import parse_key
from skyparley.witness.files import WitnessFiles
from support.honest_party import Held, look
from support.operator_cheats import read_log
from support.process import Serving, admit, serving
from support.serving import now_us, operation

YEAR_US = 365 * 86_400_000_000


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Alpha signs all, bravo does not; a witness of alpha's cosigns; both file on afterwards."""
    base = tmp_path_factory.mktemp("pool")
    data, home = base / "data", base / "alpha"
    (home / "witness").parent.mkdir()
    signer, places = make_signer("alpha", "skyparley"), {}
    files = WitnessFiles(home / "witness", "alpha")
    witness = files.signer.key
    files.close()
    with serving("serve", data) as node:
        alpha, bravo = admit(node, "alpha"), admit(node, "bravo")
        with Client(node.url, alpha, signer=signer) as north, Client(node.url, bravo) as south:

            def file(client: Client, name: str) -> None:
                places[name] = client.do(operations.file(operation(name))).sequence

            until_us = now_us() + YEAR_US
            north.do(operations.register_key(signer.public, now_us() - 1_000_000, until_us))
            file(north, "signed-1")
            places["signs-all"] = north.do(operations.sign_all(required=True)).sequence
            north.do(operations.register_key(witness.public, now_us() - 1_000_000, until_us, use="checkpoints"))
            for name in ("attested-1", "attested-2", "attested-3"):
                file(south, name)
            file(north, "signed-2")
            for name, key in (("signed-1", alpha), ("signed-2", alpha), ("attested-1", bravo), ("attested-2", bravo)):
                path = f"/v1/record/entries/{places[name]}/receipt"
                (home / f"{name}.json").write_bytes(node.get(path, key).raise_for_status().content)
            line = node.get("/v1/record/key", alpha).json()["key"]
            (home / "keys.txt").write_text(f"{line}\n{witness}\n{signer.line}\n")
            assert look(node, home / "witness", home / "keys.txt")[0] == 0
            (home / "noted.txt").write_bytes(node.get("/v1/record/checkpoint", alpha).content)
            for name in ("later-1", "later-2", "later-3"):
                file(south, name)
            receipt_of_last(node, alpha, places["later-3"])
        assert node.stop() == 0
    assert parse_key(line).name == "skyparley"
    return Held(data, home, signer, read_log(data), places)


def receipt_of_last(node: Serving, key: str, sequence: int) -> None:
    """Wait until an entry is signed: that it is another's is said only then."""
    answer: httpx.Response = node.get(f"/v1/record/entries/{sequence}/receipt", key)
    assert answer.status_code == 403
