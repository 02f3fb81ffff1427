"""What is odd about Banco do Brasil."""

import base64
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.connectors.banco_do_brasil import Answer, BancoDoBrasil, Listed
from gateway.errors import BankFailure, ForbiddenRequest, IncoherentPages
from gateway.flow import converse
from gateway.line.guard import check as guarded
from gateway.logs import redact_values
from gateway.model import BRASILIA, Account, Counterparty, Credentials, Period, TransactionType, Verdict
from gateway.redaction.redact import redact
from simulators.banks.banco_do_brasil import BancoDoBrasil as Simulated
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.compare import differences
from simulators.certify.pure_harness import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
TODAY = NOW.date()
CONTRACT = contracts.load("banco_do_brasil")
BANK = BancoDoBrasil(CONTRACT)
CREDENTIALS = {
    "client_id": "id",
    "client_secret": "secret",
    "app_key": "APP-KEY-CANARY",
    "certificate": "certificate",
    "private_key": "key",
    "customer_code": "178961031",
}
ACCOUNT = Account("a", "banco_do_brasil", "PJ", "0297", "0001348X", "11222333000181", Credentials(CREDENTIALS))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
MONTH = Period(date(2026, 2, 10), date(2026, 3, 17))
TAX_ID = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"


def row(amount=1, sign="C", *, stage="1", code=821, document=7, day=10032026, **fields):
    return {
        "indicadorTipoLancamento": stage,
        "dataLancamento": day,
        "codigoHistorico": code,
        "numeroDocumento": document,
        "valorLancamento": amount,
        "indicadorSinalLancamento": sign,
        **fields,
    }


def before(amount, sign="C"):
    return row(amount, sign, code=0, document=0, day=8032026)


def after(amount, sign="C"):
    return row(amount, sign, code=999, document=0, day=13032026)


def page(*rows, following=0, **fields):
    return {"numeroPaginaProximo": following, "listaLancamento": list(rows), **fields}


def read(*pages, period=WEEK, bank=BANK, today=TODAY):
    """The movements, the balances and the queries of a conversation in which the bank gives these pages."""
    queries = []
    answers = iter(pages)

    def answer(request):
        queries.append(dict(request.url.params))
        found = next(answers)
        if found is None:
            return httpx.Response(404)
        return httpx.Response(200, content=found if isinstance(found, bytes) else msgspec.json.encode(found))

    handed, balances = converse(bank.reading(ACCOUNT, period, today), answer)
    assert next(answers, None) is None
    return [movement for each in handed for movement in bank.movements(each)], balances, queries


def one(**fields):
    """The only movement of a row as the bank writes it."""
    body = msgspec.json.encode(page(row(**fields)))
    (movement,) = BANK.movements(Listed(msgspec.json.decode(body, type=Answer).listaLancamento, WEEK))
    return movement


def entry(day, amount, *, month=3, hour=12, **fields):
    moment = datetime(2026, month, day, hour, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type="PIX", description="x", **fields)


def pair(*entries, **more):
    return PureHarness("banco_do_brasil", NOW, source=Fixed(entries) if entries else None, authority=AUTHORITY, **more)


# --- what is asked


@pytest.mark.parametrize(
    ("status", "error", "description", "code"),
    [
        (401, "invalid_client", "Identificador ou credencial inválidos", "invalid_credentials"),
        (400, "invalid_request", "Software cliente não identificado.", "invalid_credentials"),
        (400, "invalid_scope", "Escopo não concedido à aplicação", "statement_access_denied"),
    ],
)
def test_refusals_of_the_token_host(status, error, description, code):
    """In its own words; each is asked for once."""
    answers = iter([httpx.Response(status, json={"error": error, "error_description": description})])

    with pytest.raises(BankFailure) as failure:
        converse(BANK.auth(ACCOUNT).obtain(None, NOW), lambda request: next(answers))

    assert (failure.value.code, failure.value.bank_error.message) == (code, description)


