"""What the simulated Sicoob refuses, and how; and what its statement looks like to a client of its own."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from gateway.model import Period
from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

API = "https://api.sicoob.com.br/conta-corrente/v4"
TOKEN = "https://auth.sicoob.com.br/auth/realms/cooperado/protocol/openid-connect/token"


@pytest.fixture
def harness():
    return PureHarness("sicoob", NOW)


def pair_of(*movements, **readings):
    """A harness whose ledger has these movements of March 2026: (day, type, amount) and more."""
    entries = [
        LedgerEntry(
            booked_at=datetime(2026, 3, day, 9, 30, 15, tzinfo=BRASILIA), amount=Decimal(amount), type=kind, **more
        )
        for day, kind, amount, more in movements
    ]
    return PureHarness("sicoob", NOW, source=Fixed(entries), parameters=Parameters(readings=readings))


def ask(harness, url, *, token="", method="GET", certificate=True, client_id=True, **more):
    request = httpx.Request(method, url, **more)
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    if client_id:
        request.headers["client_id"] = harness.simulated.credentials["client_id"]
    return harness.bank.answer(request)


def token_of(harness, **form):
    data = {
        "client_id": harness.simulated.credentials["client_id"],
        "grant_type": "client_credentials",
        "scope": "cco_consulta",
        **form,
    }
    return ask(harness, TOKEN, method="POST", data=data)


def month(harness, path="3/2026", *, scope="cco_consulta", client_id=True, **query):
    """The answer to a question about a month; query values of None are left out."""
    query = {"numeroContaCorrente": harness.simulated.number, "agruparCNAB": "false", **query}
    token = token_of(harness, scope=scope).json()["access_token"]
    params = {name: value for name, value in query.items() if value is not None}
    return ask(harness, f"{API}/extrato/{path}", token=token, params=params, client_id=client_id)


def rows(answer):
    return answer.json()["resultado"]["transacoes"]


@pytest.mark.parametrize("url", [TOKEN, f"{API}/saldo"])
def test_no_certificate_no_handshake(harness, url):
    """Without a client certificate neither host speaks HTTP."""
    with pytest.raises(HandshakeRefused):
        ask(harness, url, certificate=False)


@pytest.mark.parametrize("form", [{"client_id": "no"}, {"client_id": ""}])
def test_unknown_clients(harness, form):
    """An unknown client id gets the token server's 401."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_another_applications_certificate(harness):
    """Client id and token are good only with the application's own certificate, on both hosts."""
    other = {"client_certificate": harness.bank.open_account("87654321").credentials["certificate"]}
    token = token_of(harness).json()["access_token"]
    form = {"client_id": harness.simulated.credentials["client_id"], "grant_type": "client_credentials"}

    at_api = ask(harness, f"{API}/saldo", token=token, certificate=False, extensions=other)
    at_token = ask(harness, TOKEN, method="POST", certificate=False, extensions=other, data=form)

    assert (at_api.status_code, at_api.json()) == (401, {"message": "Unauthorized"})
    assert (at_token.status_code, at_token.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "cco_extrato cco_saldo"}, "invalid_scope"),
        ({"scope": "cco_consulta cco_extrato"}, "invalid_scope"),
    ],
)
def test_wrong_token_requests(harness, form, error):
    """Another grant, or one scope that is not assigned, fails the whole request."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_application_that_may_move_money_too(harness):
    """The scopes that the bank's own SDK shows are all good; nothing but the statement is to be had with them."""
    answer = token_of(harness, scope="cco_transferencias cco_consulta openid").json()

    assert answer["scope"] == "cco_transferencias cco_consulta openid"
    assert harness.read(Period(date(2026, 3, 2), date(2026, 3, 6))).proof.verdict == "proved"


def test_an_application_for_reading_alone():
    """Where the scope for transfers is not assigned it fails the request, as any other does."""
    harness = PureHarness("sicoob", NOW, parameters=Parameters(readings={"transfer_scope": "not_assigned"}))

    answer = token_of(harness, scope="cco_transferencias cco_consulta openid")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert harness.read(Period(date(2026, 3, 2), date(2026, 3, 6))).proof.verdict == "proved"


def test_openid_brings_an_id_token(harness):
    """With openid among the scopes there is an id_token, and never a refresh token."""
    answer = token_of(harness, scope="cco_consulta openid").json()

    assert answer["id_token"]
    assert (answer["expires_in"], answer["refresh_expires_in"]) == (300, 0)
    assert "refresh_token" not in answer
    assert "id_token" not in token_of(harness).json()


