"""What is odd about Sicoob."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from contracts.schema import Evidence
from gateway.connectors import parties
from gateway.connectors.rows.sicoob import Row, money
from gateway.connectors.sicoob import Month, Sicoob
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Account, Counterparty, Credentials, Period, Stability, TransactionType, Verdict
from gateway.statement.assemble import assemble
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
TODAY = NOW.date()
AUTHORITY = Authority()
SICOOB = Sicoob(contracts.load("sicoob"))
READINGS = SICOOB.contract.readings
ACCOUNT = Account(
    id="1",
    bank="sicoob",
    kind="PJ",
    branch="3008",
    number="123456",
    holder_tax_id="11222333000181",
    credentials=Credentials({"client_id": "c", "certificate": "pem", "private_key": "key"}),
)


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"transacoes": list(rows)})
    return list(SICOOB.movements(msgspec.json.decode(body, type=Month)))


def row(**fields):
    return {"tipo": "DEBITO", "valor": "1.00", "dataLote": "2026-03-10", **fields}


def ledger(*movements, kind="PIX"):
    """A ledger of (month, day, amount)."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime(2026, month, day, 9, 30, tzinfo=BRASILIA),
                amount=Decimal(amount),
                type=kind,
                description="texto",
            )
            for month, day, amount in movements
        ]
    )


def pair_of(source, **readings):
    return PureHarness("sicoob", NOW, source=source, parameters=Parameters(readings=readings), authority=AUTHORITY)


def answers(period, *bodies, today=TODAY):
    """What the connector makes of these answers, and the months and days it asked for."""
    flow = SICOOB.reading(ACCOUNT, period, today)
    waiting = iter(bodies)
    asked, months, reply = [], [], None
    while True:
        try:
            event = flow.send(reply)
        except StopIteration as stop:
            return stop.value, asked, months
        reply = None
        if isinstance(event, httpx.Request):
            query = event.url.params
            asked.append((event.url.path.partition("extrato/")[2], query["diaInicial"], query["diaFinal"]))
            reply = httpx.Response(200, json={"mensagens": [], "resultado": next(waiting)})
        else:
            months.append(event)


@pytest.mark.parametrize(
    ("sent", "amount"),
    [("1555.05", "1555.05"), ("1.555,05", "1555.05"), ("1555,05", "1555.05"), ("7", "7"), (1555.05, "1555.05")],
)
def test_amounts_are_texts_with_a_dot(sent, amount):
    """A dot is decimal unless there is a comma; numbers are as exact as texts."""
    assert read(row(valor=sent, tipo="CREDITO"))[0].amount == Decimal(amount)


@pytest.mark.parametrize(("sent", "amount"), [("CREDITO", 1), ("C", 1), ("credito ", 1), ("DEBITO", -1), ("D", -1)])
def test_the_sign_stands_in_tipo(sent, amount):
    """Amounts have no sign; `tipo` has it, as a word or a letter."""
    assert read(row(tipo=sent, descricao="CRÉD.DÉB."))[0].amount == amount


@pytest.mark.parametrize("sent", ["-10.00", "-10,00", -10])
def test_a_debit_may_carry_its_minus(sent):
    """It is the same entry with and without."""
    usual, found = read(row(valor="10.00"))[0], read(row(valor=sent))[0]

    assert (found.amount, found.content) == (usual.amount, usual.content)


def test_a_debit_of_nothing_has_no_sign():
    """Zero is zero, whatever its direction."""
    assert str(read(row(valor="0.00"))[0].amount) == "0.00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "-1.00", "tipo": "CREDITO"},
        {"valor": "1,555.05"},
        {"valor": "1.5.5,00"},
        {"valor": "string"},
        {"valor": ""},
        {"valor": None},
        {"valor": {}},
        {"tipo": "ESTORNO"},
        {"dataLote": "10/13/2026"},
        {"dataLote": "3/10/2026"},
        {"dataLote": ""},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement, alone and in its month."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"
    with pytest.raises(BankFailure, match="cannot be read"):
        answers(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [row(**wrong)]})


@pytest.mark.parametrize("written", ["10/03/2026", " 10/03/2026 00:00 ", "2026-03-10"])
def test_a_day_in_either_form(written):
    """A client in production expects days with slashes, too; they can be read in one way and leave the id as it is."""
    (movement,) = read(row(dataLote=written))

    assert movement.date == date(2026, 3, 10)
    assert movement.content == read(row())[0].content


@pytest.mark.parametrize("absent", ["valor", "tipo", "dataLote"])
def test_a_row_cannot_do_without(absent):
    """Amount, direction and day of booking must be there."""
    sparse = {name: value for name, value in row().items() if name != absent}
    with pytest.raises(BankFailure):
        answers(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [sparse]})


@pytest.mark.parametrize("sent", [{}, {"transactionId": None}, {"transactionId": " "}, {"transactionId": []}])
def test_rows_without_an_id(sent):
    """An id that is absent, null, blank or no text is none."""
    (movement,) = read(row(numeroDocumento=None, cpfCnpj=None, descricao=None, descInfComplementar=None, **sent))

    assert (movement.bank_id, movement.document, movement.counterparty, movement.description) == (None, None, None, "")