def test_a_created_token():
    """Clients know the token host to say 201 as well."""
    answer = httpx.Response(201, json={"access_token": "t", "token_type": "Bearer", "expires_in": 600})

    _, token = converse(BANK.auth(ACCOUNT).obtain(None, NOW), lambda request: answer)

    assert (token.access, token.expires_at - NOW) == ("t", timedelta(minutes=10))


def test_dates_are_integers_without_a_leading_zero():
    """The first days of a month have seven digits."""
    _, _, (query,) = read(page(before(0), after(0)), period=Period(date(2026, 3, 1), date(2026, 3, 13)))

    assert (query["dataInicioSolicitacao"], query["dataFimSolicitacao"]) == ("1032026", "13032026")


@pytest.mark.parametrize(("wanted", "asked"), [(0, "120"), (1, "50"), (49, "50"), (77, "77"), (200, "120")])
def test_page_sizes_stay_within_what_the_bank_accepts(wanted, asked):
    """A size below 50 or above 120 is never asked for."""
    _, _, (query,) = read(page(before(0), after(0)), bank=BancoDoBrasil(CONTRACT, wanted))

    assert query["quantidadeRegistroPaginaSolicitacao"] == asked


def first_request(account=ACCOUNT):
    return next(BANK.reading(account, WEEK, TODAY))


def test_branch_and_account_go_without_check_digit_and_leading_zeros():
    """The check digit, here an X, is part of the account number and not of the address."""
    assert first_request().url.path == "/v2/conta-corrente/agencia/297/conta/1348"


@pytest.mark.parametrize(("environment", "sent"), [("production", None), ("sandbox", "178961031")])
def test_the_test_customer_is_never_named_in_production(environment, sent):
    """The header goes to the test environment only, whatever the form holds."""
    request = first_request(msgspec.structs.replace(ACCOUNT, environment=environment))

    assert request.headers.get("x-br-com-bb-ipa-mciteste") == sent
    assert (request.url.host in CONTRACT.environments[environment].hosts.values()) is True


def test_the_client_proves_itself_in_the_header_alone():
    """Id and secret stand in a Basic header and not in the form."""
    request = next(BANK.auth(ACCOUNT).obtain(None, NOW))

    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"id:secret"
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "grant_type": "client_credentials",
        "scope": "extrato-info",
    }


# --- what a row is


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


@pytest.mark.parametrize("written", [10032026, "10032026", "10.03.2026", "10/03/2026", "10-03-2026", " 10.03.2026 "])
def test_days_with_separators(written):
    """A client expects dots; the day stands first in each form."""
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
        {"day": "2026-03-10"},
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


# --- lists that do not fit


def shown(*, number=1, rows=1, total=None):
    sent = {"numeroPaginaAtual": number, "quantidadeRegistroPaginaAtual": rows}
    return sent if total is None else {**sent, "quantidadeTotalRegistro": total}


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

    with pytest.raises(IncoherentPages, match="equal rows"):
        read(first, page(row(2), *rows))


@pytest.mark.parametrize("total", [5, 4])
def test_equal_rows_on_two_pages_need_a_total_of_all_rows(total):
    """One that may leave out the balance may as well be that of a list with a row less."""
    pages = page(before(1), row(1), row(2), following=2), page(row(2), row(3))
    sent = [{**each, "quantidadeTotalRegistro": total} for each in pages]

    if total == 5:
        assert len(read(*sent)[0]) == 4
    else:
        with pytest.raises(IncoherentPages, match="equal rows"):
            read(*sent)


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


# --- nothing found


def asked(queries):
    return [(query["dataInicioSolicitacao"], query["dataFimSolicitacao"]) for query in queries]


def test_days_that_are_not_found_are_asked_for_with_the_days_after_them():
    """The second answer shows the balance of the silent days, and that they have no rows."""
    later = page(before(4), row(2, day=16032026), after(6))
    movements, balances, queries = read(None, later)

    assert movements == []
    assert (balances.opening.amount, balances.closing.amount) == (4, 4)
    assert asked(queries) == [("9032026", "13032026"), ("9032026", "18032026")]


