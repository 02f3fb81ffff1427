"""The provider of tokens: one renewal for all, no refresh token sent twice, no successor lost."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.accounts.access.tokens import Tokens
from gateway.errors import BankFailure, IntegrationInactive
from gateway.flow import Flow, Token, TokenNeeded
from gateway.storage.accounts.records import Integration
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tables import TOKENS
from gateway.storage.shared.tokens import delete_tokens, promote_tokens
from tests.clocks import FixedClock
from tests.gateway.accounts.access.tokens.rotating import (
    FIRST,
    Bank,
    Broken,
    Plain,
    Rotating,
    account,
    ask,
    stored,
)
from tests.gateway.storage.support import Stored, account_of, tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("auth", [Rotating, Plain])
async def test_fifty_callers_share_one_renewal(tokens: Tokens, bank: Bank, auth: type[Rotating]) -> None:
    """However many callers wait, the bank is asked once and all get the same token."""
    found = await asyncio.gather(*(ask(tokens, bank, auth=auth) for _ in range(50)))

    assert bank.used == [FIRST]
    assert {one.access for one in found} == {"CANARY-access-1"}


async def test_fifty_callers_share_one_refusal(tokens: Tokens, bank: Bank) -> None:
    """A refused password is sent once, not once for each waiting caller."""
    bank.valid = "another"

    found = await asyncio.gather(*(ask(tokens, bank, auth=Plain) for _ in range(50)), return_exceptions=True)

    assert bank.used == [FIRST]
    assert {type(one) for one in found} == {BankFailure}


async def test_a_fresh_token_is_reused(tokens: Tokens, bank: Bank) -> None:
    """A token that is still fresh is given again without asking the bank."""
    assert await ask(tokens, bank) == await ask(tokens, bank)
    assert bank.used == [FIRST]


async def test_an_old_token_is_renewed_with_its_successor(tokens: Tokens, bank: Bank, clock: FixedClock) -> None:
    """From `renew_at` on the token is renewed, with the refresh token that came with it."""
    await ask(tokens, bank)
    clock.moment = NOW + timedelta(seconds=271)

    await ask(tokens, bank)

    assert bank.used == [FIRST, "CANARY-refresh-1"]


async def test_a_refused_token_is_renewed_once(tokens: Tokens, bank: Bank) -> None:
    """All callers whose token was refused share one renewal, and latecomers get its result."""
    old = await ask(tokens, bank)

    found = await asyncio.gather(*(ask(tokens, bank, refused=old) for _ in range(10)))
    late = await ask(tokens, bank, refused=old)

    assert bank.used == [FIRST, "CANARY-refresh-1"]
    assert {one.access for one in [*found, late]} == {"CANARY-access-2"}


async def test_a_bank_that_gives_the_same_token_again_ends_the_asking(tokens: Tokens, bank: Bank) -> None:
    """A renewal that brings the refused token back is handed over, not repeated for ever."""
    old = await ask(tokens, bank, auth=Plain)

    async def same(flow: Flow[Token]) -> Token:
        flow.close()
        return old

    assert await tokens.token(account(), Plain(account()), TokenNeeded(old), same) == old


async def test_a_restart_reuses_the_stored_token(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A new process takes the token of the former one from the table."""
    before = await ask(tokens, bank)

    after = await ask(Tokens(rows, clock, wall=wall), bank)

    assert after == before
    assert bank.used == [FIRST]


async def test_tokens_are_stored_sealed(tokens: Tokens, bank: Bank, database: Database) -> None:
    """Nothing of a token can be read in the table."""
    await ask(tokens, bank)

    row = await stored(database)
    assert "CANARY" not in "".join(str(getattr(row, column.key)) for column in TOKENS.columns)


async def test_the_age_of_a_token_counts_from_when_it_was_asked_for(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock
) -> None:
    """Also when it could be stored only long afterwards."""
    rows.broken = {"put"}
    with pytest.raises(OperationalError):
        await ask(tokens, bank)
    rows.broken = set()
    clock.moment = NOW + timedelta(seconds=200)
    await ask(tokens, bank)

    stored_token = await rows.load("acc-1", "active")

    assert stored_token is not None
    assert stored_token.obtained_at == NOW


