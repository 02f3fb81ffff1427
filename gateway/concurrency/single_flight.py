"""Single flight: callers with the same key share one task.

A caller often learns its key only after a look-up, and the task may end meanwhile. `SingleFlight.arrival` records when
a caller came, and a task that ends after that is still shared with it. A result is dropped once every caller that came
before its end has named its key.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from types import TracebackType
from typing import Any, Generic, TypeVar

from gateway.concurrency.shares import metered

__all__ = ["Arrival", "SingleFlight"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


class _Flight(Generic[T]):
    """A task and the callers that wait for it."""

    task: asyncio.Task[T]

    def __init__(self) -> None:
        self.callers: set[asyncio.Future[None]] = set()
        """For each caller, what is set when the task has ended."""
        self.ended = 0
        """Number of the event of its end; 0 while it is under way."""

    def wake(self) -> None:
        """Let the callers go on that still wait."""
        for caller in self.callers:
            if not caller.done():
                caller.set_result(None)


class Arrival(Generic[K, T]):
    """A caller that does not know its key yet: a context, which ends at the latest when the caller names the key.

    Args:
        flights: the tasks that the caller may share.
        since: number of the event of its arrival.
    """

    def __init__(self, flights: "SingleFlight[K, T]", since: int) -> None:
        self._flights = flights
        self._since = since

    def __enter__(self) -> "Arrival[K, T]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the arrival, because the caller has named its key or has gone."""
        self._flights.arrived(self._since)

    async def result(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """As `SingleFlight.result`, or the result of the last task for this key, if it ended after the arrival.

        Raises:
            Exception: the task's error, as an instance of this caller's own.
        """
        flight = self._flights.ended_since(key, self._since)
        self._flights.arrived(self._since)
        return await self._flights.result(key, begin) if flight is None else _result(flight.task)


class SingleFlight(Generic[K, T]):
    """The tasks under way, by key. A task runs in the context (log fields, tenant) of the caller that began it.

    Args:
        outlives_callers: whether a task goes on when all its callers have gone; otherwise it is cancelled then.
    """

    def __init__(self, *, outlives_callers: bool = False) -> None:
        self._outlives_callers = outlives_callers
        self._under_way: dict[K, _Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()
        self._events = 0
        self._arrivals: OrderedDict[int, None] = OrderedDict()
        """Event numbers of the callers that have named no key yet, in order."""
        self._ended: OrderedDict[K, _Flight[T]] = OrderedDict()
        """Tasks that have ended since the first of these callers came, in the order of ending."""

    def arrival(self) -> Arrival[K, T]:
        """The arrival of a caller that comes now and does not know its key yet."""
        since = self._next_event()
        self._arrivals[since] = None
        return Arrival(self, since)

    def arrived(self, since: int) -> None:
        """End the arrival of that event number, and drop results that no caller may ask for any more."""
        self._arrivals.pop(since, None)
        first = next(iter(self._arrivals), self._events + 1)
        while self._ended and next(iter(self._ended.values())).ended < first:
            self._ended.popitem(last=False)

    def ended_since(self, key: K, since: int) -> _Flight[T] | None:
        """The last task for a key, if it has ended since then and no other is under way."""
        flight = self._ended.get(key)
        return flight if flight is not None and flight.ended > since and key not in self._under_way else None

    async def result(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the task for this key; `begin` is called only when none is under way.

        Raises:
            Exception: the task's error, as an instance of this caller's own.
        """
        flight = self._under_way.get(key) or self._start(key, begin)
        # Unlike `await task`, this neither passes on a cancellation nor raises the shared exception object.
        waiting = asyncio.get_running_loop().create_future()
        flight.callers.add(waiting)
        try:
            await waiting
        finally:
            flight.callers.discard(waiting)
            if not flight.callers and not self._outlives_callers:
                # A caller that comes now must not join a task that is being cancelled.
                self._forget(key, flight)
                flight.task.cancel()
        return _result(flight.task)

    def close_to_newcomers(self, key: K) -> None:
        """Let callers that come from now on start a new task for this key, because this one begins to read.

        A task that has only waited for its slot so far is shared by all callers that came meanwhile: it will read all
        that they changed before.
        """
        self._under_way.pop(key, None)

    async def aclose(self, *, cancel: bool = False) -> None:
        """Wait until all tasks have ended, also those that were cancelled and are still cleaning up.

        Args:
            cancel: whether those that are under way are cancelled first; callers that still wait are cancelled too.
        """
        for task in self._tasks if cancel else ():
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> _Flight[T]:
        flight = _Flight[T]()
        flight.task = asyncio.create_task(self._do(key, flight, begin))
        self._under_way[key] = flight
        self._tasks.add(flight.task)

        def ended(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            if not task.cancelled():
                task.exception()  # retrieved, so that asyncio logs no error when all callers have gone
            # A task that was cancelled before its first step has done neither.
            self._forget(key, flight)
            flight.wake()

        flight.task.add_done_callback(ended)
        return flight

    async def _do(self, key: K, flight: _Flight[T], begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the work of a task. Its last step wakes the callers: a callback of the task would come a pass later."""
        try:
            result = await metered(begin())
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._keep(key, flight)
            raise
        else:
            self._keep(key, flight)
            return result
        finally:
            self._forget(key, flight)
            flight.wake()
            # An error holds this call by its traceback, and the task holds the error: a circle that would keep all that
            # was worked on until garbage is collected.
            del flight

    def _keep(self, key: K, flight: _Flight[T]) -> None:
        flight.ended = self._next_event()
        if self._arrivals:
            self._ended[key] = flight
            self._ended.move_to_end(key)

    def _next_event(self) -> int:
        self._events += 1
        return self._events

    def _forget(self, key: K, flight: _Flight[T]) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]


def _result(task: asyncio.Task[T]) -> T:
    if (error := task.exception()) is not None:
        raise _twin(error) from error
    return task.result()


def _twin(error: E) -> E:
    """A copy of an exception: one object that is raised in several tasks would grow its traceback in each."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin
