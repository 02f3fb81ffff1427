"""Sicredi, "Extrato de Conta Corrente" v1: client secret in the form, certificate on every call, pages from 0.

Written from the getting-started page of the portal as a public client quotes it: the account is implied, `valor` has a
sign, `saldo` follows every row and `saldoAnterior` stands before the first one.
"""

from decimal import Decimal

from tests.served.clients.https import HttpsClient

HOST = "https://mtls-api-parceiro.sicredi.com.br"
SIZE = 100
ENVELOPE = {"saldoAnterior", "dtlMovimentos", "quantidade", "totalElements", "totalPages", "pageNumber", "pageSize"}
TEXTS = ("data", "descricao", "codigoLancamento", "idMovimento")
TEXTS_OR_NULL = ("complemento", "documento")


def read(https: HttpsClient, listed: dict, first: str, last: str) -> list[tuple[str, Decimal]]:
    """Every movement of the days `first` to `last`: the day and the signed amount."""
    token = authenticate(https, listed["credentials"])
    found, number, pages, balance = [], 0, 1, None
    while number < pages:
        page = page_of(https, token, first, last, number)
        pages = page["totalPages"]
        balance = page["saldoAnterior"] if balance is None else balance
        for row in page["dtlMovimentos"]:
            balance = follow(balance, row)
            found.append(row)
        number += 1
    assert len(found) == page["totalElements"]
    assert len({row["idMovimento"] for row in found}) == len(found)
    return [(row["data"], Decimal(row["valor"])) for row in found]


def authenticate(https: HttpsClient, given: dict) -> str:
    """An access token of an hour; a wrong secret is refused in OAuth's words."""
    form = {
        "grant_type": "client_credentials",
        "client_id": given["client_id"],
        "client_secret": given["client_secret"],
        "scope": "contacorrente.extratos.consultar",
    }
    refused = https.send("POST", f"{HOST}/thirdparty/auth/token", form={**form, "client_secret": "wrong"})
    assert (refused.status, refused.json()["error"]) == (401, "invalid_client")

    answer = https.send("POST", f"{HOST}/thirdparty/auth/token", form=form)
    token = answer.json()
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert token["token_type"] == "Bearer"
    assert (token["expires_in"], token["scope"]) == (3600, form["scope"])
    return token["access_token"]


def page_of(https: HttpsClient, token: str, first: str, last: str, number: int) -> dict:
    """One page, with its number and the number of pages."""
    answer = https.send(
        "GET",
        f"{HOST}/contacorrente/v1/extratos",
        query={"dataInicio": first, "dataFim": last, "page": number, "size": SIZE},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )
    page = answer.json()
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert set(page) == ENVELOPE
    assert page["pageNumber"] == number
    assert page["quantidade"] == len(page["dtlMovimentos"]) <= page["pageSize"] <= SIZE
    return page


def follow(balance: Decimal, row: dict) -> Decimal:
    """The balance after a row, which the row must tell as well."""
    assert set(row) == {*TEXTS, *TEXTS_OR_NULL, "valor", "saldo"}
    assert all(isinstance(row[name], str) and row[name] for name in TEXTS)
    assert all(row[name] is None or isinstance(row[name], str) for name in TEXTS_OR_NULL)
    assert isinstance(row["valor"], int | Decimal)
    assert balance + row["valor"] == row["saldo"]
    return row["saldo"]
