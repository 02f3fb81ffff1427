"""What is measured is a true statement: the gateway proves it, and the bare loop reads all of it."""

import httpx
import pytest

from gateway.model import Verdict
from gateway.statement import StatementReader
from tests.benchmarks.adapter_alone import FirstToken, MemoryLine
from tests.benchmarks.bare_loop import bare_loop
from tests.benchmarks.large_forms import FORMS
from tests.benchmarks.large_statements import NOW, PERIOD, LargeStatement
from tests.benchmarks.linear import fitted
from tests.benchmarks.truth import Wrong, check_amounts, truth_of
from tests.clocks import FixedClock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("slug", FORMS)
async def test_a_large_statement_is_proved_and_whole(slug: str) -> None:
    """Several pages where the bank has pages; entries, balances and sums agree."""
    large = LargeStatement(slug, 1_500)
    line = MemoryLine(large)

    statement = await StatementReader(line, FirstToken(), FixedClock(NOW)).read(large.harness.account, PERIOD)

    assert statement.proof.verdict is Verdict.PROVED
    assert not statement.warnings
    assert 1_200 < len(statement.entries) < 1_900
    assert truth_of((entry.date.isoformat(), entry.amount) for entry in statement.entries) == large.truth
    asked = [each for each in line.requests if large.form.operation in each.url.path]
    rows = bare_loop(httpx.Client(transport=httpx.MockTransport(large.answer)), asked, large.form)
    check_amounts(large.listed(asked), rows)
    with pytest.raises(Wrong):
        check_amounts(large.listed(asked), rows[1:])


def test_a_line_through_points_on_it_is_that_line() -> None:
    """Fixed cost and cost of each entry are found, and nothing is off the line."""
    line = fitted([(size, 0.002 + 0.00001 * size) for size in (100, 10_000, 100_000)])

    assert (line.fixed, line.each, line.furthest) == pytest.approx((0.002, 0.00001, 0), abs=1e-9)


def test_how_far_off_the_line_a_cost_is_at_most() -> None:
    """As a part of that cost."""
    assert fitted([(1, 1), (2, 2), (3, 6)]).furthest > 0.2
