"""What is odd about Santander."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.connectors import parties
from gateway.connectors.rows.santander import Balance, Row
from gateway.connectors.santander import Santander, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import OPTIONAL
from gateway.flow import converse as drive
from gateway.judgement import failure_of
from gateway.model import BRASILIA, AvailableBalance, Counterparty, Period, TransactionType
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
SANTANDER = Santander(contracts.load("santander"))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
MONTH = Period(date(2026, 2, 16), date(2026, 3, 17))


def body(*rows, total=None, **pageable):
    """An answer as the bank writes it."""
    counted = {"totalRecords": str(len(rows)) if total is None else total, **pageable}
    return {"_pageable": counted, "_content": list(rows)}


def row(**fields):
    return {"creditDebitType": "DEBITO", "amount": "1.00", "transactionDate": "10/03/2026", **fields}


def read(*rows):
    """The movements of rows."""
    return list(SANTANDER.movements(msgspec.json.decode(msgspec.json.encode(body(*rows)), type=StatementPage)))


def converse(*answers, period=WEEK):
    """The conversation of a period, each request being answered with the next body."""
    pair = PureHarness("santander", NOW)
    flow = pair.connector.reading(pair.account, period, NOW.date())
    left = list(answers)
    pages, reply = [], None
    try:
        while True:
            event = flow.send(reply)
            reply = None
            if isinstance(event, httpx.Request):
                if not event.extensions.get(OPTIONAL):
                    reply = httpx.Response(200, json=left.pop(0))
            else:
                pages.append(event)
    except StopIteration:
        return [movement for page in pages for movement in pair.connector.movements(page)]


def ledger(*movements):
    """Pix of given days and amounts, in this order."""
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for day, amount in movements
        ]
    )


def asked(pair):
    """First day, last day, page and page size of each statement request."""
    names = ("initialDate", "finalDate", "_offset", "_limit")
    return [tuple(r.url.params[n] for n in names) for r in pair.requests if "statements" in r.url.path]


# --- rows


@pytest.mark.parametrize(("written", "amount"), [("636.27", "-636.27"), (24.9, "-24.9"), (7, "-7"), ("0", "0")])
def test_amounts_are_texts_or_numbers(written, amount):
    """An amount is a text as a rule and a number sometimes, and is exact in both forms."""
    assert read(row(amount=written))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "1234,50"},
        {"amount": "1.234,50"},
        {"amount": 1234.5},
        {"transactionDate": "2026-03-10"},
        {"transactionDate": "10-03-2026"},
        {"transactionDate": "2026-03-10T00:00:00"},
    ],
)
def test_another_form_of_amount_or_day_is_the_same_entry(other):
    """It is read, and known by the same content as the form that the bank uses."""
    usual, found = read(row(amount="1234.50")), read(row(**{"amount": "1234.50", **other}))

    assert found == usual


def test_the_present_balance_with_a_comma():
    """It is read as an amount is."""
    sent = b'{"availableAmount": "-1.234,50"}'

    assert msgspec.json.decode(sent, type=Balance).available == Decimal("-1234.50")


@pytest.mark.parametrize(
    ("direction", "sign"),
    [
        ("CREDITO", 1),
        ("CRÉDITO", 1),
        ("CREDIT", 1),
        ("c", 1),
        ("DEBITO", -1),
        ("Débito", -1),
        ("DEBIT ", -1),
        ("D", -1),
    ],
)
def test_directions_in_any_words(direction, sign):
    """The direction is told in Portuguese, in English or by a letter."""
    assert read(row(creditDebitType=direction))[0].amount == sign


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "-1.00"},
        {"amount": "1.555"},
        {"amount": "NaN"},
        {"amount": None},
        {"creditDebitType": "ESTORNO"},
        {"creditDebitType": None},
        {"amount": ""},
        {"amount": "1.234,5678"},
        {"transactionDate": "2026-02-30"},
        {"transactionDate": "31/02/2026"},
        {"transactionDate": None},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        converse(body(row(**wrong)))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PIX RECEBIDO", TransactionType.PIX),
        ("TARIFA PIX ENVIADO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Ted Recebida", TransactionType.TED),
        ("DEP DINHEIRO BCO 24H", TransactionType.DEPOSITO),
        ("DEPÓSITO EM CHEQUE", TransactionType.DEPOSITO),
        ("RESGATE CONTAMAX AUTOMATICO", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("APLICACAO CONTAMAX", TransactionType.OUTROS),
        ("TRANSF VALORES P/C/C MESMO TITULAR", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("DÉBITO AUTOMÁTICO", TransactionType.CONVENIO_ARRECADACAO),
        ("TEDIO", TransactionType.OUTROS),
        ("Tarifa-Pix.Enviado", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("TRANSF.VALORES P/ C/C", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("Débito  automático", TransactionType.CONVENIO_ARRECADACAO),
        ("Juros Cheque-Especial", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        (None, TransactionType.OUTROS),
    ],
)
def test_types_come_from_the_banks_text(name, kind):
    """Only whole words of the bank's own text tell a type; a fee for a Pix is a fee."""
    assert read(row(transactionName=name))[0].type is kind


