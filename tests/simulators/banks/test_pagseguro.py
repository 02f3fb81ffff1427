"""What the simulated PagSeguro refuses, and how."""

import base64
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

HOST = "https://edi.api.pagbank.com.br"
DAY = date(2026, 3, 10)
REACH = Party(name="Loja", tax_id="11222333000181", compe="001", branch="0033", account="45678")
ENTRIES = [
    LedgerEntry(booked_at=datetime(2026, 2, 1, 9, tzinfo=BRASILIA), amount=Decimal("1000.00"), type="PIX"),
    *(
        LedgerEntry(
            booked_at=datetime(2026, 3, 10, 8, n, tzinfo=BRASILIA),
            amount=Decimal(amount),
            type=kind,
            counterparty=REACH if kind == "TED" else None,
        )
        for n, (kind, amount) in enumerate(
            (
                ("CARTAO", "97.50"),
                ("CARTAO", "100.00"),
                ("CARTAO", "100.00"),
                ("BOLETO", "48.52"),
                ("TED", "-200.00"),
                ("CARTAO", "-10.00"),
            )
        )
    ),
]


@pytest.fixture
def harness():
    return PureHarness("pagseguro", NOW, source=Fixed(ENTRIES))


def ask(harness, path, *, user="", token="", scheme="Basic", method="GET", **query):
    held = harness.simulated.credentials
    secret = base64.b64encode(f"{user or held['user']}:{token or held['token']}".encode()).decode()
    headers = {"authorization": f"{scheme} {secret}"}
    return harness.bank.answer(httpx.Request(method, HOST + path, headers=headers, params=query or None))


def rows(harness, path="/movement/v3.00/financial/2026-03-10", **query):
    return ask(harness, path, **query).json()["detalhes"]


@pytest.mark.parametrize("names", [("user", "token"), ("USER", "TOKEN")])
def test_credentials_in_headers_of_their_own(harness, names):
    """The journal tells clients that send them so what is wrong."""
    held = harness.simulated.credentials
    headers = dict(zip(names, (held["user"], held["token"]), strict=True))

    answer = harness.bank.answer(httpx.Request("GET", f"{HOST}/movement/v3.00/financial/2026-03-10", headers=headers))

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert "HTTP Basic" in answer.extensions["why"]
    assert held["token"] not in answer.extensions["why"]


@pytest.mark.parametrize("wrong", [{"user": "1"}, {"token": "no"}, {"scheme": "Bearer"}])
@pytest.mark.parametrize("movement", ["financial", "balances", "transactional"])
def test_wrong_credentials(harness, movement, wrong):
    """A wrong establishment, token or scheme gets 401 on every movement."""
    answer = ask(harness, f"/movement/v3.00/{movement}/2026-03-10", **wrong)

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("header", [{}, {"authorization": "Basic"}, {"authorization": "Basic %%%"}])
def test_no_readable_credentials(harness, header):
    """A header that is absent or cannot be read is a refusal, not an error."""
    request = httpx.Request("GET", f"{HOST}/movement/v3.00/financial/2026-03-10", headers=header)

    assert harness.bank.answer(request).status_code == 401


def test_there_is_no_bearer_token(harness):
    """Whatever its state, an access token is not how this bank knows a caller."""
    assert harness.bank.token_refused(None).status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/movement/v3.00/financial/2026-02-30", {}, "data"),
        ("/movement/v3.00/balances/10-03-2026", {}, "data"),
        ("/movement/v3.00/financial/2026-3-10x", {}, "data"),
        ("/movement/v3.00/financial/2026-3-10", {}, "data"),
        ("/movement/v3.00/financial/20260310", {}, "data"),
        ("/movement/v3.00/financial/2026-03-10", {"pageSize": "1001"}, "pageSize"),
        ("/movement/v3.00/financial/2026-03-10", {"pageSize": "0"}, "pageSize"),
        ("/movement/v3.00/financial/2026-03-10", {"pageNumber": "-1"}, "pageNumber"),
        ("/movement/v3.00/sales/2026-03-10", {}, "tipoMovimento"),
        ("/movement/v2.01/transactional/2026-03-10", {}, "ediVersion"),
        ("/edi/v1/2.01/movimentos", {"dataMovimento": "2026-03-10", "tipoMovimento": "4"}, "tipoMovimento"),
        ("/edi/v1/2.01/movimentos", {"tipoMovimento": "2"}, "dataMovimento"),
    ],
)
def test_wrong_parameters(harness, path, query, name):
    """A parameter that is wrong is named in the list of errors."""
    answer = ask(harness, path, **query)

    assert answer.status_code == 400
    assert answer.json()["error_messages"][0]["parameter_name"] == name


