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
        kind = "wrong" if not each.right else "idle" if each.idle else "true" if each.result == TRUTH else "failed"
        counts[(*place(each), kind)] += 1
    table = Table(what, *(name.replace(" page", "") for name in columns), box=None, pad_edge=False)
    for row in rows:
        table.add_row(row, *(_cell(counts, row, column) for column in columns))
    return table


def _cell(counts: Counter[tuple[str, str, str]], row: str, column: str) -> str:
    true, failed, wrong, idle = (counts[row, column, kind] for kind in ("true", "failed", "wrong", "idle"))
    if wrong:
        return f"[red]{wrong} wrong[/]"
    passed = f"{true}+{failed}" if true + failed else ""
    return f"{passed} [dim]{f'({idle})' if idle else ''}[/]" if passed or idle else "[dim]-[/]"
