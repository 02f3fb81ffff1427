"""Which of a tenant's accounts are listed."""

from collections.abc import Collection, Iterator
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from gateway.storage.accounts.pauses import Mode, of_account
from gateway.storage.accounts.records import State
from gateway.storage.accounts.tables import AccountRow, IntegrationRow, PauseRow

__all__ = ["EVERY", "Filter", "StateAt", "shown_state"]


class StateAt(Struct, frozen=True, kw_only=True):
    """A state in which callers see integrations at an instant."""

    state: State
    now: datetime
    read_with: frozenset[State]
    """States that need action once the certificate has ended."""


class Filter(Struct, frozen=True, kw_only=True):
    """What the listed accounts have in common; None for anything."""

    holder_tax_id: str | None = None
    """Without punctuation."""
    external_id: str | None = None
    bank: str | None = None
    """Slug."""
    state: StateAt | None = None

    def applied(self, query: Select[AccountRow]) -> Select[AccountRow]:
        """The query of accounts, for these alone."""
        query = query.where(*self._columns())
        if self.state is not None:
            query = query.outerjoin(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            query = query.where(shown_state(self.state.now, self.state.read_with) == self.state.state.value)
        return query

    def _columns(self) -> Iterator[ColumnElement[bool]]:
        if self.holder_tax_id is not None:
            yield AccountRow.holder_tax_id == self.holder_tax_id
        if self.external_id is not None:
            yield AccountRow.external_id == self.external_id
        if self.bank is not None:
            yield AccountRow.bank == self.bank


EVERY = Filter()


def shown_state(now: datetime, read_with: Collection[State]) -> ColumnElement[str]:
    """The state in which callers see an account's integration: a pause hides everything but that nothing is enabled.

    As `gateway.accounts.states.shown` says it of one integration.

    Args:
        now: the present instant.
        read_with: states that need action once the certificate has ended.
    """
    stored = func.coalesce(IntegrationRow.state, State.DISABLED.value)
    pauses = select(PauseRow.bank).where(of_account(now), PauseRow.mode == Mode.ALL.value)
    paused = and_(stored != State.DISABLED.value, pauses.correlate(AccountRow).exists())
    read = stored.in_(sorted(state.value for state in read_with))
    ended = and_(read, IntegrationRow.certificate_expires_at <= now)
    waits = stored == State.PENDING_AUTHORIZATION.value
    unfinished = and_(waits, IntegrationRow.authorization_expires_at <= now)
    return case((paused, State.PAUSED.value), (or_(ended, unfinished), State.NEEDS_ACTION.value), else_=stored)
