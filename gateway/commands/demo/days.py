"""The second part of `gateway demo`: business days pass, on each the daily import runs, and an ERP asks for changes.

One account more is at a bank whose books are wrong at first and put right a day later. The ERP is called by a webhook
and asks for no day again; in the end its books are compared with the bank's.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.table import Table
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

__all__ = ["DayRow", "Receiver", "days_table", "live_days", "titled_table"]

BUSINESS_DAYS = 3
RESTATED_BANK = "sicredi"
COMPARED_DAYS = 10
STEP_HOURS = 15
STEP_SECONDS = 2.0
HEARD_SECONDS = 30.0
COMMAND_SECONDS = 120.0


@dataclass
class DayRow:
    """What one day brought."""

    day: date
    imported: int = 0
    failed: int = 0
    new: int = 0
    """Entries of days that were not told before."""
    put_right: int = 0
    """Entries that were added, changed or removed on days that had been told before."""
    calls: int = 0
    """Calls of the webhook."""
    wrong: str = ""
    """The error; empty when all is right."""


@dataclass
class Books:
    """The entries of one account as its ERP has them."""

    account: str
    bank: str
    number: str
    cursor: str = ""
    told: tuple[str, str] | None = None
    """The first and the last day that it has been told about."""
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def follow(self, gateway: httpx.AsyncClient, row: DayRow) -> None:
        """Apply what has changed, and count it."""
        more, told = True, self.told
        while more:
            answer = await gateway.get(f"/v1/accounts/{self.account}/statement", params={"after": self.cursor})
            answer.raise_for_status()
            changes = answer.json()
            for entry in (*changes["added"], *changes["changed"]):
                self.entries[entry["id"]] = entry["date"], entry["amount"]
                is_new = told is None or not told[0] <= entry["date"] <= told[1]
                row.new, row.put_right = row.new + is_new, row.put_right + (not is_new)
            for removed in changes["removed"]:
                self.entries.pop(removed, None)
                row.put_right += 1
            self.cursor, more = changes["next"], changes["more"]
            if (period := changes["period"]) is not None:
                self.told = period["from"], period["to"]


class Receiver:
    """The ERP's webhook: it takes what is signed with its secret."""

    def __init__(self) -> None:
        self.secret = ""
        self.port = 0
        self.events: dict[str, Any] = {}
        """The bodies of the calls that were taken, by the id of the event."""
        self.refused = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """Listen on loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            try:
                Webhook(self.secret).verify(body, headers)
                self.events[headers["webhook-id"]] = json.loads(body)
                status = "204 No Content"
            except WebhookVerificationError:
                self.refused += 1
                status = "401 Unauthorized"
            writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


async def live_days(
    control: str, address: str, key: str, environment: Mapping[str, str], console: Console
) -> list[DayRow]:
    """Let business days pass; give what each brought.

    Args:
        control: the simulators' control address.
        address: the gateway's.
        key: the API key.
        environment: of the gateway, for its commands.
        console: shows progress.
    """
    headers = {"Authorization": f"Bearer {key}"}
    receiver = Receiver()
    async with (
        httpx.AsyncClient(base_url=control, timeout=COMMAND_SECONDS) as simulators,
        httpx.AsyncClient(base_url=address, headers=headers, timeout=COMMAND_SECONDS) as gateway,
        receiver.listening(),
    ):
        made = await gateway.post("/v1/webhooks", json={"url": f"http://127.0.0.1:{receiver.port}/erp"})
        made.raise_for_status()
        receiver.secret = made.json()["secret"]
        books = await _accounts(simulators, gateway)
        rows = []
        with console.status("") as status:
            for _ in range(BUSINESS_DAYS):
                row = DayRow(await _next_business_day(simulators))
                status.update(f"{row.day}: importing {len(books)} accounts")
                heard = len(receiver.events)
                await _import(environment, row)
                for each in books:
                    await each.follow(gateway, row)
                row.calls = await _heard(gateway, made.json()["id"], receiver) - heard
                rows.append(row)
            status.update("comparing the books with the banks'")
            rows[-1].wrong = rows[-1].wrong or await _difference(simulators, books, rows[-1].day)
            if receiver.refused:
                rows[-1].wrong = rows[-1].wrong or f"{receiver.refused} calls had a wrong signature"
            if not any(row.put_right for row in rows):
                rows[-1].wrong = rows[-1].wrong or "no day was put right"
        return rows


async def _accounts(simulators: httpx.AsyncClient, gateway: httpx.AsyncClient) -> list[Books]:
    """The books of all accounts, those of one more at a bank that puts its days right among them, as they are now."""
    parameters = {"publication": "restated", "entries_per_day": 5}
    opened = await simulators.post(
        "/accounts", json={"bank": RESTATED_BANK, "scenario": "ok", "parameters": parameters}
    )
    opened.raise_for_status()
    listed = opened.json()
    enrolled = await gateway.post("/v1/accounts", json={**listed["account"], "credentials": listed["credentials"]})
    enrolled.raise_for_status()
    now = datetime.fromisoformat((await simulators.get("/clock")).json()["now"])
    period = {"from": str(now.date() - timedelta(days=30)), "to": str(now.date() - timedelta(days=1))}
    (await gateway.get(f"/v1/accounts/{enrolled.json()['id']}/statement", params=period)).raise_for_status()
    known = (await gateway.get("/v1/accounts")).json()["accounts"]
    books = [Books(each["id"], each["bank"], each["number"]) for each in known]
    for each in books:
        await each.follow(gateway, DayRow(now.date()))
    return books


async def _next_business_day(simulators: httpx.AsyncClient) -> date:
    """Put the clock to one in the afternoon of the next weekday, when every bank has settled the day before.

    It goes there in steps, so that the gateway renews in time what ends after two days without it.
    """
    now = datetime.fromisoformat((await simulators.get("/clock")).json()["now"])
    following = now + timedelta(days=1 if now.weekday() < 4 else 7 - now.weekday())
    following = following.replace(hour=13, minute=0, second=0, microsecond=0)
    while now < following:
        now = min(now + timedelta(hours=STEP_HOURS), following)
        (await simulators.put("/clock", json={"now": now.isoformat()})).raise_for_status()
        await asyncio.sleep(STEP_SECONDS)
    return following.date()


async def _import(environment: Mapping[str, str], row: DayRow) -> None:
    """Run the daily import, as an operator does."""
    command = (sys.executable, "-m", "gateway", "sync", "--json")
    process = await asyncio.create_subprocess_exec(*command, env=dict(environment), stdout=asyncio.subprocess.PIPE)
    printed, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
    for outcome in json.loads(printed or b"[]"):
        if outcome["outcome"] == "done":
            row.imported += outcome["accounts"]
        else:
            row.failed += outcome["accounts"]
            row.wrong = row.wrong or f"{outcome['bank']}: {outcome['outcome']}"


async def _heard(gateway: httpx.AsyncClient, webhook: str, receiver: Receiver) -> int:
    """How many events the webhook has been called about, once none waits any more."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_SECONDS):
            # Asked again and again, because the gateway's table alone knows what waits.
            while await _waiting(gateway, webhook):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    return len(receiver.events)