@pytest.mark.parametrize(("sent", "identity"), [("4C19A0-77B2E1", "4C19A0-77B2E1"), (" 7 ", "7"), (7, "7")])
def test_an_id_may_be_a_number(sent, identity):
    """A number is as good as a text, and blanks around it mean nothing."""
    assert read(row(transactionId=sent))[0].bank_id == identity


@pytest.mark.parametrize(
    ("sent", "amount"), [(b"1.23456789E7", "12345678.9"), (b"1E2", "100"), (b"1555.05", "1555.05")]
)
def test_numbers_may_have_an_exponent(sent, amount):
    """A program that writes a large number so means no other amount; in balances likewise."""
    body = b'{"saldoAnterior": %b, "transacoes": [{"tipo": "D", "valor": %b, "dataLote": "2026-03-10"}]}' % (sent, sent)
    month = msgspec.json.decode(body, type=Month)

    assert [movement.amount for movement in SICOOB.movements(month)] == [-Decimal(amount)]
    assert money(month.saldoAnterior) == Decimal(amount)


def test_a_single_row_may_stand_without_its_list():
    """As gateways write it that turn a list of one into the one."""
    sent = {"saldoAnterior": "10.00", "saldoAtual": "9.00", "transacoes": row()}

    balances, _, months = answers(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert [movement.amount for month in months for movement in SICOOB.movements(month)] == [-1]
    assert (balances.closing.amount, balances.contradictions) == (9, ())


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("2026-03-10T10:27", datetime(2026, 3, 10, 10, 27, tzinfo=BRASILIA)),
        ("2026-03-10T10:27:05", datetime(2026, 3, 10, 10, 27, 5, tzinfo=BRASILIA)),
        ("2026-03-10T00:00:00", None),
        ("2026-03-10T00:00", None),
        ("2026-03-10", None),
        ("2026-02-19T10:00", None),
        ("2026-03-11T08:00", None),
        ("ontem", None),
        (None, None),
        (20260310, None),
    ],
)
def test_data_is_the_instant_of_booking_only_sometimes(sent, instant):
    """Midnight and other days are no instant of booking; the day of booking is always `dataLote`."""
    (movement,) = read(row(data=sent))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), instant)


