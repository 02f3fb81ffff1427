"""What mends which failure, and what of the stored credentials stays."""

import pytest
from msgspec.structs import replace

import contracts
from contracts.schema import CredentialField, CredentialKind
from gateway.accounts.enrolment.mending import laid_over, to_mend
from gateway.model import Credentials

INTER = contracts.load("inter")
STORED = Credentials({"client_id": "a", "client_secret": "old", "certificate": "C", "private_key": "K"})


def test_what_is_not_typed_stays() -> None:
    """Empty fields count as not typed."""
    assert laid_over(INTER, STORED, {}) == STORED.values
    assert laid_over(INTER, STORED, {"client_secret": "new", "client_id": ""}) == {
        **STORED.values,
        "client_secret": "new",
    }


def test_certificate_and_key_are_replaced_together() -> None:
    """One alone would not fit the other."""
    over = laid_over(INTER, STORED, {"certificate": "D"})
    assert over == {"client_id": "a", "client_secret": "old", "certificate": "D"}


def test_without_stored_credentials_only_what_is_typed_counts() -> None:
    """They were erased, or cannot be decrypted."""
    assert laid_over(INTER, None, {"client_id": "b"}) == {"client_id": "b"}


def test_what_a_bank_takes_once_is_never_taken_from_the_store() -> None:
    """A spent refresh token would end the chain of its successors."""
    bs2, btg = contracts.load("bs2"), contracts.load("btg_pactual")
    stored = Credentials({"api_key": "a", "api_secret": "s", "refresh_token": "spent", "user_agent": "u"})
    assert laid_over(bs2, stored, {}) == stored.values, "the same credentials go on with the token that is kept"
    assert "refresh_token" not in laid_over(bs2, stored, {"api_secret": "t"})
    known = Credentials({"client_id": "a", "client_secret": "s", "refresh_token": "spent", "code": "c"})
    assert laid_over(btg, known, {}) == {"client_id": "a", "client_secret": "s"}


@pytest.mark.parametrize(
    ("slug", "code", "at", "fields"),
    [
        ("itau", "password_expired", "token", ("client_secret",)),
        ("inter", "certificate_expired", "tls", ("certificate", "private_key")),
        ("inter", "invalid_credentials", "tls", ("certificate", "private_key")),
        ("inter", "invalid_credentials", "token", ("client_secret", "certificate", "private_key")),
        ("inter", "statement_access_denied", "statement", ()),
        ("inter", "bank_unavailable", "token", ()),
        ("bs2", "consent_revoked", "token", ("api_secret", "refresh_token")),
        ("btg_pactual", "consent_revoked", "token", ()),
        ("btg_pactual", "invalid_credentials", "token", ()),
        ("pagseguro", "", "", ("token",)),
    ],
)
def test_a_failure_is_mended_by_few_fields(slug: str, code: str, at: str, fields: tuple[str, ...]) -> None:
    """By none where the person has to act at the bank."""
    assert to_mend(contracts.load(slug), code, at) == fields


def test_a_key_that_signs_stays_when_the_certificate_is_renewed() -> None:
    """It is not the certificate's, so it neither goes with it nor mends it."""
    signing = CredentialField(name="signing_key", label="Chave de assinatura", kind=CredentialKind.PRIVATE_KEY)
    contract = replace(INTER, enrolment=replace(INTER.enrolment, fields=(*INTER.enrolment.fields, signing)))
    stored = Credentials({**STORED.values, "signing_key": "S"})

    over = laid_over(contract, stored, {"certificate": "D", "private_key": "L"})

    assert over == {**stored.values, "certificate": "D", "private_key": "L"}
    assert laid_over(contract, stored, {"signing_key": "T"}) == {**stored.values, "signing_key": "T"}
    assert to_mend(contract, "certificate_expired", "tls") == ("certificate", "private_key")
    assert "signing_key" in to_mend(contract, "invalid_credentials", "token")
