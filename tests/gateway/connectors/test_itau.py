"""What is odd about Itaú."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway import limits
from gateway.connectors.itau import Itau, StatementPage
from gateway.connectors.rows.itau import Row
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Counterparty, Credentials, Period, TransactionType
from gateway.statement.assemble import assemble
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
ITAU = Itau(contracts.load("itau"))
ACCOUNT = Account(
    "a", "itau", "PJ", "1500", "123456", "11222333000181", Credentials({"client_id": "c", "client_secret": "s"})
)
MARCH = Period(date(2026, 3, 2), date(2026, 3, 17))


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"data": [{"events": list(rows)}]})
    return list(ITAU.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"operation": "D", "date": {"accounting": "2026-03-11"}, "amount": {"value": -1.5}, **fields}


def ledger(*movements, kind="TED"):
    """Movements by day of March and amount."""
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type=kind)
            for day, amount in movements
        ]
    )


def relabelled(response, label, other):
    """The same answer with one text replaced."""
    content = response.content.replace(label.encode(), other.encode())
    return httpx.Response(response.status_code, content=content)


def asked(pair):
    """The periods and pages of the statement calls."""
    return [
        (request.url.params["start_date"], request.url.params["end_date"], request.url.params["page"])
        for request in pair.requests
        if request.url.path.startswith("/account-statement/")
    ]


@pytest.mark.parametrize(
    ("operation", "value", "amount"),
    [("D", "-61.9", "-61.9"), ("D", "61.9", "-61.9"), ("C", "0.01", "0.01"), ("C", "-3", "3"), ("D", "0", "0")],
)
def test_operation_gives_the_sign(operation, value, amount):
    """The sign is that of `operation`, whether the value repeats it or not."""
    body = msgspec.json.encode({"data": [{"events": [row(operation=operation, amount={"value": "VALUE"})]}]})

    (movement,) = ITAU.movements(msgspec.json.decode(body.replace(b'"VALUE"', value.encode()), type=StatementPage))

    assert movement.amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "E"},
        {"amount": {"value": None}},
        {"amount": {"value": 1, "currency": "USD"}},
        {"amount": {"value": "1.580"}},
        {"operation": "", "amount": {"value": 1}},
        {"operation": None, "amount": {"value": 1}},
        {"amount": {"value": 1e300}},
        {"date": {"event": "2026-03-11T12:00:00Z"}},
        {"date": {"accounting": "11/03/2026"}},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable day, direction or amount in reais fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("stamp", ["ontem", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00Z", 20260311, [], {}])
def test_an_instant_that_cannot_be_read_withholds_nothing(stamp):
    """The day of an entry stands elsewhere."""
    (movement,) = read(row(date={"accounting": "2026-03-10", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-12T02:59:00Z",
        "2026-03-12T02:59:00.000Z",
        "2026-03-11T23:59:00-03:00",
        "2026-03-11T23:59:00.000000999-03:00",
    ],
)
def test_the_accounting_date_is_the_day(stamp):
    """The instant crosses midnight in UTC and has up to nine decimals; the day is told on its own."""
    (movement,) = read(row(date={"accounting": "2026-03-10", "event": stamp}))

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 11, 23, 59, tzinfo=BRASILIA)


def test_a_payment_lot():
    """A lot has no id and no instant of its own; its code is kept as document."""
    (lot,) = read(
        row(
            type="agrupamento",
            code="2026-03-11SALARIOS",
            number_events=4,
            date={"accounting": "2026-03-11", "event": "2026-03-11T23:59:59.999999999-03:00"},
            literal={"shortened": "SISPAG SALARIOS"},
        )
    )

    assert (lot.date, lot.booked_at, lot.bank_id) == (date(2026, 3, 11), None, None)
    assert (lot.document, lot.description) == ("2026-03-11SALARIOS", "SISPAG SALARIOS")
    assert lot.type is TransactionType.FOLHA_PAGAMENTO


@pytest.mark.parametrize("stamp", ["2026-03-11T23:59:59.999999999-03:00", "2026-03-12T02:59:59.999999999Z"])
@pytest.mark.parametrize("kind", ["lancamento", "desconhecido_9", ""])
def test_the_last_instant_of_a_day_is_no_instant(stamp, kind):
    """The bank fills it in where it knows none: whatever the row calls itself, nothing was booked then."""
    (movement,) = read(row(type=kind, date={"accounting": "2026-03-11", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 11), None)


def test_lots_are_told_as_a_warning():
    """How to have the bank show single entries instead is in the warning's remedy."""
    pair = PureHarness("itau", NOW, source=ledger((9, "5"), (10, "-1"), (11, "-2")))
    honest = pair.bank.answer

    def grouped(request):
        response = honest(request)
        return httpx.Response(response.status_code, content=response.content.replace(b'"lancamento"', b'"agrupamento"'))

    pair.bank.answer = grouped
    found = pair.read(Period(date(2026, 3, 11), date(2026, 3, 12)))

    shown = {warning.code: warning.detail for warning in found.warnings}
    assert shown["grouped_entries"] == "1 entries are the totals of lots"


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        ({"shortened": "TED ENVIADA FULANO"}, TransactionType.TED),
        ({"shortened": "", "complete": "PAG BOLETO ENERGIA"}, TransactionType.BOLETO),
        ({"shortened": "REND PAGO APLIC AUT APR"}, TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ({"shortened": "RES APLIC AUT MAIS AP"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"shortened": "APL APLIC AUT MAIS"}, TransactionType.OUTROS),
        ({"shortened": "SISPAG FORNECEDORES"}, TransactionType.OUTROS),
        ({"code": "9507", "shortened": "SISPAG PIX PIX"}, TransactionType.PIX),
        ({"complete": "SISPAG TRIB COD BARRAS"}, TransactionType.CONVENIO_ARRECADACAO),
        ({"complete": "DA  AGUAS DO EXEMPLO 41987"}, TransactionType.CONVENIO_ARRECADACAO),
        ({"complete": "RESGATE   CDB DI"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"shortened": "DATA BASE LTDA"}, TransactionType.OUTROS),
        ({}, TransactionType.OUTROS),
        (None, TransactionType.OUTROS),
    ],
)
def test_types_by_short_text(literal, kind):
    """The beginning of the short text tells the type; what it does not tell is OUTROS."""
    assert read(row(literal=literal))[0].type is kind


