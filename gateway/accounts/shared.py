"""One piece of work for all who ask for the same thing at the same time. Nothing is kept once it has ended."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

__all__ = ["Shared"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


class _Work(Generic[T]):
    """A task and how many callers wait for it."""

    def __init__(self, task: asyncio.Task[T]) -> None:
        self.task = task
        self.callers = 0


class Shared(Generic[K, T]):
    """Work under way, by what it is for.

    The work is a task of its own: a caller who goes away does not disturb the others, and the task is cancelled when
    the last one has gone. It runs in the context (log fields) of the caller who began it.
    """

    def __init__(self) -> None:
        self._under_way: dict[K, _Work[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    async def result(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the work for this key comes to; `begin` is called only when none is under way.

        Raises:
            Exception: what the work raised, as an instance of this caller's own.
        """
        work = self._under_way.get(key) or self._start(key, begin)
        work.callers += 1
        try:
            # Unlike `await task`, this neither passes on a cancellation nor raises the shared exception.
            await asyncio.wait({work.task})
        finally:
            work.callers -= 1
            if not work.callers:
                self._leave(key, work)
        if (error := work.task.exception()) is not None:
            raise _twin(error) from error
        return work.task.result()

    async def aclose(self) -> None:
        """Wait until everything has ended, also what was cancelled and is still cleaning up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> _Work[T]:
        work = _Work(asyncio.create_task(begin()))
        self._under_way[key] = work
        self._tasks.add(work.task)

        def ended(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            self._forget(key, work)
            if not task.cancelled():
                task.exception()  # looked at, so that nobody complains when all callers have gone

        work.task.add_done_callback(ended)
        return work

    def _leave(self, key: K, work: _Work[T]) -> None:
        """The last caller has gone: whoever comes now must not join work that is being cancelled."""
        self._forget(key, work)
        work.task.cancel()

    def _forget(self, key: K, work: _Work[T]) -> None:
        if self._under_way.get(key) is work:
            del self._under_way[key]


def _twin(error: E) -> E:
    """An exception that says the same: one object raised in several tasks would grow its traceback in each."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin
