"""The client credentials grant, with the client authentication that a bank's contract declares."""

import base64
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

import contracts
from gateway.auth.client_credentials import ClientCredentials
from gateway.model import Account, Credentials
from simulators.certify.cases import NOW

HELD = Credentials({"client_id": "id", "client_secret": "secret"})
INTER = contracts.load("inter")


def of(proof, grant="client_credentials"):
    """The grant at a bank with this client authentication."""
    declared = replace(INTER.authentication, client_authentication=proof, grant=grant, scopes=("read", "more"))
    account = Account("1", "inter", "PJ", "1", "2", "", HELD)
    return ClientCredentials.of(replace(INTER, authentication=declared), account)


@pytest.mark.parametrize(
    ("proof", "form", "basic"),
    [
        ("client_secret_post", {"client_id": ["id"], "client_secret": ["secret"]}, None),
        ("client_secret_basic", {}, "id:secret"),
        ("tls_client_auth", {"client_id": ["id"]}, None),
    ],
)
def test_the_contract_declares_the_client_authentication(proof, form, basic):
    """In the form, in a Basic header, or by its certificate alone; the scopes are the contract's."""
    request = next(of(proof).obtain(None, NOW))

    expected = {"grant_type": ["client_credentials"], "scope": ["read more"], **form}
    assert parse_qs(request.content.decode()) == expected
    sent = request.headers.get("authorization")
    assert (base64.b64decode(sent.removeprefix("Basic ")).decode() if sent else None) == basic


@pytest.mark.parametrize(("proof", "grant"), [("private_key_jwt", "client_credentials"), ("client_secret_post", "x")])
def test_another_grant_or_proof_is_no_default(proof, grant):
    """The bank's connector must say then how its accounts prove themselves."""
    with pytest.raises(LookupError, match="define its `auth`"):
        of(proof, grant)
