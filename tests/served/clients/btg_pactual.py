"""A client of BTG Pactual Empresas, Saldo e Extrato, from the bank's developer portal and public clients.

It holds the refresh token of a consent that was given on the bank's page. The company stands in the path of every read.
"""

from base64 import b64encode
from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

__all__ = ["read"]

ID = "https://id.btgpactual.com"
API = "https://api.empresas.btgpactual.com"
READS_ACCOUNTS = "empresas.btgpactual.com/accounts.readonly"


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Renewal, list of accounts, balance, statement."""
    credentials, company = listed["credentials"], listed["account"]["holder_tax_id"]
    token = _renewed(https, credentials)
    _check_client_credentials(https, credentials, company)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    (account,) = _get(https, f"{API}/{company}/banking/accounts", headers)["data"]
    assert set(account) >= {"accountId", "taxId", "bankCode", "branchCode", "number"}
    assert (account["bankCode"], account["taxId"]) == ("208", company)
    path = f"{API}/{company}/banking/accounts/{account['accountId']}"
    _check_balance(_get(https, f"{path}/balances", headers), account["accountId"])

    url, period = f"{path}/statements", {"startDate": first, "endDate": last}
    _check_refusals(https, url, headers, period)
    data = _get(https, url, headers, period)["data"]
    assert data == _get(https, url, headers, {**period, "type": "simple"})["data"]
    movements = [(day["date"][:10], row) for day in data["dailyMovements"] for row in day["movements"]]
    assert len({row["id"] for _, row in movements}) == len(movements)
    signed_rows = [(day, _signed(row)) for day, row in movements]
    assert data["balance"]["initial"] + sum(amount for _, amount in signed_rows) == data["balance"]["final"]
    return signed_rows


def _token(https: HttpsClient, credentials: dict[str, str], **form: str) -> Reply:
    """The client in the Basic header (the portal knows no other place)."""
    pair = b64encode(f"{credentials['client_id']}:{credentials['client_secret']}".encode()).decode()
    return https.send("POST", f"{ID}/oauth2/token", headers={"Authorization": f"Basic {pair}"}, form=form)


def _renewed(https: HttpsClient, credentials: dict[str, str]) -> str:
    """A token of a day, in the form of a JWT; a new refresh token, where one comes, replaces the old."""
    reply = _token(https, credentials, grant_type="refresh_token", refresh_token=credentials["refresh_token"])
    assert (reply.status, reply.media_type) == (200, "application/json")
    answer = reply.json()
    assert set(answer) - {"refresh_token"} == {"access_token", "scope", "token_type", "expires_in"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86400)
    assert READS_ACCOUNTS in answer["scope"].split()
    assert answer["access_token"].count(".") == 2
    if "refresh_token" in answer:
        refused = _token(https, credentials, grant_type="refresh_token", refresh_token=credentials["refresh_token"])
        assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
    return str(answer["access_token"])


def _check_client_credentials(https: HttpsClient, credentials: dict[str, str], company: str) -> None:
    """The application alone gets a token without refresh token, and is refused every account."""
    answer = _token(https, credentials, grant_type="client_credentials", scope=READS_ACCOUNTS).json()
    assert set(answer) == {"access_token", "scope", "token_type", "expires_in"}
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert https.send("GET", f"{API}/{company}/banking/accounts", headers=headers).status == 403


def _check_balance(balance: dict[str, Any], account_id: str) -> None:
    """Numbers in reais with their currency; a date of blocking only where there is one."""
    assert balance["accountId"] == account_id
    for part in ("available", "blocked"):
        assert isinstance(balance[part]["amount"], int | Decimal)
        assert balance[part]["currency"] == "BRL"
    assert balance["blocked"]["blockedDate"] is None


def _check_refusals(https: HttpsClient, url: str, headers: dict[str, str], period: dict[str, str]) -> None:
    """No bearer, another company, an unknown account, a period without its end."""
    assert https.send("GET", url, query=period).status == 401
    another = url.replace(url.split("/")[3], "11222333000181", 1)
    assert https.send("GET", another, query=period, headers=headers).status == 403
    unknown = url.replace("-208-", "-208-9", 1)
    assert https.send("GET", unknown, query=period, headers=headers).status == 404
    assert https.send("GET", url, query={"startDate": period["startDate"]}, headers=headers).status == 400


def _signed(row: dict[str, Any]) -> Decimal:
    """Amounts have no sign; `type` tells the direction."""
    assert row["amount"] > 0
    assert row["type"] in {"credit", "debit"}
    assert isinstance(row["description"], str)
    return Decimal(row["amount"]) * (1 if row["type"] == "credit" else -1)


def _get(https: HttpsClient, url: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = https.send("GET", url, query=query, headers=headers)
    assert (reply.status, reply.media_type) == (200, "application/json")
    answer: dict[str, Any] = reply.json()
    return answer
