"""The header `authorization` and the places of credentials at every bank: what is read, and what the journal says."""

import base64
import gzip
from datetime import timedelta

import httpx
import pytest

import contracts
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.console.sentences import in_portuguese
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
DAY = NOW.date() - timedelta(days=5)
FEW = Parameters(busy_day_entries=0)


def conversation(slug):
    """A bank and the requests that read a statement there."""
    harness = PureHarness(slug, NOW, authority=AUTHORITY, parameters=FEW)
    harness.read(Period(DAY, DAY))
    return harness.bank, list(harness.requests)


def asked(bank, request, *headers, **other):
    """What a request is answered with, with these headers in place of its own of the same names, and the record.

    Args:
        bank: the bank.
        request: one that it answers well.
        headers: names and values; None leaves a header out.
        other: `url` or `content` in place of its own.
    """
    names = {"content-length", *(name for name, _ in headers)}
    kept = [each for each in request.headers.multi_items() if each[0] not in names]
    given = [each for each in headers if each[1] is not None]
    own = {"url": request.url, "content": request.content} | other
    own |= {"headers": kept + given, "extensions": request.extensions}
    return bank.answer(httpx.Request(request.method, **own)), bank.world.journal.records[-1]


@pytest.mark.parametrize("slug", contracts.banks())
def test_blanks_between_scheme_and_credentials(slug):
    """There may be more than one, and the scheme has no case."""
    bank, requests = conversation(slug)
    statement = next(each for each in requests if each.method == "GET")
    scheme, _, value = statement.headers["authorization"].partition(" ")
    for spelling in (f"{scheme}  {value}", f"{scheme.lower()} {value} ", f"{scheme.upper()}   {value}"):
        answer, _ = asked(bank, statement, ("authorization", spelling))
        assert answer.status_code == 200


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_header_that_carries_something_else_is_not_called_missing(slug):
    """The journal says what came, without any of it, and the console says it in Portuguese."""
    bank, requests = conversation(slug)
    statement = next(each for each in requests if each.method == "GET")
    own = statement.headers["authorization"]
    scheme, _, value = own.partition(" ")
    given = {
        (): "missing: ",
        (value,): "got a value without a scheme",
        (f"Token {value}",): "got the scheme token",
        (scheme,): "got the scheme alone",
        (own, own): "stands twice: ",
        (f'{scheme} "{value}"',): "got some that cannot be read",
    }
    for values, words in given.items():
        shown = [("authorization", each) for each in values] or [("authorization", None)]
        answer, record = asked(bank, statement, *shown)
        assert answer.status_code == 401
        assert record.why.startswith("header authorization")
        assert words in record.why
        assert value not in record.why
        assert in_portuguese(record.why)


@pytest.mark.parametrize("slug", ["bradesco", "itau", "sicredi"])
@pytest.mark.parametrize("place", ["Basic credentials", "credentials in the address"])
def test_credentials_in_another_place_are_not_called_missing_alone(slug, place):
    """They are there and are not read: the journal says so too."""
    bank, requests = conversation(slug)
    token = next(each for each in requests if each.method == "POST")
    held = bank.world.accounts_of(slug)[0].credentials
    if place == "Basic credentials":
        pair = base64.b64encode(f"{held['client_id']}:{held['client_secret']}".encode()).decode()
        form = b"grant_type=client_credentials"
        answer, record = asked(bank, token, ("authorization", f"Basic {pair}"), content=form)
    else:
        answer, record = asked(bank, token, url=token.url.copy_with(query=token.content), content=b"")
    assert answer.status_code == 401
    assert record.why == f"client_id and client_secret missing in the token request; {place} are not read"
    assert in_portuguese(record.why)


@pytest.mark.parametrize("slug", [slug for slug in contracts.banks() if "token" in contracts.load(slug).operations])
def test_a_compressed_form_is_told(slug):
    """What seems to be missing stands in a body that is not read."""
    bank, requests = conversation(slug)
    token = next(each for each in requests if each.method == "POST")
    answer, record = asked(bank, token, ("content-encoding", "gzip"), content=gzip.compress(token.content, mtime=0))
    assert answer.status_code in {400, 401}
    assert record.why.endswith("; the body is compressed (gzip), which is not read")
    assert in_portuguese(record.why)