def test_a_whole_window_is_moved_on_by_a_day():
    """A window of 31 days cannot be widened; its first day is given up for the one after it."""
    month = Period(date(2026, 1, 1), date(2026, 1, 31))
    _, balances, queries = read(None, page(before(4), row(1, day=1022026), after(5)), period=month)

    assert asked(queries) == [("1012026", "31012026"), ("2012026", "1022026")]
    assert balances.closing.amount == 4


def test_silent_days_that_show_rows_afterwards():
    """A 404 that was none is noticed."""
    with pytest.raises(IncoherentPages, match="were said"):
        read(None, page(before(4), row(2), after(6)))


def test_silent_days_in_the_midst_are_bridged_by_the_balances():
    """What comes after days that were twice not found begins with the balance before them."""
    long = Period(date(2025, 12, 1), date(2026, 2, 15))
    first, last = page(before(4), row(1, day=2122025), after(5)), page(before(5), row(2, day=2022026), after(7))
    movements, balances, _ = read(first, None, None, last, period=long)
    assert [movement.amount for movement in movements] == [1, 2]
    assert (balances.opening.amount, balances.closing.amount) == (4, 7)

    with pytest.raises(IncoherentPages, match="window"):
        read(first, None, None, page(before(6), row(2, day=2022026), after(8)), period=long)


@pytest.mark.parametrize("listed", [[], None, {}, "", " "])
def test_an_empty_list_tells_as_little_as_no_answer(listed):
    """A 200 without rows, its list empty or null, is believed no more than a 404."""
    nothing = {"numeroPaginaProximo": 0, "listaLancamento": listed, "quantidadeTotalRegistro": 0}

    _, balances, queries = read(nothing, page(before(4), after(4)))

    assert balances.opening.amount == 4
    assert len(queries) == 2


def test_a_window_with_only_its_balances_is_proved_at_once():
    """A 200 with balance rows alone needs no second question."""
    _, balances, queries = read(page(before(4, "D"), after(4, "D")))

    assert (balances.opening.amount, balances.closing.amount, len(queries)) == (-4, -4, 1)


def test_an_unknown_account_costs_three_questions():
    """Where not even the latest days are found, there is no such account."""
    reader = pair(scenario="invalid_account")

    with pytest.raises(BankFailure) as failure:
        reader.read(WEEK)

    assert failure.value.code == "invalid_account"
    assert failure.value.bank_error.status == 404
    assert sum(request.extensions["operation"] == "statement" for request in reader.requests) == 3


def test_the_latest_days_are_not_asked_for_twice():
    """When the period asked for is that of the latest days, its 404 is the last word."""
    with pytest.raises(BankFailure, match="invalid_account"):
        read(None, period=Period(TODAY - timedelta(days=30), TODAY))


def test_a_short_period_up_to_today_that_is_not_found():
    """Nothing is wider than a period that ends today; the latest days decide and lead to its balance."""
    _, balances, queries = read(None, page(before(4), row(1, day=1032026), after(5)), period=Period(TODAY, TODAY))

    assert asked(queries) == [("18032026", "18032026"), ("16022026", "18032026")]
    assert (balances.opening.amount, balances.closing.amount) == (5, 5)


def test_the_latest_days_lead_back_to_a_silent_period():
    """Rows before the silent days move the balance, rows after them do not."""
    silent = Period(date(2026, 1, 20), date(2026, 1, 25))
    latest = page(before(4), row(3, day=20022026), after(7))

    _, balances, queries = read(None, None, latest, period=silent)

    assert asked(queries)[1:] == [("20012026", "19022026"), ("16022026", "18032026")]
    assert (balances.opening.amount, balances.closing.amount) == (4, 4)


