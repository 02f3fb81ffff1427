"""The cost of a statement beyond fetching and decoding the same bytes: `python -m tests.benchmarks.statement_cost`.

Simulators and gateway run as real processes. The requests of one statement are recorded once, with the connectors of
the gateway. Then they are sent with plain `httpx`, over connections that are kept, and their JSON is decoded; and the
same statement is asked of the gateway. Both are done in turns, by one caller, and by eight with an account each. The
gateway's processor time for one statement is printed too.
"""

import asyncio
import contextlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import rich_click as click
import structlog

from gateway.clock import SystemClock
from gateway.line import BankLine, build_line
from gateway.line.tls import CertificatePool, client_context
from gateway.model import Account, Credentials, Period
from gateway.statement import StatementReader
from tests.benchmarks.callers import Caller, statement_path
from tests.benchmarks.numbers import Distribution, row, table
from tests.served import processes

BANKS = ("cora", "sicoob")
CALLERS = 8
STATEMENTS = 25
"""Of each caller, in each turn."""
TURNS = 3
DAYS = 30

Call = Callable[[], Awaitable[None]]


class Direct:
    """Sends recorded requests and decodes the answers, and nothing else.

    Args:
        requests: those of one statement, with their token.
        transport: leads to the bank, with the account's certificate.
        pool: how requests are addressed.
    """

    def __init__(
        self, requests: list[httpx.Request], transport: httpx.AsyncHTTPTransport, pool: CertificatePool
    ) -> None:
        self._requests = requests
        self._transport = transport
        self._pool = pool

    async def __call__(self) -> None:
        """One statement."""
        for request in self._requests:
            sent = self._pool.addressed(httpx.Request(request.method, request.url, headers=request.headers))
            response = await self._transport.handle_async_request(sent)
            content = await response.aread()
            await response.aclose()
            if not response.is_success:
                raise RuntimeError(f"{request.url.host} answered {response.status_code}")
            json.loads(content, parse_float=Decimal)


class Recorder:
    """A line that records all requests except token requests."""

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


async def recorded(line: BankLine, listed: dict, period: Period) -> list[httpx.Request]:
    """The requests of one statement."""
    account = Account(id="recorded", credentials=Credentials(listed["credentials"]), **listed["account"])
    recorder = Recorder(line)
    await StatementReader(recorder, FirstToken(), SystemClock()).read(account, period)
    return recorder.requests


async def timed(calls: list[Call]) -> list[float]:
    """The latencies of callers who ask one statement after the other."""

    async def caller(call: Call) -> list[float]:
        samples = []
        for _ in range(STATEMENTS):
            started = time.perf_counter()
            await call()
            samples.append(time.perf_counter() - started)
        return samples

    return [sample for samples in await asyncio.gather(*map(caller, calls)) for sample in samples]


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def through_gateway(gateway: processes.Gateway, path: str) -> Call:
    """Asks the gateway for a statement."""
    caller = await Caller.open(gateway.url, gateway.key)

    async def call() -> None:
        answer = await caller.ask(path)
        if answer.status != 200:
            raise RuntimeError(f"the gateway answered {answer.status}: {answer.body!r}")
        json.loads(answer.body)

    return call


async def measure(banks: processes.Banks, gateway: processes.Gateway, slug: str, today: date) -> None:
    """The two rows for one caller and for several, at one bank."""
    listed = [banks.new_account(slug, busy_day_entries=0) for _ in range(CALLERS)]
    period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
    host, _, port = banks.tls.rpartition(":")
    pool = CertificatePool(banks.ca, (host, int(port)))
    line = build_line(pool, SystemClock())
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(pool.aclose)
        direct: list[Call] = []
        through: list[Call] = []
        for each in listed:
            requests = await recorded(line, each, period)
            given = each["credentials"]
            certificate = (given["certificate"], given["private_key"]) if "certificate" in given else None
            transport = httpx.AsyncHTTPTransport(verify=client_context(banks.ca, certificate))
            stack.push_async_callback(transport.aclose)
            direct.append(Direct(requests, transport, pool))
            account = (await asyncio.to_thread(gateway.enrol, each)).json()["id"]
            days = period.first.isoformat(), period.last.isoformat()
            through.append(await through_gateway(gateway, statement_path(account, *days)))
        for callers in (1, CALLERS):
            await _compare(slug, gateway, direct[:callers], through[:callers], len(requests))


async def _compare(
    slug: str, gateway: processes.Gateway, direct: list[Call], through: list[Call], requests: int
) -> None:
    plain: list[float] = []
    whole: list[float] = []
    used = 0.0
    for _ in range(TURNS):
        plain += await timed(direct)
        before = processor_seconds(gateway.process.pid)
        whole += await timed(through)
        used += processor_seconds(gateway.process.pid) - before
    reference = Distribution.of(plain)
    click.echo(row(f"{slug} ({requests} requests), {len(direct)} callers", reference))
    click.echo(row("  through the gateway", Distribution.of(whole), reference))
    click.echo(f"  processor time of the gateway: {1000 * used / len(whole):.1f} ms a statement")


def main() -> None:
    """Set up, measure, print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        banks = stack.enter_context(processes.simulators(Path(folder)))
        gateway = stack.enter_context(processes.gateway(Path(folder), banks))
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        click.echo(table())
        for slug in BANKS:
            asyncio.run(measure(banks, gateway, slug, today))


if __name__ == "__main__":
    main()
