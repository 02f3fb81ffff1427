"""What one stalled bank does to the callers of the others: `python -m tests.benchmarks.stalled_bank [--rounds N]`.

Simulators and gateway run as real processes. A few callers read short statements of seven banks, one after the other
with a pause, and their latencies are noted. Then one bank takes every statement request and never answers, 200 callers
ask for its statements at the same moment, and the same few callers go on until the gateway has given that bank up.
Quiet and stalled phases take turns, because a machine is not the same from one minute to the next. The 200 have an
account each, or share eight accounts and ask for different periods.

One round takes about four minutes, with all that is set up for it.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import rich_click as click

from tests.benchmarks.callers import Caller, statement_path
from tests.benchmarks.numbers import Distribution, row, table
from tests.served import processes

STALLED = "cora"
MEASURED = ("banco_do_brasil", "bradesco", "itau", "santander", "sicoob", "sicredi", "stone")
"""Banks that document no limit a minute: the gateway would keep it, and the callers would wait for that."""
CROWD = 200
SHARED_ACCOUNTS = 8
CALLERS = 4
PAUSE = 0.1
"""Seconds a measured caller waits between two statements."""
WARM_UP_SECONDS = 4.0
QUIET_SECONDS = 30.0
STALLED_SECONDS = 60
"""Twice as long as the gateway waits for an answer, so that the end of the first calls is in it."""
ONSET_SECONDS = 3.0
LONGEST_RECOVERY = 60.0
SMALL = {"busy_day_entries": 0, "entries_per_day": 3}


@dataclass(frozen=True)
class Sample:
    """One statement of a bank that is well: when it was asked for, since the phase began, and how long it took."""

    at: float
    seconds: float


class Load:
    """The few callers whose latencies count.

    Args:
        gateway: whom they ask.
        paths: what they ask for; each caller has its own.
    """

    def __init__(self, gateway: processes.Gateway, paths: list[str]) -> None:
        self._gateway = gateway
        self._shares = [paths[caller::CALLERS] for caller in range(CALLERS)]

    async def during(self, seconds: float) -> list[Sample]:
        """Ask for so long, and give the samples."""
        samples: list[Sample] = []
        started = time.perf_counter()
        await asyncio.gather(*(self._call(share, samples, started, seconds) for share in self._shares))
        return samples

    async def _call(self, paths: list[str], samples: list[Sample], started: float, seconds: float) -> None:
        caller = await Caller.open(self._gateway.url, self._gateway.key)
        for path in itertools.cycle(paths):
            at = time.perf_counter() - started
            if at >= seconds:
                break
            answer = await caller.ask(path)
            if answer.status != 200:
                raise RuntimeError(f"a bank that is well was answered {answer.status}: {answer.body!r}")
            samples.append(Sample(at, answer.seconds))
            await asyncio.sleep(PAUSE)
        caller.close()


async def quiet(load: Load, seconds: float = QUIET_SECONDS) -> list[Sample]:
    """The samples of a phase in which nothing is wrong."""
    return await load.during(seconds)


async def stalled(load: Load, banks: processes.Banks, gateway: processes.Gateway, paths: list[str]) -> list[Sample]:
    """The samples from the moment at which the crowd asks until most of it has been refused."""
    fault = {"bank": STALLED, "operation": "statement", "fault": "stalled", "parameters": {"seconds": STALLED_SECONDS}}
    async with _crowd(gateway, paths) as crowd:
        await asyncio.to_thread(banks.ask, "POST", "/faults", json=fault)
        crowd.stdin.write(b"\n")
        samples = await load.during(STALLED_SECONDS)
        crowd.stdin.write(b"\n")
        answered = json.loads(await crowd.stdout.readline())
    click.echo(f"{len(paths)} callers at the stalled bank, answered within {STALLED_SECONDS} s: {answered}")
    await asyncio.to_thread(banks.ask, "DELETE", "/faults", params={"bank": STALLED})
    return samples


@contextlib.asynccontextmanager
async def _crowd(gateway: processes.Gateway, paths: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A crowd that is connected and waits for the word."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "tests.benchmarks.crowd"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=processes.ROOT)
    try:
        order = {"url": gateway.url, "key": gateway.key, "paths": paths}
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def recovered(gateway: processes.Gateway, path: str) -> None:
    """Wait until the bank is asked again, which is a while after it has ceased to stall."""
    caller = await Caller.open(gateway.url, gateway.key)
    async with asyncio.timeout(LONGEST_RECOVERY):
        while (await caller.ask(path)).status != 200:  # noqa: ASYNC110 - another process recovers
            await asyncio.sleep(0.5)
    caller.close()


async def measure(
    banks: processes.Banks, gateway: processes.Gateway, load: Load, crowds: dict[str, list[str]], rounds: int
) -> None:
    """Run all phases in turns; print the table of their results."""
    samples: defaultdict[str, list[Sample]] = defaultdict(list)
    await quiet(load, WARM_UP_SECONDS)  # connections, tokens, caches
    for _ in range(rounds):
        for name, paths in crowds.items():
            samples["quiet"] += await quiet(load)
            samples[name] += await stalled(load, banks, gateway, paths)
            await recovered(gateway, paths[0])
    reference = Distribution.of(each.seconds for each in samples["quiet"])
    click.echo(table())
    click.echo(row("quiet", reference))
    for name in crowds:
        for title, chosen in _parts(name, samples[name]):
            click.echo(row(title, Distribution.of(each.seconds for each in chosen), reference))


def _parts(name: str, samples: list[Sample]) -> Iterator[tuple[str, list[Sample]]]:
    yield f"stalled, {name}", samples
    yield f"  of it, first {ONSET_SECONDS:.0f} s", [each for each in samples if each.at < ONSET_SECONDS]


def enrolled(banks: processes.Banks, gateway: processes.Gateway, slugs: Iterable[str]) -> list[str]:
    """The ids of new accounts, one at each of these banks."""

    def one(slug: str) -> str:
        answer = gateway.enrol(banks.new_account(slug, **SMALL))
        answer.raise_for_status()
        return answer.json()["id"]

    with ThreadPoolExecutor(4) as workers:
        return list(workers.map(one, slugs))


def main() -> None:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        banks = stack.enter_context(processes.simulators(Path(folder)))
        gateway = stack.enter_context(processes.gateway(Path(folder), banks))
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        first, last = ((today - timedelta(days=days)).isoformat() for days in (5, 1))
        load = Load(gateway, [statement_path(each, first, last) for each in enrolled(banks, gateway, MEASURED)])
        started = time.perf_counter()
        crowd = enrolled(banks, gateway, [STALLED] * CROWD)
        click.echo(f"{CROWD} accounts opened and enrolled in {time.perf_counter() - started:.1f} s")
        days = [(today - timedelta(days=1 + ago)).isoformat() for ago in range(CROWD // SHARED_ACCOUNTS)]
        crowds = {
            f"{CROWD} accounts": [statement_path(each, first, last) for each in crowd],
            f"{SHARED_ACCOUNTS} accounts": [
                statement_path(each, day, day) for day in days for each in crowd[:SHARED_ACCOUNTS]
            ],
        }
        asyncio.run(measure(banks, gateway, load, crowds, rounds))


if __name__ == "__main__":
    main()
