"""What callers see of the operator's pauses."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from gateway.errors import BankFailure
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
PERIOD = {"from": "2026-03-09", "to": "2026-03-13"}
HOUR = timedelta(hours=1)


@pytest.fixture
def pauses(client: Client, app: Litestar) -> Pauses:
    """The table, as the operator's command in another process sees it."""
    return Pauses(app.state["parts"].database)


def pause(**changed: object) -> Pause:
    return Pause(**({"bank": "inter", "since": NOW} | changed))  # type: ignore[arg-type]


async def read(client: Client, account: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params=PERIOD)


async def put(client: Client, account: str) -> httpx.Response:
    return await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials()})


async def state(client: Client, account: str) -> str:
    """The state, which is the same in the integration, the account and the list of accounts."""
    states = {
        (await client.get(f"/v1/accounts/{account}/integration")).json()["state"],
        (await client.get(f"/v1/accounts/{account}")).json()["integration"]["state"],
        (await client.patch(f"/v1/accounts/{account}", json={})).json()["integration"]["state"],
        *(
            each["integration"]["state"]
            for each in (await client.get("/v1/accounts")).json()["accounts"]
            if each["id"] == account
        ),
    }
    assert len(states) == 1
    return str(states.pop())


async def test_a_paused_bank_is_not_asked(client: Client, bank: FakeInter, pauses: Pauses) -> None:
    """Reading and enabling answer the pause with its reason; afterwards all is as it was."""
    account = await enabled(client)
    asked = len(bank.requests)
    await pauses.begin(pause(reason="Manutenção do banco", until=NOW + HOUR / 2))

    for answer in (
        await read(client, account),
        await put(client, account),
        await client.post("/v1/accounts", json=registration(number="2234567-8", credentials=credentials())),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["actor"]) == (503, "integration_paused", "operator")
        assert (answer.headers["Retry-After"], problem["since"]) == ("1800", "2026-03-16T10:00:00-03:00")
        assert problem["detail"].endswith(": Manutenção do banco")
    assert len(bank.requests) == asked
    assert await state(client, account) == "paused"
    assert (await client.get("/v1/accounts")).json()["total"] == 1

    await pauses.end(bank="inter", now=NOW)

    assert await state(client, account) == "active"
    assert (await read(client, account)).status_code == 200


async def test_a_failing_integration_is_failing_again_after_a_pause(
    client: Client, bank: FakeInter, clock: FixedClock, pauses: Pauses
) -> None:
    """The stored state is neither lost nor changed."""
    account = await enabled(client)
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
    await read(client, account)
    before = (await client.get(f"/v1/accounts/{account}/integration")).json()
    await pauses.begin(pause(until=NOW + HOUR))
    await read(client, account)

    clock.moment = NOW + HOUR

    assert (await client.get(f"/v1/accounts/{account}/integration")).json() == before
    assert before["state"] == "bank_failing"


async def test_registering_without_credentials_is_always_possible(client: Client, pauses: Pauses) -> None:
    """It asks nothing of the bank; such an account is disabled, not paused."""
    await pauses.begin(pause())

    answer = await client.post("/v1/accounts", json=registration())

    assert answer.status_code == 201
    account = answer.json()["id"]
    assert await state(client, account) == "disabled"
    assert (await read(client, account)).json()["code"] == "integration_inactive"
    assert (await client.delete(f"/v1/accounts/{account}")).status_code == 204


async def test_new_enrolments_only(client: Client, bank: FakeInter, pauses: Pauses) -> None:
    """Enabled accounts read and change credentials; those not enabled, or disabled, wait."""
    old = await enabled(client)
    new = (await client.post("/v1/accounts", json=registration(number="2234567-8"))).json()["id"]
    await pauses.begin(pause(mode=Mode.NEW_ENROLMENTS_ONLY))
    asked = len(bank.requests)

    refused = [
        await put(client, new),
        await client.post("/v1/accounts", json=registration(number="3234567-8", credentials=credentials())),
    ]

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(503, "enrolment_paused")] * 2
    assert refused[0].headers["Retry-After"] == "86400"
    assert len(bank.requests) == asked
    assert (await read(client, old)).status_code == 200
    assert (await put(client, old)).json()["state"] == "active"
    assert await state(client, old) == "active"
    await client.delete(f"/v1/accounts/{old}/integration")
    assert (await put(client, old)).json()["code"] == "enrolment_paused"


async def test_an_integration_that_needs_action_is_mended_while_new_ones_wait(
    client: Client, bank: FakeInter, pauses: Pauses
) -> None:
    """A blocked user does not make an existing connection a new one."""
    account = await enabled(client)
    bank.failure = BankFailure("user_blocked", bank="inter", at="token", detail="no")
    await read(client, account)
    bank.failure = None
    await pauses.begin(pause(mode=Mode.NEW_ENROLMENTS_ONLY))

    assert await state(client, account) == "needs_action"
    assert (await put(client, account)).json()["state"] == "active"


async def test_one_connection_is_paused(client: Client, pauses: Pauses) -> None:
    """Another account at the bank goes on, and the bank itself is not shown as paused."""
    account = await enabled(client)
    other = await enabled(client, number="2234567-8")
    await pauses.begin(pause(account_id=account))

    assert (await read(client, account)).json()["code"] == "integration_paused"
    assert (await read(client, other)).status_code == 200
    assert (await state(client, account), await state(client, other)) == ("paused", "active")
    body = (await client.get("/v1/banks/inter")).json()
    assert (body["health"]["state"], body["pause"]) == ("up", None)


async def test_a_removed_account_leaves_no_pause_behind(client: Client, pauses: Pauses) -> None:
    """Registered anew it has the same id."""
    account = await enabled(client)
    await pauses.begin(pause(account_id=account))

    await client.delete(f"/v1/accounts/{account}")

    assert await pauses.all(NOW) == []
    assert await enabled(client) == account
    assert (await read(client, account)).status_code == 200


async def test_banks_tell_their_pauses(client: Client, pauses: Pauses) -> None:
    """One that holds up everything is the bank's state; one of new enrolments stands beside it."""
    await enabled(client)
    await pauses.begin(pause(reason="Aviso", until=NOW + HOUR))
    await pauses.begin(pause(bank="santander", mode=Mode.NEW_ENROLMENTS_ONLY))

    banks = {each["slug"]: each for each in (await client.get("/v1/banks")).json()["banks"]}

    since = "2026-03-16T10:00:00-03:00"
    assert (banks["inter"]["health"]["state"], banks["inter"]["health"]["since"]) == ("paused", since)
    assert banks["inter"]["health"]["last_success_at"] == since
    expected_pause = {"mode": "all", "since": since, "until": "2026-03-16T11:00:00-03:00", "reason": "Aviso"}
    assert banks["inter"]["pause"] == expected_pause
    assert banks["santander"]["health"]["state"] == "unknown"
    assert banks["santander"]["pause"] == expected_pause | {
        "mode": "new_enrolments_only",
        "until": None,
        "reason": None,
    }
    assert banks["stone"]["pause"] is None
    metrics = (await client.get("/metrics")).text
    assert 'gateway_bank_health{bank="inter",gateway_bank_health="paused"} 1.0' in metrics
