"""What stops an integration, and what only suspends it: refusals that may pass, and banks that fail for long."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from gateway.app import create_app
from gateway.errors import BankError, BankFailure
from gateway.limits import FAILED_CYCLES_ALLOWED, SUSPENSION_PROBE_AFTER
from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def failure(code: str = "bank_unavailable", *, nothing_sent: bool = False, held_back: bool = False) -> BankFailure:
    bank_error = None if nothing_sent or held_back else BankError(500, None, "away")
    return BankFailure(
        code,
        bank="inter",
        at="statement",
        detail="no answer",
        bank_error=bank_error,
        nothing_sent=nothing_sent,
        held_back=held_back,
    )


async def read(client: Client, account: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params={"from": "2026-03-09", "to": "2026-03-13"})


async def days(client: Client, clock: FixedClock, account: str, count: int) -> None:
    """Fail on so many business days; afterwards the clock stands on the next one. NOW is a Monday, without holidays."""
    for _ in range(count):
        assert (await read(client, account)).status_code >= 400
        clock.moment += DAY if clock.moment.weekday() < 4 else 3 * DAY


async def integration(client: Client, account: str) -> dict[str, object]:
    found: dict[str, object] = (await client.get(f"/v1/accounts/{account}/integration")).json()
    return found


# --- a bank that fails


async def test_an_outage_needs_no_user(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Three weeks of trouble: the credentials are kept, and the first statement afterwards heals everything."""
    account = await enabled(client)
    bank.failure = failure()
    await days(client, clock, account, 15)
    shown = await integration(client, account)
    assert (shown["state"], shown["failures_in_a_row"]) == ("bank_failing", 15)
    assert isinstance(shown["last_failure"], dict)
    assert shown["last_failure"]["actor"] == "bank"

    bank.failure = None
    assert (await read(client, account)).status_code == 200

    shown = await integration(client, account)
    assert (shown["state"], shown["failures_in_a_row"], shown["last_failure"]) == ("active", 0, None)


