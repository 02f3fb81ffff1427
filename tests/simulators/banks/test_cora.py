"""What the simulated Cora refuses, and how.

Long because both modalities are asked, each with tokens of its own.
"""

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

HOST = "https://matls-clients.api.cora.com.br"
PARTNER = "https://api.cora.com.br"
STATEMENT = "/bank-statement/statement"


@pytest.fixture
def harness():
    return PureHarness("cora", NOW)


def ask(harness, path, *, token="", method="GET", certificate=True, host=HOST, **more):
    request = httpx.Request(method, host + path, **more)
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return harness.bank.answer(request)


def token_of(harness, **form):
    data = {"grant_type": "client_credentials", "client_id": harness.simulated.credentials["client_id"], **form}
    return ask(harness, "/token", method="POST", data=data)


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


def statement(harness, token, **query):
    return ask(harness, STATEMENT, token=token, params=query)


def test_no_certificate_no_handshake(harness):
    """Without a client certificate there is no HTTP at all, for the token either."""
    for path in (STATEMENT, "/token"):
        with pytest.raises(HandshakeRefused):
            ask(harness, path, certificate=False)


def test_an_expired_certificate():
    """A certificate of the past is refused in the handshake."""
    harness = PureHarness("cora", NOW, parameters=Parameters(certificate_days=-1))

    with pytest.raises(HandshakeRefused):
        ask(harness, STATEMENT)


def test_an_unknown_client(harness):
    """A client id that the bank does not know gets the OAuth refusal."""
    refused = token_of(harness, client_id="int-nobody")

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_another_grant(harness):
    """Only client credentials are granted."""
    refused = token_of(harness, grant_type="password")

    assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_grant_type")


def test_another_integrations_certificate(harness, token):
    """Neither a client id nor a token is good with the certificate of another integration."""
    other = harness.bank.open_account("87654321")
    for request in (
        httpx.Request("POST", f"{HOST}/token", data={"client_id": harness.simulated.credentials["client_id"]}),
        httpx.Request("GET", HOST + STATEMENT, headers={"authorization": f"Bearer {token}"}),
    ):
        request.extensions["client_certificate"] = other.credentials["certificate"]

        assert harness.bank.answer(request).status_code == 401


def test_a_token_lasts_a_day(harness, token):
    """After 24 hours, and without a token at all, the answer is 401."""
    harness.clock.advance(timedelta(seconds=86_399))
    assert statement(harness, token).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    assert statement(harness, token).status_code == 401
    assert statement(harness, "").status_code == 401


def test_the_stage_has_a_host_of_its_own(harness):
    """The same calls are answered on the stage host."""
    data = {"grant_type": "client_credentials", "client_id": harness.simulated.credentials["client_id"]}
    answer = ask(harness, "/token", method="POST", host="https://matls-clients.api.stage.cora.com.br", data=data)

    assert answer.json()["expires_in"] == 86_400


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02"},
        {"start": "01/03/2026", "end": "2026-03-02"},
        {"start": "20260301", "end": "2026-03-02"},
        {"start": "2026-02-30", "end": "2026-03-02"},
        {"start": "2026-03-01", "end": ""},
        {"start": "2026-03-03", "end": "2026-03-02"},
    ],
)
def test_a_wrong_date_is_a_server_error(harness, token, query):
    """Dates that cannot be read get status 500 with a code of their own."""
    answer = statement(harness, token, **query)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (500, "BST-0000")


@pytest.mark.parametrize("query", [{"perPage": "501"}, {"perPage": "0"}, {"perPage": "x"}, {"page": "-1"}])
def test_wrong_pages(harness, token, query):
    """A page has at most 500 rows."""
    assert statement(harness, token, **query).status_code == 400


def test_everything_may_be_left_out(harness, token):
    """Without dates the whole account is listed, and unknown names of the query change nothing."""
    plain, strange = statement(harness, token), statement(harness, token, start_date="2026-03-01", size="7")

    assert plain.json() == strange.json()
    assert len(plain.json()["entries"]) == 10


def test_who_counts_pages_from_0_reads_the_first_one_twice(harness, token):
    """Page 0 is page 1."""
    assert statement(harness, token, page="0").json() == statement(harness, token, page="1").json()


def test_one_page_past_the_end(harness, token):
    """The page after the last is empty, with status 200."""
    assert statement(harness, token, start="2026-03-01", end="2026-03-02", page="99").json()["entries"] == []


def test_the_newest_row_stands_first_and_centavos_are_whole(harness, token):
    """Instants in UTC with two-digit offsets, whole centavos without sign."""
    rows = statement(harness, token, start="2026-02-01", end="2026-03-17").json()["entries"]

    assert [row["createdAt"] for row in rows] == sorted((row["createdAt"] for row in rows), reverse=True)
    assert all(row["createdAt"].endswith("+00") and type(row["amount"]) is int and row["amount"] > 0 for row in rows)


