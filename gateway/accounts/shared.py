"""One piece of work for all who ask for the same thing at the same time.

Whoever asks must often find out first what exactly it is that they ask for, and meanwhile the work may come to its end.
They have asked while it was under way all the same. So `Shared.asking` notes when somebody has begun to ask, and what
has ended is kept until all who had begun before have said what they want; then nothing is kept of it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from types import TracebackType
from typing import Any, Generic, TypeVar

from gateway.shares import metered

__all__ = ["Asking", "Shared"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


class _Work(Generic[T]):
    """A task and how many callers wait for it."""

    def __init__(self, task: asyncio.Task[T]) -> None:
        self.task = task
        self.callers = 0
        self.ended = 0
        """Which event its end was; 0 while it is under way."""


class Asking(Generic[K, T]):
    """A caller who has begun to ask: a context, which ends at the latest when he says what he wants.

    Args:
        shared: whom he asks.
        since: which event his coming was.
    """

    def __init__(self, shared: "Shared[K, T]", since: int) -> None:
        self._shared = shared
        self._since = since

    def __enter__(self) -> "Asking[K, T]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """He has said what he wants, or has gone."""
        self._shared.asked(self._since)

    async def result(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """As `Shared.result`, or what the last work for this key came to, if it ended after he had begun to ask.

        Raises:
            Exception: what the work raised, as an instance of this caller's own.
        """
        work = self._shared.ended_since(key, self._since)
        self._shared.asked(self._since)
        if work is None:
            return await self._shared.result(key, begin)
        if (error := work.task.exception()) is not None:
            raise _twin(error) from error
        return work.task.result()


class Shared(Generic[K, T]):
    """Work under way, by what it is for.

    The work is a task of its own: a caller who goes away does not disturb the others, and the task is cancelled when
    the last one has gone. It runs in the context (log fields) of the caller who began it.
    """

    def __init__(self) -> None:
        self._under_way: dict[K, _Work[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()
        self._events = 0
        # Those who are asking, by when they came; and what has ended since the first of them came, oldest end first.
        self._asking: OrderedDict[int, None] = OrderedDict()
        self._ended: OrderedDict[K, _Work[T]] = OrderedDict()

    def asking(self) -> Asking[K, T]:
        """A caller who begins to ask now, and will soon know the key."""
        since = self._next_event()
        self._asking[since] = None
        return Asking(self, since)

    def asked(self, since: int) -> None:
        """The caller who came then has said what he wants, or has gone."""
        self._asking.pop(since, None)
        first = next(iter(self._asking), self._events + 1)
        while self._ended and next(iter(self._ended.values())).ended < first:
            self._ended.popitem(last=False)

    def ended_since(self, key: K, since: int) -> _Work[T] | None:
        """The last work for a key, if it has ended since then and no other is under way."""
        work = self._ended.get(key)
        return work if work is not None and work.ended > since and key not in self._under_way else None

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

    def begun(self, key: K) -> None:
        """What is done for this key has begun to look at things: whoever comes now has it done anew.

        What had only waited for its turn until then can be shared by all who came meanwhile, since it sees all that
        they had changed before.
        """
        self._under_way.pop(key, None)

    async def aclose(self) -> None:
        """Wait until everything has ended, also what was cancelled and is still cleaning up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, key: K, begin: Callable[[], Coroutine[Any, Any, T]]) -> _Work[T]:
        work = _Work(asyncio.create_task(metered(begin())))
        self._under_way[key] = work
        self._tasks.add(work.task)

        def ended(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            self._forget(key, work)
            if not task.cancelled():
                task.exception()  # looked at, so that nobody complains when all callers have gone
                self._keep(key, work)

        work.task.add_done_callback(ended)
        return work

    def _keep(self, key: K, work: _Work[T]) -> None:
        work.ended = self._next_event()
        if self._asking:
            self._ended[key] = work
            self._ended.move_to_end(key)

    def _next_event(self) -> int:
        self._events += 1
        return self._events

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
