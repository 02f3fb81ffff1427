"""The test certificate authority: server certificates by host name and client certificates for accounts."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["TEST_ORGANIZATION", "Authority", "key_fingerprint", "valid_at"]

YEAR = timedelta(days=365)
BEGIN, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
"""Life of a certificate that is not about its life."""
TEST_ORGANIZATION = "extrato simulators"
"""The organisation in the name of every authority that is made here. By it a program tells that it is for tests."""
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of NIST P-256 (SEC 2, section 2.4.2)."""


class Authority:
    """A certificate authority that only tests trust. Its key, and every certificate it signs, follow from the seed.

    Nothing it holds is a secret: whoever knows the seed can sign as well. Its name says that it is for tests alone.

    Args:
        seed: another one gives another authority.
    """

    def __init__(self, seed: object = 1) -> None:
        self._seed = f"{seed}"
        self._key = self._derived_key("authority")
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, TEST_ORGANIZATION),
                x509.NameAttribute(NameOID.COMMON_NAME, f"test authority of seed {self._seed}"[:64]),
            ]
        )
        self._certificate = self._sign(
            self._builder(name, name, self._key.public_key(), END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
        )

    @property
    def certificate(self) -> str:
        """The authority's own certificate as PEM; a client that trusts it trusts all that it signed."""
        return _pem(self._certificate)

    def server(self, host: str) -> tuple[str, str]:
        """Certificate and key, as PEM, for a host name."""
        names = (x509.DNSName(host),)
        return _issued(self, host, host, END, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, common_name: str, end: datetime | None = None, about: str = "") -> tuple[str, str]:
        """Certificate and key, as PEM, for a client of a bank, good until `end`, or for longer than any clock runs.

        It begins long ago, because the simulated time may be put back, while TLS itself looks at the machine's clock.

        Args:
            common_name: name of the subject.
            end: last instant of its life.
            about: what its key follows from, besides the seed; the name when empty.
        """
        return _issued(self, common_name, about or common_name, end or END, ExtendedKeyUsageOID.CLIENT_AUTH, ())

    def signed(self, certificate: str | bytes) -> bool:
        """Whether this authority signed a certificate, PEM or DER."""
        return _signed_by(certificate, self._certificate)

    def __eq__(self, other: object) -> bool:
        """Whether another issues the same certificates."""
        return isinstance(other, Authority) and self._seed == other._seed

    def __hash__(self) -> int:
        """Of its seed."""
        return hash(self._seed)

    def issue(
        self,
        common_name: str,
        about: str,
        end: datetime,
        usage: x509.ObjectIdentifier,
        names: tuple[x509.GeneralName, ...],
    ) -> tuple[str, str]:
        """Certificate and key, as PEM.

        Args:
            common_name: name of the subject.
            about: what its key follows from, besides the seed.
            end: last instant of its life.
            usage: what its key is for.
            names: further names of the subject.
        """
        key = self._derived_key(about)
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
        return _pem(self._sign(builder)), _pem_key(key)

    def _derived_key(self, about: str) -> ec.EllipticCurvePrivateKey:
        digest = hashlib.sha512(f"{self._seed}/{about}/key".encode()).digest()
        return ec.derive_private_key(1 + int.from_bytes(digest) % (P256_ORDER - 1), ec.SECP256R1())

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
    ) -> x509.CertificateBuilder:
        identity = x509.SubjectKeyIdentifier.from_public_key(key)
        serial = hashlib.sha256(identity.digest + f"{end:%Y%m%d%H%M%S}".encode()).digest()[:16]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(1 + (int.from_bytes(serial) >> 1))
            .not_valid_before(min(BEGIN, end - YEAR))
            .not_valid_after(end)
            .add_extension(identity, critical=False)
        )


@lru_cache(maxsize=1024)
def _issued(
    authority: Authority,
    common_name: str,
    about: str,
    end: datetime,
    usage: x509.ObjectIdentifier,
    names: tuple[x509.GeneralName, ...],
) -> tuple[str, str]:
    """What an authority issues: worlds of one seed open the same accounts again and again."""
    return authority.issue(common_name, about, end, usage, names)


@lru_cache(maxsize=1024)
def key_fingerprint(certificate: str | bytes) -> str:
    """SHA-256 of the public key of a certificate, PEM or DER, in hexadecimal: it outlives a renewal of the certificate.

    Raises:
        ValueError: it is not a certificate.
    """
    public = (
        _loaded(certificate)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return hashlib.sha256(public).hexdigest()


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


def _pem_key(key: ec.EllipticCurvePrivateKey) -> str:
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
