"""The journal names the rule that refused: client mistakes at every bank, scenarios, faults."""

import contextlib
import re

import httpx
import msgspec
import pytest

import contracts
from contracts.enrolment import CredentialKind
from contracts.schema import OperationKind
from gateway.errors import BankFailure
from gateway.model import Credentials, Period
from simulators import faults
from simulators.certify.cases import NOW
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.handshake import HandshakeRefused
from simulators.pki import Authority
from simulators.rsa_keys import rsa_key_pair
from simulators.scenarios import scenario
from simulators.world import Parameters

AUTHORITY = Authority()
BANKS = contracts.banks()
DAY = NOW.date().replace(day=2)
FEW = Parameters(busy_day_entries=0)
ORDINARY = {"host", "accept", "accept-encoding", "connection", "content-length", "content-type"}
LARGE = {"huge_body", "decompression_bomb"}
"""Faults that change nothing but the size of a body, and take long."""
DATE = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?|\d{7,8}")


def read(slug, **more):
    """A bank whose statement has been read once."""
    harness = PureHarness(slug, NOW, authority=AUTHORITY, **{"parameters": FEW, **more})
    harness.read(Period(DAY, DAY))
    return harness


def asked(harness, kind):
    """The first request of a kind that the adapter made, or None."""
    named = (
        (harness.bank.contract.operation_for(each.method, each.url.host, each.url.path), each)
        for each in harness.requests
    )
    operations = harness.bank.contract.operations
    return next((request for name, request in named if name and operations[name].kind is kind), None)


def sent(harness, request, *, url=None, headers=None, content=None, certificate=None):
    """The record of a request that is sent again with something changed."""
    kept = {name: value for name, value in request.headers.items() if name != "content-length"}
    shown = certificate or request.extensions.get("client_certificate")
    again = httpx.Request(
        request.method,
        url or request.url,
        headers=kept if headers is None else headers,
        content=request.content if content is None else content,
        extensions={"client_certificate": shown},
    )
    with contextlib.suppress(HandshakeRefused):
        harness.bank.answer(again)
    return harness.world.journal.records[-1]


def test_wrong_secret():
    """At banks whose form has a secret, or a key to sign with: it says which one is wrong."""
    told = {}
    for slug in BANKS:
        harness = read(slug)
        fields = harness.bank.contract.enrolment.fields
        kinds = {field.kind for field in fields}
        wrong = {f.name: f"{harness.simulated.credentials[f.name]}0" for f in fields if f.kind is CredentialKind.SECRET}
        if not wrong and CredentialKind.CERTIFICATE not in kinds:
            wrong = {f.name: rsa_key_pair("another")[0] for f in fields if f.kind is CredentialKind.PRIVATE_KEY}
        if not wrong:  # the client is known by its certificate alone
            continue
        harness.account = msgspec.structs.replace(
            harness.account, credentials=Credentials({**harness.simulated.credentials, **wrong})
        )
        harness.token = None
        with pytest.raises(BankFailure):
            harness.read(Period(DAY, DAY))
        told[slug] = harness.world.journal.records[-1].why
    assert len(told) >= 10, told
    for slug, why in told.items():
        assert re.search(r"does not belong to|client assertion of client_id …", why), (slug, why)


@pytest.mark.parametrize("slug", BANKS)
def test_wrong_certificate(slug):
    """At banks that bind calls to certificates, one of another application is named as such."""
    harness = read(slug)
    another, _ = AUTHORITY.client("another", about="another")
    record = sent(harness, asked(harness, OperationKind.STATEMENT), certificate=another)

    if harness.bank.binds_certificates:
        assert record.why.startswith("certificate of another application")
    else:
        assert (record.status, record.why) == (200, "")


@pytest.mark.parametrize("slug", BANKS)
@pytest.mark.parametrize(
    ("media_type", "named"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("multipart/form-data; boundary=a", "multipart/form-data"),
        (None, "nothing"),
    ],
)
def test_a_token_request_that_is_no_form(slug, media_type, named):
    """What a client sends in another form is not only called missing: the form is named."""
    harness = read(slug)
    request = asked(harness, OperationKind.TOKEN)
    if request is None:  # the bank knows its callers by a key
        return
    headers = {name: value for name, value in request.headers.items() if name not in {"content-type", "content-length"}}

    record = sent(harness, request, headers=headers | ({"content-type": media_type} if media_type else {}))

    assert record.status >= 400
    assert record.why.endswith(f"; the body is {named}, must be application/x-www-form-urlencoded")


@pytest.mark.parametrize("slug", BANKS)
def test_missing_header(slug):
    """Each header without which a statement is refused is named."""
    harness = read(slug)
    request = asked(harness, OperationKind.STATEMENT)
    refused = []
    for name in set(request.headers) - ORDINARY:
        record = sent(harness, request, headers={k: v for k, v in request.headers.items() if k != name})
        if record.why:
            refused.append(name)
            assert name in record.why or "carries no credentials" in record.why, (name, record.why)
            assert "missing" in record.why
    assert "authorization" in refused


