"""Many callers at once cost the bank what one costs."""

import time
from collections import Counter

import anyio
import httpx
import pytest

import contracts
from tests.served.test_statements import days_before, enrolled

CALLERS = 500
every_bank = pytest.mark.parametrize("slug", contracts.banks())


def ask_at_once(gateway, account, period, callers):
    """The answers to so many identical requests made at the same time."""
    answers = []

    async def everybody():
        limits = httpx.Limits(max_connections=callers)
        headers = {"authorization": f"Bearer {gateway.key}"}
        async with httpx.AsyncClient(base_url=gateway.url, headers=headers, timeout=120, limits=limits) as client:

            async def one():
                query = {"from": period[0], "to": period[1]}
                answers.append(await client.get(f"/v1/accounts/{account}/statement", params=query))

            async with anyio.create_task_group() as group:
                for _ in range(callers):
                    group.start_soon(one)

    anyio.run(everybody)
    return answers


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
    assert {answer.status_code for answer in answers} == {200}
    assert len({tuple(entry["id"] for entry in answer.json()["entries"]) for answer in answers}) == 1
    assert cost.pop("token") == 1
    assert cost == one_statement
