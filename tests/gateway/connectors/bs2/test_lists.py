"""Pages, windows and totals of BS2."""

from datetime import date, datetime, timedelta

import httpx
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Period, Verdict
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.bs2.answers import FIVE, WEEK, asked, ledger, pair_of, row, tamper


@pytest.mark.parametrize(
    ("reading", "page_size", "places"),
    [
        ("page_index", 100, "0"),
        ("page_index", 5, "0"),
        ("page_index", 2, "012"),
        ("row_offset", 2, "013"),
        ("row_offset", 4, "01"),
        ("page_index", 1, "01234"),
        ("row_offset", 1, "01234"),
    ],
)
def test_no_page_is_asked_in_vain(reading, page_size, places):
    """One answer that holds everything is not followed by another; row counting costs no more than the probe."""
    pair = pair_of(FIVE, page_size=page_size, inicio=reading)

    statement = pair.read(WEEK)

    assert len(statement.entries) == 5
    assert [inicio for _, _, inicio in asked(pair)] == list(places)


def test_what_inicio_counts_is_found_out_once():
    """A window that shows that rows are counted spares the next one the probe."""
    source = ledger(*((f"2026-{month}-{day}T12:00", "1.00") for month in ("02", "03") for day in (10, 11, 12, 13)))
    pair = pair_of(source, page_size=2, inicio="row_offset")

    statement = pair.read(Period(date(2026, 2, 1), date(2026, 3, 13)))

    assert len(statement.entries) == 8
    assert [inicio for _, _, inicio in asked(pair)] == ["0", "1", "3", "0", "2"]


def test_the_period_is_inside_in_either_meaning_of_z():
    """The question reaches from midnight UTC to the end of the last day in Brasília."""
    pair = pair_of(FIVE)

    pair.read(WEEK)

    assert asked(pair) == [("2026-03-09T00:00:00Z", "2026-03-14T03:00:00Z", "0")]


def test_no_question_is_longer_than_what_is_known_to_work():
    """No request spans more than thirty times 24 hours, and adjoining ones share an instant."""
    pair = pair_of(FIVE)

    pair.read(Period(date(2026, 1, 1), date(2026, 3, 13)))

    ends = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last, _ in asked(pair)]
    assert all(last - first <= timedelta(days=30) for first, last in ends)
    assert [first for first, _ in ends[:-1]] == [last for _, last in ends[1:]]
    assert len(ends) == 3


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_a_row_between_two_windows_comes_once(end):
    """A row booked in the instant that two windows share is neither lost nor doubled."""
    source = ledger(("2026-02-20T12:00", "1.00"), ("2026-03-01T21:00", "2.00"), ("2026-03-05T12:00", "4.00"))
    pair = pair_of(source, period_end=end)
    period = Period(date(2026, 1, 31), date(2026, 3, 13))

    statement = pair.read(period)

    assert any("2026-03-02T00:00:00Z" in ends for ends in asked(pair))
    assert [entry.amount for entry in statement.entries] == [1, 2, 4]
    assert statement.proof.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("page_size", "period", "number", "changed"),
    [
        (100, WEEK, 1, {"movimentacoes": []}),
        (100, WEEK, 1, {"movimentacoes": None}),
        (100, WEEK, 1, {"movimentacoes": None, "total": 0}),
        (100, WEEK, 1, {"movimentacoes": [], "total": 0}),
        (100, WEEK, 1, {"total": 4}),
        (100, WEEK, 1, {"total": 6}),
        (2, WEEK, 2, {"total": 6}),
        (2, WEEK, 2, {"movimentacoes": []}),
        (2, WEEK, 2, {"movimentacoes": None}),
        (100, WEEK, 1, {"movimentacoes": [row(movimentadoEm="2026-03-01T12:00:00")], "total": 1}),
        (100, WEEK, 1, {"movimentacoes": [row(), row()], "total": 2}),
    ],
)
def test_answers_that_contradict_each_other_are_no_statement(page_size, period, number, changed):
    """Emptiness that is none, wrong totals, moved balances, broken chains, foreign rows, doubled ids."""
    pair = pair_of(FIVE, page_size=page_size)
    tamper(pair, number, **changed)

    with pytest.raises(IncoherentPages):
        pair.read(period)


