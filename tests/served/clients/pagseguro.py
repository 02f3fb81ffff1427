"""A client of PagSeguro (PagBank), EDI statement API v3.00 and the older 2.01, from the developer portal and clients.

One day a call; the direction of a row is that of its event; balances come apart in v3.00 and beside the rows in 2.01.
"""

from base64 import b64encode
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

__all__ = ["read"]

HOST = "https://edi.api.pagbank.com.br"
CREDITS = {1, 2, 10, 12, 16, 18, 20, 25, 28, 30}
DEBITS = {3, 4, 5, 6, 9, 11, 19, 21, 22, 23, 24, 26, 27, 29}
OPENING, CLOSING = 7, 8
NEVER_NULL = (
    "movimento_api_codigo",
    "codigo_transacao",
    "tipo_evento",
    "meio_pagamento",
    "plano",
    "parcela",
    "cod_banco",
)
AMOUNTS = ("valor_liquido_antecipacao", "valor_parcela", "valor_liquido_transacao", "valor_total_transacao")
"""The first that is not zero moved the account."""


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """The check of the token, then each day on its own."""
    credentials = listed["credentials"]
    pair = b64encode(f"{credentials['user']}:{credentials['token']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Accept": "application/json"}
    _check_credentials(https, credentials)
    day, end, movements = date.fromisoformat(first), date.fromisoformat(last), []
    while day <= end:
        movements += [(row["data_movimentacao"], _signed(row)) for row in _day(https, headers, day.isoformat())]
        day += timedelta(days=1)
    return movements


def _check_credentials(https: HttpsClient, credentials: dict[str, str]) -> None:
    """The path of the check needs no header; any other call does."""
    checked = https.send("GET", f"{HOST}/edi/v1/users/{credentials['user']}/token/{credentials['token']}").json()
    assert (checked["code"], type(checked["codeValue"]), type(checked["message"])) == (200, str, str)
    for headers in ({}, {"Authorization": f"Bearer {credentials['token']}"}):
        reply = https.send("GET", f"{HOST}/movement/v3.00/financial/2026-01-02", headers=headers)
        assert reply.status == 401
        assert isinstance(reply.json()["message"], str)


def _day(https: HttpsClient, headers: dict[str, str], day: str) -> list[dict[str, Any]]:
    """Rows that the balances of the day agree with, in both versions; a 404 is a day without movement."""
    rows = _walk(https, headers, f"{HOST}/movement/v3.00/financial/{day}", {})
    older = _walk(https, headers, f"{HOST}/edi/v1/2.01/movimentos", {"dataMovimento": day, "tipoMovimento": 2})
    assert [row["movimento_api_codigo"] for row in older] == [row["movimento_api_codigo"] for row in rows]
    assert all("quantidade_parcelas" in row for row in rows)
    assert all("quantidade_parcela" in row for row in older)
    sales = _walk(https, headers, f"{HOST}/movement/v3.00/transactional/{day}", {})
    assert {row["tipo_evento"] for row in sales} <= {"1"}
    for row in rows:
        _check(row, day)

    reply = _get(https, headers, f"{HOST}/movement/v3.00/balances/{day}", {"pageNumber": 1, "pageSize": 1000})
    balances = {row["tipo_evento"]: row["valor_saldo"] for row in reply.json()["saldos"]}
    assert balances[OPENING] + sum(_signed(row) for row in rows) == balances[CLOSING]
    return rows


def _walk(https: HttpsClient, headers: dict[str, str], url: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Pages from 1 to `totalPages`."""
    rows: list[dict[str, Any]] = []
    page = pages = 1
    while page <= pages:
        reply = _get(https, headers, url, {**query, "pageNumber": page, "pageSize": 1000})
        if reply.status == 404:
            break
        answer = reply.json()
        assert all(
            type(answer["pagination"][name]) is int for name in ("elements", "totalPages", "page", "totalElements")
        )
        assert answer["pagination"]["page"] == page
        rows += answer["detalhes"]
        page, pages = page + 1, answer["pagination"]["totalPages"]
        assert page <= pages or len(rows) == answer["pagination"]["totalElements"]
    return rows


def _check(row: dict[str, Any], day: str) -> None:
    """Codes, days and times are texts, amounts are numbers without sign, what has no value is left out."""
    assert row["data_movimentacao"] == day
    assert all(isinstance(row[name], str) for name in NEVER_NULL)
    assert all(isinstance(row[name], int | Decimal) and row[name] >= 0 for name in AMOUNTS)
    assert None not in row.values()
    if int(row["tipo_evento"]) == 1:
        assert isinstance(row["meio_captura"], str)
        assert all(isinstance(row[name], int | Decimal) for name in ("taxa_intermediacao", "tarifa_intermediacao"))


def _signed(row: dict[str, Any]) -> Decimal:
    event = int(row["tipo_evento"])
    assert event in CREDITS | DEBITS
    moved = next(Decimal(row[name]) for name in AMOUNTS if row[name])
    return moved if event in CREDITS else -moved


def _get(https: HttpsClient, headers: dict[str, str], url: str, query: dict[str, Any]) -> Reply:
    """The reply for a day, which says whether the day is complete; all days here are over."""
    reply = https.send("GET", url, query=query, headers=headers)
    assert (reply.status, reply.media_type) in {(200, "application/json"), (404, "application/json")}
    assert reply.status == 404 or reply.headers["VALIDADO"] == "TRUE"
    return reply
