"""Many callers at once cost the bank what one costs."""

import time
from collections import Counter

import anyio
import msgspec
import pytest

from tests.benchmarks.callers import all_at_once, statement_path
from tests.served.test_statements import days_before, enrolled

CALLERS = 500


def ask_at_once(gateway, account, period, callers):
    """The answers to so many identical requests; all callers are connected before the first asks."""
    path = statement_path(account, *period)
    return anyio.run(all_at_once, gateway.url, gateway.key, [path] * callers)


def asked(banks, listed):
    """How often each operation of an account was called."""
    path = {"bank": listed["bank"], "number": listed["account"]["number"]}
    return Counter(record["operation"] for record in banks.ask("GET", "/requests", params=path).json())


@pytest.mark.parametrize("slug", ["cora", "inter", "bs2"])
def test_five_hundred_callers_cost_one_renewal_and_one_fetch(gateway, banks, today, slug):
    """With an expired token, identical requests at the same time cost one token call and the calls of one statement."""
    listed = banks.new_account(slug, busy_day_entries=0, entries_per_day=3, token_seconds=2)
    account = enrolled(gateway, listed)
    period = days_before(today, 5, 1)
    before = asked(banks, listed)
    assert gateway.statement(account, *period).status_code == 200
    one_statement = asked(banks, listed) - before
    one_statement.pop("token", None)
    time.sleep(2.2)
    before = asked(banks, listed)

    answers = ask_at_once(gateway, account, period, CALLERS)

    cost = asked(banks, listed) - before
    assert {answer.status for answer in answers} == {200}
    statements = [msgspec.json.decode(answer.body) for answer in answers]
    assert len({tuple(entry["id"] for entry in statement["entries"]) for statement in statements}) == 1
    assert cost.pop("token") == 1
    assert cost == one_statement
