"""Nodes and workers that are killed while they import: `python -m tests.soak [--accounts 2000] [--days 5] [--calm]`.

The vault's keys are rotated meanwhile. An ERP lives on webhooks and changes alone. On each simulated business day it
waits until it was called about the statement of every account, follows the changes, and compares its books with the
banks' ledgers. Nothing may be missing or doubled, no bank's limit broken, and no call of a webhook given up. A refresh
token may be sent again only where a killed process took its successor with it; then the account's holder gives new
credentials. The exit status says whether all of that is so.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import rich_click as click

import contracts
from gateway.calendar import settled_through
from gateway.commands.demo.days import Receiver
from gateway.events import EventType
from simulators.journal.shown import MOST_SHOWN
from tests.benchmarks.numbers import Distribution
from tests.served.processes import PLAIN
from tests.soak.holders import Holders
from tests.soak.town import Account, Size, Town, town
from tests.year.erp import Follower

READ_DAYS = 3
READERS = 8
DAY_SECONDS = 300.0
DAY_SECONDS_PER_ACCOUNT = 1.0
"""Real time in which the import of one day must be done."""
DELIVERY_SECONDS = 120.0
LOOK_SECONDS = 0.5


class ThroughNodes:
    """What `tests.year.erp` needs of a client, over the nodes of a town.

    Args:
        there: the town.
        client: asks.
    """

    def __init__(self, there: Town, client: httpx.AsyncClient) -> None:
        self._town = there
        self._client = client

    async def get(self, path: str, params: dict[str, str]) -> httpx.Response:
        """The answer of a node."""
        return await self._town.ask(self._client, "GET", path, params=params)


class Soak:
    """The ERP, its books, and what was found.

    Args:
        there: the town.
        client: asks its nodes.
        receiver: is called by webhooks.
    """

    def __init__(self, there: Town, client: httpx.AsyncClient, receiver: Receiver) -> None:
        self._town = there
        self._client = client
        self._receiver = receiver
        self._accounts: list[Account] = []
        self._followers: dict[str, Follower] = {}
        self._holders = Holders(there, client, ())
        self.seconds: list[float] = []
        """Of the statements that callers asked for during the batch."""
        self.faults: list[str] = []
        self.days: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        """Enrol, import day after day, judge; give the figures."""
        began = time.perf_counter()
        webhook = await self._town.ask(
            self._client, "POST", "/v1/webhooks", json={"url": f"http://127.0.0.1:{self._receiver.port}/erp"}
        )
        self._receiver.secret = webhook.json()["secret"]
        self._accounts = await self._town.enrol(self._client)
        enrolled = time.perf_counter() - began
        self._holders = Holders(self._town, self._client, self._accounts)
        through = ThroughNodes(self._town, self._client)
        self._followers = {account.id: Follower(through) for account in self._accounts}
        for _ in range(self._town.size.days):
            await self._day()
        await self._judge_webhook(webhook.json()["id"])
        await self._judge_vault()
        # A batch may end before two callers have had their answers.
        latencies = Distribution.of(self.seconds) if len(self.seconds) > 1 else None
        return {
            "accounts": len(self._accounts),
            "enrolments_per_s": round(len(self._accounts) / enrolled, 1),
            "days": self.days,
            "struck": asdict(self._town.struck),
            "lost_tokens": self._holders.mended,
            "calls_of_the_webhook": len(self._receiver.events),
            "caller_p50_ms": round(latencies.median) if latencies else None,
            "caller_p99_ms": round(latencies.p99) if latencies else None,
            "faults": self.faults[:20],
        }

    async def _day(self) -> None:
        now = await asyncio.to_thread(self._town.next_business_day)
        began = time.perf_counter()
        yesterday = now.date() - timedelta(days=1)
        async with self._town.struck_meanwhile():
            asking = asyncio.create_task(self._callers(yesterday))
            try:
                async with asyncio.timeout(DAY_SECONDS + DAY_SECONDS_PER_ACCOUNT * len(self._accounts)):
                    await self._imported(now)
            except TimeoutError:
                missing = self._not_ready_on(now.date())
                self.faults.append(f"{now.date()}: not imported, or nobody was told: {sorted(missing)[:5]}")
            finally:
                asking.cancel()
                await asyncio.wait({asking})
        took = time.perf_counter() - began
        calls = await asyncio.to_thread(self._calls_since, now)
        self.days.append(
            {
                "day": now.date().isoformat(),
                "seconds": round(took, 1),
                "accounts_per_s": round(len(self._accounts) / took, 1),
                "bank_calls_per_account": {
                    operation: round(count / len(self._accounts), 2) for operation, count in sorted(calls.items())
                },
            }
        )
        await self._compare(now)
        # Each day, because the banks do not remember the calls of them all.
        await asyncio.to_thread(self._judge)
        click.echo(json.dumps(self.days[-1] | {"faults": self.faults[:20]}), err=True)

    async def _read(self, account: Account, last: date) -> None:
        query = {"from": (last - timedelta(days=READ_DAYS)).isoformat(), "to": last.isoformat()}
        began = time.perf_counter()
        answer = await self._town.ask(self._client, "GET", f"/v1/accounts/{account.id}/statement", params=query)
        self.seconds.append(time.perf_counter() - began)
        if answer.status_code != 200:
            self.faults.append(f"{account.where}: {answer.status_code} {answer.text[:200]}")

    async def _imported(self, now: datetime) -> None:
        """Wait until the ERP was called about the statement of each account on this day."""
        while self._not_ready_on(now.date()):
            self.faults += await self._holders.mend(self._told())
            await asyncio.sleep(LOOK_SECONDS)

    def _not_ready_on(self, day: date) -> set[str]:
        """The accounts whose statements were not said to be ready on a day."""
        told = {
            account
            for account, kind, at in self._told()
            if kind == EventType.STATEMENT_READY and datetime.fromisoformat(at).date() == day
        }
        return {account.id for account in self._accounts} - told

    def _told(self) -> list[tuple[str, str, str]]:
        """The account, type and time of each event that the ERP was called about."""
        events = list(self._receiver.events.values())
        return [(event["data"].get("account_id", ""), event["type"], event["timestamp"]) for event in events]

    async def _callers(self, last: date) -> None:
        """A caller who asks for one statement after the other meanwhile."""
        for account in itertools.cycle(self._accounts[:READERS]):
            await self._read(account, last)
            await asyncio.sleep(LOOK_SECONDS)

    async def _compare(self, now: datetime) -> None:
        """The books of each account, which live on changes alone, with the bank's ledger of the settled days."""
        await _all((self._compare_one(account, now) for account in self._accounts), READERS)

    async def _compare_one(self, account: Account, now: datetime) -> None:
        follower = self._followers[account.id]
        await follower.follow(account.id)
        # Some banks settle the days of a weekend only with the business day after it.
        last = settled_through(now, contracts.load(account.where[0]).period)
        first = last - timedelta(days=READ_DAYS)
        truth = await asyncio.to_thread(self._town.banks.truth, account.listed, first.isoformat(), last.isoformat())
        right = Counter((entry["date"], Decimal(entry["amount"])) for entry in truth["entries"])
        if (posted := follower.posted(first, last)) != right:
            missing, doubled = right - posted, posted - right
            self.faults.append(f"{account.where} at {last}: missing {dict(missing)}, too many {dict(doubled)}")

    def _calls_since(self, moment: datetime) -> Counter[str]:
        """How many calls of each operation the banks have seen from then on, as far as they remember."""
        asked = {"since": moment.isoformat(), "limit": MOST_SHOWN}
        records = self._town.banks.ask("GET", "/requests", params=asked).json()
        return Counter(each["operation"] or "unlisted" for each in records)

    async def _judge_webhook(self, webhook: str) -> None:
        """What became of the calls."""
        path = f"/v1/webhooks/{webhook}/deliveries"

        async def listed(state: str) -> list[Any]:
            return (await self._town.ask(self._client, "GET", path, params={"state": state})).json()["deliveries"]

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELIVERY_SECONDS):
                while await listed("pending"):  # noqa: ASYNC110 - the gateway's table alone knows what waits
                    await asyncio.sleep(LOOK_SECONDS)
        for state in ("pending", "dead"):
            if found := await listed(state):
                self.faults.append(f"calls are {state}: {found[:3]}")
        if self._receiver.refused:
            self.faults.append(f"{self._receiver.refused} calls had a wrong signature")
        enabled = {account for account, kind, _ in self._told() if kind == EventType.INTEGRATION_ACTIVE}
        if missing := {account.id for account in self._accounts} - enabled:
            self.faults.append(f"nobody was told that these are enabled: {sorted(missing)[:5]}")

    async def _judge_vault(self) -> None:
        """Whether the new vault key alone opens everything, once all was encrypted anew."""
        new, _ = self._town.vault_keys
        for keys in ({}, {"SECRET_KEYS": new}):
            if trouble := await self._town.rotate(**keys):
                self.faults.append(f"the vault could not be rotated: {trouble[-200:]}")

    def _judge(self) -> None:
        """What the banks say of it all."""
        politeness = self._town.banks.ask("GET", "/politeness").json()
        if not politeness["polite"]:
            told = ("broken_limits", "broken_quotas", "writes", "unlisted", "repeated_refusals")
            self.faults.append(f"impolite: { {name: politeness[name] for name in told} }")
        records = self._town.banks.ask("GET", "/requests").json()
        refused = Counter(
            (each["bank"], each["account"])
            for each in records
            if each["operation"] == "token" and each["status"] >= 400
        )
        if unexplained := refused - Counter(self._holders.mended):
            self.faults.append(f"token requests were refused: {dict(unexplained)}")


