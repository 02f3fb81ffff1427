"""Every account that is expected to read can be read at the pace that the bank documents."""

import asyncio
import io
from datetime import timedelta

import httpx
import msgspec
import pytest

import contracts
from gateway import logs
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.line import LineHarness
from simulators.pki import Authority
from simulators.scenarios import scenario
from simulators.simulation import Simulation
from simulators.world import Parameters, World

AUTHORITY = Authority()


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    logs.configure("CRITICAL", io.StringIO())


def listed():
    """Each bank that documents a limit, with each scenario in which an account is expected to read."""
    for slug in contracts.banks():
        bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
        if bank.contract.limited:
            yield from ((slug, name) for name in bank.scenarios() if bank.expected(name) == "ok")


def read(slug, name, period):
    """The statement of an account whose bank enforces its limits; the reader's deadline is in virtual time too."""
    bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
    enforced = {**bank.settled(scenario(name)), "quotas": True}
    harness = LineHarness(
        slug, NOW, authority=AUTHORITY, scenario=name, parameters=msgspec.convert(enforced, Parameters)
    )
    with asyncio.Runner() as runner:
        runner.get_loop().time = harness.time.monotonic
        return harness, runner.run(harness.read(period))


@pytest.mark.parametrize(("slug", "name"), list(listed()))
@pytest.mark.parametrize("days", [17, 31])
def test_an_account_that_is_expected_to_read_reads(slug, name, days):
    """The gateway's own pacing fits into its deadline: the truth comes, and the bank never refuses."""
    period = Period(NOW.date() - timedelta(days=days), NOW.date() - timedelta(days=1))

    harness, statement = read(slug, name, period)

    blurred = {"balances"} if scenario(name).unbalanced else ()
    assert differences(harness.bank, statement, harness.simulated.ledger, period, harness.clock.now(), blurred) == []
    assert 429 not in {record.status for record in harness.world.journal.records}


@pytest.mark.parametrize("name", ["short_token", "smallest_page"])
def test_short_pages_stay_several(name):
    """An account with fewer movements still has what its scenario is about: several pages."""
    harness, _ = read("inter", name, Period(NOW.date() - timedelta(days=17), NOW.date() - timedelta(days=1)))

    assert harness.called("statement") > 2


@pytest.mark.parametrize("quotas", [True, False])
def test_limits_can_be_enforced_at_every_account(quotas):
    """A simulation that enforces limits refuses the call beyond them, after a reset as well; another does not."""
    simulation = Simulation(quotas=quotas)
    simulation.reset()
    bank = simulation.banks["inter"]
    account = next(iter(simulation.world.accounts_of("inter")))
    limit = bank.contract.operations["token"].per_minute
    form = {
        "grant_type": "client_credentials",
        "client_id": account.credentials["client_id"],
        "client_secret": account.credentials["client_secret"],
        "scope": "extrato.read",
    }

    statuses = [ask(bank, account, form) for _ in range(limit + 1)]

    assert statuses == [200] * limit + [429 if quotas else 200]


def ask(bank, account, form):
    """The status of one answer to a request for a token."""
    request = httpx.Request(
        "POST",
        f"https://{bank.contract.environments['production'].hosts['api']}{bank.contract.operations['token'].path}",
        data=form,
        extensions={"client_certificate": account.credentials["certificate"]},
    )
    return bank.answer(request).status_code
