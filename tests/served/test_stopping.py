"""A gateway that is asked to stop ends what is under way, and its log is whole."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.served import processes
from tests.served.test_hanging_up import asked, eventually
from tests.served.test_statements import days_before, enrolled

DAYS = 80
"""At this bank each day is a call of its own."""


def refuses(gateway):
    """Whether nobody listens at a gateway's address."""
    at = urlsplit(gateway.url)
    try:
        with socket.create_connection((at.hostname, at.port), timeout=5):
            return False
    except ConnectionRefusedError:
        return True


@pytest.mark.slow
def test_a_statement_under_way_is_ended_before_the_process_is(banks, today, tmp_path):
    """Its caller gets all of it, a new caller is turned away at once, and the next gateway reads the same."""
    listed = banks.new_account("pagseguro", busy_day_entries=0, entries_per_day=1)
    period, log = days_before(today, DAYS, 1), tmp_path / "log"

    with processes.gateway(tmp_path, banks, log=log) as stopping, ThreadPoolExecutor(1) as pool:
        account = enrolled(stopping, listed)
        before = asked(banks, listed)
        reading = pool.submit(stopping.statement, account, *period)
        eventually(lambda: asked(banks, listed) > before + 3)
        stopping.process.terminate()
        eventually(lambda: refuses(stopping))
        at_once = asked(banks, listed) - before
        answer = reading.result()
        status = stopping.process.wait(timeout=20)
    with processes.gateway(tmp_path, banks, key=stopping.key) as following:
        again = following.statement(account, *period)

    assert at_once < DAYS, "it was asked to stop after the statement"
    assert (answer.status_code, again.status_code) == (200, 200)
    assert answer.json()["entries"]
    assert {**answer.json(), "fetched_at": ""} == {**again.json(), "fetched_at": ""}
    assert status in {0, -15}
    events = [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith("{")]
    assert "Application shutdown complete." in events
    assert events[-1].startswith("Finished server process")
    assert not {"unexpected_error", "answer_failed"} & set(events)
