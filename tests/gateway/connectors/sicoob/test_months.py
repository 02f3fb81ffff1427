"""The months that Sicoob is asked for, and how each must lead to the next."""

from datetime import date

import httpx
import pytest

from contracts.schema import Evidence
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Period, Verdict
from tests.gateway.connectors.sicoob.answers import ACCOUNT, SICOOB, TODAY, fetched, ledger, month_of, pair_of, row


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        ((date(2026, 3, 17), date(2026, 3, 17)), [("3/2026", "1", "18")]),
        ((date(2026, 3, 1), date(2026, 3, 18)), [("3/2026", "1", "18")]),
        ((date(2026, 2, 10), date(2026, 2, 11)), [("2/2026", "1", "28"), ("3/2026", "1", "2")]),
        (
            (date(2025, 12, 30), date(2026, 2, 1)),
            [("12/2025", "19", "31"), ("1/2026", "1", "31"), ("2/2026", "1", "28"), ("3/2026", "1", "2")],
        ),
        ((date(2026, 1, 31), date(2026, 3, 2)), [("1/2026", "1", "31"), ("2/2026", "1", "28"), ("3/2026", "1", "18")]),
    ],
)
def test_months_are_asked_whole(period, asked):
    """From the first day of a month, unless the bank does not reach back to it, to its end or today, and no more."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}

    assert fetched(Period(*period), *[empty] * 9)[1] == asked


def test_on_the_first_of_a_month():
    """On the first day the present month holds one day, and closes the month before."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}
    period = Period(date(2026, 2, 26), date(2026, 2, 28))

    assert fetched(period, empty, empty, today=date(2026, 3, 1))[1] == [("2/2026", "1", "28"), ("3/2026", "1", "1")]


