"""What makes a breaker open, and an outage of days."""

import pytest

from gateway.limits import (
    BREAKER_FAILURES,
    BREAKER_FAILURES_OF_ONE_TENANT,
    BREAKER_FIRST_OPEN_SECONDS,
    BREAKER_LONGEST_OPEN_SECONDS,
)
from gateway.line.breaker import Evidence, Host, Trouble

DOWN = Trouble("bank_unavailable", "down")


def test_a_bank_that_is_down_for_a_week():
    """Each failed probe opens the circuit for the longest time, however many there have been: 1,024 and more."""
    host, now = Host(lambda: 0.0), 0.0
    circuit = host.circuit("a")
    circuit.open(DOWN, now)

    for _ in range(7 * 24 * 3600 // int(BREAKER_LONGEST_OPEN_SECONDS)):
        now = circuit.opens_until
        circuit.failed(circuit.enter(), "a", DOWN, now)

    assert circuit.closed_for(now) == pytest.approx(BREAKER_LONGEST_OPEN_SECONDS)
    host.succeeded()
    circuit = host.circuit("a")
    circuit.open(DOWN, now)
    assert circuit.closed_for(now) == pytest.approx(BREAKER_FIRST_OPEN_SECONDS)


def test_one_tenant_is_half_of_the_evidence():
    """However often it has failed: with six failures of another a host is not down for all, with seven it is."""
    evidence = Evidence(BREAKER_FAILURES_OF_ONE_TENANT)
    for number in range(200):
        evidence.add("a", str(number))
    for _ in range(BREAKER_FAILURES - BREAKER_FAILURES_OF_ONE_TENANT - 1):
        evidence.add("b", "1")

    assert not evidence.enough()
    evidence.add("b", "1")
    assert evidence.enough()
