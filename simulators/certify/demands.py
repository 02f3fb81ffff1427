"""What is demanded of an adapter, what falls short of it, and what may be wrong there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from simulators.certify.files.source import Line

__all__ = ["Finding", "Shortfall", "demand", "demand_equal", "saying_when"]


class Finding(Struct, frozen=True):
    """One thing that is wrong."""

    words: str
    field: str = ""
    """The field of the movement that is wrong; empty where a row as a whole is."""
    sent: bool = True
    """Whether the bank sent the row; False for one that the adapter never asked for."""


class Shortfall(AssertionError):
    """What falls short, in words that the adapter's author can act on.

    Args:
        what: what falls short.
        look: finds the likely mistakes. It is called for the smallest case alone, since hundreds of cases may fall
            short before that one is found.
        line: of the adapter, where it is known.
    """

    def __init__(self, what: str, look: Callable[[], Sequence[Finding]] = tuple, *, line: Line | None = None) -> None:
        super().__init__(what)
        self.look = look
        self.line = line


def demand(holds: bool, what: str, line: Line | None = None) -> None:  # noqa: FBT001 - reads as the demand it is
    """Demand that something holds, of the adapter's line where it is known.

    Raises:
        Shortfall: it does not.
    """
    if not holds:
        raise Shortfall(what, line=line)


def demand_equal(what: str, given: object, shown: object) -> None:
    """Demand that something is as an exchange shows it.

    Raises:
        Shortfall: it is not.
    """
    demand(given == shown, f"{what} is {given!r}, the exchange has {shown!r}")


@contextmanager
def saying_when(when: str) -> Iterator[None]:
    """Put before what falls short meanwhile when or where it does.

    Raises:
        Shortfall: something falls short.
    """
    try:
        yield
    except Shortfall as short:
        raise Shortfall(f"{when}: {short}", short.look, line=short.line) from short