async def test_nine_hours_are_one_cycle(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Failures of one day, every minute, do not suspend the integration."""
    account = await enabled(client)
    bank.failure = failure()
    for _ in range(36):
        assert (await read(client, account)).status_code == 503
        clock.moment += HOUR / 4

    asked = len(bank.requests)
    await read(client, account)

    assert len(bank.requests) > asked
    assert (await integration(client, account))["state"] == "bank_failing"


async def test_a_suspended_integration_is_probed_once_an_hour(
    client: Client, bank: FakeInter, clock: FixedClock
) -> None:
    """Between two probes the last failure is answered, which a bank and not a user has to mend."""
    account = await enabled(client)
    bank.failure = failure("bank_server_error")
    await days(client, clock, account, FAILED_CYCLES_ALLOWED)
    await read(client, account)
    asked = len(bank.requests)
    clock.moment += SUSPENSION_PROBE_AFTER / 4

    for _ in range(5):
        answer = (await read(client, account)).json()

    assert len(bank.requests) == asked
    assert (answer["code"], answer["actor"], answer["retryable"]) == ("bank_server_error", "bank", True)
    assert (answer["retry_after"], answer["since"]) == (2700, "2026-03-30T10:00:00-03:00")
    assert answer["detail"] == (
        "no answer; suspended after ten failed business days since 2026-03-16T10:00:00-03:00; "
        "the bank is asked again once an hour"
    )
    shown = await integration(client, account)
    assert isinstance(shown["last_failure"], dict)
    assert (shown["state"], shown["last_failure"]["detail"]) == ("bank_failing", answer["detail"])
    clock.moment += SUSPENSION_PROBE_AFTER
    await read(client, account)
    assert len(bank.requests) == asked + 1


async def test_days_without_banking_are_no_cycles(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Days without a request are no cycles either."""
    account = await enabled(client)
    bank.failure = failure()
    clock.moment = NOW - 2 * DAY
    for _ in range(FAILED_CYCLES_ALLOWED + 1):
        await read(client, account)
        await read(client, account)
        clock.moment += 7 * DAY

    asked = len(bank.requests)
    await read(client, account)
    await read(client, account)

    assert len(bank.requests) == asked + 2


async def test_a_success_begins_anew(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Nine failures, a statement, nine failures: the bank is asked as ever."""
    account = await enabled(client)
    for _ in range(2):
        bank.failure = failure()
        await days(client, clock, account, FAILED_CYCLES_ALLOWED - 1)
        await read(client, account)
        asked = len(bank.requests)
        bank.failure = None
        clock.moment += DAY
        assert (await read(client, account)).status_code == 200
    assert asked < len(bank.requests)

    shown = await integration(client, account)
    assert (shown["state"], shown["failures_in_a_row"]) == ("active", 0)


@pytest.mark.parametrize(
    ("code", "nothing_sent", "state", "suspended"),
    [
        ("bank_unavailable", None, "active", False),
        ("period_out_of_range", False, "active", False),
        ("session_conflict", False, "bank_failing", False),
        ("integration_paused", False, "paused", False),
        ("unexpected_bank_response", False, "bank_failing", True),
        ("rate_limited", False, "bank_failing", True),
        ("bank_unavailable", True, "bank_failing", True),
    ],
)
async def test_what_counts(
    client: Client,
    bank: FakeInter,
    clock: FixedClock,
    code: str,
    nothing_sent: bool | None,
    state: str,
    suspended: bool,
) -> None:
    """The bank's failures, its own limit among them; not ours, not the caller's, not the user's."""
    account = await enabled(client)
    bank.failure = failure(code, nothing_sent=bool(nothing_sent), held_back=nothing_sent is None)

    await days(client, clock, account, FAILED_CYCLES_ALLOWED)
    await read(client, account)
    asked = len(bank.requests)
    await read(client, account)

    assert (len(bank.requests) == asked) is suspended
    assert (await integration(client, account))["state"] == state


async def test_memory_does_not_make_the_bank_fail(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """A suspended integration does not change the health of the bank, which another account finds well."""
    account = await enabled(client)
    bank.failure = failure()
    await days(client, clock, account, FAILED_CYCLES_ALLOWED)
    await read(client, account)
    bank.failure = None
    await enabled(client, number="2234567-8")

    assert (await read(client, account)).status_code == 503

    assert (await client.get("/v1/banks/inter")).json()["health"]["state"] == "up"


@pytest.mark.slow
async def test_cycles_outlive_a_restart(settings: Settings, bank: FakeInter, clock: FixedClock) -> None:
    """Each cycle in a process of its own counts as well."""
    key = account = ""
    for _ in range(FAILED_CYCLES_ALLOWED + 1):
        app = create_app(settings, line=bank, clock=clock)
        async with app.lifespan(), _client(app) as client:
            key = key or await app.state["parts"].keys.create("a", NOW)
            client.headers["Authorization"] = f"Bearer {key}"
            bank.failure = None
            account = account or await enabled(client)
            bank.failure = failure()
            await days(client, clock, account, 1)
            clock.moment -= HOUR
            detail = (await integration(client, account))["last_failure"]

    assert isinstance(detail, dict)
    assert "suspended after ten" in str(detail["detail"])


# --- a bank that refuses


def at(operation: str, *statuses: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """The bank answers these statuses at an operation, one after the other, and then as ever."""
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(left.pop(0)) if left and request.extensions["operation"] == operation else None

    return answer


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [("token", (401,)), ("statement", (401, 401)), ("balance", (401, 401)), ("statement", (403,))],
)
async def test_one_contradiction_stops_nothing(
    client: Client, bank: FakeInter, clock: FixedClock, operation: str, statuses: tuple[int, ...]
) -> None:
    """Of credentials that have worked; the next reading is as ever, at once or later."""
    account = await enabled(client)
    for later in (timedelta(), HOUR, 30 * DAY):
        clock.moment += 2 * HOUR
        bank.answer = at(operation, *statuses)
        refused = await read(client, account)
        assert refused.status_code in {409, 422}
        assert (refused.json()["actor"], refused.json()["retryable"]) == ("user", True)
        assert (await integration(client, account))["state"] == "bank_failing"
        clock.moment += later

        assert (await read(client, account)).status_code == 200

        shown = await integration(client, account)
        assert (shown["state"], shown["last_failure"]) == ("active", None)


@pytest.mark.parametrize(
    ("apart", "code", "state"),
    [
        ((), None, "bank_failing"),
        ((HOUR / 2,), None, "bank_failing"),
        ((HOUR / 2, HOUR / 2 - timedelta(seconds=1)), None, "bank_failing"),
        ((HOUR,), None, "needs_action"),
        ((HOUR / 2, HOUR), None, "needs_action"),
        ((3 * DAY,), None, "needs_action"),
        ((HOUR,), "statement_access_denied", "bank_failing"),
    ],
)
async def test_the_same_refusal_in_two_cycles_stops(
    client: Client, bank: FakeInter, clock: FixedClock, apart: tuple[timedelta, ...], code: str | None, state: str
) -> None:
    """At least an hour apart; another one is another matter."""
    account = await enabled(client)
    bank.failure = failure("invalid_account")
    await read(client, account)
    for each in apart:
        clock.moment += each
        bank.failure = failure(code or "invalid_account")
        await read(client, account)

    assert (await integration(client, account))["state"] == state


async def test_a_statement_between_two_refusals_clears(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """An outage between them does not."""
    account = await enabled(client)
    for between, state in ((None, "bank_failing"), (failure(), "needs_action")):
        for refusal in (failure("invalid_credentials"), between, failure("invalid_credentials")):
            bank.failure = refusal
            await read(client, account)
            clock.moment += HOUR
        assert (await integration(client, account))["state"] == state
        bank.failure = None
        await read(client, account)


async def test_an_unambiguous_message_stops_at_once(client: Client, bank: FakeInter) -> None:
    """A blocked user would only be blocked for longer."""
    account = await enabled(client)
    bank.failure = failure("user_blocked")
    first = await read(client, account)
    asked = len(bank.requests)

    second = await read(client, account)

    assert (first.json()["code"], second.json()["code"], first.json()["retryable"]) == (*["user_blocked"] * 2, False)
    assert len(bank.requests) == asked
    assert (await integration(client, account))["state"] == "needs_action"


async def test_a_cause_named_by_a_status_alone_is_met_twice(client: Client, bank: FakeInter) -> None:
    """Whatever its name."""
    account = await enabled(client)
    bank.failure = failure("user_blocked")
    bank.failure.status_alone = True

    assert (await read(client, account)).json()["retryable"] is True

    assert (await integration(client, account))["state"] == "bank_failing"


async def test_credentials_that_never_worked_are_refused_at_once(client: Client, bank: FakeInter) -> None:
    """Nothing is registered, and nothing suspected."""
    bank.answer = at("token", 401)
    body = registration(credentials=credentials())

    refused = await client.post("/v1/accounts", json=body)

    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (
        422,
        "invalid_credentials",
        False,
    )
    assert (await client.get("/v1/accounts")).json()["total"] == 0


@pytest.mark.parametrize("code", ["invalid_credentials", "user_blocked", "bank_unavailable"])
async def test_the_operator_revives(
    client: Client, bank: FakeInter, clock: FixedClock, app: Litestar, code: str
) -> None:
    """Stopped and suspended integrations are tried again with their credentials; working ones do not change."""
    account, other = await enabled(client), await enabled(client, number="2234567-8")
    bank.failure = failure(code)
    await days(client, clock, account, FAILED_CYCLES_ALLOWED)
    await read(client, account)
    asked = len(bank.requests)
    assert (await read(client, account)).status_code >= 400
    assert len(bank.requests) == asked
    bank.failure = None
    all_tenants = app.state["parts"].all_tenants

    assert await all_tenants.revive("itau") == await all_tenants.revive(account_id=other) == 0
    assert await all_tenants.revive("inter", account) == 1

    assert (await read(client, account)).status_code == 200
    assert await all_tenants.revive() == 0
    assert (await integration(client, account))["state"] == "active"


def _client(app: Litestar) -> Client:
    return Client(transport=httpx.ASGITransport(app), base_url="http://gateway.test")  # type: ignore[arg-type]