@pytest.mark.parametrize("nothing", ["", "0"])
def test_two_equal_rows_without_protocolo(nothing):
    """Neither of them is the other one come twice."""
    pair = pair_of(ledger(("2026-03-10T12:00", "2.00")))
    equal = row(protocolo=nothing, valor=1, tipoMovimentacao=2)
    tamper(pair, 0, movimentacoes=[equal, equal], total=2)

    statement = pair.read(WEEK)

    assert ([entry.amount for entry in statement.entries], statement.proof.verdict) == ([1, 1], Verdict.PROVED)


def test_an_empty_text_in_place_of_the_list():
    """It is an empty list, as at other banks."""
    pair = pair_of(ledger())
    tamper(pair, 0, movimentacoes="", total=0)

    assert pair.read(WEEK).proof.verdict is Verdict.PROVED


@pytest.mark.parametrize("total", ["5", 5.0, " 5 ", None, ""])
@pytest.mark.parametrize("page_size", [100, 2, 1])
@pytest.mark.parametrize("inicio", ["page_index", "row_offset"])
def test_a_total_in_another_form(total, page_size, inicio):
    """A text is a number too; the portal's page has no total, and then an empty page ends the list."""
    pair = pair_of(FIVE, page_size=page_size, inicio=inicio)
    tamper(pair, 0, total=total)

    statement = pair.read(WEEK)

    assert (len(statement.entries), statement.proof.verdict) == (5, Verdict.PROVED)


@pytest.mark.parametrize("total", ["many", 5.5, True, -1, [5]])
def test_a_total_that_is_none(total):
    """It is not passed over."""
    pair = pair_of(FIVE)
    tamper(pair, 1, total=total)

    with pytest.raises(BankFailure, match="no whole number"):
        pair.read(WEEK)


def test_without_a_total_no_page_follows_a_short_one():
    """A list that goes on after a page with fewer rows has lost some."""
    pair = pair_of(FIVE, page_size=2)
    rows = [row(protocolo=str(number), tipoMovimentacao=2, valor=1) for number in range(5)]
    pages = {"0": rows[:2], "1": rows[2:3], "2": rows[3:], "3": []}

    def answer(request):
        response = PureHarness.answer(pair, request)
        if "extrato" not in request.url.path:
            return response
        body = response.json() | {"movimentacoes": pages[request.url.params["inicio"]], "total": None}
        return httpx.Response(200, json=body)

    pair.answer = answer
    with pytest.raises(IncoherentPages):
        pair.read(WEEK)


def test_without_a_total_a_page_that_comes_again_ends_the_reading():
    """Rows without an id that come for ever are no list."""
    pair = pair_of(FIVE)
    rows = [row(protocolo=None, tipoMovimentacao=2, valor=size) for size in (1, 4)]
    tamper(pair, 0, movimentacoes=rows, total=None)

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)
    assert len(asked(pair)) == 2


def test_one_row_in_place_of_a_list():
    """It is the list's only row."""
    pair = pair_of(FIVE)
    tamper(pair, 1, movimentacoes=row(tipoMovimentacao=2), total=1, saldo={"inicial": 1, "final": 2.5})

    statement = pair.read(WEEK)

    assert ([entry.amount for entry in statement.entries], statement.proof.verdict) == ([1.5], Verdict.PROVED)


@pytest.mark.parametrize("reading", ["rows_missing", "period_missing"])
def test_a_false_emptiness_is_read_again(reading):
    """The answer that is empty by mistake is noticed, and the next reading is whole."""
    pair = pair_of(FIVE, empty_answers=reading)

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)

    assert len(pair.read(WEEK).entries) == 5


@pytest.mark.parametrize(("zone", "tonight"), [("local", [2, 4]), ("utc", [2])])
def test_the_evening_of_today_comes_tomorrow_at_the_latest(zone, tonight):
    """No instant of a day to come is asked for: where `Z` is respected, the rest of today waits until tomorrow."""
    today = Period(date(2026, 3, 18), date(2026, 3, 18))
    source = ledger(("2026-03-17T10", "1"), ("2026-03-18T20", "2"), ("2026-03-18T22", "4"), ("2026-03-18T23", "8"))
    pair = pair_of(source, query_zone=zone)
    pair.clock.put(datetime(2026, 3, 18, 22, 30, tzinfo=BRASILIA))

    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == tonight
    assert (found.opening_balance, found.closing_balance) == (1, 1 + sum(tonight))
    assert found.complete_through == date(2026, 3, 17)

    pair.clock.put(datetime(2026, 3, 19, 10, tzinfo=BRASILIA))
    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == [2, 4, 8]
    assert (found.closing_balance, found.proof.verdict) == (15, "proved")
