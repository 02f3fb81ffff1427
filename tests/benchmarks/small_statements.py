"""Many small statements: `python -m tests.benchmarks.small_statements [--banks A] [--latencies 50] [--callers 1 8]`.

The gateway reads statements of about thirty entries from banks that answer at once, or after some time. Beside it runs
the least that a gateway does (`pass_through`): the same requests, over the same kind of connections, with the same HTTP
client. Both are asked in turns, in the same run, by callers who ask one statement after the other; every answer is
checked before its time counts. Printed are statements a second, processor time of the process for one statement, and
latencies.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import rich_click as click
import structlog

from gateway.clock import SystemClock
from gateway.line import BankLine, build_line
from gateway.line.tls import CertificatePool
from gateway.model import Account, Credentials, Period
from gateway.statement import StatementReader
from tests.benchmarks.callers import Caller, statement_path
from tests.benchmarks.numbers import Distribution
from tests.benchmarks.usage import processor_seconds
from tests.served import processes

Row = dict[str, Any]

BANKS = ("banco_do_brasil", "bradesco", "itau", "santander", "sicoob", "sicredi", "stone")
"""Banks that document no limit a minute: at the others the gateway would keep it, and the callers would wait."""
USUAL_BANKS = ("sicoob", "stone")
ACCOUNTS = 8
"""Of each bank."""
DAYS = 10
ENTRIES_A_DAY = 4
TURNS = 5
SECONDS_OF_A_TURN = 2.0


class Recorder:
    """A line that records all requests except those for tokens."""

    def __init__(self, line: BankLine) -> None:
        self._line = line
        self.requests: list[httpx.Request] = []

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The answer of the line."""
        if request.extensions["operation"] != "token":
            self.requests.append(request)
        return await self._line.send(request, account=account, certificate=certificate)


class FirstToken:
    """Obtains a token and keeps it."""

    async def token(self, account, auth, needed, run):
        """A new token."""
        return await run(auth.obtain(None, SystemClock().now()))


