"""Killing the gateway at any moment around the use of a rotating refresh token."""

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest

from tests.served import processes

DYING = ("tests.served.dying",)


@pytest.fixture(scope="module")
def period(today):
    """The last closed day."""
    day = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    return day, day


def token_calls(banks, listed):
    """The statuses of the token requests that the bank saw for an account."""
    number = listed["account"]["number"]
    journal = banks.ask("GET", "/requests", params={"bank": "bs2", "number": number}).json()
    return [record["status"] for record in journal if record["operation"] == "token"]


STEPS = {"before_claim": False, "claimed": False, "sent": True, "answered": True, "stored": False}
"""Whether the token is spent, and no successor known, when the gateway dies there."""


@dataclass(frozen=True)
class Survived:
    """The answers of a gateway that is started again, about an account during whose renewal another was killed."""

    answers: tuple[httpx.Response, httpx.Response]
    """Of two readings, one after the other."""
    state: str
    token_calls: tuple[int, int]
    """How many the bank had seen after each reading."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def survived(request, banks, period, tmp_path_factory):
    """By step: one gateway is killed at each, all over one database, and one is started again for all of them."""
    state = tmp_path_factory.mktemp("crashes")
    if request.param == "sqlite":
        return _survived(banks, period, state, {})
    server = request.getfixturevalue("postgresql_server")
    # No gateway runs any more when it is dropped.
    url = server.database("template1")
    found = _survived(banks, period, state, {"DATABASE_URL": url})
    server.drop(url)
    return found


def _survived(banks, period, state, shared):
    accounts = {step: banks.new_account("bs2", token_uses=1, busy_day_entries=0) for step in STEPS}
    with processes.gateway(state, banks, **shared) as healthy:
        ids = {step: healthy.enrol(listed).json()["id"] for step, listed in accounts.items()}

    def killed(step):
        module = {"key": healthy.key, "module": DYING, "environment": {"DIE_AT": step}}
        with processes.gateway(state, banks, **module, **shared) as dying:
            with pytest.raises(httpx.TransportError):
                dying.statement(ids[step], *period)
            assert dying.process.wait(timeout=20) == -9

    with ThreadPoolExecutor(len(STEPS)) as pool:
        list(pool.map(killed, STEPS))
    with restarted(state, banks, healthy.key, shared) as gateway:
        return {step: _read_twice(gateway, banks, listed, ids[step], period) for step, listed in accounts.items()}


def restarted(state, banks, key, shared):
    """A gateway that is started two minutes later, when no claim of a killed process counts any more."""
    return processes.gateway(state, banks, key=key, module=DYING, environment={"WALL_AHEAD": "120"}, **shared)


def _read_twice(gateway, banks, listed, account, period):
    answers, seen = [], []
    for _ in range(2):
        answers.append(gateway.statement(account, *period))
        seen.append(len(token_calls(banks, listed)))
    integration = gateway.ask("GET", f"/v1/accounts/{account}/integration").json()
    return Survived(tuple(answers), integration["state"], tuple(seen))


@pytest.mark.parametrize(("step", "spent"), STEPS.items())
def test_killed_at_each_step(survived, step, spent):
    """After a restart the account is read where the token can be recovered; otherwise it needs action at once."""
    is_recovered_or_needs_action(survived[step], spent=spent)


@pytest.mark.parametrize("step", ["claimed", "sent", "stored"])
def test_a_worker_that_is_killed_while_it_imports(banks, period, tmp_path, postgresql_server, step):
    """The same rules: the renewal belongs to the database, and not to the process that has begun it."""
    listed = banks.new_account("bs2", token_uses=1, busy_day_entries=0)
    shared = {"DATABASE_URL": postgresql_server.database("template1")}
    with processes.gateway(tmp_path, banks, **shared) as healthy:
        account = healthy.enrol(listed).json()["id"]
    environment = {**processes.settings(tmp_path, banks, **shared), "DIE_AT": step}

    with processes.worker(environment, module=DYING) as worker:
        assert worker.wait(timeout=60) == -9
    with restarted(tmp_path, banks, healthy.key, shared) as gateway:
        found = _read_twice(gateway, banks, listed, account, period)
    postgresql_server.drop(shared["DATABASE_URL"])

    is_recovered_or_needs_action(found, spent=STEPS[step])


def is_recovered_or_needs_action(found, *, spent):
    """Where the token was spent and its successor is lost, a person is asked at once, and the bank never again."""
    answer, again = found.answers
    if not spent:
        assert (answer.status_code, again.status_code, found.state) == (200, 200, "active"), answer.text
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_expired")
    assert answer.json()["actor"] == "user"
    assert again.json()["code"] == "consent_expired"
    assert found.state == "needs_action"
    assert len({*found.token_calls}) == 1


def wait_until_idle(gateway):
    """Wait until the gateway has ended the requests of callers that left: tokens valid for one call are not shared."""
    for _ in range(1000):
        metrics = httpx.get(f"{gateway.url}/metrics").text
        if re.search(r"^gateway_http_requests_in_flight 1\.0$", metrics, re.MULTILINE):
            return
    raise AssertionError("the gateway never became idle")


def test_many_readers_spend_no_refresh_token_twice(gateway, banks, period):
    """Forty reads at once with a token that has just expired: one renewal, and all are answered."""
    listed = banks.new_account("bs2", token_uses=45, busy_day_entries=0)
    account = gateway.enrol(listed).json()["id"]
    while len(token_calls(banks, listed)) == 1:
        assert gateway.statement(account, *period).status_code == 200

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: gateway.statement(account, *period), range(40)))

    assert token_calls(banks, listed) == [200, 200, 200][: len(token_calls(banks, listed))]
    assert {answer.status_code for answer in answers} == {200}


def test_a_caller_who_goes_away_loses_no_successor(gateway, banks, period):
    """A caller who hangs up in the middle of a renewal leaves a working integration behind."""
    listed = banks.new_account("bs2", token_uses=1, busy_day_entries=0)
    account = gateway.enrol(listed).json()["id"]
    for patience in (0.001, 0.01, 0.02, 0.04, 0.08):
        with contextlib.suppress(httpx.TimeoutException), httpx.Client(timeout=patience) as hasty:
            hasty.get(
                f"{gateway.url}/v1/accounts/{account}/statement",
                params={"from": period[0], "to": period[1]},
                headers={"authorization": f"Bearer {gateway.key}"},
            )
        wait_until_idle(gateway)

    assert gateway.statement(account, *period).status_code == 200
    assert set(token_calls(banks, listed)) == {200}
