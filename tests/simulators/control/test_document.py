"""The OpenAPI document of the control API: it is valid, it describes all it names, and answers are as it says."""

from datetime import datetime

import httpx
import jsonschema
import pytest
from msgspec import Struct
from openapi_spec_validator import OpenAPIV31SpecValidator

from simulators.clock import BRASILIA, FrozenClock
from simulators.control.app import control_app
from simulators.control.document import field_texts
from simulators.serving.server import application
from simulators.version import version
from simulators.worlds.registry import Worlds

pytestmark = pytest.mark.anyio

AS_OTHERS_HAVE_IT = frozenset(
    ("parameters", "credentials", "readings", "query", "log", "entries", "put", "info", "servers", "paths")
)
"""Objects whose names are those of a form, of a fault's parameters, of a contract's readings, of a query, of HAR,
of OpenAPI, or of the one form in which entries are given."""

ENTRY = {"date": "2026-03-02", "amount": "12.34", "type": "PIX", "description": "a transfer"}


@pytest.fixture(scope="module")
def worlds():
    return Worlds(clock=lambda: FrozenClock(datetime(2026, 3, 18, 10, tzinfo=BRASILIA)))


@pytest.fixture(scope="module")
def document(worlds):
    return control_app(worlds).openapi_schema.to_schema()


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def bare_objects(schema, name=""):
    """Names of fields that are objects of an unknown shape."""
    if isinstance(schema, list):
        for each in schema:
            yield from bare_objects(each, name)
    elif isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" not in schema:
            yield name
        for key, each in schema.items():
            if key == "properties":
                for field, inner in each.items():
                    yield from bare_objects(inner, field)
            elif key in {"items", "oneOf", "anyOf", "allOf"}:
                yield from bare_objects(each, name)


def test_the_document_is_valid(document):
    """By the rules of OpenAPI 3.1."""
    OpenAPIV31SpecValidator(document).validate()

    assert document["info"]["version"] == version()


def test_every_call_and_every_parameter_is_described(document):
    """In words of somebody, not only by its name."""
    silent = [name for name, operation in operations(document) if not operation.get("description")]
    mute = [
        (name, each["name"])
        for name, operation in operations(document)
        for each in operation.get("parameters", ())
        if not each.get("description")
    ]

    assert len(list(operations(document))) > 18
    assert (silent, mute) == ([], [])


def test_every_shape_and_every_field_is_described(document):
    """Also those that a controller of another module brings."""
    schemas = document["components"]["schemas"]
    silent = [name for name, each in schemas.items() if not each.get("description")]
    mute = [
        (name, field)
        for name, each in schemas.items()
        for field, schema in each.get("properties", {}).items()
        if not schema.get("description")
    ]

    assert (silent, mute) == ([], [])
    # What is written at a field comes before what is known of its name.
    assert schemas["NewAccount"]["properties"]["number"]["description"].startswith("With its check digit")
    assert schemas["Listing"]["properties"]["bank"]["description"] == "Slug of the bank."


def test_a_struct_of_the_same_name_elsewhere_describes_nothing(worlds):
    """A process that certifies has structs of its own, in whatever order they are loaded."""

    class Step(Struct):
        """A step of something else."""

        name: str

    Step.__module__ = "simulators.elsewhere"
    described = control_app(worlds).openapi_schema.to_schema()["components"]["schemas"]["Step"]

    assert described["description"] == "How far to move the clock."
    assert all(each["description"] for each in described["properties"].values())


def test_known_shapes_have_names(document):
    """No answer and no body is an object of which nothing is said."""
    found = {
        name
        for _, operation in operations(document)
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
        for name in bare_objects(content["schema"])
    }
    found |= {name for key, each in document["components"]["schemas"].items() for name in bare_objects(each, key)}

    assert found <= AS_OTHERS_HAVE_IT


