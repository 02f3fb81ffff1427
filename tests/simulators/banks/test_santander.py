"""What the simulated Santander refuses, and how."""

import base64
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.world import Parameters

HOST = "https://trust-open.api.santander.com.br"
SANDBOX = "https://trust-sandbox.api.santander.com.br"
HOMOLOGATION = "https://trust-open-h.api.santander.com.br"
BASE = "/bank_account_information/v1"
WEEK = {"initialDate": "2026-03-09", "finalDate": "2026-03-13"}
PAGED = {**WEEK, "_offset": "1", "_limit": "50"}


@pytest.fixture
def harness():
    """An account whose week fits into one page."""
    return PureHarness("santander", NOW, parameters=Parameters(entries_per_day=5))


def ask(harness, path, *, token="", method="GET", host=HOST, certificate=True, key=True, **more):
    request = httpx.Request(method, host + path, **more)
    held = harness.simulated.credentials
    if certificate:
        request.extensions["client_certificate"] = held["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    if key:
        request.headers["x-application-key"] = held["client_id"]
    return harness.bank.answer(request)


def token_of(harness, host=HOST, **form):
    held = harness.simulated.credentials
    data = {
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "grant_type": "client_credentials",
        **form,
    }
    return ask(harness, "/auth/oauth/v2/token", method="POST", host=host, key=False, data=data)


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


def account_key(harness):
    return f"{harness.simulated.branch}.{harness.simulated.number:0>12}"


def statement(harness, token, bank_id="90400888000142", key="", **more):
    path = f"{BASE}/banks/{bank_id}/statements/{key or account_key(harness)}"
    return ask(harness, path, token=token, **{"params": PAGED, **more})


def playing(token_uses=0, page_size=0, **readings):
    """A harness whose account plays other readings, with a token."""
    harness = PureHarness(
        "santander", NOW, parameters=Parameters(token_uses=token_uses, page_size=page_size, readings=readings)
    )
    return harness, token_of(harness).json()["access_token"]


# --- edge and token


@pytest.mark.parametrize("path", ["/auth/oauth/v2/token", f"{BASE}/banks/33/accounts"])
def test_no_certificate(harness, path):
    """Without a client certificate the network edge answers with a web page, before anything else is looked at."""
    method = "POST" if path.endswith("token") else "GET"
    answer = ask(harness, path, method=method, certificate=False)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html")
    assert "Access Denied" in answer.text


def test_the_plain_port_has_no_edge(harness):
    """On the port without TLS no certificate can be shown, and none is asked for."""
    extensions = {"plain": True}

    assert ask(harness, f"{BASE}/banks/33/accounts", certificate=False, extensions=extensions).status_code == 401


def test_an_expired_certificate(harness):
    """An expired certificate is refused by TLS, as it is where the bank is served."""
    harness.clock.put(datetime(2100, 1, 1, tzinfo=BRASILIA))

    with pytest.raises(HandshakeRefused, match="certificate expired"):
        token_of(harness)


def test_another_applications_certificate(harness, token):
    """A certificate that does not stand with the application meets the web page too, for the token and after it."""
    harness.simulated.credentials["certificate"], own = (
        harness.bank.open_account("87654321").credentials["certificate"],
        harness.simulated.credentials["certificate"],
    )
    request = httpx.Request("POST", f"{HOST}/auth/oauth/v2/token", data=token_form(harness))
    request.extensions["client_certificate"] = own

    assert harness.bank.answer(request).text.startswith("<HTML>")
    read = httpx.Request("GET", f"{HOST}{BASE}/banks/33/accounts", headers={"authorization": f"Bearer {token}"})
    read.extensions["client_certificate"] = own
    assert harness.bank.answer(read).status_code == 403


def token_form(harness):
    held = harness.simulated.credentials
    return {
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "grant_type": "client_credentials",
    }


def test_the_token_answer(harness):
    """A token lives 900 seconds and comes with the members of Keycloak that clients store."""
    answer = token_of(harness).json()

    assert answer.keys() == {"access_token", "expires_in", "token_type", "not-before-policy", "session_state"}
    assert (answer["expires_in"], answer["token_type"], answer["access_token"].count(".")) == (900, "Bearer", 2)


@pytest.mark.parametrize("form", [{"client_secret": "no"}, {"client_id": "no"}])
def test_wrong_client(harness, form):
    """Wrong client id or secret get 401 in the words of OAuth."""
    answer = token_of(harness, **form)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_another_grant(harness):
    """Only client credentials are granted."""
    assert token_of(harness, grant_type="password").status_code == 400


def test_client_in_a_basic_header(harness):
    """Id and secret are accepted in a Basic header, as one client sends them; an unreadable one is no client."""
    held = harness.simulated.credentials
    good = base64.b64encode(f"{held['client_id']}:{held['client_secret']}".encode()).decode()
    form = {"grant_type": "client_credentials"}

    answers = [
        ask(harness, "/auth/oauth/v2/token", method="POST", data=form, headers={"authorization": f"Basic {value}"})
        for value in (good, "%%%", base64.b64encode(b"\xff\xff:x").decode())
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 401]


def test_two_forms_of_401():
    """An expired token gets a fault of the API gateway, a wrong or missing one the authorisation layer's form."""
    harness, token = playing()
    harness.clock.advance(timedelta(seconds=899))
    assert statement(harness, token).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    expired, wrong, missing = statement(harness, token), statement(harness, "wrong"), statement(harness, "")

    assert [answer.status_code for answer in (expired, wrong, missing)] == [401, 401, 401]
    assert "faultstring" in expired.json()["fault"]
    assert isinstance(wrong.json()["httpStatus"], str)
    assert wrong.json()["errorCode"] == 401
    assert wrong.json().keys() == missing.json().keys() == {
        "timestamp", "httpStatus", "errorCode", "trackingId", "details"
    }  # fmt: skip


def test_a_token_of_another_environment(harness):
    """A token of the sandbox is worth nothing in production, and the other way round."""
    token = token_of(harness, host=SANDBOX).json()["access_token"]

    assert statement(harness, token).status_code == 401
    assert statement(harness, token, host=SANDBOX).status_code == 200


def test_the_application_key_is_demanded(harness, token):
    """A call without the application key, or with another one, is refused."""
    assert statement(harness, token, key=account_key(harness)).status_code == 200
    path = f"{BASE}/banks/33/statements/{account_key(harness)}"
    assert ask(harness, path, token=token, key=False, params=PAGED).status_code == 401


# --- the statement


@pytest.mark.parametrize(("bank_id", "status"), [("90400888000142", 200), ("33", 200), ("0033", 200), ("341", 404)])
def test_ways_to_name_the_bank(harness, token, bank_id, status):
    """The bank is named by its CNPJ or by its code; another bank is not found."""
    assert statement(harness, token, bank_id).status_code == status


@pytest.mark.parametrize("key", ["1.12345678", "0001.12345678", "0000.000000000001"])
def test_the_account_key_needs_its_zeros(harness, token, key):
    """An account key that is not filled up, or of somebody else, gets 422 and is named."""
    answer = statement(harness, token, key=key)

    assert answer.status_code == 422
    assert [error["_field"] for error in answer.json()["_errors"]] == ["statement_id"]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"initialDate": ""}, 400, "initialDate"),
        ({"finalDate": "13/03/2026"}, 400, "finalDate"),
        ({"initialDate": "2026-03-14"}, 400, "initialDate"),
        ({"initialDate": "2026-02-10"}, 422, "finalDate"),
        ({"_offset": "0"}, 400, "_offset"),
        ({"_offset": "x"}, 400, "_offset"),
        ({"_limit": "0"}, 400, "_limit"),
        ({"_limit": "-5"}, 400, "_limit"),
    ],
)
def test_wrong_parameters_are_named(harness, token, query, status, field):
    """A wrong parameter gets an application error that names it."""
    answer = statement(harness, token, params={**PAGED, **query}).json()

    assert (answer["_errorCode"], [error["_field"] for error in answer["_errors"]]) == (status, [field])


