"""What the simulated Sicredi refuses, and how."""

from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
HOST = "https://mtls-api-parceiro.sicredi.com.br"
STATEMENT = "/contacorrente/v1/extratos"
WEEK = {"dataInicio": "2026-03-09", "dataFim": "2026-03-13"}
SCOPE = "contacorrente.extratos.consultar"


def entry(when, amount, kind="PIX", **fields):
    moment = datetime.fromisoformat(when).replace(tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type=kind, **fields)


def opened(*entries, **parameters):
    return PureHarness("sicredi", NOW, source=Fixed(entries), parameters=Parameters(**parameters))


@pytest.fixture
def harness():
    return PureHarness("sicredi", NOW)


def ask(harness, path=STATEMENT, *, token="", method="GET", certificate=True, **more):
    request = httpx.Request(method, HOST + path, **more)
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return harness.bank.answer(request)


def token_of(harness, **form):
    held = harness.simulated.credentials
    data = {
        "grant_type": "client_credentials",
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "scope": SCOPE,
        **form,
    }
    return ask(harness, "/thirdparty/auth/token", method="POST", data=data)


def statement(harness, **query):
    """The statement of a week as a client with a fresh token gets it."""
    token = token_of(harness).json()["access_token"]
    return ask(harness, token=token, params={**WEEK, **query}).json()


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


@pytest.mark.parametrize("path", ["/thirdparty/auth/token", STATEMENT])
def test_no_certificate_no_handshake(harness, path):
    """Token and statement both want the certificate before there is any HTTP."""
    with pytest.raises(HandshakeRefused):
        ask(harness, path, certificate=False)


def test_a_token_lasts_an_hour(harness, token):
    """A token is good for 3600 seconds and is then refused."""
    assert token_of(harness).json()["expires_in"] == 3600
    harness.clock.advance(timedelta(seconds=3599))
    assert ask(harness, token=token, params=WEEK).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    assert ask(harness, token=token, params=WEEK).status_code == 401


@pytest.mark.parametrize("form", [{"client_secret": "no"}, {"client_id": "no"}, {"client_id": "", "client_secret": ""}])
def test_wrong_client(harness, form):
    """A wrong client is refused in the words of OAuth."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_secret_in_a_header_is_not_looked_at(harness):
    """Credentials go in the form; a Basic header alone, as at the bank's Pix API, is refused."""
    held = harness.simulated.credentials
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    basic = httpx.BasicAuth(held["client_id"], held["client_secret"])
    request = next(basic.auth_flow(httpx.Request("POST", f"{HOST}/thirdparty/auth/token", data=form)))
    request.extensions["client_certificate"] = held["certificate"]

    assert harness.bank.answer(request).json()["error"] == "invalid_client"


