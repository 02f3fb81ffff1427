"""Days of which Banco do Brasil finds nothing."""

from datetime import date, datetime, timedelta

import httpx
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Period, Verdict
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences
from simulators.world import Parameters
from tests.gateway.connectors.banco_do_brasil.answers import (
    MONTH,
    TODAY,
    WEEK,
    after,
    asked,
    before,
    entry,
    page,
    pair,
    read,
    row,
)


def test_days_that_are_not_found_are_asked_for_with_the_days_after_them():
    """The second answer shows the balance of the silent days, and that they have no rows."""
    later = page(before(4), row(2, day=16032026), after(6))
    movements, balances, queries = read(None, later)

    assert movements == []
    assert (balances.opening.amount, balances.closing.amount) == (4, 4)
    assert asked(queries) == [("9032026", "13032026"), ("9032026", "18032026")]


def test_a_whole_window_is_moved_on_by_a_day():
    """A window of 31 days cannot be widened; its first day is given up for the one after it."""
    month = Period(date(2026, 1, 1), date(2026, 1, 31))
    _, balances, queries = read(None, page(before(4), row(1, day=1022026), after(5)), period=month)

    assert asked(queries) == [("1012026", "31012026"), ("2012026", "1022026")]
    assert balances.closing.amount == 4


def test_silent_days_that_show_rows_afterwards():
    """A 404 that was none is noticed."""
    with pytest.raises(IncoherentPages, match="were said"):
        read(None, page(before(4), row(2), after(6)))


def test_silent_days_in_the_midst_are_bridged_by_the_balances():
    """What comes after days that were twice not found begins with the balance before them."""
    long = Period(date(2025, 12, 1), date(2026, 2, 15))
    first, last = page(before(4), row(1, day=2122025), after(5)), page(before(5), row(2, day=2022026), after(7))
    movements, balances, _ = read(first, None, None, last, period=long)
    assert [movement.amount for movement in movements] == [1, 2]
    assert (balances.opening.amount, balances.closing.amount) == (4, 7)

    with pytest.raises(IncoherentPages, match="window"):
        read(first, None, None, page(before(6), row(2, day=2022026), after(8)), period=long)


@pytest.mark.parametrize("listed", [[], None, {}, "", " "])
def test_an_empty_list_tells_as_little_as_no_answer(listed):
    """A 200 without rows, its list empty or null, is believed no more than a 404."""
    nothing = {"numeroPaginaProximo": 0, "listaLancamento": listed, "quantidadeTotalRegistro": 0}

    _, balances, queries = read(nothing, page(before(4), after(4)))

    assert balances.opening.amount == 4
    assert len(queries) == 2


def test_a_window_with_only_its_balances_is_proved_at_once():
    """A 200 with balance rows alone needs no second question."""
    _, balances, queries = read(page(before(4, "D"), after(4, "D")))

    assert (balances.opening.amount, balances.closing.amount, len(queries)) == (-4, -4, 1)


def test_an_unknown_account_costs_three_questions():
    """Where not even the latest days are found, there is no such account."""
    reader = pair(scenario="invalid_account")

    with pytest.raises(BankFailure) as failure:
        reader.read(WEEK)

    assert failure.value.code == "invalid_account"
    assert failure.value.bank_error.status == 404
    assert sum(request.extensions["operation"] == "statement" for request in reader.requests) == 3


def test_the_latest_days_are_not_asked_for_twice():
    """When the period asked for is that of the latest days, its 404 is the last word."""
    with pytest.raises(BankFailure, match="invalid_account"):
        read(None, period=Period(TODAY - timedelta(days=30), TODAY))


def test_a_short_period_up_to_today_that_is_not_found():
    """Nothing is wider than a period that ends today; the latest days decide and lead to its balance."""
    _, balances, queries = read(None, page(before(4), row(1, day=1032026), after(5)), period=Period(TODAY, TODAY))

    assert asked(queries) == [("18032026", "18032026"), ("16022026", "18032026")]
    assert (balances.opening.amount, balances.closing.amount) == (5, 5)


def test_the_latest_days_lead_back_to_a_silent_period():
    """Rows before the silent days move the balance, rows after them do not."""
    silent = Period(date(2026, 1, 20), date(2026, 1, 25))
    latest = page(before(4), row(3, day=20022026), after(7))

    _, balances, queries = read(None, None, latest, period=silent)

    assert asked(queries)[1:] == [("20012026", "19022026"), ("16022026", "18032026")]
    assert (balances.opening.amount, balances.closing.amount) == (4, 4)


