"""Latencies as a table."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from statistics import quantiles

__all__ = ["Distribution", "row", "table"]

WIDTH = 28


@dataclass(frozen=True)
class Distribution:
    """Milliseconds below which so many samples lie."""

    median: float
    p90: float
    p99: float
    most: float
    count: int

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Distribution":
        """The distribution of at least two samples, in seconds."""
        known = [1000 * each for each in seconds]
        cuts = quantiles(known, n=100, method="inclusive")
        return cls(cuts[49], cuts[89], cuts[98], max(known), len(known))


def table() -> str:
    """The head of the table."""
    titles = ("median", "p90", "p99", "max", "count")
    return f"{'ms':{WIDTH}}" + "".join(f"{title:>15}" for title in titles)


def row(title: str, numbers: Distribution, reference: Distribution | None = None) -> str:
    """One row; each time also as a multiple of the reference."""
    *times, count = astuple(numbers)
    cells = [
        f"{each:.1f}" + (f" ({each / other:.2f}x)" if reference else "")
        for each, other in zip(times, astuple(reference or numbers)[:-1], strict=True)
    ]
    return f"{title:{WIDTH}}" + "".join(f"{cell:>15}" for cell in [*cells, str(count)])
