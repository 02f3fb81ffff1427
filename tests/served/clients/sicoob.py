"""Sicoob, Conta Corrente v4: a client from the bank's OpenAPI document and what production answers.

Tokens come from the cooperative's realm by client id alone, over mutual TLS with the certificate that the id is bound
to. The statement is one answer a month, in `resultado`; amounts are texts without a sign, and the day of booking is
`dataLote`.
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import Any

from tests.served.clients.https import HttpsClient, Reply

TOKEN = "https://auth.sicoob.com.br/auth/realms/cooperado/protocol/openid-connect/token"
API = "https://api.sicoob.com.br/conta-corrente/v4"
MONEY = r"-?\d+\.\d{2}"
BALANCES = {
    "saldoAtual",
    "saldoBloqueado",
    "saldoLimite",
    "saldoAnterior",
    "saldoBloqueioJudicial",
    "saldoBloqueioJudicialAnterior",
}


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days asked for, month by month."""
    client_id, account = listed["credentials"]["client_id"], listed["account"]["number"]
    headers = {
        "Authorization": f"Bearer {_token(https, client_id)}",
        "client_id": client_id,
        "Accept": "application/json",
    }
    _check_balance(https, headers, account)
    _check_refusals(https, headers, account, first)
    rows: list[tuple[str, Decimal]] = []
    for year, month, begin, end in _months(date.fromisoformat(first), date.fromisoformat(last)):
        query = {"diaInicial": begin, "diaFinal": end, "agruparCNAB": "false", "numeroContaCorrente": account}
        body = _result(https.send("GET", f"{API}/extrato/{month}/{year}", query=query, headers=headers))
        assert set(body) == BALANCES | {"transacoes"}
        assert all(fullmatch(MONEY, body[name]) for name in BALANCES)
        rows += [_movement(row) for row in body["transacoes"]]
    return rows


def _token(https: HttpsClient, client_id: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "scope": "cco_consulta"}
    answer = https.send("POST", TOKEN, form=form)
    assert (answer.status, answer.media_type) == (200, "application/json")
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["refresh_expires_in"]) == ("Bearer", 300, 0)
    assert body["not-before-policy"] == 0
    assert body["scope"].split() == ["cco_consulta"]
    unknown = https.send("POST", TOKEN, form={**form, "client_id": "00000000-0000-0000-0000-000000000000"})
    assert (unknown.status, unknown.json()["error"]) == (401, "invalid_client")
    unassigned = https.send("POST", TOKEN, form={**form, "scope": "cco_consulta cco_extrato"})
    assert (unassigned.status, unassigned.json()["error"]) == (400, "invalid_scope")
    return str(body["access_token"])


def _months(first: date, last: date) -> list[tuple[int, int, int, int]]:
    """Year, month, first day and last day of each request, none of which crosses the end of a month."""
    found, begin = [], first
    while begin <= last:
        length = monthrange(begin.year, begin.month)[1]
        end = min(last, begin.replace(day=length))
        found.append((begin.year, begin.month, begin.day, end.day))
        begin = date.fromordinal(end.toordinal() + 1)
    return found


def _movement(row: dict[str, Any]) -> tuple[str, Decimal]:
    required = {"transactionId", "tipo", "valor", "data", "dataLote", "descricao", "numeroDocumento"}
    assert required <= set(row) <= required | {"cpfCnpj", "descInfComplementar"}
    assert all(isinstance(value, str) for value in row.values()), "optional keys are left out, not null"
    assert row["tipo"] in {"CREDITO", "DEBITO"}
    assert fullmatch(r"\d+\.\d{2}", row["valor"]), "amounts have no sign"
    assert fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", row["data"])
    return row["dataLote"], Decimal(row["valor"]) * (1 if row["tipo"] == "CREDITO" else -1)


def _check_balance(https: HttpsClient, headers: dict[str, str], account: str) -> None:
    query = {"numeroContaCorrente": account}
    body = _result(https.send("GET", f"{API}/saldo", query=query, headers=headers))
    assert set(body) == {"saldo", "saldoBloqueado", "saldoLimite"}
    assert all(fullmatch(MONEY, value) for value in body.values())


def _check_refusals(https: HttpsClient, headers: dict[str, str], account: str, day: str) -> None:
    """What the bank refuses: an account without its check digit or with a hyphen, no account, a wrong token."""
    year, month, _ = day.split("-")
    url = f"{API}/extrato/{int(month)}/{year}"

    def status(number: str, **changed: str) -> int:
        return https.send("GET", url, query={"numeroContaCorrente": number}, headers=headers | changed).status

    refused = https.send("GET", url, query={"numeroContaCorrente": account[:-1]}, headers=headers)
    assert refused.status == 400
    assert {"mensagem", "codigo"} == set(refused.json()["mensagens"][0])
    assert https.send("GET", url, headers=headers).status == 400
    assert status(f"{account[:-1]}-{account[-1]}") == 404
    assert status(account, Authorization="Bearer wrong") == 401


def _result(answer: Reply) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    body = answer.json()
    assert body["mensagens"] == []
    return dict(body["resultado"])
