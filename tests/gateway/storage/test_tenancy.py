"""Every query of tenants' data names the tenant: by signature, in the SQL statements, and by its results."""

import inspect
import pkgutil
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from types import FunctionType
from typing import Any

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import Table, select, text

from gateway import storage
from gateway.actions import Action
from gateway.errors import CallerError
from gateway.events import Event, EventType
from gateway.model import Credentials, Period
from gateway.storage.accounts.consents import StartedConsent
from gateway.storage.accounts.filters import Filter
from gateway.storage.accounts.outcomes import FailedCycle, Storing
from gateway.storage.accounts.records import AccountRecord, Integration, State, account_id_of
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.connect.sessions import ConnectSession, Purpose, Result
from gateway.storage.connect.settings import ConnectSettings
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import METADATA
from gateway.storage.imports.outcomes import DONE, Imported
from gateway.storage.imports.states import ImportState, Today
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.management.api_keys import Scope
from gateway.storage.management.audit import AllActions
from gateway.storage.management.tenant_keys import Alteration, NewKey, TenantKey
from gateway.storage.statements.day_balances import Kept
from gateway.storage.webhooks.registry import Secret, Target, Webhook
from gateway.webhooks.sender import Sender
from tests.gateway.storage.recorder import OF_TENANTS, OF_THE_GUARD, recorded
from tests.gateway.storage.support import Stored, account_of, entry, settled, stored, tenant_added, tenant_id_of
from tests.gateway.support import NOW, SECRET, credentials, registration

pytestmark = pytest.mark.anyio

OF_NO_TENANT = {
    "tenants": "the operator makes them",
    "pauses": "the operator's: they apply to callers' accounts, and no caller reads those of another tenant's account",
    "quotas": "of a client at a bank, whichever tenants it works for",
    "gateway_state": "the gateway's own",
    "tokens": "kept before their account is registered; the account's id is made of the tenant's",
    "leases": "of readings of accounts that a look-up has found to be the tenant's",
    "changes": "claimed before an account is registered; the account's id is made of the tenant's",
}
STAND_APART = {
    "AllTenants": "the operator, the rounds and the start; no caller comes there",
    "ApiKeys": "the operator's; and a key is looked up to find the tenant",
    "AllActions": "the operator, and the hourly round",
    "DueImports": "the rounds and the operator; no caller comes there",
    "Tenants": "the operator's",
    "Pauses": "the operator's",
    "Quotas": "no tenant's",
    "Holds": "no tenant's",
    "Outbox": "what is to be sent, for those who send it; an event names its tenant",
    "TokenRows": "see `tokens`",
    "ChangeRows": "see `changes`",
    "LeaseRows": "see `leases`",
    "Database": "asks for no rows of tenants",
}
FUNCTIONS_APART = {
    "gateway.storage.engine.connecting": "asks for no rows",
    "gateway.storage.engine.schema": "the start, which asks for no rows of tenants",
    "gateway.storage.accounts.respelling": "the start, where older tables are altered",
    "gateway.storage.encryption.rotation": "`rotate_vault`",
    "gateway.storage.imports.outcomes.under_way": "a part of queries, which name the tenant",
    "gateway.storage.imports.outcomes.not_under_way": "likewise",
    "gateway.storage.encryption.key_check": "the gateway's own state; the start looks whether anything sealed opens",
    "gateway.storage.shared.tokens": "in transactions that have found the account to be the tenant's; the operator's",
    "gateway.storage.accounts.names.fill_names": "AllTenants",
    "gateway.storage.shared.leases": "see `leases`",
    "gateway.storage.statements.day_balances.erase_damaged_balance": "`rotate_vault`",
    "gateway.storage.connect.sessions.purge_connect": "AllTenants",
    "gateway.storage.webhooks.deliveries.note_event": "the event names its tenant",
    "gateway.storage.engine.listing.part_of": "the query that it is given names the tenant",
    "gateway.storage.statements.kept_entries.erase_damaged_kept": "`rotate_vault`",
    "gateway.storage.statements.kept_entries.delete_kept": "within a transaction of `Integrations.disable`",
    "gateway.storage.statements.stored.delete_stored": "within a transaction of `Integrations.disable`",
    "gateway.storage.statements.stored.purge_stored": "AllTenants",
    "gateway.storage.statements.stored.erase_damaged_stored": "`rotate_vault`",
    "gateway.storage.management.vault_rotation": "the operator's",
    "gateway.storage.management.audit.tenant_of_account": "of the pauses and of AllTenants",
}
FINDS_THE_TENANT = "owner_of"
"""The one name of queries that are asked in order to know the tenant."""

