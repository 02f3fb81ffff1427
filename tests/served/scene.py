"""An honest tenant and a hostile one at the same gateway, with what each of them does there."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec

from tests.served import processes
from tests.served.answers import Answer, Question, Tally, ask, question, request
from tests.served.fire import Plan
from tests.served.flooding import WAYS
from tests.served.test_flooding import hostile_key as hostile_private_key

__all__ = ["FULL", "Measured", "Scene", "Size", "burning", "scene"]

HONEST = ("banco_do_brasil", "bradesco", "cora", "itau", "santander", "sicoob", "sicredi", "stone")
"""Banks that document no limit a minute: the gateway would keep it, and a caller would wait for that. The hostile
tenant's accounts are at some of them too."""
STALLED, FLOODED, SPOILED = "cora", "inter", "santander"
STALLED_SECONDS = 25
"""Below the gateway's patience with a bank."""
PERIODS = 8
SPOILT_BY = {
    "huge_body": {"megabytes": 30},
    "cursor_loop": {},
    "malformed_json": {},
    "compressed_garbage": {},
    "html_page": {},
    "unreadable_values": {},
    "dribble": {},
}
HONEST_SECONDS, HEALTH_SECONDS = 0.2, 0.05
"""From one request to the next."""
LOWEST_PRIORITY = 19
SMALL = {"busy_day_entries": 0, "entries_per_day": 3}


@dataclass(frozen=True)
class Size:
    """How many attack, and at how many banks the honest tenant reads."""

    honest_banks: int
    stalled_accounts: int
    ways: tuple[str, ...]
    faults: tuple[str, ...]
    slow_clients: int


FULL = Size(len(HONEST), 8, tuple(WAYS), tuple(SPOILT_BY), 300)


@dataclass(frozen=True)
class Measured:
    """Durations in seconds of the honest tenant's requests and of those for the health of the process."""

    honest: Tally = field(default_factory=Tally.empty)
    health: Tally = field(default_factory=Tally.empty)
    honest_seconds: list[float] = field(default_factory=list)
    health_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """A gateway with both tenants' accounts: what the honest one asks for, and what the hostile one does."""

    gateway: processes.Gateway
    questions: list[Question]
    plan: Plan

    async def during(self, seconds: float) -> Measured:
        """Ask as the honest tenant, and for the health of the process, at a fixed pace for so long."""
        measured = Measured()
        questions = itertools.cycle(self.questions)

        async def honest() -> None:
            asked = next(questions)
            answer = await self._ask(asked.path)
            measured.honest.look(answer, asked.truth)
            measured.honest_seconds.append(answer.seconds)

        async def health() -> None:
            answer = await self._ask("/health/live")
            measured.health.look(answer)
            measured.health_seconds.append(answer.seconds)

        await asyncio.gather(_paced(honest, HONEST_SECONDS, seconds), _paced(health, HEALTH_SECONDS, seconds))
        return measured

    async def _ask(self, path: str) -> Answer:
        return await ask(self.gateway.url, request(self.gateway.url, path, self.gateway.key))


