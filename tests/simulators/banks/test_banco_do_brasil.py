"""What the simulated Banco do Brasil refuses, and how, and what its lists look like."""

import base64
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
API = "https://extratos.mtls.api.bb.com.br/v2"
SANDBOX = "https://extratos.mtls.api.hm.bb.com.br/v2"
LEGACY = "https://api-extratos.bb.com.br/extratos/v1"
LEGACY_SANDBOX = "https://api.hm.bb.com.br/extratos/v1"
LEGACY_MTLS = "https://api-extratos.hm.bb.com.br/extratos/v1"
LEGACY_OLDER = "https://api.sandbox.bb.com.br/extratos/v1"
TOKEN = "https://oauth.bb.com.br/oauth/token"
TEST_TOKEN = "https://oauth.hm.bb.com.br/oauth/token"
TEST_CUSTOMER = {"x-br-com-bb-ipa-mciteste": "178961031"}
TAX_ID = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"
FORM = {"grant_type": "client_credentials", "scope": "extrato-info"}


@pytest.fixture
def harness():
    return PureHarness("banco_do_brasil", NOW, authority=AUTHORITY, number="1234567X")


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


def basic(client_id, secret):
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.fixture
def trial_token(harness):
    """A token of the test environment."""
    return token_of(harness, address=TEST_TOKEN).json()["access_token"]


def token_of(harness, form=None, address=TOKEN, **more):
    held = harness.simulated.credentials
    headers = basic(held["client_id"], held["client_secret"])
    return harness.bank.answer(httpx.Request("POST", address, **{"headers": headers, "data": form or FORM, **more}))


def ask(
    harness, token, *, api=API, certificate=True, branch=None, account="1234567", headers=None, extensions=None, **query
):
    """The bank's answer to a statement request with these query fields; None leaves a field out."""
    fields = {"gw-dev-app-key": harness.simulated.credentials["app_key"], **query}
    request = httpx.Request(
        "GET",
        f"{api}/conta-corrente/agencia/{branch or int(harness.simulated.branch)}/conta/{account}",
        params={name: value for name, value in fields.items() if value is not None},
        headers={"authorization": f"Bearer {token}", **(headers or {})},
        extensions=extensions or {},
    )
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    return harness.bank.answer(request)


def days(first, last):
    return {"dataInicioSolicitacao": first, "dataFimSolicitacao": last}


def rows_of(answer):
    return answer.json()["listaLancamento"]


def entry(day, amount, kind="PIX", **fields):
    moment = datetime(2026, 3, day, 11, 9, 33, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type=kind, **fields)


def opened(*entries, **readings):
    made = PureHarness(
        "banco_do_brasil",
        NOW,
        source=Fixed(entries),
        parameters=Parameters(readings=readings),
        authority=AUTHORITY,
        number="1234567X",
    )
    return made, token_of(made).json()["access_token"]


# --- token


def test_grant_and_scope_in_the_query_or_left_out(harness):
    """The grant may stand in the query with an empty form, and without a scope the application's own are given."""
    in_query = token_of(harness, form={}, params={"grant_type": "client_credentials"})

    assert in_query.json()["scope"] == "extrato-info"
    assert in_query.json()["expires_in"] == 600


@pytest.mark.parametrize("host", ["oauth.hm.bb.com.br", "oauth.sandbox.bb.com.br"])
def test_the_token_hosts_of_the_test_environment(harness, host):
    """The older one gives tokens too; neither asks for a certificate."""
    held = harness.simulated.credentials
    headers = basic(held["client_id"], held["client_secret"])
    token = harness.bank.answer(httpx.Request("POST", f"https://{host}/oauth/token", data=FORM, headers=headers))

    used = ask(harness, token.json()["access_token"], api=LEGACY_OLDER, certificate=False)
    assert used.status_code == 200


