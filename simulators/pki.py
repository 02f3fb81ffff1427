"""The test certificate authority: server certificates by host name and client certificates for accounts."""

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["YEAR", "Authority", "fingerprint", "rsa_key_pair", "valid_at"]

YEAR = timedelta(days=365)


class Authority:
    """A certificate authority that only tests trust.

    Args:
        now: certificates are valid at this instant and in the years before it.
        folder: where key and certificate are kept between runs; None keeps them in memory.
    """

    def __init__(self, now: datetime, folder: Path | None = None) -> None:
        self._now = now
        kept = folder / "ca.pem" if folder else None
        key_file = folder / "ca.key" if folder else None
        if kept and key_file and kept.exists() and key_file.exists():
            self._certificate = x509.load_pem_x509_certificate(kept.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{key_file} is not the authority's key")
            self._key = key
            return
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "extrato test authority")])
        self._certificate = (
            self._builder(name, name, self._key.public_key(), now + 10 * YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        if kept and key_file:
            key_file.touch(mode=0o600)
            key_file.write_text(_pem_key(self._key))
            kept.write_text(self.certificate)

    @property
    def certificate(self) -> str:
        """The authority's own certificate as PEM; a client that trusts it trusts all that it signed."""
        return _pem(self._certificate)

    def server(self, host: str) -> tuple[str, str]:
        """Certificate and key, as PEM, for a host name."""
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        return self._issue(host, self._now + YEAR, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, common_name: str, end: datetime | None = None) -> tuple[str, str]:
        """Certificate and key, as PEM, for a client of a bank, good until `end`, or for a year.

        It begins long ago, because the simulated time may be put back, while TLS itself looks at the machine's clock.
        """
        return self._issue(common_name, end or self._now + YEAR, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def signed(self, certificate: str | bytes) -> bool:
        """Whether this authority signed a certificate, PEM or DER."""
        return _signed_by(certificate, self._certificate)

    def _issue(
        self, common_name: str, end: datetime, usage: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> tuple[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
        builder = (
            self._builder(subject, self._certificate.subject, key.public_key(), end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return _pem(builder.sign(self._key, hashes.SHA256())), _pem_key(key)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
    ) -> x509.CertificateBuilder:
        begin = min(self._now, end) - 5 * YEAR
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


@lru_cache(maxsize=8)
def rsa_key_pair(name: str, bits: int = 2048) -> tuple[str, str]:
    """A private and a public RSA key as PEM; one pair for each name and process, since making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _pem_key(key), public.decode()


@lru_cache(maxsize=1024)
def fingerprint(certificate: str | bytes) -> str:
    """SHA-256 of a certificate, PEM or DER, in hexadecimal.

    Raises:
        ValueError: it is not a certificate.
    """
    return _loaded(certificate).fingerprint(hashes.SHA256()).hex()


def valid_at(certificate: str | bytes, now: datetime) -> bool:
    """Whether a certificate, PEM or DER, is within its life at an instant.

    Raises:
        ValueError: it is not a certificate.
    """
    loaded = _loaded(certificate)
    return loaded.not_valid_before_utc <= now <= loaded.not_valid_after_utc


@lru_cache(maxsize=1024)
def _loaded(certificate: str | bytes) -> x509.Certificate:
    if isinstance(certificate, bytes):
        return x509.load_der_x509_certificate(certificate)
    return x509.load_pem_x509_certificate(certificate.encode())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@lru_cache(maxsize=1024)
def _signed_by(certificate: str | bytes, authority: x509.Certificate) -> bool:
    """Whether the authority signed a certificate. Each call of a client shows the same one."""
    try:
        _loaded(certificate).verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
