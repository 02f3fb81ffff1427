"""Each refresh token is spent once, and the next one comes with the answer."""

from datetime import datetime, timedelta

import httpx
import pytest

import contracts
from gateway.auth.refresh_token import RotatingRefreshToken
from gateway.flow import Token, converse
from gateway.model import BRASILIA

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
AUTH = RotatingRefreshToken(
    contracts.load("bs2"),
    "production",
    first="canary-first",
    form={"client_id": "key", "client_secret": "canary-secret"},
    scopes=("saldo", "extrato"),
    headers={"User-Agent": "programa-1"},
)


def token_with(refresh):
    return Token(access="a", expires_at=NOW, renew_at=NOW, refresh=refresh)


def obtain(previous, **answer):
    """The token of an answer, and the request it answers."""
    asked = []

    def bank(request):
        asked.append(request)
        return httpx.Response(200, json={"access_token": "b", "expires_in": 300, **answer})

    return converse(AUTH.obtain(previous, NOW), bank)[1], asked[0]


@pytest.mark.parametrize(
    ("previous", "spent"),
    [(None, "canary-first"), (token_with(None), "canary-first"), (token_with("canary-9"), "canary-9")],
)
def test_the_last_refresh_token_is_spent(previous, spent):
    """The chain begins with the typed refresh token and goes on with the bank's last one."""
    _, request = obtain(previous, refresh_token="canary-next")

    assert dict(httpx.QueryParams(request.content.decode())) == {
        "grant_type": "refresh_token",
        "refresh_token": spent,
        "scope": "saldo extrato",
        "client_id": "key",
        "client_secret": "canary-secret",
    }
    assert request.headers["user-agent"] == "programa-1"


def test_the_request_is_sent_once():
    """A request that spends a refresh token is marked as one not to repeat, and the grant as one that rotates."""
    _, request = obtain(None, refresh_token="canary-next")

    assert (request.extensions["once"], AUTH.rotates) == (True, True)


def test_the_successor_belongs_to_the_token():
    """The next refresh token comes with the access token and its life."""
    token, _ = obtain(None, refresh_token="canary-next")

    assert (token.refresh, token.expires_at) == ("canary-next", NOW + timedelta(seconds=300))
    assert "canary" not in repr(token)


@pytest.mark.parametrize("sent", [{}, *({"refresh_token": token} for token in (None, "", " ", "canary-9"))])
def test_without_a_successor_the_sent_one_stays(sent):
    """The access token is good. Only the bank can tell whether the refresh token was spent."""
    token, _ = obtain(token_with("canary-9"), **sent)

    assert (token.access, token.refresh) == ("b", "canary-9")


@pytest.mark.parametrize("life", ["", "soon", None, {}, -1])
def test_a_life_that_cannot_be_read_does_not_end_the_chain(life):
    """The answer has the only copy of the next refresh token."""
    token, _ = obtain(None, refresh_token="canary-next", expires_in=life)

    assert token.refresh == "canary-next"