@pytest.mark.parametrize("which", ["client_id", "client_secret"])
def test_wrong_client(harness, which):
    """Wrong id or secret get 401."""
    held = {**harness.simulated.credentials, which: "no"}
    assert token_of(harness, headers=basic(held["client_id"], held["client_secret"])).status_code == 401


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic ???", "Basic " + base64.b64encode(b"\xff").decode()])
def test_credentials_outside_the_basic_header(harness, authorization):
    """Id and secret in the form are not recognised."""
    held = harness.simulated.credentials
    form = {**FORM, "client_id": held["client_id"], "client_secret": held["client_secret"]}
    answer = token_of(harness, form=form, headers={"authorization": authorization} if authorization else {})

    assert (answer.status_code, answer.json()["error_description"]) == (400, "Identificador ou credencial inválidos")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({**FORM, "grant_type": "password"}, "unsupported_grant_type"),
        ({**FORM, "scope": "extrato-info pagamentos"}, "invalid_scope"),
    ],
)
def test_wrong_token_requests(harness, form, error):
    """Another grant, or a scope that is not the application's."""
    answer = token_of(harness, form=form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_token_expires_after_ten_minutes(harness, token):
    """Then the API gateway refuses it in a form of its own."""
    harness.clock.advance(timedelta(seconds=599))
    assert ask(harness, token).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    refused = ask(harness, token)
    assert (refused.status_code, refused.json()["statusCode"]) == (401, 401)


# --- certificate, key, address


def test_without_certificate_an_answer_refuses(harness, token):
    """The handshake of v2 is completed, and the answer looks like one about parameters."""
    answer = ask(harness, token, certificate=False)

    assert answer.status_code == 400
    assert answer.json() == {"message": "Failed to verify certificate", "error": "Bad Request", "statusCode": 400}


def test_without_certificate_v1_has_no_handshake(harness, token, trial_token):
    """TLS itself refuses in production and on one host of the test environment; its others ask for no certificate."""
    for api in (LEGACY, LEGACY_MTLS):
        with pytest.raises(HandshakeRefused, match="bad certificate"):
            ask(harness, token, api=api, certificate=False)
    for api in (LEGACY_SANDBOX, LEGACY_OLDER):
        assert ask(harness, trial_token, api=api, certificate=False, headers=TEST_CUSTOMER).status_code == 200


def test_an_expired_certificate(harness, token):
    """It is refused in the handshake."""
    harness.clock.put(datetime(2100, 1, 1, tzinfo=BRASILIA))
    with pytest.raises(HandshakeRefused, match="expired"):
        ask(harness, token)


def test_the_plain_port_asks_for_no_certificate(harness, token):
    """Where none can be shown, none is missed."""
    assert ask(harness, token, certificate=False, extensions={"plain": True}).status_code == 200


def test_a_certificate_that_is_not_registered(harness, token):
    """The certificate of another application is refused with the bank's one code for all such things."""
    other = harness.bank.open_account("76543210")
    request_of_other = {"client_certificate": other.credentials["certificate"]}

    answer = ask(harness, token, certificate=False, extensions=request_of_other)

    assert (answer.status_code, answer.json()["code"]) == (403, "6646500.1")


@pytest.mark.parametrize("key", [None, "wrong"])
def test_the_application_key_belongs_into_the_query(harness, token, key):
    """Missing, wrong, or only in a header, it is refused."""
    headers = {"gw-dev-app-key": harness.simulated.credentials["app_key"]}

    assert ask(harness, token, headers=headers, **{"gw-dev-app-key": key}).status_code == 401


@pytest.mark.parametrize(
    ("api", "headers", "status"),
    [
        (API, TEST_CUSTOMER, 403),
        (SANDBOX, {}, 403),
        (SANDBOX, TEST_CUSTOMER, 200),
        (LEGACY, TEST_CUSTOMER, 403),
        (LEGACY_SANDBOX, {}, 200),
        (LEGACY_MTLS, TEST_CUSTOMER, 200),
    ],
)
def test_the_header_of_the_test_customer(harness, token, trial_token, api, headers, status):
    """The test environment of v2 demands it, that of v1 takes calls without it, production refuses it."""
    own = token if api in {API, LEGACY} else trial_token
    assert ask(harness, own, api=api, headers=headers).status_code == status


@pytest.mark.parametrize("address", [{"account": "1234567X"}, {"account": "01234567"}, {"branch": "9999"}])
def test_branch_and_account_in_another_form(harness, token, address):
    """With check digit, with leading zeros or simply wrong, the account is not found, without a body."""
    answer = ask(harness, token, **address)

    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("customer", "branch", "account"),
    [("26968930", "551", "5087"), ("178961031", "1505", "1348"), ("704950857", "452", "123873")],
)
def test_the_published_test_customers(harness, token, trial_token, customer, branch, account):
    """Any application reads them in the test environment, under their own code alone, and never in production."""
    there = {"branch": branch, "account": account, **days("19042023", "23042023")}
    (header,) = TEST_CUSTOMER

    answer = ask(harness, trial_token, api=SANDBOX, headers={header: customer}, **there)

    stages = [row["indicadorTipoLancamento"] for row in rows_of(answer) if row["codigoHistorico"] not in {0, 999}]
    assert stages == ["1"] * 3
    assert ask(harness, trial_token, api=SANDBOX, headers={header: "1"}, **there).status_code == 404
    assert ask(harness, token, **there).status_code == 404


