"""Lists of Bradesco's two blocks: their headings, forms, balances and numbers of rows."""

from datetime import date, timedelta

import pytest

from gateway.model import Period, Verdict
from gateway.statement.assemble import assemble
from simulators.certify.cases import NOW
from tests.gateway.connectors.bradesco.answers import (
    ACCOUNT,
    CONTRACT,
    TODAY,
    WEEK,
    YESTERDAY,
    code_of,
    last_days,
    read,
    row,
)


@pytest.mark.parametrize("name", ["Lancamentos Dia", "Lancamentos dia", "Lançamentos  Dia", "LANCAMENTOS_DIA"])
def test_headings_without_regard_to_case_and_accents(name):
    """The headings of the lists are compared without case, accents and blanks."""
    body = {"extratoUltimosLancamentos": [{"listaLancamentos": [{name: [row()], "Saldo Anterior": None}]}]}

    assert len(read(body)[0]) == 1


def test_two_headings_that_mean_the_same():
    """No list is lost where a heading comes twice in different letters."""
    lists = {"Lancamentos Dia": [row()], "Lancamentos dia": [row(valorSaldoAposLancamento="40,00")]}

    assert len(read({"extratoUltimosLancamentos": {"listaLancamentos": lists}})[0]) == 2


def headed(**lists):
    """The block of the last days with these lists."""
    return {"extratoUltimosLancamentos": {"listaLancamentos": {k.replace("_", " "): v for k, v in lists.items()}}}


PREVIOUS = {
    "descritivoLancamentoCompleto": "SALDO ANTERIOR",
    "valorLancamento": "0,00",
    "valorSaldoAposLancamento": "20,00",
}


@pytest.mark.parametrize("name", ["Ultimos_Lancamento", "Últimos", "Lancamento_Dia", "Lançamentos_do_Dia"])
def test_headings_in_other_words(name):
    """Singular, shortened, or with another word among them."""
    found, balances = read(headed(Saldo_Ant=[row(**PREVIOUS)], **{name: [row()]}))

    assert [entry.amount for entry in found] == [10]
    assert (balances.opening.amount, balances.closing.amount) == (20, 30)


def test_a_list_under_an_unknown_heading_whose_balances_follow():
    """Its rows are entries; a heading over no list is none, and scheduled rows are never entries."""
    next_row = row(valorSaldoAposLancamento="40,00")
    others = {"Bloqueios": [], "Total": 3, "Observacoes": {"texto": "x"}, "Lançamentos Agendados": [row()]}

    found, balances = read(headed(Ultimos_Lancamentos=[row()], Movimento=[next_row], **others))

    assert [(entry.amount, entry.provisional) for entry in found] == [(10, False)] * 2
    assert balances.closing.amount == 40


def test_a_list_under_an_unknown_heading_whose_balances_do_not_follow():
    """Its rows move nothing of this balance."""
    found, balances = read(headed(Ultimos_Lancamentos=[row()], Poupanca=[row(valorSaldoAposLancamento="999,00")]))

    assert [entry.amount for entry in found] == [10]
    assert balances.closing.amount == 30


def test_a_list_under_an_unknown_heading_without_balances():
    """Nothing tells what its rows are: they are told, and are not final."""
    blocked = row(valorLancamento="5,00", valorSaldoAposLancamento=None)
    another_day = row(dataLancamento="18/03/2026", valorSaldoAposLancamento=None)

    found, balances = read(headed(Ultimos_Lancamentos=[row()], Bloqueados=[blocked, another_day]))

    assert sorted((entry.amount, entry.provisional) for entry in found) == [(5, True), (10, False)]
    assert balances.closing.amount == 30
    assert [each.kind for each in balances.undecided] == ["BLOQUEADOS"]


@pytest.mark.parametrize(
    "lists",
    [
        {"Saldo Anterior": row(**PREVIOUS), "Ultimos Lancamentos": row()},
        [{"Saldo Anterior": [row(**PREVIOUS)]}, {"Ultimos Lancamentos": [row()], "Lancamentos Dia": ""}],
        [row(**PREVIOUS), row()],
        row(),
    ],
)
def test_lists_in_other_forms(lists):
    """A row that is alone, lists in objects of their own, rows under no heading: none of them is lost."""
    found, balances = read({"extratoUltimosLancamentos": {"listaLancamentos": lists}})

    assert [entry.amount for entry in found] == [10]
    assert (balances.opening.amount, balances.closing.amount) == (20, 30)


@pytest.mark.parametrize(
    "history",
    [
        {"lstLancamentoMensal": row(dataLancamento="10/03/2026")},
        [{"lstLancamentoMensal": [row(dataLancamento="10/03/2026")]}, {"lstLancamentoMensal": ""}],
    ],
)
def test_a_history_in_other_forms(history):
    """A row that is alone, and more than one block."""
    assert [entry.amount for entry in read({"extratoPorPeriodo": history}, WEEK)[0]] == [10]


def test_blocks_that_follow_each_other():
    """Each with rows of its own; another account among them is none of these."""
    first = {"lstLancamentoMensal": [row(dataLancamento="10/03/2026")]}
    second = {"lstLancamentoMensal": [row(dataLancamento="11/03/2026", valorSaldoAposLancamento="40,00")]}

    assert len(read({"extratoPorPeriodo": [first, second]}, WEEK)[0]) == 2
    assert code_of({"extratoPorPeriodo": [first, {**second, "numeroConta": "1"}]}, WEEK) == "unexpected_bank_response"


