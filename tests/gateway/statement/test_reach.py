"""A mistyped year costs no bank: the requests of a statement are reckoned before the first is sent."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

import contracts
from contracts.schema import Contract
from gateway.connectors import find
from gateway.errors import CallerError
from gateway.limits import FIRST_DAY
from gateway.model import Account, Credentials, Period
from gateway.statement import StatementReader
from gateway.statement.reach import earliest
from tests.clocks import FixedClock
from tests.gateway.support import NOW

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
LIMITED = [slug for slug in contracts.banks() if find(slug).window_days]

pytestmark = pytest.mark.anyio


class Sent(Exception):
    """A request, or the wish for a token, reached the line."""


class Refusing:
    """A line and a keeper of tokens that let nothing pass."""

    async def send(self, *given: object, **more: object) -> None:
        raise Sent

    async def token(self, *given: object) -> None:
        raise Sent


def account(slug: str) -> Account:
    fields = contracts.load(slug).enrolment.fields
    credentials = Credentials({field.name: "1" for field in fields})
    return Account(
        id="a", bank=slug, kind="PJ", branch="1", number="123", holder_tax_id="11222333000181", credentials=credentials
    )


async def asked(slug: str, first: date, last: date = YESTERDAY) -> None:
    reader = StatementReader(Refusing(), Refusing(), FixedClock(NOW))  # type: ignore[arg-type]
    await reader.read(account(slug), Period(first, last))


@pytest.mark.parametrize("slug", LIMITED)
@pytest.mark.parametrize("first", [date(1900, 1, 1), date(1, 1, 1), date(202, 10, 1)])
async def test_a_mistyped_year_is_refused_with_the_earliest_day(slug: str, first: date) -> None:
    """Nothing is sent; the day that is named is accepted, and the one before it is not."""
    with pytest.raises(CallerError) as refused:
        await asked(slug, first)

    assert (refused.value.code, refused.value.field, refused.value.bank) == ("period_out_of_range", "from", slug)
    named = date.fromisoformat(refused.value.detail.split("can be asked from ")[1].split()[0])
    assert f"a partir de {named:%d/%m/%Y}" in refused.value.errors[0].detail
    with pytest.raises(CallerError):
        await asked(slug, named - timedelta(days=1))
    with pytest.raises(Sent):
        await asked(slug, named)


async def test_days_to_come_are_refused() -> None:
    """Today is the last day that can be asked for; nothing is sent for a later one."""
    with pytest.raises(Sent):
        await asked("inter", NOW.date(), NOW.date())
    with pytest.raises(CallerError, match="after today") as refused:
        await asked("inter", NOW.date(), NOW.date() + timedelta(days=1))

    assert (refused.value.code, refused.value.field, refused.value.bank) == ("period_out_of_range", "to", "inter")


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize(("first", "last"), [("0206-10-01", "0206-10-31"), ("0026-10-01", "0026-10-31")])
async def test_a_year_mistyped_twice_is_refused(slug: str, first: str, last: str) -> None:
    """No bank is asked for it, and none is blamed for what it would say to such days."""
    with pytest.raises(CallerError) as refused:
        await asked(slug, date.fromisoformat(first), date.fromisoformat(last))

    assert (refused.value.code, refused.value.field, refused.value.bank) == ("period_out_of_range", "from", slug)
    assert f"`from` is {first} and `to` is {last}" in refused.value.detail
    named = date.fromisoformat(refused.value.detail.split("can be asked from ")[1].split()[0])
    with pytest.raises(Sent):
        await asked(slug, named, named)


@pytest.mark.parametrize("slug", contracts.banks())
def test_two_years_are_accepted_and_few_windows_are_needed(slug: str) -> None:
    """Unless the bank itself answers for less; a bank of single days is asked for no more than two years."""
    contract, days = contracts.load(slug), find(slug).window_days

    found = earliest(contract, days, YESTERDAY, TODAY)

    history = contract.period.history_days
    assert found <= max(TODAY - timedelta(days=730), TODAY - timedelta(days=history) if history else date.min)
    if days:
        assert -(-((YESTERDAY - found).days + 1) // days) <= max(60, 731 // days + 1)


@pytest.mark.parametrize("slug", ["cora", "stone"])
def test_a_bank_without_a_longest_period_is_asked_for_any_year(slug: str) -> None:
    """One conversation reads it all; only another century is a mistyped year."""
    assert earliest(contracts.load(slug), find(slug).window_days, YESTERDAY, TODAY) == FIRST_DAY


def test_the_deepest_documented_history_is_reached() -> None:
    """Five years of months at Banco do Brasil, also for a statement that ends long ago."""
    contract = contracts.load("banco_do_brasil")
    oldest = TODAY - timedelta(days=1825)

    assert earliest(contract, 31, TODAY, TODAY) == earliest(contract, 31, oldest, TODAY) == oldest


@pytest.mark.parametrize(
    ("quotas", "windows"),
    [
        ({}, 60),
        ({"daily": {"calls": 15, "seconds": 86_400}}, 15),
        ({"daily": {"calls": 15, "seconds": 86_400}, "hourly": {"calls": 12, "seconds": 3600}}, 12),
        ({"daily": {"calls": 15, "seconds": 86_400, "operations": ["token"]}}, 60),
        ({"short": {"calls": 3, "seconds": 10}}, 36),
        ({"busy": {"at_once": 1}}, 60),
        ({"plenty": {"calls": 25_000, "seconds": 43_200}}, 60),
    ],
)
def test_the_tightest_window_bounds_it(quotas: dict[str, Any], windows: int) -> None:
    """As many calls as it lets through in two minutes, or once where it is longer; calls at once bound no number."""
    known = {"evidence": "assumed", "source": "test"}
    stated = {name: {**known, "by": "account", **quota} for name, quota in quotas.items()}
    limits = {"limits": {**known, "quotas": stated}} if quotas else {}
    contract = msgspec.convert(msgspec.to_builtins(contracts.load("sicredi")) | limits, Contract)

    first = earliest(replace(contract, period=replace(contract.period, history_days=0)), 90, YESTERDAY, TODAY)

    assert (YESTERDAY - first).days + 1 == windows * 90


def test_documented_calls_per_minute_bound_it_as_well() -> None:
    """Ten a minute and windows of 90 days: twenty of them; and the end of a short calendar does no harm."""
    assert earliest(contracts.load("inter"), 90, YESTERDAY, TODAY) == YESTERDAY - timedelta(days=1799)
    assert earliest(contracts.load("pagseguro"), 1, date(1, 6, 1), TODAY) == FIRST_DAY
