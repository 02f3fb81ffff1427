"""An exchange: one example conversation with a bank, and what it means.

Each exchange is run twice. The connector must send each request and read the answers as `expected`. The simulated bank,
given the ledger, must accept each request and give an answer of the same form. Values that the bank makes up (ids,
tokens, timestamps) are listed in `generated`, by name or by step and path: of those only the type is compared.

What the connector can do without and asks for after the last step need not be shown; it then gets no answer.

A recorded exchange begins in the middle of an account's life. `earlier: unknown` marks that its earlier movements are
not known; the simulated bank must then give the same answers whatever they were.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from contracts.fact import Fact, Strict

__all__ = [
    "Earlier",
    "ExampleResponse",
    "Exchange",
    "Expectation",
    "ExpectedEntry",
    "ExpectedRequest",
    "Given",
    "LedgerEntry",
    "Step",
    "places",
]

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Money = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2,}$")]


class LedgerEntry(Strict, frozen=True, kw_only=True):
    """One movement of the ledger from which the simulated bank makes its answers."""

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
    """Further values of the movement that only this bank sends, by the simulated bank's own names."""


class Earlier(StrEnum):
    """What is known of an account's life before the movements that are given."""

    NONE = "none"
    """There were no earlier movements, or only the opening balance of them counts."""
    UNKNOWN = "unknown"
    """There may have been any earlier movements."""


class Given(Strict, frozen=True, kw_only=True):
    """The situation before the conversation: time, account, credentials, token, period and ledger."""

    now: str = "2026-03-16T10:00:00-03:00"
    account: dict[str, str] = field(default_factory=dict)
    """`branch`, `number`, `holder_tax_id` and `kind` where they matter; else 0001, 12345678, 11222333000181 and PJ."""
    credentials: dict[str, str] = field(default_factory=dict)
    """By the name of a field of the form, its value; of one that is left out, `value-of-` and its name."""
    access_token: str = ""
    """The access token that the client has; empty where the conversation begins with a token request."""
    token_expired: bool = False
    """Whether the bank no longer accepts that token."""
    period: tuple[Day, Day] = ("2026-03-09", "2026-03-13")
    earlier: Earlier = Earlier.NONE
    opening_balance: Money | None = None
    """The balance before the ledger; None for zero, or for any balance where `earlier` is unknown."""
    ledger: tuple[LedgerEntry, ...] = ()
    page_size: int = 0
    """Page size that the connector asks for; 0 for its own choice."""
    scenario: str = "ok"
    readings: dict[str, str] = field(default_factory=dict)
    """By the name of a point on which sources conflict (`Contract.readings`): the reading that is played."""


class ExpectedRequest(Strict, frozen=True, kw_only=True):
    """The request. Everything stated here must be sent; other headers may be sent as well."""

    operation: str
    method: str
    url: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """The JSON of a read that the bank offers only as POST."""
    generated: tuple[str, ...] = ()
    """Form fields whose value differs each time, such as a signed assertion."""


class ExampleResponse(Strict, frozen=True, kw_only=True):
    """The bank's response: a JSON `body`, or a `text`, or neither."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""


class Step(Strict, frozen=True, kw_only=True):
    """One request and its response."""

    request: ExpectedRequest
    response: ExampleResponse


class ExpectedEntry(Strict, frozen=True, kw_only=True):
    """One entry that the gateway must give; fields that are left out are not compared."""

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
    """What the bank's answers contain of the account that is read; empty for what they leave out."""

    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""


class Expectation(Strict, frozen=True, kw_only=True):
    """What the gateway must make of the conversation: entries and balances, an account, or a failure."""

    entries: tuple[ExpectedEntry, ...] = ()
    opening_balance: Money | None = None
    closing_balance: Money | None = None
    available_balance: Money | None = None
    """Of now, at a bank whose balances of days are not known."""
    account: ExpectedAccount | None = None
    """Set where the conversation is the one that asks for the account's number and holder at enrolment."""
    failure: str = ""
    """The code of the failure; empty where the gateway succeeds."""
    more: bool = False
    """Whether the exchange shows only the beginning, so that the connector sends further requests."""


class Exchange(Fact, frozen=True, kw_only=True):
    """One example conversation and its meaning, with the evidence of it."""

    title: str
    given: Given = Given()
    steps: tuple[Step, ...]
    expected: Expectation
    generated: tuple[str, ...] = ()
    """Response fields whose value the bank makes up; only their type is compared. The name of a field means it wherever
    it stands; `2.rows.*.id` means the one at that path of the response of step 2, `*` being all names or items."""
    simulator_plays: bool = True
    """False for a response that the simulated bank gives in another form; `note` says why."""

    def __post_init__(self) -> None:
        shown = [place for step, each in enumerate(self.steps, 1) for place in places(each.response.body, (str(step),))]
        for each in self.generated:
            if not any(_means(each, place) for place in shown):
                raise ValueError(f"generated: {each} is no field of a response that is shown")

    def made_up(self, place: Sequence[str]) -> bool:
        """Whether the bank makes up the value at a place: the number of the step, then the path in its response."""
        return any(_means(each, place) for each in self.generated)


def _means(generated: str, place: Sequence[str]) -> bool:
    path = generated.split(".")
    if not path[0].isdecimal():
        return generated == place[-1]
    return len(path) == len(place) and all(part in {"*", at} for part, at in zip(path, place, strict=True))


def places(value: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The place of each value within a JSON value, as the names of fields and numbers of items that lead to it.

    Args:
        value: a decoded JSON value.
        at: the place of the value itself.
    """
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*at, str(name))
        yield from places(each, (*at, str(name)))
