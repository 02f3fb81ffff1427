"""Rows of PagSeguro's EDI: fifty fields, each blank, zero, null or left out in its own way."""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.world import SimulatedAccount

__all__ = ["KINDS", "SALE", "identity", "number_of", "older_row_of", "row_of"]

KINDS = {
    ("PIX", True): ("1", "11", "BACEN"),
    ("PIX", False): ("6", "11", "BACEN"),
    ("BOLETO", True): ("1", "2", "BOLETO"),
    ("CARTAO", True): ("1", "8", "VISA ELECTRON"),
    ("CARTAO", False): ("5", "3", "MASTERCARD"),
    ("DEPOSITO", True): ("1", "7", ""),
    ("TED", False): ("4", "0", ""),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", True): ("20", "0", ""),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", False): ("19", "0", ""),
    ("TARIFA_SERVICOS_AVULSOS", False): ("26", "0", ""),
    ("OPERACAO_CREDITO", False): ("24", "0", ""),
    ("RENDIMENTO_APLIC_FINANCEIRA", True): ("16", "0", ""),
    ("OUTROS", True): ("2", "0", ""),
    ("OUTROS", False): ("3", "0", ""),
}
"""Event, means of payment, brand."""
SALE, WITHDRAWAL = "1", "4"
CONCLUDED, ANTICIPATED = "3", "4"
"""`status_pagamento` of what reached the account, on its day or before."""
ANTICIPATED_BY = timedelta(days=30)
SECOND = "02"
"""The second instalment of a sale, which is paid in advance."""
CARDS = frozenset({"3", "8"})
CREDIT_CARD = ("3", "MASTERCARD")
RECEIVABLES = {"3": "CREDIT_MASTERCARD", "8": "DEBIT_VISA", "11": "PIX"}
CENTAVO = Decimal("0.01")


def number_of(amount: Decimal) -> Decimal:
    """A JSON number as the bank writes it: `29.28`, `29.5`, `30.0`."""
    text = f"{amount:.2f}"
    return Decimal(text.removesuffix("0"))


def identity(*about: object) -> str:
    """An id of the bank's form, the same whenever it is asked for."""
    return hashlib.sha256("/".join(map(str, about)).encode()).hexdigest()[:32].upper()


