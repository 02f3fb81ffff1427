"""The truth: movements in order, balances, the clock's limit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from msgspec.structs import replace

from simulators.calendar import is_business_day
from simulators.clock import BRASILIA, Clock, FrozenClock, RunningClock
from simulators.generate import KINDS, Generated
from simulators.ledger import MOST_LISTED_ROWS, Fixed, Ledger, LedgerEntry
from simulators.ledgers import books
from simulators.publication import PUBLICATIONS

NOW = datetime(2026, 11, 22, 12, tzinfo=BRASILIA)
ALL = frozenset((kind.type, kind.credit) for kind in KINDS)


def entry(day, hour, amount):
    return LedgerEntry(booked_at=datetime(2026, 3, day, hour, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")


@pytest.fixture(scope="module")
def year():
    return Ledger(Generated("seed", date(2025, 10, 1), ALL))


def test_balances_follow_the_movements():
    """Each balance is the one before plus the amount; the opening balance of a day is the last one before it."""
    ledger = Ledger(Fixed([entry(2, 9, "10"), entry(3, 9, "-4"), entry(3, 10, "1")]))

    assert [e.balance for e in ledger.entries(date(2026, 3, 1), date(2026, 3, 9), NOW)] == [10, 6, 7]
    assert ledger.balance(date(2026, 3, 3), NOW) == 10
    assert ledger.balance(date(2026, 3, 1), NOW) == 0


def test_the_future_is_not_there_yet():
    """What lies after the clock is neither listed nor counted."""
    ledger = Ledger(Fixed([entry(2, 9, "10"), entry(3, 9, "-4")]))
    now = datetime(2026, 3, 3, 8, 59, tzinfo=BRASILIA)

    assert len(ledger.entries(date(2026, 3, 1), date(2026, 3, 9), now)) == 1
    assert ledger.balance_at(now) == 10


def test_what_is_booked_at_this_instant_is_there():
    """The end of what is asked for is not: midnight belongs to the day that begins with it."""
    nine, ten = entry(3, 9, "10"), entry(3, 10, "-4")
    ledger = Ledger(Fixed([nine, ten]))

    def amounts(end, now):
        return [each.amount for each in ledger.between(entry(3, 0, "0").booked_at, end.booked_at, now.booked_at)]

    assert amounts(ten, nine) == amounts(ten, ten) == [10]
    assert amounts(nine, ten) == []


def test_a_late_entry_moves_later_balances_and_no_serial():
    """A movement posted afterwards changes the balances that follow and no identity."""
    ledger = Ledger(Fixed([entry(2, 9, "10"), entry(2, 11, "5"), entry(3, 9, "-4")]))
    before = ledger.entries(date(2026, 3, 1), date(2026, 3, 9), NOW)

    ledger.post(entry(2, 10, "100"))

    after = ledger.entries(date(2026, 3, 1), date(2026, 3, 9), NOW)
    assert [e.balance for e in after] == [10, 110, 115, 111]
    assert [e.serial for e in after if e.amount != 100] == [e.serial for e in before]
    assert len({e.serial for e in after}) == 4


def test_what_was_shown_before_is_not_shown_of_another_instant_or_after_a_late_entry():
    """The clock moves either way, and a movement is posted: the books are those of that instant."""
    ledger = Ledger(Fixed([entry(2, 9, "10"), entry(3, 9, "-4")]), PUBLICATIONS["after_one_day"])
    early, late = (datetime(2026, 3, day, 12, tzinfo=BRASILIA) for day in (3, 4))

    assert [ledger.balance_at(now) for now in (late, early, late)] == [6, 10, 6]
    ledger.post(entry(2, 10, "100"))
    assert [ledger.balance_at(now) for now in (late, early)] == [106, 110]


def test_the_same_seed_the_same_movements(year):
    """A ledger is a function of its seed, in whatever order its days are asked for."""
    again = Ledger(Generated("seed", date(2025, 10, 1), ALL))
    again.entries(date(2026, 9, 1), date(2026, 9, 3), NOW)

    assert again.entries(date(2026, 3, 1), date(2026, 3, 31), NOW) == year.entries(
        date(2026, 3, 1), date(2026, 3, 31), NOW
    )
    assert Ledger(Generated("other", date(2025, 10, 1), ALL)).entries(
        date(2026, 3, 1), date(2026, 3, 31), NOW
    ) != year.entries(date(2026, 3, 1), date(2026, 3, 31), NOW)


def test_a_year_has_all_that_is_hard(year):
    """Twins, weekends, empty days, a day with hundreds, long texts, accents, a centavo, the last second of a day."""
    entries = year.entries(date(2025, 11, 1), date(2026, 10, 31), NOW)
    by_day = {}
    for each in entries:
        by_day.setdefault(each.date, []).append(each)

    assert min(e.balance for e in entries) >= 0
    assert any(
        (a.amount, a.booked_at, a.description) == (b.amount, b.booked_at, b.description) for a, b in pairwise(entries)
    )
    assert any(not is_business_day(day) for day in by_day)
    assert len(by_day) < 365
    assert max(map(len, by_day.values())) >= 240
    assert max(len(e.description) for e in entries) > 140
    assert any("Ç" in e.description for e in entries)
    assert any(abs(e.amount) == Decimal("0.01") for e in entries)
    assert any(e.booked_at.strftime("%H%M%S") == "235959" for e in entries)
    assert any(e.counterparty and not e.counterparty.tax_id.isdecimal() for e in entries)


def test_only_pix_and_card_on_days_without_banking(year):
    """On weekends and holidays only what settles at any hour moves."""
    kinds = {e.type for e in year.entries(date(2025, 11, 1), date(2026, 10, 31), NOW) if not is_business_day(e.date)}

    assert kinds <= {"PIX", "CARTAO"}


def test_clocks():
    """A frozen clock stands, a running one runs from where it is put; both can be moved."""
    frozen, running = FrozenClock(NOW), RunningClock()
    for clock in (frozen, running):
        clock.put(NOW)
        clock.advance(timedelta(days=1))

    assert frozen.now() == NOW + timedelta(days=1)
    assert timedelta(0) <= running.now() - frozen.now() < timedelta(minutes=1)
    with pytest.raises(TypeError):
        Clock().now()
    with pytest.raises(TypeError):
        Clock().put(NOW)


def test_a_large_ledger_keeps_few_rows(monkeypatch):
    """No more movements than the bound stay, each day is made anew as it was, and a page is made without the others."""
    monkeypatch.setattr(books, "MOST_KEPT_ROWS", 2_000)
    source = Counting(Generated("large", date(2026, 3, 2), ALL, entries_per_day=600))
    ledger = Ledger(source)
    rows = ledger.entries(date(2026, 3, 2), date(2026, 4, 10), NOW)
    assert len(rows) > MOST_LISTED_ROWS
    assert ledger.large
    assert ledger.kept_rows <= 2_000

    listed = list(rows)
    assert ledger.kept_rows <= 2_000
    assert all(a.balance + b.amount == b.balance for a, b in pairwise(listed))
    assert [row.serial for row in rows[::-1][:3]] == [row.serial for row in listed[:-4:-1]]
    assert ledger.balance(date(2026, 4, 11), NOW) == listed[-1].balance == rows[-1].balance

    source.days = 0
    page = rows[1_000:1_050]
    assert list(page) == listed[1_000:1_050]
    assert list(rows[len(rows) - 50 :]) == listed[-50:]
    assert source.days <= 2


class Counting:
    """A source that counts the days it makes."""

    def __init__(self, inner):
        self.inner, self.days = inner, 0
        self.opened_on, self.rows_per_day = inner.opened_on, inner.rows_per_day

    def day(self, day, balance):
        self.days += 1
        return self.inner.day(day, balance)


def test_ledgers_of_equal_sources_share_what_is_known_of_their_days(monkeypatch):
    """Each is made once, by several threads at once too; what is changed by hand in one ledger is in no other."""
    made = []
    monkeypatch.setattr(Generated, "day", lambda source, *asked: made.append(asked[0]) or source.made(*asked))
    first, other, third = (Ledger(Generated("shared", date(2026, 1, 1), ALL)) for _ in range(3))

    with ThreadPoolExecutor(4) as threads:
        balances = set(threads.map(lambda ledger: ledger.balance(date(2026, 3, 1), NOW), (first, other, third) * 4))
    assert len(balances) == 1
    assert len(made) == len({*made}) == 60

    first.post(entry(2, 9, "5.00"))
    assert first.balance(date(2026, 3, 3), NOW) == other.balance(date(2026, 3, 3), NOW) + 5


@pytest.mark.parametrize("count", [50, 300])
def test_changes_amid_many_changes(count):
    """However many are added and removed in whatever order, balances are sums and serials are unlike each other."""
    ledger = Ledger(Generated("seed", date(2026, 2, 1), ALL))
    before = list(ledger.entries(date(2026, 2, 1), date(2026, 3, 31), NOW))
    for number in range(count):
        added = ledger.post(entry(1 + number * 7 % 28, 9, number + 1))
        if number % 3 == 0:
            ledger.edit(removed=[added.serial])
    ledger.edit(removed=[before[5].serial], changed=[replace(before[9], amount=Decimal("77.00"))])

    after = list(ledger.entries(date(2026, 2, 1), date(2026, 3, 31), NOW))
    assert len(after) == len(before) + count - (count + 2) // 3 - 1
    assert len({row.serial for row in after}) == len(after)
    assert all(a.balance + b.amount == b.balance for a, b in pairwise(after))
    for day in range(2, 29):
        moment = date(2026, 3, day)
        assert ledger.balance(moment, NOW) == [row.balance for row in after if row.date < moment][-1]
    assert ledger.find(before[5].serial) is None
    assert ledger.find(before[9].serial).amount == 77
