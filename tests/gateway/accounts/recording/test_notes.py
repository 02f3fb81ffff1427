"""Outcomes are recorded beside the answers, within limits of time and number."""

import asyncio
import weakref
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from structlog.testing import CapturingLogger

from gateway.accounts.recording.notes import Entries, Notes
from gateway.model import Period

pytestmark = pytest.mark.anyio

RECORD = SimpleNamespace(bank="itau", id="account")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def of_days(parts, first=1, last=30, minute=0):
    """Entries of some days of November, read at some minute."""
    return Entries(Period(date(2026, 11, first), date(2026, 11, last)), NOW + timedelta(minutes=minute), parts)


async def test_each_part_has_the_deadline_of_a_note():
    """All parts together may take longer than one; one that takes too long is the last."""
    notes, written = Notes(wait_seconds=60, deadline_seconds=0.2), []

    async def parts():
        for number in range(8):
            await asyncio.sleep(0.05 if number < 7 else 60)
            written.append(number)
            yield

    await notes.write_parts(RECORD, of_days(parts()))

    assert written == list(range(7))


async def test_closing_waits_for_the_present_part_only():
    """What is left comes with the next statement."""
    notes, written, began, ended = Notes(wait_seconds=0), [], asyncio.Event(), []

    async def parts():
        try:
            for number in range(1000):
                began.set()
                await asyncio.sleep(0.01)
                written.append(number)
                yield
        finally:
            ended.append(True)

    await notes.write_parts(RECORD, of_days(parts()))
    await began.wait()
    await notes.aclose()

    assert written == [0]
    assert ended


async def kept_after(first, *later):
    """The names of the entries that are kept in the end, in order, where all but the first come while it is kept."""
    notes, release, kept = Notes(wait_seconds=0), asyncio.Event(), []

    async def parts(name):
        if name == first[0]:
            await release.wait()
        kept.append(name)
        yield

    for name, *days in (first, *later):
        await notes.write_parts(RECORD, of_days(parts(name), *days))
        await asyncio.sleep(0)
    release.set()
    await asyncio.gather(*notes._under_way)
    return kept


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        ([("b", 1, 30, 1), ("c", 1, 30, 2), ("d", 1, 30, 3)], ["a", "d"]),
        ([("b", 5, 10, 1), ("c", 1, 30, 2)], ["a", "c"]),
        ([("b", 1, 30, 1), ("c", 30, 30, 2)], ["a", "b", "c"]),
        ([("b", 1, 30, 2), ("c", 1, 30, 1)], ["a", "b", "c"]),
        ([("b", 1, 10, 1), ("c", 11, 20, 2), ("d", 5, 30, 3)], ["a", "b", "d"]),
    ],
)
async def test_entries_wait_no_longer_once_later_ones_of_all_their_days_have_come(later, kept):
    """What is kept already is kept to its end, and no day of any statement is passed over."""
    assert await kept_after(("a", 1, 30, 0), *later) == kept


async def test_entries_that_wait_no_longer_are_let_go_at_once():
    """Their statement may have a file, whose room a later reading needs while the later entries still wait."""
    notes, release = Notes(wait_seconds=60), asyncio.Event()

    class Statement:
        """Large."""

    async def parts(statement):
        await release.wait()
        yield

    async def waiting(minute):
        statement = Statement()
        known = weakref.ref(statement)
        task = asyncio.create_task(notes.write_parts(RECORD, of_days(parts(statement), minute=minute)))
        del statement
        await asyncio.sleep(0.01)
        return known, task

    first, *others = [await waiting(minute) for minute in range(4)]
    held = [known() is not None for known, _ in (first, *others)]
    release.set()
    await asyncio.gather(*(task for _, task in (first, *others)))

    assert held == [True, False, False, True]


async def test_entries_that_cannot_be_kept_hold_up_no_others(logged):
    """Those that wait follow, and other accounts do not wait at all."""
    notes, release, kept = Notes(wait_seconds=0), asyncio.Event(), []

    async def failing():
        await release.wait()
        yield
        raise OSError

    async def parts(name):
        kept.append(name)
        yield

    await notes.write_parts(RECORD, of_days(failing()))
    await notes.write_parts(RECORD, of_days(parts("behind"), minute=1))
    await notes.write_parts(SimpleNamespace(bank="itau", id="other"), of_days(parts("other")))
    await asyncio.sleep(0.01)
    assert kept == ["other"]
    release.set()
    await asyncio.gather(*notes._under_way)

    assert kept == ["other", "behind"]
    assert [line.kwargs["kind"] for line in logged if line.args == ("entries_not_kept",)] == ["OSError"]


async def test_no_more_than_so_many_wait():
    """Those of an account that wait for each other count, too."""
    notes, release, kept = Notes(wait_seconds=0, most=2), asyncio.Event(), []

    async def parts(name):
        await release.wait()
        kept.append(name)
        yield

    for number, name in enumerate("abc"):
        await notes.write_parts(RECORD, of_days(parts(name), 10 * number + 1, 10 * number + 9))
        await asyncio.sleep(0)
    release.set()
    await asyncio.gather(*notes._under_way)

    assert kept == ["a", "b"]


async def test_no_more_than_so_many_are_written_at_once():
    """One too many is not begun."""
    notes, release = Notes(wait_seconds=0, most=1), asyncio.Event()

    await notes.write(RECORD, release.wait)
    assert await notes.write(RECORD, lambda: pytest.fail("it was begun")) is None
    release.set()
    await notes.aclose()


@pytest.fixture
def logged(monkeypatch):
    """The calls of the log, however it is configured."""
    log = CapturingLogger()
    monkeypatch.setattr("gateway.accounts.recording.notes.log", log)
    return log.calls


async def test_a_log_line_says_whether_an_outcome_or_only_entries_come_late(logged):
    """The outcome of a large statement is stored before its entries are: nothing about it is late."""
    notes, release = Notes(wait_seconds=0), asyncio.Event()

    async def parts():
        await release.wait()
        yield

    await notes.write(RECORD, release.wait)
    await notes.write_parts(RECORD, of_days(parts()))
    release.set()
    await notes.aclose()

    assert [(*line.args, line.method_name) for line in logged] == [
        ("outcome_noted_late", "warning"),
        ("entries_kept_after_answer", "info"),
    ]


async def test_a_log_line_says_whether_an_outcome_or_only_entries_are_lost(logged):
    """Each has a name of its own, whether it failed or was not begun."""
    notes = Notes(wait_seconds=60)

    async def failing():
        raise OSError

    async def parts():
        yield
        raise OSError

    await notes.write(RECORD, failing)
    await notes.write_parts(RECORD, of_days(parts()))
    await Notes(most=0).write(RECORD, failing)
    await Notes(most=0).write_parts(RECORD, of_days(parts()))

    assert [(*line.args, line.kwargs["kind"]) for line in logged] == [
        ("outcome_not_noted", "OSError"),
        ("entries_not_kept", "OSError"),
        ("outcome_not_noted", "TooMany"),
        ("entries_not_kept", "TooMany"),
    ]
