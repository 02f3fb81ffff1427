"""What is odd about Stone."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.connectors.rows.stone import TYPES
from gateway.connectors.stone import StatementPage, Stone
from gateway.errors import BankFailure, IncoherentPages
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Counterparty, Period, TransactionType, Verdict
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
STONE = Stone(contracts.load("stone"))
PERIOD = Period(date(2026, 3, 10), date(2026, 3, 11))
PARTY = {
    "account": {"account_code": "98765", "branch_code": "4321", "institution": "00000000"},
    "entity": {"name": "Fulana de Tal", "document": "12345678909", "document_type": "cpf"},
}


RECEIVED = {"amount": 500, "balance_before": 1500, "balance_after": 2000}


def row(**fields):
    """An entry with only what it needs, and these fields."""
    needed = {"id": "e-1", "type": "external", "amount": -500, "balance_before": 2000, "balance_after": 1500}
    return {**needed, "created_at": "2026-03-10T12:00:00Z", **fields}


def read(*rows):
    """The movements of rows as the bank writes them."""
    response = httpx.Response(200, content=msgspec.json.encode({"cursor": {"limit": 25}, "data": list(rows)}))
    return list(STONE.movements(STONE.page(response)))


def entry(day, second, amount, **fields):
    moment = datetime(2026, 3, day, tzinfo=BRASILIA) + timedelta(seconds=second)
    return LedgerEntry(
        booked_at=moment, amount=Decimal(amount), type="PIX" if Decimal(amount) > 0 else "CARTAO", **fields
    )


def pair_of(*entries, page_size=0, cap=0, readings=None):
    parameters = Parameters(page_size=cap, readings=readings or {})
    return PureHarness("stone", NOW, source=Fixed(entries), page_size=page_size, parameters=parameters)


OPENING = entry(1, 0, "100.00")
ENTRIES = (OPENING, entry(10, 60, "-1.00"), entry(10, 90, "-2.00"), entry(11, 5, "-3.00"), entry(12, 5, "-4.00"))


def asked(pair):
    """How often each operation was asked for."""
    return Counter(request.extensions["operation"] for request in pair.requests)


def amounts_of(pair, period=PERIOD):
    """The amounts of the statement, which is true and proved."""
    statement = pair.read(period)
    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED
    return [str(each.amount) for each in statement.entries]


# --- rows


def test_a_signed_amount_is_not_negated():
    """`amount` is negative for a debit already, and `operation` changes nothing about it."""
    assert read(row(operation="debit"))[0].amount == Decimal("-5.00")
    assert read(row(operation="credit"))[0].amount == Decimal("-5.00")


@pytest.mark.parametrize(
    ("amount", "fee"), [(-500, 100), (-400, 100), (500, None), (-500, 0), (-500, None), (400, 100), (-600, 100)]
)
def test_what_moved_is_the_difference_of_the_balances(amount, fee):
    """With the fee or without it, with a sign or without: the balances say what moved."""
    assert read(row(amount=amount, fee_amount=fee))[0].amount == Decimal("-5.00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -499},
        {"amount": -499, "fee_amount": 2},
        {"amount": "-5,00"},
        {"amount": "-5.00"},
        {"amount": True},
        {"amount": -500.5},
        {"amount": None},
        {"balance_after": None},
        {"balance_after": 10**19},
        {"id": ""},
        {"id": None},
        {"created_at": None},
        {"created_at": "2026-03-10"},
        {"created_at": 1773144000},
        {"created_at": "10/03/2026"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """An entry without id, type, fitting amount, balances or instant fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("key", ["id", "amount", "balance_before", "balance_after", "created_at"])
