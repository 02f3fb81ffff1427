"""A tenant's webhooks: made, listed, tested, given another secret, removed."""

import base64
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.events import Event, EventType
from gateway.limits import DELIVERIES_LISTED, WEBHOOK_SECRET_OVERLAP, WEBHOOKS_PER_TENANT
from gateway.storage.engine.listing import Cursor
from gateway.storage.webhooks.deliveries import Deliveries, Delivery
from gateway.storage.webhooks.registry import Secret, Target, Webhook, Webhooks
from gateway.webhooks.addresses import Networks, check_url

__all__ = ["Registry"]


@dataclass(eq=False, repr=False)
class Registry:
    """Webhooks of all tenants."""

    webhooks: Webhooks
    delivery_table: Deliveries
    wall: Clock
    """The database's time, by which deliveries are sent and secrets end."""
    allowed: Networks
    """Those that the operator allows although they are not public."""

    async def add(self, tenant_id: str, url: str, events: Sequence[EventType], description: str) -> Webhook:
        """A new webhook, with its secret.

        Raises:
            CallerError: the address may not be called, or the tenant has too many webhooks.
        """
        check_url(url, self.allowed)
        webhook = Webhook(
            id=str(uuid.uuid4()),
            tenant_id=tenant_id,
            events=[str(each) for each in dict.fromkeys(events)],
            description=description,
            target=Target(url, [Secret(_new_secret())]),
            created_at=self.wall.now(),
        )
        if not await self.webhooks.add(tenant_id, webhook, WEBHOOKS_PER_TENANT):
            raise CallerError("too_many_webhooks", f"a tenant has at most {WEBHOOKS_PER_TENANT} webhooks")
        return webhook

    async def all(self, tenant_id: str) -> list[Webhook]:
        """The tenant's webhooks, oldest first."""
        return await self.webhooks.all(tenant_id)

    async def one(self, tenant_id: str, webhook_id: str) -> Webhook:
        """One webhook.

        Raises:
            CallerError: `unknown_webhook`.
        """
        return await self.webhooks.one(tenant_id, webhook_id)

    async def remove(self, tenant_id: str, webhook_id: str) -> None:
        """Remove a webhook with its deliveries.

        Raises:
            CallerError: `unknown_webhook`.
        """
        await self.webhooks.remove(tenant_id, webhook_id)

    async def renew_secret(self, tenant_id: str, webhook_id: str) -> Webhook:
        """Give a webhook another secret; the present one signs beside it for a day.

        Raises:
            CallerError: `unknown_webhook`.
        """
        ends = self.wall.now() + WEBHOOK_SECRET_OVERLAP
        return await self.webhooks.renew_secret(tenant_id, webhook_id, _new_secret(), ends)

    async def test(self, tenant_id: str, webhook_id: str) -> Delivery:
        """Send a test event to one webhook.

        Raises:
            CallerError: `unknown_webhook`.
        """
        now = self.wall.now()
        event = Event(type=EventType.TEST, tenant_id=tenant_id, account_id="", at=now)
        return await self.delivery_table.add(tenant_id, webhook_id, event, now)

    async def deliveries(
        self, tenant_id: str, webhook_id: str, state: str | None, after: Cursor | None
    ) -> tuple[list[Delivery], Cursor | None]:
        """A part of the deliveries of a webhook, newest first, and the next cursor.

        Raises:
            CallerError: `unknown_webhook`.
        """
        await self.webhooks.one(tenant_id, webhook_id)
        return await self.delivery_table.page(tenant_id, webhook_id, state, after, DELIVERIES_LISTED)

    async def replay(self, tenant_id: str, webhook_id: str, delivery_id: str) -> None:
        """Let a delivery that has ended be sent again, under the id that it has.

        Raises:
            CallerError: `unknown_webhook`, or `not_found`.
        """
        await self.webhooks.one(tenant_id, webhook_id)
        if not await self.delivery_table.replay(tenant_id, webhook_id, delivery_id, self.wall.now()):
            detail = "there is no delivery of that id, or it is yet to be sent, or its webhook was disabled"
            raise CallerError("not_found", detail)


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
