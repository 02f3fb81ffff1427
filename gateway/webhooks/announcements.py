"""Announces events to webhooks, where they do not belong to a transaction of their own.

Events of one account and occasion are announced once, however often and by however many processes they are seen: an
import that is repeated after a crash, a certificate that ends in a week.
"""

from datetime import datetime, timedelta

import structlog

from gateway.clock import Clock
from gateway.events import Event, EventType
from gateway.limits import CERTIFICATE_NOTICE_DAYS
from gateway.model import BRASILIA
from gateway.storage.database import DATABASE_ERRORS
from gateway.storage.outbox import Outbox

__all__ = ["Announcements"]

ONCE = frozenset({EventType.STATEMENT_READY, EventType.CERTIFICATE_EXPIRING})
"""Types of which an occasion is told once."""

log = structlog.get_logger("gateway.webhooks")


class Announcements:
    """The gateway's listener.

    Args:
        outbox: where deliveries are noted.
        wall: the machine's time, by which they are sent.
    """

    def __init__(self, outbox: Outbox, wall: Clock) -> None:
        self._outbox = outbox
        self._wall = wall

    async def happened(self, event: Event) -> None:
        """Note an event for the webhooks of its tenant. It never raises: what goes wrong is logged."""
        try:
            await self._outbox.note(event, self._wall.now(), _occasion(event))
        except DATABASE_ERRORS as error:
            log.warning("event_not_noted", type=str(event.type), account=event.account_id, kind=type(error).__name__)

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
            await self.happened(Event(type=kind, tenant_id=tenant_id, account_id=account_id, at=now, detail=detail))


def _occasion(event: Event) -> str | None:
    return "/".join([event.type, event.account_id, *event.detail.values()]) if event.type in ONCE else None
