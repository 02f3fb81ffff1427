"""Bundles of test authorities, which the organisation in their names marks as such.

The simulators play banks under the banks' real host names. Over loopback a gateway reaches nothing else. Over any other
address the certificates must ensure it: a gateway that trusts only test authorities cannot reach a real bank by
mistake, because no test authority has signed a certificate of one, and a certificate of a real authority cannot lead it
elsewhere.
"""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.limits import AUTHORITIES_BYTES

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["MARK", "is_loopback", "marked_authorities"]

MARK = "extrato simulators"
"""The organisation in the name of every authority of the simulators."""


def is_loopback(host: str) -> bool:
    """Whether connections to a host, a name or an address, stay on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def marked_authorities(bundle: str) -> str:
    """The authorities of a bundle, as PEM, if each of them is one of tests.

    The text holds exactly the certificates that were looked at, and nothing else that the file may have.

    Args:
        bundle: path of a PEM file.

    Raises:
        ValueError: it cannot be read, holds none, or one that is not marked; the text says which of these.
    """
    # Only here: a gateway of real banks has no such bundle.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    try:
        with Path(bundle).open("rb") as file:
            content = file.read(AUTHORITIES_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from error
    if len(content) > AUTHORITIES_BYTES:
        raise ValueError(f"the file has more than {AUTHORITIES_BYTES} bytes")
    try:
        found = x509.load_pem_x509_certificates(content)
        strangers = sum(not _is_marked(each) for each in found)
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise ValueError("the file holds no certificates that can be read") from error
    if strangers:
        raise ValueError(f"{strangers} of its {len(found)} certificates are no test authorities of the simulators")
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in found)


def _is_marked(certificate: "x509.Certificate") -> bool:
    """Whether a certificate is an authority that signed itself, whose only organisation is the mark."""
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above

    organizations = [each.value for each in certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)]
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(certificate)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return is_authority and organizations == [MARK]
