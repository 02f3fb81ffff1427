"""A name that nobody answers for holds up no connection to another, and the first address that takes one is used."""

import asyncio
import contextlib
import socket
import ssl
import threading

import httpcore
import httpx
import pytest

from gateway.causes import why_unreached
from gateway.concurrency.names import NameLookUps
from gateway.concurrency.slots import Holder
from gateway.http.one_answer import NAMES, OneAnswerTransport
from gateway.limits import NAME_ADDRESSES
from tests.gateway.garbage import calls_left

pytestmark = pytest.mark.anyio

LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=0)
TIMEOUT = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
SILENT, REFUSES = "192.0.2.1", "192.0.2.2"


async def answer(reader, writer):
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]")
        await writer.drain()
    writer.close()


@pytest.fixture
async def port():
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
async def transport():
    async with OneAnswerTransport(ssl.create_default_context(), LIMITS) as made:
        yield made


async def ask(transport, host, port):
    request = httpx.Request("GET", f"http://{host}:{port}/", extensions={"timeout": TIMEOUT})
    response = await transport.handle_async_request(request)
    await response.aread()
    return response.status_code


def found(*addresses):
    """What the system's resolver gives."""
    return [
        (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses
    ]


async def test_a_name_that_nobody_answers_for_holds_up_no_other(transport, port, monkeypatch):
    """The nameservers of one bank are away, and many of its requests want a connection."""
    answered = threading.Event()

    def look_up(host, *_, **__):
        if "silent" in str(host):
            answered.wait(60)
        return found("127.0.0.1")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    silent = [asyncio.create_task(ask(transport, "silent.test", port)) for _ in range(100)]
    try:
        for number in range(3):
            assert await ask(transport, f"bank{number}.test", port) == 200
    finally:
        answered.set()
        await asyncio.gather(*silent, return_exceptions=True)
    for _ in range(1000):
        if not NAMES.empty():
            await asyncio.sleep(0.01)
    assert NAMES.empty()


async def test_the_next_address_is_tried_where_one_is_refused_or_silent(transport, port, monkeypatch):
    asked = []
    original = httpcore.AnyIOBackend.connect_tcp

    async def connect(self, host, *given):
        asked.append(host)
        if host == SILENT:
            await asyncio.Event().wait()
        if host == REFUSES:
            raise httpcore.ConnectError
        return await original(self, host, *given)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found(SILENT, REFUSES, "127.0.0.1"))
    assert await ask(transport, "bank.test", port) == 200
    assert asked == [SILENT, REFUSES, "127.0.0.1"]


async def test_few_of_many_addresses_are_tried_and_those_of_both_families(transport, monkeypatch):
    """A name may stand for thousands; where one family leads nowhere the other has its turn."""
    asked = []

    async def refuse(self, host, *_, **__):
        asked.append(host)
        raise httpcore.ConnectError

    many = [*(f"2001:db8::{number}" for number in range(1, 1000)), "192.0.2.1", "192.0.2.2"]
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found(*many))
    with pytest.raises(httpx.ConnectError):
        await ask(transport, "bank.test", 443)
    assert asked[:4] == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]
    assert len(asked) == NAME_ADDRESSES


async def test_a_name_that_stands_for_nothing(transport, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpx.ConnectError) as caught:
        await ask(transport, "nobody.test", 443)
    assert why_unreached(caught.value) == "its name is not known"


@pytest.mark.parametrize("addresses", [("192.0.2.1",), ("192.0.2.1", "192.0.2.2")])
async def test_a_connection_that_all_addresses_refuse_leaves_no_circle(transport, monkeypatch, addresses):
    async def refuse(*_, **__):
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found(*addresses))
    with calls_left() as calls:
        with pytest.raises(httpx.ConnectError) as caught:
            await ask(transport, "bank.test", 443)
        del caught
    assert calls == []


async def test_a_look_up_that_fails_leaves_no_circle(monkeypatch):
    def look_up(host, *_, **__):
        if host == "nobody.test":
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return found("192.0.2.1")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    names = NameLookUps(1, "names")
    with calls_left() as calls:
        with pytest.raises(OSError, match="not known") as caught:
            await names.addresses("nobody.test", 443, Holder("nobody.test"))
        del caught
        # The one thread has let go of the first look-up when it comes to the second.
        await names.addresses("bank.test", 443, Holder("bank.test"))
    assert calls == []
