"""Rows of Itaú of which only the balances tell whether they are entries."""

from datetime import date

import pytest

from gateway.errors import BankFailure
from tests.gateway.connectors.itau.answers import (
    ITAU,
    answered,
    closing,
    row,
)


@pytest.mark.parametrize(("after", "entries"), [(93.0, 2), (94.0, 1)])
def test_the_balances_tell_whether_a_row_of_unknown_kind_is_an_entry(after, entries):
    """What is known to be still to come is none; of another kind arithmetic decides."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]
    future = row(id="c", type="lancamento_futuro", amount={"value": -1000})
    balances = [closing("2026-03-10", 100.0), closing("2026-03-11", after)]

    pages, told = answered(200, {"events": [*rows, future], "balances": balances})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [movement.amount for movement in movements] == [-6, -1][:entries]
    assert told.opening.amount + sum(m.amount for m in movements) == told.closing.amount


@pytest.mark.parametrize(("after", "entries"), [(93.0, [-6, -1]), (94.0, [-6])])
def test_one_unknown_kind_says_nothing_of_another(after, entries):
    """That no closing comes after a row leaves it undecided, whatever the rows of another kind before it are."""
    tenth = {"accounting": "2026-03-10"}
    rows = [
        row(id="a", amount={"value": -6}, date=tenth),
        row(id="b", type="bloqueio", amount={"value": -1}, date=tenth),
    ]
    later = row(id="c", type="ajuste", amount={"value": -2})
    balances = [closing("2026-03-09", 100.0), closing("2026-03-10", after)]

    pages, _ = answered(200, {"events": [*rows, later], "balances": balances})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [(each.amount, each.provisional) for each in movements] == [*((each, False) for each in entries), (-2, True)]


def test_a_kind_that_no_balance_tells_is_provisional():
    """It is told, and is not final; of what is still to come nothing is told."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]
    future = row(id="c", type="lancamento_futuro", amount={"value": -1000})

    pages, balances = answered(200, {"events": [*rows, future], "balances": []})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [(each.amount, each.provisional) for each in movements] == [(-6, False), (-1, True)]
    assert balances.opening is None
    assert balances.undecided == {(date(2026, 3, 11), "bloqueio")}


def test_a_kind_that_no_balance_tells_is_told_in_its_own_period_only():
    """Days around the period are asked for their closings; what is undecided there moves no balance."""
    tenth = {"accounting": "2026-03-10"}
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1}, date=tenth)]

    pages, balances = answered(200, {"events": rows, "balances": [closing("2026-03-09", 100.0)]})

    assert [movement.amount for page in pages for movement in ITAU.movements(page)] == [-6]
    assert balances.undecided == {(date(2026, 3, 10), "bloqueio")}


@pytest.mark.parametrize("literal", [{"complete": "SALDO DO DIA"}, {"shortened": "Saldo Anterior"}, "SALDO TOTAL"])
def test_a_balance_among_the_entries_is_none(literal):
    """A row of another kind whose whole text names a balance; one of the known kind is an entry whatever its text."""
    rows = [row(id="a"), row(id="b", type="saldo", literal=literal), row(id="c", literal=literal)]

    pages, _ = answered(200, {"events": rows, "balances": []})

    assert [movement.bank_id for page in pages for movement in ITAU.movements(page)] == ["a", "c"]


def test_a_kind_that_no_arithmetic_allows_is_refused():
    """Neither with the row nor without it do the entries lead from closing to closing."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]
    balances = [closing("2026-03-10", 100.0), closing("2026-03-11", 50.0)]

    with pytest.raises(BankFailure, match="bloqueio"):
        answered(200, {"events": rows, "balances": balances})
