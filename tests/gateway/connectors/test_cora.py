"""What is odd about Cora."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, repeat

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from contracts.fact import Evidence
from gateway.connectors.cora import Cora, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Counterparty, Period, Stability, TransactionType, Verdict
from simulators.banks.cora import Cora as SimulatedCora
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
CONTRACT = contracts.load("cora")
CORA = Cora(CONTRACT)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
READINGS = st.fixed_dictionaries(
    {name: st.sampled_from((reading.chosen, *reading.others)) for name, reading in CONTRACT.readings.items()}
)
PATIENT = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def row(**fields):
    """A row as the bank writes it."""
    return {"id": "ent_1", "type": "DEBIT", "amount": 100, "createdAt": "2026-03-10T12:00:00+00", **fields}


def page_of(*rows, **fields):
    """An answer of the bank whose balances fit a single debit of one real."""
    return {"start": {"balance": 100}, "entries": list(rows), "end": {"balance": 0}, **fields}


def read(*rows):
    """The movements of rows as the bank writes them."""
    return list(CORA.movements(msgspec.json.decode(msgspec.json.encode(page_of(*rows)), type=StatementPage)))


def fetched(*answers):
    """The movements and balances that a week's conversation of these answers, and of empty pages, gives."""
    remaining = chain(answers, repeat(page_of()))
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    flow = CORA.reading(account, WEEK, NOW.date())
    pages, balances = converse(flow, lambda _: httpx.Response(200, json=next(remaining)))
    return [movement for page in pages for movement in CORA.movements(page)], balances


def ledger(*movements):
    """A ledger of movements, each given as the local time of its booking, its amount and perhaps its type."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime.fromisoformat(when).replace(tzinfo=BRASILIA),
                amount=Decimal(amount),
                type=kind[0] if kind else "PIX",
            )
            for when, amount, *kind in movements
        ]
    )


def pair_of(source, *, page_size=0, granted=0, now=NOW, **readings):
    """Both sides with one account between them."""
    parameters = Parameters(readings=readings, page_size=granted)
    return PureHarness("cora", now, source=source, parameters=parameters, page_size=page_size, authority=AUTHORITY)


def calls(pair):
    """How many pages of the statement were asked for."""
    return sum(request.method == "GET" for request in pair.requests)


@PATIENT
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """Whatever the bank means where it says nothing, the statement is the ledger, and proved."""
    readings = data.draw(READINGS)
    source = data.draw(ledgers(SimulatedCora))
    period = Period(*data.draw(periods()))
    size = data.draw(st.sampled_from((0, 1, 2, 7)))
    pair = pair_of(source, page_size=size, **readings)

    statement = pair.read(period)

    within = pair.simulated.ledger.entries(period.first, period.last, NOW)
    assert sorted(map(what_moved, statement.entries)) == sorted(map(what_moved, within))
    assert [entry.booked_at for entry in statement.entries] == [entry.booked_at for entry in within]
    assert statement.proof.verdict is Verdict.PROVED
    if readings["blocks"] == "move_balance":
        # Oldest first, a list of a single instant does not tell which way it runs.
        one_instant = len({entry.booked_at for entry in within}) == 1 and readings["order"] == "oldest_first"
        assert one_instant or differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


def what_moved(entry):
    """What makes two lists equal but for the order within an instant."""
    return entry.booked_at, entry.amount, entry.type


@PATIENT
@given(data=st.data())
def test_lost_pages_are_noticed_in_either_zone(data):
    """A lost, repeated or shifted page gives the truth or a failure, wherever a day begins."""
    readings = {name: value for name, value in data.draw(READINGS).items() if name in {"day_boundary", "later_pages"}}
    pair = pair_of(data.draw(ledgers(SimulatedCora)), page_size=data.draw(st.sampled_from((1, 2, 3))), **readings)
    period = Period(*data.draw(periods()))
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    pair.world.inject("cora", None, "statement", fault, {"page": data.draw(st.integers(0, 3))})

    try:
        statement = pair.read(period)
    except IncoherentPages:
        return

    if statement.contradicted:
        assert statement.proof.verdict is not Verdict.PROVED
    else:
        assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


def test_lost_rows_that_cancel_out_are_missed_by_the_totals():
    """A payment and its return leave the balances alone, but not the sums of each direction: nothing is proved then."""
    source = ledger(("2026-03-09T10", "50"), ("2026-03-10T10", "9"), ("2026-03-10T11", "-9"), ("2026-03-11T10", "1"))
    pair = pair_of(source, page_size=2)
    pair.world.inject("cora", None, "statement", "shift_page", {"page": 0, "by": 1})
    hidden = pair_of(source, page_size=1)
    hidden.world.inject("cora", None, "statement", "shift_page", {"page": 1, "by": 2})

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)
    statement = hidden.read(WEEK)
    assert (len(statement.entries), statement.proof.verdict) == (2, Verdict.NOT_PROVABLE)
    assert [warning.code for warning in statement.warnings] == ["statement_not_ready", "balance_mismatch"]


@pytest.mark.parametrize("boundary", ["brasilia", "utc"])
def test_balances_are_those_of_days_in_brasilia(boundary):
    """Wherever the bank's days begin, rows beyond the period carry its balances to midnight in Brasília."""
    source = ledger(
        ("2026-03-01T09", "1000"),
        ("2026-03-07T20:59:59", "1"),
        ("2026-03-07T21:00", "2"),
        ("2026-03-08T23:59:59", "4"),
        ("2026-03-09T00:00", "8"),
        ("2026-03-13T23:59:59", "16"),
        ("2026-03-14T00:00", "32"),
        ("2026-03-14T21:00", "64"),
    )

    found = pair_of(source, day_boundary=boundary).read(WEEK)

    assert [entry.amount for entry in found.entries] == [8, 16]
    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (1007, 1031, "proved")


