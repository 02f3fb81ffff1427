"""Banks that refuse with status 200: a body that is nothing but a refusal."""

from datetime import date

import httpx
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.model import Period
from gateway.responses import refusal_beside_nothing, refusal_within
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed
from simulators.pki import Authority

AUTHORITY = Authority()
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
DOWN = "Sistema em manutenção. Tente mais tarde."


def read(slug, body):
    """The failure of a bank that answers so to each question for entries."""
    pair = PureHarness(slug, NOW, authority=AUTHORITY)
    asked = pair.answer

    def answered(request):
        response = asked(request)
        return response if request.extensions.get("operation") != "statement" else httpx.Response(200, json=body)

    pair.answer = answered
    with pytest.raises(BankFailure) as caught:
        pair.read(WEEK)
    return caught.value


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize(
    "body",
    [
        {"mensagem": DOWN},
        {"errors": [{"code": "503", "message": DOWN}]},
        {"fault": {"faultstring": DOWN, "detail": {"errorcode": "x"}}},
        {"timestamp": "2026-03-16T10:00:00", "status": 503, "error": "Service Unavailable", "message": DOWN},
    ],
)
def test_a_system_that_is_down(slug, body):
    """It is named as such, with the bank's words, and not as an answer that nobody understands."""
    failure = read(slug, body)

    assert failure.code == "bank_server_error"
    assert failure.bank_error.message == DOWN


@pytest.mark.parametrize("slug", contracts.banks())
def test_another_refusal_keeps_the_banks_words(slug):
    """Its cause is not known, and its words tell a person."""
    failure = read(slug, {"codigo": "77", "mensagem": "Operação não realizada"})

    assert (failure.code, failure.bank_error.code) == ("unexpected_bank_response", "77")
    assert failure.bank_error.message == "Operação não realizada"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"lancamentos": [{"descricao": "TARIFA MANUTENÇÃO"}]},
        {"mensagem": "x" * 65536},
        {"saldo": 1.5},
    ],
)
def test_what_is_more_than_a_refusal_is_none(body):
    """Texts of entries are no words of the bank about its system."""
    assert refusal_within(httpx.Response(200, json=body), ()) is None


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("name", ["data", "listaDeLancamentos"])
def test_entries_under_an_unknown_name_are_no_words_of_the_bank(slug, name):
    """An answer in a form that nobody knows has texts of account holders, and says nothing about the bank's system."""
    entry = {"textoDescricao": "PAGTO MANUTENÇÃO PREDIAL", "nome": "FULANO DE TAL"}
    failure = read(slug, {"mensagem": "ok", name: [entry]})

    assert failure.code == "unexpected_bank_response"
    assert "FULANO" not in f"{failure.detail} {failure.bank_error}"
    assert "PREDIAL" not in f"{failure.detail} {failure.bank_error}"


@pytest.mark.parametrize("slug", ["banco_do_brasil", "bradesco"])
@pytest.mark.parametrize(
    "rest", [{}, {"rows": []}, {"listaLancamento": None}, {"extratoPorPeriodo": None, "extratoUltimosLancamentos": []}]
)
def test_a_refusal_beside_empty_fields(slug, rest):
    """What holds nothing has no texts of account holders, so that the words are the bank's."""
    failure = read(slug, {"mensagem": DOWN, **rest})

    assert (failure.code, failure.bank_error.message) == ("bank_server_error", DOWN)


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_part_of_an_answer_is_none(slug):
    """Status 206 says that something is missing, and no bank was asked for a part."""
    pair = PureHarness(slug, NOW, authority=AUTHORITY)
    asked = pair.answer

    def answered(request):
        response = asked(request)
        if request.extensions.get("operation") == "statement" and response.is_success:
            response.status_code = httpx.codes.PARTIAL_CONTENT
        return response

    pair.answer = answered
    with pytest.raises(BankFailure) as caught:
        pair.read(WEEK)

    assert (caught.value.code, caught.value.at) == ("bank_server_error", "statement")
    assert slug == "itau" or (caught.value.bank_error.status, caught.value.bank_error.message) == (206, None)


