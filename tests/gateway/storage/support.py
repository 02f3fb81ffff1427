"""Trouble of a database, in the words of each kind, and processes that share one."""

import multiprocessing
import uuid
from datetime import date, datetime
from decimal import Decimal
from multiprocessing.context import BaseContext
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, insert

from gateway.model import BRASILIA, Counterparty, Direction, Entry, IdBasis, Period, Stability, TransactionType
from gateway.storage.accounts.consents import Consents
from gateway.storage.accounts.holders import Holders
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.outcomes import Outcomes
from gateway.storage.accounts.records import AccountRecord, account_id_of
from gateway.storage.accounts.registry import Accounts
from gateway.storage.connect.sessions import ConnectSessionsTable
from gateway.storage.connect.settings import ConnectSettingsTable
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.imports.outcomes import Imports
from gateway.storage.imports.states import TenantImports
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.management.audit import Audit
from gateway.storage.management.tables import TENANTS
from gateway.storage.management.tenant_keys import TenantKeys
from gateway.storage.statements.day_balances import DayBalances
from gateway.storage.statements.day_digests import DayDigests
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.statements.kept_values import Settled
from gateway.storage.statements.stored import StoredStatements
from gateway.storage.statements.stored_values import StoredStatement, day_of_entries
from gateway.storage.webhooks.deliveries import Deliveries
from gateway.storage.webhooks.registry import Webhooks
from tests.gateway.support import NOW

__all__ = [
    "Stored",
    "account_of",
    "entry",
    "hold_for_writing",
    "inserts_fail",
    "inserts_work",
    "processes_apart",
    "settled",
    "stored",
    "tenant_added",
    "tenant_id_of",
]


def account_of(
    tenant_id: str, number: str = "1", *, bank: str = "inter", branch: str = "0001", **changed: Any
) -> AccountRecord:
    """The record of a company's account; `changed` gives its other fields."""
    record = AccountRecord(
        id=account_id_of(tenant_id, bank, branch, number),
        tenant_id=tenant_id,
        bank=bank,
        kind="PJ",
        branch=branch,
        number=number,
        holder_tax_id="11222333000181",
        description="",
        default=False,
        created_at=NOW,
    )
    return replace(record, **changed)


def hold_for_writing(connection: Connection, table: str) -> None:
    """Keep others from writing to a table while this connection's transaction lasts."""
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else f"LOCK TABLE {table} IN EXCLUSIVE MODE")


def inserts_fail(database: Database, table: str) -> None:
    """From now on no row can be added to a table."""
    if database.engine.dialect.name == "sqlite":
        body = "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    else:
        body = "EXECUTE FUNCTION disk_is_full()"
    with database.engine.begin() as connection:
        if database.engine.dialect.name != "sqlite":
            connection.exec_driver_sql(
                "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'disk is full'; END $$"
            )
        connection.exec_driver_sql(f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} {body}")


def inserts_work(database: Database, table: str) -> None:
    """Rows can be added again."""
    on = "" if database.engine.dialect.name == "sqlite" else f" ON {table}"
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER disk_full{on}")


def processes_apart() -> BaseContext:
    """What starts processes that share nothing with this one, and start at once because their modules are loaded."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [f"tests.gateway.storage.{name}" for name in ("engine.test_database", "shared.test_quotas")]
    )
    return context


class Stored:
    """The tables of tenants, as one process sees them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.accounts = Accounts(database, vault)
        self.integrations = Integrations(database, vault)
        self.outcomes = Outcomes(database, vault)
        self.consents = Consents(database, vault)
        self.digests = DayDigests(database)
        self.balances = DayBalances(database, vault)
        self.kept = KeptEntries(database, vault)
        self.statements = StoredStatements(database, vault)
        self.webhooks = Webhooks(database, vault)
        self.deliveries = Deliveries(database)
        self.imports = Imports(database)
        self.holders = Holders(database)
        self.audit = Audit(database)
        self.keys = TenantKeys(database)
        self.connect = ConnectSessionsTable(database, vault)
        self.connect_settings = ConnectSettingsTable(database)
        self.states = TenantImports(database)
        self.all_tenants = AllTenants(database, vault)


def tenant_id_of(name: str) -> str:
    """The id of the tenant of a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


async def tenant_added(database: Database, name: str) -> str:
    """The id of a new tenant."""
    tenant_id = tenant_id_of(name)
    with database.engine.begin() as connection:
        connection.execute(insert(TENANTS).values(id=tenant_id, name=name, created_at=NOW))
    return tenant_id


def entry(entry_id: str, day: date, amount: str = "1.00", description: str = "x") -> Entry:
    """A final entry."""
    return Entry(
        id=entry_id,
        id_basis=IdBasis.BANK,
        stability=Stability.FINAL,
        date=day,
        booked_at=datetime(day.year, day.month, day.day, 12, 0, 1, tzinfo=BRASILIA),
        amount=Decimal(amount),
        direction=Direction.CREDIT,
        type=TransactionType.PIX,
        description=description,
        document=None,
        balance=Decimal("10.10"),
        bank_id=entry_id,
        end_to_end_id=None,
        note="é",
        counterparty=Counterparty(name="Maria", tax_id="11144477735"),
    )


def settled(first: date, *entries: Entry, last: date | None = None, fetched_at: datetime = NOW) -> Settled:
    """Settled days with these entries, from the first to the last, which is the first unless it is given."""
    return Settled(Period(first, last or first), list(entries), fetched_at)


def stored(
    first: date,
    *entries: Entry,
    last: date | None = None,
    fetched_at: datetime = NOW,
    enabled_at: datetime = NOW,
    imported: bool = False,
    divisible: bool = True,
) -> StoredStatement:
    """A statement of these days with these entries, to be stored; its content says no more than which days it has."""
    period = Period(first, last or first)
    return StoredStatement(
        period=period,
        enabled_at=enabled_at,
        fetched_at=fetched_at,
        imported=imported,
        divisible=divisible,
        content={"of": f"{period.first}/{period.last}"},
        days=[day_of_entries(day, [entry for entry in entries if entry.date == day]) for day in period.days],
    )
