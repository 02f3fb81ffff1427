"""What a bank refuses is recorded; what the gateway refuses by itself is not."""

import pytest

from gateway.actions import Action
from gateway.errors import BankFailure
from gateway.storage.engine.database import Database
from tests.gateway.api.audit.support import Situation, prefix, replaced, third
from tests.gateway.audited import records, since
from tests.gateway.storage.support import inserts_fail
from tests.gateway.support import FakeInter, credentials, registration

pytestmark = pytest.mark.anyio


async def test_what_is_refused_is_not_recorded(situation: Situation, database: Database) -> None:
    """Wrong bodies, ids of nobody, what is there already, a key without the scope: they change nothing."""
    client, before = situation.client, records(database)
    (await client.patch(situation.at(), json={"external_id": "erp-1"})).raise_for_status()
    assert len(since(database, before)) == 1

    refused = [
        await client.post("/v1/accounts", json=registration()),
        await client.post("/v1/accounts", json=registration(bank="nobody")),
        await client.patch(situation.at(situation.bare), json={"external_id": "erp-1"}),
        await client.patch("/v1/accounts/nobody", json={"description": "CANARY"}),
        await client.put(f"{situation.at()}/integration", json={"credentials": {"client_id": "CANARY"}}),
        await client.delete("/v1/accounts/nobody"),
        await client.delete("/v1/accounts/nobody/integration"),
        await client.post("/v1/webhooks", json={"url": "http://CANARY"}),
        await client.delete("/v1/webhooks/nobody"),
        await client.post("/v1/webhooks/nobody/secret"),
        await client.post("/v1/webhooks/nobody/test"),
        await client.post(f"{situation.hook}/deliveries/nothing/replay"),
        await client.delete("/v1/keys/nobody"),
        await client.post("/v1/keys/nobody/rotate"),
        await client.delete(f"/v1/keys/{prefix(client)}"),
    ]

    assert {answer.status_code for answer in refused} <= {404, 409, 422}
    assert len(since(database, before)) == 1


async def test_credentials_that_the_bank_refuses_are_recorded(
    situation: Situation, database: Database, bank: FakeInter
) -> None:
    """With the code, whether or not something is enabled already; a bank that is away has refused nothing."""
    before, wrong = records(database), credentials(client_secret="CANARY-wrong")
    client, at = situation.client, f"/v1/accounts/{situation.account}/integration"

    answers = [
        await client.put(at, json={"credentials": wrong}),
        await client.put(f"{situation.at(situation.bare)}/integration", json={"credentials": wrong}),
        await client.post("/v1/accounts", json=third(credentials=wrong)),
    ]

    code = answers[0].json()["code"]
    left = {(each.action, each.outcome, each.request_id) for each in since(database, before)}
    assert left == {
        (action, f"refused:{code}", answer.headers["x-request-id"])
        for answer, action in zip(
            answers,
            [Action.INTEGRATION_CREDENTIALS_REPLACED, Action.INTEGRATION_ENABLED, Action.INTEGRATION_ENABLED],
            strict=True,
        )
    }
    assert "CANARY" not in str(records(database))
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="token", detail="away")
    assert (await client.put(at, json=replaced())).status_code >= 500
    assert len(since(database, before)) == len(answers)


async def test_a_refusal_is_answered_though_it_cannot_be_recorded(situation: Situation, database: Database) -> None:
    """The caller learns what the bank has said."""
    inserts_fail(database, "audit_actions")
    body = {"credentials": credentials(client_secret="CANARY-wrong")}

    answer = await situation.client.put(f"{situation.at()}/integration", json=body)

    assert answer.json()["code"] != "storage_unavailable"
    assert answer.json()["actor"]
