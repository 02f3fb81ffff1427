"""Provides tokens: one renewal however many callers wait, no refresh token sent twice, no successor lost.

How it works. Tokens are held in memory and, encrypted, in a table, so that a restart reuses them. A caller that needs a
token joins the renewal that is under way for the account, or starts one. A renewal is a task of its own that outlives
its callers, so that a caller that goes away never stops a conversation in which a refresh token is spent.

Where a refresh token is usable once (`auth.rotates`), the order is:

    1. claim the renewal in the table, durably, by compare-and-swap on the row's version
    2. run the conversation; while it lasts, keep the claim fresh, and look once more whose it is directly before the
       refresh token is sent (`gateway.claims`)
    3. store the successor, durably, with the next version and without the claim
    4. only then give it to the callers

A crash before 1 changes nothing. A crash between 1 and 3 leaves a claim, which other processes respect until it is
stale; then the stored refresh token is tried once more, because it may never have reached the bank. If the bank refuses
it, or refuses any other with a conclusive reason (`gateway.accounts.states.refusals`), the row stores the refusal, and
that refresh token is never sent again: the same failure is answered until other credentials are given. Another refusal
of a token that has worked may pass, and releases the claim, as does a failure before anything was sent. A process that
was stopped for so long that another one has taken its claim over sends nothing, stores no refusal, and looks at the row
anew.

A successor that cannot be stored, because the database fails at that moment, is kept in memory, is given to no caller,
and is stored before anything else is tried for that account.

`gateway.auth` builds the token requests, and `gateway.accounts.reading.readings` decides what a failure means for the
integration.

Long because the order in which a token is claimed, spent and stored is to be read in one place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from copy import copy
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

import msgspec
import structlog

from gateway.accounts.access.token_claim import TokenClaim
from gateway.accounts.states.refusals import conclusive
from gateway.auth import Auth
from gateway.claims import ClaimLost, holding
from gateway.clock import Clock
from gateway.concurrency.single_flight import SingleFlight
from gateway.errors import BankFailure, GatewayError, IntegrationInactive
from gateway.flow import Flow, Token, TokenNeeded
from gateway.limits import TOKEN_CLAIM_WAIT_SECONDS, TOKEN_CLAIMS, TOKEN_HEARTBEAT_SECONDS, TOKEN_POLL_SECONDS
from gateway.model import Account
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.storage.shared.tokens import ACTIVE, StoredToken, TokenClaimed, TokenRows, digest
from gateway.work.claims import kept_fresh

__all__ = ["Tokens"]

log = structlog.get_logger("gateway.accounts")


Run = Callable[[Flow[Token]], Awaitable[Token]]


class _Key(NamedTuple):
    """What names a token: equal for callers that can share a renewal."""

    account_id: str
    slot: str
    digest: str
    """Of the credentials."""


class _Wanted(msgspec.Struct, frozen=True):
    """A wanted token: its account, and the token that the bank has refused."""

    account: Account
    key: _Key
    auth: Auth
    refused: Token | None
    run: Run

    def serves(self, token: Token) -> bool:
        """Whether this is a token other than the refused one."""
        return self.refused is None or token.access != self.refused.access


class _Memory:
    """The state that all views of one provider share."""

    def __init__(self) -> None:
        self.tokens: dict[_Key, Token] = {}
        self.unsaved: dict[_Key, tuple[int, Token, datetime]] = {}
        """Successors that could not be stored when they came."""
        self.dead: dict[_Key, tuple[TokenClaimed, RememberedFailure]] = {}
        self.renewals: SingleFlight[_Key, Token] = SingleFlight(outlives_callers=True)


class Tokens:
    """The gateway's `TokenProvider`.

    Args:
        clock: the time by which tokens expire.
        wall: the time by which claims of other processes grow stale; the database's unless another is given.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        rows: TokenRows,
        clock: Clock,
        *,
        wall: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rows = rows
        self._clock = clock
        self._wall = wall or rows.clock
        self._sleep = sleep
        self._trial = False
        self._memory = _Memory()

    def trial(self) -> "Tokens":
        """A view of this provider for credentials that are being verified; its tokens are kept apart."""
        view: Tokens = copy(self)
        view._trial = True
        return view

    async def token(self, account: Account, auth: Auth, needed: TokenNeeded, run: Run) -> Token:
        """A token other than the refused one; `run` carries the conversation that obtains it.

        Raises:
            BankFailure: the bank refuses to give one, or has refused before and must not be asked again.
            IntegrationInactive: the credentials were replaced or erased meanwhile.
            GatewayError: `deadline_exceeded`: another process did not finish its renewal.
        """
        wanted = _Wanted(account, self._key(account), auth, needed.refused, run)
        while True:
            known = self._memory.tokens.get(wanted.key)
            if self._is_usable(known, wanted):
                return known
            started = False

            def start() -> Coroutine[Any, Any, Token]:
                nonlocal started
                started = True
                return self._renew(wanted)

            token = await self._memory.renewals.result(wanted.key, start)
            # A renewal that another caller started may find in the table the very token that this one saw refused.
            if started or wanted.serves(token):
                return token

    async def discard_trial(self, account: Account) -> None:
        """Delete the token of credentials that were refused, where no refresh token was spent to obtain it."""
        key = self._key(account)
        self._memory.tokens.pop(key, None)
        await self._rows.delete(account.id, key.slot)

    def has_token(self, account: Account) -> bool:
        """Whether the bank has given this process a token for these credentials."""
        return self._key(account) in self._memory.tokens

    def forget(self, account_id: str) -> None:
        """Drop from memory the tokens and refusals of an account whose rows were deleted or promoted."""
        remembered: tuple[dict[_Key, Any], ...] = (self._memory.tokens, self._memory.unsaved, self._memory.dead)
        for by_key in remembered:
            for key in [key for key in by_key if key.account_id == account_id]:
                del by_key[key]

    async def aclose(self) -> None:
        """Wait until every renewal under way has ended: a refresh token may be on its way to a bank."""
        await self._memory.renewals.aclose()

    async def _renew(self, wanted: _Wanted) -> Token:
        for _ in range(TOKEN_CLAIMS):
            if (token := await self._renewed(wanted)) is not None:
                return token
            log.warning("token_claim_lost", bank=wanted.account.bank, account=wanted.account.id)
        raise GatewayError("deadline_exceeded", "this process was held up whenever it was about to renew the token")

    async def _renewed(self, wanted: _Wanted) -> Token | None:
        """The token, or None where another process has taken the renewal over."""
        if (unsaved := self._memory.unsaved.get(wanted.key)) is not None:
            await self._store(wanted, *unsaved)
        row = await self._row(wanted)
        if (dead := await self._dead(wanted, row)) is not None:
            raise dead.revive(wanted.account.bank)
        if self._is_usable(row.token, wanted):
            return self._hold(wanted, row.token)
        claim: TokenClaim | None = None
        if wanted.auth.rotates:
            claimed = await self._claim(wanted, row)
            if isinstance(claimed, Token):
                return self._hold(wanted, claimed)
            row, claim = claimed
        now = self._clock.now()
        conversation = self._conversation(wanted, row.token, now)
        token = await (self._spend(wanted, row, claim, conversation) if claim is not None else conversation)
        if token is None:
            return None
        return self._hold(wanted, await self._store(wanted, row.version, token, now))

    async def _conversation(self, wanted: _Wanted, previous: Token | None, now: datetime) -> Token:
        """The token that the bank gives for the previous one, which no failure quotes: it may be stored as it is.

        Raises:
            BankFailure: the bank gives none.
        """
        try:
            return await wanted.run(wanted.auth.obtain(previous, now))
        except BankFailure as failure:
            failure.hide(previous.secrets if previous is not None else ())
            raise

    async def _row(self, wanted: _Wanted) -> StoredToken:
        """The row of the wanted token, created when there is none.

        Raises:
            IntegrationInactive: the row belongs to other credentials.
        """
        account_id, slot, credentials = wanted.key
        row = await self._rows.load(account_id, slot)
        if row is None:
            await self._rows.create(account_id, slot, credentials, self._wall.now())
            row = await self._rows.load(account_id, slot)
        if row is None or row.digest != credentials:
            raise _replaced()
        return row

    async def _claim(self, wanted: _Wanted, row: StoredToken) -> tuple[StoredToken, TokenClaim] | Token:
        """The row once its renewal is ours, with the claim; or the token that another process obtained meanwhile.

        Raises:
            BankFailure: the bank has refused another process, and the refusal is final.
            GatewayError: `deadline_exceeded`.
        """
        waited = 0.0
        while True:
            claimed = await self._rows.mark(wanted.account.id, wanted.key.slot, row.version, self._wall.now())
            if claimed is not None:
                return row, TokenClaim(self._rows, self._wall, claimed)
            if waited >= TOKEN_CLAIM_WAIT_SECONDS:
                raise GatewayError("deadline_exceeded", "another process has been renewing the token for too long")
            await self._sleep(TOKEN_POLL_SECONDS)
            waited += TOKEN_POLL_SECONDS
            row = await self._row(wanted)
            if row.dead is not None:
                raise row.dead.revive(wanted.account.bank)
            if self._is_usable(row.token, wanted):
                return row.token

    async def _spend(
        self, wanted: _Wanted, row: StoredToken, claim: TokenClaim, spending: Awaitable[Token]
    ) -> Token | None:
        """The token of the conversation in which the refresh token is used, under a claim that is kept fresh.

        None where the claim was lost before it was used, or where it was refused when the claim was another process's:
        that one may have spent it.
        """
        try:
            async with kept_fresh(claim, TOKEN_HEARTBEAT_SECONDS):
                with holding(claim):
                    return await spending
        except ClaimLost as lost:
            if lost.claim is claim:
                return None
            # Of what this renewal is a part of, such as an enrolment; nothing was sent.
            await claim.release()
            raise
        except BankFailure as failure:
            if failure.nothing_sent:
                await claim.release()
            elif not failure.entry.retryable and (self._trial or row.renewing_since is not None or conclusive(failure)):
                # Where the row was being renewed before, a process that died may have spent the refresh token already.
                failure.conclusive = True
                remembered = RememberedFailure.of(failure, self._clock.now())
                self._memory.dead[wanted.key] = (claim.claimed, remembered)
                if not await claim.bury(remembered):
                    del self._memory.dead[wanted.key]
                    return None
            elif not failure.entry.retryable and not await claim.release():
                return None
            # Otherwise it is not known whether the refresh token was spent: the claim stays until it is stale.
            raise

    async def _dead(self, wanted: _Wanted, row: StoredToken) -> RememberedFailure | None:
        """The final refusal of this row's refresh token, or None."""
        kept = self._memory.dead.get(wanted.key)
        if row.dead is None and kept is not None and kept[0].version == row.version:
            # The database failed when the refusal was to be stored. Who has claimed the renewal since sees for itself.
            if await self._rows.bury(*kept):
                return kept[1]
            del self._memory.dead[wanted.key]
        return row.dead

    async def _store(self, wanted: _Wanted, version: int, token: Token, obtained_at: datetime) -> Token:
        """Store the successor of a version; give the token that is then stored.

        Raises:
            IntegrationInactive: the row was deleted or belongs to other credentials.
        """
        account_id, slot, credentials = wanted.key
        if wanted.auth.rotates:
            self._memory.unsaved[wanted.key] = (version, token, obtained_at)
        try:
            stored = await self._rows.put(account_id, slot, version, credentials, token, obtained_at, self._wall.now())
        except DATABASE_ERRORS as error:
            if wanted.auth.rotates:
                raise
            # A token that can be obtained again at any time can be used without being stored.
            log.warning("token_not_stored", bank=wanted.account.bank, account=account_id, kind=type(error).__name__)
            return token
        self._memory.unsaved.pop(wanted.key, None)
        if stored:
            return token
        row = await self._rows.load(account_id, slot)
        if row is None or row.digest != credentials:
            raise _replaced()
        # Another process has stored a newer token. Where tokens do not rotate, both are valid.
        return row.token if row.token is not None and wanted.serves(row.token) else token

    def _key(self, account: Account) -> _Key:
        slot = self._rows.trial_slot(account.id, account.credentials) if self._trial else ACTIVE
        return _Key(account.id, slot, digest(account.credentials))

    def _is_usable(self, token: Token | None, wanted: _Wanted) -> TypeGuard[Token]:
        """Whether there is a token that serves, and that is not to be renewed yet."""
        return token is not None and wanted.serves(token) and self._clock.now() < token.renew_at

    def _hold(self, wanted: _Wanted, token: Token) -> Token:
        self._memory.tokens[wanted.key] = token
        return token


def _replaced() -> IntegrationInactive:
    return IntegrationInactive("the credentials were replaced or erased while they were being used")
