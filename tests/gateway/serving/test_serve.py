"""How connections are accepted, and whose word counts about where a request has come from."""

import asyncio
import socket
from contextlib import ExitStack
from ipaddress import ip_network

import psycopg
import pytest
import uvloop
from sqlalchemy.exc import DBAPIError

from gateway.limits import ACCEPTED_IN_ONE_PASS
from gateway.serving.serve import accepting, configured, serve
from gateway.settings import Secrets, Settings
from gateway.storage.encryption.key_check import verify_key
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database, storage_trouble
from tests import postgresql
from tests.gateway.support import VAULT_KEY

pytestmark = pytest.mark.anyio

CLIENTS = 8 * ACCEPTED_IN_ONE_PASS


async def passes_until_accepted(sockets, clients):
    """How many passes of the loop it takes until so many connections that wait are accepted."""
    loop, passes, accepted = asyncio.get_running_loop(), 0, 0

    class Counted(asyncio.Protocol):
        def connection_made(self, transport):
            nonlocal accepted
            accepted += 1
            transport.close()

    servers = [await loop.create_server(Counted, sock=each) for each in sockets]
    while accepted < clients:
        await asyncio.sleep(0)
        passes += 1
    for server in servers:
        server.close()
    return passes


def test_a_crowd_of_connections_is_accepted_in_a_few_passes():
    """Whoever comes after a hundred others does not wait until the loop has gone round a hundred times."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=CLIENTS))
        sockets = accepting(listener)
        for each in sockets:
            stack.enter_context(each)
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        passes = uvloop.run(asyncio.wait_for(passes_until_accepted(sockets, CLIENTS), 30))
    assert passes < CLIENTS / 4


async def client_seen(proxies, peer, forwarded):
    """Address and scheme that the application sees of a request from a peer that names these."""
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["client"][0], scope["scheme"]))

    settings = Settings(database_url="sqlite://", secret_keys=Secrets(), proxies=tuple(map(ip_network, proxies)))
    config = configured(app, asyncio.Protocol, settings)
    config.load()
    headers = [(b"x-forwarded-for", forwarded), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "asgi": {}, "client": (peer, 1), "scheme": "http", "headers": headers}
    await config.loaded_app(scope, None, None)
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "seen"),
    [
        ([], "127.0.0.1", b"10.9.9.9", ("127.0.0.1", "http")),
        ([], "::1", b"10.9.9.9", ("::1", "http")),
        (["127.0.0.1"], "10.0.0.1", b"10.9.9.9", ("10.0.0.1", "http")),
        (["127.0.0.1"], "127.0.0.1", b"10.9.9.9, 10.0.0.7", ("10.0.0.7", "https")),
        (["127.0.0.1", "10.1.0.0/16"], "127.0.0.1", b"10.9.9.9, 10.0.0.7, 10.1.2.3", ("10.0.0.7", "https")),
    ],
)
async def test_only_proxies_that_are_named_say_who_calls(monkeypatch, proxies, peer, forwarded, seen):
    """Anybody else would choose among whom to wait; of the addresses the last counts that no proxy has."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")

    assert await client_seen(proxies, peer, forwarded) == seen


def test_a_database_that_may_only_be_read_is_named_before_the_application_starts(postgresql_server):
    """A standby that was taken for the primary: one line, where the application's start would be a traceback."""
    url = postgresql_server.database()
    asyncio.run(_keys_verified(postgresql.driven(url)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on")

    with pytest.raises(DBAPIError) as met:
        serve(Settings(database_url=postgresql.driven(url), secret_keys=Secrets((VAULT_KEY,))), "127.0.0.1", 0)

    trouble = storage_trouble(met.value)
    assert trouble is not None
    assert trouble.detail == "the database cannot be used: it is read-only"
    postgresql_server.drop(url)


async def _keys_verified(url):
    """Store what a first start stores."""
    database = Database(url)
    await verify_key(database, Vault([VAULT_KEY]))
    await database.aclose()
