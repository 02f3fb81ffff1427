"""Enabling and disabling an account's integration."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from gateway.api.attending import attended
from gateway.api.bodies import IntegrationBody, IntegrationRequest, integration_body
from gateway.api.documented import Doing, problems
from gateway.api.parts import parts_of
from gateway.api.requests import MANAGES, SEES, asked_account, note_bank, tenant_of

__all__ = ["IntegrationController"]

READING = problems(Doing.NAMES_ACCOUNT, Doing.READS_STORED)
ANSWERS = problems(Doing.ASKS_BANK, Doing.TAKES_BODY, Doing.NAMES_ACCOUNT, Doing.READS_STORED, Doing.REGISTERS) | {
    202: ResponseSpec(
        IntegrationBody, generate_examples=False, description="The account holder must authorise at the bank."
    )
}


class IntegrationController(Controller):
    """Integrations."""

    path = "/accounts/{account_id:str}/integration"
    tags = ("Integrations",)

    @put(responses=ANSWERS, opt=MANAGES, summary="Enable an integration")
    async def enable(
        self, request: Request[Any, Any, Any], account_id: FromPath[str], data: JSONBody[IntegrationRequest]
    ) -> Response[IntegrationBody]:
        """Enable with credentials, which are verified by one small read at the bank.

        Credentials that the bank refuses do not change an integration that works; after twenty refusals within an hour
        the bank is not asked (429 `too_many_refusals`). Where the account holder has yet to authorise, the answer is
        202 with the address of the bank's page; until then, an integration that worked goes on working.
        """
        enabling = parts_of(request).enrolment.enable(tenant_of(request), account_id, data.credentials)
        record, integration = await attended(request, enabling)
        note_bank(request, record.bank)
        body = integration_body(integration)
        return Response(body, status_code=202 if body.authorization_url is not None else 200)

    @get(responses=READING, opt=SEES, summary="Read the state of an integration")
    async def read(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> IntegrationBody:
        """State, last success, last failure, and when certificate or consent expire. No credentials."""
        _, integration = await asked_account(request, account_id)
        return integration_body(integration)

    @delete(responses=READING, opt=MANAGES, summary="Disable an integration")
    async def disable(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> None:
        """Disable; credentials and tokens are erased."""
        record = await parts_of(request).registered.disable(tenant_of(request), account_id)
        note_bank(request, record.bank)