def test_what_an_entry_cannot_do_without(key):
    """An entry lacking one of these keys fails the statement."""
    with pytest.raises(BankFailure):
        read({name: value for name, value in row().items() if name != key})


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-11T02:59:59Z", 10),
        ("2026-03-11T03:00:00Z", 11),
        ("2026-03-11T00:30:00Z", 10),
        ("2026-03-11T02:59:59.999Z", 10),
        ("2026-03-10T23:30:00-03:00", 10),
    ],
)
def test_the_evening_in_brasilia_is_the_next_day_in_utc(instant, day):
    """The day of an entry is that of Brasília."""
    movement = read(row(created_at=instant))[0]

    assert movement.date == date(2026, 3, day)
    assert movement.booked_at == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("external refund", TransactionType.TED),
        ("external_refund", TransactionType.TED),
        ("loan_payment", TransactionType.OPERACAO_CREDITO),
        ("loan_payments", TransactionType.OPERACAO_CREDITO),
        ("balance_block", TransactionType.OUTROS),
        ("balance_blocked", TransactionType.OUTROS),
        ("refund_for_outbound_pix_payment", TransactionType.PIX),
        ("sallary", TransactionType.FOLHA_PAGAMENTO),
        ("tax_withholding", TransactionType.OUTROS),
        ("Outbound Pix Payment", TransactionType.PIX),
        ("EXTERNAL_REFUND", TransactionType.TED),
        ("inbound_pix_payment_v2", TransactionType.PIX),
        ("account_fee", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("picks", TransactionType.OUTROS),
    ],
)
def test_names_of_types(name, expected):
    """Names are written in several ways, and unknown ones are OUTROS."""
    assert read(row(type=name))[0].type is expected


def test_an_unknown_type_keeps_its_name():
    """What the bank calls an unknown movement is its description."""
    assert read(row(type="tax_withholding "))[0].description == "tax_withholding"


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"counter_party": PARTY}, "TED - Fulana de Tal"),
        ({"type": "internal", "description": "", "counter_party": None}, "Transferência entre contas Stone"),
        ({"type": "internal", "description": "Aluguel "}, "Transferência entre contas Stone - Aluguel"),
        ({"type": "card_payment", "card_network_name": "Visa"}, "Recebíveis de cartão - Visa"),
        ({"type": "balance_blocked", "reason": "Ordem"}, "Bloqueio de saldo - Ordem"),
        ({"type": "outbound_pix_payment", "title": "Padaria", "subtitle": "Pix"}, "Pix enviado - Padaria"),
        ({"counter_party": PARTY, "refund_reason_description": "Encerrada"}, "TED - Fulana de Tal - Encerrada"),
        ({"type": "payroll", "description": 7}, "Folha de pagamento - 7"),
        ({"type": "payment"}, "Pagamento de boleto"),
        ({"type": "payment", **RECEIVED}, "Recebimento de boleto"),
        ({"type": "inbound_barcode_payment", **RECEIVED}, "Recebimento de boleto"),
        (
            {"type": "outbound_stone_prepaid_card_payment", "card_acceptor": {"name": "Mercado ", "mcc": "5411"}},
            "Compra com cartão Stone - Mercado",
        ),
        ({"type": "outbound_stone_prepaid_card_withdrawal", "card_acceptor": None}, "Saque com cartão Stone"),
    ],
)
def test_the_description_is_composed(fields, description):
    """Kind of movement, other party, and the bank's own text where there is one."""
    assert read(row(**fields))[0].description == description


def test_every_known_type_has_words():
    """No two types that mean different things share a description."""
    labels = Counter(label for _, label in TYPES.values())

    assert {label for label, count in labels.items() if count > 1} == {"Empréstimo", "Bloqueio de saldo", "Salário"}


