"""Banks that say in words that there are no entries, in place of an empty list."""

import json
from datetime import date, datetime
from decimal import Decimal

import httpx
import pytest

import contracts
from gateway.errors import BankFailure, IncoherentPages
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Period, Verdict
from gateway.refusal_words import tells_nothing
from gateway.responses import found_nothing
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

AUTHORITY = Authority()
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
WORDS = "Nenhum lançamento encontrado para o período informado"
REFUSED = {"message": WORDS}
LISTED = {"erros": [{"codigo": "4", "mensagem": "Não há movimentação no período"}]}

EMPTY = [
    httpx.Response(200, json={"mensagem": WORDS}),
    httpx.Response(200, json={"mensagens": [{"mensagem": WORDS, "codigo": "3"}], "resultado": None}),
    httpx.Response(400, json=REFUSED),
    httpx.Response(422, json=LISTED),
]
NOT_FOUND = httpx.Response(404, json=REFUSED)


def harness(slug, answer, *, moved=False):
    """A bank that gives this answer to each question for entries; what was paid in before may have moved since."""
    days = ("2026-02-20T10:00", "2026-03-10T10:00") if moved else ("2026-02-20T10:00",)
    entries = [
        LedgerEntry(booked_at=datetime.fromisoformat(day).replace(tzinfo=BRASILIA), amount=Decimal(50), type="PIX")
        for day in days
    ]
    pair = PureHarness(slug, NOW, source=Fixed(entries), authority=AUTHORITY)
    asked = pair.answer

    def answered(request):
        response = asked(request)
        if request.extensions.get("operation") != "statement":
            return response
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    pair.answer = answered
    return pair


@pytest.mark.parametrize("slug", ["banco_do_brasil", "bradesco", "bs2", "btg_pactual", "cora", "inter"])
@pytest.mark.parametrize("answer", EMPTY)
def test_a_period_without_entries(slug, answer):
    """It is an empty statement, which nothing but balances proves."""
    statement = harness(slug, answer).read(WEEK)

    assert statement.entries == []
    assert statement.proof.verdict is (Verdict.PROVED if slug == "inter" else Verdict.NOT_PROVABLE)


@pytest.mark.parametrize("slug", ["bradesco", "bs2", "btg_pactual", "cora", "inter"])
def test_a_period_that_is_not_found(slug):
    """A status that may also mean an unknown account is believed with words that speak of entries."""
    assert harness(slug, NOT_FOUND).read(WEEK).entries == []


def test_an_account_that_may_be_unknown():
    """Where the status is documented to mean either, words alone do not make an unknown account an empty one."""
    with pytest.raises(BankFailure) as failure:
        harness("banco_do_brasil", NOT_FOUND).read(WEEK)

    assert failure.value.code == "invalid_account"


def test_an_envelope_that_is_null_completes_no_day():
    """One client of BTG Pactual takes it for an empty period, nothing documents it, and no balance would show more."""
    statement = harness("btg_pactual", httpx.Response(200, json={"data": None})).read(WEEK)

    assert (statement.entries, statement.complete_through < WEEK.first) == ([], True)


@pytest.mark.parametrize("slug", sorted({*contracts.banks()} - {"inter", "pagseguro", "stone"}))
@pytest.mark.parametrize("answer", EMPTY)
def test_words_alone_complete_no_day(slug, answer):
    """They are documented nowhere, and may as well be about an account that is not there. Three banks tell balances."""
    statement = harness(slug, answer).read(WEEK)

    assert statement.complete_through < WEEK.first


@pytest.mark.parametrize("answer", [*EMPTY, NOT_FOUND])
def test_balances_that_contradict_the_words(answer):
    """Money that moved is no empty period."""
    with pytest.raises(IncoherentPages):
        harness("inter", answer, moved=True).read(WEEK)


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("status", [400, 404, 406, 422])
def test_the_period_is_not_what_is_wrong(slug, status):
    """Words that name the period because it was asked for do not send the user to change it."""
    failure = failure_of(contracts.load(slug), "statement", httpx.Response(status, json=REFUSED))

    assert failure.code != "period_out_of_range"


@pytest.mark.parametrize(
    "text",
    [
        "Nenhum lançamento encontrado para o período",
        "NAO HA LANCAMENTOS NO PERIODO",
        "Não há movimento no período informado",
        "Não foram encontradas transações para a conta no período",
        "Lançamentos não encontrados",
        "Conta sem movimentação no período",
        "Nenhum registro de lançamento localizado",
        "Não existem dados para o período informado",
        "No transactions found",
    ],
)
def test_words_for_no_entries(text):
    """They are told apart by whole words, with accents or without."""
    assert tells_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "O cliente não possui permissão para consultar lançamentos",
        "Sem permissão para movimentações",
        "Erro no movimento",
        "Não foi possível consultar os lançamentos",
        "Conta inexistente ou nenhum lançamento no período",
        "Conta não encontrada ou sem movimentos",
        "Nenhuma conta encontrada",
        "Nenhum registro encontrado",
        "Período inválido",
        "Data de início não informada",
    ],
)
def test_words_for_something_else(text):
    """A missing permission, an error, a wrong parameter or an unknown account is no empty period."""
    assert not tells_nothing(text)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200),
        httpx.Response(204),
        httpx.Response(404),
        httpx.Response(403, json=REFUSED),
        httpx.Response(500, json=REFUSED),
        httpx.Response(404, text=f"<html>{WORDS}</html>"),
        httpx.Response(200, json={**REFUSED, "transacoes": [{"valor": "1.00"}]}),
        httpx.Response(200, json={"mensagens": [REFUSED], "resultado": {"saldoAnterior": "10.00"}}),
        httpx.Response(200, json={"mensagens": [REFUSED], "transacoes": []}),
        httpx.Response(200, content=b"\xef\xbb\xbf" + json.dumps({**REFUSED, "transacoes": [{}]}).encode()),
        httpx.Response(200, json={**REFUSED, "saldo": {"inicial": 1, "final": 2}, "movimentacoes": []}),
    ],
)
def test_answers_that_are_something_else(response):
    """Silence, a missing right, an outage, somebody else's page, and an answer that has more than a message."""
    assert not found_nothing(response)
