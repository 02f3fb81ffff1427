"""The commands that list accounts and scenarios, of running simulators or of those that a seed would give."""

from pathlib import Path
from typing import Any

import rich_click as click

from simulators.commands.asking import Control, control_url, told, where_options
from simulators.commands.options import Named, example, json_option
from simulators.commands.tables import print_json, print_rows

__all__ = ["accounts", "scenarios"]

FEW_BANKS = 2


def seed_option(command: Any) -> Any:
    """The option that skips the question."""
    shown = "Ask no running simulators: list what those of this seed have."
    return click.option("--seed", type=int, help=shown)(command)


@click.command(epilog=example("simulators accounts --bank itau --scenario password_expired"))
@click.option("--bank", type=Named("bank"), help="Only this bank (its slug).")
@click.option("--scenario", type=Named("scenario"), help="Only this scenario.")
@click.option("--table", is_flag=True, help="A table without credentials, for people.")
@where_options
@seed_option
@json_option
def accounts(
    bank: str | None,
    scenario: str | None,
    url: str | None,
    seed: int | None,
    state: Path,
    world: str,
    *,
    table: bool,
    as_json: bool,
) -> None:
    """List the ready accounts with their credentials, as JSON.

    `account` and `credentials` together are a body of the gateway's `POST /v1/accounts`. Where no simulators run, it
    lists the same accounts that they would have.
    """
    found = _ask(url, seed, state, world, "/accounts", {"bank": bank, "scenario": scenario})
    if not table or as_json:
        print_json(found)
        return
    rows = [{**each, **each["account"]} for each in found]
    columns = ("bank", "scenario", "expected", "kind", "branch", "number", "holder_tax_id")
    print_rows(columns, rows, as_json=False)


@click.command(epilog=example("simulators scenarios --json"))
@where_options
@seed_option
@json_option
def scenarios(url: str | None, seed: int | None, state: Path, world: str, *, as_json: bool) -> None:
    """List the scenarios and the banks they can happen at."""
    found = _ask(url, seed, state, world, "/scenarios", {})
    if as_json:
        print_json(found)
        return
    all_banks = {bank for each in found for bank in each["banks"]}
    rows = [{**each, "banks": _where(each["banks"], len(all_banks))} for each in found]
    print_rows(("name", "expected", "title", "banks"), rows, as_json=False, wraps=("title",))


def _where(banks: list[str], all_banks: int) -> str:
    if len(banks) == all_banks:
        return "all"
    return ", ".join(banks) if len(banks) <= FEW_BANKS else str(len(banks))


def _ask(
    url: str | None, seed: int | None, state: Path, world: str, path: str, query: dict[str, str | None]
) -> list[dict[str, Any]]:
    """What running simulators say, or new ones in this process.

    Raises:
        Refused: something wrong is wanted.
        Unreachable: those that are named do not answer.
    """
    running = control_url(url, state) if url or seed is None else None
    if running is not None:
        found: list[dict[str, Any]] = Control(running, world).get(path, query)
        return found
    return _offline(1 if seed is None else seed, state, world, path, query)


def _offline(seed: int, state: Path, world: str, path: str, query: dict[str, str | None]) -> list[dict[str, Any]]:
    import asyncio  # noqa: PLC0415 - --help is instant
    from urllib.parse import quote  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    from simulators.commands.exit_codes import Refused  # noqa: PLC0415
    from simulators.serving.server import application  # noqa: PLC0415
    from simulators.worlds.registry import WorldError, Worlds  # noqa: PLC0415

    worlds = Worlds(seed, state if state.is_dir() else None)
    try:
        if world and world not in worlds.names():
            # A world that nobody has made yet: what it would have. Without a folder, so that nothing is written.
            worlds = Worlds(seed)
            worlds.check_new(world)
            worlds.enter(worlds.made(world, quotas=False, ready=True))
    except WorldError as error:
        raise Refused(str(error)) from error

    async def ask() -> httpx.Response:
        app: Any = application(worlds)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulators") as client:
            within = f"/_sim/worlds/{quote(world, safe='')}" if world else "/_sim"
            return await client.get(within + path, params={name: each for name, each in query.items() if each})

    answer = asyncio.run(ask())
    found: list[dict[str, Any]] = told(answer.status_code, answer.content, str(answer.url))
    return found