DAY = NOW.date()
FAILURE = RememberedFailure(code="invalid_credentials", at="token", detail="no", since=NOW)
IMPORTED = Imported(enabled_at=NOW, through=DAY, done_on=DAY, tried_on=DAY, attempts=1, attempted_at=NOW, outcome=DONE)
CHOSEN = Filter(
    holder_tax_id="CANARY-tax",
    external_id="erp-1",
    bank="inter",
    state=State.ACTIVE,
)
TOMORROW = Today(day=DAY + timedelta(days=1), now=NOW + timedelta(days=1), banks=["inter"])
CONSENT = StartedConsent(state_hash="hash", sealed="", expires_at=NOW)


def queries() -> Iterator[tuple[str, FunctionType]]:
    """All public queries of storage that do not stand apart, by `Class.method` or by the function's full name.

    A query is awaited, or is a function of a connection that is part of another one's transaction.
    """
    for module in pkgutil.walk_packages(storage.__path__, "gateway.storage."):
        if module.name.startswith("gateway.storage.migrations") or module.name.endswith("transactions"):
            continue
        for name, found in vars(import_module(module.name)).items():
            if name.startswith("_") or getattr(found, "__module__", "") != module.name:
                continue
            if inspect.isfunction(found) and (
                inspect.iscoroutinefunction(found) or "connection" in inspect.signature(found).parameters
            ):
                if not {module.name, f"{module.name}.{name}"} & FUNCTIONS_APART.keys():
                    yield f"{module.name}.{name}", found
            elif inspect.isclass(found) and name not in STAND_APART:
                for each, method in vars(found).items():
                    if inspect.iscoroutinefunction(method) and not each.startswith("_") and each != FINDS_THE_TENANT:
                        yield f"{name}.{each}", method


QUERIES = dict(queries())


def test_every_table_is_of_tenants_or_has_a_reason() -> None:
    """A new table has to be one or the other."""
    assert {table.name for table in METADATA.sorted_tables} == OF_TENANTS | OF_NO_TENANT.keys()
    assert {"accounts", "integrations", "day_seals", "day_balances"} <= OF_TENANTS


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_takes_the_tenant_first(name: str) -> None:
    """Before any account's id; a record has its tenant with it."""
    taken = [
        each for each in inspect.signature(QUERIES[name]).parameters if each not in {"self", "connection", "vault"}
    ]

    assert taken[0] in {"tenant_id", "record"}, taken


def hook_of(integration: Integration) -> str:
    """The id of the webhook that belongs to an account's tenant."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, integration.account_id))


def prefix_of(integration: Integration) -> str:
    """The prefix of a key that belongs to an account's tenant."""
    return hook_of(integration)[:8]


def key(prefix: str) -> NewKey:
    """A key that is not in the table yet."""
    made = TenantKey(prefix=prefix, name="CANARY", scopes=frozenset({Scope.MANAGE}), created_at=NOW)
    return NewKey(made, f"hash of {prefix}")


def every_alteration(prefix: str) -> Callable[[Sequence[TenantKey]], Alteration]:
    """Does to a key all that can be done to one, as far as it is among those that may be altered."""

    def decide(keys: Sequence[TenantKey]) -> Alteration:
        mine = [each for each in keys if each.prefix == prefix]
        added = [key("another")] if mine else []
        replaced = replace(key(prefix).key, expires_at=NOW, replaced_by="another")
        return Alteration(added=added, revoked={prefix: NOW}, replaced=replaced, erased=[prefix])

    return decide


def webhook(tenant_id: str, webhook_id: str) -> Webhook:
    """A webhook of the tenant."""
    target = Target("https://example.com/", [Secret("whsec_CANARY")])
    return Webhook(id=webhook_id, tenant_id=tenant_id, events=[], description="CANARY", target=target, created_at=NOW)


def connect_of(integration: Integration) -> str:
    """The id of the session of the connect page that belongs to an account's tenant."""
    return f"cs_{hook_of(integration)[:16]}"


def connect(record: AccountRecord, session_id: str, integration: Integration) -> ConnectSession:
    """A session of the connect page that a key of the account's tenant has made."""
    return ConnectSession(
        id=session_id,
        tenant_id=record.tenant_id,
        created_by=prefix_of(integration),
        purpose=Purpose.NEW,
        account_id=None,
        content={},
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )


