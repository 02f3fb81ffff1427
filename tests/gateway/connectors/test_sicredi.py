"""What is odd about how Sicredi is asked: pages, counters, balances and the order of rows."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import pytest

from gateway.connectors import find
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from tests.gateway.connectors.sicredi.answers import ACCOUNT, NOW, SICREDI, WEEK, page, read, row, statement_of


def test_the_balance_before_a_later_page_does_not_matter():
    """Whether a later page repeats the balance before the period, tells its own, or none, the rows decide."""
    for before in (5, 6, None):
        pages = (
            page(row(1, 1, 6), before=5, total=2, totalPages=2),
            page(row(2, 1, 7), before=before, total=2, totalPages=2),
        )
        balances, _ = read(*pages)
        assert (balances.opening.amount, balances.closing.amount) == (5, 7)


def test_pages_are_counted_from_zero_and_none_is_asked_past_the_end():
    """Two pages are two requests, 0 and 1, even if the bank gives fewer rows than asked for."""
    _, queries = read(page(row(1, 1, 1), total=2, totalPages=2), page(row(2, 1, 2), total=2, totalPages=2))

    assert [(query["page"], query["size"]) for query in queries] == [("0", "100"), ("1", "100")]


def test_without_a_number_of_pages_the_total_ends_the_list():
    """The announced rows are asked for until all of them are there."""
    balances, queries = read(page(row(1, 1, 1), total=2), page(row(2, 1, 2), total=2))

    assert (len(queries), balances.closing.amount) == (2, 2)


@pytest.mark.parametrize(
    "pages",
    [
        [page(row(1, 1, 1), row(1, 1, 2))],
        [page(row(1, 1, 1), total=2, totalPages=1)],
        [page(row(1, 1, 1), row(2, -1, 0), total=1, totalPages=1)],
        [page(row(1, 1, 1), total=2, totalPages=2), page(row(2, 1, 2), total=3, totalPages=2)],
        [page(row(1, 1, 1), total=2, totalPages=3), page(total=2, totalPages=3)],
        [page(row(1, 1, 1), row(2, -1, 0), total=4, totalPages=2) for _ in range(2)],
        [page(total=1, totalPages=1)],
    ],
    ids=[
        "an id twice on a page",
        "fewer rows than announced",
        "more rows than announced",
        "the total changes between pages",
        "an empty page before the end",
        "a page twice whose rows cancel each other",
        "an announced row that does not come",
    ],
)
def test_a_list_that_does_not_fit_together(pages):
    """Lost, repeated and moved rows are noticed by id or total, even where their sum is zero."""
    with pytest.raises(IncoherentPages):
        read(*pages)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([row(1, 1, 2)], "disproved"),
        ([row(1, 1, 1), row(2, 1, 1)], "disproved"),
        ([row(1, 1, 7), row(2, 1, 2)], "not_provable"),
        ([row(1, 5, 5, data="2026-03-11"), row(2, 1, 1000), row(3, -6, 994)], "disproved"),
    ],
    ids=[
        "the first row does not follow from the balance before",
        "a row does not follow from the one before",
        "balances that lead nowhere but at the end",
        "balances of another kind",
    ],
)
def test_balances_of_another_meaning_withhold_nothing(rows, verdict):
    """What `saldo` means was never observed: the entries are given, unproved, and none is final if disproved."""
    statement = statement_of(page(*rows))

    assert sorted(entry.amount for entry in statement.entries) == sorted(Decimal(row["valor"]) for row in rows)
    assert statement.proof.verdict == verdict
    assert "does not follow" in statement.proof.reason
    assert "balance_mismatch" in {warning.code for warning in statement.warnings}
    assert ({entry.stability for entry in statement.entries} == {"provisional"}) is (verdict == "disproved")


@pytest.mark.parametrize(
    "answer",
    [
        page(before="NaN"),
        page(row(1, 1, 1, data="2026-03-08")),
        page(row(1, 1, 1, data="2026-03-14")),
        {"saldoAnterior": 0, "dtlMovimentos": []},
        {"saldoAnterior": 0, "dtlMovimentos": [None], "totalElements": 1},
        page(row(1, 1, 1), total="many"),
        page(row(1, 1, 1), total=True),
        page(row(1, 1, 1), total=1.5),
        page(row(1, 1, 1), total=" ", totalPages=""),
        [],
        b"<html></html>",
    ],
    ids=[
        "no number before",
        "too early",
        "too late",
        "no total",
        "no row",
        "a total that is a word",
        "a total that is no number",
        "half a row",
        "a total and a number of pages that are blank",
        "a list",
        "a web page",
    ],
)
def test_an_answer_that_makes_no_sense(answer):
    """An answer without what the proof needs, or with rows nobody asked for, is no statement."""
    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        read(answer)


@pytest.mark.parametrize("sent", [{"saldo": None}, {"saldo": ""}, {}])
def test_rows_without_their_balances_are_given(sent):
    """The balances were never observed, so that a row is one without them; then nothing is proved."""
    bare = {name: value for name, value in row(2, -3, 0).items() if name != "saldo"} | sent

    statement = statement_of(page(row(1, 1, 6), bare, before=5))

    assert [entry.amount for entry in statement.entries] == [1, -3]
    assert [entry.balance for entry in statement.entries] == [6, None]
    assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == ("not_provable", 5, None)
    assert {entry.stability for entry in statement.entries} == {"final"}


@pytest.mark.parametrize("sent", [None, "", " "])
def test_a_period_without_the_balance_before_it_is_given(sent):
    """Its rows still must follow from each other, in whatever order they come."""
    rows = [row(2, -3, 3, data="2026-03-11"), row(1, 1, 6)]

    for each in (rows, rows[::-1]):
        statement = statement_of(page(*each, before=sent))
        assert [entry.amount for entry in statement.entries] == [1, -3]
        assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == (
            "not_provable",
            None,
            3,
        )


@pytest.mark.parametrize(
    ("rows", "before"),
    [
        ([row(1, 1, 6), row(2, -3, None), row(3, 1, 99)], 5),
        ([row(1, 1, 7), row(2, -3, None)], 5),
        ([row(1, 1, 6), row(2, -3, 99)], None),
    ],
)
def test_balances_that_are_given_count_where_others_are_left_out(rows, before):
    """What they contradict is not final."""
    statement = statement_of(page(*rows, before=before))

    assert len(statement.entries) == len(rows)
    assert statement.proof.verdict == "not_provable"
    assert "does not follow" in statement.proof.reason
    assert {entry.stability for entry in statement.entries} == {"provisional"}


def test_a_window_without_closing_balance_must_lead_to_the_next():
    """The balance before the next window is one after this one."""
    bare = row(1, 1, None, data="2026-02-01")

    agreed = statement_of(page(bare, before=5), page(row(2, 1, 7), before=6), period=TWO_MONTHS)
    lost = statement_of(page(bare, before=5), page(row(2, 1, 8), before=7), period=TWO_MONTHS)

    assert (agreed.proof.verdict, agreed.closing_balance) == ("proved", 7)
    assert (lost.proof.verdict, lost.proof.difference) == ("disproved", 1)


@pytest.mark.parametrize(
    "counted",
    [
        {"total": "2", "totalPages": "2"},
        {"total": 2.0, "totalPages": 2.0},
        {"total": " 2 ", "totalPages": ""},
        {"total": "", "totalPages": 2},
        {"total": " ", "totalPages": "2"},
    ],
)
def test_counters_as_texts_and_one_of_them_left_out(counted):
    """A number is as good as its digits; either of the two tells where the list ends."""
    balances, queries = read(page(row(1, 1, 1), **counted), page(row(2, 1, 2), **counted))

    assert (len(queries), balances.closing.amount) == (2, 2)


@pytest.mark.parametrize("counted", [{"total": 2, "totalPages": 2}, {"total": 2}, {"total": "", "totalPages": 2}])
def test_the_first_page_may_be_the_only_one_with_counters(counted):
    """What it says goes for the list."""
    later = page(row(2, 1, 2), total="")

    balances, queries = read(page(row(1, 1, 1), **counted), later)

    assert (len(queries), balances.closing.amount) == (2, 2)


def test_without_a_total_no_page_may_be_empty():
    """An empty page is the end only where no further one was announced."""
    for pages in (
        [page(total="", totalPages=2)],
        [page(row(1, 1, 1), total="", totalPages=3), page(total="", totalPages=3)],
    ):
        with pytest.raises(IncoherentPages):
            read(*pages)
    assert read(page(total="", totalPages=1))[0].closing.amount == 0


def test_a_list_may_be_blank_or_a_single_row():
    """As gateways write it that turn a list of one into the one, and an empty one into an empty text."""
    assert read({**page(), "dtlMovimentos": ""})[0].closing.amount == 0
    statement = statement_of({**page(row(1, 1, 1)), "dtlMovimentos": row(1, 1, 1)})

    assert ([entry.amount for entry in statement.entries], statement.proof.verdict) == ([1], "proved")


TWO_MONTHS = Period(date(2026, 2, 1), date(2026, 3, 10))


def test_windows_hang_together():
    """A long period is asked in windows of 31 days; the balances of both ends are those of the whole."""
    pages = page(row(1, 1, 6, data="2026-02-01"), before=5), page(before=6)

    balances, queries = read(*pages, period=TWO_MONTHS)

    assert [(query["dataInicio"], query["dataFim"]) for query in queries] == [
        ("2026-02-01", "2026-03-03"),
        ("2026-03-04", "2026-03-10"),
    ]
    assert [(b.day.isoformat(), b.amount) for b in (balances.opening, balances.closing)] == [
        ("2026-01-31", 5),
        ("2026-03-10", 6),
    ]


def test_something_lost_between_two_windows():
    """A window that does not begin where the one before it ended disproves what both hold."""
    pages = page(row(1, 1, 6, data="2026-02-01"), before=5), page(before=7)

    statement = statement_of(*pages, period=TWO_MONTHS)

    assert (statement.proof.verdict, statement.proof.difference) == ("disproved", 1)
    assert {entry.stability for entry in statement.entries} == {"provisional"}
    assert statement.proof.reason == "2026-03-04 begins with 7, the days before it end with 6"


def ledger(*moments):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime.fromisoformat(f"{when}-03:00"), amount=Decimal("1.00"), type="PIX")
            for when in moments
        ]
    )


@pytest.mark.parametrize("fault", ["lose_page", "repeat_page", "shift_page"])
def test_twins_do_not_hide_a_wrong_page(fault):
    """Rows that are equal in all but their id do not let a lost, repeated or shifted page pass."""
    pair = PureHarness("sicredi", NOW, source=ledger(*["2026-03-10T09:00:00"] * 6), page_size=2)
    pair.world.inject("sicredi", None, "statement", fault)

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)


def test_a_posting_while_pages_are_read():
    """A movement of today that arrives between two pages is noticed by the total."""
    pair = PureHarness("sicredi", NOW, source=ledger(*["2026-03-18T09:00:00"] * 3), page_size=2)
    late = LedgerEntry(booked_at=datetime(2026, 3, 18, 9, 30, tzinfo=BRASILIA), amount=Decimal(5), type="PIX")
    answer = pair.answer

    def answer_and_post(request):
        response = answer(request)
        if request.extensions["operation"] == "statement":
            pair.simulated.ledger.post(late)
        return response

    pair.answer = answer_and_post

    with pytest.raises(IncoherentPages):
        pair.read(Period(NOW.date(), NOW.date()))


def test_nothing_on_the_wire_names_the_account():
    """The account is the one of the credentials: no request carries its number, and one token serves all pages."""
    pair = PureHarness("sicredi", NOW, source=ledger(*["2026-03-10T09:00:00"] * 3), page_size=1, number="98765432")

    statement = pair.read(WEEK)

    assert len(statement.entries) == 3
    assert [request.url.path for request in pair.requests] == [
        "/thirdparty/auth/token",
        *["/contacorrente/v1/extratos"] * 3,
    ]
    for request in pair.requests:
        assert "98765432" not in f"{request.url} {request.headers} {request.content!r}"


NEWEST_FIRST = [
    ("3", "2026-03-10", "-2.00", "13.00"),
    ("2", "2026-03-10", "5.00", "15.00"),
    ("1", "2026-03-09", "-90.00", "10.00"),
]


@pytest.mark.parametrize(
    "places",
    [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2), (0, 2, 1)],
    ids=["newest_first", "oldest_first", "days_first", "mixed", "last_day_between"],
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_rows_in_any_order(places, size):
    """The bank documents no order; the balances prove the list in whichever it comes, on however many pages."""
    names = ("idMovimento", "data", "valor", "saldo")
    rows = [dict(zip(names, NEWEST_FIRST[place], strict=True)) for place in places]
    rows = [{**row, "valor": float(row["valor"]), "saldo": float(row["saldo"])} for row in rows]
    pages = [rows[n : n + size] for n in range(0, 3, size)]

    def answer(request):
        number = int(request.url.params["page"])
        body = {"totalElements": 3, "totalPages": len(pages), "saldoAnterior": 100.0, "dtlMovimentos": pages[number]}
        return httpx.Response(200, json=body)

    connector = find("sicredi", size)
    period = Period(date(2026, 3, 9), date(2026, 3, 10))
    found, balances = converse(connector.reading(ACCOUNT, period, date(2026, 3, 16)), answer)

    assert [m.bank_id for page in found for m in connector.movements(page)] == ["1", "2", "3"]
    assert (balances.opening.amount, balances.closing.amount) == (100, 13)


@pytest.mark.parametrize(
    ("places", "handed_over"),
    [((0, 1, 2, 3, 4, 5), [4, 2]), ((5, 4, 3, 2, 1, 0), [6]), ((0, 1, 2, 3, 5, 4), [4, 2]), ((0, 1, 3, 2, 4, 5), [6])],
    ids=["oldest_first", "newest_first", "out_of_order_at_last", "out_of_order_soon"],
)
def test_a_long_list_is_kept_only_where_its_order_is_not_known(places, handed_over, monkeypatch):
    """Rows are handed over as soon as more have come than memory should hold, if they follow from each other."""
    monkeypatch.setattr("gateway.connectors.sicredi.HELD_ENTRIES", 3)
    rows = [row(number, float(number), float(sum(range(number + 1)))) for number in range(1, 7)]
    came = [rows[place] for place in places]
    answers = iter([page(*came[:2], total=6), page(*came[2:4], total=6), page(*came[4:], total=6)])

    pages, balances = converse(
        SICREDI.reading(ACCOUNT, WEEK, NOW.date()), lambda _: httpx.Response(200, json=next(answers))
    )

    assert [len(each.rows) for each in pages] == handed_over
    assert [m.bank_id for each in pages for m in SICREDI.movements(each)] == [f"m{number}" for number in range(1, 7)]
    assert (balances.opening.amount, balances.closing.amount) == (0, 21)
    assert not balances.contradictions


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_row_is_noticed_in_any_order(lost):
    """No order leads from the opening balance through rows of which one is missing; at the end, the total tells."""
    rows = [
        {"idMovimento": identity, "data": day, "valor": float(moved), "saldo": float(balance)}
        for number, (identity, day, moved, balance) in enumerate(NEWEST_FIRST)
        if number != lost
    ]
    body = {"totalElements": 3 if lost == 0 else 2, "totalPages": 1, "saldoAnterior": 100.0, "dtlMovimentos": rows}
    period = Period(date(2026, 3, 9), date(2026, 3, 10))

    if lost == 0:
        with pytest.raises(IncoherentPages):
            statement_of(body, period=period)
    else:
        assert statement_of(body, period=period).proof.verdict == "disproved"
