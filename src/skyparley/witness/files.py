"""A witness's own files: its key, the checkpoint that it cosigned last, and evidence if it was ever shown two records.

What it has cosigned is durable before it is sent, or a crash between the two could make it cosign what contradicts it.
Files are written beside their place, synced and renamed. One process per directory, held by a lock that dies with it.
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.errors import InvalidInputError, StorageError
from skyparley.record.base64 import from_base64, to_base64
from skyparley.record.comparing.history import Tiles
from skyparley.record.notes import COSIGNATURE, MAX_NOTE_BYTES, Signer, check_name

KEY_FILE: Final = "witness.key"
PUBLIC_FILE: Final = "witness.pub"
COSIGNED_FILE: Final = "cosigned.txt"
ALARM: Final = "alarm"
NOTHING_YET: Final = b"nothing is cosigned yet\n"
_LOCK_FILE: Final = "lock"
_PREFIX: Final = "PRIVATE+KEY"
"""How golang.org/x/mod/sumdb/note writes private keys: PRIVATE+KEY+name+id+key."""


class WitnessFiles:
    """The directory, locked until it is closed. `signer` is its key, `cosigned` the note that it cosigned last."""

    def __init__(self, directory: Path, name: str | None) -> None:
        """Open it, or make it with a new key of this name.

        Raises `InvalidInputError` if the name is missing or another, `StorageError` if it cannot be read or written, if
        another process has it, or if what it has cosigned is lost.
        """
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (directory / _LOCK_FILE).open("a")
        except OSError as error:
            raise StorageError(f"{directory} cannot be used: {error.strerror}") from error
        try:
            self._take_lock()
            self.is_new = not self._path(KEY_FILE).exists()
            """Whether the key was made now."""
            if self.is_new:
                self._make(name)
            self.signer = _parse_signer(self._read(KEY_FILE))
            if name not in (None, self.signer.name):
                raise InvalidInputError(
                    f"the witness in {directory} is named '{self.signer.name}': leave out --name, or change --data"
                )
            self.cosigned = self._read(COSIGNED_FILE)
            """The note; `NOTHING_YET` before the first."""
        except BaseException:
            self._lock.close()
            raise

    @property
    def cosigned_path(self) -> Path:
        """Where the note lies that it cosigned last."""
        return self._path(COSIGNED_FILE)

    def evidence(self) -> Path | None:
        """Where evidence lies, also of an alarm that was cut off while it was written; None: there is none."""
        return next(iter(sorted(self._directory.glob(f"{ALARM}*"))), None)

    def keep(self, note: bytes) -> None:
        """Keep a note as the one that is cosigned last; durable when it returns.

        Raises `StorageError`; then the one before stays.
        """
        self._write(COSIGNED_FILE, note, 0o644)
        self.cosigned = note

    def raise_alarm(self, texts: Mapping[str, bytes], tiles: Tiles) -> Path:
        """Keep evidence, durable when it returns: files by their names, and tiles; where it lies.

        Raises `StorageError`.
        """
        making, made = self._path(f"{ALARM}.part"), self._path(ALARM)
        held = {**texts, **{f"tiles/{level}/{index}": data for (level, index), data in tiles.items()}}
        try:
            for name, data in held.items():
                path = making / name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            for folder in (*(path for path in making.rglob("*") if path.is_dir()), making):
                _sync(folder)
            making.rename(made)
            _sync(self._directory)
        except OSError as error:
            raise StorageError(f"evidence cannot be written to {made}: {error.strerror}") from error
        return made

    def close(self) -> None:
        """Release the directory."""
        self._lock.close()

    def _path(self, name: str) -> Path:
        return self._directory / name

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageError(f"another process is the witness in {self._directory}: stop it first") from None

    def _make(self, name: str | None) -> None:
        """The key comes last: where it is, what it has cosigned is known."""
        if name is None:
            raise InvalidInputError("a new witness needs a name for its key: give --name, such as your party's")
        check_name(name)
        cosigned = self._path(COSIGNED_FILE)
        if cosigned.exists() and self._read(COSIGNED_FILE) != NOTHING_YET:
            raise StorageError(f"{self._path(KEY_FILE)} is gone: restore it, or begin anew in another directory")
        signer = Signer(name, COSIGNATURE, Ed25519PrivateKey.generate())
        self._write(COSIGNED_FILE, NOTHING_YET, 0o644)
        self._write(PUBLIC_FILE, f"{signer.key}\n".encode(), 0o644)
        self._write(KEY_FILE, _format_signer(signer), 0o600)

    def _read(self, name: str) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                return file.read(MAX_NOTE_BYTES + 1)
        except OSError as error:
            raise StorageError(
                f"{self._path(name)} cannot be read ({error.strerror}): restore it; a witness that does not know what"
                " it has cosigned must not cosign again, so else begin anew in another directory, with a new key"
            ) from error

    def _write(self, name: str, data: bytes, mode: int) -> None:
        path, beside = self._path(name), self._path(f"{name}.part")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync(self._directory)
        except OSError as error:
            raise StorageError(f"{path} cannot be written ({error.strerror}): free space") from error


def _sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _format_signer(signer: Signer) -> bytes:
    held = to_base64(bytes([signer.kind]) + signer.private.private_bytes_raw())
    return f"{_PREFIX}+{signer.name}+{signer.key.key_id.hex()}+{held}\n".encode()


def _parse_signer(data: bytes) -> Signer:
    wrong = f"{KEY_FILE} is not the key of a witness: restore it"
    try:
        prefix, held = data.decode().removesuffix("\n").split(f"{_PREFIX}+", 1)
        name, key_id, text = held.split("+", 2)
        seed = from_base64(text, of="the key", length=33)
        signer = Signer(name, seed[0], Ed25519PrivateKey.from_private_bytes(seed[1:]))
        if prefix or seed[0] != COSIGNATURE or signer.key.key_id.hex() != key_id:
            raise StorageError(wrong)
    except (ValueError, InvalidInputError):
        raise StorageError(wrong) from None
    return signer