@pytest.mark.parametrize(
    ("text", "document", "kind"),
    [
        ("PIX EMITIDO OUTRA IF", "Pix", TransactionType.PIX),
        ("TRANSF. RECEBIDA", "Pix", TransactionType.PIX),
        ("CRÉD.LIQUIDAÇÃO COBRANÇA", "1", TransactionType.BOLETO),
        ("CRED.LIQUIDACAO COBRANCA", "1", TransactionType.BOLETO),
        ("DÉB.CONV.DEMAIS EMPRESAS", "BANDEIRA X", TransactionType.CONVENIO_ARRECADACAO),
        ("CR COMPRAS BANDEIRA X", "1", TransactionType.CARTAO),
        ("TARIFA PACOTE SERVIÇOS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("TARIFA COBRANÇA", "1", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("CRÉD.TED-STR", "1", TransactionType.TED),
        ("DÉB.TIT.COMPE EFETIVADO", "1", TransactionType.BOLETO),
        ("DÉB.TÍTULO COBRANÇA", "1", TransactionType.BOLETO),
        ("CRED.TRANSF.CONTAS INTERCREDIS", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("CR ANTECIPAÇÃO BANDEIRA X", "1", TransactionType.CARTAO),
        ("DEP.DINHEIRO", "1", TransactionType.DEPOSITO),
        ("RESGATE RDC", "1", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("DÉBITO PACOTE SERVIÇOS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("INTEGRALIZAÇÃO DE CAPITAL", "1", TransactionType.OUTROS),
        ("TARIFA PIX RECEBIDO", "Pix", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("EST.PIX EMIT.OUT.IF", "Pix", TransactionType.PIX),
        ("DÉBITO TED", "1", TransactionType.TED),
        ("DEB.EMI.TED DIF.TIT", "1", TransactionType.TED),
        ("EST. PIX EMITIDO OUTRA IF - MESMA TIT.", "1", TransactionType.PIX),
        ("CRÉD. DEVOLUÇÃO PIX", "1", TransactionType.PIX),
        ("TRANSF. PIX SICOOB", "1", TransactionType.PIX),
        ("CRÉD.LIQ.COBRANÇA", "1", TransactionType.BOLETO),
        ("DÉB.TIT. COBRANÇA EFETIVADO", "1", TransactionType.BOLETO),
        ("DÉB. PAGAMENTO DE BOLETO", "1", TransactionType.BOLETO),
        ("DB.CONV.TR FD-RFB", "1", TransactionType.CONVENIO_ARRECADACAO),
        ("DB.TR.C.DIF.TIT.INT", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("CRED.TR.CT.INTERCRE", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("COMP MASTER MAESTRO", "1", TransactionType.CARTAO),
        ("CR ANT MSTD", "1", TransactionType.CARTAO),
        ("DEB PACOTE TARIFAS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("CR ANTERIOR", "1", TransactionType.OUTROS),
    ],
)
def test_the_kind_is_in_the_text(text, document, kind):
    """There is no field for the kind; the bank's texts begin alike, and every Pix has the same document."""
    assert read(row(descricao=text, numeroDocumento=document))[0].type is kind


def test_the_document_of_a_pix_is_none():
    """What stands on every Pix tells no two apart; numbers and texts of other rows are kept."""
    sent = ("Pix", "PIX ", 1029, "BANDEIRA X")
    found = read(*(row(numeroDocumento=document) for document in sent))

    assert [movement.document for movement in found] == [None, None, "1029", "BANDEIRA X"]
    assert [movement.type for movement in found[:2]] == [TransactionType.PIX] * 2


@pytest.mark.parametrize(
    ("sent", "tax_id", "text"),
    [
        ("Recebimento Pix|@12.345.678 0001-95|@", "12345678000195", "Recebimento Pix 12.345.678 0001-95"),
        ("Pagamento Pix |@84.G7V.SUO 0001-28|@", "84G7VSUO000128", "Pagamento Pix 84.G7V.SUO 0001-28"),
        ("Pagamento Pix|@***.456.789-**|@", "***.456.789-**", "Pagamento Pix ***.456.789-**"),
        ("Pix|@PADARIA MODELO|@", None, "Pix PADARIA MODELO"),
        ("E00000000202603101027abcdefghijk", None, "E00000000202603101027abcdefghijk"),
        ("12.345.678 0001-95", None, "12.345.678 0001-95"),
        ("", None, ""),
        (None, None, ""),
        (["texto", {"mais": "outro"}], None, "texto outro"),
        (7, None, "7"),
    ],
)
def test_the_other_party_stands_between_marks(sent, tax_id, text):
    """A CNPJ between the marks is the other party; a masked CPF is shown as masked; free text is not."""
    (movement,) = read(row(descInfComplementar=sent))

    assert movement.counterparty == parties.counterparty(tax_ids=[tax_id])
    assert movement.description == text


@pytest.mark.parametrize(
    ("sent", "name", "tax_id"),
    [
        ("Recebimento Pix|@PADARIA MODELO LTDA|@12.345.678 0001-95|@", "PADARIA MODELO LTDA", "12345678000195"),
        ("Recebimento Pix|@ANA MODELO|@***.456.789-**|@almoco", "ANA MODELO", "***.456.789-**"),
        ("Recebimento Pix|@ANA MODELO|@***.456.78", "ANA MODELO", None),
        ("Recebimento Pix|@ANA MODELO|@**", "ANA MODELO", None),
        ("Recebimento Pix|@COMERCIO DE MATERIAIS DE CONSTRUCAO MODE|@LO LTDA|@12.345.678 0001-95|@",
         "COMERCIO DE MATERIAIS DE CONSTRUCAO MODELO LTDA", "12345678000195"),
        ("Pagamento Pix|@12.345.678 0001-95|@festa junina", None, "12345678000195"),
    ],
)  # fmt: skip
def test_a_received_pix_names_the_payer_before_the_tax_id(sent, name, tax_id):
    """What stands before the tax id is a name, broken after forty signs; what stands behind it is the payer's text."""
    (movement,) = read(row(descInfComplementar=sent, numeroDocumento="Pix"))

    assert movement.counterparty == parties.counterparty(name=name, tax_ids=[tax_id])


@pytest.mark.parametrize(
    "sent",
    [
        "Pagamento Pix|@***.456.7|@123.456.789-09",
        "Pagamento Pix|@***.456.7|@11987654321",
        "Pagamento Pix|@12.345.678 000|@",
        "Pagamento Pix|@12.345.678 0001-9",
    ],
)
def test_neither_the_payers_text_nor_a_remnant_is_a_tax_id(sent):
    """A number in the text of whoever paid, or what is left of a tax id that was cut off, names nobody."""
    assert read(row(descInfComplementar=sent))[0].counterparty is None


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("FAV.: VIMERCATI MATERIAL DE CONSTRUCAO L|@TDA", "VIMERCATI MATERIAL DE CONSTRUCAO LTDA"),
        ("REM.: ALFA MODELO LTDA", "ALFA MODELO LTDA"),
        ("Fav.:ANA MODELO", "ANA MODELO"),
        ("FAVELA MODELO", None),
        ("ALFA REM.: BETA", None),
        ("FAV.:", None),
    ],
)
def test_a_transfer_names_the_other_party_behind_a_word_of_the_banks(sent, name):
    """Whom it favours or who sent it; the text keeps that word."""
    (found,) = read(row(descricao="DÉB.TRANSF.CONTAS", descInfComplementar=sent))

    assert found.counterparty == (Counterparty(name=name) if name else None)
    assert found.description == f"DÉB.TRANSF.CONTAS - {sent.replace('|@', '')}"


def test_a_text_broken_after_forty_signs_is_one_again():
    """A part of full width goes on in the next, a shorter one ended in a blank; a tax id is never glued on."""
    sent = "Pagamento Pix|@***.456.789-**|@manutencao da piscina da chacara Burle M|@arx paga por|@Ana"
    named = f"Recebimento Pix|@{'A' * 40}|@12.345.678 0001-95|@"
    first, second = read(row(descInfComplementar=sent), row(descInfComplementar=named))

    assert first.description == "Pagamento Pix ***.456.789-** manutencao da piscina da chacara Burle Marx paga por Ana"
    assert second.description == f"Recebimento Pix {'A' * 40} 12.345.678 0001-95"


def test_a_tax_id_of_its_own_goes_first():
    """The rare field for the tax id is taken before the marks."""
    (movement,) = read(row(cpfCnpj="123.456.789-09", descInfComplementar="Pix|@12.345.678 0001-95|@"))

    assert movement.counterparty == Counterparty(tax_id="12345678909")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"mensagens": [], "resultado": null}',
        b'{"mensagens": [], "resultado": {}}',
        b'{"mensagens": [], "resultado": {"transacoes": null, "saldoLimite": "0.00"}}',
        b'{"resultado": []}',
        b'{"resultado": {"transacoes": "", "saldoAnterior": " ", "saldoAtual": ""}}',
        b'{"resultado": {"transacoes": "nada", "saldoAnterior": "1.00", "saldoAtual": "1.00"}}',
        b'{"saldo": "10.00"}',
        b"<html></html>",
        b"",
    ],
)
def test_a_success_that_is_no_statement(body):
    """An answer with neither rows nor balances is never an empty month."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY)
    next(flow)
    with pytest.raises(BankFailure) as failure:
        flow.send(httpx.Response(200, content=body))
    assert failure.value.code == "unexpected_bank_response"


def test_the_banks_words_in_a_success_without_a_statement():
    """They stand in a list of objects, and are told with the failure."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY)
    next(flow)
    said = [{"mensagem": "Serviço em processamento noturno.", "codigo": "2077"}]

    with pytest.raises(BankFailure) as failure:
        flow.send(httpx.Response(200, json={"mensagens": said, "resultado": None}))

    assert failure.value.code == "unexpected_bank_response"
    assert (failure.value.bank_error.code, failure.value.bank_error.message) == ("2077", said[0]["mensagem"])


CHEQUE = {"tipo": "CREDITO", "valor": "100.00", "numeroDocumento": "116"}


@pytest.mark.parametrize(
    "text", ["DEP.CHEQUE BLOQ.1D", "DEP CH.CANAL ATEND.1D", "Dep. Cheque Bloq.2d", "DEPÓSITO BLOQUEADO 1D"]
)
@pytest.mark.parametrize("month", [2, 3])
def test_a_cheque_that_is_blocked_at_first_is_told_twice(text, month):
    """When it is deposited, which is in no balance, and when it is set free; the first is never final."""
    rows = [
        row(**CHEQUE, descricao=text, dataLote=f"2026-{month:02}-10"),
        row(**CHEQUE, descricao="LIBERAÇÃO DE DEPÓSITO BLOQUEADO", dataLote=f"2026-{month:02}-11"),
        row(tipo="CREDITO", descricao="DEP CHEQUE COOP/AG", dataLote=f"2026-{month:02}-12"),
    ]
    period = Period(date(2026, month, 1), date(2026, month, 13))
    following = {"saldoAnterior": "111.00", "saldoAtual": "111.00", "transacoes": []}

    balances, _, months = answers(
        period, {"saldoAnterior": "10.00", "saldoAtual": "111.00", "transacoes": rows}, *[following] * (month == 2)
    )
    movements = [movement for part in months for movement in SICOOB.movements(part)]
    statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, NOW)

    assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == ("proved", 10, 111)
    assert [(entry.amount, entry.stability, entry.blocked) for entry in statement.entries] == [
        (100, "provisional", True),
        (100, "final", False),
        (1, "final", False),
    ]


def test_a_cheque_that_is_still_blocked():
    """Whether the present balance has it or not, the entries are proved and it is not final."""
    cheque = row(**CHEQUE, descricao="DEP.CHEQUE BLOQ.1D")
    period = Period(date(2026, 3, 9), date(2026, 3, 12))
    for present in ("10.00", "110.00"):
        sent = {"saldoAnterior": "10.00", "saldoAtual": present, "saldoBloqueado": "100.00", "transacoes": [cheque]}
        balances, _, months = answers(period, sent)
        movements = [movement for part in months for movement in SICOOB.movements(part)]
        statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, NOW)

        assert (statement.proof.verdict, statement.closing_balance) == ("proved", Decimal(present))
        assert [entry.stability for entry in statement.entries] == ["provisional"]


def posts_nothing(statement):
    """The present balance, of which it is only assumed what is in it, disproves the entries."""
    assert statement.contradicted
    assert statement.proof.verdict is Verdict.DISPROVED
    assert "balance_mismatch" in [warning.code for warning in statement.warnings]
    assert Stability.FINAL not in {entry.stability for entry in statement.entries}
    assert statement.complete_through < statement.period.first


@pytest.mark.parametrize("list_told", [{}, {"transacoes": None}, {"transacoes": []}, {"transacoes": ""}])
def test_balances_without_rows_are_an_empty_month(list_told):
    """A month that has balances needs no list, if the balances agree."""
    period = Period(date(2026, 3, 9), date(2026, 3, 10))

    balances, _, _ = answers(period, {"saldoAnterior": "5.00", "saldoAtual": "5.00", **list_told})
    assert balances.closing.amount == balances.opening.amount == 5
    contradicted, _, _ = answers(period, {"saldoAnterior": "5.00", "saldoAtual": "6.00", **list_told})
    assert [each.evidence for each in contradicted.contradictions] == [Evidence.ASSUMED]
    assert contradicted.closing.amount == 6


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        ((date(2026, 3, 17), date(2026, 3, 17)), [("3/2026", "1", "18")]),
        ((date(2026, 3, 1), date(2026, 3, 18)), [("3/2026", "1", "18")]),
        ((date(2026, 2, 10), date(2026, 2, 11)), [("2/2026", "1", "28"), ("3/2026", "1", "2")]),
        (
            (date(2025, 12, 30), date(2026, 2, 1)),
            [("12/2025", "19", "31"), ("1/2026", "1", "31"), ("2/2026", "1", "28"), ("3/2026", "1", "2")],
        ),
        ((date(2026, 1, 31), date(2026, 3, 2)), [("1/2026", "1", "31"), ("2/2026", "1", "28"), ("3/2026", "1", "18")]),
    ],
)
def test_months_are_asked_whole(period, asked):
    """From the first day of a month, unless the bank does not reach back to it, to its end or today, and no more."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}

    assert answers(Period(*period), *[empty] * 9)[1] == asked


def test_on_the_first_of_a_month():
    """On the first day the present month holds one day, and closes the month before."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}
    period = Period(date(2026, 2, 26), date(2026, 2, 28))

    assert answers(period, empty, empty, today=date(2026, 3, 1))[1] == [("2/2026", "1", "28"), ("3/2026", "1", "1")]


