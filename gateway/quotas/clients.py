"""The client and the account by which a bank counts its limits, as the bank sees them.

The same application may be typed in many forms: its certificate with other line ends, renewed, or with another key; its
secret changed; another account that it reads. To the bank it stays one client, so what is counted by client goes by the
fields that the contract names, and by nothing else of the form. In the same way an account goes by what names it at the
bank, and not by how somebody has registered it.
"""

import hashlib
from typing import Protocol

import msgspec

from contracts.schema import Contract
from gateway.model import Account, Credentials

__all__ = ["bank_account_of", "client_of", "names_of"]


class Typed(Protocol):
    """What was typed of an account."""

    @property
    def branch(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def holder_tax_id(self) -> str: ...


def client_of(contract: Contract, account: Account) -> str:
    """64 hexadecimal digits, equal for accounts whose calls the bank counts together. Not to be stored in the clear.

    Blanks around a value and its case are ignored. If two clients differed in nothing else, they would only wait for
    each other; two digests for one client would exceed its limit.
    """
    values = account.credentials.values
    named = [values.get(name, "").strip().casefold() for name in contract.authentication.client_fields]
    return _digest(contract, account, named)


def bank_account_of(contract: Contract, account: Account) -> str:
    """64 hexadecimal digits, equal for one account of the bank, whoever has registered it and with any credentials.

    A number that the bank verifies is the account's, whichever of its credentials are used. Not to be stored in the
    clear.
    """
    identity = contract.enrolment.identity
    if identity is not None and "number" in identity.verifies:
        names = tuple(_written(getattr(account, part)) for part in ("branch", "number") if part in identity.verifies)
    else:
        names = names_of(contract, account, account.credentials)
    return _digest(contract, account, ["account", *names])


def names_of(contract: Contract, typed: Typed, credentials: Credentials) -> tuple[str, ...]:
    """What names an account in requests, each part in a form that does not depend on how it was written."""
    parts = {"branch": typed.branch, "number": typed.number, "holder": typed.holder_tax_id}
    names = contract.enrolment.account_named_by
    if not all(name in parts or credentials.get(name) for name in names):
        names = ("branch", "number")
    return tuple(_written(parts[name] if name in parts else credentials.get(name)) for name in names)


def _written(value: str) -> str:
    """A part of a name without what may be written in several ways: letter case, and zeros before a number."""
    plain = value.strip().casefold()
    return (plain.lstrip("0") or "0") if plain[:-1].isdecimal() or plain.isdecimal() else plain


def _digest(contract: Contract, account: Account, named: list[str]) -> str:
    return hashlib.sha256(msgspec.json.encode([contract.slug, account.environment, *named])).hexdigest()
