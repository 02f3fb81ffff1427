"""How the daily imports of a tenant's accounts stand, and importing what is missing now."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from gateway.accounts.banks import contract_of
from gateway.api.bodies import local_or_none
from gateway.api.documented import BodilessOperation, Doing, problems
from gateway.api.parameters import CursorText, next_of, one_of, place_of
from gateway.api.parts import parts_of
from gateway.api.requests import OPERATES, check_bank, tenant_of
from gateway.limits import LISTED_AT_ONCE
from gateway.storage.imports.states import ImportState

__all__ = ["ImportController"]


class ImportRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to import now: everything that is missing, or a part of it."""

    bank: Annotated[str | None, Meta(description="Only accounts at this bank.")] = None
    account_id: Annotated[str | None, Meta(description="Only this account.")] = None


EVERYTHING = ImportRequest()
"""What to import where the request has no body."""


class ImportAnswer(Struct, frozen=True):
    """What will be imported."""

    accounts: int
    """Accounts that are due and not imported yet, also those that have failed today."""


class BankImportsBody(Struct, frozen=True, kw_only=True):
    """The imports of today at one bank, in numbers of accounts."""

    bank: str
    enabled: int
    """All that are to be imported, whatever became of it."""
    done: int
    running: int
    due: int
    """Not done, not running, and not failed either. None is, before the bank's hour and on days without business."""
    failed: int
    late: int
    """Those not imported two hours after the bank's hour."""


class ImportsBody(Struct, frozen=True):
    """The imports of today."""

    banks: list[BankImportsBody]


class AccountImportBody(Struct, frozen=True, kw_only=True):
    """The import of one account."""

    account_id: str
    bank: str
    external_id: str | None
    state: ImportState
    imported_through: date | None
    """The last day that was imported with the present integration."""
    done_on: date | None
    """The business day of the last import that was done."""
    attempts: int
    """Those of today."""
    last_attempt_at: datetime | None
    last_outcome: str | None
    """`done`, or the code of the failure (`statement_not_ready` where the bank was late)."""
    next_attempt_at: datetime | None
    """Before it nothing is tried; null where the bank's hour or the day decides."""


class AccountImportList(Struct, frozen=True, kw_only=True):
    """A part of the accounts that are to be imported, oldest first."""

    accounts: list[AccountImportBody]
    next: str | None
    """The cursor of the following part; null at the end of the list."""


class ImportController(Controller):
    """The daily import, for those who look after accounts and need not see what is on them."""

    path = "/imports"
    tags = ("Imports",)

    @get(responses=problems(), opt=OPERATES, summary="See how the daily import stands")
    async def by_bank(self, request: Request[Any, Any, Any]) -> ImportsBody:
        """Today's import of the tenant's enabled accounts, by bank."""
        return ImportsBody(
            [
                BankImportsBody(
                    bank=each.bank,
                    enabled=each.enabled,
                    done=each.done,
                    running=each.running,
                    due=each.due,
                    failed=each.failed,
                    late=late,
                )
                for each, late in await parts_of(request).import_states.by_bank(tenant_of(request))
            ]
        )

    @get("/accounts", responses=problems(), opt=OPERATES, summary="List the imports of accounts")
    async def list(
        self,
        request: Request[Any, Any, Any],
        limit: Annotated[int, QueryParameter(ge=1, le=LISTED_AT_ONCE, description="Most accounts to answer.")] = 100,
        cursor: CursorText = "",
        bank: Annotated[str | None, QueryParameter(max_length=64, description="Only accounts at this bank.")] = None,
        in_state: Annotated[
            str | None,
            QueryParameter(
                name="state",
                description="Only accounts whose import stands so.",
                schema_extra={"enum": [state.value for state in ImportState]},
            ),
        ] = None,
        account_id: Annotated[str | None, QueryParameter(max_length=64, description="Only this account.")] = None,
    ) -> AccountImportList:
        """The tenant's enabled accounts, oldest first, each with its last import, its outcome and its next attempt.

        A `bank` that does not exist, and at which the tenant has no account, is refused.
        """
        state = one_of(ImportState, in_state, "state")
        listed, following = await parts_of(request).import_states.page(
            tenant_of(request),
            limit,
            place_of(cursor, "imports"),
            bank=bank,
            state=state,
            account_ids=[account_id] if account_id is not None else None,
        )
        if bank is not None and not listed:
            await check_bank(request, bank)
        bodies = [
            AccountImportBody(
                account_id=each.account_id,
                bank=each.bank,
                external_id=each.external_id,
                state=each.state,
                imported_through=each.through,
                done_on=each.done_on,
                attempts=each.attempts,
                last_attempt_at=local_or_none(each.attempted_at),
                last_outcome=each.outcome,
                next_attempt_at=local_or_none(each.next_attempt_at),
            )
            for each in listed
        ]
        return AccountImportList(accounts=bodies, next=next_of(following, "imports"))

    @post(
        status_code=202,
        responses=problems(Doing.TAKES_BODY, Doing.NAMES_ACCOUNT),
        opt=OPERATES,
        operation_class=BodilessOperation,
        summary="Import now",
    )
    async def ask(self, request: Request[Any, Any, Any], data: JSONBody[ImportRequest] = EVERYTHING) -> ImportAnswer:
        """Import what is due today and not imported yet within minutes, also what has failed and would wait longer.

        An account that was imported today is not imported again: its statement can be read at any time.
        """
        if data.bank is not None:
            contract_of(data.bank)
        if data.account_id is not None:
            await parts_of(request).registered.account(tenant_of(request), data.account_id)
        number = await parts_of(request).import_states.ask(
            tenant_of(request), bank=data.bank, account_id=data.account_id
        )
        return ImportAnswer(number)