def row_of(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    """One row of `financial` in v3.00, which leaves out what is null."""
    return {name: value for name, value in _filled(account, entry).items() if value is not None}


def older_row_of(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    """The same row in the fields of 2.01, with its nulls."""
    row = _filled(account, entry)
    older = {name: value for name, value in row.items() if name not in {"tid", "codigo_ur", "arranjo_ur"}}
    older["quantidade_parcela"] = older.pop("quantidade_parcelas")
    del older["data_prevista_pagamento"]
    return {**older, "taxa_emissor": None, "taxa_adquirente": None}


def _filled(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    event, means, brand = KINDS[entry.type, entry.amount > 0]
    instalment = _instalment(entry)
    if instalment:
        means, brand = CREDIT_CARD
    card = means in CARDS
    anticipated = instalment == SECOND
    sale = entry.serial // 2 if instalment else entry.serial
    began = entry.booked_at - timedelta(days=1) if card else entry.booked_at
    row = {
        "movimento_api_codigo": entry.bank_id or identity("movement", account.number, entry.serial),
        "tipo_registro": "1",
        "estabelecimento": account.credentials["user"],
        **_moment("data_inicial_transacao", "hora_inicial_transacao", began),
        **_moment("data_venda_ajuste", "hora_venda_ajuste", entry.booked_at),
        "tipo_evento": event,
        "tipo_transacao": "4" if event == WITHDRAWAL else "1",
        "codigo_transacao": identity("transaction", account.number, sale),
        "codigo_venda": entry.document,
        **_amounts(entry, event, means, instalment),
        "pagamento_prazo": "A" if anticipated else "M" if instalment else "U",
        "plano": "2" if instalment else "0 " if event == SALE else "  ",
        "parcela": instalment or ("1" if event == SALE else ""),
        "quantidade_parcelas": "2" if instalment else "0",
        "data_movimentacao": entry.date.isoformat(),
        "data_prevista_pagamento": _expected(entry, anticipated=anticipated).isoformat() if event == SALE else None,
        "status_pagamento": ANTICIPATED if anticipated else CONCLUDED,
        "identificador_revenda": None,
        "meio_pagamento": means,
        "instituicao_financeira": brand,
        "canal_entrada": "ME" if card else "W" if event == SALE else "",
        "leitor": "12" if card else "",
        "meio_captura": "1" if card else "3" if event == SALE else None,
        **_destination(event, entry),
        "num_logico": "",
        "nsu": f"{entry.serial % 10**12:012d}" if card else "",
        "cartao_bin": "400000" if card else " " * 6,
        "cartao_holder": f"{entry.serial % 10**4:04d}" if card else " " * 4,
        "codigo_autorizacao": f"{entry.serial % 10**6:06d}" if card else "",
        "codigo_cv": "",
        "numero_serie_leitor": "111-222-333" if card else " " * 8,
        "tx_id": identity("pix", account.number, entry.serial) if means == "11" else None,
        "tid": f"EXEMPLO{entry.serial}" if card else None,
        "codigo_ur": identity("receivable", account.number, entry.serial) if means in RECEIVABLES else None,
        "arranjo_ur": RECEIVABLES.get(means),
    }
    return {**row, **entry.detail}


def _moment(day: str, clock: str, moment: datetime) -> dict[str, str]:
    local = moment.astimezone(BRASILIA)
    return {day: local.strftime("%Y-%m-%d"), clock: local.strftime("%H:%M:%S")}


def _instalment(entry: LedgerEntry) -> str:
    """Half of the card sales are paid in two instalments, which share their transaction code; the second is padded."""
    if (entry.type, entry.amount > 0) != ("CARTAO", True) or entry.serial // 2 % 2 == 0:
        return ""
    return SECOND if entry.serial % 2 else "1"


def _expected(entry: LedgerEntry, *, anticipated: bool) -> date:
    """The day on which a sale would have reached the account without anticipation."""
    return entry.date + ANTICIPATED_BY if anticipated else entry.date


def _amounts(entry: LedgerEntry, event: str, means: str, instalment: str) -> dict[str, Any]:
    """What moved the account is the anticipated amount of a second instalment, else the instalment.

    A sale has both of its fees, one of them 0; elsewhere they are null.
    """
    moved = abs(entry.amount)
    anticipation = (moved * 2 / 100).quantize(CENTAVO) if instalment == SECOND else Decimal(0)
    part = moved + anticipation
    net = part * (2 if instalment else 1)
    share = (net * Decimal("0.0119")).quantize(CENTAVO) if means in CARDS else Decimal(0)
    fixed = Decimal("1.48") if means == "2" else Decimal(0)
    gross = net + share + fixed
    return {
        "valor_total_transacao": number_of(gross) if gross % 1 else int(gross),
        "valor_parcela": number_of(part),
        "taxa_parcela_comprador": None,
        "tarifa_boleto_compra": None,
        "valor_original_transacao": number_of(gross),
        "taxa_parcela_vendedor": None,
        "taxa_intermediacao": number_of(share) if event == SALE or means in CARDS else None,
        "tarifa_intermediacao": number_of(fixed) if event == SALE else None,
        "tarifa_boleto_vendedor": Decimal("0.0"),
        "taxa_rep_aplicacao": None,
        "valor_liquido_transacao": number_of(net),
        "taxa_antecipacao": number_of(anticipation),
        "valor_liquido_antecipacao": number_of(moved) if anticipation else Decimal("0.0"),
    }


def _destination(event: str, entry: LedgerEntry) -> dict[str, str]:
    """The bank account of a withdrawal; elsewhere blanks, or zeros where a sale has them."""
    if event == WITHDRAWAL:
        party = entry.counterparty
        bank, branch, account = (party.compe, party.branch, party.account) if party else ("341", "1234", "56789")
        return {"cod_banco": bank.zfill(6), "banco_agencia": branch.zfill(9), "conta_banco": account.zfill(16)}
    filled = "0" if event == SALE else ""
    return {"cod_banco": filled * 6, "banco_agencia": filled * 9, "conta_banco": filled * 16}
