"""Server names in the client's first message."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.tls import server_name


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


def test_no_name():
    """A client that asks for no name gets the unnamed context."""
    assert server_name(hello(None)) == ""


@given(st.binary(max_size=300), st.integers(0, 600))
def test_any_bytes_have_a_name_or_none(noise, cut):
    """Whatever comes in, there is a name or none, never an exception."""
    assert isinstance(server_name(noise), str)
    assert isinstance(server_name(hello("bank.example")[:cut] + noise), str)