@pytest.mark.parametrize(("boundary", "tonight"), [("brasilia", [2, 4]), ("utc", [2])])
def test_the_evening_of_today_comes_tomorrow_at_the_latest(boundary, tonight):
    """No day to come is asked for: where a day ends at nine in the evening, the rest of today waits until tomorrow."""
    today = Period(date(2026, 3, 18), date(2026, 3, 18))
    source = ledger(("2026-03-17T10", "1"), ("2026-03-18T20", "2"), ("2026-03-18T22", "4"), ("2026-03-18T23", "8"))
    pair = pair_of(source, now=datetime(2026, 3, 18, 22, 30, tzinfo=BRASILIA), day_boundary=boundary)

    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == tonight
    assert (found.opening_balance, found.closing_balance) == (1, 1 + sum(tonight))
    assert {entry.stability for entry in found.entries} == {"provisional"}
    assert found.complete_through == date(2026, 3, 17)

    pair.clock.advance(timedelta(hours=12))
    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == [2, 4, 8]
    assert (found.closing_balance, found.proof.verdict) == (15, "proved")


def test_a_row_that_arrives_between_two_pages():
    """The list moves on by one; the statement is that of the moment of the first page."""
    source = ledger(*[(f"2026-03-18T{hour:02}", "1") for hour in range(4, 10)], ("2026-03-18T13:00:01", "5"))
    pair = pair_of(source, page_size=3)
    answer, moved = pair.bank.answer, []

    def answer_and_move(request):
        response = answer(request)
        if request.method == "GET" and not moved:
            moved.append(pair.clock.advance(timedelta(seconds=1)))
        return response

    pair.bank.answer = answer_and_move
    found = pair.read(Period(date(2026, 3, 17), date(2026, 3, 18)))

    assert [entry.amount for entry in found.entries] == [1] * 6
    assert found.closing_balance == 6


def test_a_bank_that_always_shows_the_same_page():
    """Pages that hold nothing new are not asked for forever."""
    rows = [row(id=f"ent_{n}") for n in range(200)]

    with pytest.raises(IncoherentPages):
        fetched(page_of(*rows), page_of(*rows))


def test_an_ordinary_period_costs_one_call():
    """A short page whose sums agree is the end; nothing is asked to find that out."""
    pair = pair_of(ledger(("2026-03-10T10", "1"), ("2026-03-11T10", "1")))

    pair.read(WEEK)

    assert calls(pair) == 1


@pytest.mark.parametrize("sent", [{}, {"aggregations": None}, {"aggregations": {"debitTotal": 100}}])
def test_a_short_page_without_totals_is_followed_by_another(sent):
    """Balances that agree do not show that nothing follows: what cancels out may stand on the next page."""
    hidden = [row(id="ent_2", amount=900), row(id="ent_3", amount=900, type="CREDIT")]
    movements, _ = fetched(page_of(row(), **sent), page_of(*hidden))

    assert sorted(str(movement.bank_id) for movement in movements) == ["ent_1", "ent_2", "ent_3"]


