"""Management actions, and who acts.

Each management action is recorded by `gateway.storage.management.audit.note_action` in the transaction that does it:
there is no change without its record, and no record without its change.

Who acts is a context variable. It is set where somebody comes in: for each request, by the guard once the key is known,
and by the operator's commands; everything else is done by the gateway itself. Tasks begin with a copy of their
creator's context, and transactions run in their thread with a copy of their caller's, so that storage knows who acts
and no method takes it as an argument. A decorator of those methods is no alternative: it would have to find out from
arguments and results what a method is about and whether it has changed anything, which the method itself knows.

A refusal is recorded where a bank has refused credentials or an account holder's authorization, because that is what
guessing looks like. What the gateway refuses by itself, such as a key without the scope, changes nothing, is counted
and logged, and could fill the table at the pace of requests.
"""

from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

__all__ = [
    "ACTING",
    "BY_ITSELF",
    "DONE",
    "GATEWAY",
    "OPERATOR",
    "Acting",
    "Action",
    "RecordedAction",
    "about",
    "refused",
]

GATEWAY = "gateway"
"""The actor of what the gateway does by itself."""
OPERATOR = "operator"
"""The actor of the commands."""
DONE = "done"
"""The outcome of what was done."""


class Action(StrEnum):
    """All management actions."""

    ACCOUNT_REGISTERED = "account.registered"
    ACCOUNT_CHANGED = "account.changed"
    """Another description, or another default account."""
    ACCOUNT_EXTERNAL_ID_CHANGED = "account.external_id_changed"
    ACCOUNT_REMOVED = "account.removed"
    """With its integration."""
    INTEGRATION_ENABLED = "integration.enabled"
    INTEGRATION_CREDENTIALS_REPLACED = "integration.credentials_replaced"
    INTEGRATION_DISABLED = "integration.disabled"
    INTEGRATION_REVIVED = "integration.revived"
    CONSENT_BEGUN = "consent.begun"
    CONSENT_FINISHED = "consent.finished"
    CONSENT_FAILED = "consent.failed"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - the name of an action
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_DISABLED = "webhook.disabled"
    """By the gateway, because the receiver said that it is gone."""
    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    CONNECT_SESSION_CREATED = "connect_session.created"
    """Somebody may use the connect page once; what is done there has the session as its actor."""
    CONNECT_SETTINGS_CHANGED = "connect_settings.changed"
    TENANT_REMOVED = "tenant.removed"
    PAUSE_BEGUN = "pause.begun"
    PAUSE_ENDED = "pause.ended"
    IMPORT_REQUESTED = "import.requested"
    """By `gateway sync`, or by a key that operates."""
    VAULT_ROTATED = "vault.rotated"


class Acting(Struct, frozen=True, kw_only=True):
    """Who acts."""

    actor: str = GATEWAY
    """`key:<prefix>`, `connect:<id of a session of the connect page>`, `operator` or `gateway`."""
    request_id: str | None = None
    """Of the request by which it acts."""


BY_ITSELF = Acting()
"""The gateway, without a request."""
ACTING: ContextVar[Acting] = ContextVar("acting", default=BY_ITSELF)
"""Who acts in this context."""


class RecordedAction(Struct, frozen=True, kw_only=True):
    """One action that was recorded: ids and codes, never a secret, a body or what a bank has said."""

    id: str
    at: datetime
    tenant_id: str | None
    """None for what concerns no tenant or all of them, which only the operator sees."""
    actor: str
    action: str
    about: str
    """`account:<id>`, `webhook:<id>`, `key:<prefix>`, `bank:<slug>`, `connect:<id>` or `tenant:<id>`; empty for
    everything."""
    outcome: str
    """`done`, or `refused:<code>` with a code of the failure catalogue."""
    request_id: str | None


def about(kind: Literal["account", "webhook", "key", "bank", "connect", "tenant"], name: str) -> str:
    """What an action is about, or who acts, as it is recorded."""
    return f"{kind}:{name}"


def refused(code: str) -> str:
    """The outcome of what was refused, with a code of the failure catalogue."""
    return f"refused:{code}"
