"""A client of Bradesco, "Saldo e extrato" v1, from the portal's documentation (1.0.4) and its collection of requests.

Days go as DDMMAAAA and come as DD/MM/AAAA; money comes as a Brazilian text, as a plain one or as a number.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

__all__ = ["read"]

HOST = "https://openapi.bradesco.com.br"
TOKEN = f"{HOST}/auth/server-mtls/v2/token"
STATEMENT = f"{HOST}/v1/fornecimento-extratos-contas/extratos"
BALANCE = f"{HOST}/v1/fornecimento-saldos-contas/saldos"
HEADER = {
    *("codigoRetorno", "mensagem", "identificaoCliente", "razaoConta", "numeroConta", "digitoConta", "nomeCliente"),
    "quantidadeLancamentos",
}
ROW = {
    *("dataLancamento", "numeroDocumento", "valorLancamento", "sinalLancamento", "segundaLinhalLancamento"),
    *("valorSaldoAposLancamento", "sinalSaldo", "identificacaoSubCodigo", "codigoLancamento"),
    *("descritivoLancamentoAbreviado", "descritivoLancamentoCompleto"),
}
LAST_DAYS = ["Saldo Anterior", "Ultimos Lancamentos", "Lancamentos Dia"]


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Token, balance, then one call for the whole period: its history, and the last days as far as they are in it."""
    number = listed["account"]["number"]
    account = {"agencia": listed["account"]["branch"], "conta": number[:-1]}
    headers = {"Authorization": f"Bearer {_token(https, listed['credentials'])}", "Accept": "application/json"}
    _check_balance(_get(https, BALANCE, headers, account))
    query = {**account, "tipo": "cc", "dataInicio": _digits(first), "dataFim": _digits(last)}
    refused = https.send(
        "GET", STATEMENT, query={**query, "dataInicio": _digits(_years_before(first))}, headers=headers
    )
    assert (refused.status, set(_json(refused))) == (400, {"codigoErro", "descricao"})

    answer = _get(https, STATEMENT, headers, query)
    history, latest = answer["extratoPorPeriodo"], answer["extratoUltimosLancamentos"]
    for block in (history, latest, answer["extratoLancamentosFuturos"]):
        assert set(block) >= HEADER
        assert all(isinstance(block[name], str) for name in HEADER)
        assert block["codigoRetorno"] == "0"
        assert (block["numeroConta"], block["digitoConta"]) == (number[:-1].zfill(7), number[-1])
    assert list(latest["listaLancamentos"]) == LAST_DAYS
    assert list(answer["extratoLancamentosFuturos"]["listaLancamentos"]) == ["Lancamentos Futuros"]
    rows = history["lstLancamentoMensal"]
    assert int(history["quantidadeLancamentos"]) == len(rows)
    past = [(_day(row), _amount(row)) for row in rows[1:]]
    _check_chain(rows)
    recent = [row for name in LAST_DAYS[1:] for row in latest["listaLancamentos"][name]]
    _check_chain(latest["listaLancamentos"]["Saldo Anterior"] + recent)
    return past + [(_day(row), _amount(row)) for row in recent if first <= _day(row) <= last]


def _token(https: HttpsClient, credentials: dict[str, str]) -> str:
    """Client credentials in the form, without a scope."""
    form = {name: credentials[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    answer = _json(https.send("POST", TOKEN, form=form), 200)
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    return str(answer["access_token"])


def _check_balance(answer: dict[str, Any]) -> None:
    """Products in a list: 999 is what is available, 995 the total."""
    assert set(answer) >= HEADER | {"statusContaCorrente", "identificadorTipoConta"}
    products = {row["codigoProduto"]: row for row in answer["lstLancamentosSaldos"]}
    assert {999, 995} <= set(products)
    assert products[995]["nomeProduto"] == "= TOTAL DE RECURSOS"
    for row in products.values():
        assert isinstance(row["identificadorSaldo"], str)
        assert row["sinalSaldo"] in {"+", "-"}
        assert row["valorLancamento"][-3] == ","


def _check_chain(rows: list[dict[str, Any]]) -> None:
    """The first row is the balance before; each row's balance follows from the one before it."""
    balance = None
    for row in rows:
        assert set(row) >= ROW
        balance_after = _money(row["valorSaldoAposLancamento"]) * (-1 if row["sinalSaldo"] == "-" else 1)
        assert balance is None or balance_after == balance + _amount(row)
        balance = balance_after
    assert rows[0]["descritivoLancamentoCompleto"].upper() == "SALDO ANTERIOR"
    assert _amount(rows[0]) == 0


def _get(https: HttpsClient, url: str, headers: dict[str, str], query: dict[str, str]) -> dict[str, Any]:
    return _json(https.send("GET", url, query=query, headers=headers), 200)


def _json(reply: Reply, status: int | None = None) -> dict[str, Any]:
    assert status in {None, reply.status}, reply.body
    assert reply.media_type == "application/json"
    answer: dict[str, Any] = reply.json()
    return answer


def _amount(row: dict[str, Any]) -> Decimal:
    return _money(row["valorLancamento"]) * {"+": 1, "-": -1}[row["sinalLancamento"]]


def _money(value: Any) -> Decimal:
    """`"1.580,12"`, `"80"`, `"0.00"` or a number."""
    if isinstance(value, str) and "," in value:
        value = value.replace(".", "").replace(",", ".")
    return Decimal(value)


def _day(row: dict[str, Any]) -> str:
    return "-".join(reversed(row["dataLancamento"].split("/")))


def _digits(day: str) -> str:
    return date.fromisoformat(day).strftime("%d%m%Y")


def _years_before(day: str) -> str:
    return f"{int(day[:4]) - 2}-01-01"
