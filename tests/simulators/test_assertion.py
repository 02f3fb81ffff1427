"""A signed assertion is good for its life; a glide of the clock does not end it on its way to the bank."""

from datetime import datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulators.assertion import ASSERTION_TYPE, objection
from simulators.clock import BRASILIA

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