def test_without_a_scope_all_are_given(harness):
    """A request that names no scope gets those of the application."""
    assert token_of(harness, scope="").json()["scope"] == "cco_consulta cco_transferencias"


def test_scopes_let_do_what_they_say():
    """In the older family one scope reads the statement and another the balance."""
    harness = pair_of((2, "PIX", "5", {}), scopes="cco_extrato cco_saldo")

    def statuses(scope):
        token = token_of(harness, scope=scope).json()["access_token"]
        query = {"numeroContaCorrente": harness.simulated.number}
        return [
            ask(harness, f"{API}/{path}", token=token, params=query).status_code for path in ("extrato/3/2026", "saldo")
        ]

    assert harness.simulated.credentials["scope"] == "cco_extrato cco_saldo"
    assert statuses("cco_extrato cco_saldo") == [200, 200]
    assert statuses("cco_extrato") == [200, 403]
    assert statuses("cco_saldo") == [403, 200]
    assert statuses("openid") == [403, 403]


def test_a_token_expires(harness):
    """After five minutes a token is refused."""
    token = token_of(harness).json()["access_token"]
    query = {"numeroContaCorrente": harness.simulated.number}

    harness.clock.advance(timedelta(seconds=299))
    assert ask(harness, f"{API}/saldo", token=token, params=query).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    assert ask(harness, f"{API}/saldo", token=token, params=query).status_code == 401


@pytest.mark.parametrize(("reading", "status"), [("optional", 200), ("required", 401)])
def test_the_client_id_header(reading, status):
    """The header may be left out or not, by reading; a wrong one is refused."""
    harness = pair_of(client_id_header=reading)

    assert month(harness).status_code == 200
    assert month(harness, client_id=False).status_code == status
    token = token_of(harness).json()["access_token"]
    wrong = ask(harness, f"{API}/saldo", token=token, client_id=False, headers={"client_id": "no"})
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("number", "status"),
    [("12345678", 200), ("0012345678", 200), ("1234567-8", 404), ("1234567", 400), ("87654321", 400), (None, 400)],
)
def test_account_numbers(harness, number, status):
    """Punctuation leads nowhere; without its check digit, or left out, the number is called mandatory."""
    answer = month(harness, numeroContaCorrente=number)

    assert answer.status_code == status
    if status == 400:
        assert "obrigatório" in answer.json()["mensagens"][0]["mensagem"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("3/2026", {}, 200),
        ("03/2026", {"diaInicial": "01", "diaFinal": "31"}, 200),
        ("12/2025", {}, 200),
        ("4/2026", {}, 200),
        ("2026/3", {}, 400),
        ("13/2026", {}, 400),
        ("3/0", {}, 400),
        ("marco/2026", {}, 404),
        ("3/20260", {}, 404),
        ("11/2025", {}, 400),
        ("5/2026", {}, 400),
        ("2/2026", {"diaFinal": "29"}, 400),
        ("3/2026", {"diaInicial": "0"}, 400),
        ("3/2026", {"diaInicial": "10", "diaFinal": "9"}, 400),
        ("3/2026", {"diaInicial": "-1"}, 404),
        ("3/2026", {"diaFinal": "2026-03-10"}, 404),
        ("3/2026", {"agruparCNAB": "sim"}, 404),
    ],
)
def test_months_and_days(harness, path, query, status):
    """The month stands before the year; what is no number leads nowhere, what is no day or too far is refused."""
    answer = month(harness, path, **query)

    assert answer.status_code == status
    if status == 400:
        assert answer.json() == {"mensagens": [{"mensagem": "Período não disponível para consulta.", "codigo": "1002"}]}


def test_history_by_days():
    """In the other reading the first day may lie ninety days back, whatever its month."""
    harness = pair_of(history="days")

    assert month(harness, "12/2025", diaInicial="18").status_code == 200
    assert month(harness, "12/2025", diaInicial="17").status_code == 400


def test_refusals_at_the_root():
    """As documented, a refusal may stand at the root."""
    assert month(pair_of(error_body="root"), "1/2020").json() == {
        "mensagem": "Período não disponível para consulta.",
        "codigo": "1002",
    }


def test_refusals_in_a_list_of_errors():
    """As one client reads them, refusals are errors with a title and a detail."""
    body = month(pair_of(error_body="errors"), "1/2020").json()

    assert body["errors"] == [
        {"code": "1002", "title": "Requisição inválida", "detail": "Período não disponível para consulta."}
    ]
    assert set(body["meta"]) == {"requestDateTime"}


