"""What tests give to simulated banks and get from them: plain values that need no other package."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["BRASILIA", "MOST_ENTRIES", "NOW", "Account", "Entry", "Party", "SeenRequest", "Truth"]

BRASILIA = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 3, 18, 13, 0, tzinfo=BRASILIA)
"""A Wednesday, at an hour at which every bank has settled the day before: an instant for tests that choose none."""
MOST_ENTRIES = 10_000
"""Entries that a test may give to an account at once."""
LARGEST_AMOUNT = Decimal(10) ** 17
LONGEST_TEXT = 500


@dataclass(frozen=True)
class Party:
    """The other party of a movement. Fields that are empty are unknown."""

    name: str
    tax_id: str = ""
    """CPF or CNPJ, without punctuation."""
    bank: str = ""
    """COMPE code."""
    ispb: str = ""
    bank_name: str = ""
    branch: str = ""
    account: str = ""


@dataclass(frozen=True)
class Entry:
    """One movement of an account.

    Raises:
        TypeError: a field has another type; a float is no amount.
        ValueError: a field is out of its range; the message begins with its name.
    """

    booked_at: datetime | date | str
    """A day or an instant, perhaps as ISO 8601. A day stands for its noon; one without offset is Brasília's."""
    amount: Decimal | str | int
    """Reais, negative for a debit; at most two decimals."""
    type: str = "PIX"
    """A transaction type of Open Finance Brasil."""
    description: str = ""
    document: str = ""
    counterparty: Party | None = None
    balance: Decimal | None = None
    """The balance after it; only where a bank tells it."""

    def __post_init__(self) -> None:
        given = self.booked_at
        if isinstance(given, str):
            given = _instant(given)
        if not isinstance(given, date):
            raise TypeError(f"booked_at: {given!r} is neither a day nor an instant")
        moment = given if isinstance(given, datetime) else datetime.combine(given, time(12))
        object.__setattr__(self, "booked_at", moment if moment.tzinfo else moment.replace(tzinfo=BRASILIA))
        object.__setattr__(self, "amount", _amount(self.amount))
        for name in ("description", "document"):
            if len(getattr(self, name)) > LONGEST_TEXT:
                raise ValueError(f"{name}: at most {LONGEST_TEXT} characters")

    @property
    def date(self) -> date:
        """The accounting day in Brasília."""
        return self.moment.astimezone(BRASILIA).date()

    @property
    def moment(self) -> datetime:
        """When it was booked, with the offset."""
        if not isinstance(self.booked_at, datetime):
            raise TypeError("booked_at: is made an instant at the beginning")
        return self.booked_at

    @property
    def reais(self) -> Decimal:
        """The amount as a number."""
        return Decimal(self.amount)

    def told(self) -> dict[str, Any]:
        """The entry as the control API takes it."""
        told: dict[str, Any] = {
            "booked_at": self.moment.isoformat(),
            "amount": f"{self.reais:.2f}",
            "type": self.type,
            "description": self.description,
        }
        if self.document:
            told["document"] = self.document
        if self.counterparty is not None:
            party = vars(self.counterparty)
            told["counterparty"] = {name: value for name, value in party.items() if value}
        return told


@dataclass(frozen=True)
class Truth:
    """What the books of a bank say of an account and a period."""

    opening_balance: Decimal
    closing_balance: Decimal
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Truth":
        """The truth as the control API tells it."""
        return cls(
            Decimal(told["opening_balance"]),
            Decimal(told["closing_balance"]),
            tuple(_entry(each) for each in told["entries"]),
        )


@dataclass(frozen=True)
class Account:
    """An account at a simulated bank, and what its holder types into the forms."""

    bank: str
    kind: str
    """`PJ` or `PF`."""
    branch: str
    number: str
    holder_tax_id: str
    scenario: str
    expected: str
    """`ok`, or the code of the failure that the gateway reports of it."""
    credentials: Mapping[str, str] = field(repr=False)
    """By the names of the bank's credential form, such as `client_id` and `client_secret`."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Account":
        """The account as the control API tells it."""
        own = {name: told["account"][name] for name in ("bank", "kind", "branch", "number", "holder_tax_id")}
        return cls(**own, scenario=told["scenario"], expected=told["expected"], credentials=dict(told["credentials"]))

    @property
    def registration(self) -> dict[str, Any]:
        """A body of the gateway's `POST /v1/accounts`."""
        own = {name: getattr(self, name) for name in ("bank", "kind", "branch", "number", "holder_tax_id")}
        return {**own, "credentials": dict(self.credentials)}


@dataclass(frozen=True)
class SeenRequest:
    """One request that a bank has seen."""

    at: datetime
    bank: str
    method: str
    path: str
    operation: str | None
    """Its name in the contract; None for a path that the contract does not list."""
    status: int | None
    """None where no answer was given."""
    account: str | None
    """The account's number, once the bank knows who is calling."""
    fault: str | None
    write: bool
    """Whether it called an operation that changes something, which no reader may."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "SeenRequest":
        """The request as the control API tells it."""
        own = {name: told.get(name) for name in cls.__dataclass_fields__}
        return cls(**{**own, "at": datetime.fromisoformat(told["at"])})


def _instant(text: str) -> datetime | date:
    """A day or an instant that is given as a text."""
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-03-02") else datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"booked_at: {text[:40]!r} is neither a day nor an instant") from error


def _amount(amount: Decimal | str | int) -> Decimal:
    """An amount as an exact number with two decimals."""
    if isinstance(amount, float | bool):
        raise TypeError(f"amount: {amount!r} is no exact number; write it as a text")
    if isinstance(amount, str) and len(amount) > 40:
        raise ValueError("amount: at most 40 characters")
    try:
        exact = Decimal(amount)
    except InvalidOperation as error:
        raise ValueError(f"amount: {amount!r} is no number") from error
    if not exact.is_finite() or abs(exact) >= LARGEST_AMOUNT:
        raise ValueError(f"amount: {amount} is not below {LARGEST_AMOUNT:f}")
    if exact != (cents := exact.quantize(Decimal("0.01"))):
        raise ValueError(f"amount: {amount} has more than two decimals")
    return cents


def _entry(told: Mapping[str, Any]) -> Entry:
    party = told.get("counterparty")
    known = Party.__dataclass_fields__
    return Entry(
        booked_at=datetime.fromisoformat(told["booked_at"]),
        amount=told["amount"],
        type=told["type"],
        description=told["description"],
        document=told.get("document") or "",
        counterparty=Party(**{name: value or "" for name, value in party.items() if name in known}) if party else None,
        balance=Decimal(told["balance"]),
    )
