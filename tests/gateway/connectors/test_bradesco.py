"""What is odd about Bradesco."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.connectors import bradesco
from gateway.connectors.bradesco import Bradesco
from gateway.connectors.rows.bradesco import Row
from gateway.errors import AnotherAccount, BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, Account, BalanceAt, Credentials, Period, TransactionType, Verdict
from gateway.statement.assemble import assemble
from simulators.banks import bank_class
from simulators.certify.cases import FIRST, NOW, ledgers
from simulators.certify.compare import differences
from simulators.certify.pure_harness import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

TODAY = NOW.date()
AUTHORITY = Authority()
CONTRACT = contracts.load("bradesco")
BRADESCO = Bradesco(CONTRACT)
ACCOUNT = Account("a", "bradesco", "PJ", "3750", "0755575", "11222333000181", Credentials({}))
YESTERDAY = Period(TODAY - timedelta(days=1), TODAY - timedelta(days=1))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 15))
READINGS = {name: (reading.chosen, *reading.others) for name, reading in CONTRACT.readings.items()}


def row(**more):
    """An entry of ten reais from which 30 remain."""
    return {
        "dataLancamento": "17/03/2026",
        "valorLancamento": "10,00",
        "sinalLancamento": "+",
        "valorSaldoAposLancamento": "30,00",
        "sinalSaldo": "+",
        **more,
    }


def last_days(*rows, **header):
    return {"extratoUltimosLancamentos": {"listaLancamentos": {"Ultimos Lancamentos": list(rows)}, **header}}


def read(body, period=YESTERDAY, account=ACCOUNT):
    """What the connector makes of one answer: its movements and balances."""
    response = httpx.Response(200, content=msgspec.json.encode(body))
    pages, balances = converse(BRADESCO.reading(account, period, TODAY), lambda request: response)
    return [movement for page in pages for movement in BRADESCO.movements(page)], balances


def movement(**more):
    (found,), _ = read(last_days(row(**more)))
    return found


def code_of(body, period=YESTERDAY):
    with pytest.raises(BankFailure) as failure:
        read(body, period)
    return failure.value.code


# --- reading a row


@pytest.mark.parametrize(
    ("sent", "amount"),
    [("1.580,12", "1580.12"), ("80", "80"), ("0.00", "0"), ("0.0", "0"), (8000, "8000"), (0, "0"), ("1.580", "1580")],
)
def test_money_in_mixed_forms(sent, amount):
    """An amount is a Brazilian text, a plain one or a bare number; a dot before three digits is one of thousands."""
    found = movement(valorLancamento=sent, valorSaldoAposLancamento=None)

    assert found.amount == Decimal(amount)
    assert not found.amount.is_signed()


def test_a_bare_number_with_three_decimals_is_no_thousands():
    """In a number, the dot is the decimal sign whatever follows it."""
    body = msgspec.json.encode(last_days(row(valorLancamento=12321, valorSaldoAposLancamento=None)))
    response = httpx.Response(200, content=body.replace(b"12321", b"1.580"))
    pages, _ = converse(BRADESCO.reading(ACCOUNT, YESTERDAY, TODAY), lambda request: response)

    assert [link.amount for link in pages[0].links] == [Decimal("1.580")]


def test_the_balance_finds_a_misread_amount():
    """Were a dot misread, the balance after the row would tell."""
    balances = {"valorSaldoAposLancamento": "1,58", "sinalSaldo": "+"}
    body = last_days(row(), row(valorLancamento="1.580", **balances))

    assert code_of(body) == "unexpected_bank_response"


@pytest.mark.parametrize(
    "wrong",
    [
        {"valorLancamento": None},
        {"valorLancamento": "  "},
        {"valorLancamento": "-10,00"},
        {"valorLancamento": -10},
        {"valorLancamento": "1,580"},
        {"valorLancamento": True},
        {"valorLancamento": {}},
        {"sinalLancamento": None},
        {"sinalLancamento": "C"},
        {"dataLancamento": None},
        {"dataLancamento": "2026-17-03"},
        {"dataLancamento": "17032026"},
        {"sinalSaldo": "C"},
        {"valorSaldoAposLancamento": "x"},
        {"codigoLancamento": "00000", "valorLancamento": None},
        {"sinalLancamento": "", "valorSaldoAposLancamento": None},
        {"valorSaldoAposLancamento": "-30,00"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable day, amount, sign or balance fails the statement."""
    assert code_of(last_days(row(**wrong))) == "unexpected_bank_response"


