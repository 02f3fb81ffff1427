"""Closings and the present position of Itaú."""

from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest

from gateway.errors import BankFailure
from gateway.flow import converse
from gateway.model import Period
from gateway.statement.assemble import assemble
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.itau.answers import (
    ACCOUNT,
    ITAU,
    MARCH,
    NOW,
    asked,
    closing,
    ledger,
    relabelled,
    row,
    statement_of,
)


def test_an_account_younger_than_the_period_is_not_provable():
    """Without a closing before the period there is nothing to begin with, however far back it is looked for."""
    pair = PureHarness("itau", NOW, source=ledger((10, "10")))

    found = pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))

    assert asked(pair)[-1] == ("2026-03-02", "2026-03-08", "1")
    assert (found.proof.verdict, found.proof.reason) == (
        "not_provable",
        "the bank gave no closing balance before the period",
    )


def test_no_closing_after_the_period():
    """Where the bank tells nothing of quiet days, a closing is looked for a week further and then given up."""
    pair = PureHarness(
        "itau", NOW, source=ledger((2, "5")), parameters=Parameters(readings={"empty_period": "no_block"})
    )

    found = pair.read(Period(date(2026, 3, 5), date(2026, 3, 6)))

    assert asked(pair)[-1] == ("2026-03-07", "2026-03-13", "1")
    assert (found.opening_balance, found.closing_balance) == (5, None)
    assert found.proof.reason == "the bank gave no closing balance after the period"


def test_no_position_for_today():
    """Without the present position a period that ends today has no closing balance."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (10, "1")))
    answer = pair.answer
    pair.answer = lambda request: relabelled(answer(request), "SALDO EM CONTA", "OUTRO")

    found = pair.read(Period(date(2026, 3, 10), NOW.date()))

    assert (found.opening_balance, found.proof.reason) == (5, "the bank gave no closing balance after the period")


def test_today_is_closed_by_the_present_position():
    """For today there is no closing; the position goes with the entries so far."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (17, "1"), (18, "100")))
    assert pair.read(Period(date(2026, 3, 17), NOW.date())).closing_balance == 6
    pair.clock.advance(timedelta(hours=3))

    found = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert (found.closing_balance, found.entries[-1].stability) == (106, "provisional")


def test_a_position_that_does_not_fit_is_told():
    """That the present position fits the entries is assumed; where it does not, the proof is disproved."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    answer = pair.answer
    pair.answer = lambda request: relabelled(
        relabelled(answer(request), "SALDO EM CONTA", "OUTRO"), "SALDO TOTAL DISPONÍVEL DIA", "SALDO EM CONTA"
    )

    found = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert (found.proof.verdict, found.proof.difference) == ("disproved", 5000)
    assert [warning.code for warning in found.warnings] == [
        "statement_not_ready",
        "empty_statement",
        "balance_mismatch",
    ]


def test_a_balance_that_cannot_be_read():
    """A closing of an unreadable date is an unexpected answer, not a gap in the proof."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    flow = pair.connector.reading(pair.account, MARCH, NOW.date())
    next(flow)
    closing = {"type": "saldo_conta", "date": {"event": "ontem"}, "amount": {"value": 1}}
    body = {"data": [{"events": [], "balances": [closing]}]}

    with pytest.raises(BankFailure, match="cannot be read"):
        flow.send(httpx.Response(200, json=body))


