"""Enables integrations for connect pages, in a task beside the request, so that the page can show progress.

The task does what the interface for programs does (`gateway.accounts.enrolment.enrolling`). It goes on when the person
closes the window. Its outcome is stored with the session, so that any process can show it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from msgspec.structs import replace

from gateway.accounts.banks import contract_of
from gateway.accounts.connect.content import Content, ShownFailure, content_of, preview_of, shown_failure, texts_of
from gateway.accounts.connect.sessions import ConnectSessions
from gateway.accounts.enrolment.enrolling import Enrolment
from gateway.accounts.reading.readings import Readings
from gateway.accounts.recording.stored import Wanted
from gateway.clock import Clock
from gateway.concurrency.shares import metered
from gateway.errors import CallerError, GatewayError
from gateway.limits import CONNECT_DAYS, CONNECT_END_SECONDS, CONNECT_PATIENCE_SECONDS, CONNECT_WORKS
from gateway.model import DAY, Period
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.connect.sessions import ConnectSession, Purpose, Result, Stage
from gateway.storage.engine.database import DATABASE_ERRORS, storage_trouble

__all__ = ["Enabling"]

log = structlog.get_logger("gateway.connect")


@dataclass(eq=False, repr=False)
class Enabling:
    """The work at banks that connect pages have begun in this process."""

    sessions: ConnectSessions
    enrolment: Enrolment
    readings: Readings
    clock: Clock
    """Gives the present instant, of the banks."""
    _works: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    async def enable(self, session: ConnectSession, given: Mapping[str, Any]) -> bool:
        """Begin to enable with a filled-in form. Its outcome is stored; a quick one before this returns.

        Returns:
            Whether it was begun: not where work is under way for the session, or no attempt is left.

        Raises:
            CallerError: `gateway_busy`: too much is under way in this process.
        """
        if len(self._works) >= CONNECT_WORKS:
            raise GatewayError("gateway_busy", "too many verifications are under way")
        begun = await self.sessions.begin(session)
        if begun:
            await self._begun(self._enabled(session, given))
        return begun

    async def show(self, session: ConnectSession, record: AccountRecord, integration: Integration) -> None:
        """Begin to read the last days of an account that is enabled, unless that is under way for the session already.

        The end of a consent flow has enabled it; or a process has, which ended before it could read.
        """
        content = replace(content_of(session), failure=None, page="")
        if await self.sessions.begin_reading(session, record.id, content):
            reading = partial(self._previewed, session, content, record, integration)
            await self._begun(self._guarded(session, content, reading))

    async def aclose(self) -> None:
        """Let works under way end; those that take longer are stopped, and their sessions say so."""
        if self._works:
            await asyncio.wait(self._works, timeout=CONNECT_END_SECONDS)
        while self._works:
            for each in list(self._works):
                each.cancel()
            await asyncio.wait(self._works)

    async def _begun(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(metered(work))
        self._works.add(task)
        task.add_done_callback(self._works.discard)
        await asyncio.wait({task}, timeout=CONNECT_PATIENCE_SECONDS)

    async def _enabled(self, session: ConnectSession, given: Mapping[str, Any]) -> None:
        content = content_of(session)
        contract = contract_of(content.typed.bank)
        content = replace(content, texts=texts_of(contract, given), failure=None, page="")

        async def enable() -> None:
            record, integration = await self._asked(session, content, given)
            if integration.authorization_page is not None:
                waiting = replace(content, page=integration.authorization_page)
                await self.sessions.move(session, Stage.CONSENT, waiting, account_id=record.id)
                return
            await self.sessions.move(session, Stage.READING, content, account_id=record.id)
            await self._previewed(session, content, record, integration)

        await self._guarded(session, content, enable)

    async def _asked(
        self, session: ConnectSession, content: Content, given: Mapping[str, Any]
    ) -> tuple[AccountRecord, Integration]:
        tenant_id, account_id = session.tenant_id, session.account_id
        if account_id is None:
            return await self.enrolment.register(tenant_id, content.typed.new_account(given))
        keeps = session.purpose is Purpose.REPAIR and not content.whole
        return await self.enrolment.enable(tenant_id, account_id, given, keeps=keeps)

    async def _previewed(
        self, session: ConnectSession, content: Content, record: AccountRecord, integration: Integration
    ) -> None:
        """Read the last days, as far as the bank gives them, and end the session."""
        last = self.clock.now().date() - DAY
        first = last - (CONNECT_DAYS - 1) * DAY
        if integration.first_import is not None:
            first = min(max(first, integration.first_import.first), last)
        try:
            answer = await self.readings.answer(record.tenant_id, record.id, Period(first, last), Wanted(stored=False))
            content = replace(content, preview=preview_of(answer.statement))
        except GatewayError as failure:
            # The integration is enabled all the same.
            content = replace(content, preview_failure=failure.code)
        await self.sessions.move(session, Stage.READING, content, account_id=record.id)
        await self.sessions.end(session, Result.ENABLED)

    async def _guarded(self, session: ConnectSession, content: Content, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work; store its failure, whatever it is, so that no page waits for nothing."""
        try:
            await work()
        except GatewayError as failure:
            await self._failed(session, replace(content, failure=shown_failure(failure)))
        except asyncio.CancelledError:
            await asyncio.shield(self._failed(session, replace(content, failure=ShownFailure(code="gateway_busy"))))
            raise
        except Exception as error:
            trouble = storage_trouble(error)
            if trouble is None:
                log.exception("connect_failed", exc_info=error)
            shown = shown_failure(trouble or CallerError("internal_error", "the gateway met an unexpected error"))
            await self._failed(session, replace(content, failure=shown))

    async def _failed(self, session: ConnectSession, content: Content) -> None:
        """Store a failure. Without a database the page learns of it when the claim is stale."""
        try:
            await self.sessions.move(session, Stage.OPEN, content)
        except DATABASE_ERRORS as error:
            log.warning("connect_failure_not_stored", kind=type(error).__name__)