def test_the_oldest_month_has_no_opening_balance():
    """Where the month cannot be asked from its first day, its balance before is not the one needed."""
    source = ledger((1, 5, "10"), (2, 5, "1"), (3, 5, "1"))
    pair = pair_of(source)

    statement = pair.read(Period(date(2025, 12, 20), date(2026, 3, 16)))

    assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == ("not_provable", None, 12)
    assert statement.proof.reason == "the bank gave no balance for one end of the months asked for"
    assert len(statement.entries) == 3


def test_months_must_lead_to_each_other():
    """What a month lacks shows in the balance before the next one."""
    january = {"saldoAnterior": "0.00", "transacoes": [row(dataLote="2026-01-10", tipo="C")]}
    february = {"saldoAnterior": "2.00", "transacoes": []}

    with pytest.raises(IncoherentPages, match="before 2026-02-01"):
        answers(Period(date(2026, 1, 9), date(2026, 2, 2)), january, february)


def test_a_month_over_must_lead_to_the_next_one():
    """The balance that closes a month is checked as well, though only one end lies in the period."""
    february = {"saldoAnterior": "0.00", "transacoes": [row(dataLote="2026-02-10", tipo="C")]}

    with pytest.raises(IncoherentPages, match="before 2026-03-01"):
        answers(Period(date(2026, 2, 9), date(2026, 2, 10)), february, {"saldoAnterior": "2.00", "transacoes": []})


