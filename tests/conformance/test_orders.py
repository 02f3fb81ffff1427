"""The list of Santander in each order in which the bank may give it."""

from collections import Counter

import pytest

from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.santander.answers import MONTH, NOW


@pytest.mark.parametrize("order", ["ascending", "descending", "by_direction"])
@pytest.mark.parametrize("page_size", [3, 10, 50])
def test_any_order_of_the_list(order, page_size):
    """The order of the list is documented nowhere, so it may be any."""
    pair = PureHarness("santander", NOW, page_size=page_size, parameters=Parameters(readings={"order": order}))
    truth = pair.simulated.ledger.entries(MONTH.first, MONTH.last, NOW)
    found = pair.read(MONTH)

    assert Counter((e.date, e.amount, e.type.value) for e in found.entries) == Counter(
        (e.date, e.amount, e.type) for e in truth
    )
