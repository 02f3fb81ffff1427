"""The world clock carries one account at each bank through months of daily imports: nothing lost, nothing doubled.

Each bank goes through a season, in which everything happens that happens in a year; in a thorough run all have a year.
"""

import io
import os
from collections import Counter
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple

import httpx
import pytest
from cryptography.fernet import Fernet

import contracts
from gateway import logs
from gateway.app import create_app
from gateway.line import build_line
from gateway.settings import Secrets, Settings
from simulators.calendar import is_business_day
from simulators.certify.harnesses.line import VirtualTime
from simulators.clock import BRASILIA, FrozenClock
from simulators.inprocess import InProcess
from simulators.journal.politeness import politeness
from simulators.simulation import Simulation
from simulators.world import Parameters
from tests.year.erp import Erp, Follower

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 1, 5, 13, tzinfo=BRASILIA)
"""A Monday. Every bank has settled the day before by this hour."""


class Course(NamedTuple):
    """What happens, and when; all named days are business days."""

    days: int
    pause: tuple[date, date]
    """The integration is disabled and enabled again, less than a first import apart."""
    certificate_days: int
    refused: tuple[date, date]
    """The account holder's right is taken away and given back."""


YEAR = Course(365, (date(2026, 4, 6), date(2026, 4, 24)), 200, (date(2026, 9, 8), date(2026, 9, 10)))
SEASON = Course(105, (date(2026, 2, 9), date(2026, 2, 25)), 75, (date(2026, 4, 6), date(2026, 4, 8)))
"""With the first days of four months, Easter, holidays in the middle of a week, and carnival in the pause."""
REFUSALS = ("consent_revoked", "statement_access_denied", "invalid_credentials")
"""What happens then: the first that the bank can say."""
STILL_MOVING = timedelta(days=10)
"""Days at the end that the last import need not have seen."""

PUBLICATIONS = ("", "after_one_day", "after_two_days", "after_the_weekend", "restated", "grouped_on_its_day")
AGAIN = "weekend_dated_anew"


def courses():
    """Each bank with one way of showing its books; all ways at each bank in a thorough run."""
    thorough = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
    for number, slug in enumerate(contracts.banks()):
        ways = [*PUBLICATIONS, AGAIN] if contracts.load(slug).period.sends_weekends_again else PUBLICATIONS
        for way in ways if thorough else ways[-1:] if AGAIN in ways else [ways[number % len(ways)]]:
            yield pytest.param(slug, way, YEAR if thorough else SEASON, id=f"{slug}-{way or 'at_once'}")


@pytest.fixture
def anyio_backend():
    return "asyncio"


class House:
    """The gateway, as it runs, in front of the simulated banks; time is moved by hand."""

    def __init__(self, folder):
        self.clock = FrozenClock(BEGIN)
        self.time = VirtualTime(self.clock)
        self.simulation = Simulation(clock=self.clock)
        secrets = Secrets((Fernet.generate_key().decode(),))
        settings = Settings(database_url=f"sqlite:///{folder}/gateway.sqlite", secret_keys=secrets)
        line = build_line(self, self.clock, monotonic=self.time.monotonic, sleep=self.time.sleep, random=lambda: 0.5)
        self.app = create_app(settings, line=line, clock=self.clock)

    def addressed(self, request):
        """The request as it is."""
        return request

    @asynccontextmanager
    async def transport(self, host, certificate, *, new=False):
        """The banks, shown that certificate."""
        self.time.pass_by(0.05)
        yield InProcess(self.simulation.banks.values, certificate[0] if certificate else None)

    @asynccontextmanager
    async def client(self):
        """A tenant of the gateway."""
        transport = httpx.ASGITransport(self.app)
        async with (
            self.app.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client,
        ):
            client.headers["authorization"] = (
                f"Bearer {await self.app.state['parts'].keys.create('erp', self.clock.now())}"
            )
            yield client

    def account(self, slug, publication, certificate_days):
        """A new account whose certificate ends meanwhile."""
        parameters = Parameters(
            entries_per_day=3,
            busy_day_entries=20,
            opened_days_ago=90,
            certificate_days=certificate_days,
            publication=publication,
        )
        bank = self.simulation.banks[slug]
        return bank, bank.open_account(self.simulation.number_for(slug), "ok", parameters)

    async def next_day(self):
        """The next day, in steps that let the gateway keep its tokens alive."""
        day = self.clock.now().date() + timedelta(days=1)
        for hour in (1, 13):
            self.clock.put(datetime(day.year, day.month, day.day, hour, tzinfo=BRASILIA))
            await self.app.state["parts"].renewals.keep_alive()
        return day


@pytest.mark.parametrize(("slug", "publication", "course"), list(courses()))
async def test_daily_imports(tmp_path, slug, publication, course):
    """First import, every business day, a gap, an expired certificate, a right taken away: the books are the ledger."""
    logs.configure("CRITICAL", io.StringIO())
    house = House(tmp_path)
    bank, held = house.account(slug, publication, course.certificate_days)
    async with house.client() as client:
        erp, follower = Erp(client, house.simulation.listing(held)), Follower(client)
        await erp.enable(held.form)
        began = house.clock.now().date() - timedelta(days=bank.contract.period.first_import_days)
        for _ in range(course.days):
            day = await house.next_day()
            if is_business_day(day):
                await live_through(day, course, erp, bank, held)
                if not course.pause[0] <= day < course.pause[1]:
                    await follower.follow(erp.account_id)

    last = house.clock.now().date() - STILL_MOVING
    truth = held.ledger.entries(began, last, house.clock.now())
    assert erp.posted(began, last) == Counter((entry.date.isoformat(), entry.amount) for entry in truth)
    # What the one that lives on changes knows of these days is the same, without asking for any day again.
    assert follower.posted(began, last) == erp.posted(began, last)
    assert follower.began_anew == 1, "once, after the pause, in which nothing was kept"
    assert ("statement_restated" in erp.warnings) is (publication in {"restated", "after_two_days"})
    assert ("certificate_expiring" in erp.warnings) is ("certificate" in held.credentials)
    assert ("certificate_expired" in erp.failures) is ("certificate" in held.credentials)
    assert "consent_expired" not in erp.failures
    assert politeness(house.simulation.world.journal.of(slug), {slug: bank.contract}).polite


async def live_through(day, course, erp, bank, held):
    """What an ERP, the account holder and the bank do on a business day."""
    if day == course.pause[0]:
        await erp.disable()
    elif day == course.pause[1]:
        if not bank.contract.authentication.refresh_token_seconds:
            await erp.enable(held.form)
        else:
            await enable_anew(erp, bank, held)
    elif not course.pause[0] < day < course.pause[1]:
        if day == course.refused[0]:
            bank.enter(held, next(name for name in REFUSALS if name in bank.scenarios()))
        elif day == course.refused[1]:
            bank.enter(held, "ok")
        await erp.daily(day)
        if (await erp.state())["state"] == "needs_action" and not course.refused[0] <= day < course.refused[1]:
            await enable_anew(erp, bank, held)
            await erp.daily(day)


async def enable_anew(erp, bank, held):
    """The holder fetches new credentials at the bank and types them in."""
    bank.renew_credentials(held)
    await erp.enable(held.form)
