"""Processor time of work, for tests that compare it at two sizes."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["grows_no_faster"]

T = TypeVar("T")

TIMES = 8
"""How much larger the larger one is: work that takes the square of its input takes 64 times the time for it."""


def grows_no_faster(made: Callable[[int], T], work: Callable[[T], object], size: int) -> bool:
    """Whether the processor time of work grows about as its input, and not as the square of it.

    Args:
        made: makes an input of a size.
        work: what is done with it.
        size: of the larger input.
    """
    small, large = made(size // TIMES), made(size)
    return _seconds(work, large) < 3 * TIMES * _seconds(work, small) + 0.05


def _seconds(work: Callable[[T], object], given: T) -> float:
    """The least of several times."""

    def once() -> float:
        start = time.process_time()
        work(given)
        return time.process_time() - start

    return min(once() for _ in range(3))
