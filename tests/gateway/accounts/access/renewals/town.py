"""A simulated bank whose refresh tokens must be renewed, and gateways in front of it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import event, insert, select

import contracts
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.changes import Changes
from gateway.limits import RENEWALS_PER_TENANT
from gateway.line import build_line
from gateway.metrics import REGISTRY
from gateway.model import Period
from gateway.parts import Resources, composed
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.records import NewAccount, State
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.shared.changes import ChangeRows
from gateway.storage.shared.tables import TOKENS
from gateway.storage.shared.tokens import TokenRows
from simulators.banks import bank_class
from simulators.certify.harnesses.line import VirtualTime
from simulators.clock import FrozenClock
from simulators.inprocess import InProcess
from simulators.pki import Authority
from simulators.world import World
from tests.gateway.support import NOW, YOUNG

__all__ = ["FORTNIGHT", "HOUR", "LIFE", "Held", "Town", "counted", "happens", "put_trial", "queries_of", "slots"]

HOUR = timedelta(hours=1)
FORTNIGHT = 14 * 24
LIFE = {"bs2": timedelta(hours=48), "btg_pactual": timedelta(days=10)}


class Held:
    """A line behind which answers of the bank are held back as long as its gate is shut."""

    def __init__(self, line):
        self._line = line
        self.gate = asyncio.Event()
        self.gate.set()
        self.answered = asyncio.Event()
        self.full = asyncio.Event()
        self.under_way = 0

    async def send(self, request, *, account, certificate):
        """Hold the answer back after the bank has given it."""
        self.under_way += 1
        if self.under_way == RENEWALS_PER_TENANT:
            self.full.set()
        try:
            answer = await self._line.send(request, account=account, certificate=certificate)
            self.answered.set()
            await self.gate.wait()
            return answer
        finally:
            self.under_way -= 1

    async def aclose(self):
        """It belongs to the test."""


class Town:
    """One simulated bank, and gateways in front of it that share a database."""

    def __init__(self, slug, database, vault):
        self.clock = FrozenClock(NOW)
        self.time = VirtualTime(self.clock)
        self.world = World(1, self.clock, Authority())
        self.bank = bank_class(slug)(contracts.load(slug), self.world)
        self.database = database
        self.vault = vault
        self.integrations, self.rows = Integrations(database, vault), TokenRows(database, vault)
        self.pauses, self.all_tenants = Pauses(database), AllTenants(database, vault)
        line = build_line(self, self.clock, monotonic=self.time.monotonic, sleep=self.time.sleep, random=lambda: 0.5)
        self.line = Held(line)
        self.tenant = ""

    def addressed(self, request):
        """The request as it is."""
        return request

    @asynccontextmanager
    async def transport(self, host, certificate, *, new=False):
        """The bank."""
        self.time.pass_by(0.05)
        yield InProcess(lambda: [self.bank])

    def process(self, sleep=None, all_tenants=None):
        """A gateway of its own; claims grow stale by the world's clock."""
        tokens = Tokens(self.rows, self.clock, wall=self.clock, sleep=sleep or self.time.sleep)
        changes = Changes(ChangeRows(self.database), wall=self.clock, sleep=lambda seconds: asyncio.sleep(0.01))
        resources = Resources(self.database, self.vault, self.line, self.clock, tokens)
        gateway = composed(resources, all_tenants=all_tenants, changes=changes)
        return gateway, tokens

    async def enrol(self, gateway, number="12345678"):
        """A new account of the bank, enabled at the gateway: the simulated account and the gateway's record."""
        simulated = self.bank.open_account(number, "ok", YOUNG)
        new = NewAccount(
            bank=simulated.bank,
            kind=simulated.kind,
            branch=simulated.branch,
            number=simulated.number,
            holder_tax_id=simulated.holder_tax_id,
            credentials=simulated.form,
        )
        record, integration = await gateway.enrolment.register(self.tenant, new)
        assert integration.state is State.ACTIVE
        return simulated, record

    def calls(self, operation="token"):
        """When the bank was asked."""
        return [record.at for record in self.world.journal.records if record.operation == operation]

    async def read(self, gateway, record):
        """The statement of yesterday."""
        yesterday = self.clock.now().date() - timedelta(days=1)
        return await gateway.readings.read(self.tenant, record.id, Period(yesterday, yesterday))

    async def integration(self, gateway, record):
        """As callers see it."""
        return await gateway.registered.integration(record)


async def put_trial(town, record, slot, touched_at):
    """A token of credentials that are not enabled, last touched then."""
    row = {"account_id": record.id, "slot": slot, "version": 1, "sealed": "", "touched_at": touched_at}
    with town.database.engine.begin() as connection:
        connection.execute(insert(TOKENS).values(**row))


async def slots(town):
    """The slots in which tokens are kept."""
    with town.database.engine.connect() as connection:
        return {*(connection.scalars(select(TOKENS.c.slot))).all()}


async def happens(what):
    """Wait until it does."""
    async with asyncio.timeout(30):
        await what.wait()


def queries_of(town):
    """The queries from now on."""
    queries = []
    event.listen(town.database.engine, "before_cursor_execute", lambda *arguments: queries.append(arguments[2]))
    return queries


def counted(outcome, bank="bs2"):
    """The metric."""
    return REGISTRY.get_sample_value("gateway_token_renewals_total", {"bank": bank, "outcome": outcome}) or 0.0
