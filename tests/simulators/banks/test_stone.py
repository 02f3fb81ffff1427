"""What the simulated Stone refuses, and how.

Long because token server and API have rules of their own, and rows differ by type.
"""

import base64
import itertools
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import jwt
import pytest

from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.rsa_keys import rsa_key_pair
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
API = "https://api.openbank.stone.com.br"
TOKENS = "https://accounts.openbank.stone.com.br"
REALM = f"{TOKENS}/auth/realms/stone_bank"
TOKEN_URL = f"{REALM}/protocol/openid-connect/token"
PARTY = Party("Fulana de Tal", "12345678909", "001", "00000000", "Banco do Brasil S.A.", "4321", "98765")
COMPANY = Party("Padaria Aurora Ltda", "11222333000181", ispb="99999999")


def entry(day, amount, kind, party=None, **fields):
    moment = datetime(2026, 3, day, 22, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type=kind, counterparty=party, **fields)


LEDGER = (
    entry(9, "900.00", "PIX", COMPANY),
    entry(10, "-450.00", "TED", PARTY),
    entry(11, "-10.00", "OUTROS"),
    entry(12, "-20.00", "PIX", COMPANY),
    entry(13, "30.00", "CARTAO"),
)


def pair_of(*entries, **parameters):
    return PureHarness("stone", NOW, source=Fixed(entries), parameters=Parameters(**parameters))


@pytest.fixture
def harness():
    return pair_of(*LEDGER)


def assertion(harness, *, key="", **changed):
    """An assertion as the documentation wants it, with these claims changed, or left out where they are None."""
    now, client = int(harness.clock.now().timestamp()), harness.simulated.credentials["client_id"]
    claims = {
        "iss": client,
        "sub": client,
        "clientId": client,
        "aud": REALM,
        "realm": "stone_bank",
        "jti": "an-id",
        "iat": now,
        "nbf": now,
        "exp": now + 900,
        **changed,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key or harness.simulated.credentials["private_key"], algorithm="RS256")


def token_answer(harness, signed, *, url=TOKEN_URL, headers=None, **form):
    data = {
        "client_id": harness.simulated.credentials["client_id"],
        "grant_type": "client_credentials",
        "client_assertion": signed,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        **form,
    }
    return harness.bank.answer(httpx.Request("POST", url, data=data, headers={"user-agent": "app", **(headers or {})}))


def ask(harness, path, token="", **query):
    headers = {"user-agent": "app", "authorization": f"Bearer {token}"}
    return harness.bank.answer(httpx.Request("GET", API + path, params=query or None, headers=headers))


@pytest.fixture
def token(harness):
    return token_answer(harness, assertion(harness)).json()["access_token"]


def own(harness, what="/statement"):
    return f"/api/v1/accounts/{harness.simulated.credentials['account_id']}{what}"


def ids(answer):
    return [row["id"] for row in answer.json()["data"]]


# --- the token server


def test_a_good_assertion(harness):
    """The token lasts 15 minutes, is itself signed, and names no scope but those of the application."""
    answer = token_answer(harness, assertion(harness))

    body = answer.json()
    assert (answer.status_code, body["expires_in"], body["token_type"]) == (200, 900, "bearer")
    assert body["scope"] == "paymentaccount:read"
    assert jwt.get_unverified_header(body["access_token"])["kid"]
    assert set(body) == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "token_type",
        "not-before-policy",
        "session_state",
        "scope",
    }


def test_a_refresh_token_is_taken_nowhere(harness):
    """Each token is asked for with a new assertion, as the bank documents it."""
    refresh = token_answer(harness, assertion(harness)).json()["refresh_token"]

    for url in (TOKEN_URL, TOKEN_URL.replace("accounts", "sandbox-accounts")):
        renewal = {"grant_type": "refresh_token", "refresh_token": refresh}
        assert token_answer(harness, assertion(harness, jti=url), url=url, **renewal).json()["error"]


def test_what_the_token_says(harness):
    """The claims of the documentation's decoded sample."""
    claims = jwt.decode(
        token_answer(harness, assertion(harness)).json()["access_token"], options={"verify_signature": False}
    )
    client = harness.simulated.credentials["client_id"]

    assert claims["azp"] == claims["clientId"] == claims["stone_subject_id"].removeprefix("application:") == client
    assert claims["sub"] != client
    assert {"jti", "iss", "typ", "scope", "session_state", "acr", "auth_time", "nbf", "iat", "exp"} <= claims.keys()


