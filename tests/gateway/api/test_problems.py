"""Every answer that is not a success is a problem of one shape, and contains no secret."""

import gzip
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.exc import OperationalError

import contracts
from gateway.errors import BankError, BankFailure, ForbiddenRequest
from gateway.storage.engine.database import Database
from tests.gateway.support import ACCESS, CNPJ, SECRET, FakeInter, certificate, credentials, enabled, registration

pytestmark = pytest.mark.anyio

FIELDS = [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "bank",
    "actor",
    "retryable",
    "retry_after",
    "remedy",
    "bank_error",
    "scenario",
    "request_id",
]
JSON_BODY = {"Content-Type": "application/json"}
PERIOD = "from=2026-03-09&to=2026-03-13"


def is_problem(answer: httpx.Response, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert list(body)[: len(FIELDS)] == FIELDS
    assert set(body) - set(FIELDS) <= {"field", "errors", "at", "since"}
    entry = contracts.failures().failures[code]
    assert (body["code"], body["type"], body["title"]) == (code, f"/help/{code}", entry.title)
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "content", "media_type", "status", "code"),
    [
        ("GET", "/nothing", b"", "", 404, "not_found"),
        ("GET", "/schema/nothing", b"", "", 404, "not_found"),
        ("GET", "/v1/nothing", b"", "", 404, "not_found"),
        ("GET", "/v1/accounts/nothing", b"", "", 404, "unknown_account"),
        ("GET", "/v1/banks/nothing", b"", "", 404, "unknown_bank"),
        ("PUT", "/v1/accounts", b"", "", 405, "method_not_allowed"),
        ("BREW", "/v1/accounts", b"", "", 405, "method_not_allowed"),
        ("POST", "/v1/accounts", b"{", "application/json", 400, "malformed_body"),
        ("POST", "/v1/accounts", b"\xff", "application/json", 400, "malformed_body"),
        ("POST", "/v1/accounts", b"", "application/json", 400, "malformed_body"),
        ("POST", "/v1/accounts", b'{"credentials":{"a":' + b"[" * 9_000, "application/json", 400, "malformed_body"),
        ("POST", "/v1/accounts", b'{"credentials":{"a":' + b"[" * 100_000, "application/json", 413, "body_too_large"),
        ("POST", "/v1/accounts", b"[]", "application/json", 422, "invalid_request"),
        ("POST", "/v1/accounts", b"x" * (1024 * 1024 + 1), "application/json", 413, "body_too_large"),
        ("POST", "/v1/accounts", b'{"bank":[' + b"{}," * 10_000 + b"1]}", "application/json", 413, "body_too_large"),
        ("POST", "/v1/accounts", b"{" + b'"a":1,' * 10_001 + b'"b":1}', "application/json", 413, "body_too_large"),
        ("POST", "/v1/accounts", b"<a/>", "text/xml", 415, "unsupported_media_type"),
        ("POST", "/v1/accounts", b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("GET", "/v1/accounts?limit=0", b"", "", 422, "invalid_request"),
        ("GET", "/v1/accounts?limit=CANARY", b"", "", 422, "invalid_request"),
        ("GET", "/v1/accounts?unknown=1", b"", "", 422, "invalid_request"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, content: bytes, media_type: str, status: int, code: str
) -> None:
    """Unknown addresses, wrong methods, bodies and parameters."""
    headers = {"Content-Type": media_type} if media_type else {}

    answer = await client.request(method, path, content=content, headers=headers)

    assert answer.status_code == status, answer.text
    is_problem(answer, code)
    assert "CANARY" not in answer.text
    assert ("allow" in answer.headers) == (status == 405)
    assert ("/schema/openapi.json" in answer.json()["detail"]) == (code == "not_found")


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "br", "GZIP"])
async def test_a_packed_body_is_refused_by_its_coding(client: httpx.AsyncClient, coding: str) -> None:
    """It is never unpacked, and the answer says why."""
    body = gzip.compress(b"{}")
    answer = await client.post("/v1/webhooks", content=body, headers={**JSON_BODY, "Content-Encoding": coding})
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]
    is_problem(answer, "unsupported_media_type")


async def test_a_body_may_be_called_unpacked(client: httpx.AsyncClient) -> None:
    """Some clients say so."""
    answer = await client.post("/v1/webhooks", content=b"{}", headers={**JSON_BODY, "Content-Encoding": "identity"})
    assert answer.status_code == 422