@pytest.mark.parametrize("sign", [{"sinalLancamento": "-"}, {"sinalLancamento": None, "sinalLacamento": "- "}])
def test_the_sign_stands_in_a_field_that_is_sometimes_misspelt(sign):
    """A debit is told by its sign alone, under either name."""
    assert movement(**sign).amount == -10


@pytest.mark.parametrize(
    ("sent", "balance"),
    [
        ({"valorSaldoAposLancamento": "30,00", "sinalSaldo": "-"}, -30),
        ({"valorSaldoAposLancamento": 0, "sinalSaldo": None}, 0),
        ({"valorSaldoAposLancamento": "30,00", "sinalSaldo": " "}, None),
        ({"valorSaldoAposLancamento": ""}, None),
    ],
)
def test_a_balance_whose_sign_is_missing_is_none(sent, balance):
    """The sign of a balance is never guessed; zero needs none."""
    assert movement(**sent).balance == balance


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TRANSFERENCIA PIX", TransactionType.PIX),
        ("Transferência PIX", TransactionType.PIX),
        ("PIX ENVIADO", TransactionType.PIX),
        ("TARIFA BANCARIA", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("RESG/VENCTO CDB", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("APLIC.INVEST FACIL", TransactionType.OUTROS),
        ("OPERACAO QUE NINGUEM CONHECE", TransactionType.OUTROS),
        ("", TransactionType.OUTROS),
        (None, TransactionType.OUTROS),
    ],
)
def test_the_kind_is_told_by_the_text(text, kind):
    """The beginning of the bank's text tells the kind; what is unknown is OUTROS."""
    assert movement(descritivoLancamentoCompleto=text).type is kind


def test_both_lines_of_the_text():
    """The description is both printed lines without the blanks behind them; nobody is named as the other party."""
    found = movement(
        descritivoLancamentoCompleto="TRANSFERENCIA PIX   ",
        descritivoLancamentoAbreviado="TRANSFE PIX",
        segundaLinhalLancamento="REM: LOJA FICTICIA ME     16/03  ",
    )

    assert found.description == "TRANSFERENCIA PIX REM: LOJA FICTICIA ME     16/03"
    assert found.counterparty is None
    assert movement(descritivoLancamentoAbreviado="SAQUE", segundaLinhalLancamento=7).description == "SAQUE 7"


@pytest.mark.parametrize(
    ("sent", "document"), [("0000000", None), ("0000318", "318"), (318, "318"), ("  ", None), (None, None), (0, None)]
)
def test_documents_are_padded(sent, document):
    """A document loses the zeros in front of it; one of zeros alone is none."""
    assert movement(numeroDocumento=sent).document == document


@pytest.mark.parametrize(
    "previous",
    [
        {"descritivoLancamentoCompleto": "Saldo Anterior", "valorLancamento": "20,00"},
        {"descritivoLancamentoAbreviado": "SALDO ANT", "valorLancamento": None, "dataLancamento": None},
        {"tipoLancamento": "01", "valorLancamento": "0,00"},
        {"tipoLancamento": 1, "valorLancamento": 0},
        {"codigoLancamento": "00000", "valorLancamento": "0.00"},
        {"codigoLancamento": 0, "valorLancamento": "0.0"},
    ],
)
def test_a_previous_balance_is_no_entry(previous):
    """A previous balance is known by its text, or by kind or code where nothing moved, wherever it stands."""
    balance = {"valorSaldoAposLancamento": "20,00", "sinalSaldo": "+"}

    found, balances = read(last_days(row(**balance, **previous), row()))

    assert [entry.amount for entry in found] == [10]
    assert (balances.opening.amount, balances.closing.amount) == (20, 30)


@pytest.mark.parametrize("marks", [{"tipoLancamento": "01"}, {"codigoLancamento": "00000"}, {"codigoLancamento": None}])
def test_a_row_that_moves_money_is_an_entry(marks):
    """Kind or code of a previous balance do not make one of a row that moves money."""
    assert movement(**marks).amount == 10


