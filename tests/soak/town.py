"""Nodes and workers on one PostgreSQL over simulated banks, and what strikes them."""

import asyncio
import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet

import contracts
from gateway.calendar import next_business_day
from tests import postgresql
from tests.served import processes

__all__ = ["Account", "Size", "Town", "town"]

LOOPBACK = "127.0.0.1/32"
SMALL = {"entries_per_day": 2, "busy_day_entries": 0, "opened_days_ago": 45}
ENROLMENTS_AT_ONCE = 12
STRIKE_SECONDS = 3.0
STRIKE_SECONDS_PER_ACCOUNT = 0.01
"""A longer batch is struck more seldom, but as often in all."""


STEP = timedelta(hours=15)
STEP_SECONDS = 5.0
STEP_SECONDS_PER_ACCOUNT = 0.02
"""Real time of a step, in which a sixth of the accounts renew their tokens."""
SILENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Size:
    """How large the town is."""

    accounts: int
    days: int
    nodes: int
    workers: int
    strikes: bool


@dataclass
class Account:
    """An account as the ERP knows it."""

    id: str
    listed: dict

    @property
    def where(self) -> tuple[str, str]:
        """Its bank and number."""
        return self.listed["bank"], self.listed["account"]["number"]


@dataclass
class Struck:
    """What was done to the town."""

    nodes_killed: int = 0
    workers_killed: int = 0
    database_restarts: int = 0
    database_crashes: int = 0
    rotations: int = 0
    """How often everything was encrypted anew with a new vault key, or with the same one once more."""


