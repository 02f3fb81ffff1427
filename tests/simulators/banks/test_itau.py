"""What the simulated Itaú refuses, and how; what its wire has that breaks naive clients."""

from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import jwt
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

TOKEN = "https://sts.itau.com.br/api/oauth/token"
API = "https://account-statement.api.itau.com/account-statement/v1"
STATEMENT = f"{API}/statements/000112345678"
PORTAL_TOKEN = "https://devportal.itau.com.br/api/jwt"
PORTAL = "https://sandbox.devportal.itau.com.br/itau-x0-api-account-statement-v1-externo/v1"
QUERY = {"type": "current_account", "start_date": "2026-03-10", "end_date": "2026-03-11"}


@pytest.fixture
def harness():
    return PureHarness("itau", NOW)


def playing(source=None, **readings):
    return PureHarness("itau", NOW, source=source, parameters=Parameters(readings=readings))


def ask(harness, url, *, token="", method="GET", certificate="", **more):
    request = httpx.Request(method, url, **more)
    request.extensions["client_certificate"] = certificate or harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return harness.bank.answer(request)


def token_of(harness, *, certificate="", **form):
    held = harness.simulated.credentials
    data = {"client_id": held["client_id"], "client_secret": held["client_secret"], "grant_type": "client_credentials"}
    return ask(harness, TOKEN, method="POST", data=data | form, certificate=certificate)


def statement(harness, url=STATEMENT, **query):
    token = token_of(harness).json()["access_token"]
    return ask(harness, url, token=token, params={name: value for name, value in (QUERY | query).items() if value})


def events(answer):
    return answer.json()["data"][0]["events"]


@pytest.mark.parametrize("url", [TOKEN, STATEMENT])
def test_no_certificate_no_handshake(harness, url):
    """Both hosts refuse the handshake without a client certificate."""
    with pytest.raises(HandshakeRefused):
        harness.bank.answer(httpx.Request("GET", url))


@pytest.mark.parametrize(
    ("form", "status"),
    [({"client_secret": "no"}, 401), ({"client_id": "no"}, 401), ({"grant_type": "password"}, 400)],
)
def test_wrong_token_request(harness, form, status):
    """A wrong client gets 401, another grant 400."""
    answer = token_of(harness, **form)

    assert answer.status_code == status
    assert answer.json()["error_description"]


def test_a_token_needs_no_scope_and_lives_five_minutes(harness):
    """The scopes belong to the client; after 300 seconds the token is refused."""
    answer = token_of(harness).json()
    assert (answer["expires_in"], "scope" in answer) == (300, False)
    harness.clock.advance(timedelta(seconds=299))
    assert ask(harness, STATEMENT, token=answer["access_token"], params=QUERY).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    assert ask(harness, STATEMENT, token=answer["access_token"], params=QUERY).json() == {"message": "Unauthorized"}


@pytest.mark.parametrize(
    ("reading", "status", "words"), [("unauthorized", 401, "TokenInfo"), ("forbidden", 403, "Forbidden")]
)
def test_another_clients_certificate(reading, status, words):
    """A certificate of another client is refused on both hosts, even with the right secret or token."""
    harness = playing(certificate_not_accepted=reading)
    other = harness.bank.open_account("87654321").credentials["certificate"]
    token = token_of(harness).json()["access_token"]

    for answer in (token_of(harness, certificate=other), ask(harness, STATEMENT, token=token, certificate=other)):
        assert answer.status_code == status
        assert words in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"type": ""}, "Account Type"),
        ({"type": "poupanca"}, "Account Type poupanca nonexistent"),
        ({"start_date": ""}, "start_date"),
        ({"start_date": "10/03/2026"}, "start_date"),
        ({"start_date": "20260310"}, "start_date"),
        ({"end_date": "2026-03-32"}, "end_date"),
        ({"end_date": "2026-03-09"}, "Período"),
        ({"start_date": "2025-12-09"}, "Período"),
        ({"page": "0"}, "page"),
        ({"page": "um"}, "page"),
        ({"page_size": "0"}, "page_size"),
    ],
)
def test_wrong_parameters_are_named(harness, query, words):
    """A wrong parameter gets 400 and a message."""
    answer = statement(harness, **query)

    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_the_longest_period(harness):
    """92 days are answered; without the limit more are."""
    assert statement(harness, start_date="2025-12-10").status_code == 200
    assert statement(playing(period_limit="unlimited"), start_date="2025-01-01").status_code == 200