@pytest.mark.parametrize(
    ("fields", "party"),
    [
        (
            {"counter_party": PARTY},
            Counterparty(
                "Fulana de Tal",
                "12345678909",
                bank="001",
                branch="4321",
                account="98765",
                ispb="00000000",
                bank_name="BCO DO BRASIL S.A.",
            ),
        ),
        (
            {
                "counterparty_agent": {
                    "entity": {"name": "Padaria", "document": "11.222.333/0001-81"},
                    "institution": {"name": "BANCO", "compe": "999", "ispb": "99999999"},
                    "account": {"branch_code": "0001", "account_code": "1"},
                }
            },
            Counterparty(
                "Padaria", "11222333000181", bank="999", branch="0001", account="1", ispb="99999999", bank_name="BANCO"
            ),
        ),
        ({"counter_party": {"entity": {"name": "Ana  "}}}, Counterparty(name="Ana")),
        ({"counter_party": {"entity": {"name": "A\\u00e7ougue"}}}, Counterparty(name="A\\u00e7ougue")),
        (
            {"details": {"recipient_name": "Energia", "recipient_cpf_cnpj": "11222333000181", "bank_name": "B"}},
            Counterparty("Energia", "11222333000181", bank_name="B"),
        ),
        (
            {
                **RECEIVED,
                "type": "payment",
                "beneficiary": {"legal_name": "Empresa de Teste", "document": "11222333000181"},
                "payer": {"legal_name": "Fulana de Tal", "trade_name": None, "document": "12345678909"},
            },
            Counterparty("Fulana de Tal", "12345678909"),
        ),
        ({**RECEIVED, "payer": {"legal_name": " ", "trade_name": "Padaria"}}, Counterparty("Padaria")),
        ({"type": "payment", "payer": {"legal_name": "Empresa de Teste"}}, None),
        (
            {
                "counter_party": {
                    "account": {"account_code": 98765, "branch_code": 1, "institution": 60701190},
                    "entity": {"name": "Fulana de Tal", "document": 1234567890, "document_type": "cpf"},
                }
            },
            Counterparty(
                "Fulana de Tal",
                "01234567890",
                bank="341",
                branch="1",
                account="98765",
                ispb="60701190",
                bank_name="ITAÚ UNIBANCO S.A.",
            ),
        ),
        (
            {"counter_party": {"account": {"institution": 0}, "entity": {"document": True, "document_type": []}}},
            Counterparty(bank="001", ispb="00000000", bank_name="BCO DO BRASIL S.A."),
        ),
        ({"counter_party": {"entity": None, "account": None}}, None),
        ({"counter_party": {"entity": {"name": "   "}}}, None),
        ({"counter_party": None, "counterparty_agent": {}, "details": []}, None),
        ({}, None),
    ],
)
def test_the_other_party_in_all_its_forms(fields, party):
    """Two forms of the object, a boleto's details, or nobody."""
    assert read(row(**fields))[0].counterparty == party


@pytest.mark.parametrize(
    "sent",
    [
        {"external": row()},
        row(id=7),
        row(amount="-500", balance_before="2000", balance_after=" 1500 ", fee_amount="0"),
        row(fee_amount=""),
        row(created_at="2026-03-10T12:00:00"),
        row(created_at="2026-03-10 12:00:00.000000"),
        row(created_at="2026-03-10T12:00:00+00"),
        row(created_at="2026-03-10t12:00:00z"),
        row(created_at=" 2026-03-10T09:00:00-0300 "),
    ],
)
@pytest.mark.parametrize("beside", [[], [row(id="e-2")]])
def test_an_entry_in_another_writing(sent, beside):
    """Under the name of its type, as the reference prints it; with numbers as texts; with an instant of UTC.

    All instants of this API are in UTC, and the samples leave the offset out of some.
    """
    movement, *others = read(sent, *beside)

    assert (movement.amount, movement.booked_at) == (-5, datetime(2026, 3, 10, 9, tzinfo=BRASILIA))
    assert movement.bank_id == ("7" if sent.get("id") == 7 else "e-1")
    assert len(others) == len(beside)


@pytest.mark.parametrize(("data", "amounts"), [(None, []), ([], []), ("", []), (" ", []), ({}, []), (row(), [-5])])
def test_a_list_in_another_writing(data, amounts):
    """An empty list may be null or a blank text, and a single entry may stand alone."""
    response = httpx.Response(200, json={"cursor": {"after": None, "before": None, "limit": 25}, "data": data})

    assert [each.amount for each in STONE.movements(STONE.page(response))] == amounts


@pytest.mark.parametrize("body", [{}, {"cursor": {}}, [], {"type": "srn:error:unknown"}, {"data": "x"}, {"data": [[]]}])
def test_an_answer_that_is_no_list(body):
    """Silence is no empty list."""
    with pytest.raises(BankFailure) as failure:
        STONE.page(httpx.Response(200, json=body))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("cursor", ["", [], [{"after": "x", "limit": 10}], 5])
def test_a_cursor_in_another_writing(cursor):
    """What is no object leads nowhere; the only one of a list is the cursor."""
    page = STONE.page(httpx.Response(200, json={"cursor": cursor, "data": [row()]}))

    assert (len(page.data), page.following) == (1, "x" if cursor == [{"after": "x", "limit": 10}] else None)


@pytest.mark.parametrize(
    "sent", [{"amount": -500.0, "balance_before": 2000.0, "balance_after": 1500.0}, {"type": None}]
)
def test_whole_numbers_with_a_point_and_an_entry_without_a_type(sent):
    """Both tell enough: the balances tell what moved."""
    (movement,) = read(row(**sent))

    assert (movement.amount, movement.balance) == (-5, 15)


