"""A bank's answer is read: which failure it is, or what it holds."""

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from gateway.answers import bank_error, decode, failure_of, failure_within
from gateway.errors import BankFailure

INTER = contracts.load("inter")


class Wire(msgspec.Struct):
    """A body with one field."""

    n: int


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "bank_server_error"),
        (503, "bank_server_error"),
        (429, "rate_limited"),
        (418, "unexpected_bank_response"),
        (302, "unexpected_bank_response"),
        (401, "invalid_credentials"),
        (403, "statement_access_denied"),
    ],
)
def test_an_answer_is_named(status, code):
    """The contract's symptoms name an answer; what they do not know is named by its status."""
    assert failure_of(INTER, "statement", httpx.Response(status)).code == code


def test_a_success_is_no_failure():
    """Any 2xx is a success."""
    assert failure_of(INTER, "statement", httpx.Response(201)) is None


@pytest.mark.parametrize(
    ("status", "code"), [(200, "unexpected_bank_response"), (403, "invalid_account"), (404, "invalid_account")]
)
def test_a_failure_told_in_the_content(status, code):
    """Only symptoms that name the status are looked for in the bank's message; the rest is unexpected."""
    failure = failure_within(INTER, "statement", httpx.Response(status), "9", "Conta inválida")

    assert failure.code == code
    assert (failure.bank_error.code, failure.bank_error.message) == ("9", "Conta inválida")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0"}, 60),
        ({"retry-after": "99999999999999"}, 86_400),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": "yesterday"}, 60),
        ({}, 60),
    ],
)
def test_how_long_to_wait(headers, seconds):
    """Retry-After is respected within a day; without it, or absurd, the catalogue says how long to wait."""
    assert failure_of(INTER, "statement", httpx.Response(429, headers=headers)).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ('{"error":"invalid_client","error_description":"no"}', "invalid_client", "no"),
        ('[{"tag":"A.B","descricao":"texto"}]', "A.B", "texto"),
        ('{"erro":{"codigo":7,"mensagem":"x"}}', "7", "x"),
        ('{"code":401,"message":["scope missing","ask"]}', "401", "scope missing ask"),
        ('{"message":[],"title":"t"}', None, "t"),
        ("Invalid token", None, "Invalid token"),
        ("<html>", None, None),
        ("", None, None),
        ("3", None, None),
        ('{"message": ""}', None, None),
    ],
)
def test_the_banks_own_words(body, code, message):
    """Code and message are found in whichever usual shape they were sent."""
    found = bank_error(httpx.Response(400, text=body))

    assert (found.status, found.code, found.message) == (400, code, message)


def test_a_web_page_is_no_message():
    """The text of a web page is not taken for the bank's words."""
    assert bank_error(httpx.Response(500, html="sorry")).message is None


def test_words_are_cut_and_cleaned():
    """The bank's words are cut, and what looks like a secret or a tax id is taken out."""
    found = bank_error(httpx.Response(400, json={"message": "token=canary-1 12345678909 " + "x" * 1000}))

    assert "canary" not in found.message
    assert "12345678909" not in found.message
    assert len(found.message) <= 300
    assert "400" in repr(found)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_unexpected(content):
    """Whatever bytes come, they are the struct or an unexpected answer, never another exception."""
    response = httpx.Response(200, content=content)
    try:
        assert isinstance(decode(INTER, "statement", response, Wire).n, int)
    except BankFailure as failure:
        assert failure.code == "unexpected_bank_response"
    bank_error(httpx.Response(500, content=content))


def test_a_deep_body_is_unexpected():
    """A body nested beyond all measure is an unexpected answer."""
    response = httpx.Response(200, content=b"[" * 100_000)
    with pytest.raises(BankFailure):
        decode(INTER, "statement", response, list)
    assert bank_error(response).message is not None