def test_the_origin_of_a_pix_tells_more_than_its_text():
    """A row whose origin is Pix is one, and its end-to-end id is the document."""
    (movement,) = read(row(literal={"shortened": "TED X"}, origin={"type": "PIX", "identifier": "E1", "channel": ""}))

    assert (movement.type, movement.document) == (TransactionType.PIX, "E1")


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("PIX_RECEPCAO", TransactionType.PIX), ("PIX_EMISSAO", TransactionType.PIX), ("DEBITO", TransactionType.OUTROS)],
)
def test_the_operation_tells_a_pix_without_a_type(operation, kind):
    """A Pix that came out of somebody's payment lot has a text of Sispag."""
    (movement,) = read(row(literal={"complete": "SISPAG EXEMPLO 09"}, origin={"operation": operation}))

    assert movement.type is kind


@pytest.mark.parametrize(
    ("literal", "complement", "description"),
    [
        ({"complete": "PIX TRANSF"}, "PEDIDO0000000000000004711", "PIX TRANSF PEDIDO0000000000000004711"),
        ({"complete": "PIX", "complementary": "A MAIS"}, "0012345678 ", "PIX A MAIS 0012345678"),
        ({"complete": "PIX 0012345678"}, "0012345678", "PIX 0012345678"),
        ({"complete": "PIX"}, "", "PIX"),
        ({}, 4711, "4711"),
    ],
)
def test_the_number_of_the_charge_is_told(literal, complement, description):
    """The origin's complement says which charge was paid; nothing else in the row does."""
    (movement,) = read(row(literal=literal, origin={"identifier": "E1", "complement": complement}))

    assert (movement.description, movement.document) == (description, "E1")


@pytest.mark.parametrize(
    ("literal", "description"),
    [
        ({"complete": "INTEIRO ", "shortened": "CURTO"}, "INTEIRO"),
        ({"complete": "", "shortened": "CURTO"}, "CURTO"),
        ({"complete": "INTEIRO", "complementary": "A MAIS"}, "INTEIRO A MAIS"),
        ({"complete": "INTEIRO E A MAIS", "complementary": "A MAIS"}, "INTEIRO E A MAIS"),
        ({"complementary": "A MAIS"}, "A MAIS"),
        ({"complete": None}, ""),
        ("PIX TRANSF", "PIX TRANSF"),
        ([{"complete": "PIX TRANSF"}], "PIX TRANSF"),
    ],
)
def test_texts(literal, description):
    """The complete text, else the short one, and what is told besides."""
    assert read(row(literal=literal))[0].description == description


@pytest.mark.parametrize(
    ("sent", "counterparty"),
    [
        (
            {"document": "***.456.789-**", "name": "Fulana "},
            Counterparty("Fulana", tax_id_masked="***.456.789-**"),
        ),
        ({"account": "2345", "digit": "6", "agency": 1}, Counterparty(branch="1", account="23456")),
        ({"institution": "BANCO EXEMPLO", "ispb": ""}, Counterparty(bank_name="BANCO EXEMPLO")),
        ({"digit": True, "name": ""}, None),
        ([], None),
        ([{"name": "Fulana"}], Counterparty("Fulana")),
        ("Fulana ", Counterparty("Fulana")),
        ({"document": 11222333000181}, Counterparty(tax_id="11222333000181")),
        ({"document": 191, "person": "JURIDICA"}, Counterparty(tax_id="00000000000191")),
        ({"document": 1234567890, "person": "Física"}, Counterparty(tax_id="01234567890")),
        ({"document": 1234567890}, None),
    ],
)
def test_counterparts(sent, counterparty):
    """The other party is told in parts, any of which may be missing; a masked document stays masked."""
    assert read(row(counterpart=sent))[0].counterparty == counterparty


