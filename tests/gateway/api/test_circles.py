"""What a failed reading has used is let go at once, not only when garbage is collected.

An error holds every call that it passed by its traceback. Where one of these calls, or what it holds, refers to the
error, all of it stays in memory, bodies of the bank among it, and collecting it holds up all other callers.
"""

import gc
from types import FrameType

import httpx
import pytest

from tests.gateway.support import FakeInter, enabled

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _: httpx.Response(200, content=b"{,}"),
        lambda _: httpx.Response(200, content=b"[" * 1_000_000),
        lambda _: httpx.Response(200, html="<h1>Manutenção</h1>"),
        lambda _: httpx.Response(200, json={"transacoes": [{"dataEntrada": "x"}]}),
        lambda _: httpx.Response(503),
    ],
)
async def test_a_failed_reading_leaves_no_circle(client: httpx.AsyncClient, bank: FakeInter, spoilt) -> None:
    """None of our calls is garbage afterwards."""
    account = await enabled(client)
    bank.answer = lambda request: spoilt(request) if request.extensions["operation"] == "statement" else None

    async def read() -> int:
        return (await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")).status_code

    await read()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert await read() in {502, 503}
        gc.collect()
        kept = [each.f_code.co_qualname for each in gc.garbage if isinstance(each, FrameType)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert [name for name in kept if "test_" not in name] == []