SETTINGS = ConnectSettings(return_addresses=["https://example.com/"], frame_ancestors=["https://example.com"])


def happened(record: AccountRecord) -> Event:
    """An event of the account."""
    return Event(type=EventType.TEST, tenant_id=record.tenant_id, account_id=record.id, at=NOW)


def contents(s: Stored, record: AccountRecord) -> list[Storing]:
    """Stores with an outcome all that can be stored with one, and forgets another day."""
    whose, day = (record.tenant_id, record.id), Period(DAY - timedelta(days=1), DAY - timedelta(days=1))
    return [
        lambda connection: s.statements.forget(connection, *whose, day),
        lambda connection: s.statements.keep(connection, *whose, stored(DAY, entry("c", DAY)), DAY, NOW),
        lambda connection: s.kept.keep_with_outcome(
            connection, *whose, settled(DAY, entry("a", DAY), entry("b", DAY)), NOW
        ),
    ]


class Situation:
    """A tenant's account with everything that can belong to one.

    Args:
        database: where it is stored.
        vault: seals credentials.
        tenant_id: whose it is.
    """

    def __init__(self, database: Database, vault: Vault, tenant_id: str) -> None:
        self.stored = Stored(database, vault)
        self.record = account_of(tenant_id, holder_tax_id="CANARY-tax", default=True, external_id="erp-1")
        self.integration = Integration(
            account_id=self.record.id,
            state=State.ACTIVE,
            credentials=Credentials({"client_id": "a", "client_secret": SECRET}),
            enabled_at=NOW,
            first_import=Period(DAY, DAY),
            last_success_at=NOW,
        )

    async def store(self, state_hash: str = CONSENT.state_hash) -> None:
        """Keep it all; no two tenants have the hash of one consent."""
        mine = self.record.tenant_id, self.record.id
        await self.stored.accounts.add(self.record, self.integration)
        await self.stored.digests.renew(*mine, {DAY: "digest"}, NOW)
        await self.stored.webhooks.add(
            self.record.tenant_id, webhook(self.record.tenant_id, hook_of(self.integration)), 10
        )
        await self.stored.deliveries.add(self.record.tenant_id, hook_of(self.integration), happened(self.record), NOW)
        await self.stored.kept.keep(
            self.record.tenant_id, self.integration, settled(DAY, entry("a", DAY), entry("b", DAY)), NOW
        )
        await self.stored.outcomes.succeeded(
            self.record.tenant_id, self.integration, Period(DAY, DAY), NOW, contents=contents(self.stored, self.record)
        )
        await self.stored.balances.keep(*mine, {DAY: Kept(Decimal(100))}, {}, NOW)
        await self.stored.keys.alter(
            self.record.tenant_id, lambda _: Alteration(added=[key(prefix_of(self.integration))])
        )
        own = connect_of(self.integration)
        await self.stored.connect.add(
            self.record.tenant_id, connect(self.record, own, self.integration), f"token {own}", 10
        )
        await self.stored.connect_settings.put(self.record.tenant_id, SETTINGS)
        begun = await self.stored.imports.begin(*mine, NOW)
        assert begun is not None
        await self.stored.imports.keep(*mine, begun.claimed_at, IMPORTED)
        form = Credentials({"client_id": "a"})
        sealed = self.stored.consents.encrypted(self.record.id, form, "https://gateway.test/back")
        await self.stored.integrations.start_consent(*mine, replace(CONSENT, state_hash=state_hash, sealed=sealed))


async def imported(stored: Stored, record: AccountRecord) -> bool:
    """Import an account whose claim can be had."""
    begun = await stored.imports.begin(record.tenant_id, record.id, NOW)
    claimed_at = begun.claimed_at if begun is not None else NOW
    return await stored.imports.keep(record.tenant_id, record.id, claimed_at, replace(IMPORTED, attempts=2))