@pytest.mark.parametrize("slug", BANKS)
def test_wrong_scope(slug):
    """A token without the scope, or a scope that the client does not have, wherever scopes are looked at."""
    harness = read(slug)
    token, statement = asked(harness, OperationKind.TOKEN), asked(harness, OperationKind.STATEMENT)
    operation = harness.bank.contract.operations["statement"]
    if operation.scope:
        life = harness.bank.token_life(harness.simulated)
        useless = harness.bank.tokens.issue("production", harness.simulated, ("no.such",), life)
        record = sent(harness, statement, headers={**statement.headers, "authorization": f"Bearer {useless.value}"})
        assert record.why == f"scope {operation.scope} missing: token has no.such"
    elif token is not None and b"scope=" in token.content:
        record = sent(harness, token, content=re.sub(rb"scope=[^&]*", b"scope=no.such", token.content))
        assert not record.why or "scope no.such is not the client's" in record.why
    else:
        assert token is None or b"scope" not in token.content


@pytest.mark.parametrize("slug", BANKS)
def test_wrong_path(slug):
    """The nearest operation is named, and how the call differs: by path, by method, by host."""
    harness = read(slug)
    request = asked(harness, OperationKind.STATEMENT)
    name = harness.bank.contract.operation_for(request.method, request.url.host, request.url.path)
    operation = harness.bank.contract.operations[name]

    misspelt = sent(harness, request, url=request.url.copy_with(path=f"{request.url.path}x/y"))
    request.method = "DELETE"
    other_method = sent(harness, request)

    assert (misspelt.operation, misspelt.nearest, misspelt.status) == (None, name, 404)
    assert misspelt.why.endswith(f"{operation.method} {operation.path} is {name}")
    assert other_method.nearest == name
    assert other_method.why.startswith(f"no operation has DELETE {request.url.path}; {operation.method} ")


@pytest.mark.parametrize("slug", BANKS)
def test_wrong_date_form(slug):
    """The parameter is named, with the form that is wanted and the value that came."""
    harness = read(slug)
    request = asked(harness, OperationKind.STATEMENT)
    dates = [name for name, value in request.url.params.items() if DATE.fullmatch(value)]
    dated = [name for name in dates if re.search("dat|start|end|movimento", name.lower())]
    if dated:
        record = sent(harness, request, url=request.url.copy_set_param(dated[0], "02/31/2026"))
        assert dated[0] in record.why
        assert "02/31/2026" in record.why
    else:  # the day stands in the path
        last = request.url.path.split("/")
        place = next(i for i, part in enumerate(last) if DATE.fullmatch(part) or re.fullmatch("20[0-9][0-9]", part))
        last[place] = "x2026"
        record = sent(harness, request, url=request.url.copy_with(path="/".join(last)))
        assert "x2026" in record.why
    assert re.search("must be|deve|data", record.why)
    assert (record.status or 0) >= 400


@pytest.mark.parametrize("slug", BANKS)
def test_wrong_account(slug):
    """Where a statement's address names the account, that of another one is told apart from the caller's own."""
    harness = read(slug)
    request = asked(harness, OperationKind.STATEMENT)
    number = harness.bank.number("87654321")
    other = harness.bank.open_account(number, parameters=FEW)
    second = PureHarness(slug, NOW, authority=AUTHORITY, parameters=FEW)
    second.world, second.bank, second.simulated, second.account = harness.world, harness.bank, other, account_of(other)
    second.read(Period(DAY, DAY))
    url = asked(second, OperationKind.STATEMENT).url
    for name, value in request.url.params.items():
        if value in harness.simulated.credentials.values():  # the application's own key is no account
            url = url.copy_set_param(name, value)
    named = {name: number for name, value in request.headers.items() if value == harness.simulated.number}
    record = sent(harness, request, url=url, headers={**request.headers, **named})

    if url != request.url or named:
        assert re.search("account .* is not the caller's account|company .* is not .*, which consented", record.why)
    else:  # nothing in the call names an account
        assert record.status == 200
        assert record.why == ""


@pytest.mark.parametrize("slug", BANKS)
def test_every_scenario_and_fault_has_a_reason(slug):
    """No refusal is without a reason, whatever scenario or fault it comes from."""
    bank = read(slug).bank
    for name in bank.scenarios():
        settled = msgspec.convert({"busy_day_entries": 0, **bank.settled(scenario(name))}, Parameters)
        harness = PureHarness(slug, NOW, authority=AUTHORITY, scenario=name, parameters=settled)
        _try(harness)
        _all_told(harness)
    for name in set(faults.names()) - LARGE:
        harness = PureHarness(slug, NOW, authority=AUTHORITY, parameters=FEW)
        active = harness.world.inject(slug, None, None, name, times=2)
        _try(harness)
        _all_told(harness)
        told = [each.why for each in harness.world.journal.records if each.fault == name and each.status == 500]
        assert all(active.id in why for why in told)


def _try(harness):
    """Read; an account without the certificate that its form must have fails before it calls (KeyError)."""
    with contextlib.suppress(BankFailure, httpx.TransportError, httpx.DecodingError, AssertionError, KeyError):
        harness.read(Period(DAY, DAY))


def _all_told(harness):
    for record in harness.world.journal.records:
        refused = record.status is None or record.status >= 400
        assert not refused or (record.why and "without a reason" not in record.why), record