@pytest.mark.parametrize("period", [("2026-01-01", "2026-01-31"), ("2026-03-01", "2026-03-25")])
def test_a_month_and_a_future_end_are_accepted(harness, token, period):
    """Clients ask for whole months, and for ends that are yet to come."""
    first, last = period
    query = {**PAGED, "initialDate": first, "finalDate": last}

    assert statement(harness, token, params=query).status_code == 200


def test_the_form_of_a_row(harness, token):
    """A row has no id, a Brazilian date, an amount as a text without sign, and totals are texts."""
    answer = statement(harness, token).json()
    row = answer["_content"][0]

    assert row.keys() <= {
        "creditDebitType", "transactionName", "historicComplement", "amount", "transactionDate", "documentNumber"
    }  # fmt: skip
    assert row["transactionDate"] == "09/03/2026"
    assert all(Decimal(row["amount"]) > 0 for row in answer["_content"])
    assert answer["_pageable"] == {"totalPages": "1", "totalRecords": str(len(answer["_content"]))}


def test_a_page_past_the_end_has_no_list(harness, token):
    """An empty list is left out."""
    assert statement(harness, token, params={**PAGED, "_offset": "9"}).json().keys() == {"_pageable"}


def test_without_paging_parameters(harness, token):
    """The first page of fifty is what a client gets that names neither page nor size."""
    assert statement(harness, token, params=WEEK).json() == statement(harness, token).json()


