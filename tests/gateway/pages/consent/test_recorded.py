"""Consent flows in the record of management actions: a key begins them, and the gateway sees how they end."""

import httpx
import pytest
from litestar import Litestar

from gateway.actions import Action
from gateway.storage.engine.database import Database
from tests.gateway.audited import records, since
from tests.gateway.databases import database_url, settings
from tests.gateway.pages.consent.support import SimulatedLine, begun_again, body, started_flow

__all__ = ["database_url", "settings"]

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
SINCE_BEGUN = (Action.ACCOUNT_REGISTERED, Action.CONSENT_BEGUN)


@pytest.fixture
def database(app: Litestar, client: Client) -> Database:
    """The application's own."""
    found: Database = app.state["parts"].database
    return found


async def test_a_consent_that_is_given(
    client: Client, stranger: Client, line: SimulatedLine, app: Litestar, database: Database
) -> None:
    """It is begun by a key, and finished by a browser, which has none; both with their requests."""
    before = records(database)
    account, page = await started_flow(client, line)
    (key,) = await app.state["parts"].keys.all()
    begun = since(database, before)
    assert sorted(each.action for each in begun) == sorted(SINCE_BEGUN)
    assert {each.actor for each in begun} == {f"key:{key.prefix}"}

    before = records(database)
    answer = await stranger.get(line.decide(page))

    ended = since(database, before)
    assert sorted(each.action for each in ended) == [Action.CONSENT_FINISHED, Action.INTEGRATION_ENABLED]
    for each in ended:
        assert (each.actor, each.about, each.outcome) == ("gateway", f"account:{account}", "done")
        assert (each.request_id, each.tenant_id) == (answer.headers["x-request-id"], key.tenant_id)
    shown = str(records(database))
    assert not [secret for secret in line.simulated.credentials.values() if secret in shown]
    assert page not in shown


async def test_a_consent_in_the_place_of_one_that_works(
    client: Client, stranger: Client, line: SimulatedLine, database: Database
) -> None:
    """It replaces the credentials; one that is refused leaves them, and has failed all the same."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    before = records(database)

    again = await begun_again(client, line, account)
    await stranger.get(line.decide(again.json()["authorization_url"]))
    once_more = await begun_again(client, line, account)
    await stranger.get(line.decide(once_more.json()["authorization_url"], "deny"))

    assert sorted((each.action, each.outcome) for each in since(database, before)) == [
        (Action.CONSENT_BEGUN, "done"),
        (Action.CONSENT_BEGUN, "done"),
        (Action.CONSENT_FAILED, "refused:authorization_incomplete"),
        (Action.CONSENT_FINISHED, "done"),
        (Action.INTEGRATION_CREDENTIALS_REPLACED, "done"),
    ]


async def test_a_consent_that_is_refused(
    client: Client, stranger: Client, line: SimulatedLine, database: Database
) -> None:
    """Once, however often the browser comes back; an unknown state is nobody's flow."""
    account, page = await started_flow(client, line)
    back, before = line.decide(page, "deny"), records(database)

    answers = [await stranger.get(back), await stranger.get(back), await stranger.get(f"{back}x")]

    assert {answer.status_code for answer in answers} == {409}
    (failed,) = since(database, before)
    assert (failed.actor, failed.action, failed.about) == ("gateway", Action.CONSENT_FAILED, f"account:{account}")
    assert failed.request_id == answers[0].headers["x-request-id"]


async def test_credentials_without_a_flow(client: Client, line: SimulatedLine, database: Database) -> None:
    """A form that brings its authorization begins no consent."""
    before = records(database)

    answer = await client.post("/v1/accounts", json=body(line, refresh_token=True))

    assert answer.status_code == 201
    found = sorted(each.action for each in since(database, before))
    assert found == [Action.ACCOUNT_REGISTERED, Action.INTEGRATION_ENABLED]
