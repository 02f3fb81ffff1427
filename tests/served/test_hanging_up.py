"""A caller that hangs up: the bank is not asked any further."""

import re
import socket
import time

from tests.benchmarks.callers import statement_path
from tests.served.test_statements import days_before, enrolled

DAYS = 300
"""At this bank each day is a call of its own."""
PATIENCE = 30.0
"""Seconds to wait for an expected state."""


def asked(banks, listed):
    """How many calls an account has cost."""
    path = {"bank": listed["bank"], "number": listed["account"]["number"]}
    return len(banks.ask("GET", "/requests", params=path).json())


def gone(log):
    """How many requests have ended because their callers were gone."""
    return len(re.findall(r'"status": ?499', log.read_text()))


def eventually(what):
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_who_hangs_up_is_asked_for_no_longer(gateway, banks, today, log):
    """A reading of hundreds of calls ends a moment after its only caller has gone; the next caller is served."""
    listed = banks.new_account("pagseguro", busy_day_entries=0, entries_per_day=1)
    account = enrolled(gateway, listed)
    before, lines = asked(banks, listed), gone(log)
    host, _, port = gateway.url.removeprefix("http://").partition(":")

    with socket.create_connection((host, int(port))) as caller:
        path = statement_path(account, *days_before(today, DAYS, 1))
        request = f"GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {gateway.key}\r\n\r\n"
        caller.sendall(request.encode())
        eventually(lambda: asked(banks, listed) > before + 3)
    eventually(lambda: gone(log) > lines)

    time.sleep(0.3)  # what had been sent arrives
    cost = asked(banks, listed) - before
    time.sleep(0.7)  # time for dozens of calls
    assert asked(banks, listed) - before == cost < DAYS / 2
    assert gateway.statement(account, *days_before(today, 3, 1)).status_code == 200
