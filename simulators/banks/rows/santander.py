"""Rows of Santander, and the sweeps into ContaMax and out of it, which stand among them as movements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import httpx
from msgspec import Struct

from simulators.bank import json_answer
from simulators.calendar import is_business_day
from simulators.clock import BRASILIA
from simulators.ledger import Ledger, LedgerEntry, Source
from simulators.world import SimulatedAccount

__all__ = ["KINDS", "ContaMax", "invested_at", "key_of", "listing", "row_of"]

KINDS = {
    ("PIX", True): "PIX RECEBIDO",
    ("PIX", False): "PIX ENVIADO",
    ("TED", True): "TED RECEBIDA",
    ("TED", False): "TED ENVIADA",
    ("BOLETO", True): "LIQUIDACAO BOLETO COBRANCA",
    ("BOLETO", False): "PAGAMENTO DE BOLETO",
    ("CONVENIO_ARRECADACAO", False): "DEBITO AUTOMATICO CONCESSIONARIA",
    ("TARIFA_SERVICOS_AVULSOS", False): "TARIFA PIX ENVIADO",
    ("FOLHA_PAGAMENTO", False): "PAGAMENTO DE SALARIO",
    ("DEPOSITO", True): "DEP DINHEIRO BCO 24H",
    ("SAQUE", False): "SAQUE DINHEIRO",
    ("CARTAO", True): "RECEBIMENTO CARTAO",
    ("RENDIMENTO_APLIC_FINANCEIRA", True): "RENDIMENTO CONTAMAX",
    ("RESGATE_APLIC_FINANCEIRA", True): "RESGATE CONTAMAX AUTOMATICO",
    ("OUTROS", False): "APLICACAO CONTAMAX",
}
SWEEPS = frozenset({"RESGATE_APLIC_FINANCEIRA", "OUTROS"})
BY_TAX_ID = frozenset({"PIX", "TED"})
"""Types whose rows have the other party's tax id; the others have a name."""
BY_NOTHING = frozenset({"DEPOSITO", "SAQUE", "CARTAO"})
"""Types whose rows leave the complement out where there is nothing to say; the others send it empty."""
DAY = timedelta(days=1)
LONGEST_INVESTED = timedelta(days=14)
"""A sweep stays invested until the next business day, which no row of holidays puts off for so long."""


class ContaMax(Struct, frozen=True):
    """A source with the sweeps: each business day invests in the evening what the next one redeems."""

    inner: Source
    """The other movements."""

    @property
    def opened_on(self) -> date:
        """The first day that can have movements."""
        return self.inner.opened_on

    @property
    def rows_per_day(self) -> float:
        """The mean of the other movements, which are more."""
        return float(getattr(self.inner, "rows_per_day", 0))

    @property
    def is_value(self) -> bool:
        """Whether the source of the other movements is one."""
        return bool(getattr(self.inner, "is_value", False))

    def day(self, day: date, balance: Decimal) -> Sequence[LedgerEntry]:
        """The movements of one day with its sweeps."""
        entries = list(self.inner.day(day, balance))
        if day > self.opened_on and is_business_day(day):
            before = day - DAY
            while not is_business_day(before):
                before -= DAY
            if before > self.opened_on:
                entries.append(_sweep(day, 7, "RESGATE_APLIC_FINANCEIRA", _swept(before)))
            entries.append(_sweep(day, 21, "OUTROS", -_swept(day)))
        return sorted(entries, key=lambda entry: entry.booked_at)


def invested_at(ledger: Ledger, now: datetime) -> Decimal:
    """What is invested at an instant: what was swept out since the last redemption, which leaves nothing."""
    invested = Decimal("0.00")
    for entry in ledger.entries(max(ledger.opened_on, now.date() - LONGEST_INVESTED), now.date(), now):
        if entry.type in SWEEPS:
            invested = Decimal("0.00") if entry.amount > 0 else invested - entry.amount
    return invested


def key_of(account: SimulatedAccount) -> str:
    """The account in a path: branch and number with their zeros."""
    return f"{account.branch:0>4}.{account.number:0>12}"


def listing(pageable: Mapping[str, Any], rows: Sequence[Any]) -> httpx.Response:
    """An answer with rows; without any, the list is left out."""
    return json_answer({"_pageable": pageable, "_content": rows} if rows else {"_pageable": pageable})


def row_of(entry: LedgerEntry, *, as_number: bool = False) -> dict[str, Any]:
    """One row; its amount is a text without sign, or a number."""
    amount = abs(entry.amount)
    row = {
        "creditDebitType": "CREDITO" if entry.amount > 0 else "DEBITO",
        "transactionName": KINDS[entry.type, entry.amount > 0],
        "historicComplement": _complement(entry),
        "amount": amount if as_number else f"{amount:.2f}",
        "transactionDate": entry.date.strftime("%d/%m/%Y"),
        "documentNumber": entry.document or None,
    }
    return {name: value for name, value in row.items() if value is not None}


def _complement(entry: LedgerEntry) -> str | None:
    """The one free text of a row, in which the other party stands if it stands anywhere; None leaves it out."""
    if entry.counterparty is not None:
        return entry.counterparty.tax_id if entry.type in BY_TAX_ID else entry.counterparty.name
    return None if entry.type in BY_NOTHING else ""


def _swept(day: date) -> Decimal:
    """What is invested in the evening of a day: from 100 to 1,000 reais."""
    return Decimal(10_000 + day.toordinal() * 7919 % 90_000).scaleb(-2)


def _sweep(day: date, hour: int, kind: str, amount: Decimal) -> LedgerEntry:
    return LedgerEntry(
        booked_at=datetime.combine(day, time(hour), BRASILIA),
        amount=amount,
        type=kind,
        description=KINDS[kind, amount > 0],
    )
