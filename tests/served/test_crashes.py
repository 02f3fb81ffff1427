"""Killing the gateway at any moment around the use of a rotating refresh token."""

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx
import pytest

from tests.served import processes

DYING = ("tests.served.dying",)


@pytest.fixture
def period(today):
    """The last closed day."""
    day = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    return day, day


def token_calls(banks, listed):
    """The statuses of the token requests that the bank saw for an account."""
    number = listed["account"]["number"]
    journal = banks.ask("GET", "/requests", params={"bank": "bs2", "number": number}).json()
    return [record["status"] for record in journal if record["operation"] == "token"]


@pytest.mark.parametrize(
    ("step", "spent"),
    [("before_claim", False), ("claimed", False), ("sent", True), ("answered", True), ("stored", False)],
)
def test_killed_at_each_step(banks, period, tmp_path, monkeypatch, step, spent):
    """What can be recovered is recovered after a restart; what cannot needs action, and is told so at once."""
    listed = banks.new_account("bs2", token_uses=1, busy_day_entries=0)
    with processes.gateway(tmp_path, banks) as healthy:
        account = healthy.enrol(listed).json()["id"]
        key = healthy.key

    monkeypatch.setenv("DIE_AT", step)
    with processes.gateway(tmp_path, banks, key=key, module=DYING) as dying:
        with pytest.raises(httpx.TransportError):
            dying.statement(account, *period)
        assert dying.process.wait(timeout=20) == -9
    monkeypatch.delenv("DIE_AT")
    monkeypatch.setenv("WALL_AHEAD", "120")

    with processes.gateway(tmp_path, banks, key=key, module=DYING) as restarted:
        answer = restarted.statement(account, *period)
        asked = len(token_calls(banks, listed))
        again = restarted.statement(account, *period)
        state = restarted.ask("GET", f"/v1/accounts/{account}/integration").json()

    if not spent:
        assert (answer.status_code, again.status_code, state["state"]) == (200, 200, "active"), answer.text
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_expired")
    assert answer.json()["actor"] == "user"
    assert again.json()["code"] == "consent_expired"
    assert state["state"] == "needs_action"
    assert len(token_calls(banks, listed)) == asked


def wait_until_idle(gateway):
    """Let the gateway end what callers left behind: tokens good for one call cannot be shared."""
    for _ in range(1000):
        told = httpx.get(f"{gateway.url}/metrics").text
        if re.search(r"^gateway_http_requests_in_flight 1\.0$", told, re.MULTILINE):
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