@pytest.mark.parametrize(
    "title", ["SALDO ANTECIPADO CARTAO", "SALDO ANT. RECEBIVEIS", "Saldo anterior", "SALDO DO DIA"]
)
def test_what_begins_like_a_balance_but_moves_money_is_an_entry(title):
    """Neither lost nor counted as a balance."""
    rows = [
        row(descritivoLancamentoCompleto="SALDO ANT", valorLancamento="0,00", valorSaldoAposLancamento="20,00"),
        row(descritivoLancamentoCompleto=title),
        row(valorSaldoAposLancamento="40,00"),
    ]

    found, balances = read({"extratoUltimosLancamentos": {"listaLancamentos": {"Lancamentos Dia": rows}}})

    assert [(entry.amount, entry.balance) for entry in found] == [(10, 30), (10, 40)]
    assert found[0].description == title
    assert (balances.opening.amount, balances.closing.amount) == (20, 40)


@pytest.mark.parametrize("title", ["TED RECEBIDA", "PIX"])
def test_an_entry_under_the_heading_of_balances(title):
    """What moves money there and is called by no balance is not lost either."""
    lists = {"Saldo Anterior": [row(descritivoLancamentoCompleto=title)]}

    found, balances = read({"extratoUltimosLancamentos": {"listaLancamentos": lists}})

    assert [entry.amount for entry in found] == [10]
    assert (balances.opening.amount, balances.closing.amount) == (20, 30)


@pytest.mark.parametrize("title", ["SALDO DO DIA", "Saldo em conta"])
def test_a_balance_of_another_name_is_no_entry(title):
    """A row that moves nothing and is called a balance is one."""
    found, balances = read(last_days(row(), row(descritivoLancamentoCompleto=title, valorLancamento="0,00")))

    assert [entry.amount for entry in found] == [10]
    assert balances.closing.amount == 30