async def _all(work: Any, at_once: int) -> list[Any]:
    """The results of all, so many at a time."""
    slots = asyncio.Semaphore(at_once)

    async def one(each: Any) -> Any:
        async with slots:
            return await each

    return list(await asyncio.gather(*map(one, work)))


async def soaked(there: Town) -> dict[str, Any]:
    """The figures of a whole run."""
    headers = {"authorization": f"Bearer {there.key}"}
    async with (
        httpx.AsyncClient(verify=PLAIN, timeout=180, headers=headers) as client,
        Receiver().listening() as receiver,
    ):
        return await Soak(there, client, receiver).run()


def main() -> None:
    """Set up, run, print, and exit with 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("accounts", 2000), ("days", 5), ("nodes", 3), ("workers", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--calm", action="store_true", help="Kill nothing.")
    parser.add_argument("--state", type=Path, help="Folder for logs and state, which then stay.")
    given = parser.parse_args()
    size = Size(given.accounts, given.days, given.nodes, given.workers, strikes=not given.calm)
    # So that everything is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        state = given.state or Path(folder)
        state.mkdir(parents=True, exist_ok=True)
        with town(size, state) as there:
            found = asyncio.run(soaked(there))
    click.echo(json.dumps(found, indent=2))
    sys.exit(1 if found["faults"] else 0)


if __name__ == "__main__":
    main()