@pytest.mark.parametrize(
    ("number", "reading", "status"),
    [
        ("1234", "not_found", 400),
        ("00011234567X", "not_found", 400),
        ("000187654321", "not_found", 403),
        ("999999999999", "not_found", 404),
        ("999999999999", "bad_request", 400),
    ],
)
def test_another_account(number, reading, status):
    """What is no statement id, another client's account, and an account that does not exist."""
    harness = playing(unknown_account=reading)
    harness.bank.open_account("87654321")

    assert statement(harness, f"{API}/statements/{number}").status_code == status


def test_there_is_no_savings_account(harness):
    """A savings account can be asked for; this client has none."""
    assert statement(harness, type="savings_account").status_code == 404


@pytest.mark.parametrize(("reading", "status"), [("optional", 200), ("required", 401)])
def test_the_api_key_header(reading, status):
    """The header x-itau-apikey may be left out, except at a strict bank."""
    assert statement(playing(api_key_header=reading)).status_code == status


def test_the_end_defaults_to_today_and_ten_rows_are_a_page(harness):
    """Without an end the list goes on to now; without a size ten rows come."""
    answer = statement(harness, start_date="2026-03-02", end_date="")

    assert events(answer)[0]["date"]["accounting"] == "2026-03-18"
    assert (len(events(answer)), answer.json()["pagination"]["page_size"]) == (10, 10)


@pytest.mark.parametrize(("reading", "last"), [("next_day_too", "2026-03-12"), ("strict", "2026-03-11")])
def test_rows_after_the_end(reading, last):
    """Rows of the day after the asked end come too."""
    assert events(statement(playing(end_date=reading)))[0]["date"]["accounting"] == last


def test_links_are_relative(harness):
    """Links are relative, and empty texts where there is none."""
    answer = statement(harness, page_size="5").json()
    links = answer["pagination"]["links"]

    assert links["next"] == "/statements/000112345678?page=2"
    assert links["previous"] == ""
    assert answer["filters"] is None


@pytest.mark.parametrize(("reading", "status"), [("unprocessable", 422), ("empty_page", 200)])
def test_past_the_end(reading, status):
    """The page after the last is a 422 without a body, or empty."""
    answer = statement(playing(past_the_end=reading), page="99")

    assert answer.status_code == status
    assert events(answer) == [] if answer.content else status == 422


@pytest.mark.parametrize(
    ("reading", "status", "blocks"), [("no_events", 200, 1), ("no_block", 200, 0), ("not_found", 404, None)]
)
def test_a_period_without_movement(reading, status, blocks):
    """An empty period has a block without events, no block, or is not found."""
    answer = statement(playing(Fixed([]), empty_period=reading))

    assert answer.status_code == status
    assert (len(answer.json()["data"]) if answer.content else None) == blocks


def test_many_balances_share_a_type(harness):
    """Three balances of one type differ in text; only the closings of business days reconcile; none of today."""
    shown = statement(harness, start_date="2026-03-13", end_date="2026-03-18").json()["data"][0]["balances"]
    closings = [each["date"]["event"] for each in shown if each["type"] == "saldo_conta"]

    assert [each["type"] for each in shown].count("saldo_disponivel") == 3
    assert [stamp[:10] for stamp in closings] == ["2026-03-17", "2026-03-16", "2026-03-13"]
    assert all(stamp.endswith("T23:59:59.999-03:00") for stamp in closings)
    assert {"type": "saldo_bloqueado", "literal": {}}.items() <= shown[4].items()


def test_balances_on_the_first_page_only():
    """In one reading later pages have no balances."""
    harness = playing(balances_on="first_page")

    assert statement(harness, page_size="2", page="2").json()["data"][0]["balances"] == []


def test_unreliable_totals():
    """In one reading the total changes from page to page."""
    harness = playing(totals="unreliable")
    totals = [statement(harness, page_size="3", page=str(n)).json()["pagination"]["total_elements"] for n in (1, 2)]

    assert totals[1] - totals[0] == 2


@pytest.mark.parametrize(("reading", "identified"), [("grouped", False), ("individual", True)])
def test_payment_lots(reading, identified):
    """A lot has neither id nor reversal, and nine decimals of a second; rows one by one have all."""
    moment = datetime(2026, 3, 11, 9, tzinfo=BRASILIA)
    lot = LedgerEntry(booked_at=moment, amount=Decimal(-5), type="FOLHA_PAGAMENTO", description="MARÇO")

    (row,) = events(statement(playing(Fixed([lot]), payment_lots=reading)))

    assert ("id" in row, "reversal" in row, "code" in row) == (identified, identified, not identified)
    assert row["date"]["event"].endswith(":00:00Z" if identified else "59.999999999-03:00")


