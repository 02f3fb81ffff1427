"""Numbers and lists in Portuguese words."""

from collections.abc import Iterable

__all__ = ["counted", "duration", "listed"]

SPANS = ((86_400, "dia", "dias"), (3600, "hora", "horas"), (60, "minuto", "minutos"), (1, "segundo", "segundos"))


def counted(number: int, one: str, several: str) -> str:
    """A number with its noun: "1 dia", "5 dias"; thousands have a full stop."""
    return f"{number:,} {one if number == 1 else several}".replace(",", ".")


def duration(seconds: int) -> str:
    """A duration in the largest unit that divides it: "5 minutos"."""
    length, one, several = next(span for span in SPANS if seconds % span[0] == 0)
    return counted(seconds // length, one, several)


def listed(parts: Iterable[str]) -> str:
    """A list in words: "agência, conta e titular"."""
    *first, last = parts
    return f"{', '.join(first)} e {last}" if first else last
