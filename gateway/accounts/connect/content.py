"""What a session of the connect page holds besides its state: what was typed, and what is to be shown.

It is stored encrypted. No secret of a form is ever part of it: of the credentials only those fields are kept that the
contract calls texts, so that a form that has failed can be shown again.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import Struct, structs

from contracts.schema import Contract, CredentialKind
from gateway.errors import BankFailure, CallerError, FieldError, GatewayError
from gateway.limits import CONNECT_MOVEMENTS, CREDENTIAL_CHARACTERS
from gateway.model import Stability, Statement, Verdict
from gateway.storage.accounts.records import AccountRecord, NewAccount
from gateway.storage.connect.sessions import ConnectSession

__all__ = [
    "Content",
    "Preview",
    "ShownFailure",
    "ShownMovement",
    "Typed",
    "content_of",
    "preview_of",
    "shown_failure",
    "stored",
    "texts_of",
]


class Typed(Struct, frozen=True, kw_only=True):
    """The account as it was typed, or as the tenant's program has filled it in."""

    bank: str = ""
    kind: str = ""
    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""
    description: str = ""
    default: bool = False
    external_id: str | None = None

    @classmethod
    def of(cls, record: AccountRecord) -> "Typed":
        """What was typed of a registered account."""
        return msgspec.convert(record, cls, from_attributes=True)

    def new_account(self, credentials: Mapping[str, Any] | None = None) -> NewAccount:
        """The account to register, with the credentials of its form if they have been typed."""
        return NewAccount(**structs.asdict(self), credentials=credentials)


class ShownFailure(Struct, frozen=True, kw_only=True):
    """A failure to be shown. Title, remedy and actor are those of its code."""

    code: str
    bank: str = ""
    at: str = ""
    fields: Sequence[FieldError] = ()
    retry_after: int | None = None


class ShownMovement(Struct, frozen=True, kw_only=True):
    """One movement that is shown."""

    day: date
    amount: Decimal
    description: str
    party: str


class Preview(Struct, frozen=True, kw_only=True):
    """The last days of an account, so that a person sees whether it is the right one."""

    first: date
    last: date
    movements: Sequence[ShownMovement]
    """The newest, newest first."""
    count: int
    verdict: Verdict
    opening: Decimal | None
    closing: Decimal | None
    balances: Sequence[Decimal]
    """At the end of each day; empty where the bank gives no balance to begin with."""


class Content(Struct, frozen=True, kw_only=True):
    """What a session of the connect page stores, encrypted: what was typed, what has failed, what is to be shown."""

    typed: Typed = Typed()
    return_to: str = ""
    texts: Mapping[str, str] = {}
    """The fields of the form that are no secrets, as they were typed last."""
    failure: ShownFailure | None = None
    page: str = ""
    """The bank's page on which the person authorises."""
    preview: Preview | None = None
    preview_failure: str = ""
    """The code of the failure that prevented a preview."""
    whole: bool = False
    """Whether a repair asks for every field."""


def content_of(session: ConnectSession) -> Content:
    """What a session holds."""
    return msgspec.convert(session.content, Content, strict=False)


def stored(content: Content) -> dict[str, Any]:
    """The content as it is stored."""
    plain: dict[str, Any] = msgspec.to_builtins(content, str_keys=True)
    return plain


def texts_of(contract: Contract, given: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a filled-in form that are no secrets."""
    names = [each.name for each in contract.enrolment.fields if each.kind is CredentialKind.TEXT]
    found = {name: given.get(name) for name in names}
    return {name: text for name, text in found.items() if isinstance(text, str) and len(text) <= CREDENTIAL_CHARACTERS}


def shown_failure(error: GatewayError) -> ShownFailure:
    """Code, bank, step and fields of a failure, from which a page takes its words."""
    bank = error.bank if isinstance(error, BankFailure | CallerError) else None
    return ShownFailure(
        code=error.code,
        bank=bank or "",
        at=error.at if isinstance(error, BankFailure) else "",
        fields=error.errors,
        retry_after=error.retry_after if error.retryable else None,
    )


def preview_of(statement: Statement) -> Preview:
    """What is shown of a statement."""
    by_day = dict.fromkeys(statement.period.days, Decimal(0))
    newest: deque[ShownMovement] = deque(maxlen=CONNECT_MOVEMENTS)
    for entry in statement.entries:
        if entry.stability is Stability.FINAL and entry.date in by_day:
            by_day[entry.date] += entry.amount
        party = entry.counterparty.name if entry.counterparty is not None else None
        newest.append(
            ShownMovement(day=entry.date, amount=entry.amount, description=entry.description, party=party or "")
        )
    opening = statement.opening_balance
    return Preview(
        first=statement.period.first,
        last=statement.period.last,
        movements=[*reversed(newest)],
        count=len(statement.entries),
        verdict=statement.proof.verdict,
        opening=opening,
        closing=statement.closing_balance,
        balances=[*accumulate(by_day.values(), initial=opening)][1:] if opening is not None else [],
    )
