"""What a party has signed before a test begins."""

from collections.abc import Mapping

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.airspace.signing.commands import SetSigning
from skyparley.client import PartySigner, operations


async def signed_in_advance(client: httpx.AsyncClient, variables: Mapping[str, str], pool: str, clock_us: int) -> str:
    """What alpha sends when it says that it signs all: its key is registered, and the command under its signature."""
    signer = PartySigner("alpha", pool, Ed25519PrivateKey.generate(), clock=lambda: clock_us)
    call = operations.register_key(signer.public, clock_us - 1_000_000, clock_us + 1_000_000_000_000)
    assert call.entry is not None
    headers = {
        "Authorization": f"Bearer {variables['KEY']}",
        "Skyparley-Signed-Entry": signer.sign(call.entry("alpha", b"").command, "first"),
    }
    answer = await client.post(variables["NODE"] + call.path, json=call.body, headers=headers)
    assert answer.status_code == 201, answer.text
    return signer.sign(SetSigning(True), "all")
