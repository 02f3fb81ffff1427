"""What ends on a date: credentials, with a warning in time to renew them, and consent flows that nobody has completed.

The end of a certificate or of a flow is computed from its date each time and never stored, so that a clock that was
wrong for a moment stops nothing, and that it does not matter whether a process is there to notice it.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from gateway.limits import EXPIRY_NOTICE
from gateway.model import BRASILIA, StatementWarning
from gateway.statement.warnings import warning
from gateway.storage.accounts.records import READ_STATES, Integration, State
from gateway.storage.accounts.remembered import RememberedFailure

__all__ = ["expired", "expiring", "shown", "unfinished"]


def expired(integration: Integration, now: datetime) -> RememberedFailure | None:
    """The failure of an expired certificate, known without asking the bank; None before its end."""
    end = integration.certificate_expires_at
    if end is None or end > now:
        return None
    detail = f"the client certificate expired on {end.astimezone(BRASILIA).date()}"
    return RememberedFailure(code="certificate_expired", at="tls", detail=detail, since=end)


def unfinished(integration: Integration, now: datetime) -> RememberedFailure | None:
    """The failure of an integration whose consent flow was not completed in time; None as long as it may be."""
    end = integration.authorization_expires_at
    if integration.state is not State.PENDING_AUTHORIZATION or end is None or end > now:
        return None
    detail = "the authorization was not completed in time"
    return RememberedFailure(code="authorization_incomplete", at="authorization", detail=detail, since=end)


def shown(integration: Integration, now: datetime) -> Integration:
    """The integration as it is shown at an instant.

    One whose certificate has ended needs action, and one whose consent flow was not completed in time too. A flow that
    has ended is not shown, whatever the state.
    """
    failure = expired(integration, now) if integration.state in READ_STATES else unfinished(integration, now)
    if (end := integration.authorization_expires_at) is not None and end <= now:
        integration = replace(integration, authorization_expires_at=None)
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
