"""Blocks and rows of Bradesco's "Saldo e extrato".

A block comes as an object or as an array of one, its lists under headings of several spellings. Money is a Brazilian
text or a bare number, its sign a field of its own. A row has no id, no time and no certain other party; whether it is
an entry or only tells a balance follows from its heading, text, kind and code, and from its moving nothing.

Long because the bank writes lists, headings, signs and balances in several forms each, which are read together.

Sources: contracts/banks/bradesco/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway import large_json
from gateway.connectors import fields, wording
from gateway.connectors.kept import Kept
from gateway.connectors.lists import ListForm, items
from gateway.connectors.rows import Content
from gateway.connectors.tables import Beginnings, Kinds, Sides
from gateway.model import ZERO, Movement, Period, TransactionType
from gateway.refusal_words import tells_nothing

__all__ = [
    "LISTS",
    "NOTHING_FOUND",
    "SCHEDULED",
    "Answer",
    "Block",
    "Row",
    "balance_of",
    "is_balance",
    "moved",
    "movements",
    "tells_account",
    "with_signs",
]

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

SIDES = Sides({"+"}, {"-"})
BALANCES = Beginnings((("SALDO ", True),))
"""How rows that move nothing begin when they tell a balance."""
PREVIOUS_BALANCE = frozenset({"SALDO ANT", "SALDO ANTERIOR"})
OF_ACCOUNT = PREVIOUS_BALANCE | {"SALDO", "SALDO INICIAL", "SALDO FINAL", "SALDO DO DIA", "SALDO DIA", "SALDO EM CONTA"}
"""Whole texts of balances to which the rows lead; any other, such as that of an investment, tells nothing of them."""
LISTS = ("SALDOANTERIOR", "ULTIMOSLANCAMENTOS", "LANCAMENTOSDIA")
"""The lists of the last days in the order of time, their headings in capitals without blanks and accents."""
SCHEDULED = "LANCAMENTOSFUTUROS"
HEADINGS = (
    (re.compile("SALDOANT.*"), LISTS[0]),
    (re.compile(".*FUTURO.*|.*AGENDAD.*|.*PROVISION.*"), SCHEDULED),
    (re.compile("ULTIMO.*"), LISTS[1]),
    (re.compile("LANCAMENTOS?(DO)?DIA"), LISTS[2]),
)
"""How headings are written. An open list: what rows under another one are, their balances tell."""

SUCCEEDED = "CTAS0673"
"""The code with which the message of a block that does not refuse begins."""
NOTHING_FOUND = "CTAS0014"
"""The code that nothing is in the period: of an answer without blocks, or of a block."""

Lists = dict[str, Raw]
"""Lists of rows by their headings, among them fields that are no list; or a row that stands under no heading."""


class Row(Struct, frozen=True):
    """One row of any list."""

    dataLancamento: str | None = None
    numeroDocumento: Any = None
    valorLancamento: Raw = Raw()
    sinalLancamento: str | None = None
    sinalLacamento: str | None = None
    segundaLinhalLancamento: Any = None
    segundaLinhaLancamento: Any = None
    valorSaldoAposLancamento: Raw = Raw()
    sinalSaldo: str | None = None
    tipoLancamento: Any = None
    codigoLancamento: Any = None
    descritivoLancamentoAbreviado: Any = None
    descritivoLancamentoCompleto: Any = None

    @property
    def title(self) -> str:
        """The first line of the printed statement."""
        return fields.first_text(self.descritivoLancamentoCompleto, self.descritivoLancamentoAbreviado) or ""

    @property
    def written_sign(self) -> str:
        """The sign of the amount under either name; empty where none is given."""
        return (fields.first_text(self.sinalLancamento, self.sinalLacamento) or "").strip()

    @property
    def sign(self) -> int | None:
        """1 for a credit, -1 for a debit; None where neither is given."""
        return SIDES.sign(self.written_sign)

    @property
    def description(self) -> str:
        """Both lines of the printed statement, with the short text where it says something else than the first."""
        short, full = map(wording.text_of, (self.descritivoLancamentoAbreviado, self.descritivoLancamentoCompleto))
        title = (full or short) if wording.abbreviates(short, full or short) else f"{full} - {short}"
        lines = (title, *map(wording.text_of, (self.segundaLinhalLancamento, self.segundaLinhaLancamento)))
        return " ".join(dict.fromkeys(filter(None, lines)))


LIST: Any = list[Row] | ListForm


class Block(Struct, frozen=True):
    """One of the blocks of an answer."""

    codigoRetorno: Any = None
    mensagem: Any = None
    numeroConta: Any = None
    digitoConta: Any = None
    quantidadeLancamentos: Any = None
    lstLancamentoMensal: list[Row] | ListForm = None
    listaLancamentos: Lists | list[Lists] | str | None = None

    @property
    def announced(self) -> int | None:
        """How many rows the block says to have; None where it says nothing."""
        return fields.number(self.quantidadeLancamentos)

    @property
    def of_period(self) -> list[Row]:
        """The rows of the history."""
        return items(self.lstLancamentoMensal, Row)

    @property
    def has_rows(self) -> bool:
        """Whether any list has a row."""
        return bool(self.of_period) or any(self.lists().values())

    @property
    def says_nothing(self) -> bool:
        """Whether neither a list came, nor a number of rows, nor a reason why there are none."""
        lists = self.listaLancamentos
        has_lists = any(lists) if isinstance(lists, list) and lists else lists not in (None, {})
        silent = self.lstLancamentoMensal is None and not has_lists and self.announced is None
        return silent and not self.code.strip("0 ") and not self.is_nothing

    @property
    def code(self) -> str:
        """The return code, of zeros for a success."""
        code = fields.code(self.codigoRetorno)
        return "0" if code in {"", SUCCEEDED} else code

    @property
    def message(self) -> str:
        """What the block says, or all texts where several stand in its place."""
        return wording.text_of(self.mensagem)

    @property
    def is_nothing(self) -> bool:
        """Whether the block says that there are no rows, which is no refusal.

        Only the balances around the list make it believed.
        """
        return NOTHING_FOUND in f"{self.code} {self.message}" or tells_nothing(self.message)

    def lists(self) -> dict[str, list[Row]]:
        """The rows of each list of the last days, by its heading in capitals.

        Raises:
            ValueError: something else stands under a heading of these, or what may be rows under another one.
        """
        found: dict[str, list[Row]] = {}
        sent = self.listaLancamentos
        for each in sent if isinstance(sent, list) else [sent]:
            if each is None or isinstance(each, str) or "dataLancamento" in each:
                found.setdefault("", []).extend(items(each, Row))
                continue
            for name, content in each.items():
                _gather(re.sub("[^A-Z]", "", fields.fold(name)), bytes(content), found)
        return found


class Answer(Struct, frozen=True):
    """The two blocks that tell entries, each as an object or in an array."""

    extratoPorPeriodo: Block | list[Block] | str | None = None
    extratoUltimosLancamentos: Block | list[Block] | str | None = None

    @property
    def history(self) -> list[Block]:
        """The blocks of the period that say anything: normally one."""
        return _heard(self.extratoPorPeriodo)

    @property
    def latest(self) -> Block | None:
        """The block of the last days, if it says anything."""
        found = _heard(self.extratoUltimosLancamentos)
        if len(found) > 1:
            raise ValueError("the block of the last days came twice")
        return found[0] if found else None

    @property
    def message(self) -> str:
        """What the blocks say, each text once; empty where they say nothing."""
        sent = (self.extratoPorPeriodo, self.extratoUltimosLancamentos)
        return "; ".join(
            dict.fromkeys(block.message for each in sent for block in fields.as_list(each) if block.message)
        )

    @property
    def silent(self) -> bool:
        """Whether neither block came, because nothing was found."""
        return not self.history and self.latest is None


def _heard(sent: Block | list[Block] | str | None) -> list[Block]:
    """The blocks that say anything; a blank text is none."""
    return [block for block in fields.as_list(sent) if not block.says_nothing]


def _gather(written: str, content: bytes, found: dict[str, list[Row]]) -> None:
    """Add the rows under a heading; other headings than those of lists may stand over something that is no list."""
    heading = next((known for form, known in HEADINGS if form.fullmatch(written)), written)
    if heading in {*LISTS, SCHEDULED} or re.match(rb"\s*(\[\s*[^\s\]]|\{.*\bdataLancamento\b)", content, re.DOTALL):
        found.setdefault(heading, []).extend(items(large_json.decode(content, LIST), Row))


def movements(rows: Iterable[Row], content: Content, *, undecided: bool = False) -> Iterator[Movement]:
    """Each row as a movement; what nothing tells to be one may still change."""
    for row in rows:
        day, amount = moved(row)
        description = row.description
        yield Movement(
            date=day,
            amount=amount,
            content=content(row, day.isoformat(), amount),
            type=TYPES.of(row.title),
            description=description,
            document=fields.code(row.numeroDocumento).lstrip("0") or None,
            balance=balance_of(row),
            end_to_end_id=wording.end_to_end_id_within(description),
            provisional=undecided,
        )


def moved(row: Row) -> tuple[date, Decimal]:
    """The day of an entry, and its amount with its sign; what is written with a minus must be a debit."""
    value, sign = _money(row.valorLancamento), row.sign
    if value is None or not row.dataLancamento:
        raise ValueError("a row lacks its day or its amount")
    return _day[row.dataLancamento], _signed(value, sign) if value else ZERO


def with_signs(rows: list[Row]) -> list[Row]:
    """The rows, each without a sign with the one by which its balance follows from that of a neighbour, if one does."""
    if all(row.sign is not None for row in rows):
        return rows
    balances = [balance_of(row) for row in rows]
    return [_with_sign(row, balances, place) for place, row in enumerate(rows)]


def _with_sign(row: Row, balances: list[Decimal | None], place: int) -> Row:
    value, balance = _money(row.valorLancamento), balances[place]
    if row.written_sign or not value or balance is None:
        return row
    neighbours = (*balances[max(place - 1, 0) : place], *balances[place + 1 : place + 2])
    signs = {sign for sign in (1, -1) for each in neighbours if each is not None and each + sign * value == balance}
    return replace(row, sinalLancamento="+" if signs == {1} else "-") if len(signs) == 1 else row


def is_balance(row: Row, days: Period | None, *, headed: bool) -> bool:
    """Whether a row only tells a balance: by its heading, text, kind or code, and because it moves nothing.

    What moves money is an entry, however its text begins. A row that has an amount moves nothing only under the
    heading of balances, or by the very name of the previous one if its day is before the list or it repeats its
    balance as its amount; or by the very name of any where it has no balance of its own.

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
        outside = days is not None and day is not None and _day[day] not in days
        own = _money(row.valorSaldoAposLancamento)
        repeated = balance_of(row) == (row.sign or 1) * value
        previous = fields.fold(row.title) in PREVIOUS_BALANCE and (outside or repeated)
        return previous or (own is None and wording.names_balance(row.title))
    if headed or called:
        return True
    code = fields.code(row.codigoLancamento)
    marked = fields.code(row.tipoLancamento) in {"01", "1"} or (code != "" and not code.strip("0"))
    return marked and value is not None