def test_unknown_paths_and_writes(harness, token):
    """What the bank does not have is not found; a write is answered and recorded."""
    assert harness.bank.answer(httpx.Request("GET", f"{API}/outra")).status_code == 404
    assert harness.bank.answer(httpx.Request("POST", f"{API[:-3]}/cobrancas/v2/boletos", json={})).status_code == 201
    assert harness.world.journal.records[-1].write


# --- parameters


@pytest.mark.parametrize(
    "query",
    [
        days("1032026", None),
        days(None, "1032026"),
        days("13032026", "9032026"),
        days("1022026", "5032026"),
        days("2026-03-01", "2026-03-02"),
        days("30022026", "1032026"),
        days("032026", "1032026"),
        days("1032020", "9032020"),
    ],
)
def test_periods_that_are_refused(harness, token, query):
    """One date alone, the wrong way round, a difference above 31 days, no date, more than five years ago."""
    answer = ask(harness, token, **query)
    legacy = ask(harness, token, api=LEGACY, **query)

    assert (answer.status_code, answer.json()["message"][:13]) == (422, "Erro Negocial")
    assert (legacy.status_code, legacy.json()["erros"][0]["mensagem"][:13]) == (400, "Erro Negocial")


def test_a_difference_of_31_days_is_accepted(harness, token):
    """The bank counts the difference, not the days."""
    assert ask(harness, token, **days("1022026", "4032026")).status_code == 200


def test_without_dates_the_last_thirty_days(harness, token):
    """Today and thirty days before it."""
    first, *_ = rows_of(ask(harness, token))

    assert (first["textoDescricaoSubHistorico"], first["dataLancamento"]) == ("Saldo Anterior", 15022026)


@pytest.mark.parametrize(("reading", "status"), [("accepted", 200), ("refused", 422)])
def test_a_leading_zero(reading, status):
    """A client that sends 09032026 works, or does not."""
    made, token = opened(entry(10, "1.00"), leading_zero=reading)

    assert ask(made, token, **days("09032026", "13032026")).status_code == status
    assert ask(made, token, **days("9032026", "13032026")).status_code == 200


@pytest.mark.parametrize(
    ("api", "size", "status"), [(API, 49, 400), (API, 50, 200), (API, 121, 400), (LEGACY, 200, 200), (LEGACY, 201, 400)]
)
def test_page_sizes(harness, token, api, size, status):
    """v2 takes 50 to 120 rows, v1 up to 200."""
    assert ask(harness, token, api=api, quantidadeRegistroPaginaSolicitacao=size).status_code == status


@pytest.mark.parametrize(("number", "status"), [("0", 400), ("x", 400), ("99", 404)])
def test_page_numbers(harness, token, number, status):
    """Pages count from 1; one past the end is not found."""
    assert ask(harness, token, numeroPaginaSolicitacao=number).status_code == status