def test_a_month_without_balances_is_bridged():
    """A month in between that tells no balance is proved by its neighbours."""
    period = Period(date(2026, 1, 9), date(2026, 3, 10))
    january = {"saldoAnterior": "1.00", "transacoes": [row(dataLote="2026-01-10", tipo="C")]}
    february = {"transacoes": [row(dataLote="2026-02-10", tipo="C")]}
    march = {"saldoAnterior": "3.00", "saldoAtual": "3.00", "transacoes": []}

    balances, _, _ = answers(period, january, february, march)
    assert (balances.opening.amount, balances.closing.amount) == (1, 3)
    with pytest.raises(IncoherentPages):
        answers(period, january, {**february, "transacoes": []}, march)


@pytest.mark.parametrize("unknown", ["saldoAnterior", "saldoAtual"])
def test_without_a_balance_nothing_is_proved(unknown):
    """A balance that the bank leaves out is not made up."""
    sent = {"saldoAnterior": "1.00", "saldoAtual": "1.00", "transacoes": []}
    del sent[unknown]
    balances, _, _ = answers(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert balances.closing is None
    assert (balances.opening is None) is (unknown == "saldoAnterior")


def test_a_balance_that_cannot_be_read():
    """Filler text in place of a balance is no statement."""
    with pytest.raises(BankFailure, match="cannot be read"):
        answers(Period(date(2026, 3, 9), date(2026, 3, 10)), {"saldoAnterior": "string", "transacoes": []})


def test_an_entry_of_another_month():
    """A month that holds entries of another one is not the month that was asked for."""
    with pytest.raises(IncoherentPages, match="holds an entry of 2026-02-10"):
        answers(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [row(dataLote="2026-02-10")]})


def test_entries_after_today_are_in_no_balance():
    """Scheduled entries come unmarked; the present balance leaves them out."""
    coming = [row(), row(dataLote="2026-03-19")]
    sent = {"saldoAnterior": "1.00", "saldoAtual": "0.00", "transacoes": coming}

    assert answers(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)[0].closing.amount == 0


