"""The bank is slow: every answer comes late, or its body comes at the pace of a narrow line."""

import math
from random import Random
from typing import Annotated, ClassVar, Literal

import httpx
from msgspec import Meta

from simulators.faults.delivery import shaped
from simulators.faults.fault import Fault

__all__ = ["Latency"]

LONGEST_SECONDS = 120.0
PIECES_PER_SECOND = 20


class Latency(Fault, frozen=True):
    """Answers after `milliseconds`, which a distribution may spread, and sends so many kilobytes a second."""

    title: ClassVar = "The bank answers late"
    failures: ClassVar = frozenset({"bank_unavailable", "deadline_exceeded"})

    milliseconds: Annotated[float, Meta(ge=0, le=120_000)] = 200.0
    """Before the head of an answer: each time, their mean (uniform), or their median (log-normal)."""
    distribution: Literal["fixed", "uniform", "log_normal"] = "fixed"
    spread: Annotated[float, Meta(ge=0, le=3)] = 0.5
    """Uniform: how far it goes to either side, as a part of the mean, up to 1. Log-normal: sigma."""
    kilobytes_per_second: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    """Of the body; 0 for all at once."""

    def delay(self, chance: Random) -> float:
        """Seconds before the head of an answer."""
        match self.distribution:
            case "fixed":
                factor = 1.0
            case "uniform":
                factor = 1 + min(self.spread, 1.0) * (2 * chance.random() - 1)
            case "log_normal":
                factor = math.exp(chance.gauss(0, self.spread))
        return min(LONGEST_SECONDS, self.milliseconds / 1000 * factor)

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer at the pace of the line."""
        if not self.kilobytes_per_second:
            return response
        piece = max(1, round(self.kilobytes_per_second * 1000 / PIECES_PER_SECOND))
        return shaped(response, pause=piece / self.kilobytes_per_second / 1000, piece=piece)