@pytest.mark.parametrize("form", [{"scope": ""}, {"scope": f"{SCOPE} multipag.pix.pagar"}, {"scope": "cobranca"}])
def test_a_scope_that_is_not_granted(harness, form):
    """The application holds the read scope of the statement and no other."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_another_grant(harness):
    """The password grant is that of the boleto API."""
    assert token_of(harness, grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_the_sandbox_has_applications_of_its_own(harness):
    """Credentials of production are refused by the token server of the sandbox, on the same host."""
    held = harness.simulated.credentials
    form = {"grant_type": "client_credentials", "client_id": held["client_id"], "client_secret": held["client_secret"]}
    answer = ask(harness, "/sb/thirdparty/auth/token", method="POST", data=form)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/thirdparty/auth/token", STATEMENT])
def test_another_applications_certificate(harness, token, path):
    """A certificate that is not bound to the client is refused even with the right secret or token."""
    other = harness.bank.open_account("87654321")
    own = harness.simulated.credentials
    form = {"client_id": own["client_id"], "client_secret": own["client_secret"]}
    request = httpx.Request(
        "POST" if path != STATEMENT else "GET",
        HOST + path,
        data=form if path != STATEMENT else None,
        headers={"authorization": f"Bearer {token}"},
        extensions={"client_certificate": other.credentials["certificate"]},
    )

    answer = harness.bank.answer(request)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"dataInicio": None}, "dataInicio"),
        ({"dataFim": ""}, "dataFim"),
        ({"dataInicio": "09/03/2026"}, "dataInicio"),
        ({"page": "-1"}, "page"),
        ({"page": "um"}, "page"),
        ({"size": "0"}, "size"),
    ],
)
def test_wrong_parameters_are_named(harness, token, query, name):
    """A missing or unreadable parameter gets 400 and its name."""
    params = {key: value for key, value in {**WEEK, **query}.items() if value is not None}
    answer = ask(harness, token=token, params=params)

    assert answer.status_code == 400
    assert answer.json()["mensagem"].startswith(f"{name}:")


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [("2026-02-01", "2026-03-03", 200), ("2026-02-01", "2026-03-04", 400), ("2026-03-10", "2026-03-09", 400)],
)
def test_the_longest_period(harness, token, first, last, status):
    """31 days are answered, 32 are not, nor is a period that ends before it begins."""
    assert ask(harness, token=token, params={"dataInicio": first, "dataFim": last}).status_code == status


def test_more_rows_than_the_bank_gives():
    """A larger page than 100 rows is cut to 100, and the answer says so."""
    body = statement(opened(*[entry("2026-03-10T09:00:00", "1.00")] * 101), size="5000")

    assert (body["quantidade"], body["pageSize"], body["totalElements"], body["totalPages"]) == (100, 100, 101, 2)


def test_the_second_page_is_number_one():
    """Who forgets page 0 loses the first rows, and the page after the last is empty."""
    harness = opened(*[entry("2026-03-10T09:00:00", "1.00")] * 3)

    pages = [statement(harness, size="2", page=str(number)) for number in range(3)]

    assert [[row["idMovimento"] for row in body["dtlMovimentos"]] for body in pages] == [
        ["20260310-000001", "20260310-000002"],
        ["20260310-000003"],
        [],
    ]
    assert [body["pageNumber"] for body in pages] == [0, 1, 2]


def test_amounts_are_numbers():
    """Money is written as JSON numbers with a sign, and each row has the balance after it."""
    harness = opened(entry("2026-03-06T09:00:00", "250.40"), entry("2026-03-10T09:00:00", "-39.90", "CARTAO"))
    token = token_of(harness).json()["access_token"]

    text = ask(harness, token=token, params=WEEK).text

    assert '"saldoAnterior":250.40' in text
    assert '"valor":-39.90,"saldo":210.50' in text


def test_what_the_text_says():
    """A Pix names the other party between runs of blanks; other rows have the text of their kind alone."""
    party = Party("Alfa Ltda", "11222333000181")
    harness = opened(
        entry("2026-03-10T09:00:00", "5.00", counterparty=party, description="PIX DE ALFA"),
        entry("2026-03-10T10:00:00", "-1.00", "BOLETO", counterparty=party, description="TITULO 7", document="7"),
        entry("2026-03-10T11:00:00", "1.00"),
    )

    rows = statement(harness)["dtlMovimentos"]

    assert [(row["descricao"], row["complemento"], row["documento"]) for row in rows] == [
        ("RECEBIMENTO PIX-PIX_CRED  11222333000181  Alfa Ltda", None, None),
        ("LIQUIDACAO BOLETO-", "TITULO 7", "7"),
        ("RECEBIMENTO PIX-PIX_CRED", None, None),
    ]


@pytest.mark.parametrize(
    ("reading", "text"),
    [("column", "PAGAMENTO PIX-PIX_DEB   12345678909 Ana Sá"), ("single", "PAGAMENTO PIX 12345678909 Ana Sá")],
)
def test_other_forms_of_the_text(reading, text):
    """The number in a column of its own and the name after one blank, or everything after single blanks."""
    sent = entry("2026-03-10T09:00:00", "-5.00", counterparty=Party("Ana Sá", "12345678909"))
    harness = opened(entry("2026-03-01T09:00:00", "5.00"), sent, readings={"party_text": reading})

    assert statement(harness)["dtlMovimentos"][0]["descricao"] == text


def test_the_balance_before_a_later_page():
    """In the other reading a later page tells its own opening; a page past the end tells that of the period."""
    harness = opened(*[entry("2026-03-10T09:00:00", "1.00")] * 3, readings={"later_previous_balance": "page"})

    assert [statement(harness, size="2", page=str(number))["saldoAnterior"] for number in range(3)] == [0, 2, 0]


@pytest.mark.parametrize(
    ("reading", "rows", "pages"), [("no_pages", [], 0), ("one_page", [], 1), ("null_list", None, 0)]
)
def test_a_period_without_rows(reading, rows, pages):
    """What an empty period looks like is not known; three forms are played."""
    harness = opened(entry("2026-03-01T09:00:00", "7.00"), readings={"empty_period": reading})

    body = statement(harness)

    assert (body["dtlMovimentos"], body["totalPages"], body["totalElements"], body["saldoAnterior"]) == (
        rows,
        pages,
        0,
        7,
    )


@pytest.mark.parametrize(
    "path",
    ["/contacorrente/v1/extrato", "/conta-corrente/v1/extrato", "/oauth/token", "/sb/contacorrente/v1/extratos"],
)
def test_addresses_that_clients_guess(harness, path):
    """The singular, the hyphen and another token address do not exist."""
    assert ask(harness, path).json()["codigo"] == "NAO_ENCONTRADO"


def test_a_write_is_answered_and_recorded(harness, token):
    """A payment of the sister product is answered and stands in the journal as a write."""
    answer = ask(harness, "/multipag/v1/pagamentos/pix/chave", token=token, method="POST", json={})

    assert answer.status_code == 200
    assert harness.world.journal.records[-1].write


def test_an_account_belongs_to_a_cooperativa(harness):
    """The branch is the cooperativa, of four digits."""
    assert len(harness.simulated.branch) == 4
    assert harness.simulated.branch.isdecimal()
