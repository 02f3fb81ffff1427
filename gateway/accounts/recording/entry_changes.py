"""What has changed in an account's entries since a caller last asked, from what statements brought.

Every successful reading of an account is compared with the entries that are kept (see
`gateway.storage.statements.kept_entries`). Asking for changes never asks the bank.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from gateway.accounts.recording.settled_parts import settled_parts
from gateway.concurrency.shares import SHARES
from gateway.concurrency.workers import LARGE
from gateway.errors import CallerError, IntegrationInactive
from gateway.limits import CHANGES_AT_ONCE, CURSOR_CHARACTERS, MANY_ENTRIES
from gateway.model import Statement
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.outcomes import Storing
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.registry import Accounts
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.statements.kept_values import Page, Place, PlaceUnknown
from gateway.texts.wordings import NOT_A_PLACE

__all__ = ["EntryChanges", "cursor_of", "place_of"]

FORM = re.compile(r"1/([0-9a-f]{16})/(0|[1-9][0-9]{0,17})/([0-9A-Za-z_-]{0,64})", re.ASCII)


@dataclass(eq=False, repr=False)
class EntryChanges:
    """Compares statements with what is kept, and tells what has changed."""

    kept: KeptEntries
    accounts: Accounts
    integrations: Integrations

    def storing(self, statement: Statement, now: datetime) -> Storing:
        """What keeps the settled entries of a statement of few entries now, with its outcome: all at once."""
        account, settled = statement.account, next(settled_parts(statement, at_once=MANY_ENTRIES), None)
        if settled is None:
            return lambda _: None
        return lambda session: self.kept.keep_with_outcome(session, account.tenant, account.id, settled, now)

    async def keep_in_parts(
        self,
        statement: Statement,
        seen: Integration,
        turn: Callable[[], AbstractAsyncContextManager[None]],
        now: datetime,
    ) -> AsyncGenerator[None, None]:
        """Keep the settled entries of a statement of many entries, each part in a transaction of its own.

        It gives nothing, once for each part. Nothing is kept where the integration is no longer the one that was read
        with.

        Args:
            statement: whose entries are kept.
            seen: the integration that it was read with.
            turn: a context within which a part may be written; other accounts have theirs between two parts.

        Raises:
            GatewayError: there is no room for many entries of one day, or spooled ones cannot be read.
            SQLAlchemyError: the database does not answer; what it has not kept comes with the next statement.
        """
        parts = settled_parts(statement)
        while (part := await LARGE.run(next, parts, None)) is not None:
            # Nobody waits for this; whoever is at work meanwhile goes first.
            await SHARES.turn()
            async with turn():
                await self.kept.keep(statement.account.tenant, seen, part, now)
            yield

    async def since(self, tenant_id: str, account_id: str, cursor: str) -> tuple[AccountRecord, Page]:
        """The changes after a cursor, from the beginning where it is empty, with the account.

        Raises:
            CallerError: there is no such account, the cursor is none of ours (`invalid_request`), or something after it
                is no longer known (`cursor_too_old`).
            IntegrationInactive: the integration is not enabled, so that nothing is kept.
        """
        place = place_of(cursor) if cursor else None
        record = await self.accounts.account(tenant_id, account_id)
        if (await self.integrations.of_accounts(tenant_id, [account_id]))[account_id].state is State.DISABLED:
            raise IntegrationInactive("the integration of this account is not enabled")
        try:
            return record, await self.kept.changes(tenant_id, account_id, place, CHANGES_AT_ONCE)
        except PlaceUnknown:
            detail = "what has changed since is no longer known: begin anew with an empty `after`"
            portuguese = "Comece de novo, com `after` vazio."
            raise CallerError("cursor_too_old", detail, field="after", portuguese=portuguese) from None


def place_of(cursor: str) -> Place:
    """The place that a cursor names.

    Raises:
        CallerError: the text is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = FORM.fullmatch(urlsafe_b64decode(padded.encode("ascii")).decode("ascii"))
        if found is not None and len(cursor) <= 2 * CURSOR_CHARACTERS:
            place = Place(found[1], int(found[2]), found[3])
            if cursor_of(place) == cursor:
                return place
    except ValueError:
        pass
    detail = "`after` is not the `next` of an answer"
    raise CallerError("invalid_request", detail, field="after", portuguese=NOT_A_PLACE)


def cursor_of(place: Place | None) -> str:
    """The text of a place; empty for the beginning."""
    if place is None:
        return ""
    return urlsafe_b64encode(f"1/{place.generation}/{place.number}/{place.entry_id}".encode()).decode().rstrip("=")
