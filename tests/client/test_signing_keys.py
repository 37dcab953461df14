"""Files of signing keys: for their owner only, and saying for which party in which pool they sign."""

import stat
from pathlib import Path

import pytest

from skyparley.client.signing import make_signer, read_signer, write_signer
from skyparley.errors import InvalidInputError


def test_a_signing_key_is_kept_for_its_owner_and_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "alpha.key"
    signer = make_signer("alpha", "the alps")
    write_signer(signer, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = read_signer(path)
    assert (again.party, again.pool, again.public, again.line) == ("alpha", "the alps", signer.public, signer.line)
    with pytest.raises(InvalidInputError, match="exists already"):
        write_signer(signer, path)
    with pytest.raises(InvalidInputError, match="needs no passphrase"):
        read_signer(path, "word")
    locked = tmp_path / "locked.key"
    write_signer(signer, locked, "a long word")
    assert read_signer(locked, "a long word").public == signer.public
    with pytest.raises(InvalidInputError, match="SKYPARLEY_SIGNING_PASSPHRASE"):
        read_signer(locked)
    with pytest.raises(InvalidInputError, match="the passphrase is another"):
        read_signer(locked, "another word")
    for wrong in (b"", b"party: alpha\n", path.read_bytes()[20:], path.read_bytes()[:-40], b"\xff\xfe", b"x" * 99_999):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(InvalidInputError, match="is no signing key"):
            read_signer(tmp_path / "wrong")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_signer(tmp_path / "nothing")
    with pytest.raises(InvalidInputError):
        make_signer("Not a party", "alps")
    with pytest.raises(InvalidInputError, match="name the pool"):
        make_signer("alpha", "two\nlines")
