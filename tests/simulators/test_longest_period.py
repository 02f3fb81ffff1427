"""How long a period may be: the simulated banks take what their documentation can mean, and not a day more."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.errors import BankFailure
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness

LONGEST = [("banco_do_brasil", 32), ("bs2", 30), ("inter", 91), ("itau", 91), ("santander", 31), ("sicredi", 31)]
"""Days, both ends counted. Where a limit may be meant without its first day, a bank takes one more than the gateway
asks for; of Itaú the gateway asks for the day before the period too.
"""


def read(slug, days):
    """Read a period of so many days up to yesterday in one request, whatever the contract says."""
    harness = PureHarness(slug, NOW)
    contract = harness.connector.contract
    harness.connector.contract = replace(contract, period=replace(contract.period, max_days=400))
    last = NOW.date() - timedelta(days=1)
    return harness.read(Period(last - timedelta(days=days - 1), last))


@pytest.mark.parametrize(("slug", "days"), LONGEST)
def test_the_longest_period(slug, days):
    """It is answered; one of a day more is refused by the name of that failure."""
    assert read(slug, days).entries
    with pytest.raises(BankFailure) as failure:
        read(slug, days + 1)
    assert failure.value.code == "period_out_of_range"