def test_pages_as_documented(harness, token):
    """A client that follows `numeroPaginaProximo` until it is 0 gets every row once."""
    number, found, totals = 1, [], set()
    while number:
        body = ask(harness, token, numeroPaginaSolicitacao=number, quantidadeRegistroPaginaSolicitacao=50).json()
        assert (body["numeroPaginaAtual"], body["numeroPaginaAnterior"]) == (number, number - 1)
        assert body["quantidadeRegistroPaginaAtual"] == len(body["listaLancamento"])
        totals.add((body["quantidadeTotalRegistro"], body["quantidadeTotalPagina"]))
        found += body["listaLancamento"]
        number = body["numeroPaginaProximo"]

    assert totals == {(len(found), -(-len(found) // 50))}
    assert found == [
        row
        for page in range(1, -(-len(found) // 120) + 1)
        for row in rows_of(ask(harness, token, numeroPaginaSolicitacao=page))
    ]


# --- rows


PARTY = Party(
    name="Padaria Aurora Ltda",
    tax_id="01234567890",
    compe="237",
    ispb="60746948",
    branch="0321",
    account="987654",
)


def test_a_row_as_documented():
    """Numbers, texts and names are those of the OpenAPI document; the id is there on the day after."""
    made, token = opened(entry(10, "320.50", counterparty=PARTY, bank_id="BB1"))
    _, row, last = rows_of(ask(made, token, **days("9032026", "13032026")))

    assert (row["dataLancamento"], row["valorLancamento"], row["indicadorSinalLancamento"]) == (10032026, 320.5, "C")
    assert row["textoInformacaoComplementar"] == "10/03 11:09 01234567890 Padaria Aurora"
    assert (row[TAX_ID], row["indicadorTipoPessoaContrapartida"], row["numeroISPB"]) == ("01234567890", "F", 60746948)
    assert (row["numeroContaContrapartida"], row["textoDigitoVerificadorContaContrapartida"]) == (
        "00000000000000098765",
        "4",
    )
    assert row["textoIdentificadorUnicoTransacao"] == "BB1"
    assert (last["codigoHistorico"], last["textoDescricaoSubHistorico"]) == (999, "S A L D O")


def test_only_a_pix_has_a_number_without_a_document():
    """It is that of its moment."""
    made, token = opened(entry(10, "1.00"), entry(10, "2.00", "BOLETO"))
    _, pix, boleto, _ = rows_of(ask(made, token, **days("9032026", "13032026")))

    assert f"{pix['numeroDocumento']:012}"[:8] == "10031109"
    assert boleto["numeroDocumento"] == 0


def test_twins_look_the_same_on_their_day():
    """Two equal payments of the same second differ in nothing, for the id is still empty."""
    made, token = opened(*[entry(18, "1.00")] * 2)
    made.clock.put(NOW.replace(hour=23))
    token = token_of(made).json()["access_token"]
    _, one, other, *_ = rows_of(ask(made, token, **days("18032026", "18032026")))

    assert one == other
    assert one["textoIdentificadorUnicoTransacao"] == ""


def test_what_stands_among_the_movements_of_today():
    """Blocked and future rows, then balances and limits, that differ in stage and sign alone."""
    made, _ = opened(
        entry(18, "10.00", document="8"),
        entry(20, "-60.97", "BOLETO", document="9"),
        entry(20, "5.00", "BOLETO"),
        entry(27, "-1.00", "BOLETO"),
    )
    made.clock.put(NOW.replace(hour=12))
    found = rows_of(ask(made, token_of(made).json()["access_token"], **days("18032026", "18032026")))

    assert [
        (row["indicadorTipoLancamento"], row["indicadorSinalLancamento"], row["valorLancamento"]) for row in found
    ] == [
        ("1", "C", 0),
        ("1", "C", 10),
        ("1", "*", 75.3),
        ("2", "D", 60.97),
        ("1", "C", 10),
        ("SA", "C", 10),
        ("SD", "D", 65.3),
        ("LC", "C", 5000),
        ("LU", "C", 0),
        ("LD", "C", 5000),
    ]
    assert [row["codigoHistorico"] for row in found if row["numeroDocumento"] == 0] == [0, 999, 0, 0, 0, 0, 0]


def test_a_row_in_processing_is_in_no_balance():
    """The closing balance leaves it out."""
    made, token = opened(entry(10, "10.00"), entry(11, "-4.00", detail={"indicadorTipoLancamento": "3"}))

    assert rows_of(ask(made, token, **days("9032026", "13032026")))[-1]["valorLancamento"] == 10


@pytest.mark.parametrize(
    ("reading", "past", "present"),
    [
        ("not_found", 404, 200),
        ("balances", 200, 200),
        ("empty_list", 200, 200),
        ("not_found_today", 404, 404),
    ],
)
def test_a_period_without_movements(reading, past, present):
    """Not found, or found with balances, or with an empty list; with today in it usually found."""
    made, token = opened(entry(2, "10.00"), empty_period=reading)
    quiet, today = (
        ask(made, token, **days(first, "18032026" if first == "18032026" else "13032026"))
        for first in ("9032026", "18032026")
    )

    assert (quiet.status_code, today.status_code) == (past, present)
    if past == 200:
        assert len(rows_of(quiet)) == (2 if reading == "balances" else 0)
    if present == 200:
        assert rows_of(today)[0]["valorLancamento"] == 10


@pytest.mark.parametrize(
    ("form", "person", "company"),
    [
        ("digits", "01234567890", "84G7VSUO000128"),
        ("punctuated", "012.345.678-90", "84.G7V.SUO/0001-28"),
        ("number", 1234567890, "84G7VSUO000128"),
    ],
)
def test_forms_of_a_tax_id(form, person, company):
    """A text with or without punctuation, or a number that has lost its zeros; letters cannot be a number."""
    with_letters = Party(name="X", tax_id="84G7VSUO000128")
    made, token = opened(
        entry(10, "1.00", counterparty=PARTY),
        entry(11, "2.00", counterparty=with_letters),
        entry(12, "3.00"),
        counterparty_tax_id=form,
    )
    found = rows_of(ask(made, token, **days("9032026", "13032026")))

    assert [row[TAX_ID] for row in found] == ["", person, company, "", ""]
    assert found[2]["numeroContaContrapartida"] == "0" * 20


# --- v1


def test_rows_of_v1():
    """Seventeen fields, older names, the tax id a number, a balance after each day."""
    made, token = opened(entry(10, "320.50", counterparty=PARTY), entry(11, "-20.50"))
    found = rows_of(ask(made, token, api=LEGACY, **days("9032026", "13032026")))

    assert [row["textoDescricaoHistorico"] for row in found] == [
        "Saldo Anterior",
        "Pix - Recebido",
        "Saldo do dia",
        "Pix - Enviado",
        "S A L D O",
    ]
    assert {len(row) for row in found} == {17}
    assert [row["numeroCpfCnpjContrapartida"] for row in found] == [0, 1234567890, 0, 0, 0]
    assert [row["valorLancamento"] for row in found] == [0, 320.5, 320.5, 20.5, 300]


def test_today_in_v1(harness, token):
    """The available balance is a row of the stage D, which is no debit."""
    *_, last = rows_of(
        ask(harness, token, api=LEGACY, quantidadeRegistroPaginaSolicitacao=200, **days("18032026", "18032026"))
    )

    assert (last["indicadorTipoLancamento"], last["indicadorSinalLancamento"]) == ("D", "C")


def test_refusals_of_v1():
    """A refusal of the bank is a list of errors, one of its gateway is not; nothing found has no body."""
    denied = PureHarness(
        "banco_do_brasil", NOW, scenario="statement_access_denied", authority=AUTHORITY, number="1234567X"
    )
    token = token_of(denied).json()["access_token"]
    refused = ask(denied, token, api=LEGACY)
    (error,) = refused.json()["erros"]
    assert (refused.status_code, error["codigo"]) == (403, "6646500.1")
    assert set(error) == {"codigo", "versao", "mensagem", "ocorrencia"}
    assert ask(denied, "unknown", api=LEGACY).json()["statusCode"] == 401

    made, token = opened(entry(2, "10.00"))
    quiet = ask(made, token, api=LEGACY, **days("9032026", "13032026"))
    assert (quiet.status_code, quiet.content) == (404, b"")


def test_v1_is_no_operation_of_the_contract(harness, token):
    """A call of v1 is answered and stands in the journal as one that no contract lists."""
    ask(harness, token, api=LEGACY)

    assert harness.world.journal.records[-1].operation is None
