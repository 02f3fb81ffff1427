"""What is demanded first: that statements come, of a month, of days without movement, and of today."""

from datetime import timedelta

from gateway.model import Period, Stability, Verdict
from simulators.certify.bench import YOUNG, Bench
from simulators.certify.cases import NOW
from simulators.certify.demands import demand

__all__ = ["reads_a_month", "reads_nothing", "reads_today"]


def reads_a_month(bench: Bench) -> None:
    """Demand the statement of a month of a realistic account, in which the entries of complete days are final."""
    statement = bench.read_true(bench.harness(parameters=YOUNG), bench.last_days(30))
    done = [entry for entry in statement.entries if entry.date <= statement.complete_through]
    open_ones = [entry for entry in done if entry.stability is not Stability.FINAL]
    kinds = ", ".join(sorted({entry.type.value for entry in open_ones}))
    what = (
        f"{len(open_ones)} of {len(done)} entries of complete days are provisional or blocked, so that they are never "
        f"final: {kinds}"
    )
    demand(not open_ones, what)


def reads_nothing(bench: Bench) -> None:
    """Demand that a period without movement is read, and warned of."""
    statement = bench.read_true(bench.harness(scenario="empty"), bench.last_days(10))
    demand([warning.code for warning in statement.warnings] == ["empty_statement"], "an empty period says so")


def reads_today(bench: Bench) -> None:
    """Demand that a period with today in it is read, and that today's entries are provisional."""
    statement = bench.read_true(bench.harness(parameters=YOUNG), Period(NOW.date() - timedelta(days=1), NOW.date()))
    demand(
        all(entry.stability == "provisional" for entry in statement.entries if entry.date == NOW.date()),
        "entries of today are provisional",
    )
    demand(statement.proof.verdict is not Verdict.DISPROVED, "a day that is not over is not disproved")
