"""A client of Banco Inter, API Banking v2, from the reference of the bank's developer portal.

Each way to the statement must tell the same movements: the basic one, the enriched one in pages and in scrolls. Pages
are read as the bank's own SDKs read them, one page past the end.
"""

from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient

__all__ = ["read"]

HOST = "https://cdpj.partners.bancointer.com.br"
ENRICHED = f"{HOST}/banking/v2/extrato/completo"
SCOPES = "extrato.read boleto-cobranca.read pagamento-boleto.write"
"""An application may hold more than the statement, and its clients ask for all at once."""


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Token, balances, basic statement; the enriched statement, whose movements are the result."""
    headers = {
        "Authorization": f"Bearer {_token(https, listed['credentials'])}",
        "x-conta-corrente": listed["account"]["number"],
        "Content-Type": "application/json",
    }
    period = {"dataInicio": first, "dataFim": last}
    _check_balances(https, headers, last)
    basic = _get(https, f"{HOST}/banking/v2/extrato", headers, period)["transacoes"]
    paged = _pages(https, headers, period)
    scrolled = _scroll(https, headers, period)

    for row in basic:
        assert "idTransacao" not in row
        assert isinstance(row["valor"], str)
    movements = [(row["dataTransacao"], _signed(row)) for row in paged]
    assert sorted((row["dataEntrada"], _signed(row)) for row in basic) == sorted(movements)
    assert [row["idTransacao"] for row in scrolled] == [row["idTransacao"] for row in paged]
    return movements


def _token(https: HttpsClient, credentials: dict[str, str]) -> str:
    """Client credentials in the form; the answer tells the scopes that were granted."""
    form = {
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
        "grant_type": "client_credentials",
        "scope": SCOPES,
    }
    reply = https.send("POST", f"{HOST}/oauth/v2/token", form=form)
    assert (reply.status, reply.media_type) == (200, "application/json")
    answer = reply.json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, SCOPES)
    assert https.send("POST", f"{HOST}/oauth/v2/token", form=form | {"client_secret": "wrong"}).status == 401
    return str(answer["access_token"])


def _check_balances(https: HttpsClient, headers: dict[str, str], day: str) -> None:
    """Numbers; what is blocked and the limit stand only in the balance of now."""
    now = _get(https, f"{HOST}/banking/v2/saldo", headers, {})
    then = _get(https, f"{HOST}/banking/v2/saldo", headers, {"dataSaldo": day})
    names = {"disponivel", "bloqueadoCheque", "bloqueadoJudicialmente", "bloqueadoAdministrativo", "limite"}
    assert set(now) == names
    assert all(isinstance(value, int | Decimal) for value in now.values())
    assert set(then) <= {"disponivel", "dataReferencia"}


def _pages(https: HttpsClient, headers: dict[str, str], period: dict[str, str]) -> list[dict[str, Any]]:
    """Page after page up to `totalPaginas`, that one included: it is empty."""
    rows: list[dict[str, Any]] = []
    number, total = 0, 0
    while number <= total:
        page = _get(https, ENRICHED, headers, {**period, "pagina": number})
        assert page["numeroDeElementos"] == len(page["transacoes"]) or not page["transacoes"]
        assert page["primeiraPagina"] is (number == 0)
        assert page["ultimaPagina"] is (number + 1 >= page["totalPaginas"])
        rows += page["transacoes"]
        number, total = number + 1, page["totalPaginas"]
    assert page["transacoes"] == []
    for row in rows:
        assert isinstance(row["valor"], str)
        assert row["tipoOperacao"] in {"C", "D"}
        assert len(row["dataInclusao"]) == len("2026-01-01 00:00:00.000")
        assert all(isinstance(value, str) for value in row.get("detalhes", {}).values())
    assert len({row["idTransacao"] for row in rows}) == len(rows) == page["totalElementos"]
    return rows


def _scroll(https: HttpsClient, headers: dict[str, str], period: dict[str, str]) -> list[dict[str, Any]]:
    """Batch after batch; the last one has no id to go on with."""
    batch = _get(https, ENRICHED, headers, {**period, "scrollEnabled": "true"})
    rows = list(batch["transacoes"])
    while batch["hasMore"]:
        batch = _get(https, ENRICHED, headers, {**period, "scrollId": batch["scrollId"]})
        rows += batch["transacoes"]
    assert batch.get("scrollId") is None
    assert len(rows) == batch["totalElementos"]
    return rows


def _get(https: HttpsClient, url: str, headers: dict[str, str], query: dict[str, Any]) -> dict[str, Any]:
    reply = https.send("GET", url, query=query, headers=headers)
    assert (reply.status, reply.media_type) == (200, "application/json"), reply.body
    answer: dict[str, Any] = reply.json()
    return answer


def _signed(row: dict[str, Any]) -> Decimal:
    amount = Decimal(row["valor"])
    assert amount >= 0
    return amount if row["tipoOperacao"] == "C" else -amount
