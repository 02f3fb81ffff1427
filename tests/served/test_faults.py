"""Faults on the wire, seen by a client that looks at bytes and at how its connection ends."""

import contextlib
import re
import socket
import ssl
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import urlencode

import pytest

from contracts import load

INTER = load("inter").host("api")
STONE = load("stone").host("api")
PATIENCE = 10.0
"""Seconds after which a client that waits for something gives up."""


@pytest.fixture
def listed(banks):
    """An account of its own, whose faults go with the test."""
    found = banks.new_account("inter")
    yield found
    banks.ask("DELETE", "/faults", params={"bank": "inter", "number": found["account"]["number"]})


@pytest.fixture
def inject(banks, listed):
    """Inject a fault into the token calls of the account, or into the calls of another operation or account."""

    def inject(fault, **more):
        aim = {"number": listed["account"]["number"], "operation": "token", **more}
        response = banks.ask("POST", "/faults", json={"bank": "inter", "fault": fault, **aim})
        assert response.status_code == 201, response.text
        return response.json()["id"]

    return inject


@pytest.fixture
def context(banks, listed, tmp_path):
    """A client's TLS with the account's certificate."""
    file = Path(tmp_path, "client.pem")
    file.write_text(listed["credentials"]["certificate"] + "\n" + listed["credentials"]["private_key"])
    context = ssl.create_default_context(cafile=banks.ca)
    context.load_cert_chain(file)
    return context


@pytest.fixture(params=["plain", "tls"])
def ask(request, banks, listed, context):
    """Ask for a token on either port: all bytes of the answer, and how the connection ended."""

    def ask(patience=PATIENCE):
        with connected(banks, context if request.param == "tls" else None, patience) as client:
            client.sendall(token_request(listed, "" if request.param == "tls" else "/inter"))
            return received(client)

    return ask


@contextlib.contextmanager
def connected(banks, context, patience=PATIENCE, host=INTER):
    """A connection to a bank, over TLS when there is a context."""
    address, port = (banks.tls if context else banks.http.removeprefix("http://")).split(":")
    with socket.create_connection((address, int(port)), timeout=patience) as plain:
        if context is None:
            yield plain
        else:
            yield Secure(plain, context, host)


class Secure:
    """TLS over a socket that still tells RST from FIN, which the standard library's own does not.

    Raises:
        ssl.SSLEOFError, ssl.SSLZeroReturnError: the connection was closed during the handshake.
    """

    def __init__(self, plain, context, host):
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._engine = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._through(self._engine.do_handshake)
        self.version = self._engine.version()

    def sendall(self, data):
        """Encrypt and send."""
        self._through(lambda: self._engine.write(data))

    def recv(self, size):
        """The received bytes, decrypted; empty at the end."""
        try:
            return self._through(lambda: self._engine.read(size))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def _through(self, step):
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._send()
                if came := self._plain.recv(65_536):
                    self._incoming.write(came)
                else:
                    self._incoming.write_eof()
            else:
                self._send()
                return done

    def _send(self):
        if waiting := self._outgoing.read():
            self._plain.sendall(waiting)


def token_request(listed, prefix):
    """The bytes of a request for a token."""
    secrets = {name: listed["credentials"][name] for name in ("client_id", "client_secret")}
    form = urlencode({**secrets, "grant_type": "client_credentials", "scope": "extrato.read"})
    head = (
        f"POST {prefix}/oauth/v2/token HTTP/1.1",
        f"host: {INTER}",
        "content-type: application/x-www-form-urlencoded",
        f"content-length: {len(form)}",
        "connection: close",
    )
    return "\r\n".join([*head, "", form]).encode()


def received(client):
    """All that comes, and the end: `closed`, `reset` or `late`."""
    came = bytearray()
    try:
        while part := client.recv(65_536):
            came += part
    except (ConnectionResetError, BrokenPipeError):
        return bytes(came), "reset"
    except TimeoutError:
        return bytes(came), "late"
    return bytes(came), "closed"