@pytest.mark.parametrize("said", [{}, {"codigoRetorno": "0", "mensagem": "CTAS0673 - CONSULTA EFETUADA COM SUCESSO"}])
def test_a_block_that_says_nothing_is_no_empty_one(said):
    """Neither a list nor a number of rows came: nothing says that there were no entries."""
    assert code_of({"extratoUltimosLancamentos": said}) == "unexpected_bank_response"
    _, balances = read({"extratoPorPeriodo": said, "extratoUltimosLancamentos": {"quantidadeLancamentos": "0"}}, WEEK)
    assert balances.complete_through == WEEK.first - timedelta(days=1)
    assert read({"extratoUltimosLancamentos": {**said, "quantidadeLancamentos": "0"}})[0] == []


@pytest.mark.parametrize(
    ("sent", "opening"),
    [
        ({"valorLancamento": "20,00", "sinalSaldo": "+"}, 20),
        ({"valorLancamento": "20,00", "sinalSaldo": None, "sinalLancamento": "+"}, 20),
        ({"valorLancamento": "20,00", "sinalSaldo": "+", "valorSaldoAposLancamento": ""}, 20),
    ],
)
def test_a_previous_balance_may_stand_in_the_amount(sent, opening):
    """Where it has no balance of its own; the row may have no text either."""
    _, balances = read(headed(Saldo_Anterior=[{"dataLancamento": "16/03/2026", **sent}], Ultimos_Lancamentos=[row()]))

    assert balances.opening.amount == opening


@pytest.mark.parametrize("title", ["SALDO DO DIA", "Saldo"])
def test_a_balance_of_the_day_in_the_amount_is_no_entry(title):
    """It has no balance after it, because it is one; nothing is booked twice."""
    of_the_day = row(descritivoLancamentoCompleto=title, valorLancamento="30,00", valorSaldoAposLancamento=None)

    found, balances = read(last_days(row(), of_the_day))

    assert [entry.amount for entry in found] == [10]
    assert balances.closing.amount == 30


@pytest.mark.parametrize("title", ["SALDO INVEST FACIL", "SALDO BLOQUEADO", "SALDO TOTAL"])
@pytest.mark.parametrize("amount", ["0,00", None])
def test_a_balance_of_something_else_tells_nothing_of_the_account(title, amount):
    """It is no entry, and contradicts none."""
    other = row(descritivoLancamentoCompleto=title, valorLancamento=amount, valorSaldoAposLancamento="99,00")

    found, balances = read(last_days(row(), other))

    assert [entry.amount for entry in found] == [10]
    assert balances.closing.amount == 30


@pytest.mark.parametrize(("balance", "amount"), [("30,00", 10), ("10,00", -10)])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_sign_that_is_left_out_follows_from_the_balances(balance, amount, newest_first):
    """Clients know the sign of rows of the last days to be optional."""
    rows = [row(**PREVIOUS), row(sinalLancamento="", valorSaldoAposLancamento=balance)]

    found, _ = read(headed(Ultimos_Lancamentos=rows[::-1] if newest_first else rows))

    assert [entry.amount for entry in found] == [amount]


def test_rows_of_other_days_are_left_to_their_own_window():
    """Where balances show that nothing is lost by it."""
    rows = [
        row(dataLancamento="08/03/2026", valorSaldoAposLancamento="20,00"),
        row(dataLancamento="10/03/2026"),
        row(dataLancamento="24/03/2026", valorSaldoAposLancamento="40,00"),
    ]

    for sent in (rows, rows[::-1]):
        found, balances = read({"extratoPorPeriodo": {"lstLancamentoMensal": sent}}, WEEK)
        assert [entry.date for entry in found] == [date(2026, 3, 10)]
        assert (balances.opening.amount, balances.closing.amount) == (20, 30)


def test_a_row_of_the_next_business_day_is_in_the_balance():
    """On a weekend the last days may have rows of Monday: they are no entries yet, and disprove nothing."""
    period = Period(date(2026, 3, 17), TODAY)
    ahead = row(dataLancamento="19/03/2026", valorSaldoAposLancamento="40,00")

    found, balances = read(headed(Ultimos_Lancamentos=[row()], Lancamentos_Dia=[ahead]), period)
    statement = assemble(CONTRACT, ACCOUNT, period, found, balances, NOW)

    assert [entry.amount for entry in statement.entries] == [10]
    assert (statement.closing_balance, statement.proof.verdict) == (30, Verdict.PROVED)


@pytest.mark.parametrize("announced", ["2", "0002", 1, "1", " 2 ", "", None, "dois"])
def test_the_announced_number_of_rows(announced):
    """The previous balance may be counted or not, and the number may be missing."""
    lists = {"Saldo Anterior": [row(valorSaldoAposLancamento="20,00")], "Lancamentos Dia": [row()]}

    assert read({"extratoUltimosLancamentos": {"listaLancamentos": lists, "quantidadeLancamentos": announced}})[0]


@pytest.mark.parametrize("announced", ["0", "3", 3])
def test_another_number_of_rows_than_announced(announced):
    """What the bank counts is assumed: rows that were announced and did not come are told, and prove nothing."""
    body = last_days(row(), row(valorSaldoAposLancamento="40,00"), quantidadeLancamentos=announced)

    found, balances = read(body)
    statement = assemble(CONTRACT, ACCOUNT, YESTERDAY, found, balances, NOW)

    assert [entry.amount for entry in statement.entries] == [10, 10]
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "announced" in statement.proof.reason
    assert "balance_mismatch" in {warning.code for warning in statement.warnings}


def test_no_balance_anywhere():
    """Without any balance the entries are told, and nothing is proved."""
    found, balances = read(last_days(row(valorSaldoAposLancamento=None)))

    assert len(found) == 1
    assert (balances.opening, balances.closing) == (None, None)
    assert "no balance" in balances.reason
