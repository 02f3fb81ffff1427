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
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, select, tuple_, update

from gateway.actions import Action, about
from gateway.events import Event
from gateway.limits import DELIVERIES_LOOKED_AT, OUTCOME_CHARACTERS
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.encryption.vault import VaultError
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.webhooks.deliveries import DEAD, DELIVERED, PENDING, note_event
from gateway.storage.webhooks.registry import Target, opened_target
from gateway.storage.webhooks.tables import DELIVERIES, WEBHOOKS

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
    failing: bool
    """Whether the receiver did not take what was sent last."""


class Outbox(SealedStore):
    """The deliveries of all tenants, for those who send them."""

    @transaction
    def note(self, connection: Connection, event: Event, now: datetime) -> None:
        """Note an event for each webhook of its tenant that wants its type; of one occasion once."""
        note_event(connection, event, now)

    @reading
    def certificates(self, connection: Connection, after: datetime, until: datetime) -> list[tuple[str, str, datetime]]:
        """Tenant, account and end of the certificates that end between two instants, of tenants with webhooks."""
        with_webhooks = select(WEBHOOKS.c.tenant_id).where(WEBHOOKS.c.disabled_at.is_(None))
        query = (
            select(ACCOUNTS.c.tenant_id, ACCOUNTS.c.id, INTEGRATIONS.c.certificate_expires_at)
            .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .where(
                INTEGRATIONS.c.certificate_expires_at > after,
                INTEGRATIONS.c.certificate_expires_at <= until,
                ACCOUNTS.c.tenant_id.in_(with_webhooks),
            )
        )
        rows = connection.execute(query).all()
        return [(tenant_id, account_id, ends) for tenant_id, account_id, ends in rows if ends is not None]

    @reading
    def is_any_due(self, connection: Connection, now: datetime) -> bool:
        """Whether something is due."""
        return connection.scalar(select(DELIVERIES.c.id).where(_is_due(now)).limit(1)) is not None

    @transaction
    def claim(
        self,
        connection: Connection,
        now: datetime,
        lease: timedelta,
        most: int,
        busy: Mapping[str, str],
        most_of_tenant: int,
        *,
        failing: bool = False,
    ) -> list[Due]:
        """Take deliveries that are due, oldest first, one of each webhook; no other process sends them meanwhile.

        A webhook whose address cannot be decrypted keeps its deliveries until it can.

        Args:
            lease: for how long they are this process's.
            most: how many.
            busy: the webhooks to which this process sends already, with their tenants.
            most_of_tenant: how many may be under way for one tenant, with those.
            failing: whether to take those of webhooks that did not take what was sent last, or those of all others.
        """
        chosen = _chosen(connection, now, most, busy, most_of_tenant, failing=failing)
        if not chosen:
            return []
        taken = update(DELIVERIES).where(DELIVERIES.c.id.in_(chosen), _is_due(now))
        ids = connection.scalars(taken.values(next_at=now + lease).returning(DELIVERIES.c.id)).all()
        query: Select[Any] = select(DELIVERIES, WEBHOOKS.c.sealed, WEBHOOKS.c.failing).join(
            WEBHOOKS, WEBHOOKS.c.id == DELIVERIES.c.webhook_id
        )
        found = connection.execute(query.where(DELIVERIES.c.id.in_(ids)).order_by(DELIVERIES.c.created_at)).all()
        return [each for row in found if (each := self._due(row)) is not None]

    @transaction
    def delivered(self, connection: Connection, due: Due, now: datetime, outcome: str) -> None:
        """Note that the receiver has taken a delivery."""
        _note_failing(connection, due, failing=False)
        ends = {"state": DELIVERED, "ended_at": now, "last_outcome": outcome[:OUTCOME_CHARACTERS]}
        mine = update(DELIVERIES).where(DELIVERIES.c.id == due.id, DELIVERIES.c.state != DELIVERED)
        connection.execute(mine.values(attempts=DELIVERIES.c.attempts + 1, **ends))

    @transaction
    def failed(
        self, connection: Connection, due: Due, now: datetime, outcome: str, next_at: datetime | None, *, gone: bool
    ) -> None:
        """Note an attempt that failed; the next one is at `next_at`, or there is none.

        Nothing is noted of the delivery where another process has it by now.

        Args:
            due: the delivery, as it was claimed.
            outcome: what went wrong, without a secret.
            next_at: when to try again; None to give the delivery up.
            gone: whether the receiver has said that it is gone, which disables its webhook.
        """
        _note_failing(connection, due, failing=True)
        ends = {"next_at": next_at} if next_at is not None else {"state": DEAD, "ended_at": now}
        connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.id == due.id, DELIVERIES.c.state == PENDING, DELIVERIES.c.next_at == due.until)
            .values(attempts=DELIVERIES.c.attempts + 1, last_outcome=outcome[:OUTCOME_CHARACTERS], **ends)
        )
        if gone:
            of_it = select(DELIVERIES.c.webhook_id).where(DELIVERIES.c.id == due.id).scalar_subquery()
            disables = update(WEBHOOKS).where(WEBHOOKS.c.id == of_it, WEBHOOKS.c.disabled_at.is_(None))
            disabled = disables.values(disabled_at=now).returning(WEBHOOKS.c.tenant_id, WEBHOOKS.c.id)
            for tenant_id, webhook_id in connection.execute(disabled).all():
                note_action(connection, tenant_id, Action.WEBHOOK_DISABLED, about("webhook", webhook_id))
            connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.webhook_id == of_it, DELIVERIES.c.state == PENDING)
                .values(state=DEAD, ended_at=now, last_outcome="the receiver is gone")
            )

    @transaction
    def purge(self, connection: Connection, before: datetime) -> None:
        """Delete what had ended before an instant."""
        connection.execute(delete(DELIVERIES).where(DELIVERIES.c.state != PENDING, DELIVERIES.c.ended_at < before))

    def _due(self, row: Row[Any]) -> Due | None:
        try:
            target = opened_target(self._vault, row.webhook_id, row.sealed)
        except VaultError:
            log.warning("webhook_does_not_open", webhook=row.webhook_id)
            return None
        return struct_of(Due, row, target=target, until=row.next_at)


