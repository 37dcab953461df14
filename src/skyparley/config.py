"""Settings of a serving node, from environment variables `SKYPARLEY_…`; options of the command line go before them.

A setting exists only if somebody needs to change it; everything else is a named limit in the room that it belongs to.
Each is described in docs/settings.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from skyparley.airspace.dss.items import DEFAULT_LIMITS, DssLimits
from skyparley.airspace.dss.validity import check_limits
from skyparley.errors import InvalidInputError

PREFIX: Final = "SKYPARLEY_"
_LIMITS: Final = "dss_limits"
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
    auth_public_keys: tuple[Path, ...] = ()
    """PEM files of the public keys that bearer tokens are verified with; each a public key or an X.509 certificate."""
    auth_jwks_url: str | None = None
    """URL of the JWKS document with those keys, in place of PEM files."""
    auth_audiences: tuple[str, ...] = ()
    """Names of this node in tokens: one of them must be a token's `aud`."""
    auth_issuers: tuple[str, ...] = ()
    """Who may issue tokens: one of them must be a token's `iss`; any, if none is named."""
    witnesses: Path | None = None
    """File of the public keys of those who may cosign this node's record, one a line."""

    dss_limits: DssLimits = DEFAULT_LIMITS
    """What the pool allows USSs: one variable for each, such as `SKYPARLEY_DSS_MAX_INTENTS_PER_USS`."""

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
        self._check_tokens()

    def _check_tokens(self) -> None:
        """Keys without an audience would accept tokens meant for others; names without keys would accept none."""
        keys = f"{variable_of('auth_public_keys')} or {variable_of('auth_jwks_url')}"
        if self.auth_public_keys and self.auth_jwks_url is not None:
            raise InvalidInputError("keys come from PEM files or from a JWKS document: set one of the two", place=keys)
        if self.auth_public_keys or self.auth_jwks_url is not None:
            if not self.auth_audiences:
                raise InvalidInputError(
                    "tokens are accepted for named audiences only: set it to what clients ask tokens for, usually this"
                    " node's host name",
                    place=variable_of("auth_audiences"),
                )
        elif self.auth_audiences or self.auth_issuers:
            raise InvalidInputError("without keys no token can be verified: set one of the two", place=keys)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; what is absent keeps its default.

    Raises `InvalidInputError` that names the variable, also for a variable with the prefix that is no setting.
    """
    named = {variable_of(field.name): field for field in fields(Settings) if field.name != _LIMITS}
    limits = {variable_of(f"dss_{name}"): name for name in DssLimits.__struct_fields__}
    values: dict[str, Any] = {}
    chosen: dict[str, int] = {}
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in CLIENT_VARIABLES:
            if variable in limits:
                chosen[limits[variable]] = _value(variable, environment[variable], int)
            elif variable in named:
                values[named[variable].name] = _value(variable, environment[variable], named[variable].type)
            else:
                there = ", ".join(sorted([*named, *limits]))
                raise InvalidInputError(f"no such setting; there are: {there}", place=variable)
    dss_limits = DssLimits(**chosen)
    try:
        check_limits(dss_limits)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, place=variable_of(f"dss_{error.place}")) from None
    return Settings(**values, dss_limits=dss_limits)


def _value(variable: str, text: str, kind: object) -> Any:
    """A setting's value, of the type that its field has."""
    if kind is int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise InvalidInputError(f"{text[:30]!r} is not a whole number", place=variable)
        return int(text)
    if kind is str:
        return text
    if kind == tuple[str, ...]:
        return _items(variable, text)
    if kind == tuple[Path, ...]:
        return tuple(map(Path, _items(variable, text)))
    if not text:
        raise InvalidInputError("is empty: give it a value, or do not set it", place=variable)
    return text if kind == str | None else Path(text)


def _items(variable: str, text: str) -> tuple[str, ...]:
    """What stands between commas."""
    items = tuple(item.strip() for item in text.split(","))
    if not all(items):
        raise InvalidInputError("holds an empty item: write items with one comma between two", place=variable)
    return items
