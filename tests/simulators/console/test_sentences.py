"""The console's Portuguese for the rules by which banks refuse, and for what the control API refuses."""

import contextlib
from datetime import timedelta

import httpx
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.model import Period
from simulators import faults
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.console.sentences import in_portuguese
from simulators.handshake import HandshakeRefused
from simulators.pki import Authority
from simulators.scenarios import scenario
from simulators.serving.connection import KNOWN_OBJECTIONS
from simulators.serving.tls import KNOWN_REASONS
from simulators.world import Parameters

AUTHORITY = Authority()
DAY = NOW.date() - timedelta(days=5)
FEW = Parameters(busy_day_entries=0)
LARGE = {"huge_body", "decompression_bomb"}


@pytest.mark.parametrize(
    ("english", "portuguese"),
    [
        ("scope a.read missing: token has b c", "falta o escopo a.read: o token tem b c"),
        ("parameter start: must be a day as YYYY-MM-DD, got nothing",
         "parâmetro start: deve ser um dia como YYYY-MM-DD; não veio nada"),
        ("client_id and grant_type missing in the token request; the body is nothing, must be a/b",
         "faltam client_id e grant_type no pedido de token; o corpo não diz o seu tipo, e deve ser a/b"),
        ("token expired by fault token_expired (id 0a)", "token dado como expired pela falha token_expired (id 0a)"),
        ("header x-conta-corrente: account 1 is not the caller's account 2",
         "cabeçalho x-conta-corrente: a conta 1 não é a de quem chama, 2"),
        ("scenario: 'empty' does not happen at stone, only ok", "scenario: 'empty' não acontece em stone, só ok"),
        ("times: Expected `int` >= 0 - at `$.times`", "times: esperado `int` >= 0 - em `$.times`"),
        ("entry 1: date: lies before the first day, 2026-03-15; entry 2: type: there is no such column",
         "lançamento 1: date: fica antes do primeiro dia, 2026-03-15; lançamento 2: type: não há essa coluna"),
        ("token …1234 does not belong to user …5678", "o token …1234 não é de user …5678"),
    ],
)  # fmt: skip
def test_a_sentence_and_those_within_it(english, portuguese):
    assert in_portuguese(english) == portuguese


@pytest.mark.parametrize("unknown", ["", "another rule", "header x: another rule", "a" * 3000])
def test_what_no_form_fits_is_left_whole(unknown):
    """Half a translation would read worse than none."""
    assert in_portuguese(unknown) == ""


@pytest.mark.parametrize(
    "rule",
    [
        *(f"request not read: {why}" for why in KNOWN_OBJECTIONS.values()),
        *(f"handshake refused: {why}" for why in KNOWN_REASONS.values()),
        "handshake refused: client certificate not accepted: certificate has expired",
        "request not read: header host: must be the host name of a bank, got 127.0.0.1",
        "header x-br-com-bb-ipa-mciteste is not for production",
        "code …396f is unknown, used, expired, or not of this client, environment, redirect_uri and verifier",
        "client_id …acd5 is no partner's",
        "header authorization missing: headers user and token are not read, HTTP Basic is",
    ],
)
def test_a_rule_that_no_ordinary_client_meets_has_words(rule):
    """The console says it in Portuguese like any other: also of a request that no bank can read, and a handshake."""
    assert in_portuguese(rule)


@pytest.mark.parametrize("slug", contracts.banks())
def test_every_rule_that_refuses_has_words(slug):
    """Of every scenario and every fault, and of mistakes that any client may make."""
    records = []
    harness = PureHarness(slug, NOW, authority=AUTHORITY, parameters=FEW)
    for name in harness.bank.scenarios():
        if scenario(name).parameters.get("certificate") == "none":
            continue  # No request can be made without the certificate.
        there = PureHarness(slug, NOW, authority=AUTHORITY, scenario=name)
        with contextlib.suppress(BankFailure, HandshakeRefused, httpx.HTTPError):
            there.read(Period(DAY, DAY))
        records += there.world.journal.records
    for name in sorted({*faults.names()} - LARGE):
        harness.world.faults.clear()
        harness.world.inject(slug, None, None, name)
        with contextlib.suppress(BankFailure, httpx.HTTPError):
            harness.read(Period(DAY, DAY))
    harness.world.faults.clear()
    for request in [*harness.requests][-4:]:
        plain = httpx.Request(request.method, request.url.copy_with(query=None), headers={"host": request.url.host})
        lost = httpx.Request(request.method, request.url.join("/none/such"), headers=request.headers)
        for each in (plain, lost):
            with contextlib.suppress(HandshakeRefused, httpx.HTTPError):
                harness.bank.answer(each)
    told = {record.why for record in [*records, *harness.world.journal.records] if record.why}
    assert len(told) > 10
    assert not [why for why in sorted(told) if not in_portuguese(why)]
