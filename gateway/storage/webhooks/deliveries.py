"""The table of deliveries: what has happened and is to be told to webhooks, until each has been told.

An event is written in the transaction that makes it true, or before its work counts as done, so that no crash loses it.
From then on the table alone says what is due (see `gateway.storage.webhooks.outbox`).
"""

import uuid
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from gateway.actions import Action, about
from gateway.events import Event, EventType
from gateway.model import BRASILIA
from gateway.storage.engine.database import Database
from gateway.storage.engine.listing import Cursor
from gateway.storage.engine.tables import table_of
from gateway.storage.engine.transactions import Asks, reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.webhooks.registry import unknown_webhook
from gateway.storage.webhooks.tables import DeliveryRow, WebhookRow

__all__ = ["DEAD", "DELIVERED", "PENDING", "Deliveries", "Delivery", "delete_pending", "note_event"]

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
INSERT = insert(table_of(DeliveryRow))


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


class Deliveries:
    """A tenant's deliveries.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def add(self, session: Session, tenant_id: str, webhook_id: str, event: Event, now: datetime) -> Delivery:
        """Add a delivery of an event to one webhook, whatever types it wants: it is tested.

        An earlier test that is yet to be sent is replaced, so that no caller makes thousands of calls to a receiver.

        Raises:
            CallerError: `unknown_webhook`: there is none of that id, or it was disabled.
        """
        mine = WebhookRow.tenant_id == tenant_id, WebhookRow.id == webhook_id, WebhookRow.disabled_at.is_(None)
        # Of two tests at once one waits, and replaces the other.
        if session.scalar(select(WebhookRow.id).where(*mine).with_for_update()) is None:
            raise unknown_webhook()
        row = DeliveryRow(**_values(event, webhook_id, now))
        _replace_tests(session, tenant_id, webhook_id, now)
        session.add(row)
        note_action(session, tenant_id, Action.WEBHOOK_TESTED, about("webhook", webhook_id))
        return _delivery(row)

    @reading
    def page(
        self,
        session: Session,
        tenant_id: str,
        webhook_id: str,
        state: str | None,
        after: Cursor | None,
        limit: int,
    ) -> list[Delivery]:
        """The newest deliveries of a webhook first, those of one state where it is given, after a place."""
        query = select(DeliveryRow).where(DeliveryRow.tenant_id == tenant_id, DeliveryRow.webhook_id == webhook_id)
        if state is not None:
            query = query.where(DeliveryRow.state == state)
        if after is not None:
            query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < tuple_(after.created_at, after.id))
        rows = session.scalars(query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit))
        return [_delivery(row) for row in rows]

    @transaction
    def replay(self, session: Session, tenant_id: str, webhook_id: str, delivery_id: str, now: datetime) -> bool:
        """Let a delivery that has ended be sent again, under its id; False where none of that id has ended.

        A webhook that was disabled is sent nothing. A test replaces one that is yet to be sent.
        """
        mine = DeliveryRow.tenant_id == tenant_id, DeliveryRow.webhook_id == webhook_id, DeliveryRow.id == delivery_id
        # As where a test is added.
        of_mine = WebhookRow.tenant_id == tenant_id, WebhookRow.id == webhook_id
        session.scalar(select(WebhookRow.id).where(*of_mine).with_for_update())
        if session.scalar(select(DeliveryRow.type).where(*mine, DeliveryRow.state != PENDING)) == EventType.TEST:
            _replace_tests(session, tenant_id, webhook_id, now)
        again = (
            update(DeliveryRow)
            .where(
                *mine,
                # One that is pending may be under way.
                DeliveryRow.state != PENDING,
                DeliveryRow.webhook_id.in_(select(WebhookRow.id).where(WebhookRow.disabled_at.is_(None))),
            )
            .values(state=PENDING, attempts=0, created_at=now, next_at=now, ended_at=None)
        )
        if session.scalar(again.returning(DeliveryRow.id)) is None:
            return False
        note_action(session, tenant_id, Action.WEBHOOK_REPLAYED, about("webhook", webhook_id))
        return True


def note_event(session: Asks, event: Event, now: datetime) -> None:
    """Within a transaction: note an event for each webhook of its tenant that wants its type; of one occasion once."""
    wanting = select(WebhookRow.id, WebhookRow.events).where(
        WebhookRow.tenant_id == event.tenant_id, WebhookRow.disabled_at.is_(None)
    )
    if event.occasion is not None:
        # Of two who see the same at once one waits, and finds what the other has noted.
        wanting = wanting.with_for_update()
    for webhook_id, events in session.execute(wanting).all():
        if events and event.type not in events:
            continue
        mine = DeliveryRow.tenant_id == event.tenant_id, DeliveryRow.webhook_id == webhook_id
        same = select(DeliveryRow.id).where(*mine, DeliveryRow.occasion == event.occasion)
        if event.occasion is None or session.scalar(same) is None:
            session.execute(INSERT, _values(event, webhook_id, now))


def delete_pending(session: Session, tenant_id: str, account_id: str) -> None:
    """Within a transaction: delete what webhooks are yet to be told of an account, which its tenant has removed.

    A receiver that no longer knows the account would refuse it for days.
    """
    # Of what is pending only, and by what the body says: of what has ended a tenant may have a hundred thousand.
    told = DeliveryRow.body["data"]["account_id"].as_string() == account_id
    mine = delete(DeliveryRow).where(DeliveryRow.tenant_id == tenant_id, DeliveryRow.state == PENDING, told)
    session.execute(mine.execution_options(synchronize_session=False))


def _replace_tests(session: Session, tenant_id: str, webhook_id: str, now: datetime) -> None:
    """End the tests of a webhook that are yet to be sent."""
    tests = DeliveryRow.type == EventType.TEST, DeliveryRow.state == PENDING
    mine = update(DeliveryRow).where(DeliveryRow.tenant_id == tenant_id, DeliveryRow.webhook_id == webhook_id, *tests)
    session.execute(mine.values(state=DEAD, ended_at=now, last_outcome="a later test has replaced it"))


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
        "happened_at": event.at,
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


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        type=row.type,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at if row.state == PENDING else None,
        ended_at=row.ended_at,
        last_outcome=row.last_outcome,
    )
