"""Every documented limit is enforced where a bank enforces them, and judged where it does not."""

from datetime import timedelta

import httpx
import msgspec
import pytest

import contracts
from contracts.schema import Contract, OperationKind
from simulators.banks import bank_class
from simulators.call import Call
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.faults.delivery import end
from simulators.journal.politeness import politeness
from simulators.pki import Authority
from simulators.world import World

AUTHORITY = Authority()
KNOWN = {"evidence": "documented", "source": "test"}
HOURS_12 = timedelta(hours=12)


class Desk:
    """Cora with these quotas, and calls for tokens at it."""

    def __init__(self, enforced=True, **quotas):
        limits = {**KNOWN, "quotas": {name: {**KNOWN, "by": "account", **each} for name, each in quotas.items()}}
        stated = {**msgspec.to_builtins(contracts.load("cora")), "limits": limits}
        self.clock = FrozenClock(NOW)
        self.world = World(1, self.clock, AUTHORITY, quotas=enforced)
        self.bank = bank_class("cora")(msgspec.convert(stated, Contract), self.world)
        self.account = self.bank.open_account("12345678")

    def ask(self, account=None, **extensions):
        """The answer to a request for a token."""
        credentials = (account or self.account).credentials
        form = {"grant_type": "client_credentials", "client_id": credentials["client_id"]}
        shown = {"client_certificate": credentials["certificate"], **extensions}
        return self.bank.answer(httpx.Request("POST", self.bank.contract.url("token"), data=form, extensions=shown))

    def statuses(self, calls, account=None):
        return [self.ask(account).status_code for _ in range(calls)]

    def pass_by(self, span):
        self.clock.put(self.world.now() + span)

    def verdict(self):
        return politeness(self.world.journal.of(), {"cora": self.bank.contract})


def test_a_window_of_hours_is_enforced():
    """The call beyond it is refused for as long as it holds, for this account alone."""
    desk = Desk(daily={"calls": 3, "seconds": 43_200})

    assert desk.statuses(4) == [200, 200, 200, 429]
    desk.pass_by(HOURS_12 - timedelta(seconds=1))
    assert desk.statuses(1) == [429]
    assert desk.statuses(1, desk.bank.open_account("87654321")) == [200]
    desk.pass_by(HOURS_12)
    assert desk.statuses(1) == [200]


def test_a_window_larger_than_the_journal_is_enforced():
    """What the bank counts does not depend on how much is remembered of each call."""
    desk = Desk(daily={"calls": 30, "seconds": 43_200})
    assert set(desk.statuses(30)) == {200}
    desk.world.journal.records.clear()

    assert desk.statuses(1) == [429]


@pytest.mark.parametrize(("by", "allowed"), [("client", False), ("account", True)])
def test_it_is_counted_by_what_the_contract_says(by, allowed):
    """Two accounts of one application share what is counted by client."""
    desk = Desk(daily={"calls": 1, "seconds": 60, "by": by})
    other = desk.bank.open_account("87654321")
    other.credentials = {**desk.account.credentials}
    desk.ask()
    # The bank would find the first of the two by the client alone: the call is counted as one of the other.
    call = Call(
        request=httpx.Request("POST", desk.bank.contract.url("token")),
        operation="token",
        kind=OperationKind.TOKEN,
        environment="production",
        segments={},
        record=msgspec.structs.replace(desk.world.journal.records[-1]),
    )

    assert desk.bank._quotas.allow(call, other) is allowed


def test_calls_at_once_are_enforced():
    """A call is under way until its answer was delivered, by whoever delivers it."""
    desk = Desk(busy={"at_once": 2})
    first, second, third = (desk.ask(undelivered=True) for _ in range(3))
    assert [each.status_code for each in (first, second, third)] == [200, 200, 429]

    end(third)
    assert desk.ask(undelivered=True).status_code == 429
    end(first)
    end(second)
    # The one that was refused last is still under way, and leaves room for one at a time.
    assert desk.statuses(5) == [200] * 5


def test_a_bank_that_does_not_enforce_its_limits_answers():
    """As most simulated ones do; politeness is judged all the same."""
    desk = Desk(enforced=False, daily={"calls": 3, "seconds": 43_200}, busy={"at_once": 1})
    began = [desk.ask(undelivered=True) for _ in range(2)]
    desk.pass_by(timedelta(seconds=1))
    for each in began:
        end(each)
    desk.pass_by(HOURS_12 - timedelta(seconds=2))
    assert desk.statuses(2) == [200, 200]

    verdict = desk.verdict()

    assert not verdict.polite
    assert [(each.quota, each.most, each.most_allowed) for each in verdict.broken_quotas] == [
        ("busy", 2, 1),
        ("daily", 4, 3),
    ]
    assert verdict.broken_quotas[1].limit == "3 calls in 12 hours for one account"
    # What the bank limits by the minute is told apart, as ever; here that is nothing.
    assert [(each.operation, each.limit_per_minute, each.within) for each in verdict.usage] == [("token", 0, True)]


def test_who_keeps_all_limits_is_polite():
    """Calls at the edge of each."""
    desk = Desk(daily={"calls": 3, "seconds": 43_200}, busy={"at_once": 1})
    assert desk.statuses(3) == [200] * 3
    desk.pass_by(HOURS_12)
    assert desk.statuses(1) == [200]

    verdict = desk.verdict()

    assert verdict.polite
    assert {each.quota: each.most for each in verdict.quotas}["daily"] == 3