def test_instants_of_entries():
    """Each entry but a payment lot has the instant of its booking, to the millisecond for a Pix."""
    moments = {
        "PIX": datetime(2026, 3, 10, 23, 59, 59, 417_000, tzinfo=BRASILIA),
        "SAQUE": datetime(2026, 3, 11, 0, 0, 1, tzinfo=BRASILIA),
        "FOLHA_PAGAMENTO": datetime(2026, 3, 11, 9, tzinfo=BRASILIA),
    }
    entries = [LedgerEntry(booked_at=moment, amount=Decimal(-1), type=kind) for kind, moment in moments.items()]

    shown = {e.type.value: e.booked_at for e in PureHarness("itau", NOW, source=Fixed(entries)).read(MARCH).entries}

    assert shown == {**moments, "FOLHA_PAGAMENTO": None}


def test_masked_documents_stay_masked():
    """A masked CPF is told as it came, with its stars."""
    party = Party(name="Fulana", tax_id="12345678909")
    entry = LedgerEntry(
        booked_at=datetime(2026, 3, 10, 12, tzinfo=BRASILIA), amount=Decimal(1), type="PIX", counterparty=party
    )
    pair = PureHarness(
        "itau", NOW, source=Fixed([entry]), parameters=Parameters(readings={"counterpart_document": "masked"})
    )

    assert pair.read(MARCH).entries[0].counterparty.tax_id_masked == "***.456.789-**"


def test_each_request_has_a_correlation_id_of_its_own():
    """The id differs from page to page and from day to day, and is the same for the same request."""
    readers = [
        PureHarness("itau", NOW + timedelta(days=days), source=ledger((3, "5"), (4, "-1")), page_size=1)
        for days in (0, 0, 1)
    ]
    for reader in readers:
        reader.read(MARCH)
    one, again, tomorrow = (
        [r.headers["x-itau-correlationID"] for r in reader.requests if r.method == "GET"] for reader in readers
    )

    assert one == again
    assert len(set(one + tomorrow)) == len(one) + len(tomorrow)


def test_the_account_is_padded():
    """Branch, account and check digit make twelve digits."""
    pair = PureHarness("itau", NOW, source=ledger((3, "5")), number="12345")
    pair.simulated.branch, pair.account = "77", msgspec.structs.replace(pair.account, branch="77")

    pair.read(MARCH)

    assert pair.requests[-1].url.path.endswith("/statements/007700012345")


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = PureHarness("itau", NOW, source=ledger(*[(10, "1")] * 20), page_size=1)

    pair.read(MARCH)

    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


def test_a_token_of_five_minutes_is_renewed_between_pages():
    """A reading that outlasts its token goes on with a new one."""
    pair = PureHarness("itau", NOW, source=ledger(*[(10, "1")] * 6), page_size=1)
    answer = pair.answer
    pair.answer = lambda request: (pair.clock.advance(timedelta(seconds=120)), answer(request))[1]

    assert len(pair.read(MARCH).entries) == 6
    assert sum(request.url.path.endswith("/token") for request in pair.requests) > 2


def test_an_ordinary_period_takes_one_page_and_the_end():
    """The period is asked from the weekday before it, once, and then for what is after its last page."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (10, "10")))

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 10)))

    assert asked(pair) == [("2026-03-06", "2026-03-10", "1"), ("2026-03-06", "2026-03-10", "2")]


def test_an_account_younger_than_the_period_is_not_provable():
    """Without a closing before the period there is nothing to begin with, however far back it is looked for."""
    pair = PureHarness("itau", NOW, source=ledger((10, "10")))

    found = pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))

    assert asked(pair)[-1] == ("2026-03-02", "2026-03-08", "1")
    assert (found.proof.verdict, found.proof.reason) == (
        "not_provable",
        "the bank gave no closing balance before the period",
    )


def test_no_closing_after_the_period():
    """Where the bank tells nothing of quiet days, a closing is looked for a week further and then given up."""
    pair = PureHarness(
        "itau", NOW, source=ledger((2, "5")), parameters=Parameters(readings={"empty_period": "no_block"})
    )

    found = pair.read(Period(date(2026, 3, 5), date(2026, 3, 6)))

    assert asked(pair)[-1] == ("2026-03-07", "2026-03-13", "1")
    assert (found.opening_balance, found.closing_balance) == (5, None)
    assert found.proof.reason == "the bank gave no closing balance after the period"


def test_no_position_for_today():
    """Without the present position a period that ends today has no closing balance."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (10, "1")))
    answer = pair.answer
    pair.answer = lambda request: relabelled(answer(request), "SALDO EM CONTA", "OUTRO")

    found = pair.read(Period(date(2026, 3, 10), NOW.date()))

    assert (found.opening_balance, found.proof.reason) == (5, "the bank gave no closing balance after the period")


def test_today_is_closed_by_the_present_position():
    """For today there is no closing; the position goes with the entries so far."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5"), (17, "1"), (18, "100")))
    assert pair.read(Period(date(2026, 3, 17), NOW.date())).closing_balance == 6
    pair.clock.advance(timedelta(hours=3))

    found = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert (found.closing_balance, found.entries[-1].stability) == (106, "provisional")


def test_a_position_that_does_not_fit_is_told():
    """That the present position fits the entries is assumed; where it does not, the proof is disproved."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    answer = pair.answer
    pair.answer = lambda request: relabelled(
        relabelled(answer(request), "SALDO EM CONTA", "OUTRO"), "SALDO TOTAL DISPONÍVEL DIA", "SALDO EM CONTA"
    )

    found = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert (found.proof.verdict, found.proof.difference) == ("disproved", 5000)
    assert [warning.code for warning in found.warnings] == [
        "statement_not_ready",
        "empty_statement",
        "balance_mismatch",
    ]