NO_TEXTS = {
    "dataLancamento": "its day",
    "valorLancamento": "its amount",
    "sinalLancamento": "the direction",
    "sinalLacamento": "the direction, spelt otherwise",
    "valorSaldoAposLancamento": "a balance",
    "sinalSaldo": "the sign of a balance",
    "tipoLancamento": "a code whose values are not published",
    "codigoLancamento": "a code whose values are not published; the text says what it stands for",
}
"""Fields of a row that hold no text of the bank, with what they hold."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    texts = [name for name in Row.__struct_fields__ if name not in NO_TEXTS]
    sent = {name: f"WORD{number}" for number, name in enumerate(texts)}

    found = movement(**sent)

    shown = f"{found.description} {found.document}"
    assert all(word in shown for word in sent.values())


def test_a_short_text_that_says_the_same_is_not_repeated():
    """Only a short text with words of its own is added."""
    same = movement(descritivoLancamentoCompleto="TARIFA BANCARIA", descritivoLancamentoAbreviado="TARIFA BANC")
    other = movement(descritivoLancamentoCompleto="TARIFA BANCARIA", descritivoLancamentoAbreviado="TED INTERNET")

    assert (same.description, other.description) == ("TARIFA BANCARIA", "TARIFA BANCARIA - TED INTERNET")


def test_the_end_to_end_id_of_a_pix_in_its_text():
    """Where the second line has it."""
    identity = "E60746948202603171205abcDEF12345"

    assert movement(segundaLinhalLancamento=f"REM: ANA {identity}").end_to_end_id == identity


# --- the blocks


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


def test_an_amount_of_nothing_needs_no_sign():
    """Nor does it get one."""
    for sent in ("0,00", "-0,00", 0):
        found = movement(valorLancamento=sent, sinalLancamento=None, valorSaldoAposLancamento=None)
        assert (found.amount, found.amount.is_signed()) == (0, False)


@pytest.mark.parametrize("sent", ["-10,00", -10, "10,00"])
def test_a_minus_that_agrees_with_the_sign(sent):
    """An amount and a balance may be written with it besides."""
    found = movement(valorLancamento=sent, sinalLancamento="-", valorSaldoAposLancamento="-30,00", sinalSaldo="-")

    assert (found.amount, found.balance) == (-10, -30)


@pytest.mark.parametrize(
    "written", ["17/03/2026 00:00:00", "17/03/2026T09:30", " 17/03/2026 ", "2026-03-17", "2026-03-17T09:30:00"]
)
def test_days_with_a_time(written):
    """In either order; the time, which no row is known to have, is left alone."""
    assert movement(dataLancamento=written).date == date(2026, 3, 17)


def test_a_second_line_that_is_spelt_rightly():
    """It is told under either name."""
    assert movement(segundaLinhaLancamento="REM: ANA").description == "REM: ANA"


@pytest.mark.parametrize("number", ["00755575", "75557-5", "0075557-5"])
def test_the_number_may_have_its_check_digit(number):
    """Another number is another account."""
    assert read(last_days(row(), numeroConta=number))[0]
    assert code_of(last_days(row(), numeroConta="00755576")) == "unexpected_bank_response"


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


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        [],
        "",
        {"extratoPorPeriodo": None, "extratoUltimosLancamentos": []},
        {"extratoUltimosLancamentos": [{}, {}]},
        {"extratoUltimosLancamentos": {"listaLancamentos": [{}, {}]}},
        {"extratoPorPeriodo": {}},
        {"mensagem": "ALGO"},
    ],
)
def test_answers_without_the_last_days(body):
    """Without the block that alone has yesterday, there is no statement of yesterday."""
    assert code_of(body) == "unexpected_bank_response"


def test_no_day_after_today_is_asked_for():
    """A period that ends today is followed by nothing."""
    days = Period(date(2026, 3, 16), date(2026, 3, 18))

    assert list(bradesco._windows(days, days.last)) == [days]


def test_old_days_do_not_need_the_last_ones():
    """A period before yesterday is read from its history, whatever became of the other block."""
    nothing = {"valorLancamento": "0,00", "valorSaldoAposLancamento": "20,00"}
    rows = [row(descritivoLancamentoCompleto="Saldo Anterior", **nothing), row(dataLancamento="10/03/2026")]
    for latest in (None, {"codigoRetorno": "9", "mensagem": "CTAS0009 - ERRO"}):
        body = {"extratoPorPeriodo": {"lstLancamentoMensal": rows}, "extratoUltimosLancamentos": latest}
        assert [entry.amount for entry in read(body, WEEK)[0]] == [10]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("CTAS0005 - AGENCIA/CONTA INVALIDA", "invalid_account"),
        ("CTAS0006 - CONTA NAO CADASTRADA", "invalid_account"),
        ("CTAS0007 - PERIODO NAO PERMITIDO", "period_out_of_range"),
        ("CTAS0008 - USUARIO NAO AUTORIZADO", "statement_access_denied"),
        ("CTAS0009 - SISTEMA INDISPONIVEL, TENTE NOVAMENTE", "bank_server_error"),
        ("CTAS0010 - ERRO", "unexpected_bank_response"),
        (None, "unexpected_bank_response"),
    ],
)
def test_a_refusal_inside_a_success(message, code):
    """A block that is needed and has a return code other than zero is the failure that its message names."""
    refused = {"codigoRetorno": "99", "mensagem": message}

    assert code_of(last_days(**refused)) == code
    assert code_of({"extratoPorPeriodo": refused, **last_days(row())}, WEEK) == code


def test_a_refusal_is_told_in_the_banks_words():
    """The return code and the message of the block that refuses are what the bank said."""
    body = {
        **last_days(mensagem="CTAS0673 - OK", codigoRetorno=0),
        "extratoPorPeriodo": {"codigoRetorno": 7, "mensagem": "CTAS0007 - X"},
    }
    with pytest.raises(BankFailure) as failure:
        read(body, WEEK)

    assert (failure.value.bank_error.code, failure.value.bank_error.message) == ("7", "CTAS0007 - X")


def test_a_success_with_an_error_body():
    """An error body with status 200 is named like any other."""
    assert code_of({"codigoErro": "1", "descricao": "PERIODO NAO PERMITIDO"}) == "period_out_of_range"


@pytest.mark.parametrize("message", [None, "", 673, ["CTAS0673", "OK"], {"texto": "OK"}, True])
def test_a_message_may_be_anything(message):
    """It says nothing of a block that has rows."""
    assert read(last_days(row(), mensagem=message))[0]


def test_all_texts_of_a_refusal_are_told():
    """Also where they stand in a list."""
    with pytest.raises(BankFailure) as failure:
        read(last_days(codigoRetorno=99.0, mensagem=["CTAS0005", "AGENCIA INVALIDA"]))

    assert (failure.value.bank_error.code, failure.value.bank_error.message) == ("99", "CTAS0005 AGENCIA INVALIDA")


@pytest.mark.parametrize("day", ["17.03.2026", "17-03-2026", "17.03.2026 12:00"])
def test_days_with_other_separators(day):
    """The day stands first in each form."""
    assert movement(dataLancamento=day).date == date(2026, 3, 17)


@pytest.mark.parametrize("code", ["0", "00", "0 ", 0, 0.0, None, ""])
def test_return_codes_of_success(code):
    """Zero in any form, or no code at all, is no refusal."""
    assert read(last_days(row(), codigoRetorno=code))[0]


def test_the_reason_of_an_empty_list_does_not_hide_rows():
    """A block that says there is nothing is believed only when there is nothing."""
    reason = {"codigoRetorno": "4", "mensagem": "NAO HA LANCAMENTOS NO PERIODO"}

    assert read(last_days(**reason))[0] == []
    assert code_of(last_days(row(), **reason)) == "unexpected_bank_response"


@pytest.mark.parametrize(
    "message", ["CLIENTE NAO POSSUI ACESSO A LANCAMENTOS", "USUARIO SEM PERMISSAO PARA MOVIMENTACAO"]
)
def test_a_missing_right_is_no_empty_list(message):
    """A refusal that speaks of entries is not the reason why there are none."""
    assert code_of(last_days(codigoRetorno="99", mensagem=message))


@pytest.mark.parametrize("number", ["0075557", "75557", 75557, "0000000", None])
def test_the_account_may_be_padded(number):
    """The answer's account number is the one asked for, padded, or left out."""
    assert read(last_days(row(), numeroConta=number, digitoConta="5"))[0]


