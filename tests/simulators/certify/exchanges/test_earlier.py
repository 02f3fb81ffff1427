"""What an exchange shows where something is invented, and of an account whose earlier life nobody knows."""

from copy import deepcopy

import pytest
from msgspec.structs import replace

import contracts
from contracts.exchange import Earlier
from simulators.banks import bank_class
from simulators.certify.demands import Shortfall
from simulators.certify.exchanges.as_shown import answers_as_shown
from simulators.certify.exchanges.earlier import earlier_lives


def changed(exchange, step, change):
    """The exchange with something else in one of its answers."""
    steps = list(exchange.steps)
    body = deepcopy(steps[step - 1].response.body)
    change(body)
    steps[step - 1] = replace(steps[step - 1], response=replace(steps[step - 1].response, body=body))
    return replace(exchange, steps=tuple(steps))


def test_a_field_is_free_at_one_place_and_exact_at_another():
    """The end-to-end id of the payment that comes is shown; that of the other row is the bank's to invent."""
    exchange = contracts.exchanges("itau")["statement"]
    assert "1.data.0.events.1.origin.identifier" in exchange.generated

    def at(row):
        return changed(exchange, 1, lambda body: body["data"][0]["events"][row]["origin"].update(identifier="E9"))

    answers_as_shown("itau", at(1))
    with pytest.raises(Shortfall, match=r"^1\.data\.0\.events\.0\.origin\.identifier is '', the exchange has 'E9'$"):
        answers_as_shown("itau", at(0))


def test_an_invented_value_keeps_its_type():
    """A number where a text is shown is another wire."""
    exchange = changed(
        contracts.exchanges("itau")["statement"], 1, lambda b: b["data"][0]["events"][1]["origin"].update(identifier=9)
    )
    with pytest.raises(Shortfall, match=r"identifier is of type str, the exchange has int$"):
        answers_as_shown("itau", exchange)


@pytest.fixture
def statement():
    """A statement of which the bank tells the balance before each row and after it."""
    return contracts.exchanges("sicredi")["statement"]


def unknown(exchange, opening_balance):
    """The exchange of an account of whose earlier life no more is known than its last balance, if that."""
    given = replace(exchange.given, earlier=Earlier.UNKNOWN, opening_balance=opening_balance)
    return replace(exchange, given=given)


def test_with_the_balance_before_the_period_any_earlier_life_gives_the_same_answers(statement):
    """What the bank shows of the period then depends on nothing that was before."""
    answers_as_shown("sicredi", unknown(statement, statement.given.opening_balance))


def test_what_an_unknown_earlier_life_decides_has_to_be_named(statement):
    """Balances that are shown are the bank's to invent where nothing says with which balance the period begins."""
    alone = unknown(statement, None)
    with pytest.raises(Shortfall, match=r"1\.saldoAnterior is 0\.0, the exchange has 1250\.4"):
        answers_as_shown("sicredi", alone)

    answers_as_shown("sicredi", replace(alone, generated=(*alone.generated, "1.saldoAnterior", "saldo")))


def test_an_answer_that_tells_of_no_earlier_life_is_not_of_an_account_that_may_have_one():
    """The cursor ends with the first movement of the account's life: that nothing was earlier is known then."""
    exchange = contracts.exchanges("stone")["statement"]
    answers_as_shown("stone", exchange)

    with pytest.raises(Shortfall, match=r"cursor\.after is '.*', the exchange has None"):
        answers_as_shown("stone", unknown(exchange, exchange.given.opening_balance))


def test_earlier_lives_are_long_and_short_and_leave_the_balance(statement):
    """Known: one. Unknown: four, or two with the same balance; all end well before what is asked for."""
    kinds = bank_class("sicredi").kinds

    def sums(exchange):
        lives = list(earlier_lives(exchange, kinds))
        assert all(str(row.booked_at.date()) < "2026-02-20" for life in lives for row in life)
        return [(len(life) > 50, f"{sum(row.amount for row in life):.2f}") for life in lives]

    assert sums(statement) == [(False, "1250.40")]
    assert sums(unknown(statement, "-3.10")) == [(False, "-3.10"), (True, "-3.10")]
    assert sums(unknown(statement, None)) == [(False, "0.00"), (True, "0.00"), (False, "8413.27"), (True, "8413.27")]
