"""Warnings that come with a statement, made of the catalogue's texts and what concerns this statement."""

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

import contracts
from gateway.model import DAY, Period, Statement, StatementWarning

__all__ = ["empty", "not_ready", "warning", "without_later_days"]


def warning(code: str, detail: str, days: Iterable[date] = ()) -> StatementWarning:
    """A warning of the catalogue.

    Args:
        code: its code in `contracts/failures.yaml`.
        detail: English: what it means for this statement.
        days: the days that it concerns; none where it concerns the whole statement.
    """
    entry = contracts.failures().warnings[code]
    return StatementWarning(code, entry.title, detail, entry.remedy, tuple(days))


def not_ready(period: Period, complete_through: date) -> Iterable[StatementWarning]:
    """The warning that a statement is not complete to the end of its period; nothing for one that is."""
    if complete_through < period.last:
        yield warning("statement_not_ready", f"complete through {complete_through}, asked through {period.last}")


def without_later_days(statement: Statement, asked: date) -> Statement:
    """A statement that ends before the last day asked for, with the warning that names the days that it lacks."""
    last, through = statement.period.last, statement.complete_through
    lacking = list(Period(last + DAY, asked).days)
    detail = f"complete through {through}; without the days after {last}, whose entries changed while they were read"
    told = list(not_ready(statement.period, through))
    others = [each for each in statement.warnings if each not in told]
    return replace(statement, warnings=[warning("statement_not_ready", detail, lacking), *others])


def empty(period: Period) -> StatementWarning:
    """The warning that a statement has no entries."""
    return warning("empty_statement", f"no entries from {period.first} to {period.last}")
