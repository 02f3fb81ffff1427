"""Server names in the client's first message, and clients that are refused after the handshake is done for them."""

import asyncio
import ssl
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.clock import BRASILIA
from simulators.pki import Authority
from simulators.serving.client_hello import server_name
from simulators.serving.tls import TLSProtocol, contexts
from simulators.simulation import Simulation

NOW = datetime.now(BRASILIA)  # TLS itself looks at the machine's clock


class Wire(asyncio.Transport):
    """A connection that keeps what was sent, and how it was ended."""

    def __init__(self):
        super().__init__()
        self.sent = b""
        self.ends = []

    def write(self, data):
        """Keep it."""
        self.sent += data

    def can_write_eof(self):
        """It can be ended on one side."""
        return True

    def write_eof(self):
        """Nothing more is sent."""
        self.ends.append("write_eof")

    def close(self):
        """Both sides are ended."""
        self.ends.append("close")

    def abort(self):
        """Cut."""
        self.ends.append("abort")


def context(purpose, authority, chain, folder):
    """A context that trusts an authority and shows a certificate."""
    file = folder / "chain.pem"
    file.write_text("\n".join(chain))
    found = ssl.SSLContext(purpose)
    found.load_cert_chain(file)
    found.load_verify_locations(cadata=authority.certificate)
    found.verify_mode = ssl.CERT_REQUIRED
    return found


def hello(name):
    """A real ClientHello."""
    context, outgoing = ssl.create_default_context(), ssl.MemoryBIO()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    engine = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        engine.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("name", ["cdpj.partners.bancointer.com.br", "a.b"])
def test_the_name_is_found(name):
    """The name that a client asks for is found in its first message."""
    assert server_name(hello(name)) == name


@pytest.mark.parametrize("name", ["CDPJ.Partners.BancoInter.com.br", "cdpj.partners.bancointer.com.br."])
def test_a_name_is_the_same_in_every_spelling(name):
    """Names of hosts have no case and may end with a dot, so that the context of the bank is found all the same."""
    assert server_name(hello("x" * len(name)).replace(b"x" * len(name), name.encode())) == (
        "cdpj.partners.bancointer.com.br"
    )


def test_a_client_without_tls_is_told_so():
    """At once and in its own terms: else it waits until the handshake has lasted too long."""
    refusals: list[tuple[str, str]] = []
    wire = Wire()
    connection = TLSProtocol({}.__getitem__, asyncio.Protocol, lambda _: None, lambda *told: refusals.append(told))
    with asyncio.Runner() as runner:

        async def speak():
            connection.connection_made(wire)
            for part in (b"GET /banking/v2/sal", b"do HTTP/1.1\r\nhost: A.example:443\r\n", b"\r\n"):
                assert not wire.sent
                connection.data_received(part)
            connection.connection_lost(None)

        runner.run(speak())
    assert wire.sent.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"TLS" in wire.sent.partition(b"\r\n\r\n")[2]
    assert wire.ends == ["write_eof"]
    assert refusals == [("a.example", "the client speaks HTTP without TLS")]


def test_no_name():
    """A client that asks for no name gets the unnamed context."""
    assert server_name(hello(None)) == ""


@given(st.binary(max_size=300), st.integers(0, 600))
def test_any_bytes_have_a_name_or_none(noise, cut):
    """Whatever comes in, there is a name or none, never an exception."""
    assert isinstance(server_name(noise), str)
    assert isinstance(server_name(hello("bank.example")[:cut] + noise), str)


def test_each_host_has_one_context_and_strangers_share_one():
    """It is made once, and this bank's demands a certificate; any name that no bank has is as none."""
    context_of = contexts(Simulation(ready=False))
    host = "cdpj.partners.bancointer.com.br"

    assert context_of(host) is context_of(host)
    assert context_of(host).verify_mode is not ssl.CERT_NONE
    assert context_of("bank.example") is context_of("") is context_of("localhost")
    assert context_of("localhost").verify_mode is ssl.CERT_NONE


@pytest.mark.anyio
async def test_a_refused_client_reads_why(tmp_path):
    """A client whose request is under way when its certificate is refused is heard out, so that it reads the alert."""
    ours, theirs = Authority(1), Authority(2)
    server = context(ssl.PROTOCOL_TLS_SERVER, ours, ours.server("bank.example"), tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, ours, theirs.client("somebody"), tmp_path)
    incoming, outgoing, wire = ssl.MemoryBIO(), ssl.MemoryBIO(), Wire()
    engine = client.wrap_bio(incoming, outgoing, server_hostname="bank.example")
    refusals: list[tuple[str, str]] = []
    connection = TLSProtocol(lambda _: server, asyncio.Protocol, lambda _: None, lambda *told: refusals.append(told))
    connection.connection_made(wire)

    with pytest.raises(ssl.SSLWantReadError):
        engine.do_handshake()
    connection.data_received(outgoing.read())
    incoming.write(wire.sent)
    engine.do_handshake()
    hello_done = len(wire.sent)
    connection.data_received(outgoing.read())
    engine.write(b"GET / HTTP/1.1")
    connection.data_received(outgoing.read())

    assert wire.ends == ["write_eof"]
    assert [host for host, _ in refusals] == ["bank.example"]
    assert refusals[0][1].startswith("client certificate not accepted: ")
    incoming.write(wire.sent[hello_done:])
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        engine.read()
    connection.connection_lost(None)