async def _waiting(gateway: httpx.AsyncClient, webhook: str) -> list[Any]:
    answer = await gateway.get(f"/v1/webhooks/{webhook}/deliveries", params={"state": "pending"})
    answer.raise_for_status()
    return list(answer.json()["deliveries"])


async def _difference(simulators: httpx.AsyncClient, books: list[Books], today: date) -> str:
    """The difference of the books from the banks' ledgers; empty when there is none."""
    for each in books:
        first, last = str(today - timedelta(days=COMPARED_DAYS)), each.told[1] if each.told is not None else ""
        query = {"from": first, "to": last}
        truth = (await simulators.get(f"/truth/{each.bank}/{each.number}", params=query)).json()
        true = sorted((entry["date"], entry["amount"]) for entry in truth["entries"])
        kept = sorted(entry for entry in each.entries.values() if first <= entry[0] <= last)
        if kept != true:
            return f"{each.bank}: {len(kept)} entries in the books are not the {len(true)} of the bank"
    return ""


def titled_table(title: str) -> Table:
    """A table of the demo, without columns."""
    return Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)


def days_table(rows: list[DayRow]) -> Table:
    """What the days brought, as a table."""
    table = titled_table("Daily imports, with one account more, whose bank corrects days")
    for name in ("day", "imported", "failed", "new entries", "put right", "webhook calls", "ok"):
        table.add_column(name, justify="left" if name in {"day", "ok"} else "right", no_wrap=True)
    for row in rows:
        numbers = map(str, (row.imported, row.failed, row.new, row.put_right, row.calls))
        table.add_row(row.day.isoformat(), *numbers, "[red]no" if row.wrong else "[green]yes")
    return table
