"""Checks of the client certificates and private keys of a credential form: whether they parse and belong together.

Their size is limited before anything is computed (`gateway.certificates.private_keys`). The checks run in `CHECKS`,
threads of their own.
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.certificates.private_keys import PrivateKeyError, load_private_key
from gateway.concurrency.workers import Workers
from gateway.limits import CERTIFICATE_CHARACTERS, CREDENTIAL_CHECK_THREADS

__all__ = ["CHECKS", "CertificateError", "check_key", "expiry", "matches"]

CHECKS = Workers("credential-checks", CREDENTIAL_CHECK_THREADS)


class CertificateError(ValueError):
    """A certificate or key cannot be used. `part` is `certificate` or `private_key`; the text shows nothing of it."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(detail)
        self.part = part


def expiry(certificate: str) -> datetime:
    """The instant at which the certificate, the first of the PEM text, expires.

    Raises:
        CertificateError: the text is no PEM certificate.
    """
    return _certificate(certificate).not_valid_after_utc


def check_key(private_key: str) -> None:
    """Check that the private key parses.

    Raises:
        CertificateError: the text is no unencrypted PEM private key.
    """
    _public(private_key)


def matches(certificate: str, private_key: str) -> bool:
    """Whether certificate and key belong together.

    Raises:
        CertificateError: one of the two does not parse.
    """
    ours = _public(private_key)
    try:
        theirs = _certificate(certificate).public_key()
        return ours == theirs.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        if isinstance(error, CertificateError):
            raise
        raise CertificateError("certificate", "holds a key that is not supported") from error


def _public(private_key: str) -> bytes:
    try:
        key = load_private_key(private_key)
    except PrivateKeyError as error:
        raise CertificateError("private_key", str(error)) from error
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(text: str) -> x509.Certificate:
    if len(text) > CERTIFICATE_CHARACTERS:
        raise CertificateError("certificate", f"has more than {CERTIFICATE_CHARACTERS} characters")
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise CertificateError("certificate", "is not a certificate in PEM form") from error