@dataclass
class Town:
    """All that runs."""

    size: Size
    banks: processes.Banks
    server: postgresql.Server
    state: Path
    url: str
    key: str
    vault_keys: tuple[str, str]
    """The new one and the one with which the town was founded."""
    nodes: list[processes.Gateway | None] = field(default_factory=list)
    workers: list[subprocess.Popen | None] = field(default_factory=list)
    struck: Struck = field(default_factory=Struck)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    _turn: Iterator[int] = field(default_factory=itertools.count)

    @property
    def environment(self) -> dict[str, str]:
        """Further settings of nodes and workers."""
        shared = {"DATABASE_URL": self.url, "LOG_LEVEL": "WARNING", "WEBHOOK_NETWORKS": LOOPBACK}
        return shared | {"DAILY_IMPORT": "off", "SECRET_KEYS": ",".join(self.vault_keys)}

    def start_node(self) -> processes.Gateway:
        """A node more, or one in the place of another."""
        log = self.state / "nodes.log"
        return self.stack.enter_context(
            processes.gateway(self.state, self.banks, key=self.key, log=log, **self.environment)
        )

    def start_worker(self) -> subprocess.Popen:
        """A worker more."""
        environment = processes.settings(self.state, self.banks, **self.environment | {"DAILY_IMPORT": "on"})
        with (self.state / "workers.log").open("a") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "gateway", "worker"],
                env=environment,
                cwd=processes.ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.stack.callback(_end, worker)
        return worker

    def start(self) -> None:
        """Start everything."""
        self.nodes = [self.start_node() for _ in range(self.size.nodes)]
        self.workers = [self.start_worker() for _ in range(self.size.workers)]

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **more: object) -> httpx.Response:
        """The answer of one node after the other, until one answers with something other than trouble of its own."""
        for attempt in range(200):
            node = self.nodes[next(self._turn) % len(self.nodes)]
            if node is not None:
                try:
                    answer = await client.request(method, node.url + path, **more)
                except httpx.TransportError:
                    pass
                else:
                    if answer.status_code < 500 and answer.status_code != 429:
                        return answer
            await asyncio.sleep(min(2.0, 0.1 * (attempt + 1)))
        raise AssertionError(f"{method} {path} was never answered")

    async def enrol(self, client: httpx.AsyncClient) -> list[Account]:
        """Open accounts at all banks in turn, and enrol them through the nodes."""
        slots = asyncio.Semaphore(ENROLMENTS_AT_ONCE)

        async def one(bank: str) -> Account:
            async with slots:
                listed = await asyncio.to_thread(self.banks.new_account, bank, **SMALL)
                body = {**listed["account"], "credentials": listed["credentials"]}
                answer = await self.ask(client, "POST", "/v1/accounts", json=body)
            assert answer.status_code == 201, answer.text
            return Account(answer.json()["id"], listed)

        banks = itertools.islice(itertools.cycle(contracts.banks()), self.size.accounts)
        return list(await asyncio.gather(*map(one, banks)))

    def next_business_day(self) -> datetime:
        """Move the simulated time to the afternoon of the next business day.

        It goes there in steps, so that tokens are renewed in time that end after two days without it.
        """
        now = datetime.fromisoformat(self.banks.ask("GET", "/clock").json()["now"])
        day = next_business_day(now.date())
        then = now.replace(year=day.year, month=day.month, day=day.day, hour=13, minute=0, second=0, microsecond=0)
        while now < then:
            self._wait_for_silence()
            now = min(now + STEP, then)
            self.banks.ask("PUT", "/clock", json={"now": now.isoformat()}).raise_for_status()
            if self.nodes and now < then:
                time.sleep(STEP_SECONDS + STEP_SECONDS_PER_ACCOUNT * self.size.accounts)
        return then

    def _wait_for_silence(self) -> None:
        """Wait until nobody calls the banks: they would refuse what was signed before the time is moved."""
        before, latest = None, self._latest_request()
        while latest != before:
            time.sleep(SILENCE_SECONDS)
            before, latest = latest, self._latest_request()

    def _latest_request(self) -> Any:
        return self.banks.ask("GET", "/requests", params={"limit": 1}).json()

    @contextlib.asynccontextmanager
    async def struck_meanwhile(self) -> AsyncIterator[None]:
        """Kill nodes and workers with -9, start others in their places, and stop or kill PostgreSQL once."""
        striking = asyncio.create_task(self._strike()) if self.size.strikes else None
        try:
            yield
        finally:
            if striking is not None:
                striking.cancel()
                await asyncio.wait({striking})
            await asyncio.to_thread(self._fill)

    async def rotate(self, **keys: str) -> str:
        """Encrypt everything anew; give what was wrong, nothing if all went well.

        Args:
            keys: `SECRET_KEYS`, in place of both.
        """
        environment = processes.settings(self.state, self.banks, **self.environment | keys)
        command = (sys.executable, "-m", "gateway", "vault", "rotate")
        ran = await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=processes.ROOT, capture_output=True, text=True, timeout=300
        )
        self.struck.rotations += ran.returncode == 0
        return "" if ran.returncode == 0 else ran.stderr

    async def _strike(self) -> None:
        for number in itertools.count():
            await asyncio.to_thread(self._kill_one)
            # It fails where the database is struck meanwhile.
            await self.rotate()
            if number == 0:
                await asyncio.to_thread(self._strike_database)
            await asyncio.sleep(STRIKE_SECONDS + STRIKE_SECONDS_PER_ACCOUNT * self.size.accounts)
            await asyncio.to_thread(self._fill)

    def _strike_database(self) -> None:
        """Stop PostgreSQL in order, or else kill it, in turn."""
        if self.struck.database_crashes <= self.struck.database_restarts:
            self.server.crash()
            self.struck.database_crashes += 1
        else:
            self.server.restart()
            self.struck.database_restarts += 1

    def _kill_one(self) -> None:
        """Kill a node or a worker; one node is always left."""
        choice = self.chance.randrange(len(self.nodes) + len(self.workers))
        if choice < len(self.nodes):
            node, self.nodes[choice] = self.nodes[choice], None
            if node is not None:
                node.process.send_signal(signal.SIGKILL)
                self.struck.nodes_killed += 1
            return
        worker, self.workers[choice - len(self.nodes)] = self.workers[choice - len(self.nodes)], None
        if worker is not None:
            worker.send_signal(signal.SIGKILL)
            self.struck.workers_killed += 1

    def _fill(self) -> None:
        """Start one in the place of each that is missing or has ended."""
        for number, node in enumerate(self.nodes):
            if node is None or node.process.poll() is not None:
                self.nodes[number] = self.start_node()
        for number, worker in enumerate(self.workers):
            if worker is None or worker.poll() is not None:
                self.workers[number] = self.start_worker()


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def town(size: Size, state: Path) -> Iterator[Town]:
    """A town that runs, at the afternoon of a business day."""
    with (
        postgresql.running() as server,
        processes.simulators(state, log=state / "banks.log") as banks,
        contextlib.ExitStack() as stack,
    ):
        server.make_durable()
        url = server.database()
        key = processes.new_key(state, banks, "erp", DATABASE_URL=url)
        founded_with = processes.settings(state, banks)["GATEWAY_SECRET_KEYS"]
        made = Town(size, banks, server, state, url, key, (Fernet.generate_key().decode(), founded_with), stack=stack)
        made.next_business_day()
        made.start()
        yield made
