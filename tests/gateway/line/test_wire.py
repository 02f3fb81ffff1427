"""The innermost transport: reads all, but no more than it may, and goes nowhere it was not sent."""

import asyncio
import contextlib
import gzip
import itertools
import ssl
import tracemalloc
import zlib
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import respx

import contracts
from gateway.actions import ACTING, Acting
from gateway.claims import ClaimLost, holding
from gateway.errors import BankFailure
from gateway.judgement import failure_of as answered
from gateway.limits import ANSWER_PART_BYTES
from gateway.line import BankLine
from gateway.line.call import KEY, Call
from gateway.line.judge import Judge
from gateway.line.tls import CertificatePool, client_context
from gateway.line.wire import Wire
from gateway.model import Account, Credentials
from simulators.pki import Authority

pytestmark = pytest.mark.anyio

STATEMENT = contracts.load("inter").url("statement")
ACCOUNT = Account(
    id="1", bank="inter", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({})
)


class Connected:
    """A pool whose connections lead to a handler of requests."""

    def __init__(self, handler):
        self.handler = handler

    def addressed(self, request):
        return request

    @asynccontextmanager
    async def transport(self, host, certificate, *, new=False):
        yield httpx.MockTransport(self.handler)


@pytest.fixture
def router():
    with respx.MockRouter(using=None, assert_all_called=False) as router:
        yield router


@pytest.fixture
def connected(router):
    return Connected(router.async_handler)


async def ask(connected, largest_body=1000):
    line = BankLine(Judge(Wire(connected, largest_body)))
    request = httpx.Request("GET", STATEMENT, extensions={"operation": "statement"})
    return await line.send(request, account=ACCOUNT, certificate=None)


async def test_a_packed_body_is_unpacked(router, connected):
    """A compressed body is read as it was before compression."""
    router.get(STATEMENT).respond(content=gzip.compress(b'{"n": 1}'), headers={"content-encoding": "gzip"})

    response = await ask(connected)

    assert response.json() == {"n": 1}
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"x" * 1001, {}, "unexpected_bank_response"),
        (gzip.compress(b"x" * 100_000), {"content-encoding": "gzip"}, "unexpected_bank_response"),
        (b"no gzip", {"content-encoding": "gzip"}, "unexpected_bank_response"),
    ],
    ids=["too large", "too large once unpacked", "rubbish"],
)
async def test_a_body_that_is_too_much_or_cannot_be_unpacked(content, headers, code):
    """A body beyond the limit, packed small or not, and compressed rubbish are failures with a name."""
    answer = partial(httpx.Response, 200, headers=headers)
    connected = Connected(lambda _: answer(stream=httpx.ByteStream(content)))

    with pytest.raises(BankFailure) as failure:
        await ask(connected)

    assert failure.value.code == code


class Crumbs(httpx.AsyncByteStream):
    """A body in parts of a size, without an end; it counts those that are taken."""

    def __init__(self, content, size, most=None):
        self.parts = itertools.cycle(content[at : at + size] for at in range(0, len(content), size))
        self.most = most
        self.taken = 0

    async def __aiter__(self):
        for part in self.parts:
            if self.taken == self.most:
                return
            self.taken += 1
            yield part


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_body_in_crumbs_has_an_end(monkeypatch, coding):
    """Each part costs processor time, however few bytes it has, and whether or not they unpack to something."""
    monkeypatch.setattr("gateway.line.unpack.ANSWER_PARTS", 1000)
    stream = Crumbs(gzip.compress(b"", mtime=0), 1)
    connected = Connected(lambda _: httpx.Response(200, headers={"content-encoding": coding}, stream=stream))

    with pytest.raises(BankFailure) as failure:
        await ask(connected, largest_body=1_000_000)

    assert failure.value.code == "unexpected_bank_response"
    assert stream.taken == 1001


