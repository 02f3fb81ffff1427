"""Certificates and private keys."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from gateway.certificates.checks import CertificateError, check_key, expiry, matches
from tests.gateway.support import NOW, certificate


def test_a_certificate_tells_its_expiry_and_its_key() -> None:
    """A pair that was made together belongs together; another key does not."""
    pem, key = certificate()

    assert expiry(pem) == NOW + timedelta(days=300)
    assert matches(pem, key)
    assert not matches(pem, certificate(days=301)[1])


def test_an_encrypted_key_cannot_be_used() -> None:
    """There is no field for its password, so the key is refused at once."""
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"CANARY")
    )

    with pytest.raises(CertificateError, match="unencrypted") as raised:
        check_key(encrypted.decode())

    assert raised.value.part == "private_key"


def test_what_does_not_parse_is_named() -> None:
    """Certificate or key, never its text."""
    pem, key = certificate()

    for use, part in (
        (lambda: expiry("CANARY"), "certificate"),
        (lambda: matches("CANARY", key), "certificate"),
        (lambda: matches(pem, "CANARY"), "private_key"),
    ):
        with pytest.raises(CertificateError) as raised:
            use()
        assert raised.value.part == part
        assert "CANARY" not in str(raised.value)
