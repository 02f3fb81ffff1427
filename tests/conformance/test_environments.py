"""A token of one environment of a bank is worth nothing in another."""

import contextlib
from datetime import timedelta

import msgspec
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
DAYS = Period(NOW.date() - timedelta(days=3), NOW.date() - timedelta(days=1))


def others():
    """Each bank with tokens, with each of its environments besides production."""
    for slug in contracts.banks():
        contract = contracts.load(slug)
        if any(operation.kind == "token" for operation in contract.operations.values()):
            yield from ((slug, name) for name in contract.environments if name != "production")


def calls(harness, environment):
    """The reads that one reading in an environment makes of the bank, each with its status."""
    before = len(harness.world.journal.records)
    harness.account = msgspec.structs.replace(harness.account, environment=environment)
    with contextlib.suppress(BankFailure):
        harness.read(DAYS)
    return [
        (record.operation, record.status)
        for record in list(harness.world.journal.records)[before:]
        if harness.bank.contract.operations[record.operation].kind != "token"
    ]


def first_status(harness, environment, token):
    """The status of the first read that carries that token, in an environment."""
    harness.token = msgspec.structs.replace(harness.token, access=token)
    return calls(harness, environment)[0][1]


@pytest.mark.parametrize(("slug", "other"), list(others()))
@pytest.mark.parametrize("turned", [False, True])
def test_a_token_is_good_in_its_own_environment_alone(slug, other, turned):
    """There it is taken; elsewhere it gets what an unknown token gets, in either direction."""
    own, strange = ("production", other) if turned else (other, "production")
    harness = PureHarness(slug, NOW, authority=AUTHORITY, parameters=Parameters(busy_day_entries=0))

    accepted = calls(harness, own)[0][1]
    refused = first_status(harness, strange, harness.token.access)

    # Some test environments refuse the account for reasons of their own, but not for its token.
    assert accepted != refused
    assert refused == first_status(harness, strange, "0" * 32) >= 400
