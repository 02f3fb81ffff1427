"""What the simulated BTG Pactual refuses, and how, and in which forms it answers."""

import base64
import hashlib
import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.journal.politeness import politeness
from simulators.world import Parameters

API = "https://api.empresas.btgpactual.com"
ID = "https://id.btgpactual.com"
SCOPES = "openid empresas.btgpactual.com/accounts.readonly"
BACK = "https://erp.example/back"
MONTH = {"startDate": "2026-02-16", "endDate": "2026-03-17"}


@pytest.fixture
def harness():
    return PureHarness("btg_pactual", NOW)


def token_of(harness, host=ID, client=None, **form):
    held = harness.simulated.credentials
    given = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"], **form}
    request = httpx.Request("POST", f"{host}/oauth2/token", data=given)
    who = client or (held["client_id"], held["client_secret"])
    next(httpx.BasicAuth(*who).sync_auth_flow(request))
    return harness.bank.answer(request)


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


def account_path(harness, *, company="", account=""):
    company = company or harness.simulated.holder_tax_id
    return f"/{company}/banking/accounts/{account or f'{company}-208-50-0{harness.simulated.number}'}"


def get(harness, path, token="", host=API, **query):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return harness.bank.answer(httpx.Request("GET", host + path, params=query or None, headers=headers))


def page_query(harness, **changed):
    query = {
        "client_id": harness.simulated.credentials["client_id"],
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": SCOPES,
        "state": "s",
    }
    return {name: value for name, value in (query | changed).items() if value}


def decide(harness, query=None, **form):
    given = {"decision": "approve", "company": harness.simulated.holder_tax_id, **form}
    url = httpx.URL(f"{ID}/oauth2/authorize", params=query or page_query(harness))
    return harness.bank.answer(httpx.Request("POST", url, data=given))


def back(answer):
    assert answer.status_code == 302
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == BACK
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def redeemed(harness, given, **changed):
    form = {"grant_type": "authorization_code", "code": given, "redirect_uri": BACK, "refresh_token": ""}
    return token_of(harness, **(form | changed))


def test_the_page_is_plain_and_tells_who_asks_for_what(harness):
    """Company with its CNPJ, every scope, two buttons, a language, labels; no script and nothing from elsewhere."""
    shown = get(harness, "/oauth2/authorize", host=ID, **page_query(harness)).text

    assert '<html lang="pt-BR">' in shown
    assert harness.simulated.holder_tax_id in shown
    assert all(f"<li>{scope}</li>" in shown for scope in SCOPES.split())
    assert re.findall(r'name="decision" value="(\w+)"', shown) == ["approve", "deny"]
    assert shown.count("<label>") == shown.count('type="radio"') == 2
    assert "<script" not in shown
    assert "src=" not in shown


def test_a_holder_on_the_page_is_no_impolite_client(harness):
    """A browser asks for it, so that no contract lists it; an address that nobody has is held against the client."""
    records, known = harness.world.journal.records, {"btg_pactual": harness.bank.contract}
    assert get(harness, "/oauth2/authorize", host=ID, **page_query(harness)).status_code == 200
    assert decide(harness).status_code == 302
    assert [record.by_holder for record in records] == [True, True]
    assert politeness(records, known).polite
    assert get(harness, "/oauth2/nowhere", host=ID).status_code == 404
    verdict = politeness(records, known)
    assert (verdict.polite, verdict.unlisted) == (False, 1)