@pytest.mark.parametrize("content", [gzip.compress(b"", mtime=0), b"\0\0\0\xff\xff"], ids=["members", "blocks"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_others_have_their_turn_between_the_parts_of_a_body(coding, content):
    """A part may be received already and unpack to nothing: then nothing else lets others in."""
    begun = gzip.compress(b"", mtime=0)[:10] if content[0] == 0 else b""

    class Received(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield begun
            for at in range(500):
                yield content[at % len(content) :][:1]

    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    with contextlib.suppress(BankFailure):
        await ask(Connected(lambda _: httpx.Response(200, headers={"content-encoding": coding}, stream=Received())))
    other.cancel()

    assert turns >= 500


async def test_a_body_in_many_parts_that_are_no_crumbs_is_read(monkeypatch):
    """As of a server that sends each row as soon as it has it."""
    monkeypatch.setattr("gateway.line.unpack.ANSWER_PARTS", 1000)
    stream = Crumbs(b" " * ANSWER_PART_BYTES, ANSWER_PART_BYTES, most=2000)

    answer = await ask(Connected(lambda _: httpx.Response(200, stream=stream)), largest_body=1_000_000)

    assert len(answer.content) == 2000 * ANSWER_PART_BYTES


async def test_a_redirect_is_not_followed(router, connected):
    """A bank that sends us elsewhere is not obeyed."""
    elsewhere = router.get("https://evil.example/").respond(200)
    router.get(STATEMENT).respond(302, headers={"location": "https://evil.example/"})

    answer = await ask(connected)

    assert answer.status_code == 302
    assert answered(contracts.load("inter"), "statement", answer).code == "unexpected_bank_response"
    assert not elsewhere.called


def packed(content, coding="gzip"):
    """An answer that arrives in one piece, packed."""
    return Connected(
        lambda _: httpx.Response(200, headers={"content-encoding": coding}, stream=httpx.ByteStream(content))
    )


async def test_a_body_of_several_packed_members_is_whole():
    """RFC 1952 lets a packed body be one member after another."""
    body = gzip.compress(b"one, ", mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(b"two", mtime=0)

    assert (await ask(packed(body))).content == b"one, two"
    assert (await ask(packed(b""))).content == b""


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"", gzip.compress(b"", mtime=0) * 1000),
        (gzip.compress(b"", mtime=0)[:10], b"\0\0\0\xff\xff" * 4000),
        (b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"name" * 5000),
    ],
    ids=["members", "blocks", "name"],
)
async def test_a_packed_body_that_brings_nothing_ends(begun, more):
    """Its unpacked size alone would let it go on for as long as an attempt may take."""
    sent = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            nonlocal sent
            yield begun
            for _ in range(200):
                sent += len(more)
                yield more

    headers = {"content-encoding": "gzip"}
    connected = Connected(lambda _: httpx.Response(200, headers=headers, stream=Endless()))
    with pytest.raises(BankFailure) as failure:
        await ask(connected)

    assert failure.value.code == "unexpected_bank_response"
    assert sent < 100 * len(more)


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (gzip.compress(b"cut short" * 50)[:-9], "gzip"),
        (gzip.compress(b"one", mtime=0) + b"and something else", "gzip"),
        (zlib.compress(b"one"), "deflate"),
        (gzip.compress(gzip.compress(b"one", mtime=0)), "gzip, gzip"),
        (b"one", "br"),
    ],
    ids=["cut short", "followed by more", "deflate", "packed twice", "brotli"],
)
async def test_a_packed_body_that_is_not_whole_or_packed_otherwise(content, coding):
    """A body that is cut short, followed by other bytes, or packed in another coding is no answer."""
    with pytest.raises(BankFailure) as failure:
        await ask(packed(content, coding))

    assert failure.value.code == "unexpected_bank_response"


async def test_a_bomb_is_never_unpacked_at_once():
    """A part of a body that grows a thousandfold costs no more memory than the limit and a step."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    content = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    tracemalloc.start()
    try:
        with pytest.raises(BankFailure) as failure:
            await ask(packed(content), largest_body=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()

    assert failure.value.code == "unexpected_bank_response"


async def test_only_the_coding_that_is_read_is_asked_for(router, connected):
    """The request accepts gzip, and nothing else."""
    asked = router.get(STATEMENT).respond(200)

    await ask(connected)

    assert asked.calls.last.request.headers["accept-encoding"] == "gzip"


async def test_the_pool_keeps_no_more_than_it_may():
    """The pair of host and certificate unused for longest is closed first; one in use is kept."""
    pool = CertificatePool(size=2)
    async with pool.transport("a.example", None) as first:
        for host in ("b.example", "c.example", "d.example"):
            async with pool.transport(host, None):
                pass
        async with pool.transport("a.example", None) as again:
            assert again is first
    assert len(pool._kept) <= 2
    await pool.aclose()
    assert not pool._kept


async def test_a_pair_that_is_being_made_keeps_no_other_waiting():
    """A call that is cancelled while a context is made leaves it to the next; other pairs are made meanwhile."""
    pool = CertificatePool(size=1)

    async def use(host):
        async with pool.transport(host, None) as transport:
            await asyncio.sleep(0)
            return transport

    impatient = asyncio.create_task(use("a.example"))
    await asyncio.sleep(0)
    patient = [asyncio.create_task(use(host)) for host in ("a.example", "b.example", "a.example")]
    impatient.cancel()
    transports = await asyncio.gather(*patient)

    assert transports[1] is not transports[0]
    assert len(pool._kept) <= 2
    assert not any(held.in_use for held in pool._kept.values())
    await pool.aclose()


async def test_the_banks_name_is_kept_when_the_connection_goes_elsewhere():
    """Host header and server name stay the bank's when all connections go to loopback."""
    pool = CertificatePool(connect_to=("127.0.0.1", 9443))

    sent = pool.addressed(httpx.Request("GET", STATEMENT + "?a=1"))

    assert str(sent.url).startswith("https://127.0.0.1:9443/banking/v2/extrato/completo?a=1")
    assert sent.headers["host"] == "cdpj.partners.bancointer.com.br"
    assert sent.extensions["sni_hostname"] == "cdpj.partners.bancointer.com.br"