def parts(answer):
    """Status line, promised length (None without one) and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return head.split(b"\r\n")[0], length and int(length[1]), body


def test_without_a_fault_there_is_a_token(ask):
    """The client of these tests gets a whole answer."""
    answer, end = ask()
    status, length, body = parts(answer)

    assert (status, length, end) == (b"HTTP/1.1 200 OK", len(body), "closed")
    assert b"access_token" in body


@pytest.mark.parametrize(
    ("fault", "end"), [("connection_refused", "reset"), ("connection_reset", "reset"), ("cut_connection", "closed")]
)
def test_no_answer_at_all(ask, inject, fault, end):
    """The connection ends before a single byte, by RST or by FIN; the next call is served."""
    inject(fault, times=1)

    assert ask() == (b"", end)
    assert ask()[0].startswith(b"HTTP/1.1 200 OK")


def test_a_stalled_call_ends_after_its_time(ask, inject):
    """Nothing comes; the impatient leave, the patient see the connection closed."""
    inject("stalled", parameters={"seconds": 0.2})

    assert ask(0.1) == (b"", "late")
    started = time.monotonic()
    assert ask() == (b"", "closed")
    assert time.monotonic() - started >= 0.19


def test_a_stalled_call_delays_no_other(banks, ask, inject):
    """While one call stalls, another account is served."""
    inject("stalled", times=1, parameters={"seconds": 0.6})
    ends = []
    waiting = threading.Thread(target=lambda: ends.append(ask()))
    waiting.start()
    while not [fault for fault in banks.ask("GET", "/faults").json()["active"] if fault["struck"]]:
        time.sleep(0.01)
    started = time.monotonic()

    answered = ask()
    took = time.monotonic() - started

    waiting.join(timeout=PATIENCE)
    assert answered[0].startswith(b"HTTP/1.1 200 OK")
    assert took < 0.5
    assert ends == [(b"", "closed")]


def test_a_reset_in_the_body(ask, inject):
    """Head and half of the body come as promised, then RST."""
    inject("reset_in_body", parameters={"keep": 50})

    answer, end = ask()
    status, length, body = parts(answer)

    assert (status, end) == (b"HTTP/1.1 200 OK", "reset")
    assert len(body) == length // 2


@pytest.mark.parametrize("by", [7, -7])
def test_a_wrong_length(ask, inject, by):
    """The body is whole; the promise is longer or shorter, and the connection is closed."""
    inject("wrong_length", parameters={"by": by})

    answer, end = ask()
    _, length, body = parts(answer)

    assert (length - len(body), end) == (by, "closed")
    assert body.endswith(b"}")


def test_a_dribble(banks, inject, listed):
    """The body comes byte by byte in its time, and whole."""
    inject("dribble", parameters={"bytes_per_second": 250})
    pieces = []
    started = time.monotonic()
    with connected(banks, None) as client:
        client.sendall(token_request(listed, "/inter"))
        while piece := client.recv(65_536):
            pieces.append(piece)
    _, length, body = parts(b"".join(pieces))

    assert len(body) == length
    assert len(pieces) > length / 4
    assert time.monotonic() - started >= length / 250 * 0.9


def test_a_huge_body(ask, inject):
    """Megabytes come in chunks, without a promised length."""
    inject("huge_body", parameters={"megabytes": 3})

    answer, end = ask()

    assert (parts(answer)[1], end) == (None, "closed")
    assert len(answer) > 3 * 1024 * 1024
    assert answer.endswith(b"0\r\n\r\n")


def test_who_leaves_a_huge_body_leaves_the_bank_free(banks, inject, listed):
    """A client that leaves a body of a gigabyte after its first bytes does not keep the server busy."""
    inject("decompression_bomb", times=1, parameters={"megabytes": 1024})
    with connected(banks, None) as client:
        client.sendall(token_request(listed, "/inter"))
        assert client.recv(64).startswith(b"HTTP/1.1 200 OK")
    started = time.monotonic()

    assert banks.ask("GET", "/clock").status_code == 200
    assert time.monotonic() - started < 1


def test_a_bomb(ask, inject):
    """A few kilobytes unpack to megabytes."""
    inject("decompression_bomb", parameters={"megabytes": 8})

    _, _, body = parts(ask()[0])
    packed = unchunked(body)

    assert len(packed) < 20_000
    assert len(zlib.decompress(packed, 16 + zlib.MAX_WBITS)) > 8 * 1024 * 1024


def unchunked(body):
    """A chunked body's content (RFC 9112 section 7.1)."""
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found, body = found + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return found


@pytest.mark.parametrize(
    ("fault", "parameters", "line", "header"),
    [
        ("redirect", {}, b"HTTP/1.1 302", b"location: https://example.test/extrato"),
        ("status", {"status": 429, "retry_after": 10**9}, b"HTTP/1.1 429", b"retry-after: 1000000000"),
        ("html_page", {"status": 503}, b"HTTP/1.1 503", b"content-type: text/html"),
        ("compressed_garbage", {}, b"HTTP/1.1 200", b"content-encoding: gzip"),
        ("wrong_content_type", {"content_type": "text/plain"}, b"HTTP/1.1 200", b"content-type: text/plain\r\n"),
    ],
)
def test_answers_of_another_kind(ask, inject, fault, parameters, line, header):
    """Status and headers are those of the parameters, and the announced length is right."""
    inject(fault, parameters=parameters)

    answer, _ = ask()
    _, length, body = parts(answer)

    assert answer.startswith(line)
    assert header in answer
    assert len(body) == length


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("connection_refused", ConnectionResetError),
        ("connection_reset", ConnectionResetError),
        # Which of the two it is depends on the version of OpenSSL.
        ("cut_connection", (ssl.SSLEOFError, ssl.SSLZeroReturnError)),
        ("stalled", TimeoutError),
    ],
)
def test_the_connection_itself(banks, inject, context, fault, seen):
    """The handshake with the bank fails once; those with other banks succeed meanwhile."""
    fault_id = inject(fault, number=None, operation="tls", times=1)

    try:
        with connected(banks, context, host=STONE) as client:
            assert client.version
        with pytest.raises(seen), connected(banks, context, 0.2):
            pass
        with connected(banks, context) as client:
            assert client.version
        (told,) = [
            each
            for each in banks.ask("GET", "/requests", params={"bank": "inter", "refused": "true"}).json()
            if any(one["id"] == fault_id for one in each["faults"])
        ]
        assert (told["fault"], told["host"], told["method"], told["status"]) == (fault, INTER, "", None)
        assert told["handshake_refused"]
        assert told["ended_at"]
        assert told["why"] == f"fault {fault} (id {fault_id})"
    finally:
        banks.ask("DELETE", "/faults", params={"id": fault_id})


def test_the_connection_of_one_account(ask, inject):
    """Whose connection it is, is known only with the first call; that one is not answered."""
    inject("connection_reset", operation="tls", times=1)

    assert ask() == (b"", "reset")
    assert ask()[0].startswith(b"HTTP/1.1 200 OK")
