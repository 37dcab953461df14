"""The files of a witness: one process has them, and what does not belong together is refused."""

from pathlib import Path

import pytest

from skyparley.errors import InvalidInputError, StorageError
from skyparley.record.notes import COSIGNATURE, parse_key
from skyparley.witness.files import ALARM, COSIGNED_FILE, KEY_FILE, NOTHING_YET, PUBLIC_FILE, WitnessFiles


def made(directory: Path, name: str | None = "north") -> WitnessFiles:
    return WitnessFiles(directory, name)


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    files = made(tmp_path / "deep" / "north")
    assert files.is_new
    assert (files.signer.name, files.signer.kind, files.cosigned) == ("north", COSIGNATURE, NOTHING_YET)
    assert (tmp_path / "deep" / "north" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "deep" / "north").stat().st_mode & 0o777 == 0o700
    assert parse_key((tmp_path / "deep" / "north" / PUBLIC_FILE).read_text().strip()) == files.signer.key
    files.close()
    for name in (None, "north"):
        again = made(tmp_path / "deep" / "north", name)
        assert not again.is_new
        assert again.signer.key == files.signer.key
        again.close()


def test_one_process_has_it_and_it_is_free_again_after(tmp_path: Path) -> None:
    files = made(tmp_path)
    with pytest.raises(StorageError, match="another process"):
        made(tmp_path)
    files.close()
    with pytest.raises(InvalidInputError, match="is named 'north'"):
        made(tmp_path, "south")
    made(tmp_path).close()  # a refusal keeps nothing


@pytest.mark.parametrize("name", [None, "", "a b", "a+b", "x" * 256, "a\nb"])
def test_a_new_one_needs_a_name_that_a_note_can_have(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(InvalidInputError):
        made(tmp_path / "new", name)
    assert not (tmp_path / "new" / KEY_FILE).exists()


def test_a_key_that_was_altered_is_refused(tmp_path: Path) -> None:
    made(tmp_path).close()
    good = (tmp_path / KEY_FILE).read_bytes()
    assert good.startswith(b"PRIVATE+KEY+north+")
    for bad in (b"", b"\xff", good[:-5], good.replace(b"north", b"south"), good.replace(b"+B", b"+A"), b"x" + good):
        (tmp_path / KEY_FILE).write_bytes(bad)
        with pytest.raises(StorageError, match="not the key of a witness"):
            made(tmp_path)
    (tmp_path / KEY_FILE).write_bytes(good)
    made(tmp_path).close()


def test_a_key_that_is_gone_is_not_replaced_by_another(tmp_path: Path) -> None:
    files = made(tmp_path)
    files.keep(b"a note")
    files.close()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(StorageError, match="is gone"):
        made(tmp_path)
    (tmp_path / COSIGNED_FILE).unlink()
    (tmp_path / COSIGNED_FILE).write_bytes(NOTHING_YET)  # nothing was cosigned: nobody can be contradicted
    made(tmp_path).close()


def test_evidence_is_there_whole_or_as_what_was_begun(tmp_path: Path) -> None:
    files = made(tmp_path)
    assert files.evidence() is None
    made_at = files.raise_alarm({"what.txt": b"what"}, {(1, 7): b"hashes"})
    assert made_at == files.evidence() == tmp_path / ALARM
    assert (made_at / "what.txt").read_bytes() == b"what"
    assert (made_at / "tiles" / "1" / "7").read_bytes() == b"hashes"
    made_at.rename(tmp_path / "settled")
    assert files.evidence() is None
    (tmp_path / f"{ALARM}.part").mkdir()
    assert files.evidence() == tmp_path / f"{ALARM}.part"
    files.close()


def test_what_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError, match="cannot be used"):
            made(path)