def balance_of(row: Row, *, only: bool = False) -> Decimal | None:
    """The balance after a row; None where it, or the sign of what is not zero, is left out.

    Args:
        row: a row of any list.
        only: whether the row only tells a balance: its amount is the balance then, where it has no other. An amount of
            zero stands in each row that moves nothing, and tells none.
    """
    value, sign = _money(row.valorSaldoAposLancamento), (row.sinalSaldo or "").strip()
    if only and value is None:
        value = _money(row.valorLancamento) or None
        sign = sign or row.written_sign
    if not value:
        return value if value is None else ZERO
    if (side := SIDES.sign(sign)) is not None:
        return _signed(value, side)
    if sign:
        raise ValueError("a balance has an unknown sign")
    return None if value > 0 else value


def tells_account(row: Row, *, headed: bool) -> bool:
    """Whether a row that only tells a balance tells the one to which the entries lead."""
    title = fields.fold(row.title)
    return headed or title in OF_ACCOUNT or BALANCES.find(title) is None


def _signed(value: Decimal, sign: int | None) -> Decimal:
    """An amount with the sign of another field; a minus of its own must agree with it, and may stand for it."""
    if sign is None and value > 0:
        raise ValueError("a row lacks its sign")
    if value < 0 and sign == 1:
        raise ValueError("an amount and its sign contradict each other")
    return -abs(value) if value < 0 or sign == -1 else value


@Kept
def _day(written: str) -> date:
    """A day with slashes or in the order of ISO 8601, with a time behind it or without."""
    day = written.strip()
    return fields.iso_date(day) if re.match(r"[0-9]{4}-", day) else fields.brazilian_date(re.split("[ T]", day)[0])


def _money(raw: Raw) -> Decimal | None:
    """A text or a bare number; None where it is left out, null or blank."""
    return fields.raw_money(raw, fields.brazilian_money)
