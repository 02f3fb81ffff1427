"""`simulators`: serve the simulated banks, list their accounts and scenarios."""

import ipaddress
import json
import sys
from pathlib import Path
from typing import Any

import rich_click as click

__all__ = ["main"]

STATE = Path(".simulators")
PIPED_WIDTH = 200


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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


@main.command()
@click.argument("bank")
@click.option("--adapter", help="module:Class of the adapter; the bank's own without it.")
@click.option("--report", type=click.Path(path_type=Path), help="Write a report: .html, .json or .xml (JUnit).")
@click.option("--seed", default=1, show_default=True, help="Repeats the same cases.")
@click.option("--examples", default=100, show_default=True, help="Cases for each property.")
def certify(bank: str, adapter: str | None, report: Path | None, seed: int, examples: int) -> None:
    """Try an adapter against its simulated bank, offline; exit status 1 when it falls short."""
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    from simulators.certify.bench import Bench, why_not  # noqa: PLC0415
    from simulators.certify.report import FORMATS, grounds, write  # noqa: PLC0415
    from simulators.certify.suite import Result  # noqa: PLC0415
    from simulators.certify.suite import certify as run  # noqa: PLC0415

    if report is not None and report.suffix not in FORMATS:
        raise click.BadParameter(f"the suffix must be one of {', '.join(FORMATS)}", param_hint="--report")
    console = Console(highlight=False)

    def tell(result: Result) -> None:
        state = "[yellow]exempt" if result.exempt else "[green]passed" if result.passed else "[red]failed"
        console.print(
            f"{state}[/]  {result.level:<10} {result.name:<14} {escape(result.what)} ({result.seconds:.1f} s)",
            soft_wrap=True,
        )
        for text in (result.exempt, result.shortfall, result.case):
            if text:
                console.print(escape(text), style="dim")

    chosen = _adapter(adapter)
    try:
        bench = Bench(bank, chosen)
    except Exception as error:
        raise click.BadParameter(why_not(bank) or f"{type(error).__name__}: {error}", param_hint="BANK") from error
    certificate = run(bench, seed_number=seed, examples=examples, told=tell)
    if report is not None:
        write(certificate, report)
    console.print(grounds(certificate), style="dim", soft_wrap=True)
    console.print(f"{bank}: {certificate.verdict}, level {certificate.level or 'none'}")
    sys.exit(0 if certificate.passed else 1)


@main.command()
@click.option("--bank", "chosen", multiple=True, help="Only this bank; may be repeated.")
def grid(chosen: tuple[str, ...]) -> None:
    """Try every fault at every step with every bank, offline; exit status 1 when a cell is wrong or was not tried.

    A cell `12+4 (3)` has twelve true statements and four failures under their right name; in three more tries the fault
    found nothing to act on, which shows nothing. A fault that finds nothing at any step of a bank is an error.
    """
    import logging  # noqa: PLC0415

    import structlog  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    from simulators.certify.bench import two_sided, why_not  # noqa: PLC0415
    from simulators.certify.grid import cells, mistaken, try_cell  # noqa: PLC0415
    from simulators.certify.grid_table import tables  # noqa: PLC0415

    for slug in set(chosen).difference(two_sided()):
        raise click.BadParameter(why_not(slug), param_hint="--bank")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console(highlight=False)
    todo = [cell for slug in chosen or two_sided() for cell in cells(slug)]
    outcomes = [try_cell(cell) for cell in track(todo, "Trying every cell", console=Console(stderr=True))]
    for table in tables(outcomes):
        console.print(table, "")
    wrong = [each for each in outcomes if not each.right]
    for each in wrong:
        console.print(f"[red]wrong[/] {each.cell}: {each.told}" if each.struck else f"[red]not tried[/] {each.cell}")
    without_effect = mistaken(outcomes)
    for text in without_effect:
        console.print(f"[red]without effect[/] {text}" if "nothing" in text else f"[red]effect[/] {text}")
    idle = sum(each.idle for each in outcomes)
    console.print(f"{len(outcomes)} cells, {idle} without effect, {len(wrong)} wrong")
    sys.exit(1 if wrong or without_effect else 0)


def _adapter(name: str | None) -> Any:
    """The class that `module:Class` names, or None."""
    if name is None:
        return None
    from importlib import import_module  # noqa: PLC0415

    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise click.BadParameter(f"{name} cannot be imported: {error}", param_hint="--adapter") from error


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
    from simulators.simulation import Simulation  # noqa: PLC0415

    kept = state if state is not None and state.exists() else None

    async def ask() -> Any:
        app: Any = control_app(Simulation(seed, kept))
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
