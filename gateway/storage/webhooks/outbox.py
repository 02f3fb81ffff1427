"""The deliveries of all tenants, for those who send them.

A process that sends a delivery puts its next attempt off by the length of a lease: meanwhile no other process sends it,
and after that another one may, if this one has died.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.orm import Session

from gateway.actions import Action, about
from gateway.events import Event
from gateway.limits import DELIVERIES_LOOKED_AT, OUTCOME_CHARACTERS
from gateway.storage.accounts.tables import AccountRow, IntegrationRow
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.webhooks.deliveries import DEAD, DELIVERED, PENDING, note_event
from gateway.storage.webhooks.registry import Target, opened_target
from gateway.storage.webhooks.tables import DeliveryRow, WebhookRow

__all__ = ["Due", "Outbox"]

log = structlog.get_logger("gateway.webhooks")


class Due(Struct, frozen=True, kw_only=True):
    """A delivery that this process may send."""

    id: str
    tenant_id: str
    webhook_id: str
    target: Target
    body: dict[str, Any]
    attempts: int
    """Attempts before this one."""
    created_at: datetime
    until: datetime
    """The end of the lease: from then on it is another process's, if this one slept."""


class Outbox:
    """The deliveries of all tenants, for those who send them.

    Args:
        database: holds the tables.
        vault: decrypts addresses and secrets.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @transaction
    def note(self, session: Session, event: Event, now: datetime) -> None:
        """Note an event for each webhook of its tenant that wants its type; of one occasion once."""
        note_event(session, event, now)

    @reading
    def certificates(self, session: Session, after: datetime, until: datetime) -> list[tuple[str, str, datetime]]:
        """Tenant, account and end of the certificates that end between two instants, of tenants with webhooks."""
        with_webhooks = select(WebhookRow.tenant_id).where(WebhookRow.disabled_at.is_(None))
        query = (
            select(AccountRow.tenant_id, AccountRow.id, IntegrationRow.certificate_expires_at)
            .join(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            .where(
                IntegrationRow.certificate_expires_at > after,
                IntegrationRow.certificate_expires_at <= until,
                AccountRow.tenant_id.in_(with_webhooks),
            )
        )
        rows = session.execute(query).all()
        return [(tenant_id, account_id, ends) for tenant_id, account_id, ends in rows if ends is not None]

    @reading
    def is_any_due(self, session: Session, now: datetime) -> bool:
        """Whether something is due."""
        return session.scalar(select(DeliveryRow.id).where(_is_due(now)).limit(1)) is not None

    @transaction
    def claim(
        self, session: Session, now: datetime, lease: timedelta, most: int, busy: Mapping[str, str], most_of_tenant: int
    ) -> list[Due]:
        """Take deliveries that are due, oldest first, one of each webhook; no other process sends them meanwhile.

        A webhook whose address cannot be decrypted keeps its deliveries until it can.

        Args:
            session: the transaction's.
            now: the present instant.
            lease: for how long they are this process's.
            most: how many.
            busy: the webhooks to which this process sends already, with their tenants.
            most_of_tenant: how many may be under way for one tenant, with those.
        """
        chosen = _chosen(session, now, most, busy, most_of_tenant)
        taken = update(DeliveryRow).where(DeliveryRow.id.in_(chosen), _is_due(now))
        ids = session.scalars(taken.values(next_at=now + lease).returning(DeliveryRow.id)).all()
        query = select(DeliveryRow, WebhookRow.sealed).join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
        found = session.execute(query.where(DeliveryRow.id.in_(ids)).order_by(DeliveryRow.created_at)).all()
        return [each for row, sealed in found if (each := self._due(row, sealed)) is not None]

    @transaction
    def delivered(self, session: Session, delivery_id: str, now: datetime, outcome: str) -> None:
        """Note that the receiver has taken a delivery."""
        ends = {"state": DELIVERED, "ended_at": now, "last_outcome": outcome[:OUTCOME_CHARACTERS]}
        mine = update(DeliveryRow).where(DeliveryRow.id == delivery_id, DeliveryRow.state != DELIVERED)
        session.execute(mine.values(attempts=DeliveryRow.attempts + 1, **ends))

    @transaction
    def failed(
        self, session: Session, due: Due, now: datetime, outcome: str, next_at: datetime | None, *, gone: bool
    ) -> None:
        """Note an attempt that failed; the next one is at `next_at`, or there is none.

        Nothing is noted of it where another process has the delivery by now.

        Args:
            session: the transaction's.
            due: the delivery, as it was claimed.
            now: the present instant.
            outcome: what went wrong, without a secret.
            next_at: when to try again; None to give the delivery up.
            gone: whether the receiver has said that it is gone, which disables its webhook.
        """
        ends = {"next_at": next_at} if next_at is not None else {"state": DEAD, "ended_at": now}
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == due.id, DeliveryRow.state == PENDING, DeliveryRow.next_at == due.until)
            .values(attempts=DeliveryRow.attempts + 1, last_outcome=outcome[:OUTCOME_CHARACTERS], **ends)
        )
        if gone:
            of_it = select(DeliveryRow.webhook_id).where(DeliveryRow.id == due.id).scalar_subquery()
            disables = update(WebhookRow).where(WebhookRow.id == of_it, WebhookRow.disabled_at.is_(None))
            disabled = disables.values(disabled_at=now).returning(WebhookRow.tenant_id, WebhookRow.id)
            for tenant_id, webhook_id in session.execute(disabled).all():
                note_action(session, tenant_id, Action.WEBHOOK_DISABLED, about("webhook", webhook_id))
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.webhook_id == of_it, DeliveryRow.state == PENDING)
                .values(state=DEAD, ended_at=now, last_outcome="the receiver is gone")
            )

    @transaction
    def purge(self, session: Session, before: datetime) -> None:
        """Delete what had ended before an instant."""
        session.execute(delete(DeliveryRow).where(DeliveryRow.state != PENDING, DeliveryRow.ended_at < before))

    def _due(self, row: DeliveryRow, sealed: str) -> Due | None:
        try:
            target = opened_target(self._vault, row.webhook_id, sealed)
        except VaultError:
            log.warning("webhook_does_not_open", webhook=row.webhook_id)
            return None
        return Due(
            id=row.id,
            tenant_id=row.tenant_id,
            webhook_id=row.webhook_id,
            target=target,
            body=row.body,
            attempts=row.attempts,
            created_at=row.created_at,
            until=row.next_at,
        )


def _chosen(session: Session, now: datetime, most: int, busy: Mapping[str, str], most_of_tenant: int) -> list[str]:
    """The ids of deliveries that are due, oldest first, one of each webhook.

    What is due is gone through in parts. Each leaves out the webhooks and tenants that need no more: those of a webhook
    of which thousands are due would otherwise fill every part, and nobody else's be found.
    """
    chosen: dict[str, str] = {}
    under_way = Counter(busy.values())
    place: tuple[datetime, str] | None = None
    while len(chosen) < most:
        full = [tenant_id for tenant_id, number in under_way.items() if number >= most_of_tenant]
        query = (
            select(DeliveryRow.webhook_id, DeliveryRow.tenant_id, DeliveryRow.id, DeliveryRow.next_at)
            .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
            .where(_is_due(now), WebhookRow.disabled_at.is_(None), WebhookRow.tenant_id.not_in(full))
            .where(WebhookRow.id.not_in([*busy, *chosen]))
            .order_by(DeliveryRow.next_at, DeliveryRow.id)
            .limit(DELIVERIES_LOOKED_AT)
        )
        if place is not None:
            query = query.where(tuple_(DeliveryRow.next_at, DeliveryRow.id) > tuple_(*place))
        part = session.execute(query).all()
        for webhook_id, tenant_id, delivery_id, _ in part:
            if webhook_id not in chosen and under_way[tenant_id] < most_of_tenant and len(chosen) < most:
                chosen[webhook_id] = delivery_id
                under_way[tenant_id] += 1
        if len(part) < DELIVERIES_LOOKED_AT:
            break
        place = part[-1].next_at, part[-1].id
    return list(chosen.values())


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (DeliveryRow.state == PENDING) & (DeliveryRow.next_at <= now)