def test_the_sums_of_the_period(harness, token):
    """Balances and totals agree; the totals come only when asked for."""
    body = statement(harness, token, start="2026-03-02", end="2026-03-13", perPage="500", aggr="true").json()
    totals = body["aggregations"]

    assert body["start"]["balance"] + totals["creditTotal"] - totals["debitTotal"] == body["end"]["balance"]
    assert not any("aggregations" in statement(harness, token, **query).json() for query in ({}, {"aggr": "false"}))


def test_a_row(harness, token):
    """Ids tell what they are of, and every transaction has a category."""
    row = statement(harness, token, type="CREDIT", perPage="1").json()["entries"][0]

    assert (row["id"][:4], row["transaction"]["id"][:4]) == ("ent_", "trx_")
    assert row["transaction"]["category"] == {"main": "", "sub": ""}


def test_a_token_is_a_jwt(harness, token):
    """Callers can read from it how long it lasts; it says that there is no refresh token."""
    answer = token_of(harness).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})

    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 86_400
    assert (answer["refresh_expires_in"], answer["token_type"]) == (0, "Bearer")
    assert statement(harness, "").json() == {"error": "access_denied"}


@pytest.mark.parametrize("query", [{"type": "DEBIT"}, {"transaction_type": "PIX"}])
def test_filters(harness, token, query):
    """Rows can be filtered by direction and by kind."""
    ((name, value),) = query.items()
    rows = statement(harness, token, **query).json()["entries"]
    values = {row["type"] if name == "type" else row["transaction"]["type"] for row in rows}

    assert values == {value}


@pytest.mark.parametrize("query", [{"type": ""}, {"transaction_type": ""}, {"type": "", "transaction_type": ""}])
def test_an_empty_filter_is_none(harness, token, query):
    """A client that always sends both filters is not told that nothing has happened."""
    assert statement(harness, token, **query).json()["entries"] == statement(harness, token).json()["entries"]


def test_a_fee_shares_the_transaction_of_its_movement():
    """Who tells rows apart by their transaction loses the fee; a fee names nobody."""
    booked = datetime(2026, 3, 10, 12, tzinfo=BRASILIA)
    kinds = (("1000", "PIX"), ("-100", "TED"), ("-1", "TARIFA_SERVICOS_AVULSOS"), ("-9", "OUTROS"))
    entries = [LedgerEntry(booked_at=booked, amount=Decimal(amount), type=kind) for amount, kind in kinds]
    harness = PureHarness("cora", NOW, source=Fixed(entries))
    block, fee, transfer, pix = statement(harness, token_of(harness).json()["access_token"]).json()["entries"]

    assert fee["transaction"]["id"] == transfer["transaction"]["id"] != pix["transaction"]["id"]
    assert "counterParty" not in fee["transaction"]
    assert (block["type"], block["transaction"]) == ("BLOCK", None)
    assert len({row["id"] for row in (block, fee, transfer, pix)}) == 4


def test_a_page_beyond_the_end_that_describes_itself():
    """Where later pages tell their own balances, an empty one tells those of the period."""
    harness = PureHarness("cora", NOW, parameters=Parameters(readings={"later_pages": "page"}))
    token = token_of(harness).json()["access_token"]
    first = statement(harness, token, page="1").json()

    assert statement(harness, token, page="9999").json()["end"] == first["end"]
    assert statement(harness, token, page="2").json()["end"]["balance"] != first["end"]["balance"]


def test_balance_and_account(harness, token):
    """What a client reads besides the statement."""
    assert ask(harness, "/third-party/account/balance", token=token).json() == {
        "balance": int(harness.simulated.ledger.balance_at(NOW) * 100)
    }
    assert ask(harness, "/third-party/account/", token=token).json() == {
        "agency": "0001",
        "accountNumber": "1234567",
        "accountDigit": "8",
        "bankCode": "403",
        "bankName": "Cora SCD",
    }


BACK = "https://partner.example/back"
LINK = {"client_id": "app-12345678", "response_type": "code", "redirect_uri": BACK, "scopes": "invoice account"}


def partner(harness, path, **more):
    return ask(harness, path, host=PARTNER, certificate=False, **more)


def partner_token(harness, secret="", **form):
    request = httpx.Request("POST", f"{PARTNER}/oauth/token", data={"grant_type": "client_credentials", **form})
    login = httpx.BasicAuth("app-12345678", secret or harness.simulated.credentials["client_id"])
    return harness.bank.answer(next(login.auth_flow(request)))


