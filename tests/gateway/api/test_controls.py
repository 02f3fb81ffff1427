"""Control characters of callers are refused with the field's name, and those of banks are cleaned."""

import httpx
import pytest

from gateway.connectors import fields
from gateway.errors import BankError
from tests.gateway.support import credentials, registration

pytestmark = pytest.mark.anyio

SIGNS = ["\x00", "\x01", "\t", "\n", "\x1b", "\x7f", "\x85", "\u061c", "\u200f", "\u2028", "\u202e", "\u2066"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("field", ["bank", "kind", "branch", "number", "holder_tax_id", "description", "external_id"])
async def test_no_text_of_a_registration_takes_one(client: httpx.AsyncClient, field: str, sign: str) -> None:
    """Also at its end, where some patterns would overlook it."""
    for value in (f"{registration().get(field, '')}{sign}", f"a{sign}b"):
        answer = await client.post("/v1/accounts", json=registration(**{field: value}))
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f"])
async def test_no_credential_takes_one_but_line_ends(client: httpx.AsyncClient, sign: str) -> None:
    """The certificate of the form has lines."""
    form = credentials(client_id=f"a{sign}b")
    registered = await client.post("/v1/accounts", json=registration(credentials=form))
    well = await client.post("/v1/accounts", json=registration(credentials=credentials()))
    at = f"/v1/accounts/{well.json()['id']}"
    put = await client.put(f"{at}/integration", json={"credentials": form})
    patched = await client.patch(at, json={"description": f"a{sign}"})

    assert well.status_code == 201
    assert [each.json()["field"] for each in (registered, put)] == ["credentials.client_id"] * 2
    assert (patched.status_code, patched.json()["field"]) == (422, "description")


@pytest.mark.parametrize("sign", ["%00", "%0A", "%7F", "%C2%85", "%E2%80%AE"])
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/v1/accounts/a{}", "account_id"),
        ("/v1/accounts/a{}/integration", "account_id"),
        ("/v1/accounts/a{}/statement?from=2026-03-09&to=2026-03-09", "account_id"),
        ("/v1/accounts/a/statement?from=2026-03-09{}&to=2026-03-09", "from"),
        ("/v1/accounts?limit=1{}", "limit"),
        ("/v1/banks/inter{}", "slug"),
        ("/v1/authorizations/callback?state={}&code=a", "state"),
        ("/v1/authorizations/callback?state=a&code=a&error=b{}", "error"),
    ],
)
async def test_no_address_takes_one(client: httpx.AsyncClient, address: str, field: str, sign: str) -> None:
    """In paths and in queries."""
    answer = await client.get(address.format(sign))

    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_texts_of_banks_are_cleaned() -> None:
    """A blank replaces each run of them, and a text of nothing else is no text."""
    assert fields.text("PIX\x00RECEBIDO\r\nLOJA\x1b \x00") == "PIX RECEBIDO LOJA"
    assert fields.text("PIX\u202eODIBECER\u202c LOJA") == "PIX ODIBECER  LOJA"
    others = "soft\u00adhyphen, \U0001f469\u200d\U0001f4bb"
    assert fields.text(others) == others
    assert fields.optional_text("\x00\x01") is None
    bank_error = BankError(400, "E\x001", "linha 1\n\x00linha 2")
    assert (bank_error.code, bank_error.message) == ("E 1", "linha 1 linha 2")


async def test_no_route_ignores_a_parameter_that_it_does_not_know(client: httpx.AsyncClient) -> None:
    """A misspelt one would bring the answer to another request, or do something else than was meant."""
    made = await client.post("/v1/accounts", json=registration(credentials=credentials()))
    at = f"/v1/accounts/{made.json()['id']}"
    for method, address in [
        ("GET", "/v1/webhooks"),
        ("GET", "/v1/banks"),
        ("GET", "/v1/banks/inter"),
        ("GET", at),
        ("POST", "/v1/accounts"),
        ("PUT", f"{at}/integration"),
        ("DELETE", at),
        ("DELETE", f"{at}/integration"),
    ]:
        answer = await client.request(method, address, params={"dry_run": "1"})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            422,
            "invalid_request",
            "dry_run",
        ), (method, address)
    assert (await client.get(at)).status_code == 200
