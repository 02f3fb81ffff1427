"""Pages, totals and rows of a list of PagSeguro, and the end of it."""

import msgspec
import pytest

from gateway.connectors.pagseguro import StatementPage
from gateway.errors import BankFailure, IncoherentPages
from tests.gateway.connectors.pagseguro.answers import FLAT, PAGSEGURO, TENTH, answering, fetch, on_the_tenth, row


@pytest.mark.parametrize(
    "said", [{"detalhes": None}, {"pagination": {"totalElements": 0}}, {"pagination": {"totalPages": "0"}}]
)
def test_an_empty_day_without_a_list(said):
    """The list may be null, or left out where a total of zero stands for it."""
    pages, balances = fetch(answering(balances=FLAT, financial=said))

    assert ([len(page.rows) for page in pages], balances.complete_through) == ([0], TENTH)


@pytest.mark.parametrize(
    "said", [{}, {"message": "em processamento"}, {"pagination": {"totalPages": 1}}, {"detalhes": "x"}]
)
def test_an_answer_without_a_list_is_no_empty_day(said):
    """Nothing is concluded from silence."""
    with pytest.raises(BankFailure) as failure:
        fetch(answering(balances=FLAT, financial=said))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("elements", [0, 1000])
def test_a_quiet_day_as_the_bank_tells_it(elements):
    """An empty list of no pages; the size of the page is sometimes told as zero."""
    pagination = {"elements": elements, "totalPages": 0, "page": 1, "totalElements": 0}
    pages, balances = fetch(answering(balances=FLAT, financial={"detalhes": [], "pagination": pagination}))

    assert [row for page in pages for row in page.detalhes] == []
    assert (balances.opening.amount, balances.closing.amount) == (5, 5)
    assert balances.complete_through == TENTH


def one(code, **more):
    return row(movimento_api_codigo=code, valor_parcela=0.0, **more)


@pytest.mark.parametrize(
    "pages",
    [
        [{"detalhes": [one("A")], "pagination": None}, {"detalhes": [one("B")]}, {"detalhes": []}],
        [{"detalhes": [one("A")], "pagination": {}}, {"detalhes": [one("B")], "pagination": {}}, None],
        [{"detalhes": [one(c)], "pagination": {"totalElements": 2}} for c in "AB"],
        [{"detalhes": [one(c)], "pagination": {"totalPages": 2, "elements": 100}} for c in "AB"],
        [{"detalhes": [one(c)], "pagination": {"totalPages": "2", "totalElements": 2.0}} for c in "AB"],
        [{"detalhes": one(c), "pagination": {"totalPages": 2}} for c in "AB"],
        [{"detalhes": [one("A"), one("B")]}, {"detalhes": None}],
    ],
)
def test_pages_end_by_the_strongest_sign(pages):
    """Pages end with the announced number of pages, else of rows; without either, only with an empty page."""
    read_pages, _ = fetch(answering(balances=FLAT, financial=pages))

    assert sum(len(page.rows) for page in read_pages) == 2


@pytest.mark.parametrize(
    "pages",
    [
        [{"detalhes": [one("A")], "pagination": {"totalPages": 2}}, {"detalhes": [one("A")]}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 3}}, {"detalhes": [], "pagination": {"totalPages": 3}}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 1, "totalElements": 2}}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 2, "totalElements": 2}}, None],
        [
            {"detalhes": [one(c)], "pagination": {"totalPages": 2, "totalElements": total}}
            for c, total in (("A", 2), ("B", 3))
        ],
        [{"detalhes": [one("A", data_movimentacao="2026-03-11")]}],
        [{"detalhes": [one(None)]}] * 2,
        [{"detalhes": [one(None, codigo_transacao="T", parcela=p) for p in ("1", "01")]}],
    ],
)
def test_pages_that_do_not_fit_together(pages):
    """A repeated row, a missing page or row, a moving total and a row of another day are noticed."""
    with pytest.raises(IncoherentPages):
        fetch(answering(balances=FLAT, financial=pages))


@pytest.mark.parametrize("known", [{"movimento_api_codigo": "A"}, {"codigo_transacao": "T"}])
def test_rows_that_share_an_id_and_differ_are_two(known):
    """A fee with the id of its sale, or two partial cancellations of one transaction: the balances prove them."""
    rows = [
        row(valor_parcela=5, **known),
        row(tipo_evento="26", **known),
        row(tipo_evento="26", valor_parcela=2, **known),
    ]
    told = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 7}]}

    movements, balances = on_the_tenth(*rows, balances=told)

    assert [movement.amount for movement in movements] == [5, -1, -2]
    assert balances.closing.amount == 7


def test_rows_without_an_id_are_told_apart_by_transaction_event_and_instalment():
    """One transaction has several rows in a day; without the bank's id, event and instalment keep them apart."""
    rows = [
        one(None, codigo_transacao="T", parcela="1"),
        one(None, codigo_transacao="T", parcela="2"),
        one(None, codigo_transacao="T", parcela="1", tipo_evento="6"),
        one(None, codigo_transacao="T", parcela="1", estabelecimento="2"),
        one(None),
        one(None),
    ]

    (page,), _ = fetch(answering(balances=FLAT, financial=[{"detalhes": rows, "pagination": {"totalElements": 6}}]))

    assert len(list(PAGSEGURO.movements(page))) == 6


@pytest.mark.parametrize(
    "second",
    [None, {"detalhes": []}, {"detalhes": [row(movimento_api_codigo="2")], "pagination": {"totalPages": 2}}],
    ids=["not_found", "empty", "fewer_pages"],
)
def test_the_pages_that_were_announced_must_come(second):
    """What the first page says of their number holds, also where a later page says nothing or less."""
    first = {"detalhes": [row(movimento_api_codigo="1")], "pagination": {"totalPages": 3}}

    with pytest.raises(IncoherentPages):
        fetch(answering(financial=[first, second], balances=None))


@pytest.mark.parametrize("sent", [[], None, "", "  "])
def test_a_list_that_is_left_blank(sent):
    """An empty text in place of the list is an empty list."""
    body = msgspec.json.encode({"detalhes": sent, "pagination": {"totalPages": 0, "totalElements": 0}})

    page = msgspec.json.decode(body, type=StatementPage)

    assert (page.rows, page.is_a_list) == ([], True)


@pytest.mark.parametrize("pagination", ["", [], None, [{"totalPages": 1, "totalElements": 1}], "?"])
def test_totals_in_another_form(pagination):
    """What is no object tells no totals, so that the list goes on to an empty page; the only one of a list does."""
    pages = [{"detalhes": [row()], "pagination": pagination}, {"detalhes": [], "pagination": pagination}]

    handed_over, _ = fetch(answering(financial=pages, balances=FLAT))

    assert [movement.amount for page in handed_over for movement in PAGSEGURO.movements(page)] == [1]
