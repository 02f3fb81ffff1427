"""The command that shows everything with simulated banks."""

import rich_click as click

from gateway.commands.complaints import Hindered
from gateway.commands.parameters import example
from gateway.commands.running import guarded, unwinding

__all__ = ["demo"]


@click.command(epilog=example("gateway demo --keep"))
@click.option("--keep", is_flag=True, help="Leave everything running and print the addresses and the key.")
def demo(*, keep: bool) -> None:
    """Start simulated banks and a gateway, and read one account of every bank.

    Then three business days go by, each with its daily import. Everything runs on free ports of this machine and is
    gone afterwards. Exit status 0 when all rows are right, 1 when one is not.
    """
    import asyncio

    from rich.console import Console

    from gateway.commands.demo.run import DemoError, run

    # Without this the signal would end this process alone, and leave the servers running.
    with unwinding():
        try:
            right = guarded(lambda: asyncio.run(run(keep=keep, console=Console())))
        except DemoError as error:
            raise Hindered(str(error)) from error
    if not right:
        raise SystemExit(1)
