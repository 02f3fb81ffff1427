"""An answer belongs to the request that asked for it, whatever else a server has sent on the connection."""

import asyncio
import contextlib
import ssl

import httpx
import pytest
from anyio.abc import SocketStream

from gateway.limits import ANSWER_HEAD_BYTES, ANSWER_HEAD_STEP_BYTES
from gateway.line.tls import CertificatePool
from simulators.pki import Authority

pytestmark = pytest.mark.anyio

FOREIGN = b'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"another"'
RECORD = 16 * 1024
"""The most that one record of TLS carries."""


def told(text, head=b""):
    return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n\r\n%b" % (head, len(text), text)


def chunked(text):
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)


def filled(answer):
    """An answer that fills a record, so that what follows it stands in another one."""
    return told(b"x" * (RECORD - len(told(answer)) - 4) + answer)


@contextlib.asynccontextmanager
async def server(answers, context=None):
    """A server that gives its n-th request of all the n-th answer, and notes which connection each came over."""
    asked = []
    left = iter(answers)

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                asked.append(writer)
                writer.write(next(left))
        writer.transport.abort()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1], asked
    finally:
        listening.close()


async def ask(pool, url, host="127.0.0.1"):
    async with pool.transport(host, None) as transport:
        timeout = httpx.Timeout(10).as_dict()
        async with asyncio.timeout(10):
            response = await transport.handle_async_request(httpx.Request("GET", url, extensions={"timeout": timeout}))
            await response.aread()
        return response


@pytest.mark.parametrize(
    "first",
    [
        told(b'"own"') + FOREIGN,
        told(b'"own"') + FOREIGN[:1],
        chunked(b'"own"') + FOREIGN,
        b"HTTP/1.1 204 No Content\r\n\r\n" + FOREIGN,
        b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 304 Not Modified\r\n\r\n" + FOREIGN,
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n[]",
    ],
    ids=["two", "a byte", "chunked", "204 and another", "204 with a body", "304", "a length too short"],
)
async def test_what_stands_behind_an_answer_is_no_answer(first):
    """The next request, which may be another tenant's, gets its own, over another connection."""
    pool = CertificatePool()
    async with server([first, told(b'"second"'), told(b'"third"')]) as (port, asked):
        url = f"http://127.0.0.1:{port}/"
        await ask(pool, url)
        assert [(await ask(pool, url)).text for _ in range(2)] == ['"second"', '"third"']
        assert asked[0] is not asked[1]
        assert asked[1] is asked[2]
        await pool.aclose()


async def test_an_answer_in_a_record_of_its_own_is_none_for_the_next(tmp_path):
    """TLS has taken it from the system already, which knows of nothing to be read."""
    authority = Authority()
    chain, key = authority.server("localhost")
    (tmp_path / "bank.pem").write_text(chain + key)
    (tmp_path / "ca.pem").write_text(authority.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "bank.pem")
    first = filled(b'"own"')
    assert len(first) == RECORD
    pool = CertificatePool(str(tmp_path / "ca.pem"))
    async with server([first + FOREIGN, told(b'"second"'), told(b'"third"')], context) as (port, asked):
        url = f"https://localhost:{port}/"
        assert (await ask(pool, url, "localhost")).text.endswith('"own"')
        assert [(await ask(pool, url, "localhost")).text for _ in range(2)] == ['"second"', '"third"']
        assert asked[0] is not asked[1]
        assert asked[1] is asked[2]
        await pool.aclose()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_connection_that_the_bank_has_closed_meanwhile_is_not_used_again(tmp_path, scheme):
    """A request that spends something must not be lost on it, nor one that is sent once."""
    authority = Authority()
    chain, key = authority.server("localhost")
    (tmp_path / "bank.pem").write_text(chain + key)
    (tmp_path / "ca.pem").write_text(authority.certificate)
    context = None
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "bank.pem")
    pool = CertificatePool(str(tmp_path / "ca.pem"))
    async with server([told(b"1"), told(b"2"), told(b"3")], context) as (port, asked):
        url = f"{scheme}://localhost:{port}/"
        assert (await ask(pool, url, "localhost")).text == "1"
        asked[0].transport.abort()
        # The system knows of it at once, and of nothing else: the library does not read from an idle connection.
        await asyncio.sleep(0)
        assert [(await ask(pool, url, "localhost")).text for _ in range(2)] == ["2", "3"]
        assert asked[1] is asked[2]
        await pool.aclose()


async def test_looking_at_idle_connections_asks_the_library_for_nothing(monkeypatch):
    """Each request looks at all of them twice, and the library collects all that it knows for one thing asked."""
    looked = []
    collected = SocketStream.extra_attributes.fget
    monkeypatch.setattr(
        SocketStream, "extra_attributes", property(lambda stream: looked.append(stream) or collected(stream))
    )
    pool = CertificatePool()
    async with server([told(b"%d" % number) for number in range(4)]) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        await ask(pool, url)
        opened = len(looked)
        assert opened
        for _ in range(3):
            await ask(pool, url)
        assert len(looked) == opened
        await pool.aclose()


@pytest.mark.parametrize(
    ("begun", "more"),
    [(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000)],
    ids=["interim answers", "headers"],
)
async def test_a_head_without_an_end_is_given_up(begun, more):
    """It is read in small parts, between which others have their turn, and no longer than any real one."""

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(begun)
            while True:
                writer.write(more)
                await writer.drain()

    turns, parts = 0, ANSWER_HEAD_BYTES // ANSWER_HEAD_STEP_BYTES

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    other = asyncio.create_task(others())
    pool = CertificatePool()
    with pytest.raises(httpx.RemoteProtocolError, match="too long"):
        await ask(pool, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/")
    other.cancel()
    assert turns > parts
    await pool.aclose()
    listening.close()


async def test_a_long_body_is_no_long_head():
    """Only what comes before the head is whole counts, an interim answer among it."""
    body = b"[%b]" % (b" " * 4 * ANSWER_HEAD_BYTES)
    first = b"HTTP/1.1 100 Continue\r\n\r\n" + told(body, b"x: %b\r\n" % (b"y" * ANSWER_HEAD_STEP_BYTES))
    pool = CertificatePool()
    async with server([first, chunked(body)]) as (port, asked):
        url = f"http://127.0.0.1:{port}/"
        assert [(await ask(pool, url)).content for _ in range(2)] == [body, body]
        assert asked[0] is asked[1]
        await pool.aclose()