def test_names_and_tax_ids_that_are_numbers():
    """A tax id that is a number has lost its leading zeros."""
    (paid,) = read(row(type="payment", details={"recipient_name": 4711, "recipient_cpf_cnpj": 1222333000128}))
    (sent,) = read(row(counter_party={"entity": {"name": 4711}}))

    assert (paid.counterparty.name, paid.counterparty.tax_id) == ("4711", "01222333000128")
    assert sent.counterparty.name == "4711"


ANA = {"name": "Ana Souza", "document": "12345678909", "document_type": "cpf"}


@pytest.mark.parametrize(
    "fields",
    [
        {"counterparty": {"entity": ANA}},
        {"counter_party": [{"entity": ANA}]},
        {"counter_party": ANA},
        {"target": {"entity": ANA}, "source": {"entity": {"name": "Empresa"}}},
        {**RECEIVED, "source": {"entity": ANA}, "target": {"entity": {"name": "Empresa"}}},
        {**RECEIVED, "type": "payment", "details": {"payer_legal_name": "Ana Souza", "payer_cpf_cnpj": "12345678909"}},
    ],
)
def test_the_other_party_where_other_calls_have_it(fields):
    """In `source` and `target` of a Pix, by another name, without the object around it, or as payer in the details."""
    assert read(row(**fields))[0].counterparty == Counterparty("Ana Souza", "12345678909")


def test_the_payee_of_a_boleto_that_came_back():
    """What was paid and comes back names the payee still; the payer is the other party of what came in alone."""
    details = {"recipient_name": "Energia", "payer_legal_name": "Empresa"}

    assert read(row(type="payment_refund", details=details, **RECEIVED))[0].counterparty == Counterparty("Energia")


def test_a_party_that_is_a_text():
    """It is a name."""
    assert read(row(counter_party="Ana Souza"))[0].counterparty == Counterparty("Ana Souza")


def test_a_fee_is_told():
    """An amount that has a fee in it says so; a fee of nothing is none."""
    with_fee, without = read(row(fee_amount=100, operation_amount=400), row(id="e-2", fee_amount=0))

    assert (with_fee.description, without.description) == ("TED - tarifa de 1,00", "TED")


def test_a_code_stands_in_for_words_that_are_blank():
    """Of a reason that has no words its code is told."""
    assert read(row(refund_reason_code="4", refund_reason_description=" "))[0].description == "TED - 4"


def test_numbers_in_place_of_texts():
    """What is documented as a text is told and kept as a number too."""
    (movement,) = read(row(type="payment", writable_line=19790000052, description=77, card_last_four_digits=4321))

    assert (movement.document, movement.note) == ("19790000052", "77")
    assert movement.description == "Pagamento de boleto - final 4321 - 77"


def test_references_of_a_pix_are_told():
    """The objects of a Pix have them in the other calls of this API."""
    (movement,) = read(row(type="pix_payment", transaction_id="ped0001", key="ana@exemplo.com.br", **RECEIVED))

    assert movement.description == "Pix recebido - ped0001 - ana@exemplo.com.br"


def test_a_paid_boleto_is_known_by_its_line():
    """The line of digits is the document; nothing else has one."""
    assert read(row(type="payment", writable_line="0019"))[0].document == "0019"
    assert read(row(type="payment", details={"writable_line": "0019"}))[0].document == "0019"
    assert read(row())[0].document is None


@pytest.mark.parametrize("cursor", [{}, None, {"after": None, "before": "x"}, {"after": 10, "limit": "10"}])
def test_cursors_of_any_form(cursor):
    """A page is read whatever its cursor looks like, or without one."""
    response = httpx.Response(201, content=msgspec.json.encode({"cursor": cursor, "data": [row()]}))

    assert len(STONE.decode("statement", response, StatementPage).data) == 1