def test_a_long_period_is_asked_in_parts():
    """More than 92 days are asked in adjoining parts and proved as one."""
    pair = PureHarness("itau", NOW)
    period = Period(date(2025, 9, 1), date(2026, 2, 28))

    found = pair.read(period)

    assert [call[:2] for call in asked(pair) if call[2] == "1"] == [
        ("2025-08-29", "2025-11-28"),
        ("2025-11-29", "2026-02-28"),
        ("2026-03-01", "2026-03-02"),
    ]
    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []
    assert found.proof.verdict == "proved"


@pytest.mark.parametrize(
    "readings",
    [
        {"pages": "overlapping", "payment_lots": "individual"},
        {"totals": "unreliable", "past_the_end": "empty_page"},
        {"balances_on": "first_page", "end_date": "strict"},
        {"debit_value": "positive", "period_limit": "unlimited"},
    ],
)
def test_other_readings_give_the_truth_too(readings):
    """The statement is the ledger under each reading of the points on which sources conflict."""
    pair = PureHarness("itau", NOW, parameters=Parameters(readings=readings, busy_day_entries=0), page_size=20)

    found = pair.read(MARCH)

    assert differences(pair.bank, found, pair.simulated.ledger, MARCH, NOW) == []
    assert found.proof.verdict == "proved"


@pytest.mark.parametrize("page", [0, 1])
def test_lost_entries_that_cancel_out_are_noticed_by_the_total(page):
    """An investment and its redemption on one day move no balance; when both are lost, rows are missing."""
    pair = PureHarness(
        "itau", NOW, source=ledger((2, "50"), (10, "1"), (10, "7"), (10, "-7"), (10, "7"), (10, "-7")), page_size=2
    )
    pair.world.inject("itau", None, "statement", "lose_page", {"page": page})

    with pytest.raises(IncoherentPages, match="were announced"):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))


def test_a_balance_that_cannot_be_read():
    """A closing without a date is an unexpected answer, not a gap in the proof."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    flow = pair.connector.reading(pair.account, MARCH, NOW.date())
    next(flow)
    body = {"data": [{"events": [], "balances": [{"type": "saldo_conta", "amount": {"value": 1}}]}]}

    with pytest.raises(BankFailure, match="cannot be read"):
        flow.send(httpx.Response(200, json=body))


@pytest.mark.parametrize("form", ["shortened", "complete"])
def test_closings_outside_the_window_are_left_alone(form):
    """A closing of another time, of today, or under another text, whole or short, proves nothing about the window."""
    pair = PureHarness("itau", NOW, source=ledger((2, "5")))
    flow = pair.connector.reading(pair.account, Period(date(2026, 3, 16), NOW.date()), NOW.date())
    next(flow)

    def closing(day, label="SALDO MOVIMENTACAO CONTA", value=5):
        stamp = {"event": f"{day}T23:59:59.999-03:00"}
        return {"type": "saldo_conta", "date": stamp, "literal": {form: label}, "amount": {"value": value}}

    strange = [
        closing("2026-03-01"),
        closing("2026-03-18"),
        closing("2026-03-13"),
        closing("2026-03-16", "OUTRO SALDO", 9),
    ]
    flow.send(httpx.Response(200, json={"data": [{"events": [], "balances": strange}]}))
    with pytest.raises(StopIteration) as stop:
        next(flow)

    assert stop.value.value.opening.day == date(2026, 3, 13)
    assert stop.value.value.closing is None
    assert not stop.value.value.contradictions


@pytest.mark.parametrize("sent", [{"id": "  "}, {"id": ""}, {"id": None}, {}])
def test_a_blank_id_is_none(sent):
    """Two rows without an id are two entries."""
    first, second = read(row(**sent), row(**sent))

    assert (first.bank_id, second.bank_id) == (None, None)


@pytest.mark.parametrize("stamp", ["", "  ", None])
def test_a_blank_instant_is_none(stamp):
    """The day is told on its own."""
    (movement,) = read(row(date={"accounting": " 2026-03-11 ", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 11), None)


def statement_of(body):
    """What the connector makes of one page like this in the period; the pages after it are empty."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        return httpx.Response(200, json=body if first else {"data": []})

    pages, balances = converse(ITAU.reading(ACCOUNT, Period(date(2026, 3, 11), date(2026, 3, 11)), NOW.date()), answer)
    return [movement.amount for page in pages for movement in ITAU.movements(page)], balances


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "saldo_bloqueado", "amount": {"value": "1.234,56"}},
        {"type": "saldo_bloqueado", "amount": 0, "date": "2026-03-11"},
        {"type": "saldo_total", "amount": "0.00", "literal": []},
        {"type": ["saldo_total"], "amount": None},
    ],
)
def test_a_balance_that_is_not_used_is_not_read(strange):
    """It may have any form."""
    balances = [closing("2026-03-10", 100.0), strange, closing("2026-03-11", 98.5)]

    amounts, told = statement_of({"data": [{"events": [row(id="a")], "balances": balances}]})

    assert amounts == [Decimal("-1.5")]
    assert (told.opening.amount, told.closing.amount) == (100, Decimal("98.5"))