@pytest.mark.parametrize("sent", ["P", "p", "0", 0, " P ", None])
def test_the_check_digit_p_may_come_as_a_zero(sent):
    """Whether the bank sends its P as such is unknown."""
    account = msgspec.structs.replace(ACCOUNT, number="4925136P")
    body = last_days(row(), numeroConta="4925136", digitoConta=sent)

    assert read(body, account=account)[0]
    with pytest.raises(AnotherAccount, match="number"):
        read(last_days(row(), numeroConta="4925136", digitoConta="1"), account=account)


def test_an_answer_about_another_account():
    """Another number is no answer to what was asked; another check digit means that the user mistyped the account."""
    assert code_of(last_days(row(), numeroConta="0075558")) == "unexpected_bank_response"
    assert code_of(last_days(row(), numeroConta="0075557", digitoConta="1")) == "invalid_account"


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


@pytest.mark.parametrize("period", [YESTERDAY, WEEK])
@pytest.mark.parametrize("status", [422, 404, 400])
def test_nothing_found_at_all(period, status):
    """A code in place of the blocks is an empty list without any balance."""
    response = httpx.Response(status, json={"codigoErro": "CTAS0014", "descricao": "NENHUM REGISTRO"})
    pages, balances = converse(BRADESCO.reading(ACCOUNT, period, TODAY), lambda request: response)

    assert [movement for page in pages for movement in BRADESCO.movements(page)] == []
    assert (balances.opening, balances.closing) == (None, None)


@pytest.mark.parametrize("rows", [[], None])
@pytest.mark.parametrize(
    "code", [("14", "CTAS0014 - NENHUM REGISTRO"), ("CTAS0014", "NENHUM REGISTRO"), ("CTAS0014", None)]
)
def test_nothing_found_in_a_block(rows, code):
    """The same code in a block is a reason too, whatever its words and wherever it stands."""
    block = {"codigoRetorno": code[0], "mensagem": code[1], "lstLancamentoMensal": rows}

    found, balances = read({"extratoPorPeriodo": block}, WEEK)

    assert (found, balances.opening, balances.closing) == ([], None, None)


def test_nothing_found_and_rows():
    """A block with that code and rows contradicts itself."""
    block = {"codigoRetorno": "14", "mensagem": "CTAS0014 - NENHUM REGISTRO", "lstLancamentoMensal": [row()]}

    assert code_of({"extratoPorPeriodo": block}, WEEK) == "unexpected_bank_response"


