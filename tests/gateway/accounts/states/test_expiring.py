"""Warnings before a certificate or consent ends."""

from datetime import datetime, timedelta

import pytest

from gateway.accounts.states.expiring import expiring
from gateway.storage.accounts.records import Integration
from tests.gateway.support import NOW

MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("certificate", "consent", "expected"),
    [
        (None, None, []),
        (NOW + MONTH + timedelta(seconds=1), None, []),
        (NOW + MONTH, None, [("certificate_expiring", "the client certificate ends on 2026-04-15, in 30 days")]),
        (None, NOW + timedelta(hours=1), [("consent_expiring", "the authorization ends on 2026-03-16, in 0 days")]),
    ],
)
def test_the_end_is_announced_a_month_before(
    certificate: datetime | None, consent: datetime | None, expected: list[tuple[str, str]]
) -> None:
    """Not earlier; with the day and how many are left."""
    integration = Integration(account_id="a", certificate_expires_at=certificate, consent_expires_at=consent)

    found = list(expiring(integration, NOW))

    assert [(warning.code, warning.detail) for warning in found] == expected
    assert all(warning.title for warning in found)


def test_both_may_end() -> None:
    """Each has its own warning."""
    integration = Integration(account_id="a", certificate_expires_at=NOW, consent_expires_at=NOW)

    assert [warning.code for warning in expiring(integration, NOW)] == ["certificate_expiring", "consent_expiring"]
