"""Several processes behind one address: `gateway serve --workers`."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.served import processes

PATIENCE_SECONDS = 30.0
WITHOUT_START = """
import gateway.parts.opening
from gateway.cli import main

def refuse(*_, **__):
    raise OSError("nothing")

gateway.parts.opening.composed = refuse
main()
"""
"""The command in a process in which no application starts."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'workers.sqlite'}"
        return
    server = request.getfixturevalue("postgresql_server")
    found = server.database("template1")
    yield found
    server.drop(found)


@pytest.fixture
def workers(banks, tmp_path, url):
    """Two workers behind one address."""
    with processes.gateway(tmp_path, banks, arguments=("--workers", "2"), DATABASE_URL=url) as running:
        yield running


@pytest.fixture
def day(today):
    """The last closed day."""
    return (date.fromisoformat(today) - timedelta(days=1)).isoformat()


def children(pid):
    """The processes that it has started and that run."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(each) for each in found if not ended(int(each))}


def ended(pid):
    """Whether a process has ended with all its threads, though its status may not have been asked for."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
    return "State:\tZ" in told and "Threads:\t1\n" in told


def until(condition):
    """Wait until something is so."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, "it never came to pass"
        time.sleep(0.05)


def statements_counted(gateway):
    """How many statements the metrics have counted."""
    found = re.findall(
        r'^gateway_http_requests_total\{.*statement",status="200"\} (.*)$', metrics(gateway), re.MULTILINE
    )
    return sum(map(float, found))


def metrics(gateway):
    """As whichever worker gives them."""
    return httpx.get(f"{gateway.url}/metrics").text


def test_a_worker_that_is_killed_is_replaced_and_what_it_counted_stays(workers, banks, day):
    """All statements are answered before, meanwhile by the other, and afterwards; each scrape counts them all."""
    account = workers.enrol(banks.new_account("itau", busy_day_entries=0)).json()["id"]

    def read(_):
        return workers.statement(account, day, day).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(20))) == {200}
    assert [statements_counted(workers) for _ in range(6)] == [20.0] * 6
    before = children(workers.process.pid)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    until(lambda: ended(min(before)))
    assert {read(None) for _ in range(5)} == {200}
    until(lambda: len(children(workers.process.pid)) == 2)
    assert {read(None) for _ in range(5)} == {200}

    until(lambda: re.search(r"^gateway_http_requests_in_flight 1\.0$", metrics(workers), re.MULTILINE))
    assert [statements_counted(workers) for _ in range(6)] == [30.0] * 6
    assert "# HELP gateway_http_requests_total Requests answered\n" in metrics(workers)


def sockets(pid):
    """How many a process has open."""
    found = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(each.readlink()).startswith("socket:")
    return found


def test_connections_are_dealt_out_to_all_workers(banks, tmp_path):
    """Callers that connect while no worker looks do not all go to the one that looks first."""
    with processes.gateway(tmp_path, banks, arguments=("--workers", "2")) as running, ExitStack() as stack:
        before = {pid: sockets(pid) for pid in children(running.process.pid)}
        address = urlsplit(running.url)
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(64):
            stack.enter_context(socket.create_connection((address.hostname, address.port)))
        for pid in before:
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.5)
        until(lambda: sum(map(sockets, before)) == sum(before.values()) + 64)
        assert all(sockets(pid) - count >= 8 for pid, count in before.items())


def test_the_address_of_workers_is_not_shared_with_a_stranger(banks, tmp_path):
    """A second command at the same address says that it cannot be had."""
    with processes.gateway(tmp_path, banks, arguments=("--workers", "2")) as running:
        port = str(urlsplit(running.url).port)
        command = [sys.executable, "-m", "gateway", "serve", "--port", port, "--workers", "2"]
        environment = processes.plain_environment() | {"HOME": str(tmp_path / "home")}
        second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 6
    assert f"127.0.0.1:{port} cannot be listened on" in second.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_workers_finish_what_is_under_way(workers, banks, day, number, status):
    """A signal to the command stops all workers once their requests are answered, and the listener with them."""
    listed = banks.new_account("itau", busy_day_entries=0)
    account = workers.enrol(listed).json()["id"]
    aim = {"bank": "itau", "number": listed["account"]["number"], "operation": "statement"}
    banks.ask("POST", "/faults", json={**aim, "fault": "stalled", "parameters": {"seconds": 1}}).raise_for_status()
    running = children(workers.process.pid)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(workers.statement, account, day, day)
        until(lambda: re.search(r"^gateway_http_requests_in_flight 2\.0$", metrics(workers), re.MULTILINE))
        workers.process.send_signal(number)

        assert asked.result().json()["code"] in {"bank_unavailable", "bank_timeout"}
    assert workers.process.wait(timeout=PATIENCE_SECONDS) == status
    assert all(map(ended, running))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{workers.url}/health/live")


def test_workers_do_not_outlive_their_command(workers):
    """It may be killed without having a chance to stop them."""
    running = children(workers.process.pid)

    workers.process.kill()
    workers.process.wait()

    until(lambda: all(map(ended, running)))


def test_a_worker_that_cannot_start_ends_the_command(banks, tmp_path):
    """In one line, with the log's own lines before it; no worker is left."""
    environment = processes.settings(tmp_path, banks)
    command = [sys.executable, "-c", WITHOUT_START, "serve", "--port", "0", "--workers", "2"]

    ran = subprocess.run(
        command, env=environment, cwd=processes.ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (ran.returncode, ran.stdout) == (6, "")
    assert ran.stderr.splitlines()[-1] == "gateway: the application did not start; the log says why"
