"""The property that pays for everything: any ledger, page size and token life gives the truth, for every bank."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.errors import IncoherentPages
from gateway.model import Period, Verdict
from simulators.banks import bank_class
from simulators.certify.compare import differences
from simulators.certify.pair import Pair
from simulators.pki import Authority
from simulators.world import Parameters
from tests.strategies import NOW, ledgers, periods

AUTHORITY = Authority(NOW)

every_bank = pytest.mark.parametrize("slug", contracts.banks())


@every_bank
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_statement_equals_ledger(slug, data):
    """Any ledger, period, page size and token life: the statement is the ledger, and proved where it can be."""
    source = data.draw(ledgers(bank_class(slug)))
    first, last = data.draw(periods())
    parameters = Parameters(
        token_uses=data.draw(st.sampled_from((0, 1, 2, 3))), page_size=data.draw(st.sampled_from((0, 1, 2, 5)))
    )
    page_size = data.draw(st.sampled_from((0, 1, 2, 7)))
    pair = Pair(slug, NOW, source=source, parameters=parameters, page_size=page_size, authority=AUTHORITY)
    period = Period(first, last)

    statement = pair.read(period)

    assert differences(pair.bank, statement, pair.held.ledger, period, NOW) == []
    if pair.connector.contract.capabilities.period_balances:
        assert statement.proof.verdict is Verdict.PROVED


@every_bank
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_same_entry_same_id(slug, data):
    """Two overlapping periods read with different page sizes give the same id to the same entry, twins included."""
    source = data.draw(ledgers(bank_class(slug)))
    one, other = Period(*data.draw(periods())), Period(*data.draw(periods()))
    reader = Pair(slug, NOW, source=source, page_size=data.draw(st.sampled_from((0, 3))), authority=AUTHORITY)
    again = Pair(slug, NOW, source=source, page_size=data.draw(st.sampled_from((1, 2))), authority=AUTHORITY)

    first, second = reader.read(one), again.read(other)

    assert [e.id for e in first.entries if e.date in other] == [e.id for e in second.entries if e.date in one]


@every_bank
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_paging_attack_never_gives_a_wrong_list(slug, data):
    """A lost, repeated or shifted page gives the truth or a failure, never another list."""
    source = data.draw(ledgers(bank_class(slug)))
    period = Period(*data.draw(periods()))
    pair = Pair(slug, NOW, source=source, page_size=data.draw(st.sampled_from((1, 2, 3))), authority=AUTHORITY)
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    parameters = {"page": data.draw(st.integers(0, 3))}
    if fault == "shift_page":
        parameters["by"] = data.draw(st.sampled_from((-2, -1, 1, 2)))
    pair.world.strike(slug, None, "statement", fault, parameters)

    try:
        statement = pair.read(period)
    except IncoherentPages:
        return

    assert differences(pair.bank, statement, pair.held.ledger, period, NOW) == []
