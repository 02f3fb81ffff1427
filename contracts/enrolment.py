"""What an account holder brings to the gateway: the credential form, and how accounts are numbered and named."""

from enum import StrEnum
from itertools import cycle
from typing import Annotated

from msgspec import Meta, field

from contracts.fact import Evidence, Fact, NotNegative, Positive, Strict

__all__ = [
    "CERTIFICATE",
    "PRIVATE_KEY",
    "CheckDigit",
    "CredentialField",
    "CredentialKind",
    "Enrolment",
    "Identity",
    "Numbering",
]


class CredentialKind(StrEnum):
    """What a credential field holds: how the form shows it and how its value is checked."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the kind of a form field, not a password
    CERTIFICATE = "certificate"
    PRIVATE_KEY = "private_key"


class CredentialField(Strict, frozen=True, kw_only=True):
    """One field of the form with which an integration is enabled."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]
    label: str
    """Portuguese label."""
    kind: CredentialKind
    help: str = ""
    """Portuguese: where the user finds the value."""
    pattern: str = ""
    """Regular expression that the whole value must match; empty where any value is accepted."""
    required: bool = True

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown again."""
        return self.kind in {CredentialKind.SECRET, CredentialKind.PRIVATE_KEY}


class CheckDigit(Fact, frozen=True, kw_only=True):
    """The rule of the check digit at the end of an account number.

    Each digit before it is multiplied by its weight, the products are added up, and the remainder of the sum selects
    the check digit. A rule that is only assumed shapes the numbers of simulated accounts and refuses no account.
    """

    weights: Annotated[tuple[Positive, ...], Meta(min_length=1)]
    """From the right; repeated where the number has more digits."""
    signs: Annotated[str, Meta(min_length=2, pattern=r"^[0-9A-Z]+$")]
    """The check digit (digit or letter) for each remainder from 0 on; their number is the modulus."""
    with_branch: bool = False
    """Whether the digits of the branch, with its zeros, precede those of the number in the sum."""
    body_width: NotNegative = 0
    """To how many digits the number is filled with zeros in such a sum; without a branch zeros change nothing."""
    digits_of_products: bool = False
    """Whether the digits of each product are added instead of the product itself."""
    also_written: dict[Annotated[str, Meta(pattern=r"^[A-Z]$")], Annotated[str, Meta(pattern=r"^[0-9A-Z]$")]] = field(
        default_factory=dict
    )
    """For a check digit that is a letter: what people may type instead."""

    @property
    def refuses(self) -> bool:
        """Whether the rule is known well enough to refuse a number."""
        return self.evidence is not Evidence.ASSUMED

    def of(self, branch: str, body: str) -> str:
        """The check digit of a number.

        Args:
            branch: digits of the branch with its zeros; ignored unless `with_branch`.
            body: digits of the number without its check digit; leading zeros change nothing.
        """
        digits = reversed(branch + body.zfill(self.body_width) if self.with_branch else body)
        products = (int(digit) * weight for digit, weight in zip(digits, cycle(self.weights), strict=False))
        total = sum(sum(divmod(product, 10)) if self.digits_of_products else product for product in products)
        return self.signs[total % len(self.signs)]

    def settled(self, branch: str, number: str) -> str | None:
        """The number as the bank writes it; None where its check digit is wrong.

        Under a rule that is only assumed every number is right. What may be typed for a letter becomes the letter under
        any rule, so that one account has one spelling.

        Args:
            branch: as in `of`.
            number: digits and check digit, without leading zeros.
        """
        body, typed = number[:-1], number[-1:]
        right = self.of(branch, body) if body.isdecimal() else ""
        if right and self.also_written.get(right) == typed:
            return body + right
        return number if typed == right or not self.refuses else None


class Numbering(Fact, frozen=True, kw_only=True):
    """How the bank numbers its accounts, so that the many spellings of one account become one."""

    branch_width: NotNegative = 0
    """Digits of a branch, filled with leading zeros; 0 where a branch is taken as it is typed."""
    branch_digit: bool = False
    """Whether branches have a check digit, which people may type and no request contains."""
    number_width: Positive = 20
    """Longest account number in characters, with its check digit and without leading zeros."""
    check_digit: CheckDigit | None = None
    """None where no rule is known."""


class Identity(Fact, frozen=True, kw_only=True):
    """What names an account in requests, and what the bank's answers name of it.

    Where the typed branch and number are not sent, the bank reads the account of the credentials, whatever was typed.
    """

    account_named_by: Annotated[tuple[str, ...], Meta(min_length=1)]
    """What requests contain: names of credential fields, and `branch`, `number` or `holder` as typed."""
    verifies: tuple[Annotated[str, Meta(pattern=r"^(branch|number|holder)$")], ...] = ()
    """What the bank's answers contain of the account that is read, to be compared with what was typed."""


