"""Checks of the client certificates and private keys of a credential form: whether they parse and belong together.

Their size is limited before anything is computed (`gateway.certificates.private_keys`). The checks run in `CHECKS`,
threads of their own, and the first of them loads what reads certificates and keys: it is 3 MB that a gateway does not
need while nobody registers an account.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm

from gateway.concurrency.workers import Workers
from gateway.limits import CERTIFICATE_CHARACTERS, CREDENTIAL_CHECK_THREADS

if TYPE_CHECKING:
    from cryptography import x509

    from gateway.certificates.private_keys import PrivateKey

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
    ours, read = _public(private_key), _certificate(certificate)
    try:
        return ours == _public_of(read)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("certificate", "holds a key that is not supported") from error


def _public(private_key: str) -> bytes:
    from gateway.certificates.private_keys import PrivateKeyError, load_private_key  # noqa: PLC0415 - see above

    try:
        key = load_private_key(private_key)
    except PrivateKeyError as error:
        raise CertificateError("private_key", str(error)) from error
    return _public_of(key)


def _public_of(owner: "PrivateKey | x509.Certificate") -> bytes:
    """The public key of a private key or a certificate, as DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - see above

    return owner.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(text: str) -> "x509.Certificate":
    from cryptography import x509  # noqa: PLC0415 - see above

    if len(text) > CERTIFICATE_CHARACTERS:
        raise CertificateError("certificate", f"has more than {CERTIFICATE_CHARACTERS} characters")
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise CertificateError("certificate", "is not a certificate in PEM form") from error
