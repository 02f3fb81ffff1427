"""One lock for each key, for as long as it is used."""

import asyncio
import gc

import pytest

from gateway.concurrency.keyed import Keyed
from gateway.concurrency.slots import Holder, Slots

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_who_comes_for_the_same_key_waits_and_others_do_not():
    """Also when the first one has left meanwhile and others still wait."""
    locks, log = Keyed(asyncio.Lock), []

    async def work(key, name):
        async with locks[key]:
            log.append(f"{name} begins")
            await asyncio.sleep(0)
            log.append(f"{name} ends")

    async with locks["a"]:
        waiting = [asyncio.create_task(work("a", f"a{number}")) for number in range(3)]
        await asyncio.sleep(0)
        await work("b", "b")
    await asyncio.gather(*waiting)

    assert log == [f"{name} {what}" for name in ("b", "a0", "a1", "a2") for what in ("begins", "ends")]


async def test_an_unused_key_is_forgotten():
    """However many there were; one that is used stays."""
    keyed = Keyed(lambda: Slots(1, "test"))
    slot = keyed["used"].ask(Holder("a"), lambda: None)
    for number in range(100):
        keyed[str(number)].ask(Holder("a"), lambda: None).leave()
    gc.collect()
    assert len(keyed) == 1
    assert not keyed["used"].ask(Holder("b"), lambda: None).taken

    slot.leave()
    del slot
    gc.collect()
    assert len(keyed) == 0
