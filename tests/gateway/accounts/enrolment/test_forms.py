"""Checks of filled-in credential forms against the contract."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificate

import contracts
from contracts.schema import CredentialField, CredentialKind
from gateway.accounts.enrolment.forms import check_credentials
from gateway.certificates.pkcs12 import Bundles
from gateway.errors import CallerError
from tests.gateway.accounts.enrolment.test_details import INTER, refused, with_enrolment
from tests.gateway.support import NOW, certificate, credentials


def test_good_credentials_come_back_with_the_expiry_of_the_certificate() -> None:
    """Texts lose blanks at their ends; the certificate tells when it expires."""
    found, expires = check_credentials(INTER, credentials(client_id="  id  "), NOW)

    assert found["client_id"] == "id"
    assert expires == NOW + timedelta(days=300)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "certificate", "private_key"])
@pytest.mark.parametrize("value", [None, "", "   ", 7, "x\x00y", "CANARY" * 20_000])
def test_each_credential_is_refused_by_name(name: str, value: Any) -> None:
    """Missing, empty, of another type, with a null character, or too long."""
    given: dict[str, Any] = {**credentials(), name: value}

    refused("invalid_request", f"credentials.{name}", lambda: check_credentials(INTER, given, NOW))


@pytest.mark.parametrize("around", ["\ufeff", "\u200b", "\u2060", "\u200d\u200c", "\xad", "\xa0", " \ufeff\u200b\n"])
@pytest.mark.parametrize("name", ["client_id", "client_secret", "certificate", "private_key"])
def test_what_is_not_seen_around_a_credential_is_no_part_of_it(around: str, name: str) -> None:
    """It comes along from pages and files."""
    given = credentials()
    plain, _ = check_credentials(INTER, given, NOW)
    found, _ = check_credentials(INTER, {**given, name: around + given[name] + around}, NOW)

    assert found.values == plain.values
    refused(
        "invalid_request",
        f"credentials.{name}",
        lambda: check_credentials(INTER, {**given, name: around}, NOW),
    )


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("typed", ["\u0661\u0662\u0663", "\uff41\uff42\uff43", "ab\u200bcd", "caf\xe9"])
def test_characters_beyond_ascii_are_refused_by_the_name_of_their_field(slug: str, typed: str) -> None:
    """Digits of other scripts and letters of full width look like the bank's own."""
    contract = contracts.load(slug)
    for field in contract.enrolment.fields:
        if field.kind in {CredentialKind.TEXT, CredentialKind.SECRET}:
            with pytest.raises(CallerError) as error:
                check_credentials(contract, {field.name: typed}, NOW)
            said = {each.field: each.detail for each in error.value.errors}
            assert field.label in said[f"credentials.{field.name}"]


def test_a_line_break_in_a_text_is_refused() -> None:
    """It could begin another header."""
    given = credentials(client_secret="a\r\nX-CANARY: 1")

    refused("invalid_request", "credentials.client_secret", lambda: check_credentials(INTER, given, NOW))


def test_unknown_credentials_are_refused_by_name() -> None:
    """A name that is no name is not repeated."""
    for name, shown in (("pasword", "pasword"), ("CANARY -----BEGIN", "?")):
        given = credentials(**{name: "x"})
        refused("invalid_request", f"credentials.{shown}", lambda g=given: check_credentials(INTER, g, NOW))


def test_an_expired_certificate_has_its_own_code() -> None:
    """The user learns that a new certificate is wanted."""
    pem, key = certificate(days=-1)

    given = credentials(certificate=pem, private_key=key)
    refused("certificate_expired", "credentials.certificate", lambda: check_credentials(INTER, given, NOW))


def test_certificate_and_key_must_belong_together() -> None:
    """A key of another certificate is found before the bank finds it."""
    _, other = certificate(days=301)

    given = credentials(private_key=other)
    refused("invalid_request", "credentials.private_key", lambda: check_credentials(INTER, given, NOW))


def test_pem_that_is_none_is_refused() -> None:
    """Each of the two files is checked by itself."""
    for name in ("certificate", "private_key"):
        given = credentials(**{name: "-----BEGIN CANARY-----\nAAAA\n-----END CANARY-----"})
        refused("invalid_request", f"credentials.{name}", lambda g=given: check_credentials(INTER, g, NOW))


def test_a_pattern_of_the_contract_is_demanded() -> None:
    """The whole value must match."""
    field = CredentialField(name="user", label="Usuário", kind=CredentialKind.TEXT, pattern=r"[0-9]{4}")
    optional = CredentialField(name="more", label="Mais", kind=CredentialKind.TEXT, required=False)
    contract = with_enrolment(fields=(field, optional))

    assert check_credentials(contract, {"user": "1234"}, NOW)[0].values == {"user": "1234"}
    refused("invalid_request", "credentials.user", lambda: check_credentials(contract, {"user": "12345"}, NOW))


SIGNING = CredentialField(name="signing_key", label="Chave de assinatura", kind=CredentialKind.PRIVATE_KEY)


@pytest.mark.parametrize("first", [True, False], ids=["before the pair", "behind the pair"])
def test_a_key_that_signs_belongs_to_no_certificate(first: bool) -> None:
    """A form may have two private keys: one of the certificate, and one that signs, wherever it stands."""
    fields = INTER.enrolment.fields
    contract = with_enrolment(fields=(SIGNING, *fields) if first else (*fields, SIGNING))
    _, signing = certificate(days=302)

    found, _ = check_credentials(contract, credentials(signing_key=signing), NOW)

    assert found["signing_key"] == signing
    given = credentials(signing_key=signing, private_key=signing)
    refused("invalid_request", "credentials.private_key", lambda: check_credentials(contract, given, NOW))
    given = credentials(signing_key="-----BEGIN CANARY-----")
    refused("invalid_request", "credentials.signing_key", lambda: check_credentials(contract, given, NOW))


async def test_a_pkcs12_fills_the_pair_and_no_other_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that signs is typed beside it, and stays."""
    contract = with_enrolment(fields=(*INTER.enrolment.fields, SIGNING))
    monkeypatch.setattr(contracts, "load", lambda _slug: contract)
    pem, key = certificate(days=300)
    bundle = pkcs12.serialize_key_and_certificates(
        None,
        load_pem_private_key(key.encode(), None),  # type: ignore[arg-type]  # one of RSA
        load_pem_x509_certificate(pem.encode()),
        None,
        BestAvailableEncryption(b"p"),
    )
    given = {"client_id": "a", "pkcs12": base64.b64encode(bundle).decode(), "pkcs12_password": "p", "signing_key": "s"}

    opened = await Bundles().opened("inter", given)

    assert opened.refused == ""
    assert opened.values["signing_key"] == "s"
    assert load_pem_private_key(opened.values["private_key"].encode(), None)
    assert "BEGIN CERTIFICATE" in opened.values["certificate"]