@dataclass
class Server:
    """One of the two that are compared: where it is asked, for what, and the samples that it gave."""

    name: str
    pid: int
    callers: list[tuple[Caller, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    """Of each turn, for one statement."""
    rates: list[float] = field(default_factory=list)
    """Of each turn, statements a second."""

    async def turn(self) -> None:
        """Let all callers ask one statement after the other for a while."""
        used, started = processor_seconds(self.pid), time.perf_counter()
        samples = [each for one in await asyncio.gather(*itertools.starmap(_asking, self.callers)) for each in one]
        self.rates.append(len(samples) / (time.perf_counter() - started))
        self.processor_seconds.append((processor_seconds(self.pid) - used) / len(samples))
        self.seconds += samples


async def _asking(caller: Caller, path: str) -> list[float]:
    samples: list[float] = []
    ends = time.perf_counter() + SECONDS_OF_A_TURN
    while not samples or time.perf_counter() < ends:
        answer = await caller.ask(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer.status}: {answer.body[:300]!r}")
        samples.append(answer.seconds)
    return samples


async def recorded(banks: processes.Banks, listed: dict, period: Period) -> tuple[list[httpx.Request], int]:
    """The requests of one statement, and how many entries it has."""
    host, _, port = banks.tls.rpartition(":")
    pool = CertificatePool(banks.ca, (host, int(port)))
    account = Account(id="recorded", credentials=Credentials(listed["credentials"]), **listed["account"])
    recorder = Recorder(build_line(pool, SystemClock()))
    try:
        statement = await StatementReader(recorder, FirstToken(), SystemClock()).read(account, period)
    finally:
        await pool.aclose()
    return recorder.requests, len(statement.entries)


@contextlib.contextmanager
def passing_through(banks: processes.Banks, statements: list[dict]) -> Iterator[tuple[str, int]]:
    """The address and process of a pass-through for these statements."""
    host, _, port = banks.tls.rpartition(":")
    order = {"ca": banks.ca, "connect_to": [host, int(port)], "statements": statements}
    command = [sys.executable, "-m", "tests.benchmarks.pass_through"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=processes.ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            yield json.loads(process.stdout.readline())["url"], process.pid
        finally:
            process.terminate()


async def compared(
    banks: processes.Banks, gateway: processes.Gateway, slug: str, callers: list[int], latency: int
) -> list[Row]:
    """The rows of one bank and latency, one for each number of callers."""
    found: list[Row] = []
    today = SystemClock().now().date()
    period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
    asked: list[tuple[str, dict]] = []
    entries = 0
    parameters = {"busy_day_entries": 0, "entries_per_day": ENTRIES_A_DAY}
    for _ in range(min(ACCOUNTS, max(callers))):
        listed = await asyncio.to_thread(banks.new_account, slug, **parameters)
        requests, entries = await recorded(banks, listed, period)
        given = listed["credentials"]
        certificate = [given["certificate"], given["private_key"]] if "certificate" in given else None
        sent = [[each.method, str(each.url), each.headers.multi_items()] for each in requests]
        account = (await asyncio.to_thread(gateway.enrol, listed)).json()["id"]
        asked.append((account, {"requests": sent, "certificate": certificate}))
    with passing_through(banks, [statement for _, statement in asked]) as (url, pid):
        for number in callers:
            plain, ours = Server("pass-through", pid), Server("gateway", gateway.process.pid)
            for caller in range(number):
                account, _ = asked[caller % len(asked)]
                first = period.first + timedelta(days=caller // len(asked) % DAYS)
                path = statement_path(account, first.isoformat(), period.last.isoformat())
                plain.callers.append((await Caller.open(url, ""), f"/{caller % len(asked)}"))
                ours.callers.append((await Caller.open(gateway.url, gateway.key), path))
            for turn in range(TURNS + 1):
                for server in (plain, ours):
                    await server.turn()
                if not turn:  # connections, tokens, caches
                    for server in (plain, ours):
                        server.seconds, server.processor_seconds, server.rates = [], [], []
            found.append(
                {
                    "bank": slug,
                    "bank_calls": len(asked[0][1]["requests"]),
                    "entries": entries,
                    "latency_ms": latency,
                    "callers": number,
                    **compared_with(plain, ours),
                }
            )
            for caller, _ in [*plain.callers, *ours.callers]:
                caller.close()
    return found


def compared_with(plain: Server, ours: Server) -> Row:
    """The numbers of the gateway beside those of the pass-through, medians of all turns."""
    processor = [1000 * median(server.processor_seconds) for server in (plain, ours)]
    rates = [median(server.rates) for server in (plain, ours)]
    before, after = Distribution.of(plain.seconds), Distribution.of(ours.seconds)
    return {
        "processor_ms": processor[1],
        "pass_through_processor_ms": processor[0],
        "ratio": processor[1] / processor[0],
        "statements_per_s": rates[1],
        "part_of_pass_through": rates[1] / rates[0],
        "added_p50_ms": after.median - before.median,
        "added_p99_ms": after.p99 - before.p99,
    }


@contextlib.contextmanager
def both(latency: int) -> Iterator[tuple[processes.Banks, processes.Gateway]]:
    """Banks that answer after so many milliseconds, and a gateway with the machine's clock."""
    module = ("tests.benchmarks.remembering_banks", str(latency / 1000))
    with (
        tempfile.TemporaryDirectory() as folder,
        processes.simulators(Path(folder), module=module) as banks,
        processes.gateway(Path(folder), banks, clock_url="") as gateway,
    ):
        yield banks, gateway


def rows(
    banks: Iterable[str] = USUAL_BANKS, latencies: Iterable[int] = (0, 200), callers: Sequence[int] = (1, 8, 64)
) -> Iterator[Row]:
    """The rows of all banks, latencies and numbers of callers."""
    for latency in latencies:
        with both(latency) as (simulated, gateway):
            for slug in banks:
                yield from asyncio.run(compared(simulated, gateway, slug, list(callers), latency))


def main() -> None:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--banks", nargs="+", default=USUAL_BANKS, choices=BANKS)
    parser.add_argument("--latencies", nargs="+", type=int, default=[0, 200])
    parser.add_argument("--callers", nargs="+", type=int, default=[1, 8, 64])
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for row in rows(given.banks, given.latencies, given.callers):
        click.echo(
            json.dumps({name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()})
        )


if __name__ == "__main__":
    main()
