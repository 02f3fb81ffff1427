"""Certificates and private keys."""

from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from gateway.certificates.checks import CertificateError, check_key, expiry, matches
from gateway.certificates.pem import certificates_pem
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


@pytest.mark.parametrize(
    ("sound", "odd"),
    [(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05"), (b"\x0c\x0dCANARY", b"\x03\x0dCANARY")],
    ids=["version", "name"],
)
def test_an_odd_certificate_is_no_defect_of_ours(sound: bytes, odd: bytes) -> None:
    """The library has errors of its own kinds for a version that there is not, and for a name that is no text."""
    pem, key = certificate()
    der = b64decode("".join(pem.splitlines()[1:-1]))
    assert sound in der
    spoilt = b64encode(der.replace(sound, odd)).decode()
    for work in (expiry, lambda text: matches(text, key)):
        try:
            work(certificates_pem(spoilt))
            # A name of another kind hinders nothing that is asked of a certificate here.
            assert sound[0] == 0x0C
        except CertificateError as error:
            assert error.part == "certificate"
    assert certificates_pem(pem + certificates_pem(spoilt)).count("BEGIN") == 2
