"""The exit status of each failure."""

import pytest

import contracts
from gateway.commands.exit_codes import ExitCode, status_of
from gateway.errors import BankFailure, CallerError, GatewayError, IntegrationInactive


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("bank_unavailable", ExitCode.TRY_AGAIN),
        ("rate_limited", ExitCode.TRY_AGAIN),
        ("integration_paused", ExitCode.TRY_AGAIN),
        ("invalid_credentials", ExitCode.NEEDS_ACTION),
        ("certificate_expired", ExitCode.NEEDS_ACTION),
        ("consent_expired", ExitCode.NEEDS_ACTION),
    ],
)
def test_failures_of_a_bank(code, status):
    """By whether the same command may succeed later, and who has to act before."""
    assert status_of(BankFailure(code, bank="inter", at="token", detail="no")) == status


def test_a_failure_that_passes_although_its_code_does_not():
    """The failure itself knows better than its code."""
    failure = BankFailure("invalid_credentials", bank="inter", at="token", detail="no")
    failure.may_pass(3600, "the credentials have worked")

    assert status_of(failure) == ExitCode.TRY_AGAIN


def test_failures_of_the_gateway():
    """What was asked for wrongly, and what the gateway itself lacks."""
    assert status_of(CallerError("unknown_account", "no")) == ExitCode.REFUSED
    assert status_of(CallerError("invalid_account", "no", field="number")) == ExitCode.REFUSED
    assert status_of(GatewayError("storage_unavailable", "no")) == ExitCode.CANNOT_WORK
    assert status_of(GatewayError("credentials_unreadable", "no")) == ExitCode.CANNOT_WORK
    assert status_of(IntegrationInactive("no")) == ExitCode.NEEDS_ACTION


@pytest.mark.parametrize("code", contracts.failures().failures)
def test_each_code_has_a_status_that_tells_of_a_failure(code):
    """Whatever class it comes in."""
    for error in (GatewayError(code, "no"), BankFailure(code, bank="inter", at="token", detail="no")):
        assert status_of(error) in set(ExitCode) - {ExitCode.DONE, ExitCode.USAGE, ExitCode.STOPPED}
        if error.retryable and status_of(error) is not ExitCode.CANNOT_WORK:
            assert status_of(error) is ExitCode.TRY_AGAIN
