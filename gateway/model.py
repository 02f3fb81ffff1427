"""The domain as frozen structs: account, period, movement, entry, statement.

Money is `Decimal`, negative for a debit. Days are days in America/Sao_Paulo, instants carry their offset.

Long because it defines the words of the domain, which all other modules use, in one place.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from contracts.fact import Evidence
from gateway.limits import MANY_ENTRIES

__all__ = [
    "BRASILIA",
    "DAY",
    "ZERO",
    "Account",
    "AvailableBalance",
    "BalanceAt",
    "Balances",
    "Contradiction",
    "Counterparty",
    "Credentials",
    "Direction",
    "Entry",
    "HeldAccount",
    "IdBasis",
    "Movement",
    "Period",
    "Proof",
    "Stability",
    "Statement",
    "StatementWarning",
    "TransactionType",
    "Undecided",
    "Verdict",
    "balance_at",
]

BRASILIA = ZoneInfo("America/Sao_Paulo")
DAY = timedelta(days=1)
ZERO = Decimal("0.00")


class TransactionType(StrEnum):
    """Transaction types of Open Finance Brasil (Accounts API, `EnumTransactionTypes`)."""

    TED = "TED"
    DOC = "DOC"
    PIX = "PIX"
    TRANSFERENCIA_MESMA_INSTITUICAO = "TRANSFERENCIA_MESMA_INSTITUICAO"
    BOLETO = "BOLETO"
    CONVENIO_ARRECADACAO = "CONVENIO_ARRECADACAO"
    PACOTE_TARIFA_SERVICOS = "PACOTE_TARIFA_SERVICOS"
    TARIFA_SERVICOS_AVULSOS = "TARIFA_SERVICOS_AVULSOS"
    FOLHA_PAGAMENTO = "FOLHA_PAGAMENTO"
    DEPOSITO = "DEPOSITO"
    SAQUE = "SAQUE"
    CARTAO = "CARTAO"
    ENCARGOS_JUROS_CHEQUE_ESPECIAL = "ENCARGOS_JUROS_CHEQUE_ESPECIAL"
    RENDIMENTO_APLIC_FINANCEIRA = "RENDIMENTO_APLIC_FINANCEIRA"
    PORTABILIDADE_SALARIO = "PORTABILIDADE_SALARIO"
    RESGATE_APLIC_FINANCEIRA = "RESGATE_APLIC_FINANCEIRA"
    OPERACAO_CREDITO = "OPERACAO_CREDITO"
    OUTROS = "OUTROS"


class Direction(StrEnum):
    """Whether money came to the account or left it."""

    CREDIT = "credit"
    DEBIT = "debit"


class IdBasis(StrEnum):
    """What an entry's id is made of."""

    BANK = "bank"
    """The bank's own id."""
    DERIVED = "derived"
    """The content of the row and its ordinal among equal ones."""


class Stability(StrEnum):
    """Whether an entry may still change."""

    FINAL = "final"
    PROVISIONAL = "provisional"


class Verdict(StrEnum):
    """The result of comparing opening balance + entries with the closing balance."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_PROVABLE = "not_provable"
    """A balance is missing, or something of an assumed meaning contradicts the entries."""


class Period(Struct, frozen=True):
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"the period begins on {self.first}, after its end on {self.last}")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> Iterator[date]:
        """Each day, in order."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    def windows(self, max_days: int) -> Iterator["Period"]:
        """Adjoining parts of at most `max_days` days each, in order; the whole period where `max_days` is 0."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=max_days - 1)) if max_days else self.last
            yield Period(first, last)
            first = last + timedelta(days=1)


class Credentials(Struct, frozen=True):
    """The filled-in credential form of an integration. Its text never shows a value."""

    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def get(self, name: str, default: str = "") -> str:
        """The value of a field; the default where the user left it empty."""
        return self.values.get(name) or default

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self.values))})"


class Account(Struct, frozen=True):
    """A bank account registered by a tenant, with what is needed to read it."""

    id: str
    bank: str
    kind: str
    branch: str
    number: str
    holder_tax_id: str
    credentials: Credentials
    environment: str = "production"
    tenant: str = ""
    """The tenant that registered it; limits are shared among tenants, not among accounts."""

    def __repr__(self) -> str:
        return f"Account({self.id}, {self.bank})"


class HeldAccount(Struct, frozen=True, kw_only=True):
    """What a bank's answers contain of the account that its credentials read; empty for what they leave out."""

    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""

    def __repr__(self) -> str:
        return "HeldAccount()"


class Counterparty(Struct, frozen=True, gc=False):
    """The other party of a movement; None for what the bank does not give. The order is that of the public shape."""

    name: str | None = None
    tax_id: str | None = None
    """A whole CPF or CNPJ with right check digits, without punctuation."""
    tax_id_masked: str | None = None
    """A CPF or CNPJ with hidden digits, as the bank writes it."""
    bank: str | None = None
    """COMPE code, three digits."""
    ispb: str | None = None
    """ISPB code, eight digits."""
    bank_name: str | None = None
    branch: str | None = None
    account: str | None = None


