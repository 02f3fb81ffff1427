"""Connections to banks that go elsewhere than loopback: only to servers of test authorities, and to no other."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.certificates import marked_authorities as marks
from gateway.certificates.marked_authorities import MARK, is_loopback, marked_authorities
from gateway.line import tls
from gateway.line.tls import CertificatePool
from gateway.settings import SettingsError, load
from simulators.pki import TEST_ORGANIZATION, Authority

HOST = "cdpj.partners.bancointer.com.br"
MARKED = Authority().certificate


class OtherAuthority:
    """An authority with a name of choice, which can sign a server of a bank's name."""

    def __init__(self, organization="Autoridade Certificadora do Brasil", *, ca=True, issuer=None):
        self._key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, "AC Raiz")]
        if organization:
            names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        self._name = x509.Name(names)
        self._ca = ca
        signer = issuer or self
        self.certificate = self._pem(self._signed(self._name, self._key, signer._name, signer._key, ca=ca))

    def server(self, host):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = self._signed(subject, key, self._name, self._key, ca=False, host=host)
        plain = serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        return self._pem(made), private.decode()

    @staticmethod
    def _signed(subject, key, issuer, signing_key, *, ca, host=""):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(signing_key, hashes.SHA256())

    @staticmethod
    def _pem(certificate):
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


def bundle(tmp_path, *texts):
    file = tmp_path / "authorities.pem"
    file.write_text("\n".join(texts))
    return str(file)


def environment(tmp_path, address, ca_bundle=""):
    return {"GATEWAY_STATE_DIR": str(tmp_path / "s"), "GATEWAY_CONNECT_TO": address, "GATEWAY_CA_BUNDLE": ca_bundle}


def test_the_mark_is_that_of_the_simulators():
    """Both sides write it down, as neither imports the other."""
    assert MARK == TEST_ORGANIZATION


@pytest.mark.parametrize("address", ["simulators:9443", "192.0.2.7:9443", "[2001:db8::7]:9443", "0.0.0.0:9443"])
def test_another_address_needs_test_authorities_alone(tmp_path, address):
    """With them it is accepted; without a bundle, with the system's, with a mixture, the gateway does not start."""
    accepted = load(environment(tmp_path, address, bundle(tmp_path, MARKED, Authority(2).certificate)))
    assert accepted.connect_to == (address.rpartition(":")[0].strip("[]"), 9443)

    real = OtherAuthority()
    refused = {
        "": "CA_BUNDLE must name",
        bundle(tmp_path, real.certificate): "1 of its 1",
    }
    for given, word in refused.items():
        with pytest.raises(SettingsError, match=word):
            load(environment(tmp_path, address, given))
    for mixture in ((MARKED, real.certificate), (real.certificate, MARKED)):
        with pytest.raises(SettingsError, match="1 of its 2"):
            load(environment(tmp_path, address, bundle(tmp_path, *mixture)))
    for useless in ("", "nothing", MARKED[:200], "#" * 70_000 + MARKED):
        with pytest.raises(SettingsError, match="CA_BUNDLE must name"):
            load(environment(tmp_path, address, bundle(tmp_path, useless)))


@pytest.mark.parametrize(
    "stranger",
    [
        lambda: OtherAuthority("extrato simulators of somebody").certificate,
        lambda: OtherAuthority("").certificate,
        lambda: OtherAuthority(MARK, ca=False).certificate,
        lambda: OtherAuthority(MARK, issuer=OtherAuthority()).certificate,
        lambda: Authority().server(HOST)[0],
        lambda: Authority().client("company")[0],
    ],
    ids=["a like name", "no name", "no authority", "signed by another", "a server", "a client"],
)
def test_what_is_no_marked_authority(tmp_path, stranger):
    """The mark alone is not enough: it is an authority, and its own."""
    with pytest.raises(ValueError, match="no test authorities"):
        marked_authorities(bundle(tmp_path, MARKED, stranger()))


def test_on_loopback_any_authority_is_trusted(tmp_path):
    """As before: nobody else is met there."""
    given = bundle(tmp_path, OtherAuthority().certificate)

    for address in ("127.0.0.1:9443", "[::1]:9443", "localhost:9443"):
        assert load(environment(tmp_path, address, given)).ca_bundle == given
    for elsewhere in ("localhost.example.com", "127.0.0.1.example.com", "192.0.2.7", "::", ""):
        assert not is_loopback(elsewhere)


def test_a_form_of_certificates_that_is_not_looked_at_is_not_trusted_either(tmp_path):
    """OpenSSL reads `TRUSTED CERTIFICATE` from a file too; what is trusted is what was looked at."""
    hidden = OtherAuthority().certificate.replace("CERTIFICATE", "TRUSTED CERTIFICATE")
    trusted = marked_authorities(bundle(tmp_path, MARKED, hidden))

    assert trusted == MARKED
    context = tls.client_context(bundle(tmp_path, hidden), None, trusted)
    assert context.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(MARKED)]


def test_a_pool_refuses_by_itself(tmp_path):
    """Whoever makes one without the settings."""
    with pytest.raises(ValueError, match="cannot be read"):
        CertificatePool(None, ("192.0.2.7", 9443))
    with pytest.raises(ValueError, match="1 of its 1"):
        CertificatePool(bundle(tmp_path, OtherAuthority().certificate), ("192.0.2.7", 9443))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_only_servers_of_test_authorities_are_believed(tmp_path, monkeypatch, anyio_backend):
    """Also after the file was replaced: a server with a certificate from elsewhere is not spoken to."""
    # The servers of this test are on loopback; here that counts as elsewhere.
    monkeypatch.setattr(tls, "is_loopback", lambda host: False)
    real, file = OtherAuthority(), bundle(tmp_path, MARKED)
    async with serving(tmp_path, *Authority().server(HOST)) as own, serving(tmp_path, *real.server(HOST)) as other:
        pools = [CertificatePool(file, ("127.0.0.1", port)) for port in (own, other)]
        bundle(tmp_path, real.certificate)
        own_pool, other_pool = pools

        assert (await asked(own_pool)).status_code == 204
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await asked(other_pool)
        # The same server is believed where its authority is: so it is the authority that was refused.
        monkeypatch.setattr(tls, "is_loopback", marks.is_loopback)
        plain = CertificatePool(file, ("127.0.0.1", other))
        assert (await asked(plain)).status_code == 204
        for pool in (*pools, plain):
            await pool.aclose()


async def asked(pool):
    async with pool.transport(HOST, None) as transport:
        response = await transport.handle_async_request(pool.addressed(httpx.Request("GET", f"https://{HOST}/")))
        await response.aclose()
        return response


class serving:  # noqa: N801 - used as a function
    """A server on a free port that answers 204 with this certificate."""

    def __init__(self, tmp_path, certificate, key):
        file = tmp_path / "server.pem"
        file.write_text(certificate + key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._context)
        return self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_):
        self._server.close()

    @staticmethod
    async def _answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
