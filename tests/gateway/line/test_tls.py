"""A client certificate reaches the TLS library without touching a disk."""

import asyncio
import os
import select
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

import contracts
from gateway.concurrency.shares import TENANT
from gateway.judgement import judge
from gateway.limits import TLS_CONTEXT_THREADS
from gateway.line import tls
from gateway.line.tls import CertificatePool, client_context
from simulators.pki import Authority
from tests.gateway.webhooks.receiver import listening

WATCHED = """
import os, sys

made = []


def note(event, arguments):
    if event == "open" and (
        (isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"))
        or (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    ) and not isinstance(arguments[0], int):
        made.append(arguments[0])
    elif event in {"os.mkdir", "tempfile.mkdtemp", "tempfile.mkstemp", "os.rename", "os.link", "os.symlink"}:
        made.append(arguments[0])


from gateway.line.tls import client_context

pair = sys.stdin.read().split("\\0")
sys.addaudithook(note)
client_context(None, (pair[0], pair[1]))
sys.stdout.write(repr(made))
"""


@pytest.fixture(scope="module")
def pair():
    return Authority().client("company")


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def test_a_bundle_takes_the_place_of_the_systems_authorities(tmp_path):
    """Who names the authorities trusts no others."""
    authority = Authority().certificate
    bundle = tmp_path / "authorities.pem"
    bundle.write_text(authority)

    context = client_context(str(bundle), None)

    assert context.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(authority)]
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_nothing_is_written_anywhere(pair):
    """A process that is killed at any instant leaves no key behind, because none was on a disk."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED)],
        input="\0".join(pair),
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]"


@pytest.mark.parametrize("memory", ["file", "pipe"])
def test_each_kind_of_memory_serves_and_is_given_back(pair, memory, monkeypatch):
    """Anonymous files where the system has them, pipes elsewhere; chains of several certificates too."""
    if memory == "pipe":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    chain, key = pair
    open_before = open_files()
    for _ in range(5):
        client_context(None, (chain * 3, key))

    assert open_files() == open_before


@pytest.mark.parametrize("memory", ["file", "pipe"])
def test_what_cannot_be_used_is_given_back_too(pair, memory, monkeypatch):
    """A key of another pair, and no key at all."""
    if memory == "pipe":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    open_before = open_files()
    for key in ("", "CANARY"):
        with pytest.raises(ssl.SSLError):
            client_context(None, (pair[0], key))

    assert open_files() == open_before


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_crowd_of_certificates_of_one_tenant_holds_up_no_other(monkeypatch, anyio_backend):
    """The contexts of tenants are made in turn."""
    made, go = [], threading.Event()

    def make(ca_bundle, certificate, authorities):
        go.wait(10)
        made.append(certificate[0])
        return ssl.create_default_context()

    monkeypatch.setattr(tls, "client_context", make)
    pool = CertificatePool()

    async def connect(tenant, number):
        TENANT.set(tenant)
        async with pool.transport("host", (f"{tenant}{number}", "key")):
            pass

    crowd = [asyncio.create_task(connect("A", number)) for number in range(20)]
    await asyncio.sleep(0)
    crowd.append(asyncio.create_task(connect("B", 0)))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*crowd)

    assert "B0" in made[: 2 * TLS_CONTEXT_THREADS]
    await pool.aclose()


HOST = "secure.api.itau"


@pytest.mark.parametrize(
    ("names", "days", "trusted", "why"),
    [
        (("another.bank.test",), (-1, 1), True, "its certificate is for another name"),
        ((HOST,), (-3, -1), True, "its certificate has expired"),
        ((HOST,), (1, 3), True, "its certificate is not valid yet"),
        ((HOST,), (-1, 1), False, "its certificate is of no trusted authority"),
    ],
)
async def test_a_wrong_certificate_of_a_bank_is_named(tmp_path, names, days, trusted, why):
    """Nothing is sent there, and whoever looks after the gateway is told what to look at."""
    async with listening(tmp_path, names, days) as bank:
        bundle = tmp_path / ("receiver.pem" if trusted else "other.pem")
        (tmp_path / "other.pem").write_text(Authority().certificate)
        pool = CertificatePool(str(bundle), ("127.0.0.1", bank.port))
        async with pool.transport(HOST, None) as transport:
            with pytest.raises(httpx.ConnectError) as raised:
                await transport.handle_async_request(pool.addressed(httpx.Request("GET", f"https://{HOST}/")))
        await pool.aclose()
        assert bank.requests == []
    failure = judge(contracts.load("itau"), "statement", raised.value).failure
    assert (failure.code, failure.detail) == ("bank_unavailable", f"Itaú Unibanco could not be reached: {why}")


async def test_a_certificate_is_shown_also_to_a_bank_that_asks_for_it_only_after_the_request(tmp_path):
    """Servers that want one for some paths alone ask within the connection (RFC 8446, section 4.6.2)."""
    authority = Authority()
    certificate, key = authority.server(HOST)
    (tmp_path / "server.pem").write_text(key + certificate)
    (tmp_path / "authority.pem").write_text(authority.certificate)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "server.pem")
    serving.load_verify_locations(tmp_path / "authority.pem")
    serving.minimum_version = ssl.TLSVersion.TLSv1_3
    serving.verify_mode = ssl.CERT_REQUIRED
    serving.post_handshake_auth = True
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    shown = []

    def bank():
        accepted, _ = listener.accept()
        with accepted, suppress(ssl.SSLError), serving.wrap_socket(accepted, server_side=True) as connection:
            connection.recv(65536)
            shown.append(connection.getpeercert())
            connection.verify_client_post_handshake()
            connection.do_handshake()
            connection.settimeout(0)
            received = b"nothing yet"
            while received and not connection.getpeercert() and select.select([connection], [], [], 5)[0]:
                with suppress(ssl.SSLWantReadError):
                    received = connection.recv(1)
            shown.append(bool(connection.getpeercert()))
            connection.settimeout(5)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    pool = CertificatePool(str(tmp_path / "authority.pem"), listener.getsockname())
    with listener:
        banking = asyncio.create_task(asyncio.to_thread(bank))
        async with pool.transport(HOST, authority.client("company")) as transport:
            with suppress(httpx.TransportError):
                await transport.handle_async_request(pool.addressed(httpx.Request("GET", f"https://{HOST}/")))
        await banking
    await pool.aclose()
    assert shown == [None, True]
