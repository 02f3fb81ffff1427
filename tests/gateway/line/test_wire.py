"""The innermost transport: reads all, but no more than it may, and goes nowhere it was not sent."""

import gzip
import ssl
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import respx

import contracts
from gateway.errors import BankFailure
from gateway.line import BankLine
from gateway.line.tls import CertificatePool, client_context
from gateway.line.wire import Wire
from gateway.model import Account, Credentials
from simulators.certify.cases import NOW
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
    async def transport(self, host, certificate):
        yield httpx.MockTransport(self.handler)


@pytest.fixture
def router():
    with respx.MockRouter(using=None, assert_all_called=False) as router:
        yield router


@pytest.fixture
def connected(router):
    return Connected(router.async_handler)


async def ask(connected, largest_body=1000):
    line = BankLine(Wire(connected, largest_body))
    request = httpx.Request("GET", STATEMENT, extensions={"operation": "statement"})
    return await line.send(request, account=ACCOUNT, certificate=None)


async def test_a_packed_body_is_unpacked(router, connected):
    """What comes compressed is read as it was written."""
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
)
async def test_a_body_that_is_too_much_or_cannot_be_unpacked(content, headers, code):
    """A body beyond the limit, packed small or not, and compressed rubbish are failures with a name."""
    answer = partial(httpx.Response, 200, headers=headers)
    connected = Connected(lambda _: answer(stream=httpx.ByteStream(content)))

    with pytest.raises(BankFailure) as failure:
        await ask(connected)

    assert failure.value.code == code


async def test_a_redirect_is_not_followed(router, connected):
    """A bank that sends us elsewhere is not obeyed."""
    elsewhere = router.get("https://evil.example/").respond(200)
    router.get(STATEMENT).respond(302, headers={"location": "https://evil.example/"})

    assert (await ask(connected)).status_code == 302
    assert not elsewhere.called


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


async def test_the_banks_name_is_kept_when_the_connection_goes_elsewhere():
    """Host header and server name stay the bank's when all connections go to loopback."""
    pool = CertificatePool(connect_to=("127.0.0.1", 9443))

    sent = pool.addressed(httpx.Request("GET", STATEMENT + "?a=1"))

    assert str(sent.url).startswith("https://127.0.0.1:9443/banking/v2/extrato/completo?a=1")
    assert sent.headers["host"] == "cdpj.partners.bancointer.com.br"
    assert sent.extensions["sni_hostname"] == "cdpj.partners.bancointer.com.br"


async def test_certificate_and_key_must_belong_together():
    """A certificate with another key cannot be used, and that is told as a failure at TLS."""
    authority = Authority(NOW)
    certificate, key = authority.client("a")[0], authority.client("b")[1]

    with pytest.raises(ssl.SSLError):
        client_context(None, (certificate, key))
    line = BankLine(Wire(CertificatePool()))
    request = httpx.Request("GET", STATEMENT, extensions={"operation": "statement"})
    with pytest.raises(BankFailure) as failure:
        await line.send(request, account=ACCOUNT, certificate=(certificate, key))
    assert failure.value.nothing_sent
