"""A tenant's webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from gateway.api.bodies import local, local_or_none
from gateway.api.documented import Doing, problems
from gateway.api.parameters import CursorText, next_of, place_of
from gateway.api.parts import parts_of
from gateway.api.requests import MANAGES, tenant_of
from gateway.errors import CallerError
from gateway.events import EventType
from gateway.limits import WEBHOOK_URL_CHARACTERS
from gateway.storage.webhooks.deliveries import DEAD, DELIVERED, PENDING, Delivery
from gateway.storage.webhooks.registry import Webhook
from gateway.texts.wordings import choose

__all__ = ["WebhookController"]

MAKING = problems(Doing.TAKES_BODY, Doing.NAMES_WEBHOOK)
READING = problems(Doing.NAMES_WEBHOOK, Doing.READS_STORED)

STATES = (PENDING, DELIVERED, DEAD)

Wanted = Literal[
    "statement.ready",
    "statement.changed",
    "integration.active",
    "integration.needs_action",
    "integration.recovered",
    "certificate.expiring",
]


class WebhookRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address to be called at."""

    url: Annotated[str, Meta(max_length=WEBHOOK_URL_CHARACTERS, description="Begins with https://.")]
    events: Annotated[list[Wanted], Meta(max_length=20, description="The types that it wants; all without any.")] = []
    description: Annotated[str, Meta(max_length=200)] = ""

    def __repr__(self) -> str:
        return "WebhookRequest()"


class WebhookBody(Struct, frozen=True, kw_only=True):
    """A webhook."""

    id: str
    """Its id, for all other calls."""
    url: str
    """The address that is called."""
    events: list[str]
    """The events that it is told of; empty for all."""
    description: str
    """Your own name for it."""
    created_at: datetime
    """When it was made."""
    disabled_at: datetime | None
    """When the receiver answered 410 (gone); it is called no more."""
    secret: str | None
    """Verifies signatures after Standard Webhooks. Given only when it is made."""


class WebhookList(Struct, frozen=True):
    """All webhooks of the tenant."""

    webhooks: list[WebhookBody]
    """Oldest first."""


