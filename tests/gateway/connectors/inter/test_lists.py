"""Pages, counters and parts of a list of Banco Inter."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters
from tests.gateway.connectors.inter.answers import INTER, NOW, fetched, ledger, row


def test_a_day_of_which_the_bank_gives_more_than_it_documents():
    """What its pages reach is documented, and nobody has seen what lies beyond."""
    period = Period(date(2026, 3, 10), date(2026, 3, 10))
    flow = INTER._window(PureHarness("inter", NOW).account, period, adds=False, last=period.last)
    next(flow)
    for number, count in ((0, 10_000), (1, 1)):
        rows = [row(idTransacao=f"tx-{number}-{each}", tipoOperacao="C", valor="0.01") for each in range(count)]
        body = {"totalElementos": 10_001, "totalPaginas": 2, "transacoes": rows}
        assert len(flow.send(httpx.Response(200, json=body)).rows) == count
        asked = next(flow, None)

    assert asked is None


def test_more_rows_than_pages_reach_on_the_first_page():
    """Where they come all the same, nothing is asked again."""
    rows = [row(idTransacao=f"tx-{number}", tipoOperacao="C", valor="0.01") for number in range(10_002)]
    period = Period(date(2026, 3, 10), date(2026, 3, 11))
    flow = INTER._window(PureHarness("inter", NOW).account, period, adds=False, last=period.last)
    next(flow)
    page = flow.send(httpx.Response(200, json={"totalElementos": 10_002, "ultimaPagina": True, "transacoes": rows}))

    assert len(page.rows) == 10_002


def test_an_empty_window_that_announces_one_row_beside_another_with_rows():
    """What moved in the other windows explains the balances; the empty one is believed."""
    parameters = Parameters(readings={"empty_period_total": "1"})
    moved = LedgerEntry(booked_at=datetime(2026, 3, 10, 12, tzinfo=BRASILIA), amount=Decimal(5), type="PIX")
    first = msgspec.structs.replace(moved, booked_at=datetime(2025, 1, 2, 12, tzinfo=BRASILIA))
    pair = PureHarness("inter", NOW, source=Fixed([first, moved]), parameters=parameters)

    found = pair.read(Period(date(2025, 10, 1), date(2026, 3, 13)))

    assert ([entry.amount for entry in found.entries], found.proof.verdict) == ([5], "proved")


def test_an_empty_list_that_announces_nothing_is_told():
    """That the balance changed all the same is left to the proof of the statement."""
    empty = {"transacoes": [], "totalElementos": 0, "totalPaginas": 0, "ultimaPagina": True}

    movements, balances = fetched(empty, opening="10", closing="12")

    assert (movements, balances.opening.amount, balances.closing.amount) == ([], 10, 12)


@pytest.mark.parametrize(
    "counters",
    [
        {"totalElementos": "1", "totalPaginas": "1", "ultimaPagina": "true"},
        {"totalElementos": 1.0, "totalPaginas": 1.0},
        {"totalElementos": "?", "totalPaginas": None, "ultimaPagina": True},
        {"totalElementos": "1", "totalPaginas": "01", "ultimaPagina": ""},
    ],
)
def test_counters_of_any_form(counters):
    """Counters may be texts; one that says nothing counts as left out."""
    movements, _ = fetched({"transacoes": [row()], **counters}, closing="9")

    assert [movement.amount for movement in movements] == [-1]


def test_a_counter_as_text_is_still_held_against_the_rows():
    """Two announced rows of which one comes are no statement."""
    with pytest.raises(IncoherentPages):
        fetched({"transacoes": [row()], "totalElementos": "2", "ultimaPagina": "true"}, closing="9")


@pytest.mark.parametrize("listed", [{"transacoes": None}, {}, {"transacoes": []}])
@pytest.mark.parametrize("total", [0, "0"])
def test_an_empty_list_may_be_left_out(listed, total):
    """Where the bank counts no rows, no list is needed."""
    assert fetched({**listed, "totalElementos": total})[0] == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"transacoes": None},
        {"totalElementos": 1},
        {"transacoes": None, "totalElementos": 3},
        {"title": "Requisição inválida", "violacoes": []},
    ],
)
def test_silence_is_no_empty_list(answer):
    """Without a list only a count of no rows says that there are none."""
    with pytest.raises(BankFailure) as failure:
        fetched(answer)
    assert failure.value.code == "unexpected_bank_response"


def test_a_single_row_in_place_of_a_list():
    """A row that stands alone where the list should be is a list of one."""
    movements, _ = fetched({"transacoes": row(), "totalElementos": 1, "ultimaPagina": True}, closing="9")

    assert [movement.amount for movement in movements] == [-1]


def test_rows_to_come_that_stand_in_every_window():
    """As in July 2022, a scheduled row of a day to come is in each answer: it is no entry yet, and refuses nothing."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10")))
    coming = row(idTransacao="x", dataTransacao="2026-03-20", valor="7.00")

    def answer(request):
        response = PureHarness.answer(pair, request)
        body = response.json()
        if "transacoes" in body:
            body["transacoes"].insert(0, coming)
            body["totalElementos"] += 1
        return httpx.Response(response.status_code, json=body)

    pair.answer = answer
    found = pair.read(Period(date(2025, 11, 1), date(2026, 3, 13)))

    assert ([entry.amount for entry in found.entries], found.proof.verdict) == ([10], "proved")