def _chosen(
    connection: Connection,
    now: datetime,
    most: int,
    busy: Mapping[str, str],
    most_of_tenant: int,
    *,
    failing: bool,
) -> list[str]:
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
            select(DELIVERIES.c.webhook_id, DELIVERIES.c.tenant_id, DELIVERIES.c.id, DELIVERIES.c.next_at)
            .join(WEBHOOKS, WEBHOOKS.c.id == DELIVERIES.c.webhook_id)
            .where(_is_due(now), WEBHOOKS.c.disabled_at.is_(None), WEBHOOKS.c.tenant_id.not_in(full))
            .where(WEBHOOKS.c.failing == failing, WEBHOOKS.c.id.not_in([*busy, *chosen]))
            .order_by(DELIVERIES.c.next_at, DELIVERIES.c.id)
            .limit(DELIVERIES_LOOKED_AT)
        )
        if place is not None:
            query = query.where(tuple_(DELIVERIES.c.next_at, DELIVERIES.c.id) > tuple_(*place))
        part = connection.execute(query).all()
        for webhook_id, tenant_id, delivery_id, _ in part:
            if webhook_id not in chosen and under_way[tenant_id] < most_of_tenant and len(chosen) < most:
                chosen[webhook_id] = delivery_id
                under_way[tenant_id] += 1
        if len(part) < DELIVERIES_LOOKED_AT:
            break
        place = part[-1].next_at, part[-1].id
    return list(chosen.values())


def _note_failing(connection: Connection, due: Due, *, failing: bool) -> None:
    # Before the delivery, as who removes a webhook locks the two in that order.
    changed = update(WEBHOOKS).where(WEBHOOKS.c.id == due.webhook_id, WEBHOOKS.c.failing != failing)
    connection.execute(changed.values(failing=failing))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (DELIVERIES.c.state == PENDING) & (DELIVERIES.c.next_at <= now)