@pytest.mark.parametrize("movement", ["financial", "balances"])
@pytest.mark.parametrize("day", ["2026-01-31", "2026-03-19"])
def test_days_without_extract(harness, movement, day):
    """Before the account was opened and after today there is nothing, not even a balance."""
    assert ask(harness, f"/movement/v3.00/{movement}/{day}").status_code == 404


def test_a_day_without_movement_has_balances(harness):
    """The entries of a quiet day are an empty list of no pages; its balances are there."""
    quiet, balances = (ask(harness, f"/movement/v3.00/{movement}/2026-03-11") for movement in ("financial", "balances"))

    assert (quiet.status_code, quiet.headers["validado"]) == (200, "TRUE")
    assert (quiet.json()["detalhes"], quiet.json()["pagination"]["totalPages"]) == ([], 0)
    assert [row["valor_saldo"] for row in balances.json()["saldos"]] == [1136.02, 1136.02]
    assert balances.headers["validado"] == "TRUE"


def test_balances_are_numbers_where_entries_have_texts(harness):
    """Establishment and event are numbers in the balances, texts in the entries."""
    balance = ask(harness, "/movement/v3.00/balances/2026-03-10").json()["saldos"][0]
    entry = rows(harness)[0]

    assert (type(balance["estabelecimento"]), type(balance["tipo_evento"])) == (int, int)
    assert (type(entry["estabelecimento"]), type(entry["tipo_evento"])) == (str, str)


def test_there_is_no_sign_and_amounts_differ(harness):
    """No amount is negative, and only one of gross, net, instalment and anticipated amount moved the account."""
    debit, first, second, boleto, withdrawal, chargeback = rows(harness)

    assert debit["valor_total_transacao"] > debit["valor_liquido_transacao"] == debit["valor_parcela"] == 97.5
    assert (first["valor_parcela"], first["valor_liquido_transacao"]) == (100.0, 200.0)
    assert second["valor_liquido_antecipacao"] == 100.0 < second["valor_parcela"]
    assert boleto["valor_total_transacao"] == 50
    assert (withdrawal["tipo_evento"], withdrawal["valor_parcela"]) == ("4", 200.0)
    assert (chargeback["tipo_evento"], chargeback["valor_parcela"]) == ("5", 10.0)


def test_instalments_share_their_transaction(harness):
    """Two instalments have one transaction code, ids of their own, and numbers of which one is padded."""
    _, first, second, *_ = rows(harness)

    assert first["codigo_transacao"] == second["codigo_transacao"]
    assert first["movimento_api_codigo"] != second["movimento_api_codigo"]
    assert (first["parcela"], second["parcela"]) == ("1", "02")


def test_empty_fields_are_filled(harness):
    """An empty text is blanks or zeros; a withdrawal carries its destination with leading zeros."""
    *_, boleto, withdrawal, _ = rows(harness)

    assert (boleto["cartao_bin"], boleto["cod_banco"]) == (" " * 6, "000000")
    assert (withdrawal["cod_banco"], withdrawal["conta_banco"]) == ("000001", "0000000000045678")


def test_page_zero_is_page_one(harness):
    """A walk from page 0 is answered, and meets the first page twice."""
    zero, one, last, past = (rows(harness, pageNumber=n, pageSize=4) for n in (0, 1, 2, 3))

    assert zero == one
    assert (len(one), len(last), past) == (4, 2, [])


