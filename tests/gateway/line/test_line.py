"""The line: nothing forbidden leaves, what may be repeated is, and a missing answer has a name."""

import ssl

import httpx
import msgspec
import pytest
import stamina

import contracts
from contracts.schema import Symptom
from gateway.errors import BankFailure, ForbiddenRequest
from gateway.line import BankLine
from gateway.line.guard import Guard, check
from gateway.line.retry import Retry
from gateway.line.wire import UnusableBody, failure_of
from gateway.model import Account, Credentials

pytestmark = pytest.mark.anyio

INTER = contracts.load("inter")
HOST = "cdpj.partners.bancointer.com.br"
STATEMENT = f"https://{HOST}/banking/v2/extrato/completo"
ACCOUNT = Account(
    id="1", bank="inter", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({})
)


@pytest.fixture(autouse=True)
def _no_waiting():
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


def request(method="GET", url=STATEMENT, operation="statement", **more):
    extensions = {"operation": operation, "contract": INTER, **more.pop("extensions", {})}
    return httpx.Request(method, url, extensions=extensions, **more)


class Script(httpx.AsyncBaseTransport):
    """Answers what it is told, in order."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = 0

    async def handle_async_request(self, request):
        self.calls += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome)


@pytest.mark.parametrize(
    "forbidden",
    [
        request("POST", f"https://{HOST}/banking/v2/pix", json={"valor": 1}),
        request("POST", STATEMENT),
        request("DELETE", STATEMENT),
        request(url="https://evil.example/banking/v2/extrato/completo"),
        request(url=f"https://{HOST}.evil.example/banking/v2/extrato/completo"),
        request(url=f"http://{HOST}/banking/v2/extrato/completo"),
        request(url=f"https://{HOST}:8443/banking/v2/extrato/completo"),
        request(url=f"https://user@{HOST}/banking/v2/extrato/completo"),
        request(url=f"https://{HOST}/banking/v2/extrato/completo/../pix"),
        request(url=f"https://{HOST}/banking/v2/extrato%2Fcompleto"),
        request("GET", STATEMENT, content=b"body"),
        request("POST", f"https://{HOST}/oauth/v2/token", data={"scope": "extrato.read pagamento-pix.write"}),
    ],
)
async def test_what_the_contract_does_not_list_does_not_leave(forbidden):
    """A write, another host, port or scheme, a body on a read, a wider scope: nothing of it reaches the wire."""
    wire = Script(200)

    with pytest.raises(ForbiddenRequest):
        await BankLine(Guard(wire)).send(forbidden, account=ACCOUNT, certificate=None)

    assert wire.calls == 0


async def test_what_the_contract_lists_leaves():
    """Reads and token requests with read scopes pass."""
    check(INTER, request())
    check(INTER, request("POST", f"https://{HOST}/oauth/v2/token", data={"scope": "extrato.read"}))


@pytest.mark.parametrize(
    ("outcomes", "extensions", "calls", "status"),
    [
        ((200,), {}, 1, 200),
        ((500, 200), {}, 2, 200),
        ((500, 502, 503), {}, 3, 503),
        ((401,), {}, 1, 401),
        ((429,), {}, 1, 429),
        ((httpx.ReadTimeout("slow"), 200), {}, 2, 200),
        ((httpx.ConnectError("refused"), 200), {"once": True}, 2, 200),
        ((500,), {"once": True}, 1, 500),
    ],
)
async def test_trying_again(outcomes, extensions, calls, status):
    """A passing trouble is tried again, a refusal never; what may be sent once is sent again only if nothing left."""
    wire = Script(*outcomes)

    response = await Retry(wire).handle_async_request(request(extensions=extensions))

    assert (wire.calls, response.status_code) == (calls, status)


@pytest.mark.parametrize(("extensions", "calls"), [({"once": True}, 1), ({}, 3)])
async def test_a_cut_connection(extensions, calls):
    """A connection cut after sending is tried again, except where the request spends something."""
    wire = Script(*[httpx.RemoteProtocolError("cut")] * 3)

    with pytest.raises(httpx.RemoteProtocolError):
        await Retry(wire).handle_async_request(request(extensions=extensions))

    assert wire.calls == calls


def alert(text):
    error = httpx.ReadError("tls")
    error.__cause__ = ssl.SSLError(1, text)
    return error


async def test_a_refused_certificate_is_not_tried_again():
    """The bank's alert over our certificate ends the matter."""
    wire = Script(alert("[SSL] tlsv13 alert certificate required"))

    with pytest.raises(httpx.ReadError):
        await Retry(wire).handle_async_request(request())

    assert wire.calls == 1


@pytest.mark.parametrize(
    ("error", "code", "at", "status", "nothing_sent"),
    [
        (httpx.ConnectError("refused"), "bank_unavailable", "statement", 503, True),
        (httpx.ConnectTimeout("slow"), "bank_unavailable", "statement", 504, True),
        (httpx.ReadTimeout("slow"), "bank_unavailable", "statement", 504, False),
        (httpx.RemoteProtocolError("cut"), "bank_unavailable", "statement", 503, False),
        (UnusableBody("huge"), "unexpected_bank_response", "statement", 502, False),
        (alert("sslv3 alert certificate expired"), "certificate_expired", "tls", 409, True),
        (alert("tlsv13 alert certificate required"), "invalid_credentials", "tls", 422, True),
    ],
)
async def test_a_missing_answer_has_a_name(error, code, at, status, nothing_sent):
    """Each way of getting no answer is a failure of the catalogue, and says whether anything was sent."""
    with pytest.raises(BankFailure) as caught:
        await BankLine(Script(error)).send(request(), account=ACCOUNT, certificate=None)

    failure = caught.value
    assert (failure.code, failure.at, failure.status, failure.nothing_sent) == (code, at, status, nothing_sent)


async def test_a_bank_we_do_not_trust_is_not_our_certificates_fault():
    """A server certificate that we refuse is no refusal of ours."""
    error = httpx.ConnectError("tls")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed: alert")

    assert failure_of(INTER, request(), error).code == "bank_unavailable"


async def test_no_answer_after_all_attempts_has_a_name():
    """When no attempt brings an answer, the failure names it, and finding its cause comes to an end."""
    wire = Script(*[httpx.RemoteProtocolError("cut")] * 3)

    with pytest.raises(BankFailure) as caught:
        await BankLine(Retry(wire)).send(request(), account=ACCOUNT, certificate=None)

    assert (caught.value.code, wire.calls) == ("bank_unavailable", 3)


async def test_a_chain_of_causes_that_leads_back_to_itself():
    """The search for a TLS error ends even in a circle of causes."""
    one, other = httpx.ReadError("one"), httpx.ReadError("other")
    one.__cause__, other.__cause__ = other, one

    assert failure_of(INTER, request(), one).code == "bank_unavailable"


async def test_an_unusable_body_is_not_asked_for_again():
    """A body that is too large, or cannot be unpacked, would be so again."""
    wire = Script(UnusableBody("huge"))

    with pytest.raises(UnusableBody):
        await Retry(wire).handle_async_request(request())

    assert wire.calls == 1


async def test_a_wrong_date_told_with_status_500_is_not_asked_again():
    """What the contract takes for a mistake of ours is no passing trouble, whatever its status."""
    contract = msgspec.structs.replace(
        INTER,
        symptoms=(
            Symptom(failure="period_out_of_range", at=("statement",), status=(500,), evidence="assumed", source="x"),
        ),
    )
    wire = Script(500)

    response = await Retry(wire).handle_async_request(request(extensions={"contract": contract}))

    assert (wire.calls, response.status_code) == (1, 500)
