"""Statements of one process and of two: `python -m tests.benchmarks.two_processes [--accounts 8] [--postgresql]`.

Both gateways work on databases of their own and read from banks that remember their answers. Each is asked in turns by
the same callers. Printed are statements a second and processor time for one statement, of the gateway's processes.

Where the callers and the banks share the processors with the gateway, the rate of two processes says too little; the
processor time for one statement is the same where two processes do twice the work of one. Over SQLite two processes
wait for one write lock; `--postgresql` shows what nodes that share a server do.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median

import rich_click as click

from gateway.clock import SystemClock
from tests import postgresql
from tests.benchmarks.callers import Caller, statement_path
from tests.benchmarks.small_statements import BANKS, DAYS, ENTRIES_A_DAY, SECONDS_OF_A_TURN, TURNS
from tests.benchmarks.usage import processor_seconds
from tests.served import processes


def pids(gateway: processes.Gateway) -> list[int]:
    """The gateway's process, and its workers."""
    pid = gateway.process.pid
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, workers)]


async def turn(gateway: processes.Gateway, callers: Sequence[tuple[Caller, str]]) -> tuple[float, list[float]]:
    """Statements a second, and the processor seconds of each process for one statement."""
    before = [processor_seconds(pid) for pid in pids(gateway)]
    began = time.perf_counter()

    async def asking(caller: Caller, path: str) -> int:
        count = 0
        while time.perf_counter() - began < SECONDS_OF_A_TURN:
            answer = await caller.ask(path)
            if answer.status != 200:
                raise RuntimeError(f"{path} was answered {answer.status}: {answer.body[:300]!r}")
            count += 1
        return count

    statements = sum(await asyncio.gather(*(asking(*each) for each in callers)))
    seconds = time.perf_counter() - began
    used = [processor_seconds(pid) - one for pid, one in zip(pids(gateway), before, strict=True)]
    return statements / seconds, [each / statements for each in used]


def enrolled(gateway: processes.Gateway, listed: list[dict], number: int) -> list[str]:
    """The paths that so many callers ask for: each account by several, for periods of their own."""
    last = SystemClock().now().date() - timedelta(days=1)
    accounts = []
    for each in listed:
        answer = gateway.enrol(each)
        answer.raise_for_status()
        accounts.append(answer.json()["id"])
    firsts = [last - timedelta(days=DAYS - caller // len(accounts) % DAYS) for caller in range(number)]
    return [
        statement_path(accounts[caller % len(accounts)], first.isoformat(), last.isoformat())
        for caller, first in enumerate(firsts)
    ]


async def compared(gateways: dict[int, processes.Gateway], paths: dict[int, list[str]]) -> list[dict]:
    """A row for each number of processes."""
    callers = {
        count: [(await Caller.open(gateway.url, gateway.key), path) for path in paths[count]]
        for count, gateway in gateways.items()
    }
    rates: dict[int, list[float]] = {count: [] for count in gateways}
    costs: dict[int, list[list[float]]] = {count: [] for count in gateways}
    for number in range(TURNS + 1):
        for count, gateway in gateways.items():
            rate, cost = await turn(gateway, callers[count])
            if number:  # the first one opens connections and fills caches
                rates[count].append(rate)
                costs[count].append(cost)
    for each in callers.values():
        for caller, _ in each:
            caller.close()
    return [
        {
            "processes": count,
            "statements_per_s": round(median(rates[count]), 1),
            "processor_ms": round(1000 * median(map(sum, costs[count])), 2),
            "busiest_process_ms": round(1000 * median(map(max, costs[count])), 2),
        }
        for count in gateways
    ]


def main() -> None:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--entries", type=int, default=ENTRIES_A_DAY, help="of a day")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds that a bank takes")
    parser.add_argument("--postgresql", action="store_true", help="databases of PostgreSQL instead of SQLite")
    given = parser.parse_args()
    module = ("tests.benchmarks.remembering_banks", str(given.latency / 1000))
    with ExitStack() as stack:
        one, two = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        more = [{}, {}]
        if given.postgresql:
            server = stack.enter_context(postgresql.running())
            more = [{"DATABASE_URL": server.database()} for _ in range(2)]
        banks = stack.enter_context(processes.simulators(one, module=module))
        alone = stack.enter_context(processes.gateway(one, banks, clock_url="", **more[0]))
        workers = ("--workers", "2")
        both = stack.enter_context(processes.gateway(two, banks, clock_url="", arguments=workers, **more[1]))
        parameters = {"busy_day_entries": 0, "entries_per_day": given.entries}
        listed = [banks.new_account(BANKS[number % len(BANKS)], **parameters) for number in range(given.accounts)]
        gateways = {1: alone, 2: both}
        paths = {count: enrolled(gateway, listed, given.callers) for count, gateway in gateways.items()}
        for row in asyncio.run(compared(gateways, paths)):
            click.echo(json.dumps(row))


if __name__ == "__main__":
    main()