@pytest.mark.parametrize(
    ("present", "limit", "blocked", "judicial"),
    [
        ("100.00", "500.00", "20.00", "3.00"),
        ("600.00", "500.00", "20.00", "3.00"),
        ("80.00", "500.00", "20.00", "3.00"),
        ("577.00", "500.00", "20.00", "3.00"),
        ("600,00", 500, None, ""),
        ("600.00", "-500.00", "20.00", "3.00"),
        ("120.00", "500.00", "20.00", "3.00"),
        ("103.00", "500.00", "20.00", "3.00"),
        ("77.00", "500.00", "20.00", "3.00"),
        ("80.00", "string", "20.00", {}),
    ],
)
def test_the_rows_tell_what_the_present_balance_includes(present, limit, blocked, judicial):
    """The limit may be in the present balance, blocked amounts may be missing in it; anything else disproves."""
    sums = {"saldoLimite": limit, "saldoBloqueado": blocked, "saldoBloqueioJudicial": judicial}
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, **sums, "transacoes": [row()]}
    period = Period(date(2026, 3, 9), date(2026, 3, 10))

    assert answers(period, sent)[0].closing.amount == 100
    contradicted = answers(period, {**sent, "transacoes": [row(valor="1.01")]})[0]
    assert [each.evidence for each in contradicted.contradictions] == [Evidence.ASSUMED]


@pytest.mark.parametrize(
    ("name", "other"),
    [(name, other) for name, reading in READINGS.items() for other in reading.others if other != "no_content"],
)
def test_every_reading_gives_the_truth(name, other):
    """Whichever way the bank means it, the statement is the ledger, and proved."""
    pair = pair_of(
        ledger((1, 5, "90"), (2, 3, "-4"), (2, 3, "-4"), (2, 28, "1"), (3, 1, "2"), (3, 18, "5")), **{name: other}
    )
    for period in (
        Period(date(2026, 1, 20), date(2026, 2, 3)),
        Period(date(2026, 2, 3), date(2026, 3, 17)),
        Period(date(2026, 3, 2), date(2026, 3, 17)),
    ):
        statement = pair.read(period)

        # Rows of older versions have no id, whatever the contract says of the present one.
        blurred = {"id"} if other == "without_id" else set()
        assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW, blurred=blurred) == []
        assert statement.proof.verdict is Verdict.PROVED


def test_a_month_without_content_is_believed_only_between_balances():
    """Where the bank answers 204 for a month, the balances on both sides of it must show that nothing moved."""
    pair = pair_of(ledger((1, 5, "90"), (3, 5, "2")), empty_month="no_content")

    with pytest.raises(BankFailure) as failure:
        pair.read(Period(date(2026, 2, 3), date(2026, 3, 17)))
    proved = pair.read(Period(date(2026, 1, 3), date(2026, 3, 17)))

    assert failure.value.code == "unexpected_bank_response"
    assert [entry.amount for entry in proved.entries] == [90, 2]
    assert proved.proof.verdict is Verdict.PROVED


def test_a_period_that_ends_today():
    """The present day is asked for and told, as provisional."""
    statement = pair_of(ledger((3, 5, "10"), (3, 18, "1"))).read(Period(date(2026, 3, 17), TODAY))

    assert [entry.stability for entry in statement.entries] == ["provisional"]
    assert (statement.opening_balance, statement.closing_balance) == (10, 11)


def test_boletos_are_not_read_in_batches():
    """Boletos settled on one day are entries of their own."""
    pair = pair_of(ledger((3, 5, "10"), (3, 5, "20"), kind="BOLETO"))

    assert [e.amount for e in pair.read(Period(date(2026, 3, 5), date(2026, 3, 5))).entries] == [10, 20]


@given(
    amounts=st.lists(st.integers(1, 300).map(Decimal), min_size=1, max_size=6),
    place=st.integers(0, 5),
    month=st.sampled_from((2, 3)),
    twice=st.booleans(),
    with_id=st.booleans(),
)
def test_a_list_that_is_not_whole_is_noticed(amounts, place, month, twice, with_id):
    """A row that is missing or comes twice is no statement; in the present month, one that is disproved."""
    source = ledger(*[(month, 1 + n, amount) for n, amount in enumerate(amounts)])
    pair = pair_of(source, row_form="with_id" if with_id else "without_id")
    honest = pair.bank.answer

    def damaged(request):
        response = honest(request)
        body = response.json()
        if rows := body.get("resultado", {}).get("transacoes"):
            place_in = place % len(rows)
            rows[place_in : place_in + 1] = rows[place_in : place_in + 1] * (2 if twice else 0)
        return httpx.Response(response.status_code, json=body)

    pair.bank.answer = damaged

    period = Period(date(2026, month, 1), date(2026, month, 10))
    if month == TODAY.month and not (twice and with_id):
        posts_nothing(pair.read(period))
    else:
        with pytest.raises(IncoherentPages):
            pair.read(period)


