"""What a contract leaves open about access is named before anybody looks for it on the wire."""

import msgspec
import pytest

import contracts
from contracts.schema import Grant, MutualTLS
from simulators.certify.evidence import unfinished


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


def test_a_page_is_opened_by_a_browser(monkeypatch):
    """Which shows no certificate, so that its host may ask for none."""
    found = changed(monkeypatch, "btg_pactual", mutual_tls=MutualTLS.HANDSHAKE, mutual_tls_hosts=("token",))

    assert found[0].startswith("authorization.host: is 'token', one of authentication.mutual_tls_hosts")


def test_a_consent_needs_its_code(monkeypatch):
    """A code is redeemed once, and refreshed from then on; both are shown."""
    found = changed(monkeypatch, "cora", grant=Grant.AUTHORIZATION_CODE)

    assert [text.rpartition(" ")[2] for text in found] == ["authorization_code", "refresh_token"]
