"""Days and links of BTG Pactual, in all forms."""

from datetime import date

import httpx
import pytest

from contracts.fact import Evidence
from gateway.errors import BankFailure, IncoherentPages
from tests.gateway.connectors.btg_pactual.answers import balances_of, days, fetch, grouped, reading_of, row

PATH = "/11222333000181/banking/accounts/given/statements"
ONE = {"date": "2026-03-10", "movements": [row()]}


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ([], 0),
        ([{"dailyMovements": [ONE]}], 1),
        ([{"dailyMovements": [ONE]}, {"dailyMovements": [ONE | {"date": "2026-03-11"}]}], 2),
        ([ONE], 1),
        (ONE, 1),
        ({"dailyMovements": ONE}, 1),
        ({"dailyMovements": [ONE | {"movements": row()}]}, 1),
        ({"dailyMovements": None}, 0),
        ({"dailyMovements": [{"date": "2026-03-10", "balance": 1}]}, 0),
        ({"accountNumber": 1, "balance": {"final": 1}}, 0),
        (None, 0),
        ({"dailyMovements": ""}, 0),
        ({"dailyMovements": [ONE | {"movements": ""}]}, 0),
    ],
)
def test_the_days_in_other_envelopes(data, count):
    """The bank's other lists stand in `data` themselves; one day or one row may stand in place of a list."""
    amounts, _ = balances_of(httpx.Response(200, json={"data": data}))

    assert len(amounts) == count


@pytest.mark.parametrize(
    "data",
    [
        {"transactions": [row()]},
        {"data": {"dailyMovements": [ONE]}},
        {"statement": {"account": {"days": {"items": [ONE]}}}},
        {"dailyMovements": [{"date": "2026-03-10", "entries": [row()]}]},
        {"dailyMovements": [{"date": "2026-03-10", "entries": {"items": [row()]}}]},
        [row(date="2026-03-10")],
        [{}],
        [{"balance": 1}],
        "x",
        {"dailyMovements": "x"},
        {"dailyMovements": [ONE | {"movements": "x"}]},
        [[]],
    ],
)
def test_a_list_that_is_not_of_days_is_no_empty_period(data):
    """What stands in their place is not passed over."""
    with pytest.raises(BankFailure) as caught:
        fetch(httpx.Response(200, json={"data": data}))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("beside", ["statements", "dailyMovements"])
def test_a_list_beside_an_empty_envelope_is_no_empty_period(beside):
    """A client takes an envelope that is null for an empty period; a list elsewhere is not passed over."""
    with pytest.raises(BankFailure) as caught:
        fetch(httpx.Response(200, json={"data": None, beside: [ONE]}))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "links",
    [
        {"next": {"href": "?pageNumber=2"}},
        [{"rel": "self", "href": "?"}, {"rel": "next", "href": "?pageNumber=2"}],
        {"previous": None, "next": " ?pageNumber=2 "},
    ],
)
def test_links_in_other_forms(links):
    """They are followed; nothing that leads on is passed over."""
    first = httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": links})

    pages, asked = fetch(first, days("2026-03-11"))

    assert (len(pages), asked[-1].url.params["pageNumber"]) == (2, "2")


