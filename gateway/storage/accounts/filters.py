"""Which of a tenant's accounts are listed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from gateway.storage.accounts.pauses import Mode, of_account
from gateway.storage.accounts.records import READ_STATES, State
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS, PAUSES

__all__ = ["EVERY", "Filter", "shown_state"]


class Filter(Struct, frozen=True, kw_only=True):
    """What the listed accounts have in common; None for anything."""

    holder_tax_id: str | None = None
    """Without punctuation."""
    external_id: str | None = None
    bank: str | None = None
    """Slug, also of a bank that is not installed any more."""
    state: State | None = None
    """As callers see it."""

    def applied(self, query: Select[Any], now: datetime) -> Select[Any]:
        """The query of accounts, for these alone at an instant."""
        query = query.where(*self._columns())
        if self.state is not None:
            query = query.outerjoin(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            query = query.where(shown_state(now) == self.state.value)
        return query

    def _columns(self) -> Iterator[ColumnElement[bool]]:
        if self.holder_tax_id is not None:
            yield ACCOUNTS.c.holder_tax_id == self.holder_tax_id
        if self.external_id is not None:
            yield ACCOUNTS.c.external_id == self.external_id
        if self.bank is not None:
            yield ACCOUNTS.c.bank == self.bank


EVERY = Filter()


def shown_state(now: datetime) -> ColumnElement[str]:
    """The state in which callers see an account's integration: a pause hides everything but that nothing is enabled.

    As `gateway.accounts.states.shown` says it of one integration.
    """
    stored = func.coalesce(INTEGRATIONS.c.state, State.DISABLED.value)
    pauses = select(PAUSES.c.bank).where(of_account(now), PAUSES.c.mode == Mode.ALL.value)
    paused = and_(stored != State.DISABLED.value, pauses.correlate(ACCOUNTS).exists())
    read = stored.in_(sorted(state.value for state in READ_STATES))
    ended = and_(read, INTEGRATIONS.c.certificate_expires_at <= now)
    waits = stored == State.PENDING_AUTHORIZATION.value
    unfinished = and_(waits, INTEGRATIONS.c.authorization_expires_at <= now)
    return case((paused, State.PAUSED.value), (or_(ended, unfinished), State.NEEDS_ACTION.value), else_=stored)
