"""A change of one row leaves the others alone, and a refused token stays refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.model import Credentials
from gateway.storage.accounts.records import Integration, State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tables import TOKENS
from gateway.storage.shared.tokens import (
    ACTIVE,
    StoredToken,
    TokenClaimed,
    TokenRows,
    delete_tokens,
    digest,
    promote_tokens,
    unbury_tokens,
)
from tests.gateway.storage.support import Stored, account_of, tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

REFUSED = RememberedFailure(code="invalid_credentials", at="token", detail="no", since=NOW)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def rows(database: Database, vault: Vault) -> TokenRows:
    """The table of tokens."""
    return TokenRows(database, vault)


async def stored_token(rows: TokenRows, account_id: str) -> StoredToken:
    found = await rows.load(account_id, ACTIVE)
    assert found is not None
    return found


async def refused(rows: TokenRows, account_id: str) -> StoredToken:
    """A row whose refresh token the bank has refused."""
    await rows.create(account_id, ACTIVE, digest(Credentials({"refresh_token": account_id})), NOW)
    claimed = await rows.mark(account_id, ACTIVE, (await stored_token(rows, account_id)).version, NOW)
    assert claimed is not None
    assert await rows.bury(claimed, REFUSED)
    return await stored_token(rows, account_id)


async def test_a_refused_refresh_token_is_not_sent_again(rows: TokenRows) -> None:
    """Its renewal can never be claimed again."""
    dead = await refused(rows, "a")

    assert not await rows.mark("a", ACTIVE, dead.version, LATER)
    assert (await stored_token(rows, "a")).renewing_since is None


async def test_a_revived_refresh_token_is_another_version(rows: TokenRows, database: Database) -> None:
    """Decisions of before are made anew; the tokens of other accounts stay refused."""
    before, other = await refused(rows, "a"), await refused(rows, "b")

    with database.engine.begin() as connection:
        unbury_tokens(connection, "a")

    revived = await stored_token(rows, "a")
    assert (revived.dead, await stored_token(rows, "b")) == (None, other)
    assert not await rows.bury(TokenClaimed("a", ACTIVE, before.version, NOW), REFUSED)
    assert await rows.mark("a", ACTIVE, revived.version, LATER)


async def test_tokens_of_removed_accounts_and_disabled_integrations_go(rows: TokenRows, database: Database) -> None:
    """A reading that had begun before stores one once more; nobody would ever ask for it."""
    stored = Stored(database, Vault([VAULT_KEY]))
    tenant = await tenant_added(database, "mine")
    accounts = {name: account_of(tenant, name) for name in ("enabled", "disabled", "removed")}
    for name, record in accounts.items():
        credentials = Credentials({"client_id": name})
        state = Integration(account_id=record.id, state=State.ACTIVE, credentials=credentials, enabled_at=NOW)
        await stored.accounts.add(record, state)
    await stored.integrations.disable(tenant, accounts["disabled"].id)
    await stored.accounts.remove(tenant, accounts["removed"].id)
    for record in accounts.values():
        await rows.create(record.id, ACTIVE, "digest", NOW)
    await rows.create("of one that is being registered", "trial", "digest", NOW)

    await rows.purge_unused(NOW)

    with database.engine.connect() as connection:
        left = set(connection.scalars(select(TOKENS.c.account_id)))
    assert left == {accounts["enabled"].id, "of one that is being registered"}


async def test_a_trial_that_is_discarded_or_promoted_touches_no_other_token(
    rows: TokenRows, database: Database
) -> None:
    """The refresh token of another account, or of other credentials, would be lost with its row."""
    everything = {(account_id, slot) for account_id in "ab" for slot in (ACTIVE, "trial", "other", "refused")}
    for account_id, slot in everything:
        await rows.create(account_id, slot, f"credentials of {slot}", NOW)

    await rows.delete("a", "refused")
    with database.engine.begin() as connection:
        promote_tokens(connection, "a", "trial")

    with database.engine.connect() as connection:
        left = {(row.account_id, row.slot) for row in connection.execute(select(TOKENS))}
    assert left == everything - {("a", "refused"), ("a", "trial")}
    digests = [(await stored_token(rows, account_id)).digest for account_id in "ab"]
    assert digests == ["credentials of trial", "credentials of active"]
    with database.engine.begin() as connection:
        delete_tokens(connection, "a")
        assert set(connection.scalars(select(TOKENS.c.account_id))) == {"b"}