def test_how_the_banks_own_libraries_ask():
    """They name the client otherwise, know no issuer, last two hours: all at once in the older edition."""
    harness = pair_of(*LEDGER)
    old = {"clientId": None, "client_id": harness.simulated.credentials["client_id"]}
    older = {**old, "iss": None, "exp": int(NOW.timestamp()) + 7200}

    assert token_answer(harness, assertion(harness, **old)).status_code == 200
    assert token_answer(harness, assertion(harness, jti="b", **older)).status_code == 400
    harness = pair_of(*LEDGER, readings={"assertion": "older"})
    assert token_answer(harness, assertion(harness, **older)).status_code == 200
    assert token_answer(harness, assertion(harness, jti="c")).status_code == 200
    assert token_answer(harness, assertion(harness, jti="d", **{**older, "iss": "another"})).status_code == 400
    assert token_answer(harness, assertion(harness, jti="e", **{**older, "client_id": "another"})).status_code == 400
    assert token_answer(harness, assertion(harness, jti="f", **{**older, "exp": older["exp"] + 1})).status_code == 400


SKEWED = int(NOW.timestamp()) + 60


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": TOKEN_URL},
        {"aud": REALM.replace("accounts", "sandbox-accounts")},
        {"iss": None},
        {"iss": "another"},
        {"sub": "another"},
        {"clientId": None},
        {"clientId": "another"},
        {"realm": "master"},
        {"realm": None},
        {"jti": None},
        {"nbf": None},
        {"iat": None},
        {"exp": None},
        {"exp": int(NOW.timestamp())},
        {"exp": int(NOW.timestamp()) + 901},
        {"exp": int(NOW.timestamp()) + 7200},
        {"exp": "soon"},
        {"iat": SKEWED},
        {"nbf": SKEWED},
        {"key": rsa_key_pair("somebody else")[0]},
    ],
)
def test_a_bad_assertion(harness, changed):
    """Signature, audience, issuer, realm and life are all checked."""
    answer = token_answer(harness, assertion(harness, **changed))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_an_assertion_is_good_once(harness):
    """The same assertion is refused the second time; a refused one is not used up."""
    assert token_answer(harness, assertion(harness, realm="other")).status_code == 400
    assert token_answer(harness, assertion(harness)).status_code == 200

    again = token_answer(harness, assertion(harness))

    assert again.status_code == 400
    assert "reuse" in again.json()["error_description"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "none"}, 400, "invalid_client"),
        ({"client_assertion": "no.jwt"}, 400, "invalid_client"),
        ({"client_assertion": ""}, 400, "invalid_client"),
    ],
)
def test_a_bad_token_request(harness, form, status, error):
    """Unknown clients, other grants and other proofs are refused in the token server's words."""
    answer = token_answer(harness, "", **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_callers_must_name_themselves(harness, token):
    """Without `User-Agent` neither the token server nor the API answers."""
    assert (
        token_answer(harness, assertion(harness, jti="x"), headers={"user-agent": ""}).json()["error"]
        == "invalid_request"
    )
    request = httpx.Request("GET", API + own(harness), headers={"authorization": f"Bearer {token}"})

    answer = harness.bank.answer(request)

    assert (answer.status_code, answer.json()) == (403, {"type": "srn:error:forbidden"})


# --- the API


def test_the_api_speaks_another_language_of_errors(harness, token):
    """No token, an unknown or an expired one: 401 without a reason."""
    unauthenticated = {"type": "srn:error:unauthenticated"}
    for value in ("", "unknown"):
        assert ask(harness, own(harness), value).json() == unauthenticated

    harness.clock.advance(timedelta(minutes=15))

    answer = ask(harness, own(harness), token)
    assert (answer.status_code, answer.json()) == (401, unauthenticated)


@pytest.mark.parametrize("what", ["", "/statement", "/balance"])
def test_somebody_elses_account_is_no_account(harness, token, what):
    """An account that does not exist and one of another holder are refused alike."""
    other = harness.bank.open_account("777")
    for account_id in (other.credentials["account_id"], "5e0b8f0c-2f39-4c5e-8c57-3d1f4a9b6c10"):
        answer = ask(harness, f"/api/v1/accounts/{account_id}{what}", token)
        assert (answer.status_code, answer.json()) == (403, {"type": "srn:error:unauthorized"})


def test_every_answer_has_a_request_id(harness, token):
    """Also refusals have one, and no two are alike."""
    answers = (ask(harness, own(harness), token), ask(harness, own(harness)), ask(harness, "/api/v2/none"))

    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert (answers[2].status_code, answers[2].json()) == (404, {"type": "srn:error:not_found"})


def test_a_whole_statement(harness, token):
    """Newest first, instants in UTC, money in centavos, balances that chain."""
    body = ask(harness, own(harness), token).json()

    rows = body["data"]
    assert body["cursor"] == {"after": None, "before": None, "limit": 25}
    assert [row["type"] for row in rows] == [
        "card_payment",
        "outbound_pix_payment",
        "balance_blocked",
        "external",
        "pix_payment",
    ]
    assert rows[0]["created_at"] == "2026-03-14T01:00:00Z"
    assert [row["amount"] for row in rows] == [3000, -2000, -1000, -45000, 90000]
    for newer, older in itertools.pairwise(rows):
        assert newer["balance_before"] == older["balance_after"]


def test_rows_differ_by_type(harness, token):
    """Fees, counterparties and keys are where the documentation has them."""
    card, pix, blocked, ted, _ = ask(harness, own(harness), token).json()["data"]

    assert (ted["fee_amount"], ted["operation_amount"]) == (400, 44600)
    assert ted["counter_party"]["account"]["institution"] == "00000000"
    assert pix["counterparty_agent"]["entity"]["document_type"] == "cnpj"
    assert "counter_party" not in pix
    assert (blocked["operation_amount"], bool(blocked["reason"])) == (1000, True)
    assert not {"operation_id", "fee_amount", "counter_party"} & card.keys()
    assert "operation_id" not in blocked
    assert {name for name, value in ted.items() if value is None} == {
        "refund_reason_code",
        "refund_reason_description",
        "scheduled_at",
        "scheduled_to_effective",
        "scheduled_to_requested",
    }


def test_a_bill_and_a_purchase():
    """Most details of a bill are null or zero; a purchase tells where it was made."""
    harness = pair_of(entry(9, "900.00", "PIX"), entry(10, "-50.00", "BOLETO", COMPANY), entry(11, "-7.00", "CARTAO"))
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    purchase, bill, _ = ask(harness, own(harness), token).json()["data"]

    assert (bill["details"]["recipient_cpf_cnpj"], bill["details"]["fine_value"]) == (COMPANY.tax_id, 0)
    assert bill["details"]["value"] is bill["scheduled_to"] is None
    assert bill["details"]["writable_line"] == bill["writable_line"]
    assert purchase["transaction_authorization"]["value"] == {"amount": 700, "currency": "BRL"}
    assert purchase["card_acceptor"].keys() == {"city", "country", "mcc", "name"}


def test_a_boleto_paid_to_the_account():
    """It has the type of a boleto paid, but is a credit with payer and payee in a form of their own, and no details."""
    harness = pair_of(entry(9, "900.00", "BOLETO", COMPANY))
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    (row,) = ask(harness, own(harness), token).json()["data"]

    assert (row["type"], row["operation"]) == ("payment", "credit")
    assert (row["payer"]["legal_name"], row["payer"]["document"]) == (COMPANY.name, COMPANY.tax_id)
    assert row["beneficiary"]["document"] == harness.simulated.holder_tax_id
    assert not row.keys() & {"details", "operation_id", "counter_party"}
    assert harness.bank.names_party(harness.simulated.ledger.entries(NOW.date().replace(day=9), NOW.date(), NOW)[0])


def test_a_transfer_within_stone():
    """A party at Stone itself has a name and a number, but no document."""
    harness = pair_of(entry(9, "900.00", "TRANSFERENCIA_MESMA_INSTITUICAO", PARTY))
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    (row,) = ask(harness, own(harness), token).json()["data"]

    assert {name: value.rstrip() for name, value in row["counter_party"]["entity"].items()} == {"name": PARTY.name}
    assert row["counter_party"]["account"]["account_code"] == PARTY.account
    assert row["scheduled_to"] is None
    assert harness.bank.names_party(harness.simulated.ledger.entries(NOW.date().replace(day=9), NOW.date(), NOW)[0])


def test_an_entry_without_another_party(harness):
    """Where nobody is known, the object is null or absent."""
    kinds = ("TED", "PIX", "BOLETO", "TRANSFERENCIA_MESMA_INSTITUICAO")
    other = pair_of(entry(9, "900.00", "PIX"), *(entry(10, "-1.00", kind) for kind in kinds))
    token = token_answer(other, assertion(other)).json()["access_token"]

    internal, boleto, pix, ted, _ = ask(other, own(other), token).json()["data"]

    assert (internal["counter_party"], ted["counter_party"]) == (None, None)
    assert boleto["details"]["recipient_name"] is None
    assert "counterparty_agent" not in pix


def test_pages_by_cursor(harness, token):
    """`after` leads to older entries, `before` back; the ends are null and a cursor must be percent-encoded."""
    whole = ids(ask(harness, own(harness), token))
    first = ask(harness, own(harness), token, limit="2")
    second = ask(harness, own(harness), token, limit="2", after=first.json()["cursor"]["after"])
    third = ask(harness, own(harness), token, limit="2", after=second.json()["cursor"]["after"])
    back = ask(harness, own(harness), token, limit="2", before=second.json()["cursor"]["before"])
    newest = ask(harness, own(harness), token, limit="2", before=first.json()["cursor"]["after"])

    assert ids(first) + ids(second) + ids(third) == whole
    assert first.json()["cursor"]["before"] is None
    assert third.json()["cursor"]["after"] is None
    assert ids(back) == ids(first)
    assert ids(newest) == whole[:1]
    raw = first.json()["cursor"]["after"]
    request = httpx.Request(
        "GET",
        f"{API}{own(harness)}?after={raw}",
        headers={"user-agent": "app", "authorization": f"Bearer {token}"},
    )
    assert "+" in raw
    assert harness.bank.answer(request).json() == {"type": "srn:error:invalid_cursor", "path": "after"}


def test_before_the_newest_entry(harness, token):
    """Nothing is newer than the newest entry."""
    newest = base64.b64encode(b"\xfb\xff" + ids(ask(harness, own(harness), token))[0].encode()).decode()

    assert ids(ask(harness, own(harness), token, before=newest)) == []


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        *(("limit", sent) for sent in ("0", "-1", "ten")),
        *(("after", sent) for sent in ("?", "", "null")),
        *(("before", sent) for sent in ("bm9uZQ==", "null")),
    ],
)
def test_bad_cursors(harness, token, name, sent):
    """Limits and cursors that make no sense get 400, and the path names them."""
    answer = ask(harness, own(harness), token, **{name: sent})

    assert (answer.status_code, answer.json()) == (400, {"type": "srn:error:invalid_cursor", "path": name})