async def test_other_credentials_never_get_the_token(tokens: Tokens, bank: Bank) -> None:
    """A token belongs to the credentials it was obtained with."""
    await ask(tokens, bank)

    with pytest.raises(IntegrationInactive):
        await ask(tokens, bank, who=account("CANARY-other"))

    assert bank.used == [FIRST]


async def test_erasing_the_tokens_during_a_renewal_ends_it(tokens: Tokens, bank: Bank, database: Database) -> None:
    """A renewal whose row was erased meanwhile does not bring the row back."""
    bank.gate.clear()
    caller = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    with database.engine.begin() as connection:
        delete_tokens(connection, "acc-1")
    bank.gate.set()

    with pytest.raises(IntegrationInactive):
        await caller

    with database.engine.connect() as connection:
        assert (connection.execute(select(TOKENS))).all() == []


async def test_a_trial_keeps_its_own_token_until_it_is_promoted(
    tokens: Tokens, rows: Broken, bank: Bank, database: Database
) -> None:
    """The token of credentials being verified does not touch the active one, and takes its place afterwards."""
    await ask(tokens, bank)
    bank.valid = "CANARY-new"
    fresh = account("CANARY-new")

    tried = await ask(tokens.trial(), bank, who=fresh)
    assert (await ask(tokens, bank)).access == "CANARY-access-1"

    with database.engine.begin() as connection:
        promote_tokens(connection, "acc-1", rows.trial_slot("acc-1", fresh.credentials))
    tokens.forget("acc-1")
    assert await ask(tokens, bank, who=fresh) == tried


async def test_a_caller_whose_token_was_refused_is_not_given_it_by_the_renewal_of_another(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """The other one finds it in the table; to ask the bank with it once more would fail the statement."""
    before = await ask(tokens, bank)
    restarted = Tokens(rows, clock, wall=wall)

    found, newer = await asyncio.gather(ask(restarted, bank), ask(restarted, bank, refused=before))

    assert (found, newer.access) == (before, "CANARY-access-2")


async def test_a_repeated_trial_does_not_spend_the_refresh_token_again(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """Credentials whose first verification failed late are verified again with the successor."""
    await ask(tokens.trial(), bank)

    again = await ask(Tokens(rows, clock, wall=wall).trial(), bank)

    assert again.access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_old_trials_are_purged(tokens: Tokens, rows: Broken, bank: Bank, database: Database) -> None:
    """Tokens of credentials that were never enabled are removed in the end; active ones stay."""
    await ask(tokens, bank, auth=Plain)
    bank.valid = "CANARY-new"
    await ask(tokens.trial(), bank, who=account("CANARY-new"))
    record = replace(account_of(await tenant_added(database, "a")), id=account().id)
    enabled = Integration(account_id=record.id, credentials=account().credentials, enabled_at=NOW)
    await Stored(database, Vault([VAULT_KEY])).accounts.add(record, enabled)

    await rows.purge_unused(NOW + timedelta(seconds=1))

    assert (await stored(database)).slot == "active"


async def test_a_discarded_trial_is_forgotten(tokens: Tokens, bank: Bank, database: Database) -> None:
    """Nothing is left of a trial that did not pass."""
    trial = tokens.trial()
    await ask(trial, bank, auth=Plain)

    await trial.discard_trial(account())

    assert not trial.has_token(account())
    with database.engine.connect() as connection:
        assert (connection.execute(select(TOKENS))).all() == []


async def test_the_stored_token_opens_only_in_its_own_row(
    tokens: Tokens, rows: Broken, bank: Bank, database: Database
) -> None:
    """A sealed token moved to another account's row does not open there."""
    await ask(tokens, bank)
    row = await stored(database)

    with pytest.raises(Exception, match="belong to something else"):
        Vault([VAULT_KEY]).decrypt("acc-2", "token", row.sealed)


async def test_two_processes_with_plain_tokens_do_not_disturb_each_other(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """Where tokens do not rotate, a process that stores second goes on with the stored token."""
    bank.gate.clear()
    first = asyncio.create_task(ask(tokens, bank, auth=Plain))
    await bank.arrived.wait()
    other = Bank()
    second = await ask(Tokens(rows, clock, wall=wall), other, auth=Plain)

    bank.gate.set()

    assert await first == second
