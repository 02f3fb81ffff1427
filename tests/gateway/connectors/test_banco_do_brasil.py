"""What is odd about Banco do Brasil: what it is asked, how it refuses, and its key in every address."""

import base64
from collections.abc import Callable
from datetime import date, timedelta

import httpx
import msgspec
import pytest

from gateway.connectors.banco_do_brasil import BancoDoBrasil
from gateway.errors import BankFailure, ForbiddenRequest
from gateway.flow import converse
from gateway.line.guard import check as guarded
from gateway.logs import redact_values
from gateway.model import Period, Verdict
from gateway.redaction.redact import redact
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences
from simulators.world import Parameters
from tests.gateway.connectors.banco_do_brasil.answers import (
    ACCOUNT,
    BANK,
    CONTRACT,
    CREDENTIALS,
    MONTH,
    TODAY,
    WEEK,
    after,
    before,
    page,
    pair,
    read,
)

# --- what is asked


@pytest.mark.parametrize(
    ("status", "error", "description", "code"),
    [
        (401, "invalid_client", "Identificador ou credencial inválidos", "invalid_credentials"),
        (400, "invalid_request", "Software cliente não identificado.", "invalid_credentials"),
        (400, "invalid_scope", "Escopo não concedido à aplicação", "statement_access_denied"),
    ],
)
def test_refusals_of_the_token_host(status, error, description, code):
    """In its own words; each is asked for once."""
    answers = iter([httpx.Response(status, json={"error": error, "error_description": description})])

    with pytest.raises(BankFailure) as failure:
        converse(BANK.auth(ACCOUNT).obtain(None, NOW), lambda request: next(answers))

    assert (failure.value.code, failure.value.bank_error.message) == (code, description)


def test_a_created_token():
    """Clients know the token host to say 201 as well."""
    answer = httpx.Response(201, json={"access_token": "t", "token_type": "Bearer", "expires_in": 600})

    _, token = converse(BANK.auth(ACCOUNT).obtain(None, NOW), lambda request: answer)

    assert (token.access, token.expires_at - NOW) == ("t", timedelta(minutes=10))


def test_dates_are_integers_without_a_leading_zero():
    """The first days of a month have seven digits."""
    _, _, (query,) = read(page(before(0), after(0)), period=Period(date(2026, 3, 1), date(2026, 3, 13)))

    assert (query["dataInicioSolicitacao"], query["dataFimSolicitacao"]) == ("1032026", "13032026")


@pytest.mark.parametrize(("wanted", "asked"), [(0, "120"), (1, "50"), (49, "50"), (77, "77"), (200, "120")])
def test_page_sizes_stay_within_what_the_bank_accepts(wanted, asked):
    """A size below 50 or above 120 is never asked for."""
    _, _, (query,) = read(page(before(0), after(0)), bank=BancoDoBrasil(CONTRACT, wanted))

    assert query["quantidadeRegistroPaginaSolicitacao"] == asked


def first_request(account=ACCOUNT):
    return next(BANK.reading(account, WEEK, TODAY))


def test_branch_and_account_go_without_check_digit_and_leading_zeros():
    """The check digit, here an X, is part of the account number and not of the address."""
    assert first_request().url.path == "/v2/conta-corrente/agencia/297/conta/1348"


@pytest.mark.parametrize(("environment", "sent"), [("production", None), ("sandbox", "178961031")])
def test_the_test_customer_is_never_named_in_production(environment, sent):
    """The header goes to the test environment only, whatever the form holds."""
    request = first_request(msgspec.structs.replace(ACCOUNT, environment=environment))

    assert request.headers.get("x-br-com-bb-ipa-mciteste") == sent
    assert (request.url.host in CONTRACT.environments[environment].hosts.values()) is True


def test_the_client_proves_itself_in_the_header_alone():
    """Id and secret stand in a Basic header and not in the form."""
    request = next(BANK.auth(ACCOUNT).obtain(None, NOW))

    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"id:secret"
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "grant_type": "client_credentials",
        "scope": "extrato-info",
    }


