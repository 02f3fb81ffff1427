"""Processes that import, over one database, with a bank that answers like Inter and time that is moved by hand."""

import asyncio
import uuid
from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import select

import contracts
from gateway.accounts.access.tokens import Tokens
from gateway.events import EventType
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.model import BRASILIA
from gateway.parts import Resources, composed
from gateway.storage.accounts.records import NewAccount
from gateway.storage.imports.due import DueImports
from gateway.storage.imports.outcomes import Imports
from gateway.storage.imports.tables import IMPORTS
from gateway.storage.shared.tokens import TokenRows
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.webhooks.registry import Secret, Target, Webhook, Webhooks
from gateway.storage.webhooks.tables import DELIVERIES
from gateway.work.embedded import EmbeddedQueue
from tests.clocks import FixedClock
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import FakeInter, credentials, registration

__all__ = ["BEGIN", "HOUR", "INTER", "LOOK_SECONDS", "Process", "Town", "listening"]

BEGIN = datetime(2026, 4, 1, 8, tzinfo=BRASILIA)
"""A Wednesday before Good Friday; on the 21st there is a holiday in the middle of the week."""
HOUR = timedelta(hours=1)
LOOK_SECONDS = 0.001
"""Between two looks at the queue. A loop that never rests would keep the interpreter from the database's threads."""
INTER = contracts.load("inter").period


class Town:
    """Processes that share a database and a bank that answers like Inter; time is moved by hand."""

    def __init__(self, database, vault):
        self.database, self.vault = database, vault
        self.clock = database.clock = FixedClock(BEGIN)
        self.bank = FakeInter()
        self.asked = Counter()
        """Readings that have reached the bank, by day."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()

    async def send(self, request, *, account, certificate):
        """Carry a request to the bank; the bank holds it while its gate is shut."""
        if request.extensions["operation"] == "statement":
            self.asked[account.id, self.clock.now().date()] += 1
            self.arrived.set()
            await self.gate.wait()
        return await self.bank.send(request, account=account, certificate=certificate)

    async def aclose(self):
        """Nothing is open."""

    def process(self, **more):
        """A process of its own: its parts, its importer, its queue."""
        tokens = Tokens(TokenRows(self.database, self.vault), self.clock)
        parts = composed(Resources(self.database, self.vault, self, self.clock, tokens))
        return Process(self, parts, tokens, more)

    async def accounts(self, process, *numbers, tenant):
        """New enabled accounts."""
        found = []
        for number in numbers:
            form = registration(number=number)
            new = NewAccount(**form, credentials=credentials(client_id=f"client-{number}"))
            record, _ = await process.parts.enrolment.register(tenant, new)
            found.append(record)
        self.asked.clear()
        return found

    async def told(self):
        """What a webhook of each tenant was told of statements that are ready."""
        query = select(DELIVERIES.c.body).where(DELIVERIES.c.type == EventType.STATEMENT_READY)
        return await self.database.transact(lambda connection: list(connection.scalars(query)))

    async def claimed_at(self):
        """When the process of the only import has last shown that it is alive."""
        return await self.database.transact(lambda connection: connection.scalar(select(IMPORTS.c.claimed_at)))

    async def ready(self):
        """How often each account was said to be ready, by day."""
        told = await self.told()
        return Counter((each["data"]["account_id"], date.fromisoformat(each["timestamp"][:10])) for each in told)


class Process:
    """One process of the gateway."""

    def __init__(self, town, parts, tokens, more):
        self.town, self.parts, self.tokens = town, parts, tokens
        imports, kept = Imports(town.database), KeptEntries(town.database, town.vault)
        kept_seconds = more.pop("kept_seconds", 0)
        accounts = AccountImport(imports, kept, parts.readings, town.clock, kept_seconds=kept_seconds)
        more = {"spread_seconds": 0} | more
        self.imports = DailyImport(DueImports(town.database), accounts, town.clock, **more)
        self.queue = self.new_queue()

    def new_queue(self, stop_seconds=20.0):
        """An empty one; the former is lost."""
        tasks = {"import": self.imports.run}
        self.queue = EmbeddedQueue(
            tasks, self.town.clock, at_once=4, look_seconds=LOOK_SECONDS, stop_seconds=stop_seconds
        )
        return self.queue

    async def work(self, **more):
        """One round, and all that it finds."""
        queue = self.new_queue(**more)
        await self.imports.round(queue)
        async with queue.running():
            while queue._running or queue._ready:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(LOOK_SECONDS)

    async def die(self):
        """End without an end: what is under way is lost, and nothing is handed back."""
        await self.parts.readings.aclose()
        await self.tokens.aclose()


async def listening(town, name):
    """A new tenant with a webhook."""
    tenant = await tenant_added(town.database, name)
    target = Target("https://example.com/", [Secret("whsec_CANARY")])
    webhook = Webhook(
        id=str(uuid.uuid4()), tenant_id=tenant, events=[], description="", target=target, created_at=BEGIN
    )
    await Webhooks(town.database, town.vault).add(tenant, webhook, 10)
    return tenant
