"""The banks as an ASGI application: what becomes of requests that are not ordinary."""

import errno

import httpx
import pytest

from simulators.serving.addresses import note_unread
from simulators.serving.server import LARGEST_REQUEST_BYTES, application, serve
from simulators.worlds.registry import Worlds

pytestmark = pytest.mark.anyio


def scope(path="/itau/api/oauth/token", method="POST"):
    return {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")],
        "state": {},
    }


async def ask(worlds, *messages, **more):
    """What is sent to a caller whose connection gives these messages; `more` says what else stands in the scope."""
    left, sent = list(messages), []

    async def receive():
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await application(worlds)(scope() | more, receive, send)
    return sent


async def test_half_a_request_is_none():
    """Whoever is cut off in the middle of a request has asked nothing: there is no answer and no record."""
    worlds = Worlds()
    half = {"type": "http.request", "body": b"grant_type=client_cred", "more_body": True}

    assert await ask(worlds, half, {"type": "http.disconnect"}) == []
    assert not worlds.shared.world.journal.records

    whole = {"type": "http.request", "body": b"grant_type=client_credentials"}
    sent = await ask(worlds, whole)
    assert sent[0]["status"] >= 400
    assert [each.operation for each in worlds.shared.world.journal.records] == ["token"]


async def test_what_hinders_the_start_is_all_that_is_said(tmp_path, caplog):
    """Such as a disk that is full when the addresses are told: the server ends in order, without a trace of its own."""

    def announce(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await serve("127.0.0.1", 0, 0, 1, tmp_path, announce)
    assert not caplog.records


@pytest.mark.parametrize(
    "host",
    ["CDPJ.partners.bancointer.com.br", "cdpj.partners.bancointer.com.br:443", "cdpj.partners.bancointer.com.br."],
)
async def test_a_host_is_the_same_in_every_spelling(host):
    """With capitals, a port or a last dot: the bank is found, which takes no connection without a certificate."""
    app = application(Worlds())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        with pytest.raises(httpx.ConnectError):
            await client.post("/oauth/v2/token", headers={"host": host})


async def test_a_host_of_other_letters_is_no_bank():
    """Bytes that are no ASCII name nobody."""
    transport = httpx.ASGITransport(application(Worlds()))
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        answer = await client.get("/oauth/v2/token", headers={b"host": "ção".encode("latin-1")})
    assert answer.status_code == 421


INTER = "cdpj.partners.bancointer.com.br"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ([], "header host missing"),
        ([(b"host", b"127.0.0.1:9443")], "header host: must be the host name of a bank, got 127.0.0.1"),
    ],
)
async def test_a_request_that_names_no_bank_stands_in_the_journal(host, why):
    """With the bank that the handshake named; the answer says what to change."""
    worlds = Worlds()
    own = {"scheme": "https", "query_string": b"a=b", "headers": host, "state": {"server_name": INTER}}
    sent = await ask(worlds, {"type": "http.request"}, **own)
    assert sent[0]["status"] == 421
    assert why.encode() in sent[1]["body"]
    (record,) = worlds.shared.world.journal.records
    assert (record.bank, record.host, record.method) == ("inter", INTER, "POST")
    assert (record.path, record.query, record.status) == ("/itau/api/oauth/token", "a=b", 421)
    assert record.why == f"request not read: {why}"


async def test_a_body_that_is_too_large_stands_in_the_journal():
    """Under the operation's address."""
    worlds = Worlds()
    sent = await ask(worlds, {"type": "http.request", "body": b"a" * (LARGEST_REQUEST_BYTES + 1), "more_body": True})
    assert sent[0]["status"] == 413
    (record,) = worlds.shared.world.journal.records
    assert (record.bank, record.host, record.path) == ("itau", "sts.itau.com.br", "/api/oauth/token")
    assert record.status == 413
    assert record.why.startswith("request not read: the body has more than ")


@pytest.mark.parametrize("named", ["", "sts.itau.com.br"])
async def test_a_certificate_that_was_not_asked_for_is_not_missed(named):
    """A handshake that names no server, or another, is not asked for a certificate: the journal says that."""
    worlds = Worlds()
    state = {"server_name": named}
    own = {"scheme": "https", "headers": [(b"host", INTER.encode())], "state": state, "raw_path": b"/oauth/v2/token"}
    with pytest.raises(httpx.ConnectError):
        await ask(worlds, {"type": "http.request"}, **own)
    (record,) = worlds.shared.world.journal.records
    told = named or "nothing"
    assert record.why == f"handshake refused: no certificate was asked for, since TLS named the server {told}"


async def test_the_asterisk_is_no_part_of_a_host():
    """`OPTIONS *` asks the server itself, at the host that it names."""
    worlds = Worlds()
    own = {"scheme": "https", "method": "OPTIONS", "raw_path": b"*", "path": "*"}
    await ask(worlds, {"type": "http.request"}, **own, headers=[(b"host", b"oauth.bb.com.br")])
    (record,) = worlds.shared.world.journal.records
    assert record.host == "oauth.bb.com.br"


def test_a_slug_is_no_part_of_the_path():
    """Without TLS it names the bank of a request that cannot be read; an unknown one names none."""
    simulation = Worlds().shared
    note_unread(simulation, "", "GET /inter/banking/v2/saldo?nome=a", 400, "it has a blank")
    note_unread(simulation, "", "GET /nobody/banking", 400, "it has a blank")
    note_unread(simulation, "nobody.example", "GET /banking", 400, "it has a blank")
    (record,) = simulation.world.journal.records
    assert (record.bank, record.path, record.query) == ("inter", "/banking/v2/saldo", "nome=a")
