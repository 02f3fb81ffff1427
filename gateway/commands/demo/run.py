"""`gateway demo`: simulated banks and gateway as real processes, one account per bank, one printed row each; then days.

All connections use loopback and TLS, as between an ERP and the banks; nothing of the simulators is imported.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from rich.console import Console
from rich.table import Table

from gateway.commands.demo.days import days_table, live_days, titled_table

__all__ = ["DemoError", "run"]

START_SECONDS = 60.0
CALL_SECONDS = 180.0
DAYS = 30


class DemoError(Exception):
    """One of the servers did not start; its own line above says why."""


@dataclass(frozen=True)
class Row:
    """The result of one bank."""

    bank: str
    entries: int
    opening: str
    closing: str
    verdict: str
    reason: str
    """Why the bank gives nothing to prove with; empty when it does."""
    seconds: float
    wrong: str
    """The error; empty when all is right."""
    account_id: str = ""
    """Empty where the account could not be registered."""
    first: str = ""
    """The first and the last of the days that were read."""
    last: str = ""


async def run(*, keep: bool, console: Console) -> bool:
    """Show every bank once; give whether all rows are right. With `keep`, stay until interrupted.

    Raises:
        DemoError: one of the servers did not start.
    """
    with tempfile.TemporaryDirectory(prefix="extrato-demo-") as folder:
        state = Path(folder)
        async with _simulators(state) as banks, _gateway(state, banks) as (address, key, environment):
            rows = await _rows(banks["control"], address, key, console)
            console.print(_table(rows))
            for row in rows:
                if row.wrong or row.reason:
                    console.print(f"{row.bank}: {row.wrong or row.reason}", style="red" if row.wrong else "dim")
            days = await live_days(banks["control"], address, key, environment, console)
            console.print()
            console.print(days_table(days))
            for day in days:
                if day.wrong:
                    console.print(f"{day.day}: {day.wrong}", style="red")
            right = bool(rows) and not any([row.wrong for row in rows] + [day.wrong for day in days])
            console.print("all right" if right else "[red]not all right")
            if keep:
                page = await _connect_page(address, key)
                for line in _to_try(address, key, banks, page, rows):
                    console.print(line, soft_wrap=True, highlight=False)
                await asyncio.Event().wait()
            else:
                hint = "`make demo KEEP=1` (`gateway demo --keep`) leaves both running, with an API key to try them."
                console.print(hint, style="dim", highlight=False)
            return right


def _to_try(address: str, key: str, banks: dict[str, str], page: str, rows: list[Row]) -> Iterator[str]:
    """What a newcomer can do with the running servers, line by line."""
    yield f"\ngateway     {address}\nAPI key     {key}"
    yield f"simulators  {banks['http']} (TLS {banks['tls']}, control API {banks['control']})"
    for row in [row for row in rows if row.account_id][:1]:
        statement = f"{address}/v1/accounts/{row.account_id}/statement?from={row.first}&to={row.last}"
        yield f"\na statement, as an ERP asks for it ({row.bank}):\ncurl -H 'Authorization: Bearer {key}' '{statement}'"
    yield f"\naccount pages, for people, which ask for the key:\n{address}/painel"
    yield f"\nconnect page, good for one look within 30 minutes:\n{page}"
    yield f"what to type there, bank by bank, and failures at a button: {banks['http']}/"
    yield "\nrunning until interrupted (Ctrl+C)"


async def _connect_page(address: str, key: str) -> str:
    """The address of a page on which a person connects an account, as an ERP gets it.

    Raises:
        DemoError: the gateway makes none.
    """
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=CALL_SECONDS) as gateway:
        made = await gateway.post("/v1/connect-sessions", json={})
    if made.status_code != httpx.codes.CREATED:
        raise DemoError(f"no connect page could be made: {made.json().get('code')}")
    url: str = made.json()["url"]
    return url


async def _rows(control: str, address: str, key: str, console: Console) -> list[Row]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(base_url=control, timeout=CALL_SECONDS) as simulators,
        httpx.AsyncClient(base_url=address, headers=headers, timeout=CALL_SECONDS) as gateway,
    ):
        accounts = (await simulators.get("/accounts", params={"scenario": "ok"})).json()
        now = datetime.fromisoformat((await simulators.get("/clock")).json()["now"])
        rows = []
        with console.status("") as status:
            for listed in accounts:
                status.update(f"{listed['bank']}: enrolling and reading {DAYS} days")
                rows.append(await _row(simulators, gateway, listed, now.date() - timedelta(days=1)))
        return rows


async def _row(simulators: httpx.AsyncClient, gateway: httpx.AsyncClient, listed: dict[str, Any], last: date) -> Row:
    bank, number = listed["bank"], listed["account"]["number"]
    period = {"from": (last - timedelta(days=DAYS - 1)).isoformat(), "to": last.isoformat()}
    enrolled = await gateway.post("/v1/accounts", json={**listed["account"], "credentials": listed["credentials"]})
    if enrolled.status_code != httpx.codes.CREATED:
        return _failed(bank, enrolled)
    started = time.perf_counter()
    answer = await gateway.get(f"/v1/accounts/{enrolled.json()['id']}/statement", params=period)
    seconds = time.perf_counter() - started
    if answer.status_code != httpx.codes.OK:
        return _failed(bank, answer)
    statement = answer.json()
    truth = (await simulators.get(f"/truth/{bank}/{number}", params=period)).json()
    proof = statement["proof"]
    return Row(
        bank=bank,
        entries=len(statement["entries"]),
        opening=statement["opening_balance"] or "-",
        closing=statement["closing_balance"] or "-",
        verdict=proof["verdict"],
        reason=proof["reason"] or "",
        seconds=seconds,
        wrong=_difference(statement, truth),
        account_id=enrolled.json()["id"],
        first=period["from"],
        last=period["to"],
    )


def _difference(statement: dict[str, Any], truth: dict[str, Any]) -> str:
    """The difference of a statement from the simulators' truth; empty when there is none."""
    read = [(entry["date"], entry["amount"]) for entry in statement["entries"]]
    true = [(entry["date"], entry["amount"]) for entry in truth["entries"]]
    if read != true:
        return f"{len(read)} entries are not the {len(true)} of the bank"
    if statement["proof"]["verdict"] == "disproved":
        return "the proof fails"
    for name in ("opening_balance", "closing_balance"):
        if statement[name] is not None and statement[name] != truth[name]:
            return f"{name} is {statement[name]}, in truth {truth[name]}"
    return ""