@pytest.mark.parametrize(("played", "rows"), [("honoured", 200), ("capped", 50), ("refused", None)])
def test_larger_pages(played, rows):
    """More than fifty rows a page are given, cut or refused."""
    harness, token = playing(larger_pages=played)
    busy = {**WEEK, "initialDate": "2026-03-01", "_offset": "1", "_limit": "200"}
    answer = statement(harness, token, params=busy)

    assert (len(answer.json()["_content"]) if answer.status_code == 200 else None) == rows


def test_page_zero_as_the_first():
    """Page 0 may be answered with the first page."""
    harness, token = playing(page_zero="first_page")

    assert statement(harness, token, params={**PAGED, "_offset": "0"}).json() == statement(harness, token).json()


def test_amounts_as_numbers():
    """Amounts may be numbers, with their two decimals."""
    harness, token = playing(amount="number")

    assert all(isinstance(row["amount"], float) for row in statement(harness, token).json()["_content"])


def test_sweeps_stand_among_the_movements(harness, token):
    """What ContaMax invests in the evening of a business day is redeemed on the next one; both are rows."""
    rows = statement(harness, token).json()["_content"]
    swept = [
        (row["transactionName"], row["transactionDate"], row["amount"])
        for row in rows
        if "CONTAMAX" in row["transactionName"]
    ]

    invested = [amount for name, _, amount in swept if name.startswith("APLICACAO")]
    redeemed = [amount for name, _, amount in swept if name.startswith("RESGATE")]
    assert len(invested) == len(redeemed) == 5
    assert invested[:-1] == redeemed[1:]


# --- the other reads


def test_the_list_without_pages(harness, token):
    """The listing of own accounts goes on by a cursor and has the same rows, with a document number in each."""
    path, rows, cursor = f"{BASE}/transactions/{account_key(harness)}", [], {}
    for _ in range(10):
        answer = ask(harness, path, token=token, params={**WEEK, "_limit": "7", **cursor}).json()
        rows += answer["_content"]
        if not (following := answer["_pageable"].get("paging")):
            break
        cursor = {"_nextPage": following}

    plain = statement(harness, token).json()["_content"]
    assert [{"documentNumber": "000000", **row} for row in plain] == rows


@pytest.mark.parametrize("cursor", ["A", "AAAA", "_w==", base64.urlsafe_b64encode(b"else").decode()])
def test_a_foreign_cursor(harness, token, cursor):
    """A cursor that the bank has not given begins at the beginning."""
    path = f"{BASE}/transactions/{account_key(harness)}"
    answers = [ask(harness, path, token=token, params={**WEEK, **more}) for more in ({}, {"_nextPage": cursor})]

    assert answers[0].json() == answers[1].json()


def test_large_listings_have_a_limit(harness, token):
    """The listing of own accounts has at most 750 rows an answer."""
    path = f"{BASE}/transactions/{account_key(harness)}"

    assert ask(harness, path, token=token, params={**WEEK, "_limit": "751"}).status_code == 400


def test_nothing_is_provisional(harness, token):
    """What is not yet effective is a list of its own, empty here."""
    answer = ask(harness, f"{BASE}/provisioneds/{account_key(harness)}", token=token, params=WEEK)

    assert answer.json() == {"_pageable": {"totalRecords": "0"}}


def test_the_account_list_names_the_account(harness, token):
    """Branch and filled-up number of the list make up the account key."""
    (account,) = ask(harness, f"{BASE}/banks/33/accounts", token=token).json()["_content"]

    assert f"{account['branchCode']}.{account['number']}" == account_key(harness)
    assert account["checkDigit"] == account["number"][-1]


def test_the_account_list_has_one_page(harness, token):
    """Its second page has no list, so that who walks it comes to an end."""
    answer = ask(harness, f"{BASE}/banks/33/accounts", token=token, params={"_offset": "2", "_limit": "10"}).json()

    assert answer == {"_pageable": {"totalPages": "1", "totalRecords": "1", "_moreElements": False}}
    assert ask(harness, f"{BASE}/banks/33/accounts", token=token, params={"_limit": "51"}).status_code == 400


def in_open_finance_form(harness, token, **changed):
    branch, _, number = account_key(harness).partition(".")
    params = {"branchCode": branch, "accountNumber": number, **WEEK, **changed}
    return ask(harness, f"{BASE}/banks/33/statements", token=token, params={k: v for k, v in params.items() if v})


