"""A straight line through costs of several sizes, by least squares of the relative errors."""

from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Line", "fitted"]


class Line(Struct, frozen=True):
    """Cost against size."""

    fixed: float
    """The cost of no entries."""
    each: float
    """The cost of one more."""
    furthest: float
    """How far a measured cost is from the line at most, as a part of it."""


def fitted(points: Sequence[tuple[float, float]]) -> Line:
    """The line through at least two points, each a size and a cost above zero.

    Each counts by how far it is away as a part of its cost; otherwise the largest alone would decide.
    """
    weights = [1 / cost**2 for _, cost in points]
    total = sum(weights)
    size_mean = sum(weight * size for weight, (size, _) in zip(weights, points, strict=True)) / total
    cost_mean = sum(weight * cost for weight, (_, cost) in zip(weights, points, strict=True)) / total
    spread = sum(weight * (size - size_mean) ** 2 for weight, (size, _) in zip(weights, points, strict=True))
    shared = sum(
        weight * (size - size_mean) * (cost - cost_mean) for weight, (size, cost) in zip(weights, points, strict=True)
    )
    each = shared / spread
    fixed = cost_mean - each * size_mean
    return Line(fixed, each, max(abs(fixed + each * size - cost) / cost for size, cost in points))