async def test_simulated_banks_alone_are_told_the_id_of_the_request():
    """Their journal names it; a real bank is told nothing of ours."""
    request = httpx.Request("GET", STATEMENT)
    token = ACTING.set(Acting(request_id="0123abcd"))
    try:
        simulated = CertificatePool(connect_to=("127.0.0.1", 9443)).addressed(request)
        real = CertificatePool().addressed(request)
    finally:
        ACTING.reset(token)

    assert simulated.headers["x-request-id"] == "0123abcd"
    assert "x-request-id" not in real.headers


async def test_certificate_and_key_must_belong_together():
    """A certificate with another key cannot be used, which is reported as a failure at TLS."""
    authority = Authority()
    certificate, key = authority.client("a")[0], authority.client("b")[1]

    with pytest.raises(ssl.SSLError):
        client_context(None, (certificate, key))
    pool = CertificatePool()
    line = BankLine(Judge(Wire(pool)))
    request = httpx.Request("GET", STATEMENT, extensions={"operation": "statement"})
    with pytest.raises(BankFailure) as failure:
        await line.send(request, account=ACCOUNT, certificate=(certificate, key))
    assert failure.value.nothing_sent
    await pool.aclose()


async def test_what_may_be_sent_once_goes_over_a_connection_of_its_own():
    """A bank that ends a connection when it is used again costs no request that spends something."""
    asked = []

    async def bank(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    server = await asyncio.start_server(bank, "127.0.0.1", 0)
    pool = CertificatePool()
    wire = Wire(pool)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def send(*, once):
        call = Call(contract=contracts.load("inter"), operation="statement", once=once)
        request = httpx.Request("GET", url, extensions={KEY: call})
        return (await wire.handle_async_request(request)).status_code

    try:
        assert await send(once=False) == 200
        assert [await send(once=True) for _ in range(3)] == [200, 200, 200]
        with pytest.raises(httpx.TransportError):
            await send(once=False)
        assert len(asked) == 4
    finally:
        await pool.aclose()
        server.close()


class Taken:
    """A claim that is another process's by the time it is looked at."""

    def __init__(self, connections):
        self.connections = connections
        self.connected_before = []

    async def renew(self):
        self.connected_before.append(len(self.connections))
        raise ClaimLost(self)


async def test_what_spends_something_is_not_sent_once_its_claim_is_lost():
    """Looked at when the connection is open and no byte has been sent; what spends nothing is sent all the same."""
    connections, asked = [], []

    async def bank(reader, writer):
        connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(bank, "127.0.0.1", 0)
    pool = CertificatePool()
    wire = Wire(pool)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    def request(*, once):
        call = Call(contract=contracts.load("inter"), operation="statement", once=once)
        return httpx.Request("GET", url, extensions={KEY: call})

    claim = Taken(connections)
    try:
        with holding(claim):
            with pytest.raises(ClaimLost):
                await wire.handle_async_request(request(once=True))
            assert (await wire.handle_async_request(request(once=False))).status_code == 200
        assert (await wire.handle_async_request(request(once=True))).status_code == 200
        assert len(claim.connected_before) == 1
        assert (len(connections), len(asked)) == (3, 2)
    finally:
        await pool.aclose()
        server.close()
