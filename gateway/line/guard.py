"""Read-only by construction: a request that the contract does not list does not leave."""

import httpx

from contracts.schema import Contract, OperationKind
from gateway.errors import ForbiddenRequest

__all__ = ["Guard", "check"]


def check(contract: Contract, request: httpx.Request) -> None:
    """Let pass what the contract lists: method, host and path of an operation, over TLS, with read scopes.

    Raises:
        ForbiddenRequest: anything else.
    """
    url = request.url
    if url.scheme != "https" or url.port not in {None, 443} or url.userinfo:
        raise ForbiddenRequest(f"{contract.slug}: {url.scheme} to {url.host} is not how this bank is reached")
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    name = contract.operation_for(request.method, url.host, path)
    if name is None:
        raise ForbiddenRequest(f"{contract.slug}: {request.method} {url.host}{path} is not in the contract")
    if contract.operations[name].kind is OperationKind.TOKEN:
        form = httpx.QueryParams(request.content.decode("ascii", "replace"))
        if excess := set(form.get("scope", "").split()) - set(contract.authentication.scopes):
            raise ForbiddenRequest(f"{contract.slug}: the scopes {', '.join(sorted(excess))} are not read scopes")
    elif request.content:
        raise ForbiddenRequest(f"{contract.slug}: a read has no body")


class Guard(httpx.AsyncBaseTransport):
    """Checks each request before it goes on.

    Args:
        inner: the next transport.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on if it may leave.

        Raises:
            ForbiddenRequest: it may not.
        """
        check(request.extensions["contract"], request)
        return await self._inner.handle_async_request(request)