@pytest.mark.parametrize(("status", "code"), [(400, "X-1"), (404, "X-1"), (422, "X-1"), (500, "BST-0000")])
def test_a_page_beyond_a_short_one_may_be_refused(status, code):
    """What the balances agree to is given, though nothing shows that the list has ended: it is not complete.

    `BST-0000` is the bank's code for what it cannot process; the same period has just been answered.
    """
    answers = iter([httpx.Response(200, json=page_of(row())), httpx.Response(status, json={"code": code})])
    account = PureHarness("cora", NOW, authority=AUTHORITY).account

    pages, balances = converse(CORA.reading(account, WEEK, NOW.date()), lambda _: next(answers))

    assert [len(page.rows) for page in pages] == [1]
    assert balances.complete_through == WEEK.first - timedelta(days=1)


@pytest.mark.parametrize(("status", "code"), [(400, "X-1"), (404, "X-1"), (404, None), (422, "X-1"), (500, "BST-0000")])
@pytest.mark.parametrize("rows", [2, 4])
def test_a_page_beyond_a_full_one_may_be_refused(status, code, rows):
    """Where a list fills its last page, the next one is asked for: the bank may have none, and says so somehow."""
    pair = pair_of(ledger(*[(f"2026-03-10T{10 + hour}", "1") for hour in range(rows)]), page_size=2)
    asked_of = pair.answer

    def answer(request):
        beyond = request.url.params.get("page") == str(rows // 2 + 1)
        return httpx.Response(status, json={"code": code} if code else None) if beyond else asked_of(request)

    pair.answer = answer
    statement = pair.read(WEEK)

    assert len(statement.entries) == rows
    assert statement.complete_through == WEEK.first - timedelta(days=1)


def test_a_server_error_is_no_end_of_the_list():
    """What may succeed later is a failure, and not a list that has not been shown to end."""
    answers = iter([httpx.Response(200, json=page_of(row())), httpx.Response(500, json={"code": "X-1"})])
    account = PureHarness("cora", NOW, authority=AUTHORITY).account

    with pytest.raises(BankFailure) as failure:
        converse(CORA.reading(account, WEEK, NOW.date()), lambda _: next(answers))
    assert failure.value.code == "bank_server_error"


@pytest.mark.parametrize(("status", "code"), [(404, "X-1"), (422, "X-1"), (500, "BST-0000")])
def test_a_page_that_is_needed_is_not_refused_in_silence(status, code):
    """Where the sums do not agree yet, a page that is refused is a failure."""
    answers = iter([httpx.Response(200, json=page_of(row(amount=99))), httpx.Response(status, json={"code": code})])
    account = PureHarness("cora", NOW, authority=AUTHORITY).account

    with pytest.raises(BankFailure):
        converse(CORA.reading(account, WEEK, NOW.date()), lambda _: next(answers))


@pytest.mark.parametrize(
    "pages", [[[row(), row(type="HOLD", id="b", amount=50)]], [[row()], [row(type="HOLD", id="b")]]]
)
def test_totals_wait_for_rows_without_sign(pages):
    """Totals that the rows with a sign meet are still held against those whose direction the balances told.

    On one page they contradict the totals; on two pages the totals may be the first page's own.
    """
    totals = {"aggregations": {"creditTotal": 0, "debitTotal": 100}}
    moved = sum(each["amount"] for rows in pages for each in rows)
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    answers = chain((page_of(*rows, start={"balance": moved}, **totals) for rows in pages), repeat(page_of()))
    flow = Cora(CONTRACT, len(pages[0])).reading(account, WEEK, NOW.date())

    _, balances = converse(flow, lambda _: httpx.Response(200, json=next(answers)))

    assert len(balances.contradictions) == (1 if len(pages) == 1 else 0)


def test_two_hundred_rows_are_asked_for_unless_told_otherwise():
    """The bank allows 500 rows a page, but such pages are said to time out."""
    assert (CORA.page_size, Cora(CONTRACT, 500).page_size) == (200, 500)


def test_pages_shorter_than_asked_for_are_not_taken_for_the_end():
    """A bank that gives fewer rows than asked for is asked on until its sums agree."""
    source = ledger(*[(f"2026-03-10T{hour:02}", "1") for hour in range(10, 17)])
    pair = pair_of(source, granted=3)

    assert len(pair.read(WEEK).entries) == 7
    assert calls(pair) == 3


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = pair_of(ledger(*[(f"2026-03-10T{hour:02}", "1") for hour in range(10, 20)]), page_size=1)

    pair.read(WEEK)

    assert sum(request.url.path == "/token" for request in pair.requests) == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-11T02:30:10+00",
        "2026-03-10T23:30:10-03",
        "2026-03-11T02:30:10.000Z",
        "2026-03-10T23:30:10.000-03:00",
        "2026-03-11T02:30:10+00:00",
        "2026-03-11T02:30:10",
        "2026-03-11T02:30:10.000",
    ],
)
def test_an_instant_in_any_offset_belongs_to_the_day_in_brasilia(text):
    """Two-digit offsets are read, none is UTC, and an evening in Brasília stays on its day although UTC is ahead."""
    (movement,) = read(row(createdAt=text))

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 10, 23, 30, 10, tzinfo=BRASILIA)


