"""Every request is authorised; a refused token is renewed once."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

import contracts
from gateway.auth import signed
from gateway.auth.basic import Basic
from gateway.auth.client_credentials import ClientCredentials
from gateway.auth.oauth import TokenAnswer
from gateway.errors import BankFailure
from gateway.flow import OPTIONAL, Page, Token, converse

NOW = datetime(2026, 3, 18, tzinfo=UTC)
INTER = contracts.load("inter")


def auth():
    return ClientCredentials(INTER, "production", {"client_id": "a", "client_secret": "canary"})


def token(name):
    return Token(access=name, expires_at=NOW, renew_at=NOW)


def one_call():
    response = yield httpx.Request("GET", "https://bank/")
    yield Page()
    return response.status_code


def run(statuses, flow=None):
    """Drive one call against answers of these statuses; give the tokens asked for and used, and the outcome."""
    asked, used, answers = [], [], iter(statuses)

    def give(needed):
        asked.append(needed.refused.access if needed.refused else None)
        return token(f"t{len(asked)}")

    def answer(request):
        used.append(request.headers["authorization"])
        return httpx.Response(next(answers))

    return asked, used, converse(signed(flow or one_call(), auth()), answer, give)[1]


def test_a_good_token_is_used():
    """With a good token there is one request."""
    assert run([200]) == ([None], ["Bearer t1"], 200)


def test_a_refused_token_is_renewed_once():
    """After 401 the request is sent again with another token."""
    assert run([401, 200]) == ([None, "t1"], ["Bearer t1", "Bearer t2"], 200)


def two_calls():
    """One call, and one without whose answer the conversation goes on."""
    yield httpx.Request("GET", "https://bank/")
    response = yield httpx.Request("GET", "https://bank/", extensions={OPTIONAL: True})
    return response.status_code


@pytest.mark.parametrize(
    ("answers", "asked", "used"),
    [
        ([200, 200], [None], ["t1", "t1"]),
        ([200, 401], [None], ["t1", "t1"]),
        ([401, 200, 401], [None, "t1"], ["t1", "t2", "t2"]),
    ],
)
def test_what_a_conversation_can_do_without_is_worth_no_token(answers, asked, used):
    """It has the token of the request before it, good or refused."""
    assert run(answers, two_calls()) == (asked, [f"Bearer {each}" for each in used], answers[-1])


def test_a_conversation_that_begins_with_it_has_a_token():
    """There is none before it; it is not renewed."""

    def only():
        response = yield httpx.Request("GET", "https://bank/", extensions={OPTIONAL: True})
        return response.status_code

    assert run([401], only()) == ([None], ["Bearer t1"], 401)


def test_a_second_refusal_is_an_answer():
    """A second 401 is given to the conversation; there is no third request."""
    assert run([401, 401]) == ([None, "t1"], ["Bearer t1", "Bearer t2"], 401)


def test_basic_needs_no_token():
    """HTTP Basic goes on every request, and a 401 is an answer."""
    basic = Basic("user", "pass")

    _, status = converse(signed(one_call(), basic), lambda r: httpx.Response(401, headers=dict(r.headers)))

    assert status == 401
    with pytest.raises(TypeError):
        basic.obtain(None, NOW)


def test_a_bearer_needs_its_token():
    """Applying a bearer without a token is a mistake of the caller."""
    with pytest.raises(TypeError):
        auth().apply(httpx.Request("GET", "https://bank/"), None)


@pytest.mark.parametrize(("life", "early"), [(3600, 30), (100, 10), (10, 1)])
def test_a_token_is_renewed_before_it_expires(life, early):
    """Renewal is due half a minute before the end, or after nine tenths of a short life."""
    answer = httpx.Response(200, json={"access_token": "x", "expires_in": life, "token_type": "Bearer"})

    _, got = converse(auth().obtain(None, NOW), lambda _: answer)

    assert got.expires_at == NOW + timedelta(seconds=life)
    assert got.expires_at - got.renew_at == timedelta(seconds=early)


def test_a_token_answer_without_token():
    """An answer that is no token is an unexpected answer; the failure does not show its content."""
    answer = httpx.Response(200, json={"acces_token": "canary", "expires_in": 1})
    with pytest.raises(BankFailure) as failure:
        converse(auth().obtain(None, NOW), lambda _: answer)
    assert failure.value.code == "unexpected_bank_response"
    assert "canary" not in str(failure.value)


@pytest.mark.parametrize(
    "life",
    [
        *("NaN", "nan", "inf", "-1", -1, -0.5, 0, "0", 0.0, True, False, "soon", "", 10**400, [], {}, None),
        "2026-03-10T10:00:00Z",
    ],
)
def test_a_life_that_is_no_number_of_seconds_is_the_usual_one(life):
    """It counts neither as zero nor as unlimited, and takes no token with it: the field is optional.

    Nor does zero itself, which some servers send for a token that does not end: each call would need a token.
    """
    answer = httpx.Response(200, json={"access_token": "x", "expires_in": life})

    _, got = converse(auth().obtain(None, NOW), lambda _: answer)

    assert got.expires_at == NOW + timedelta(seconds=INTER.authentication.token_seconds)


@pytest.mark.parametrize("life", [1e30, "1e30", 10**30])
def test_no_token_is_trusted_for_longer_than_a_year(life):
    """Also when the bank declares a longer life."""
    answer = httpx.Response(200, json={"access_token": "x", "expires_in": life})

    _, got = converse(auth().obtain(None, NOW), lambda _: answer)

    assert got.expires_at == NOW + timedelta(days=365)


@pytest.mark.parametrize("token", [" ", "", " a", "a ", "a\x00", "a\n", "a\r\nX: y", "é", "\x7f"])
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_token_with_signs_that_no_header_takes_is_no_token(name, token):
    """A refresh token that is blank is none."""
    answer = httpx.Response(200, json={"access_token": "x", "expires_in": 60, name: token})
    if name == "refresh_token" and token.isascii() and token.strip(" ").isprintable():
        _, got = converse(auth().obtain(None, NOW), lambda _: answer)
        assert got.refresh == (token.strip() or None)
        return
    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        converse(auth().obtain(None, NOW), lambda _: answer)


def test_a_token_answer_never_shows_itself():
    """The text of a token answer has no value in it."""
    assert "canary" not in repr(TokenAnswer(access_token="canary", expires_in=1, refresh_token="canary"))
