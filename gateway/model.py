"""The domain as frozen structs: account, period, movement, entry, statement.

Money is `Decimal`, negative for a debit. Days are days in America/Sao_Paulo, instants carry their offset.

Long because every other module uses these types, which stand in one place.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from contracts.fact import Evidence

__all__ = [
    "BRASILIA",
    "DAY",
    "ZERO",
    "Account",
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
    "Verdict",
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
    """Which way the money went, seen from the account."""

    CREDIT = "credit"
    DEBIT = "debit"


class IdBasis(StrEnum):
    """The source of an entry's id."""

    BANK = "bank"
    DERIVED = "derived"


class Stability(StrEnum):
    """Whether an entry may still change."""

    FINAL = "final"
    PROVISIONAL = "provisional"


class Verdict(StrEnum):
    """Whether the entries account for the difference between the balances."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_PROVABLE = "not_provable"


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
        """Adjoining parts of at most `max_days` days each, in order; the whole period when that is 0."""
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
        """The value of a field, or the default when the user left it out."""
        return self.values.get(name) or default

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self.values))})"

    __str__ = __repr__


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
    """Id of the tenant that owns the account; capacity at a bank is shared out among tenants."""

    def __repr__(self) -> str:
        return f"Account({self.id}, {self.bank})"

    __str__ = __repr__


class HeldAccount(Struct, frozen=True, kw_only=True):
    """The account that a bank names for some credentials; a field is empty where the bank does not give it."""

    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""

    def __repr__(self) -> str:
        return "HeldAccount()"

    __str__ = __repr__


class Counterparty(Struct, frozen=True):
    """The other side of a movement, as far as the bank gives it."""

    name: str | None = None
    tax_id: str | None = None
    """A whole CPF or CNPJ with right check digits, without punctuation."""
    bank: str | None = None
    """COMPE code, three digits."""
    branch: str | None = None
    account: str | None = None
    tax_id_masked: str | None = None
    """A CPF or CNPJ of which the bank hides digits, as the bank writes it."""
    ispb: str | None = None
    """ISPB code, eight digits."""
    bank_name: str | None = None


class Movement(Struct, frozen=True, kw_only=True):
    """One movement as a connector read it, before the gateway gives it an identity."""

    date: date
    amount: Decimal
    content: bytes
    """A digest of the bank's own fields (`gateway.identity.content_of`): equal for the same row in every answer."""
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
    """The payer's message to the payee."""
    counterparty: Counterparty | None = None
    provisional: bool = False
    """Whether the bank marks the movement as one that may still change."""
    blocked: bool = False
    """Whether the movement only blocks money or frees it again. Balances may follow it or not."""


class Entry(Struct, frozen=True, kw_only=True):
    """One movement, normalised. The public shape of design section 6."""

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
    """Whether the entry only blocks money or frees it again. Such an entry is never final."""


class BalanceAt(Struct, frozen=True):
    """The balance at the end of a day, as the bank gives it."""

    day: date
    amount: Decimal


class Contradiction(Struct, frozen=True):
    """Something in the bank's answers that does not fit the entries they hold."""

    detail: str
    """What does not fit, in English."""
    evidence: Evidence
    """Evidence for the bank's meaning: only an observed or documented one withholds a statement."""


class Balances(Struct, frozen=True, kw_only=True):
    """The bank's balances around a period, and what it declares about the period's completeness.

    `opening` lies before the period and `closing` at its end or after it; all movements between the two have been
    handed over. Either is None when the bank does not give it; `reason` then says why, for the proof.
    """

    opening: BalanceAt | None = None
    closing: BalanceAt | None = None
    reason: str | None = None
    complete_through: date | None = None
    """Last day the bank itself declares complete; None when the bank declares nothing."""
    warnings: tuple[tuple[str, str], ...] = ()
    """The connector's warnings about the entries: a code of the catalogue and a detail each."""
    contradictions: tuple[Contradiction, ...] = ()
    """Contradictions that the connector found; `gateway.assemble` decides about their consequences."""


class Proof(Struct, frozen=True):
    """Whether opening balance + entries = closing balance, counting what the bank does not call provisional."""

    verdict: Verdict
    difference: Decimal | None
    reason: str | None


class StatementWarning(Struct, frozen=True):
    """Something the ERP should know about a statement that is nevertheless whole."""

    code: str
    title: str
    """Portuguese, for the user."""
    detail: str
    remedy: str
    """Portuguese: what to do about it."""
    days: tuple[date, ...] = ()
    """The days that it concerns; empty when it concerns the whole statement."""


class Statement(Struct, frozen=True, kw_only=True):
    """The entries of a period with its balances and proof."""

    account: Account
    period: Period
    currency: str
    opening_balance: Decimal | None
    closing_balance: Decimal | None
    complete_through: date
    proof: Proof
    entries: list[Entry]
    id_version: int
    """The rule by which the ids of the entries were made (`gateway.identity`)."""
    blocks_move: bool = True
    """Whether the balances follow money that is only blocked; known only where there is any."""
    contradicted: bool = False
    """Whether something in the bank's answers, of which the meaning is only assumed, does not fit the entries."""
    warnings: list[StatementWarning] = field(default_factory=list)
    fetched_at: datetime
