"""Rows of PagSeguro of which only the balances tell whether money came or went."""

from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise

import httpx
import pytest

from gateway.completeness.day_balances import BalancesByDay, Day, DayBalances
from gateway.errors import BankFailure
from gateway.flow import converse
from gateway.model import DAY, Period, TransactionType
from tests.gateway.connectors.pagseguro.answers import (
    ACCOUNT,
    BALANCES,
    PAGSEGURO,
    TENTH,
    TWELFTH,
    answering,
    fetch,
    on_the_tenth,
    row,
)


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("17", 30)], [-30]),
        ([("1", 5), ("17", 35)], [5, -35]),
        ([("77", 10), ("17", 40)], [10, -40]),
        ([("77", 10), ("77", 10), ("17", 50)], [10, 10, -50]),
        ([("4", 30), ("99", 5)], [-30]),
    ],
    ids=["alone", "beside_known_ones", "two_kinds", "one_kind_twice", "moved_nothing"],
)
def test_the_balances_of_its_day_tell_the_sign_of_an_unknown_event(rows, amounts):
    """The list of events is open: a new code is taken, and arithmetic decides whether money came or went."""
    movements, balances = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts
    assert balances.opening.amount + sum(amounts) == balances.closing.amount
    assert {m.type for m, (code, _) in zip(movements, rows, strict=False) if code in {"17", "77"}} <= {
        TransactionType.OUTROS
    }


@pytest.mark.parametrize(
    ("rows", "balances"),
    [
        ([("17", 31)], BALANCES),
        ([("17", 15), ("77", 15), ("4", 30)], BALANCES),
        ([("17", 30)], {"saldos": []}),
        ([(str(code), 30) for code in range(40, 50)], BALANCES),
    ],
    ids=["no_choice_fits", "two_choices_fit", "no_balances", "too_many"],
)
def test_what_arithmetic_cannot_tell_is_refused_by_the_name_of_its_code(rows, balances):
    """Nothing is guessed, and the bank's code stands in the failure."""
    with pytest.raises(BankFailure, match=rows[0][0]) as failure:
        on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows), balances=balances)

    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("4", -30)], [-30]),
        ([("1", 5), ("1", -35)], [5, -35]),
        ([("1", -30)], [-30]),
        ([("17", -30)], [-30]),
        ([("17", 10), ("17", -40)], [10, -40]),
        ([("10", -5), ("4", 35)], [5, -35]),
    ],
    ids=["debit", "beside_a_sale", "alone", "unknown", "unknown_both_ways", "meant_nothing"],
)
def test_the_balances_tell_what_a_minus_sign_means(rows, amounts):
    """A debit may carry its sign; what else has one is decided by the balances of its day, as an unknown event is."""
    movements, balances = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts
    assert balances.opening.amount + sum(amounts) == balances.closing.amount


def on_two_days(first, second, *balances):
    """What the connector makes of two days with these rows, a code and a size each, and balances around them."""
    days = {TENTH: first, TENTH + DAY: second}
    ends = dict(zip(days, pairwise(balances), strict=True))

    def answer(request):
        day = date.fromisoformat(request.url.path.rpartition("/")[2])
        if request.extensions["operation"] == "balance":
            both = zip((7, 8), ends[day], strict=True)
            body = {"saldos": [{"tipo_evento": event, "valor_saldo": balance} for event, balance in both]}
        else:
            rows = [
                row(tipo_evento=code, valor_parcela=size, data_movimentacao=str(day), movimento_api_codigo=str(number))
                for number, (code, size) in enumerate(days[day])
            ]
            body = {"detalhes": rows, "pagination": {"totalPages": 1}}
        return httpx.Response(200, json=body, headers={"validado": "TRUE"})

    pages, _ = converse(PAGSEGURO.reading(ACCOUNT, Period(*days), TWELFTH), answer)
    return [movement.amount for page in pages for movement in PAGSEGURO.movements(page)]


@pytest.mark.parametrize(
    ("first", "second", "balances", "amounts"),
    [
        ([("17", 30)], [("17", 20)], (100, 70, 90), [-30, 20]),
        ([("17", 0)], [("17", 20)], (100, 100, 80), [0, -20]),
        ([("17", 20)], [("17", 0)], (100, 80, 80), [-20, 0]),
        ([("17", 5), ("77", 5)], [("77", 8)], (100, 100, 92), [5, -5]),
    ],
    ids=["both_ways", "nothing_first", "nothing_later", "decided_by_the_other_day"],
)
def test_each_day_tells_the_sign_of_an_unknown_event(first, second, balances, amounts):
    """Money may come with it on one day and go on another; a day on which it was nothing tells nothing."""
    assert on_two_days(first, second, *balances)[: len(amounts)] == amounts


def test_an_event_that_days_tell_apart_is_not_known_elsewhere():
    """It came on one day and went on another, so that a third day alone would have to tell."""
    day = partial(Day, entries=1)
    days = [
        day(TENTH, unknown={"17": Decimal(5)}),
        day(TENTH + DAY, unknown={"17": Decimal(5)}),
        day(TENTH + 2 * DAY, unknown={"17": Decimal(5)}),
    ]
    told = {TENTH: (1, 6), TENTH + DAY: (6, 1), TENTH + 2 * DAY: (None, None)}

    def ask(day):
        yield from ()
        return DayBalances(*(None if each is None else Decimal(each) for each in told[day]))

    flow = BalancesByDay(ask).signs(days, None)
    with pytest.raises(StopIteration) as ended:
        next(flow)
    assert list(ended.value.value.values()) == [{"17": 1}, {"17": -1}, {}]


@pytest.mark.parametrize("code", [None, "", " "])
def test_an_entry_without_an_event_is_refused(code):
    """Rows of one code went one way; those without any need not have."""
    with pytest.raises(BankFailure, match="cannot be read"):
        on_the_tenth(row(tipo_evento=code, valor_parcela=30))


def test_a_minus_sign_that_nothing_explains_is_refused():
    """A sale that took money is not guessed; the failure names the event."""
    with pytest.raises(BankFailure, match="'1-'"):
        on_the_tenth(row(valor_parcela=-30), balances={"saldos": []})


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("4", 30), ("31", 50)], [-30]),
        ([("31", 30)], [-30]),
        ([("4", 40), ("32", 10)], [-40, 10]),
        ([("4", 30), ("31", None)], [-30]),
        ([("17", 30), ("31", 55)], [-30]),
    ],
)
def test_a_notice_moves_what_the_balances_say(rows, amounts):
    """That a release is postponed is taken for a notice; where the balances follow it, it is an entry and not lost."""
    movements, _ = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts


def test_a_notice_without_balances_moves_nothing():
    """No balance is needed to take a notice for one."""
    movements, _ = on_the_tenth(
        row(valor_parcela=5), row(tipo_evento="31", movimento_api_codigo="B", valor_parcela=50), balances={"saldos": []}
    )

    assert [movement.amount for movement in movements] == [5]


def test_a_notice_that_may_have_moved_nothing_leaves_an_event_undecided():
    """50.00 may be what the event brought, or what the notice brought without what the event took."""
    rows = [row(tipo_evento="31", valor_parcela=100), row(tipo_evento="40", valor_parcela=50)]
    moved = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 55}]}

    with pytest.raises(BankFailure, match="40"):
        fetch(answering(financial=[{"detalhes": rows}, {"detalhes": []}], balances=moved))
