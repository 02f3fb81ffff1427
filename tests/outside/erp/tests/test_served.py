"""An ERP whose packages are named as those that play the banks: served banks are another process's matter."""

import json
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest

import contracts
import gateway
import simulators

FEW = {"entries_per_day": 2, "busy_day_entries": 0}


def test_the_packages_are_those_of_the_erp():
    assert all(each.OWN for each in (contracts, gateway, simulators))


def test_first(bank_account, bank_simulators, bank_world, assert_polite):
    account = bank_account("inter")
    own = {name: account.credentials[name] for name in ("client_id", "client_secret")}
    form = {**own, "grant_type": "client_credentials", "scope": "extrato.read"}
    with urllib.request.urlopen(  # noqa: S310 - an address of loopback
        bank_simulators.url("inter") + "/oauth/v2/token", urllib.parse.urlencode(form).encode()
    ) as answer:
        assert json.load(answer)["access_token"]
    assert [request.operation for request in bank_world.requests(account=account)] == ["token"]
    assert_polite()


@pytest.mark.parametrize("bank", ["cora", "stone"])
def test_a_statement(bank_account, bank_world, extrato_gateway, bank):
    account = bank_account(bank, **FEW)
    last = bank_world.now.date() - timedelta(days=4)
    period = last - timedelta(days=9), last
    read = extrato_gateway.statement(extrato_gateway.enrol(account), *period)
    assert [entry["amount"] for entry in read["entries"]] == [
        f"{entry.reais:.2f}" for entry in bank_world.truth(account, *period).entries
    ]


def test_a_failure(bank_account, extrato_gateway):
    account = bank_account("itau", "password_expired")
    with pytest.raises(RuntimeError) as caught:
        extrato_gateway.enrol(account)
    assert caught.value.code == account.expected == "password_expired"


def test_a_fault_that_passes(bank_account, bank_world, extrato_gateway):
    account = bank_account("sicredi", **FEW)
    enrolled = extrato_gateway.enrol(account)
    bank_world.inject(account, "status", "statement", times=1, status=500)
    last = bank_world.now.date() - timedelta(days=4)
    extrato_gateway.statement(enrolled, last, last)
    assert [request.status for request in bank_world.requests(account=account)].count(500) == 1


def test_another_day(bank_account, bank_world, extrato_world_gateway):
    """A gateway that lives by the clock of this world reads what the banks show a month from now."""
    account = bank_account("cora", **FEW)
    before = bank_world.now
    for _ in range(30):
        bank_world.advance(days=1)
    last = bank_world.now.date() - timedelta(days=4)
    assert last > before.date()
    read = extrato_world_gateway.statement(extrato_world_gateway.enrol(account), last - timedelta(days=9), last)
    assert len(read["entries"]) == len(bank_world.truth(account, last - timedelta(days=9), last).entries) > 0


def test_a_router_says_why_it_cannot_be(bank_router):
    with pytest.raises(ImportError, match="use the fixture bank_account"):
        bank_router("inter")