def test_the_largest_page(harness):
    """A page has at most 100 entries, and the answer says so."""
    other = pair_of(entry(9, "900.00", "PIX"), *[entry(10, "-1.00", "CARTAO")] * 120)
    token = token_answer(other, assertion(other)).json()["access_token"]

    body = ask(other, own(other), token, limit="5000").json()

    assert (len(body["data"]), body["cursor"]["limit"]) == (100, 100)


@pytest.mark.parametrize("name", ["start_datetime", "end_datetime"])
@pytest.mark.parametrize("value", ["2026-03-10", "2026-03-10T00:00:00-03:00", "10/03/2026", ""])
def test_bad_instants(harness, token, name, value):
    """Only date-times in UTC are understood."""
    answer = ask(harness, own(harness), token, **{name: value})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"error": "is invalid", "path": [name]}]


def test_instants_with_fractions(harness, token):
    """Fractions of a second are understood."""
    answer = ask(
        harness, own(harness), token, start_datetime="2026-03-13T01:00:00.000Z", end_datetime="2026-03-13T01:00:00.999Z"
    )

    assert len(ids(answer)) == 1


@pytest.mark.parametrize(("reading", "count"), [("inclusive", 2), ("exclusive", 1)])
def test_the_end_of_a_period(reading, count):
    """Whether the last second belongs to it is played either way; the first second does."""
    harness = pair_of(*LEDGER, readings={"end_datetime": reading})
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    answer = ask(
        harness, own(harness), token, start_datetime="2026-03-12T01:00:00Z", end_datetime="2026-03-13T01:00:00Z"
    )

    assert len(ids(answer)) == count


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_instants_far_away(harness, token, instant):
    """The ends of time are instants like others."""
    assert ids(ask(harness, own(harness), token, start_datetime=instant, end_datetime=instant)) == []


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "external"}, ["external"]),
        ({"type[]": ["external", "card_payment"]}, ["card_payment", "external"]),
        ({"type": "balance_block"}, ["balance_blocked"]),
        ({"operation": "credit"}, ["card_payment", "pix_payment"]),
        ({"operation": "debit", "type": "pix_payment"}, []),
    ],
)
def test_filters(harness, token, query, types):
    """By type, once or more often, and by direction."""
    assert [row["type"] for row in ask(harness, own(harness), token, **query).json()["data"]] == types


