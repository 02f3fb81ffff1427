"""The provider of tokens: one renewal for all, no refresh token sent twice, no successor lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.accounts.tokens import Tokens
from gateway.clock import FixedClock
from gateway.errors import BankFailure, GatewayError, IntegrationInactive
from gateway.flow import Flow, Token, TokenNeeded
from gateway.model import Account, Credentials
from gateway.storage.database import Database
from gateway.storage.remembered import StoredFailure
from gateway.storage.tables import TokenRow
from gateway.storage.tokens import TokenRows, delete_tokens, promote_tokens
from gateway.storage.vault import Vault
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

FIRST = "CANARY-refresh-0"


def account(refresh: str = FIRST) -> Account:
    return Account("acc-1", "bs2", "PJ", "0001", "1", "11222333000181", Credentials({"refresh_token": refresh}))


class Bank:
    """Exchanges each refresh token once; a second use is theft, and ends the family."""

    def __init__(self) -> None:
        self.valid = FIRST
        self.issued = 0
        self.used: list[str] = []
        self.failure: BaseException | None = None
        self.fail_after_spending: BaseException | None = None
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def exchange(self, refresh: str) -> Token:
        self.arrived.set()
        if self.failure is not None:
            raise self.failure
        self.used.append(refresh)
        if refresh != self.valid:
            raise BankFailure("invalid_credentials", bank="bs2", at="token", detail="the refresh token was used before")
        self.issued += 1
        self.valid = f"CANARY-refresh-{self.issued}"
        number = self.issued
        await self.gate.wait()
        if self.fail_after_spending is not None:
            raise self.fail_after_spending
        return token(number)


def token(number: int) -> Token:
    return Token(
        access=f"CANARY-access-{number}",
        expires_at=NOW + timedelta(seconds=300),
        renew_at=NOW + timedelta(seconds=270),
        refresh=f"CANARY-refresh-{number}",
    )


class Rotating:
    """An auth whose conversation carries only the refresh token it would spend."""

    uses_token = True
    rotates = True

    def __init__(self, account: Account) -> None:
        self._account = account

    def obtain(self, previous: Token | None, now: object) -> Flow[Token]:
        refresh = previous.refresh if previous is not None else self._account.credentials["refresh_token"]
        return (yield httpx.Request("POST", "https://bank.example/token", data={"refresh_token": refresh or ""}))

    def apply(self, request: httpx.Request, token: Token | None) -> None: ...

    def refused(self, response: httpx.Response) -> bool:
        return False


class Plain(Rotating):
    """The same bank seen by an auth whose tokens do not rotate."""

    rotates = False


def runner(bank: Bank) -> Callable[[Flow[Token]], Awaitable[Token]]:
    async def run(flow: Flow[Token]) -> Token:
        request = flow.send(None)
        assert isinstance(request, httpx.Request)
        found = await bank.exchange(dict(httpx.QueryParams(request.content.decode()))["refresh_token"])
        flow.close()
        return found

    return run


class Broken(TokenRows):
    """A table that fails, or stops like a process that dies, at one step."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self.broken: set[str] = set()

    def _check(self, step: str) -> None:
        if step in self.broken:
            raise OperationalError(step, {}, Exception("the database is away"))

    async def mark(self, *args: Any) -> bool:
        self._check("mark")
        return await super().mark(*args)

    async def put(self, *args: Any) -> bool:
        self._check("put")
        return await super().put(*args)

    async def bury(self, *args: Any) -> bool:
        self._check("bury")
        return await super().bury(*args)

    async def extend(self, *args: Any) -> bool:
        self._check("extend")
        return await super().extend(*args)


@pytest.fixture
def bank() -> Bank:
    """A bank that rotates refresh tokens."""
    return Bank()


@pytest.fixture
def wall() -> FixedClock:
    """The machine's time."""
    return FixedClock(NOW)


@pytest.fixture
def rows(database: Database, vault: Vault) -> Broken:
    """The table of tokens."""
    return Broken(database, vault)


@pytest.fixture
def tokens(rows: Broken, clock: FixedClock, wall: FixedClock) -> Tokens:
    """The provider of one process."""
    return Tokens(rows, clock, wall=wall)


async def ask(
    tokens: Tokens,
    bank: Bank,
    refused: Token | None = None,
    auth: type[Rotating] = Rotating,
    who: Account | None = None,
) -> Token:
    asked = who or account()
    return await tokens.token(asked, auth(asked), TokenNeeded(refused), runner(bank))


