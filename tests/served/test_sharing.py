"""Many callers at once cost the bank what one costs."""

import time
from collections import Counter

import anyio
import msgspec
import pytest

from tests.benchmarks.callers import all_at_once, statement_path
from tests.served.test_statements import days_before, enrolled

BANKS = {"cora": 1000, "inter": 200, "bs2": 200}
"""Bytes per second at which the token comes. It takes about a second, in which the last caller asks on any machine."""
CALLERS = 500
TOKEN_SECONDS = 4


def ask_at_once(gateway, account, period, callers):
    """The answers to so many identical requests; all callers are connected before the first asks."""
    path = statement_path(account, *period)
    return anyio.run(all_at_once, gateway.url, gateway.key, [path] * callers)


def asked(banks, listed):
    """How often each operation of an account was called."""
    path = {"bank": listed["bank"], "number": listed["account"]["number"]}
    return Counter(record["operation"] for record in banks.ask("GET", "/requests", params=path).json())


@pytest.fixture(scope="module")
def expired(gateway, banks, today):
    """By bank: an account whose token has expired, its id, and what one statement costs apart from the token."""
    found = {}
    for slug in BANKS:
        listed = banks.new_account(slug, busy_day_entries=0, entries_per_day=3, token_seconds=TOKEN_SECONDS)
        account = enrolled(gateway, listed)
        before = asked(banks, listed)
        assert gateway.statement(account, *days_before(today, 5, 1)).status_code == 200
        one_statement = asked(banks, listed) - before
        one_statement.pop("token", None)
        found[slug] = listed, account, one_statement
    time.sleep(TOKEN_SECONDS + 0.2)
    return found


@pytest.mark.parametrize("slug", BANKS)
def test_five_hundred_callers_cost_one_renewal_and_one_fetch(gateway, banks, today, expired, slug):
    """With an expired token, identical requests at the same time cost one token call and the calls of one statement."""
    listed, account, one_statement = expired[slug]
    aim = {"bank": slug, "number": listed["account"]["number"], "operation": "token", "times": 1}
    slowly = {"fault": "dribble", "parameters": {"bytes_per_second": BANKS[slug]}}
    banks.ask("POST", "/faults", json=aim | slowly).raise_for_status()
    before = asked(banks, listed)

    answers = ask_at_once(gateway, account, days_before(today, 5, 1), CALLERS)

    cost = asked(banks, listed) - before
    assert {answer.status for answer in answers} == {200}
    # They are alike to the byte where they share one reading, and few are decoded.
    statements = [msgspec.json.decode(body) for body in {answer.body for answer in answers}]
    assert len({tuple(entry["id"] for entry in statement["entries"]) for statement in statements}) == 1
    assert cost.pop("token") == 1
    assert cost == one_statement