def test_a_day_is_validated_in_the_morning_after(harness):
    """`VALIDADO` turns TRUE at nine of the next day."""
    marks = []
    morning = (NOW + timedelta(days=1)).replace(hour=9)
    for moment in (NOW, NOW.replace(hour=23), morning - timedelta(hours=1), morning):
        harness.clock.put(moment)
        marks.append(ask(harness, f"/movement/v3.00/balances/{NOW.date()}").headers["validado"])

    assert marks == ["FALSE", "FALSE", "FALSE", "TRUE"]


def test_sales_are_listed_twice(harness):
    """`transactional` lists the sales again, under other ids."""
    sales = rows(harness, "/movement/v3.00/transactional/2026-03-10")

    assert [sale["status_pagamento"] for sale in sales] == ["1"] * 4
    assert {sale["codigo_transacao"] for sale in sales} < {row["codigo_transacao"] for row in rows(harness)}
    assert not {sale["movimento_api_codigo"] for sale in sales} & {row["movimento_api_codigo"] for row in rows(harness)}


def test_cashouts_tell_where_receivables_went(harness):
    """One row for each card or Pix sale that was settled, under its receivable; nothing of boletos and withdrawals."""
    settled = [row for row in rows(harness) if row["tipo_evento"] == "1" and "arranjo_ur" in row]

    cashouts = rows(harness, "/movement/v3.00/cashouts/2026-03-10")

    assert [each["codigo_ur"] for each in cashouts] == [row["codigo_ur"] for row in settled]
    assert [each["valor_cashout"] for each in cashouts] == [97.5, 100.0, 100.0]
    assert cashouts[0] == {
        "tipo_registro": "4",
        "estabelecimento": harness.simulated.credentials["user"],
        "data_cashout": "2026-03-10",
        "codigo_ur": settled[0]["codigo_ur"],
        "codigo_cashout": cashouts[0]["codigo_cashout"],
        "arranjo_pagamento": "DEBIT_VISA",
        "valor_cashout": 97.5,
        "tipo_cashout": "Saldo Carteira",
    }
    assert ask(harness, "/movement/v3.00/cashouts/2026-03-11").json()["detalhes"] == []


def test_a_sale_has_both_fees_and_a_capture_mode(harness):
    """Strict readers of 2.01 take neither null there, for a boleto least of all; other events have none."""
    query = {"dataMovimento": "2026-03-10", "tipoMovimento": "2"}
    _, _, _, boleto, withdrawal, _ = rows(harness, "/edi/v1/2.01/movimentos", **query)

    assert (boleto["taxa_intermediacao"], boleto["tarifa_intermediacao"], boleto["meio_captura"]) == (0.0, 1.48, "3")
    assert (withdrawal["tarifa_intermediacao"], withdrawal["meio_captura"]) == (None, None)


@pytest.mark.parametrize("movement", ["financial", "transactional", "cashouts"])
def test_what_is_null_is_left_out(harness, movement):
    """In v3.00 a field without a value is not sent: strict readers of its samples take no null."""
    listed = rows(harness, f"/movement/v3.00/{movement}/2026-03-10")

    assert listed
    assert not [name for row in listed for name, value in row.items() if value is None]


def test_how_a_sale_reached_the_account(harness):
    """One at once, one on its day by instalments, one before its day; a sale that is not settled says nothing of it."""
    told = ("pagamento_prazo", "plano", "status_pagamento", "data_prevista_pagamento")
    settled, sold = rows(harness), rows(harness, "/movement/v3.00/transactional/2026-03-10")

    assert [tuple(row[name] for name in told) for row in settled[:3]] == [
        ("U", "0 ", "3", "2026-03-10"),
        ("M", "2", "3", "2026-03-10"),
        ("A", "2", "4", "2026-04-09"),
    ]
    assert [sale["data_prevista_pagamento"] for sale in sold] == ["2026-03-10"] * 2 + ["2026-04-09", "2026-03-10"]
    assert not {"data_movimentacao", "taxa_antecipacao", "valor_liquido_antecipacao"} & sold[0].keys()


