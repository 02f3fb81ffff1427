"""Outcomes are recorded beside the answers, within limits of time and number."""

import asyncio
from types import SimpleNamespace

import pytest
from structlog.testing import CapturingLogger

from gateway.accounts.recording.notes import Notes

pytestmark = pytest.mark.anyio

RECORD = SimpleNamespace(bank="itau", id="account")


async def test_each_part_has_the_deadline_of_a_note():
    """All parts together may take longer than one; one that takes too long is the last."""
    notes, written = Notes(wait_seconds=60, deadline_seconds=0.2), []

    async def parts():
        for number in range(8):
            await asyncio.sleep(0.05 if number < 7 else 60)
            written.append(number)
            yield

    await notes.write_parts(RECORD, parts())

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

    await notes.write_parts(RECORD, parts())
    await began.wait()
    await notes.aclose()

    assert written == [0]
    assert ended


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
    await notes.write_parts(RECORD, parts())
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
    await notes.write_parts(RECORD, parts())
    await Notes(most=0).write(RECORD, failing)
    await Notes(most=0).write_parts(RECORD, parts())

    assert [(*line.args, line.kwargs["kind"]) for line in logged] == [
        ("outcome_not_noted", "OSError"),
        ("entries_not_kept", "OSError"),
        ("outcome_not_noted", "TooMany"),
        ("entries_not_kept", "TooMany"),
    ]
