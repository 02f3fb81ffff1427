"""Balances and sums of Cora, and rows of which only these tell the sign."""

from decimal import Decimal
from itertools import chain, repeat

import httpx
import pytest

from contracts.fact import Evidence
from gateway.connectors.cora import Cora
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import Stability, Verdict
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.cora.answers import (
    AUTHORITY,
    CONTRACT,
    WEEK,
    fetched,
    ledger,
    page_of,
    pair_of,
    read,
    row,
)


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


@pytest.mark.parametrize(
    "sent", [[], "x", 7, {"creditTotal": "x", "debitTotal": True}, {"creditTotal": "", "debitTotal": 1.5}, [{}]]
)
def test_totals_that_cannot_be_read_withhold_nothing(sent):
    """What the totals add up is assumed: those that cannot be read are none, and the balances prove the list."""
    hidden = [row(id="ent_2", amount=900), row(id="ent_3", amount=900, type="CREDIT")]
    movements, balances = fetched(page_of(row(), aggregations=sent), page_of(*hidden))

    assert len(movements) == 3
    assert balances.contradictions == ()


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


def test_a_list_that_the_balances_contradict():
    """Rows that do not lead from one balance to the other are no statement, once an empty page has ended the list."""
    with pytest.raises(IncoherentPages):
        fetched(page_of(row(amount=99)), page_of())


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
