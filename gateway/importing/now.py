"""Imports everything that is due in this process, now."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from gateway.importing.daily import DailyImport
from gateway.limits import IMPORTS_AT_ONCE
from gateway.storage.imports.due import EVERY_ACCOUNT, Due, Selection

__all__ = ["import_all"]


async def import_all(
    imports: DailyImport,
    selection: Selection = EVERY_ACCOUNT,
    *,
    until: datetime | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> Counter[tuple[str, str]]:
    """Import the accounts that are due, a few at a time; give their numbers by bank and outcome.

    Accounts that have failed today are tried again, although their next attempt is later. Those that another process
    imports meanwhile are not counted.

    Args:
        imports: finds what is due, and imports it.
        selection: only these accounts.
        until: no import begins after it.
        advance: is told how many are done, of how many that are known so far.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    outcomes: Counter[tuple[str, str]] = Counter()
    done = known = 0

    def report() -> None:
        if advance is not None:
            advance(done, known)

    async def each_of(waiting: list[Due]) -> None:
        nonlocal done
        while waiting and (until is None or imports.clock.now() <= until):
            due = waiting.pop()
            imported = await imports.accounts.import_now(due.tenant_id, due.account_id, at_once=True)
            if imported is not None:
                outcomes[due.bank, imported.outcome] += 1
            done += 1
            report()

    async for page in imports.pages(imports.clock.now(), selection, at_once=True):
        known += len(page)
        report()
        waiting = page[::-1]
        async with asyncio.TaskGroup() as group:
            for _ in range(IMPORTS_AT_ONCE):
                group.create_task(each_of(waiting))
    return outcomes
