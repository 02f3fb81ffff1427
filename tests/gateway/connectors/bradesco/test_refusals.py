"""Answers of Bradesco that refuse, say nothing, find nothing, or tell of another account."""

from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.errors import AnotherAccount, BankFailure
from gateway.flow import converse
from tests.gateway.connectors.bradesco.answers import (
    ACCOUNT,
    BRADESCO,
    TODAY,
    WEEK,
    YESTERDAY,
    code_of,
    last_days,
    read,
    row,
)


@pytest.mark.parametrize("number", ["00755575", "75557-5", "0075557-5"])
def test_the_number_may_have_its_check_digit(number):
    """Another number is another account."""
    assert read(last_days(row(), numeroConta=number))[0]
    assert code_of(last_days(row(), numeroConta="00755576")) == "unexpected_bank_response"


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