def test_a_plain_date_is_no_instant():
    """A row may have only the day of its booking."""
    (movement,) = read(row(createdAt="2026-03-10"))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


@pytest.mark.parametrize(
    ("amount", "reais"), [(4990, "-49.90"), ("4990", "-49.90"), (1, "-0.01"), (10**14, "-1000000000000")]
)
def test_amounts_are_centavos(amount, reais):
    """Whole centavos, as number or text, become reais exactly."""
    assert read(row(amount=amount))[0].amount == Decimal(reais)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "HOLD", "amount": 70},
        {"type": "HOLD", "amount": 0},
        {"type": "", "amount": 70},
        {"amount": -100},
        {"amount": "1.00"},
        {"amount": "R$ 1"},
        {"amount": 10**30},
        {"createdAt": "10/03/2026"},
        {"createdAt": "2026-03-10T12:00:00 BRT"},
        {"createdAt": "0001-01-01T00:00:00+00"},
        {"createdAt": ""},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement, while it is fetched and after."""
    for attempt in (read, lambda bad: fetched(page_of(bad), page_of())):
        with pytest.raises(BankFailure) as failure:
            attempt(row(**wrong))
        assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("missing", ["type", "amount", "createdAt"])
def test_what_an_entry_cannot_do_without(missing):
    """A row that lacks direction, amount or time is not guessed."""
    with pytest.raises(BankFailure):
        fetched(page_of({name: value for name, value in row().items() if name != missing}))


@pytest.mark.parametrize(
    "transaction", [None, [], [{}], "", {}, {"type": None, "description": True, "counterParty": []}]
)
def test_a_transaction_that_says_nothing(transaction):
    """It leaves a plain movement."""
    (movement,) = read(row(transaction=transaction))

    assert (movement.type, movement.description, movement.counterparty) == (TransactionType.OUTROS, "", None)


@pytest.mark.parametrize(
    ("transaction", "description", "name"),
    [
        ("Compra na loja", "Compra na loja", None),
        ([{"type": "PIX", "description": "Aluguel"}], "Aluguel", None),
        ({"type": "PIX", "description": 7}, "7", None),
        ({"type": "PIX", "counterParty": "Ana Souza"}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "PIX", "counterParty": [{"name": "Ana Souza"}]}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "PIX", "counterparty": {"name": "Ana Souza"}}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "BOLETO", "nossoNumero": 123}, "Boleto pago - nossoNumero 123", None),
    ],
)
def test_a_transaction_of_any_form(transaction, description, name):
    """A text in place of an object, a list of one, a number in place of a text, another capital: nothing is lost."""
    (movement,) = read(row(transaction=transaction))

    assert movement.description == description
    assert movement.counterparty == (Counterparty(name=name) if name else None)


@pytest.mark.parametrize("name", ["counterParty", "counterparty"])
@pytest.mark.parametrize("party", ["Ana Souza", {"name": "Ana Souza"}])
def test_the_other_party_beside_the_transaction(name, party):
    """Some clients expect it there, by either name."""
    (movement,) = read(row(transaction={"type": "PIX"}, **{name: party}))

    assert movement.counterparty == Counterparty(name="Ana Souza")


@pytest.mark.parametrize("name", ["description", "title"])
def test_a_text_beside_the_transaction(name):
    """Some clients look for the text in the entry itself."""
    alone, beside = read(
        row(**{name: "Aluguel de março"}),
        row(id="ent_2", transaction={"type": "PIX", "description": "Pago"}, **{name: "Aluguel de março"}),
    )

    assert (alone.description, beside.description) == ("Aluguel de março", "Pago - Aluguel de março")


@pytest.mark.parametrize(
    ("identity", "tax_id"),
    [
        (11222333000181, "11222333000181"),
        (12345678909, "12345678909"),
        (123456797, "00123456797"),
        (7, None),
        (True, None),
    ],
)
def test_a_tax_id_as_a_number(identity, tax_id):
    """A number has lost its zeros; check digits decide whether it is one, and what is none is told."""
    (movement,) = read(row(transaction={"type": "PIX", "counterParty": {"name": "Ana", "identity": identity}}))

    assert movement.counterparty.tax_id == tax_id
    assert ("7" in movement.description) is (identity == 7)


@pytest.mark.parametrize("identity", [7, " 7 ", "ent_7"])
def test_an_id_in_any_form(identity):
    """A number is an id as well."""
    (movement,) = fetched(page_of(row(id=identity)))[0]

    assert movement.bank_id == str(identity)


@pytest.mark.parametrize("blank", ["", " ", None, 0])
def test_rows_with_a_blank_id_are_not_one_row(blank):
    """A blank id names nothing: two rows with one are two, and each is known by its content."""
    movements, _ = fetched(page_of(row(id=blank, amount=40), row(id=blank, amount=60)))

    assert [(movement.amount, movement.bank_id) for movement in movements] == [
        (Decimal("-0.60"), None),
        (Decimal("-0.40"), None),
    ]


@pytest.mark.parametrize("sent", ["2026-03-10t12:00:00z", " 2026-03-10 12:00:00+00 ", "2026-03-10T12:00:00.000000Z"])
def test_an_instant_in_any_writing(sent):
    """Small letters and blanks are no other instant."""
    assert read(row(createdAt=sent))[0].booked_at == datetime(2026, 3, 10, 9, tzinfo=BRASILIA)


@pytest.mark.parametrize("amount", [" 100 ", "0100", "100"])
def test_centavos_with_blanks(amount):
    """Digits are read whatever stands around them."""
    assert read(row(amount=amount))[0].amount == -1


@pytest.mark.parametrize(
    "sent", [[], "x", 7, {"creditTotal": "x", "debitTotal": True}, {"creditTotal": "", "debitTotal": 1.5}, [{}]]
)
def test_totals_that_cannot_be_read_withhold_nothing(sent):
    """What the totals add up is assumed: those that cannot be read are none, and the balances prove the list."""
    hidden = [row(id="ent_2", amount=900), row(id="ent_3", amount=900, type="CREDIT")]
    movements, balances = fetched(page_of(row(), aggregations=sent), page_of(*hidden))

    assert len(movements) == 3
    assert balances.contradictions == ()


def test_the_bank_s_own_text_comes_first():
    """Only where the bank writes nothing is the description composed, by direction and party."""
    party = {"name": "Padaria Modelo Ltda ", "identity": "11.222.333/0001-81"}
    other, credit, debit, unknown = read(
        row(transaction={"type": "PIX", "description": "Aluguel ", "counterParty": party}),
        row(type="CREDIT", transaction={"type": "PIX", "description": "", "counterParty": party}),
        row(transaction={"type": "TRANSFER"}),
        row(transaction={"type": "RAFFLE"}, counterParty=party),
    )

    assert other.description == "Aluguel"
    assert credit.description == "Pix recebido - Padaria Modelo Ltda"
    assert (debit.description, debit.type) == ("Transferência enviada", TransactionType.TED)
    assert (unknown.description, unknown.type) == ("RAFFLE - Padaria Modelo Ltda", TransactionType.OUTROS)
    assert unknown.counterparty == Counterparty(name="Padaria Modelo Ltda", tax_id="11222333000181")


def test_rows_share_a_business_transaction():
    """A movement and its fee have the same transaction but ids of their own; both are kept."""
    shared = {"id": "txn_1", "type": "TRANSFER"}
    rows = [row(id="ent_1", amount=90, transaction=shared), row(id="ent_2", amount=10, transaction=shared)]
    movements, _ = fetched(page_of(*rows))

    assert [movement.bank_id for movement in movements] == ["ent_2", "ent_1"]


def test_a_row_without_id_is_known_by_its_content():
    """Without the bank's id there is none to keep."""
    movements, _ = fetched(page_of({name: value for name, value in row().items() if name != "id"}))

    assert [movement.bank_id for movement in movements] == [None]


