"""What a row of Banco do Brasil says of a movement."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.banco_do_brasil import Answer, StatementPage
from gateway.errors import BankFailure
from gateway.model import Counterparty, Period, TransactionType
from tests.gateway.connectors.banco_do_brasil.answers import (
    BANK,
    TODAY,
    WEEK,
    after,
    before,
    entry,
    page,
    pair,
    read,
    row,
)

TAX_ID = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"


def one(**fields):
    """The only movement of a row as the bank writes it."""
    body = msgspec.json.encode(page(row(**fields)))
    (movement,) = BANK.movements(StatementPage(msgspec.json.decode(body, type=Answer).listaLancamento, WEEK))
    return movement


@pytest.mark.parametrize(
    ("day", "read_as"), [(1032026, date(2026, 3, 1)), ("01032026", date(2026, 3, 1)), (11032026, date(2026, 3, 11))]
)
def test_days_are_read_with_and_without_leading_zero(day, read_as):
    """Seven digits or eight, a number or a text."""
    assert one(day=day).date == read_as


@pytest.mark.parametrize(
    ("written", "sign", "amount"),
    [
        ("1079.00", "C", "1079"),
        ("60.97", "D", "-60.97"),
        ("90071992547409.93", "C", "90071992547409.93"),
        ("320.500", "C", "320.500"),
        ("-60.97", "d", "-60.97"),
        ('"1.234,56"', "C", "1234.56"),
        ('"60.97"', "D", "-60.97"),
        ("2e1", "C", "20"),
        ("0", "", "0"),
    ],
)
def test_the_sign_stands_in_a_field_of_its_own(written, sign, amount):
    """The amount is read exactly and has the direction of the sign; zero needs none."""
    assert one(amount=msgspec.Raw(written.encode()), sign=sign).amount == Decimal(amount)


@pytest.mark.parametrize("zero", [b"0", b"-0.00", b"-0", b'"-0,00"', b'"-0.00"'])
@pytest.mark.parametrize("sign", ["C", "D", None])
def test_nothing_has_no_sign(zero, sign):
    """A row of zero reais is kept, and its zero is an ordinary one."""
    assert not one(amount=msgspec.Raw(zero), sign=sign).amount.is_signed()


@pytest.mark.parametrize(
    "written",
    [
        *(10032026, "10032026", "10.03.2026", "10/03/2026", "10-03-2026", " 10.03.2026 "),
        *("2026-03-10", "2026-03-10T00:00:00", " 2026-03-10 "),
    ],
)
def test_days_with_separators(written):
    """One client expects dots, one slashes and one the order of ISO 8601."""
    assert one(day=written).date == date(2026, 3, 10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"amount": None},
        {"amount": "NaN"},
        {"amount": "1.580"},
        {"amount": "1,580"},
        {"amount": "R$ 1"},
        {"amount": 1e30},
        {"sign": "X"},
        {"sign": None},
        {"day": 0},
        {"day": None},
        {"day": 31022026},
        {"day": "10/3/2026"},
        {"day": "2026-10-32"},
        {"day": 102026},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable day, amount, direction or stage fails the statement, while it is read and afterwards."""
    with pytest.raises(BankFailure) as failure:
        one(**wrong)
    assert failure.value.code == "unexpected_bank_response"

    with pytest.raises(BankFailure) as failure:
        read(page(before(0), row(**wrong), after(1)))
    assert failure.value.code == "unexpected_bank_response"


def test_a_row_may_have_only_what_it_needs():
    """Day, amount, direction and stage suffice; without a history code the type is OUTROS."""
    bare = {
        "indicadorTipoLancamento": 1,
        "dataLancamento": 9032026,
        "valorLancamento": 2,
        "indicadorSinalLancamento": "D",
    }
    movements, _, _ = read(page(before(2), bare, after(0)))

    assert [(m.amount, m.type, m.description, m.document, m.counterparty) for m in movements] == [
        (Decimal(-2), TransactionType.OUTROS, "", None, None)
    ]


