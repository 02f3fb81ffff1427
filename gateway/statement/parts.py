"""Parts of a period: the days that do not move any more, and later ones that may, each asked for by itself.

While pages of a list are read, an account may book entries of today, and a bank entries of days that it has not settled
yet. Every page behind them then shifts. Read by themselves, the days before stay as they are.

Rules.
1. Parts end with the last business day that is settled, and with yesterday. A day without business ends none but
   yesterday's, because some banks know no balance of it.
2. Parts make one statement: each day is that of the part which asked for it, and the balances are those before the
   first part and after the last. So the proof is that of one reading.
"""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from contracts.schema import PeriodRules
from gateway.calendar import is_business_day, settled_through
from gateway.model import DAY, Balances, Period
from gateway.statement.movements import Movements

__all__ = ["Part", "balances_of", "movements_of", "parts_of"]


class Part(Struct, frozen=True):
    """Some days of a period that were read in one conversation."""

    days: Period
    movements: Movements
    """All movements between its balances, finished."""
    balances: Balances
    ended: datetime
    """When the last answer had come."""


def parts_of(period: Period, rules: PeriodRules, now: datetime) -> list[Period]:
    """The parts of a period, in order; the period itself where none of its days may move, or all of them.

    Args:
        period: the days.
        rules: the contract's rules about days.
        now: the present instant in Brasília's time.
    """
    settled = settled_through(now, rules)
    while not is_business_day(settled):
        settled -= DAY
    ends = sorted(day for day in {settled, now.date() - DAY} if period.first <= day < period.last)
    firsts = [period.first, *(day + DAY for day in ends)]
    return [Period(first, last) for first, last in zip(firsts, [*ends, period.last], strict=True)]


def movements_of(parts: Sequence[Part], most_held: int) -> Movements:
    """The movements of adjoining parts as those of one reading.

    Args:
        parts: at least one, in order.
        most_held: how many of them stay in memory.

    Raises:
        GatewayError: there is no room for them on the disk, or it fails.
    """
    if len(parts) == 1:
        return parts[0].movements
    together = Movements(most_held=most_held)
    for part in parts:
        first = date.min if part is parts[0] else part.days.first
        last = date.max if part is parts[-1] else part.days.last
        together.add(part.movements.within(Period(first, last)))
    together.finish()
    return together


def balances_of(parts: Sequence[Part]) -> Balances:
    """What the bank gave besides the movements of adjoining parts, as in one reading."""
    every, last = [part.balances for part in parts], parts[-1].balances
    return Balances(
        opening=every[0].opening,
        closing=last.closing,
        reason=next((each.reason for each in (every[0], last) if each.reason), None),
        complete_through=_complete_through(parts),
        warnings=tuple(dict.fromkeys(each for balances in every for each in balances.warnings)),
        contradictions=tuple(dict.fromkeys(each for balances in every for each in balances.contradictions)),
        available=last.available,
        empty_by_words=any(balances.empty_by_words for balances in every),
        undecided=frozenset().union(*(balances.undecided for balances in every)),
    )


def _complete_through(parts: Sequence[Part]) -> date | None:
    """The last day that the bank declares complete with all days before it; None where it declares nothing of these."""
    declared = [(part.days.last, part.balances.complete_through) for part in parts]
    short = (through for last, through in declared[:-1] if through is not None and through < last)
    return next(short, declared[-1][1])