def test_the_form_of_rows():
    """Texts without sign, keys left out without a value, instants of other days, marks around a tax id."""
    company = Party(name="Padaria Modelo Ltda", tax_id="11222333000181")
    person = Party(name="Ana Modelo", tax_id="12345678909")
    harness = pair_of(
        (3, "PIX", "1234.5", {"counterparty": company}),
        (3, "PIX", "-2", {"counterparty": person, "description": "Almoço"}),
        (3, "PIX", "-2", {"serial": 97, "counterparty": company, "bank_id": "AA-BB"}),
        (4, "CARTAO", "7", {"document": "BANDEIRA X"}),
        (4, "TARIFA_SERVICOS_AVULSOS", "-1", {}),
        (5, "BOLETO", "9", {"detail": {"cpfCnpj": "1"}}),
    )
    pix, lunch, named, card, fee, boleto = rows(month(harness))

    assert pix == {
        "transactionId": "01D7B8-D0FB61",
        "tipo": "CREDITO",
        "valor": "1234.50",
        "data": "2026-03-03T09:30",
        "dataLote": "2026-03-03",
        "descricao": "PIX RECEBIDO - OUTRA IF",
        "numeroDocumento": "Pix",
        "descInfComplementar": "Recebimento Pix|@Padaria Modelo Ltda|@11.222.333 0001-81|@",
    }
    assert (lunch["tipo"], lunch["valor"], lunch["descInfComplementar"]) == (
        "DEBITO",
        "2.00",
        "Almoço|@***.456.789-**|@",
    )
    assert (named["transactionId"], named["cpfCnpj"]) == ("AA-BB", "11222333000181")
    assert named["descInfComplementar"].startswith("Pagamento Pix")
    assert (card["data"], card["numeroDocumento"]) == ("2026-02-19T00:00", "BANDEIRA X")
    assert "descInfComplementar" not in card
    assert (fee["data"], fee["dataLote"], fee["descInfComplementar"]) == ("2026-03-05T08:00", "2026-03-04", "")
    assert boleto["cpfCnpj"] == "1"


def test_ids_are_unlike(harness):
    """Every row of a long month has an id of its own."""
    ids = [row["transactionId"] for row in rows(month(harness))]

    assert len(set(ids)) == len(ids) > 200


def test_settled_boletos_in_batches():
    """By default, the boletos of a day are one row, where the first of them stands."""
    movements = [(3, "PIX", "1", {}), (3, "BOLETO", "10", {}), (3, "PIX", "2", {}), (3, "BOLETO", "20.5", {})]
    harness = pair_of(*movements, (4, "BOLETO", "5", {}))
    grouped = ["1.00", "30.50", "2.00", "5.00"]

    assert [row["valor"] for row in rows(month(harness, agruparCNAB="true"))] == grouped
    assert [row["valor"] for row in rows(month(harness, agruparCNAB="True"))] == grouped
    assert [row["valor"] for row in rows(month(harness, agruparCNAB=None))] == grouped
    single = pair_of(*movements, grouping_default="false")
    assert len(rows(month(single, agruparCNAB=None))) == 4


def test_scheduled_rows_come_unmarked():
    """Days after today show what is scheduled and nothing else; the present balance leaves it out."""
    harness = pair_of(
        (16, "PIX", "10", {}), (20, "CONVENIO_ARRECADACAO", "-3", {}), (20, "PIX", "4", {}), (31, "CARTAO", "5", {})
    )
    whole = month(harness)

    assert [row["dataLote"] for row in rows(whole)] == ["2026-03-16", "2026-03-20", "2026-03-31"]
    assert whole.json()["resultado"]["saldoAtual"] == "10.00"
    assert [row["dataLote"] for row in rows(month(harness, diaFinal="18"))] == ["2026-03-16"]
    assert [row["dataLote"] for row in rows(month(harness, diaInicial="21"))] == ["2026-03-31"]
    assert rows(month(harness, "4/2026")) == []


@pytest.mark.parametrize(("reading", "before"), [("month", "1.00"), ("first_day", "3.00")])
def test_the_balance_before(reading, before):
    """The balance before belongs to the month, or to the first day asked for."""
    harness = PureHarness(
        "sicoob",
        NOW,
        source=Fixed(
            [
                LedgerEntry(booked_at=datetime(2026, m, 9, tzinfo=BRASILIA), amount=Decimal(a), type="PIX")
                for m, a in ((2, 1), (3, 2))
            ]
        ),
        parameters=Parameters(readings={"saldo_anterior": reading}),
    )

    assert month(harness, diaInicial="10").json()["resultado"]["saldoAnterior"] == before
    assert month(harness).json()["resultado"]["saldoAnterior"] == "1.00"