def test_equal_rows_without_id_on_two_pages_prove_nothing():
    """A row without id that stands on two pages may be one or two: it is told, and nothing is proved."""
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    answers = iter([page_of(row(id=None), start={"balance": 200}), page_of(row(id=None)), page_of()])
    flow = Cora(CONTRACT, 1).reading(account, WEEK, NOW.date())

    _, balances = converse(flow, lambda _: httpx.Response(200, json=next(answers)))

    (doubt,) = balances.contradictions
    assert ("without id" in doubt.detail, doubt.evidence) == (True, Evidence.ASSUMED)


def test_a_single_row_in_place_of_a_list():
    """A row that stands alone where the list should be is a list of one."""
    movements, _ = fetched({**page_of(), "entries": row()})

    assert [movement.amount for movement in movements] == [-1]


@pytest.mark.parametrize("listed", [{"entries": None}, {"entries": []}, {}])
def test_a_list_may_be_absent(listed):
    """No rows, null rows and no list at all are one and the same."""
    movements, balances = fetched({"start": {"balance": 7}, "end": {"balance": 7}, **listed})

    assert (movements, balances.opening.amount, balances.closing.amount) == ([], Decimal("0.07"), Decimal("0.07"))


@pytest.mark.parametrize(
    "edges",
    [
        {"start": None},
        {"end": None},
        {"start": {"balance": "1,00"}},
        {"end": {"balance": 10**30}},
        {"end": {}},
    ],
)
def test_sums_that_cannot_be_read(edges):
    """Without readable balances on the first page nothing can be proved."""
    with pytest.raises(BankFailure) as failure:
        fetched(page_of(row(), **edges))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("sent", [{}, {"creditTotal": 0}, {"creditTotal": None, "debitTotal": 100}])
