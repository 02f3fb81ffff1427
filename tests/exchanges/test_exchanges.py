"""The shared examples, run once against the connectors and once against the simulators."""

import pytest

import contracts
from simulators.certify.exchanges import answers_as_shown, reads_as_shown

EXCHANGES = [
    pytest.param(slug, exchange, id=f"{slug}-{name}")
    for slug in contracts.banks()
    for name, exchange in contracts.exchanges(slug).items()
]


@pytest.mark.parametrize(("slug", "exchange"), EXCHANGES)
def test_connector_asks_and_reads(slug, exchange):
    """The connector asks what the exchange shows and makes of the answers what it expects."""
    reads_as_shown(slug, exchange)


@pytest.mark.parametrize(("slug", "exchange"), [p for p in EXCHANGES if p.values[1].simulator_plays])
def test_simulator_accepts_and_answers(slug, exchange):
    """The simulated bank accepts each request of the exchange and gives an answer of that form."""
    answers_as_shown(slug, exchange)
