"""Transactions in threads: each is a function of a session, run from its beginning to its end in one call of a thread.

Between the event loop and a thread every call costs more than most queries do. A transaction that is one function
therefore takes a fraction of the time of one whose statements are awaited one by one, and nothing awaits while it holds
a lock of the database. A caller that is cancelled does not stop a transaction that has begun: it ends as a whole.

Most transactions are functions of a session. Those of each reading of a statement need nothing of the mapper, and are
functions of a connection: a session takes as long as several of their queries.

There are two threads: one for transactions that only read, so that none of them waits for a lock behind those that
write, and one for all others. More of them would take the interpreter from each other and from the event loop.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from gateway.concurrency.shares import SHARES, TENANT
from gateway.limits import DATABASE_ATTEMPTS, DATABASE_POOL_SECONDS, DATABASE_READ_SECONDS

__all__ = ["CLOCK_OPTION", "Asks", "Transactions", "query", "reading", "shared_now", "short_transaction", "transaction"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")
H = TypeVar("H", Session, Connection)

Asks: TypeAlias = Session | Connection
"""What executes the statements of a transaction: for functions that need nothing but `execute` and `scalar`."""
DEADLOCK_STATE = "40P01"
"""PostgreSQL's `deadlock_detected`."""
CLOCK_OPTION = "gateway_now"
"""The option of an engine that gives the present instant of its database."""


def shared_now(asks: Asks) -> datetime:
    """Within a transaction: the present instant, by the clock of all processes that share the database."""
    # A session opens its connection only now: the time may be asked for with it.
    engine = asks.connection().engine if isinstance(asks, Session) else asks.engine
    now: datetime = engine.get_execution_options()[CLOCK_OPTION]()
    return now


class Transactions:
    """Runs transactions, each kind in order of arrival.

    Args:
        sessions: makes sessions.
        seconds: time for which a transaction waits for its thread.
        silence: time after which the caller of one that only reads is told that there is no answer.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        seconds: float = DATABASE_POOL_SECONDS,
        silence: float = DATABASE_READ_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._reading = ThreadPoolExecutor(1, "database-reading")
        self._writing = ThreadPoolExecutor(1, "database-writing")
        self._seconds = seconds
        self._silence = silence

    async def run(self, handle: type[H], work: Callable[[H], T], *, only_reads: bool = False) -> T:
        """The result of a function that is run within a transaction, which is undone if it raises.

        Args:
            handle: what the function is given: a `Session`, or a `Connection`.
            work: the function.
            only_reads: it writes nothing.

        Raises:
            sqlalchemy.exc.TimeoutError: the thread did not become free in time; nothing was done. Or a transaction that
                only reads has given no answer in time.
            Exception: as the function does, and as its commit does.
        """
        giving: dict[type, Any] = {Session: self._sessions, Connection: self._sessions.kw["bind"]}
        begin: Callable[[], AbstractContextManager[H]] = giving[handle].begin
        threads = self._reading if only_reads else self._writing
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        used = _Used()
        job = threads.submit(contextvars.copy_context().run, _transact, begin, work, used, loop, answer)
        timers = [loop.call_later(self._seconds, self._give_up, job, answer)]
        if only_reads:
            timers.append(loop.call_later(self._silence, self._leave, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            job.cancel()  # which does nothing once it has begun
            raise
        finally:
            for timer in timers:
                timer.cancel()
            SHARES.spent(TENANT.get(), used.seconds)

    def _give_up(self, job: Future[None], answer: asyncio.Future[Any]) -> None:
        """Let a transaction fail that has waited for its thread too long, unless it has begun."""
        if job.cancel() and not answer.done():
            seconds = f"{self._seconds:g} seconds"
            answer.set_exception(PoolTimeoutError(f"the database was busy with others for {seconds}"))

    def _leave(self, answer: asyncio.Future[Any]) -> None:
        """Answer the caller of a transaction that only reads, which may still be under way."""
        if not answer.done():
            answer.set_exception(PoolTimeoutError(f"the database gave no answer for {self._silence:g} seconds"))

    async def aclose(self) -> None:
        """Wait until all transactions have ended; later ones are refused."""
        for threads in (self._reading, self._writing):
            await asyncio.get_running_loop().run_in_executor(None, partial(threads.shutdown, wait=True))


def _transact(
    begin: Callable[[], AbstractContextManager[H]],
    work: Callable[[H], T],
    used: "_Used",
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[T],
) -> None:
    """Run a transaction in a thread, and hand its result or error to the event loop in which the caller waits for it.

    To chain the thread's own future with one of the loop would take longer than a query does.
    """
    began = time.thread_time()
    try:
        result = _worked(begin, work)
    except BaseException as error:  # noqa: BLE001 -- every error is the caller's
        used.seconds = time.thread_time() - began
        loop.call_soon_threadsafe(_answered, answer, answer.set_exception, error)
    else:
        used.seconds = time.thread_time() - began
        loop.call_soon_threadsafe(_answered, answer, answer.set_result, result)


def _worked(begin: Callable[[], AbstractContextManager[H]], work: Callable[[H], T]) -> T:
    """The result of a transaction, which is run again where PostgreSQL has undone it because of another one.

    Two that lock the same rows in different orders wait for each other. The database ends one of them, which has done
    nothing then, and may have all that it needs once the other has ended.
    """
    for _ in range(DATABASE_ATTEMPTS - 1):
        try:
            with begin() as given:
                return work(given)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK_STATE:
                raise
    with begin() as given:
        return work(given)


def _answered(answer: asyncio.Future[Any], put: Callable[[V], None], value: V) -> None:
    """Put a result or an error into a future, unless nobody waits for it any more."""
    if not answer.done():
        put(value)


class _Used:
    """The processor time that a transaction has used; it counts for its tenant."""

    seconds = 0.0


class _Transacting(Protocol):
    """Something that runs transactions, as `gateway.storage.engine.database.Database` does."""

    async def transact_with(self, handle: type[H], work: Callable[[H], T], *, only_reads: bool) -> T: ...


class _Stored(Protocol):
    """An object whose methods may be transactions."""

    @property
    def _database(self) -> _Transacting: ...


S = TypeVar("S", bound=_Stored)


def transaction(
    method: Callable[Concatenate[S, Session, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """A method that is one transaction: it is written as a plain function of a session, and awaited without one."""
    return _awaited(Session, method, only_reads=False)


def reading(
    method: Callable[Concatenate[S, Session, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """As `transaction`, for a method that only reads."""
    return _awaited(Session, method, only_reads=True)


def short_transaction(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """As `transaction`, for a function of a connection."""
    return _awaited(Connection, method, only_reads=False)


def query(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """As `reading`, for a function of a connection."""
    return _awaited(Connection, method, only_reads=True)


def _awaited(
    handle: type[H], method: Callable[Concatenate[S, H, P], T], *, only_reads: bool
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.transact_with(
            handle, lambda given: method(self, given, *args, **kwargs), only_reads=only_reads
        )

    return run
