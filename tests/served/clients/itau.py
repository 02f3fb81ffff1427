"""Itaú, Account Statement API: a client from the developer portal's pages and the API's own parameter names.

Tokens come from the token service by client credentials over mutual TLS and live five minutes; every call shows the
certificate, the bearer token, the API key and a correlation id of its own. The list is walked until the page past the
end, which is a 422 without a body, because its totals are not to be relied on.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.served.clients.https import HttpsClient, Reply

TOKEN = "https://sts.itau.com.br/api/oauth/token"
API = "https://account-statement.api.itau.com/account-statement/v1"
PAGE_SIZE = 50


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days asked for, by accounting date."""
    credentials, account = listed["credentials"], listed["account"]
    token = _token(https, credentials)
    statement_id = f"{account['branch']:0>4}{account['number']:0>8}"
    query = {"type": "current_account", "start_date": first, "end_date": last, "page_size": PAGE_SIZE}

    _check_refusals(https, credentials, token, statement_id, query)
    _check_balances(https, credentials, token, statement_id)
    found, seen, page = [], set(), 1
    while events := _page(https, credentials, token, statement_id, {**query, "page": page}):
        for event in events:
            key = event.get("id") or (event["code"], event["date"]["accounting"], event["amount"]["value"])
            # Rows of the day after the end may come; the accounting date shows which they are.
            if key not in seen and first <= event["date"]["accounting"] <= last:
                found.append(_movement(event))
            seen.add(key)
        page += 1
    return found


def _token(https: HttpsClient, credentials: dict[str, str]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
    }
    token = _json(https.send("POST", TOKEN, form=form))
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 300
    assert token["access_token"].count(".") == 2, "the access token is a JWT"
    refused = https.send("POST", TOKEN, form={**form, "client_secret": "wrong"})
    assert refused.status == 401
    assert isinstance(refused.json()["error"], str)
    return str(token["access_token"])


def _get(https: HttpsClient, credentials: dict[str, str], token: str, path: str, query: dict[str, Any]) -> Reply:
    headers = {
        "Authorization": f"Bearer {token}",
        "x-itau-apikey": credentials["client_id"],
        "x-itau-correlationID": str(uuid4()),
        "Accept": "application/json",
    }
    return https.send("GET", API + path, query=query, headers=headers)


def _page(
    https: HttpsClient, credentials: dict[str, str], token: str, statement_id: str, query: dict[str, Any]
) -> list[dict[str, Any]]:
    """The events of a page; none where the list is over."""
    answer = _get(https, credentials, token, f"/statements/{statement_id}", query)
    if query["page"] > 1 and answer.status == 422:
        assert answer.body == b""
        return []
    body = _json(answer)
    assert body["filters"] is None
    paging = body["pagination"]
    assert paging["page"] == query["page"]
    assert all(isinstance(paging[name], int) for name in ("total_pages", "total_elements", "page_size"))
    links = paging["links"]
    assert set(links) == {"first", "last", "previous", "next"}
    assert links["previous"] == ("" if query["page"] == 1 else f"/statements/{statement_id}?page={query['page'] - 1}")
    (block,) = body["data"]
    assert "pending_events" not in block, "not asked for"
    assert {"saldo_disponivel", "saldo_total", "saldo_aplic_aut", "saldo_bloqueado"} <= {
        each["type"] for each in block["balances"]
    }
    return list(block["events"])


def _movement(event: dict[str, Any]) -> tuple[str, Decimal]:
    value, credit = Decimal(event["amount"]["value"]), event["operation"] == "C"
    assert event["operation"] in {"C", "D"}
    assert event["amount"]["currency"] == "BRL"
    assert (value > 0) is credit, "debits are negative"
    assert isinstance(event["literal"]["shortened"], str)
    if event["type"] == "agrupamento":
        assert "id" not in event
        assert isinstance(event["number_events"], int)
        assert event["date"]["event"].endswith("T23:59:59.999999999-03:00")
    else:
        assert event["type"] == "lancamento"
        assert str(UUID(event["id"])) == event["id"]
        assert isinstance(event["reversal"], bool)
        assert event["date"]["event"].endswith("Z")
        assert None not in event.get("counterpart", {}).values()
    return event["date"]["accounting"], value


def _check_balances(https: HttpsClient, credentials: dict[str, str], token: str, statement_id: str) -> None:
    body = _json(_get(https, credentials, token, "/balances", {}))
    (account,) = body["data"]
    assert account["statementId"] == statement_id
    assert all(isinstance(each["amount"]["value"], Decimal | int) for each in account["balances"])
    assert "saldo_total" in {each["type"] for each in body["summary"]}


def _check_refusals(
    https: HttpsClient, credentials: dict[str, str], token: str, statement_id: str, query: dict[str, Any]
) -> None:
    """What the bank refuses: an unknown kind of account, no beginning, a wrong token."""
    path = f"/statements/{statement_id}"
    wrong = _get(https, credentials, token, path, {**query, "type": "other"})
    assert (wrong.status, wrong.media_type) == (400, "application/json")
    assert "nonexistent" in wrong.json()["message"]
    assert _get(https, credentials, token, path, {"type": "current_account"}).status == 400
    assert _get(https, credentials, "expired", path, query).status == 401


def _json(answer: Reply) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert answer.media_type == "application/json"
    return dict(answer.json())
