"""The OpenAPI document describes the answers: it is valid and complete, and its codes are those of the catalogue."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.openapi.plugins import JsonRenderPlugin
from openapi_spec_validator import validate

import contracts
from contracts.catalogue import Failure
from gateway.accounts.states.bank_health import STATES
from gateway.api.banks import Health
from gateway.api.problems import Actor
from gateway.app import create_app
from gateway.render.formats import FORMATS
from gateway.settings import Secrets, Settings

UNROUTED = {"method_not_allowed"}
"""Codes that are answered where there is no operation."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as it is served."""
    app: Litestar = create_app(Settings(database_url="sqlite://", secret_keys=Secrets()))
    served: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    return served


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its name."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The properties of a component."""
    properties: dict[str, Any] = document["components"]["schemas"][name]["properties"]
    return properties


def choices(document: dict[str, Any], node: Any) -> list[Any]:
    """The values of an enum, at any depth."""
    if isinstance(node, dict):
        if "enum" in node:
            return list(node["enum"])
        if "const" in node:
            return [node["const"]]
        if "$ref" in node:
            return choices(document, document["components"]["schemas"][node["$ref"].rpartition("/")[2]])
        return [each for value in node.values() for each in choices(document, value)]
    return [each for value in node for each in choices(document, value)] if isinstance(node, list) else []


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """By the specification, defaults and formats included."""
    validate(document)


def test_titles_and_operation_ids_are_unique(document: dict[str, Any]) -> None:
    """Generators make one class or function of each."""
    titles = Counter(each["title"] for each in document["components"]["schemas"].values() if "title" in each)
    names = Counter(operation["operationId"] for _, operation in operations(document))

    assert [name for name, times in (titles + names).items() if times > 1] == []
    assert all(name == each.get("title", name) for name, each in document["components"]["schemas"].items())


def test_a_statement_takes_days_or_a_cursor(document: dict[str, Any]) -> None:
    """None of them is required by itself, because they exclude each other, and none has a default."""
    parameters = document["paths"]["/v1/accounts/{account_id}/statement"]["get"]["parameters"]

    days = {each["name"]: (each["required"], each["schema"]) for each in parameters if each["in"] == "query"}
    assert days.keys() == {"from", "to", "format", "after"}
    for required, described in days.values():
        assert required is False
        assert "default" not in described
    assert days["from"][1]["format"] == days["to"][1]["format"] == "date"


def test_a_statement_has_its_formats(document: dict[str, Any]) -> None:
    """Each is named in the parameter, and each media type in the answer."""
    read = document["paths"]["/v1/accounts/{account_id}/statement"]["get"]

    (named,) = (each for each in read["parameters"] if each["name"] == "format")
    assert named["schema"]["enum"] == [form.name for form in FORMATS]
    content = read["responses"]["200"]["content"]
    assert content.keys() == {form.media_type for form in FORMATS}
    bodies = [{"$ref": f"#/components/schemas/{name}"} for name in ("StatementBody", "ChangesBody")]
    assert content["application/json"]["schema"] == {"oneOf": bodies}
    for form in FORMATS:
        if form.name not in {"json", "csv-br", "ofx2"}:
            shape = {"type": "string", "format": "binary"} if form.is_binary else {"type": "string"}
            assert content[form.media_type]["schema"] == shape


@pytest.mark.parametrize(
    ("component", "field", "some"),
    [
        ("AccountRequest", "kind", {"PJ", "PF"}),
        ("AccountBody", "kind", {"PJ", "PF"}),
        ("AccountPart", "kind", {"PJ", "PF"}),
        ("BankBody", "kinds", {"PJ", "PF"}),
        ("CredentialFieldBody", "kind", {"text", "certificate"}),
        ("BankHealthBody", "state", set(STATES)),
        ("BankHealthBody", "last_failure_code", {"bank_unavailable"}),
        ("IntegrationBody", "state", {"active", "needs_action"}),
        ("FailureBody", "actor", {"user", "operator"}),
        ("FailureBody", "code", {"password_expired"}),
        ("Problem", "actor", {"caller"}),
        ("ProofPart", "verdict", {"proved", "disproved", "not_provable"}),
        ("EntryPart", "stability", {"final", "provisional"}),
        ("EntryPart", "id_basis", {"bank", "derived"}),
        ("EntryPart", "direction", {"credit", "debit"}),
        ("EntryPart", "type", {"PIX", "OUTROS"}),
        ("StatementBody", "currency", {"BRL"}),
    ],
)
def test_what_is_one_of_few_values_is_an_enum(
    document: dict[str, Any], component: str, field: str, some: set[str]
) -> None:
    """So that a generated client knows them all."""
    assert some <= set(choices(document, schema(document, component)[field]))


def test_every_code_of_the_catalogue_is_documented(document: dict[str, Any]) -> None:
    """In the problem's own enum and, with its status, at an operation that can meet it; of warnings likewise."""
    catalogue = contracts.failures()
    assert choices(document, schema(document, "Problem")["code"]) == list(catalogue.failures)
    assert choices(document, schema(document, "WarningPart")["code"]) == list(catalogue.warnings)
    documented = {
        (code, int(status))
        for _, operation in operations(document)
        for status, response in operation["responses"].items()
        for code in catalogue.failures
        if f"`{code}`:" in response["description"]
    }
    assert {
        (code, status) for code, failure in catalogue.failures.items() for status in statuses(failure)
    } - documented == {(code, catalogue.failures[code].status) for code in UNROUTED}
    assert all(status in statuses(catalogue.failures[code]) for code, status in documented)