@pytest.mark.parametrize("day", ["08/03/2026", "23/03/2026"])
def test_a_row_of_a_day_that_was_not_asked_for(day):
    """Without balances nothing else would show that it comes again with its own window."""
    block = {"lstLancamentoMensal": [row(dataLancamento=day, valorSaldoAposLancamento=None)]}

    assert code_of({"extratoPorPeriodo": block}, WEEK) == "unexpected_bank_response"


def test_another_refusal_of_the_kind():
    """The same status with another reason stays a failure."""
    response = httpx.Response(422, json={"mensagem": "Tente novamente mais tarde"})
    with pytest.raises(BankFailure) as raised:
        converse(BRADESCO.reading(ACCOUNT, WEEK, TODAY), lambda request: response)

    assert raised.value.code == "bank_server_error"


def test_no_balance_anywhere():
    """Without any balance the entries are told, and nothing is proved."""
    found, balances = read(last_days(row(valorSaldoAposLancamento=None)))

    assert len(found) == 1
    assert (balances.opening, balances.closing) == (None, None)
    assert "no balance" in balances.reason


# --- windows and balances around a period


def ledger(*movements):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, month, day, 9, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for month, day, amount in movements
        ]
    )


LEDGER = ledger(
    (1, 12, "1000"), (2, 20, "5"), (2, 21, "-5"), (3, 1, "10"), (3, 15, "7"), (3, 17, "3"), (3, 17, "4"), (3, 18, "2")
)


def windows(pair):
    """The periods that were asked for, as days of the year 2026."""
    queries = [request.url.params for request in pair.requests if "extratos" in request.url.path]
    return [(query["dataInicio"][:4], query["dataFim"][:4]) for query in queries]


@pytest.mark.parametrize(
    ("first", "last", "asked"),
    [
        ((3, 17), (3, 17), [("1703", "1803")]),
        ((3, 18), (3, 18), [("1803", "1803")]),
        ((2, 15), (3, 17), [("1502", "1603")]),
        ((2, 1), (2, 28), [("0102", "0703")]),
        ((1, 20), (1, 25), [("2001", "0102"), ("1301", "1901"), ("1412", "1201"), ("0202", "0303")]),
        ((1, 1), (3, 10), [("0101", "3001"), ("3101", "0103"), ("0203", "1703")]),
    ],
)
def test_what_is_asked(first, last, asked):
    """Thirty days at a time and a week more; the days around a period only where no balance is told otherwise."""
    pair = PureHarness("bradesco", NOW, source=LEDGER, authority=AUTHORITY)
    period = Period(date(2026, *first), date(2026, *last))

    found = pair.read(period)

    assert windows(pair) == asked
    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []


def test_an_account_that_never_moved():
    """After a year without entries the balance before the period stays unknown, and nothing is claimed of it."""
    pair = PureHarness("bradesco", NOW, scenario="empty", authority=AUTHORITY)

    found = pair.read(WEEK)

    assert (found.opening_balance, found.proof.verdict) == (None, Verdict.NOT_PROVABLE)
    assert found.proof.reason == "the bank tells no balance before the period"
    assert len(windows(pair)) == 4


def test_an_account_that_moved_long_ago_and_never_again():
    """Where nothing follows within a year, the last row's own balance closes the period."""
    opening = LedgerEntry(booked_at=datetime(2024, 6, 3, 9, tzinfo=BRASILIA), amount=Decimal(7), type="PIX")
    pair = PureHarness("bradesco", NOW, source=Fixed([opening]), authority=AUTHORITY)

    found = pair.read(Period(date(2024, 6, 3), date(2024, 6, 4)))

    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (0, 7, Verdict.PROVED)
    assert [first for first, _ in windows(pair)] == ["0306", "1206", "1207"]


REFUSED = "CTAS0007 - PERIODO NAO PERMITIDO"


def look_back(status, body):
    """Read a week whose history is empty while the days before it get this answer."""

    def answer(request):
        of_the_week = request.url.params["dataInicio"] == "09032026"
        return httpx.Response(200, json=last_days()) if of_the_week else httpx.Response(status, json=body)

    return converse(BRADESCO.reading(ACCOUNT, WEEK, TODAY), answer)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"codigoErro": "1", "descricao": REFUSED}),
        (200, {"extratoPorPeriodo": {"codigoRetorno": "7", "mensagem": REFUSED}}),
    ],
)
def test_days_before_what_the_bank_keeps(status, body):
    """That the days before a period are out of the bank's range leaves only its opening balance unknown."""
    _, balances = look_back(status, body)

    assert balances.opening is None


