"""Lists of Banco do Brasil that do not fit, or whose end nothing tells."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.schema import Evidence
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Period
from simulators.banks.banco_do_brasil import BancoDoBrasil as Simulated
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.banco_do_brasil.answers import AUTHORITY, after, before, page, read, row, shown


@pytest.mark.parametrize(
    "pages",
    [
        [page(before(1), row(2), after(4))],
        [page(before(1), row(2), row(9, code=0, document=0), after(3))],
        [page(before(1), after(1), row(2))],
        [page(before(1), row(2), after(3), **shown(rows=2))],
        [page(before(1), row(2), after(3), **shown(rows=3, total=4))],
        [page(before(1), row(2), after(3), **shown(number=2, rows=3))],
        [page(before(1), following=1)],
        [page(before(1), following=3)],
        [page(before(1), following=2, **shown(total=3)), page(row(2), after(3), **shown(number=2, rows=2, total=4))],
        [page(before(1), row(2), following=2), page(row(2), after(3))],
        [page(before(1), following=2), None],
        [page(quantidadeTotalRegistro=3)],
    ],
)
def test_a_list_that_does_not_fit_is_no_statement(pages):
    """Balances that are missing or wrong, counters that disagree, pages that are lost, repeated or not there."""
    with pytest.raises(IncoherentPages):
        read(*pages)


@pytest.mark.parametrize(
    ("rows", "opening", "closing"),
    [
        ([row(2), after(3)], None, 3),
        ([before(1), row(2)], 1, None),
        ([row(2)], None, None),
        ([before(1), row(2), before(3)], 1, None),
        ([after(3), row(2), before(1)], 1, 3),
    ],
)
def test_balances_that_nobody_has_seen_may_be_missing(rows, opening, closing):
    """Neither the balance before the rows nor the one after them has ever been seen in v2, nor their order."""
    movements, balances, _ = read(page(*rows))

    assert [movement.amount for movement in movements] == [2]
    assert (balances.opening and balances.opening.amount, balances.closing and balances.closing.amount) == (
        opening,
        closing,
    )
    assert "no balance" in balances.reason


@pytest.mark.parametrize("total", [4, 2, 1, "4", None])
def test_a_total_counts_all_rows_or_only_movements(total):
    """Nobody has seen which; any of the readings is the whole list."""
    limit = row(9, stage="SD", code=0, document=0)
    sent = page(before(1), row(2), after(3), limit, quantidadeTotalRegistro=total, quantidadeRegistroPaginaAtual=total)

    assert len(read(sent)[0]) == 1


@pytest.mark.parametrize("total", [0, 3, 5])
def test_a_total_that_no_reading_explains(total):
    """The list is not whole then."""
    limits = [row(9, stage=stage, code=0, document=0) for stage in ("SD", "LC")]

    with pytest.raises(IncoherentPages):
        read(page(before(1), row(2), row(3), after(6), *limits, quantidadeTotalRegistro=total))


@pytest.mark.parametrize("following", [0, "0", None, ""])
def test_the_last_page_has_no_next_one(following):
    """Zero, null or nothing at all."""
    assert len(read(page(before(1), row(2), after(3), following=following))[0]) == 1
    without = page(before(1), row(2), after(3))
    del without["numeroPaginaProximo"]
    assert len(read(without)[0]) == 1


@pytest.mark.parametrize(
    ("sent", "complete_through"),
    [
        (page(before(1), row(2), following=None), date(2026, 3, 8)),
        (page(row(2), after(3), following=""), date(2026, 3, 8)),
        (page(row(2), following="?"), date(2026, 3, 8)),
        (page(row(2), following=0), None),
        (page(row(2), following=None, quantidadeTotalRegistro=1), None),
        (page(before(1), row(2), after(3), following=None), None),
        (page(before(1), row(2), quantidadeTotalRegistro=2), date(2026, 3, 8)),
        (page(before(1), row(2), quantidadeTotalRegistro=1), None),
        (page(row(2), row(9, stage="SD", code=0, document=0), quantidadeTotalRegistro=2), date(2026, 3, 8)),
        (page(row(2), row(9, stage="SD", code=0, document=0), quantidadeTotalRegistro=1), None),
        (page(before(1), row(2), after(3), quantidadeTotalRegistro=3), None),
        (page(before(1), row(2), row(3), following=0, quantidadeTotalRegistro=3), date(2026, 3, 8)),
    ],
)
def test_a_list_whose_end_nothing_tells_is_not_complete(sent, complete_through):
    """A next page that is left out may be one that the bank forgot; its 0, a total or both balances tell the end.

    A total tells it that is met by the movements alone: one that is met only together with a balance may have left that
    out, and a movement is lost.
    """
    assert read(sent)[1].complete_through == complete_through


@pytest.mark.parametrize("rows", [[row(3)], [row(3), after(8)]])
def test_equal_rows_on_two_pages_need_balances_at_both_ends(rows):
    """A balance before the list alone does not tell two payments from one that came twice."""
    first = page(*([] if len(rows) > 1 else [before(1)]), row(1), row(2), following=2)

    movements, balances, _ = read(first, page(row(2), *rows))

    assert [each.amount for each in movements] == [1, 2, 2, 3]
    assert [each.evidence for each in balances.contradictions] == [Evidence.ASSUMED]


@pytest.mark.parametrize("total", [5, 4])
def test_equal_rows_on_two_pages_need_a_total_of_all_rows(total):
    """One that may leave out the balance may as well be that of a list with a row less."""
    pages = page(before(1), row(1), row(2), following=2), page(row(2), row(3))
    sent = [{**each, "quantidadeTotalRegistro": total} for each in pages]

    movements, balances, _ = read(*sent)

    assert len(movements) == 4
    assert bool(balances.contradictions) is (total == 4)


def test_equal_rows_of_which_one_may_have_come_twice():
    """They are given, nothing of the statement is final or complete, and other windows do not make up for it."""
    two = Period(date(2026, 1, 20), date(2026, 2, 22))
    first = page(row(2, day=20012026), following=2), page(row(2, day=20012026), row(3, day=21012026))
    last = page(before(7), row(1, day=22022026), after(8))

    movements, balances, _ = read(*first, last, period=two)

    assert [each.amount for each in movements] == [2, 2, 3, 1]
    assert len(balances.contradictions) == 1


def test_an_answer_without_rows_and_counters_is_no_empty_list():
    """Nothing in it says that it is a statement."""
    with pytest.raises(BankFailure) as failure:
        read({})

    assert failure.value.code == "unexpected_bank_response"


def test_windows_without_balances():
    """What the first window does not tell is not made up from the second."""
    two = Period(date(2026, 1, 20), date(2026, 2, 22))
    first, second = row(2, day=20012026), row(3, day=22022026)

    _, balances, _ = read(page(first, after(2)), page(before(2), second, after(5)), period=two)
    assert (balances.opening, balances.closing.amount) == (None, 5)
    _, balances, _ = read(page(before(0), first, after(2)), page(second), period=two)
    assert (balances.opening.amount, balances.closing) == (0, None)
    with pytest.raises(IncoherentPages, match="window"):
        read(page(first, after(2)), page(before(1), second, after(4)), period=two)


@pytest.mark.parametrize("silent", [0, 5])
def test_the_balance_may_not_move_in_days_without_rows(silent):
    """Not even to nothing: rows that the bank lost are noticed by the balance of the latest days."""
    long = Period(date(2025, 12, 20), date(2026, 2, 22))
    first = page(before(4), row(1, day=20122025), after(5))
    answers = [first, None, None, None, None, page(before(silent), after(silent))]

    if silent == 5:
        assert read(*answers, period=long)[1].closing.amount == 5
    else:
        with pytest.raises(IncoherentPages, match="moved"):
            read(*answers, period=long)


def test_an_entry_of_a_day_that_was_not_asked_for():
    """It is neither taken nor left out."""
    with pytest.raises(BankFailure, match="outside"):
        read(page(before(1), row(2, day=8032026), after(3)))


def test_windows_must_meet():
    """Each window begins with the balance with which the one before it ended."""
    two = Period(date(2026, 1, 20), date(2026, 2, 22))
    with pytest.raises(IncoherentPages, match="window"):
        read(page(before(1), after(1)), page(before(2), after(2)), period=two)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_no_attack_on_small_pages_gives_a_wrong_list(data):
    """Pages smaller than any the connector asks for, lost, repeated or shifted: the truth or a failure."""
    reader = PureHarness(
        "banco_do_brasil",
        NOW,
        source=data.draw(ledgers(Simulated)),
        parameters=Parameters(
            page_size=data.draw(st.integers(1, 5)),
            readings={"daily_balance": data.draw(st.sampled_from(("none", "after_each_day")))},
        ),
        authority=AUTHORITY,
    )
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    parameters = {"page": data.draw(st.integers(0, 6))}
    if fault == "shift_page":
        parameters["by"] = data.draw(st.sampled_from((-3, -2, -1, 1, 2, 3)))
    reader.world.inject("banco_do_brasil", None, "statement", fault, parameters)
    period = Period(*data.draw(periods()))

    try:
        statement = reader.read(period)
    except IncoherentPages:
        return

    assert differences(reader.bank, statement, reader.simulated.ledger, period, NOW) == []


def test_a_next_page_that_only_the_number_of_pages_tells():
    """Where the number of the next page is left out, the total of pages says whether there is one."""
    pages = {"numeroPaginaProximo": None, "quantidadeTotalPagina": 2}
    first = {**page(row(2)), **pages, "numeroPaginaAtual": 1}
    second = {**page(row(3)), **pages, "numeroPaginaAtual": 2}

    movements, balances, queries = read(first, second)

    assert [each.amount for each in movements] == [2, 3]
    assert [query["numeroPaginaSolicitacao"] for query in queries] == ["1", "2"]
    assert balances.complete_through is None


@pytest.mark.parametrize("following", [2, 1, "2"])
def test_a_last_page_that_names_no_page_after_it(following):
    """Two clients go on only while the next number is greater; the number of pages says the same."""
    pages = [before(1), row(2)], [row(3), after(6)]
    sent = [
        {**page(*rows, following=place), "numeroPaginaAtual": number, "quantidadeTotalPagina": 2}
        for number, (rows, place) in enumerate(zip(pages, (2, following), strict=True), 1)
    ]

    movements, balances, queries = read(*sent)

    assert [each.amount for each in movements] == [2, 3]
    assert (len(queries), balances.closing.amount) == (2, 6)


def test_an_empty_list_may_have_no_page():
    """A page 0 of 0 pages without rows is an empty list; zeros stand for what the bank does not tell."""
    nothing = page(quantidadeTotalPagina=0, **shown(number=0, rows=0, total=0))
    latest = page(before(5), after(5))

    movements, balances, _ = read(nothing, latest)

    assert movements == []
    assert balances.closing.amount == 5
