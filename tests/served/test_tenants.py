"""One tenant's stalled, failing and abandoned calls do not take the capacity of a bank from another tenant."""

import contextlib
import dataclasses
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks.callers import statement_path
from tests.served import processes
from tests.served.test_statements import days_before, enrolled

BANK = "cora"
STALLED_SECONDS = 25
"""Below the gateway's patience with a bank, and far above what a statement takes."""
ACCOUNTS = 8
PERIODS = 8


@pytest.fixture(scope="module")
def tenants(banks, tmp_path_factory):
    """A gateway as two tenants see it: a hostile one and an honest one."""
    state = tmp_path_factory.mktemp("tenants")
    with processes.gateway(state, banks) as honest:
        yield dataclasses.replace(honest, key=processes.new_key(state, banks, "hostile")), honest


def registered(banks, gateway, count):
    """So many new accounts of a tenant, as listed and with their ids."""
    listed = [banks.new_account(BANK, busy_day_entries=0, entries_per_day=3) for _ in range(count)]
    return [(each, enrolled(gateway, each)) for each in listed]


def ask(gateway, account, period):
    """A connection on which a statement has been asked for."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    caller = socket.create_connection((host, int(port)))
    path = statement_path(account, *period)
    caller.sendall(f"GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {gateway.key}\r\n\r\n".encode())
    return caller


@contextlib.contextmanager
def fault(banks, accounts, name, **parameters):
    """While this lasts, statements of these accounts go wrong at the bank."""
    for listed, _ in accounts:
        body = {"bank": BANK, "number": listed["account"]["number"], "operation": "statement", "fault": name}
        answer = banks.ask("POST", "/faults", json={**body, "times": 1000, "parameters": parameters})
        assert answer.status_code < 300, answer.text
    try:
        yield
    finally:
        banks.ask("DELETE", "/faults", params={"bank": BANK})


def test_stalled_accounts_and_abandoned_requests_delay_no_other_tenant(tenants, banks, today):
    """Eight stalled accounts, each with callers that wait and callers that hang up: the others are read meanwhile."""
    hostile, honest = tenants
    accounts, [(_, well)] = registered(banks, hostile, ACCOUNTS), registered(banks, honest, 1)
    assert honest.statement(well, *days_before(today, 5, 1)).status_code == 200

    with fault(banks, accounts, "stalled", seconds=STALLED_SECONDS), contextlib.ExitStack() as waiting:
        began = time.monotonic()
        for back in range(PERIODS):
            for _, account in accounts:
                waiting.enter_context(ask(hostile, account, days_before(today, 30 + back, 10)))
        for back in range(PERIODS):
            for _, account in accounts:
                ask(hostile, account, days_before(today, 60 + back, 40)).close()
        time.sleep(1)  # all of them have come to the bank, or to wait for it
        answers = [honest.statement(well, *days_before(today, 5 + n, 1)).status_code for n in range(10)]
        taken = time.monotonic() - began

    assert answers == [200] * 10
    assert taken < STALLED_SECONDS / 2  # none of them has waited for what is stalled


def test_failing_accounts_do_not_close_the_bank_for_others(tenants, banks, today):
    """A hostile tenant's accounts fail until the bank is left alone for that tenant; the other one is served."""
    hostile, honest = tenants
    accounts, [(_, well)] = registered(banks, hostile, ACCOUNTS), registered(banks, honest, 1)
    period = days_before(today, 5, 1)

    with fault(banks, accounts, "status", status=503):
        *first, last = [account for _, account in accounts]
        with ThreadPoolExecutor(len(first)) as callers:
            problems = [answer.json() for answer in callers.map(lambda each: hostile.statement(each, *period), first)]
        problems.append(hostile.statement(last, *period).json())
        assert honest.statement(well, *period).status_code == 200

    assert {problem["code"] for problem in problems} == {"bank_server_error"}
    assert "is down and is left alone" in problems[-1]["detail"]
