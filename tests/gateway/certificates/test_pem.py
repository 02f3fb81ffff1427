"""Certificates and keys as people paste them."""

import asyncio
import base64
import re
import ssl
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

import contracts
from gateway.accounts.enrolment.forms import check_credentials
from gateway.certificates.checks import CertificateError
from gateway.certificates.der import Kind, kind_of
from gateway.certificates.pem import certificates_pem, pkcs12_in, private_key_pem
from gateway.certificates.pkcs12 import Bundles, Opened, refusal
from gateway.concurrency.shares import TENANT
from gateway.errors import CallerError
from gateway.limits import PKCS12_PROCESSES
from simulators.rsa_keys import rsa_key_pair
from tests.gateway.support import NOW, certificate, credentials

pytestmark = pytest.mark.anyio

INTER = contracts.load("inter")
CERTIFICATE, KEY = certificate()


def der(pem: str) -> bytes:
    return base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))


BAG = "Bag Attributes\n    localKeyID: 01 00 00 00\nKey Attributes: <No Attributes>\nsubject=CN = x\n"

PASTED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "one line with blanks": lambda pem: pem.replace("\n", " ").strip(),
    "one line without anything": lambda pem: pem.replace("\n", ""),
    "line breaks in letters": lambda pem: pem.replace("\n", "\\n"),
    "CRLF in letters": lambda pem: pem.replace("\n", "\\r\\n"),
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "old Mac line ends": lambda pem: pem.replace("\n", "\r"),
    "no line break at the end": lambda pem: pem.rstrip("\n"),
    "indented": lambda pem: textwrap.indent(pem, "    "),
    "blank lines": lambda pem: pem.replace("\n", "\n\n"),
    "blanks at the ends of lines": lambda pem: pem.replace("\n", " \n"),
    "byte order mark": lambda pem: "\ufeff" + pem,
    "no-break and zero-width blanks": lambda pem: pem.replace("\n", "\u00a0\u200b"),
    "what OpenSSL prints before it": lambda pem: BAG + pem,
    "base64 of DER": lambda pem: base64.b64encode(der(pem)).decode(),
    "base64 of DER in lines": lambda pem: base64.encodebytes(der(pem)).decode(),
    "base64 of DER without padding": lambda pem: base64.b64encode(der(pem)).decode().rstrip("="),
    "base64 of the PEM": lambda pem: base64.b64encode(pem.encode()).decode(),
    "data address": lambda pem: "data:application/x-pem-file;base64," + base64.b64encode(der(pem)).decode(),
    "longer lines": lambda pem: re.sub(r"(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])", "", pem),
}


@pytest.mark.parametrize("pasted", PASTED)
def test_a_pasted_certificate_and_key_are_what_they_were(pasted: str, tmp_path: Path) -> None:
    """Whatever happened to their lines; the TLS library accepts the stored text."""
    given = credentials(certificate=PASTED[pasted](CERTIFICATE), private_key=PASTED[pasted](KEY))

    found, expires = check_credentials(INTER, given, NOW)

    assert (found["certificate"], found["private_key"]) == (CERTIFICATE, KEY)
    assert expires == NOW + timedelta(days=300)
    file = tmp_path / "client.pem"
    file.write_text(found["certificate"] + found["private_key"])
    ssl.create_default_context().load_cert_chain(file)


