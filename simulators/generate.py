"""Realistic movements from a seed: the same account, the same day, the same movements, whenever they are asked for.

What makes a statement hard is here on purpose: twins (equal in all, booked in the same second), refunds, weekends on
which only Pix moves, days without movement, one day a month with hundreds of entries, long texts, accents, amounts of
one centavo and of millions, alphanumeric tax ids, and the first and last second of a day.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import accumulate
from random import Random
from typing import ClassVar

from msgspec import Struct

from simulators import tax_id
from simulators.calendar import is_business_day
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry, Party

__all__ = ["Generated", "Kind", "cnpj", "cpf"]


class Kind(Struct, frozen=True, kw_only=True):
    """One sort of movement."""

    type: str
    credit: bool
    text: str
    """`{name}` is the other party, `{number}` a document number."""
    weight: int
    any_day: bool = False
    """Whether it is booked on days without banking too."""
    party: bool = True
    reais: tuple[int, int] = (1, 3000)


KINDS = (
    Kind(type="PIX", credit=True, text="PIX RECEBIDO - {name}", weight=30, any_day=True),
    Kind(type="PIX", credit=False, text="PIX ENVIADO - {name}", weight=22, any_day=True),
    Kind(type="PIX", credit=True, text="DEVOLUÇÃO PIX - {name}", weight=2, any_day=True, reais=(1, 200)),
    Kind(type="TED", credit=True, text="TED RECEBIDA {name}", weight=5, reais=(500, 90_000)),
    Kind(type="TED", credit=False, text="TED ENVIADA {name}", weight=4, reais=(500, 40_000)),
    Kind(type="BOLETO", credit=True, text="LIQUIDAÇÃO DE BOLETO Nº {number} {name}", weight=10, reais=(50, 9000)),
    Kind(type="BOLETO", credit=False, text="PAGAMENTO DE TÍTULO {name}", weight=8, reais=(50, 9000)),
    Kind(
        type="CONVENIO_ARRECADACAO",
        credit=False,
        text="DÉBITO AUTOMÁTICO ÁGUA E ENERGIA REFERENTE À FATURA Nº {number}, INSTALAÇÃO DA MATRIZ E DA FILIAL, "
        "COM VENCIMENTO NESTA DATA E JÁ DESCONTADA A BONIFICAÇÃO POR ADIMPLÊNCIA DO MÊS ANTERIOR",
        weight=2,
        party=False,
    ),
    Kind(type="TARIFA_SERVICOS_AVULSOS", credit=False, text="TARIFA MANUTENÇÃO", weight=3, party=False, reais=(1, 90)),
    Kind(type="FOLHA_PAGAMENTO", credit=False, text="SALÁRIO {name}", weight=3, reais=(1500, 9000)),
    Kind(type="DEPOSITO", credit=True, text="DEPÓSITO EM CHEQUE {number}", weight=2, party=False),
    Kind(type="SAQUE", credit=False, text="SAQUE", weight=1, party=False, reais=(20, 1000)),
    Kind(type="CARTAO", credit=True, text="RECEBÍVEIS DE CARTÃO", weight=12, party=False, any_day=True),
    Kind(type="RENDIMENTO_APLIC_FINANCEIRA", credit=True, text="RENDIMENTO", weight=1, party=False, reais=(0, 50)),
)

NAMES = (
    "Açougue São João Ltda",
    "Padaria Pão & Cia ME",
    "José da Conceição Araújo",
    "Indústria Química Três Irmãos S.A.",
    "Müller & Peña Comércio Exterior Ltda",
    "D'Ávila Informática EIRELI",
    "Cooperativa Agrícola do Vale do Ribeira e Região Metropolitana Ltda",
    "Ana Lúcia Guimarães",
    "Posto Ipê Amarelo",
    "Clínica Odontológica Sorriso",
)

BANKS = (
    ("001", "00000000", "Banco do Brasil S.A."),
    ("033", "90400888", "Banco Santander (Brasil) S.A."),
    ("104", "00360305", "Caixa Econômica Federal"),
    ("237", "60746948", "Banco Bradesco S.A."),
    ("341", "60701190", "Itaú Unibanco S.A."),
    ("260", "18236120", "Nu Pagamentos S.A."),
)

PARTIES = 60
"""Other parties of an account: an ordinary company deals with the same ones again and again."""

OPENING_DEPOSIT = Decimal("250000.00")
BUSY_DAY_ENTRIES = 240
REMEMBERED_DAYS = 2048
"""Days of ordinary accounts that are made once: those of three accounts, in some fifteen megabytes."""
REMEMBERED_SEEDS = 256


class Generated(Struct, frozen=True):
    """A source of movements made from a seed. Sources of the same values are equal and make the same movements."""

    seed: str
    """Text that makes this account unlike any other."""
    opened_on: date
    """First day, on which the opening deposit is booked."""
    kinds: frozenset[tuple[str, bool]]
    """Transaction types the bank's wire can express, each with whether it is a credit."""
    entries_per_day: float = 8
    """Mean on a business day; below one, on so many of them there is one entry."""
    busy_day_entries: int = BUSY_DAY_ENTRIES
    """Entries of the fifth business day of each month; 0 for a day like the others."""
    is_value: ClassVar[bool] = True

    @property
    def rows_per_day(self) -> float:
        """The mean of a business day."""
        return self.entries_per_day

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements of one day; the balance never falls below zero."""
        few = max(self.entries_per_day, self.busy_day_entries) <= BUSY_DAY_ENTRIES
        return _remembered_day(self, day, balance) if few else self.made(day, balance)

    def made(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The same as `day`, made anew."""
        chance = Random(f"{self.seed}/{day.isoformat()}")  # noqa: S311 - reproducible, not secret
        kinds = _kinds(self.kinds)
        if day == self.opened_on:
            return [_opening(day, kinds)]
        business = is_business_day(day)
        if not business:
            kinds = [kind for kind in kinds if kind.any_day]
        weights = list(accumulate(kind.weight for kind in kinds))
        entries: list[LedgerEntry] = []
        for moment in self._moments(day, chance, business=business):
            entry = self._entry(moment, chance, kinds, weights, balance)
            twins = 1 if chance.random() > 0.06 or balance + 3 * entry.amount < 0 else chance.choice((2, 2, 3))
            entries.extend([entry] * twins)
            balance += twins * entry.amount
        return entries

    def _moments(self, day: date, chance: Random, *, business: bool) -> list[datetime]:
        if self.busy_day_entries and day == _fifth_business_day(day.year, day.month):
            count = self.busy_day_entries
        elif not self.entries_per_day or chance.random() < (0.04 if business else 0.4):
            count = 0
        elif self.entries_per_day < 1:
            count = int(business and chance.random() < self.entries_per_day)
        else:
            mean = self.entries_per_day
            count = max(1, round(chance.gauss(mean, mean / 3)) if business else int(mean // 3))
        seconds = [chance.randrange(86_400) for _ in range(count)]
        if count > 2 and chance.random() < 0.2:
            seconds[:2] = [0, 86_399]
        start = datetime.combine(day, time(), BRASILIA)
        return [start + timedelta(seconds=second) for second in sorted(seconds)]

    def _entry(
        self, moment: datetime, chance: Random, kinds: list[Kind], weights: list[int], balance: Decimal
    ) -> LedgerEntry:
        """A movement of one of these kinds, given the sums of their weights, each with all before it."""
        kind = chance.choices(kinds, cum_weights=weights)[0]
        amount = _amount(kind, chance)
        if not kind.credit and balance < amount:
            kind = next(kind for kind in kinds if kind.credit)
            amount = _amount(kind, chance)
        party = chance.choice(_parties(self.seed)) if kind.party else None
        number = f"{chance.randrange(1, 10**6):06d}"
        return LedgerEntry(
            booked_at=moment,
            amount=amount if kind.credit else -amount,
            type=kind.type,
            description=kind.text.format(name=party.name if party else "", number=number),
            document=number if "{number}" in kind.text else "",
            counterparty=party,
        )


@lru_cache(REMEMBERED_DAYS)
def _remembered_day(source: Generated, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
    """A day as it is made. Many worlds have the same accounts, and each asks for all days from the first one on."""
    return tuple(source.made(day, balance))


@lru_cache(REMEMBERED_SEEDS)
def _parties(seed: str) -> list[Party]:
    """Made when the first movement names one: many accounts are opened and never read."""
    chance = Random(f"{seed}/parties")  # noqa: S311 - reproducible, not secret
    return [_party(chance) for _ in range(PARTIES)]


@cache
def _kinds(expressed: frozenset[tuple[str, bool]]) -> list[Kind]:
    return [kind for kind in KINDS if (kind.type, kind.credit) in expressed]


def _opening(day: date, kinds: list[Kind]) -> LedgerEntry:
    credit = next(kind for kind in kinds if kind.credit)
    return LedgerEntry(
        booked_at=datetime.combine(day, time(9), BRASILIA),
        amount=OPENING_DEPOSIT,
        type=credit.type,
        description="DEPÓSITO DE ABERTURA",
    )


def _amount(kind: Kind, chance: Random) -> Decimal:
    low, high = kind.reais
    if chance.random() < 0.05:
        return Decimal("0.01")
    if kind.credit and chance.random() < 0.0005:
        return Decimal(chance.randrange(10**8, 3 * 10**8)).scaleb(-2)
    return Decimal(max(1, int(100 * (low + (high - low) * chance.random() ** 3)))).scaleb(-2)


def _party(chance: Random) -> Party:
    name = chance.choice(NAMES)
    person = name in {"José da Conceição Araújo", "Ana Lúcia Guimarães"}
    compe, ispb, bank_name = chance.choice(BANKS)
    return Party(
        name=name,
        tax_id=cpf(chance) if person else cnpj(chance, letters=chance.random() < 0.1),
        compe=compe,
        ispb=ispb,
        bank_name=bank_name,
        branch=f"{chance.randrange(1, 9999):04d}",
        account=str(chance.randrange(10_000, 99_999_999)),
    )


def cpf(chance: Random) -> str:
    """An invented CPF with valid check digits."""
    return tax_id.cpf("".join(str(chance.randrange(10)) for _ in range(9)))


def cnpj(chance: Random, *, letters: bool = False) -> str:
    """An invented CNPJ with valid check digits, with letters as issued since 2026 when asked."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letters else "0123456789"
    return tax_id.cnpj("".join(chance.choice(alphabet) for _ in range(8)) + "0001")


@cache
def _fifth_business_day(year: int, month: int) -> date:
    day = date(year, month, 1)
    seen = 0
    while True:
        seen += is_business_day(day)
        if seen == 5:
            return day
        day += timedelta(days=1)