async def test_answers_are_as_the_document_says(worlds, document):
    """Each call that answers something, asked once; what the document does not name does not come."""
    transport = httpx.ASGITransport(application(worlds))
    asked = set()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/_sim") as client:

        async def ask(method, path, template=None, **more):
            answer = await client.request(method, path, **more)
            assert answer.is_success, answer.text
            name = f"{method} /_sim{template or path}"
            asked.add(name)
            item = document["paths"][f"/_sim{template or path}"][method.lower()]
            schema = item["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
            whole = {**schema, "components": document["components"]}
            jsonschema.Draft202012Validator(whole).validate(answer.json())
            return answer.json()

        for path in ("/banks", "/accounts", "/clock", "/politeness", "/scenarios", "/faults", "/worlds", "/requests"):
            await ask("GET", path)
        assert (await ask("GET", "/banks/inter/openapi.json", "/banks/{slug}/openapi.json"))["paths"]
        health = await ask("GET", "/health")
        assert (health["status"], health["version"], health["banks"]) == ("ok", version(), 12)
        await ask("POST", "/worlds", json={"name": "w", "ready_accounts": False})
        await ask("GET", "/worlds")
        account = await ask("POST", "/accounts", json={"bank": "inter", "parameters": {"entries_per_day": 4}})
        number = account["account"]["number"]
        place, template = f"/accounts/inter/{number}", "/accounts/{bank}/{number}"
        await ask("PUT", f"{place}/scenario", f"{template}/scenario", json={"scenario": "invalid_credentials"})
        await ask("POST", f"{place}/credentials", f"{template}/credentials")
        period = {"from": "2026-03-01", "to": "2026-03-10"}
        truth = await ask("GET", f"/truth/inter/{number}", "/truth/{bank}/{number}", params=period)
        assert any(each["counterparty"] for each in truth["entries"])
        await ask("PUT", "/clock", json={"now": "2026-03-18T11:00:00"})
        await ask("POST", "/clock/advance", json={"seconds": 1})
        await ask("PUT", f"{place}/ledger", f"{template}/ledger", json={"entries": [ENTRY, ENTRY]})
        made = await ask("POST", f"{place}/entries", f"{template}/entries", json={"entries": [ENTRY, ENTRY]})
        ids = [each["id"] for each in made["entries"]]
        one = f"{place}/entries/{ids[0]}", f"{template}/entries/{{entry_id}}"
        await ask("PATCH", *one, json={"description": "changed"})
        total = await ask("POST", f"{place}/entries/regroup", f"{template}/entries/regroup", json={"ids": ids})
        gone = total["entries"][0]["id"]
        await ask("DELETE", f"{place}/entries/{gone}", f"{template}/entries/{{entry_id}}")
        opened = {"bank": "cora", "entries": [ENTRY], "opening_balance": "10.00"}
        assert (await ask("POST", "/accounts", json=opened))["entries"] == 1
        await client.get("http://127.0.0.1/inter/oauth/v2/tokens", headers={"x-request-id": "mine"})
        assert (await ask("GET", "/requests", params={"detail": "true"}))[0]["request_id"] == "mine"
        assert (await ask("GET", "/requests.har"))["log"]["version"] == "1.2"
        expected = {"bank": "inter", "calls": [{"method": "GET", "path": "/oauth/v2/token"}]}
        assert (await ask("POST", "/verify", json=expected))["failures"][0]["near_misses"]
        snapshot = await ask("GET", "/snapshot")
        await ask("PUT", "/snapshot", params={"all": "true"}, json=snapshot)
        await ask("POST", "/faults", json={"bank": "inter", "fault": "status", "parameters": {"status": 503}})
        assert (await ask("GET", "/faults"))["active"]
    telling = {
        name
        for name, operation in operations(document)
        if any("content" in each for status, each in operation["responses"].items() if status.startswith("2"))
    }
    assert telling - asked == set()


def test_a_field_is_described_where_it_is_written():
    """Also one that is inherited; one without words has none."""

    class Base(Struct):
        """A base."""

        first: int
        """The first
        of all."""
        second: int = 0

    class Further(Base):
        """More."""

        third: int = 0
        """The third."""

    assert field_texts(Further) == {"first": "The first of all.", "third": "The third."}
