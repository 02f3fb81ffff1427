"""A bank's adapter without network: `python -m tests.benchmarks.adapter_alone BANK ENTRIES [TURNS]` prints JSON.

The answers lie in memory. The gateway's reader makes a checked statement of them, and the bare loop makes dictionaries;
both in turns, in this process, each result compared with the truth before its time counts.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import httpx

from gateway.errors import GatewayError
from gateway.model import Account, Statement
from gateway.statement import StatementReader
from tests.benchmarks.bare_loop import bare_loop
from tests.benchmarks.large_statements import NOW, PERIOD, LargeStatement
from tests.benchmarks.truth import Wrong, check_amounts, truth_of
from tests.benchmarks.usage import memory_peak, resident, restart_memory_peak
from tests.clocks import FixedClock

TURNS = 5


class MemoryLine:
    """A line that ends in memory.

    Args:
        large: what is asked.
    """

    def __init__(self, large: LargeStatement) -> None:
        self._large = large
        self.requests: list[httpx.Request] = []

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The answer, whole."""
        self.requests.append(request)
        return self._large.answer(request)


class FirstToken:
    """Obtains a token and keeps it."""

    def __init__(self) -> None:
        self._token: Any = None

    async def token(self, account, auth, needed, run):
        """The token."""
        self._token = self._token or await run(auth.obtain(None, NOW))
        return self._token


def timed(work: Callable[[], Any], check: Callable[[Any], None]) -> tuple[float, float]:
    """Processor seconds and seconds of a piece of work whose result is checked."""
    gc.collect()
    used, started = time.process_time(), time.perf_counter()
    result = work()
    taken = time.process_time() - used, time.perf_counter() - started
    check(result)
    return taken


def measured(slug: str, entries: int, turns: int) -> dict[str, Any]:
    """The numbers of both, medians of all turns."""
    large = LargeStatement(slug, entries)
    line = MemoryLine(large)
    reader = StatementReader(line, FirstToken(), FixedClock(NOW))
    truth = large.truth

    def check(statement: Statement) -> None:
        if truth_of((entry.date.isoformat(), entry.amount) for entry in statement.entries) != truth:
            raise Wrong(f"{slug}: {len(statement.entries)} entries instead of {truth.entries}, or others")

    loop = asyncio.new_event_loop()

    def ours() -> Statement:
        # Not `asyncio.run`, which writes out the result's representation when it puts the signal handler back.
        return loop.run_until_complete(reader.read(large.harness.account, PERIOD))

    before = resident(os.getpid())
    restart_memory_peak(os.getpid())
    check(ours())  # writes the pages, and obtains the token
    memory = memory_peak(os.getpid()) - before - large.kept_bytes / 2**20
    calls = len(line.requests) - 1
    asked = large.of_whole_lists([each for each in line.requests if large.form.operation in each.url.path])
    client = httpx.Client(transport=httpx.MockTransport(large.answer))
    samples: dict[str, list[tuple[float, float]]] = {"gateway": [], "bare": []}
    listed = large.listed(asked)
    for _ in range(turns):
        samples["gateway"].append(timed(ours, check))
        samples["bare"].append(
            timed(lambda: bare_loop(client, asked, large.form), lambda rows: check_amounts(listed, rows))
        )
    loop.close()
    (ours_s, ours_wall_s), (bare_s, bare_wall_s) = (map(median, zip(*samples[name], strict=True)) for name in samples)
    return {
        "bank": slug,
        "entries": truth.entries,
        "bank_calls": calls,
        "processor_s": ours_s,
        "wall_s": ours_wall_s,
        "memory_mib": memory,
        "bare_processor_s": bare_s,
        "bare_wall_s": bare_wall_s,
        "ratio": ours_s / bare_s,
    }


if __name__ == "__main__":
    bank, wanted, *more = sys.argv[1:]
    try:
        found = measured(bank, int(wanted), int(more[0]) if more else TURNS)
    except GatewayError as error:
        found = {"bank": bank, "entries": int(wanted), "refused": f"{error.code}: {error.detail}"}
    sys.stdout.write(json.dumps(found) + "\n")
