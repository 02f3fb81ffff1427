"""An integration whose bank has failed for too long is stopped until somebody enables it again."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from gateway.accounts.cycles import CYCLE, FAILED_CYCLES_ALLOWED
from gateway.app import create_app
from gateway.clock import FixedClock
from gateway.errors import BankError, BankFailure
from gateway.settings import Settings
from tests.gateway.support import NOW, FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient


def failure(code: str = "bank_unavailable", *, nothing_sent: bool = False, held_back: bool = False) -> BankFailure:
    said = None if nothing_sent or held_back else BankError(500, None, "away")
    return BankFailure(
        code,
        bank="inter",
        at="statement",
        detail="no answer",
        bank_error=said,
        nothing_sent=nothing_sent,
        held_back=held_back,
    )


async def read(client: Client, account: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params={"from": "2026-03-09", "to": "2026-03-13"})


async def cycles(client: Client, clock: FixedClock, account: str, count: int, every: timedelta = CYCLE) -> None:
    """Fail so many times; afterwards the clock stands where the next one would be."""
    for _ in range(count):
        assert (await read(client, account)).status_code >= 400
        clock.moment += every


async def integration(client: Client, account: str) -> dict[str, object]:
    found: dict[str, object] = (await client.get(f"/v1/accounts/{account}/integration")).json()
    return found


async def test_the_tenth_failed_cycle_stops(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Then the bank is not asked, and the answer says why, until the integration is enabled again."""
    account = await enabled(client)
    bank.failure = failure()
    await cycles(client, clock, account, FAILED_CYCLES_ALLOWED - 1)
    assert (await integration(client, account))["state"] == "bank_failing"

    bank.failure = failure("bank_server_error")
    last = await read(client, account)
    asked = len(bank.requests)
    stopped = await read(client, account)

    assert (last.json()["code"], "since" in last.json()) == ("bank_server_error", False)
    assert (stopped.status_code, stopped.json()["code"]) == (409, "integration_inactive")
    assert stopped.json()["detail"] == (
        "stopped after ten failed cycles since 2026-03-16T10:00:00-03:00; "
        "enable the integration again to go on; the last failure was bank_server_error: no answer"
    )
    assert len(bank.requests) == asked
    told = await integration(client, account)
    assert (told["state"], told["failures_in_a_row"]) == ("needs_action", 10)
    assert isinstance(told["last_failure"], dict)
    assert told["last_failure"]["detail"] == stopped.json()["detail"]

    bank.failure = None
    assert (await read(client, account)).status_code == 409
    answer = await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials()})
    assert (answer.json()["state"], answer.json()["failures_in_a_row"]) == ("active", 0)
    assert (await read(client, account)).status_code == 200


async def test_enabling_in_vain_does_not_go_on(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """The bank still fails: nothing changes, and it is not asked for statements."""
    account = await enabled(client)
    bank.failure = failure()
    await cycles(client, clock, account, FAILED_CYCLES_ALLOWED)

    answer = await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials()})
    asked = len(bank.requests)

    assert answer.status_code == 503
    assert "stopped after ten" in (await read(client, account)).json()["detail"]
    assert len(bank.requests) == asked


async def test_an_impatient_caller_does_not_stop_itself(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Within an hour one failure counts, however many there are; each of them is a failure in a row."""
    account = await enabled(client)
    bank.failure = failure()

    await cycles(client, clock, account, 6 * (FAILED_CYCLES_ALLOWED - 1), every=CYCLE / 6)

    told = await integration(client, account)
    assert (told["state"], told["failures_in_a_row"]) == ("bank_failing", 54)
    await cycles(client, clock, account, 1)
    assert (await integration(client, account))["state"] == "needs_action"


async def test_a_success_begins_anew(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Nine failures, a statement, nine failures: it goes on."""
    account = await enabled(client)
    for _ in range(2):
        bank.failure = failure()
        await cycles(client, clock, account, FAILED_CYCLES_ALLOWED - 1)
        bank.failure = None
        assert (await read(client, account)).status_code == 200

    told = await integration(client, account)
    assert (told["state"], told["failures_in_a_row"]) == ("active", 0)


@pytest.mark.parametrize(
    ("code", "nothing_sent", "state", "in_a_row"),
    [
        ("bank_unavailable", None, "active", 0),
        ("period_out_of_range", False, "active", 0),
        ("session_conflict", False, "bank_failing", 12),
        ("integration_paused", False, "paused", 12),
        ("unexpected_bank_response", False, "needs_action", 10),
        ("rate_limited", False, "needs_action", 10),
        ("bank_unavailable", True, "needs_action", 10),
    ],
)
async def test_what_counts(
    client: Client, bank: FakeInter, clock: FixedClock, code: str, nothing_sent: bool | None, state: str, in_a_row: int
) -> None:
    """The bank's failures, its own limit among them; not ours, not the caller's, not the user's."""
    account = await enabled(client)
    bank.failure = failure(code, nothing_sent=bool(nothing_sent), held_back=nothing_sent is None)

    await cycles(client, clock, account, FAILED_CYCLES_ALLOWED + 2)

    told = await integration(client, account)
    assert (told["state"], told["failures_in_a_row"]) == (state, in_a_row)


async def test_memory_does_not_make_the_bank_fail(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """A stopped integration says nothing new of the bank, which another account finds well."""
    account = await enabled(client)
    bank.failure = failure()
    await cycles(client, clock, account, FAILED_CYCLES_ALLOWED)
    bank.failure = None
    await enabled(client, number="2234567-8")

    await read(client, account)

    assert (await client.get("/v1/banks/inter")).json()["health"]["state"] == "up"


async def test_cycles_outlive_a_restart(settings: Settings, bank: FakeInter, clock: FixedClock) -> None:
    """Each cycle in a process of its own counts as well."""
    key = account = ""
    for _ in range(FAILED_CYCLES_ALLOWED):
        app = create_app(settings, line=bank, clock=clock)
        async with app.lifespan(), _client(app) as client:
            key = key or await app.state["keys"].create("a", NOW)
            client.headers["Authorization"] = f"Bearer {key}"
            bank.failure = None
            account = account or await enabled(client)
            bank.failure = failure()
            await cycles(client, clock, account, 1)
            state = (await integration(client, account))["state"]

    assert state == "needs_action"


def _client(app: Litestar) -> Client:
    return Client(transport=httpx.ASGITransport(app), base_url="http://gateway.test")  # type: ignore[arg-type]
