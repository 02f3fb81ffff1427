"""Rows of Banco do Brasil: movements, and balances, limits and blocked amounts in the same form."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from simulators.clock import BRASILIA
from simulators.forms import is_person, whole_numbers
from simulators.ledger import LedgerEntry

__all__ = [
    "BLOCKED",
    "KINDS",
    "LIMIT",
    "MISSING_BALANCES",
    "TAX_ID",
    "ZERO",
    "Rows",
    "balance_row",
    "blocked_row",
    "is_balance",
    "is_booked",
    "limit_rows",
    "row_of",
    "told_of_party",
    "written",
]

KINDS = {
    ("PIX", True): (821, "Pix - Recebido"),
    ("PIX", False): (144, "Pix - Enviado"),
    ("TED", True): (976, "TED-Crédito em Conta"),
    ("TED", False): (393, "TED Transf.Eletr.Disponiv"),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", True): (870, "Transferência recebida"),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", False): (470, "Transferência enviada"),
    ("BOLETO", True): (624, "Cobrança"),
    ("BOLETO", False): (109, "Pagamento de Boleto"),
    ("DEPOSITO", True): (830, "Dep dinheiro inter ag"),
    ("PACOTE_TARIFA_SERVICOS", False): (435, "Tarifa Pacote de Serviços"),
    ("TARIFA_SERVICOS_AVULSOS", False): (258, "Tarifa Pix Enviado"),
    ("OUTROS", True): (798, "BB Rende Fácil"),
    ("OUTROS", False): (798, "BB Rende Fácil"),
}
PORTAL_NAMES = {
    "textoDescricaoSubHistorico": "textoDescricaoHistorico",
    "textoIdentificadorUnicoTransacao": "TextoIdentificadorUnicoTransacao",
}
TAX_ID = "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida"
ZERO = Decimal("0.00")
BLOCKED, LIMIT = Decimal("75.30"), Decimal("5000.00")
MISSING_BALANCES: dict[str, frozenset[int]] = {
    "both": frozenset(),
    "no_opening": frozenset({0}),
    "no_closing": frozenset({999}),
    "none": frozenset({0, 999}),
}
"""The history codes of the balances that are left out, by reading."""
Rows = list[dict[str, Any]]


def _blank(day: date, code: int, text: str, amount: Decimal, sign: str) -> dict[str, Any]:
    """A booked row that tells no more than this, in the form of v2."""
    return {
        "indicadorTipoLancamento": "1",
        "dataLancamento": int(day.strftime("%d%m%Y")),
        "dataMovimento": 0,
        "codigoAgenciaOrigem": 0,
        "numeroLote": 0,
        "numeroDocumento": 0,
        "codigoHistorico": code,
        "codigoSubHistorico": 0,
        "textoDescricaoSubHistorico": text,
        "valorLancamento": amount,
        "indicadorSinalLancamento": sign,
        "textoInformacaoComplementar": "",
        TAX_ID: "",
        "indicadorTipoPessoaContrapartida": "",
        "codigoBancoContrapartida": 0,
        "codigoAgenciaContrapartida": 0,
        "numeroContaContrapartida": "0" * 20,
        "textoDigitoVerificadorContaContrapartida": "",
        "numeroISPB": 0,
        "textoIdentificadorUnicoTransacao": "",
        "codigoConfederacaoNacionalBancos": None,
        "textoCampoIndeterminado": "",
    }


def is_balance(row: Mapping[str, Any]) -> bool:
    """Whether a row is only a balance of the past."""
    known = row["codigoHistorico"] in {0, 999} and not row["numeroDocumento"]
    return known and row["indicadorTipoLancamento"] == "1"


def is_booked(entry: LedgerEntry) -> bool:
    """Whether a movement counts in the balances; one that is in process does not yet."""
    return bool(entry.detail.get("indicadorTipoLancamento", "1") == "1")


def balance_row(day: date, code: int, text: str, amount: Decimal) -> dict[str, Any]:
    """A row that is only a balance."""
    return _blank(day, code, text, abs(amount), "D" if amount < 0 else "C")


def blocked_row(day: date) -> dict[str, Any]:
    """A blocked amount of the present."""
    return {**_blank(day, 512, "Dep Cheque BB Bloqueado", BLOCKED, "*"), "numeroDocumento": 850001}


def limit_rows(today: date, balance: Decimal) -> Rows:
    """The rows about the present: balances and limits."""
    shown = (
        ("SA", "Saldo Atual", balance),
        ("SD", "Saldo Disponível", balance - BLOCKED),
        ("LC", "Limite Contratado", LIMIT),
        ("LU", "Limite Utilizado", ZERO),
        ("LD", "Limite Disponível", LIMIT),
    )
    return [{**balance_row(today, 0, text, amount), "indicadorTipoLancamento": kind} for kind, text, amount in shown]


def written(row: dict[str, Any], tax_id: str, names: str) -> dict[str, Any]:
    """A row in other forms; `tax_id` is the reading `counterparty_tax_id`, `names` the reading of that name."""
    if row[TAX_ID] and tax_id == "punctuated":
        row = {**row, TAX_ID: _punctuated(row[TAX_ID])}
    elif row[TAX_ID].isdecimal() and tax_id == "number":
        row = {**row, TAX_ID: int(row[TAX_ID])}
    if names == "portal":
        return {PORTAL_NAMES.get(name, name): value for name, value in row.items()}
    return row


def row_of(entry: LedgerEntry, *, today: date) -> dict[str, Any]:
    """The row of a movement; until its day is over it has no id."""
    code, text = KINDS[entry.type, entry.amount > 0]
    row = _blank(entry.date, code, text, abs(entry.amount), "C" if entry.amount > 0 else "D")
    row["numeroLote"] = 13105 if entry.type == "PIX" else 99015
    row["numeroDocumento"] = int(re.sub("[^0-9]", "", entry.document) or _document(entry))
    row["textoInformacaoComplementar"] = entry.description[:38]
    if entry.date < today:
        row["textoIdentificadorUnicoTransacao"] = entry.bank_id or f"BB{entry.serial}{code:03d}"
    if (party := entry.counterparty) is not None:
        if entry.type == "PIX":
            text = f"{entry.booked_at.astimezone(BRASILIA):%d/%m %H:%M} {party.tax_id} {party.name}"
            row["textoInformacaoComplementar"] = text[:38]
        row[TAX_ID] = party.tax_id
        row["indicadorTipoPessoaContrapartida"] = "F" if is_person(party.tax_id) else "J"
        row["codigoBancoContrapartida"] = int(party.compe or 0)
        row["codigoAgenciaContrapartida"] = int(party.branch or 0)
        row["numeroContaContrapartida"] = party.account[:-1].zfill(20)
        row["textoDigitoVerificadorContaContrapartida"] = party.account[-1:]
        row["numeroISPB"] = int(party.ispb or 0)
    return row | entry.detail


def told_of_party(entry: LedgerEntry) -> frozenset[str]:
    """What a row tells of the other party: branch and account are numbers, which lose their zeros."""
    party = entry.counterparty
    return frozenset({"tax_id", "bank", "ispb", *whole_numbers(party)} if party is not None else ())


def _document(entry: LedgerEntry) -> int:
    """A Pix is numbered by its moment, so that twins share a number; other rows without a document have none."""
    return int(f"{entry.booked_at.astimezone(BRASILIA):%d%m%H%M%S}33") if entry.type == "PIX" else 0


def _punctuated(tax_id: str) -> str:
    if is_person(tax_id):
        return f"{tax_id[:3]}.{tax_id[3:6]}.{tax_id[6:9]}-{tax_id[9:]}"
    return f"{tax_id[:2]}.{tax_id[2:5]}.{tax_id[5:8]}/{tax_id[8:12]}-{tax_id[12:]}"
