"""A bank with many entries, and a caller that takes its answer part by part."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from litestar import Litestar

from gateway.limits import HELD_ENTRIES
from tests.gateway.support import NOW, FakeInter

Client = httpx.AsyncClient
PER_DAY = HELD_ENTRIES // 3
DAYS = {"from": "2026-03-09", "to": "2026-03-13"}
ENTRIES = 5 * PER_DAY


class BusyInter(FakeInter):
    """Answers like Inter for one account with many Pix of 10.00 a day, newest first, a day in two pages."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0
        self.answer = self._answer

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.extensions["operation"] == "balance":
            day = request.url.params.get("dataSaldo", NOW.date().isoformat())
            days = (NOW.date().fromisoformat(day) - NOW.date()).days + 1000
            return httpx.Response(200, json={"disponivel": days * 10 * PER_DAY})
        if request.extensions["operation"] != "statement":
            return None
        self.pages += 1
        days = self._page(request.url.params)["transacoes"]
        assert isinstance(days, list)
        page = int(request.url.params["pagina"])
        day, half = days[page // 2], page % 2
        numbers = range(PER_DAY - 1, -1, -1)[half * PER_DAY // 2 : (half + 1) * PER_DAY // 2]
        rows = [day | {"idTransacao": f"{day['idTransacao']}-{number}"} for number in numbers]
        last = page + 1 == 2 * len(days)
        return httpx.Response(
            200, json={"totalElementos": len(days) * PER_DAY, "ultimaPagina": last, "transacoes": rows}
        )


async def ask(client: Client, account: str, **more: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params=DAYS | more)


class Caller:
    """Speaks ASGI itself: takes an answer part by part, and may hang up."""

    def __init__(self, app: Litestar, client: Client) -> None:
        self._app = app
        self._key = client.headers["Authorization"]
        self.messages: list[dict[str, Any]] = []
        self._hung_up = asyncio.Event()

    async def ask(self, account: str, taking: Callable[[dict[str, Any]], None]) -> None:
        """Ask for the large statement; `taking` is called with each message."""
        requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            for request in requests:
                return request
            await self._hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.messages.append(message)
            taking(message)
            await asyncio.sleep(0)

        path = f"/v1/accounts/{account}/statement"
        await self._app(
            {  # type: ignore[arg-type]
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "raw_path": path.encode(),
                "query_string": httpx.QueryParams(DAYS).__str__().encode(),
                "root_path": "",
                "headers": [(b"authorization", self._key.encode())],
                "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 2),
                "state": {},
            },
            receive,
            send,
        )

    def hang_up(self) -> None:
        """Hang up. A server says so too once an answer is complete."""
        self._hung_up.set()

    @property
    def status(self) -> int:
        """Status of the answer."""
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        """What was taken of it."""
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def is_complete(self) -> bool:
        """Whether the whole answer was sent."""
        return not self.messages[-1].get("more_body", True)
