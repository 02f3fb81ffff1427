"""Private keys: only families and sizes in use are computed with."""

import base64
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.certificates.private_keys import PrivateKeyError, load_private_key
from gateway.limits import PRIVATE_KEY_CHARACTERS


def integer(value):
    size = value.bit_length() // 8 + 1
    return element(0x02, value.to_bytes(size, "big"))


def element(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    digits = (size.bit_length() + 7) // 8
    return bytes([tag, 128 | digits]) + size.to_bytes(digits, "big") + content


def pem(der, label="RSA PRIVATE KEY"):
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


def rsa_der(p, q, /, e=65537, **wrong):
    """A PKCS#1 key of two odd numbers, whatever they are."""
    d = pow(e, -1, (p - 1) * (q - 1)) if "d" not in wrong else wrong["d"]
    numbers = {"n": p * q, "e": e, "d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1), "qi": pow(q, -1, p)}
    numbers |= wrong
    return element(0x30, integer(0) + b"".join(integer(number) for number in numbers.values()))


def text(key, form=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@pytest.fixture(scope="module")
def two_thousand():
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_keys_in_use_are_loaded_in_both_forms(form, two_thousand):
    """RSA of 2048 and 3072 bits, P-256 and P-384, as PKCS#8 and as their own form, with text around them."""
    keys = [
        two_thousand,
        rsa.generate_private_key(65537, 3072),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
    ]
    for key in keys:
        loaded = load_private_key("Bag Attributes\n    localKeyID: 01\n" + text(key, form))
        assert loaded.private_numbers() == key.private_numbers()


def test_a_key_is_parsed_once(two_thousand):
    """The same text gives the same object."""
    assert load_private_key(text(two_thousand)) is load_private_key(text(two_thousand))


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505
        lambda: ec.generate_private_key(ec.SECP521R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate,
        lambda: dsa.generate_private_key(1024),  # noqa: S505
    ],
    ids=["rsa-1024", "p-521", "secp256k1", "ed25519", "dsa"],
)
def test_other_families_and_sizes_are_refused(make):
    """Each with the sentence that names the accepted ones."""
    key = text(make())

    with pytest.raises(PrivateKeyError, match=r"RSA of 2048 to 4096 bits|not an unencrypted"):
        load_private_key(key)


@pytest.mark.parametrize(("p", "q"), [(4253, 4423), (3217, 2281)])
def test_a_key_of_large_primes_is_refused_before_anything_is_computed(p, q):
    """The numbers 2^4253-1 and 2^4423-1 keep a library busy for many seconds."""
    key = pem(rsa_der(2**p - 1, 2**q - 1))

    began = time.process_time()
    with pytest.raises(PrivateKeyError):
        load_private_key(key)
    assert time.process_time() - began < 1


def test_the_work_grows_no_faster_than_the_text():
    """Twice as large a key costs at most a few times as much, where testing its primes would cost sixteen times."""

    def cost(bits):
        key = pem(rsa_der(2 ** (bits // 2) - 1, 2 ** (bits // 2) + 1, d=5, qi=1))
        began = time.process_time()
        for _ in range(50):
            with pytest.raises(PrivateKeyError):
                load_private_key(key)
        return time.process_time() - began

    assert cost(8192) < 8 * cost(4096) + 0.05


def test_a_long_text_is_not_looked_at(two_thousand):
    """Whatever it holds."""
    with pytest.raises(PrivateKeyError, match="characters"):
        load_private_key(text(two_thousand) + " " * PRIVATE_KEY_CHARACTERS)


@pytest.mark.parametrize(
    "wrong",
    [{"e": 1}, {"e": 65536}, {"e": 2**521 - 1}, {"d": 3}, {"dp": 3}, {"dq": 3}, {"qi": 3}, {"q": 7}, {"p": 0}],
    ids=str,
)
def test_numbers_that_do_not_belong_together_are_refused(wrong, two_thousand):
    """Also a public exponent that would make every verification long."""
    numbers = two_thousand.private_numbers()

    with pytest.raises(PrivateKeyError, match=r"belong together|public exponent|RSA of"):
        load_private_key(pem(rsa_der(numbers.p, numbers.q, **({"d": numbers.d} | wrong))))


def test_a_curve_described_in_full_is_refused():
    """Only its name bounds what computing on it costs."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    named = bytes.fromhex("a00a06082a8648ce3d030107")
    assert named in der
    described = element(0xA0, element(0x30, integer(1) + element(0x30, integer(2**4253 - 1))))
    body = der[3:] if der[1] & 128 else der[2:]

    with pytest.raises(PrivateKeyError, match="curve"):
        load_private_key(pem(element(0x30, body.replace(named, described)), "EC PRIVATE KEY"))


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82\xff", b"\x30\x84\x00\x00\x00\x01\x00", b"\x02\x01\x00"])
def test_what_is_no_der_is_no_key(der):
    """Cut short, too long, another element."""
    with pytest.raises(PrivateKeyError):
        load_private_key(pem(der, "PRIVATE KEY"))
