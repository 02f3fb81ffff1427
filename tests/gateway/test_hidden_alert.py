"""A TLS alert is found wherever libraries hide it."""

import ssl

import httpx
import pytest

import contracts
from gateway.judgement import judge

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
    judgement = judge(INTER, "statement", hidden(ALERT))

    assert (judgement.is_ours, judgement.is_passing) == (True, False)
    assert (judgement.failure.at, judgement.failure.bank_error.message) == ("tls", str(ALERT))


@pytest.mark.parametrize("hidden", [raised_from, raised_during, in_between])
@pytest.mark.parametrize("error", [ssl.SSLCertVerificationError("alert"), ssl.SSLError(1, "EOF"), OSError("alert")])
def test_other_errors_are_no_alert(hidden, error):
    """Our own refusal of the bank's certificate, a conversation cut off, a closed socket."""
    assert judge(INTER, "statement", hidden(error)).failure.at == "statement"


def test_a_chain_of_errors_that_leads_back_to_itself():
    """It comes to an end."""
    one, other = httpx.ReadError(""), OSError("closed")
    one.__cause__, other.__context__ = other, one

    assert judge(INTER, "statement", one).failure.at == "statement"
