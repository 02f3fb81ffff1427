"""Mends an enabled integration: what is typed anew is laid over the credentials that are stored.

A person whose password has expired types the new one and nothing else; the stored secrets are never shown for that.
What the bank accepts once only (a refresh token, the code of a consent flow) is never taken from the store.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from contracts.schema import Contract, CredentialKind, Grant
from gateway.model import Credentials

__all__ = ["laid_over", "to_mend"]

PAIR = frozenset({CredentialKind.CERTIFICATE, CredentialKind.PRIVATE_KEY})
PASSWORD_CODES = frozenset({"password_expired", "consent_expired", "consent_revoked"})
"""Failures that a new secret mends: a password, or the token that an authorization at the bank has brought."""
ONCE = "refresh_token"
"""The field of a token that is replaced whenever it is used; the store has the one that was typed first."""


def laid_over(contract: Contract, known: Credentials | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """A whole form of what is stored and what was typed.

    Args:
        known: the stored credentials; None where there are none, or they cannot be decrypted.
        given: what was typed; empty fields count as not typed.
    """
    typed = {name: value for name, value in given.items() if value not in (None, "")}
    stored = known.values if known is not None else {}
    kept = {field.name: stored[field.name] for field in contract.enrolment.fields if stored.get(field.name)}
    rotates = contract.authentication.grant in {Grant.REFRESH_TOKEN, Grant.AUTHORIZATION_CODE}
    if rotates and (typed or contract.authorization is not None):
        kept.pop(ONCE, None)
    pair = frozenset(contract.enrolment.certificate_pair or ())
    if pair & typed.keys():
        # They are replaced together: one alone does not fit the other.
        kept = {name: value for name, value in kept.items() if name not in pair}
    return {**kept, **typed}


def to_mend(contract: Contract, code: str, at: str) -> tuple[str, ...]:
    """The fields of a form that mend a failure; none where nothing that is typed does.

    Args:
        code: of the failure; empty where nothing is wrong, and somebody wants to replace what is stored.
        at: the step that failed at the bank.
    """
    if contract.authorization is not None:
        # The holder authorises anew, with the credentials that are stored.
        return ()
    kinds: AbstractSet[CredentialKind]
    if code == "certificate_expired" or (code == "invalid_credentials" and at == "tls"):
        return contract.enrolment.certificate_pair or ()
    if code in PASSWORD_CODES:
        kinds = frozenset({CredentialKind.SECRET})
    elif code in {"invalid_credentials", "invalid_request", ""}:
        # A bank does not say which of them is wrong.
        kinds = PAIR | {CredentialKind.SECRET}
    else:
        kinds = frozenset()
    return tuple(field.name for field in contract.enrolment.fields if field.kind in kinds)
