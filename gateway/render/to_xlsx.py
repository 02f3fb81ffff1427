"""A statement as a workbook (XLSX) with two sheets: its entries, and what is to be known about all of them.

1. XlsxWriter writes the workbook, with titles, formats and the second sheet. It would keep rows either all in memory or
   in named files that anybody finds on the disk after a crash, while large statements are sealed
   (`gateway.statement.spool`). So the rows of entries are written here, some hundred at a time, into the sheet that it
   has made, and each part is sent on as it is made.
2. No cell is calculated: texts are texts by their type, whatever their first character. Days are days. An amount is a
   number where a spreadsheet keeps all of its digits, and otherwise a text, rather than a wrong number.
3. It has all entries; what must not be posted yet is `provisório`.
4. The package `extrato[xlsx]` brings the writer.
"""

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import contracts
from gateway.concurrency.pacing import batches
from gateway.errors import CallerError
from gateway.limits import SHEET_BYTES, SHEET_MEASURED_ENTRIES, SHEET_ROWS
from gateway.model import BRASILIA, Counterparty, Entry, Statement, Verdict
from gateway.render.amounts import is_exact, money
from gateway.render.in_portuguese import STABILITIES, TITLES, tax_id
from gateway.render.plain_text import in_cell, markup
from gateway.texts.controls import cleaned

__all__ = ["render"]

