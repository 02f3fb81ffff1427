"""How many requests of one key are answered."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from gateway.api import rates
from gateway.api.rates import Rates
from gateway.limits import REQUESTS_PER_MINUTE
from gateway.settings import SettingsError, load
from gateway.storage.management.api_keys import ApiKeys, LivingKey
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio


class Time:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 600.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Time:
    """The time by which requests are counted."""
    return Time()


def test_a_key_gets_its_share_and_no_more(seconds: Time) -> None:
    """The answer counts down; the refusal names the seconds after which one request is answered again."""
    counted = Rates(3, seconds)

    got = [counted.spend("a") for _ in range(5)]

    assert [(rate.allowed, rate.remaining) for rate in got] == [(True, 2), (True, 1), (True, 0), *[(False, 0)] * 2]
    assert counted.spend("b").allowed


@given(
    st.integers(1, 50),
    st.floats(0, 1e6),
    st.lists(st.tuples(st.sampled_from([0, 0.4, 7, 29.9, 61, 400]), st.integers(1, 60))),
)
def test_a_refusal_names_the_second_from_which_one_is_answered(per_minute: int, at: float, crowds: list) -> None:
    """Whatever was asked before, and no earlier."""
    time = Time()
    time.now = at
    counted = Rates(per_minute, time)
    for later, requests in crowds:
        time.now += later
        for _ in range(requests):
            rate = counted.spend("a")
        if rate.allowed:
            continue
        refused = time.now
        time.now = refused + rate.seconds - 1.01
        assert rate.seconds == 1 or not counted.spend("a").allowed
        time.now = refused + rate.seconds + 0.001
        assert counted.spend("a").allowed


@pytest.mark.parametrize("at", [0.0, 0.5, 59.9])
def test_the_turn_of_a_minute_brings_no_second_burst(seconds: Time, at: float) -> None:
    """Whoever asks every tenth of a second, from whatever moment on; and the share is not wasted either."""
    counted, answered = Rates(10, seconds), []
    seconds.now += at

    for _ in range(3000):
        if counted.spend("a").allowed:
            answered.append(seconds.now)
        seconds.now += 0.1

    for moment in answered:
        assert sum(moment <= each < moment + 5 for each in answered) <= 11
    # Of five minutes.
    assert 45 <= len(answered) <= 60


def test_counts_are_forgotten(seconds: Time) -> None:
    """A key that is not used any more takes no memory."""
    counted = Rates(3, seconds)
    for number in range(50):
        counted.spend(str(number))

    seconds.now += 200
    counted.spend("a")

    assert counted.counts <= 2


def test_the_memory_has_a_bound(seconds: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many keys there are."""
    monkeypatch.setattr(rates, "KEYS_COUNTED", 5)
    counted = Rates(3, seconds)

    for number in range(100):
        assert counted.spend(str(number)).allowed
        assert counted.counts <= 10


@pytest.fixture
async def two(client: httpx.AsyncClient, app: Litestar, seconds: Time) -> httpx.AsyncClient:
    """A client whose key has two requests in a minute."""
    app.state["rates"] = Rates(2, seconds)
    return client


async def test_the_third_of_two_requests_is_refused(
    two: httpx.AsyncClient, new_key: Callable[[str], Awaitable[str]]
) -> None:
    """With the headers of the draft on every answer, whatever its status; other keys of the same tenant go on."""
    got = [await two.get(path) for path in ("/v1/accounts", "/v1/accounts/nowhere", "/v1/accounts")]

    assert [answer.status_code for answer in got] == [200, 404, 429]
    assert [answer.headers["RateLimit-Policy"] for answer in got] == ['"key";q=2;w=60'] * 3
    assert [answer.headers["RateLimit"] for answer in got] == [
        f'"key";r={left};t={seconds}' for left, seconds in ((1, 60), (0, 60), (0, 90))
    ]
    problem = got[-1].json()
    assert (problem["code"], problem["actor"], problem["retryable"]) == ("too_many_requests", "caller", True)
    assert got[-1].headers["Retry-After"] == str(problem["retry_after"]) == "90"
    other = {"Authorization": f"Bearer {await new_key('tenant-a')}"}
    assert (await two.get("/v1/accounts", headers=other)).status_code == 200


async def test_what_exceeds_the_share_is_refused_before_the_key_is_looked_up(
    two: httpx.AsyncClient, app: Litestar, seconds: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood asks the database nothing; its lines in the log name the tenant all the same."""
    asked: list[str] = []
    owner_of = ApiKeys.owner_of

    async def noted(self: ApiKeys, prefix: str) -> LivingKey | None:
        asked.append(prefix)
        return await owner_of(self, prefix)

    monkeypatch.setattr(ApiKeys, "owner_of", noted)
    with structlog.testing.capture_logs() as lines:
        got = [(await two.get("/v1/accounts")).status_code for _ in range(7)]
    looked_up = len(asked)
    seconds.now += 90
    after = await two.get("/v1/accounts")

    assert (got, looked_up) == ([200] * 2 + [429] * 5, 2)
    told = {line["tenant"] for line in lines if line["event"] == "request"}
    assert len(told) == 1
    assert None not in told
    assert (after.status_code, len(asked)) == (200, 3)


async def test_a_revoked_key_that_has_used_up_its_share_stays_refused(two: httpx.AsyncClient, app: Litestar) -> None:
    """With whatever status: what is left of its share it can no longer use."""
    got = [(await two.get("/v1/accounts")).status_code for _ in range(3)]
    await app.state["parts"].keys.revoke(two.headers["Authorization"].split("_")[1], NOW)
    refused = await two.get("/v1/accounts")
    app.state["rates"] = Rates(2)
    found_out = await two.get("/v1/accounts")

    assert got == [200, 200, 429]
    assert (refused.status_code, found_out.status_code) == (429, 401)
    assert "RateLimit" not in found_out.headers


async def test_strangers_use_up_nothing(two: httpx.AsyncClient, app: Litestar) -> None:
    """Nor does what needs no key; neither has the headers."""
    prefix = two.headers["Authorization"].split("_")[1]
    for _ in range(5):
        stranger = await two.get("/v1/accounts", headers={"Authorization": f"Bearer ext_{prefix}_{'a' * 43}"})
        assert (stranger.status_code, "RateLimit" in stranger.headers) == (401, False)
        assert "RateLimit" not in (await two.get("/health/live")).headers

    assert app.state["rates"].counts == 0
    assert (await two.get("/v1/accounts")).status_code == 200


async def test_without_a_limit_there_are_no_headers(client: httpx.AsyncClient, app: Litestar) -> None:
    """As before."""
    app.state["rates"] = None

    answer = await client.get("/v1/accounts")

    assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)


async def test_the_usual_limit(client: httpx.AsyncClient) -> None:
    """Is that of the settings."""
    left = (await client.get("/v1/accounts")).headers["RateLimit"]

    assert left.startswith(f'"key";r={REQUESTS_PER_MINUTE - 1};t=')


def test_the_setting() -> None:
    """Zero is a value; what is no number is refused."""
    given = {"GATEWAY_DATABASE_URL": "sqlite:///x", "GATEWAY_SECRET_KEYS": VAULT_KEY}

    assert load(given).requests_per_minute == REQUESTS_PER_MINUTE
    assert load({**given, "GATEWAY_REQUESTS_PER_MINUTE": "0"}).requests_per_minute == 0
    with pytest.raises(SettingsError, match="GATEWAY_REQUESTS_PER_MINUTE"):
        load({**given, "GATEWAY_REQUESTS_PER_MINUTE": "-1"})
