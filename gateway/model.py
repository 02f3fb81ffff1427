"""The domain as frozen structs: account, period, movement, entry, statement.

Money is `Decimal`, negative for a debit. Days are days in America/Sao_Paulo, instants carry their offset.

Long because the words of the domain, which everything else speaks, stand in one place.
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
    """Where an entry's id comes from."""

    BANK = "bank"
    DERIVED = "derived"


class Stability(StrEnum):
    """Whether an entry may still change."""

    FINAL = "final"
    PROVISIONAL = "provisional"


class Verdict(StrEnum):
    """What the balances say of the entries."""

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
    """Whose account it is: tenants share what there is of a bank, whatever the number of their accounts."""

    def __repr__(self) -> str:
        return f"Account({self.id}, {self.bank})"

    __str__ = __repr__


class HeldAccount(Struct, frozen=True, kw_only=True):
    """What a bank says of the account that is read with some credentials; empty where it says nothing."""

    branch: str = ""
    number: str = ""
    holder_tax_id: str = ""

    def __repr__(self) -> str:
        return "HeldAccount()"

    __str__ = __repr__


class Counterparty(Struct, frozen=True):
    """Who was on the other side, as far as the bank tells."""

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
    """What the payer wrote to the payee."""
    counterparty: Counterparty | None = None
    provisional: bool = False
    """The bank itself says that the movement may still change."""
    blocked: bool = False
    """It only blocks money or frees it again: nothing has come or gone for good, whether balances follow it or not."""


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
    """It only blocks money or frees it again. Such an entry is never final."""


class BalanceAt(Struct, frozen=True):
    """What the bank says the balance was at the end of a day."""

    day: date
    amount: Decimal


class Contradiction(Struct, frozen=True):
    """Something in the bank's answers that does not fit the entries they hold."""

    detail: str
    """What does not fit, in English."""
    evidence: Evidence
    """How it is known what the bank means by it: only what is observed or documented withholds a statement."""


class Balances(Struct, frozen=True, kw_only=True):
    """What the bank said of the account's balance around a period, and of the period's completeness.

    `opening` lies before the period and `closing` at its end or after it; all movements between the two have been
    handed over. Either is None when the bank does not tell; `reason` then says why, for the proof.
    """

    opening: BalanceAt | None = None
    closing: BalanceAt | None = None
    reason: str | None = None
    complete_through: date | None = None
    """Last day the bank itself declares complete; None when the bank declares nothing."""
    warnings: tuple[tuple[str, str], ...] = ()
    """What the connector has to say of the entries: codes of the catalogue's warnings, each with its detail."""
    contradictions: tuple[Contradiction, ...] = ()
    """What the entries contradict; `gateway.assemble` decides what comes of it."""


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
    """The days that it concerns; none where it concerns the whole statement."""


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
    """Whether the balances follow money that is only blocked; told where there is any."""
    contradicted: bool = False
    """Something told by the bank does not fit the entries, though its meaning is only assumed."""
    warnings: list[StatementWarning] = field(default_factory=list)
    fetched_at: datetime