class DeliveryBody(Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: str
    """The same at every attempt, as the header `webhook-id`."""
    type: str
    """The event."""
    state: Literal["pending", "delivered", "dead"]
    """`dead`: given up; it can be sent again."""
    attempts: int
    """Calls that were made."""
    created_at: datetime
    """When it happened."""
    next_at: datetime | None
    """When it is tried next; null after its end."""
    ended_at: datetime | None
    """When it was taken or given up."""
    last_outcome: str
    """English: what the last call met."""


class DeliveryList(Struct, frozen=True):
    """Deliveries, newest first."""

    deliveries: list[DeliveryBody]
    """Newest first."""
    next: str | None
    """The cursor of the following part; null at the end of the list."""


class WebhookController(Controller):
    """Who is told what has happened."""

    path = "/webhooks"
    tags = ("Webhooks",)

    @post(responses=MAKING, opt=MANAGES, summary="Make a webhook")
    async def make(self, request: Request[Any, Any, Any], data: JSONBody[WebhookRequest]) -> Response[WebhookBody]:
        """Be called when something has happened. The answer has the secret, which is given only here."""
        events = [EventType(each) for each in data.events]
        webhook = await parts_of(request).webhooks.add(tenant_of(request), data.url, events, data.description.strip())
        body = _body(webhook, secret=webhook.target.secrets[0].value)
        return Response(body, status_code=201, headers={"Location": f"/v1/webhooks/{webhook.id}"})

    @get(responses=problems(Doing.READS_STORED), opt=MANAGES, summary="List webhooks")
    async def list(self, request: Request[Any, Any, Any]) -> WebhookList:
        """All webhooks of the tenant, oldest first, without their secrets."""
        return WebhookList([_body(each) for each in await parts_of(request).webhooks.all(tenant_of(request))])

    @get("/{webhook_id:str}", responses=READING, opt=MANAGES, summary="Read a webhook")
    async def read(self, request: Request[Any, Any, Any], webhook_id: FromPath[str]) -> WebhookBody:
        """One webhook, without its secret."""
        return _body(await parts_of(request).webhooks.one(tenant_of(request), webhook_id))

    @delete("/{webhook_id:str}", responses=READING, opt=MANAGES, summary="Remove a webhook")
    async def remove(self, request: Request[Any, Any, Any], webhook_id: FromPath[str]) -> None:
        """Remove a webhook with its deliveries, those that are not sent yet too."""
        await parts_of(request).webhooks.remove(tenant_of(request), webhook_id)

    @post(
        "/{webhook_id:str}/secret",
        responses=READING,
        opt=MANAGES,
        status_code=200,
        summary="Give a webhook another secret",
    )
    async def renew_secret(self, request: Request[Any, Any, Any], webhook_id: FromPath[str]) -> WebhookBody:
        """The new secret is given only here. The one before it signs too for 24 hours."""
        webhook = await parts_of(request).webhooks.renew_secret(tenant_of(request), webhook_id)
        return _body(webhook, secret=webhook.target.secrets[0].value)

    @post("/{webhook_id:str}/test", responses=READING, opt=MANAGES, status_code=202, summary="Test a webhook")
    async def test(self, request: Request[Any, Any, Any], webhook_id: FromPath[str]) -> DeliveryBody:
        """Send an event of the type `webhook.test`; the list of deliveries tells what became of it.

        It replaces a test that is yet to be sent.
        """
        return _delivery(await parts_of(request).webhooks.test(tenant_of(request), webhook_id))

    @get("/{webhook_id:str}/deliveries", responses=READING, opt=MANAGES, summary="List deliveries")
    async def deliveries(
        self,
        request: Request[Any, Any, Any],
        webhook_id: FromPath[str],
        only: Annotated[
            str | None,
            QueryParameter(name="state", description="Only those of this state.", schema_extra={"enum": [*STATES]}),
        ] = None,
        cursor: CursorText = "",
    ) -> DeliveryList:
        """What was sent to a webhook in the last 30 days and what is yet to be sent, newest first."""
        if only is not None and only not in STATES:
            detail = f"`state` is none of {', '.join(STATES)}"
            raise CallerError("invalid_request", detail, field="state", portuguese=choose(*STATES))
        after, webhooks = place_of(cursor, "deliveries"), parts_of(request).webhooks
        listed, following = await webhooks.deliveries(tenant_of(request), webhook_id, only, after)
        return DeliveryList([_delivery(each) for each in listed], next_of(following, "deliveries"))

    @post(
        "/{webhook_id:str}/deliveries/{delivery_id:str}/replay",
        responses=READING,
        opt=MANAGES,
        status_code=202,
        summary="Send a delivery again",
    )
    async def replay(
        self, request: Request[Any, Any, Any], webhook_id: FromPath[str], delivery_id: FromPath[str]
    ) -> None:
        """Send a delivery again, whether it was taken or given up; its id stays the same. One yet to be sent is 404."""
        await parts_of(request).webhooks.replay(tenant_of(request), webhook_id, delivery_id)


def _body(webhook: Webhook, *, secret: str | None = None) -> WebhookBody:
    return WebhookBody(
        id=webhook.id,
        url=webhook.target.url,
        events=webhook.events,
        description=webhook.description,
        created_at=local(webhook.created_at),
        disabled_at=local_or_none(webhook.disabled_at),
        secret=secret,
    )


def _delivery(delivery: Delivery) -> DeliveryBody:
    return DeliveryBody(
        id=delivery.id,
        type=delivery.type,
        state=cast("Any", delivery.state),
        attempts=delivery.attempts,
        created_at=local(delivery.created_at),
        next_at=local_or_none(delivery.next_at),
        ended_at=local_or_none(delivery.ended_at),
        last_outcome=delivery.last_outcome,
    )