@pytest.mark.parametrize(
    ("cursor", "size", "following"),
    [
        ('{"after": "null", "limit": "10"}', 10, None),
        ('{"after": 7, "limit": 200}', 100, "7"),
        ('{"after": "", "limit": 0}', 100, None),
        ('{"limit": "?"}', 100, None),
        ('{"after": 7.0, "limit": 25.0}', 25, "7"),
        ('{"after": ["x"], "limit": {}}', 100, None),
        ("null", 100, None),
    ],
)
def test_what_a_cursor_tells(cursor, size, following):
    """The bank's page size and the way on, as text or number; what makes no sense tells nothing."""
    page = msgspec.json.decode(f'{{"cursor": {cursor}, "data": []}}', type=StatementPage)

    assert (page.size(100), page.following) == (size, following)


def test_an_impossible_year():
    """An instant with which nothing can be reckoned is no instant."""
    answer = httpx.Response(200, content=msgspec.json.encode({"data": [row(created_at="9999-12-31T23:59:59Z")]}))
    flow = STONE.reading(account_of(pair_of(*ENTRIES).simulated), PERIOD, NOW.date())
    next(flow)

    with pytest.raises(BankFailure, match="impossible year"):
        flow.send(answer)


# --- the conversation


def test_an_ordinary_reading():
    """The entries before and after the period and one page: three small reads and one token."""
    pair = pair_of(*ENTRIES)

    assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]
    assert asked(pair) == {"token": 1, "statement": 3}


def test_the_application_names_itself():
    """Every request carries the application's name, the user's own if there is one."""
    pair = pair_of(*ENTRIES)
    amounts_of(pair)
    assert {request.headers["user-agent"] for request in pair.requests} == {"extrato"}

    pair.account.credentials.values["user_agent"] = "ERP do Vale"
    pair.requests.clear()
    pair.token = None
    pair.clock.advance(timedelta(seconds=1))
    amounts_of(pair)
    assert {request.headers["user-agent"] for request in pair.requests} == {"ERP do Vale"}


def test_an_account_id_in_capitals():
    """The identifier is a UUID, which people may type in capitals; the bank writes it in small letters."""
    pair = pair_of(*ENTRIES)
    pair.account.credentials.values["account_id"] = pair.account.credentials["account_id"].upper()

    assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_the_audience_is_the_realm(environment):
    """The assertion is meant for the realm of the environment, and the bank there accepts it."""
    pair = pair_of(*ENTRIES)
    pair.account = msgspec.structs.replace(pair.account, environment=environment)

    assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]
    sandbox = {request.url.host.startswith("sandbox-") for request in pair.requests}
    assert sandbox == {environment == "sandbox"}


@pytest.mark.parametrize(
    "reading", [{"end_datetime": "exclusive"}, {"statement_status": "201"}, {"amount": "without_fee"}]
)
@pytest.mark.parametrize("page_size", [0, 1])
def test_other_readings_of_the_documentation(reading, page_size):
    """Whichever way a disputed point turns out, the statement is the same."""
    edges = [entry(9, 86_399, "5.00"), entry(10, 0, "7.00"), entry(11, 86_399, "-1.00"), entry(12, 0, "-2.00")]
    ted = LedgerEntry(booked_at=datetime(2026, 3, 10, 9, tzinfo=BRASILIA), amount=Decimal("-450.00"), type="TED")
    pair = pair_of(entry(1, 0, "900.00"), *edges, ted, readings=reading, page_size=page_size)

    assert amounts_of(pair) == ["7.00", "-450.00", "-1.00"]


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_pages_overlap(page_size):
    """Each page but the first is asked by the time of the oldest known entry, and no cursor is needed."""
    pair = pair_of(*ENTRIES, page_size=page_size)

    assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]
    assert not any("after" in request.url.params for request in pair.requests)


@pytest.mark.parametrize("cap", [1, 2, 3])
def test_a_second_that_holds_more_than_a_page(cap):
    """Only the cursor leads past it, percent-encoded, and the way back must lead to the last known entry."""
    crowd = [entry(10, 60, f"-{n}.00") for n in (1, 2, 3, 4, 5)]
    pair = pair_of(*ENTRIES, *crowd, cap=cap)

    assert Counter(amounts_of(pair)) == Counter(
        ["-1.00", "-2.00", "-3.00", "-1.00", "-2.00", "-3.00", "-4.00", "-5.00"]
    )
    cursors = [request for request in pair.requests if "after" in request.url.params]
    assert cursors
    assert all("%2B" in str(request.url) or "+" not in request.url.params["after"] for request in cursors)
    assert all("start_datetime" in request.url.params for request in cursors)