@pytest.mark.parametrize("amount", [None, {}, {"value": None}, {"value": "1.234,56"}, "5", []])
def test_a_closing_whose_amount_cannot_be_read(amount):
    """It is used, so that the answer is not what was expected."""
    balances = [closing("2026-03-10", 100.0) | {"amount": amount}]

    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        statement_of({"data": [{"events": [row(id="a")], "balances": balances}]})


@pytest.mark.parametrize("total", [1, "1", 1.0, " 1 ", None, "", [], {}])
@pytest.mark.parametrize("balances", [[], "", None, " "])
def test_counters_and_lists_of_other_forms(total, balances):
    """A counter may be a text or have a decimal point, or tell nothing; an empty text is an empty list."""
    amounts, _ = statement_of(
        {"data": [{"events": row(id="a"), "balances": balances}], "pagination": {"total_elements": total}}
    )

    assert amounts == [Decimal("-1.5")]


@pytest.mark.parametrize("total", [2, "2", 2.0])
def test_a_total_of_another_form_counts(total):
    """Fewer entries than were announced are no statement."""
    with pytest.raises(IncoherentPages, match="were announced"):
        statement_of({"data": [{"events": [row(id="a")]}], "pagination": {"total_elements": total}})


@pytest.mark.parametrize("pagination", [None, "", [], {"total_elements": "muitos"}])
def test_a_page_without_a_total(pagination):
    """The list ends by its last page."""
    amounts, _ = statement_of({"data": {"events": [row(id="a")]}, "pagination": pagination})

    assert amounts == [Decimal("-1.5")]


@pytest.mark.parametrize("nothing", [{"data": None}, {"data": ""}, {"data": [{"events": ""}]}, {"data": {}}, {}])
def test_nothing_was_announced_and_nothing_came(nothing):
    """A total of 0 says that there are no entries, in whatever form the list is left out."""
    amounts, _ = statement_of({**nothing, "pagination": {"total_elements": 0}})

    assert amounts == []


@pytest.mark.parametrize("nothing", [{"data": None}, {}, {"data": {}}, {"data": "erro"}, {"message": "erro"}])
def test_no_list_and_no_total(nothing):
    """Nothing says that there are no entries."""
    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        statement_of(nothing)


PENDING = {"pending_events": [{"error": "serviço indisponível"}]}


def answered(status, *blocks):
    """What the connector makes of answers of this status; pages after the first are empty."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        return httpx.Response(status if first else 200, json={"data": list(blocks) if first else []})

    return converse(ITAU.reading(ACCOUNT, Period(date(2026, 3, 11), date(2026, 3, 11)), NOW.date()), answer)


def test_a_part_that_was_not_asked_for_may_be_missing():
    """Status 206 says that a back end is down. Where only what is still to be booked is missing, the rest is whole."""
    pages, balances = answered(206, {"events": [row()], "balances": [], **PENDING})

    assert len([movement for page in pages for movement in ITAU.movements(page)]) == 1
    assert [code for code, _ in balances.warnings] == ["statement_not_ready"]


def test_a_large_answer_that_lacks_a_part_is_read_in_steps(monkeypatch):
    """As one that lacks nothing is."""
    decode, sizes = msgspec.json.decode, []

    def noted(content, **kwargs):
        sizes.append(len(content))
        return decode(content, **kwargs)

    monkeypatch.setattr(msgspec.json, "decode", noted)
    pages, _ = answered(206, {"events": [row(id=str(number)) for number in range(8000)], "balances": [], **PENDING})

    assert sum(len(page.rows) for page in pages) == 8000
    assert sum(sizes) > 1_000_000
    assert max(sizes) < limits.JSON_PART_BYTES + 1000


@pytest.mark.parametrize(
    "block",
    [
        {"events": [row()]},
        {"events": [row(), {"error": "x"}], **PENDING},
        {"events": [row()], "balances": [{"error": "x"}], **PENDING},
        {"events": [row()], "error": "x", **PENDING},
        {**PENDING},
    ],
    ids=["nobody_knows", "entries", "balances", "account", "no_list"],
)
def test_any_other_part_may_not_be_missing(block):
    """Else a part of what was asked for is missing by the bank's own word."""
    with pytest.raises(BankFailure) as failure:
        answered(206, block)

    assert failure.value.code == "bank_server_error"


def closing(day, value):
    return {"type": "saldo_conta", "date": {"event": f"{day}T23:59:59-03:00"}, "amount": {"value": value}}