NOBODY = Counterparty()
ENTRIES, ABOUT = "Lançamentos", "Extrato"
SHEET = "xl/worksheets/sheet1.xml"
"""Where the workbook has the sheet of entries."""
DAY_ZERO = date(1899, 12, 30)
"""Spreadsheets count days from here."""
DAY_SECONDS = 86_400
WIDTHS = (11, 9, 60, 18, 18, 30, 11, 20, 40, 19, 40, 20, 10, 16, 34)
DAY_FORMAT, TIME_FORMAT, MONEY_FORMAT, TEXT_FORMAT = "dd/mm/yyyy", "hh:mm:ss", "#,##0.00", "@"
MOMENT_FORMAT = f"{DAY_FORMAT} {TIME_FORMAT}"
FACT_FORMATS = (DAY_FORMAT, MOMENT_FORMAT, MONEY_FORMAT)
FORMATS_OF = {"Data": DAY_FORMAT, "Hora": TIME_FORMAT, "Valor": MONEY_FORMAT, "Saldo": MONEY_FORMAT}
"""Of columns; all others are texts."""
VERDICTS = {
    Verdict.PROVED: "Conferido: saldo inicial mais lançamentos é igual ao saldo final",
    Verdict.DISPROVED: "Divergente: nada deve ser lançado",
    Verdict.NOT_PROVABLE: "Sem conferência: o banco não informa o necessário",
}
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What a spreadsheet would take for a character that is written by its number."""
STYLE = re.compile(r'<c r="([A-Z]+)2" s="(\d+)"/>')
SAMPLE_ROW = re.compile(r'<row r="2".*?</row>')
DIMENSION = re.compile(r'<dimension ref="[^"]*"/>')


def render(statement: Statement) -> Iterator[bytes]:
    """The statement as a workbook, in parts.

    Raises:
        CallerError: before the first part. `format_unsuitable`: it has more entries than a sheet has rows, or more
            bytes. `format_not_installed`: the writer is not installed.
    """
    if (count := len(statement.entries)) >= SHEET_ROWS:
        raise _unsuitable(f"it has more than {SHEET_ROWS - 1} entries", f"Mais de {SHEET_ROWS - 1} lançamentos")
    workbook = _workbook(statement, _writer())
    sink = _Sink()
    with ZipFile(workbook) as made, ZipFile(sink, "w", ZIP_DEFLATED) as packed:
        for name in made.namelist():
            with packed.open(_member(name), "w") as member:
                if name != SHEET:
                    member.write(made.read(name))
                    continue
                before, columns, after = _divided(made.read(name).decode(), count)
                if count >= SHEET_MEASURED_ENTRIES and sum(map(len, _rows(statement, columns))) > SHEET_BYTES:
                    raise _unsuitable(f"its rows have more than {SHEET_BYTES} bytes", "Planilha grande demais")
                member.write(before.encode())
                for written in _rows(statement, columns):
                    member.write(written)
                    if part := sink.taken():
                        yield part
                member.write(after.encode())
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the workbook is written to: it only goes forward, and what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Asked by the writer of the archive, which reads nothing back."""
        return True

    def write(self, part: Any) -> int:
        """Keep a part until it is taken."""
        self._parts.append(bytes(part))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """What was written since this was called."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _rows(statement: Statement, columns: list[tuple[str, str]]) -> Iterator[bytes]:
    """The rows of the sheet of entries, some hundred at a time.

    Args:
        statement: whose entries are written.
        columns: the name and the number of the style of each, in order.
    """
    above = 1
    for batch in batches(statement.entries):
        yield "".join([_row(columns, number, entry) for number, entry in enumerate(batch, above + 1)]).encode()
        above += len(batch)


def _row(columns: list[tuple[str, str]], number: int, entry: Entry) -> str:
    cells = zip(columns, _values(entry), strict=True)
    written = [_cell(f'<c r="{name}{number}" s="{style}"', value) for (name, style), value in cells if value]
    return f'<row r="{number}">{"".join(written)}</row>'


def _values(entry: Entry) -> tuple[str | tuple[str], ...]:
    """The cells of an entry: a text, or in a tuple a number as it is written."""
    other = entry.counterparty or NOBODY
    return (
        (_day(entry.date),),
        "" if entry.booked_at is None else (_time(entry.booked_at),),
        entry.description,
        _amount(entry.amount),
        "" if entry.balance is None else _amount(entry.balance),
        entry.type,
        STABILITIES[entry.stability],
        entry.document or "",
        other.name or "",
        tax_id(other) or other.tax_id_masked or "",
        entry.note or "",
        other.bank_name or other.bank or other.ispb or "",
        other.branch or "",
        other.account or "",
        entry.id,
    )


def _cell(beginning: str, value: str | tuple[str]) -> str:
    if isinstance(value, tuple):
        return f"{beginning}><v>{value[0]}</v></c>"
    return f'{beginning} t="inlineStr"><is><t xml:space="preserve">{markup(_text(value))}</t></is></c>'


def _text(text: str) -> str:
    """A text as a cell can hold it."""
    if not text.isprintable():
        text = cleaned(text)
    text = in_cell(text)
    return ESCAPED.sub("_x005F_", text) if "_x" in text else text


def _amount(amount: Decimal) -> str | tuple[str]:
    """A number, or a text where a spreadsheet would change it."""
    written = money(amount)
    return (written,) if is_exact(written) else written


@lru_cache(maxsize=64)
def _day(day: date) -> str:
    return str((day - DAY_ZERO).days)


def _time(at: datetime) -> str:
    local = at.astimezone(BRASILIA)
    return f"{(local.hour * 3600 + local.minute * 60 + local.second) / DAY_SECONDS:.15f}"


def _divided(sheet: str, count: int) -> tuple[str, list[tuple[str, str]], str]:
    """The sheet before and after its rows of entries, and its columns with styles: it has one row as a sample."""
    columns = STYLE.findall(sheet)
    before, after = SAMPLE_ROW.split(sheet)
    return DIMENSION.sub(f'<dimension ref="A1:{columns[-1][0]}{count + 1}"/>', before), columns, after


def _unsuitable(detail: str, portuguese: str) -> CallerError:
    whole, said = f"a sheet cannot hold this statement: {detail}", f"{portuguese}: peça um período menor."
    return CallerError("format_unsuitable", whole, field="format", portuguese=said)


def _member(name: str) -> ZipInfo:
    """A new member. It has a fixed date, so that equal statements give equal workbooks."""
    member = ZipInfo(name)
    member.compress_type = ZIP_DEFLATED
    return member


def _writer() -> ModuleType:
    """The package that writes workbooks; it is loaded when the first one is asked for.

    Raises:
        CallerError: `format_not_installed`: it is not there.
    """
    try:
        return import_module("xlsxwriter")
    except ImportError as error:
        detail = "workbooks need the package extrato[xlsx], which is not installed"
        portuguese = "Este serviço não gera planilhas."
        raise CallerError("format_not_installed", detail, field="format", portuguese=portuguese) from error


def _workbook(statement: Statement, writer: ModuleType) -> io.BytesIO:
    """The workbook with a sample in the place of the entries."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    made = statement.fetched_at.astimezone(BRASILIA).replace(tzinfo=None)
    with writer.Workbook(file, options) as book:
        book.set_properties({"title": "Extrato", "created": made})
        heading = book.add_format({"bold": True, "bottom": 1})
        _entries_sheet(book, heading, len(statement.entries))
        _about_sheet(book, heading, statement, made)
    file.seek(0)
    return file


