"""Credentials that end on a date: a warning in time to renew them, and the failure afterwards.

The end of a certificate is computed from its date each time and never stored, so that a clock that was wrong for a
moment stops nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from gateway.limits import EXPIRY_NOTICE
from gateway.model import BRASILIA, StatementWarning
from gateway.statement.warnings import warning
from gateway.storage.records import Integration, State
from gateway.storage.remembered import RememberedFailure

__all__ = ["expired", "expiring", "shown"]


READ_WITH = frozenset({State.ACTIVE, State.BANK_FAILING, State.PAUSED})
"""States of integrations whose statements are read."""


def expired(integration: Integration, now: datetime) -> RememberedFailure | None:
    """The failure of an expired certificate, known without asking the bank; None before its end."""
    end = integration.certificate_expires_at
    if end is None or end > now:
        return None
    detail = f"the client certificate expired on {end.astimezone(BRASILIA).date()}"
    return RememberedFailure(code="certificate_expired", at="tls", detail=detail, since=end)


def shown(integration: Integration, now: datetime) -> Integration:
    """The integration as it is shown at an instant: one whose certificate has ended needs action."""
    failure = expired(integration, now) if integration.state in READ_WITH else None
    if failure is None:
        return integration
    return replace(integration, state=State.NEEDS_ACTION, last_failure=failure)


def expiring(integration: Integration, now: datetime) -> Iterable[StatementWarning]:
    """A warning for the certificate and one for the consent, when it ends soon."""
    ends = (
        ("certificate_expiring", "the client certificate", integration.certificate_expires_at),
        ("consent_expiring", "the authorization", integration.consent_expires_at),
    )
    for code, what, end in ends:
        if end is not None and end - now <= EXPIRY_NOTICE:
            day = end.astimezone(BRASILIA).date()
            yield warning(code, f"{what} ends on {day}, in {(day - now.date()).days} days")
