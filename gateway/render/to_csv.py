"""The entries of a statement as CSV, for programs and for spreadsheets in Brazil.

For programs (`render`, RFC 4180): the fields of the JSON document in its order and spelling, those of the other party
with `counterparty_` before their names, commas, UTF-8. What the bank does not give is empty. Texts are unchanged, so a
spreadsheet should not open it.

For spreadsheets (`render_brazilian`): titles in Portuguese, semicolons, decimal commas, dates as they are written in
Brazil, and a byte order mark, without which Excel takes UTF-8 for something else. A text that a spreadsheet would
calculate, or would take for a number or a date and change, begins with an apostrophe; control characters become
blanks. Amounts are numbers, but for those of more digits than a spreadsheet keeps.

Both have all entries; what must not be posted yet is `provisional` (`provisório`), and so is every entry of a
disproved statement. Balances, proof and warnings stand in JSON and NDJSON only.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from gateway.concurrency.pacing import batches
from gateway.model import BRASILIA, Counterparty, Entry, Statement
from gateway.render.amounts import is_exact, money
from gateway.render.in_portuguese import STABILITIES, TITLES, tax_id
from gateway.render.instants import instant
from gateway.render.plain_text import in_cell
from gateway.texts.controls import cleaned

__all__ = ["render", "render_brazilian"]

Row: TypeAlias = tuple[str, ...]

NOBODY = Counterparty()
FIELDS = (
    *("id", "id_basis", "stability", "date", "booked_at", "amount", "direction", "type", "description", "document"),
    *("balance", "bank_id", "end_to_end_id", "note", "counterparty_name", "counterparty_tax_id"),
    *("counterparty_tax_id_masked", "counterparty_bank", "counterparty_ispb", "counterparty_bank_name"),
    *("counterparty_branch", "counterparty_account"),
)
CALCULATED = frozenset("=+-@'\uff1d\uff0b\uff0d\uff20")
"""First characters of a text that a spreadsheet calculates; the last four are the wide
forms of the first four. The apostrophe is among them, so that one that leads a cell is never part of the text."""
NUMBER_LIKE = re.compile(r"[\d.,:/eE%$()\s+-]+")
"""What a spreadsheet may take for a number, a date or a time."""
KEPT_NUMBER = re.compile(r"[1-9]\d{0,14}|0", re.ASCII)
"""Numbers that a spreadsheet shows with all their digits."""
MONTH = (
    r"(?:jan(?:eiro|uary)?|fev(?:ereiro)?|feb(?:ruary)?|mar(?:ço|ch)?|abr(?:il)?|apr(?:il)?|maio?|may|ju[nl](?:ho|e|y)?"
    r"|ago(?:sto)?|aug(?:ust)?|set(?:embro)?|sep(?:tember)?|out(?:ubro)?|oct(?:ober)?|nov(?:embro|ember)?"
    r"|de[zc](?:embro|ember)?)\.?"
)
WORD_LIKE = re.compile(
    rf"\d{{1,2}}[\s/.-]*(?:de\s+)?{MONTH}(?:[\s/.,-]*(?:de\s+)?\d{{1,4}})?|{MONTH}[\s/.,-]*(?:de\s+)?\d{{1,4}}"
    r"|[\d:]+\s*[ap]m|verdadeiro|falso|true|false",
    re.IGNORECASE,
)
"""What a spreadsheet changes although it has letters: a date with the name of a month, a time, a truth value."""
QUOTED = frozenset(',;"\r\n')
"""Characters for which a cell is put in quotes: also those by which only other files are divided, because a
spreadsheet may divide by all of them, and calculate what stands behind one."""


def render(statement: Statement) -> Iterator[bytes]:
    """The entries of a statement as CSV for programs, in parts of whole lines."""
    return _written(statement, FIELDS, _row, _line)


def render_brazilian(statement: Statement) -> Iterator[bytes]:
    """The entries of a statement as CSV for spreadsheets in Brazil, in parts of whole lines."""
    yield "\ufeff".encode()
    yield from _written(statement, TITLES, _brazilian_row, _brazilian_line)


def _written(
    statement: Statement, titles: Row, row_of: Callable[[Entry], Row], line_of: Callable[[Row], str]
) -> Iterator[bytes]:
    yield line_of(titles).encode()
    for batch in batches(statement.entries):
        yield "".join([line_of(row_of(entry)) for entry in batch]).encode()


def _line(row: Row) -> str:
    """A row as a line; its cells are looked at one by one only where one of them needs quotes."""
    line = ",".join(row)
    if line.count(",") >= len(row) or ";" in line or '"' in line or "\r" in line or "\n" in line:
        line = ",".join([_quoted(cell) if QUOTED.intersection(cell) else cell for cell in row])
    return line + "\r\n"


def _brazilian_line(row: Row) -> str:
    """A row as a line; its texts have their quotes already."""
    return ";".join(row) + "\r\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _row(entry: Entry) -> Row:
    other, balance, booked_at = entry.counterparty or NOBODY, entry.balance, entry.booked_at
    return (
        entry.id,
        entry.id_basis,
        entry.stability,
        entry.date.isoformat(),
        "" if booked_at is None else instant(booked_at),
        money(entry.amount),
        entry.direction,
        entry.type,
        entry.description,
        entry.document or "",
        "" if balance is None else money(balance),
        entry.bank_id or "",
        entry.end_to_end_id or "",
        entry.note or "",
        other.name or "",
        other.tax_id or "",
        other.tax_id_masked or "",
        other.bank or "",
        other.ispb or "",
        other.bank_name or "",
        other.branch or "",
        other.account or "",
    )


def _brazilian_row(entry: Entry) -> Row:
    other, balance, booked_at = entry.counterparty or NOBODY, entry.balance, entry.booked_at
    return (
        _day(entry.date),
        "" if booked_at is None else instant(booked_at.astimezone(BRASILIA))[11:19],
        _text(entry.description),
        _number(entry.amount),
        "" if balance is None else _number(balance),
        entry.type,
        STABILITIES[entry.stability],
        _text(entry.document),
        _text(other.name),
        tax_id(other) or _text(other.tax_id_masked),
        _text(entry.note),
        _text(other.bank_name or other.bank or other.ispb),
        _text(other.branch),
        _text(other.account),
        _text(entry.id),
    )


@lru_cache(maxsize=64)
def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _number(amount: Decimal) -> str:
    """An amount as a number; as a text where a spreadsheet would change its last digits."""
    written = money(amount)
    return ("" if is_exact(written) else "'") + written.replace(".", ",")


def _text(text: str | None) -> str:
    """A text as a spreadsheet keeps it, in one line; nothing is calculated that begins with a letter."""
    if not text:
        return ""
    if not text.isprintable():
        text = cleaned(text)
    cell = in_cell(_kept(text))
    return _quoted(cell) if "," in cell or ";" in cell or '"' in cell else cell


def _kept(text: str) -> str:
    """The text with an apostrophe where a spreadsheet would calculate or change it."""
    if WORD_LIKE.fullmatch(text) is not None:
        return "'" + text
    if text[0].isalpha():
        return text
    calculated = text.lstrip()[:1] in CALCULATED
    changed = NUMBER_LIKE.fullmatch(text) is not None and KEPT_NUMBER.fullmatch(text) is None
    return "'" + text if calculated or changed else text
