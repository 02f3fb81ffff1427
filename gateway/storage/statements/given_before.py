"""What an ERP was given of some days by statements before, by one query: each statement is compared with all of it."""

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Connection, literal_column, union_all

from gateway.limits import RESTATEMENT_SHOWN_FOR
from gateway.model import DAY, Period
from gateway.storage.accounts.tables import owner
from gateway.storage.encryption.vault import Vault
from gateway.storage.statements import day_balances, day_digests
from gateway.storage.statements.day_balances import Kept, balances_of
from gateway.storage.statements.day_digests import KnownDigest, digests_of

__all__ = ["GivenBefore", "given_before"]

IS_BALANCE = "is_balance"
KNOWN = union_all(
    day_balances.KNOWN.add_columns(literal_column("1").label(IS_BALANCE)),
    day_digests.KNOWN.add_columns(literal_column("0").label(IS_BALANCE)),
)


class GivenBefore(Struct, frozen=True):
    """What an ERP was given of a period and of the day before it."""

    balances: dict[date, Kept]
    """Closing balances of proved days, and of earlier days that statements still name as changed."""
    digests: dict[date, KnownDigest] | None
    """Digests of final days; None where the tenant has no such account."""


def given_before(
    connection: Connection, vault: Vault, tenant_id: str, account_id: str, period: Period, now: datetime
) -> GivenBefore:
    """Within a transaction: what was given of a period before. Balances that cannot be decrypted are left out."""
    days = {"first": period.first - DAY, "last": period.last, "shown_since": now - RESTATEMENT_SHOWN_FOR}
    rows = connection.execute(KNOWN, {**owner(tenant_id, account_id), **days}).all()
    return GivenBefore(
        balances_of(vault, account_id, [row for row in rows if row.is_balance]),
        digests_of([row for row in rows if not row.is_balance]),
    )