def test_the_latest_days_may_contradict():
    """Rows on days that were twice not found make no statement."""
    with pytest.raises(IncoherentPages, match="were said"):
        read(
            None,
            None,
            page(before(4), row(3, day=18022026), after(7)),
            period=Period(date(2026, 1, 20), date(2026, 1, 25)),
        )


def test_days_too_far_from_any_row_have_no_balance():
    """An account that exists and was silent for months has an empty statement that nothing proves."""
    reader = pair(entry(17, "5.00", month=12), entry(17, "1.00"))
    reader.clock.put(datetime(2027, 3, 1, 10, tzinfo=BRASILIA))

    statement = reader.read(Period(date(2026, 6, 1), date(2026, 6, 10)))

    assert (statement.entries, statement.opening_balance) == ([], None)
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "so long" in statement.proof.reason


def test_an_answer_with_limits_alone_shows_that_there_is_an_account():
    """Rows that tell only of the present are an account without movements, whose balance then is not known."""
    limits = page(row(9, stage="SD", code=0, document=0), row(9, stage="LC", code=0, document=0))

    _, balances, _ = read(None, limits, limits)

    assert (balances.opening, balances.closing) == (None, None)


@pytest.mark.parametrize(("entries_per_day", "code"), [(0, "invalid_account"), (8, "ok")])
def test_if_not_even_today_had_balances(entries_per_day, code):
    """Should the bank not find the latest days of a dormant account, that account would be taken for unknown."""
    parameters = Parameters(
        entries_per_day=entries_per_day, busy_day_entries=0, readings={"empty_period": "not_found_today"}
    )
    reader = pair(parameters=parameters)
    try:
        statement = reader.read(MONTH)
    except BankFailure as failure:
        assert failure.code == code
    else:
        assert differences(reader.bank, statement, reader.simulated.ledger, MONTH, NOW) == []
        assert code == "ok"


@pytest.mark.parametrize(
    ("name", "reading"), [(name, other) for name, reading in CONTRACT.readings.items() for other in reading.others]
)
def test_every_reading_gives_the_truth(name, reading):
    """Whichever way a conflicting point is, the statement of a month is the ledger, and proved where balances are."""
    reader = pair(parameters=Parameters(readings={name: reading}))

    statement = reader.read(MONTH)

    assert differences(reader.bank, statement, reader.simulated.ledger, MONTH, NOW) == []
    assert statement.proof.verdict is (Verdict.NOT_PROVABLE if name == "balance_rows" else Verdict.PROVED)


# --- the application key is in every address


def failures() -> list[tuple[str, Callable[[httpx.Request], httpx.Response]]]:
    """Answers that repeat the address they were asked by."""
    return [
        (str(status), lambda request, status=status: httpx.Response(status, json={"message": f"GET {request.url}"}))
        for status in (400, 403, 422, 429, 500)
    ] + [("text", lambda request: httpx.Response(500, text=f"cannot GET {request.url}"))]


@pytest.mark.parametrize("answer", [each for _, each in failures()], ids=[name for name, _ in failures()])
def test_a_bank_that_repeats_the_address_does_not_reveal_the_key(answer):
    """What is kept of the bank's words has no application key in it."""
    with pytest.raises(BankFailure) as failure:
        converse(BANK.reading(ACCOUNT, WEEK, TODAY), answer)

    refusal = failure.value
    assert refusal.bank_error.message
    assert CREDENTIALS["app_key"] not in f"{refusal}{refusal.detail}{refusal.bank_error!r}"


def test_the_key_is_in_no_other_text():
    """Neither the guard's refusal nor a log line with an address or a form shows it."""
    request = first_request()
    unlisted = httpx.Request("GET", request.url.copy_with(path="/v2/outra"), extensions={"operation": "statement"})
    with pytest.raises(ForbiddenRequest) as refused:
        guarded(CONTRACT, unlisted)
    logged = redact_values(None, "info", {"event": f"GET {request.url}", "app_key": CREDENTIALS["app_key"]})

    assert CREDENTIALS["app_key"] in str(request.url)
    assert CREDENTIALS["app_key"] not in f"{refused.value}{logged}{redact(str(request.url))}{ACCOUNT.credentials}"