def test_no_day_after_today_is_asked_for():
    """The month before is closed by the first days of this one, of which those to come are left out."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}
    period = Period(date(2026, 10, 1), date(2026, 10, 31))

    asked = fetched(period, empty, empty, today=date(2026, 11, 1))[1]

    assert asked == [("10/2026", "1", "31"), ("11/2026", "1", "1")]


def test_the_oldest_month_has_no_opening_balance():
    """Where the month cannot be asked from its first day, its balance before is not the one needed."""
    source = ledger((1, 5, "10"), (2, 5, "1"), (3, 5, "1"))
    pair = pair_of(source)

    statement = pair.read(Period(date(2025, 12, 20), date(2026, 3, 16)))

    assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == ("not_provable", None, 12)
    assert statement.proof.reason == "the bank gave no balance for one end of the months asked for"
    assert len(statement.entries) == 3


def test_months_must_lead_to_each_other():
    """What a month lacks shows in the balance before the next one."""
    january = {"saldoAnterior": "0.00", "transacoes": [row(dataLote="2026-01-10", tipo="C")]}
    february = {"saldoAnterior": "2.00", "transacoes": []}

    with pytest.raises(IncoherentPages, match="before 2026-02-01"):
        fetched(Period(date(2026, 1, 9), date(2026, 2, 2)), january, february)


def test_a_month_over_must_lead_to_the_next_one():
    """The balance that closes a month is checked as well, though only one end lies in the period."""
    february = {"saldoAnterior": "0.00", "transacoes": [row(dataLote="2026-02-10", tipo="C")]}

    with pytest.raises(IncoherentPages, match="before 2026-03-01"):
        fetched(Period(date(2026, 2, 9), date(2026, 2, 10)), february, {"saldoAnterior": "2.00", "transacoes": []})


def test_a_month_without_balances_is_bridged():
    """A month in between that tells no balance is proved by its neighbours."""
    period = Period(date(2026, 1, 9), date(2026, 3, 10))
    january = {"saldoAnterior": "1.00", "transacoes": [row(dataLote="2026-01-10", tipo="C")]}
    february = {"transacoes": [row(dataLote="2026-02-10", tipo="C")]}
    march = {"saldoAnterior": "3.00", "saldoAtual": "3.00", "transacoes": []}

    balances, _, _ = fetched(period, january, february, march)
    assert (balances.opening.amount, balances.closing.amount) == (1, 3)
    with pytest.raises(IncoherentPages):
        fetched(period, january, {**february, "transacoes": []}, march)


def test_an_entry_of_another_month():
    """A month that holds entries of another one is not the month that was asked for."""
    with pytest.raises(IncoherentPages, match="holds an entry of 2026-02-10"):
        fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [row(dataLote="2026-02-10")]})


@pytest.mark.parametrize("list_told", [{}, {"transacoes": None}, {"transacoes": []}, {"transacoes": ""}])
def test_balances_without_rows_are_an_empty_month(list_told):
    """A month that has balances needs no list, if the balances agree."""
    period = Period(date(2026, 3, 9), date(2026, 3, 10))

    balances, _, _ = fetched(period, {"saldoAnterior": "5.00", "saldoAtual": "5.00", **list_told})
    assert balances.closing.amount == balances.opening.amount == 5
    contradicted, _, _ = fetched(period, {"saldoAnterior": "5.00", "saldoAtual": "6.00", **list_told})
    assert [each.evidence for each in contradicted.contradictions] == [Evidence.ASSUMED]
    assert contradicted.closing.amount == 6


def test_a_month_without_content_is_believed_only_between_balances():
    """Where the bank answers 204 for a month, the balances on both sides of it must show that nothing moved."""
    pair = pair_of(ledger((1, 5, "90"), (3, 5, "2")), empty_month="no_content")

    with pytest.raises(BankFailure) as failure:
        pair.read(Period(date(2026, 2, 3), date(2026, 3, 17)))
    proved = pair.read(Period(date(2026, 1, 3), date(2026, 3, 17)))

    assert failure.value.code == "unexpected_bank_response"
    assert [entry.amount for entry in proved.entries] == [90, 2]
    assert proved.proof.verdict is Verdict.PROVED


@pytest.mark.parametrize("wrapped", [lambda month: [month], lambda month: month])
def test_the_wrapping_may_hold_a_list(wrapped):
    """Of which there is one statement."""
    month = {"saldoAnterior": "10.00", "saldoAtual": "9.00", "transacoes": [row(dataLote=" 2026-03-10")]}

    (movement,) = SICOOB.movements(month_of({"resultado": wrapped(month)}))

    assert (movement.date, movement.amount) == (date(2026, 3, 10), -1)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"mensagens": [], "resultado": null}',
        b'{"mensagens": [], "resultado": {}}',
        b'{"mensagens": [], "resultado": {"transacoes": null, "saldoLimite": "0.00"}}',
        b'{"resultado": []}',
        b'{"resultado": {"transacoes": "", "saldoAnterior": " ", "saldoAtual": ""}}',
        b'{"resultado": {"transacoes": "nada", "saldoAnterior": "1.00", "saldoAtual": "1.00"}}',
        b'{"saldo": "10.00"}',
        b"<html></html>",
        b"",
    ],
)
def test_a_success_that_is_no_statement(body):
    """An answer with neither rows nor balances is never an empty month."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY)
    next(flow)
    with pytest.raises(BankFailure) as failure:
        flow.send(httpx.Response(200, content=body))
    assert failure.value.code == "unexpected_bank_response"


def test_the_banks_words_in_a_success_without_a_statement():
    """They stand in a list of objects, and are told with the failure."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY)
    next(flow)
    said = [{"mensagem": "Serviço em processamento noturno.", "codigo": "2077"}]

    with pytest.raises(BankFailure) as failure:
        flow.send(httpx.Response(200, json={"mensagens": said, "resultado": None}))

    assert failure.value.code == "unexpected_bank_response"
    assert (failure.value.bank_error.code, failure.value.bank_error.message) == ("2077", said[0]["mensagem"])


@pytest.mark.parametrize("nothing", ["", [], None, {}])
def test_a_success_that_is_a_refusal_keeps_its_words(nothing):
    """The bank's message is told, whatever stands where the statement should."""
    refusal = {"mensagens": [{"mensagem": "Sistema em manutenção", "codigo": "99"}], "resultado": nothing}

    with pytest.raises(BankFailure) as failure:
        month_of(refusal)

    assert failure.value.bank_error.message == "Sistema em manutenção"