@pytest.mark.parametrize(("reading", "balance"), [("without_limit", "5.00"), ("with_limit", "2005.00")])
def test_the_balance(reading, balance):
    """The present balance is a text, with or without the overdraft limit."""
    harness = pair_of((3, "PIX", "5", {}), saldo_atual=reading)
    token = token_of(harness).json()["access_token"]
    answer = ask(harness, f"{API}/saldo", token=token, params={"numeroContaCorrente": harness.simulated.number})

    assert answer.json() == {
        "mensagens": [],
        "resultado": {"saldo": balance, "saldoBloqueado": "0.00", "saldoLimite": "2000.00"},
    }
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert harness.world.journal.records[-1].operation is None


@pytest.mark.parametrize("path", ["conta-corrente/v4/transferencias", "cobranca-bancaria/v3/boletos", "pix/api/v2/cob"])
def test_a_write_is_answered_and_recorded(harness, path):
    """A transfer, a boleto or a Pix charge is answered like the bank and stands in the journal as a write."""
    assert ask(harness, f"https://api.sicoob.com.br/{path}", method="POST", json={}).is_success
    assert harness.world.journal.records[-1].write


def test_unknown_paths(harness):
    """What the bank does not have is not found."""
    assert ask(harness, f"{API}/extrato/3").status_code == 404


def test_a_naive_client_breaks_where_the_bank_is_odd():
    """Root, sign, document as a key and `data` as the day each mislead a client that knows nothing of them."""
    harness = pair_of((3, "PIX", "10", {}), (3, "PIX", "-4", {}), (3, "CARTAO", "5", {}))
    answer = month(harness)
    found = rows(answer)

    assert "transacoes" not in answer.json()
    assert sum(Decimal(row["valor"]) for row in found) != 11
    assert len({row["numeroDocumento"] for row in found}) < len(found)
    assert any(row["data"][:7] != "2026-03" for row in found)


@pytest.mark.parametrize(
    ("version", "head"),
    [
        ("v2", {"saldo"}),
        ("v3", {"saldoAtual", "saldoBloqueado", "saldoLimite", "saldoAnterior"}),
    ],
)
def test_older_versions_of_the_statement(version, head):
    """Fewer balances above the rows, rows without an id and at midnight; an older application has older scopes."""
    harness = pair_of((10, "PIX", "12.50", {}), scopes="cco_extrato cco_saldo")
    token = token_of(harness, scope="cco_extrato").json()["access_token"]
    url = f"{API.replace('v4', version)}/extrato/3/2026"
    answer = ask(harness, url, token=token, params={"numeroContaCorrente": harness.simulated.number})
    (row,) = rows(answer)

    assert set(answer.json()["resultado"]) == {*head, "transacoes"}
    assert "transactionId" not in row
    assert row["data"] == "2026-03-10T00:00:00"
    assert harness.world.journal.records[-1].operation is None


def test_the_older_balance(harness):
    """The balance of v2 is that of v4, for clients that name the header otherwise too."""
    token = token_of(harness).json()["access_token"]
    headers = {"x-sicoob-clientid": harness.simulated.credentials["client_id"]}
    params = {"numeroContaCorrente": harness.simulated.number}
    older, present = (
        ask(
            harness, f"{API.replace('v4', version)}/saldo", token=token, params=params, headers=headers, client_id=False
        )
        for version in ("v2", "v4")
    )

    assert older.json() == present.json()
    headers = {"x-sicoob-clientid": "another"}
    assert ask(harness, f"{API}/saldo", token=token, params=params, headers=headers, client_id=False).status_code == 401


def test_the_balance_wants_the_accounts_documented_name(harness):
    """A client library names the account `numeroConta`; the bank knows no such parameter."""
    token = token_of(harness).json()["access_token"]
    answer = ask(harness, f"{API}/saldo", token=token, params={"numeroConta": harness.simulated.number})

    assert answer.status_code == 400
    assert "obrigatório" in answer.json()["mensagens"][0]["mensagem"]


def test_the_cooperative_has_four_digits(harness):
    """An account belongs to a cooperative."""
    assert len(harness.simulated.branch) == 4