class Movement(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One movement as a connector has read it, before it gets an id; encoded without the names of its fields."""

    date: date
    amount: Decimal
    content: bytes
    """A digest of the bank's own fields (`gateway.entry_ids.ContentDigest`): equal for the same row in every answer."""
    type: TransactionType = TransactionType.OUTROS
    description: str = ""
    booked_at: datetime | None = None
    document: str | None = None
    balance: Decimal | None = None
    bank_id: str | None = None
    """The bank's own id, only when the bank keeps it for ever and never gives it twice."""
    end_to_end_id: str | None = None
    """The end-to-end id of a Pix."""
    note: str | None = None
    """The message of the payer to the payee."""
    counterparty: Counterparty | None = None
    provisional: bool = False
    """Whether the bank itself says that the movement may still change."""
    blocked: bool = False
    """Whether it only blocks money or frees it again; balances may or may not include it."""


class Entry(Struct, frozen=True, gc=False):
    """One movement of a statement, as callers see it. It holds texts and numbers, which need no garbage collector."""

    id: str
    id_basis: IdBasis
    stability: Stability
    date: date
    booked_at: datetime | None
    amount: Decimal
    direction: Direction
    type: TransactionType
    description: str
    document: str | None
    balance: Decimal | None
    bank_id: str | None
    end_to_end_id: str | None
    note: str | None
    counterparty: Counterparty | None
    blocked: bool = False
    """Whether it only blocks money or frees it again. Such an entry is never final."""


class BalanceAt(Struct, frozen=True):
    """A balance that the bank gives for the end of a day."""

    day: date
    amount: Decimal


def balance_at(day: date, amount: Decimal | None) -> BalanceAt | None:
    """A balance of a day; None where the bank tells none."""
    return None if amount is None else BalanceAt(day, amount)


class AvailableBalance(Struct, frozen=True):
    """What can be spent at an instant (`availableAmount` of Open Finance Brasil): without what is blocked.

    It belongs to the account and to no day, so that it opens and closes no period and proves nothing.
    """

    amount: Decimal
    at: datetime
    """When the bank was asked."""


class Contradiction(Struct, frozen=True):
    """Something in the bank's answers that contradicts their entries."""

    detail: str
    """English: what contradicts the entries."""
    evidence: Evidence
    """How its meaning at this bank is known. Only an observed or documented one withholds a statement."""


class Undecided(NamedTuple):
    """Rows of one day and kind; nothing that the bank sent tells whether they are entries."""

    day: date
    kind: str
    """What the bank calls it."""


class Balances(Struct, frozen=True, kw_only=True):
    """What the bank gives besides the movements: balances around the period, and how far it is complete.

    `opening` lies before the period and `closing` at its end or after it. All movements between the two have been
    handed over. Either is None where the bank does not give it; `reason` then says why, for the proof.
    """

    opening: BalanceAt | None = None
    closing: BalanceAt | None = None
    reason: str | None = None
    complete_through: date | None = None
    """Last day that the bank declares complete; None where it makes no such declaration."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Warnings of the connector about the entries: codes of the catalogue, each with its detail."""
    contradictions: tuple[Contradiction, ...] = ()
    """What contradicts the entries; `gateway.statement.assemble` decides what follows from it."""
    available: Decimal | None = None
    """The present available balance, asked after the entries; None where the bank gives none, or did not now."""
    empty_by_words: bool = False
    """Whether only words, in a form that is not documented, say that a part of the period has no entries."""
    undecided: frozenset[Undecided] = frozenset()
    """Rows that nothing identifies as entries or as something else; those of the period were handed over as
    provisional."""


class Proof(Struct, frozen=True):
    """Whether opening balance + entries = closing balance, counting what the bank does not call provisional."""

    verdict: Verdict
    difference: Decimal | None
    """What the entries miss of the closing balance; None where a balance is missing."""
    reason: str | None
    """English: why the statement is not proved; None where it is."""


class StatementWarning(Struct, frozen=True):
    """Something that the ERP should know about a statement that is given all the same."""

    code: str
    title: str
    """Portuguese, for the user."""
    detail: str
    remedy: str
    """Portuguese: what the user has to do."""
    days: tuple[date, ...] = ()
    """The days that it concerns; empty when it concerns the whole statement."""


class Statement(Struct, frozen=True, kw_only=True):
    """The entries of a period with its balances and proof."""

    account: Account
    period: Period
    currency: Literal["BRL"]
    opening_balance: Decimal | None
    closing_balance: Decimal | None
    complete_through: date
    proof: Proof
    entries: Collection[Entry]
    """By day, within a day in the bank's order; a list unless there are so many that they are spooled."""
    id_version: int
    """The version of the rules by which the entries' ids are made (`gateway.entry_ids`)."""
    blocks_move: bool = True
    """Whether the balances include money that is only blocked; means nothing where no entry is blocked."""
    contradicted: bool = False
    """Whether something of an assumed meaning in the bank's answers contradicts the entries."""
    available_balance: AvailableBalance | None = None
    """Asked only of banks that give no balances of days; None elsewhere, and where the bank gave no answer to it."""
    warnings: list[StatementWarning] = field(default_factory=list)
    fetched_at: datetime

    @property
    def is_doubtful(self) -> bool:
        """Whether the bank's balances or other things in its answers contradict the entries."""
        return self.contradicted or self.proof.verdict is Verdict.DISPROVED

    @property
    def is_large(self) -> bool:
        """Whether it has so many entries that a thread works on them, and that many transactions keep them."""
        return len(self.entries) > MANY_ENTRIES