def test_days_before_that_are_refused_otherwise():
    """Any other refusal of the days before a period is told."""
    with pytest.raises(BankFailure):
        look_back(400, {})


# --- the truth in every reading, or a failure


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """Whatever the conflicting points turn out to be, and up to today, the statement is the ledger."""
    pair = PureHarness(
        "bradesco",
        NOW,
        source=data.draw(ledgers(bank_class("bradesco"))),
        parameters=Parameters(readings={name: data.draw(st.sampled_from(all_)) for name, all_ in READINGS.items()}),
        authority=AUTHORITY,
    )
    first = data.draw(st.integers(-3, (TODAY - FIRST).days))
    last = data.draw(st.integers(first, (TODAY - FIRST).days))
    period = Period(FIRST + timedelta(days=first), FIRST + timedelta(days=last))

    statement = pair.read(period)

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert None not in {statement.opening_balance, statement.closing_balance}


def altered(alter, period, call=1):
    """Read with the ledger while one answer is altered, the announced numbers agreeing with what is left."""
    pair = PureHarness("bradesco", NOW, source=LEDGER, authority=AUTHORITY)
    genuine, calls = pair.bank.answer, []

    def answer(request):
        response = genuine(request)
        if "extratos" not in request.url.path:
            return response
        calls.append(request)
        if len(calls) != call:
            return response
        body = msgspec.json.decode(response.content)
        alter(
            body["extratoPorPeriodo"]["lstLancamentoMensal"],
            *body["extratoUltimosLancamentos"]["listaLancamentos"].values(),
        )
        for block in body.values():
            del block["quantidadeLancamentos"]
        return httpx.Response(200, json=body)

    pair.bank.answer = answer
    return pair.read(period)


MONTH = Period(date(2026, 2, 16), date(2026, 3, 16))


@pytest.mark.parametrize(
    ("alter", "period"),
    [
        (lambda history, *_: history.clear(), MONTH),
        (lambda history, *_: history.pop(), MONTH),
        (lambda history, *_: history.pop(1), MONTH),
        (lambda history, *_: history.append(history[-1]), MONTH),
        (lambda history, *_: history.insert(2, history[1]), MONTH),
        (lambda history, *_: (history.reverse(), history.pop(1)), MONTH),
        (lambda history, *_: history.__delitem__(slice(0, 2)), MONTH),
        (lambda history, *_: history.pop(), Period(date(2026, 1, 10), date(2026, 1, 14))),
        (lambda history, *_: history.pop(), Period(date(2026, 1, 10), date(2026, 3, 15))),
        (lambda _, previous, yesterday, today: yesterday.pop(), YESTERDAY),
        (lambda _, previous, yesterday, today: yesterday.append(yesterday[-1]), YESTERDAY),
        (lambda _, previous, yesterday, today: previous[0].update(valorSaldoAposLancamento="1,00"), YESTERDAY),
        (lambda history, previous, *_: previous[0].update(valorSaldoAposLancamento="1,00"), MONTH),
    ],
)
def test_balances_notice_what_is_lost_or_doubled(alter, period):
    """A lost, doubled or moved row breaks the balances even where no number of rows is announced."""
    with pytest.raises(IncoherentPages):
        altered(alter, period)


@pytest.mark.parametrize(
    ("alter", "period"),
    [
        (lambda history, *_: history.__delitem__(slice(1, 3)), MONTH),
        (lambda _, previous, yesterday, today: (yesterday.pop(), today.clear()), YESTERDAY),
    ],
)
def test_balances_alone_do_not_notice_everything(alter, period):
    """What cancels out, and the newest entries of all, are missed only by the announced number of rows."""
    assert altered(alter, period)


def test_a_recent_period_costs_one_request():
    """A period of up to thirty days that ends yesterday is one request; one token serves several periods."""
    pair = PureHarness("bradesco", NOW, authority=AUTHORITY)
    for days in (1, 5, 30):
        pair.read(Period(TODAY - timedelta(days=days), TODAY - timedelta(days=1)))

    assert [request.url.path.rsplit("/", 1)[1] for request in pair.requests] == ["token", *["extratos"] * 3]