def _entries_sheet(book: Any, heading: Any, count: int) -> None:
    sheet = book.add_worksheet(ENTRIES)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(count, 1), len(TITLES) - 1)
    formats = {each: book.add_format({"num_format": each}) for each in (*FORMATS_OF.values(), TEXT_FORMAT)}
    for column, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, heading)
        sheet.write_blank(1, column, None, formats[FORMATS_OF.get(title, TEXT_FORMAT)])


def _about_sheet(book: Any, heading: Any, statement: Statement, made: datetime) -> None:
    """Account, period, balances, proof and warnings."""
    sheet, row = book.add_worksheet(ABOUT), 0
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 3, 60)
    formats = {each: book.add_format({"num_format": each, "align": "left"}) for each in FACT_FORMATS}
    for row, (title, value) in enumerate(_facts(statement, made)):
        sheet.write_string(row, 0, title, heading)
        _write_fact(sheet, row, value, formats)
    row += 2
    for column, title in enumerate(("Avisos", "O que fazer", "Detalhe", "Dias")):
        sheet.write_string(row, column, title, heading)
    for warning in statement.warnings:
        row += 1
        days = ", ".join(f"{each:%d/%m/%Y}" for each in warning.days)
        for column, text in enumerate((warning.title, warning.remedy, warning.detail, days)):
            sheet.write_string(row, column, _text(text))


def _write_fact(sheet: Any, row: int, value: Any, formats: Mapping[str, Any]) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, 1, value, formats[MOMENT_FORMAT])
    elif isinstance(value, date):
        sheet.write_datetime(row, 1, value, formats[DAY_FORMAT])
    elif isinstance(value, Decimal) and is_exact(money(value)):
        sheet.write_number(row, 1, value, formats[MONEY_FORMAT])
    elif isinstance(value, Decimal):
        sheet.write_string(row, 1, money(value))
    elif isinstance(value, int):
        sheet.write_number(row, 1, value)
    else:
        sheet.write_string(row, 1, _text(value))


def _facts(statement: Statement, made: datetime) -> Iterator[tuple[str, Any]]:
    """What is to be known about the statement, in order; what the bank does not give is left out."""
    account, contract = statement.account, contracts.load(statement.account.bank)
    facts = (
        ("Banco", f"{contract.compe} {contract.name}"),
        ("Agência", account.branch),
        ("Conta", account.number),
        ("Tipo de conta", account.kind),
        ("De", statement.period.first),
        ("Até", statement.period.last),
        ("Completo até", statement.complete_through),
        ("Moeda", statement.currency),
        ("Saldo inicial", statement.opening_balance),
        ("Saldo final", statement.closing_balance),
        ("Saldo disponível", (available := statement.available_balance) and available.amount),
        ("Saldo disponível em", available and available.at.astimezone(BRASILIA).replace(tzinfo=None)),
        ("Conferência", VERDICTS[statement.proof.verdict]),
        ("Diferença", statement.proof.difference),
        ("Lançamentos", len(statement.entries)),
        ("Lido do banco em", made),
        ("Id da conta", account.id),
        ("Versão dos ids", statement.id_version),
    )
    return (fact for fact in facts if fact[1] is not None and fact[1] != "")
