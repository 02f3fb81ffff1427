"""An error and what lies below it."""

from collections.abc import Iterator

__all__ = ["causes"]


def causes(error: BaseException, *, hidden: bool = True) -> Iterator[BaseException]:
    """An error and its causes, the outermost first, each once: a chain of causes may contain a circle.

    Args:
        error: the outermost.
        hidden: whether what `raise … from None` hides is given as well.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        below = cause.__context__ if hidden or not cause.__suppress_context__ else None
        cause = cause.__cause__ or below