def test_the_text_is_name_and_complement():
    """Nothing of the bank's text is lost but blanks at the ends."""
    both, name, complement, none = read(
        row(transactionName="PIX ENVIADO  ", historicComplement="Padaria Modelo "),
        row(transactionName="SEGURO", historicComplement=""),
        row(historicComplement="REF 7"),
        row(),
    )

    assert [m.description for m in (both, name, complement, none)] == [
        "PIX ENVIADO - Padaria Modelo",
        "SEGURO",
        "REF 7",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "complement", "tax_id"),
    [
        ("PIX RECEBIDO", "11222333000181", "11222333000181"),
        ("PIX RECEBIDO", "Padaria Modelo 11.222.333/0001-81", "11222333000181"),
        ("TED ENVIADA", "12345678909", "12345678909"),
        ("PIX ENVIADO", "84g7vsuo000128", "84G7VSUO000128"),
        ("PIX ENVIADO", "11987654321", None),
        ("PIX ENVIADO", "11222333000181 12345678909", None),
        ("PIX ENVIADO", "Padaria Modelo", None),
        ("PIX ENVIADO", "", None),
        ("TED RECEBIDA                       11222333000181", "", "11222333000181"),
        ("TED RECEBIDA                       11222333000181", "12345678909", "12345678909"),
        ("TED RECEBIDA                       11987654321", "", None),
        ("DEBITO AUTOMATICO", "11222333000181", None),
    ],
)
def test_a_tax_id_in_the_complement(name, complement, tax_id):
    """One number with right check digits is the other party's tax id; a phone number or a name is only text.

    Without a complement it may stand at the end of the name.
    """
    expected = Counterparty(tax_id=tax_id) if tax_id else None

    assert read(row(transactionName=name, historicComplement=complement))[0].counterparty == expected


@pytest.mark.parametrize(
    ("complement", "party"),
    [
        ("Ana Modelo ***.456.789-**", Counterparty(tax_id_masked="***.456.789-**")),
        ("***456789** 11222333000181", Counterparty(tax_id="11222333000181")),
        ("***456789** ***111222**", None),
    ],
)
def test_a_masked_tax_id_is_none(complement, party):
    """It is shown as such, where no whole one stands beside it."""
    assert read(row(transactionName="PIX RECEBIDO", historicComplement=complement))[0].counterparty == party


