"""Pages, totals and blocks of Itaú in other forms, and the end of a list."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import Period
from tests.gateway.connectors.itau.answers import (
    ACCOUNT,
    ITAU,
    MARCH,
    NOW,
    closing,
    row,
    statement_of,
)


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


@pytest.mark.parametrize(
    ("body", "by_words"),
    [
        ({"data": []}, True),
        ({"data": [{"events": []}]}, False),
        ({"data": [], "pagination": {"total_elements": 0}}, False),
    ],
)
def test_days_without_a_block(body, by_words):
    """Without a block or a total nothing tells that the bank has looked for entries; closing balances still may."""
    pages, balances = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), lambda _: httpx.Response(200, json=body))

    assert not any(page.rows for page in pages)
    assert balances.empty_by_words is by_words


def test_only_the_days_that_were_asked_for_must_be_told():
    """Days around them are looked at for their closing balances alone."""

    def answer(request):
        asked = request.url.params
        around = asked["end_date"] < "2026-03-02" or asked["page"] != "1"
        return httpx.Response(200, json={"data": [] if around else [{"events": [row(id="a")]}]})

    _, balances = converse(ITAU.reading(ACCOUNT, MARCH, NOW.date()), answer)

    assert not balances.empty_by_words


@pytest.mark.parametrize("words", [{}, {"json": {"message": "Not Found"}}], ids=["empty", "own"])
@pytest.mark.parametrize("announced", [1, None, 2])
def test_a_page_that_is_not_found_ends_the_list(words, announced):
    """The page before it came, so that no account is unknown; what was announced must have come."""
    first = {"data": [{"events": [row(id="a")]}], "pagination": {"total_elements": announced}}
    answers = iter([httpx.Response(200, json=first), httpx.Response(404, **words)])
    nothing = httpx.Response(200, json={"data": []})
    flow = ITAU.reading(ACCOUNT, MARCH, NOW.date())

    if announced == 2:
        with pytest.raises(IncoherentPages, match="2 entries were announced"):
            converse(flow, lambda _: next(answers, nothing))
    else:
        pages, balances = converse(flow, lambda _: next(answers, nothing))
        assert sum(len(page.rows) for page in pages) == 1
        # Without a total only closing balances tell that the list is whole.
        assert balances.empty_by_words


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
        ({"json": []}, None),
        ({"json": {"message": None}}, None),
        ({"json": {"codigo": "", "mensagem": ""}}, None),
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