def test_a_page_lost_behind_a_cursor():
    """Where pages cannot overlap, a lost pair that cancels out is noticed by the way back."""
    crowd = [entry(10, 60, amount) for amount in ("3.00", "5.00", "-5.00", "1.00", "2.00")]
    pair = pair_of(OPENING, *crowd, entry(12, 0, "1.00"), cap=2)
    pair.world.inject("stone", None, "statement", "lose_page", {"page": 1})

    with pytest.raises(IncoherentPages):
        pair.read(PERIOD)


def test_a_cursor_that_leads_nowhere():
    """A page behind a cursor that is empty has been lost."""
    crowd = [entry(10, 60, "-1.00")] * 3
    pair = pair_of(OPENING, *crowd, cap=3)
    pair.world.inject("stone", None, "statement", "lose_page", {"page": 1})

    with pytest.raises(IncoherentPages, match="leads nowhere"):
        pair.read(PERIOD)


def test_a_lost_pair_that_cancels_out():
    """A payment and its return, lost between two pages, do not show in the balances and are noticed all the same."""
    pair = pair_of(OPENING, entry(10, 1, "5.00"), entry(10, 2, "-5.00"), entry(10, 3, "1.00"), entry(12, 0, "1.00"))
    pair.world.inject("stone", None, "statement", "shift_page", {"page": 0, "by": 2}, after=2)

    with pytest.raises(IncoherentPages):
        pair.read(PERIOD)


def test_an_empty_period_with_later_entries():
    """An entry on either side proves that there is none between them; the balance is not asked for."""
    pair = pair_of(OPENING, entry(12, 5, "-4.00"))

    assert amounts_of(pair) == []
    assert asked(pair) == {"token": 1, "statement": 3}


def test_an_empty_period_until_now():
    """Without a later entry the present balance must agree."""
    pair = pair_of(OPENING)

    assert amounts_of(pair) == []
    assert asked(pair)["balance"] == 1


@pytest.mark.parametrize("entries", [[OPENING, entry(2, 0, "-1.00")], [OPENING]])
def test_an_empty_period_of_a_bank_that_hides_its_newest_entry(entries):
    """A list that is short in every answer agrees with itself; the balance does not agree with it."""
    pair = pair_of(*entries)
    pair.world.inject("stone", None, "statement", "shift_page", {"page": 0, "by": 1})

    with pytest.raises(IncoherentPages, match="balance"):
        pair.read(PERIOD)


def test_an_anchor_that_is_wrong_once():
    """A fault in any one of the small questions is noticed or does no harm."""
    for after in range(6):
        pair = pair_of(*ENTRIES)
        pair.world.inject("stone", None, "statement", "shift_page", {"page": 0, "by": 1}, times=1, after=after)
        try:
            assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]
        except IncoherentPages:
            continue


def test_the_first_period_of_an_account():
    """An account begins at zero; its end of the list is confirmed by asking once more."""
    pair = pair_of(entry(10, 60, "9.00"), entry(11, 60, "-4.00"))

    assert amounts_of(pair) == ["9.00", "-4.00"]


def test_before_the_first_entry():
    """A period before the account's first entry is empty at zero."""
    assert amounts_of(pair_of(entry(13, 60, "9.00"))) == []


def test_a_search_that_grows():
    """Where nothing follows for days, the search for a later entry doubles its reach."""
    pair = pair_of(*ENTRIES[:-1], entry(17, 5, "-4.00"))

    assert amounts_of(pair) == ["-1.00", "-2.00", "-3.00"]
    ends = [request.url.params.get("end_datetime") for request in pair.requests if "limit=1&" in f"{request.url}&"]
    assert ends == [
        "2026-03-13T03:00:00Z",
        "2026-03-14T03:00:00Z",
        "2026-03-16T03:00:00Z",
        None,
        "2026-03-10T02:59:59Z",
    ]


def test_today_goes_on_while_it_is_read():
    """An entry that arrives between two questions belongs to a period that is not over."""
    today = Period(date(2026, 3, 17), date(2026, 3, 18))
    pair = pair_of(OPENING, entry(17, 5, "-4.00"))
    arrive = iter([lambda: None, lambda: None, lambda: pair.simulated.ledger.post(entry(18, 60, "-1.00"))])

    def answer(request, ask=pair.bank.answer):
        next(arrive, lambda: None)()
        return ask(request)

    pair.bank.answer = answer

    assert [str(each.amount) for each in pair.read(today).entries] == ["-4.00", "-1.00"]