Asked = Callable[[Stored, AccountRecord, Integration], Awaitable[Any]]
CASES: dict[str, Asked] = {
    "Accounts.find": lambda s, r, i: s.accounts.find(r),
    "Accounts.add": lambda s, r, i: s.accounts.add(
        replace(r, id=account_id_of(r.tenant_id, r.bank, r.branch, "2"), number="2", external_id=None), consent=None
    ),
    "Accounts.account": lambda s, r, i: s.accounts.account(r.tenant_id, r.id),
    "Accounts.page": lambda s, r, i: s.accounts.page(r.tenant_id, NOW, 10, chosen=CHOSEN),
    "Accounts.check_external_id": lambda s, r, i: outcome(
        s.accounts.check_external_id(r.tenant_id, "erp-1", "another")
    ),
    "Accounts.change": lambda s, r, i: s.accounts.change(r.tenant_id, r.id, description="x", default=True),
    "Accounts.remove": lambda s, r, i: s.accounts.remove(r.tenant_id, r.id),
    "Integrations.check_name": lambda s, r, i: s.integrations.check_name(r, i.credentials or Credentials({})),
    "Integrations.known": lambda s, r, i: s.integrations.known(r.tenant_id, r.id, NOW),
    "Integrations.integration": lambda s, r, i: s.integrations.integration(r.tenant_id, r.id),
    "Integrations.of_accounts": lambda s, r, i: s.integrations.of_accounts(r.tenant_id, [r.id]),
    "Integrations.enable": lambda s, r, i: s.integrations.enable(r, replace(i, failures_in_a_row=7), None),
    "Integrations.start_consent": lambda s, r, i: s.integrations.start_consent(
        r.tenant_id, r.id, replace(CONSENT, state_hash="another")
    ),
    "Integrations.disable": lambda s, r, i: s.integrations.disable(r.tenant_id, r.id),
    "Outcomes.succeeded": lambda s, r, i: s.outcomes.succeeded(
        r.tenant_id, i, Period(DAY, DAY), NOW + timedelta(days=1), contents=contents(s, r)
    ),
    "Outcomes.failed": lambda s, r, i: s.outcomes.failed(
        r.tenant_id, i, State.NEEDS_ACTION, FAILURE, cycle=FailedCycle(NOW)
    ),
    "Consents.take": lambda s, r, i: s.consents.take(r, CONSENT.state_hash),
    "Consents.fail": lambda s, r, i: s.consents.fail(r.tenant_id, r.id, FAILURE),
    "DayDigests.renew": lambda s, r, i: s.digests.renew(r.tenant_id, r.id, {DAY: "other"}, NOW),
    "KeptEntries.keep": lambda s, r, i: s.kept.keep(
        r.tenant_id, i, settled(DAY, entry("a", DAY), entry("c", DAY)), NOW
    ),
    "KeptEntries.changes": lambda s, r, i: s.kept.changes(r.tenant_id, r.id, None, 10),
    "KeptEntries.kept": lambda s, r, i: s.kept.kept(r.tenant_id, r.id),
    "StoredStatements.find": lambda s, r, i: s.statements.find(
        r.tenant_id, r.id, Period(DAY, DAY), NOW, enabled_at=NOW
    ),
    "Webhooks.add": lambda s, r, i: s.webhooks.add(r.tenant_id, webhook(r.tenant_id, "another"), 10),
    "Webhooks.all": lambda s, r, i: s.webhooks.all(r.tenant_id),
    "Webhooks.one": lambda s, r, i: s.webhooks.one(r.tenant_id, hook_of(i)),
    "Webhooks.renew_secret": lambda s, r, i: s.webhooks.renew_secret(r.tenant_id, hook_of(i), "whsec_new", NOW),
    "Webhooks.remove": lambda s, r, i: s.webhooks.remove(r.tenant_id, hook_of(i)),
    "ConnectSessionsTable.add": lambda s, r, i: s.connect.add(r.tenant_id, connect(r, "cs_another", i), "hash", 10),
    "ConnectSessionsTable.one": lambda s, r, i: outcome(s.connect.one(r.tenant_id, connect_of(i))),
    "ConnectSessionsTable.exchange": lambda s, r, i: s.connect.exchange(
        r.tenant_id, connect_of(i), f"token {connect_of(i)}", "page"
    ),
    "ConnectSessionsTable.give": lambda s, r, i: s.connect.give(r.tenant_id, connect_of(i), "back_hash", "back"),
    "ConnectSessionsTable.claim": lambda s, r, i: s.connect.claim(r.tenant_id, connect_of(i), NOW, NOW, 9),
    "ConnectSessionsTable.begin_reading": lambda s, r, i: s.connect.begin_reading(
        r.tenant_id, connect_of(i), r.id, {"whole": True}, NOW, NOW
    ),
    "ConnectSessionsTable.save": lambda s, r, i: s.connect.save(r.tenant_id, connect_of(i), {"whole": True}, {}),
    "ConnectSessionsTable.end": lambda s, r, i: s.connect.end(r.tenant_id, connect_of(i), Result.CANCELLED, NOW),
    "ConnectSettingsTable.of": lambda s, r, i: s.connect_settings.of(r.tenant_id),
    "ConnectSettingsTable.put": lambda s, r, i: s.connect_settings.put(r.tenant_id, ConnectSettings()),
    "Deliveries.add": lambda s, r, i: s.deliveries.add(r.tenant_id, hook_of(i), happened(r), NOW),
    "Deliveries.page": lambda s, r, i: s.deliveries.page(r.tenant_id, hook_of(i), None, None, 10),
    "Deliveries.replay": lambda s, r, i: s.deliveries.replay(r.tenant_id, hook_of(i), "msg_0", NOW),
    "Audit.page": lambda s, r, i: s.audit.page(r.tenant_id, 10),
    "Audit.refusal_age": lambda s, r, i: s.audit.refusal_age(r.tenant_id, r.id, 1),
    "Audit.note": lambda s, r, i: s.audit.note(r.tenant_id, Action.IMPORT_REQUESTED, f"account:{r.id}"),
    "TenantKeys.page": lambda s, r, i: s.keys.page(r.tenant_id, 10),
    "TenantKeys.one": lambda s, r, i: s.keys.one(r.tenant_id, prefix_of(i)),
    "TenantKeys.alter": lambda s, r, i: s.keys.alter(r.tenant_id, every_alteration(prefix_of(i))),
    "TenantImports.by_bank": lambda s, r, i: s.states.by_bank(r.tenant_id, TOMORROW),
    "TenantImports.page": lambda s, r, i: s.states.page(
        r.tenant_id, TOMORROW, 10, bank="inter", state=ImportState.DUE, account_ids=[r.id]
    ),
    "TenantImports.ask": lambda s, r, i: s.states.ask(r.tenant_id, TOMORROW, bank="inter", account_id=r.id),
    "Holders.page": lambda s, r, i: s.holders.page(r.tenant_id, NOW, 10),
    "Imports.begin": lambda s, r, i: s.imports.begin(r.tenant_id, r.id, NOW),
    "Imports.renew": lambda s, r, i: s.imports.renew(r.tenant_id, r.id, NOW),
    "Imports.keep": lambda s, r, i: imported(s, r),
    "Imports.is_of_present": lambda s, r, i: s.imports.is_of_present(r.tenant_id, r.id, NOW),
    "Imports.hand_back": lambda s, r, i: s.imports.hand_back(r.tenant_id, r.id, NOW),
    "DayBalances.known": lambda s, r, i: s.balances.known(r.tenant_id, r.id, DAY, DAY, NOW),
    "DayBalances.keep": lambda s, r, i: s.balances.keep(
        r.tenant_id, r.id, {DAY - timedelta(days=1): Kept(Decimal(7))}, {}, NOW
    ),
}
"""Each query, asked for an account."""
METHODS = {name for name in QUERIES if not name.startswith("gateway.")}


