"""The line: nothing forbidden leaves, and a missing answer has a name."""

import ssl

import httpx
import pytest

import contracts
from gateway.errors import BankFailure, ForbiddenRequest
from gateway.judgement import UnusableBody, UnusableCertificate, failure_of, missing_response
from gateway.line import BankLine
from gateway.line.guard import Guard, check
from gateway.line.judge import Judge
from tests.gateway.line.support import HOST, INTER, STATEMENT, Script, account, request

pytestmark = pytest.mark.anyio

ACCOUNT = account()


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
    check(
        INTER,
        request(
            "POST", f"https://{HOST}/oauth/v2/token", data={"grant_type": "client_credentials", "scope": "extrato.read"}
        ),
    )


def alert(text):
    error = httpx.ReadError("tls")
    error.__cause__ = ssl.SSLError(1, text)
    return error


@pytest.mark.parametrize(
    ("error", "code", "at", "status", "nothing_sent"),
    [
        (httpx.ConnectError("refused"), "bank_unavailable", "statement", 503, True),
        (httpx.ConnectTimeout("slow"), "bank_unavailable", "statement", 504, True),
        (httpx.ReadTimeout("slow"), "bank_unavailable", "statement", 504, False),
        (httpx.RemoteProtocolError("cut"), "bank_unavailable", "statement", 503, False),
        (UnusableCertificate("no key"), "bank_unavailable", "statement", 503, True),
        (UnusableBody("huge"), "unexpected_bank_response", "statement", 502, False),
        (alert("sslv3 alert certificate expired"), "certificate_expired", "tls", 409, True),
        (alert("tlsv13 alert certificate required"), "invalid_credentials", "tls", 422, True),
    ],
)
async def test_a_missing_answer_has_a_name(error, code, at, status, nothing_sent):
    """Each way of getting no answer is a failure of the catalogue, with whether anything was sent."""
    with pytest.raises(BankFailure) as caught:
        await BankLine(Judge(Script(error))).send(request(), account=ACCOUNT, certificate=None)

    failure = caught.value
    assert (failure.code, failure.at, failure.status, failure.nothing_sent) == (code, at, status, nothing_sent)


async def test_a_bank_we_do_not_trust_is_not_our_certificates_fault():
    """A server certificate that we refuse is no refusal of ours."""
    error = httpx.ConnectError("tls")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed: alert")

    assert missing_response(INTER, "statement", error).code == "bank_unavailable"


async def test_a_chain_of_causes_that_leads_back_to_itself():
    """The search for a TLS error ends even in a circle of causes."""
    one, other = httpx.ReadError("one"), httpx.ReadError("other")
    one.__cause__, other.__cause__ = other, one

    assert missing_response(INTER, "statement", one).code == "bank_unavailable"


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_unexpected_answer(slug, status):
    """A redirect at any step is neither a statement nor a refused password."""
    contract = contracts.load(slug)
    response = httpx.Response(status, headers={"location": "https://evil.example/"}, text="<html>moved</html>")

    for operation in contract.operations.values():
        assert failure_of(contract, operation.kind.value, response).code == "unexpected_bank_response"
