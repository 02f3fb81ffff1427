"""Blocks and rows of Bradesco's "Saldo e extrato".

A block comes as an object or as an array of one, its lists under headings of several spellings. Money is a Brazilian
text or a bare number, its sign a field of its own. A row has no id, no time and no certain other party; whether it is
an entry or only tells a balance follows from its heading, text, kind and code, and from its moving nothing.

Sources: contracts/banks/bradesco/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import Raw, Struct

from gateway import large_json
from gateway.connectors import fields, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Beginnings, Kinds
from gateway.model import ZERO, Movement, Period, TransactionType

__all__ = ["LISTS", "Answer", "Block", "Row", "balance_of", "is_balance", "moved", "movements", "only_element"]

T = TypeVar("T")

TYPES = Kinds(
    {
        TransactionType.PIX: ("TRANSFERENCIA PIX", "TRANSFE PIX", "PIX ", "DEVOLUCAO PIX"),
        TransactionType.TED: ("TED",),
        TransactionType.DOC: ("DOC ",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TRANSF CC PARA CC",),
        TransactionType.BOLETO: ("LIQUIDACAO DE COBRANCA", "PAGTO ELETRON COBRANCA", "PAGTO COBRANCA"),
        TransactionType.CONVENIO_ARRECADACAO: ("PAGTO ELETRONICO TRIBUTO", "CONTA DE ", "DEBITO AUTOMATICO"),
        TransactionType.PACOTE_TARIFA_SERVICOS: ("TARIFA BANCARIA CESTA",),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TARIFA", "TAR "),
        TransactionType.SAQUE: ("SAQUE",),
        TransactionType.DEPOSITO: ("DEPOSITO", "DEP "),
        TransactionType.FOLHA_PAGAMENTO: ("CREDITO DE SALARIO", "PAGTO SALARIO"),
        TransactionType.CARTAO: ("GASTOS CARTAO", "VISA ELECTRON", "CARTAO "),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("ENCARGOS LIMITE",),
        TransactionType.OPERACAO_CREDITO: ("PARCELA OPER CREDITO",),
        TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("RENTAB.INVEST",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RESGATE INVEST", "RESG/VENCTO"),
    }
)
"""How the bank's own texts begin. An open list, the first that fits counts; what is not here is OUTROS."""

SIGNS = {"+": 1, "-": -1}
BALANCES = Beginnings((("SALDO ", True),))
"""How rows that move nothing begin when they tell a balance."""
PREVIOUS_BALANCE = frozenset({"SALDO ANT", "SALDO ANTERIOR"})
LISTS = ("SALDOANTERIOR", "ULTIMOSLANCAMENTOS", "LANCAMENTOSDIA")
"""The lists of the last days in the order of time, their headings in capitals without blanks and accents."""
SCHEDULED = "LANCAMENTOSFUTUROS"

Lists = dict[str, Raw]
"""Lists of rows by their headings, among them fields that are no list."""


class Row(Struct, frozen=True):
    """One row of any list."""

    dataLancamento: str | None = None
    numeroDocumento: str | int | None = None
    valorLancamento: Raw = Raw()
    sinalLancamento: str | None = None
    sinalLacamento: str | None = None
    segundaLinhalLancamento: Any = None
    valorSaldoAposLancamento: Raw = Raw()
    sinalSaldo: str | None = None
    tipoLancamento: str | int | None = None
    codigoLancamento: str | int | None = None
    descritivoLancamentoAbreviado: Any = None
    descritivoLancamentoCompleto: Any = None

    @property
    def title(self) -> str:
        """The first line of the printed statement."""
        return fields.first_text(self.descritivoLancamentoCompleto, self.descritivoLancamentoAbreviado) or ""

    @property
    def sign(self) -> int | None:
        """1 for a credit, -1 for a debit; None where neither is given."""
        return SIGNS.get((self.sinalLancamento or self.sinalLacamento or "").strip())

    @property
    def description(self) -> str:
        """Both lines of the printed statement, with the short text where it says something else than the first."""
        short = fields.optional_text(self.descritivoLancamentoAbreviado) or ""
        title = self.title if wording.abbreviates(short, self.title) else f"{self.title} - {short}"
        return " ".join(filter(None, (title, fields.word(self.segundaLinhalLancamento))))


LIST: Any = list[Row] | None


