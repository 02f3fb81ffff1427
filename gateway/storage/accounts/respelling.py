"""Gives accounts that an older version registered their one spelling, once, when the database is migrated.

Ids of entries are made of branch and number (`gateway.entry_ids`): no later migration may respell an account.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
import structlog

import contracts
from gateway.errors import CallerError
from gateway.texts.spelling import spelled_branch, spelled_number

__all__ = ["respell", "respelled"]

ACCOUNTS = sa.table(
    "accounts",
    *(sa.column(name) for name in ("id", "tenant_id", "bank", "branch", "number", "created_at")),
)

log = structlog.get_logger("gateway.accounts")


def respell(connection: sa.Connection) -> None:
    """Give the stored accounts their one spelling; ids stay.

    Where two rows are one account, the one registered first gets the spelling. The other stays as it is, unless it has
    that spelling: then it takes the one that the first had. A row that cannot be an account of its bank stays as it
    is. Both cases are logged.
    """
    rows = connection.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.created_at, ACCOUNTS.c.id)).mappings().all()
    changed = respelled(rows)
    # In two steps, because two rows may exchange spellings. An account id is never an account number.
    for account_id in changed:
        connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(number=account_id[:32]))
    for account_id, (branch, number) in changed.items():
        connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(branch=branch, number=number))


def respelled(rows: Iterable[Mapping[Any, Any]]) -> dict[str, tuple[str, str]]:
    """The branches and numbers that change, by account id.

    Args:
        rows: id, tenant_id, bank, branch and number of each account, oldest first.
    """
    before = {row["id"]: (row["branch"], row["number"]) for row in rows}
    after = dict(before)
    holders: dict[tuple[str, str, str, str], str] = {}
    for row in rows:
        spelling = _spelling(row)
        if spelling is None:
            continue
        first = holders.setdefault((row["tenant_id"], row["bank"], *spelling), row["id"])
        if first == row["id"]:
            after[first] = spelling
            continue
        log.warning("account_registered_twice", bank=row["bank"], account=row["id"], other_account=first)
        if before[row["id"]] == spelling:
            after[row["id"]] = before[first]
    return {account_id: spelling for account_id, spelling in after.items() if spelling != before[account_id]}


def _spelling(row: Mapping[Any, Any]) -> tuple[str, str] | None:
    """The one spelling of a stored branch and number; None where they cannot be an account of that bank."""
    if row["bank"] not in contracts.banks():
        return None
    contract = contracts.load(row["bank"])
    try:
        branch = spelled_branch(contract, row["branch"])
        return branch, spelled_number(contract, branch, row["number"])
    except CallerError as error:
        log.warning("account_not_respelled", bank=row["bank"], account=row["id"], field=error.field)
        return None
