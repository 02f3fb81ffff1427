"""A program that reads Inter, written from the bank's documentation."""

from datetime import date
from decimal import Decimal

import httpx

__all__ = ["Credentials", "aread", "read"]

BASE = "https://cdpj.partners.bancointer.com.br"
STATEMENT = "/banking/v2/extrato/completo"
Credentials = dict[str, str]
Movement = tuple[str, Decimal]


def _token_form(credentials: Credentials) -> dict[str, str]:
    own = {name: credentials[name] for name in ("client_id", "client_secret")}
    return {**own, "grant_type": "client_credentials", "scope": "extrato.read"}


def _period(first: date | str, last: date | str) -> dict[str, str]:
    return {"dataInicio": str(first), "dataFim": str(last), "pagina": "0", "tamanhoPagina": "1000"}


def _movements(response: httpx.Response) -> list[Movement]:
    found = response.raise_for_status().json(parse_float=Decimal)["transacoes"]
    signs = {"C": 1, "D": -1}
    return sorted((row["dataTransacao"], signs[row["tipoOperacao"]] * Decimal(row["valor"])) for row in found)


def read(credentials: Credentials, first: date | str, last: date | str) -> list[Movement]:
    """Day and amount of each movement."""
    with httpx.Client(base_url=BASE, timeout=5) as bank:
        token = bank.post("/oauth/v2/token", data=_token_form(credentials)).raise_for_status().json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        return _movements(bank.get(STATEMENT, params=_period(first, last), headers=headers))


async def aread(credentials: Credentials, first: date | str, last: date | str) -> list[Movement]:
    """The same, with the client for event loops."""
    async with httpx.AsyncClient(base_url=BASE, timeout=5) as bank:
        form = _token_form(credentials)
        token = (await bank.post("/oauth/v2/token", data=form)).raise_for_status().json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        return _movements(await bank.get(STATEMENT, params=_period(first, last), headers=headers))