def test_the_latest_days_may_contradict():
    """Rows on days that were twice not found make no statement."""
    with pytest.raises(IncoherentPages, match="were said"):
        read(
            None,
            None,
            page(before(4), row(3, day=18022026), after(7)),
            period=Period(date(2026, 1, 20), date(2026, 1, 25)),
        )


def test_days_too_far_from_any_row_have_no_balance():
    """An account that exists and was silent for months has an empty statement that nothing proves."""
    reader = pair(entry(17, "5.00", month=12), entry(17, "1.00"))
    reader.clock.put(datetime(2027, 3, 1, 10, tzinfo=BRASILIA))

    statement = reader.read(Period(date(2026, 6, 1), date(2026, 6, 10)))

    assert (statement.entries, statement.opening_balance) == ([], None)
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "so long" in statement.proof.reason


def test_an_answer_with_limits_alone_shows_that_there_is_an_account():
    """Rows that tell only of the present are an account without movements, whose balance then is not known."""
    limits = page(row(9, stage="SD", code=0, document=0), row(9, stage="LC", code=0, document=0))

    _, balances, _ = read(None, limits, limits)

    assert (balances.opening, balances.closing) == (None, None)


@pytest.mark.parametrize(("entries_per_day", "code"), [(0, "invalid_account"), (8, "ok")])
def test_if_not_even_today_had_balances(entries_per_day, code):
    """Should the bank not find the latest days of a dormant account, that account would be taken for unknown."""
    parameters = Parameters(
        entries_per_day=entries_per_day, busy_day_entries=0, readings={"empty_period": "not_found_today"}
    )
    reader = pair(parameters=parameters)
    try:
        statement = reader.read(MONTH)
    except BankFailure as failure:
        assert failure.code == code
    else:
        assert differences(reader.bank, statement, reader.simulated.ledger, MONTH, NOW) == []
        assert code == "ok"


@pytest.mark.parametrize("nothing", [None, page()])
def test_rows_after_silent_days_in_a_list_without_balances(nothing):
    """They contradict nothing, in the answer that reaches a little further and in that of the latest days."""
    later = page(row(2, day=16032026))

    movements, balances, queries = read(nothing, later, later)

    assert (movements, balances.opening, balances.closing) == ([], None, None)
    assert balances.complete_through is None
    assert len(queries) == 3


WORDS = httpx.Response(422, json={"message": "Sem movimentos"})


def saying(reader, answer, *days):
    """The bank, which gives this answer to questions for entries that name one of these days."""
    honest = reader.bank.answer

    def answered(request):
        is_asked = request.extensions.get("operation") == "statement"
        if is_asked and any(day in str(request.url.query) for day in days):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return honest(request)

    reader.bank.answer = answered
    return reader


def test_balances_confirm_what_is_said_of_silent_days():
    """Words that are not documented complete the days where a list of these days and others has no rows of them."""
    statement = saying(pair(entry(2, "1.00"), entry(16, "2.00")), WORDS, "13032026").read(WEEK)

    assert (statement.entries, statement.proof.verdict, statement.complete_through) == ([], Verdict.PROVED, WEEK.last)


@pytest.mark.parametrize("last", [date(2026, 2, 5), date(2026, 3, 13)])
def test_words_that_nothing_confirms_complete_no_day(last):
    """The balances behind the days would be the same, had they an entry that the bank does not tell."""
    period = Period(date(2026, 1, 20), last)

    statement = saying(pair(entry(2, "1.00")), WORDS, "Solicitacao=20012026", "Solicitacao=21012026").read(period)

    assert statement.complete_through == period.first - timedelta(days=1)


@pytest.mark.parametrize("last", [date(2026, 2, 5), date(2026, 3, 13)])
def test_silence_is_no_period_without_entries(last):
    """A proxy may send status 204 in place of an answer; nothing documents it here."""
    reader = saying(pair(entry(2, "1.00")), httpx.Response(204), "Solicitacao=20012026", "Solicitacao=21012026")

    with pytest.raises(BankFailure) as failure:
        reader.read(Period(date(2026, 1, 20), last))

    assert failure.value.code == "unexpected_bank_response"


def test_an_account_about_which_nothing_is_ever_sent():
    """Status 204 for every question is no empty statement."""
    reader = pair(entry(10, "1.00"))
    honest = reader.bank.answer
    reader.bank.answer = lambda request: (
        httpx.Response(204) if request.extensions.get("operation") == "statement" else honest(request)
    )

    with pytest.raises(BankFailure) as failure:
        reader.read(WEEK)

    assert failure.value.code == "unexpected_bank_response"