def _failed(bank: str, answer: httpx.Response) -> Row:
    problem = answer.json()
    wrong = f"{problem.get('code')}: {problem.get('detail')}"
    return Row(bank, 0, opening="-", closing="-", verdict="-", reason="", seconds=0.0, wrong=wrong)


def _table(rows: list[Row]) -> Table:
    table = titled_table(f"{DAYS} days of every bank, against the truth")
    for name in ("bank", "entries", "opening", "closing", "proof", "seconds", "ok"):
        number = name in {"entries", "opening", "closing", "seconds"}
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        right = "[red]no" if row.wrong else "[green]yes"
        cells = (row.bank, str(row.entries), row.opening, row.closing, row.verdict, f"{row.seconds:.2f}", right)
        table.add_row(*cells)
    return table


@asynccontextmanager
async def _simulators(state: Path) -> AsyncIterator[dict[str, str]]:
    """The simulated banks, running; their addresses."""
    command = ("simulators", "serve", "--port", "0", "--tls-port", "0", "--state", str(state / "simulators"))
    async with _process(command, dict(os.environ)) as ready:
        async with httpx.AsyncClient(base_url=ready["control"], timeout=CALL_SECONDS) as control:
            now = datetime.fromisoformat((await control.get("/clock")).json()["now"])
            (await control.put("/clock", json={"now": _settled(now).isoformat()})).raise_for_status()
        yield ready


def _settled(now: datetime) -> datetime:
    """One in the afternoon of the last weekday: every bank has settled the day before, at whatever hour this runs."""
    return now.replace(hour=13, minute=0, second=0, microsecond=0) - timedelta(days=max(0, now.weekday() - 4))


@asynccontextmanager
async def _gateway(state: Path, banks: dict[str, str]) -> AsyncIterator[tuple[str, str, dict[str, str]]]:
    """The gateway, running against the simulated banks; its address, an API key of all scopes, and its environment."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        "GATEWAY_DATABASE_URL": f"sqlite:///{state / 'gateway.sqlite'}",
        "GATEWAY_SECRET_KEYS": Fernet.generate_key().decode(),
        "GATEWAY_CONNECT_TO": banks["tls"],
        "GATEWAY_CA_BUNDLE": banks["ca"],
        "GATEWAY_CLOCK_URL": f"{banks['control']}/clock",
        "GATEWAY_DAILY_IMPORT": "off",
        "GATEWAY_LOG_LEVEL": "warning",
        "GATEWAY_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    create = ("gateway", "keys", "create", "demo", "--scope", "read", "--scope", "manage", "--scope", "operate")
    created = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *create, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(created.communicate(), START_SECONDS)
    if created.returncode:
        raise RuntimeError("no API key could be created")
    async with _process(("gateway", "serve", "--port", "0"), environment) as ready:
        yield ready["url"], printed.decode().split()[-1], environment


@asynccontextmanager
async def _process(command: tuple[str, ...], environment: dict[str, str]) -> AsyncIterator[dict[str, str]]:
    """One of our servers as a process; yields its ready line as a dictionary, and ends the process afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the server's output cannot be read")
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not line:
            raise DemoError(f"{' '.join(command[:2])} did not start")
        yield json.loads(line)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
