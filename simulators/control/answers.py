"""What the control API answers, in the shapes that its OpenAPI document describes."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from contracts.packages import Quarantined
from simulators.faults import Aim
from simulators.ledgers.carried import NotCarried

__all__ = [
    "ActiveFaultAnswer",
    "BankDocument",
    "BanksAnswer",
    "ChangeAnswer",
    "FaultsAnswer",
    "Health",
    "LedgerAnswer",
    "Listing",
    "Now",
    "OpenedAccount",
    "Restored",
    "ScenarioAnswer",
    "Truth",
    "WorldAnswer",
    "answer",
]


S = TypeVar("S", bound=Struct)


class Health(Struct, forbid_unknown_fields=True):
    """The simulators are there."""

    status: str
    """Always `ok`: who does not answer is not well."""
    version: str
    """Of the installed package."""
    seed: int
    """From which all follows that is made up."""
    banks: int
    """How many banks are played."""


class Now(Struct, forbid_unknown_fields=True):
    """The simulated time."""

    now: str
    """The present instant of the world, RFC 3339."""


class BanksAnswer(Struct, forbid_unknown_fields=True):
    """The banks of this process."""

    banks: list[str]
    """Slugs of the banks that are played."""
    quarantined: list[Quarantined]
    """What is left out because something is wrong with it."""


class BankDocument(Struct):
    """An OpenAPI 3.1 document: what a simulated bank answers, by its contract."""

    openapi: str
    """Version of OpenAPI."""
    info: dict[str, Any]
    """Title, version, description."""
    servers: list[dict[str, Any]]
    """The bank's hosts."""
    paths: dict[str, Any]
    """Its operations."""


class AccountAnswer(Struct, forbid_unknown_fields=True):
    """An account as the gateway registers it."""

    bank: str
    kind: str
    """`PJ` or `PF`."""
    branch: str
    number: str
    holder_tax_id: str
    """CPF or CNPJ of the holder, invented."""


class Listing(Struct, forbid_unknown_fields=True):
    """An account with its credentials; `account` and `credentials` together are a body that the gateway accepts."""

    bank: str
    scenario: str
    title: str
    """The scenario in a few words."""
    expected: str
    """What the gateway must report: `ok`, or the code of a failure."""
    account: AccountAnswer
    """The account without its credentials."""
    credentials: dict[str, str]
    """The credential form of the bank as the holder fills it in."""


class OpenedAccount(Listing, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A new account; what is said of its ledger where that was given."""

    number: str = ""
    """As in `account`."""
    opening_balance: str | None = None
    """Before the first movement."""
    closing_balance: str | None = None
    """After the last movement."""
    opened_on: str | None = None
    """First day that can have movements."""
    entries: int | None = None
    """How many movements it has."""
    not_carried: list[NotCarried] | None = None
    """What does not come back from the bank as it was given: the first of it."""
    not_carried_count: int | None = None
    """All of it."""


class LedgerAnswer(Struct, forbid_unknown_fields=True):
    """The ledger that an account has now."""

    bank: str
    number: str
    """Of the account."""
    opening_balance: str
    """Before the first movement."""
    closing_balance: str
    """After the last movement."""
    opened_on: str
    """First day that can have movements."""
    entries: int
    """How many movements it has."""
    not_carried: list[NotCarried]
    """What does not come back from the bank as it was given: the first of it."""
    not_carried_count: int
    """All of it."""


class CounterpartyAnswer(Struct, forbid_unknown_fields=True):
    """The other party of a movement; null for what is not known."""

    name: str
    """Its name, invented."""
    tax_id: str | None
    """Its CPF or CNPJ, invented."""
    bank: str | None
    """COMPE code of its bank."""
    ispb: str | None
    """ISPB of its bank."""
    bank_name: str | None
    """Name of its bank."""
    branch: str | None
    account: str | None


class EntryAnswer(Struct, forbid_unknown_fields=True):
    """One movement of a ledger."""

    id: int
    """By which it is changed, removed or grouped."""
    date: str
    """The bank's accounting day."""
    booked_at: str
    """The instant, RFC 3339."""
    amount: str
    """Exact, with two decimals; negative for a debit."""
    type: str
    """Transaction type of Open Finance Brasil."""
    description: str
    """The bank's text."""
    document: str | None
    """The bank's document number."""
    counterparty: CounterpartyAnswer | None
    """The other party; null where there is none."""
    balance: str
    """The balance after it."""


class Truth(Struct, forbid_unknown_fields=True):
    """The ledger of an account in a period."""

    opening_balance: str
    """Before the first movement of the period."""
    closing_balance: str
    """After its last movement."""
    entries: list[EntryAnswer]
    """The movements in the bank's order."""


class ChangeAnswer(Struct, forbid_unknown_fields=True):
    """What a change of a ledger has done."""

    entries: list[EntryAnswer]
    """Movements that are new or other than before."""
    removed: list[int]
    """Ids of those that are no more."""
    not_carried: list[NotCarried]
    """What does not come back from the bank as it was given: the first of it."""
    not_carried_count: int
    """All of it."""


class Restored(Struct, forbid_unknown_fields=True):
    """What a snapshot has brought."""

    accounts: int
    """Accounts that were opened or changed."""
    ledgers: int
    """Ledgers of one's own."""
    faults: int
    """Faults in force."""


class ScenarioAnswer(Struct, forbid_unknown_fields=True):
    """A named situation with its expected outcome."""

    name: str
    """By which it is asked for."""
    title: str
    """A few words about it."""
    does: str
    """What it does, in a sentence."""
    expected: str
    """What the gateway must report: `ok`, or the code of a failure."""
    banks: list[str]
    """The banks that it can happen at."""


class ActiveFaultAnswer(Aim, kw_only=True):
    """A fault in force."""

    id: str
    """By which it is stopped."""
    bank: str
    calls: int
    """Calls that it meant."""
    parameters: dict[str, Any]
    """Its parameters; the catalogue has those of each fault."""
    applied: int
    """Calls that it was applied to."""
    struck: int
    """Calls whose answer it changed."""
    fault: str


class FaultAnswer(Struct, forbid_unknown_fields=True):
    """A fault that there is."""

    name: str
    """By which it is injected."""
    title: str
    """What goes wrong, in a few words."""
    parameters: list[dict[str, Any]]
    """Its parameters, each with its `name` and what JSON Schema says of its values."""
    harmless: bool
    """Whether a statement must be the truth all the same."""
    failures: list[str]
    """Codes of the failures that a reader may honestly report."""


class FaultsAnswer(Struct, forbid_unknown_fields=True):
    """The faults in force, and those that there are."""

    active: list[ActiveFaultAnswer]
    """Those in force, in the order of their injection."""
    known: list[str]
    """Names of all that there are."""
    catalogue: list[FaultAnswer]
    """A description of each."""


class WorldAnswer(Struct, forbid_unknown_fields=True):
    """An isolated world."""

    name: str
    """By which calls name it."""
    now: str
    """Its present instant, RFC 3339."""
    ready_accounts: bool
    """Whether it has the ready account of each scenario."""
    quotas: bool
    """Whether its banks refuse calls beyond their documented limits."""
    accounts: int
    """How many accounts it has."""
    faults: int
    """How many faults are in force in it."""
    control: str
    """Path of its control API."""


def answer(found: object, shape: type[S]) -> S:
    """An answer in its shape, of a mapping or of an object's attributes.

    Raises:
        msgspec.ValidationError: it has a field that the document does not describe, or lacks one.
    """
    return msgspec.convert(found, shape, from_attributes=True)
