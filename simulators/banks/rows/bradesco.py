"""Rows of Bradesco: texts as a mainframe prints them, money in mixed forms and without sign, misspelt keys."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from simulators.forms import without_accents
from simulators.ledger import LedgerEntry
from simulators.world import SimulatedAccount

__all__ = ["FILLERS", "KINDS", "brazilian", "header_of", "previous_of", "row_of", "sign_of"]

KINDS = {
    ("PIX", True): ("1674", "TRANSFE PIX", "TRANSFERENCIA PIX"),
    ("PIX", False): ("1674", "TRANSFE PIX", "TRANSFERENCIA PIX"),
    ("TED", True): ("0532", "TED-TRANSF", "TED-TRANSF ELET DISPON"),
    ("TED", False): ("0535", "TED DIF.TIT", "TED DIF.TITUL.CC H.BANK"),
    ("BOLETO", True): ("0425", "LIQ COBRANCA", "LIQUIDACAO DE COBRANCA"),
    ("BOLETO", False): ("0508", "PAGTO ELETR", "PAGTO ELETRON COBRANCA"),
    ("CONVENIO_ARRECADACAO", False): ("0161", "CONTA LUZ", "CONTA DE LUZ"),
    ("TARIFA_SERVICOS_AVULSOS", False): ("0371", "TARIFA BANC", "TARIFA BANCARIA"),
    ("DEPOSITO", True): ("0221", "DEP CHEQUE", "DEPOSITO EM CHEQUE"),
    ("SAQUE", False): ("0147", "SAQUE", "SAQUE DINHEIRO"),
    ("RENDIMENTO_APLIC_FINANCEIRA", True): ("0945", "RENTAB.INV", "RENTAB.INVEST FACILCRED*"),
}
"""History code, short and full text. But for the code of Pix, the codes are invented: no list of them was found."""
DONE = "CTAS0673 - CONSULTA EFETUADA COM SUCESSO"
SECOND_LINE = 32
FILLERS = {"dataDebitoCpmf": "0000000", "valorCpmf": "000000000000000"}


def header_of(account: SimulatedAccount, rows: Sequence[Any]) -> dict[str, str]:
    """The header of a block with these rows."""
    return {
        "codigoRetorno": "0",
        "mensagem": DONE,
        "identificaoCliente": "0",
        "razaoConta": "00705",
        "numeroConta": account.number[:-1].zfill(7),
        "digitoConta": account.number[-1],
        "nomeCliente": _printed(account.holder_name, 30),
        "quantidadeLancamentos": str(len(rows)),
    }


def previous_of(day: date, balance: Decimal, text: str) -> dict[str, Any]:
    """The row of the balance before a block."""
    return {
        "dataLancamento": day.strftime("%d/%m/%Y"),
        "numeroDocumento": "0000000",
        "valorLancamento": "0.00",
        "sinalLancamento": "+",
        "segundaLinhalLancamento": "",
        "valorSaldoAposLancamento": brazilian(abs(balance)),
        "sinalSaldo": sign_of(balance),
        "identificacaoSubCodigo": "N",
        "codigoLancamento": "0000",
        "descritivoLancamentoAbreviado": text,
        "descritivoLancamentoCompleto": text,
    }


def row_of(entry: LedgerEntry) -> dict[str, Any]:
    """The row of a movement."""
    code, short, full = KINDS[entry.type, entry.amount > 0]
    return {
        "dataLancamento": entry.date.strftime("%d/%m/%Y"),
        "numeroDocumento": entry.document.rjust(7, "0")[-7:],
        "valorLancamento": _money(abs(entry.amount), entry.serial),
        "sinalLancamento": sign_of(entry.amount),
        "segundaLinhalLancamento": _second_line(entry),
        "valorSaldoAposLancamento": _money(abs(entry.balance), entry.serial + 1),
        "sinalSaldo": sign_of(entry.balance),
        "identificacaoSubCodigo": "N",
        "codigoLancamento": code,
        "descritivoLancamentoAbreviado": short,
        "descritivoLancamentoCompleto": full,
    }


def _second_line(entry: LedgerEntry) -> str | None:
    """The other party, cut, with day and month behind it; else the ledger's text; null where both are empty."""
    party = entry.counterparty
    if party is not None:
        side = "REM" if entry.amount > 0 else "DES"
        return f"{side}: {_printed(party.name, 20).ljust(21)}{entry.date:%d/%m}"
    return _printed(entry.description, SECOND_LINE).ljust(SECOND_LINE) if entry.description else None


def _printed(text: str, width: int) -> str:
    """As a mainframe prints it: capitals without accents, cut; what it cannot print is blank."""
    return re.sub(r"[^ -~]", " ", without_accents(text).upper())[:width]


def _money(amount: Decimal, number: int) -> Any:
    """Mostly a Brazilian text; whole reais also as a bare number, or as a text without decimals."""
    if amount == amount.to_integral_value() and number % 3 < 2:
        return int(amount) if number % 3 == 0 else str(int(amount))
    return brazilian(amount)


def brazilian(amount: Decimal) -> str:
    """An amount as Brazilians write it: 1.234,56."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def sign_of(amount: Decimal) -> str:
    """The sign that stands in a field of its own."""
    return "-" if amount < 0 else "+"