def test_half_of_the_totals(sent):
    """A sum without the other has to be met, and the balances prove the list besides."""
    movements, _ = fetched(page_of(row(), aggregations=sent))
    assert [movement.amount for movement in movements] == [Decimal("-1.00")]

    with pytest.raises(IncoherentPages):
        fetched(page_of(row(amount=99), aggregations=sent), page_of())


@pytest.mark.parametrize("sent", [{"debitTotal": 7}, {"creditTotal": 5}])
def test_half_of_the_totals_that_is_not_met(sent):
    """Entries that cancel each other out may be missing, though the balances agree; what a total adds up is assumed."""
    movements, balances = fetched(page_of(row(), aggregations=sent), page_of())

    assert len(movements) == 1
    assert [doubt.evidence for doubt in balances.contradictions] == [Evidence.ASSUMED]


@pytest.mark.parametrize("kind", ["BOLETO", "BANK_SLIP", "INVOICE"])
def test_names_of_a_boleto(kind):
    """The bank's other calls name a boleto otherwise, and clients expect these names here too."""
    (movement,) = read(row(type="CREDIT", transaction={"type": kind}))

    assert (movement.type, movement.description) == (TransactionType.BOLETO, "Boleto recebido")


def test_a_list_that_the_balances_contradict():
    """Rows that do not lead from one balance to the other are no statement, once an empty page has ended the list."""
    with pytest.raises(IncoherentPages):
        fetched(page_of(row(amount=99)), page_of())


@pytest.mark.parametrize("when", ["2026-03-06T12:00:00+00", "2026-03-15T03:00:00+00"])
def test_rows_of_another_time(when):
    """An answer that does not keep to the dates asked for is no statement."""
    with pytest.raises(IncoherentPages):
        fetched(page_of(row(createdAt=when)))


def test_blocked_money_that_leaves_the_balance_alone():
    """Blocks in the period are shown and never final; those around it do not disturb its balances."""
    source = ledger(
        ("2026-03-01T09", "1000"),
        ("2026-03-08T12", "-5", "OUTROS"),
        ("2026-03-10T12", "-30", "OUTROS"),
        ("2026-03-11T12", "10"),
        ("2026-03-14T12", "-7", "OUTROS"),
    )

    found = pair_of(source, blocks="leave_balance").read(WEEK)

    assert [(entry.amount, entry.description) for entry in found.entries] == [
        (-30, "Bloqueio de saldo"),
        (10, "Pix recebido"),
    ]
    assert (found.opening_balance, found.closing_balance) == (1000, 1010)
    assert found.proof.verdict is Verdict.PROVED
    assert [entry.stability for entry in found.entries] == [Stability.PROVISIONAL, Stability.FINAL]
    assert found.warnings == []


