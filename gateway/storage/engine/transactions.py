"""Transactions in threads: each is a function of a connection, run from beginning to end in one call of a thread.

Between the event loop and a thread every call costs more than most queries do. A transaction that is one function
therefore takes a fraction of the time of one whose statements are awaited one by one, and nothing awaits while it holds
a lock of the database. A caller that is cancelled does not stop a transaction that has begun: it ends as a whole.

There are two threads: one for transactions that only read, so that none of them waits for a lock behind those that
write, and one for all others. More of them would take the interpreter from each other and from the event loop.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.concurrency.shares import SHARES, TENANT
from gateway.limits import DATABASE_AGAIN_SECONDS, DATABASE_ATTEMPTS, DATABASE_POOL_SECONDS, DATABASE_READ_SECONDS

__all__ = ["CLOCK_OPTION", "Transactions", "hold_writers", "reading", "shared_now", "transaction"]

P = ParamSpec("P")
T = TypeVar("T")

UNDONE = frozenset({"40P01", "40001"})
"""PostgreSQL's `deadlock_detected` and `serialization_failure`: the other transaction may still be under way."""
OVERTAKEN = frozenset(
    {"23505", "23503"}  # PostgreSQL's `unique_violation` and `foreign_key_violation`
    | {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"}
)
"""Since this transaction has looked, another one may have added the row, or deleted the one that is referred to."""
CLOCK_OPTION = "gateway_now"
"""The option of an engine that gives the present instant of its database."""


def shared_now(connection: Connection) -> datetime:
    """Within a transaction: the present instant, by the clock of all processes that share the database."""
    now: datetime = connection.get_execution_options()[CLOCK_OPTION]()
    return now


def hold_writers(connection: Connection) -> None:
    """Let nobody else write to SQLite's file from here to the end of a transaction that reads before it writes.

    Without it such a transaction begins with its first write. PostgreSQL locks the rows that are read for an update.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class Transactions:
    """Runs transactions, each kind in order of arrival; a function may be run several times (`_worked`).

    Args:
        engine: opens connections.
        seconds: time for which a transaction waits for its thread.
        silence: time after which the caller of one that only reads is told that there is no answer.
    """

    def __init__(
        self,
        engine: Engine,
        seconds: float = DATABASE_POOL_SECONDS,
        silence: float = DATABASE_READ_SECONDS,
    ) -> None:
        self._engine = engine
        self._reading = ThreadPoolExecutor(1, "database-reading")
        self._writing = ThreadPoolExecutor(1, "database-writing")
        self._seconds = seconds
        self._silence = silence

    async def run(self, work: Callable[[Connection], T], *, only_reads: bool = False) -> T:
        """The result of a function that is run within a transaction, which is undone if it raises.

        Args:
            only_reads: it writes nothing.

        Raises:
            sqlalchemy.exc.TimeoutError: the thread did not become free in time; nothing was done. Or a transaction that
                only reads has given no answer in time.
            Exception: as the function does, and as its commit does.
        """
        threads = self._reading if only_reads else self._writing
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Outcome[T]] = loop.create_future()
        job = threads.submit(contextvars.copy_context().run, _transact, self._engine, work, loop, answer)
        timers = [loop.call_later(self._seconds, self._give_up, job, answer)]
        if only_reads:
            timers.append(loop.call_later(self._silence, self._leave, answer))
        try:
            outcome = await answer
        except asyncio.CancelledError:
            job.cancel()  # which does nothing once it has begun
            raise
        finally:
            for timer in timers:
                timer.cancel()
        SHARES.spent(TENANT.get(), outcome.seconds)
        return outcome.taken()

    def _give_up(self, job: Future[None], answer: "asyncio.Future[_Outcome[Any]]") -> None:
        """Let a transaction fail that has waited for its thread too long, unless it has begun."""
        if job.cancel() and not answer.done():
            seconds = f"{self._seconds:g} seconds"
            answer.set_result(_Outcome(error=PoolTimeoutError(f"the database was busy with others for {seconds}")))

    def _leave(self, answer: "asyncio.Future[_Outcome[Any]]") -> None:
        """Answer the caller of a transaction that only reads, which may still be under way."""
        if not answer.done():
            error = PoolTimeoutError(f"the database gave no answer for {self._silence:g} seconds")
            answer.set_result(_Outcome(error=error))

    async def aclose(self) -> None:
        """Wait until all transactions have ended; later ones are refused."""
        for threads in (self._reading, self._writing):
            await asyncio.get_running_loop().run_in_executor(None, partial(threads.shutdown, wait=True))


class _Outcome(Generic[T]):
    """The result of a transaction, or its error, which is the caller's alone.

    A future keeps the error that it was given, and the calls that know the future stand in the traceback of that error:
    a circle that would keep all that they have used until garbage is collected.
    """

    def __init__(self, result: T | None = None, error: BaseException | None = None, seconds: float = 0.0) -> None:
        self._result = result
        self._error = error
        self.seconds = seconds
        """The processor time that the transaction has used; it counts for its tenant."""

    def taken(self) -> T:
        """The result.

        Raises:
            Exception: the error.
        """
        if self._error is None:
            return cast("T", self._result)
        error, self._error = self._error, None
        try:
            raise error
        finally:
            del error


def _transact(
    engine: Engine,
    work: Callable[[Connection], T],
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[_Outcome[T]],
) -> None:
    """Run a transaction in a thread, and hand its outcome to the event loop in which the caller waits for it.

    To chain the thread's own future with one of the loop would take longer than a query does.
    """
    loop.call_soon_threadsafe(_answered, answer, _outcome(engine, work))


def _outcome(engine: Engine, work: Callable[[Connection], T]) -> _Outcome[T]:
    began = time.thread_time()
    try:
        return _Outcome(_worked(engine, work), seconds=time.thread_time() - began)
    except BaseException as error:  # noqa: BLE001 -- every error is the caller's
        return _Outcome(error=error, seconds=time.thread_time() - began)


def _worked(engine: Engine, work: Callable[[Connection], T]) -> T:
    """The result of a transaction, which is run again where another one is why it has failed.

    Two that lock the same rows in different orders wait for each other. The database ends one of them, which has done
    nothing then, and may have all that it needs once the other has ended. Of two that find a row missing and add it,
    the second finds it there when it is run again. Where the operator has set a stricter isolation, the database also
    ends one that would change what another has changed meanwhile.
    """
    for _ in range(DATABASE_ATTEMPTS - 1):
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            reason = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
            if reason not in UNDONE | OVERTAKEN:
                raise
        if reason in UNDONE:
            time.sleep(DATABASE_AGAIN_SECONDS)
    with engine.begin() as connection:
        return work(connection)


def _answered(answer: asyncio.Future[_Outcome[T]], outcome: _Outcome[T]) -> None:
    """Give a future its outcome, unless nobody waits for it any more."""
    if not answer.done():
        answer.set_result(outcome)


class _Transacting(Protocol):
    """Something that runs transactions, as `gateway.storage.engine.database.Database` does."""

    async def transact(self, work: Callable[[Connection], T], *, only_reads: bool = False) -> T: ...


class _Stored(Protocol):
    """An object whose methods may be transactions."""

    @property
    def _database(self) -> _Transacting: ...


S = TypeVar("S", bound=_Stored)


def transaction(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """A method that is one transaction: it is written as a plain function of a connection, and awaited without one."""
    return _awaited(method, only_reads=False)


def reading(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """As `transaction`, for a method that only reads."""
    return _awaited(method, only_reads=True)


def _awaited(
    method: Callable[Concatenate[S, Connection, P], T], *, only_reads: bool
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.transact(
            lambda connection: method(self, connection, *args, **kwargs), only_reads=only_reads
        )

    return run
