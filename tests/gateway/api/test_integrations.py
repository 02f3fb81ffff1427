"""Enabling and disabling integrations over HTTP, and what outcomes do to them."""

import asyncio
from datetime import timedelta
from typing import cast

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from gateway.errors import BankFailure
from gateway.limits import NEW_CREDENTIALS_REFUSED, NEW_CREDENTIALS_WINDOW
from gateway.line.timing import loop_time
from gateway.statement.bank_time import held_back
from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.shared.tables import TOKENS
from tests.clocks import FixedClock
from tests.gateway.support import NOW, SECRET, FakeInter, certificate, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
PERIOD = {"from": "2026-03-09", "to": "2026-03-13"}


async def put(client: Client, account: str, **changed: str) -> httpx.Response:
    return await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials(**changed)})


async def state(client: Client, account: str) -> dict[str, object]:
    body: dict[str, object] = (await client.get(f"/v1/accounts/{account}/integration")).json()
    return body


async def read(client: Client, account: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params=PERIOD)


def down(code: str = "bank_unavailable") -> BankFailure:
    return BankFailure(code, bank="inter", at="statement", detail="away")


async def test_an_integration_is_enabled_and_disabled(client: Client, app: Litestar) -> None:
    """After disabling nothing of credentials and tokens is left, and statements answer integration_inactive."""
    account = (await client.post("/v1/accounts", json=registration())).json()["id"]
    assert (await state(client, account))["state"] == "disabled"

    assert (await put(client, account)).json()["state"] == "active"
    assert (await read(client, account)).status_code == 200
    assert (await client.delete(f"/v1/accounts/{account}/integration")).status_code == 204

    left = await state(client, account)
    assert (left["state"], left["certificate_expires_at"]) == ("disabled", None)
    assert (await read(client, account)).json()["code"] == "integration_inactive"
    database: Database = app.state["parts"].database
    with database.engine.connect() as connection:
        assert (connection.execute(select(TOKENS))).all() == []
        assert (connection.scalars(select(INTEGRATIONS.c.sealed))).all() == [None]


async def test_credentials_and_tokens_are_stored_sealed(client: Client, app: Litestar) -> None:
    """Nothing of them can be read in the database."""
    await enabled(client)

    database: Database = app.state["parts"].database
    with database.engine.connect() as connection:
        for table in (INTEGRATIONS, TOKENS):
            for row in connection.execute(select(table)):
                assert "CANARY" not in str(row)


async def test_wrong_credentials_leave_a_working_integration(client: Client, bank: FakeInter) -> None:
    """The failure is answered; the old credentials and their token go on working."""
    account = await enabled(client)
    tokens = bank.token_requests

    answer = await put(client, account, client_secret="CANARY-wrong")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_credentials")
    assert "CANARY" not in answer.text
    assert (await state(client, account))["state"] == "active"
    assert (await read(client, account)).status_code == 200
    assert bank.token_requests == tokens + 1


async def test_wrong_credentials_are_tried_so_often_within_an_hour(
    client: Client, app: Litestar, bank: FakeInter
) -> None:
    """Whoever goes on guessing reaches the gateway only: of an account that is enabled, and of one that is to be."""
    app.state["parts"].database.clock = FixedClock(NOW)
    account = await enabled(client)
    wrong = registration(number="99887766", credentials=credentials(client_secret="CANARY-wrong"))
    for _ in range(NEW_CREDENTIALS_REFUSED):
        assert (await put(client, account, client_secret="CANARY-wrong")).json()["code"] == "invalid_credentials"
        assert (await client.post("/v1/accounts", json=wrong)).json()["code"] == "invalid_credentials"
    asked = len(bank.requests), bank.token_requests

    for answer in (
        await put(client, account, client_secret="CANARY-other"),
        await put(client, account),
        await client.post("/v1/accounts", json=wrong),
    ):
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_refusals")
        assert answer.json()["retry_after"] == int(answer.headers["Retry-After"]) == 3600
    assert (len(bank.requests), bank.token_requests) == asked
    assert (await read(client, account)).status_code == 200
    assert (await client.post("/v1/accounts", json=registration(number="99887755"))).status_code == 201

    app.state["parts"].database.clock = FixedClock(NOW + NEW_CREDENTIALS_WINDOW)
    assert (await put(client, account)).json()["state"] == "active"