@pytest.mark.parametrize(
    ("odd", "told"),
    [(True, "REF 1"), (1.5, "1.5 - REF 1"), (["x"], "x - REF 1"), ({"x": "y"}, "y - REF 1"), (None, "REF 1")],
)
def test_a_field_of_another_type_that_nothing_depends_on(odd, told):
    """A reserved field may be anything, and refuses no statement; its text is told."""
    names = ("textoCampoIndeterminado", "textoDescricaoHistorico", TAX_ID, "indicadorTipoPessoaContrapartida")
    found = one(**dict.fromkeys(names, odd), textoInformacaoComplementar="REF 1")

    assert (found.description, found.counterparty) == (told, None)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (7032026, "Pix - movimento de 07/03/2026"),
        ("07032026", "Pix - movimento de 07/03/2026"),
        ("07.03.2026", "Pix - movimento de 07/03/2026"),
        (7032026.0, "Pix - movimento de 07/03/2026"),
        (99992026, "Pix - dataMovimento 99992026"),
        ("ontem", "Pix - dataMovimento ontem"),
        *((same, "Pix") for same in (10032026, "10032026", 0, "0", "", " ", None, True, [], {})),
    ],
)
def test_the_day_of_a_back_dated_row_is_told(sent, told):
    """It is filled where it is another one than that of the booking, and takes no part in the identity."""
    found = one(textoDescricaoSubHistorico="Pix", dataMovimento=sent)

    assert (found.date, found.description) == (date(2026, 3, 10), told)
    assert found.content == one(textoDescricaoSubHistorico="Pix").content


def test_whole_numbers_with_a_point():
    """A number is the same with a decimal point behind it."""
    found = one(document=40811093300123.0, day=9032026.0, code=821.0, numeroISPB=60701190.0)

    assert (found.document, found.date, found.type) == ("40811093300123", date(2026, 3, 9), TransactionType.PIX)
    assert found.counterparty.ispb == "60701190"


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"textoDescricaoSubHistorico": "Cobrança  ", "textoInformacaoComplementar": ""}, "Cobrança"),
        ({"textoDescricaoHistorico": "Cobrança", "textoInformacaoComplementar": "REF 1 "}, "Cobrança - REF 1"),
        ({"textoDescricaoSubHistorico": "", "textoDescricaoHistorico": "Antigo"}, "Antigo"),
        ({"textoDescricaoSubHistorico": None, "textoInformacaoComplementar": "só isto"}, "só isto"),
    ],
)
def test_text_under_either_name(fields, description):
    """The text stands under the name of the OpenAPI document or under that of the portal's table."""
    assert one(**fields).description == description


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (None, "Pix - Agendamento", TransactionType.PIX),
        (4321, "TED-Crédito em Conta", TransactionType.TED),
        (4321, "Tarifa Pacote de Serviços", TransactionType.PACOTE_TARIFA_SERVICOS),
        (393, "Pix", TransactionType.TED),
        (798, "BB Rende Fácil", TransactionType.OUTROS),
        (None, None, TransactionType.OUTROS),
    ],
)
@pytest.mark.parametrize("name", ["textoDescricaoSubHistorico", "textoDescricaoHistorico"])
def test_the_text_tells_a_kind_that_no_code_tells(code, text, kind, name):
    """The bank publishes no list of its codes."""
    assert one(code=code, **{name: text}).type is kind


BRASIL = Counterparty(bank="001", branch="0033", ispb="00000000", bank_name="BCO DO BRASIL S.A.")


