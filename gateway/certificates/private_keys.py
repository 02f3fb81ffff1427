"""Loads private keys in PEM form, after a check of family and size without arithmetic.

A library that loads an RSA key tests its primes, and one that loads a key of another family computes a public key from
parameters of any size: the author of the key decides how long that takes, and the interpreter is blocked meanwhile. So
this module first reads the structure of the key (X.690 DER in PKCS#1, SEC 1 or PKCS#8). Only RSA of 2048 to 4096 bits
and elliptic curves P-256 and P-384 are loaded. A few multiplications check that the numbers of an RSA key belong
together. Its primes are not tested: a key with composite numbers would only harm its owner.
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers
from cryptography.hazmat.primitives.serialization import load_der_private_key

from gateway.certificates.der import INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE, elements
from gateway.limits import PRIVATE_KEY_CHARACTERS, PRIVATE_KEYS_KEPT

__all__ = ["PrivateKey", "PrivateKeyError", "load_private_key"]

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey

RSA_BITS = range(2048, 4097)
LARGEST_EXPONENT = 2**32 - 1
"""Largest public exponent. Nearly all keys have 65537; verifying takes longer with each bit."""

PEM = re.compile(
    r"-----BEGIN (?P<label>PRIVATE KEY|RSA PRIVATE KEY|EC PRIVATE KEY)-----"
    r"(?P<body>[A-Za-z0-9+/=\s]*)-----END (?P=label)-----"
)

PARAMETERS = 0xA0
"""Tag of the curve in an ECPrivateKey."""
RSA_INTEGERS = 9
"""Version, modulus, two exponents, two primes, two exponents of the primes, the coefficient."""
RSA_OBJECT = bytes.fromhex("2a864886f70d010101")
EC_OBJECT = bytes.fromhex("2a8648ce3d0201")
CURVES = frozenset({bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2b81040022")})
"""P-256 and P-384."""

NO_KEY = "is not an unencrypted private key in PEM form"
OTHER_KEY = "is neither RSA of 2048 to 4096 bits nor an elliptic curve key on P-256 or P-384"


class PrivateKeyError(ValueError):
    """A private key cannot be used. The text begins with a verb and shows nothing of the key."""


@lru_cache(maxsize=PRIVATE_KEYS_KEPT)
def load_private_key(pem: str) -> PrivateKey:
    """The key of a PEM text. It is kept, so that a key in use is parsed once.

    Raises:
        PrivateKeyError: the text holds no unencrypted private key, or one of another family or size.
    """
    if len(pem) > PRIVATE_KEY_CHARACTERS:
        raise PrivateKeyError(f"has more than {PRIVATE_KEY_CHARACTERS} characters")
    found = PEM.search(pem)
    if found is None:
        raise PrivateKeyError(NO_KEY)
    try:
        der = base64.b64decode("".join(found["body"].split()), validate=True)
        _check_outline(found["label"], der)
        # The primes are not tested: with composite numbers of the right size only the owner's signatures are wrong.
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except PrivateKeyError:
        raise
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise PrivateKeyError(NO_KEY) from error
    if isinstance(key, RSAPrivateKey):
        _check_numbers(key.private_numbers())
    elif not isinstance(key, EllipticCurvePrivateKey):  # pragma: no cover - the outline admits no other family
        raise PrivateKeyError(OTHER_KEY)
    return key


def _check_outline(label: str, der: bytes) -> None:
    """Check family and sizes by the lengths that stand in the encoding.

    Raises:
        PrivateKeyError: it is another family or size.
        ValueError: it is no DER of a private key.
    """
    parts = _within(der, SEQUENCE)
    if label == "RSA PRIVATE KEY":
        _check_rsa(parts)
    elif label == "EC PRIVATE KEY":
        _check_curve(parts, named=False)
    else:
        _, (kind, algorithm), (inner_kind, inner), *_ = parts
        if kind != SEQUENCE or inner_kind != OCTET_STRING:
            raise ValueError("no PKCS#8")
        family, *parameters = elements(algorithm)
        if family == (OBJECT_ID, RSA_OBJECT):
            _check_rsa(_within(inner, SEQUENCE))
        elif family == (OBJECT_ID, EC_OBJECT) and parameters and _is_curve(parameters[0]):
            _check_curve(_within(inner, SEQUENCE), named=True)
        else:
            raise PrivateKeyError(OTHER_KEY)


def _check_rsa(parts: list[tuple[int, bytes]]) -> None:
    """Check an RSAPrivateKey of RFC 8017: two primes, none of its numbers larger than the modulus."""
    if len(parts) != RSA_INTEGERS or any(kind != INTEGER for kind, _ in parts):
        raise PrivateKeyError(OTHER_KEY)
    if max(len(value) for _, value in parts) > RSA_BITS[-1] // 8 + 1:
        raise PrivateKeyError(OTHER_KEY)
    _, modulus, exponent, *others = (int.from_bytes(value, "big", signed=True) for _, value in parts)
    if modulus <= 0 or modulus.bit_length() not in RSA_BITS or not all(0 < other < modulus for other in others):
        raise PrivateKeyError(OTHER_KEY)
    if not 3 <= exponent <= LARGEST_EXPONENT or not exponent % 2:
        raise PrivateKeyError("has a public exponent that is not in use")


def _check_curve(parts: list[tuple[int, bytes]], *, named: bool) -> None:
    """Check an ECPrivateKey of RFC 5915; curves that are not named, or described in full, are refused."""
    for kind, value in parts:
        if kind == PARAMETERS:
            if not _is_curve(next(elements(value), None)):
                raise PrivateKeyError(OTHER_KEY)
            named = True
    if not named:
        raise PrivateKeyError(OTHER_KEY)


def _is_curve(element: tuple[int, bytes] | None) -> bool:
    return element is not None and element[0] == OBJECT_ID and element[1] in CURVES


def _check_numbers(numbers: RSAPrivateNumbers) -> None:
    """Check that the numbers of an RSA key belong together; `_check_rsa` has limited their size.

    Raises:
        PrivateKeyError: they do not.
    """
    public, p, q = numbers.public_numbers, numbers.p, numbers.q
    together = (
        p % 2 == 1
        and q % 2 == 1
        and min(p, q) > 2
        and p * q == public.n
        and numbers.d * public.e % (p - 1) == 1
        and numbers.d * public.e % (q - 1) == 1
        and numbers.dmp1 == numbers.d % (p - 1)
        and numbers.dmq1 == numbers.d % (q - 1)
        and numbers.iqmp * q % p == 1
    )
    if not together:
        raise PrivateKeyError("has numbers that do not belong together")


def _within(der: bytes, kind: int) -> list[tuple[int, bytes]]:
    """The elements within the single element of these bytes."""
    (tag, content), *others = elements(der)
    if others or tag != kind:
        raise ValueError("another element was expected")
    return list(elements(content))
