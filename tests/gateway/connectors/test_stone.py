"""What is odd about how Stone is asked: the whole chain of balances, cursors, and ids that two entries have."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Period, Verdict
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import LedgerEntry
from tests.gateway.connectors.stone.answers import (
    ENTRIES,
    OPENING,
    PERIOD,
    STONE,
    amounts_of,
    asked,
    entry,
    pair_of,
    read,
    row,
)


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


@pytest.mark.parametrize(("status", "kind"), [(403, "unauthorized"), (404, "not_found")])
def test_an_account_that_is_not_told(status, kind):
    """Where the bank does not tell the account, nothing is compared."""
    flow = STONE.identifying(account_of(pair_of(*ENTRIES).simulated))
    next(flow)

    with pytest.raises(StopIteration) as stop:
        flow.send(httpx.Response(status, json={"type": f"srn:error:{kind}"}))
    assert stop.value.value.number == ""


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