async def test_allow_names_the_methods_of_the_address(client: httpx.AsyncClient) -> None:
    """RFC 9110 asks for it with a 405."""
    assert (await client.put("/v1/accounts")).headers["Allow"] == "GET, OPTIONS, POST"
    assert (await client.post("/v1/accounts/x")).headers["Allow"] == "DELETE, GET, OPTIONS, PATCH"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer CANARY", "Basic CANARY", "CANARY"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/accounts"),
        ("POST", "/v1/accounts"),
        ("GET", "/v1/banks"),
        ("GET", f"/v1/accounts/x/statement?{PERIOD}"),
        ("PUT", "/v1/accounts/x/integration"),
    ],
)
async def test_v1_needs_a_key(client: httpx.AsyncClient, method: str, path: str, header: str | None) -> None:
    """Without a valid key every answer is a 401 that names the authentication scheme."""
    del client.headers["Authorization"]

    answer = await client.request(method, path, headers={} if header is None else {"Authorization": header})

    assert answer.status_code == 401
    is_problem(answer, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "CANARY" not in answer.text


async def test_the_scheme_is_read_without_regard_to_case(client: httpx.AsyncClient) -> None:
    """RFC 9110: schemes are case-insensitive."""
    key = client.headers["Authorization"].split()[1]

    assert (await client.get("/v1/banks", headers={"Authorization": f"bearer {key}"})).status_code == 200


@pytest.mark.parametrize("code", sorted(contracts.failures().failures))
async def test_every_failure_is_answered_as_the_catalogue_says(
    client: httpx.AsyncClient, bank: FakeInter, code: str
) -> None:
    """Title, status, actor, retry rule, scenario, and Retry-After where time helps.

    The first refusal of credentials that have worked may pass.
    """
    account = await enabled(client)
    entry = contracts.failures().failures[code]
    bank_error = BankError(418, "E1", "as the bank said")
    bank.failure = BankFailure(code, bank="inter", at="statement", detail="what happened", bank_error=bank_error)

    answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    is_problem(answer, code)
    body = answer.json()
    assert (await client.get(body["type"])).status_code == 200
    assert body["status"] == entry.status
    assert (body["bank"], body["at"], body["detail"].split(";")[0]) == ("inter", "statement", "what happened")
    may_pass = entry.stops_integration and not entry.conclusive_in_words
    assert (body["actor"], body["retryable"], body["remedy"]) == (
        entry.actor,
        entry.retryable or may_pass,
        entry.remedy,
    )
    wait = 60 if may_pass else entry.retry_after
    assert (body["retry_after"], body["scenario"]) == (wait, entry.scenario or None)
    assert body["bank_error"] == {"status": 418, "code": "E1", "message": "as the bank said"}
    assert answer.headers.get("Retry-After") == (None if wait is None else str(wait))


async def test_the_bank_s_own_wait_is_handed_on(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """The wait that the bank asks for replaces the one of the catalogue."""
    account = await enabled(client)
    bank.failure = BankFailure("rate_limited", bank="inter", at="statement", detail="x", retry_after=7)

    answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["retry_after"]) == (429, "7", 7)


async def test_silence_has_its_own_status(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """No answer in time is 504, no connection 503."""
    account = await enabled(client)
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="x", timed_out=True)

    assert (await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")).status_code == 504


@pytest.mark.parametrize(
    ("error", "event"),
    [(RuntimeError("CANARY text"), "unexpected_error"), (ForbiddenRequest("POST /pix"), "forbidden_request_stopped")],
)
async def test_a_defect_is_logged_and_not_shown(
    client: httpx.AsyncClient, bank: FakeInter, logged: io.StringIO, error: Exception, event: str
) -> None:
    """The caller learns that it is ours; the log learns where, and no foreign text."""
    account = await enabled(client)
    bank.failure = error

    answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert answer.status_code == 500
    is_problem(answer, "internal_error")
    assert str(error) not in answer.text
    assert event in logged.getvalue()
    assert "support.py" in logged.getvalue()
    assert "CANARY" not in logged.getvalue()


async def test_an_error_outside_all_handlers_is_a_problem_too(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the making of a problem fails."""

    def broken(*args: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr("gateway.api.problems.answer", broken)

    answer = await client.get("/nothing")

    assert answer.status_code == 500
    is_problem(answer, "internal_error")
    assert "CANARY" not in answer.text


async def test_a_database_that_is_away_has_a_code_of_its_own(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests and readiness answer 503, liveness 200."""
    database: Database = app.state["parts"].database

    async def away(work: object, *, only_reads: bool = False) -> None:
        raise OperationalError("SELECT CANARY", None, OSError("CANARY"))

    with monkeypatch.context() as patched:
        patched.setattr(database, "transact", away)
        request, ready, live = [await client.get(p) for p in ("/v1/accounts", "/health/ready", "/health/live")]

    is_problem(request, "storage_unavailable")
    is_problem(ready, "not_ready")
    assert (request.status_code, ready.status_code, live.status_code) == (503, 503, 200)
    assert ready.headers["Retry-After"]
    assert "CANARY" not in request.text + ready.text


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_3", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)]
)
async def test_a_request_id_is_kept_or_made(client: httpx.AsyncClient, given: str, kept: bool) -> None:
    """A well-formed one is the caller's, any other is replaced; header, problem and log agree."""
    answer = await client.get("/nothing", headers={"X-Request-Id": given})

    assert (answer.headers["X-Request-Id"] == given) == kept
    is_problem(answer, "not_found")


def echoing(request: httpx.Request) -> httpx.Response:
    """A bank that quotes everything it was sent, as careless ones do."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    quoted = f"{request.content.decode()} {request.headers.get('authorization')} {token} {CNPJ} {SECRET}"
    return httpx.Response(400, json={"error": "invalid", "error_description": quoted})


def breaking(request: httpx.Request) -> httpx.Response:
    raise ValueError(f"{SECRET} {ACCESS}-1 {CNPJ}")


@pytest.mark.parametrize("answer", [echoing, breaking])
@pytest.mark.parametrize("step", ["token", "statement", "balance"])
async def test_no_secret_leaves(
    client: httpx.AsyncClient,
    bank: FakeInter,
    logged: io.StringIO,
    answer: Callable[[httpx.Request], httpx.Response],
    step: str,
) -> None:
    """Whatever a bank quotes and wherever it breaks: nothing in answers, states, logs and metrics."""
    pem, key = certificate()
    account = await enabled(client)
    bank.answer = lambda request: answer(request) if request.extensions["operation"] == step else None
    answers = [
        await client.get(f"/v1/accounts/{account}/statement?{PERIOD}"),
        await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials(client_id="other")}),
        await client.post("/v1/accounts", json=registration(number="999", credentials=credentials())),
        await client.get(f"/v1/accounts/{account}/integration"),
        await client.get(f"/v1/accounts/{account}/statement?{PERIOD}"),
        await client.get(f"/v1/accounts/{CNPJ}"),
        await client.get("/metrics"),
    ]

    assert [one.status_code for one in answers[1:3]] != [200, 201]
    everything = logged.getvalue() + "".join(one.text for one in answers)
    for secret in (SECRET, ACCESS, CNPJ, pem[60:100], key[60:100], client.headers["Authorization"][7:]):
        assert secret not in everything


async def test_a_problem_repeats_the_beginning_of_a_long_address(client: httpx.AsyncClient) -> None:
    """A caller's address is cut before it is redacted and repeated."""
    answer = await client.get("/" + "eyJ-" * 5000)

    assert answer.status_code == 404
    assert len(answer.json()["instance"]) == 200


PORTUGUESE = ("Este campo", "Deve ser ", "No máximo ")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"bank": 7, "number": None, "nmae": 1}, ["bank", "kind", "number", "holder_tax_id", "nmae"]),
        ({**registration(), "default": "x", "description": "x" * 201}, ["description", "default"]),
        ({**registration(), "credentials": [], "CANARY \n": 1}, ["credentials", "?"]),
        ([], []),
        ({str(n): 1 for n in range(100)}, ["bank", "kind", "number", "holder_tax_id", *map(str, range(20))]),
    ],
)
async def test_every_wrong_field_of_a_body_is_named(client: httpx.AsyncClient, body: Any, fields: list[str]) -> None:
    """In Portuguese, beside the first one, which stands where it stood before."""
    answer = await client.post("/v1/accounts", json=body)

    is_problem(answer, "invalid_request")
    problem = answer.json()
    assert [error["field"] for error in problem.get("errors", [])] == fields
    assert problem.get("field") == (fields[0] if fields else None)
    assert all(error["detail"].startswith(PORTUGUESE) for error in problem.get("errors", []))
    assert "CANARY" not in answer.text
