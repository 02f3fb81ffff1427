"""The order in which Bradesco lists its rows."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.errors import IncoherentPages
from gateway.model import Period
from tests.gateway.connectors.bradesco.answers import WEEK, YESTERDAY, last_days, read, row


def entry_of(day, amount, left, **more):
    """A row of a day in March that leaves a balance."""
    signs = {"sinalLancamento": "-" if amount < 0 else "+", "sinalSaldo": "+"}
    values = {"valorLancamento": f"{abs(amount)},00", "valorSaldoAposLancamento": left and f"{left},00"}
    return row(dataLancamento=f"{day:02}/03/2026", **values, **signs, **more)


BEFORE = entry_of(8, 0, 100, descritivoLancamentoCompleto="Saldo Anterior", tipoLancamento="01")
HELD = [entry_of(9, 10, 110), entry_of(10, -30, 80), entry_of(10, -30, 50), entry_of(12, 5, 55)]


def week(rows, latest=()):
    """The second week of March from a history, whose end the last days continue."""
    body = last_days(*latest) | {"extratoPorPeriodo": {"lstLancamentoMensal": rows}}
    before = entry_of(15, 0, 55, descritivoLancamentoCompleto="Saldo Anterior")
    body["extratoUltimosLancamentos"]["listaLancamentos"]["Saldo Anterior"] = [before]
    return read(body, WEEK)


@pytest.mark.parametrize(
    "rows",
    [
        [BEFORE, *HELD],
        [*HELD[::-1], BEFORE],
        [BEFORE, *HELD[::-1]],
        [BEFORE, HELD[3], HELD[1], HELD[2], HELD[0]],
        [BEFORE, HELD[0], HELD[2], HELD[1], HELD[3]],
        [HELD[2], HELD[0], HELD[3], HELD[1], BEFORE],
    ],
    ids=["oldest_first", "newest_first", "balance_before_the_newest", "days", "within_days", "any"],
)
def test_the_balances_tell_the_order(rows):
    """Whichever end a list begins with, or a day in it, the balances follow in just one order."""
    movements, balances = week(rows)

    assert [(found.date.day, found.balance) for found in movements] == [(9, 110), (10, 80), (10, 50), (12, 55)]
    assert (balances.opening.amount, balances.closing.amount, balances.contradictions) == (100, 55, ())


def balance_of(day, left):
    return entry_of(day, 0, left, descritivoLancamentoCompleto="SALDO DO DIA", tipoLancamento="01")


AFTER = balance_of(12, 55)


@pytest.mark.parametrize(
    "rows",
    [
        [BEFORE, *HELD[::-1], AFTER],
        [BEFORE, HELD[0], HELD[2], HELD[1], HELD[3], AFTER],
        [AFTER, *HELD, BEFORE],
        [HELD[3], AFTER, HELD[1], HELD[2], balance_of(10, 50), HELD[0], balance_of(9, 110), BEFORE],
        [AFTER, HELD[3], balance_of(10, 50), HELD[1], HELD[2], balance_of(9, 110), HELD[0], BEFORE],
    ],
    ids=["newest_first", "within_days", "balances_changed_over", "days", "days_after_their_balances"],
)
def test_balances_stand_anywhere_among_the_rows(rows):
    """At both ends of a list, or at an end of each day; the rows follow from their own balances in just one order."""
    movements, balances = week(rows)

    assert [(found.date.day, found.balance) for found in movements] == [(9, 110), (10, 80), (10, 50), (12, 55)]
    assert (balances.opening.amount, balances.closing.amount, balances.contradictions) == (100, 55, ())


@pytest.mark.parametrize("wrong", [balance_of(10, 51), balance_of(12, 56)])
def test_a_balance_that_no_row_leaves_is_noticed(wrong):
    """Wherever it stands: a row is missing."""
    with pytest.raises(IncoherentPages):
        week([BEFORE, *HELD[::-1], wrong])


def test_days_tell_the_order_where_rows_have_no_balance():
    """Days that run backwards are read from the other end."""
    rows = [entry_of(12, 5, None), entry_of(10, -60, None), entry_of(9, 10, None), BEFORE]

    movements, balances = week(rows)

    assert [found.amount for found in movements] == [10, -60, 5]
    assert (balances.opening.amount, balances.closing.amount) == (100, 55)


def test_the_balance_before_a_list_tells_its_order():
    """Rows that lead forwards and backwards alike, each from another balance, follow what was there before."""
    first = [BEFORE, entry_of(9, 10, 110), entry_of(10, -10, 100)]
    second = [entry_of(17, 10, 110), entry_of(17, -10, 100)]
    body = last_days(*second) | {"extratoPorPeriodo": {"lstLancamentoMensal": first}}

    for rows in (second, second[::-1]):
        body["extratoUltimosLancamentos"]["listaLancamentos"]["Ultimos Lancamentos"] = rows
        movements, balances = read(body, Period(date(2026, 3, 9), YESTERDAY.last))

        assert [found.balance for found in movements] == [110, 100, 110, 100]
        assert (balances.opening.amount, balances.closing.amount) == (100, 100)


def test_both_blocks_may_begin_with_their_newest_rows():
    """They are joined where they meet, also where the history repeats the last days."""
    latest = [entry_of(17, -10, 50), entry_of(17, 5, 60)]
    for repeated in ([], latest):
        body = last_days(*latest) | {"extratoPorPeriodo": {"lstLancamentoMensal": [*repeated, *HELD[::-1], BEFORE]}}

        movements, balances = read(body, Period(WEEK.first, YESTERDAY.last))

        assert [found.balance for found in movements] == [110, 80, 50, 55, 60, 50]
        assert (balances.opening.amount, balances.closing.amount) == (100, 50)


def test_a_list_that_follows_in_no_order_is_refused():
    """A row that is missing is noticed from either end."""
    with pytest.raises(IncoherentPages):
        week([BEFORE, *HELD[:1:-1], HELD[0]])


def test_a_zero_that_stands_beside_no_balance_is_none():
    """The previous balance stands in a field of its own, beside an amount of zero: without it, no balance is told."""
    previous = row(
        dataLancamento="06/03/2026",
        valorLancamento="0,00",
        descritivoLancamentoCompleto="Saldo Anterior",
        codigoLancamento="00000",
        tipoLancamento="01",
    )
    del previous["valorSaldoAposLancamento"]
    history = {"extratoPorPeriodo": {"lstLancamentoMensal": [previous, row(dataLancamento="10/03/2026")]}}

    movements, balances = read(history | last_days(), WEEK)

    assert [each.amount for each in movements] == [Decimal("10.00")]
    assert balances.opening is None or balances.opening.amount == Decimal("20.00")
