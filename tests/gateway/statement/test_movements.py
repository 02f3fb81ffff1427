"""Movements that are spooled are the same as those that are held in memory."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

import contracts
from contracts.schema import Evidence
from gateway.accounts.recording.final_days import final_days
from gateway.errors import IncoherentPages
from gateway.limits import ITEMS_BETWEEN_RESTS
from gateway.model import (
    BRASILIA,
    Account,
    BalanceAt,
    Balances,
    Contradiction,
    Counterparty,
    Credentials,
    Movement,
    Period,
    TransactionType,
)
from gateway.render.to_json import render
from gateway.statement import movements as module
from gateway.statement.assemble import assemble
from gateway.statement.movements import Movements

INTER = contracts.load("inter")
ACCOUNT = Account(
    id="1", bank="inter", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({"k": "v"})
)
NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))

TEXT = st.text(st.characters(codec="utf-8"), max_size=3)
AMOUNTS = st.decimals(min_value=-5, max_value=5, places=2) | st.sampled_from([Decimal("1.50"), Decimal("1E+2")])
INSTANTS = st.builds(
    lambda minutes, zone: (NOW + timedelta(minutes=minutes)).astimezone(zone),
    st.integers(-9999, 9999),
    st.sampled_from([BRASILIA, timezone(timedelta(hours=-2))]),
)


@st.composite
def rows(draw):
    """A movement around the week; small choices, so that contents and ids come again."""
    amount, text = draw(AMOUNTS), draw(TEXT)
    return Movement(
        date=draw(st.dates(date(2026, 3, 7), date(2026, 3, 15))),
        amount=amount,
        content=f"{text} {amount.normalize():f} {draw(st.integers(0, 3))}".encode(),
        type=draw(st.sampled_from(TransactionType)),
        description=text,
        booked_at=draw(st.none() | INSTANTS),
        document=draw(st.none() | TEXT),
        balance=draw(st.none() | AMOUNTS),
        bank_id=draw(st.none() | st.sampled_from("abcdefgh") | st.uuids().map(str)),
        end_to_end_id=draw(st.none() | TEXT),
        note=draw(st.none() | TEXT),
        counterparty=draw(st.none() | st.builds(Counterparty, name=TEXT, tax_id=st.none() | TEXT)),
        provisional=draw(st.booleans()),
        blocked=draw(st.booleans()),
    )


BALANCES = st.builds(
    lambda opening, closing, day, evidence: Balances(
        opening=BalanceAt(WEEK.first - timedelta(days=day), opening),
        closing=BalanceAt(WEEK.last + timedelta(days=day - 1), closing),
        contradictions=tuple(Contradiction("why", each) for each in evidence),
    ),
    AMOUNTS,
    AMOUNTS,
    st.integers(1, 2),
    st.lists(st.just(Evidence.ASSUMED), max_size=1),
)


def collected(pages, most_held, **order):
    movements = Movements(**order, most_held=most_held)
    for page in pages:
        movements.add(page)
    movements.finish()
    return movements


def outcome(movements, balances):
    """The statement with all that is made of it, or the failure."""
    try:
        statement = assemble(INTER, ACCOUNT, WEEK, movements, balances, NOW)
    except IncoherentPages as failure:
        return failure.detail
    entries = list(statement.entries)
    # Reading them again gives the same again.
    assert (list(statement.entries), len(statement.entries)) == (entries, len(entries))
    others = asdict(statement) | {"entries": entries}
    return others, final_days(statement), b"".join(render(statement))


@given(
    st.lists(st.lists(rows(), max_size=6), max_size=4),
    st.integers(0, 12),
    BALANCES,
    st.sampled_from([{}, {"newest_first": True}, {"by_time": True}]),
    st.booleans(),
)
def test_a_spooled_statement_is_the_same(pages, most_held, balances, order, balanced):
    """Order, ids, twins, shared ids, stability, proof, warnings, days, document: whatever the ledger is."""
    if balanced:
        # The usual case, which amounts and balances that are drawn would hardly ever meet.
        moved = sum((row.amount for page in pages for row in page), balances.opening.amount)
        far = BalanceAt(date(2026, 3, 6), balances.opening.amount), BalanceAt(date(2026, 3, 15), moved)
        balances = Balances(opening=far[0], closing=far[1], contradictions=balances.contradictions)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "ENTRIES_AT_ONCE", 2)
        spooled = collected(pages, most_held, **order)
    held = collected(pages, 1000, **order)

    assert not held.is_spooled
    assert spooled.is_spooled == (sum(map(len, pages)) > most_held)
    assert outcome(spooled, balances) == outcome(held, balances)


def movement(day, amount="1", **more):
    return Movement(date=date(2026, 3, day), amount=Decimal(amount), content=f"{amount}".encode(), **more)


@pytest.mark.parametrize("newest_first", [False, True])
def test_order_is_by_day_then_the_banks(newest_first):
    """Over many pages and days that come several times."""
    given_rows = [movement(9 + number * 7 % 5, number) for number in range(40)]
    spooled = collected([given_rows[at : at + 3] for at in range(0, 40, 3)], 5, newest_first=newest_first)

    expected = sorted(given_rows[::-1] if newest_first else given_rows, key=lambda each: each.date)
    assert list(spooled.within(WEEK)) == expected
    assert len(spooled) == 40
    one_day = Period(date(2026, 3, 10), date(2026, 3, 10))
    assert list(spooled.within(one_day)) == [each for each in expected if each.date.day == 10]


def test_a_day_in_no_order_takes_no_more_memory_than_is_allowed(monkeypatch):
    """All of its movements are given, as nearly in the order of time as those that may wait allow."""
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 4)
    monkeypatch.setattr(module, "UNORDERED_ENTRIES", 8)
    given_rows = [movement(10, n, booked_at=NOW + timedelta(minutes=n * 379 % 1009)) for n in range(1, 1009)]
    decode, most = module.DECODE, []
    monkeypatch.setattr(module, "DECODE", lambda part: most.append(len(decoded := decode(part))) or decoded)
    spooled = collected([given_rows], 5, by_time=True)

    found = spooled.within(WEEK)
    first = next(found)

    # Those that wait, a part, and what is fetched at a time between two rests.
    assert sum(most) <= 8 + 8 + ITEMS_BETWEEN_RESTS
    assert sorted([first, *found], key=lambda each: each.amount) == given_rows
    assert list(spooled.within(WEEK)) == list(spooled.within(WEEK))


def test_only_what_may_share_an_id_is_looked_at():
    """Of many movements only those with an id of another one, and none where all differ."""
    some = [movement(10, number, bank_id=f"id-{number}") for number in range(50)]

    assert list(collected([some], 5, newest_first=False).sharing_ids()) == []
    again = [*some, movement(11, "7", bank_id="id-3"), movement(12)]
    assert [each.bank_id for each in collected([again], 5, newest_first=False).sharing_ids()] == ["id-3", "id-3"]


@pytest.mark.parametrize("most_held", [0, 100])
def test_digests_that_are_equal_by_chance_share_no_id(monkeypatch, most_held):
    """Ids are compared, not only their digests."""
    monkeypatch.setattr(module, "digest_of", lambda key: 1)
    monkeypatch.setattr("gateway.completeness.digests.digest_of", lambda key: 1)
    movements = collected([[movement(10, bank_id="a"), movement(10, bank_id="b")]], most_held, newest_first=False)

    statement = assemble(INTER, ACCOUNT, WEEK, movements, Balances(), NOW)

    assert {entry.id_basis.value for entry in statement.entries} == {"bank"}
    assert [warning.code for warning in statement.warnings] == []


def test_what_is_closed_cannot_be_read():
    """A reading that has failed closes its file; nobody else knows it."""
    spooled = collected([[movement(10)]], 0, newest_first=False)
    spooled.close()
    held = collected([[movement(10)]], 5, newest_first=False)
    held.close()

    assert len(list(held.within(WEEK))) == 1
    with pytest.raises(ValueError, match="closed file"):
        list(spooled.within(WEEK))


def test_an_entry_is_found_among_those_that_are_spooled():
    """The entries of a large statement are a collection like any other."""
    statement = assemble(
        INTER, ACCOUNT, WEEK, collected([[movement(10), movement(11)]], 0, newest_first=False), Balances(), NOW
    )
    first, second = statement.entries

    assert first in statement.entries
    assert second in statement.entries
    assert "another" not in statement.entries


def test_ids_that_came_twice_are_found_among_those_on_the_disk(monkeypatch):
    """Whether the digests of both wait there, or that of one."""
    monkeypatch.setattr(module, "DIGESTS_HELD", 20)
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 8)
    some = [movement(10, number, bank_id=f"id-{number}") for number in range(100)]

    assert list(collected([some], 5, newest_first=False).sharing_ids()) == []
    again = [*some, movement(11, "7", bank_id="id-3"), movement(11, "8", bank_id="id-99"), movement(12)]
    found = collected([again], 5, newest_first=False).sharing_ids()
    assert sorted(each.bank_id for each in found) == ["id-3", "id-3", "id-99", "id-99"]