async def _paced(act: Callable[[], Awaitable[None]], pause: float, seconds: float) -> None:
    """Act at a fixed pace, however long each act takes, and wait for the last."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as acts:
        for number in range(int(seconds / pause)):
            await asyncio.sleep(began + number * pause - loop.time())
            acts.create_task(act())


@contextlib.asynccontextmanager
async def burning(plan: Plan) -> AsyncIterator[dict[str, Tally]]:
    """Carry the plan out during the block; afterwards the mapping holds its results.

    Those who attack stand for other machines, so they get the processor's time that nobody else wants here.
    """
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "tests.served.fire"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=processes.ROOT)
    os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST_PRIORITY)
    result: dict[str, Tally] = {}
    try:
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        await process.stdout.readline()
        yield result
        process.stdin.write(b"\n")
        result.update(msgspec.json.decode(await process.stdout.readline(), type=dict[str, Tally]))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@contextlib.contextmanager
def scene(
    state: Path,
    banks: processes.Banks,
    size: Size,
    hostile_banks: processes.Banks | None = None,
    *,
    asks_for_time: bool = True,
) -> Iterator[Scene]:
    """A gateway with everything that is needed registered and set up.

    Args:
        state: the folder in which it keeps its state.
        banks: the honest tenant's.
        size: how many attack.
        hostile_banks: the hostile tenant's, where they are not the same processes.
        asks_for_time: whether the gateway asks the banks for their time with each request; else it knows it by itself.
    """
    theirs = hostile_banks or banks
    if hostile_banks is not None:
        os.setpriority(os.PRIO_PROCESS, hostile_banks.process.pid, LOWEST_PRIORITY)
    flooded = {way: theirs.new_account(FLOODED, entries_per_day=5) for way in size.ways}
    floods = {listed["account"]["number"]: way for way, listed in flooded.items()}
    banks_now = datetime.fromisoformat(banks.ask("GET", "/clock").json()["now"])
    today, ahead = banks_now.date(), (banks_now - datetime.now(UTC)).total_seconds()
    clock = {} if asks_for_time else {"clock_url": "", "environment": {"CLOCK_AHEAD": str(ahead)}}
    with contextlib.ExitStack() as stack:
        hostile_key = processes.new_key(state, banks, "hostile")
        banks_of = {processes.tenant_of(state, banks, hostile_key): theirs.tls}
        with patch.dict(os.environ, {"FLOODS": json.dumps(floods), "BANKS_OF": json.dumps(banks_of)}):
            gateway = stack.enter_context(processes.gateway(state, banks, module=("tests.served.flooding",), **clock))
        # The answers that are under way at the end are not waited for.
        stack.callback(gateway.process.kill)
        hostile = replace(gateway, key=hostile_key)

        def registered(tenant: processes.Gateway, listed: dict, ends: list[tuple[int, int]]) -> list[Question]:
            answer = tenant.enrol(listed)
            answer.raise_for_status()
            there = banks if tenant is gateway else theirs
            periods = [[(today - timedelta(days=back)).isoformat() for back in each] for each in ends]
            return [question(there, listed, answer.json()["id"], *each) for each in periods]

        stalling = [(back, 10) for back in range(30, 30 + PERIODS)]
        spoilt = {name: theirs.new_account(SPOILED, page_size=4, **SMALL) for name in size.faults}
        stuck = [theirs.new_account(STALLED, **SMALL) for _ in range(size.stalled_accounts)]
        well = [banks.new_account(slug, **SMALL) for slug in HONEST[: size.honest_banks]]
        wanted = [
            *((gateway, each, [(5, 1)]) for each in well),
            *((hostile, each, stalling) for each in stuck),
            *((hostile, each, [(5, 2)]) for each in flooded.values()),
            *((hostile, each, [(9, 1)]) for each in spoilt.values()),
        ]
        with ThreadPoolExecutor(4) as workers:
            found = list(workers.map(lambda each: registered(*each), wanted))
        questions, stalled, flooding, spoiled = (
            list(itertools.chain.from_iterable(itertools.islice(given, len(part))))
            for given in [iter(found)]
            for part in (well, stuck, flooded, spoilt)
        )
        for each in flooding:
            # The answer grows from the first one.
            hostile.ask("GET", each.path).raise_for_status()
        for listed in stuck:
            _strike(theirs, listed, "stalled", {"seconds": STALLED_SECONDS})
            stack.callback(_clear, theirs, listed)
        for name, listed in spoilt.items():
            _strike(theirs, listed, name, SPOILT_BY[name])
            stack.callback(_clear, theirs, listed)
        lies = [_told(each, way) for each, way in zip(flooding, flooded, strict=True)]
        plan = Plan(
            url=gateway.url,
            key=hostile.key,
            stalled=stalled,
            flooded=lies,
            spoiled=spoiled,
            keys=_hostile_registrations(theirs),
            slow_clients=size.slow_clients,
        )
        yield Scene(gateway, questions, plan)


def _told(asked: Question, way: str) -> Question:
    """The question without a truth where the flood consists of rows: what the bank tells then is what has to come."""
    return Question(asked.path, None) if way == "rows" else asked


def _strike(banks: processes.Banks, listed: dict, fault: str, parameters: dict) -> None:
    aim = {"bank": listed["bank"], "number": listed["account"]["number"], "operation": "statement"}
    banks.ask("POST", "/faults", json={**aim, "fault": fault, "parameters": parameters}).raise_for_status()


def _clear(banks: processes.Banks, listed: dict) -> None:
    banks.ask("DELETE", "/faults", params={"bank": listed["bank"], "number": listed["account"]["number"]})


def _hostile_registrations(banks: processes.Banks) -> list[str]:
    listed = banks.new_account("inter")
    keys = [hostile_private_key(2203, 2281), hostile_private_key(4253, 4423)]
    bodies = [{**listed["account"], "credentials": {**listed["credentials"], "private_key": key}} for key in keys]
    return [json.dumps(each) for each in bodies]
