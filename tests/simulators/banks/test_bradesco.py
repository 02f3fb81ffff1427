"""What the simulated Bradesco refuses, and how."""

from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

HOST = "https://openapi.bradesco.com.br"
HOMOLOGATION = "https://proxy.api.prebanco.com.br"
STATEMENT = "/v1/fornecimento-extratos-contas/extratos"
BALANCE = "/v1/fornecimento-saldos-contas/saldos"
TOKEN = "/auth/server-mtls/v2/token"
QUERY = {"agencia": "0001", "conta": "1234567", "tipo": "cc", "dataInicio": "01032026", "dataFim": "18032026"}


def entry(day, amount, kind="PIX", **more):
    moment = datetime(2026, 3, day, 9, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type=kind, **more)


LEDGER = (
    entry(2, "250.50", counterparty=Party("Padaria São João & Irmãos Ltda", "11222333000181")),
    entry(10, "-80.00", "BOLETO", description="Água e esgoto", document="123456789"),
    entry(17, "-0.50", "TARIFA_SERVICOS_AVULSOS", description="東京 tarifa"),
    entry(18, "10.00"),
    entry(19, "-30.00", "BOLETO"),
    entry(19, "-40.00"),
)


def open_pair(**readings):
    return PureHarness("bradesco", NOW, source=Fixed(LEDGER), parameters=Parameters(readings=readings))


@pytest.fixture
def harness():
    return open_pair()


def ask(harness, path, *, token="", method="GET", certificate=True, host=HOST, **more):
    request = httpx.Request(method, host + path, **more)
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return harness.bank.answer(request)


def token_of(harness, path=TOKEN, **form):
    held = harness.simulated.credentials
    data = {
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "grant_type": "client_credentials",
        **form,
    }
    return ask(harness, path, method="POST", data=data)


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


def statement(harness, **query):
    token = token_of(harness).json()["access_token"]
    return ask(harness, STATEMENT, token=token, params={**QUERY, **query})


@pytest.mark.parametrize("path", [TOKEN, STATEMENT, BALANCE])
def test_no_certificate_no_handshake(harness, path):
    """Without a client certificate there is no HTTP at all, not even for a token."""
    with pytest.raises(HandshakeRefused):
        ask(harness, path, certificate=False)