async def test_new_credentials_replace_the_old(client: Client, bank: FakeInter) -> None:
    """From then on only the new ones are used, with the token obtained when they were verified."""
    account = await enabled(client)
    bank.accepted_secrets = {"CANARY-new"}

    assert (await put(client, account, client_secret="CANARY-new")).status_code == 200
    tokens = bank.token_requests

    assert (await read(client, account)).status_code == 200
    assert bank.token_requests == tokens


async def test_a_wrong_password_is_not_insisted_on(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """It is sent once more, again after an hour, and then never again until credentials are given."""
    account = await enabled(client)
    bank.accepted_secrets = set()
    bank.answer = lambda request: httpx.Response(401) if request.extensions["operation"] != "token" else None

    first, second = await read(client, account), await read(client, account)
    asked = len(bank.requests)
    for _ in range(3):
        rested = await read(client, account)
    assert len(bank.requests) == asked

    assert {one.json()["code"] for one in (first, second, rested)} == {"invalid_credentials"}
    assert [one.json()["retryable"] for one in (first, second, rested)] == [True, True, True]
    assert [one.json()["retry_after"] for one in (first, second, rested)] == [60, 3600, 3600]
    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("bank_failing", 2)

    clock.moment += timedelta(hours=1)
    last = await read(client, account)
    asked = len(bank.requests)
    stopped = await read(client, account)

    assert len(bank.requests) == asked
    assert (last.json()["code"], last.json()["retryable"]) == ("invalid_credentials", False)
    assert "since" not in last.json()
    assert stopped.json()["since"] == "2026-03-16T11:00:00-03:00"
    assert last.json()["at"] == stopped.json()["at"] == "token"
    assert stopped.json()["bank_error"]["status"] == 401
    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("needs_action", 3)
    failure = integration["last_failure"]
    assert isinstance(failure, dict)
    assert (failure["code"], failure["at"]) == ("invalid_credentials", "token")

    bank.accepted_secrets, bank.answer = {SECRET}, lambda request: None
    assert (await put(client, account)).json()["state"] == "active"
    assert (await read(client, account)).status_code == 200


async def test_a_failing_bank_is_asked_again(client: Client, bank: FakeInter) -> None:
    """Outages are counted, and end with the next statement."""
    account = await enabled(client)
    bank.failure = down()
    for _ in range(2):
        assert (await read(client, account)).status_code == 503
    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("bank_failing", 2)

    bank.failure = None
    assert (await read(client, account)).status_code == 200

    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"], integration["last_failure"]) == ("active", 0, None)


async def test_a_bank_that_takes_too_long_fails(
    client: Client, app: Litestar, bank: FakeInter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored, counted and shown like any other failure of a bank, until a statement is read."""
    account = await enabled(client)
    monkeypatch.setattr(app.state["parts"].readings.reader, "deadline", 0.1)
    answers = bank.send

    async def silent(*args: object, **more: object) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(bank, "send", silent)
    late = await read(client, account)

    problem = late.json()
    assert (late.status_code, problem["code"], problem["bank"], problem["at"]) == (
        504,
        "deadline_exceeded",
        "inter",
        "balance",
    )
    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("bank_failing", 1)
    assert integration["last_failure"]["code"] == "deadline_exceeded"  # type: ignore[index]
    database: Database = app.state["parts"].database
    with database.engine.connect() as connection:
        assert (connection.scalars(select(INTEGRATIONS.c.failed_cycles))).all() == [1]
    assert (await app.state["parts"].health.all(NOW))["inter"].last_failure_code == "deadline_exceeded"

    monkeypatch.setattr(bank, "send", answers)
    monkeypatch.setattr(app.state["parts"].readings.reader, "deadline", 60.0)
    assert (await read(client, account)).status_code == 200
    assert (await state(client, account))["state"] == "active"


async def test_a_slow_gateway_is_no_failure_of_the_bank(
    client: Client, app: Litestar, bank: FakeInter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was asked of it."""
    account = await enabled(client)
    before = await state(client, account)
    monkeypatch.setattr(app.state["parts"].readings.reader, "deadline", 0.1)

    async def send_held_back(*args: object, **more: object) -> httpx.Response:
        with held_back(cast("httpx.Request", args[0]), loop_time):
            await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(bank, "send", send_held_back)
    late = await read(client, account)

    assert (late.status_code, late.json()["code"], late.json()["bank"]) == (504, "deadline_exceeded", None)
    assert await state(client, account) == before


async def test_a_period_the_bank_does_not_give_leaves_the_integration_as_it_is(client: Client, bank: FakeInter) -> None:
    """The caller's mistake leaves the state alone."""
    account = await enabled(client)
    bank.failure = down("period_out_of_range")

    assert (await read(client, account)).json()["code"] == "period_out_of_range"

    assert (await state(client, account))["state"] == "active"


async def test_an_expired_certificate_is_known_without_asking(
    client: Client, bank: FakeInter, clock: FixedClock
) -> None:
    """No request is spent to find out what is already known."""
    account = await enabled(client)
    asked = len(bank.requests)
    clock.moment = NOW + timedelta(days=301)

    answer = await read(client, account)

    assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (409, "certificate_expired", "tls")
    assert len(bank.requests) == asked
    assert answer.json()["since"] == "2027-01-10T10:00:00-03:00"
    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("needs_action", 0)
    assert isinstance(integration["last_failure"], dict)
    assert integration["last_failure"]["code"] == "certificate_expired"


async def test_an_expired_certificate_is_not_remembered(client: Client, clock: FixedClock) -> None:
    """A clock that was wrong for a moment stops nothing."""
    account = await enabled(client)
    clock.moment = NOW + timedelta(days=301)
    assert (await read(client, account)).json()["code"] == "certificate_expired"

    clock.moment = NOW + timedelta(hours=1)

    integration = await state(client, account)
    assert (integration["state"], integration["last_failure"]) == ("active", None)
    assert (await read(client, account)).status_code == 200


async def test_an_expired_certificate_is_refused_when_it_is_given(client: Client, bank: FakeInter) -> None:
    """The field is named, and the bank is not asked."""
    account = (await client.post("/v1/accounts", json=registration())).json()["id"]
    pem, key = certificate(days=-1)

    answer = await put(client, account, certificate=pem, private_key=key)

    assert (answer.json()["code"], answer.json()["field"]) == ("certificate_expired", "credentials.certificate")
    assert bank.requests == []


@pytest.mark.parametrize(
    ("stored", "code", "status"),
    [
        ("pending_authorization", "authorization_incomplete", 409),
        ("disabled", "integration_inactive", 409),
    ],
)
async def test_states_that_answer_without_the_bank(
    client: Client, bank: FakeInter, app: Litestar, stored: str, code: str, status: int
) -> None:
    """A pending or disabled integration is left as it is."""
    account = await enabled(client)
    asked = len(bank.requests)
    database: Database = app.state["parts"].database
    with database.engine.begin() as connection:
        connection.execute(update(INTEGRATIONS).values(state=stored))

    answer = await read(client, account)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(bank.requests) == asked
    assert (await state(client, account))["state"] == stored


async def test_a_late_failure_of_replaced_credentials_is_not_noted(
    client: Client, bank: FakeInter, clock: FixedClock
) -> None:
    """A statement begun with the old credentials does not stop the integration of the new ones."""
    account = await enabled(client)
    service_failure = down("statement_access_denied")
    started, release = asyncio.Event(), asyncio.Event()
    send = bank.send

    async def slow(*args: object, **options: object) -> httpx.Response:
        started.set()
        await release.wait()
        raise service_failure

    bank.send = slow  # type: ignore[assignment,method-assign]
    reading = asyncio.create_task(read(client, account))
    await started.wait()
    bank.send = send  # type: ignore[method-assign]
    clock.moment = NOW + timedelta(minutes=1)
    assert (await put(client, account)).status_code == 200
    release.set()

    assert (await reading).json()["code"] == "statement_access_denied"
    assert (await state(client, account))["state"] == "active"


async def test_the_vault_is_rotated_in_place(client: Client, app: Litestar) -> None:
    """Every sealed value is sealed anew and still opens."""
    account = await enabled(client)

    assert await rotate_vault(app.state["parts"].database, app.state["parts"].vault) == (2, [])

    assert (await read(client, account)).status_code == 200


async def test_a_body_must_hold_credentials(client: Client) -> None:
    """The field is named."""
    account = (await client.post("/v1/accounts", json=registration())).json()["id"]

    answer = await client.put(f"/v1/accounts/{account}/integration", json={})

    assert (answer.status_code, answer.json()["field"]) == (422, "credentials")
