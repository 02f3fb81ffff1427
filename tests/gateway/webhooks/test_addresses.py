"""Webhooks reach public addresses and what the operator allows, however these are written or named."""

import asyncio
import socket
import threading
from contextlib import suppress
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.concurrency.shares import TENANT
from gateway.errors import CallerError
from gateway.limits import DELIVERIES_OF_TENANT
from gateway.webhooks.addresses import NAMES, check_url, is_allowed, resolved, system_resolver

pytestmark = pytest.mark.anyio

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
INNER = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
    "fec0::1",
    "3fff::1",
    "192.88.99.1",
    "168.63.129.16",
    "192.0.0.192",
    "64:ff9b:1::1",
]
PUBLIC = ["8.8.8.8", "200.160.2.3", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused(address):
    """As a number in the address, and as what a name stands for."""
    assert not is_allowed(ip_address(address), (), secure=True)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(CallerError) as refused:
        check_url(f"https://{host}/hook", ())
    assert refused.value.field == "url"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed_with_tls_only(address):
    """What is sent there must not be readable on the way."""
    assert is_allowed(ip_address(address), (), secure=True)
    assert not is_allowed(ip_address(address), LOOPBACK, secure=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_what_the_operator_allows(address):
    """Also without TLS, in whatever way it is written."""
    assert is_allowed(ip_address(address), LOOPBACK, secure=False)
    assert not is_allowed(ip_address("10.0.0.1"), LOOPBACK, secure=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "ftp://example.com/",
        "http://example.com/",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://exämple.com/",
        "https://127\u30020\u30020\u30021/",
        "https://127.0.0.1./",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/\n",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://[::1/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_what_is_no_address_of_a_webhook(url):
    """Each is refused by the name of its field."""
    with pytest.raises(CallerError) as refused:
        check_url(url, ())
    assert (refused.value.code, refused.value.field) == ("invalid_request", "url")


@pytest.mark.parametrize("url", ["https://example.com", "https://hooks.example.com:8443/a?b=c", "https://8.8.8.8/x"])
def test_what_is_one(url):
    """Names are looked up later, at each attempt."""
    check_url(url, ())


def test_without_tls_only_where_the_operator_allows_something():
    """Which networks these are is seen when the name is looked up."""
    check_url("http://127.0.0.1:9/x", LOOPBACK)
    with pytest.raises(CallerError):
        check_url("http://8.8.8.8/x", LOOPBACK)


@given(public=st.lists(st.sampled_from(PUBLIC), max_size=3), inner=st.lists(st.sampled_from(INNER), max_size=2))
def test_every_address_of_a_name_must_be_allowed(public, inner):
    """One that is not spoils the others, wherever it stands."""
    found = [*public, *inner]

    async def resolver(host, port):
        assert (host, port) == ("hooks.example.com", 443)
        return found

    async def one():
        return await resolved(urlsplit("https://hooks.example.com/x"), (), resolver)

    if public and not inner:
        assert asyncio.run(one()) == list(dict.fromkeys(public))
    else:
        with pytest.raises(OSError, match=r"not public|no address"):
            asyncio.run(one())


async def test_names_that_nobody_answers_hold_up_no_other_tenant(monkeypatch):
    """A look-up goes on when the attempt is given up; those of one tenant leave threads for others."""
    silent = threading.Event()

    def look_up(host, port, **_):
        if host == "silent.test":
            silent.wait(60)
        return [(0, 0, 0, "", ("192.0.2.1", port))]

    async def gives_up():
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await system_resolver("silent.test", 443)

    async def of(tenant, work):
        TENANT.set(tenant)
        return await work

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        for _ in range(3):
            async with asyncio.TaskGroup() as attempts:
                for _ in range(DELIVERIES_OF_TENANT):
                    attempts.create_task(of("hostile", gives_up()))
        async with asyncio.timeout(10):
            found = await asyncio.create_task(of("honest", system_resolver("here.test", 443)))
    finally:
        silent.set()
    assert found == ["192.0.2.1"]
    for _ in range(1000):
        if not NAMES.empty():
            await asyncio.sleep(0.01)
    assert NAMES.empty()
