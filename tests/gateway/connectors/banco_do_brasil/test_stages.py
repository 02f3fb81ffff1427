"""Which rows of Banco do Brasil are movements, and which are balances, limits or neither."""

from datetime import date

import pytest

from gateway.errors import BankFailure, IncoherentPages
from tests.gateway.connectors.banco_do_brasil.answers import after, before, page, read, row


@pytest.mark.parametrize(
    "aside",
    [
        *({"stage": stage} for stage in ("2", "SA", "RA", "LE", "AP", "SD", "LD", "LC", "LU", "sd ")),
        {"stage": "2", "code": 999, "document": 0},
        {"stage": "D", "code": 0, "document": 0},
        {"stage": "SA", "code": 0, "document": 0, "amount": None, "sign": None, "day": None},
        {"sign": "*"},
        {"sign": "*", "code": 0, "document": 0},
        {"stage": "3", "day": 20032026},
    ],
)
def test_rows_that_are_no_movements(aside):
    """Future rows, blocked amounts, balances and limits of the present are in no list and in no sum."""
    movements, balances, _ = read(page(before(5), row(2, "D"), row(**{"amount": 99, **aside}), after(3)))

    assert [movement.amount for movement in movements] == [-2]
    assert (balances.opening.amount, balances.closing.amount) == (5, 3)


@pytest.mark.parametrize("stage", ["4", "XX", "C", None, 9])
@pytest.mark.parametrize(("closing", "entries"), [(8, [2, 1]), (7, [2])])
def test_the_balances_tell_whether_a_row_of_unknown_stage_is_an_entry(stage, closing, entries):
    """The stages are an open list: such a row is one exactly if the balances move by it."""
    movements, balances, _ = read(page(before(5), row(2), row(1, stage=stage), after(closing)))

    assert [movement.amount for movement in movements] == entries
    assert balances.closing.amount == closing


@pytest.mark.parametrize(
    "rows",
    [
        [row(1, stage="X9")],
        [row(1, stage=None)],
        [before(5), row(1, stage="X9")],
        [before(5), row(1, stage="X9"), row(1, "D", stage="X9"), after(5)],
    ],
)
def test_a_stage_that_arithmetic_cannot_tell_is_provisional(rows):
    """Without both balances, or where both ways fit: the rows are told, and none of them is final."""
    movements, balances, _ = read(page(*rows))

    assert {each.day for each in balances.undecided} == {date(2026, 3, 10)}
    assert [each.provisional for each in movements] == [True] * sum(each["codigoHistorico"] == 821 for each in rows)


@pytest.mark.parametrize("text", ["Saldo Disponível", "SALDO BLOQUEADO", "Limite Especial", "Saldo do dia"])
def test_a_balance_of_an_unknown_stage_is_no_entry(text):
    """Stages are an open list of limits and balances too: what is called one as a whole and has no document is one."""
    told = row(5000, stage="ZZ", code=None, document=0, textoDescricaoSubHistorico=text)

    assert [each.amount for each in read(page(row(1), told))[0]] == [1]
    assert [each.amount for each in read(page(row(1), {**told, "numeroDocumento": 12}))[0]] == [1, 5000]


def test_a_row_of_an_undecided_stage_belongs_to_its_own_window():
    """Outside the days that were asked for it is left to the window that has them."""
    assert read(page(row(1, stage="X9", day=20032026)))[0] == []


def test_a_stage_that_no_arithmetic_allows_is_refused():
    """Neither with the row nor without it do the entries lead from balance to balance."""
    with pytest.raises(IncoherentPages):
        read(page(before(5), row(1, stage="X9"), after(9)))


def test_an_entry_of_unknown_stage_on_a_day_that_was_not_asked_for():
    """It is neither taken nor left out."""
    with pytest.raises(BankFailure, match="outside"):
        read(page(before(5), row(1, stage="X9", day=8032026), after(6)))


@pytest.mark.parametrize("closing", [5, 6])
def test_one_unknown_stage_says_nothing_of_another(closing):
    """Rows that cancel each other out fit as entries and as none; a row of another stage is decided without them."""
    cancelled = [row(7, stage="9"), row(7, "D", stage="9")]

    movements, _, _ = read(page(before(5), row(1, stage="8"), *cancelled, after(closing)))

    decided = [1] if closing == 6 else []
    assert [(each.amount, each.provisional) for each in movements] == [
        *((amount, False) for amount in decided),
        (7, True),
        (-7, True),
    ]


def test_each_unknown_stage_is_decided_by_itself():
    """Rows of one may be entries and those of another not."""
    movements, _, _ = read(page(before(5), row(1, stage="8"), row(3, stage="9"), after(6)))

    assert [movement.amount for movement in movements] == [1]