NO_TEXTS = {
    "creditDebitType": "the direction",
    "amount": "its amount",
    "transactionDate": "its day",
    "completedAuthorisedPaymentType": "whether it may still change",
    "partieCheckDigit": "a part of the other party's account",
}
"""Fields of a row that hold no text of the bank, with what they hold."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    sent = {name: f"WORD{number}" for number, name in enumerate(Row.__struct_fields__) if name not in NO_TEXTS}

    (found,) = read(row(**sent))

    assert all(word in f"{found.description} {found.document} {found.counterparty}" for word in sent.values())


def test_texts_that_are_numbers():
    """A number is as good as a text."""
    (found,) = read(row(transactionName=7, historicComplement=11222333000181, documentNumber=9))

    assert (found.description, found.document) == ("7 - 11222333000181", "9")


@pytest.mark.parametrize(
    ("sent", "text"), [(["ALFA", {"nome": "BETA"}], "ALFA BETA"), ({"texto": "ALFA"}, "ALFA"), (1.5, "1.5"), (True, "")]
)
def test_texts_of_another_form_withhold_nothing(sent, text):
    """All that they say is kept."""
    (found,) = read(row(historicComplement=sent, documentNumber=sent))

    assert (found.description, found.document) == (text, text or None)


@pytest.mark.parametrize(
    ("stage", "provisional"),
    [
        ("TRANSACAO_EFETIVADA", False),
        ("LANCAMENTO_FUTURO", True),
        ("Transação processando", True),
        ("OUTRA", False),
        (None, False),
    ],
)
def test_what_the_bank_calls_future_is_not_final(stage, provisional):
    """Rows of this API that follow Open Finance say so in a field of their own."""
    assert read(row(completedAuthorisedPaymentType=stage))[0].provisional is provisional


@pytest.mark.parametrize(
    ("sent", "party"),
    [
        (
            {
                "partieCnpjCpf": "11.222.333/0001-81",
                "partieCompeCode": "341",
                "partieBranchCode": "0057",
                "partieNumber": "72023",
                "partieCheckDigit": "7",
            },
            parties.counterparty(tax_ids=["11222333000181"], bank="341", branch="0057", account="720237"),
        ),
        ({"partieCnpjCpf": 12345678909, "partieCompeCode": 33}, parties.counterparty(tax_ids=["12345678909"], bank=33)),
        ({"partieCompeCode": "341"}, parties.counterparty(tax_ids=["11222333000181"], bank="341")),
        (
            {"partieCnpjCpf": "", "partieCompeCode": "000", "partieBranchCode": "0000", "partieNumber": "0"},
            parties.counterparty(tax_ids=["11222333000181"]),
        ),
    ],
)
def test_the_other_party_in_fields_of_its_own(sent, party):
    """They go before the text, in which the tax id may stand; zeros name nobody."""
    (found,) = read(row(transactionName="PIX ENVIADO", historicComplement="11222333000181", **sent))

    assert found.counterparty == party


def test_no_tax_id_in_the_field_for_one():
    """What stands there is kept in the text."""
    (found,) = read(row(transactionName="PIX ENVIADO", partieCnpjCpf="11222333000180", complement="LOJA 7"))

    assert (found.counterparty, found.description) == (None, "PIX ENVIADO - LOJA 7 - 11222333000180")


@pytest.mark.parametrize("sent", ["10/03/2026 14:33", "10/03/2026T14:33:00-03:00", " 10/03/2026 00:00:00"])
def test_a_day_with_a_time(sent):
    """The day is told as it stands."""
    assert read(row(transactionDate=sent))[0].date == date(2026, 3, 10)


@pytest.mark.parametrize("field", ["transactionName", "historicComplement", "documentNumber"])
def test_the_end_to_end_id_of_a_pix_in_its_texts(field):
    """Wherever it stands; it stays there too."""
    identity = "E90400888202603101205abcDEF12345"
    (found,) = read(row(**{field: f"PIX {identity}"}))

    assert found.end_to_end_id == identity
    assert identity in f"{found.description} {found.document}"


@pytest.mark.parametrize(
    ("number", "document"),
    [("000000", None), ("0", None), (0, None), ("", None), (None, None), ("004711", "004711"), (7, "7")],
)
def test_zeros_are_no_document(number, document):
    """A document number of zeros stands for none."""
    assert read(row(documentNumber=number))[0].document == document


# --- pages


def test_the_account_in_the_path_keeps_its_zeros():
    """Branch and number are filled up to 4 and 12 digits; the client id is shown again as application key."""
    pair = PureHarness("santander", NOW, source=ledger((10, "1")), number="130045678")
    pair.read(WEEK)
    _, *reads = pair.requests

    assert [request.url.path.partition("/banks/")[2] for request in reads] == [
        f"90400888000142/{what}/{pair.account.branch}.000130045678" for what in ("statements", "balances")
    ]
    assert {request.headers["x-application-key"] for request in reads} == {pair.account.credentials["client_id"]}


def test_twins_are_two_entries():
    """Two rows that are equal in everything are two movements with an id each."""
    found = PureHarness("santander", NOW, source=ledger((10, "5"), (10, "5"), (11, "5"))).read(WEEK)

    assert [entry.amount for entry in found.entries] == [5, 5, 5]
    assert len({entry.id for entry in found.entries}) == 3


def test_nothing_can_be_proved():
    """The present balance proves nothing; the reason is told, and the balance with its instant."""
    pair = PureHarness("santander", NOW, source=ledger((10, "5"), (17, "5")))
    found = pair.read(Period(date(2026, 3, 9), NOW.date()))

    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (None, None, "not_provable")
    assert "investments" in found.proof.reason
    assert [request.extensions["operation"] for request in pair.requests] == ["token", "statement", "balance"]
    assert found.available_balance == AvailableBalance(pair.simulated.ledger.balance_at(NOW), NOW)


@pytest.mark.parametrize("reading", ["text", "number"])
def test_the_available_amount_has_the_forms_of_the_rows(reading):
    """With what ContaMax has invested, which the bank counts as available and the rows as gone."""
    parameters = Parameters(readings={"amount": reading}, busy_day_entries=0)
    pair = PureHarness("santander", NOW, parameters=parameters)

    found = pair.read(WEEK).available_balance

    assert found.amount == pair.bank.available(pair.simulated.ledger, NOW)
    assert found.amount != pair.simulated.ledger.balance_at(datetime(2026, 3, 17, 23, tzinfo=BRASILIA))


def available(response):
    """What is made of an answer about the present balance."""
    pair = PureHarness("santander", NOW)
    replies = iter([httpx.Response(200, json=body(total="0")), response])
    _, balances = drive(pair.connector.reading(pair.account, WEEK, NOW.date()), lambda _: next(replies))
    return balances.available


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ({"availableAmount": "636.27", "availableAmountCurrency": "BRL"}, "636.27"),
        ({"availableAmount": -24.9, "blockedAmount": "1.00", "automaticallyInvestedAmount": "5.00"}, "-24.9"),
        ({"availableAmount": 0, "availableAmountCurrency": None}, "0"),
    ],
)
def test_what_is_invested_or_blocked_is_not_added(sent, amount):
    """Available is what the bank calls so; a negative amount is an overdraft."""
    assert available(httpx.Response(200, json=sent)) == Decimal(amount)


@pytest.mark.parametrize(
    "response",
    [
        *(httpx.Response(200, json=sent) for sent in ({}, [], {"availableAmount": None}, {"availableAmount": "1,000"})),
        httpx.Response(200, json={"availableAmount": "1.00", "availableAmountCurrency": "USD"}),
        httpx.Response(200, json={"availableAmount": "1.555"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(403, text="<html><title>Access Denied</title>"),
        *(httpx.Response(status, json={}) for status in (301, 400, 401, 403, 404, 422, 429, 500, 503)),
    ],
)
def test_what_is_no_balance_withholds_nothing(response):
    """The statement is given without it."""
    assert available(response) is None


def test_a_quiet_month_costs_one_request():
    """What fits on one page is asked for once."""
    pair = PureHarness("santander", NOW, source=ledger(*[(day, "1") for day in range(2, 17)] * 3))

    assert len(pair.read(MONTH).entries) == 45
    assert asked(pair) == [("2026-02-16", "2026-03-17", "1", "50")]


def test_a_long_period_is_asked_in_windows():
    """No request spans more than thirty days."""
    pair = PureHarness("santander", NOW, source=ledger((10, "1")))
    pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))

    assert [window[:2] for window in asked(pair)] == [
        ("2026-01-01", "2026-01-30"),
        ("2026-01-31", "2026-03-01"),
        ("2026-03-02", "2026-03-17"),
    ]


def test_only_a_busy_day_is_walked():
    """A month with one busy day is read by first pages; only that day has further pages, and a second walk."""
    pair = PureHarness("santander", NOW)
    found = pair.read(MONTH)
    busiest, most = Counter(entry.date for entry in found.entries).most_common(1)[0]
    walked = {window[:2] for window in asked(pair) if window[2] != "1"}

    assert most > 200
    assert walked == {(busiest.isoformat(), busiest.isoformat())}
    assert len(asked(pair)) < len(found.entries) / 50 + 2 * most / 50 + 8
    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


@pytest.mark.parametrize("order", ["ascending", "descending", "by_direction"])
@pytest.mark.parametrize("page_size", [3, 10, 50])
def test_any_order_of_the_list(order, page_size):
    """The order of the list is documented nowhere, so it may be any."""
    pair = PureHarness("santander", NOW, page_size=page_size, parameters=Parameters(readings={"order": order}))
    truth = pair.simulated.ledger.entries(MONTH.first, MONTH.last, NOW)
    found = pair.read(MONTH)

    assert Counter((e.date, e.amount, e.type.value) for e in found.entries) == Counter(
        (e.date, e.amount, e.type) for e in truth
    )


def test_a_first_page_that_is_in_order_by_chance():
    """A page may look sorted though the list is not; the totals tell, and its days are asked for again."""
    credit, debit = row(creditDebitType="C"), row(creditDebitType="D")
    later = {"transactionDate": "12/03/2026"}
    found = converse(
        body(credit, {**credit, **later}, total="4"),
        body({**credit, **later}, {**debit, **later}),
        body(credit, debit),
    )

    assert sorted((m.date.day, m.amount) for m in found) == [(10, -1), (10, 1), (12, -1), (12, 1)]


@pytest.mark.parametrize("capped", [1, 2, 3, 5])
def test_a_bank_that_gives_less_than_asked(capped):
    """From the second page on the page size given is the one asked for, so that pages begin where both sides think."""
    pair = PureHarness(
        "santander", NOW, source=ledger(*[(10, n) for n in range(1, 8)]), parameters=Parameters(page_size=capped)
    )
    found = pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))

    assert [entry.amount for entry in found.entries] == list(range(1, 8))
    assert {size for _, _, number, size in asked(pair) if number != "1"} <= {str(n) for n in range(1, capped + 1)}


def test_the_second_walk_leaves_its_last_page_short():
    """A list that moved by one row shows in the number of rows of a last page that is not full."""
    connector = Santander(contracts.load("santander"), 50)

    assert [connector._other_size(50, total) for total in (51, 98, 100, 240, 2400)] == [49, 48, 49, 49, 49]
    assert Santander(contracts.load("santander"), 2)._other_size(2, 6) == 4
    assert [connector._other_size(capped, 6) for capped in (1, 2)] == [1, 1]


@pytest.mark.parametrize("by", [-2, -1, 1, 2])
def test_a_walked_list_that_moved_is_noticed(by):
    """A day of two full pages whose second page moved keeps its total, and is noticed all the same."""
    pair = PureHarness("santander", NOW, source=ledger(*[(10, n) for n in range(1, 101)]))
    pair.world.inject("santander", None, "statement", "shift_page", {"page": 1, "by": by})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))


def test_equal_rows_that_moved_are_noticed():
    """Among equal rows two walks agree on anything, so each page must have the number of rows it should."""
    pair = PureHarness("santander", NOW, source=ledger(*[(10, 1)] * 7), page_size=5)
    pair.world.inject("santander", None, "statement", "shift_page", {"page": 1, "by": -1})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))


@pytest.mark.parametrize(
    "wrong",
    [
        body(row(), total="0"),
        body(total="1"),
        body(row(), totalPages="2"),
        body(row(transactionDate="08/03/2026")),
        body(row(), total="many"),
        body(row(), total="-1"),
        body(row(), totalPages="?"),
        body(row(), total=True),
        body(row(), total=1.5),
        body(row(), total=" "),
        {"_pageable": {}, "_content": []},
        {"_pageable": None},
        {"_content": []},
        [],
    ],
)
def test_contradictions_are_no_statement(wrong):
    """A total that is missing, no number, or not that of the rows, or a row of another time, fails the statement."""
    with pytest.raises(BankFailure) as failure:
        converse(wrong)
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "answers",
    [
        # the parts have more entries than the whole
        (
            body(row(), row(transactionDate="11/03/2026"), total="3"),
            body(*[row(transactionDate="11/03/2026")] * 3),
            body(row()),
        ),
        # the day on which all rows of the first page lie has them, and nothing else has any
        (body(row(), row(), total="4"), body(), body(row(), row()), body(row(transactionDate="12/03/2026"))),
    ],
)
def test_parts_must_make_up_the_whole(answers):
    """The totals of the parts of a window must add up to the window's own."""
    with pytest.raises(IncoherentPages):
        converse(*answers)


