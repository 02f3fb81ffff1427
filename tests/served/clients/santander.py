"""Santander, Bank Account Information: a client from the portal's description and its collection of requests.

Tokens come from the host that is read, by client credentials over mutual TLS, and live fifteen minutes; every call
shows the certificate, the bearer token and the client id as `X-Application-Key`. The statement by bank and account is
read in pages, which must come to the announced total.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

HOST = "https://trust-open.api.santander.com.br"
API = f"{HOST}/bank_account_information/v1"
SANTANDER = "90400888000142"
"""The bank's CNPJ, by which the path names it."""
PAGE = 50
AMOUNTS = ("available", "blocked", "automaticallyInvested")


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days asked for."""
    credentials = listed["credentials"]
    token = _token(https, credentials)
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Application-Key": credentials["client_id"],
        "Accept": "application/json",
    }
    key = _account_key(https, headers, listed["account"])
    _check_refusals(https, headers, key)
    _check_balance(https, headers, key)

    path, period = f"/banks/{SANTANDER}/statements/{key}", {"initialDate": first, "finalDate": last}
    rows, page, pages = [], 1, 1
    while page <= pages:
        body = _json(_get(https, headers, path, {**period, "_offset": page, "_limit": PAGE}))
        paging = body["_pageable"]
        assert all(isinstance(paging[name], str) for name in ("totalPages", "totalRecords")), "totals are texts"
        rows += [_movement(row) for row in body.get("_content", [])]
        page, pages = page + 1, int(paging["totalPages"])
    assert len(rows) == int(paging["totalRecords"])
    assert rows == _in_the_listing(https, headers, key, period), "both forms of the statement have the same rows"
    return rows


def _token(https: HttpsClient, credentials: dict[str, str]) -> str:
    form = {
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
        "grant_type": "client_credentials",
    }
    url = f"{HOST}/auth/oauth/v2/token"
    body = _json(https.send("POST", url, form=form))
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert {"not-before-policy", "session_state"} <= set(body)
    refused = https.send("POST", url, form={**form, "client_secret": "wrong"})
    assert refused.status == 401
    assert {"error", "error_description"} <= set(refused.json())
    return str(body["access_token"])


def _account_key(https: HttpsClient, headers: dict[str, str], account: dict[str, str]) -> str:
    """Branch and account as paths name them, which the list of accounts confirms."""
    body = _json(_get(https, headers, f"/banks/{SANTANDER}/accounts", {"_offset": 1, "_limit": 50}))
    keys = [f"{row['branchCode']}.{row['number']}" for row in body["_content"]]
    key = f"{account['branch']:0>4}.{account['number']:0>12}"
    assert key in keys
    return key


def _get(https: HttpsClient, headers: dict[str, str], path: str, query: dict[str, Any]) -> Reply:
    return https.send("GET", API + path, query=query, headers=headers)


def _movement(row: dict[str, Any]) -> tuple[str, Decimal]:
    assert isinstance(row["amount"], str)
    assert "-" not in row["amount"], "amounts have no sign"
    assert row["creditDebitType"] in {"CREDITO", "DEBITO"}
    assert row["transactionName"]
    assert None not in row.values(), "what is not there is left out"
    sign = 1 if row["creditDebitType"] == "CREDITO" else -1
    day = datetime.strptime(row["transactionDate"], "%d/%m/%Y").date().isoformat()  # noqa: DTZ007 - a day has no zone
    return day, sign * Decimal(row["amount"])


def _in_the_listing(
    https: HttpsClient, headers: dict[str, str], key: str, period: dict[str, str]
) -> list[tuple[str, Decimal]]:
    """The rows of the listing of own accounts, which goes on by a cursor."""
    rows, query = [], {**period, "_limit": "750"}
    for _ in range(100):
        body = _json(_get(https, headers, f"/transactions/{key}", query))
        assert all(isinstance(row["documentNumber"], str) for row in body.get("_content", []))
        rows += [_movement(row) for row in body.get("_content", [])]
        if not (cursor := body["_pageable"].get("paging")):
            break
        query["_nextPage"] = cursor
    return rows


def _check_balance(https: HttpsClient, headers: dict[str, str], key: str) -> None:
    body = _json(_get(https, headers, f"/banks/{SANTANDER}/balances/{key}", {}))
    for name in AMOUNTS:
        assert Decimal(body[f"{name}Amount"]).is_finite()
        assert body[f"{name}AmountCurrency"] == "BRL"


def _check_refusals(https: HttpsClient, headers: dict[str, str], key: str) -> None:
    """What the bank refuses: a missing day, an account without its zeros, a wrong token, a missing key."""
    path = f"/banks/{SANTANDER}/statements/{key}"
    missing = _get(https, headers, path, {"_offset": 1, "_limit": PAGE})
    assert missing.status == 400
    assert {"_errorCode", "_message", "_details", "_timestamp", "_traceId", "_errors"} <= set(missing.json())
    unpadded = f"/banks/{SANTANDER}/statements/{key.replace('.0', '.').replace('.0', '.')}"
    assert _get(https, headers, unpadded, {}).status == 422
    without = {name: value for name, value in headers.items() if name != "X-Application-Key"}
    for wrong in ({**headers, "Authorization": "Bearer wrong"}, without):
        assert _get(https, wrong, path, {}).status == 401


def _json(answer: Reply) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert answer.media_type == "application/json"
    return dict(answer.json())