@pytest.mark.parametrize(("after", "entries"), [(93.0, 2), (94.0, 1)])
def test_the_balances_tell_whether_a_row_of_unknown_kind_is_an_entry(after, entries):
    """What is known to be still to come is none; of another kind arithmetic decides."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]
    future = row(id="c", type="lancamento_futuro", amount={"value": -1000})
    balances = [closing("2026-03-10", 100.0), closing("2026-03-11", after)]

    pages, told = answered(200, {"events": [*rows, future], "balances": balances})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [movement.amount for movement in movements] == [-6, -1][:entries]
    assert told.opening.amount + sum(m.amount for m in movements) == told.closing.amount


@pytest.mark.parametrize(("after", "entries"), [(93.0, [-6, -1]), (94.0, [-6])])
def test_one_unknown_kind_says_nothing_of_another(after, entries):
    """That no closing comes after a row leaves it undecided, whatever the rows of another kind before it are."""
    tenth = {"accounting": "2026-03-10"}
    rows = [
        row(id="a", amount={"value": -6}, date=tenth),
        row(id="b", type="bloqueio", amount={"value": -1}, date=tenth),
    ]
    later = row(id="c", type="ajuste", amount={"value": -2})
    balances = [closing("2026-03-09", 100.0), closing("2026-03-10", after)]

    pages, _ = answered(200, {"events": [*rows, later], "balances": balances})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [(each.amount, each.provisional) for each in movements] == [*((each, False) for each in entries), (-2, True)]


def test_a_kind_that_no_balance_tells_is_provisional():
    """It is told, and is not final."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]

    pages, balances = answered(200, {"events": rows, "balances": []})

    movements = [movement for page in pages for movement in ITAU.movements(page)]
    assert [(each.amount, each.provisional) for each in movements] == [(-6, False), (-1, True)]
    assert balances.opening is None
    assert balances.undecided == {(date(2026, 3, 11), "bloqueio")}


def test_a_kind_that_no_balance_tells_is_told_in_its_own_period_only():
    """Days around the period are asked for their closings; what is undecided there moves no balance."""
    tenth = {"accounting": "2026-03-10"}
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1}, date=tenth)]

    pages, balances = answered(200, {"events": rows, "balances": [closing("2026-03-09", 100.0)]})

    assert [movement.amount for page in pages for movement in ITAU.movements(page)] == [-6]
    assert balances.undecided == {(date(2026, 3, 10), "bloqueio")}


@pytest.mark.parametrize("literal", [{"complete": "SALDO DO DIA"}, {"shortened": "Saldo Anterior"}, "SALDO TOTAL"])
def test_a_balance_among_the_entries_is_none(literal):
    """A row of another kind whose whole text names a balance; one of the known kind is an entry whatever its text."""
    rows = [row(id="a"), row(id="b", type="saldo", literal=literal), row(id="c", literal=literal)]

    pages, _ = answered(200, {"events": rows, "balances": []})

    assert [movement.bank_id for page in pages for movement in ITAU.movements(page)] == ["a", "c"]


def test_a_kind_that_no_arithmetic_allows_is_refused():
    """Neither with the row nor without it do the entries lead from closing to closing."""
    rows = [row(id="a", amount={"value": -6}), row(id="b", type="bloqueio", amount={"value": -1})]
    balances = [closing("2026-03-10", 100.0), closing("2026-03-11", 50.0)]

    with pytest.raises(BankFailure, match="bloqueio"):
        answered(200, {"events": rows, "balances": balances})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("INT PAG TIT 237", TransactionType.BOLETO),
        ("TBI 1500.12345-6", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("MOV TIT COB DISP 10/03", TransactionType.BOLETO),
        ("Dev Pix Fulana", TransactionType.PIX),
        ("JUROS LIMITE DA CONTA", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        ("Débito qualquer", TransactionType.OUTROS),
    ],
)
def test_common_texts_have_their_types(text, kind):
    """In any capitals, from the short text or the long one."""
    assert [m.type for m in read(row(literal={"shortened": text}), row(literal={"complete": text}))] == [kind, kind]


def test_every_text_is_found_in_the_entry():
    """Each text of a full row.

    Left out: the short text beside the complete one, which it abbreviates; kinds of row, person, account and
    origin, the history code and the mark of a reversal, which are codes of the bank's own.
    """
    literal = {"complete": "completo", "complementary": "complementar", "tip": "dica", "shortened": "completo"}
    origin = {"identifier": "E60701190202603111412abcdefghijk", "complement": "cobranca", "channel": "canal"}
    party = {"name": "fulana", "document": "11222333000181", "institution": "instituicao", "ispb": "60701190"}
    party |= {"agency": "1234", "account": "98765", "digit": "X"}

    (movement,) = read(row(id="um-id", code="codigo", literal=literal, origin=origin, counterpart=party))

    entry = msgspec.json.encode(msgspec.structs.replace(movement, content=b"")).decode()
    texts = [*literal.values(), *origin.values(), *party.values(), "um-id", "codigo"]
    assert [text for text in texts if text not in entry] == []
    assert movement.end_to_end_id == origin["identifier"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"json": {"codigo": "422", "mensagem": "Conta encerrada"}}, "account_closed"),
        ({"json": {"message": "start_date is invalid"}}, "period_out_of_range"),
        ({"json": {"message": "Saldo em processamento"}}, "unexpected_bank_response"),
        ({"text": "tente novamente"}, "unexpected_bank_response"),
        ({"text": ""}, None),
        ({"json": {}}, None),
        ({"text": " \n"}, None),
    ],
)
def test_only_a_422_without_words_ends_the_list(answer, code):
    """The page after the last one is refused without a body; a refusal with words is what it says."""
    first = {"data": [{"events": [row(id="a")]}], "pagination": {"total_elements": 1}}
    answers = iter([httpx.Response(200, json=first), httpx.Response(422, **answer)])
    nothing = httpx.Response(200, json={"data": []})
    flow = ITAU.reading(ACCOUNT, MARCH, NOW.date())

    if code is None:
        pages, _ = converse(flow, lambda _: next(answers, nothing))
        assert sum(len(page.rows) for page in pages) == 1
    else:
        with pytest.raises(BankFailure) as failure:
            converse(flow, lambda _: next(answers, nothing))
        assert failure.value.code == code


