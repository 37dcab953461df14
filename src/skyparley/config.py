"""Settings of a serving node, from environment variables `SKYPARLEY_…`; options of the command line go before them.

A setting exists only if somebody needs to change it; everything else is a named limit in the room that it belongs to.
Each is described in docs/settings.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from skyparley.errors import InvalidInputError

PREFIX: Final = "SKYPARLEY_"
CLIENT_VARIABLES: Final = ("SKYPARLEY_API_KEY",)
"""Variables of commands that talk to a node; they are no settings of one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to serve, where to keep data, and what to accept. Raises `InvalidInputError` for what cannot be."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8080
    """TCP port to listen on; 0 takes a free one."""
    data: Path = Path("data/node")
    """Directory that holds log, vault, snapshots and the operator's key."""
    pool: str = "skyparley"
    """Name of the pool whose log this is; it is bound into every entry and cannot change later."""
    tls_certificate: Path | None = None
    """PEM file with the certificate chain; with `tls_key` the node serves HTTPS."""
    tls_key: Path | None = None
    """PEM file with the certificate's private key."""
    max_body_bytes: int = 4 * 1024 * 1024
    """Longest request body that is read."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise InvalidInputError("a port is a whole number from 0 to 65535", place=variable_of("port"))
        if self.max_body_bytes < 1:
            raise InvalidInputError("must be at least 1", place=variable_of("max_body_bytes"))
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise InvalidInputError(
                "TLS needs both the certificate and its key (--tls-certificate and --tls-key)",
                place=f"{variable_of('tls_certificate')} and _KEY",
            )


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; what is absent keeps its default.

    Raises `InvalidInputError` that names the variable, also for a variable with the prefix that is no setting.
    """
    names = {variable_of(field.name): field.name for field in fields(Settings)}
    defaults = Settings()
    values: dict[str, Any] = {}
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in CLIENT_VARIABLES:
            if variable not in names:
                raise InvalidInputError(f"no such setting; there are: {', '.join(sorted(names))}", place=variable)
            values[names[variable]] = _value(variable, environment[variable], getattr(defaults, names[variable]))
    return Settings(**values)


def _value(variable: str, text: str, default: object) -> object:
    if isinstance(default, int):
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise InvalidInputError(f"{text[:30]!r} is not a whole number", place=variable)
        return int(text)
    if isinstance(default, str):
        return text
    if not text:
        raise InvalidInputError("must name a file or directory", place=variable)
    return Path(text)