def silent_history(previous, *rows):
    """An answer whose history is left out, while the last days begin with a balance."""
    before = row(
        descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento=previous, valorLancamento="0,00"
    )
    body = last_days(*rows)
    body["extratoPorPeriodo"] = None
    body["extratoUltimosLancamentos"]["listaLancamentos"]["Saldo Anterior"] = [before]
    return body


def test_silence_before_a_balance_is_no_empty_history():
    """Money does not come from nowhere: a balance that is not zero stands before days of which nothing was told."""
    body = silent_history("20,00", row(valorSaldoAposLancamento="30,00"))

    with pytest.raises(IncoherentPages, match="left out"):
        read(body, Period(date(2026, 3, 1), YESTERDAY.last))


def test_silence_before_a_balance_of_zero_claims_no_completeness():
    """The last days are given; that nothing came before them was told by nobody."""
    body = silent_history("0,00", row(valorSaldoAposLancamento="10,00"))

    movements, balances = read(body, Period(date(2026, 3, 1), YESTERDAY.last))

    assert [movement.amount for movement in movements] == [10]
    assert balances.opening is None
    assert balances.complete_through == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("last", "closing", "complete_through"),
    [
        (date(2026, 3, 17), None, date(2026, 3, 11)),
        (date(2026, 3, 5), BalanceAt(date(2026, 3, 12), Decimal(30)), date(2026, 3, 12)),
    ],
)
def test_silence_after_the_last_balance_is_no_empty_history(last, closing, complete_through):
    """Without a balance after them, days of which the history is left out are neither proved nor complete."""
    before = row(descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento="20,00", valorLancamento=None)
    history = {"lstLancamentoMensal": [before, row(dataLancamento="10/02/2026")]}
    bodies = iter([last_days() | {"extratoPorPeriodo": history}, last_days()])
    period = Period(date(2026, 2, 10), last)

    _, balances = converse(
        BRADESCO.reading(ACCOUNT, period, TODAY), lambda request: httpx.Response(200, json=next(bodies))
    )

    assert (balances.opening.amount, balances.closing) == (20, closing)
    assert balances.complete_through == complete_through


# --- the order of a list


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


def test_blocks_without_lists_tell_their_message_and_nothing_of_the_holder():
    """The bank's words may name the cause; the name of the client is not one of them."""
    block = {"codigoRetorno": "0", "mensagem": "CONTA ENCERRADA", "nomeCliente": "FULANO DE TAL MANUTENCAO"}
    body = {"extratoUltimosLancamentos": block, "extratoPorPeriodo": [block]}

    with pytest.raises(BankFailure) as caught:
        read(body)
    assert (caught.value.code, caught.value.bank_error.message) == ("account_closed", "CONTA ENCERRADA")


@pytest.mark.parametrize("code", ["0", 0, "0000", "", None, "CTAS0673"])
def test_a_block_that_says_that_it_succeeded_refuses_nothing(code):
    """Its message begins with a code for that, which may stand in the place of the return code too."""
    said = {"codigoRetorno": code, "mensagem": "CTAS0673 - CONSULTA EFETUADA COM SUCESSO"}

    movements, _ = read(last_days(row(), **said))
    assert [movement.amount for movement in movements] == [Decimal("10.00")]


@pytest.mark.parametrize("sent", [318.0, "318", 318, "0000318"])
def test_a_document_may_have_any_form_of_a_number(sent):
    """As gateways that make JSON of XML write them."""
    ((movement,), _) = read(last_days(row(numeroDocumento=sent, codigoLancamento=371.0, tipoLancamento=2.0)))

    assert movement.document == "318"


@pytest.mark.parametrize("sent", [True, 1.5, [], {}, ["1"], None])
def test_a_document_that_is_none_withholds_nothing(sent):
    """It is a label, and what stands in its place tells nothing of the money."""
    ((movement,), _) = read(last_days(row(numeroDocumento=sent, codigoLancamento=sent, tipoLancamento=sent)))

    assert (movement.amount, movement.document) == (Decimal("10.00"), None)