async def stored(database: Database) -> TokenRow:
    with database.sessions() as session:
        return (session.scalars(select(TokenRow))).one()


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
    assert "CANARY" not in "".join(str(getattr(row, column.key)) for column in TokenRow.__table__.columns)


async def test_two_processes_renew_once(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that finds the renewal claimed by another waits and takes its result."""
    bank.gate.clear()
    first = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    polled = 0

    async def sleep(seconds: float) -> None:
        nonlocal polled
        polled += 1
        if polled == 3:
            bank.gate.set()
            await first

    other = Tokens(rows, clock, wall=wall, sleep=sleep)

    assert await ask(other, bank) == await first
    assert bank.used == [FIRST]
    assert polled == 3


@pytest.mark.slow
async def test_waiting_for_another_process_is_bounded(
    rows: Broken, tokens: Tokens, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A claim that never ends and never grows stale is answered with deadline_exceeded."""
    bank.gate.clear()
    first = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()

    async def sleep(seconds: float) -> None: ...

    with pytest.raises(GatewayError, match="deadline_exceeded"):
        await ask(Tokens(rows, clock, wall=wall, sleep=sleep), bank)

    bank.gate.set()
    await first
    assert bank.used == [FIRST]


async def test_a_cancelled_caller_does_not_lose_the_successor(tokens: Tokens, bank: Bank, database: Database) -> None:
    """When every caller goes away in the middle, the conversation still ends and its result is stored."""
    bank.gate.clear()
    callers = [asyncio.create_task(ask(tokens, bank)) for _ in range(3)]
    await bank.arrived.wait()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert all(caller.cancelled() for caller in callers)

    bank.gate.set()
    await tokens.aclose()

    assert (await stored(database)).renewing_since is None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_a_crash_before_the_claim_changes_nothing(tokens: Tokens, rows: Broken, bank: Bank) -> None:
    """When the claim cannot be written, nothing is sent, and the next attempt goes well."""
    rows.broken = {"mark"}
    with pytest.raises(OperationalError):
        await ask(tokens, bank)
    assert bank.used == []

    rows.broken = set()
    assert (await ask(tokens, bank)).access == "CANARY-access-1"


async def test_a_crash_before_sending_is_mended_after_the_claim_is_stale(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that died between claim and request leaves the refresh token usable."""
    bank.failure = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        await ask(tokens, bank)
    bank.failure = None

    async def sleep(seconds: float) -> None:
        wall.moment += timedelta(seconds=10)

    restarted = Tokens(rows, clock, wall=wall, sleep=sleep)

    assert (await ask(restarted, bank)).access == "CANARY-access-1"
    assert wall.moment > NOW + timedelta(seconds=60)


async def test_a_crash_after_spending_is_tried_once_and_never_again(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A successor lost with its process is asked for once more; the refusal is remembered, and nothing more is sent."""
    bank.fail_after_spending = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        await ask(tokens, bank)
    wall.moment = NOW + timedelta(seconds=61)

    with pytest.raises(BankFailure, match="invalid_credentials") as refused:
        await ask(Tokens(rows, clock, wall=wall), bank)
    assert refused.value.conclusive
    for _ in range(3):
        with pytest.raises(StoredFailure, match="invalid_credentials"):
            await ask(Tokens(rows, clock, wall=wall), bank)

    assert bank.used == [FIRST, FIRST]


async def test_a_successor_that_cannot_be_stored_is_kept_and_given_to_no_caller(
    tokens: Tokens, rows: Broken, bank: Bank, database: Database
) -> None:
    """While the database fails the successor waits in memory, and is stored before anything else is tried."""
    rows.broken = {"put"}
    for _ in range(2):
        with pytest.raises(OperationalError):
            await ask(tokens, bank)

    rows.broken = set()
    found = await ask(tokens, bank)

    assert found.access == "CANARY-access-1"
    assert bank.used == [FIRST]
    assert (await stored(database)).renewing_since is None


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


async def test_a_refusal_that_cannot_be_stored_is_remembered_all_the_same(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, database: Database
) -> None:
    """A refused refresh token is not sent again although the database failed when the refusal was written."""
    bank.failure = BankFailure("consent_revoked", bank="bs2", at="token", detail="the consent was revoked")
    rows.broken = {"bury"}
    with pytest.raises(OperationalError):
        await ask(tokens, bank)
    wall.moment = NOW + timedelta(minutes=5)

    rows.broken, bank.failure = set(), None
    with pytest.raises(StoredFailure):
        await ask(tokens, bank)

    assert bank.used == []
    assert (await stored(database)).dead is not None


async def test_a_refusal_by_status_alone_gives_the_claim_back(tokens: Tokens, bank: Bank, database: Database) -> None:
    """A token host that refuses once does not end a chain that has worked; that of a trial has not worked yet."""
    bank.failure = BankFailure("consent_expired", bank="bs2", at="token", detail="401", status_alone=True)
    with pytest.raises(BankFailure):
        await ask(tokens, bank)
    row = await stored(database)
    assert (row.renewing_since, row.dead) == (None, None)
    with pytest.raises(BankFailure):
        await ask(tokens.trial(), bank)

    bank.failure = None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    with pytest.raises(StoredFailure):
        await ask(tokens.trial(), bank)


async def test_nothing_sent_gives_the_claim_back(tokens: Tokens, bank: Bank, database: Database) -> None:
    """After a connection that failed before sending, the next caller may try at once."""
    bank.failure = BankFailure("bank_unavailable", bank="bs2", at="token", detail="refused", nothing_sent=True)
    with pytest.raises(BankFailure):
        await ask(tokens, bank)
    assert (await stored(database)).renewing_since is None

    bank.failure = None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"


async def test_silence_leaves_the_claim(tokens: Tokens, bank: Bank, database: Database) -> None:
    """When it is not known whether the refresh token arrived, no process tries before the claim is stale."""
    bank.failure = BankFailure("bank_unavailable", bank="bs2", at="token", detail="silence", timed_out=True)

    with pytest.raises(BankFailure):
        await ask(tokens, bank)

    row = await stored(database)
    assert row.renewing_since == NOW
    assert row.dead is None


async def test_a_long_renewal_shows_signs_of_life(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversation that lasts keeps its claim fresh, and survives a database that fails at that."""
    monkeypatch.setattr("gateway.accounts.tokens.TOKEN_HEARTBEAT_SECONDS", 0.0)
    beats = 0
    extend = rows.extend

    async def beat(*args: Any) -> bool:
        nonlocal beats
        beats += 1
        rows.broken = {"extend"} if beats == 1 else set()
        if beats == 3:
            bank.gate.set()
        return await extend(*args)

    monkeypatch.setattr(rows, "extend", beat)
    bank.gate.clear()

    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    assert beats >= 3


async def test_a_late_successor_wins_over_a_premature_refusal(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that took over too early and was refused does not destroy the successor that then arrives."""
    bank.gate.clear()
    slow = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    wall.moment = NOW + timedelta(minutes=10)
    with pytest.raises(BankFailure, match="invalid_credentials"):
        await ask(Tokens(rows, clock, wall=wall), bank)

    bank.gate.set()
    await slow

    assert (await ask(Tokens(rows, clock, wall=wall), bank)).access == "CANARY-access-1"


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
    with database.sessions.begin() as session:
        delete_tokens(session, "acc-1")
    bank.gate.set()

    with pytest.raises(IntegrationInactive):
        await caller

    with database.sessions() as session:
        assert (session.scalars(select(TokenRow))).all() == []


async def test_a_trial_keeps_its_own_token_until_it_is_promoted(
    tokens: Tokens, rows: Broken, bank: Bank, database: Database
) -> None:
    """The token of credentials being verified does not touch the active one, and takes its place afterwards."""
    await ask(tokens, bank)
    bank.valid = "CANARY-new"
    fresh = account("CANARY-new")

    tried = await ask(tokens.trial(), bank, who=fresh)
    assert (await ask(tokens, bank)).access == "CANARY-access-1"

    with database.sessions.begin() as session:
        promote_tokens(session, "acc-1", rows.trial_slot("acc-1", fresh.credentials))
    tokens.forget("acc-1")
    assert await ask(tokens, bank, who=fresh) == tried


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

    await rows.purge_trials(NOW + timedelta(seconds=1))

    assert (await stored(database)).slot == "active"


async def test_a_discarded_trial_is_forgotten(tokens: Tokens, bank: Bank, database: Database) -> None:
    """Nothing is left of a trial that did not pass."""
    trial = tokens.trial()
    await ask(trial, bank, auth=Plain)

    await trial.discard_trial(account())

    with database.sessions() as session:
        assert (session.scalars(select(TokenRow))).all() == []


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