def test_the_open_finance_form(harness, token):
    """Ids, ISO days and signed numbers, for the same movements as in the pages."""
    rows = in_open_finance_form(harness, token).json()["_content"]
    paged = statement(harness, token, params={**PAGED, "_limit": "500"}).json()["_content"]

    assert [(row["creditDebitType"], f"{abs(Decimal(str(row['amount']))):.2f}") for row in rows] == [
        (row["creditDebitType"], row["amount"]) for row in paged
    ]
    assert all((row["amount"] > 0) is (row["creditDebitType"] == "CREDITO") for row in rows)
    assert len({row["transactionId"] for row in rows}) == len(rows)
    assert {row["transactionDate"][:8] for row in rows} == {"2026-03-"}


def test_the_open_finance_form_takes_the_number_without_its_check_digit(harness, token):
    """Clients do not agree on whether it belongs to the number."""
    number = account_key(harness).partition(".")[2]

    without = in_open_finance_form(harness, token, accountNumber=number[:-1].zfill(12))

    assert without.json() == in_open_finance_form(harness, token).json()


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"accountNumber": "12345678"}, 422, "accountNumber"),
        ({"branchCode": ""}, 422, "branchCode"),
        ({"accountId": "7"}, 422, "accountId"),
        ({"finalDate": ""}, 400, "finalDate"),
    ],
)
def test_wrong_parameters_of_the_open_finance_form(harness, token, changed, status, field):
    """Branch and account with all their zeros, and both days."""
    answer = in_open_finance_form(harness, token, **changed)

    assert (answer.status_code, answer.json()["_errors"][0]["_field"]) == (status, field)


@pytest.mark.parametrize(("page_size", "more"), [(0, False), (2, True)])
def test_the_open_finance_form_says_whether_there_is_more(page_size, more):
    """Where an answer is cut, it says so and has no way to the rest."""
    harness, token = playing(page_size=page_size)
    answer = in_open_finance_form(harness, token).json()

    assert answer["_pageable"] == {"_moreElements": more}
    assert (len(answer["_content"]) == page_size) is more


def test_the_workspaces_of_the_payments(harness, token):
    """An application has one, which can be asked for by its id too."""
    path = "/management_payments_partners/v1/workspaces"
    (found,) = ask(harness, path, token=token).json()["_content"]

    assert (found["type"], found["status"]) == ("PAYMENTS", "ACTIVE")
    assert ask(harness, f"{path}/{found['id']}", token=token).json() == found
    assert ask(harness, f"{path}/7", token=token).status_code == 404


def test_homologation(harness):
    """A third host, with tokens of its own."""
    token = token_of(harness, host=HOMOLOGATION).json()["access_token"]

    assert ask(harness, f"{BASE}/banks/33/accounts", token=token, host=HOMOLOGATION).status_code == 200
    assert ask(harness, f"{BASE}/banks/33/accounts", token=token).status_code == 401


def test_the_balance_includes_what_is_invested(harness, token):
    """What is available at present includes the investment, which the rows have taken from the account."""
    harness.clock.advance(timedelta(hours=13))
    token = token_of(harness).json()["access_token"]
    balance = ask(harness, f"{BASE}/banks/33/balances/{account_key(harness)}", token=token).json()
    invested = Decimal(balance["automaticallyInvestedAmount"])

    assert invested > 0
    booked = harness.simulated.ledger.balance_at(harness.clock.now())
    assert Decimal(balance["availableAmount"]) == booked + invested
    assert balance["blockedAmount"] == "0.00"


def test_an_account_without_movement_has_no_sweeps():
    """Where nothing moves, nothing is swept."""
    harness = PureHarness("santander", NOW, scenario="empty")
    token = token_of(harness).json()["access_token"]

    assert statement(harness, token).json()["_pageable"]["totalRecords"] == "0"


# --- the rest


@pytest.mark.parametrize("path", [f"{BASE}/banks/banks/33/accounts", f"{BASE}/statements", "/"])
def test_unknown_paths(harness, token, path):
    """What the API gateway does not know is its own fault, the doubled segment of the portal's text included."""
    answer = ask(harness, path, token=token)

    assert (answer.status_code, list(answer.json())) == (404, ["fault"])


def test_other_reads_are_no_listed_operation(harness, token):
    """Reads that no contract lists stand in the journal as such."""
    ask(harness, f"{BASE}/banks/33/accounts", token=token)

    assert harness.world.journal.records[-1].operation is None


def test_a_write_is_answered_and_recorded(harness, token):
    """A payment is answered like the bank and stands in the journal as a write."""
    path = "/management_payments_partners/v1/workspaces/7/pix_payments"

    assert ask(harness, path, token=token, method="POST", json={}).status_code == 201
    assert harness.world.journal.records[-1].write