def test_balances_that_contradict_complete_pages():
    """When the totals prove every row of several pages, balances that disagree are told as such."""
    totals = {"aggregations": {"creditTotal": 0, "debitTotal": 200}}
    pair = pair_of(ledger(("2026-03-01T09", "100")), page_size=1)
    answers = iter(
        [
            page_of(row(id="ent_2"), **totals, end={"balance": 50}),
            page_of(row(id="ent_1"), **totals),
            page_of(),
        ]
    )
    answer = pair.bank.answer
    pair.bank.answer = lambda request: (
        answer(request) if request.method == "POST" else httpx.Response(200, json=next(answers))
    )

    found = pair.read(WEEK)

    assert [entry.bank_id for entry in found.entries] == ["ent_1", "ent_2"]
    assert (found.proof.verdict, found.proof.difference) == (Verdict.DISPROVED, Decimal("1.50"))


@pytest.mark.parametrize(
    ("document", "accepted"),
    [
        ("11.222.333/0001-81", True),
        ("11222333000262", True),
        ("99888777000100", False),
        ("12345678909", False),
        ("***222333000181", True),
        ("", True),
        (None, True),
        (11222333000181, True),
        (99888777000100, False),
        (123456797, False),
        (191, True),
        (7, True),
    ],
)
def test_another_company_s_statement_is_not_taken(document, accepted):
    """Nothing in the call names the account; a holder of another company means that the credentials are not its own."""
    pair = pair_of(ledger(("2026-03-01T09", "100")))
    account = msgspec.structs.replace(pair.account, holder_tax_id="11222333000181")
    body = page_of(row(), header={"businessName": "Empresa", "businessDocument": document})
    flow = CORA.reading(account, WEEK, NOW.date())

    if accepted:
        assert len(converse(flow, lambda _: httpx.Response(200, json=body))[0]) == 1
    else:
        with pytest.raises(BankFailure) as failure:
            converse(flow, lambda _: httpx.Response(200, json=body))
        assert failure.value.code == "invalid_account"


@pytest.mark.parametrize("status", [503, 504])
def test_pages_too_large_are_server_errors(status):
    """What the bank says when a page takes too long."""
    pair = pair_of(ledger(("2026-03-10T10", "1")))
    pair.world.inject("cora", None, "statement", "status", {"status": status, "body": "<html></html>"})

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)
    assert failure.value.code == "bank_server_error"


def test_a_wrong_date_is_not_taken_for_a_server_error():
    """The code in the body outweighs status 500; the caller is to change the period."""
    pair = PureHarness("cora", NOW, scenario="period_out_of_range", authority=AUTHORITY)

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)

    assert failure.value.code == "period_out_of_range"
    assert not failure.value.entry.retryable
    assert failure.value.bank_error.code == "BST-0000"


def test_blocked_money_is_marked():
    """By the row's type or by that of what stands behind it."""
    rows = read(
        row(),
        row(id="b", type="BLOCK"),
        row(id="u", type="UNBLOCK"),
        row(id="d", transaction={"type": "BLOCK"}),
    )

    assert [each.blocked for each in rows] == [False, True, True, True]


@pytest.mark.parametrize(
    ("word", "amount"),
    [
        ("credit", 1),
        ("Crédito", 1),
        ("CREDITO", 1),
        ("C", 1),
        ("UNBLOCK", 1),
        ("debit", -1),
        ("Débito", -1),
        ("Block", -1),
    ],
)
def test_words_of_a_direction(word, amount):
    """Directions are compared without case and accents."""
    assert [movement.amount for movement in read(row(type=word))] == [amount]


@pytest.mark.parametrize(
    ("rows", "start", "end", "amounts"),
    [
        ([row(type="HOLD")], 100, 0, [-1]),
        ([row(type="REVERSAL")], 0, 100, [1]),
        ([row(type="HOLD")], 100, 100, []),
        (
            [row(type="REVERSAL", id="ent_2"), row(type="HOLD", amount=30), row(amount=5, id="ent_3")],
            100,
            165,
            [-0.05, -0.3, 1],
        ),
        ([row(type="HOLD", amount=40), row(type="hold ", amount=60, id="ent_2")], 100, 0, [-0.6, -0.4]),
    ],
)
def test_the_balances_tell_the_sign_of_an_unknown_type(rows, start, end, amounts):
    """The list of types is open: where a type tells no direction, the balances do; what moved nothing is no entry."""
    movements, balances = fetched(page_of(*rows, start={"balance": start}, end={"balance": end}), page_of())

    assert [movement.amount for movement in movements] == [Decimal(str(amount)) for amount in amounts]
    assert balances.contradictions == ()


