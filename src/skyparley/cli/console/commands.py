"""The command `skyparley console` and its options; what it needs is imported only when it runs."""

from typing import Annotated

import typer

from skyparley.cli.line.commands import Key


def console(
    node: Annotated[str, typer.Option(help="URL of the node, such as https://node.example.org.")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="TCP port on this machine; 0 takes a free one.")] = 8090,
    api_key: Key = None,
) -> None:
    """Serve the console of a node from this machine, until Ctrl-C: the page is yours, only the data are the node's.

    What such a page verifies holds against the node, too. Open the address that it prints; with --api-key that address
    signs you in, else the page asks.

    For example: skyparley console --node https://node.example.org
    """
    from skyparley.cli.console.serving import run

    run(node, port, api_key)