@pytest.mark.parametrize("kind", ["balance_block", "balance_blocked", "balance unblocked", "balance_unblocked"])
def test_blocked_money_is_marked(kind):
    """However the bank writes it; any other kind moves money."""
    assert [each.blocked for each in read(row(type=kind), row(id="e-2"))] == [True, False]


def test_every_text_of_a_row_is_told():
    """Whatever the bank says is somewhere in the entry, but for what has a reason not to be."""
    unsaid = {
        "statusx": "the state of an operation changes after its entry is final",
        "operationx": "an id of the bank's, shared by related entries",
        "accountx": "the account itself",
        "networkcodex": "the code of a card network whose name is there",
        "reasoncodex": "the code of a reason whose words are there",
        "barcodex": "another form of the line of digits",
        "CCx": "the kind of the other party's account, a code",
    }
    full = row(
        type="kindx",
        status="statusx",
        operation_id="operationx",
        account_id="accountx",
        title="titlex",
        subtitle="subtitlex",
        description="descriptionx",
        reason="reasonx",
        refund_reason_code="reasoncodex",
        refund_reason_description="refundx",
        acquirer="acquirerx",
        card_network_code="networkcodex",
        card_network_name="networkx",
        card_type="cardtypex",
        card_last_four_digits="4321",
        card_acceptor={"name": "shopx", "city": "cityx", "country": "countryx", "mcc": "5411"},
        writable_line="linex",
        barcode="barcodex",
        end_to_end_id="E16501555202603021402aB3dE6gH9j1",
        counter_party={
            "account": {
                "account_code": "98765",
                "branch_code": "4321",
                "account_type": "CCx",
                "institution_name": "bankx",
            },
            "entity": {"name": "namex", "document": "***111222**", "document_type": "cpf"},
        },
    )

    (movement,) = read(full)

    shown = str(msgspec.to_builtins(movement))
    words = "kindx titlex subtitlex descriptionx reasonx refundx acquirerx networkx cardtypex 4321 shopx cityx countryx"
    words += " linex E16501555202603021402aB3dE6gH9j1 bankx namex ***111222** 98765"
    assert [word for word in words.split() if word not in shown] == []
    assert [word for word in unsaid if word in shown] == []
    assert (movement.note, movement.description.startswith("kindx - namex")) == ("descriptionx", True)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_entries_of_one_second_in_any_order(order):
    """Nobody documents how entries of one second are listed: their balances tell how they follow each other."""
    same = [entry(10, 60, "-1.00"), entry(10, 60, "-2.00"), entry(10, 60, "-4.00")]
    pair = pair_of(OPENING, *same, entry(11, 5, "-8.00"), entry(12, 5, "-16.00"))
    moment = "2026-03-10T03:01:00Z"

    def answer(request):
        response = PureHarness.answer(pair, request)
        body = response.json()
        rows = body.get("data", [])
        places = [place for place, each in enumerate(rows) if each["created_at"] == moment]
        if len(places) == len(same):
            shuffled = [rows[places[position]] for position in order]
            for place, each in zip(places, shuffled, strict=True):
                rows[place] = each
        return httpx.Response(response.status_code, json=body)

    pair.answer = answer

    assert amounts_of(pair) == ["-1.00", "-2.00", "-4.00", "-8.00"]


@pytest.mark.parametrize("word", ["debit", "DEBIT", " Debit "])
def test_kinds_of_cards_and_documents_in_any_writing(word):
    """Words of the bank are compared without case."""
    owner = {"name": "Padaria", "document": 191, "document_type": " CPF "}

    (movement,) = read(row(type="card_payment", card_type=word, counter_party={"entity": owner}))

    assert "débito" in movement.description
    assert movement.counterparty.tax_id == "00000000191"


@pytest.mark.parametrize(("status", "kind"), [(403, "unauthorized"), (404, "not_found")])
def test_an_account_that_is_not_told(status, kind):
    """Where the bank does not tell the account, nothing is compared."""
    flow = STONE.identifying(account_of(pair_of(*ENTRIES).simulated))
    next(flow)

    with pytest.raises(StopIteration) as stop:
        flow.send(httpx.Response(status, json={"type": f"srn:error:{kind}"}))
    assert stop.value.value.number == ""


