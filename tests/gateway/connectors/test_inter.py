"""What is odd about Banco Inter: its token, and refusals."""

from datetime import date

import httpx
import pytest

from gateway.judgement import failure_of
from gateway.model import Period
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.inter.answers import INTER, NOW, ledger


@pytest.mark.parametrize(
    ("at", "status", "sent", "code"),
    [
        ("token", 401, "No registered scope value for this client", "statement_access_denied"),
        ("token", 401, "invalid_scope", "statement_access_denied"),
        ("token", 401, "Cliente inválido", "invalid_credentials"),
        ("statement", 401, "requested scope is not registered for this client", "statement_access_denied"),
        ("statement", 401, "", "invalid_credentials"),
    ],
)
def test_a_permission_that_was_not_given_is_no_wrong_password(at, status, sent, code):
    """Both get a 401; the words tell which it is."""
    answer = httpx.Response(status, json={"error_title": sent})

    assert failure_of(INTER.contract, at, answer).code == code


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = PureHarness("inter", NOW, source=ledger(*[(10, "1")] * 20), page_size=1)

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))

    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


def test_every_question_names_the_account():
    """One application may see several accounts, and the bank answers about the one that is named."""
    pair = PureHarness("inter", NOW, source=ledger((10, "1")))

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))

    asked = {
        request.url.path.rpartition("/")[2]: request.headers["x-conta-corrente"]
        for request in pair.requests
        if not request.url.path.endswith("/token")
    }
    assert asked == dict.fromkeys(("completo", "saldo"), pair.account.number)


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (401, b"", "invalid_credentials"),
        (400, b'{"error_title": "x"}', "invalid_credentials"),
        (400, b"", "unexpected_bank_response"),
        (400, b"<html>", "unexpected_bank_response"),
        (403, b"", "unexpected_bank_response"),
    ],
)
def test_a_token_refused_without_words(status, content, code):
    """Only a 401 says by itself that the credentials are wrong."""
    assert failure_of(INTER.contract, "token", httpx.Response(status, content=content)).code == code


@pytest.mark.parametrize("at", ["statement", "balance"])
@pytest.mark.parametrize(
    "body",
    [
        {"title": "Conta Corrente não informada! Favor adicionar o header x-conta-corrente com a conta desejada"},
        {"title": "Requisição", "violacoes": [{"razao": "deve ser numérico", "propriedade": "x-conta-corrente"}]},
        {"title": "Requisição", "violacoes": [{"propriedade": "xContaCorrente", "razao": "must match"}]},
    ],
)
def test_a_refusal_that_names_the_account(at, body):
    """The account's header is named in a title or in the list of violations."""
    assert failure_of(INTER.contract, at, httpx.Response(400, json=body)).code == "invalid_account"


@pytest.mark.parametrize(
    ("at", "status", "sent", "code"),
    [
        ("statement", 403, {"detail": "Entre em contato com o banco. Não autorizado."}, "statement_access_denied"),
        ("statement", 403, {"detail": "O usuário da conta não possui permissão"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Conta sem acesso a investimentos"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Contato encerrado, acesso bloqueado"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Conta corrente não pertence à aplicação"}, "invalid_account"),
        ("balance", 404, {"detail": "Conta corrente não encontrada"}, "invalid_account"),
        ("statement", 403, {"violacoes": [{"razao": "A conta corrente 1 foi encerrada"}]}, "account_closed"),
        ("statement", 400, {"violacoes": [{"propriedade": "dataFim", "razao": "futura"}]}, "period_out_of_range"),
        ("balance", 400, {"violacoes": [{"propriedade": "dataSaldo", "razao": "antiga"}]}, "period_out_of_range"),
        (
            "statement",
            400,
            {"violacoes": [{"propriedade": "pagina"}], "instance": "/extrato?dataInicio=2026-03-01&dataFim=2026-03-02"},
            "unexpected_bank_response",
        ),
    ],
)
def test_a_cause_is_named_by_whole_words(at, status, sent, code):
    """Parts of other words and an address that is repeated name no cause."""
    assert failure_of(INTER.contract, at, httpx.Response(status, json=sent)).code == code
