"""The grid as tables: what was tried at each step with each fault, and at each bank."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rich.table import Table

from simulators.certify.grid.cells import TRUTH, Outcome, variants

__all__ = ["tables"]

STEPS = ("connection", "token", "first page", "middle page", "last page", "balance", "accounts")


def tables(outcomes: Sequence[Outcome]) -> Iterable[Table]:
    """By fault and step, then by bank: true statements and named failures, and what was wrong if anything was.

    In brackets stand the cells in which the fault found nothing to act on.
    """
    faults = [str(variant) for variant in variants()]
    yield _table("fault", faults, STEPS, outcomes, lambda each: (str(each.cell.variant), each.cell.step.name))
    banks = list(dict.fromkeys(each.cell.bank for each in outcomes))
    yield _table("bank", banks, STEPS, outcomes, lambda each: (each.cell.bank, each.cell.step.name))


def _table(
    what: str,
    rows: Sequence[str],
    columns: Sequence[str],
    outcomes: Iterable[Outcome],
    place: Callable[[Outcome], tuple[str, str]],
) -> Table:
    counts: Counter[tuple[str, str, str]] = Counter()
    for each in outcomes:
        counts[(*place(each), _kind(each))] += 1
    table = Table(what, *(name.replace(" page", "") for name in columns), box=None, pad_edge=False)
    for row in rows:
        table.add_row(row, *(_cell(counts, row, column) for column in columns))
    return table


def _kind(outcome: Outcome) -> str:
    """How a cell is counted."""
    if not outcome.right or outcome.idle:
        return "idle" if outcome.right else "wrong"
    if outcome.result == TRUTH:
        return "true"
    return "failed" if outcome.result in outcome.allowed else "exempt"


def _cell(counts: Counter[tuple[str, str, str]], row: str, column: str) -> str:
    kinds = ("true", "failed", "wrong", "idle", "exempt")
    true, failed, wrong, idle, exempt = (counts[row, column, kind] for kind in kinds)
    if wrong:
        return f"[red]{wrong} wrong[/]"
    tried = [f"{true}+{failed}"] if true + failed else []
    tried += [f"[yellow]{exempt} exempt[/]"] if exempt else []
    tried += [f"[dim]({idle})[/]"] if idle else []
    return " ".join(tried) or "[dim]-[/]"