@pytest.mark.parametrize(("operation", "amount"), [("c", 1), ("Crédito", 1), ("DEBITO", -1), (" d ", -1)])
def test_directions_in_any_writing(operation, amount):
    """Words are compared without case and accents."""
    assert [each.amount for each in read(row(operation=operation, amount={"value": 1}))] == [amount]


@pytest.mark.parametrize("origin", [{"type": "Pix"}, {"operation": "pix_recebido"}, {"operation": "PIX recebido"}])
def test_a_pix_by_its_origin_in_any_writing(origin):
    """The origin tells what the text does not."""
    assert read(row(origin=origin, literal={"complete": "SISPAG FORNECEDORES"}))[0].type is TransactionType.PIX


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("saldo_conta", "Saldo Movimentação Conta"),
        ("SALDO_CONTA", "SALDO MOVIMENTACAO CONTA"),
        ("Saldo Conta", " saldo movimentação"),
    ],
)
def test_closings_in_any_writing(kind, label):
    """A closing balance is one however its type and its text are written."""
    moment = {"accounting": "2026-02-27"}
    closing = {"type": kind, "date": moment, "literal": {"complete": label}, "amount": {"value": 10}}
    page = {"data": [{"events": [], "balances": [closing]}]}
    answers = iter([httpx.Response(200, json=page)])
    nothing = httpx.Response(200, json={"data": []})

    _, balances = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: next(answers, nothing))

    assert balances.opening is not None
    assert balances.opening.amount == 10


def unnamed(day, value):
    """A balance of an account without a text that tells which it is."""
    return {"type": "saldo_conta", "date": {"accounting": day}, "literal": {}, "amount": {"value": value}}


@pytest.mark.parametrize(
    ("closings", "contradicted"),
    [
        ([unnamed("2026-03-17", 15)], False),
        ([unnamed("2026-03-17", 99)], True),
        ([unnamed("2026-03-17", 99), unnamed("2026-03-17", 15)], False),
    ],
)
def test_a_balance_without_a_text_withholds_nothing(closings, contradicted):
    """Several balances share its type: entries that contradict it are given, unproved; two of a day are none."""
    rows = [row(id="a", operation="C", amount={"value": 5})]
    block = {"events": rows, "balances": [unnamed("2026-02-27", 10), *closings]}
    answers = iter([httpx.Response(200, json={"data": [block]})])
    nothing = httpx.Response(200, json={"data": []})

    pages, found = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: next(answers, nothing))

    assert sum(len(page.rows) for page in pages) == 1
    assert bool(found.contradictions) is contradicted


def test_a_short_code_is_told_beside_a_longer_text():
    """What is only a part of a word of the text is not said by it."""
    (movement,) = read(row(code="12", literal={"complete": "PIX 9123", "tip": "PIX"}, origin={"channel": "IX"}))

    assert movement.description == "PIX 9123 IX 12"


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ({"type": "TED"}, TransactionType.TED),
        ({"type": "boleto", "operation": "DEBITO"}, TransactionType.BOLETO),
        ({"operation": "TARIFA"}, TransactionType.TARIFA_SERVICOS_AVULSOS),
        ({"type": "OUTRA"}, TransactionType.OUTROS),
        ({"operation": "TED_CASHIN"}, TransactionType.TED),
        ({"operation": "TEF_CC_CC"}, TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ({"operation": "TEF_SISPAG_PJ"}, TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ({"operation": "ION_CDB_RESGATE"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"operation": "TEFAL"}, TransactionType.OUTROS),
    ],
)
def test_the_origin_tells_a_kind_that_no_text_tells(origin, kind):
    """Where the text is none of those whose kind is known."""
    assert read(row(origin=origin, literal={"complete": "FULANA"}))[0].type is kind
    assert read(row(origin=origin, literal={"complete": "SAQUE"}))[0].type is TransactionType.SAQUE


@pytest.mark.parametrize("currency", ["", None, "brl", "R$", " BRL "])
def test_reais_in_any_writing(currency):
    """The currency may be left out or written otherwise; another one is refused."""
    assert read(row(amount={"value": -1.5, "currency": currency}))[0].amount == Decimal("-1.5")


@pytest.mark.parametrize("operation", ["", None, " "])
@pytest.mark.parametrize(("value", "amount"), [(-1.5, "-1.5"), (0, "0"), (-0.0, "0")])
def test_a_minus_sign_is_that_of_a_debit(operation, value, amount):
    """Where no operation says so; what has neither is refused."""
    found = read(row(operation=operation, amount={"value": value}))[0].amount

    assert found == Decimal(amount)
    assert found.is_signed() is (found < 0)


def test_an_id_may_be_a_number():
    """It is the same id as its text."""
    assert read(row(id=4711))[0].bank_id == "4711"


