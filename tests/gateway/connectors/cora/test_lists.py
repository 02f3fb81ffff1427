"""Pages of Cora, and the end of a list that has no total."""

from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest

from contracts.fact import Evidence
from gateway.connectors.cora import Cora
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.cora.answers import (
    AUTHORITY,
    CONTRACT,
    CORA,
    WEEK,
    calls,
    fetched,
    ledger,
    page_of,
    pair_of,
    row,
)


def handed_over(*pages):
    """How many movements each page of a conversation has handed over when the next one is asked for, or at the end."""
    answers, found, rows = iter(pages), [], 0
    flow = CORA.reading(PureHarness("cora", NOW, authority=AUTHORITY).account, WEEK, NOW.date())
    reply = None
    while True:
        try:
            event = flow.send(reply)
        except StopIteration:
            return [*found[1:], rows]
        reply = None
        if isinstance(event, httpx.Request):
            found.append(rows)
            reply = httpx.Response(200, json=next(answers, page_of()))
        else:
            rows += sum(1 for _ in CORA.movements(event))


def test_pages_are_handed_over_as_they_come():
    """A list of any length takes the memory of a page."""
    first, second = ([row(id=f"ent_{n}", amount=1) for n in range(begin, begin + 200)] for begin in (0, 200))
    balances = {"start": {"balance": 400}, "end": {"balance": 0}}

    assert handed_over(page_of(*first, **balances), page_of(*second, **balances)) == [200, 400, 400]


@pytest.mark.parametrize("odd", [{"type": "BONUS"}, {"type": "BLOCK", "createdAt": "2026-03-08T12:00:00+00"}])
def test_what_only_the_end_decides_is_kept_until_then(odd):
    """A row whose sign the balances tell, and blocked money beyond the period; and, for their order, all rows after."""
    first, second = ([row(id=f"ent_{n}", amount=1) for n in range(begin, begin + 200)] for begin in (0, 200))
    second[5] |= odd
    balances = {"start": {"balance": 400}, "end": {"balance": 0}}

    assert handed_over(page_of(*first, **balances), page_of(*second, **balances)) == [200, 200, 400]


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


@pytest.mark.parametrize("status", [200, 400, 404, 422])
def test_words_for_no_entries_behind_a_short_page_do_not_show_that_the_list_has_ended(status):
    """Nothing documents them, and what cancels out may follow."""
    nothing = {"message": "Nenhum lançamento encontrado"}
    answers = iter([httpx.Response(200, json=page_of(row())), httpx.Response(status, json=nothing)])
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


def test_two_hundred_rows_are_asked_for_unless_told_otherwise():
    """The bank allows 500 rows a page, but such pages are said to time out."""
    assert (CORA.page_size, Cora(CONTRACT, 500).page_size) == (200, 500)


def test_pages_shorter_than_asked_for_are_not_taken_for_the_end():
    """A bank that gives fewer rows than asked for is asked on until its sums agree."""
    source = ledger(*[(f"2026-03-10T{hour:02}", "1") for hour in range(10, 17)])
    pair = pair_of(source, granted=3)

    assert len(pair.read(WEEK).entries) == 7
    assert calls(pair) == 3


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


def test_the_last_page_over_and_over():
    """A bank that repeats its last page beyond the end has told everything once the sums agree."""
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    whole = page_of(row(), start={"balance": 100})
    flow = Cora(CONTRACT, 1).reading(account, WEEK, NOW.date())

    _, balances = converse(flow, lambda _: httpx.Response(200, json=whole))

    assert balances.contradictions == ()
