"""A process that is asked to stop ends what is under way, and its log is whole."""

import json
import socket
import subprocess
import sys
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


@pytest.mark.slow
def test_an_import_under_way_is_ended_before_the_worker_is(banks, tmp_path, postgresql_server):
    """A worker that is asked to stop says in the database what became of it; nothing is left as if it ran."""
    listed = banks.new_account("pagseguro", busy_day_entries=0, entries_per_day=1)
    url, log = postgresql_server.database("template1"), tmp_path / "log"
    environment = processes.settings(tmp_path, banks, DATABASE_URL=url)

    with processes.gateway(tmp_path, banks, DATABASE_URL=url) as gateway:
        enrolled(gateway, listed)
    before = asked(banks, listed)
    with processes.worker(environment, log) as worker:
        eventually(lambda: asked(banks, listed) > before + 3)
        worker.terminate()
        status = worker.wait(timeout=30)
    cost = asked(banks, listed) - before
    command = [sys.executable, "-m", "gateway", "sync", "status", "--json"]
    shown = json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=60).stdout)
    postgresql_server.drop(url)

    assert status == 0
    (bank,) = [each for each in shown if each["bank"] == "pagseguro"]
    assert {name: bank[name] for name in ("done", "running", "due", "failed")} == {
        "done": 1,
        "running": 0,
        "due": 0,
        "failed": 0,
    }
    assert cost > 4
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert not [line for line in lines if line["level"] == "error"]