@pytest.mark.parametrize("stamp", ["2026-03-11T12:00:00", "2026-03-11"])
def test_an_instant_without_an_offset_is_none(stamp):
    """Entries are stamped in UTC and lots in the time of Brasília, so that it may be either."""
    found = read(row(date={"accounting": "2026-03-11", "event": stamp}))[0]

    assert (found.date, found.booked_at) == (date(2026, 3, 11), None)


def listed(body, *, later=None):
    """The movements and balances of the 11th, when the first answer has this body and later ones another."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        return httpx.Response(200, json=body if first else {"data": []} if later is None else later)

    pages, balances = converse(ITAU.reading(ACCOUNT, Period(date(2026, 3, 11), date(2026, 3, 11)), NOW.date()), answer)
    return [movement for page in pages for movement in ITAU.movements(page)], balances


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_list_of_one_may_be_an_object(wrapped):
    """Blocks, entries and balances alike."""
    block = {"events": row(), "balances": closing("2026-03-10", 10)}

    movements, balances = listed({"data": [block] if wrapped else block, "pagination": {"total_elements": "1"}})

    assert [movement.amount for movement in movements] == [Decimal("-1.5")]
    assert balances.opening.amount == 10


@pytest.mark.parametrize("block", [{"events": None}, {}])
def test_a_block_without_a_list_is_empty_only_if_a_total_says_so(block):
    """Silence is no empty list."""
    assert listed({"data": [block], "pagination": {"total_elements": 0}})[0] == []
    for pagination in (None, {"total_elements": 1}, {"total_elements": ""}):
        with pytest.raises(BankFailure, match="no list"):
            listed({"data": [block], "pagination": pagination})


def test_a_bank_that_gives_the_same_page_for_ever():
    """The rows that were announced came; lots, which have no id, do not come again with each page."""
    body = {"data": [{"events": [row(id="a"), row(type="agrupamento", code="LOTE")]}]}

    counted = {**body, "pagination": {"total_elements": 2}}

    movements, _ = listed(counted, later=counted)
    assert len(movements) == 2
    with pytest.raises(IncoherentPages):
        listed(body, later=body)


@pytest.mark.parametrize(("position", "verdict"), [(8.5, "proved"), (13.5, "proved"), (9.0, "disproved")])
def test_the_present_balance_may_include_what_is_booked_on_monday(position, verdict):
    """On a Saturday entries of the next business day may come, and be in the balance or not."""
    saturday = NOW.replace(day=14)
    days = Period(date(2026, 3, 13), date(2026, 3, 14))
    monday = row(id="m", operation="C", amount={"value": 5}, date={"accounting": "2026-03-16"})
    present = {"type": "saldo_disponivel", "literal": {"complete": "SALDO EM CONTA"}, "amount": {"value": position}}
    body = {"data": [{"events": [monday, row(id="f", date={"accounting": "2026-03-13"})]}]}
    body["data"][0]["balances"] = [closing("2026-03-12", 10), present]

    def answer(request):
        return httpx.Response(200, json=body if request.url.params["page"] == "1" else {"data": []})

    pages, balances = converse(ITAU.reading(ACCOUNT, days, saturday.date()), answer)
    movements = [movement for page in pages for movement in ITAU.movements(page)]
    statement = assemble(ITAU.contract, ACCOUNT, days, movements, balances, saturday)

    assert [(entry.date.day, entry.amount) for entry in statement.entries] == [(13, Decimal("-1.5"))]
    assert statement.proof.verdict == verdict


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Contate o suporte", "unexpected_bank_response"),
        ("Account service unavailable", "unexpected_bank_response"),
        ("Invalid statement_id", "invalid_account"),
        ("Account not found", "invalid_account"),
        ("Conta inválida", "invalid_account"),
        ("Período não aceito", "period_out_of_range"),
    ],
)
def test_a_refusal_is_named_by_whole_words_that_say_so(words, code):
    """Neither a word that only contains another one nor the name of a field is a cause."""
    body = {"period": None, "errors": [{"message": words}]}

    with pytest.raises(BankFailure) as failure:
        converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: httpx.Response(400, json=body))

    assert (failure.value.code, failure.value.bank_error.message) == (code, words)


def test_rows_that_hold_the_same_have_one_hash():
    """Whatever the order of the names in their objects; a row that holds other objects alone has none."""
    one, same, other = (
        msgspec.json.decode(b'{"date":{},"amount":{},"literal":%b}' % literal, type=Row)
        for literal in (b'{"complete":"a","code":"1"}', b'{"code":"1","complete":"a"}', b'{"complete":"b","code":"1"}')
    )

    assert hash(one) == hash(same)
    assert hash(one) != hash(other)
    with pytest.raises(TypeError):
        hash(msgspec.json.decode(b'{"date":{},"amount":{},"origin":{}}', type=Row))


@pytest.mark.parametrize("text", ["REND PAGO APLIC AUT APR", "RENDIMENTOS REND PAGO APLIC AUT MAIS"])
def test_the_bank_rewrites_the_text_of_an_income(text):
    """Both were seen for the same entry."""
    kind = TransactionType.RENDIMENTO_APLIC_FINANCEIRA
    assert read(row(operation="C", literal={"complete": text}, origin={"operation": "DEBITO"}))[0].type is kind
