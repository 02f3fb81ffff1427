"""Runs flows one after the other, such as those of the windows of a period or of the pages of a list.

While one flow runs, the first requests of the next ones may be sent already (`gateway.flow`, rule 5), so that a
statement of many windows does not wait for each answer in turn. Each flow still begins to read when the one before it
has ended, so that entries keep their order.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

import httpx
from msgspec import Struct

from gateway.flow import AHEAD, Flow
from gateway.limits import REQUESTS_AHEAD

__all__ = ["InTurn", "in_turn"]

T = TypeVar("T")


class _Begun(Struct, Generic[T]):
    """A flow that has run to its first request."""

    flow: Flow[T]
    request: httpx.Request


class InTurn(Generic[T]):
    """Runs flows in turn. The first event of each must be a request.

    Args:
        flows: the flows in their order; there may be no end of them.
    """

    def __init__(self, flows: Iterable[Flow[T]]) -> None:
        self._flows = iter(flows)
        self._begun: deque[_Begun[T]] = deque()

    def next(self, certain: int = 0) -> Flow[T]:
        """Run the next flow.

        Args:
            certain: how many of the flows after it will run too, whatever its answers contain.

        Raises:
            StopIteration: there is none.
        """
        if not certain and not self._begun:
            return next(self._flows)
        return self._run(self._begun.popleft() if self._begun else _begun(next(self._flows)), certain)

    def _run(self, begun: _Begun[T], certain: int) -> Flow[T]:
        while len(self._begun) < min(certain, REQUESTS_AHEAD):
            self._begun.append(_begun(next(self._flows)))
        request = begun.request
        request.extensions[AHEAD] = [*request.extensions.get(AHEAD, ()), *(each.request for each in self._begun)]
        try:
            event: Any = request
            while True:
                reply = yield event
                event = begun.flow.send(reply)
        except StopIteration as stop:
            return cast("T", stop.value)
        finally:
            begun.flow.close()


def in_turn(flows: Sequence[Flow[T]]) -> Iterator[Flow[T]]:
    """The same flows, made to announce each other's requests; the caller runs all of them in this order."""
    following = InTurn(flows)
    for certain in reversed(range(len(flows))):
        yield following.next(certain)


def _begun(flow: Flow[T]) -> _Begun[T]:
    request = next(flow)
    if not isinstance(request, httpx.Request):
        raise TypeError("the first event of a flow that runs in turn must be a request")
    return _Begun(flow, request)
