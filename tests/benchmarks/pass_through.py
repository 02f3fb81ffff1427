"""The least that a gateway does: an ASGI application that sends recorded requests to a bank and gives its answers.

Run as `python -m tests.benchmarks.pass_through`. Standard input: one line of JSON, `{"ca", "connect_to",
"statements"}`; a statement has its `requests`, each a list of method, address and headers, and the `certificate` of its
account. A
`GET /N` sends those of statement N, one after the other, with the HTTP client that the gateway uses, and answers with
the bodies joined. It prints one line of JSON, `{"url"}`, when it listens.
"""

import json
import socket
import sys
from typing import Any

import httpx
import uvicorn

from gateway.line.tls import CertificatePool

IDLE_SECONDS = 600


def application(order: dict[str, Any]) -> Any:
    """The application for the statements of an order."""
    host, port = order["connect_to"]
    pool = CertificatePool(order["ca"], (host, port))
    statements = order["statements"]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        statement = statements[int(scope["path"][1:])]
        certificate = tuple(statement["certificate"]) if statement["certificate"] else None
        bodies = []
        for method, url, headers in statement["requests"]:
            request = httpx.Request(method, url, headers=headers)
            async with pool.transport(request.url.host, certificate) as transport:
                response = await _sent(transport, pool.addressed(request))
                bodies.append(await response.aread())
                await response.aclose()
            if response.status_code != 200:
                raise RuntimeError(f"the bank answered {response.status_code}")
        body = b"".join(bodies)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    return app


async def _sent(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    """The response, over a connection that the bank has not closed while it was idle between two turns."""
    while True:
        try:
            return await transport.handle_async_request(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            continue


def main() -> None:
    """Serve until ended."""
    order = json.loads(sys.stdin.readline())
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    # Callers are idle for as long as a turn of the gateway takes.
    config = uvicorn.Config(
        application(order), lifespan="off", log_config=None, access_log=False, timeout_keep_alive=IDLE_SECONDS
    )
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}) + "\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
