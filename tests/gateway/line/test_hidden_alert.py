"""A TLS alert is found wherever libraries hide it."""

import ssl

import httpx
import pytest

import contracts
from gateway.line.wire import certificate_refused, failure_of

INTER = contracts.load("inter")
ALERT = ssl.SSLError(1, "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)")


def raised_from(error):
    """A transport error that names its cause."""
    found = httpx.ReadError("")
    found.__cause__ = error
    return found


def raised_during(error):
    """A transport error raised while another was handled."""
    found = httpx.ReadError("")
    found.__context__ = error
    return found


def in_between(error):
    """A transport error whose cause was raised while the alert was handled."""
    between = OSError("closed")
    between.__context__ = error
    return raised_from(between)


@pytest.mark.parametrize("hidden", [raised_from, raised_during, in_between])
def test_an_alert_behind_other_errors(hidden):
    """It tells of our certificate, and nothing of the bank's health."""
    request = httpx.Request("GET", INTER.url("statement"), extensions={"operation": "statement"})
    error = hidden(ALERT)

    assert certificate_refused(error)
    failure = failure_of(INTER, request, error)
    assert (failure.at, failure.nothing_sent, failure.bank_error.message) == ("tls", True, str(ALERT))


@pytest.mark.parametrize("hidden", [raised_from, raised_during, in_between])
@pytest.mark.parametrize("error", [ssl.SSLCertVerificationError("alert"), ssl.SSLError(1, "EOF"), OSError("alert")])
def test_other_errors_are_no_alert(hidden, error):
    """Our own refusal of the bank's certificate, a conversation cut off, a closed socket."""
    assert not certificate_refused(hidden(error))


def test_a_chain_of_errors_that_leads_back_to_itself():
    """It comes to an end."""
    one, other = httpx.ReadError(""), OSError("closed")
    one.__cause__, other.__context__ = other, one

    assert not certificate_refused(one)
