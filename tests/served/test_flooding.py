"""A bank that floods the gateway, or a caller with a hostile key, does not delay others."""

import contextlib
import http.client
import json
import math
import threading
import time
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.served import processes
from tests.served.flooding import WAYS
from tests.served.test_statements import days_before, enrolled

HEALTHY_SECONDS = 0.25
ATTEMPTS = 3
"""Another process of the machine may take the processor for a while; not three times."""


class Bystander:
    """One that asks for the health of the process again and again."""

    def __init__(self, gateway):
        self.waits = []
        self._gateway = gateway
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self):
        client = http.client.HTTPConnection(urlsplit(self._gateway.url).netloc, timeout=30)
        with contextlib.closing(client):
            while not self._ended.wait(0.002):
                began = time.perf_counter()
                client.request("GET", "/health/live")
                healthy = client.getresponse().read() == b'{"status":"live"}'
                self.waits.append(time.perf_counter() - began if healthy else math.inf)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def hostile_key(first, second):
    """A key of two Mersenne primes, given by their exponents, whose primality takes a library very long to test."""
    p, q = 2**first - 1, 2**second - 1
    e = 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), RSAPublicNumbers(e, p * q))
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.mark.parametrize("exponents", [(2203, 2281), (4253, 4423)])
def test_a_hostile_key_delays_no_caller(gateway, banks, exponents):
    """It is refused with the field that holds it; meanwhile the health of the process is answered."""
    listed = banks.new_account("inter")
    listed["credentials"]["private_key"] = hostile_key(*exponents)

    longest = []
    while len(longest) < ATTEMPTS and not any(each < HEALTHY_SECONDS for each in longest):
        with Bystander(gateway) as bystander:
            refused = gateway.enrol(listed)
        longest.append(max(bystander.waits))

    assert (refused.status_code, refused.json()["field"]) == (422, "credentials.private_key"), refused.text
    assert min(longest) < HEALTHY_SECONDS, longest


@pytest.fixture(scope="module")
def accounts(banks):
    return {way: banks.new_account("inter", entries_per_day=5) for way in WAYS}


@pytest.fixture(scope="module")
def flooded(accounts, banks, tmp_path_factory):
    floods = {listed["account"]["number"]: way for way, listed in accounts.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOODS", json.dumps(floods))
        module = ("tests.served.flooding",)
        with processes.gateway(tmp_path_factory.mktemp("gateway"), banks, module=module) as running:
            yield running


@pytest.mark.parametrize("way", WAYS)
def test_a_bystander_waits_no_longer(flooded, accounts, today, way):
    """Tens of megabytes are read, or refused with a code, while the health of the process is answered at once."""
    account = enrolled(flooded, accounts[way])
    period = days_before(today, 5, 2)
    assert flooded.statement(account, *period).status_code == 200

    longest = []
    while len(longest) < ATTEMPTS and not any(each < HEALTHY_SECONDS for each in longest):
        with Bystander(flooded) as bystander:
            answer = flooded.statement(account, *period)
        longest.append(max(bystander.waits))
        if way == "rows":
            assert answer.status_code == 200, answer.text
            statement = answer.json()
            assert statement["proof"]["verdict"] == "proved"
            assert len(statement["entries"]) > 10_000
        else:
            assert answer.json().get("code", "statement") in {"unexpected_bank_response", "statement"}, answer.text

    assert min(longest) < HEALTHY_SECONDS, longest
