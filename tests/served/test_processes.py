"""Several gateways over one database, of either kind, that are stopped, killed and started again."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta

import pytest

import contracts
from simulators.calendar import is_business_day
from tests.served import processes
from tests.served.test_crashes import token_calls

LIMITS = {name: each.per_minute for name, each in contracts.load("inter").operations.items()}


class Gateways:
    """Gateways over one database, started when they are needed.

    Args:
        start: starts one with this API key, or with a new one.
    """

    def __init__(self, start):
        self._start = start
        self._running = []
        self._key = ""

    def running(self, count):
        """So many of them."""
        self._running = [each for each in self._running if each.process.poll() is None]
        while len(self._running) < count:
            self._running.append(self._start(self._key))
            self._key = self._running[-1].key
        return self._running[:count]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def gateways(request, banks, tmp_path_factory):
    """Over one database of either kind."""
    state = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{state / 'shared.sqlite'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        url = server.database("template1")
    with ExitStack() as stack:

        def start(key):
            more = {"DATABASE_URL": url, "STATEMENT_DEADLINE": "4"}
            return stack.enter_context(processes.gateway(state, banks, key=key, **more))

        yield Gateways(start)
    if request.param == "postgresql":
        server.drop(url)


def calls(banks, listed):
    """The instants of the calls of each operation that reached the bank."""
    asked = {"bank": listed["bank"], "number": listed["account"]["number"]}
    seen = {}
    for record in banks.ask("GET", "/requests", params=asked).json():
        seen.setdefault(record["operation"], []).append(datetime.fromisoformat(record["at"]))
    return seen


def test_one_account_registered_at_two_processes_at_once(gateways, banks):
    """BS2's token is valid once: it is used once, one registration succeeds, the other is refused."""
    for _ in range(2):
        listed = banks.new_account("bs2", busy_day_entries=0)
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(processes.Gateway.enrol, gateways.running(2), [listed] * 2))

        outcomes = sorted((answer.status_code, answer.json().get("code")) for answer in answers)
        assert outcomes == [(201, None), (409, "account_exists")], json.dumps([answer.json() for answer in answers])
        assert token_calls(banks, listed) == [200]


def test_two_processes_and_a_restart_never_exceed_a_limit(gateways, banks, today):
    """The bank counts the calls of all of them: it refuses none, and no minute holds more than the limit."""
    listed = banks.new_account("inter", entries_per_day=1, busy_day_entries=0)
    # Another day for each caller: those of the same day would share one reading. A day with banking before a day with
    # banking costs two balances, so that the four readings at once cannot use up all calls before one of them ends.
    past = [date.fromisoformat(today) - timedelta(days=number) for number in range(1, 60)]
    days = [day.isoformat() for day in past if is_business_day(day) and is_business_day(day - timedelta(days=1))][:8]
    first, second = gateways.running(2)
    account = first.enrol(listed).json()["id"]

    def ask(gateway, day):
        answer = gateway.statement(account, day, day)
        return answer.status_code, answer.json().get("code")

    def ask_often(*gateways):
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(ask, gateway, day) for day in days for gateway in gateways]
            return [each.result() for each in asked]

    outcomes = ask_often(first, second)
    first.process.terminate()
    second.process.kill()
    first.process.wait(timeout=20)
    second.process.wait(timeout=20)
    outcomes += ask_often(*gateways.running(1))

    assert set(outcomes) == {(200, None), (429, "rate_limited")}
    for operation, moments in calls(banks, listed).items():
        moments.sort()
        limit = LIMITS[operation]
        late_enough = [
            late - early >= timedelta(seconds=60) for early, late in zip(moments, moments[limit:], strict=False)
        ]
        assert all(late_enough), (operation, len(moments))


def test_one_account_read_by_two_nodes_at_once_is_read_once(postgresql_server, banks, tmp_path, today):
    """The bank is slow, and both answer with the same bytes; a node that asks afterwards reads again."""
    url = postgresql_server.database("template1")
    listed = banks.new_account("stone", entries_per_day=1, busy_day_entries=0)
    day = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    with ExitStack() as stack:
        first = stack.enter_context(processes.gateway(tmp_path, banks, DATABASE_URL=url))
        second = stack.enter_context(processes.gateway(tmp_path, banks, key=first.key, DATABASE_URL=url))
        account = first.enrol(listed).json()["id"]
        alone = first.statement(account, day, day)
        before = {name: len(each) for name, each in calls(banks, listed).items()}
        second.statement(account, day, day)
        once = {name: len(each) - before[name] for name, each in calls(banks, listed).items()}
        assert once["statement"] > 0
        aim = {"bank": "stone", "number": listed["account"]["number"], "operation": "statement"}
        slow = {"fault": "dribble", "parameters": {"bytes_per_second": 500}}
        banks.ask("POST", "/faults", json={**aim, **slow}).raise_for_status()
        before = {name: len(each) for name, each in calls(banks, listed).items()}

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda node: node.statement(account, day, day), (first, second)))

        assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
        assert answers[0].content == answers[1].content
        assert answers[0].json()["entries"] == alone.json()["entries"]
        assert {name: len(each) - before[name] for name, each in calls(banks, listed).items()} == once
    postgresql_server.drop(url)
