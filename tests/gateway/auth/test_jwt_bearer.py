"""A client proves itself with its private key, by assertions that are functions of their arguments."""

from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

import contracts
from contracts.schema import Grant
from gateway.auth.jwt_bearer import ASSERTION_TYPE, PrivateKeyJwt
from gateway.errors import BankFailure
from gateway.flow import Token, converse
from simulators.rsa_keys import rsa_key_pair

STONE = contracts.load("stone")
NOW = datetime(2026, 3, 18, 13, tzinfo=UTC)
PRIVATE, PUBLIC = rsa_key_pair("jwt bearer")


def auth(**changed):
    arguments = {
        "client_id": "client",
        "private_key": PRIVATE,
        "audience": "https://realm",
        "account": "one",
        **changed,
    }
    return PrivateKeyJwt(STONE, "production", **arguments)


def request_of(chosen, previous=None, now=NOW):
    return next(chosen.obtain(previous, now))


def form_of(request):
    return dict(httpx.QueryParams(request.content.decode()))


def claims_of(request):
    return jwt.decode(
        form_of(request)["client_assertion"], PUBLIC, ["RS256"], {"verify_exp": False}, audience="https://realm"
    )


def token(access):
    return Token(access=access, expires_at=NOW, renew_at=NOW)


def test_the_form_and_the_claims():
    """The request carries the grant and an assertion for the audience; no scope and no secret."""
    request = request_of(auth(claims={"realm": "r"}, headers={"User-Agent": "app"}))

    form = form_of(request)
    form.pop("client_assertion")
    assert form == {
        "client_id": "client",
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
    }
    claims = claims_of(request)
    assert (claims["iss"], claims["sub"], claims["aud"], claims["realm"]) == ("client", "client", "https://realm", "r")
    assert request.headers["user-agent"] == "app"


def test_an_assertion_begins_early_and_ends_soon():
    """Clocks may disagree by half a minute either way, and by minutes at its end."""
    claims = claims_of(request_of(auth()))

    assert claims["iat"] == claims["nbf"] == int(NOW.timestamp()) - 30
    assert timedelta(minutes=5) < datetime.fromtimestamp(claims["exp"], UTC) - NOW <= timedelta(minutes=14)


def test_an_assertion_is_a_function_of_its_arguments():
    """The same arguments give the same request, byte for byte."""
    assert request_of(auth(), token("a")).content == request_of(auth(), token("a")).content


def test_no_two_assertions_share_an_id():
    """Another instant, another token held, another account or another client make another assertion."""
    requests = (
        request_of(auth()),
        request_of(auth(), token("a")),
        request_of(auth(), token("b")),
        request_of(auth(), now=NOW + timedelta(microseconds=1)),
        request_of(auth(account="two")),
        request_of(auth(client_id="other")),
    )
    assert len({claims_of(request)["jti"] for request in requests}) == len(requests)


def test_an_assertion_is_sent_once():
    """The request is marked as one not to repeat: the bank would take it for a replay."""
    assert request_of(auth()).extensions["once"] is True


def test_the_token_is_read():
    """The bank's answer becomes a token that is renewed before it expires."""
    answer = httpx.Response(200, json={"access_token": "t", "expires_in": 900, "token_type": "bearer"})

    _, obtained = converse(auth().obtain(None, NOW), lambda _: answer)

    assert obtained.access == "t"
    assert NOW < obtained.renew_at < obtained.expires_at == NOW + timedelta(seconds=900)


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "no key",
        lambda: PUBLIC,
        lambda: pem(ec.generate_private_key(ec.SECP256R1())),
        lambda: pem(rsa.generate_private_key(65537, 2048), BestAvailableEncryption(b"canary")),
        lambda: pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - too short on purpose
    ],
    ids=["empty", "text", "public", "elliptic", "locked", "short"],
)
def test_a_key_that_cannot_sign(make):
    """Such a key is a wrong credential; the bank is not asked, and the key is not shown."""
    key = make()

    with pytest.raises(BankFailure) as failure:
        request_of(auth(private_key=key))

    assert (failure.value.code, failure.value.at) == ("invalid_credentials", "token")
    assert "BEGIN" not in str(failure.value)


def ec_pair(curve=ec.SECP256R1):
    """A private key on a curve as PEM, and its public key."""
    key = ec.generate_private_key(curve())
    return pem(key), key.public_key()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_the_algorithm_and_the_key_are_named(algorithm):
    """A bank takes one of them, and may know several keys of a client."""
    private, public = ec_pair() if algorithm == "ES256" else (PRIVATE, PUBLIC)

    form = form_of(request_of(auth(private_key=private, algorithm=algorithm, key_id="k-1")))

    signed = form["client_assertion"]
    assert jwt.get_unverified_header(signed) == {"alg": algorithm, "kid": "k-1", "typ": "JWT"}
    assert jwt.decode(signed, public, [algorithm], {"verify_exp": False}, audience="https://realm")["iss"] == "client"


@pytest.mark.parametrize(
    ("algorithm", "private", "wanted"),
    [
        ("ES256", PRIVATE, "is not a key on P-256"),
        ("ES256", ec_pair(ec.SECP384R1)[0], "is not a key on P-256"),
        ("PS256", ec_pair()[0], "is not RSA"),
    ],
    ids=["rsa for ES256", "P-384 for ES256", "curve for PS256"],
)
def test_a_key_of_another_family_is_named(algorithm, private, wanted):
    """The failure says which family the algorithm wants."""
    with pytest.raises(BankFailure, match=wanted) as failure:
        request_of(auth(private_key=private, algorithm=algorithm))

    assert failure.value.code == "invalid_credentials"


def test_an_algorithm_that_is_none_is_refused_at_once():
    """`none` would sign nothing; the mistake is the adapter's, and no failure of a bank."""
    with pytest.raises(ValueError, match="RS256, PS256, ES256"):
        auth(algorithm="none")


def test_an_assertion_may_be_the_grant_itself():
    """RFC 7523, section 2.1: the assertion stands in the place of a code, and nothing else names the client."""
    form = form_of(request_of(auth(grant=Grant.JWT_BEARER, form={"scope": "accounts"})))

    claims = jwt.decode(form.pop("assertion"), PUBLIC, ["RS256"], {"verify_exp": False}, audience="https://realm")
    assert claims["sub"] == "client"
    assert form == {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "scope": "accounts"}


def test_a_grant_of_a_holder_is_refused_at_once():
    """An assertion proves a client, and no holder's consent."""
    with pytest.raises(ValueError, match="client_credentials or jwt_bearer"):
        auth(grant=Grant.AUTHORIZATION_CODE)
