"""Which accounts are listed, over both kinds of database."""

import asyncio
from datetime import datetime, timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.changes import Changes
from gateway.accounts.registered.accounts import RegisteredAccounts
from gateway.accounts.states import expiring
from gateway.accounts.states.pauses import PausesInForce
from gateway.errors import CallerError
from gateway.model import Credentials, Period
from gateway.storage.accounts.filters import Filter
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.changes import ChangeRows
from gateway.storage.shared.tokens import TokenRows
from tests.clocks import FixedClock
from tests.gateway.storage.support import Stored, account_of, tenant_added
from tests.gateway.support import CNPJ, NOW

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
OTHER = "11444777000161"


def account(tenant: str, number: int, *, bank: str = "inter", holder: str = CNPJ, own: str | None = None):
    """An account of that number."""
    return account_of(
        tenant,
        str(number),
        bank=bank,
        holder_tax_id=holder,
        created_at=NOW + timedelta(seconds=number),
        external_id=own,
    )


def integration(record: AccountRecord, state: State, certificate: datetime | None) -> Integration:
    """An integration in that state."""
    return Integration(
        account_id=record.id,
        state=state,
        credentials=Credentials({"client_id": record.number}),
        enabled_at=NOW,
        first_import=Period(NOW.date(), NOW.date()),
        certificate_expires_at=certificate,
    )


def registered(database: Database, vault: Vault) -> RegisteredAccounts:
    """The accounts as callers choose them."""
    store, clock = Stored(database, vault), FixedClock(NOW)
    tokens, changes = Tokens(TokenRows(database, vault), clock), Changes(ChangeRows(database))
    return RegisteredAccounts(store.accounts, store.integrations, Pauses(database), tokens, changes, clock)


async def test_each_state_lists_those_that_are_shown_in_it(database: Database, vault: Vault) -> None:
    """Whatever is stored, whenever the certificate ends, whatever is paused; and by cursor as all at once."""
    store, pauses = Stored(database, vault), Pauses(database)
    tenant, stranger = await tenant_added(database, "a"), await tenant_added(database, "b")
    shown: dict[str, State] = {}
    ways = product(State, (None, NOW, NOW + HOUR), (None, *Mode, "ended"), ("inter", "cora"))
    for number, (state, certificate, paused, bank) in enumerate(ways):
        record = account(tenant, number, bank=bank)
        stored = integration(record, state, certificate)
        await store.accounts.add(record, stored)
        if paused is not None:
            mode, until = (Mode.ALL, NOW) if paused == "ended" else (Mode(paused), None)
            await pauses.begin(Pause(bank=bank, account_id=record.id, mode=mode, since=NOW - HOUR, until=until))
    never = account(tenant, 900)
    await store.accounts.add(never)
    await store.accounts.add(theirs := account(stranger, 1), integration(theirs, State.NEEDS_ACTION, None))

    for bank_paused in (False, True):
        if bank_paused:
            await pauses.begin(Pause(bank="cora", mode=Mode.ALL, since=NOW - HOUR))
        records, _, _ = await store.accounts.page(tenant, NOW, 1000)
        known = await store.integrations.of_accounts(tenant, [record.id for record in records])
        in_force = PausesInForce(await pauses.of_accounts(records, NOW))
        shown = {record.id: in_force.shown(record, expiring.shown(known[record.id], NOW)).state for record in records}
        assert set(shown.values()) == set(State)
        for state in State:
            wanted = [record.id for record in records if shown[record.id] is state]
            chosen = Filter(state=state)
            listed, total, _ = await store.accounts.page(tenant, NOW, 1000, chosen=chosen)
            assert ([record.id for record in listed], total) == (wanted, len(wanted))
            seen, after = [], None
            while True:
                part, _, after = await store.accounts.page(tenant, NOW, 7, after=after, chosen=chosen)
                seen += [record.id for record in part]
                if after is None:
                    break
            assert seen == wanted


async def test_filters_hold_together(database: Database, vault: Vault) -> None:
    """Holder as it is typed, own id, bank; of the tenant's accounts only."""
    store = Stored(database, vault)
    tenant, stranger = await tenant_added(database, "a"), await tenant_added(database, "b")
    for owner in (tenant, stranger):
        await store.accounts.add(account(owner, 1, own="erp-1"))
        await store.accounts.add(account(owner, 2, bank="cora", own="erp-2"))
        await store.accounts.add(account(owner, 3, holder=OTHER))

    async def numbers(**chosen: str) -> list[str]:
        listed, total, _ = await registered(database, vault).page(tenant, 10, chosen=Filter(**chosen))
        assert total == len(listed)
        return [record.number for record in listed]

    assert await numbers() == ["1", "2", "3"]
    assert await numbers(holder_tax_id="11.222.333/0001-81") == ["1", "2"]
    assert await numbers(holder_tax_id=CNPJ, bank="cora") == ["2"]
    assert await numbers(external_id=" erp-1 ") == ["1"]
    assert await numbers(external_id="erp-1", bank="cora") == await numbers(bank="gone") == []


async def test_what_is_no_tax_id_is_refused(database: Database, vault: Vault) -> None:
    """It would find nothing, and the caller would believe that there is nothing."""
    with pytest.raises(CallerError) as refused:
        await registered(database, vault).page("a", 10, chosen=Filter(holder_tax_id="11222333000182"))
    assert (refused.value.code, refused.value.field) == ("invalid_request", "holder_tax_id")


async def test_an_own_id_is_of_one_account_of_a_tenant(database: Database, vault: Vault) -> None:
    """At registering and at changing; that of another tenant does not count, nor does none at all."""
    store = Stored(database, vault)
    tenant, stranger = await tenant_added(database, "a"), await tenant_added(database, "b")
    await store.accounts.add(first := account(tenant, 1, own="erp-1"))
    await store.accounts.add(second := account(tenant, 2))
    await store.accounts.add(account(tenant, 3))
    await store.accounts.add(account(stranger, 1, own="erp-1"))
    change = {"description": None, "default": None}

    for refusing in (
        store.accounts.add(account(tenant, 4, own="erp-1")),
        store.accounts.change(tenant, second.id, **change, external_id="erp-1"),
    ):
        with pytest.raises(CallerError) as refused:
            await refusing
        assert (refused.value.code, refused.value.field) == ("account_exists", "external_id")
        assert first.id in refused.value.detail

    changed = await store.accounts.change(tenant, first.id, **change, external_id="erp-1")
    assert changed == first
    assert await store.accounts.change(tenant, first.id, **change, external_id=None) == replace(first, external_id=None)
    assert (await store.accounts.change(tenant, second.id, **change, external_id="erp-1")).external_id == "erp-1"
    assert (await store.accounts.change(tenant, second.id, description="x", default=None)).external_id == "erp-1"


async def test_of_two_that_want_an_own_id_at_once_one_gets_it(database: Database, vault: Vault) -> None:
    """The other is refused like any later one."""
    store = Stored(database, vault)
    tenant = await tenant_added(database, "a")
    wanting = (store.accounts.add(account(tenant, number, own="erp-1")) for number in range(4))

    got = await asyncio.gather(*wanting, return_exceptions=True)

    refused = [each for each in got if each is not None]
    assert len(refused) == 3
    assert all(isinstance(each, CallerError) and each.field == "external_id" for each in refused)