def chain() -> tuple[list[str], str]:
    """A holder's certificate, that of its issuer and the root, and the holder's key."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("holder", "issuer", "root")]
    made = []
    for place, key in enumerate(keys):
        above = min(place + 1, 2)
        built = (
            x509.CertificateBuilder()
            .subject_name(names[place])
            .issuer_name(names[above])
            .public_key(key.public_key())
            .serial_number(place + 1)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=100 * (place + 1)))
            .sign(keys[above], hashes.SHA256())
        )
        made.append(built.public_bytes(Encoding.PEM).decode())
    return made, keys[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0,), (1, 0)])
@pytest.mark.parametrize("pasted", ["as it is", "one line without anything", "line breaks in letters", "CRLF"])
def test_a_chain_begins_with_the_holder(order: tuple[int, ...], pasted: str) -> None:
    """As TLS sends it, in whatever order its parts were pasted."""
    parts, key = chain()
    text = PASTED[pasted]("".join(parts[place] for place in order))

    found, expires = check_credentials(INTER, credentials(certificate=text, private_key=key), NOW)

    assert found["certificate"] == "".join(parts[place] for place in sorted(order))
    assert expires == NOW + timedelta(days=100)


def test_certificate_and_key_in_one_file_are_found_in_both_fields() -> None:
    """Each field takes its own part."""
    both = KEY + CERTIFICATE

    assert (certificates_pem(both), private_key_pem(both)) == (CERTIFICATE, KEY)


RSA = cast(
    rsa.RSAPrivateKey,
    load_pem_private_key(rsa_key_pair("pasted")[0].encode(), None, unsafe_skip_rsa_key_validation=True),
)
P384 = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize("key", [RSA, P384], ids=["rsa", "p384"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("pasted", ["one line with blanks", "base64 of DER", "base64 of the PEM"])
def test_a_key_gets_the_label_of_its_form(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat, pasted: str
) -> None:
    """DER does not say which; a wrong label is put right."""
    pem = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    wrong = re.sub(r"(BEGIN|END) [A-Z ]*KEY", r"\1 PRIVATE KEY", pem)

    assert private_key_pem(PASTED[pasted](pem)) == pem
    assert private_key_pem(PASTED[pasted](wrong)) == pem
    assert load_pem_private_key(private_key_pem(wrong).encode(), None) is not None


ENCRYPTED = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"CANARY")).decode()
OLD_ENCRYPTED = RSA.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"CANARY")
).decode()
PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
REQUEST = (x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(RSA, hashes.SHA256())).public_bytes(
    Encoding.PEM
)


@pytest.mark.parametrize("field", ["certificate", "private_key"])
@pytest.mark.parametrize(
    "text",
    [
        "CANARY",
        "----------",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        CERTIFICATE[: len(CERTIFICATE) // 2],
        CERTIFICATE.replace("-----END CERTIFICATE-----", "-----END PRIVATE KEY-----"),
        CERTIFICATE[:100] + CERTIFICATE[200:],
        KEY[:60] + KEY[80:],
        base64.b64encode(der(CERTIFICATE)[:-5]).decode(),
        CERTIFICATE.replace("A", "Ã"),
        PUBLIC,
        REQUEST.decode(),
        ENCRYPTED,
        OLD_ENCRYPTED,
        CERTIFICATE * 20,
        KEY + KEY,
        base64.b64encode(b"\x30\x84\xff\xff\xff\xff").decode(),
        base64.b64encode(b"\x30\x80\x00\x00").decode(),
        base64.b64encode(b"\x30").decode(),
        "MA==",
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(field: str, text: str) -> None:
    """With a sentence for the person, and nothing of the value."""
    with pytest.raises(CallerError) as raised:
        check_credentials(INTER, credentials(**{field: text}), NOW)

    assert raised.value.field == f"credentials.{field}"
    (error,) = raised.value.errors
    assert error.detail.startswith(("Isto não é", "A chave"))
    assert not any(part in raised.value.detail + error.detail for part in (text[:40], "CANARY"))


@pytest.mark.parametrize(
    "hostile",
    ["-----BEGIN " * 5000, "-" * 60_000, "-----BEGIN A-----" * 3000, "\\n" * 30_000, " " * 60_000, "A" * 60_000],
)
def test_a_hostile_text_is_read_once(hostile: str) -> None:
    """The work grows with the text and not with its square: each is a single pass over a bounded text."""
    for read in (certificates_pem, private_key_pem):
        with pytest.raises(CertificateError):
            read(hostile)
    assert pkcs12_in(hostile) is None


# --- PKCS#12


def bundle(password: bytes = b"CANARY-senha", *, with_key: bool = True, with_certificate: bool = True) -> str:
    """A PKCS#12 of the support certificate, in base64."""
    parts, _ = chain()
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    key = load_pem_private_key(KEY.encode(), None) if with_key else None
    return base64.b64encode(
        pkcs12.serialize_key_and_certificates(
            b"name",
            key,  # type: ignore[arg-type]
            x509.load_pem_x509_certificate(CERTIFICATE.encode()) if with_certificate else None,
            [x509.load_pem_x509_certificate(parts[2].encode())],
            encryption,
        )
    ).decode()


def form(**changed: object) -> dict[str, object]:
    files = {"certificate", "private_key"}
    return {name: value for name, value in credentials().items() if name not in files} | changed


