"""Callers that ask for the same statement at the same time share one reading."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.accounts.reading import look_ups
from gateway.errors import BankFailure
from gateway.model import Account
from gateway.storage.management.api_keys import LivingKey
from tests.clocks import FixedClock
from tests.gateway.support import NOW, SECRET, FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
DAYS = ("2026-03-09", "2026-03-13")


class SlowInter(FakeInter):
    """Holds requests back until they are let go: all of them, or those of some clients."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.held: set[str] = set()
        self.reached = asyncio.Event()

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        if not self.held or account.credentials["client_id"] in self.held:
            self.reached.set()
            await self.go.wait()
        return await super().send(request, account=account, certificate=certificate)


@pytest.fixture
def bank() -> SlowInter:
    """The line, in the place of the one that answers at once."""
    return SlowInter()


def reading(client: Client, account: str, days: tuple[str, str] = DAYS) -> asyncio.Task[httpx.Response]:
    params = {"from": days[0], "to": days[1]}
    return asyncio.create_task(client.get(f"/v1/accounts/{account}/statement", params=params))


async def waiting(app: Litestar, callers: int) -> None:
    """Go on when so many callers wait for readings."""
    under_way = app.state["parts"].readings._shared._under_way
    async with asyncio.timeout(60):
        while sum(len(work.callers) for work in under_way.values()) != callers:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0)


@pytest.mark.slow
async def test_five_hundred_callers_cost_one_token_and_one_fetch(
    client: Client, app: Litestar, bank: SlowInter, clock: FixedClock
) -> None:
    """Also when the token has expired. Nothing is kept for the next one."""
    account = await enabled(client)
    await reading(client, account)
    clock.moment = NOW + timedelta(hours=2)
    bank.requests.clear()
    bank.token_requests = 0
    bank.go.clear()

    callers = [reading(client, account) for _ in range(500)]
    await waiting(app, 500)
    bank.go.set()
    answers = await asyncio.gather(*callers)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert bank.token_requests == 1
    once = list(bank.requests)
    assert once.count("statement") == 1
    assert (await reading(client, account)).status_code == 200
    assert bank.requests[len(once) :] == [each for each in once if each != "token"]


async def test_only_what_is_the_same_is_shared(client: Client, app: Litestar, bank: SlowInter) -> None:
    """Another period and another account are read for themselves."""
    account, other = await enabled(client), await enabled(client, number="2234567-8")
    bank.requests.clear()
    bank.go.clear()

    callers = [reading(client, account), reading(client, account, ("2026-03-10", DAYS[1])), reading(client, other)]
    await waiting(app, 3)
    bank.go.set()
    answers = await asyncio.gather(*callers)

    assert len({answer.content for answer in answers}) == 3
    assert bank.requests.count("statement") == 3


async def test_a_failure_is_recorded_once_and_answered_to_all(client: Client, app: Litestar, bank: SlowInter) -> None:
    """Each caller gets a problem of its own; none contains our secrets."""
    account = await enabled(client)
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail=f"sent {SECRET}")
    bank.go.clear()

    callers = [reading(client, account) for _ in range(20)]
    await waiting(app, 20)
    bank.go.set()
    answers = await asyncio.gather(*callers)

    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {(503, "sent [secret]")}
    assert len({answer.json()["request_id"] for answer in answers}) == 20
    integration = (await client.get(f"/v1/accounts/{account}/integration")).json()
    assert integration["failures_in_a_row"] == 1


async def test_callers_who_go_away(client: Client, app: Litestar, bank: SlowInter) -> None:
    """One of two: the other gets the statement. Both: the reading ends, and leaves no trace."""
    account = await enabled(client)
    bank.go.clear()
    first, second = reading(client, account), reading(client, account)
    await waiting(app, 2)
    first.cancel()
    await waiting(app, 1)
    bank.go.set()
    assert (await second).status_code == 200

    bank.go.clear()
    bank.requests.clear()
    gone = [reading(client, account) for _ in range(2)]
    await waiting(app, 2)
    for each in gone:
        each.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    await app.state["parts"].readings.aclose()
    bank.go.set()

    assert bank.requests == []
    integration = (await client.get(f"/v1/accounts/{account}/integration")).json()
    assert (integration["state"], integration["failures_in_a_row"]) == ("active", 0)


async def test_new_credentials_do_not_join_the_reading_of_the_old(client: Client, bank: SlowInter) -> None:
    """They are answered while the old reading is still under way, in the same moment of the clock."""
    account = await enabled(client)
    bank.held = {"a-client-id"}
    bank.go.clear()
    old = reading(client, account)
    await bank.reached.wait()

    body = {"credentials": credentials(client_id="another-id")}
    assert (await client.put(f"/v1/accounts/{account}/integration", json=body)).status_code == 200
    new = await asyncio.wait_for(reading(client, account), 30)

    assert (new.status_code, old.done()) == (200, False)
    bank.go.set()
    await old


