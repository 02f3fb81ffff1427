"""A period without entries that is told in words, at banks whose lists have a total, closings or balances."""

from datetime import date

import httpx
import pytest

from gateway.errors import BankFailure
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed

WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
REFUSED = httpx.Response(400, json={"mensagens": [{"mensagem": "Não há lançamentos no período", "codigo": "1"}]})
NOT_FOUND = httpx.Response(404, json={"message": "Nenhuma movimentação encontrada no período"})
WITHIN = httpx.Response(200, json={"mensagens": [{"mensagem": "Sem lançamentos no período"}], "resultado": None})
SILENCE = httpx.Response(204)


def replacing(pair, answer, *, after=0):
    """The same bank, which answers each call for the statement so, from a number of honest answers on."""
    honest, lists = pair.bank.answer, []

    def answered(request):
        if request.extensions.get("operation") != "statement":
            return honest(request)
        lists.append(request)
        if len(lists) <= after:
            return honest(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    pair.bank.answer = answered
    return pair


@pytest.mark.parametrize("bank", ["itau", "pagseguro", "santander", "sicoob", "sicredi", "stone"])
@pytest.mark.parametrize("answer", [REFUSED, NOT_FOUND, WITHIN], ids=str)
def test_a_period_without_entries(bank, answer):
    """The statement is empty, and nothing is said of a wrong period or a wrong account."""
    found = replacing(PureHarness(bank, NOW, source=Fixed([])), answer).read(WEEK)

    assert found.entries == []
    assert "empty_statement" in {warning.code for warning in found.warnings}
    documented = bank == "pagseguro" and answer is NOT_FOUND
    is_believed = documented or found.proof.verdict == "proved"
    assert (found.complete_through == WEEK.last) is is_believed


def test_silence_about_a_day_is_weighed_by_its_balances():
    """A status for no content is taken like one for nothing found."""
    found = replacing(PureHarness("pagseguro", NOW, source=Fixed([])), SILENCE).read(WEEK)

    assert found.entries == []


@pytest.mark.parametrize("bank", ["itau", "pagseguro", "santander", "sicredi", "stone"])
@pytest.mark.parametrize("answer", [REFUSED, NOT_FOUND, SILENCE], ids=str)
def test_nothing_after_a_page_that_announces_more(bank, answer):
    """Entries that were announced and do not come are not left out."""
    with pytest.raises(BankFailure) as failure:
        replacing(PureHarness(bank, NOW, page_size=5), answer, after=1).read(WEEK)

    assert failure.value.code == "unexpected_bank_response"


def test_nothing_in_a_month_whose_balances_say_otherwise():
    """A month that is called empty must lead to the balance before the next one, too."""
    found = replacing(PureHarness("sicoob", NOW), REFUSED).read(WEEK)

    assert found.entries == []
    assert found.proof.verdict == "not_provable"