def test_every_query_is_tried() -> None:
    """One that is new has to be added."""
    assert CASES.keys() == METHODS


Rows = list[tuple[Table, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def written() -> dict[str, Rows]:
    """The rows that the queries wrote for the first tenant, by kind of database."""
    return {}


@pytest.fixture
async def situation(database: Database, vault: Vault, written: dict[str, Rows]) -> Situation:
    """The first tenant's account. Queries store it once for each kind of database; later tests get the same rows."""
    made = Situation(database, vault, tenant_id_of("first"))
    kind = database.engine.dialect.name
    if kind in written:
        with database.engine.begin() as connection:
            for table, found in written[kind]:
                connection.execute(table.insert(), found)
        return made
    await tenant_added(database, "first")
    await made.store()
    with database.engine.connect() as connection:
        all_rows = [
            (table, [dict(row) for row in connection.execute(select(table)).mappings()])
            for table in METADATA.sorted_tables
        ]
    written[kind] = [(table, found) for table, found in all_rows if found]
    return made


@pytest.mark.parametrize("name", CASES)
async def test_every_statement_names_the_tenant(situation: Situation, database: Database, name: str) -> None:
    """Each by itself, so that no check before it has to be trusted."""
    with recorded(database, situation.record.tenant_id) as recorder:
        await CASES[name](situation.stored, situation.record, situation.integration)

    assert recorder.of_tenants
    assert recorder.without_tenant == []


@pytest.mark.parametrize("name", CASES)
async def test_another_tenant_finds_and_changes_nothing(situation: Situation, database: Database, name: str) -> None:
    """With the account's id it gets what an unknown account would get, and nothing of the owner's; every row stays."""
    other = await tenant_added(database, "other")
    before = await rows(database)
    asked, of_nobody = replace(situation.record, tenant_id=other), replace(situation.record, tenant_id=other, id="?")

    got = await outcome(CASES[name](situation.stored, asked, situation.integration))
    if name in {"Accounts.add", "Webhooks.add", "Audit.note", "ConnectSessionsTable.add", "ConnectSettingsTable.put"}:
        # An account, a webhook, a record, a session of the other's own, beside the first tenant's.
        assert [row for row in await rows(database) if other not in row] == before
        return

    assert await rows(database) == before
    nothing = await outcome(CASES[name](situation.stored, of_nobody, replace(situation.integration, account_id="?")))
    assert str(got).replace(situation.record.id, "?") == str(nothing)
    # A query that passed over the tenant would answer both alike.
    own = (situation.record.tenant_id, *(of(situation.integration) for of in (hook_of, prefix_of, connect_of)))
    assert not [mark for mark in own if mark in str(got)]


async def rows(database: Database) -> list[str]:
    """Every row of tenants, as text."""
    with database.engine.connect() as connection:
        found = [
            f"{table} {row}"
            for table in sorted(OF_TENANTS)
            for row in connection.execute(select(METADATA.tables[table]))
        ]
    return sorted(found)


async def outcome(asked: Awaitable[Any]) -> Any:
    """The result of a query, or the code of its refusal."""
    try:
        return await asked
    except CallerError as refused:
        return refused.code


async def test_the_recorder_finds_what_names_no_tenant(situation: Situation, database: Database) -> None:
    """A statement by the account's id alone, one that binds the tenant to something else, an insert out of nowhere."""
    tenant, account = situation.record.tenant_id, situation.record.id
    unnamed = (
        "SELECT * FROM integrations WHERE account_id = :a AND :t <> ''",
        "UPDATE accounts SET description = :t WHERE id = :a",
        "SELECT * FROM accounts WHERE accounts.tenant_id = 'another' AND id = :a",
        "INSERT INTO day_balances (account_id, day, sealed) VALUES (:a, '2026-01-01', :t)",
    )
    with recorded(database, tenant) as recorder:
        for statement in unnamed:
            with database.engine.begin() as connection:
                given = {"a": account, "t": tenant}
                connection.execute(text(statement), {name: given[name] for name in given if f":{name}" in statement})

    assert len(recorder.without_tenant) == len(unnamed)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the sender of webhooks nor the hourly round asks for what is of all tenants."""

    async def nothing(*_: Any) -> int:
        return 0

    monkeypatch.setattr(Sender, "begin", nothing)
    monkeypatch.setattr("gateway.app.announce_expiries", nothing)
    monkeypatch.setattr(AllActions, "purge", nothing)
    monkeypatch.setattr(AllTenants, "purge_connect", nothing)
    monkeypatch.setattr(AllTenants, "purge_stored", nothing)


async def test_every_statement_of_a_caller_names_the_tenant(
    quiet: None, client: httpx.AsyncClient, app: Litestar
) -> None:
    """Through HTTP, from the registration to the removal."""
    database: Database = app.state["parts"].database
    (key,) = await app.state["parts"].keys.all()
    # A round of renewals queries all tenants: none may run meanwhile.
    async with app.state["parts"].renewals._one_round:
        with recorded(database, key.tenant_id) as recorder:
            account = (await client.post("/v1/accounts", json=registration())).json()["id"]
            at = f"/v1/accounts/{account}"
            enabled = await client.put(f"{at}/integration", json={"credentials": credentials()})
            read = await client.get(f"{at}/statement?from=2026-03-09&to=2026-03-13")
            answers = [enabled, read, await client.get("/v1/accounts"), await client.get(at)]
            answers += [await client.patch(at, json={"description": "x", "default": True})]
            answers += [await client.get(f"{at}/integration"), await client.delete(f"{at}/integration")]
            answers += [await client.delete(at)]
            made = await client.post("/v1/keys", json={"scopes": ["read"]})
            at = f"/v1/keys/{made.json()['prefix']}"
            keys = [made, await client.get("/v1/keys"), await client.get(at), await client.post(f"{at}/rotate")]
            keys += [await client.delete(at)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 200, 204, 204]
    assert [answer.status_code for answer in keys] == [201, 200, 200, 201, 204]
    assert len(recorder.of_tenants) > len(answers)
    assert [each for each in recorder.without_tenant if not OF_THE_GUARD.match(each)] == []