@pytest.mark.parametrize("form", [{"client_secret": "no"}, {"client_id": "no"}])
def test_wrong_client(harness, form):
    """Wrong client id or secret get 401 in the shape of OAuth."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_credentials_in_a_basic_header(harness):
    """Basic is not used: credentials that are not in the form are none."""
    held = harness.simulated.credentials
    basic = httpx.BasicAuth(held["client_id"], held["client_secret"])
    request = next(basic.sync_auth_flow(httpx.Request("POST", HOST + TOKEN, data={"grant_type": "client_credentials"})))
    request.extensions["client_certificate"] = held["certificate"]

    assert harness.bank.answer(request).status_code == 401


def test_another_grant(harness):
    """Another grant gets 400."""
    assert token_of(harness, grant_type="password").status_code == 400


def test_a_scope_does_not_matter(harness):
    """Some clients send a scope, the bank does not mind."""
    assert token_of(harness, scope="extrato").json()["expires_in"] == 3600


def test_the_older_path_of_the_token(harness):
    """Version 1 of the token's path gives tokens too, in homologation as elsewhere; the journal knows no such call."""
    held = harness.simulated.credentials
    data = {name: held[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    answer = ask(
        harness,
        "/auth/server-mtls/v1/token",
        method="POST",
        host=HOMOLOGATION,
        data=data,
    )
    token = answer.json()["access_token"]

    assert ask(harness, STATEMENT, token=token, host=HOMOLOGATION, params=QUERY).status_code == 200
    assert [record.operation for record in harness.world.journal.records] == [None, "statement"]


def test_another_applications_certificate(harness, token):
    """A certificate of another application is refused with a right secret and with a right token."""
    other, held = harness.bank.open_account("87654321"), harness.simulated.credentials
    form = {name: held[name] for name in ("client_id", "client_secret")}
    for request in (
        httpx.Request("POST", HOST + TOKEN, data=form),
        httpx.Request("GET", HOST + STATEMENT, params=QUERY, headers={"authorization": f"Bearer {token}"}),
    ):
        request.extensions["client_certificate"] = other.credentials["certificate"]
        assert harness.bank.answer(request).status_code == 401


def test_a_token_expires(harness, token):
    """After an hour the token is refused."""
    harness.clock.advance(timedelta(seconds=3599))
    assert ask(harness, STATEMENT, token=token, params=QUERY).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    assert ask(harness, STATEMENT, token=token, params=QUERY).status_code == 401
    assert ask(harness, STATEMENT, params=QUERY).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"agencia": ""},
        {"agencia": "123456"},
        {"conta": "1234567-8"},
        {"conta": "12345678901234"},
        {"tipo": "CC"},
        {"tipo": ""},
        {"dataInicio": "2026-03-01"},
        {"dataInicio": "01/03/2026"},
        {"dataInicio": "1032026"},
        {"dataInicio": "31022026"},
        {"dataFim": ""},
    ],
)
def test_wrong_parameters(harness, wrong):
    """A parameter of another form gets 400 with the bank's two fields; days need their zero in front."""
    answer = statement(harness, **wrong)

    assert answer.status_code == 400
    assert answer.json()["descricao"].startswith("PARAMETRO INVALIDO")


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("18032025", "18032026", 200),
        ("17032025", "18032026", 400),
        ("18032026", "17032026", 400),
        ("18032026", "19032026", 200),
    ],
)
def test_a_year_at_most(harness, first, last, status):
    """An interval of more than a year, or one turned round, is refused in the bank's own words."""
    answer = statement(harness, dataInicio=first, dataFim=last)

    assert answer.status_code == status
    if status == 400:
        assert "Intervalo maximo de pesquisa permitido: 1 ano" in answer.json()["descricao"]


@pytest.mark.parametrize("wrong", [{"conta": "12345678"}, {"agencia": "0002"}, {"tipo": "cp"}])
def test_another_account(harness, wrong):
    """The account with its check digit, another branch or savings are refused inside an answer with status 200."""
    answer = statement(harness, **wrong)

    assert answer.status_code == 200
    assert answer.json()["extratoPorPeriodo"]["codigoRetorno"] == "99"
    assert "lstLancamentoMensal" not in answer.json()["extratoPorPeriodo"]


@pytest.mark.parametrize("same", [{"conta": "0001234567"}, {"agencia": "1"}, {"tipoOperacao": "2"}])
def test_the_same_account_in_another_form(harness, same):
    """Zeros in front do not matter, nor does the version of the bank's program."""
    assert statement(harness, **same).json()["extratoPorPeriodo"]["numeroConta"] == "1234567"


def days_of(answer):
    body = answer.json()
    lists = body["extratoUltimosLancamentos"]["listaLancamentos"]
    return [
        [row["dataLancamento"][:2] for row in rows]
        for rows in (body["extratoPorPeriodo"]["lstLancamentoMensal"], *lists.values())
    ]


def test_the_last_days_come_whatever_is_asked(harness):
    """Yesterday and today stand in their block even if an old week was asked for, and never in the history."""
    assert days_of(statement(harness)) == [["28", "02", "10"], ["16"], ["17"], ["18"]]
    assert days_of(statement(harness, dataFim="05032026")) == [["28", "02"], ["16"], ["17"], ["18"]]
    assert days_of(statement(harness, dataInicio="17032026")) == [[], ["16"], ["17"], ["18"]]


def test_the_history_may_overlap():
    """In the other reading the history is complete."""
    assert days_of(statement(open_pair(blocks="overlapping")))[0] == ["28", "02", "10", "17", "18"]


