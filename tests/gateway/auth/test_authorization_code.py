"""The authorization code grant: one code, then a chain of refresh tokens that may or may not change."""

from datetime import datetime, timedelta

import httpx
import msgspec
import pytest

import contracts
from contracts.access import ClientAuthentication
from gateway.auth.authorization_code import AuthorizationCode
from gateway.errors import BankFailure
from gateway.flow import Token, converse
from gateway.model import BRASILIA, Credentials

NOW = datetime(2026, 3, 16, 10, tzinfo=BRASILIA)
CLIENT = {"client_id": "a", "client_secret": "b"}
BTG = contracts.load("btg_pactual")


def obtained(answer, previous=None, **credentials):
    """The token of a conversation, and the form that was sent."""
    asked = []

    def bank(request):
        asked.append(request)
        return answer

    auth = AuthorizationCode(BTG, "production", Credentials(CLIENT | credentials))
    _, token = converse(auth.obtain(previous, NOW), bank)
    return token, dict(httpx.QueryParams(asked[0].content.decode())), asked[0]


def token_with(refresh):
    return Token(access="t", expires_at=NOW, renew_at=NOW, refresh=refresh)


def granted(**more):
    return httpx.Response(200, json={"access_token": "new", "expires_in": 86400, **more})


def test_a_code_is_redeemed_with_its_address_and_never_sent_again_by_the_line():
    """Basic header, code and address; the request may not be repeated."""
    token, form, request = obtained(granted(refresh_token="r1"), code="c", redirect_uri="https://g/back")

    assert form == {"grant_type": "authorization_code", "code": "c", "redirect_uri": "https://g/back"}
    assert request.headers["authorization"] == "Basic YTpi"
    assert request.extensions["once"]
    assert (token.refresh, token.expires_at) == ("r1", NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("brought", "kept"), [({}, "r1"), ({"refresh_token": ""}, "r1"), ({"refresh_token": "r2"}, "r2")]
)
def test_a_renewal_keeps_the_refresh_token_unless_it_brings_another(brought, kept):
    """Nothing is lost in either case; the code is not sent again."""
    token, form, request = obtained(granted(**brought), token_with("r1"), code="c", redirect_uri="https://g/back")

    assert form == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert request.extensions["once"]
    assert token.refresh == kept


def test_a_refresh_token_that_was_brought_begins_the_chain():
    """And is left behind as soon as there is another."""
    assert obtained(granted(refresh_token="r1"), refresh_token="r0")[1]["refresh_token"] == "r0"
    assert obtained(granted(), token_with("r1"), refresh_token="r0")[1]["refresh_token"] == "r1"


def test_renewals_are_guarded():
    """It cannot be known beforehand whether the refresh token is spent."""
    assert AuthorizationCode(BTG, "production", Credentials(CLIENT)).rotates


def test_without_authorization_nothing_is_asked():
    """The failure is the one that tells the account holder what to do."""
    with pytest.raises(BankFailure) as caught:
        obtained(granted())

    assert (caught.value.code, caught.value.at) == ("authorization_incomplete", "authorization")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), "authorization_incomplete"),
        (httpx.Response(401, json={"error": "invalid_client"}), "invalid_credentials"),
        (httpx.Response(503), "bank_server_error"),
        (granted(), "unexpected_bank_response"),
    ],
)
def test_a_code_that_is_not_redeemed(answer, code):
    """A refused code is no consent that ended; one that brings no refresh token is no consent that lasts."""
    with pytest.raises(BankFailure) as caught:
        obtained(answer, code="c", redirect_uri="https://g/back")

    assert (caught.value.code, caught.value.at) == (code, "token")


def test_the_page_of_each_environment():
    """Every value is escaped; nothing secret is in it."""
    for environment, host in (("production", "id.btgpactual.com"), ("sandbox", "id.sandbox.btgpactual.com")):
        page = httpx.URL(AuthorizationCode(BTG, environment, Credentials(CLIENT)).page("https://g/back?a&b", "s t"))

        assert (page.host, page.path) == (host, "/oauth2/authorize")
        assert dict(page.params) == {
            "response_type": "code",
            "client_id": "a",
            "redirect_uri": "https://g/back?a&b",
            "scope": "openid empresas.btgpactual.com/accounts.readonly",
            "state": "s t",
        }


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The example of RFC 7636, appendix B."""


def test_the_page_is_told_the_digest_and_the_bank_the_verifier():
    """The verifier itself stands in no address; at a renewal there is none."""
    auth = AuthorizationCode(BTG, "production", Credentials(CLIENT | {"code_verifier": VERIFIER}))
    page = httpx.URL(auth.page("https://g/back", "s"))
    assert (page.params["code_challenge"], page.params["code_challenge_method"]) == (CHALLENGE, "S256")
    assert VERIFIER not in str(page)

    given = {"code": "c", "redirect_uri": "https://g/back", "code_verifier": VERIFIER}
    _, form, _ = obtained(granted(refresh_token="r1"), **given)
    _, renewal, _ = obtained(granted(), token_with("r1"), **given)

    assert form == {"grant_type": "authorization_code", **given}
    assert renewal == {"grant_type": "refresh_token", "refresh_token": "r1"}


@pytest.mark.parametrize(
    ("way", "proof"),
    [("client_secret_post", {"client_id": "a", "client_secret": "b"}), ("tls_client_auth", {"client_id": "a"})],
)
def test_the_client_proves_itself_as_the_contract_declares(way, proof):
    """In the form, or by its certificate."""
    access = msgspec.structs.replace(BTG.authentication, client_authentication=ClientAuthentication(way))
    auth = AuthorizationCode(msgspec.structs.replace(BTG, authentication=access), "production", Credentials(CLIENT))
    asked = []
    converse(auth.obtain(token_with("r1"), NOW), lambda request: asked.append(request) or granted())

    assert "authorization" not in asked[0].headers
    assert dict(httpx.QueryParams(asked[0].content.decode())) == {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        **proof,
    }


@pytest.mark.parametrize("ask", [lambda c: c.issuer("production"), lambda c: c.authorization_page("production", {})])
def test_a_bank_without_page(ask):
    """Most have none."""
    with pytest.raises(LookupError, match="inter has no authorization page"):
        ask(contracts.load("inter"))