def test_ids_outlive_the_period_and_the_month_before():
    """The same entry has the same id when read alone and within three months, with and without the bank's id."""
    movements = [(1, 5, "90"), (2, 3, "-4"), (2, 3, "-4"), (3, 5, "2")]
    for form in ("with_id", "without_id"):
        pair = pair_of(ledger(*movements), row_form=form)
        long = pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))
        short = pair.read(Period(date(2026, 2, 3), date(2026, 2, 3)))

        assert [e.id for e in long.entries if e.date == date(2026, 2, 3)] == [e.id for e in short.entries]
        assert len({e.id for e in long.entries}) == 4


def test_leading_zeros_and_the_header():
    """The account number travels as a number, the client id as a header with an underscore."""
    account = msgspec.structs.replace(ACCOUNT, number="00123456")
    request = next(SICOOB.reading(account, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY))

    assert request.url.params["numeroContaCorrente"] == "123456"
    assert request.url.params["agruparCNAB"] == "false"
    assert request.headers["client_id"] == "c"
    assert SICOOB.client_certificate(account) == ("pem", "key")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (None, "cco_consulta"),
        ("cco_consulta", "cco_consulta"),
        ("cco_extrato cco_saldo", "cco_extrato cco_saldo"),
        ("openid cco_transferencias", "cco_consulta"),
    ],
)
def test_one_family_of_scopes(typed, asked):
    """Reading scopes of one family are asked for, never both and never a scope that moves money."""
    held = {**ACCOUNT.credentials.values, **({"scope": typed} if typed else {})}
    account = msgspec.structs.replace(ACCOUNT, credentials=Credentials(held))
    request = next(SICOOB.auth(account).obtain(None, NOW))

    form = dict(httpx.QueryParams(request.content.decode()))
    assert form == {"grant_type": "client_credentials", "client_id": "c", "scope": asked}


def test_a_token_of_five_minutes_is_renewed_on_the_way():
    """Months read slowly cost one token each five minutes, and no more."""
    pair = pair_of(ledger((1, 5, "90")))
    honest = pair.bank.answer

    def slow(request):
        response = honest(request)
        pair.clock.advance(timedelta(seconds=120))
        return response

    pair.bank.answer = slow
    pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))

    assert [request.extensions["operation"] for request in pair.requests] == [
        "token", "statement", "statement", "token", "statement"
    ]  # fmt: skip


@pytest.mark.parametrize("last", [date(2026, 3, 13), date(2026, 3, 16), date(2026, 3, 18)])
def test_a_weekend_that_comes_again_is_taken_once(last):
    """Under its own day and under Monday's: the balances tell that it moved once, also across the end of a month."""
    twins = [(2, 28, "7.00"), (2, 28, "7.00"), (3, 2, "1.00"), (3, 7, "-2.00"), (3, 8, "-2.00"), (3, 15, "5.00")]
    source = ledger((1, 5, "100.00"), *twins)
    parameters = Parameters(publication="weekend_dated_anew", readings={"weekends": "sent_twice"})
    pair = PureHarness("sicoob", NOW, source=source, parameters=parameters, authority=AUTHORITY)
    period = Period(date(2026, 2, 20), last)

    found = pair.read(period)

    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []
    assert found.proof.verdict is Verdict.PROVED
    assert "duplicate_suspected" in [warning.code for warning in found.warnings]


def test_equal_payments_on_sunday_and_monday_are_two():
    """The balances count both, so both stay."""
    source = ledger((1, 5, "100.00"), (3, 8, "-2.00"), (3, 9, "-2.00"))
    pair = PureHarness("sicoob", NOW, source=source, authority=AUTHORITY)

    found = pair.read(Period(date(2026, 3, 6), date(2026, 3, 10)))

    assert [entry.date.day for entry in found.entries] == [8, 9]
    assert found.proof.verdict is Verdict.PROVED
    assert "duplicate_suspected" not in [warning.code for warning in found.warnings]


def test_a_lost_row_does_not_pass_for_a_weekend_that_came_again():
    """Two equal payments and a lost one that makes up for them: not all of the weekend comes again."""
    source = ledger((1, 5, "100.00"), (3, 7, "9.00"), (3, 8, "5.00"), (3, 9, "5.00"), (3, 10, "-5.00"))
    pair = PureHarness("sicoob", NOW, source=source, authority=AUTHORITY)
    honest = pair.bank.answer

    def lossy(request):
        response = honest(request)
        body = response.json()
        if rows := body.get("resultado", {}).get("transacoes"):
            rows[:] = [row for row in rows if row["dataLote"] != "2026-03-10"]
        return httpx.Response(response.status_code, json=body)

    pair.bank.answer = lossy
    posts_nothing(pair.read(Period(date(2026, 3, 6), date(2026, 3, 13))))


def test_a_present_balance_of_another_meaning_withholds_nothing():
    """What is assumed of `saldoAtual` may be wrong at an account for ever; its entries are given all the same."""
    sent = {"saldoAnterior": "1000.00", "saldoAtual": "1505.00", "saldoLimite": "2000.00"}
    rows = [row(tipo="CREDITO", valor="5.00", dataLote="2026-03-10T00:00")]
    period, now = Period(date(2026, 3, 1), date(2026, 3, 15)), datetime(2026, 3, 20, 12, tzinfo=BRASILIA)

    balances, _, months = answers(period, {**sent, "transacoes": rows}, today=now.date())
    movements = [movement for month in months for movement in SICOOB.movements(month)]
    statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, now)

    posts_nothing(statement)
    assert [entry.amount for entry in statement.entries] == [5]
    assert "1505.00" in statement.proof.reason


