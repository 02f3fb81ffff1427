"""What is odd about Santander: its path, and refusals."""

import httpx
import pytest

from gateway.judgement import failure_of
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.santander.answers import NOW, SANTANDER, WEEK, ledger


def test_the_account_in_the_path_keeps_its_zeros():
    """Branch and number are filled up to 4 and 12 digits; the client id is shown again as application key."""
    pair = PureHarness("santander", NOW, source=ledger((10, "1")), number="130045678")
    pair.read(WEEK)
    _, *reads = pair.requests

    assert [request.url.path.partition("/banks/")[2] for request in reads] == [
        f"90400888000142/{what}/{pair.account.branch}.000130045678" for what in ("statements", "balances")
    ]
    assert {request.headers["x-application-key"] for request in reads} == {pair.account.credentials["client_id"]}


@pytest.mark.parametrize(
    ("status", "answer", "code", "words"),
    [
        (404, {"fault": {"faultstring": "f", "detail": {"errorcode": "x.y"}}}, "statement_access_denied", ("x.y", "f")),
        (401, {"httpStatus": 401, "errorCode": "U", "details": "d"}, "invalid_credentials", ("U", "d")),
        (422, {"_errorCode": 422, "_details": "d", "_errors": []}, "bank_communication_failed", ("422", "d")),
        (422, {"_errorCode": 422, "_errors": [{"_field": "statement_id"}]}, "invalid_account", ("422", None)),
        (400, {"_errorCode": 400, "_errors": [{"_field": "initialDate"}]}, "period_out_of_range", ("400", None)),
        (400, {"message": "m"}, "unexpected_bank_response", (None, "m")),
        (406, {"_errorCode": 406, "_message": "m"}, "unexpected_bank_response", ("406", "m")),
        (501, {"_errorCode": 501, "_message": "m"}, "bank_server_error", ("501", "m")),
    ],
)
def test_the_banks_words_are_kept(status, answer, code, words):
    """Each layer of the bank has errors of its own form; their code and text are kept for whoever has to act."""
    failure = failure_of(SANTANDER.contract, "statement", httpx.Response(status, json=answer))

    assert failure.code == code
    assert (failure.bank_error.code, failure.bank_error.message) == words


@pytest.mark.parametrize("at", ["token", "statement"])
def test_the_edges_web_page_is_about_the_certificate(at):
    """The web page of the network edge refuses the caller, while a 403 of the bank's own refuses the statement."""
    page = httpx.Response(403, html="<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY></BODY></HTML>")

    assert failure_of(SANTANDER.contract, at, page).code == "invalid_credentials"
    assert failure_of(SANTANDER.contract, "statement", httpx.Response(403, json={})).code == "statement_access_denied"