@pytest.mark.parametrize(
    ("fields", "party"),
    [
        ({"numeroISPB": 60701190}, Counterparty(bank="341", ispb="60701190", bank_name="ITAÚ UNIBANCO S.A.")),
        ({TAX_ID: "11222333000181"}, Counterparty(tax_id="11222333000181")),
        ({TAX_ID: "11.222.333/0001-81"}, Counterparty(tax_id="11222333000181")),
        ({TAX_ID: "84.g7v.suo/0001-28"}, Counterparty(tax_id="84G7VSUO000128")),
        ({TAX_ID: 1234567890, "indicadorTipoPessoaContrapartida": "F"}, Counterparty(tax_id="01234567890")),
        ({TAX_ID: "00001234567890", "indicadorTipoPessoaContrapartida": "f "}, Counterparty(tax_id="01234567890")),
        ({TAX_ID: 191, "indicadorTipoPessoaContrapartida": "J"}, Counterparty(tax_id="00000000000191")),
        ({TAX_ID: 1234567890}, None),
        ({TAX_ID: 0, "indicadorTipoPessoaContrapartida": "J"}, None),
        ({TAX_ID: "00000000000", "indicadorTipoPessoaContrapartida": " "}, None),
        ({TAX_ID: "***456789**", "indicadorTipoPessoaContrapartida": "F"}, Counterparty(tax_id_masked="***456789**")),
        (
            {"codigoBancoContrapartida": 1, "codigoAgenciaContrapartida": 33},
            BRASIL,
        ),
        ({"codigoBancoContrapartida": 0, "codigoAgenciaContrapartida": "0000"}, None),
        (
            {"numeroContaContrapartida": "00000000000000098765", "textoDigitoVerificadorContaContrapartida": "X"},
            Counterparty(account="98765X"),
        ),
        (
            {"numeroContaContrapartida": 98765, "textoDigitoVerificadorContaContrapartida": 4},
            Counterparty(account="987654"),
        ),
        ({"numeroContaContrapartida": "0" * 20, "textoDigitoVerificadorContaContrapartida": "0"}, None),
        ({"textoInformacaoComplementar": "10/03 11:09 11222333000181 PADARIA AUR"}, None),
    ],
)
def test_the_other_party(fields, party):
    """A tax id of any form, bank, branch and account with check digit; nothing is guessed from the text."""
    assert one(**fields).counterparty == party


@pytest.mark.parametrize(
    ("fields", "party"),
    [
        (
            {"numeroCpfCnpjContrapartida": 1234567890, "indicadorTipoPessoaContrapartida": "F"},
            Counterparty(tax_id="01234567890"),
        ),
        (
            {TAX_ID: "", "numeroCpfCnpjContrapartida": "11222333000181"},
            Counterparty(tax_id="11222333000181"),
        ),
        (
            {"numeroContaContrapartida": "0098765", "textoDvContaContrapartida": "X"},
            Counterparty(account="98765X"),
        ),
        (
            {"numeroISPB": 0, "codigoIdentificadorSistemaPagamento": "60701190"},
            Counterparty(bank="341", ispb="60701190", bank_name="ITAÚ UNIBANCO S.A."),
        ),
        (
            {"CodigoIdentificadorSistemaPagamento": 60701190},
            Counterparty(bank="341", ispb="60701190", bank_name="ITAÚ UNIBANCO S.A."),
        ),
    ],
)
def test_the_other_party_under_older_names(fields, party):
    """The bank's documents differ in names; nothing is dropped for being under the other one."""
    assert one(**fields).counterparty == party


PIX_ID = "E6074694820260310140912345678901"


@pytest.mark.parametrize(
    ("fields", "identity"),
    [
        ({"textoIdentificadorUnicoTransacao": PIX_ID}, PIX_ID),
        ({"TextoIdentificadorUnicoTransacao": f"{PIX_ID} "}, PIX_ID),
        ({"textoInformacaoComplementar": f"REF {PIX_ID}"}, PIX_ID),
        ({"textoIdentificadorUnicoTransacao": "BB0001112223334445552026"}, None),
        ({"textoIdentificadorUnicoTransacao": 0}, None),
    ],
)
def test_the_end_to_end_id_of_a_pix(fields, identity):
    """Where the unique id of the transaction, or the complement, has its form."""
    assert one(**fields).end_to_end_id == identity


