"""What a row of Bradesco says of a movement."""

from datetime import date
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.connectors.rows.bradesco import Row
from gateway.flow import converse
from gateway.model import TransactionType
from tests.gateway.connectors.bradesco.answers import (
    ACCOUNT,
    BRADESCO,
    TODAY,
    YESTERDAY,
    code_of,
    last_days,
    movement,
    read,
    row,
)


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
        {"sinalLancamento": "X"},
        {"dataLancamento": None},
        {"dataLancamento": "2026-17-03"},
        {"dataLancamento": "20263103"},
        {"sinalSaldo": "X"},
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
    ("sign", "amount"), [("C", 10), ("D", -10), ("Crédito", 10), ("debito ", -10), (" +", 10), ("saída", -10)]
)
def test_directions_in_any_writing(sign, amount):
    """As at the other banks, of an amount and of a balance; a blank one leaves the other name's."""
    assert movement(sinalLancamento=sign).amount == amount
    assert movement(sinalLancamento=" ", sinalLacamento=sign).amount == amount
    assert movement(sinalSaldo=sign).balance == 3 * amount


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


@pytest.mark.parametrize("day", ["17.03.2026", "17-03-2026", "17.03.2026 12:00", "17032026"])
def test_days_with_other_separators(day):
    """The day stands first in each form; a client reads days without separators, as they stand in the request."""
    assert movement(dataLancamento=day).date == date(2026, 3, 17)


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
