"""The table of webhooks: addresses that tenants want to be called at, each with its secrets, encrypted."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gateway.actions import Action, about
from gateway.errors import CallerError
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tenants import lock_tenant
from gateway.storage.webhooks.tables import WEBHOOKS

__all__ = ["Secret", "Target", "Webhook", "Webhooks", "opened_target", "unknown_webhook"]

PURPOSE = "webhook"


class Secret(Struct, frozen=True):
    """A key that signs deliveries. Its text does not show it."""

    value: str
    """`whsec_` and 32 bytes in base64."""
    until: datetime | None = None
    """When it stops signing; None for the present one."""

    def __repr__(self) -> str:
        return "Secret()"


class Target(Struct, frozen=True):
    """Where deliveries go, and what signs them. Its text shows neither."""

    url: str
    secrets: list[Secret]

    def __repr__(self) -> str:
        return "Target()"


class Webhook(Struct, frozen=True, kw_only=True):
    """One webhook of a tenant."""

    id: str
    tenant_id: str
    events: list[str]
    """The types that it wants; all where it names none."""
    description: str
    target: Target
    created_at: datetime
    disabled_at: datetime | None = None


class Webhooks(SealedStore):
    """The table of webhooks."""

    @transaction
    def add(self, connection: Connection, tenant_id: str, webhook: Webhook, most: int) -> bool:
        """Add a webhook of the tenant; False where the tenant has so many already."""
        # Of two that are added at once one waits, so that both are counted.
        lock_tenant(connection, tenant_id)
        number = connection.scalar(select(func.count()).where(WEBHOOKS.c.tenant_id == tenant_id))
        if (number or 0) >= most:
            return False
        connection.execute(
            insert(WEBHOOKS).values(
                id=webhook.id,
                tenant_id=tenant_id,
                events=webhook.events,
                description=webhook.description,
                sealed=self._sealed(webhook.id, webhook.target),
                created_at=webhook.created_at,
            )
        )
        note_action(connection, tenant_id, Action.WEBHOOK_ADDED, about("webhook", webhook.id))
        return True

    @reading
    def all(self, connection: Connection, tenant_id: str) -> list[Webhook]:
        """The tenant's webhooks, oldest first."""
        query = select(WEBHOOKS).where(WEBHOOKS.c.tenant_id == tenant_id)
        rows = connection.execute(query.order_by(WEBHOOKS.c.created_at, WEBHOOKS.c.id))
        return [self._webhook(row) for row in rows]

    @reading
    def one(self, connection: Connection, tenant_id: str, webhook_id: str) -> Webhook:
        """One webhook of the tenant.

        Raises:
            CallerError: `unknown_webhook`.
        """
        return self._webhook(_own(connection, tenant_id, webhook_id))

    @transaction
    def renew_secret(
        self, connection: Connection, tenant_id: str, webhook_id: str, secret: str, overlap_ends: datetime
    ) -> Webhook:
        """Give a webhook a new secret; the present one signs too until the overlap ends, and older ones no more.

        Raises:
            CallerError: `unknown_webhook`.
        """
        webhook = self._webhook(_own(connection, tenant_id, webhook_id))
        present = next(each for each in webhook.target.secrets if each.until is None)
        target = Target(webhook.target.url, [Secret(secret), Secret(present.value, overlap_ends)])
        connection.execute(
            update(WEBHOOKS)
            .where(WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id)
            .values(sealed=self._sealed(webhook_id, target))
        )
        note_action(connection, tenant_id, Action.WEBHOOK_SECRET_ROTATED, about("webhook", webhook_id))
        return msgspec.structs.replace(webhook, target=target)

    @transaction
    def remove(self, connection: Connection, tenant_id: str, webhook_id: str) -> None:
        """Remove a webhook with all its deliveries.

        Raises:
            CallerError: `unknown_webhook`.
        """
        removed = delete(WEBHOOKS).where(WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id)
        if connection.scalar(removed.returning(WEBHOOKS.c.id)) is None:
            raise unknown_webhook()
        note_action(connection, tenant_id, Action.WEBHOOK_REMOVED, about("webhook", webhook_id))

    def _sealed(self, webhook_id: str, target: Target) -> str:
        return self._vault.encrypt(webhook_id, PURPOSE, msgspec.to_builtins(target))

    def _webhook(self, row: Row[Any]) -> Webhook:
        return struct_of(Webhook, row, target=opened_target(self._vault, row.id, row.sealed))


def opened_target(vault: Vault, webhook_id: str, sealed: str) -> Target:
    """The address and secrets of a webhook.

    Raises:
        VaultError: they cannot be decrypted.
    """
    value: Any = vault.decrypt(webhook_id, PURPOSE, sealed)
    return msgspec.convert(value, Target)


def unknown_webhook() -> CallerError:
    """The error about a webhook that the tenant does not have, whether or not another tenant has it."""
    return CallerError("unknown_webhook", "there is no webhook of that id")


def _own(connection: Connection, tenant_id: str, webhook_id: str) -> Row[Any]:
    query = select(WEBHOOKS).where(WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id)
    if (row := connection.execute(query).first()) is None:
        raise unknown_webhook()
    return row
