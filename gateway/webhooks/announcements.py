"""Announces the ends of certificates to webhooks, in time for people to act."""

from datetime import datetime, timedelta

from gateway.clock import Clock
from gateway.events import Event, EventType
from gateway.limits import CERTIFICATE_NOTICE_DAYS
from gateway.model import BRASILIA
from gateway.storage.webhooks.outbox import Outbox

__all__ = ["Announcements"]


class Announcements:
    """Looks for certificates that end.

    Args:
        outbox: where deliveries are noted.
        wall: the database's time, by which they are sent.
    """

    def __init__(self, outbox: Outbox, wall: Clock) -> None:
        self._outbox = outbox
        self._wall = wall

    async def announce_expiries(self, now: datetime) -> None:
        """Announce certificates that end in 30, 7 or 1 days, each of these once.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        longest = timedelta(days=max(CERTIFICATE_NOTICE_DAYS))
        for tenant_id, account_id, ends in await self._outbox.certificates(now, now + longest):
            days = min(days for days in CERTIFICATE_NOTICE_DAYS if ends - now <= timedelta(days=days))
            detail = {"expires_at": ends.astimezone(BRASILIA).isoformat(), "days": str(days)}
            kind = EventType.CERTIFICATE_EXPIRING
            event = Event(type=kind, tenant_id=tenant_id, account_id=account_id, at=now, detail=detail)
            await self._outbox.note(event, self._wall.now())
