"""Conta Stone, Stone Banking API: a signed assertion instead of a secret, opaque cursors, centavos, instants in UTC.

Written from docs.openbank.stone.com.br: guide on the access token, reference of the account's data and its statement.
"""

import itertools
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import jwt

from tests.served.clients.https import HttpsClient

API = "https://api.openbank.stone.com.br/api/v1"
REALM = "https://accounts.openbank.stone.com.br/auth/realms/stone_bank"
BRASILIA = ZoneInfo("America/Sao_Paulo")
NAME = {"User-Agent": "client-of-the-documentation/1.0"}
ALWAYS = {
    "id": str,
    "type": str,
    "operation": str,
    "amount": int,
    "balance_before": int,
    "balance_after": int,
    "account_id": str,
    "created_at": str,
    "status": str,
}


def read(https: HttpsClient, listed: dict, first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days `first` to `last` in Brasília: the day and the signed amount."""
    headers = {**NAME, "Authorization": f"Bearer {authenticate(https, listed['credentials'])}"}
    account = f"{API}/accounts/{discover(https, headers)}"
    balance = https.send("GET", f"{account}/balance", headers=headers).json()
    assert set(balance) == {"balance", "blocked_balance", "scheduled_balance"}

    period = {"start_datetime": instant(first), "end_datetime": instant(last, days=1, seconds=-1), "limit": 50}
    rows, cursor = [], {}
    while cursor is not None:
        page = page_of(https, f"{account}/statement", {**period, **cursor}, headers)
        rows += page["data"]
        cursor = {"after": page["cursor"]["after"]} if page["cursor"]["after"] is not None else None
    check(rows)
    if rows:
        entry = https.send("GET", f"{API}/statement/entries/{rows[0]['id']}", headers=headers)
        assert entry.json() == rows[0]
    return [(day(row["created_at"]), Decimal(row["amount"]).scaleb(-2)) for row in rows]


def authenticate(https: HttpsClient, given: dict) -> str:
    """An access token of 15 minutes for an assertion signed with the application's key."""
    now = int(https.now)
    client = given["client_id"]
    claims = {"iss": client, "sub": client, "clientId": client, "aud": REALM, "realm": "stone_bank"}
    times = {"iat": now - 30, "nbf": now - 30, "exp": now + 600, "jti": str(uuid.uuid4())}
    form = {
        "client_id": client,
        "grant_type": "client_credentials",
        "client_assertion": jwt.encode({**claims, **times}, given["private_key"], algorithm="RS256"),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    answer = https.send("POST", f"{REALM}/protocol/openid-connect/token", form=form, headers=NAME)
    token = answer.json()
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert (token["token_type"], token["expires_in"]) == ("bearer", 900)
    assert "paymentaccount:read" in token["scope"].split()
    assert jwt.decode(token["access_token"], options={"verify_signature": False})["clientId"] == client
    return token["access_token"]


def discover(https: HttpsClient, headers: dict) -> str:
    """The id of the one account that the application can reach."""
    answer = https.send("GET", f"{API}/accounts", query={"paginate": "true"}, headers=headers).json()
    (account,) = answer["data"]
    assert (answer["cursor"]["after"], answer["cursor"]["limit"]) == (None, 50)
    assert https.send("GET", f"{API}/accounts/{account['id']}", headers=headers).json() == account
    refused = https.send("GET", f"{API}/accounts/{uuid.uuid4()}/statement", headers=headers)
    assert (refused.status, refused.json()) == (403, {"type": "srn:error:unauthorized"})
    assert refused.headers["x-request-id"]
    return account["id"]


def page_of(https: HttpsClient, url: str, query: dict, headers: dict) -> dict:
    """One page, newest entry first."""
    answer = https.send("GET", url, query=query, headers=headers)
    page = answer.json()
    assert answer.status in {200, 201}
    assert answer.media_type == "application/json"
    assert set(page["cursor"]) == {"after", "before", "limit"}
    assert 0 < len(page["data"]) <= page["cursor"]["limit"] <= query["limit"]
    return page


def check(rows: list[dict]) -> None:
    """What the reference promises of every entry, and that the balances chain."""
    for row in rows:
        assert all(type(row[name]) is kind for name, kind in ALWAYS.items()), row
        assert row["operation"] == ("credit" if row["amount"] > 0 else "debit")
        assert row["balance_after"] - row["balance_before"] == row["amount"]
        if "fee_amount" in row:
            assert abs(row["amount"]) == row["operation_amount"] + row["fee_amount"]
        if row["type"] in {"external", "internal"}:
            assert row["counter_party"] is None or row["counter_party"]["account"]["account_code"]
            assert row["scheduled_at"] is None
        if row["type"] == "payment":
            assert ("details" if row["operation"] == "debit" else "payer") in row
    for newer, older in itertools.pairwise(rows):
        assert newer["balance_before"] == older["balance_after"]


def instant(midnight_of: str, **later: int) -> str:
    """A midnight in Brasília as the API wants instants."""
    moment = datetime.fromisoformat(midnight_of).replace(tzinfo=BRASILIA) + timedelta(**later)
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(created_at: str) -> str:
    """The day in Brasília of an instant in UTC."""
    return datetime.fromisoformat(created_at).astimezone(BRASILIA).date().isoformat()
