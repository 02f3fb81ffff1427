"""Cora, Integração Direta: a client id whose secret is the certificate, centavos without sign, pages without a total.

Written from developers.cora.com.br: client credentials of Integração Direta, balance, account, statement.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import jwt

from tests.served.clients.https import HttpsClient

HOST = "https://matls-clients.api.cora.com.br"
BRASILIA = ZoneInfo("America/Sao_Paulo")
ROWS = 100
DAY = timedelta(days=1)


def read(https: HttpsClient, listed: dict, first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days `first` to `last` in Brasília: the day and the signed amount."""
    headers = {"Authorization": f"Bearer {authenticate(https, listed)}", "Accept": "application/json"}
    look_around(https, headers)
    # The bank does not say where its days begin: one more is asked for on each side.
    query = {
        "start": (date.fromisoformat(first) - DAY).isoformat(),
        "end": (date.fromisoformat(last) + DAY).isoformat(),
        "perPage": ROWS,
        "aggr": "true",
    }
    rows, pages = [], []
    while not pages or pages[-1].get("entries"):
        pages.append(page_of(https, {**query, "page": len(pages) + 1}, headers))
        rows += pages[-1].get("entries", [])
    check_sums(pages[0], rows)
    assert len({row["id"] for row in rows}) == len(rows)
    found = [(day(row["createdAt"]), signed(row)) for row in rows]
    return [(booked, amount) for booked, amount in found if first <= booked <= last]


def authenticate(https: HttpsClient, listed: dict) -> str:
    """An access token of a day, a JWT, for the client id alone."""
    form = {"grant_type": "client_credentials", "client_id": listed["credentials"]["client_id"]}
    refused = https.send("POST", f"{HOST}/token", form={**form, "client_id": "int-somebody-else"})
    assert (refused.status, refused.json()["error"]) == (401, "invalid_client")

    answer = https.send("POST", f"{HOST}/token", form=form)
    token = answer.json()
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert (token["token_type"], token["expires_in"], token["refresh_expires_in"]) == ("Bearer", 86_400, 0)
    assert "refresh_token" not in token
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == token["expires_in"]
    return token["access_token"]


def look_around(https: HttpsClient, headers: dict) -> None:
    """Balance and account, and how a wrong date and a missing token are refused."""
    balance = https.send("GET", f"{HOST}/third-party/account/balance", headers=headers).json()
    assert type(balance["balance"]) is int
    account = https.send("GET", f"{HOST}/third-party/account/", headers=headers).json()
    assert account.keys() == {"agency", "accountNumber", "accountDigit", "bankCode", "bankName"}
    assert (account["agency"], account["bankCode"]) == ("0001", "403")

    statement = f"{HOST}/bank-statement/statement"
    assert https.send("GET", statement).status == 401
    assert https.send("GET", statement, query={"start": "2023-04-31"}, headers=headers).status == 500
    plain = https.send("GET", statement, headers=headers).json()
    assert len(plain["entries"]) <= 10
    assert "aggregations" not in plain


def page_of(https: HttpsClient, query: dict, headers: dict) -> dict:
    """One page; pages count from 1 and none gives their number."""
    answer = https.send("GET", f"{HOST}/bank-statement/statement", query=query, headers=headers)
    page = answer.json()
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert page["start"].keys() == page["end"].keys() == {"date", "balance"}
    assert page["header"].keys() == {"businessName", "businessDocument"}
    assert len(page.get("entries", [])) <= ROWS
    return page


def check_sums(page: dict, rows: list[dict]) -> None:
    """Balances at both ends, totals and rows agree to the centavo."""
    totals = page["aggregations"]
    moved = sum(signed(row) for row in rows)
    assert Decimal(page["end"]["balance"] - page["start"]["balance"]).scaleb(-2) == moved
    assert Decimal(totals["creditTotal"] - totals["debitTotal"]).scaleb(-2) == moved


def signed(row: dict) -> Decimal:
    """The amount in reais; its direction stands in `type`."""
    assert type(row["amount"]) is int
    assert row["amount"] > 0
    assert row["id"].startswith("ent_")
    if (transaction := row["transaction"]) is not None:
        assert transaction["id"].startswith("trx_")
        assert isinstance(transaction["description"], str)
        assert transaction.get("counterParty", {"name": "", "identity": ""}).keys() == {"name", "identity"}
    credit = {"CREDIT": True, "UNBLOCK": True, "DEBIT": False, "BLOCK": False}[row["type"]]
    return Decimal(row["amount"] if credit else -row["amount"]).scaleb(-2)


def day(created_at: str) -> str:
    """The day in Brasília of an instant whose offset has two digits."""
    assert created_at.endswith("+00")
    return datetime.fromisoformat(created_at).astimezone(BRASILIA).date().isoformat()