def consented(harness, decision="approve", **link):
    """Where the customer is sent back to, and with what."""
    request = {"method": "POST", "params": {**LINK, **link}, "data": {"decision": decision}}
    return httpx.URL(partner(harness, "/oauth/authorize", **request).headers["location"])


def by_code(harness, **form):
    code = consented(harness).params["code"]
    return partner_token(harness, grant_type="authorization_code", **{"code": code, "redirect_uri": BACK, **form})


def test_a_partner_needs_no_certificate_but_gets_no_statement(harness):
    """On the partner's host a secret stands in for the certificate, and a token of its own reads nobody's data."""
    token = partner_token(harness).json()["access_token"]

    assert partner(harness, STATEMENT, token=token).status_code == 403
    assert partner_token(harness, "wrong").status_code == 401
    assert partner_token(harness, grant_type="password").status_code == 400


def test_a_customer_consents(harness):
    """The page names company and scopes; its code gives a token that reads statement, balance and account."""
    page = partner(harness, "/oauth/authorize", params={**LINK, "state": "s"})
    assert harness.simulated.holder_name in page.text
    assert consented(harness, state="s").params["state"] == "s"

    answer = by_code(harness).json()

    assert answer["scope"] == "account invoice"
    for path in (STATEMENT, "/third-party/account/balance", "/third-party/account/"):
        assert partner(harness, path, token=answer["access_token"]).status_code == 200


def test_a_refresh_token_is_good_three_times(harness):
    """After the third use the customer has to consent again; the secret may stand in the form."""
    refresh = {"grant_type": "refresh_token", "refresh_token": by_code(harness).json()["refresh_token"]}
    form = {**refresh, "client_id": "app-12345678", "client_secret": harness.simulated.credentials["client_id"]}
    for _ in range(3):
        token = partner(harness, "/oauth/token", method="POST", data=form).json()["access_token"]
        assert partner(harness, STATEMENT, token=token).status_code == 200

    assert partner_token(harness, **refresh).json()["error"] == "invalid_grant"


STAGE = "https://api.stage.cora.com.br"


@pytest.mark.parametrize(("own", "strange"), [(PARTNER, STAGE), (STAGE, PARTNER)])
def test_a_consent_is_good_in_its_own_environment_alone(harness, own, strange):
    """Neither its code nor its refresh token is known in the other one, and neither is used up there."""
    place = httpx.URL(f"{own}/oauth/authorize", params=LINK)
    sent_back = harness.bank.answer(httpx.Request("POST", place, data={"decision": "approve"})).headers["location"]

    def renewed(host, **form):
        request = httpx.Request("POST", f"{host}/oauth/token", data=form)
        login = httpx.BasicAuth("app-12345678", harness.simulated.credentials["client_id"])
        return harness.bank.answer(next(login.auth_flow(request))).json()

    code = {"grant_type": "authorization_code", "code": httpx.URL(sent_back).params["code"], "redirect_uri": BACK}
    assert renewed(strange, **code)["error"] == "invalid_grant"
    refresh = {"grant_type": "refresh_token", "refresh_token": renewed(own, **code)["refresh_token"]}
    assert [renewed(strange, **refresh)["error"] for _ in range(3)] == ["invalid_grant"] * 3
    assert [renewed(own, **refresh)["refresh_token"] for _ in range(3)] == [refresh["refresh_token"]] * 3
    assert renewed(own, **refresh)["error"] == "invalid_grant"


def test_consents_that_are_none(harness):
    """A refusal, a wrong request and a code for another address lead to no token."""
    assert consented(harness, "deny").params["error"] == "access_denied"
    assert consented(harness, scopes="everything").params["error"] == "invalid_scope"
    assert consented(harness, response_type="token").params["error"] == "unsupported_response_type"
    assert partner(harness, "/oauth/authorize", params={**LINK, "client_id": "app-0"}).status_code == 400
    assert by_code(harness, redirect_uri="https://other.example").json()["error"] == "invalid_grant"


def test_tokens_of_one_modality_are_not_those_of_the_other(harness, token):
    """Who takes the partner's host for its own is refused."""
    assert ask(harness, STATEMENT, host=PARTNER, certificate=False, token=token).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/invoices"),
        ("DELETE", "/v2/invoices/inv_1"),
        ("POST", "/transfers/initiate"),
        ("POST", "/payments/initiate"),
    ],
)
def test_a_write_is_answered_and_recorded(harness, token, method, path):
    """A write is answered like the bank and stands in the journal as a write."""
    assert ask(harness, path, token=token, method=method, json={}).is_success
    assert harness.world.journal.records[-1].write


def test_unknown_paths(harness):
    """What the bank does not have is not found."""
    assert ask(harness, "/statement").status_code == 404
