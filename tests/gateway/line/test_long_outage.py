"""An outage of days leaves the breaker as it was after its first half hour."""

import pytest

from gateway.errors import BankFailure
from gateway.line.breaker import FIRST_OPEN, LONGEST_OPEN, Circuit

DOWN = BankFailure("bank_unavailable", bank="inter", at="statement", detail="down")


def test_a_bank_that_is_down_for_a_week():
    """Each failed probe opens the circuit for the longest time, however many there have been: 1,024 and more."""
    circuit, now = Circuit(lambda: 0.0), 0.0
    circuit.open(DOWN, now)

    for _ in range(7 * 24 * 3600 // int(LONGEST_OPEN)):
        now = circuit.opens_until
        circuit.failed(circuit.enter(), "a", DOWN, now)

    assert circuit.closed_for(now) == pytest.approx(LONGEST_OPEN)
    circuit.succeeded()
    circuit.open(DOWN, now)
    assert circuit.closed_for(now) == pytest.approx(FIRST_OPEN)
