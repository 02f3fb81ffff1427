"""Balances of BS2 in other forms, and what contradicts them."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Period, Verdict
from tests.gateway.connectors.bs2.answers import FIVE, WEEK, ledger, pair_of, row, tamper


def answered(body):
    """The statement of a week about which the bank gives this answer."""
    pair = pair_of(ledger())
    asked_of = pair.answer

    def answer(request):
        response = asked_of(request)
        is_statement = request.extensions.get("operation") == "statement"
        known = request.url.params.get("inicio") in {None, "0"}
        beyond = {**body, "movimentacoes": []}
        return httpx.Response(200, json=body if known else beyond) if is_statement else response

    pair.answer = answer
    return pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))


def test_balances_may_be_texts():
    """They are written as amounts are."""
    statement = answered(
        {"saldo": {"inicial": "1.000,00", "final": "1001,50"}, "movimentacoes": [row(tipoMovimentacao=2)]}
    )

    assert (statement.opening_balance, statement.closing_balance) == (Decimal(1000), Decimal("1001.50"))
    assert statement.proof.verdict is Verdict.PROVED


def test_an_empty_list_may_be_left_out():
    """Like a list that is null, where neither total nor balances speak of entries."""
    assert answered({"saldo": {"inicial": 7, "final": 7}, "total": 0}).proof.verdict is Verdict.PROVED
    with pytest.raises(IncoherentPages):
        answered({"saldo": {"inicial": 7, "final": 8}, "total": 0})


@pytest.mark.parametrize("written", ["10/03/2026 09:14:22", "3/10/2026 9:14:22 AM", "ontem", ""])
def test_a_time_that_cannot_be_read_is_called_so(written):
    """It is not taken for a time that was not asked for."""
    with pytest.raises(BankFailure, match="a date is not YYYY-MM-DD"):
        answered({"saldo": {"inicial": 1, "final": 2.5}, "movimentacoes": [row(movimentadoEm=written)], "total": 1})


def test_balances_of_later_pages_are_not_read():
    """Whether they tell of the page or of the whole is not known; those of the first page prove the list."""
    pair = pair_of(FIVE, page_size=2)
    tamper(pair, 2, saldo={"inicial": 2, "final": 3})

    assert pair.read(WEEK).proof.verdict is Verdict.PROVED


@pytest.mark.parametrize("balance", [1, -1])
def test_two_answers_that_do_not_meet(balance):
    """How the bank cuts two answers at the instant that they share is assumed: they disprove and withhold nothing."""
    pair = pair_of(FIVE)
    tamper(pair, 2, saldo={"inicial": balance, "final": balance})

    statement = pair.read(Period(date(2026, 2, 1), date(2026, 3, 13)))

    assert (len(statement.entries), statement.proof.verdict) == (5, Verdict.DISPROVED)
    assert "share differ" in (statement.proof.reason or "")
    assert {entry.stability for entry in statement.entries} == {"provisional"}
    assert "balance_mismatch" in {warning.code for warning in statement.warnings}


@pytest.mark.parametrize("saldo", [None, {}, {"inicial": 0}, {"inicial": 0, "final": None}, {"inicial": ""}])
@pytest.mark.parametrize("total", [5, None])
def test_balances_may_be_left_out(saldo, total):
    """A client's model lets them be null: without both nothing is proved, and only a total tells the end."""
    pair = pair_of(FIVE)
    tamper(pair, 0, saldo=saldo, total=total)

    statement = pair.read(WEEK)

    assert (len(statement.entries), statement.proof.verdict) == (5, Verdict.NOT_PROVABLE)
    assert statement.complete_through == (WEEK.last if total else date(2026, 3, 8))


def test_an_empty_answer_without_balances():
    """A total of zero tells that there are no entries; without anything in it an answer tells nothing."""
    assert answered({"saldo": None, "total": 0}).complete_through == date(2026, 3, 13)
    assert answered({"saldo": None, "movimentacoes": []}).complete_through == date(2026, 3, 8)
    for nothing in ({}, {"chequeEspecial": None}, {"inicio": 0, "limite": 100}):
        with pytest.raises(BankFailure):
            answered(nothing)


@pytest.mark.parametrize("saldo", [{"inicial": 1e300, "final": 0}, {"inicial": 0, "final": "NaN"}])
def test_a_balance_that_cannot_be_read_is_unexpected(saldo):
    """It is not taken for one that was left out."""
    pair = pair_of(FIVE)
    tamper(pair, 1, saldo=saldo)

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)
    assert failure.value.code == "unexpected_bank_response"


def test_a_sum_that_does_not_come_out_is_disproved():
    """With the count right, the verdict is left to the proof."""
    pair = pair_of(FIVE)
    tamper(pair, 1, saldo={"inicial": 0, "final": 6})

    assert pair.read(WEEK).proof.verdict is Verdict.DISPROVED
