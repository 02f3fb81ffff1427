"""Warns of credentials that are about to end, in time for somebody to renew them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.accounts.records import Integration
from gateway.check import warning
from gateway.model import BRASILIA, StatementWarning

__all__ = ["NOTICE", "expiring"]

NOTICE = timedelta(days=30)
"""How long before its end something is warned of."""


def expiring(integration: Integration, now: datetime) -> Iterable[StatementWarning]:
    """A warning for the certificate and one for the consent, when it ends soon."""
    ends = (
        ("certificate_expiring", "the client certificate", integration.certificate_expires_at),
        ("consent_expiring", "the authorization", integration.consent_expires_at),
    )
    for code, what, end in ends:
        if end is not None and end - now <= NOTICE:
            day = end.astimezone(BRASILIA).date()
            yield warning(code, f"{what} ends on {day}, in {(day - now.date()).days} days")
