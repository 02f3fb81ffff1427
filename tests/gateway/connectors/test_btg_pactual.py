"""What is odd about BTG Pactual: every reading of what is unclear, and its words of refusal."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters
from tests.gateway.connectors.btg_pactual.answers import BTG, NOW, WEEK


@pytest.mark.parametrize(
    "readings",
    [{name: other} for name, reading in contracts.load("btg_pactual").readings.items() for other in reading.others],
)
def test_every_reading_gives_the_same_statement(readings):
    """Whichever form the bank turns out to have."""
    one = LedgerEntry(
        booked_at=datetime(2026, 3, 11, 9, tzinfo=BRASILIA),
        amount=Decimal("10.00"),
        type="PIX",
        description="Pix recebido",
    )
    source = Fixed([one, one, msgspec.structs.replace(one, booked_at=datetime(2026, 3, 12, 9, tzinfo=BRASILIA))])
    for period in (WEEK, Period(date(2026, 3, 1), date(2026, 3, 2))):
        expected = PureHarness("btg_pactual", NOW, source=source).read(period)
        parameters = Parameters(readings=readings, page_size=1, token_uses=2)
        found = PureHarness("btg_pactual", NOW, source=source, parameters=parameters).read(period)
        assert list(map(common, found.entries)) == list(map(common, expected.entries))


def common(entry):
    """What every form of a row tells of an entry: all but the end-to-end id."""
    return msgspec.structs.replace(entry, end_to_end_id=None)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Please update your registration"},
        {"message": "The mandate failed validation"},
        {"date": "2026-03-10", "message": "Falha"},
    ],
)
def test_words_that_only_contain_the_one_for_a_date(body):
    """They do not send the user to change the period."""
    failure = failure_of(BTG.contract, "statement", httpx.Response(400, json=body))

    assert failure.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "body", [{"field": "startDate"}, {"errors": {"endDate": "must not be null"}}, {"message": "Invalid date"}]
)
def test_words_for_a_date(body):
    """The request has nothing but its two dates."""
    assert failure_of(BTG.contract, "statement", httpx.Response(400, json=body)).code == "period_out_of_range"
