"""What there is to manage through HTTP, and one request for each way of managing it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
from msgspec import Struct
from sqlalchemy import select

from gateway.actions import Action
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.connect.tables import CONNECT_SESSIONS, CONNECT_SETTINGS
from gateway.storage.engine.database import Database
from gateway.storage.management.tables import ACTIONS, API_KEYS
from gateway.storage.webhooks.tables import DELIVERIES, WEBHOOKS
from tests.gateway.support import credentials, registration

Client = httpx.AsyncClient
URL = "https://hooks.example.com/CANARY-path"


class Situation(Struct, frozen=True):
    """What there is to manage."""

    client: Client
    account: str
    """Enabled."""
    bare: str
    """Registered, and never enabled."""
    webhook: str
    delivery: str
    """One that has ended."""
    key: str
    """The prefix of one that only reads."""

    def at(self, account: str | None = None) -> str:
        """The address of an account, the enabled one unless it is given."""
        return f"/v1/accounts/{account or self.account}"

    @property
    def hook(self) -> str:
        """The address of the webhook."""
        return f"/v1/webhooks/{self.webhook}"


class Case(Struct, frozen=True):
    """One request that manages something."""

    route: tuple[str, str]
    ask: Callable[[Situation], Awaitable[httpx.Response]]
    leaves: Sequence[Action]
    about: str
    """The kind of what it is about."""


def replaced(client_id: str = "CANARY-another") -> dict[str, Any]:
    """Credentials that the bank accepts, others than those of before."""
    return {"credentials": credentials(client_id=client_id)}


def third(**changed: object) -> dict[str, object]:
    """An account that is not registered yet."""
    return registration(number="3333333-3", description="CANARY", external_id="CANARY-3", **changed)


ACCOUNT, INTEGRATION = "/v1/accounts/{account_id:str}", "/v1/accounts/{account_id:str}/integration"
WEBHOOK = "/v1/webhooks/{webhook_id:str}"
CASES = {
    "register": Case(
        ("POST", "/v1/accounts"),
        lambda s: s.client.post("/v1/accounts", json=third()),
        [Action.ACCOUNT_REGISTERED],
        "account",
    ),
    "register with credentials": Case(
        ("POST", "/v1/accounts"),
        lambda s: s.client.post("/v1/accounts", json=third(credentials=credentials())),
        [Action.ACCOUNT_REGISTERED, Action.INTEGRATION_ENABLED],
        "account",
    ),
    "describe": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"description": "CANARY"}),
        [Action.ACCOUNT_CHANGED],
        "account",
    ),
    "make default": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"default": True, "description": "CANARY"}),
        [Action.ACCOUNT_CHANGED],
        "account",
    ),
    "give an id": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"external_id": "CANARY-id"}),
        [Action.ACCOUNT_EXTERNAL_ID_CHANGED],
        "account",
    ),
    "give an id and describe": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"external_id": "CANARY-id", "description": "CANARY"}),
        [Action.ACCOUNT_CHANGED, Action.ACCOUNT_EXTERNAL_ID_CHANGED],
        "account",
    ),
    "change nothing": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"default": False, "external_id": None}),
        [],
        "account",
    ),
    "remove": Case(("DELETE", ACCOUNT), lambda s: s.client.delete(s.at()), [Action.ACCOUNT_REMOVED], "account"),
    "enable": Case(
        ("PUT", INTEGRATION),
        lambda s: s.client.put(f"{s.at(s.bare)}/integration", json=replaced()),
        [Action.INTEGRATION_ENABLED],
        "account",
    ),
    "replace credentials": Case(
        ("PUT", INTEGRATION),
        lambda s: s.client.put(f"{s.at()}/integration", json=replaced()),
        [Action.INTEGRATION_CREDENTIALS_REPLACED],
        "account",
    ),
    "disable": Case(
        ("DELETE", INTEGRATION),
        lambda s: s.client.delete(f"{s.at()}/integration"),
        [Action.INTEGRATION_DISABLED],
        "account",
    ),
    "disable what is not enabled": Case(
        ("DELETE", INTEGRATION), lambda s: s.client.delete(f"{s.at(s.bare)}/integration"), [], "account"
    ),
    "add a webhook": Case(
        ("POST", "/v1/webhooks"),
        lambda s: s.client.post("/v1/webhooks", json={"url": URL, "description": "CANARY"}),
        [Action.WEBHOOK_ADDED],
        "webhook",
    ),
    "remove a webhook": Case(
        ("DELETE", WEBHOOK), lambda s: s.client.delete(s.hook), [Action.WEBHOOK_REMOVED], "webhook"
    ),
    "rotate its secret": Case(
        ("POST", f"{WEBHOOK}/secret"),
        lambda s: s.client.post(f"{s.hook}/secret"),
        [Action.WEBHOOK_SECRET_ROTATED],
        "webhook",
    ),
    "test it": Case(
        ("POST", f"{WEBHOOK}/test"), lambda s: s.client.post(f"{s.hook}/test"), [Action.WEBHOOK_TESTED], "webhook"
    ),
    "replay": Case(
        ("POST", f"{WEBHOOK}/deliveries/{{delivery_id:str}}/replay"),
        lambda s: s.client.post(f"{s.hook}/deliveries/{s.delivery}/replay"),
        [Action.WEBHOOK_REPLAYED],
        "webhook",
    ),
}
CASES |= {
    "ask for an import": Case(
        ("POST", "/v1/imports"),
        lambda s: s.client.post("/v1/imports", json={"account_id": s.account}),
        [Action.IMPORT_REQUESTED],
        "account",
    ),
    "make a session of the connect page": Case(
        ("POST", "/v1/connect-sessions"),
        lambda s: s.client.post("/v1/connect-sessions", json={"account": {"description": "CANARY"}}),
        [Action.CONNECT_SESSION_CREATED],
        "connect",
    ),
    "set the connect page": Case(
        ("PUT", "/v1/connect-settings"),
        lambda s: s.client.put("/v1/connect-settings", json={"return_addresses": ["https://erp.example.com/CANARY"]}),
        [Action.CONNECT_SETTINGS_CHANGED],
        "tenant",
    ),
    "make a key": Case(
        ("POST", "/v1/keys"),
        lambda s: s.client.post("/v1/keys", json={"name": "CANARY", "scopes": ["read"]}),
        [Action.KEY_CREATED],
        "key",
    ),
    "rotate a key": Case(
        ("POST", "/v1/keys/{prefix:str}/rotate"),
        lambda s: s.client.post(f"/v1/keys/{s.key}/rotate"),
        [Action.KEY_ROTATED],
        "key",
    ),
    "revoke a key": Case(
        ("DELETE", "/v1/keys/{prefix:str}"),
        lambda s: s.client.delete(f"/v1/keys/{s.key}"),
        [Action.KEY_REVOKED],
        "key",
    ),
}


def managed(database: Database) -> dict[str, list[str]]:
    """Everything that a tenant manages, as text."""
    tables = (ACCOUNTS, INTEGRATIONS, WEBHOOKS, DELIVERIES, API_KEYS, ACTIONS)
    tables += (CONNECT_SESSIONS, CONNECT_SETTINGS)
    with database.engine.connect() as connection:
        return {
            each.name: sorted(
                str(tuple(row))
                # That a key was used is noted beside the requests.
                for row in connection.execute(select(*(c for c in each.columns if c.name != "last_used_at")))
            )
            for each in tables
        }


def prefix(client: Client) -> str:
    """Of the key of the client."""
    return client.headers["Authorization"].split("_")[1]


async def listed(client: Client, **query: Any) -> dict[str, Any]:
    """The answer to `GET /v1/audit`."""
    answer = await client.get("/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
