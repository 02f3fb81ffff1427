"""The banks as a transport: what a client sees of each fault, at once."""

import time

import httpx
import pytest

from simulators.banks import open_banks
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.inprocess import InProcess
from simulators.pki import Authority
from simulators.world import World

pytestmark = pytest.mark.anyio

AUTHORITY = Authority()


class Client:
    """A client of Inter, and the faults that are injected into its calls."""

    def __init__(self):
        self.world = World(1, FrozenClock(NOW), AUTHORITY)
        self.banks = open_banks(self.world).banks
        self.bank = self.banks["inter"]
        self.account = self.bank.open_account("12345678")
        self.url = self.bank.contract.url("token")

    def inject(self, fault, operation="token", number="12345678", **more):
        """Let a fault loose."""
        return self.world.inject("inter", number, operation, fault, more)

    async def ask(self, url="", patience=5.0):
        """Ask for a token."""
        async with httpx.AsyncClient(transport=self.transport(), timeout=patience) as client:
            return await client.post(url or self.url, data=self.form())

    def transport(self):
        """A transport that shows the account's certificate."""
        return InProcess(self.banks.values, self.account.credentials["certificate"])

    def form(self):
        """What the account's holder sends for a token."""
        secrets = {name: self.account.credentials[name] for name in ("client_id", "client_secret")}
        return {**secrets, "grant_type": "client_credentials", "scope": "extrato.read"}

    def last(self):
        """Status and fault of the last record."""
        record = self.world.journal.of("inter")[-1]
        return record.status, record.fault


@pytest.fixture
def client():
    return Client()


async def test_an_answer(client):
    """The bank of the host answers, with the date and the length of its body."""
    answer = await client.ask()

    assert answer.json()["token_type"] == "Bearer"
    assert answer.headers["date"]
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_nobody_has_this_host(client):
    """A host of no bank cannot be reached, and no bank hears of it."""
    with pytest.raises(httpx.ConnectError):
        await client.ask("https://example.test/")
    assert not client.world.journal.of()


async def test_the_handshake_is_refused(client):
    """Without a certificate of the test authority there is no connection."""
    with pytest.raises(httpx.ConnectError, match="certificate required"):
        await InProcess(client.banks.values).handle_async_request(httpx.Request("POST", client.url))


@pytest.mark.parametrize(
    ("fault", "parameters", "seen", "status"),
    [
        ("connection_refused", {}, httpx.ConnectError, None),
        ("connection_reset", {}, httpx.ReadError, None),
        ("cut_connection", {}, httpx.RemoteProtocolError, None),
        ("stalled", {}, httpx.ReadTimeout, None),
        ("reset_in_body", {}, httpx.ReadError, 200),
        ("wrong_length", {"by": 1}, httpx.RemoteProtocolError, 200),
        ("dribble", {"bytes_per_second": 0.1}, httpx.ReadTimeout, 200),
        ("compressed_garbage", {}, httpx.DecodingError, 200),
    ],
)
async def test_what_the_client_sees(client, fault, parameters, seen, status):
    """Each shape of delivery is the client's own error, without waiting; the journal tells fault and status."""
    client.inject(fault, **parameters)
    begun = time.monotonic()

    with pytest.raises(seen):
        await client.ask()

    assert time.monotonic() - begun < 2
    assert client.last() == (status, fault)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("connection_refused", httpx.ConnectError),
        ("connection_reset", httpx.ConnectError),
        ("stalled", httpx.ConnectTimeout),
    ],
)
@pytest.mark.parametrize("number", [None, "12345678"])
async def test_the_connection_itself(client, fault, seen, number):
    """A fault of the connection is an error of connecting, for anybody or for one account."""
    client.inject(fault, "tls", number)

    with pytest.raises(seen):
        await client.ask()
    assert client.world.faults[-1].applied == 1


async def test_slow_is_not_too_slow(client):
    """A dribble within the client's patience is an answer, and one without a limit waits for everything."""
    client.inject("dribble", bytes_per_second=1)

    assert (await client.ask()).status_code == 200
    assert (await client.ask(patience=None)).status_code == 200


async def test_a_body_travels_packed_and_in_parts(client):
    """The transport unpacks nothing and holds no huge body; a reader stops where it likes."""
    client.inject("decompression_bomb", megabytes=1024)
    request = httpx.Request("POST", client.url, data=client.form())

    response = await client.transport().handle_async_request(request)
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > 10_000_000:
            break

    assert response.headers["content-encoding"] == "gzip"
    assert 10_000_000 < size < 100_000_000


async def test_a_token_taken_for_expired(client):
    """The bank refuses a good token as it refuses an expired one; token calls themselves are spared."""
    client.inject("token_expired", None)
    answer = await client.ask()
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}

    async with httpx.AsyncClient(transport=client.transport()) as reader:
        refused = await reader.get(client.bank.contract.url("balance"), headers=headers)

    assert (answer.status_code, refused.status_code) == (200, 401)
    assert client.last() == (401, "token_expired")


async def test_refusals_are_struck_too(client):
    """What a fault does to an answer, it does to a refusal of the bank as well."""
    client.account = client.bank.open_account("87654321", "invalid_credentials")
    client.inject("wrong_content_type", number=None, content_type="text/plain")

    answer = await client.ask()

    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/plain")
