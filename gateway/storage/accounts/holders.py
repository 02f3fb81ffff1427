"""The holders of a tenant's accounts: companies and persons, as the accounts name them."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from gateway.storage.accounts.filters import shown_state
from gateway.storage.accounts.records import State
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading

__all__ = ["Holder", "Holders"]


class Holder(Struct, frozen=True, kw_only=True):
    """A holder, with how the integrations of its accounts stand."""

    tax_id: str
    """CPF or CNPJ, without punctuation."""
    states: dict[State, int]
    """Numbers of accounts, by the state in which callers see their integrations."""
    banks: list[str]
    """Slugs, in alphabetical order."""


class Holders(Store):
    """The holders of tenants' accounts."""

    @reading
    def page(
        self,
        connection: Connection,
        tenant_id: str,
        now: datetime,
        limit: int,
        after: str = "",
        *,
        state: State | None = None,
    ) -> tuple[list[Holder], bool]:
        """A part of the tenant's holders, by their tax ids, and whether more follow.

        Args:
            tenant_id: whose accounts they hold.
            limit: most holders to give.
            after: the last tax id of the part before.
            state: only holders of whose accounts one is in this state.
        """
        shown = shown_state(now)
        accounts = (
            select(ACCOUNTS.c.holder_tax_id)
            .outerjoin(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
            .where(ACCOUNTS.c.tenant_id == tenant_id)
        )
        wanted = accounts.where(ACCOUNTS.c.holder_tax_id > after)
        if state is not None:
            wanted = wanted.where(shown == state.value)
        found = connection.scalars(wanted.distinct().order_by(ACCOUNTS.c.holder_tax_id).limit(limit + 1)).all()
        listed = found[:limit]
        counted = (
            accounts.where(ACCOUNTS.c.holder_tax_id.in_(listed))
            .add_columns(shown.label("shown"), ACCOUNTS.c.bank, func.count())
            .group_by(ACCOUNTS.c.holder_tax_id, shown, ACCOUNTS.c.bank)
        )
        states: dict[str, dict[State, int]] = {tax_id: {} for tax_id in listed}
        banks: dict[str, set[str]] = {tax_id: set() for tax_id in listed}
        for tax_id, name, bank, count in connection.execute(counted):
            states[tax_id][State(name)] = states[tax_id].get(State(name), 0) + count
            banks[tax_id].add(bank)
        holders = [Holder(tax_id=each, states=states[each], banks=sorted(banks[each])) for each in listed]
        return holders, len(found) > limit
