"""The OpenAPI document of each bank: valid, and all of its contract's calls and no other."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

import contracts
from contracts.access import MutualTLS
from simulators.console.api_view import shown_operations
from simulators.control.bank_document import bank_document

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("slug", contracts.banks())
async def test_the_document_of_a_bank(client, slug):
    """Valid; its calls, hosts, limits and refusals are those of the contract."""
    contract = contracts.load(slug)
    answer = await client.get(f"/_sim/banks/{slug}/openapi.json")
    document = answer.json()
    validate(document, cls=OpenAPIV31SpecValidator)

    described = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post"}
    }
    assert set(described) == {(each.method, each.path) for each in contract.operations.values()}
    for name, operation in contract.operations.items():
        shown = described[operation.method, operation.path]
        assert shown["operationId"] == name
        assert shown["x-evidence"] == operation.evidence
        assert f"Evidence: {operation.evidence}" in shown["description"]
        hosts = {each.hosts[operation.host] for each in contract.environments.values() if operation.host in each.hosts}
        assert {each["url"] for each in shown["servers"]} == {f"https://{host}" for host in hosts}
        needs = {scheme for each in shown["security"] for scheme in each}
        assert needs <= set(document["components"]["securitySchemes"])
        access = contract.authentication
        is_mutual = access.mutual_tls is not MutualTLS.NONE and operation.host in access.mutual_tls_hosts
        assert ("clientCertificate" in needs) is is_mutual
        statuses = {str(status) for each in contract.symptoms if operation.kind in each.at for status in each.status}
        assert set(shown["responses"]) == {"200"} | statuses
    assert [each.path for each in shown_operations(document)] == [path for _, path in described]


def test_segments_of_a_path_are_parameters():
    document = bank_document(contracts.load("btg_pactual"))
    found = {path: [each["name"] for each in item.get("parameters", [])] for path, item in document["paths"].items()}
    assert found["/{company_id}/banking/accounts/{account_id}/statements"] == ["company_id", "account_id"]
    assert found["/oauth2/token"] == []


async def test_a_bank_that_there_is_not(client):
    assert (await client.get("/_sim/banks/nada/openapi.json")).status_code == 404
    assert (await client.get("/console/api/nada")).status_code == 404


async def test_the_pages(client):
    """The control API with every call of its document, and a bank with every call of its own."""
    document = (await client.get("/_sim/schema/openapi.json")).json()
    shown = (await client.get("/console/api")).text
    assert all(f"{each.method} {each.path}" in shown for each in shown_operations(document))
    assert "over_seconds" in shown  # a field of a body
    page = (await client.get("/console/api/inter")).text
    assert "GET /banking/v2/extrato/completo" in page
    assert "cdpj.partners.bancointer.com.br" in page