@pytest.mark.parametrize("field", ["pkcs12", "certificate"])
@pytest.mark.parametrize("pasted", [str, lambda text: textwrap.fill(text, 76), lambda text: "data:x;base64," + text])
@pytest.mark.parametrize("password", ["CANARY-senha", "çãé 1", ""])
async def test_a_pkcs12_is_taken_apart(field: str, pasted: Callable[[str], str], password: str) -> None:
    """In its own field or in that of the certificate; the form then has certificate and key, and no password."""
    given = form(**{field: pasted(bundle(password.encode())), "pkcs12_password": password})

    opened = await Bundles().opened("inter", given)
    found, expires = check_credentials(INTER, opened.values, NOW, opened.refused)

    assert found["certificate"].startswith(CERTIFICATE)
    assert found["certificate"].count("BEGIN CERTIFICATE") == 2
    assert private_key_pem(found["private_key"]) == KEY
    assert set(found.values) == {"client_id", "client_secret", "certificate", "private_key"}
    assert expires == NOW + timedelta(days=300)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"pkcs12": bundle(), "pkcs12_password": "CANARY-other"}, "pkcs12_password"),
        ({"pkcs12": bundle()}, "pkcs12_password"),
        ({"pkcs12": bundle(), "pkcs12_password": 7}, "pkcs12"),
        ({"pkcs12": 7}, "pkcs12"),
        ({"pkcs12": "CANARY"}, "pkcs12"),
        ({"pkcs12": bundle()[:-400], "pkcs12_password": "CANARY-senha"}, "pkcs12"),
        ({"pkcs12": CERTIFICATE}, "pkcs12"),
        ({"pkcs12": bundle(with_key=False), "pkcs12_password": "CANARY-senha"}, "pkcs12"),
        ({"pkcs12": bundle(with_certificate=False), "pkcs12_password": "CANARY-senha"}, "pkcs12"),
        ({"pkcs12": bundle(), "pkcs12_password": "CANARY-senha", "private_key": KEY}, "pkcs12"),
    ],
)
async def test_a_pkcs12_that_cannot_be_used_is_refused_with_all_else(changed: dict[str, object], field: str) -> None:
    """Together with what else is wrong with the form, and without calling the files missing."""
    opened = await Bundles().opened("inter", form(client_secret="", **changed))

    with pytest.raises(CallerError) as raised:
        check_credentials(INTER, opened.values, NOW, opened.refused)

    assert [error.field for error in raised.value.errors] == [f"credentials.{field}", "credentials.client_secret"]
    assert not any("CANARY" in error.detail for error in raised.value.errors)


async def test_a_password_without_a_pkcs12_is_no_field_of_the_form() -> None:
    """A bank without certificates takes neither."""
    opened = await Bundles().opened("inter", {**credentials(), "pkcs12_password": "x"})
    with pytest.raises(CallerError) as raised:
        check_credentials(INTER, opened.values, NOW, opened.refused)
    assert raised.value.field == "credentials.pkcs12_password"

    given = {"user": "123456", "token": "12345678", "pkcs12": bundle()}
    opened = await Bundles().opened("pagseguro", given)
    with pytest.raises(CallerError) as raised:
        check_credentials(contracts.load("pagseguro"), opened.values, NOW, opened.refused)
    assert raised.value.field == "credentials.pkcs12"


def endless() -> str:
    """A PKCS#12 whose password must be stirred two thousand million times."""
    whole = base64.b64decode(bundle())
    # The count of the outer digest stands at the very end, as an integer of two octets or more.
    at = whole.rindex(b"\x02\x02")
    count = b"\x02\x04\x7f\xff\xff\xff"
    grown = len(count) - (len(whole) - at)
    changed = bytearray(whole[:at] + count)
    _grow(changed, grown)
    return base64.b64encode(bytes(changed)).decode()


def _grow(value: bytearray, by: int) -> None:
    """Put right the lengths of the outermost value and of its last part."""
    assert value[:2] == b"\x30\x82"
    value[2:4] = (int.from_bytes(value[2:4]) + by).to_bytes(2)
    digest = value.rindex(b"\x30\x41") if b"\x30\x41" in value else value.rindex(b"\x30\x3d")
    value[digest + 1] += by


@pytest.mark.slow
async def test_a_pkcs12_without_end_is_given_up() -> None:
    """Its process may use so many seconds of a processor, and nothing of ours waits on it meanwhile."""
    hostile = endless()
    found = pkcs12_in(hostile)
    assert found is not None
    assert kind_of(found) is Kind.PKCS12

    opened = await Bundles(processor_seconds=1).opened("inter", form(pkcs12=hostile, pkcs12_password="CANARY-senha"))

    assert refusal(opened.refused).field in {"credentials.pkcs12", "credentials.pkcs12_password"}


async def test_bundles_of_one_tenant_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take seconds of its process; however many of one tenant wait, another's is opened beside them."""
    begun, never = [], asyncio.Event()
    run = Bundles._output

    async def stuck(self: Bundles, child_input: bytes) -> bytes:
        begun.append(TENANT.get())
        if TENANT.get() == "hostile":
            await never.wait()
        return await run(self, child_input)

    async def opened_for(tenant: str) -> Opened:
        TENANT.set(tenant)
        return await bundles.opened("inter", form(pkcs12=bundle(), pkcs12_password="CANARY-senha"))

    monkeypatch.setattr(Bundles, "_output", stuck)
    bundles = Bundles()
    hostile = [asyncio.create_task(opened_for("hostile")) for _ in range(5)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(60):
            found = await asyncio.create_task(opened_for("honest"))
    finally:
        for task in hostile:
            task.cancel()
        await asyncio.wait(hostile)
    assert found.values["private_key"]
    assert begun == ["hostile"] * (PKCS12_PROCESSES - 1) + ["honest"]