def test_a_row_in_processing_is_provisional():
    """It is told if it is of the days asked for, and is in no balance."""
    movements, balances, _ = read(page(before(5), row(2, "D", stage="3"), after(5)))

    assert [(movement.amount, movement.provisional) for movement in movements] == [(-2, True)]
    assert balances.closing.amount == 5


@pytest.mark.parametrize(("code", "document"), [(0, 0), ("000", "0"), (999, None), ("999", ""), (999, "000")])
def test_balances_are_known_by_code_and_document(code, document):
    """A balance within the list is none of its movements, whatever form its codes have."""
    movements, _, _ = read(page(before(5), row(2), row(7, code=code, document=document), row(1), after(8)))

    assert [movement.amount for movement in movements] == [2, 1]


@pytest.mark.parametrize("code", [0, 999])
@pytest.mark.parametrize("text", ["Pix - Recebido", "TED-Crédito em Conta"])
def test_a_movement_under_a_code_of_balances(code, text):
    """A text that names no balance contradicts the code: the balances tell, and without them it is provisional."""
    moved = row(2, code=code, document=0, textoDescricaoSubHistorico=text)

    movements, balances, _ = read(page(before(5), moved, after(7)))
    assert [(each.amount, each.provisional) for each in movements] == [(2, False)]
    assert (balances.opening.amount, balances.closing.amount) == (5, 7)
    assert [each.amount for each in read(page(before(5), moved, after(5)))[0]] == []
    movements, balances, _ = read(page(moved))
    assert [(each.amount, each.provisional) for each in movements] == [(2, True)]
    assert (balances.opening, balances.closing) == (None, None)


@pytest.mark.parametrize("text", ["Saldo Anterior", "SALDO DO DIA", "S A L D O"])
@pytest.mark.parametrize("left_out", [{}, {"stage": None}])
def test_a_balance_without_a_code_is_known_by_its_whole_text(text, left_out):
    """It is no movement, on whatever day it stands."""
    first = row(5, code=None, document=0, day=8032026, textoDescricaoHistorico="Saldo Anterior", **left_out)
    within = row(7, code=None, document=None, textoDescricaoHistorico=text, **left_out)

    movements, balances, _ = read(page(first, row(2), within))

    assert [each.amount for each in movements] == [2]
    assert balances.opening.amount == 5


def test_a_text_that_only_begins_like_a_balance():
    """A movement is not taken for a balance, nor is a limit of the present taken for either."""
    anticipated = row(2, code=321, document=0, textoDescricaoHistorico="SALDO ANTECIPADO CARTAO")
    limit = row(5000, code=0, document=0, textoDescricaoHistorico="Limite Disponível")

    movements, _, _ = read(page(before(5), anticipated, limit, after(7)))

    assert [each.amount for each in movements] == [2]


def test_a_row_with_a_document_is_no_balance():
    """History code 0 alone makes no balance; the sum of the list would tell if it did."""
    movements, _, _ = read(page(before(5), row(2, code=0, document=12), after(7)))

    assert [movement.document for movement in movements] == ["12"]


@pytest.mark.parametrize("stage", ["sd", "S.D.", " Sd "])
def test_stages_of_balances_in_any_writing(stage):
    """A balance of the present is none of the movements however its stage is written."""
    assert read(page(row(2), row(9, stage=stage, code=5, document=7)))[1].opening is None
    assert len(read(page(row(2), row(9, stage=stage, code=5, document=7)))[0]) == 1


@pytest.mark.parametrize(("stage", "amount"), [("C", 2), ("D", -2), ("d ", -2)])
def test_a_direction_where_the_stage_should_be(stage, amount):
    """One client takes the stage for the direction where the field of the sign is left out."""
    moved = {**row(2, stage=stage)}
    del moved["indicadorSinalLancamento"]

    movements, balances, _ = read(page(before(5), moved, after(5 + amount)))

    assert [each.amount for each in movements] == [amount]
    assert balances.closing.amount == 5 + amount


@pytest.mark.parametrize("stage", [None, "", 0])
def test_a_balance_without_a_stage(stage):
    """A client's list has none on its balances: they prove the entries all the same."""
    first, last = (
        {**each, "indicadorTipoLancamento": stage, "textoDescricaoHistorico": text}
        for each, text in ((before(5), "Saldo Anterior"), (after(7), "S A L D O"))
    )

    movements, balances, _ = read(page(first, row(2), last))

    assert [each.amount for each in movements] == [2]
    assert (balances.opening.amount, balances.closing.amount) == (5, 7)
