"""What there is to manage, over both kinds of databases."""

from datetime import date

import pytest
from litestar import Litestar
from sqlalchemy import update

import contracts
from gateway.importing.days import hour_of
from gateway.storage.engine.database import Database
from gateway.storage.management.api_keys import Scope
from gateway.storage.webhooks.tables import DELIVERIES
from tests.clocks import FixedClock
from tests.gateway.api.audit.support import URL, Client, Situation, prefix
from tests.gateway.databases import database_url, settings
from tests.gateway.support import NOW, enabled, registration

__all__ = ["database_url", "settings"]


@pytest.fixture
def database(app: Litestar, client: Client) -> Database:
    """The application's own."""
    found: Database = app.state["parts"].database
    return found


@pytest.fixture
async def situation(app: Litestar, client: Client, database: Database, clock: FixedClock) -> Situation:
    """Two accounts and a webhook, after the bank's hour. Nothing is sent; the key may do everything."""

    async def nothing() -> int:
        return 0

    app.state["parts"].sender.begin = nothing
    clock.moment = hour_of(date(2026, 3, 16), contracts.load("inter").period)
    keys, former = app.state["parts"].keys, prefix(client)
    client.headers["Authorization"] = f"Bearer {await keys.create('tenant-a', NOW, scopes=frozenset(Scope))}"
    await keys.revoke(former, NOW)
    account = await enabled(client)
    bare = (await client.post("/v1/accounts", json=registration(number="2222222-2"))).json()["id"]
    webhook = (await client.post("/v1/webhooks", json={"url": URL})).json()["id"]
    delivery = (await client.post(f"/v1/webhooks/{webhook}/test")).json()["id"]
    with database.engine.begin() as connection:
        connection.execute(update(DELIVERIES).values(state="dead", ended_at=NOW))
    key = (await client.post("/v1/keys", json={"scopes": ["read"]})).json()["prefix"]
    return Situation(client, account, bare, webhook, delivery, key)
