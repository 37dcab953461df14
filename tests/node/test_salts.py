"""What the log names by digest cannot be found by trying: a salt stands before it, which only the vault holds."""

from hashlib import sha256

from skyparley.conflict.codec import encode_operation
from skyparley.node.custody.details import details_of, keep_witness, read_details, read_witness
from skyparley.node.line.sealed import DOMAIN, seal
from support.conflict_cases import circle_volume, operation


def filed(party: str = "alpha", radius_m: float = 500.0):  # type: ignore[no-untyped-def]
    return operation("o", circle_volume((46.5, 7.8), radius_m), party=party)


def test_an_outline_s_digest_tells_nothing_without_the_secret() -> None:
    details = details_of(filed(), b"secret")
    body = encode_operation(filed())
    assert details.data == b"skyparley details 1\n" + details.salt + body
    assert details.digest == sha256(details.data).hexdigest()
    assert details_of(filed(), b"another secret").digest != details.digest
    assert details_of(filed("bravo"), b"secret").salt != details.salt
    assert details_of(filed(radius_m=501.0), b"secret").salt != details.salt


def test_the_same_again_has_the_same_digest_so_that_a_repeat_is_one() -> None:
    first, again = details_of(filed(), b"secret"), details_of(filed(), b"secret")
    assert (first.data, first.digest) == (again.data, again.digest)


def test_who_brings_a_salt_has_it_kept() -> None:
    details = details_of(filed(), b"secret", bytes(range(16)))
    assert details.salt == bytes(range(16))
    again = read_details(details.data)
    assert (again.data, again.digest) == (details.data, details.digest)
    assert encode_operation(again.operation) == encode_operation(details.operation)


def test_a_witness_is_found_again_by_who_has_both_and_by_nobody_else() -> None:
    a, b = details_of(filed(), b"secret").salt, details_of(filed("bravo"), b"secret").salt
    assert read_witness(keep_witness(a, b, b"x")) == b"x"
    assert len({keep_witness(a, b, b"x"), keep_witness(b, a, b"x"), keep_witness(a, a, b"x")}) == 3


def test_words_never_have_the_digest_of_an_outline() -> None:
    """Whatever is said, and whatever salt its author brings: a deletion of words reaches no outline."""
    details = details_of(filed(), b"secret")
    said = seal(b"secret", details.data, "account/alpha/x", "k")
    assert said.data[: len(details.data)] != details.data
    again = details_of(filed(), b"secret", said.data[len(DOMAIN) :][:16])
    assert again.digest != seal(b"secret", encode_operation(filed()), "account/alpha/x", "k").digest
    assert not said.data.startswith(b"skyparley details")
