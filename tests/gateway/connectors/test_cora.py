"""What is odd about Cora: every reading of what is unclear, the days at the ends, its holder, and refusals."""

from datetime import date, datetime, timedelta

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Period, Verdict
from simulators.banks.cora import Cora as SimulatedCora
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.cora.answers import (
    AUTHORITY,
    CONTRACT,
    CORA,
    WEEK,
    ledger,
    page_of,
    pair_of,
    row,
)

READINGS = st.fixed_dictionaries(
    {name: st.sampled_from((reading.chosen, *reading.others)) for name, reading in CONTRACT.readings.items()}
)
PATIENT = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@PATIENT
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """Whatever the bank means where it says nothing, the statement is the ledger, and proved."""
    readings = data.draw(READINGS)
    source = data.draw(ledgers(SimulatedCora))
    period = Period(*data.draw(periods()))
    size = data.draw(st.sampled_from((0, 1, 2, 7)))
    pair = pair_of(source, page_size=size, **readings)

    statement = pair.read(period)

    within = pair.simulated.ledger.entries(period.first, period.last, NOW)
    assert sorted(map(what_moved, statement.entries)) == sorted(map(what_moved, within))
    assert [entry.booked_at for entry in statement.entries] == [entry.booked_at for entry in within]
    assert statement.proof.verdict is Verdict.PROVED
    if readings["blocks"] == "move_balance":
        # Oldest first, a list of a single instant does not tell which way it runs.
        one_instant = len({entry.booked_at for entry in within}) == 1 and readings["order"] == "oldest_first"
        assert one_instant or differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


def what_moved(entry):
    """What makes two lists equal but for the order within an instant."""
    return entry.booked_at, entry.amount, entry.type


@PATIENT
@given(data=st.data())
def test_lost_pages_are_noticed_in_either_zone(data):
    """A lost, repeated or shifted page gives the truth or a failure, wherever a day begins."""
    readings = {name: value for name, value in data.draw(READINGS).items() if name in {"day_boundary", "later_pages"}}
    pair = pair_of(data.draw(ledgers(SimulatedCora)), page_size=data.draw(st.sampled_from((1, 2, 3))), **readings)
    period = Period(*data.draw(periods()))
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    pair.world.inject("cora", None, "statement", fault, {"page": data.draw(st.integers(0, 3))})

    try:
        statement = pair.read(period)
    except IncoherentPages:
        return

    if statement.contradicted:
        assert statement.proof.verdict is not Verdict.PROVED
    else:
        assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


@pytest.mark.parametrize("boundary", ["brasilia", "utc"])
def test_balances_are_those_of_days_in_brasilia(boundary):
    """Wherever the bank's days begin, rows beyond the period carry its balances to midnight in Brasília."""
    source = ledger(
        ("2026-03-01T09", "1000"),
        ("2026-03-07T20:59:59", "1"),
        ("2026-03-07T21:00", "2"),
        ("2026-03-08T23:59:59", "4"),
        ("2026-03-09T00:00", "8"),
        ("2026-03-13T23:59:59", "16"),
        ("2026-03-14T00:00", "32"),
        ("2026-03-14T21:00", "64"),
    )

    found = pair_of(source, day_boundary=boundary).read(WEEK)

    assert [entry.amount for entry in found.entries] == [8, 16]
    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (1007, 1031, "proved")


@pytest.mark.parametrize(("boundary", "tonight"), [("brasilia", [2, 4]), ("utc", [2])])
def test_the_evening_of_today_comes_tomorrow_at_the_latest(boundary, tonight):
    """No day to come is asked for: where a day ends at nine in the evening, the rest of today waits until tomorrow."""
    today = Period(date(2026, 3, 18), date(2026, 3, 18))
    source = ledger(("2026-03-17T10", "1"), ("2026-03-18T20", "2"), ("2026-03-18T22", "4"), ("2026-03-18T23", "8"))
    pair = pair_of(source, now=datetime(2026, 3, 18, 22, 30, tzinfo=BRASILIA), day_boundary=boundary)

    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == tonight
    assert (found.opening_balance, found.closing_balance) == (1, 1 + sum(tonight))
    assert {entry.stability for entry in found.entries} == {"provisional"}
    assert found.complete_through == date(2026, 3, 17)

    pair.clock.advance(timedelta(hours=12))
    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == [2, 4, 8]
    assert (found.closing_balance, found.proof.verdict) == (15, "proved")


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = pair_of(ledger(*[(f"2026-03-10T{hour:02}", "1") for hour in range(10, 20)]), page_size=1)

    pair.read(WEEK)

    assert sum(request.url.path == "/token" for request in pair.requests) == 1


@pytest.mark.parametrize(
    ("document", "accepted"),
    [
        ("11.222.333/0001-81", True),
        ("11222333000262", True),
        ("99888777000100", False),
        ("12345678909", False),
        ("***222333000181", True),
        ("", True),
        (None, True),
        (11222333000181, True),
        (99888777000100, False),
        (123456797, False),
        (191, True),
        (7, True),
    ],
)
def test_another_company_s_statement_is_not_taken(document, accepted):
    """Nothing in the call names the account; a holder of another company means that the credentials are not its own."""
    pair = pair_of(ledger(("2026-03-01T09", "100")))
    account = msgspec.structs.replace(pair.account, holder_tax_id="11222333000181")
    body = page_of(row(), header={"businessName": "Empresa", "businessDocument": document})
    flow = CORA.reading(account, WEEK, NOW.date())

    if accepted:
        assert len(converse(flow, lambda _: httpx.Response(200, json=body))[0]) == 1
    else:
        with pytest.raises(BankFailure) as failure:
            converse(flow, lambda _: httpx.Response(200, json=body))
        assert failure.value.code == "invalid_account"


@pytest.mark.parametrize("status", [503, 504])
def test_pages_too_large_are_server_errors(status):
    """What the bank says when a page takes too long."""
    pair = pair_of(ledger(("2026-03-10T10", "1")))
    pair.world.inject("cora", None, "statement", "status", {"status": status, "body": "<html></html>"})

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)
    assert failure.value.code == "bank_server_error"


def test_a_wrong_date_is_not_taken_for_a_server_error():
    """The code in the body outweighs status 500; the caller is to change the period."""
    pair = PureHarness("cora", NOW, scenario="period_out_of_range", authority=AUTHORITY)

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)

    assert failure.value.code == "period_out_of_range"
    assert not failure.value.entry.retryable
    assert failure.value.bank_error.code == "BST-0000"


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (403, {"message": "Contato encerrado"}, "statement_access_denied"),
        (403, {"message": "Entre em contato: acesso bloqueado"}, "statement_access_denied"),
        (403, {"errors": [{"code": "X", "message": "A conta foi encerrada"}]}, "account_closed"),
        (403, {"errors": [{"code": "X", "message": "Conta bloqueada"}]}, "account_blocked"),
        (400, {"code": "invalid_request", "message": "start must be a date"}, "period_out_of_range"),
        (400, {"code": "invalid_request", "errors": [{"message": "end: data futura"}]}, "period_out_of_range"),
        (400, {"code": "invalid_request", "message": "weekend restarted"}, "unexpected_bank_response"),
        (400, {"code": "invalid_request", "path": "/statement?start=2026-03-01&end=x"}, "unexpected_bank_response"),
    ],
)
def test_a_cause_is_named_by_whole_words(status, sent, code):
    """Parts of other words and an address that is repeated name no cause."""
    assert failure_of(CONTRACT, "statement", httpx.Response(status, json=sent)).code == code
