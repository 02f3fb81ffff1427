"""What is odd about Itaú: its requests, every reading of what is unclear, and refusals."""

from datetime import date, timedelta

import httpx
import msgspec
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import Period
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.itau.answers import ACCOUNT, ITAU, MARCH, NOW, asked, ledger


def test_each_request_has_a_correlation_id_of_its_own():
    """The id differs from page to page and from day to day, and is the same for the same request."""
    readers = [
        PureHarness("itau", NOW + timedelta(days=days), source=ledger((3, "5"), (4, "-1")), page_size=1)
        for days in (0, 0, 1)
    ]
    for reader in readers:
        reader.read(MARCH)
    one, again, tomorrow = (
        [r.headers["x-itau-correlationID"] for r in reader.requests if r.method == "GET"] for reader in readers
    )

    assert one == again
    assert len(set(one + tomorrow)) == len(one) + len(tomorrow)


def test_the_account_is_padded():
    """Branch, account and check digit make twelve digits."""
    pair = PureHarness("itau", NOW, source=ledger((3, "5")), number="12345")
    pair.simulated.branch, pair.account = "77", msgspec.structs.replace(pair.account, branch="77")

    pair.read(MARCH)

    assert pair.requests[-1].url.path.endswith("/statements/007700012345")


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = PureHarness("itau", NOW, source=ledger(*[(10, "1")] * 20), page_size=1)

    pair.read(MARCH)

    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


def test_a_token_of_five_minutes_is_renewed_between_pages():
    """A reading that outlasts its token goes on with a new one."""
    pair = PureHarness("itau", NOW, source=ledger(*[(10, "1")] * 6), page_size=1)
    answer = pair.answer
    pair.answer = lambda request: (pair.clock.advance(timedelta(seconds=120)), answer(request))[1]

    assert len(pair.read(MARCH).entries) == 6
    assert sum(request.url.path.endswith("/token") for request in pair.requests) > 2


def test_an_ordinary_period_takes_one_page_and_the_end():
    """The period is asked from the weekday before it, once, and then for what is after its last page."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (10, "10")))

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 10)))

    assert asked(pair) == [("2026-03-06", "2026-03-10", "1"), ("2026-03-06", "2026-03-10", "2")]


def test_a_long_period_is_asked_in_parts():
    """More than 92 days are asked in adjoining parts and proved as one."""
    pair = PureHarness("itau", NOW)
    period = Period(date(2025, 9, 1), date(2026, 2, 28))

    found = pair.read(period)

    assert [call[:2] for call in asked(pair) if call[2] == "1"] == [
        ("2025-08-29", "2025-11-28"),
        ("2025-11-29", "2026-02-28"),
        ("2026-03-01", "2026-03-02"),
    ]
    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []
    assert found.proof.verdict == "proved"


@pytest.mark.parametrize(
    "readings",
    [
        {"pages": "overlapping", "payment_lots": "individual"},
        {"totals": "unreliable", "past_the_end": "empty_page"},
        {"balances_on": "first_page", "end_date": "strict"},
        {"debit_value": "positive", "period_limit": "unlimited"},
    ],
)
def test_other_readings_give_the_truth_too(readings):
    """The statement is the ledger under each reading of the points on which sources conflict."""
    pair = PureHarness("itau", NOW, parameters=Parameters(readings=readings, busy_day_entries=0), page_size=20)

    found = pair.read(MARCH)

    assert differences(pair.bank, found, pair.simulated.ledger, MARCH, NOW) == []
    assert found.proof.verdict == "proved"


@pytest.mark.parametrize("page", [0, 1])
def test_lost_entries_that_cancel_out_are_noticed_by_the_total(page):
    """An investment and its redemption on one day move no balance; when both are lost, rows are missing."""
    pair = PureHarness(
        "itau", NOW, source=ledger((2, "50"), (10, "1"), (10, "7"), (10, "-7"), (10, "7"), (10, "-7")), page_size=2
    )
    pair.world.inject("itau", None, "statement", "lose_page", {"page": page})

    with pytest.raises(IncoherentPages, match="were announced"):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Contate o suporte", "unexpected_bank_response"),
        ("Account service unavailable", "unexpected_bank_response"),
        ("Invalid statement_id", "invalid_account"),
        ("Account not found", "invalid_account"),
        ("Conta inválida", "invalid_account"),
        ("Período não aceito", "period_out_of_range"),
    ],
)
def test_a_refusal_is_named_by_whole_words_that_say_so(words, code):
    """Neither a word that only contains another one nor the name of a field is a cause."""
    body = {"period": None, "errors": [{"message": words}]}

    with pytest.raises(BankFailure) as failure:
        converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: httpx.Response(400, json=body))

    assert (failure.value.code, failure.value.bank_error.message) == (code, words)
