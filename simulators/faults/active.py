"""An injected fault: to which calls of a bank it applies, and what it does to them."""

from datetime import datetime
from random import Random
from typing import Annotated, Any

import httpx
import msgspec
from msgspec import Meta, Struct, field

from simulators.faults.delivery import Delivery, body_of, delivery_of, shaped
from simulators.faults.fault import Fault
from simulators.faults.rows import value_of
from simulators.tokens import TokenState

__all__ = ["TLS", "ActiveFault", "Aim", "InjectedFault"]

TLS = "tls"
"""In place of an operation: the connection itself."""

Count = Annotated[int, Meta(ge=0)]


class Aim(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which calls of a bank a fault means, and to which of those it applies."""

    number: str | None = None
    """Account number; None means every account of the bank."""
    operation: str | None = None
    """Name or kind of an operation, or `tls` for the connection itself; None means every operation."""
    after: Count = 0
    """Calls that pass first."""
    every: Annotated[int, Meta(ge=1)] = 1
    """The fault applies to each n-th of the calls after those."""
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """How likely it applies to each of them; the same seed chooses the same calls."""
    times: Count = 0
    """Calls that it applies to at most; 0 for no limit."""
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    """Seconds by the world's clock after which it applies no more; 0 for no limit."""


class InjectedFault(Aim, kw_only=True):
    """A fault that has been injected, as it is stored: its name, its aim, and what it has done."""

    id: str
    bank: str
    fault: str
    """Name of the fault."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Its parameters."""
    since: datetime
    """Instant of the world at which it was injected."""
    calls: int = 0
    """Calls that it meant."""
    applied: int = 0
    """Calls that it was applied to."""
    changed: int = 0
    """Changes it made to what the caller would have got; an answer may have nothing in it to change."""
    struck: int = 0
    """Calls in which it changed something."""
    last_struck: int = 0
    """The number of the last of these calls, among those that it meant."""


class ActiveFault(InjectedFault, kw_only=True):
    """An injected fault at work."""

    behaviour: Fault
    seed: int
    """Of the world; with the id it chooses the calls that a probability leaves."""

    def applies(self, bank: str, number: str | None, operation: str, kind: str, now: datetime) -> bool:
        """Whether it applies to this call; counts the call if it means it.

        A connection fault is matched with no number and the operation `tls`, because the caller is not known yet.
        """
        if bank != self.bank or not self._means(number, operation, kind):
            return False
        self.calls += 1
        applies = self._is_its_turn(now)
        self.applied += applies
        return applies

    def breaks(self) -> Delivery | None:
        """How it ends the call's connection without an answer, or None to leave the connection alone."""
        broken = self.behaviour.breaks()
        self.note(broken is not None)
        return broken and msgspec.structs.replace(broken, connecting=self.operation == TLS)

    def refuses_token(self) -> TokenState | None:
        """What it makes the bank take a good access token for, or None to leave the token alone."""
        state = self.behaviour.token(TokenState.VALID)
        if state is TokenState.VALID:
            return None
        self.note(True)
        return state

    def instead(self, request: httpx.Request) -> httpx.Response | None:
        """Its answer in place of the bank's, or None to let the bank answer."""
        response = self.behaviour.instead(request)
        self.note(response is not None)
        return response

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that is sent in place of the bank's."""
        before = _seen(response)
        altered = self.behaviour.alter(response)
        if (seconds := self.behaviour.delay(self._chance("delay"))) > 0:
            altered = shaped(altered, before=delivery_of(altered).before + seconds)
        self.note(_seen(altered) != before)
        return altered

    def note(self, changed: bool) -> None:  # noqa: FBT001 - what came of it, not a mode
        """Count what it did to the present call."""
        if changed:
            self.changed += 1
            self.struck += self.last_struck != self.calls
            self.last_struck = self.calls

    def _means(self, number: str | None, operation: str, kind: str) -> bool:
        if self.operation == TLS:
            return self.number == number
        if operation == TLS or (self.number is not None and self.number != number):
            return False
        return self.operation in {None, operation, kind}

    def _is_its_turn(self, now: datetime) -> bool:
        beyond = self.calls - self.after
        if beyond <= 0 or beyond % self.every or (self.times and self.applied >= self.times):
            return False
        if self.seconds and (now - self.since).total_seconds() >= self.seconds:
            return False
        return self._chance().random() < self.probability

    def _chance(self, *about: str) -> Random:
        """A source of chance of the present call's own."""
        return Random("/".join(map(str, (self.seed, self.id, self.calls, *about))))  # noqa: S311 - reproducible


def _seen(response: httpx.Response) -> tuple[Any, ...]:
    """What a caller sees of an answer. A JSON value written in another way is the same value."""
    headers = [header for header in response.headers.multi_items() if header[0] != "content-length"]
    value = response.stream if body_of(response) is None else value_of(response)
    return response.status_code, headers, delivery_of(response), value
