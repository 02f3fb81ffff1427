"""Registering, listing, changing and removing accounts."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec.structs import asdict

from gateway.api.attending import attended
from gateway.api.bodies import AccountBody, AccountChange, AccountList, AccountRequest, account_body
from gateway.api.documented import Doing, problems
from gateway.api.parameters import next_of, one_of, place_of
from gateway.api.parts import parts_of
from gateway.api.requests import MANAGES, SEES, asked_account, check_bank, note_bank, tenant_of
from gateway.errors import CallerError
from gateway.limits import CURSOR_CHARACTERS, EXTERNAL_ID_CHARACTERS, LISTED_AT_ONCE
from gateway.storage.accounts.filters import Filter
from gateway.storage.accounts.records import NewAccount, State

__all__ = ["AccountController"]

REGISTERING = problems(Doing.ASKS_BANK, Doing.TAKES_BODY, Doing.REGISTERS)
LISTING = problems(Doing.READS_STORED)
READING = problems(Doing.NAMES_ACCOUNT, Doing.READS_STORED)
CHANGING = problems(Doing.NAMES_ACCOUNT, Doing.READS_STORED, Doing.TAKES_BODY, Doing.REGISTERS)


class AccountController(Controller):
    """Accounts of the tenant whose key it is."""

    path = "/accounts"
    tags = ("Accounts",)

    @post(responses=REGISTERING, opt=MANAGES, summary="Register an account")
    async def register(self, request: Request[Any, Any, Any], data: JSONBody[AccountRequest]) -> Response[AccountBody]:
        """Register a bank account, with or without credentials.

        With credentials the bank is asked at once; if it refuses them, nothing is registered. Where the account holder
        has yet to authorise, the integration in the answer has the address of the bank's page.
        """
        registering = parts_of(request).enrolment.register(tenant_of(request), NewAccount(**asdict(data)))
        record, integration = await attended(request, registering)
        note_bank(request, record.bank)
        return Response(
            account_body(record, integration), status_code=201, headers={"Location": f"/v1/accounts/{record.id}"}
        )

    @get(responses=LISTING, opt=SEES, summary="List accounts")
    async def list(
        self,
        request: Request[Any, Any, Any],
        limit: Annotated[int, QueryParameter(ge=1, le=LISTED_AT_ONCE, description="Most accounts to answer.")] = 100,
        offset: Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="Accounts to leave out.")] = 0,
        cursor: Annotated[
            str,
            QueryParameter(max_length=CURSOR_CHARACTERS, description="`next` of the part before; not with `offset`."),
        ] = "",
        holder_tax_id: Annotated[
            str | None, QueryParameter(max_length=64, description="Only accounts of this CPF or CNPJ.")
        ] = None,
        external_id: Annotated[
            str | None, QueryParameter(max_length=EXTERNAL_ID_CHARACTERS, description="Only the account of this id.")
        ] = None,
        bank: Annotated[str | None, QueryParameter(max_length=64, description="Only accounts at this bank.")] = None,
        in_state: Annotated[
            str | None,
            QueryParameter(
                name="state",
                description="Only accounts whose integration is in this state now.",
                schema_extra={"enum": [state.value for state in State]},
            ),
        ] = None,
    ) -> AccountList:
        """The tenant's accounts, oldest first; with `state=needs_action` those that a person has to see to.

        With `next` of one part as `cursor` of the following one, each account that stays registered is listed once,
        whatever is added or removed meanwhile. A `bank` that does not exist, and at which the tenant has no account, is
        refused.
        """
        if cursor and offset:
            detail, portuguese = "`cursor` and `offset` exclude each other", "Use `cursor` ou `offset`, não os dois."
            raise CallerError("invalid_request", detail, field="offset", portuguese=portuguese)
        registered, tenant_id = parts_of(request).registered, tenant_of(request)
        records, total, following = await registered.page(
            tenant_id,
            limit,
            offset,
            place_of(cursor, "accounts"),
            Filter(
                holder_tax_id=holder_tax_id, external_id=external_id, bank=bank, state=one_of(State, in_state, "state")
            ),
        )
        if bank is not None and not records:
            await check_bank(request, bank)
        integrations = await registered.integrations(tenant_id, records)
        bodies = [account_body(record, integrations[record.id]) for record in records]
        return AccountList(
            accounts=bodies, total=total, limit=limit, offset=offset, next=next_of(following, "accounts")
        )

    @get("/{account_id:str}", responses=READING, opt=SEES, summary="Read an account")
    async def read(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> AccountBody:
        """One account with the state of its integration."""
        return account_body(*await asked_account(request, account_id))

    @patch("/{account_id:str}", responses=CHANGING, opt=MANAGES, summary="Change an account")
    async def change(
        self, request: Request[Any, Any, Any], account_id: FromPath[str], data: JSONBody[AccountChange]
    ) -> AccountBody:
        """Change the description or your own id, or make the account the default one.

        The former default account is no longer the default. An id that another account has is refused.
        """
        registered, tenant_id = parts_of(request).registered, tenant_of(request)
        record = await registered.change(
            tenant_id,
            account_id,
            description=None if data.description is UNSET else data.description.strip(),
            default=None if data.default is UNSET else data.default,
            external_id=data.external_id,
        )
        note_bank(request, record.bank)
        return account_body(record, await registered.integration(record))

    @delete("/{account_id:str}", responses=READING, opt=MANAGES, summary="Remove an account")
    async def remove(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> None:
        """Remove an account; its credentials and tokens are erased."""
        record = await parts_of(request).registered.remove(tenant_of(request), account_id)
        note_bank(request, record.bank)
