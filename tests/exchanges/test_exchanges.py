"""Each exchange is run once against the connector and once against the simulated bank."""

import pytest

import contracts
from simulators.certify.exchanges.as_shown import answers_as_shown, reads_as_shown

EXCHANGES = [
    pytest.param(slug, exchange, id=f"{slug}-{name}")
    for slug in contracts.banks()
    for name, exchange in contracts.exchanges(slug).items()
]


@pytest.mark.parametrize(("slug", "exchange"), EXCHANGES)
def test_connector_asks_and_reads(slug, exchange):
    """The connector sends the requests of the exchange, and reads its responses as expected."""
    reads_as_shown(slug, exchange)


@pytest.mark.parametrize(("slug", "exchange"), [p for p in EXCHANGES if p.values[1].simulator_plays])
def test_simulator_accepts_and_answers(slug, exchange):
    """The simulated bank accepts each request of the exchange, and responds in the same form."""
    answers_as_shown(slug, exchange)