def test_readings_of_the_answer():
    """The status and the meaning of `amount` are played as documented too."""
    harness = pair_of(*LEDGER, readings={"statement_status": "201", "amount": "without_fee"})
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    answer = ask(harness, own(harness), token, type="external")

    assert answer.status_code == 201
    assert answer.json()["data"][0]["amount"] == -44600


def test_the_balance(harness, token):
    """What is free to use and what is blocked stand apart."""
    assert ask(harness, own(harness, "/balance"), token).json() == {
        "balance": 45000,
        "blocked_balance": 1000,
        "scheduled_balance": 0,
    }


def test_the_balance_of_an_unused_account():
    """An account without entries holds nothing."""
    harness = pair_of()
    token = token_answer(harness, assertion(harness)).json()["access_token"]

    assert ask(harness, own(harness, "/balance"), token).json()["balance"] == 0
    assert ask(harness, own(harness), token).json() == {
        "cursor": {"after": None, "before": None, "limit": 25},
        "data": [],
    }


def test_the_accounts(harness, token):
    """The list is bare unless pages are asked for; one account alone looks the same."""
    listed = ask(harness, "/api/v1/accounts", token).json()

    assert ask(harness, "/api/v1/accounts", token, paginate="true").json()["data"] == listed
    assert ask(harness, own(harness, ""), token).json() == listed[0]
    assert listed[0]["id"] == harness.simulated.credentials["account_id"]