@pytest.mark.parametrize(
    "links", [None, {}, [], {"next": None}, {"next": ""}, {"next": {"href": None}}, [{"rel": "self"}]]
)
def test_links_that_lead_nowhere_end_the_list(links):
    """In whatever form."""
    assert len(fetch(httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": links}))[0]) == 1


def test_a_link_that_is_none():
    """What should lead on and cannot be followed is no end."""
    with pytest.raises(BankFailure, match="no text"):
        fetch(httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": {"next": 2}}))


@pytest.mark.parametrize("listed", [("2026-03-08",), ("2026-03-14",), ("2026-03-10", "2026-03-14")])
def test_days_must_be_those_asked_for(listed):
    """Another day is no statement."""
    with pytest.raises(IncoherentPages):
        fetch(days(*listed))


@pytest.mark.parametrize(
    ("answers", "count", "doubts"),
    [
        ([grouped(("2026-03-10", {"amount": 1}), ("2026-03-10T00:00:00", {"amount": 2}))], 2, 0),
        ([grouped(("2026-03-10", {"amount": 1}), ("2026-03-11", {}), ("2026-03-10", {"amount": 2}))], 3, 0),
        ([grouped(("2026-03-10", {}, {}), ("2026-03-10",))], 2, 0),
        ([grouped(("2026-03-10", {"id": "a"}), ("2026-03-10", {"id": "b"}))], 2, 0),
        ([grouped(("2026-03-10", {}), ("2026-03-10", {}))], 2, 1),
        ([grouped(("2026-03-10", {"id": "a"}), ("2026-03-10", {"id": "a"}))], 2, 1),
        ([grouped(("2026-03-10", {}), link="?p=2"), grouped(("2026-03-10", {}))], 2, 1),
        ([grouped(("2026-03-10", {"id": "a"}), link="?p=2"), grouped(("2026-03-10", {"id": "b"}))], 2, 0),
        (
            [
                grouped(("2026-03-10", {"amount": 1}), ("2026-03-11", {}), link="?p=2"),
                grouped(("2026-03-12", {}), ("2026-03-10", {"amount": 2})),
            ],
            4,
            0,
        ),
    ],
)
def test_groups_of_a_day_are_joined(answers, count, doubts):
    """Only what is equal in two of them may be one row that came twice: it is given, and nothing is proved."""
    amounts, contradictions = balances_of(*answers)

    assert len(amounts) == count
    assert [each.evidence for each in contradictions] == [Evidence.ASSUMED] * doubts


def test_a_page_that_comes_again_is_noticed():
    """Rows of an earlier page are no new ones."""
    first, second = ("2026-03-10", {}), ("2026-03-11", {})

    for begins in ("2026-03-11", "2026-03-12"):
        with pytest.raises(IncoherentPages, match="twice"):
            fetch(grouped(first, second, link="?p=2"), grouped((begins, {"amount": 9}), first))
    with pytest.raises(IncoherentPages, match="twice"):
        fetch(grouped(first, link="?p=2"), grouped(("2026-03-10", {"amount": 9}), link="?p=3"), grouped(first))


def test_a_day_that_cannot_be_read():
    """It is told as a failure before anything is handed over."""
    with pytest.raises(BankFailure, match="cannot be read"):
        fetch(days("3/10/2026"))


def test_links_are_followed_within_the_same_question():
    """Both dates are asked again; a page may end within a day."""
    pages, asked = fetch(
        days("2026-03-09", "2026-03-10", link="?pageNumber=2"),
        days("2026-03-10", link="https://api.empresas.btgpactual.com" + PATH + "?pageNumber=3&startDate=2026-03-09"),
        days("2026-03-12"),
    )

    assert len(pages) == 3
    assert [dict(r.url.params).get("pageNumber") for r in asked] == [None, "2", "3"]
    assert {(r.url.params["startDate"], r.url.params["endDate"]) for r in asked} == {("2026-03-09", "2026-03-13")}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example" + PATH + "?pageNumber=2",
        "/11222333000181/banking/accounts/other/statements?pageNumber=2",
        "?startDate=2026-03-10",
        "https://api.empresas.btgpactual.com:port/",
    ],
)
def test_links_that_lead_elsewhere(link):
    """To another host, another account, other days, or nowhere at all."""
    with pytest.raises(BankFailure) as caught:
        fetch(days("2026-03-10", link=link), days("2026-03-11"))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "answers",
    [
        (days("2026-03-10", link="?pageNumber=2"), days("2026-03-11", link="?pageNumber=2")),
        (days(link="?pageNumber=2"),),
        (days("2026-03-10", link="?pageNumber=2"), days("2026-03-09", link="?pageNumber=3"), days("2026-03-10")),
    ],
)
def test_links_that_lead_round(answers):
    """Back to a page that was read, on from an empty page, back to a day that is over."""
    with pytest.raises(IncoherentPages):
        fetch(*answers)


@pytest.mark.parametrize(
    "told",
    [
        {"totalPages": 2},
        {"meta": {"totalPages": "2"}},
        {"pagination": {"totalPages": 3}},
        {"links": {"totalPages": 2}},
        {"totalElements": 32},
        {"meta": {"page": {"total_elements": "2"}}},
        {"data": {"dailyMovements": [ONE], "hasMore": True}},
        {"links": {"hasNext": "true"}},
        {"page": {"last": False}},
        {"meta": {"nextCursor": "b2Zmc2V0"}},
    ],
)
def test_more_is_told_of_than_links_lead_to(told):
    """What came is given, and the days are not complete: nothing documents how to ask for the rest."""
    body = {"data": {"dailyMovements": [ONE]}} | told
    amounts, balances = reading_of(httpx.Response(200, json=body))

    assert len(amounts) == 1
    assert balances.complete_through == date(2026, 3, 8)


@pytest.mark.parametrize(
    "told",
    [
        {"totalPages": 1, "totalElements": 1, "last": True, "hasMore": False, "nextCursor": None},
        {"links": {"next": None, "last": f"{PATH}?page=1"}, "meta": {"totalPages": 0, "nextPage": ""}},
    ],
)
def test_counters_of_what_came(told):
    """They take nothing away."""
    amounts, balances = reading_of(httpx.Response(200, json={"data": {"dailyMovements": [ONE]}} | told))

    assert (len(amounts), balances.complete_through) == (1, None)


def test_announced_pages_that_links_lead_to():
    """All of them came."""
    first = {"data": {"dailyMovements": [ONE]}, "links": {"next": f"{PATH}?page=2"}, "meta": {"totalPages": 2}}
    last = {"data": {"dailyMovements": [ONE | {"date": "2026-03-11"}]}, "links": {}, "meta": {"totalPages": 2}}
    amounts, balances = reading_of(httpx.Response(200, json=first), httpx.Response(200, json=last))

    assert (len(amounts), balances.complete_through) == (2, None)
