"""Enabling and disabling an account's integration."""

from typing import Any

from litestar import Controller, Request, delete, get, put
from litestar.params import FromPath, JSONBody

from gateway.api.problems import PROBLEMS
from gateway.api.requests import service_of, tenant_of
from gateway.api.wire import IntegrationBody, IntegrationRequest, StrictBody, integration_body

__all__ = ["IntegrationController"]


class IntegrationController(Controller):
    """Integrations."""

    path = "/accounts/{account_id:str}/integration"
    tags = ("Integrations",)

    @put(dto=StrictBody[IntegrationRequest], return_dto=None, responses=PROBLEMS, summary="Enable an integration")
    async def enable(
        self, request: Request[Any, Any, Any], account_id: FromPath[str], data: JSONBody[IntegrationRequest]
    ) -> IntegrationBody:
        """Enable with credentials, which are verified by one small read at the bank.

        Credentials that the bank refuses leave an integration that works as it was.
        """
        service = service_of(request)
        return integration_body(await service.enable(tenant_of(request), account_id, data.credentials))

    @get(responses=PROBLEMS, summary="Read the state of an integration")
    async def read(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> IntegrationBody:
        """State, last success, last failure, and when certificate or consent expire. No credentials."""
        store, tenant_id = service_of(request).store, tenant_of(request)
        await store.account(tenant_id, account_id)
        return integration_body((await store.integrations(tenant_id, [account_id]))[account_id])

    @delete(responses=PROBLEMS, summary="Disable an integration")
    async def disable(self, request: Request[Any, Any, Any], account_id: FromPath[str]) -> None:
        """Disable; credentials and tokens are erased."""
        await service_of(request).disable(tenant_of(request), account_id)