class LookUps:
    """The account's look-ups, which can be held back where they have begun."""

    def __init__(self, app: Litestar) -> None:
        self.count = 0
        self.go = asyncio.Event()
        self.go.set()
        self.begun = asyncio.Event()
        self._store = app.state["parts"].readings.look_ups.integrations
        self._known = self._store.known
        self._store.known = self._counted

    async def _counted(self, *asked: Any) -> Any:
        self.count += 1
        found = await self._known(*asked)
        self.begun.set()
        await self.go.wait()
        return found


async def test_callers_share_a_look_up_that_has_not_begun(client: Client, app: Litestar) -> None:
    """The first is alone with the first; all others came before the second began."""
    account = await enabled(client)
    look_ups = LookUps(app)
    look_ups.go.clear()
    first = reading(client, account)
    await look_ups.begun.wait()

    others = [reading(client, account) for _ in range(20)]
    await asyncio.sleep(0.1)
    look_ups.go.set()
    answers = await asyncio.gather(first, *others)

    assert {answer.status_code for answer in answers} == {200}
    assert look_ups.count == 2


async def test_what_was_changed_before_is_seen(client: Client, app: Litestar) -> None:
    """A request after disabling is not served by a look-up that began before."""
    account = await enabled(client)
    look_ups = LookUps(app)
    look_ups.go.clear()
    before = reading(client, account)
    await look_ups.begun.wait()
    assert (await client.delete(f"/v1/accounts/{account}/integration")).status_code == 204
    after = reading(client, account)
    await asyncio.sleep(0.1)
    look_ups.go.set()

    await before
    assert (await after).json()["code"] == "integration_inactive"


@pytest.mark.parametrize("what", ["disabled", "removed", "replaced"])
async def test_a_refusal_of_credentials_that_were_taken_away_meanwhile_is_not_told(
    client: Client, bank: SlowInter, clock: FixedClock, what: str
) -> None:
    """Nobody has to mend them: the answer says what holds now."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        is_former = b"a-client-id" in request.content
        return httpx.Response(401, json={"error": "invalid_client"}) if is_former else None

    account = await enabled(client)
    clock.moment = NOW + timedelta(hours=2)
    bank.held, bank.answer = {"a-client-id"}, refuse
    bank.reached.clear()
    bank.go.clear()
    refused = reading(client, account)
    await bank.reached.wait()
    if what == "replaced":
        body = {"credentials": credentials(client_id="another-id")}
        answer = await client.put(f"/v1/accounts/{account}/integration", json=body)
    else:
        answer = await client.delete(f"/v1/accounts/{account}" + "/integration" * (what == "disabled"))
    assert answer.status_code == (200 if what == "replaced" else 204), answer.text
    bank.go.set()

    problem = (await refused).json()
    if what == "replaced":
        assert (problem["retryable"], problem["retry_after"]) == (True, 1)
        assert "were replaced" in problem["detail"]
        assert (await reading(client, account)).status_code == 200
    else:
        assert problem["code"] == {"disabled": "integration_inactive", "removed": "unknown_account"}[what]


async def test_a_look_up_that_does_not_end_is_given_up(
    client: Client, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database hangs: the callers get `deadline_exceeded`, and the next one is served again."""
    account = await enabled(client)
    monkeypatch.setattr(look_ups, "LOOK_UP_SECONDS", 0.05)
    held = LookUps(app)
    held.go.clear()
    answers = await asyncio.gather(*(reading(client, account) for _ in range(3)))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(504, "deadline_exceeded")}

    held.go.set()
    monkeypatch.undo()
    assert (await reading(client, account)).status_code == 200


async def test_banks_are_known_from_the_beginning(client: Client, app: Litestar) -> None:
    """Before a statement is read, and after a restart: a crowd at one bank is never taken for callers of all banks."""
    accounts = [await enabled(client, number=f"{n}234567-8") for n in range(1, 5)]
    known = app.state["parts"].readings.look_ups
    assert known._banks == dict.fromkeys(accounts, "inter")

    known._banks = {}
    await known.learn()
    assert known._banks == dict.fromkeys(accounts, "inter")


async def test_a_caller_has_come_when_the_request_has(
    client: Client, app: Litestar, bank: SlowInter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller whose account is still being looked up when a reading ends shares it; a later caller does not."""
    account = await enabled(client)
    bank.requests.clear()
    bank.go.clear()
    first = reading(client, account)
    await waiting(app, 1)
    keys, recognised, may_go_on = app.state["parts"].keys, asyncio.Event(), asyncio.Event()
    living = keys.living

    async def slowly(key: str, now: datetime) -> LivingKey | None:
        recognised.set()
        await may_go_on.wait()
        return await living(key, now)

    with monkeypatch.context() as patched:
        patched.setattr(keys, "living", slowly)
        second = reading(client, account)
        await recognised.wait()
        bank.go.set()
        first_answer = await first
        may_go_on.set()
        assert (await second).content == first_answer.content

    assert bank.requests.count("statement") == 1
    await reading(client, account)
    assert bank.requests.count("statement") == 2
    assert not app.state["parts"].readings._shared._arrivals
