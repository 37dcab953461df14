"""The command `skyparley shadow` and its options; `watching.py` runs it."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

DATA: Final = Path("data/shadow")
REPORT_FILE: Final = "differences.jsonl"


def shadow(
    upstream: Annotated[str, typer.Option(help="URL of the DSS that is watched, such as https://dss.example.")],
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; anything but loopback should have TLS.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one.", show_default="8080")
    ] = None,
    data: Annotated[Path, typer.Option(help="Directory of the node here, and of what the shadow learns.")] = DATA,
    report: Annotated[
        Path | None,
        typer.Option(
            help="File that gets a line of JSON for each difference.", show_default=f"{REPORT_FILE} in --data"
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file with the certificate chain; with --tls-key it serves HTTPS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file with the certificate's private key.")] = None,
) -> None:
    """Watch another DSS: forward each request to it, ask a node here the same, and report what differs.

    Clients get that DSS's answers, whatever the node here says. It verifies the same tokens: set SKYPARLEY_AUTH_… as
    for skyparley serve (docs/settings.md). Counts are at /shadow/summary; see docs/shadow.md.
    """
    import dataclasses
    import os

    from skyparley.cli.dss.watching import run
    from skyparley.config import read_settings
    from skyparley.errors import InvalidInputError
    from skyparley.shadow.proxy import upstream_of

    url = upstream_of(upstream)
    given = {"host": host, "port": port, "tls_certificate": tls_certificate, "tls_key": tls_key}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings = dataclasses.replace(read_settings(os.environ), data=data, **chosen)
    if not settings.auth_audiences:
        raise InvalidInputError(
            "the node here verifies the tokens of the DSS that is watched: set SKYPARLEY_AUTH_PUBLIC_KEYS or"
            " SKYPARLEY_AUTH_JWKS_URL, and SKYPARLEY_AUTH_AUDIENCES"
        )
    run(settings, url, report or data / REPORT_FILE)
