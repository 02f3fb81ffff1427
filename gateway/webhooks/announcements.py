"""Announces the ends of certificates to webhooks, in time for people to act."""

from datetime import datetime, timedelta

from gateway.events import Event, EventType
from gateway.limits import CERTIFICATE_NOTICE_DAYS
from gateway.model import BRASILIA
from gateway.storage.webhooks.outbox import Outbox

__all__ = ["announce_expiries"]


async def announce_expiries(outbox: Outbox, now: datetime, wall: datetime) -> None:
    """Announce certificates that end in 30, 7 or 1 days, each of these once.

    Args:
        outbox: where deliveries are noted.
        now: the present instant at the banks.
        wall: the present instant of the database, by which deliveries are sent.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    longest = timedelta(days=max(CERTIFICATE_NOTICE_DAYS))
    for tenant_id, account_id, ends in await outbox.certificates(now, now + longest):
        days = min(days for days in CERTIFICATE_NOTICE_DAYS if ends - now <= timedelta(days=days))
        detail = {"expires_at": ends.astimezone(BRASILIA).isoformat(), "days": str(days)}
        kind = EventType.CERTIFICATE_EXPIRING
        event = Event(type=kind, tenant_id=tenant_id, account_id=account_id, at=now, detail=detail)
        await outbox.note(event, wall)
