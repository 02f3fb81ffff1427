"""An exchange: one example conversation with a bank and what it means.

The same file is run in two directions. The connector must produce each request and read the answers as `expected`;
the simulator, given the ledger, must accept each request and give an answer of that form. Values the bank invents
(ids, tokens, timestamps) are listed in `generated`, by name or by step and path: for those only the type is compared.

A recorded exchange begins in the middle of an account's life: `earlier: unknown` says that nothing is known of what was
before. The simulator must then give that answer whatever it was.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from contracts.fact import Fact, Strict

__all__ = ["Answer", "Earlier", "Exchange", "ExpectedEntry", "Given", "LedgerEntry", "Question", "Step", "Want"]

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Money = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2,}$")]


class LedgerEntry(Strict, frozen=True, kw_only=True):
    """One movement of the truth from which the simulator must produce the answer."""

    booked_at: str
    """RFC 3339 instant with the offset of Brasília."""
    amount: Money
    type: str
    description: str = ""
    document: str = ""
    bank_id: str = ""
    """The bank's own id, where the exchange shows one."""
    counterparty: dict[str, str] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    """What only this bank's wire tells of the movement."""


class Earlier(StrEnum):
    """What is known of an account's life before the movements that are given."""

    NONE = "none"
    """There was none: the opening balance is all that is left of it."""
    UNKNOWN = "unknown"
    """There may have been anything."""


class Given(Strict, frozen=True, kw_only=True):
    """The situation in which the conversation takes place."""

    now: str = "2026-03-16T10:00:00-03:00"
    account: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    access_token: str = ""
    """A token that is already held; empty when the conversation begins by asking for one."""
    token_expired: bool = False
    """The token that is held is no longer accepted by the bank."""
    period: tuple[Day, Day] = ("2026-03-09", "2026-03-13")
    earlier: Earlier = Earlier.NONE
    opening_balance: Money | None = None
    """Before the first movement that is given. None: zero, or any where what was earlier is unknown."""
    ledger: tuple[LedgerEntry, ...] = ()
    page_size: int = 0
    """Page size the connector asks for; 0 for its own choice."""
    scenario: str = "ok"
    readings: dict[str, str] = field(default_factory=dict)
    """Which reading of a conflicting point the simulator plays."""


class Question(Strict, frozen=True, kw_only=True):
    """The request: everything given here must be there; headers not given may be there too."""

    operation: str
    method: str
    url: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    generated: tuple[str, ...] = ()
    """Form fields that differ each time, such as a signed assertion."""


class Answer(Strict, frozen=True, kw_only=True):
    """The bank's answer. Exactly one of `body` and `text` is used; a body is JSON."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""


class Step(Strict, frozen=True, kw_only=True):
    """One question and its answer."""

    request: Question
    response: Answer


class ExpectedEntry(Strict, frozen=True, kw_only=True):
    """What an entry must be; fields that are not given are not compared."""

    date: Day
    amount: Money
    type: str = ""
    booked_at: str | None = None
    description: str | None = None
    document: str | None = None
    bank_id: str | None = None
    end_to_end_id: str | None = None
    note: str | None = None
    balance: str | None = None
    id_basis: str = ""
    stability: str = ""
    counterparty: dict[str, str | None] = field(default_factory=dict)


class ExpectedAccount(Strict, frozen=True, kw_only=True):
    """What the bank says of the account that is read; empty where it says nothing."""

    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""


class Want(Strict, frozen=True, kw_only=True):
    """What the conversation means to the gateway: entries and balances, an account, or a failure."""

    entries: tuple[ExpectedEntry, ...] = ()
    opening_balance: Money | None = None
    closing_balance: Money | None = None
    account: ExpectedAccount | None = None
    """The conversation is the one that asks whose account it is, at enrolment."""
    failure: str = ""
    more: bool = False
    """The conversation shown here is only its beginning: the connector goes on asking."""


class Exchange(Fact, frozen=True, kw_only=True):
    """One example conversation."""

    title: str
    given: Given = Given()
    steps: tuple[Step, ...]
    expected: Want
    generated: tuple[str, ...] = ()
    """Fields of answers whose value the bank invents; only their type is compared. The name of a field means it
    wherever it stands; `2.rows.*.id` means the one at that path of the answer of step 2, `*` being all names or items.
    """
    simulator_plays: bool = True
    """False for an answer of the real bank that the simulator plays in another form; `note` says why."""

    def __post_init__(self) -> None:
        places = [
            place for step, each in enumerate(self.steps, 1) for place in _places(each.response.body, (str(step),))
        ]
        for each in self.generated:
            if not any(_means(each, place) for place in places):
                raise ValueError(f"generated: {each} is no field of an answer that is shown")

    def invented(self, place: Sequence[str]) -> bool:
        """Whether the bank invents the value at a place: the number of a step, then the path in its answer."""
        return any(_means(each, place) for each in self.generated)


def _means(generated: str, place: Sequence[str]) -> bool:
    path = generated.split(".")
    if not path[0].isdecimal():
        return generated == place[-1]
    return len(path) == len(place) and all(part in {"*", at} for part, at in zip(path, place, strict=True))


def _places(value: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places of all that a JSON value holds."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*at, str(name))
        yield from _places(each, (*at, str(name)))