class Block(Struct, frozen=True):
    """One of the blocks of an answer."""

    codigoRetorno: str | int | None = None
    mensagem: str | None = None
    numeroConta: str | int | None = None
    digitoConta: str | int | None = None
    quantidadeLancamentos: str | int | None = None
    lstLancamentoMensal: list[Row] | None = None
    listaLancamentos: Lists | list[Lists] | None = None

    @property
    def has_rows(self) -> bool:
        """Whether any list has a row."""
        return bool(self.lstLancamentoMensal) or any(self.lists().values())

    def lists(self) -> dict[str, list[Row]]:
        """The rows of each list of the last days, by its heading in capitals.

        Raises:
            ValueError: there are rows under an unknown heading, or something else under a known one.
        """
        found: dict[str, list[Row]] = {}
        for name, content in (only_element(self.listaLancamentos) or {}).items():
            heading = re.sub("[^A-Z]", "", fields.fold(name))
            if heading in {*LISTS, SCHEDULED}:
                found.setdefault(heading, []).extend(large_json.decode(bytes(content), LIST) or [])
            elif re.match(rb"\s*\[\s*[^\s\]]", bytes(content)):
                raise ValueError(f"a list has the unknown heading {heading}")
        return found


class Answer(Struct, frozen=True):
    """The two blocks that tell entries, each as an object or as an array of one."""

    extratoPorPeriodo: Block | list[Block] | None = None
    extratoUltimosLancamentos: Block | list[Block] | None = None

    @property
    def silent(self) -> bool:
        """Whether neither block came, because nothing was found."""
        return not self.extratoPorPeriodo and not self.extratoUltimosLancamentos


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement."""
    for row in rows:
        day, amount = moved(row)
        description = row.description
        yield Movement(
            date=day,
            amount=amount,
            content=content(row, day.isoformat(), amount),
            type=TYPES.of(row.title),
            description=description,
            document=str(row.numeroDocumento or "").strip().lstrip("0") or None,
            balance=balance_of(row),
            end_to_end_id=wording.end_to_end_id(*description.split()),
        )


def moved(row: Row) -> tuple[date, Decimal]:
    """The day of an entry, and its amount with its sign."""
    value, sign = _money(row.valorLancamento), row.sign
    if value is None or sign is None or not row.dataLancamento:
        raise ValueError("a row lacks its day, its amount or its sign")
    return fields.brazilian_date(row.dataLancamento), sign * value if value else ZERO


def only_element(sent: T | list[T] | None) -> T | None:
    """What the bank sends as it is, or as the only element of an array."""
    if not isinstance(sent, list):
        return sent
    if len(sent) > 1:
        raise ValueError("an array that should have one element has more")
    return sent[0] if sent else None


def is_balance(row: Row, days: Period | None, *, headed: bool) -> bool:
    """Whether a row only tells a balance: by its heading, text, kind or code, and because it moves nothing.

    What moves money is an entry, however its text begins. A row that has an amount moves nothing only under the
    heading of balances, or by the very name of the previous one if its day is before the list or it repeats its
    balance as its amount.

    Args:
        row: a row of any list.
        days: those that were asked for, where the list has no others.
        headed: whether it stands under the heading of the previous balance.
    """
    value, called = _money(row.valorLancamento), BALANCES.find(row.title) is not None
    if value:
        if headed:
            return called or not row.title
        day = row.dataLancamento
        outside = days is not None and day is not None and fields.brazilian_date(day) not in days
        repeated = balance_of(row) == (row.sign or 1) * value
        return fields.fold(row.title) in PREVIOUS_BALANCE and (outside or repeated)
    if headed or called:
        return True
    code = "" if row.codigoLancamento is None else str(row.codigoLancamento).strip()
    marked = str(row.tipoLancamento).strip() in {"01", "1"} or (code != "" and not code.strip("0"))
    return marked and value is not None


def balance_of(row: Row) -> Decimal | None:
    """The balance after a row; None where it, or the sign of what is not zero, is left out."""
    value = _money(row.valorSaldoAposLancamento)
    sign = (row.sinalSaldo or "").strip()
    if not value or sign in SIGNS:
        return value if not value else SIGNS[sign] * value
    if sign:
        raise ValueError("a balance has an unknown sign")
    return None


def _money(raw: Raw) -> Decimal | None:
    """A text or a bare number, both without a sign; None where it is left out, null or blank."""
    value = fields.raw_money(raw, fields.brazilian_money)
    return None if value is None else fields.unsigned(value)
