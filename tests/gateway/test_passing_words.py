"""Refusals whose words say that time mends them, with a status that means something else."""

from datetime import date

import httpx
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.model import Period
from gateway.refusal_words import status_by_words
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority

AUTHORITY = Authority()
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
WORDS = {
    "Serviço indisponível no momento": "bank_server_error",
    "Sistema temporariamente indisponível, tente novamente mais tarde": "bank_server_error",
    "Limite de requisições excedido": "rate_limited",
}


def read(slug, response, *, after=0):
    """The failure of a bank that answers so to the questions for entries, from some page on."""
    pair = PureHarness(slug, NOW, authority=AUTHORITY, page_size=1 if after else 0)
    asked, kind_of = pair.answer, pair.bank.contract.kind_of
    pages = []

    def answered(request):
        answer = asked(request)
        operation = request.extensions.get("operation")
        if operation is None or kind_of(operation) != "statement":
            return answer
        pages.append(request)
        return answer if len(pages) <= after else httpx.Response(response.status_code, content=response.content)

    pair.answer = answered
    with pytest.raises(BankFailure) as caught:
        pair.read(WEEK)
    assert len(pages) > after
    return caught.value


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(("words", "code"), WORDS.items())
def test_a_refusal_that_time_mends(slug, status, words, code):
    """It is neither the end of a list nor days without entries, also where the status is documented to mean that."""
    failure = read(slug, httpx.Response(status, json={"erros": [{"codigo": "404", "mensagem": words}]}))

    assert (failure.code, failure.at) == (code, "statement")


@pytest.mark.parametrize("slug", sorted({*contracts.banks()} - {"bradesco", "btg_pactual", "sicoob"}))
@pytest.mark.parametrize("status", [404, 422])
def test_a_later_refusal_that_time_mends(slug, status):
    """What came before it is no statement. Three banks give a period in one page."""
    failure = read(slug, httpx.Response(status, json={"mensagem": next(iter(WORDS))}), after=1)

    assert failure.code == "bank_server_error"


@pytest.mark.parametrize(
    "text",
    [
        "O serviço está indisponível",
        "Indisponibilidade do sistema",
        "Neste momento, estão indisponíveis",
        "API momentaneamente indisponível",
        "Serviço em manutenção programada",
        "O sistema encontra-se indisponível",
    ],
)
def test_words_of_a_system_that_is_down(text):
    """As banks, their API gateways and proxies write them."""
    assert status_by_words(text) == httpx.codes.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize(
    "text",
    [
        "Período indisponível",
        "Serviço indisponível para esta conta",
        "Saldo indisponível",
        "Conta inexistente. Tente novamente mais tarde",
        "Extrato não disponível para a agência informada",
    ],
)
def test_words_of_another_cause(text):
    """What is not there for this account or period, no time mends."""
    assert status_by_words(text) is None
