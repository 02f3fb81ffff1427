"""An API key in a header of every call."""

import httpx
import msgspec
import pytest

import contracts
from contracts.access import Grant
from gateway.auth.api_key import ApiKey
from gateway.auth.declared import declared_auth
from gateway.flow import converse
from gateway.model import Account, Credentials
from tests.gateway.support import NOW

ACCOUNT = Account(
    id="1",
    bank="pagseguro",
    kind="PJ",
    branch="",
    number="1",
    holder_tax_id="",
    credentials=Credentials({"api_key": "k-1"}),
)


def contract(**facts):
    """A bank whose clients have a key."""
    bank = contracts.load("pagseguro")
    return msgspec.structs.replace(bank, authentication=msgspec.structs.replace(bank.authentication, **facts))


@pytest.mark.parametrize(("facts", "header"), [({}, "x-api-key"), ({"api_key_header": "access_token"}, "access_token")])
def test_every_request_carries_the_key(facts, header):
    """In the header that the contract names."""
    request = httpx.Request("GET", "https://bank.example/")
    auth = declared_auth(contract(grant=Grant.API_KEY, **facts), ACCOUNT)

    auth.apply(request, None)

    assert request.headers[header] == "k-1"


def test_there_is_no_token():
    """Nothing is obtained, and a refusal means the key."""
    auth = ApiKey("X-Api-Key", "k-1")

    assert (auth.uses_token, auth.rotates, auth.refused(httpx.Response(401))) == (False, False, False)
    with pytest.raises(TypeError):
        converse(auth.obtain(None, NOW), lambda request: httpx.Response(200))