def test_pending_events_are_told_when_asked_for(harness):
    """The block has pending events only for who asks."""
    assert "pending_events" not in statement(harness).json()["data"][0]
    assert statement(harness, show_pending_events="true").json()["data"][0]["pending_events"] == []


def test_the_list_of_balances(harness):
    """The balances of the credential's accounts name the account in another spelling; the contract has no such call."""
    answer = statement(harness, f"{API}/balances")

    assert answer.json()["data"][0]["statementId"] == "000112345678"
    assert harness.world.journal.records[-1].operation is None


def test_the_total_of_all_balances(harness):
    """Statement and list tell what the account and its automatic investment hold together."""
    for shown in (
        statement(harness).json()["data"][0]["balances"],
        statement(harness, f"{API}/balances").json()["summary"],
    ):
        values = {(each["type"], each["literal"].get("complete")): each["amount"]["value"] for each in shown}
        assert values["saldo_total", None] == pytest.approx(values["saldo_disponivel", "SALDO EM CONTA"] + 5000)


@pytest.mark.parametrize(("reading", "pages"), [("one_page", 1), ("no_page", 0)])
def test_the_number_of_pages_of_an_empty_list(reading, pages):
    """A client that goes on until its page is the last one ends at the first."""
    pagination = statement(playing(Fixed([]), empty_pages=reading)).json()["pagination"]

    assert (pagination["page"], pagination["total_pages"], pagination["total_elements"]) == (1, pages, 0)


def test_the_income_of_the_automatic_investment(harness):
    """One row for each business day that is over, amounts as texts; the kind of account is not asked."""
    answer = statement(harness, f"{STATEMENT}/interest-bearing-accounts", type="", start_date="2026-03-13", end_date="")
    rows = answer.json()["data"]

    assert [row["date"] for row in rows] == ["2026-03-13", "2026-03-16", "2026-03-17"]
    assert {type(value) for row in rows for value in row.values()} == {str}
    assert statement(harness, f"{STATEMENT}/interest-bearing-accounts", start_date="").status_code == 400


def test_no_account_is_under_a_courts_order(harness):
    """The list of judicial orders is empty, and has a page number and no others."""
    answer = statement(harness, f"{STATEMENT}/judicial-orders")

    assert answer.json() == {"data": [], "pagination": {"page": 1, "total_pages": 0, "total_elements": 0}}
    assert statement(harness, f"{API}/statements/999999999999/judicial-orders").status_code == 404


def test_the_access_token_is_a_signed_jwt(harness):
    """Signed with RS256, and good for as long as the answer says."""
    answer = token_of(harness).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})

    assert jwt.get_unverified_header(answer["access_token"])["alg"] == "RS256"
    assert claims["exp"] - claims["iat"] == answer["expires_in"]


@pytest.mark.parametrize("form", ["json", "data"])
def test_the_portals_sandbox(harness, form):
    """It wants no certificate and no grant type, and has the same reads under a path of its own."""
    held = harness.simulated.credentials
    shown = {form: {"client_id": held["client_id"], "client_secret": held["client_secret"]}}
    token = harness.bank.answer(httpx.Request("POST", PORTAL_TOKEN, **shown)).json()["access_token"]

    for path in ("statements/000112345678", "balances", "statements/000112345678/interest-bearing-accounts"):
        request = httpx.Request("GET", f"{PORTAL}/{path}", params=QUERY, headers={"authorization": f"Bearer {token}"})
        assert harness.bank.answer(request).status_code == 200
    assert harness.world.journal.records[-1].operation is None


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b'{"client_id": 1}', b"\xff"])
def test_the_portals_sandbox_wants_a_credential(harness, content):
    """Whatever is not a credential is refused as a wrong client."""
    answer = harness.bank.answer(httpx.Request("POST", PORTAL_TOKEN, content=content))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_certificates_are_not_for_readers(harness):
    """Asking for a certificate is recorded as a write; renewing it too early is refused with the bank's code."""
    answer = ask(harness, "https://sts.itau.com.br/seguranca/v2/certificado/renovacao", method="POST")

    assert (answer.status_code, answer.json()["codigo"]) == (400, "C700")
    assert harness.world.journal.records[-1].write


def test_unknown_paths(harness):
    """What the bank does not have is not found."""
    assert ask(harness, f"{API}/extratos").status_code == 404
