"""The table of deliveries: what has happened and is to be told to webhooks, until each has been told.

An event is written in the transaction that makes it true, or before its work counts as done, so that no crash loses it.
From then on the table alone says what is due (see `gateway.storage.webhooks.outbox`).
"""

import uuid
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.actions import Action, about
from gateway.events import Event, EventType
from gateway.model import BRASILIA
from gateway.storage.engine.listing import Cursor, part_of
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.webhooks.registry import unknown_webhook
from gateway.storage.webhooks.tables import DELIVERIES, WEBHOOKS

__all__ = ["DEAD", "DELIVERED", "PENDING", "Deliveries", "Delivery", "delete_pending", "note_event"]

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
INSERT = insert(DELIVERIES)


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook, as its tenant sees it."""

    id: str
    type: str
    state: str
    """`pending`, `delivered` or `dead`."""
    attempts: int
    created_at: datetime
    next_at: datetime | None
    """When a pending one is sent again."""
    ended_at: datetime | None
    last_outcome: str


class Deliveries(Store):
    """A tenant's deliveries."""

    @transaction
    def add(self, connection: Connection, tenant_id: str, webhook_id: str, event: Event, now: datetime) -> Delivery:
        """Add a delivery of an event to one webhook, whatever types it wants: it is tested.

        An earlier test that is yet to be sent is replaced, so that no caller makes thousands of calls to a receiver.

        Raises:
            CallerError: `unknown_webhook`: there is none of that id, or it was disabled.
        """
        mine = WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id, WEBHOOKS.c.disabled_at.is_(None)
        # Of two tests at once one waits, and replaces the other.
        if connection.scalar(select(WEBHOOKS.c.id).where(*mine).with_for_update()) is None:
            raise unknown_webhook()
        _replace_tests(connection, tenant_id, webhook_id, now)
        row = connection.execute(INSERT.returning(DELIVERIES), _values(event, webhook_id, now)).one()
        note_action(connection, tenant_id, Action.WEBHOOK_TESTED, about("webhook", webhook_id))
        return _delivery(row)

    @reading
    def page(
        self,
        connection: Connection,
        tenant_id: str,
        webhook_id: str,
        state: str | None,
        after: Cursor | None,
        limit: int,
    ) -> tuple[list[Delivery], Cursor | None]:
        """A part of the deliveries of a webhook, of one state where it is given, newest first; and the next cursor."""
        query = select(DELIVERIES).where(DELIVERIES.c.tenant_id == tenant_id, DELIVERIES.c.webhook_id == webhook_id)
        if state is not None:
            query = query.where(DELIVERIES.c.state == state)
        order = DELIVERIES.c.created_at, DELIVERIES.c.id
        rows, following = part_of(connection, query, order, limit, after, newest_first=True)
        return [_delivery(row) for row in rows], following

    @transaction
    def replay(self, connection: Connection, tenant_id: str, webhook_id: str, delivery_id: str, now: datetime) -> bool:
        """Let a delivery that has ended be sent again, under its id; False where none of that id has ended.

        A webhook that was disabled is sent nothing. A test replaces one that is yet to be sent.
        """
        mine = (
            DELIVERIES.c.tenant_id == tenant_id,
            DELIVERIES.c.webhook_id == webhook_id,
            DELIVERIES.c.id == delivery_id,
        )
        # As where a test is added.
        of_mine = WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id
        connection.scalar(select(WEBHOOKS.c.id).where(*of_mine).with_for_update())
        if connection.scalar(select(DELIVERIES.c.type).where(*mine, DELIVERIES.c.state != PENDING)) == EventType.TEST:
            _replace_tests(connection, tenant_id, webhook_id, now)
        again = (
            update(DELIVERIES)
            .where(
                *mine,
                # One that is pending may be under way.
                DELIVERIES.c.state != PENDING,
                DELIVERIES.c.webhook_id.in_(select(WEBHOOKS.c.id).where(WEBHOOKS.c.disabled_at.is_(None))),
            )
            .values(state=PENDING, attempts=0, created_at=now, next_at=now, ended_at=None)
        )
        if connection.scalar(again.returning(DELIVERIES.c.id)) is None:
            return False
        note_action(connection, tenant_id, Action.WEBHOOK_REPLAYED, about("webhook", webhook_id))
        return True


def note_event(connection: Connection, event: Event, now: datetime) -> None:
    """Within a transaction: note an event for each webhook of its tenant that wants its type; of one occasion once."""
    wanting = select(WEBHOOKS.c.id, WEBHOOKS.c.events).where(
        WEBHOOKS.c.tenant_id == event.tenant_id, WEBHOOKS.c.disabled_at.is_(None)
    )
    if event.occasion is not None:
        # Of two who see the same at once one waits, and finds what the other has noted.
        wanting = wanting.with_for_update()
    for webhook_id, events in connection.execute(wanting).all():
        if events and event.type not in events:
            continue
        mine = DELIVERIES.c.tenant_id == event.tenant_id, DELIVERIES.c.webhook_id == webhook_id
        same = select(DELIVERIES.c.id).where(*mine, DELIVERIES.c.occasion == event.occasion)
        if event.occasion is None or connection.scalar(same) is None:
            connection.execute(INSERT, _values(event, webhook_id, now))


def delete_pending(connection: Connection, tenant_id: str, account_id: str) -> None:
    """Within a transaction: delete what webhooks are yet to be told of an account, which its tenant has removed.

    A receiver that no longer knows the account would refuse it for days.
    """
    # Of what is pending only, and by what the body says: of what has ended a tenant may have a hundred thousand.
    told = DELIVERIES.c.body["data"]["account_id"].as_string() == account_id
    mine = delete(DELIVERIES).where(DELIVERIES.c.tenant_id == tenant_id, DELIVERIES.c.state == PENDING, told)
    connection.execute(mine)


def _replace_tests(connection: Connection, tenant_id: str, webhook_id: str, now: datetime) -> None:
    """End the tests of a webhook that are yet to be sent."""
    tests = DELIVERIES.c.type == EventType.TEST, DELIVERIES.c.state == PENDING
    mine = update(DELIVERIES).where(DELIVERIES.c.tenant_id == tenant_id, DELIVERIES.c.webhook_id == webhook_id, *tests)
    connection.execute(mine.values(state=DEAD, ended_at=now, last_outcome="a later test has replaced it"))


def _values(event: Event, webhook_id: str, now: datetime) -> dict[str, Any]:
    """The columns of a new delivery."""
    links = {"account": f"/v1/accounts/{event.account_id}"} if event.account_id else {}
    ids = {"account_id": event.account_id} if event.account_id else {}
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "tenant_id": event.tenant_id,
        "webhook_id": webhook_id,
        "type": str(event.type),
        "occasion": event.occasion,
        "body": {
            "type": str(event.type),
            "timestamp": event.at.astimezone(BRASILIA).isoformat(),
            "data": {**ids, **event.detail, "links": links},
        },
        "state": PENDING,
        "attempts": 0,
        "created_at": now,
        "next_at": now,
        "last_outcome": "",
    }


def _delivery(row: Row[Any]) -> Delivery:
    return struct_of(Delivery, row, next_at=row.next_at if row.state == PENDING else None)