def test_scheduled_rows(harness):
    """What is scheduled for tomorrow stands in a block of its own, without a balance; nobody foresees a Pix."""
    (row,) = statement(harness).json()["extratoLancamentosFuturos"]["listaLancamentos"]["Lancamentos Futuros"]

    assert (row["dataLancamento"], row["valorLancamento"], row["valorSaldoAposLancamento"]) == (
        "19/03/2026",
        30,
        "0,00",
    )


def test_texts_as_a_mainframe_prints_them(harness):
    """Texts are capitals without accents, cut and padded, or null; documents have seven digits."""
    body = statement(harness).json()
    _, first, second = body["extratoPorPeriodo"]["lstLancamentoMensal"]
    lists = body["extratoUltimosLancamentos"]["listaLancamentos"]

    assert first["segundaLinhalLancamento"] == "REM: PADARIA SAO JOAO & I 02/03"
    assert second["segundaLinhalLancamento"] == "AGUA E ESGOTO".ljust(32)
    assert second["numeroDocumento"] == "3456789"
    assert lists["Ultimos Lancamentos"][0]["segundaLinhalLancamento"].strip() == "TARIFA"
    assert lists["Lancamentos Dia"][0]["segundaLinhalLancamento"] is None


def test_a_period_without_rows_has_its_reason_in_the_message(harness):
    """An empty list comes with a successful code and a message that says why."""
    block = statement(harness, dataInicio="03032026", dataFim="09032026").json()["extratoPorPeriodo"]

    assert (block["codigoRetorno"], block["quantidadeLancamentos"], block["lstLancamentoMensal"]) == ("0", "0", [])
    assert "NAO HA LANCAMENTOS" in block["mensagem"]


@pytest.mark.parametrize(
    ("reading", "form"),
    [("no_block", KeyError), ("null_block", type(None)), ("no_list", dict), ("reason_with_code", dict)],
)
def test_an_empty_history_in_its_other_forms(reading, form):
    """The block, or its list, may be missing or null."""
    body = statement(open_pair(empty_period=reading), dataInicio="17032026").json()
    if form is KeyError:
        assert "extratoPorPeriodo" not in body
    else:
        assert isinstance(body["extratoPorPeriodo"], form)


def test_nothing_at_all_may_be_refused():
    """In one client's reading a period without any row, today included, is no statement but a code."""
    made = open_pair(empty_period="not_processable")
    refused = statement(made, dataInicio="03032026", dataFim="09032026")

    assert (refused.status_code, refused.json()["codigoErro"]) == (422, "CTAS0014")
    assert statement(made, dataInicio="17032026").status_code == 200


def test_an_empty_history_in_the_array_form():
    """In the array form a missing block is null all the same."""
    body = statement(open_pair(empty_period="null_block", block_form="array"), dataInicio="17032026").json()

    assert body["extratoPorPeriodo"] is None
    assert isinstance(body["extratoUltimosLancamentos"], list)


def test_the_balance(harness, token):
    """The balance, which the gateway does not ask for, is answered and counted as a call outside the contract."""
    answer = ask(harness, BALANCE, token=token, params={"agencia": "0001", "conta": "1234567"}).json()

    rows = answer["lstLancamentosSaldos"]
    assert [row["codigoProduto"] for row in rows] == [999, 995]
    assert {(row["identificadorSaldo"], row["valorLancamento"], row["sinalSaldo"]) for row in rows} == {
        ("0", "180,00", "+")
    }
    assert (answer["quantidadeLancamentos"], answer["statusContaCorrente"]) == ("2", "0")
    assert harness.world.journal.records[-1].operation is None


def test_a_write_is_answered_and_recorded(harness, token):
    """A payment is answered like the bank and stands in the journal as a write."""
    assert ask(harness, "/v1/spi/solicitar-transferencia", token=token, method="POST", json={}).status_code == 200
    assert harness.world.journal.records[-1].write


@pytest.mark.parametrize("path", ["/conta-corrente/v1/extrato", "/v1/fornecimento-extratos-contas/extratos/saldos"])
def test_invented_addresses(harness, path):
    """Addresses that circulate and do not exist are not found."""
    assert ask(harness, path).status_code == 404