def test_as_many_digits_as_other_banks_may_send():
    """A balance of a quadrillion reais is read as exactly as any other."""
    (movement,) = read(row(balance_before=10**17 + 503, balance_after=10**17 + 3))

    assert (movement.amount, movement.balance) == (-5, Decimal("1000000000000000.03"))


def test_where_a_boleto_was_paid_is_told():
    """The institution that took the payment is named in an object of its own."""
    capture = {"institution_ispb": "60701190", "institution_name": "Itaú Unibanco S.A.", "branch_code": "0001"}

    (movement,) = read(row(type="payment", capture=capture, **RECEIVED))

    assert movement.description == "Recebimento de boleto - Itaú Unibanco S.A."


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (403, {"type": "srn:error:forbidden", "reason": "Contato encerrado"}, "statement_access_denied"),
        (403, {"type": "srn:error:account_closed"}, "account_closed"),
        (403, {"type": "srn:error:forbidden", "reason": "conta bloqueada"}, "account_blocked"),
        (
            400,
            {"type": "srn:error:x", "reason": [{"path": ["end_datetime"], "error": "is invalid"}]},
            "period_out_of_range",
        ),
        (400, {"type": "srn:error:x", "path": "/statement?start_datetime=2026-03-01"}, "unexpected_bank_response"),
    ],
)
def test_a_cause_is_named_by_whole_words(status, sent, code):
    """Parts of other words and an address that is repeated name no cause."""
    assert failure_of(STONE.contract, "statement", httpx.Response(status, json=sent)).code == code


# --- an id that two entries have


def sharing(pair, *amounts):
    """The same pair, whose bank gives entries of these amounts one id, that of what has caused them."""
    answer = pair.bank.answer

    def with_one_id(request):
        response = answer(request)
        if request.extensions["operation"] != "statement":
            return response
        body = response.json()
        for each in body["data"]:
            if each["amount"] in amounts:
                each["id"] = "0c4d5d0e-7f42-4e57-8f54-2a1d9a1f2f10"
        return httpx.Response(response.status_code, json=body)

    pair.bank.answer = with_one_id
    return pair


@pytest.mark.parametrize("page_size", [0, 1, 2])
@pytest.mark.parametrize("amounts", [(-100, -200), (-200, -300), (-100, -300), (10_000, -100), (-300, -400)])
def test_an_id_that_two_entries_have(amounts, page_size):
    """By a page of the reference the id is that of the transaction behind an entry. The balances prove both."""
    found = sharing(pair_of(*ENTRIES, page_size=page_size), *amounts).read(PERIOD)
    both = set(amounts) <= {-100, -200, -300}

    assert ([entry.amount for entry in found.entries], found.proof.verdict) == ([-1, -2, -3], "proved")
    assert len({entry.id for entry in found.entries}) == 3
    assert [warning.code for warning in found.warnings] == (["duplicate_suspected"] if both else [])


def test_an_entry_that_comes_twice():
    """The same entry on two places of the list is none that shares its id."""
    pair = pair_of(*ENTRIES)
    answer = pair.bank.answer

    def doubled(request):
        response = answer(request)
        body = response.json()
        if request.extensions["operation"] == "statement" and len(body["data"]) > 2:
            body["data"].insert(2, body["data"][1])
            return httpx.Response(200, json=body)
        return response

    pair.bank.answer = doubled
    with pytest.raises(IncoherentPages):
        pair.read(PERIOD)


@pytest.mark.parametrize(
    ("written", "is_read"), [("10000", True), (10000.0, True), (" 10000 ", True), ("100.00", False)]
)
def test_the_present_balance_in_the_forms_of_an_entry(written, is_read):
    """What is read in an entry is read in the answer of `balance`, too: whole centavos and nothing else."""
    pair = pair_of(OPENING)
    answer = pair.bank.answer

    def rewritten(request):
        response = answer(request)
        if request.extensions["operation"] != "balance":
            return response
        return httpx.Response(200, json=response.json() | {"balance": written})

    pair.bank.answer = rewritten
    if is_read:
        assert pair.read(PERIOD).proof.verdict is Verdict.PROVED
    else:
        with pytest.raises(BankFailure):
            pair.read(PERIOD)