TYPED = frozenset({"branch", "number", "holder"})
CERTIFICATE, PRIVATE_KEY = "certificate", "private_key"
"""Names of the fields for the client certificate of mutual TLS and its key."""


class Enrolment(Fact, frozen=True, kw_only=True):
    """What an account holder must bring, and do at the bank, before the integration can be enabled."""

    kinds: tuple[Annotated[str, Meta(pattern=r"^(PJ|PF)$")], ...]
    fields: tuple[CredentialField, ...]
    steps: tuple[str, ...]
    """Portuguese set-up steps, in order."""
    created_by: str = ""
    """Portuguese: who can create the access at the bank; empty where nothing is known."""
    notices: tuple[str, ...] = ()
    """Portuguese, for the operator of the gateway: the bank's terms on who may use this access."""
    account_pattern: str = r"^[0-9]{1,20}[0-9Xx]?$"
    """Regular expression of an account number with its check digit, in the bank's spelling."""
    branch_pattern: str = r"^[0-9]{1,5}$"
    branch_required: bool = True
    cooperative: bool = False
    """Whether a branch is a cooperative, which people know by that name and whose number has no check digit."""
    numbering: Numbering | None = None
    """None where nothing is known; leading zeros are then part of a number."""
    identity: Identity | None = None
    """None where nothing is known; branch and number then name the account."""

    def __post_init__(self) -> None:
        if unknown := set(self.account_named_by) - TYPED - {each.name for each in self.fields}:
            raise ValueError(f"account_named_by: {', '.join(sorted(unknown))} is no field of the form")
        if self.numbering is not None and (rule := self.numbering.check_digit) is not None:
            wrong = [sign for sign in rule.also_written if sign not in rule.signs]
            if wrong or (rule.with_branch and not self.numbering.branch_width):
                raise ValueError("check_digit: its signs or the branch in its sum do not fit the numbering")

    @property
    def account_named_by(self) -> tuple[str, ...]:
        """What names an account in requests."""
        return self.identity.account_named_by if self.identity is not None else ("branch", "number")

    @property
    def certificate_pair(self) -> tuple[str, str] | None:
        """The names of the fields for the client certificate and its private key, which are the same at every bank;
        None where the form has not both. Any other private key of the form signs, and belongs to no certificate.
        """
        found = {(each.name, each.kind) for each in self.fields}
        if {(CERTIFICATE, CredentialKind.CERTIFICATE), (PRIVATE_KEY, CredentialKind.PRIVATE_KEY)} <= found:
            return CERTIFICATE, PRIVATE_KEY
        return None

    def facts(self) -> dict[str, Fact]:
        """By name, the groups within it that carry evidence of their own."""
        found: dict[str, Fact] = {}
        if self.identity is not None:
            found["identity"] = self.identity
        if self.numbering is not None:
            found["numbering"] = self.numbering
            if self.numbering.check_digit is not None:
                found["numbering.check_digit"] = self.numbering.check_digit
        return found
