"""Clients that are slow, silent or too many do not shut out an honest one."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.served import processes

SLOW_CLIENTS = 600
CONNECTIONS = 100
HEALTHY_SECONDS = 0.25
BODY = (
    b"POST /v1/accounts HTTP/1.1\r\nhost: a\r\nauthorization: Bearer KEY\r\n"
    b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"
)
BEGINNINGS = (b"", b"G", b"GET /v1/banks HTTP/1.1\r\nhost: a\r\nx: ", BODY)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "gateway.log"


@pytest.fixture(scope="module")
def small(banks, tmp_path_factory, lines):
    """A gateway that takes few connections and waits for a short time."""
    limits = {"connections": str(CONNECTIONS), "header_seconds": "1", "body_seconds": "1", "idle_seconds": "1"}
    with processes.gateway(tmp_path_factory.mktemp("gateway"), banks, log=lines, **limits) as running:
        yield running


def connected(gateway):
    host, port = urlsplit(gateway.url).netloc.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def health_seconds(gateway):
    """How long an honest client with a connection of its own waits for the health of the process."""
    began = time.perf_counter()
    with connected(gateway) as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        answer = b""
        while part := client.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return time.perf_counter() - began


def test_six_hundred_slow_clients_do_not_shut_out_an_honest_one(small, lines):
    """All of them keep their connections; the honest one is answered at once, again and again."""
    health_seconds(small)
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(small)) for _ in range(SLOW_CLIENTS)]
        for number, client in enumerate(slow):
            try:
                client.sendall(BODY if number % 20 == 0 else BEGINNINGS[number % 3])
            except OSError:
                # It has made room already.
                continue
        waits = [health_seconds(small) for _ in range(20)]
        banks = small.ask("GET", "/v1/banks")

    # The first goes out while hundreds are being accepted, on whatever processor is left.
    assert sorted(waits)[-2] < HEALTHY_SECONDS, waits
    assert banks.status_code == 200
    deadline = time.monotonic() + 10
    while "crowded_out" not in lines.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    logged = [json.loads(line) for line in lines.read_text().splitlines() if "connections_ended" in line]
    assert len(logged) < 10
    assert sum(line.get("crowded_out", 0) for line in logged) >= SLOW_CLIENTS - CONNECTIONS - 1


def ended(gateway, beginning):
    """The bytes for a client that never ends its request, and the seconds until the connection ends."""
    with connected(gateway) as client:
        client.sendall(beginning.replace(b"KEY", gateway.key.encode()))
        answer = b""
        began = time.monotonic()
        try:
            while part := client.recv(4096):
                answer += part
        except ConnectionResetError:
            pass
        return answer, time.monotonic() - began


@pytest.fixture(scope="module")
def endings(small):
    """The results of all of them, which wait at the same time."""
    with ThreadPoolExecutor(len(BEGINNINGS)) as pool:
        return dict(zip(BEGINNINGS, pool.map(lambda each: ended(small, each), BEGINNINGS), strict=True))


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=["silent", "address", "headers", "body"])
def test_one_that_never_ends_its_request_is_ended(endings, beginning):
    """Within its second and that of the look."""
    answer, seconds = endings[beginning]

    assert seconds < 5
    if len(beginning) > 1:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request_timeout"


def test_too_large_headers_are_a_problem(small):
    """With the same shape as every other."""
    answer = small.ask("GET", "/v1/banks", headers={"x-long": "a" * 100_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
