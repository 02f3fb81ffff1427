"""A signed assertion is good for its life; a glide of the clock does not end it on its way to the bank."""

from datetime import datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from simulators.assertion import ASSERTION_TYPE, GRANT_TYPE, objection
from simulators.clock import BRASILIA
from simulators.rsa_keys import rsa_key_pair

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("late", "hurried", "wrong"),
    [
        (timedelta(minutes=1), timedelta(0), ""),
        (timedelta(minutes=10), timedelta(0), "assertion expired"),
        (timedelta(days=9), timedelta(days=10), ""),
        (timedelta(days=11), timedelta(days=10), "assertion expired"),
    ],
)
def test_an_assertion_ends(key, late, hurried, wrong):
    """It is five minutes long, and used once."""
    start = int(NOW.timestamp())
    claims = {"iss": "c", "aud": "bank", "jti": "1", "iat": start, "nbf": start, "exp": start + 300}
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt.encode(claims, key, algorithm="RS256")}
    used: dict[str, float] = {}

    def told():
        return objection(
            form,
            public_key=public.decode(),
            audience="bank",
            claims={"iss": "c"},
            longest=timedelta(minutes=10),
            now=NOW + late,
            hurried=hurried,
            used=used,
        )

    assert told() == wrong
    assert told() == (wrong or "token reuse detected")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("is_grant", [False, True], ids=["proof of a client", "grant"])
def test_a_bank_takes_one_algorithm(algorithm, is_grant):
    """A signature by another one is refused, whichever place of the form the assertion has."""
    private, public = (ec_pair if algorithm == "ES256" else rsa_key_pair)("assertion")
    start = int(NOW.timestamp())
    claims = {"iss": "c", "aud": "bank", "jti": "1", "iat": start, "nbf": start, "exp": start + 300}
    signed = jwt.encode(claims, private, algorithm=algorithm)
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    form = {"grant_type": GRANT_TYPE, "assertion": signed} if is_grant else proof

    def told(taken):
        return objection(
            form,
            public_key=public,
            audience="bank",
            claims={"iss": "c"},
            longest=timedelta(minutes=10),
            now=NOW,
            hurried=timedelta(0),
            used={},
            algorithm=taken,
        )

    assert told(algorithm) == ""
    assert told("PS256" if algorithm == "RS256" else "RS256")


def ec_pair(_name):
    """A pair on P-256, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(serialization.Encoding.PEM, *form).decode(), public.decode()