@pytest.mark.parametrize("version", ["1.00", "1.05", "2.00", "2.01"])
def test_the_older_form(harness, version):
    """The older form gives entries and balances in one answer, and names the number of instalments otherwise."""
    query = {"dataMovimento": "2026-03-10", "tipoMovimento": "2", "pageNumber": "1", "pageSize": "100"}
    body = ask(harness, f"/edi/v1/{version}/movimentos", **query).json()

    assert [row["valor_saldo"] for row in body["saldos"]] == [1000.0, 1136.02]
    assert body["pagination"] == {"elements": 100, "totalPages": 1, "page": 1, "totalElements": 6}
    assert body["detalhes"][1]["quantidade_parcela"] == "2"
    assert not {"tid", "quantidade_parcelas"} & body["detalhes"][1].keys()


@pytest.mark.parametrize(("movement", "some"), [("1", True), ("3", False)])
def test_the_older_form_of_sales_and_anticipations(harness, movement, some):
    """Sales have no balances beside them; of anticipations there are none."""
    query = {"dataMovimento": "2026-03-10", "tipoMovimento": movement}
    answer = ask(harness, "/edi/v1/2.01/movimentos", **query)

    assert bool(answer.json()["detalhes"]) is some
    assert "saldos" not in answer.json()


def test_a_quiet_day_in_the_other_reading():
    """Where a quiet day is not found, its entries are a 404 without `VALIDADO`."""
    harness = PureHarness(
        "pagseguro", NOW, source=Fixed(ENTRIES), parameters=Parameters(readings={"quiet_day": "not_found"})
    )
    quiet = ask(harness, "/movement/v3.00/financial/2026-03-11")

    assert (quiet.status_code, "validado" in quiet.headers) == (404, False)


def test_an_older_version_that_never_was(harness):
    """A version that does not exist is an unknown address."""
    query = {"dataMovimento": "2026-03-10", "tipoMovimento": "2"}

    assert ask(harness, "/edi/v1/9.99/movimentos", **query).status_code == 404


def test_the_check_of_a_token(harness):
    """The answer says whether establishment and token in the path are good."""
    held = harness.simulated.credentials
    good = ask(harness, f"/edi/v1/users/{held['user']}/token/{held['token']}")
    bad = ask(harness, f"/edi/v1/users/{held['user']}/token/no")

    assert (good.status_code, good.json()["code"]) == (200, 200)
    assert (bad.status_code, bad.json()["code"]) == (401, 401)


def test_the_check_of_a_refused_token():
    """Credentials that the bank refuses do not pass the check either."""
    harness = PureHarness("pagseguro", NOW, scenario="invalid_credentials")
    held = harness.simulated.credentials

    assert ask(harness, f"/edi/v1/users/{held['user']}/token/{held['token']}").json()["code"] == 401


def test_other_reads_are_not_in_the_contract(harness):
    """The older form is a read, but none that the gateway may make: the journal knows it as unlisted."""
    ask(harness, "/edi/v1/2.01/movimentos", dataMovimento="2026-03-10", tipoMovimento="2")
    ask(harness, "/movement/v3.00/financial/2026-03-10")
    older, current = harness.world.journal.of("pagseguro", harness.simulated.number)

    assert (older.operation, older.write) == (None, False)
    assert current.operation == "statement"


def test_the_old_host_is_dead(harness):
    """The host that the bank left answers nothing."""
    request = httpx.Request("GET", "https://edi.api.pagseguro.com.br/edi/v1/2.01/movimentos")

    assert harness.bank.answer(request).status_code == 404


@pytest.mark.parametrize("path", ["/orders", "/charges"])
def test_writes_are_recorded(harness, path):
    """An order or a charge is answered, and written down as a failure of the caller."""
    assert ask(harness, path, method="POST").status_code == 201
    assert harness.world.journal.records[-1].write


@pytest.mark.parametrize("form", ["saldos", "detalhes", "list"])
def test_forms_of_balances(form):
    """The body of `balances` is played in each form that has been guessed."""
    harness = PureHarness(
        "pagseguro", NOW, source=Fixed(ENTRIES), parameters=Parameters(readings={"balances_body": form})
    )
    body = ask(harness, "/movement/v3.00/balances/2026-03-10").json()

    assert [row["tipo_evento"] for row in (body if form == "list" else body[form])] == [7, 8]
