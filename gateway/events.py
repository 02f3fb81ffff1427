"""What has happened to an account, for those who want to be informed."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

__all__ = ["Event", "EventType"]


class EventType(StrEnum):
    """The kinds of events, by the names that webhooks give them."""

    STATEMENT_READY = "statement.ready"
    """The daily import has read the account through its last settled day."""
    STATEMENT_CHANGED = "statement.changed"
    """Entries were added, changed or removed since the account was last read."""
    INTEGRATION_ACTIVE = "integration.active"
    """Credentials were accepted by the bank, and the integration is enabled."""
    INTEGRATION_NEEDS_ACTION = "integration.needs_action"
    """The integration has stopped until a person acts."""
    INTEGRATION_RECOVERED = "integration.recovered"
    """An integration that needed action, or whose bank was failing, has given a statement again."""
    CERTIFICATE_EXPIRING = "certificate.expiring"
    """The certificate of the account's credentials ends soon."""
    TEST = "webhook.test"
    """Nothing has happened: a tenant tries its webhook."""


class Event(Struct, frozen=True, kw_only=True):
    """One event. It carries no data of a bank."""

    type: EventType
    tenant_id: str
    account_id: str
    at: datetime
    detail: dict[str, str] = {}
    """Days, codes and cursors, such as `{"through": "2026-10-31"}`."""

    @property
    def occasion(self) -> str | None:
        """What it is about, where several may see the same and it is told once; None where each event is told."""
        return "/".join([self.type, self.account_id, *self.detail.values()]) if self.type in ONCE else None


ONCE = frozenset({EventType.STATEMENT_READY, EventType.CERTIFICATE_EXPIRING})
"""Types that tell each occasion once, such as an import that is repeated or a certificate that ends in a week."""
