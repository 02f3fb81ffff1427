"""Reads one statement: account -> flow -> drive over the line -> movements -> assemble.

Rules.
1. A statement is whole or it is a failure: nothing is given before the period is completely read and checked.
2. A reading has one deadline for all its requests, which is put off a little for each megabyte that has come: a large
   statement may take as long as its answers do. When it passes, the bank is blamed only if most of the time was spent
   waiting for it.
3. Pages that contradict each other, and a statement that is disproved or contradicted, are read once more: entries may
   have been booked between two pages.
4. A token renewal has a deadline of its own, because many callers wait for it.
5. What a statement can do without (`gateway.flow.OPTIONAL`) has a short time of its own within the deadline. Without an
   answer in that time the statement is given without it.
6. A period that would need too many requests is refused before the first one is sent.
7. The second reading asks by themselves for the days that may still move (`gateway.statement.parts`), so that they
   cannot spoil those that are over. Where they do not fit together again, or disprove the statement, it ends before
   them, and a warning names the days that are left out.

Long because the rules of one reading stand beside the code that follows them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Protocol, TypeVar

from gateway.auth import Auth, signed
from gateway.clock import Clock
from gateway.concurrency.workers import LARGE
from gateway.connectors import Connector, find
from gateway.errors import BankFailure, GatewayError, IncoherentPages
from gateway.flow import Flow, Page, Token, TokenNeeded, drive
from gateway.limits import (
    HELD_ENTRIES,
    MANY_ENTRIES,
    STATEMENT_ATTEMPTS,
    STATEMENT_DEADLINE_SECONDS,
    TOKEN_RENEWAL_GRACE_SECONDS,
    TOKEN_RENEWAL_SECONDS,
)
from gateway.model import Account, HeldAccount, Period, Statement, Verdict
from gateway.statement.assemble import assemble
from gateway.statement.bank_time import BankTime
from gateway.statement.movements import Movements
from gateway.statement.parts import Part, balances_of, movements_of, parts_of
from gateway.statement.reach import check_reach
from gateway.statement.reading_slots import ReadingSlots
from gateway.statement.sending import Intake, Line, Reading, sending
from gateway.statement.warnings import without_later_days
from gateway.tracing import span
from gateway.unreadable import readable

__all__ = ["StatementReader", "TokenProvider"]

T = TypeVar("T")


class TokenProvider(Protocol):
    """Provides tokens: one renewal for all callers that wait for it, and no refresh token used twice or lost."""

    async def token(
        self,
        account: Account,
        auth: Auth,
        needed: TokenNeeded,
        run: Callable[[Flow[Token]], Awaitable[Token]],
    ) -> Token:
        """A token other than the refused one; `run` drives the conversation that obtains a new one.

        Raises:
            BankFailure: the bank refuses to give one.
        """
        ...


@dataclass(eq=False, repr=False)
class StatementReader:
    """Reads statements, each independently of the others."""

    line: Line
    tokens: TokenProvider
    clock: Clock
    _: KW_ONLY
    page_size: int = 0
    """Entries to ask for in one page; 0 for the most that each bank accepts."""
    deadline: float = STATEMENT_DEADLINE_SECONDS
    """Seconds after which a reading fails."""
    most_held: int = HELD_ENTRIES
    """Entries of a statement that stay in memory; those of a larger one are spooled."""
    _reading_slots: ReadingSlots = field(init=False, default_factory=ReadingSlots)

    async def read(self, account: Account, period: Period) -> Statement:
        """The whole statement of a period.

        Raises:
            CallerError: `period_out_of_range`: the bank cannot be asked for it, and no request has been sent; or its
                entries do not fit into a file.
            BankFailure: the bank gave something other than a statement, or took too long (`deadline_exceeded`).
            GatewayError: `deadline_exceeded`, where the time was spent in the gateway; `storage_unavailable` or
                `gateway_busy`, where there is no room for a large statement.
        """
        connector = find(account.bank, self.page_size)
        check_reach(connector.contract, connector.window_days, period, self.clock.now().date())
        with span("reading") as traced:
            traced.note(bank=account.bank)
            async with self._in_time(connector, account, "statement") as reading:
                return await self._read(reading, period)

    async def identify(self, account: Account) -> HeldAccount:
        """What the bank's answers contain of the account that these credentials read.

        Raises:
            BankFailure: the bank gave something other than an answer, or took too long (`deadline_exceeded`).
            GatewayError: `deadline_exceeded`, where the time was spent in the gateway.
        """
        connector = find(account.bank)
        async with self._in_time(connector, account, "answer") as reading:
            return await self._driven(reading, connector.identifying(account), _no_page)

    async def renew(self, account: Account, known: Token | None) -> Token:
        """A token other than the known one, as for a reading in which the bank has refused that one.

        Raises:
            BankFailure: the bank refuses to give one, or gave something else.
        """
        connector = find(account.bank)
        run = partial(self._obtain, connector, account)
        return await self.tokens.token(account, connector.auth(account), TokenNeeded(known), run)

    @asynccontextmanager
    async def _in_time(self, connector: Connector[Page], account: Account, what: str) -> AsyncIterator[Reading]:
        """Begin a reading: wait for a slot and hold it, both until the deadline.

        Raises:
            BankFailure: the deadline passed, most of the time at the bank; the detail says that it gave no `what`.
            GatewayError: the deadline passed otherwise.
        """
        began = _now()
        timeout = asyncio.timeout_at(began + self.deadline)
        reading = Reading(connector, account, began + self.deadline, BankTime(), timeout)
        try:
            async with self._reading_slots.held(connector.contract, account, reading.deadline), timeout:
                yield reading
        except BankFailure as failure:
            reading.hide(failure)
            raise
        except TimeoutError as error:
            allowed, step = reading.deadline - began, reading.bank_time.step
            code, detail = "deadline_exceeded", f"no {what} within {allowed:g} seconds"
            if reading.bank_time.mostly(allowed):
                detail = f"{connector.contract.name} gave {detail}"
                raise BankFailure(code, bank=account.bank, at=step, detail=detail, timed_out=True) from error
            raise GatewayError(code, detail) from error
        finally:
            # It knows the task, whose error knows the reading by its traceback: a circle that would keep all that was
            # read until garbage is collected.
            reading.timeout = None

    async def _read(self, reading: Reading, period: Period) -> Statement:
        """The statement, read again where it is doubtful (rule 3)."""
        for _ in range(STATEMENT_ATTEMPTS - 1):
            with suppress(IncoherentPages):
                statement = await self._read_once(reading, [period])
                if not statement.is_doubtful:
                    return statement
                # Nothing may refer to the first statement while the second one is read: both may be large.
                del statement
        return await self._read_once(reading, parts_of(period, reading.connector.contract.period, self.clock.now()))

    async def _read_once(self, reading: Reading, periods: Sequence[Period]) -> Statement:
        """The statement of adjoining periods, or of the first of them where the others spoil it (rule 7).

        Raises:
            IncoherentPages: the pages of the first one do not fit together.
        """
        parts: list[Part] = []
        try:
            return await self._joined(reading, periods, parts)
        except BaseException:
            for part in parts:
                part.movements.close()
            raise

    async def _joined(self, reading: Reading, periods: Sequence[Period], parts: list[Part]) -> Statement:
        """As `_read_once`; adds to `parts` what it has read, so that the files of these parts can be closed."""
        # The time at which the reading begins decides which days are settled, because entries may be booked meanwhile.
        now = self.clock.now()
        try:
            for days in periods:
                parts += [await self._read_part(reading, days, now.date())]
            whole = await self._assembled(reading, parts, now)
        except IncoherentPages:
            if (earlier := await self._without_later_days(reading, periods, parts, now)) is None:
                raise
            return earlier
        if whole.proof.verdict is Verdict.DISPROVED:
            return await self._without_later_days(reading, periods, parts, now) or whole
        return whole

    async def _without_later_days(
        self, reading: Reading, periods: Sequence[Period], parts: Sequence[Part], now: datetime
    ) -> Statement | None:
        """The statement of as many parts as make one that is not doubtful, but not of all periods; None for no part."""
        for count in range(min(len(parts), len(periods) - 1), 0, -1):
            with suppress(IncoherentPages):
                statement = await self._assembled(reading, parts[:count], now)
                if not statement.is_doubtful:
                    return without_later_days(statement, periods[-1].last)
        return None

    async def _assembled(self, reading: Reading, parts: Sequence[Part], now: datetime) -> Statement:
        """The statement of adjoining parts.

        Raises:
            IncoherentPages: they do not fit together.
        """
        period = Period(parts[0].days.first, parts[-1].days.last)

        def assembled() -> Statement:
            movements, balances = movements_of(parts, self.most_held), balances_of(parts)
            contract, account = reading.connector.contract, reading.account
            return assemble(contract, account, period, movements, balances, now, parts[-1].ended)

        return await LARGE.run_if(sum(len(part.movements) for part in parts) > MANY_ENTRIES, assembled)

    async def _read_part(self, reading: Reading, days: Period, today: date) -> Part:
        """Read some days in one conversation.

        Raises:
            IncoherentPages: its pages do not fit together.
        """
        connector = reading.connector
        movements = Movements(newest_first=connector.newest_first, by_time=connector.by_time, most_held=self.most_held)

        def hand_over(page: Page) -> None:
            movements.add(connector.movements(page))

        try:
            balances = await self._driven(reading, connector.reading(reading.account, days, today), hand_over)
            ended = self.clock.now()
            await LARGE.run_if(len(movements) > MANY_ENTRIES, movements.finish)
        except BaseException:
            movements.close()
            raise
        return Part(days, movements, balances, ended)

    async def _driven(self, reading: Reading, flow: Flow[T], hand_over: Callable[[Page], None]) -> T:
        """The result of a conversation, driven over the line with the tokens that it needs."""
        connector, account = reading.connector, reading.account
        auth = connector.auth(account)

        async def token(needed: TokenNeeded) -> Token:
            with reading.bank_time.at_bank("token"):
                given = await self.tokens.token(account, auth, needed, partial(self._obtain, connector, account))
            reading.tokens.update(given.secrets)
            return given

        intake = Intake(reading, sending(self.line, reading))

        def noted_and_handed_over(page: Page) -> None:
            intake.kept = 0
            hand_over(page)

        try:
            return await drive(signed(flow, auth), intake.send, token, noted_and_handed_over)
        finally:
            await intake.aclose()

    async def _obtain(self, connector: Connector[Page], account: Account, flow: Flow[Token]) -> Token:
        """Drive the conversation that obtains a token, under its own deadline (rule 4)."""
        reading = Reading(connector, account, _now() + TOKEN_RENEWAL_SECONDS, BankTime())
        try:
            async with asyncio.timeout_at(reading.deadline + TOKEN_RENEWAL_GRACE_SECONDS):
                read = readable(connector.contract, "token", flow)
                return await drive(read, sending(self.line, reading), _no_token, _no_page)
        except BankFailure as failure:
            reading.hide(failure)
            raise
        except TimeoutError as error:
            detail = f"{connector.contract.name} gave no token in time"
            raise BankFailure(
                "bank_unavailable", bank=account.bank, at="token", detail=detail, timed_out=True
            ) from error


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _no_token(needed: TokenNeeded) -> Token:
    raise TypeError("a token request cannot itself need a token")


def _no_page(page: Page) -> None:
    raise TypeError("a token request hands over no page")
