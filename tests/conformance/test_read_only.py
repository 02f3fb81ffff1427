"""No connector can reach a write operation, another host, or anything else that its contract does not list."""

from datetime import date

import httpx
import pytest

import contracts
from contracts.schema import OperationKind
from gateway.errors import ForbiddenRequest
from gateway.line import BankLine
from gateway.line.guard import Guard
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness

pytestmark = pytest.mark.anyio

WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))

every_bank = pytest.mark.parametrize("slug", contracts.banks())


class Wire(httpx.AsyncBaseTransport):
    """The simulated bank, which counts what reaches it."""

    def __init__(self, bank):
        self.bank = bank
        self.reached = 0

    async def handle_async_request(self, request):
        self.reached += 1
        return self.bank.answer(request)


@every_bank
async def test_what_is_not_listed_never_leaves(slug):
    """Each write of the bank, each listed path on another host, and each read by another method is stopped."""
    harness = PureHarness(slug, NOW)
    wire = Wire(harness.bank)
    line = BankLine(Guard(wire))
    contract = contracts.load(slug)
    hosts = list(contract.environments["production"].hosts.values())
    path = contract.operations["statement"].path.replace("{", "").replace("}", "")
    tried = [
        (write.method, f"https://{host}{write.path.replace('{', '').replace('}', '')}")
        for write in bank_class(slug).writes
        for host in hosts
    ]
    tried += [("GET", f"https://bank.example{path}"), ("GET", f"http://{hosts[0]}{path}")]
    tried += [(method, f"https://{host}{path}") for method in ("POST", "PUT", "PATCH", "DELETE") for host in hosts]

    for method, url in tried:
        request = httpx.Request(method, url, extensions={"operation": "statement"})
        with pytest.raises(ForbiddenRequest):
            await line.send(request, account=harness.account, certificate=None)

    assert wire.reached == 0
    assert bank_class(slug).writes


@every_bank
def test_only_read_scopes_are_asked_for(slug):
    """The token request asks for the scopes of the contract and no other."""
    contract = contracts.load(slug)
    harness = PureHarness(slug, NOW)
    harness.read(WEEK)

    for request in harness.requests:
        if contract.operations[request.extensions["operation"]].kind is OperationKind.TOKEN:
            form = httpx.QueryParams(request.content.decode())
            assert set(form.get("scope", "").split()) <= set(contract.authentication.scopes)
