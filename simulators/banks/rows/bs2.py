"""Rows of BS2: whole reais without decimals; banks, branches and accounts as numbers; parties by direction."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulators.clock import BRASILIA
from simulators.forms import end_to_end_id
from simulators.ledger import LedgerEntry
from simulators.world import SimulatedAccount

__all__ = ["DIRECTIONS", "FEE", "KINDS", "category_of", "row_of"]

KINDS = {
    ("PIX", True): (10, "Pix Recebido"),
    ("PIX", False): (11, "Pix Enviado"),
    ("TED", True): (2, "TED Recebida"),
    ("TARIFA_SERVICOS_AVULSOS", False): (20, "Tarifa"),
    ("OUTROS", True): (99, "Credito"),
    ("OUTROS", False): (98, "Debito"),
}
"""Category and short text; 98 and 99 stand for the categories that no list names."""
OWN_ISPB = "71027866"
INTERNAL = {10: 16, 11: 17}
"""Categories of a Pix within the bank."""
FEE, PIX_RETURN = 20, 18
PIX = frozenset({10, 11, 16, 17, PIX_RETURN})
DIRECTIONS: dict[str, Mapping[bool, int | str]] = {"number": {True: 2, False: 1}, "letter": {True: "C", False: "D"}}
"""How credits and debits are marked."""


def category_of(entry: LedgerEntry) -> int:
    """The bank's category of a movement."""
    category, _ = KINDS[entry.type, entry.amount > 0]
    if entry.counterparty is not None and entry.counterparty.compe == "218":
        category = INTERNAL.get(category, category)
    return int(entry.detail.get("tipoCategoria", category))


def row_of(account: SimulatedAccount, entry: LedgerEntry, form: str) -> dict[str, Any]:
    """One row; `form` says how its direction is marked, a name of `DIRECTIONS`."""
    _, short = KINDS[entry.type, entry.amount > 0]
    category, credit = category_of(entry), entry.amount > 0
    mark = "D" if category == PIX_RETURN else "E"
    party = _party(entry) if category != FEE else None
    local = entry.booked_at.astimezone(BRASILIA).replace(tzinfo=None)
    return {
        "movimentadoEm": local.isoformat(timespec="milliseconds"),
        "descricao": entry.description,
        "descricaoAbreviada": short,
        "valor": _plain(abs(entry.amount)),
        "tipoMovimentacao": DIRECTIONS[form][credit],
        "tipoCategoria": category,
        "documento": entry.document or "0",
        "observacao": "",
        "protocolo": entry.bank_id or _protocolo(account, entry),
        "remetente": party if credit else None,
        "favorecido": None if credit else party,
        "pix": {"endToEndId": end_to_end_id(entry, OWN_ISPB, mark) if category in PIX else None},
        **entry.detail,
    }


def _plain(amount: Decimal) -> Decimal:
    """Whole reais without decimals."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _protocolo(account: SimulatedAccount, entry: LedgerEntry) -> str:
    """Bank, branch, account, day and sequence: 31 digits."""
    day, ordinal = divmod(entry.serial, 100_000)
    return f"218{account.branch:0>4}{account.number:0>10}{day}{500_000 + ordinal:06d}"


def _party(entry: LedgerEntry) -> dict[str, Any] | None:
    party = entry.counterparty
    if party is None:
        return None
    return {
        "nome": party.name,
        "documento": party.tax_id,
        "nomeBanco": party.bank_name,
        "banco": int(party.compe or 0),
        "agencia": int(party.branch or 0),
        "conta": int(party.account or 0),
    }