def test_a_single_entry(harness, token):
    """An entry is found by its id, and only by its own account."""
    row = ask(harness, own(harness), token).json()["data"][1]

    assert ask(harness, f"/api/v1/statement/entries/{row['id']}", token).json() == row
    assert ask(harness, own(harness, f"/statement/entries/{row['id']}"), token).json() == row
    assert ask(harness, "/api/v1/statement/entries/none", token).status_code == 404


def test_fees(harness, token):
    """The scope for fees is one that only an application of the sandbox is born with."""
    assert ask(harness, own(harness, "/fees"), token).json() == {"type": "srn:error:unauthorized"}
    sandbox = REALM.replace("accounts", "sandbox-accounts")
    url = f"{sandbox}/protocol/openid-connect/token"
    token = token_answer(harness, assertion(harness, aud=sandbox, jti="s"), url=url).json()["access_token"]

    def fees(what):
        url = API.replace("api", "sandbox-api", 1) + own(harness, f"/fees{what}")
        return harness.bank.answer(
            httpx.Request("GET", url, headers={"user-agent": "a", "authorization": f"Bearer {token}"})
        )

    listed = fees("").json()
    assert listed["cursor"]["limit"] == 25
    assert fees("/internal_transfer").json() == {"fee_type": "internal_transfer", "amount": 0}
    assert fees("/external_transfer").json() in listed["data"]
    assert fees("/none").status_code == 404


def test_writes_are_answered_and_recorded(harness, token):
    """A transfer looks accepted and stands in the journal as what no reader may do."""
    answer = harness.bank.answer(httpx.Request("POST", f"{API}/api/v1/external_transfers", json={"amount": 3000}))

    assert answer.status_code == 202
    assert harness.world.journal.records[-1].write
