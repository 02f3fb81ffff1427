"""A client of Banco do Brasil, API Extratos v2, from its OpenAPI document (2.0.1) and the portal's notes.

Balances stand among the movements, dates are integers without the leading zero of the day, amounts have no sign.
"""

from base64 import b64encode
from datetime import date
from decimal import Decimal
from typing import Any

from tests.served.clients.https import HttpsClient

__all__ = ["read"]

TOKEN = "https://oauth.bb.com.br/oauth/token"
API = "https://extratos.mtls.api.bb.com.br/v2"
LEGACY = "https://api-extratos.bb.com.br/extratos/v1"
FORM = {"grant_type": "client_credentials", "scope": "extrato-info"}
BALANCES = {0, 999}
"""History codes of "Saldo Anterior" and "S A L D O"."""
NUMBERS = {
    *("dataLancamento", "dataMovimento", "codigoAgenciaOrigem", "numeroLote", "numeroDocumento", "codigoHistorico"),
    *("codigoSubHistorico", "codigoBancoContrapartida", "codigoAgenciaContrapartida", "numeroISPB"),
}
TEXTS = {
    *("indicadorTipoLancamento", "textoDescricaoSubHistorico", "indicadorSinalLancamento"),
    *("textoInformacaoComplementar", "indicadorTipoPessoaContrapartida", "numeroContaContrapartida"),
    *("textoDigitoVerificadorContaContrapartida", "textoIdentificadorUnicoTransacao", "textoCampoIndeterminado"),
    "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida",
}


def read(https: HttpsClient, listed: dict[str, Any], first: str, last: str) -> list[tuple[str, Decimal]]:
    """Token, then every page of the period; v1 and v2 tell the same movements."""
    credentials, account = listed["credentials"], listed["account"]
    # Both without check digit and without zeros in front.
    path = f"/conta-corrente/agencia/{int(account['branch'])}/conta/{account['number'][:-1].lstrip('0')}"
    headers = {"Authorization": f"Bearer {_token(https, credentials)}", "Accept": "application/json"}
    period = {
        "gw-dev-app-key": credentials["app_key"],
        "dataInicioSolicitacao": _number(first),
        "dataFimSolicitacao": _number(last),
    }
    assert https.send("GET", API + path, query=period | {"gw-dev-app-key": "x"}, headers=headers).status == 401
    assert https.send("GET", API + path, query={**period, **_size(1)}, headers=headers).status == 400

    rows = _pages(https, API + path, headers, period | _size(120))
    _check(rows)
    movements = _movements(rows)
    assert movements == _movements(_pages(https, LEGACY + path, headers, period | _size(200)))
    return movements


def _token(https: HttpsClient, credentials: dict[str, str]) -> str:
    """Id and secret in the Basic header; in the form they are refused. The token host asks for no certificate."""
    pair = b64encode(f"{credentials['client_id']}:{credentials['client_secret']}".encode()).decode()
    reply = https.send("POST", TOKEN, form=FORM, headers={"Authorization": f"Basic {pair}"})
    assert (reply.status, reply.media_type) == (200, "application/json")
    answer = reply.json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 600, "extrato-info")
    in_form = {**FORM, "client_id": credentials["client_id"], "client_secret": credentials["client_secret"]}
    assert https.send("POST", TOKEN, form=in_form).status == 400
    return str(answer["access_token"])


def _size(rows: int) -> dict[str, int]:
    return {"quantidadeRegistroPaginaSolicitacao": rows}


def _pages(https: HttpsClient, url: str, headers: dict[str, str], query: dict[str, Any]) -> list[dict[str, Any]]:
    """Page after page, until the next one is number 0."""
    rows: list[dict[str, Any]] = []
    number = 1
    while number:
        reply = https.send("GET", url, query={**query, "numeroPaginaSolicitacao": number}, headers=headers)
        assert (reply.status, reply.media_type) == (200, "application/json"), reply.body
        page = reply.json()
        assert (page["numeroPaginaAtual"], page["numeroPaginaAnterior"]) == (number, number - 1)
        assert page["quantidadeRegistroPaginaAtual"] == len(page["listaLancamento"])
        rows += page["listaLancamento"]
        assert page["numeroPaginaProximo"] in {0, number + 1}
        number = page["numeroPaginaProximo"]
    assert (len(rows), page["numeroPaginaAtual"]) == (page["quantidadeTotalRegistro"], page["quantidadeTotalPagina"])
    return rows


def _check(rows: list[dict[str, Any]]) -> None:
    """Every field in every row; only `codigoConfederacaoNacionalBancos` may be null."""
    for row in rows:
        assert set(row) == NUMBERS | TEXTS | {"valorLancamento", "codigoConfederacaoNacionalBancos"}
        assert all(isinstance(row[name], int) for name in NUMBERS)
        assert all(isinstance(row[name], str) for name in TEXTS)
        assert isinstance(row["valorLancamento"], int | Decimal)
        assert row["valorLancamento"] >= 0
    assert (rows[0]["codigoHistorico"], rows[-1]["codigoHistorico"]) == (0, 999)


def _movements(rows: list[dict[str, Any]]) -> list[tuple[str, Decimal]]:
    """What is booked (stage 1) and neither a balance nor blocked money."""
    return [
        (
            _day(row["dataLancamento"]),
            Decimal(row["valorLancamento"]) * {"C": 1, "D": -1}[row["indicadorSinalLancamento"]],
        )
        for row in rows
        if row["indicadorTipoLancamento"] == "1"
        and row["indicadorSinalLancamento"] != "*"
        and (row["codigoHistorico"] not in BALANCES or row["numeroDocumento"])
    ]


def _number(day: str) -> int:
    return int(date.fromisoformat(day).strftime("%d%m%Y"))


def _day(number: int) -> str:
    digits = f"{number:08d}"
    return f"{digits[4:]}-{digits[2:4]}-{digits[:2]}"