def statuses(failure: Failure) -> set[int]:
    """Those with which it is answered."""
    return {failure.status, failure.status_on_timeout or failure.status}


def test_a_code_that_is_new_is_documented_wherever_a_bank_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the catalogue has to be changed for it."""
    from gateway.api.documented import Doing, problems  # noqa: PLC0415

    known = contracts.failures()
    added = {"brand_new": msgspec.structs.replace(known.failures["rate_limited"], status=418, title="Nova")}
    grown = msgspec.structs.replace(known, failures=known.failures | added)
    monkeypatch.setattr(contracts, "failures", lambda: grown)

    assert "brand_new" in str(problems(Doing.ASKS_BANK)[418].description)
    assert 418 not in problems()


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("GET /v1/banks", {404, 406, 413, 415, 502, 504}),
        ("GET /v1/accounts", {404, 413, 415, 502, 504}),
        ("GET /v1/accounts/{account_id}/statement", {413, 415}),
        ("POST /v1/accounts", {404, 406}),
        ("GET /health/live", {401, 404, 409, 422, 429, 502}),
        ("GET /v1/authorizations/callback", {401, 413}),
    ],
)
def test_an_operation_tells_only_what_can_come_of_it(document: dict[str, Any], name: str, without: set[int]) -> None:
    """Where no bank is asked, no bank fails."""
    assert without.isdisjoint(map(int, dict(operations(document))[name]["responses"]))


@pytest.mark.parametrize("name", ["GET /v1/banks", "GET /v1/accounts"])
def test_where_no_bank_is_asked_only_the_key_is_limited(document: Any, name: str) -> None:
    """No bank's refusal of too many requests is among the answers."""
    told = dict(operations(document))[name]["responses"]["429"]["description"]

    assert re.findall(r"`(\w+)`", told) == ["too_many_requests"]


def test_the_page_of_the_callback_is_documented(document: dict[str, Any]) -> None:
    """Whatever has happened a browser is shown HTML, another caller a problem."""
    responses = dict(operations(document))["GET /v1/authorizations/callback"]["responses"]

    assert set(responses["200"]["content"]) == {"text/html"}
    for status in ("409", "422", "503"):
        assert set(responses[status]["content"]) == {"text/html", "application/problem+json"}


def test_the_literals_are_those_of_the_rest() -> None:
    """Both lists are the same."""
    assert get_args(Health) == STATES
    assert {failure.actor for failure in contracts.failures().failures.values()} <= set(get_args(Actor))


def test_no_title_or_remedy_promises_what_nothing_does() -> None:
    """The gateway sends no messages and repeats no reading by itself; official titles stay as they are."""
    catalogue = contracts.failures()
    texts = [each.remedy for each in (*catalogue.failures.values(), *catalogue.warnings.values())]
    texts += [each.title for each in catalogue.failures.values() if not each.official]
    texts += [each.title for each in catalogue.warnings.values()]

    promising = ("avisaremos", "avisamos", "avisados", "tentaremos", "enviaremos", "entraremos em contato")
    assert [text for text in texts if any(word in text.lower() for word in promising)] == []


READ_BY_AN_ERP = (
    *("AccountBody", "AccountChange", "AccountList", "AccountPart", "AccountRequest", "BankErrorPart", "ChangesBody"),
    *("CounterpartyPart", "EntryPart", "FailureBody", "FieldErrorPart", "IntegrationBody", "IntegrationRequest"),
    *("PeriodBody", "Problem", "ProofPart", "StatementBody", "WarningPart", "BankBody", "BankHealthBody"),
    *("ConnectSessionBody", "ConnectSettingsBody", "CredentialFieldBody", "DeliveryBody", "DeliveryList", "KeyBody"),
    *("LimitsBody", "PauseBody", "WebhookBody", "WebhookList"),
)


@pytest.mark.parametrize("name", READ_BY_AN_ERP)
def test_every_field_that_an_erp_meets_has_a_meaning(document: dict[str, Any], name: str) -> None:
    """In the document itself, from which clients and the guide's pages are made."""
    fields = schema(document, name)

    assert fields
    assert [field for field, said in fields.items() if not said.get("description", "").endswith(".")] == []


@pytest.mark.anyio
async def test_the_document_is_made_once(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no key, and making it takes as long as many answers."""
    assert app.openapi_config is not None
    # Another test may have asked the same application for it.
    monkeypatch.setattr(app.openapi_config.render_plugins[0], "_made", None)
    made = []
    render = JsonRenderPlugin.render

    def counted(self: JsonRenderPlugin, *given: Any) -> bytes:
        made.append(self)
        return render(self, *given)

    monkeypatch.setattr(JsonRenderPlugin, "render", counted)
    first, second = [await client.get("/schema/openapi.json") for _ in range(2)]
    assert first.content == second.content
    assert len(made) == 1
