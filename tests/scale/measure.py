"""What a daily import takes, measured over PostgreSQL: `python -m tests.scale.measure [--accounts N]`, about a minute.

All parts are real but the banks, which are the simulators in this process; the time that these take is taken away. The
first imports go before, so that what is measured is the daily one. Prints JSON; `tests/scale/figures.py` has one run.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from datetime import datetime
from datetime import time as datetime_time
from pathlib import Path

import psycopg
import rich_click as click
from cryptography.fernet import Fernet

import contracts
from gateway.accounts.access.tokens import Tokens
from gateway.calendar import next_business_day
from gateway.importing.account import AccountImport
from gateway.importing.daily import TASK, DailyImport
from gateway.model import BRASILIA
from gateway.parts import Resources, composed
from gateway.storage.accounts.records import NewAccount
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.imports.due import DueImports
from gateway.storage.imports.outcomes import DONE, Imports
from gateway.storage.shared.tokens import TokenRows
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.work.distributed import DistributedQueue
from simulators.world import Parameters
from tests import postgresql
from tests.benchmarks.usage import machine
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of

ENTRIES_PER_DAY = 10


class Line(SimulatedBanks):
    """The simulated banks; what they take themselves, and what they are asked, is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.own_seconds = 0.0
        self.calls: Counter[tuple[str, str]] = Counter()

    async def send(self, request, *, account, certificate):
        """The bank's answer."""
        self.calls[account.bank, request.extensions["operation"]] += 1
        began = time.thread_time()
        try:
            return await super().send(request, account=account, certificate=certificate)
        finally:
            self.own_seconds += time.thread_time() - began


class Usage:
    """What the server of a database has taken so far."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        (own,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        self._server = int(_stat(own)[1])

    def now(self) -> dict[str, float]:
        """Processor seconds, transactions, and bytes of its log."""
        ask = self._connection.execute
        ask("SELECT pg_stat_clear_snapshot()")
        (commits,) = ask("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone()
        (log,) = ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()
        ticks = sum(map(int, _stat(self._server)[11:15]))  # those of ended children too
        for path in Path("/proc").glob("[0-9]*"):
            try:
                found = _stat(int(path.name))
            except (OSError, ProcessLookupError):
                continue
            if int(found[1]) == self._server:
                ticks += sum(map(int, found[11:13]))
        return {"database_s": ticks / os.sysconf("SC_CLK_TCK"), "transactions": commits, "log_bytes": float(log)}

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Of each table that is not small: its bytes with its indexes, and its rows."""
        tables = self._connection.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        ).fetchall()
        found = {}
        for (name,) in tables:
            self._connection.execute(f'VACUUM FULL "{name}"')
            (size,) = self._connection.execute("SELECT pg_total_relation_size(%s::regclass)", (name,)).fetchone()
            (rows,) = self._connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608
            found[name] = (size, rows)
        return found


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


async def measured(url: str, accounts: int) -> dict[str, object]:
    """The figures of so many accounts at each bank."""
    line, vault = Line(), Vault([Fernet.generate_key().decode()])
    clock = FixedClock(line.clock.now())
    _move(line, clock)
    database = Database(url)
    await database.migrate()
    tokens = Tokens(TokenRows(database, vault), clock)
    parts = composed(Resources(database, vault, line, clock, tokens))
    accounts_import = AccountImport(Imports(database), KeptEntries(database, vault), parts.readings, clock)
    imports = DailyImport(DueImports(database), accounts_import, clock, spread_seconds=0)
    await parts.keys.create("measured", clock.now())
    (tenant,) = {each.tenant_id for each in await parts.keys.all()}
    ids = []
    for slug in contracts.banks():
        bank = line.bank(slug)
        for number in range(accounts):
            usual = Parameters(opened_days_ago=60, entries_per_day=ENTRIES_PER_DAY, busy_day_entries=0)
            opened = bank.open_account(bank.number(str(10_294_381 + number * 1_000_000)), parameters=usual)
            record, _ = await parts.enrolment.register(tenant, NewAccount(**body_of(opened)))
            ids.append(record.id)

    async def import_all() -> None:
        for each in ids:
            done = await accounts_import.import_now(tenant, each)
            assert done is not None
            assert done.outcome == DONE, done

    await import_all()
    _move(line, clock)
    line.calls.clear()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        usage = Usage(connection)
        await asyncio.sleep(1.5)  # the server's figures come late
        before, own, spent = usage.now(), line.own_seconds, time.process_time()
        await import_all()
        gateway = time.process_time() - spent - (line.own_seconds - own)
        await asyncio.sleep(1.5)
        after = usage.now()
        rounds = await _rounds(url, imports, usage, clock)
        sizes = usage.sizes()
    await parts.readings.aclose()
    await tokens.aclose()
    await database.aclose()
    calls: dict[str, dict[str, float]] = {}
    for (bank, operation), count in sorted(line.calls.items()):
        calls.setdefault(bank, {})[operation] = count / accounts
    return {
        "accounts": len(ids),
        "entries_per_day": ENTRIES_PER_DAY,
        "gateway_s": gateway / len(ids),
        **{name: (after[name] - before[name]) / len(ids) for name in before},
        "rounds": rounds,
        "calls": calls,
        "tables": {name: each for name, each in sizes.items() if each[1] >= len(ids) / 2},
        "machine": machine(),
    }


async def _rounds(url: str, imports: DailyImport, usage: Usage, clock: FixedClock) -> dict[str, float]:
    """What it takes for one account to be put into the queue, and to be found there already by another round."""
    day = next_business_day(clock.now().date())
    clock.moment = datetime.combine(day, datetime_time(16), BRASILIA)
    queue = DistributedQueue(url, {TASK: imports.run}, clock, at_once=1)
    found = {}
    async with queue.opened():
        for name in ("put", "found_again"):
            before, began = usage.now(), time.perf_counter()
            await imports.round(queue)
            seconds = time.perf_counter() - began
            await asyncio.sleep(1.5)
            count = sum(each.due for each in await imports.status())
            found |= {
                f"{name}_s": seconds / count,
                f"{name}_database_s": (usage.now()["database_s"] - before["database_s"]) / count,
            }
    return found


def _move(line: Line, clock: FixedClock) -> None:
    """To the afternoon of the next business day, for the gateway and the banks."""
    day = next_business_day(clock.now().date())
    clock.moment = datetime.combine(day, datetime_time(16), BRASILIA)
    line.clock.put(clock.moment)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=8, help="At each bank.")
    given = parser.parse_args()
    with postgresql.running() as server:
        found = asyncio.run(measured(server.database("template1"), given.accounts))
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