def emptied(value):
    """An answer without what its lists hold."""
    if isinstance(value, dict):
        return {name: emptied(each) for name, each in value.items()}
    return [] if isinstance(value, list) else value


def statement_of_nothing(slug, beside):
    """What the gateway makes of an account without movements whose answers tell something beside their empty lists."""
    pair = PureHarness(slug, NOW, authority=AUTHORITY, source=Fixed([], date(2026, 1, 1)))
    asked, kind_of = pair.answer, pair.bank.contract.kind_of

    def answered(request):
        response = asked(request)
        operation = request.extensions.get("operation")
        if operation is None or kind_of(operation) != "statement" or not response.is_success:
            return response
        kept = {name: value for name, value in response.headers.items() if name.startswith("x-")}
        body = response.json()
        body = body if isinstance(body, dict) else {"listaLancamento": []}
        return httpx.Response(200, json={**emptied(body), **beside}, headers=kept)

    pair.answer = answered
    return pair.read(WEEK)


WITH_BODIES = [slug for slug in contracts.banks() if slug != "banco_do_brasil"]
"""Banks that answer a period without entries with a success."""


@pytest.mark.parametrize("slug", WITH_BODIES)
@pytest.mark.parametrize(
    ("beside", "code"),
    [
        ({"mensagem": DOWN}, "bank_server_error"),
        ({"errors": [{"code": "503", "message": DOWN}]}, "bank_server_error"),
        ({"status": 503, "error": "Service Unavailable", "message": DOWN}, "bank_server_error"),
        ({"erros": [{"codigo": "77", "mensagem": "Operação não realizada"}]}, "unexpected_bank_response"),
        ({"error": "invalid_state", "error_description": "falha interna"}, "unexpected_bank_response"),
        ({"sucesso": False, "mensagem": "Não foi possível obter o extrato"}, "unexpected_bank_response"),
        ({"resultado": {"success": False, "message": "Extrato não obtido"}}, "unexpected_bank_response"),
    ],
)
def test_a_failure_beside_empty_lists(slug, beside, code):
    """Days are not empty because a bank that fails lists nothing."""
    with pytest.raises(BankFailure) as caught:
        statement_of_nothing(slug, beside)

    assert (caught.value.code, caught.value.at) == (code, "statement")
    assert caught.value.bank_error.message


@pytest.mark.parametrize("slug", WITH_BODIES)
def test_words_beside_empty_lists_complete_no_day(slug):
    """What a code and a message mean that nobody has documented is not known; balances may prove the days."""
    statement = statement_of_nothing(slug, {"codigo": "77", "mensagem": "Consulta parcial"})

    assert not statement.entries
    assert statement.proof.verdict == "proved" or statement.complete_through < WEEK.first


@pytest.mark.parametrize("slug", WITH_BODIES)
@pytest.mark.parametrize(
    "beside",
    [
        {"codigo": "0", "mensagem": "Operação realizada com sucesso"},
        {"success": True, "errors": [], "message": "OK"},
        {"error": None, "erro": False, "errorCode": 0, "status": 200},
        {"errors": [{"code": "00", "message": "Success"}]},
    ],
)
def test_a_success_beside_empty_lists_changes_nothing(slug, beside):
    """Names of failures that hold none, and words of a success."""
    assert statement_of_nothing(slug, beside) == statement_of_nothing(slug, {})


def test_what_an_answer_with_entries_tells_is_not_read():
    """Their texts are no words of the bank, however they are called."""
    body = {"lancamentos": [{"descricao": "TARIFA MANUTENÇÃO", "status": 503}], "mensagem": DOWN}
    assert refusal_beside_nothing(httpx.Response(200, json=body)) is None
    assert refusal_beside_nothing(httpx.Response(200, json={**body, "lancamentos": []})).message == DOWN


def test_a_part_that_fails_alone_is_no_failure_of_the_whole():
    """Something else than the entries, which nobody has asked for, could not be told."""
    body = {"lancamentos": [], "pendentes": {"error": "unavailable", "message": DOWN}}
    assert refusal_beside_nothing(httpx.Response(200, json=body)) is None
