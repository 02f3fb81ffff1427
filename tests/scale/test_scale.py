"""The page about scale says what was measured and played, and the play agrees with what is reckoned by hand."""

from pathlib import Path

import pytest

import contracts
from gateway.limits import DAYS_REMEMBERED, IMPORT_ROUND, RETENTION_DAYS
from tests.scale import figures
from tests.scale.morning import HEAD, Town, client_minutes, client_rows, gigabytes, morning, rounds, town_rows

PAGE = " ".join((Path(__file__).parent.parent.parent / "docs" / "scale.md").read_text().split())


def shown(rows):
    """Rows as the page has them."""
    return [f"| {' | '.join(row)} |" for row in rows]


@pytest.mark.slow
def test_the_table_of_towns_is_what_is_played():
    """Each row, in this order."""
    assert " ".join(shown(town_rows())) in PAGE
    assert shown([HEAD])[0] in PAGE


def test_the_table_of_clients_is_what_is_played():
    """With the banks that document a limit, and no other."""
    head, *rows = shown(client_rows())

    assert head in PAGE
    assert " ".join(rows) in PAGE


def test_figures_of_the_page_are_those_that_were_measured():
    """And what follows from them."""
    due = 2 / 3 * 1_000_000
    account = gigabytes(1_000_000) / 1000
    lower = account - (RETENTION_DAYS - 30) * figures.ENTRIES_PER_DAY * figures.ENTRY_BYTES / 1e6
    for said in (
        f"| processor of the gateway | {figures.PROCESSOR_SECONDS * 1000:.0f} ms |",
        f"| processor of PostgreSQL | {figures.DATABASE_SECONDS * 1000:.1f} ms |",
        f"| transactions | {figures.TRANSACTIONS} |",
        f"| write-ahead log | {figures.LOG_BYTES:,} bytes |",
        f"{figures.BANK_SECONDS} s to answer",
        f"{figures.ENTRY_BYTES:,} bytes",
        f"{figures.BALANCE_BYTES + figures.SEAL_BYTES} bytes",
        f"kept for {RETENTION_DAYS} days and days for {DAYS_REMEMBERED.days}",
        f"{gigabytes(1000):.0f} GB for a thousand",
        f"{gigabytes(100_000):.0f} GB for a hundred thousand",
        f"{gigabytes(1_000_000):,.0f} GB for a million",
        f"comes to {account:.2f} MB",
        f"{lower:.2f} MB an account instead of {account:.2f}",
        f"({figures.LOG_BYTES * 1_000_000 / 1e9:.0f} GB for a million)",
        f"takes {figures.FOUND_AGAIN_SECONDS * 1000:.1f} ms",
        f"With {IMPORT_ROUND.total_seconds() / figures.FOUND_AGAIN_SECONDS // 1000 * 1000:,.0f} due accounts",
        f"with a million it takes {due * figures.FOUND_AGAIN_SECONDS / 60:.0f} minutes",
    ):
        assert said in PAGE, said
    calls = {slug: sum(operations.values()) for slug, operations in figures.CALLS.items()}
    assert calls.pop("pagseguro") == 10
    assert (min(calls.values()), max(calls.values())) == (2, 4)


def test_every_bank_is_measured():
    """By operations of its contract."""
    assert set(figures.CALLS) == set(contracts.banks())
    for slug, calls in figures.CALLS.items():
        assert set(calls) <= set(contracts.load(slug).operations)


def test_nothing_is_faster_than_the_hour_over_which_imports_are_spread():
    """However many processes there are; and nobody is late then."""
    outcome = morning(Town(1200, 4, at_once=50))

    assert all(0.9 < hours < 1.05 for hours in outcome.last.values())
    assert outcome.late == 0


def test_one_import_at_a_time_takes_the_sum_of_its_waits():
    """With banks that take long, the time is the number of calls times theirs."""
    town = Town(240, 1, at_once=1, bank_seconds=30.0)
    early = [slug for slug in contracts.banks() if contracts.load(slug).period.available_by == "09:00"]
    calls = sum(sum(figures.CALLS[slug].values()) for slug in early) * town.accounts / len(contracts.banks())

    outcome = morning(town)

    # The first begins when the first is due; later ones never find the process idle.
    assert calls * 30 / 3600 <= outcome.last["09:00"] <= calls * 30 / 3600 * 1.02 + 0.1
    assert outcome.late > 0


def test_a_busy_processor_is_what_holds_up_many_imports_at_once():
    """It does no more than its time allows."""
    outcome = morning(Town(60_000, 1, at_once=2_000, bank_seconds=0.01))

    assert outcome.processor > 0.4
    early = 40_000 * figures.PROCESSOR_SECONDS / 3600
    assert outcome.last["09:00"] >= early


def test_a_database_without_room_holds_up_all():
    """What one processor of the database can do in an hour, all processes together do."""
    outcome = morning(Town(1_200_000, 60, at_once=200, database_processors=1))

    assert outcome.last["09:00"] >= 800_000 * figures.DATABASE_SECONDS / 3600 * 0.99
    assert outcome.database > 0.95


def test_a_limit_of_a_client_is_kept_whatever_helps():
    """Of 500 accounts at Inter each needs two balances, of which a client has ten in a minute."""
    minutes = client_minutes("inter", 500)

    assert minutes >= 2 * 500 / 10 - 1
    assert minutes < 2 * 500 / 10 * 1.1


def test_rounds_cost_as_much_as_there_are_processes():
    """And at most all of their time."""
    assert rounds(Town(10_000, 4)) == pytest.approx(4 * rounds(Town(10_000, 1)))
    most = figures.FOUND_AGAIN_DATABASE_SECONDS / figures.FOUND_AGAIN_SECONDS
    assert rounds(Town(10_000_000, 10)) == pytest.approx(10 * most)