def test_a_total_that_changes_between_two_pages():
    """A row that is booked while a day is walked changes the total."""
    day = Period(date(2026, 3, 10), date(2026, 3, 10))

    with pytest.raises(IncoherentPages):
        converse(body(row(), row(), total="3"), body(row(), total="4"), period=day)


def test_two_walks_that_differ():
    """A day is no statement when its second walk brings another row in place of one, the number being right."""
    day = Period(date(2026, 3, 10), date(2026, 3, 10))
    first, second, third = (row(amount=amount) for amount in ("1.00", "2.00", "3.00"))
    pages = (body(first, second, total="3"), body(second, total="3"))

    with pytest.raises(IncoherentPages):
        converse(*pages, body(first, second, third), period=day)
    with pytest.raises(IncoherentPages):
        converse(*pages, body(first, second, second, third), period=day)
    assert len(converse(*pages, body(first, second, second), period=day)) == 3


@pytest.mark.parametrize(
    "counted", [{"total": 1, "totalPages": 1}, {"total": 1.0, "totalPages": 1.0}, {"total": " 1 ", "totalPages": ""}]
)
def test_counters_are_texts_or_numbers(counted):
    """A number is as good as its digits, and the number of pages may be left out or blank."""
    assert len(converse(body(row(), **counted))) == 1


