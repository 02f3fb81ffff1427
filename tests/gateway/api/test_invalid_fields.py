"""What is wrong with a field or a parameter is said in words: what it has to be, never what it was."""

import json
import re
from typing import Any

import httpx
import pytest

from gateway.limits import BODY_VALUES, UNKNOWN_FIELDS_NAMED
from tests.gateway.support import FakeInter, credentials, registration

pytestmark = pytest.mark.anyio

SECRET = "SEGREDO-7f3a"


async def test_of_many_unknown_fields_a_few_are_named(client: httpx.AsyncClient) -> None:
    """In the body and in its credentials: an answer does not grow with what was sent."""
    many = {f"field{number}": 1 for number in range(1000)}
    for body in (registration(**many), registration(credentials=many)):
        answer = await client.post("/v1/accounts", json=body)
        assert answer.status_code == 422
        unknown = [each for each in answer.json()["errors"] if each["field"].rpartition(".")[2] in many]
        assert len(unknown) == UNKNOWN_FIELDS_NAMED


@pytest.mark.parametrize(
    "many",
    [
        {f"f{number}": 1 for number in range(20_000)},
        [[]] * 20_000,
        [{}] * 20_000,
        [1] * 20_000,
        {"credentials": {f"f{number}": 1 for number in range(20_000)}},
        {"credentials": {"client_id": [{}] * 20_000}},
    ],
    ids=["names", "lists", "objects", "numbers", "names of credentials", "in a credential"],
)
@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/webhooks", "/v1/keys"])
async def test_a_body_of_many_values_is_refused_before_it_is_decoded(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, many: Any
) -> None:
    """Each value costs many times the processor time of its bytes."""
    content = json.dumps(many).encode()
    monkeypatch.setattr("gateway.api.bodies.msgspec.json.decode", None)
    answer = await client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    monkeypatch.undo()
    problem = answer.json()
    assert problem["code"] == "body_too_large"
    assert str(BODY_VALUES) in problem["detail"]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('"number"', '"number": "99999999", "number"', "number"),
        ('"number"', '"\\u006eumber": "99999999", "number"', "number"),
        ('"client_id"', '"client_id": "another", "client_id"', "client_id"),
        ('"client_id"', '"<b>": "a", "<b>": "b", "client_id"', "?"),
    ],
)
async def test_a_name_that_is_twice_in_an_object_is_refused(
    client: httpx.AsyncClient, bank: FakeInter, before: str, after: str, field: str
) -> None:
    """What checks a body on its way may have read the first one, and we the last."""
    body = json.dumps(registration(credentials=credentials())).replace(before, after, 1)
    answer = await client.post("/v1/accounts", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["detail"] == f"`{field}` is given more than once"
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert bank.requests == []


@pytest.mark.parametrize(
    ("path", "body", "field", "detail", "portuguese"),
    [
        (
            "/v1/accounts",
            registration(description="x" * 201),
            "description",
            "length <= 200",
            "No máximo 200 caracteres.",
        ),
        ("/v1/accounts", registration(external_id=""), "external_id", "length >= 1", "Não pode ficar vazio."),
        ("/v1/accounts", registration(external_id=7), "external_id", "got int", "Deve ser um texto."),
        ("/v1/accounts", registration(default="yes"), "default", "Expected bool", "Deve ser verdadeiro ou falso."),
        ("/v1/accounts", registration(credentials=[]), "credentials", "Expected object", "Deve ser um objeto."),
        ("/v1/keys", {"scopes": []}, "scopes", "length >= 1", "No mínimo 1 item."),
        ("/v1/keys", {"scopes": "read"}, "scopes", "Expected array", "Deve ser uma lista."),
        (
            "/v1/keys",
            {"scopes": ["read", SECRET]},
            "scopes[1]",
            "`scopes[1]` must be one of read, manage, operate",
            "Escolha entre read, manage, operate.",
        ),
        (
            "/v1/keys",
            {"expires_at": "2027-01-01"},
            "expires_at",
            "RFC3339",
            "Deve ser um instante com fuso, como 2026-03-16T18:00:00-03:00.",
        ),
        (
            "/v1/keys",
            {"expires_at": "2027-01-01T00:00:00"},
            "expires_at",
            "timezone",
            "Deve ser um instante com fuso, como 2026-03-16T18:00:00-03:00.",
        ),
        (
            "/v1/connect-sessions",
            {"purpose": SECRET},
            "purpose",
            "`purpose` must be one of enable, new, repair",
            "Escolha entre enable, new, repair.",
        ),
        (
            "/v1/connect-sessions",
            {"account": {"kind": SECRET}},
            "account.kind",
            "`account.kind` must be one of PF, PJ",
            "Escolha entre PF, PJ.",
        ),
        (
            "/v1/connect-sessions",
            {"account": {"bank": "nubank"}},
            "account.bank",
            "`account.bank` is none of GET /v1/banks",
            "Escolha um dos bancos da lista.",
        ),
        (
            "/v1/connect-sessions",
            {"account": {"external_id": " "}},
            "account.external_id",
            "`account.external_id` has 1 to 128 characters",
            "Use de 1 a 128 caracteres.",
        ),
        ("/v1/connect-sessions", {"account": {"branch": 1}}, "account.branch", "Expected str", "Deve ser um texto."),
    ],
)
async def test_a_field_says_what_it_has_to_be(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str, detail: str, portuguese: str
) -> None:
    """In English for the developer and in Portuguese beside the field; the value is never repeated."""
    answer = await client.post(path, json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "invalid_request", field)
    assert detail in problem["detail"]
    assert problem["errors"] == [{"field": field, "detail": portuguese}]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("query", "field", "detail"),
    [
        ("limit=0", "limit", "`limit`: Expected int >= 1"),
        ("limit=1001", "limit", "`limit`: Expected int <= 1000"),
        (f"limit={SECRET}", "limit", "`limit`: Expected int, got str"),
        ("offset=-1", "offset", "`offset`: Expected int >= 0"),
        (f"external_id={'x' * 129}", "external_id", "`external_id`: Expected str of length <= 128"),
    ],
)
async def test_a_parameter_says_what_it_has_to_be(
    client: httpx.AsyncClient, query: str, field: str, detail: str
) -> None:
    """Also one that the framework refuses."""
    answer = await client.get(f"/v1/accounts?{query}")

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "invalid_request", field)
    assert problem["detail"] == detail
    assert SECRET not in answer.text


