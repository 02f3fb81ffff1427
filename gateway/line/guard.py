"""Read-only by construction: requests that the contract does not list are never sent."""

import httpx

from contracts.schema import Contract, OperationKind
from gateway.errors import ForbiddenRequest
from gateway.line.call import call_of

__all__ = ["Guard", "check"]


def check(contract: Contract, request: httpx.Request) -> None:
    """Check that the contract lists a request: method, host and path of an operation, over TLS, with read scopes.

    Raises:
        ForbiddenRequest: it does not.
    """
    url = request.url
    if url.scheme != "https" or url.port not in {None, 443} or url.userinfo:
        raise ForbiddenRequest(f"{contract.slug}: {url.scheme} to {url.host} is not how this bank is reached")
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    name = contract.operation_for(request.method, url.host, path)
    if name is None:
        raise ForbiddenRequest(f"{contract.slug}: {request.method} {url.host}{path} is not in the contract")
    operation = contract.operations[name]
    if operation.kind is OperationKind.TOKEN:
        form = httpx.QueryParams(request.content.decode("ascii", "replace"))
        grant_types = form.get_list("grant_type")
        if len(grant_types) != 1 or grant_types[0] not in contract.authentication.grant.grant_types:
            raise ForbiddenRequest(f"{contract.slug}: what goes to the token address is no token request")
        if excess := set(form.get("scope", "").split()) - set(contract.authentication.scopes):
            raise ForbiddenRequest(f"{contract.slug}: the scopes {', '.join(sorted(excess))} are not read scopes")
    elif operation.method != "GET" and not operation.read_body:
        raise ForbiddenRequest(f"{contract.slug}: {request.method} {url.host}{path} is not declared to be a read")
    elif not operation.reads_with(request.content):
        raise ForbiddenRequest(f"{contract.slug}: a read has no body but the one that the contract states")


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
        check(call_of(request).contract, request)
        return await self._inner.handle_async_request(request)