@pytest.mark.parametrize(
    "changed", [{"client_id": "no"}, {"client_id": ""}, {"redirect_uri": ""}, {"redirect_uri": "javascript:x"}]
)
def test_a_page_that_cannot_be_shown(harness, changed):
    """An application nobody knows, or no address to go back to: an error page, and no redirect."""
    for answer in (
        get(harness, "/oauth2/authorize", host=ID, **page_query(harness, **changed)),
        decide(harness, page_query(harness, **changed)),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "brn:btg:empresas:banking:statements"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_question_the_page_does_not_take(harness, changed, error):
    """The application gets the error."""
    answer = back(get(harness, "/oauth2/authorize", host=ID, **page_query(harness, **changed)))

    assert answer == {"error": error, "iss": ID, "state": "s"}


def test_a_code_is_good_once(harness):
    """It brings tokens of the documented lives, and then nothing any more."""
    answer = back(decide(harness))
    assert (answer["iss"], answer["state"]) == (ID, "s")

    first, second = redeemed(harness, answer["code"]), redeemed(harness, answer["code"])

    body = first.json()
    assert set(body) == {"access_token", "refresh_token", "scope", "id_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86400, SCOPES)
    assert body["access_token"].count(".") == body["id_token"].count(".") == 2
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


def test_state_is_optional(harness):
    """Without one nothing comes back but code and issuer."""
    assert set(back(decide(harness, page_query(harness, state="")))) == {"code", "iss"}


@pytest.mark.parametrize("changed", [{"redirect_uri": "https://erp.example/other"}, {"code": "no"}])
def test_a_code_belongs_to_its_address(harness, changed):
    """The address must be the one of the page to the letter."""
    assert redeemed(harness, back(decide(harness))["code"], **changed).json()["error"] == "invalid_grant"


def test_a_code_lives_a_minute(harness):
    """Then it is refused."""
    code = back(decide(harness))["code"]
    harness.clock.advance(timedelta(seconds=60))

    assert redeemed(harness, code).status_code == 400


def challenged(harness, verifier="v" * 43, **changed):
    """The code of a consent that was asked for with a challenge."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = page_query(harness, **({"code_challenge": digest, "code_challenge_method": "S256"} | changed))
    return back(decide(harness, query))["code"]


def without_secret(harness, **form):
    given = {"client_id": harness.simulated.credentials["client_id"], "redirect_uri": BACK, **form}
    return harness.bank.answer(httpx.Request("POST", f"{ID}/oauth2/token", data=given))


def test_a_verifier_stands_in_for_the_secret(harness):
    """At the code and at each renewal after it; before, no secret means no client."""
    held = harness.simulated.credentials
    assert without_secret(harness, grant_type="refresh_token", refresh_token=held["refresh_token"]).status_code == 401

    first = without_secret(harness, grant_type="authorization_code", code=challenged(harness), code_verifier="v" * 43)
    again = without_secret(harness, grant_type="refresh_token", refresh_token=first.json()["refresh_token"])

    assert (first.status_code, again.status_code) == (200, 200)


@pytest.mark.parametrize("verifier", ["", "w" * 43])
def test_a_code_with_a_challenge_wants_its_verifier(harness, verifier):
    """With the secret as well as without."""
    form = {"grant_type": "authorization_code", "code_verifier": verifier}

    assert without_secret(harness, code=challenged(harness), **form).json()["error"] == "invalid_grant"
    assert redeemed(harness, challenged(harness), code_verifier=verifier).json()["error"] == "invalid_grant"


def test_a_plain_challenge(harness):
    """The method may be left out, and the verifier is then the challenge itself."""
    code = challenged(harness, code_challenge="p" * 43, code_challenge_method="")

    assert redeemed(harness, code, code_verifier="p" * 43).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        "offline_access brn:btg:empresas:banking:payments.readonly",
        "brn:btg:empresas:receivables:credit-card.readonly brn:btg:empresas:receivables:credit-card",
        "empresas.btgpactual.com/accounts brn:btg:empresas:banking:payments brn:btg:empresas:credit-conciliation",
        "empresas.btgpactual.com/bank-slips empresas.btgpactual.com/transfers.readonly",
    ],
)
def test_scopes_of_several_products_are_granted_together(harness, more):
    """Clients that read statements and pay or charge ask for all of it at once, and for a refresh token by name."""
    scope = f"{SCOPES} {more}"

    assert redeemed(harness, back(decide(harness, page_query(harness, scope=scope)))["code"]).json()["scope"] == scope


@pytest.mark.parametrize("form", [{"decision": "deny"}, {"decision": ""}, {"company": "11222333000181"}])
def test_a_refusal_goes_back_to_the_application(harness, form):
    """As does a company that the login does not have."""
    assert back(decide(harness, **form))["error"] == "access_denied"


def test_another_company_of_the_login(harness):
    """Its token is refused for the company in the path, and the simulated bank knows nothing of the other one."""
    shown = get(harness, "/oauth2/authorize", host=ID, **page_query(harness)).text
    another = re.findall(r'value="(\d{14})"', shown)[1]

    body = redeemed(harness, back(decide(harness, company=another))["code"]).json()

    for company in (harness.simulated.holder_tax_id, another):
        assert get(harness, f"/{company}/banking/accounts", body["access_token"]).status_code == 403


@pytest.mark.parametrize("client", [("no", "no"), ("", "")])
def test_wrong_client(harness, client):
    """The token endpoint wants the application's own Basic header."""
    answer = token_of(harness, client=client)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("header", ["", "Basic !", "Basic /w==", "Bearer abc"])
def test_no_basic_header(harness, header):
    """Credentials in the form do not count, nor does a header that cannot be read."""
    held = harness.simulated.credentials
    form = {"grant_type": "client_credentials", "client_id": held["client_id"], "client_secret": held["client_secret"]}
    request = httpx.Request("POST", f"{ID}/oauth2/token", data=form, headers={"authorization": header})

    assert harness.bank.answer(request).status_code == 401


def test_unknown_grant(harness):
    """Passwords are not taken."""
    assert token_of(harness, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_client_credentials_are_granted_and_then_refused(harness):
    """The token looks like any other, without refresh token; no account may be read with it."""
    body = token_of(harness, grant_type="client_credentials", scope=SCOPES).json()

    assert set(body) == {"access_token", "scope", "token_type", "expires_in"}
    answer = get(harness, account_path(harness) + "/statements", body["access_token"], **MONTH)
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("Insufficient scope. Required: ")


def test_a_code_of_the_sandbox_is_unknown_in_production(harness):
    """It is not used up there, and brings tokens where it was given."""
    sandbox = ID.replace("id.", "id.sandbox.")
    page = httpx.URL(f"{sandbox}/oauth2/authorize", params=page_query(harness))
    company = re.findall(r'value="(\w{14})"', harness.bank.answer(httpx.Request("GET", page)).text)[0]
    decided = httpx.Request("POST", page, data={"decision": "approve", "company": company})
    code = back(harness.bank.answer(decided))["code"]

    assert redeemed(harness, code).json()["error"] == "invalid_grant"
    assert redeemed(harness, code, host=sandbox).status_code == 200


def test_a_wrong_verifier_uses_the_code_up(harness):
    """A client cannot do without the verifier afterwards."""
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    code = back(decide(harness, page_query(harness, **challenge)))["code"]

    assert redeemed(harness, code, code_verifier="wrong").json()["error"] == "invalid_grant"
    assert redeemed(harness, code).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_replaced(harness):
    """The old one is refused from then on."""
    old = harness.simulated.credentials["refresh_token"]

    new = token_of(harness).json()["refresh_token"]

    assert token_of(harness, refresh_token=old).json()["error"] == "invalid_grant"
    assert token_of(harness, refresh_token=new).status_code == 200


def test_a_refresh_token_that_stays():
    """The other reading: no new one comes, and the old one lives on from each use."""
    harness = PureHarness("btg_pactual", NOW, parameters=Parameters(readings={"refresh_rotation": "never"}))

    for _ in range(3):
        assert "refresh_token" not in token_of(harness).json()
        harness.clock.advance(timedelta(days=9))
    harness.clock.advance(timedelta(days=2))
    assert token_of(harness).status_code == 400


def test_a_refresh_token_lives_ten_days(harness):
    """Who does not come back in time must ask for consent again."""
    token_of(harness)
    harness.clock.advance(timedelta(days=10))

    assert token_of(harness).json()["error"] == "invalid_grant"


def test_a_token_lives_a_day(harness, token):
    """Then it gets 401."""
    assert get(harness, account_path(harness) + "/balances", token).status_code == 200
    harness.clock.advance(timedelta(days=1))

    assert get(harness, account_path(harness) + "/balances", token).status_code == 401
    assert get(harness, account_path(harness) + "/balances").status_code == 401


def test_the_balance_is_the_available_one(harness, token):
    """Beside what is blocked; both as objects."""
    body = get(harness, account_path(harness) + "/balances", token).json()

    assert set(body) == {"accountId", "available", "blocked"}
    assert body["available"]["currency"] == "BRL"
    assert body["blocked"] == {"amount": 0, "currency": "BRL", "blockedDate": None}


def test_branch_and_number_are_padded_in_different_ways(harness, token):
    """The branch has its zeros in the list and none in the id, the number the other way round."""
    listed = get(harness, f"/{harness.simulated.holder_tax_id}/banking/accounts", token).json()["data"]

    assert [(each["branchCode"], each["number"]) for each in listed] == [("0050", harness.simulated.number)]
    assert listed[0]["accountId"] == f"{harness.simulated.holder_tax_id}-208-50-0{harness.simulated.number}"


def test_the_list_tells_what_an_account_is(harness, token):
    """All texts: readers with a strict model want each of them."""
    (listed,) = get(harness, f"/{harness.simulated.holder_tax_id}/banking/accounts", token).json()["data"]

    assert listed["taxId"] == harness.simulated.holder_tax_id
    assert (listed["bankCode"], listed["type"], listed["currency"]) == ("208", "TRANSACTION", "BRL")
    assert (listed["status"], {type(value) for value in listed.values()}) == ("ACTIVE", {str})


def test_the_first_version_answers_bare_lists(harness, token):
    """Its paths have no company; the account of the token is the only one."""
    own = account_path(harness).rpartition("/")[2]

    (listed,) = get(harness, "/v1/accounts", token).json()
    (balance,) = get(harness, "/v1/accounts/balances", token).json()

    assert get(harness, f"/v1/accounts/{own}", token).json() == listed
    assert get(harness, f"/v1/accounts/{own}/balances", token).json() == balance
    assert listed["accountId"] == balance["accountId"] == own
    assert get(harness, "/v1/accounts/1-208-50-1", token).status_code == 404
    assert get(harness, "/v1/accounts").status_code == 401


def test_accounts_of_other_banks_are_listed_when_asked_for(harness, token):
    """They come through the same address under their own bank's code."""
    path = f"/{harness.simulated.holder_tax_id}/banking/accounts"

    assert [each["bankCode"] for each in get(harness, path, token, accountOrigin="OPEN_FINANCE").json()["data"]] == [
        "341"
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"startDate": "2026-03-01"},
        {"startDate": "01/03/2026", "endDate": "2026-03-02"},
        {"startDate": "2026-03-02", "endDate": "2026-03-01"},
    ],
)
def test_periods_that_are_refused(harness, token, query):
    """Missing, unreadable or inverted dates."""
    assert get(harness, account_path(harness) + "/statements", token, **query).status_code == 400


def test_an_unknown_account(harness, token):
    """It gets 404."""
    assert get(harness, account_path(harness, account="1-208-50-1") + "/statements", token, **MONTH).status_code == 404


def test_parameters_nobody_knows_are_ignored(harness, token):
    """One answer holds the whole period."""
    path = account_path(harness) + "/statements"

    plain = get(harness, path, token, **MONTH)

    assert get(harness, path, token, **MONTH, type="simple", page="2", pageSize="1").content == plain.content
    assert set(plain.json()) == {"data"}
    amounts = re.findall(rb'"amount":([^,}]+)', plain.content)
    assert amounts
    assert not [amount for amount in amounts if not re.fullmatch(rb"\d+(\.\d?[1-9])?", amount)]


def test_a_statement_with_all_its_fields(harness, token):
    """The balances of period and days agree with the movements; each movement has an id of its own."""
    data = get(harness, account_path(harness) + "/statements", token, **MONTH).json()["data"]

    balance, ids = Decimal(str(data["balance"]["initial"])), []
    for day in data["dailyMovements"]:
        for row in day["movements"]:
            balance += Decimal(str(row["amount"])) * (1 if row["type"] == "credit" else -1)
            ids.append(row["id"])
            assert ("endToEndId" in row) is row["description"].casefold().startswith("pix")
        assert Decimal(str(day["balance"])) == balance
    assert Decimal(str(data["balance"]["final"])) == balance
    assert len(set(ids)) == len(ids) > 0
    assert str(data["accountNumber"]) == harness.simulated.number


def test_a_statement_with_few_fields():
    """In the other reading there is neither balance nor id."""
    harness = PureHarness("btg_pactual", NOW, parameters=Parameters(readings={"statement_fields": "few"}))
    data = get(
        harness, account_path(harness) + "/statements", token_of(harness).json()["access_token"], **MONTH
    ).json()["data"]

    assert set(data) == {"dailyMovements"}
    assert set(data["dailyMovements"][0]) == {"date", "movements"}
    assert set(data["dailyMovements"][0]["movements"][0]) == {"dateHour", "description", "amount", "type"}


@pytest.mark.parametrize("query", [{"pageNumber": "0"}, {"pageSize": "x"}])
def test_pages_that_are_refused(query):
    """In the reading with pages."""
    harness = PureHarness("btg_pactual", NOW, parameters=Parameters(readings={"paging": "links"}))
    token = token_of(harness).json()["access_token"]

    assert get(harness, account_path(harness) + "/statements", token, **MONTH, **query).status_code == 400


def test_pages_link_to_their_neighbours():
    """In the reading with pages."""
    harness = PureHarness("btg_pactual", NOW, parameters=Parameters(readings={"paging": "links"}, page_size=3))
    token = token_of(harness).json()["access_token"]
    path = account_path(harness) + "/statements"

    first = get(harness, path, token, **MONTH).json()["links"]
    second = harness.bank.answer(
        httpx.Request("GET", first["next"], headers={"authorization": f"Bearer {token}"})
    ).json()["links"]

    assert first["previous"] is None
    assert "pageNumber=1" in second["previous"]
    assert "pageNumber=3" in second["next"]


def test_the_sandbox_knows_one_company(harness):
    """Every other one is refused there."""
    token = token_of(harness, host="https://id.sandbox.btgpactual.com").json()["access_token"]
    api = "https://api.sandbox.empresas.btgpactual.com"

    assert get(harness, account_path(harness) + "/statements", token, host=api, **MONTH).status_code == 403
    known = account_path(harness, company="30306294000145") + "/statements"
    assert get(harness, known, token, host=api, **MONTH).status_code == 200


def test_writes_are_recorded(harness, token):
    """Whoever pays has failed."""
    url = f"{API}/{harness.simulated.holder_tax_id}/banking/payments"

    assert harness.bank.answer(httpx.Request("POST", url, json={})).status_code == 201
    assert harness.world.journal.records[-1].write
