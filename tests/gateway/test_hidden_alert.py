"""A TLS alert is found wherever libraries hide it."""

import ssl

import httpx
import pytest

import contracts
from contracts.schema import MutualTLS
from gateway.judgement import UnusableCertificate, judge

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


CERTIFICATE_ALERTS = (
    *("SSLV3_ALERT_HANDSHAKE_FAILURE", "SSLV3_ALERT_NO_CERTIFICATE", "SSLV3_ALERT_BAD_CERTIFICATE"),
    *("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_REVOKED", "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
    *("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_ACCESS_DENIED"),
    *("TLSV1_ALERT_DECRYPT_ERROR", "TLSV13_ALERT_CERTIFICATE_REQUIRED"),
)
OTHER_ALERTS = (
    *("SSLV3_ALERT_UNEXPECTED_MESSAGE", "SSLV3_ALERT_BAD_RECORD_MAC", "TLSV1_ALERT_RECORD_OVERFLOW"),
    *("SSLV3_ALERT_ILLEGAL_PARAMETER", "TLSV1_ALERT_DECODE_ERROR", "TLSV1_ALERT_PROTOCOL_VERSION"),
    *("TLSV1_ALERT_INSUFFICIENT_SECURITY", "TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_ALERT_INAPPROPRIATE_FALLBACK"),
    *("TLSV1_ALERT_USER_CANCELLED", "TLSV1_ALERT_NO_RENEGOTIATION", "TLSV13_ALERT_MISSING_EXTENSION"),
    "TLSV1_UNRECOGNIZED_NAME",
)


def alert(name):
    return ssl.SSLError(1, f"[SSL: {name}] {name.replace('_', ' ').lower()} (_ssl.c:1006)")


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("name", CERTIFICATE_ALERTS)
def test_an_alert_about_a_certificate_is_about_ours_where_the_bank_wants_one(slug, name):
    """Elsewhere none was shown: it is the bank that does not agree."""
    contract = contracts.load(slug)
    judgement = judge(contract, "statement", raised_from(alert(name)))

    wanted = contract.authentication.mutual_tls is not MutualTLS.NONE
    assert (judgement.is_ours, judgement.is_passing) == (wanted, not wanted)
    expected = "certificate_expired" if "EXPIRED" in name else "invalid_credentials"
    assert judgement.failure.code == (expected if wanted else "bank_unavailable")


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("name", OTHER_ALERTS)
def test_any_other_alert_blames_no_certificate(slug, name):
    """Such as that of a load balancer that reaches nobody behind it: it is asked again, and stops no integration."""
    judgement = judge(contracts.load(slug), "statement", raised_from(alert(name)))

    assert (judgement.failure.code, judgement.failure.at) == ("bank_unavailable", "statement")
    assert (judgement.is_ours, judgement.is_passing) == (False, True)
    assert judgement.failure.detail.endswith("could not be reached: TLS was not agreed on")


def test_a_certificate_that_cannot_be_shown_is_no_disagreement():
    """The bank was not asked at all."""
    error = UnusableCertificate("the client certificate cannot be used: KEY_VALUES_MISMATCH")
    error.__cause__ = ssl.SSLError(1, "[X509: KEY_VALUES_MISMATCH] key values mismatch")

    assert judge(INTER, "statement", error).failure.detail == f"Banco Inter was not asked: {error}"


def test_a_chain_of_errors_that_leads_back_to_itself():
    """It comes to an end."""
    one, other = httpx.ReadError(""), OSError("closed")
    one.__cause__, other.__context__ = other, one

    assert judge(INTER, "statement", one).failure.at == "statement"
