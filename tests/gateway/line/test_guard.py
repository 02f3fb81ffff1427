"""The guard lets nothing leave that is not a declared read or a token request."""

import httpx
import msgspec
import pytest

import contracts
from contracts.schema import Evidence, Operation, OperationKind
from gateway.connectors import connector_class
from gateway.errors import ForbiddenRequest
from gateway.line.guard import check
from gateway.model import Account

CONTRACT = contracts.load("inter")
TOKEN = CONTRACT.url("token")


def test_a_token_request_passes():
    """A form that asks for a token by a grant leaves."""
    check(CONTRACT, httpx.Request("POST", TOKEN, data={"grant_type": "client_credentials"}))


@pytest.mark.parametrize(
    "more",
    [
        {"json": {"valor": "0.01"}},
        {"data": {"valor": "0.01"}},
        {"data": {"grant_type": "payment"}},
        {"data": {"grant_type": "refresh_token"}},
        {"data": {"grant_type": ["client_credentials", "refresh_token"]}},
        {},
    ],
)
def test_what_is_no_token_request_does_not_reach_the_token_address(more):
    """An address listed for tokens carries nothing else."""
    with pytest.raises(ForbiddenRequest, match="no token request"):
        check(CONTRACT, httpx.Request("POST", TOKEN, **more))


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_token_is_asked_for_by_the_grants_of_the_bank_alone(slug):
    """A password is sent nowhere; a bank without tokens has no address to ask at."""
    contract = contracts.load(slug)
    types = contract.authentication.grant.grant_types
    assert bool(types) == ("token" in contract.operations)
    for grant_type in types:
        check(contract, httpx.Request("POST", contract.url("token"), data={"grant_type": grant_type}))
    for other in {"password", "client_credentials", "refresh_token"} - set(types) if types else ():
        with pytest.raises(ForbiddenRequest, match="no token request"):
            check(contract, httpx.Request("POST", contract.url("token"), data={"grant_type": other}))


def read_by_post(**more):
    """A read that a bank offers as POST alone."""
    values = {"kind": OperationKind.STATEMENT, "method": "POST", "path": "/extratos", "read_body": '{"tipo":"todos"}'}
    return Operation(**(values | {"evidence": Evidence.DOCUMENTED, "source": "portal"} | more))


def test_a_declared_read_by_post_leaves_with_its_body_alone():
    """The body is the one that the contract states, byte for byte."""
    contract = msgspec.structs.replace(CONTRACT, operations={**CONTRACT.operations, "statement": read_by_post()})
    address = contract.url("statement")

    check(contract, httpx.Request("POST", address, content='{"tipo":"todos"}'))
    for body in ("", '{"tipo":"pix","valor":"1.00"}'):
        with pytest.raises(ForbiddenRequest, match="no body but"):
            check(contract, httpx.Request("POST", address, content=body))
    with pytest.raises(ForbiddenRequest, match="not in the contract"):
        check(contract, httpx.Request("GET", address))


def test_a_connector_reads_by_post_with_the_days_of_its_period():
    """What the connector asks of such a read leaves; the values of the path and of the body are named alike."""
    read = read_by_post(path="/contas/{conta}/extratos", read_body='{"de":"{first}","ate":"{last}"}')
    contract = msgspec.structs.replace(CONTRACT, operations={**CONTRACT.operations, "statement": read})
    told = {"branch": "0001", "number": "77", "kind": "PJ", "holder_tax_id": "11222333000181", "credentials": {}}
    account = Account(id="1", bank="inter", **told)
    flow = connector_class("inter")(contract).ask(
        "statement", account, conta="77", first="2026-03-09", last="2026-03-10"
    )
    asked = next(flow)

    check(contract, asked)
    assert (asked.method, asked.url.path) == ("POST", "/contas/77/extratos")
    assert asked.headers["content-type"] == "application/json"
    assert msgspec.json.decode(asked.content) == {"de": "2026-03-09", "ate": "2026-03-10"}
