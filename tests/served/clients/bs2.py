"""A client of Banco BS2, API Banking v1 and v2, from the manuals of the bank's developer portal and recorded answers.

The refresh token shown with the application opens a chain: each answer brings the next one and ends the access token
before it. Every call of production names the program by the code that the bank has handed out.
"""

from base64 import b64encode
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

__all__ = ["read"]

HOST = "https://api.bs2.com"
TOKEN = f"{HOST}/auth/oauth/v2/token"
ACCOUNTS = f"{HOST}/pj/apibanking/forintegration/{{version}}/contascorrentes"
DEBIT, CREDIT = 1, 2


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Two tokens of the chain, the balance, the statement by instants in v1 and by days in v2."""
    credentials = listed["credentials"]
    older = _token(https, credentials, credentials["refresh_token"])
    newer = _token(https, credentials, older["refresh_token"])
    _check_refusals(https, credentials, older)
    headers = _headers(credentials, newer["access_token"])
    balance = _get(https, f"{ACCOUNTS}/saldo".format(version="v1"), headers, {})
    assert all(isinstance(balance[name], int | Decimal) for name in ("Valor", "valorBloqueado"))

    day_after = date.fromisoformat(last) + timedelta(days=1)
    instants = {"movimentoInicial": f"{first}T03:00:00Z", "movimentoFinal": f"{day_after}T02:59:59.999Z"}
    rows = _pages(https, headers, "v1", instants)
    by_days = _pages(https, headers, "v2", {"movimentoInicial": first, "movimentoFinal": last})
    assert [row["protocolo"] for row in by_days] == [row["protocolo"] for row in rows]
    for row in rows:
        _check(row)
    return [(row["movimentadoEm"][:10], _signed(row)) for row in rows]


def _headers(credentials: dict[str, str], token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": credentials["user_agent"]}


def _token(https: HttpsClient, credentials: dict[str, str], refresh_token: str) -> dict[str, Any]:
    """The client in the Basic header; the body is pretty-printed, and keeps to these five names."""
    reply = _ask_token(https, credentials, refresh_token)
    assert (reply.status, reply.media_type, reply.body[:5]) == (200, "application/json", b"{\r\n  ")
    answer: dict[str, Any] = reply.json()
    assert set(answer) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 300, credentials["scope"])
    assert answer["refresh_token"] != refresh_token
    return answer


def _ask_token(https: HttpsClient, credentials: dict[str, str], refresh_token: str) -> Reply:
    pair = b64encode(f"{credentials['api_key']}:{credentials['api_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Accept": "application/json", "User-Agent": credentials["user_agent"]}
    form = {"grant_type": "refresh_token", "scope": credentials["scope"], "refresh_token": refresh_token}
    return https.send("POST", TOKEN, headers=headers, form=form)


def _check_refusals(https: HttpsClient, credentials: dict[str, str], older: dict[str, Any]) -> None:
    """A token that was replaced gets plain text, a used refresh token an OAuth error, a nameless program 403."""
    url = f"{ACCOUNTS}/saldo".format(version="v1")
    replaced = https.send("GET", url, headers=_headers(credentials, older["access_token"]))
    assert (replaced.status, replaced.media_type, replaced.body) == (401, "text/plain", b"Invalid token")
    spent = _ask_token(https, credentials, credentials["refresh_token"])
    assert spent.status in {400, 401}
    assert set(spent.json()) == {"error", "error_description"}
    nameless = _ask_token(https, {**credentials, "user_agent": "program"}, credentials["refresh_token"])
    assert (nameless.status, nameless.body) == (403, b"")


def _pages(https: HttpsClient, headers: dict[str, str], version: str, period: dict[str, str]) -> list[dict[str, Any]]:
    """Pages counted from 0 up to an empty one; the newest row stands first, and the balances close over the rows."""
    rows: list[dict[str, Any]] = []
    url = f"{ACCOUNTS}/extrato".format(version=version)
    for page in count():
        answer = _get(https, url, headers, {**period, "inicio": page, "limite": 100})
        assert (answer["inicio"], answer["chequeEspecial"]) == (page, None)
        assert set(answer["saldo"]["bloqueado"]) == {"por24Horas", "por48Horas", "acima", "judicial"}
        if not answer["movimentacoes"]:
            break
        rows += answer["movimentacoes"]
    assert len(rows) == answer["total"]
    assert [row["movimentadoEm"] for row in rows] == sorted((row["movimentadoEm"] for row in rows), reverse=True)
    balance = answer["saldo"]
    assert balance["inicial"] + sum(_signed(row) for row in rows) == balance["final"]
    return rows


def _check(row: dict[str, Any]) -> None:
    """Numbers where the bank writes numbers; the other party on one side only, by the direction."""
    assert row["valor"] > 0
    assert len(row["protocolo"]) == 31
    assert row["pix"] is None or set(row["pix"]) == {"endToEndId"}
    payer, payee = row["remetente"], row["favorecido"]
    assert (payee if row["tipoMovimentacao"] == CREDIT else payer) is None
    if party := payer or payee:
        assert {type(party[name]) for name in ("banco", "agencia", "conta")} == {int}
        assert {type(party[name]) for name in ("nome", "documento", "nomeBanco")} == {str}


def _signed(row: dict[str, Any]) -> Decimal:
    return Decimal(row["valor"]) * (-1 if row["tipoMovimentacao"] == DEBIT else 1)


def _get(https: HttpsClient, url: str, headers: dict[str, str], query: dict[str, Any]) -> dict[str, Any]:
    reply = https.send("GET", url, query=query, headers=headers)
    assert (reply.status, reply.media_type, reply.headers.get_content_charset()) == (200, "application/json", "utf-8")
    answer: dict[str, Any] = reply.json()
    return answer