@pytest.mark.parametrize(
    "listed",
    [
        row(2),
        {"0": before(1), "1": row(2), "2": after(3)},
        {"lancamento": row(2)},
    ],
)
def test_a_list_in_another_form(listed):
    """One document declares an object: a row that is alone, or rows under keys."""
    movements, _, _ = read({"numeroPaginaProximo": 0, "listaLancamento": listed})

    assert [each.amount for each in movements] == [2]


@pytest.mark.parametrize("listed", ["linha", {"total": 3}, {"erros": []}, 7])
def test_what_is_no_list_is_no_empty_one(listed):
    """Nothing is left out as unknown."""
    with pytest.raises(BankFailure) as failure:
        read({"numeroPaginaProximo": 0, "listaLancamento": listed})
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("document", "shown"), [(0, None), ("0", None), (None, None), (40811093300123, "40811093300123"), ("0012", "0012")]
)
def test_documents(document, shown):
    """Zero stands for no document."""
    assert one(document=document).document == shown


def test_the_id_that_comes_a_day_later_changes_nothing():
    """An entry that was read on its day has the same id on the next, when the bank has given it one of its own."""
    reader = pair(entry(10, "1.00"), entry(18, "2.00", hour=9), entry(18, "2.00", hour=9))
    today = Period(TODAY, TODAY)
    first = reader.read(today)
    reader.clock.advance(timedelta(days=1))
    second = reader.read(today)

    assert [e.id for e in first.entries] == [e.id for e in second.entries]
    assert {e.id_basis for e in second.entries} == {"derived"}
    assert [e.stability for e in first.entries + second.entries] == ["provisional"] * 2 + ["final"] * 2


def test_every_text_is_found_in_the_entry():
    """Each text of a full row.

    Left out: numbers of the bank's own books (batch, branch of origin, sub-history, confederation), whose words the
    texts are; the unique id, which the bank fills a day later and nobody has seen kept; the day of a movement that was
    dated back, which is the date of no balance.
    """
    sent = {
        "textoDescricaoSubHistorico": "subhistorico",
        "textoDescricaoHistorico": "historico",
        "textoInformacaoComplementar": "complemento",
        "textoCampoIndeterminado": "indeterminado",
        TAX_ID: "11222333000181",
        "codigoBancoContrapartida": 341,
        "numeroISPB": 60701190,
        "codigoAgenciaContrapartida": 1234,
        "numeroContaContrapartida": "98765",
        "textoDigitoVerificadorContaContrapartida": "X",
    }

    movement = one(document=4242, **sent)

    entry = msgspec.json.encode(msgspec.structs.replace(movement, content=b"")).decode()
    for text in (*map(str, sent.values()), "4242"):
        assert text in entry


@pytest.mark.parametrize(("word", "amount"), [("c", 2), ("Crédito", 2), (" D ", -2), ("DEBITO", -2)])
def test_directions_in_any_writing(word, amount):
    """Words for the direction are compared without case and accents."""
    (movement,), _, _ = read(page({**row(2), "indicadorSinalLancamento": word}))

    assert movement.amount == amount


def test_texts_that_came_as_numbers():
    """They are told like any other, and withhold nothing."""
    (movement,), _, _ = read(page(row(2, textoDescricaoHistorico=144, textoInformacaoComplementar="PIX")))

    assert movement.description == "144 - PIX"


def test_what_is_no_tax_id_stays_in_the_text():
    """A number with wrong check digits names nobody and is not lost."""
    name = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"
    (movement,), _, _ = read(page(row(2, textoDescricaoHistorico="PIX", **{name: "12345678900"})))

    assert (movement.description, movement.counterparty) == ("PIX - 12345678900", None)
