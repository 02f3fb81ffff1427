"""Renews tokens that no statement uses, so that an authorization does not end over a weekend.

At some banks a refresh token lives for a few days (`authentication.refresh_token_seconds` in the contract). A statement
renews it in passing, but an ERP that reads on business days only would let it die over every long holiday. So the
gateway makes rounds: each looks for tokens that have lived for a third of that time, and renews them.

Rules.
1. A renewal is the one that a statement would start, with the same provider over the same line, and a statement that
   needs the token meanwhile shares it. A round only waits for it: stopping a round never interrupts a conversation that
   spends a refresh token.
2. A final refusal is recorded as for a statement, so that the state shows it before the next import.
3. A passing failure is logged and counted and changes nothing else, because no statement was asked for. The next round
   tries again: two thirds of the token's life are left for that, and for a pause of the operator.
4. Tenants share a round: stalled renewals of one delay few of the others' (`Agenda`).
5. Several processes may make their rounds at once. The provider's claim lets one of them ask the bank; the others find
   a young token.
"""

import asyncio
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

import contracts
from gateway.accounts.access.agenda import Agenda
from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.changes import Changes
from gateway.accounts.recording.outcomes import Recording
from gateway.accounts.states.expiring import expired
from gateway.accounts.states.pauses import check_paused
from gateway.accounts.states.refusals import seconds_held
from gateway.clock import Clock
from gateway.errors import BankFailure, GatewayError
from gateway.limits import RENEWAL_WAIT_SECONDS, RENEWALS_AT_ONCE, TRIALS_KEPT
from gateway.metrics import REGISTRY
from gateway.statement import StatementReader
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.records import READ_STATES, AccountRecord
from gateway.storage.engine.database import storage_trouble
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.shared.tokens import ACTIVE, StoredToken, TokenRows

__all__ = ["Renewals"]

RENEWALS = Counter(
    "gateway_token_renewals_total",
    "Tokens that were due for renewal before a statement needed them: `renewed`, or the code of the failure",
    ("bank", "outcome"),
    registry=REGISTRY,
)

log = structlog.get_logger("gateway.accounts")


@dataclass(eq=False, repr=False)
class Renewals:
    """Makes rounds of renewals."""

    all_tenants: AllTenants
    integrations: Integrations
    rows: TokenRows
    changes: Changes
    pauses: Pauses
    recording: Recording
    at_banks: AccountsAtBanks
    reader: StatementReader
    clock: Clock
    """The time by which tokens expire."""
    _: KW_ONLY
    wait_seconds: float = RENEWAL_WAIT_SECONDS
    """Time that a round waits for one renewal, which goes on without it afterwards."""
    _one_round: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def keep_alive(self) -> None:
        """Remove rows that were left behind, and make one round."""
        try:
            await self.tidy()
        finally:
            await self.round()

    async def tidy(self) -> None:
        """Remove tokens of credentials that were not enabled within a day or no longer are, and claims of dead changes.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        async with self._one_round:
            await self.rows.purge_unused(self.rows.clock.now() - TRIALS_KEPT)
            await self.changes.purge()

    async def round(self) -> None:
        """Renew the tokens that are due, a few at a time; a call during a round makes another one after it.

        An error of one account is logged and does not affect the others.

        Raises:
            SQLAlchemyError: the accounts cannot be listed.
        """
        async with self._one_round:
            known = await self.all_tenants.everything(_short_lived())
            records = [record for _, record, integration in known if integration.state in READ_STATES]
            agenda = Agenda(records)
            async with asyncio.TaskGroup() as group:
                for _ in records[:RENEWALS_AT_ONCE]:
                    group.create_task(self._visit_each(agenda))

    async def _visit_each(self, agenda: Agenda) -> None:
        """Visit accounts until none is left to begin; several tasks do so concurrently."""
        while (record := agenda.begin()) is not None:
            try:
                await self._visit(record)
            finally:
                agenda.end(record)

    async def _visit(self, record: AccountRecord) -> None:
        """Renew the token of an account if that is due; log and count the outcome."""
        outcome = "renewed"
        try:
            if not await self._renew(record):
                return
        except GatewayError as failure:
            outcome = failure.code
            log.warning("token_not_renewed", bank=record.bank, account=record.id, code=outcome, step=_step(failure))
        except Exception as error:
            trouble = storage_trouble(error)
            outcome = trouble.code if trouble is not None else "internal_error"
            log.exception("token_not_renewed", bank=record.bank, account=record.id, code=outcome, exc_info=error)
        RENEWALS.labels(record.bank, outcome).inc()

    async def _renew(self, record: AccountRecord) -> bool:
        """Renew the token of an account, and give whether that was due.

        Raises:
            BankFailure: the bank refuses or does not answer, or the operator has paused it.
            GatewayError: it took too long, or the integration was replaced or removed meanwhile.
        """
        stored, now = await self.rows.load(record.id, ACTIVE), self.clock.now()
        if not _due(stored, _refresh_life(record.bank), now):
            return False
        integration = await self.integrations.integration(record.tenant_id, record.id)
        credentials = integration.credentials
        if integration.state not in READ_STATES or credentials is None:
            return False
        if expired(integration, now) is not None or seconds_held(integration.suspicion, now) is not None:
            return False
        await check_paused(self.pauses, record, now, enrolling=False)
        account = self.at_banks.account(record, credentials)
        try:
            async with asyncio.timeout(self.wait_seconds):
                await self.reader.renew(account, stored.token if stored is not None else None)
        except TimeoutError as error:
            raise GatewayError("deadline_exceeded", f"no token within {self.wait_seconds:g} seconds") from error
        except BankFailure as failure:
            if failure.entry.stops_integration:
                await self.recording.failed(record, integration, failure)
            raise
        return True


def _short_lived() -> list[str]:
    """The banks at which an authorization ends when it is not renewed."""
    return [slug for slug in contracts.banks() if _refresh_life(slug)]


def _refresh_life(bank: str) -> timedelta:
    """The life of a refresh token of that bank; zero where there is none, or where it does not expire."""
    return timedelta(seconds=contracts.load(bank).authentication.refresh_token_seconds)


def _due(stored: StoredToken | None, life: timedelta, now: datetime) -> bool:
    """Whether a token is to be renewed: it is old, or its age is not known."""
    obtained_at = stored.obtained_at if stored is not None else None
    return obtained_at is None or now - obtained_at >= life / 3


def _step(failure: GatewayError) -> str | None:
    return failure.at if isinstance(failure, BankFailure) else None