def test_a_single_row_may_stand_without_its_list():
    """As gateways write it that turn a list of one into the one."""
    assert [movement.amount for movement in converse({**body(row()), "_content": row()})] == [-1]


def test_an_empty_list_is_left_out():
    """A period without movement has a total of zero and no list."""
    assert converse({"_pageable": {"totalPages": "0", "totalRecords": "0"}}) == []
    assert converse({"_pageable": {"totalRecords": 0}, "_content": None}) == []
    assert converse({"_pageable": {"totalRecords": 0}, "_content": ""}) == []


# --- refusals


@pytest.mark.parametrize(
    ("status", "answer", "code", "words"),
    [
        (404, {"fault": {"faultstring": "f", "detail": {"errorcode": "x.y"}}}, "statement_access_denied", ("x.y", "f")),
        (401, {"httpStatus": 401, "errorCode": "U", "details": "d"}, "invalid_credentials", ("U", "d")),
        (422, {"_errorCode": 422, "_details": "d", "_errors": []}, "bank_communication_failed", ("422", "d")),
        (422, {"_errorCode": 422, "_errors": [{"_field": "statement_id"}]}, "invalid_account", ("422", None)),
        (400, {"_errorCode": 400, "_errors": [{"_field": "initialDate"}]}, "period_out_of_range", ("400", None)),
        (400, {"message": "m"}, "unexpected_bank_response", (None, "m")),
        (406, {"_errorCode": 406, "_message": "m"}, "unexpected_bank_response", ("406", "m")),
        (501, {"_errorCode": 501, "_message": "m"}, "bank_server_error", ("501", "m")),
    ],
)
def test_the_banks_words_are_kept(status, answer, code, words):
    """Each layer of the bank has errors of its own form; their code and text are kept for whoever has to act."""
    failure = failure_of(SANTANDER.contract, "statement", httpx.Response(status, json=answer))

    assert failure.code == code
    assert (failure.bank_error.code, failure.bank_error.message) == words


@pytest.mark.parametrize("at", ["token", "statement"])
def test_the_edges_web_page_is_about_the_certificate(at):
    """The web page of the network edge refuses the caller, while a 403 of the bank's own refuses the statement."""
    page = httpx.Response(403, html="<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY></BODY></HTML>")

    assert failure_of(SANTANDER.contract, at, page).code == "invalid_credentials"
    assert failure_of(SANTANDER.contract, "statement", httpx.Response(403, json={})).code == "statement_access_denied"
