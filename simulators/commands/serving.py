"""The command that plays all banks."""

import gc
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import rich_click as click

from simulators.commands.asking import STATE
from simulators.commands.exit_codes import ExitCode, Hindered
from simulators.commands.options import Moment, example

__all__ = ["serve"]

OPEN_TO_OTHERS = (
    "simulators: whoever reaches {address} can use and control these banks; the control API has no password. Nothing "
    "in them is real: keep it so, and never let a browser or system trust {authority}"
)


@click.command(epilog=example("simulators serve --port 0 --tls-port 0 --now 2026-03-16T13:00:00-03:00 --frozen"))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on: of IPv4 or IPv6, or localhost. Beyond loopback others reach the banks too.",
)
@click.option(
    "--port",
    default=9000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Plain HTTP and control; 0 picks a free one.",
)
@click.option(
    "--tls-port",
    default=9443,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="TLS by host name; 0 picks a free one.",
)
@click.option("--seed", default=1, show_default=True, help="Makes one world unlike another.")
@click.option(
    "--state",
    default=STATE,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the test authority, of ready.json and of opened accounts; one process has it at a time.",
)
@click.option(
    "--quotas/--no-quotas",
    default=False,
    show_default=True,
    help="Refuse calls beyond a bank's documented limits at every account.",
)
@click.option("--now", type=Moment(), help="Instant at which every world begins; without it the present.")
@click.option("--frozen", is_flag=True, help="Let the clocks stand still until they are moved.")
@click.option(
    "--load",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    help="Begin as the snapshot in this file says.",
)
def serve(
    host: str,
    port: int,
    tls_port: int,
    seed: int,
    state: Path,
    now: datetime | None,
    load: Path | None,
    *,
    quotas: bool,
    frozen: bool,
) -> None:
    """Play all banks in one process until stopped.

    Prints one JSON line with the addresses when it is ready; ready.json in the state folder has them too, until the
    end. SIGTERM ends it with status 0, Ctrl+C with 130, both within two seconds.
    """
    from simulators.serving.listening import address_of  # noqa: PLC0415 - --help is instant

    try:
        address = address_of(host)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from error
    if port and port == tls_port:
        raise click.UsageError("--port and --tls-port are the same; each needs one of its own")
    signal.signal(signal.SIGTERM, _stopped)
    # What is loaded stays: looking through it for garbage again and again takes a tenth of the start.
    gc.disable()
    try:
        stopped_by = _run(address, port, tls_port, seed, state, now, load, quotas=quotas, frozen=frozen)
    except KeyboardInterrupt:
        stopped_by = signal.SIGINT
    finally:
        gc.enable()
    sys.exit(ExitCode.STOPPED if stopped_by == signal.SIGINT else ExitCode.DONE)


def _stopped(*_: object) -> NoReturn:
    """SIGTERM before anything is served."""
    sys.exit(ExitCode.DONE)


def _run(
    address: str,
    port: int,
    tls_port: int,
    seed: int,
    state: Path,
    now: datetime | None,
    load: Path | None,
    *,
    quotas: bool,
    frozen: bool,
) -> int | None:
    """Serve; give the signal that ended it.

    Raises:
        Hindered: that is not possible here.
    """
    import asyncio  # noqa: PLC0415 - --help is instant
    from functools import partial  # noqa: PLC0415

    from simulators.clock import beginning  # noqa: PLC0415
    from simulators.serving.listening import ListenError, is_loopback  # noqa: PLC0415
    from simulators.serving.server import announce_on_stdout  # noqa: PLC0415
    from simulators.serving.server import serve as run  # noqa: PLC0415
    from simulators.serving.state_folder import StateError  # noqa: PLC0415
    from simulators.worlds.snapshot import SnapshotError  # noqa: PLC0415

    def announce(ready: dict[str, str]) -> None:
        gc.enable()
        if not is_loopback(address):
            click.echo(OPEN_TO_OTHERS.format(address=address, authority=ready["ca"]), err=True)
        announce_on_stdout(ready)

    clock = partial(beginning, now, frozen=frozen)
    try:
        return asyncio.run(run(address, port, tls_port, seed, state, announce, quotas=quotas, clock=clock, load=load))
    except (ListenError, StateError, SnapshotError) as error:
        raise Hindered(str(error)) from error
    except OSError as error:
        raise Hindered(f"{error.filename or state}: {error.strerror}") from error
