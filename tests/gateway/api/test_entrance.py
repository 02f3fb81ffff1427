"""Requests of strangers begin one after the other; those of tenants, and those that come alone, begin at once."""

import asyncio
from types import SimpleNamespace

import pytest

from gateway.api.entrance import Entrance
from gateway.api.parts import PARTS

pytestmark = pytest.mark.anyio

CROWD = 40


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Asked:
    """An application behind an entrance, and the order in which requests reach it."""

    def __init__(self):
        self.begun = []
        keys = SimpleNamespace(seen={"known": "tenant-a"}.get)
        self._entrance = Entrance(self._answer, {PARTS: SimpleNamespace(keys=SimpleNamespace(seen=keys.seen))})

    async def _answer(self, scope, receive, send):
        self.begun.append(scope["name"])

    def ask(self, name, *, path="/metrics", client="10.0.0.1", key=""):
        """A request that is on its way."""
        headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
        scope = {"type": "http", "path": path, "client": (client, 1), "headers": headers, "name": name}
        return asyncio.create_task(self._entrance(scope, None, None))


async def test_a_request_that_comes_alone_begins_at_once():
    """Whoever sends it."""
    asked = Asked()

    await asked.ask("stranger")

    assert asked.begun == ["stranger"]


@pytest.mark.parametrize("key", ["", "unknown"])
async def test_a_tenant_does_not_wait_for_strangers(key):
    """Strangers wait for each other, in the order in which they came."""
    asked = Asked()
    crowd = [asked.ask(number, key=key) for number in range(CROWD)]
    await asyncio.sleep(0)

    await asked.ask("tenant", key="known")

    assert asked.begun == [0, "tenant"]
    await asyncio.gather(*crowd)
    assert asked.begun == [0, "tenant", *range(1, CROWD)]


async def test_addresses_take_turns_and_so_does_health():
    """A crowd of one address does not make the others wait."""
    asked = Asked()
    crowd = [asked.ask(number) for number in range(CROWD)]
    others = [asked.ask("other", client="10.0.0.2"), asked.ask("live", path="/health/live")]
    await asyncio.gather(*crowd, *others)

    assert set(asked.begun[:4]) >= {"other", "live"}
    assert sorted(map(str, asked.begun)) == sorted(map(str, ["other", "live", *range(CROWD)]))


@pytest.mark.parametrize(
    "of_crowd",
    [
        lambda number: {"path": f"/health/{number}"},
        lambda number: {"path": "/health/live"},
        lambda number: {"client": f"2001:db8::{number}"},
        lambda number: {"client": "::ffff:10.0.0.1"},
    ],
    ids=["paths", "health", "one network", "mapped"],
)
async def test_a_crowd_has_one_turn_in_all(of_crowd):
    """Whatever paths it asks for, and whichever addresses of its network it takes: the others wait for few of them."""
    asked = Asked()
    crowd = [asked.ask(number, **of_crowd(number)) for number in range(CROWD)]
    others = [
        asked.ask("other", client="2001:db8:0:1::"),
        asked.ask("mapped", client="::ffff:10.0.0.2"),
        asked.ask("live", path="/health/live", client="10.0.0.2"),
        asked.ask("unnamed", client="proxy"),
    ]
    await asyncio.gather(*crowd, *others)

    assert {"other", "mapped", "live", "unnamed"} <= set(asked.begun[:6])


async def test_one_that_is_given_up_takes_nobodys_turn():
    """The others begin all the same."""
    asked = Asked()
    crowd = [asked.ask(number) for number in range(6)]
    await asyncio.sleep(0)
    crowd[2].cancel()
    await asyncio.gather(*crowd, return_exceptions=True)

    assert asked.begun == [0, 1, 3, 4, 5]
