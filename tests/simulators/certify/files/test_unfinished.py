"""What a contract leaves open about access is named before anybody looks for it on the wire."""

import msgspec
import pytest

import contracts
from contracts.consistency import contradictions_of
from contracts.schema import Grant, MutualTLS
from simulators.certify.bench import Bench, Check
from simulators.certify.certificate.suite import certify, named_checks, run_check
from simulators.certify.demands import demand
from simulators.certify.files.evidence import unfinished
from tests.simulators.certify.planted import PLANTED


def changed(monkeypatch, slug, **more):
    contract = contracts.load(slug)
    access = msgspec.structs.replace(contract.authentication, **more)
    monkeypatch.setattr(contracts, "load", lambda _: msgspec.structs.replace(contract, authentication=access))
    return unfinished(slug)


@pytest.mark.parametrize("slug", contracts.banks())
def test_nothing_is_left_open(slug):
    """At the banks of this tree."""
    assert unfinished(slug) == []


def test_mutual_tls_needs_hosts_fields_and_words(monkeypatch):
    """Which hosts ask, what is typed in, and how the handshake refuses."""
    found = changed(monkeypatch, "btg_pactual", mutual_tls=MutualTLS.HANDSHAKE)

    assert [text.partition(": ")[0] for text in found] == [
        "authentication.mutual_tls_hosts",
        "enrolment.fields",
        "symptoms",
    ]
    assert "certificate and private_key" in found[1]


def test_a_client_certificate_has_the_name_that_it_has_everywhere(monkeypatch):
    """Or no PKCS#12 is taken apart into it, and no connection shows it."""
    contract = contracts.load("inter")
    renamed = [
        msgspec.structs.replace(each, name="certificado") if each.name == "certificate" else each
        for each in contract.enrolment.fields
    ]
    enrolment = msgspec.structs.replace(contract.enrolment, fields=tuple(renamed))
    monkeypatch.setattr(contracts, "load", lambda _: msgspec.structs.replace(contract, enrolment=enrolment))

    assert any("'certificado' is of the kind certificate" in each for each in unfinished("inter"))


def test_a_page_is_opened_by_a_browser(monkeypatch):
    """Which shows no certificate, so that its host may ask for none."""
    found = changed(monkeypatch, "btg_pactual", mutual_tls=MutualTLS.HANDSHAKE, mutual_tls_hosts=("token",))

    assert found[0].startswith("authorization.host: is 'token', one of authentication.mutual_tls_hosts")


def test_a_consent_needs_its_code(monkeypatch):
    """A code is redeemed once, and refreshed from then on; both are shown."""
    found = changed(monkeypatch, "cora", grant=Grant.AUTHORIZATION_CODE)

    assert [text.rpartition(" ")[2] for text in found] == ["authorization_code", "refresh_token"]


def test_a_page_has_a_place(monkeypatch):
    """A grant without a page, and a page at a host that nobody names, are contradictions."""
    contract = contracts.load("btg_pactual")
    nowhere = msgspec.structs.replace(contract.authorization, host="elsewhere")

    without = contradictions_of(msgspec.structs.replace(contract, authorization=None), contracts.failures())
    wrong = contradictions_of(msgspec.structs.replace(contract, authorization=nowhere), contracts.failures())

    assert without == ["authentication.grant: with authorization_code, `authorization` has to say where the page is"]
    assert [each.partition(";")[0] for each in wrong] == [
        f"authorization.host: environment {name} has no host 'elsewhere'" for name in contract.environments
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expected": {"failure": "rate_limitd"}}, "has no 'rate_limitd'; it has 'rate_limited'"),
        ({"given": {"scenario": "no_such_thing"}}, "the simulated bank has no scenario 'no_such_thing'; it has "),
    ],
)
def test_a_word_of_an_exchange_that_nobody_knows(monkeypatch, changes, words):
    """Is named with its file and line, before either side is tried with it."""
    shown = dict(contracts.exchanges("inter"))
    exchange = shown["rate_limited"]
    for part, values in changes.items():
        replaced = msgspec.structs.replace(getattr(exchange, part), **values)
        exchange = msgspec.structs.replace(exchange, **{part: replaced})
    monkeypatch.setattr(contracts, "exchanges", lambda _: {**shown, "rate_limited": exchange})

    told = run_check(*named_checks("facts"), Bench("inter"), 1, 1).shortfall

    assert words in told
    (name,) = next(iter(changes.values()))
    assert f"{next(iter(changes))}.{name}: " in told
    assert "/rate_limited.yaml" in told


def falls_short(bench):
    demand(holds=False, what=f"{bench.slug} falls short")


def test_the_adapter_is_named_only_where_it_is_another():
    """The command that tries the same again is as short as it can be."""
    check = Check("any", "reads", "Falls short", falls_short)
    (own,) = certify(Bench("inter"), checks=(check,)).results
    (other,) = certify(Bench("inter", PLANTED["ids thrown away"][0]), checks=(check,)).results

    assert own.again == "simulators certify inter --check any"
    assert "--adapter tests.simulators.certify.planted:" in other.again