ENGLISH = re.compile(r"\b(is|are|has|have|must|the|not|of|none|Expected)\b")


@pytest.mark.parametrize(
    "address",
    [
        "/v1/accounts/x/statement",
        "/v1/accounts/x/statement?from=2026-13-01&to=31/10/2026",
        "/v1/accounts/x/statement?from=2026-10-02&to=2026-10-01",
        "/v1/accounts/x/statement?from=2026-10-01&from=2026-10-01&to=2026-10-02",
        "/v1/accounts/x/statement?from=2026-10-01&to=2026-10-02&format=pdf",
        "/v1/accounts/x/statement?from=2026-10-01&after=",
        "/v1/accounts/x/statement?after=&format=ofx",
        "/v1/accounts?limit=0",
        "/v1/accounts?limit=1001",
        "/v1/accounts?cursor=x",
        "/v1/accounts?cursor=x&offset=1",
        "/v1/accounts?state=x",
        "/v1/accounts?misspelt=1",
        "/v1/accounts?external_id=%00",
        "/v1/accounts/%00",
        "/v1/holders?cursor=x",
        "/v1/keys?cursor=x",
        "/v1/audit?from=2026-10-01",
        "/v1/webhooks/x/deliveries?state=x",
        "/v1/webhooks/x/deliveries?cursor=x",
    ],
)
async def test_what_is_wrong_with_a_parameter_is_said_in_portuguese(client: httpx.AsyncClient, address: str) -> None:
    """`detail` of the problem is for the developer; that of each of `errors` may be shown."""
    answer = await client.get(address)

    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert errors
    assert [each for each in errors if ENGLISH.search(each["detail"])] == []
    assert [each for each in errors if each["detail"] == "Este campo não tem a forma documentada."] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/accounts", registration(description="a\x00b")),
        ("POST", "/v1/webhooks", {"url": "http://127.0.0.1/x"}),
        ("POST", "/v1/webhooks", {"url": "https://10.0.0.1/x"}),
        ("POST", "/v1/webhooks", {"url": ""}),
        ("POST", "/v1/keys", {"expires_at": "2020-01-01T00:00:00-03:00"}),
        ("POST", "/v1/keys", {"scopes": ["operate"]}),
        ("POST", "/v1/connect-sessions", {"purpose": "repair"}),
        ("POST", "/v1/connect-sessions", {"return_to": "https://erp.example/"}),
        ("PUT", "/v1/connect-settings", {"return_addresses": ["http://erp.example/?x=1"]}),
    ],
)
async def test_what_is_wrong_with_a_field_is_said_in_portuguese(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]
) -> None:
    """Whatever the field: an ERP shows it beside what a person has typed."""
    answer = await client.request(method, path, json=body)

    assert answer.status_code in {403, 422}
    errors = answer.json()["errors"]
    assert errors
    assert [each for each in errors if ENGLISH.search(each["detail"])] == []