@pytest.mark.parametrize(
    ("name", "reading"), [(name, other) for name, reading in CONTRACT.readings.items() for other in reading.others]
)
def test_every_reading_gives_the_truth(name, reading):
    """Whichever way a conflicting point is, the statement of a month is the ledger, and proved where balances are."""
    reader = pair(parameters=Parameters(readings={name: reading}))

    statement = reader.read(MONTH)

    assert differences(reader.bank, statement, reader.simulated.ledger, MONTH, NOW) == []
    assert statement.proof.verdict is (Verdict.NOT_PROVABLE if name == "balance_rows" else Verdict.PROVED)


# --- the application key is in every address


def failures() -> list[tuple[str, Callable[[httpx.Request], httpx.Response]]]:
    """Answers that repeat the address they were asked by."""
    return [
        (str(status), lambda request, status=status: httpx.Response(status, json={"message": f"GET {request.url}"}))
        for status in (400, 403, 422, 429, 500)
    ] + [("text", lambda request: httpx.Response(500, text=f"cannot GET {request.url}"))]


@pytest.mark.parametrize("answer", [each for _, each in failures()], ids=[name for name, _ in failures()])
def test_a_bank_that_repeats_the_address_does_not_reveal_the_key(answer):
    """What is kept of the bank's words has no application key in it."""
    with pytest.raises(BankFailure) as failure:
        converse(BANK.reading(ACCOUNT, WEEK, TODAY), answer)

    refusal = failure.value
    assert refusal.bank_error.message
    assert CREDENTIALS["app_key"] not in f"{refusal}{refusal.detail}{refusal.bank_error!r}"


def test_the_key_is_in_no_other_text():
    """Neither the guard's refusal nor a log line with an address or a form shows it."""
    request = first_request()
    unlisted = httpx.Request("GET", request.url.copy_with(path="/v2/outra"), extensions={"operation": "statement"})
    with pytest.raises(ForbiddenRequest) as refused:
        guarded(CONTRACT, unlisted)
    logged = redact_values(None, "info", {"event": f"GET {request.url}", "app_key": CREDENTIALS["app_key"]})

    assert CREDENTIALS["app_key"] in str(request.url)
    assert CREDENTIALS["app_key"] not in f"{refused.value}{logged}{redact(str(request.url))}{ACCOUNT.credentials}"


def refused(status, **body):
    with pytest.raises(BankFailure) as failure:
        converse(BANK.reading(ACCOUNT, WEEK, TODAY), lambda request: httpx.Response(status, **body))
    return failure.value


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Erro inesperado. Contate o suporte", "unexpected_bank_response"),
        ("Entre em contato com sua agência", "unexpected_bank_response"),
        ("Os planos contratados não permitem a operação", "unexpected_bank_response"),
        ("Dados de entrada inconsistentes", "unexpected_bank_response"),
        ("Agência/conta não cadastrada", "invalid_account"),
        ("Conta inválida", "invalid_account"),
        ("Inválida a conta informada", "invalid_account"),
        ("Data inicial posterior à data final", "period_out_of_range"),
        ("O período máximo é de 31 dias", "period_out_of_range"),
    ],
)
@pytest.mark.parametrize("form", ["v1", "v2"])
def test_a_refusal_is_named_by_whole_words_that_say_so(words, code, form):
    """A word that only contains another one, the name of a field and a hint whom to ask are no cause."""
    body = {"erros": [{"codigo": "7", "mensagem": words}]} if form == "v1" else {"code": "7", "message": words}

    for status in (400, 422):
        failure = refused(status, json={**body, "data": "2026-03-10T10:00:00"})
        assert (failure.code, failure.bank_error.message) == (code, words)


def test_a_refusal_with_status_200_keeps_the_banks_words():
    """It is no empty list, and whoever looks into it is told what the bank said."""
    failure = refused(200, json={"erros": [{"codigo": "4", "mensagem": "Operação não realizada"}]})

    assert (failure.code, failure.bank_error.message) == ("unexpected_bank_response", "Operação não realizada")