@pytest.mark.parametrize("named", [None, "", " ", "--"])
def test_rows_without_a_type_share_none(named):
    """One may have come and the other gone: balances that did not move do not tell that neither is an entry."""
    rows = [row(type=named), row(type=named, id="ent_2")]

    with pytest.raises(BankFailure) as failure:
        fetched(page_of(*rows, start={"balance": 100}, end={"balance": 100}), page_of())
    assert failure.value.code == "unexpected_bank_response"


def test_what_arithmetic_cannot_tell_is_refused_by_name():
    """Two unknown types of the same size that cancel each other out may be either way round."""
    rows = [row(type="HOLD"), row(type="REVERSAL", id="ent_2")]

    with pytest.raises(BankFailure) as failure:
        fetched(page_of(*rows, start={"balance": 0}), page_of())
    assert "HOLD, REVERSAL" in str(failure.value.detail)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("pix", None, TransactionType.PIX),
        ("Bank Slip", None, TransactionType.BOLETO),
        ("TRANSFERÊNCIA", None, TransactionType.TED),
        ("DEBIT_CARD", None, TransactionType.CARTAO),
        ("pix_refund", None, TransactionType.PIX),
        ("RAFFLE", "Pagamento de boleto 12", TransactionType.BOLETO),
        (None, "TARIFA DE MANUTENCAO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        (None, "Transf enviada", TransactionType.OUTROS),
    ],
)
def test_kinds_in_any_writing(kind, text, expected):
    """Kinds are compared without case and punctuation; of one that no list names the text decides."""
    assert read(row(transaction={"type": kind, "description": text}))[0].type is expected


def test_every_text_of_a_row_is_told():
    """Whatever the bank says is somewhere in the entry, but for the id that related rows share, which names nothing."""
    inner = {"name": "innerx", "identity": "***.456.789-**", "bankName": "bancox"}
    transaction = {
        "id": "transactionx",
        "type": "kindx",
        "description": "textx",
        "counterParty": inner,
        "category": {"main": "mainx", "sub": "subx"},
        "endToEndId": "E37880206202603021402aB3dE6gH9j1",
    }
    beside = {"name": "besidex", "identity": "11.222.333/0001-81"}

    (movement,) = read(row(id="identityx", type="DEBIT", transaction=transaction, counterParty=beside))

    shown = str(msgspec.to_builtins(movement))
    words = ("identityx", "kindx", "textx", "innerx", "bancox", "mainx", "subx", "besidex", "11222333000181")
    assert [word for word in words if word not in shown] == []
    assert movement.end_to_end_id == "E37880206202603021402aB3dE6gH9j1"
    assert movement.description.startswith("textx")
    assert "transactionx" not in shown


def test_the_last_page_over_and_over():
    """A bank that repeats its last page beyond the end has told everything once the sums agree."""
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    whole = page_of(row(), start={"balance": 100})
    flow = Cora(CONTRACT, 1).reading(account, WEEK, NOW.date())

    _, balances = converse(flow, lambda _: httpx.Response(200, json=whole))

    assert balances.contradictions == ()


def test_a_second_tax_id_is_told():
    """Where the party beside the transaction is another one, its tax id stands in the description."""
    inner = {"name": "Padaria", "identity": "11222333000181"}

    for beside, shown in (("99888777000100", True), ("11.222.333/0001-81", False), (None, False)):
        (movement,) = read(row(transaction={"type": "PIX", "counterParty": inner}, counterParty={"identity": beside}))

        assert movement.counterparty.tax_id == "11222333000181"
        assert (str(beside) in movement.description) is shown


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (403, {"message": "Contato encerrado"}, "statement_access_denied"),
        (403, {"message": "Entre em contato: acesso bloqueado"}, "statement_access_denied"),
        (403, {"errors": [{"code": "X", "message": "A conta foi encerrada"}]}, "account_closed"),
        (403, {"errors": [{"code": "X", "message": "Conta bloqueada"}]}, "account_blocked"),
        (400, {"code": "invalid_request", "message": "start must be a date"}, "period_out_of_range"),
        (400, {"code": "invalid_request", "errors": [{"message": "end: data futura"}]}, "period_out_of_range"),
        (400, {"code": "invalid_request", "message": "weekend restarted"}, "unexpected_bank_response"),
        (400, {"code": "invalid_request", "path": "/statement?start=2026-03-01&end=x"}, "unexpected_bank_response"),
    ],
)
def test_a_cause_is_named_by_whole_words(status, sent, code):
    """Parts of other words and an address that is repeated name no cause."""
    assert failure_of(CONTRACT, "statement", httpx.Response(status, json=sent)).code == code