@pytest.mark.parametrize("present", ["99.50", "20.00"])
def test_a_court_s_block_before_the_period_may_be_left_out(present):
    """Each sum that the answer tells may be the difference; half of one, or another one, is none."""
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, "saldoBloqueioJudicialAnterior": "80.00"}

    balances, _, _ = answers(Period(date(2026, 3, 9), date(2026, 3, 10)), {**sent, "transacoes": [row()]})

    assert len(balances.contradictions) == (present != "20.00")


@pytest.mark.parametrize("present", ["string", [], True])
def test_a_present_balance_that_is_none_withholds_nothing(present):
    """It only proves: the rows are given without it."""
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, "transacoes": [row()]}

    balances, _, months = answers(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert balances.closing is None
    assert sum(len(month.rows) for month in months) == 1


def test_no_day_after_today_is_asked_for():
    """The month before is closed by the first days of this one, of which those to come are left out."""
    empty = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}
    period = Period(date(2026, 10, 1), date(2026, 10, 31))

    asked = answers(period, empty, empty, today=date(2026, 11, 1))[1]

    assert asked == [("10/2026", "1", "31"), ("11/2026", "1", "1")]


@pytest.mark.parametrize("text", ["DEBITO PAGAMENTO SALARIO", "DÉB.PAGAMENTO SALÁRIO", "Pagamento Salário"])
def test_texts_are_compared_without_case_accents_and_punctuation(text):
    """However the bank writes it."""
    (movement,) = read(row(descricao=text))

    assert movement.type is TransactionType.FOLHA_PAGAMENTO


NO_TEXTS = {
    "tipo": "the direction",
    "valor": "its amount",
    "dataLote": "its day",
    "data": "the instant of booking where it lies on that day",
}
"""Fields of a row that hold no text of the bank, with what they hold."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    sent = {name: f"WORD{number}" for number, name in enumerate(Row.__struct_fields__) if name not in NO_TEXTS}

    (found,) = read(row(**sent))

    shown = f"{found.description} {found.document} {found.bank_id}"
    assert all(word in shown for word in sent.values())


@pytest.mark.parametrize(
    ("sent", "party", "kept"),
    [
        ("123.456.789-09", Counterparty(tax_id="12345678909"), False),
        ("***.456.789-**", Counterparty(tax_id_masked="***.456.789-**"), False),
        ("123.456.789-00", None, True),
        ("ISENTO", None, True),
    ],
)
def test_what_is_no_tax_id_stays_in_the_text(sent, party, kept):
    """Nothing in the field for the tax id is lost, and nothing of it is said twice."""
    (found,) = read(row(cpfCnpj=sent, descricao="TEXTO"))

    assert (found.counterparty, found.description) == (party, f"TEXTO - {sent}" if kept else "TEXTO")


def test_two_tax_ids_are_both_kept():
    """One of them is the other party's, the other stays in the text."""
    (found,) = read(row(cpfCnpj="***.456.789-**", descInfComplementar="Pix|@ALFA|@12.345.678 0001-95|@"))

    assert found.counterparty == Counterparty(name="ALFA", tax_id="12345678000195")
    assert found.description == "Pix ALFA 12.345.678 0001-95 - ***.456.789-**"


def test_the_payers_own_text_is_a_note():
    """What stands behind the tax id, made one again where it was broken; it stays in the description as well."""
    identity = "E02038232202603101205abcDEF12345"
    sent = f"Recebimento Pix|@ANA MODELO|@***.456.789-**|@{'A' * 40}|@lmoco {identity}"
    found, none = read(row(descInfComplementar=sent), row(descInfComplementar="Recebimento Pix|@ANA MODELO"))

    assert found.note == f"{'A' * 40}lmoco {identity}"
    assert found.note in found.description
    assert found.end_to_end_id == identity
    assert (none.note, none.end_to_end_id) == (None, None)


@pytest.mark.parametrize("wrapped", [lambda month: [month], lambda month: month])
def test_the_wrapping_may_hold_a_list(wrapped):
    """Of which there is one statement."""
    month = {"saldoAnterior": "10.00", "saldoAtual": "9.00", "transacoes": [row(dataLote=" 2026-03-10")]}

    (movement,) = SICOOB.movements(month_of({"resultado": wrapped(month)}))

    assert (movement.date, movement.amount) == (date(2026, 3, 10), -1)


@pytest.mark.parametrize("nothing", ["", [], None, {}])
def test_a_success_that_is_a_refusal_keeps_its_words(nothing):
    """The bank's message is told, whatever stands where the statement should."""
    refusal = {"mensagens": [{"mensagem": "Sistema em manutenção", "codigo": "99"}], "resultado": nothing}

    with pytest.raises(BankFailure) as failure:
        month_of(refusal)

    assert failure.value.bank_error.message == "Sistema em manutenção"


def month_of(body):
    """The statement in the first answer about a month."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 1), TODAY), TODAY)
    next(flow)
    return flow.send(httpx.Response(200, json=body))
