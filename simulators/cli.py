"""`simulators`: serve the simulated banks, list their accounts and scenarios."""

import ipaddress
import json
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from simulators.authoring.commands import new, record
from simulators.certify.commands import certify, grid

__all__ = ["main"]

EXTRA = frozenset({"holidays", "hypothesis"})
"""What only the simulators need: the extra `simulators` of the distribution."""
STATE = Path(".simulators")
PIPED_WIDTH = 200


class _Commands(click.RichGroup):
    """The commands; where the extra is not installed, each says so in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            ClickException: a library of the extra is missing.
        """
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            if error.name not in EXTRA:
                raise
            raise click.ClickException(f"{error.name} is not installed; install extrato[simulators]") from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Simulated Brazilian banks, documented failures included."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", default=9000, show_default=True, help="Plain HTTP and control; 0 picks a free one.")
@click.option("--tls-port", default=9443, show_default=True, help="TLS by host name; 0 picks a free one.")
@click.option("--seed", default=1, show_default=True, help="Makes one world unlike another.")
@click.option(
    "--state",
    default=STATE,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where the test authority and ready.json are kept.",
)
@click.option(
    "--quotas/--no-quotas",
    default=False,
    show_default=True,
    help="Refuse calls beyond a bank's documented limits at every account.",
)
def serve(host: str, port: int, tls_port: int, seed: int, state: Path, quotas: bool) -> None:  # noqa: FBT001
    """Play all banks in one process until stopped."""
    import asyncio  # noqa: PLC0415 - --help is instant

    from simulators.serve import announce_on_stdout  # noqa: PLC0415
    from simulators.serve import serve as run  # noqa: PLC0415

    if not _is_loopback(host):
        raise click.BadParameter("the simulators listen on loopback only", param_hint="--host")
    try:
        asyncio.run(run(host, port, tls_port, seed, state, announce_on_stdout, quotas=quotas))
    except OSError as error:
        raise click.ClickException(f"cannot listen: {error.strerror}") from error
    except KeyboardInterrupt:
        sys.exit(130)


@main.command()
@click.option("--bank", help="Only this bank.")
@click.option("--scenario", help="Only this scenario.")
@click.option("--url", help="Control address of running simulators; without it, those of --seed are listed.")
@click.option("--seed", default=1, show_default=True)
@click.option("--state", default=STATE, show_default=True, type=click.Path(path_type=Path))
def accounts(bank: str | None, scenario: str | None, url: str | None, seed: int, state: Path) -> None:
    """List the ready accounts with their credentials, as JSON."""
    wanted = {key: value for key, value in {"bank": bank, "scenario": scenario}.items() if value}
    click.echo(json.dumps(_ask(url, seed, state, "accounts", wanted), indent=2, ensure_ascii=False))


@main.command()
@click.option("--url", help="Control address of running simulators.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def scenarios(url: str | None, as_json: bool) -> None:  # noqa: FBT001 - a command's flag
    """List the scenarios and the banks they can happen at."""
    found = _ask(url, 1, None, "scenarios", {})
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column, Table  # noqa: PLC0415

    all_banks = {bank for each in found for bank in each["banks"]}
    # A name that is cut short is no name, and what is piped on has no width to be cut to.
    names = (Column(name, overflow="fold") for name in ("scenario", "expected"))
    table = Table(*names, "title", "banks", box=None)
    for each in found:
        banks = each["banks"]
        where = "all" if len(banks) == len(all_banks) else ", ".join(banks) if len(banks) < 3 else str(len(banks))
        table.add_row(each["name"], each["expected"], each["title"], where)
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


main.add_command(certify)
main.add_command(grid)
main.add_command(new)
main.add_command(record)


def _ask(url: str | None, seed: int, state: Path | None, what: str, wanted: dict[str, str]) -> Any:
    """What the control API says, of running simulators or of new ones in this process.

    Raises:
        ClickException: it says nothing, or that something wrong is wanted.
    """
    import httpx  # noqa: PLC0415

    if url is not None:
        try:
            answer = httpx.get(f"{url.rstrip('/')}/{what}", params=wanted, timeout=10)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.ClickException(f"the simulators at {url} do not answer: {error}") from error
        return _told(answer)
    import asyncio  # noqa: PLC0415

    from simulators.control import control_app  # noqa: PLC0415
    from simulators.worlds import Worlds  # noqa: PLC0415

    kept = state if state is not None and state.exists() else None

    async def ask() -> Any:
        app: Any = control_app(Worlds(seed, kept))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulators") as client:
            return await client.get(f"/_sim/{what}", params=wanted)

    return _told(asyncio.run(ask()))


def _told(answer: Any) -> Any:
    """What an answer of the control API holds.

    Raises:
        ClickException: it is a refusal, or not an answer of the control API.
    """
    try:
        found = answer.json()
    except ValueError:
        found = None
    if answer.is_success and found is not None:
        return found
    detail = found.get("detail") if isinstance(found, dict) else None
    raise click.ClickException(str(detail or f"{answer.url} is not the control API: status {answer.status_code}"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