@pytest.mark.parametrize(("word", "amount"), [("c", 2), ("Crédito", 2), (" D ", -2), ("DEBITO", -2)])
def test_directions_in_any_writing(word, amount):
    """Words for the direction are compared without case and accents."""
    (movement,), _, _ = read(page({**row(2), "indicadorSinalLancamento": word}))

    assert movement.amount == amount


@pytest.mark.parametrize("stage", ["sd", "S.D.", " Sd "])
def test_stages_of_balances_in_any_writing(stage):
    """A balance of the present is none of the movements however its stage is written."""
    assert read(page(row(2), row(9, stage=stage, code=5, document=7)))[1].opening is None
    assert len(read(page(row(2), row(9, stage=stage, code=5, document=7)))[0]) == 1


def test_texts_that_came_as_numbers():
    """They are told like any other, and withhold nothing."""
    (movement,), _, _ = read(page(row(2, textoDescricaoHistorico=144, textoInformacaoComplementar="PIX")))

    assert movement.description == "144 - PIX"


def test_what_is_no_tax_id_stays_in_the_text():
    """A number with wrong check digits names nobody and is not lost."""
    name = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"
    (movement,), _, _ = read(page(row(2, textoDescricaoHistorico="PIX", **{name: "12345678900"})))

    assert (movement.description, movement.counterparty) == ("PIX - 12345678900", None)


def refused(status, **body):
    with pytest.raises(BankFailure) as failure:
        converse(BANK.reading(ACCOUNT, WEEK, TODAY), lambda request: httpx.Response(status, **body))
    return failure.value


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Erro inesperado. Contate o suporte", "unexpected_bank_response"),
        ("Entre em contato com sua agência", "unexpected_bank_response"),
        ("Os planos contratados não permitem a operação", "unexpected_bank_response"),
        ("Dados de entrada inconsistentes", "unexpected_bank_response"),
        ("Agência/conta não cadastrada", "invalid_account"),
        ("Conta inválida", "invalid_account"),
        ("Inválida a conta informada", "invalid_account"),
        ("Data inicial posterior à data final", "period_out_of_range"),
        ("O período máximo é de 31 dias", "period_out_of_range"),
    ],
)
@pytest.mark.parametrize("form", ["v1", "v2"])
def test_a_refusal_is_named_by_whole_words_that_say_so(words, code, form):
    """A word that only contains another one, the name of a field and a hint whom to ask are no cause."""
    body = {"erros": [{"codigo": "7", "mensagem": words}]} if form == "v1" else {"code": "7", "message": words}

    for status in (400, 422):
        failure = refused(status, json={**body, "data": "2026-03-10T10:00:00"})
        assert (failure.code, failure.bank_error.message) == (code, words)


def test_a_refusal_with_status_200_keeps_the_banks_words():
    """It is no empty list, and whoever looks into it is told what the bank said."""
    failure = refused(200, json={"erros": [{"codigo": "4", "mensagem": "Operação não realizada"}]})

    assert (failure.code, failure.bank_error.message) == ("unexpected_bank_response", "Operação não realizada")


def test_a_next_page_that_only_the_number_of_pages_tells():
    """Where the number of the next page is left out, the total of pages says whether there is one."""
    pages = {"numeroPaginaProximo": None, "quantidadeTotalPagina": 2}
    first = {**page(row(2)), **pages, "numeroPaginaAtual": 1}
    second = {**page(row(3)), **pages, "numeroPaginaAtual": 2}

    movements, balances, queries = read(first, second)

    assert [each.amount for each in movements] == [2, 3]
    assert [query["numeroPaginaSolicitacao"] for query in queries] == ["1", "2"]
    assert balances.complete_through is None