@pytest.mark.parametrize("form", ["shortened", "complete"])
def test_closings_outside_the_window_are_left_alone(form):
    """A closing of another time, of today, or under another text, whole or short, proves nothing about the window."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    flow = pair.connector.reading(pair.account, Period(date(2026, 3, 16), NOW.date()), NOW.date())
    next(flow)

    def closing(day, label="SALDO MOVIMENTACAO CONTA", value=5):
        stamp = {"event": f"{day}T23:59:59.999-03:00"}
        return {"type": "saldo_conta", "date": stamp, "literal": {form: label}, "amount": {"value": value}}

    strange = [
        closing("2026-03-01"),
        closing("2026-03-18"),
        closing("2026-03-13"),
        closing("2026-03-16", "OUTRO SALDO", 9),
    ]
    flow.send(httpx.Response(200, json={"data": [{"events": [], "balances": strange}]}))
    with pytest.raises(StopIteration) as stop:
        next(flow)

    assert stop.value.value.opening.day == date(2026, 3, 13)
    assert stop.value.value.closing is None
    assert not stop.value.value.contradictions


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "saldo_bloqueado", "amount": {"value": "1.234,56"}},
        {"type": "saldo_bloqueado", "amount": 0, "date": "2026-03-11"},
        {"type": "saldo_total", "amount": "0.00", "literal": []},
        {"type": ["saldo_total"], "amount": None},
    ],
)
def test_a_balance_that_is_not_used_is_not_read(strange):
    """It may have any form."""
    balances = [closing("2026-03-10", 100.0), strange, closing("2026-03-11", 98.5)]

    amounts, told = statement_of({"data": [{"events": [row(id="a")], "balances": balances}]})

    assert amounts == [Decimal("-1.5")]
    assert (told.opening.amount, told.closing.amount) == (100, Decimal("98.5"))


@pytest.mark.parametrize("amount", [{"value": "1.234,56"}, {"value": 1, "currency": "USD"}, "5", []])
def test_a_closing_whose_amount_cannot_be_read(amount):
    """It is used, so that the answer is not what was expected."""
    balances = [closing("2026-03-10", 100.0) | {"amount": amount}]

    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        statement_of({"data": [{"events": [row(id="a")], "balances": balances}]})


@pytest.mark.parametrize(
    "lacking",
    [
        *({"amount": amount} for amount in (None, {}, {"value": None}, {"currency": "BRL"})),
        *({"date": day} for day in (None, {}, {"event": None}, {"event": " ", "accounting": ""})),
    ],
)
def test_a_closing_without_a_day_or_an_amount_is_none(lacking):
    """All fields may be null in a class made of the specification; the other closings still prove the statement."""
    balances = [closing("2026-03-10", 100.0), closing("2026-03-11", 7.0) | lacking, closing("2026-03-11", 98.5)]

    amounts, told = statement_of({"data": [{"events": [row(id="a")], "balances": balances}]})

    assert amounts == [Decimal("-1.5")]
    assert (told.opening.amount, told.closing.amount) == (100, Decimal("98.5"))


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("saldo_conta", "Saldo Movimentação Conta"),
        ("SALDO_CONTA", "SALDO MOVIMENTACAO CONTA"),
        ("Saldo Conta", " saldo movimentação"),
    ],
)
def test_closings_in_any_writing(kind, label):
    """A closing balance is one however its type and its text are written."""
    moment = {"accounting": "2026-02-27"}
    closing = {"type": kind, "date": moment, "literal": {"complete": label}, "amount": {"value": 10}}
    page = {"data": [{"events": [], "balances": [closing]}]}
    answers = iter([httpx.Response(200, json=page)])
    nothing = httpx.Response(200, json={"data": []})

    _, balances = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: next(answers, nothing))

    assert balances.opening is not None
    assert balances.opening.amount == 10


def unnamed(day, value):
    """A balance of an account without a text that tells which it is."""
    return {"type": "saldo_conta", "date": {"accounting": day}, "literal": {}, "amount": {"value": value}}


@pytest.mark.parametrize(
    ("closings", "contradicted"),
    [
        ([unnamed("2026-03-17", 15)], False),
        ([unnamed("2026-03-17", 99)], True),
        ([unnamed("2026-03-17", 99), unnamed("2026-03-17", 15)], False),
    ],
)
def test_a_balance_without_a_text_withholds_nothing(closings, contradicted):
    """Several balances share its type: entries that contradict it are given, unproved; two of a day are none."""
    rows = [row(id="a", operation="C", amount={"value": 5})]
    block = {"events": rows, "balances": [unnamed("2026-02-27", 10), *closings]}
    answers = iter([httpx.Response(200, json={"data": [block]})])
    nothing = httpx.Response(200, json={"data": []})

    pages, found = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: next(answers, nothing))

    assert sum(len(page.rows) for page in pages) == 1
    assert bool(found.contradictions) is contradicted


@pytest.mark.parametrize(("position", "verdict"), [(8.5, "proved"), (13.5, "proved"), (9.0, "disproved")])
def test_the_present_balance_may_include_what_is_booked_on_monday(position, verdict):
    """On a Saturday entries of the next business day may come, and be in the balance or not."""
    saturday = NOW.replace(day=14)
    days = Period(date(2026, 3, 13), date(2026, 3, 14))
    monday = row(id="m", operation="C", amount={"value": 5}, date={"accounting": "2026-03-16"})
    present = {"type": "saldo_disponivel", "literal": {"complete": "SALDO EM CONTA"}, "amount": {"value": position}}
    body = {"data": [{"events": [monday, row(id="f", date={"accounting": "2026-03-13"})]}]}
    body["data"][0]["balances"] = [closing("2026-03-12", 10), present]

    def answer(request):
        return httpx.Response(200, json=body if request.url.params["page"] == "1" else {"data": []})

    pages, balances = converse(ITAU.reading(ACCOUNT, days, saturday.date()), answer)
    movements = [movement for page in pages for movement in ITAU.movements(page)]
    statement = assemble(ITAU.contract, ACCOUNT, days, movements, balances, saturday)

    assert [(entry.date.day, entry.amount) for entry in statement.entries] == [(13, Decimal("-1.5"))]
    assert statement.proof.verdict == verdict
