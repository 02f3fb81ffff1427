"""The holders of the tenant's accounts, and which of them have to act."""

import re
from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import QueryParameter
from msgspec import Struct

from gateway.api.documented import problems
from gateway.api.parameters import one_of
from gateway.api.parts import parts_of
from gateway.api.requests import SEES, tenant_of
from gateway.errors import CallerError
from gateway.limits import LISTED_AT_ONCE
from gateway.storage.accounts.records import State
from gateway.texts.wordings import NOT_A_PLACE

__all__ = ["HolderController"]

TAX_ID = re.compile(r"[0-9A-Z]{11,14}", re.ASCII)


class HolderBody(Struct, frozen=True, kw_only=True):
    """A company or a person, with how the integrations of its accounts stand."""

    holder_tax_id: str
    """CPF or CNPJ, without punctuation."""
    accounts: int
    needs_action: int
    """How many of its accounts a person has to see to; `GET /v1/accounts?state=needs_action` tells why."""
    states: dict[State, int]
    """Numbers of accounts by the state of their integration; states without accounts are left out."""
    banks: list[str]
    """Slugs."""


class HolderList(Struct, frozen=True):
    """A part of the holders, by their tax ids."""

    holders: list[HolderBody]
    next: str | None
    """The `cursor` of the following part; null at the end."""


class HolderController(Controller):
    """Holders of the accounts of the tenant whose key it is."""

    path = "/holders"
    tags = ("Accounts",)

    @get(responses=problems(), opt=SEES, summary="List holders")
    async def list(
        self,
        request: Request[Any, Any, Any],
        limit: Annotated[int, QueryParameter(ge=1, le=LISTED_AT_ONCE, description="Most holders to answer.")] = 100,
        cursor: Annotated[str, QueryParameter(max_length=64, description="`next` of the part before.")] = "",
        in_state: Annotated[
            str | None,
            QueryParameter(
                name="state",
                description="Only holders with an account whose integration is in this state.",
                schema_extra={"enum": [state.value for state in State]},
            ),
        ] = None,
    ) -> HolderList:
        """The companies and persons whose accounts the tenant has registered, each once."""
        if cursor and TAX_ID.fullmatch(cursor) is None:
            detail = "`cursor` is not the `next` of a list"
            raise CallerError("invalid_request", detail, field="cursor", portuguese=NOT_A_PLACE)
        parts, state = parts_of(request), one_of(State, in_state, "state")
        now = parts.clock.now()
        listed, goes_on = await parts.holders.page(tenant_of(request), now, limit, cursor, state=state)
        bodies = [
            HolderBody(
                holder_tax_id=each.tax_id,
                accounts=sum(each.states.values()),
                needs_action=each.states.get(State.NEEDS_ACTION, 0),
                states=each.states,
                banks=each.banks,
            )
            for each in listed
        ]
        return HolderList(bodies, bodies[-1].holder_tax_id if goes_on else None)
