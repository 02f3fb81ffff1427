"""A ledger out of a file: JSON, CSV or OFX, by its media type."""

import codecs
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from simulators.ledgers.entries import ZERO, LedgerEntry
from simulators.ledgers.entry_form import FIELDS, Problems, read_amount, read_entry
from simulators.ledgers.ofx import ledger_of_ofx
from simulators.ledgers.own import MOST_ENTRIES, OwnLedger, ledger_of
from simulators.texts.files import form_of, text_of

__all__ = ["LARGEST_FILE_BYTES", "MEDIA_TYPES", "SUFFIXES", "read_ledger"]

LARGEST_FILE_BYTES = 10_000_000
MOST_COLUMNS = 100
LONGEST_LINE = 20_000
DELIMITERS = (";", ",", "\t")
PORTUGUESE = {
    "data": "date",
    "data_hora": "booked_at",
    "valor": "amount",
    "tipo": "type",
    "descricao": "description",
    "descrição": "description",
    "historico": "description",
    "histórico": "description",
    "documento": "document",
    "saldo": "balance",
}
PASSED_OVER = frozenset(
    {
        *("id", "balance", "id_basis", "stability", "direction", "bank_id", "end_to_end_id", "note"),
        "counterparty.tax_id_masked",
    }
)
"""Columns that a statement of the gateway has and a ledger makes itself, or has no place for."""


def read_ledger(content: bytes, media_type: str) -> OwnLedger:
    """The ledger in a file of one of `MEDIA_TYPES`.

    Raises:
        EntryProblems: something in it is wrong.
        KeyError: there is no such media type.
    """
    return MEDIA_TYPES[media_type](content)


def _of_json(content: bytes) -> OwnLedger:
    """An object with `entries` and, if wanted, `opening_balance` and `opened_on`; or the entries alone."""
    problems = Problems()
    try:
        # A mark at the beginning tells nothing here, and some editors write one.
        found = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problems.add("file", _no_json(content, error))
        problems.check()
    whole = found if isinstance(found, dict) else {"entries": found}
    for name in whole.keys() - {"entries", "opening_balance", "opened_on"}:
        problems.add(str(name), "there is no such field")
    entries = whole.get("entries")
    if not isinstance(entries, list):
        problems.add("entries", "must be a list")
        entries = []
    return ledger_of(entries, whole.get("opening_balance"), whole.get("opened_on"), problems)


def _no_json(content: bytes, error: Exception) -> str:
    """What is said of a file that cannot be read as JSON."""
    form = form_of(content)
    if form not in {"", "JSON"}:
        return f"is no JSON: it is {form}"
    try:
        content.decode()
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        return f"is no JSON: it is not in UTF-8 (line {line})"
    return f"is no JSON: {'it is nested too deeply' if isinstance(error, RecursionError) else error}"


def _of_csv(content: bytes) -> OwnLedger:
    """A line of names, then a line for each entry; a column `opening_balance` counts in the first of them."""
    problems = Problems()
    if form := form_of(content):
        problems.add("file", f"is {form}" if form == "empty" else f"is no CSV: it is {form}")
        problems.check()
    text = text_of(content)
    if text[: len("sep=")].lower() == "sep=":  # Excel's own line, which names the delimiter that is found anyhow
        text = "\n" + text.partition("\n")[2]
    table = _Table(problems)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begun = 0  # the line in which the row before ended
    try:
        for row in rows:
            place, begun = {"line": begun + 1}, rows.line_num
            if any(each.strip() for each in row):
                table.add(row, place)
            if len(table.entries) > MOST_ENTRIES:
                problems.add("entries", f"at most {MOST_ENTRIES:,} entries", **place)
                break
    except csv.Error as error:
        problems.add("file", f"is no CSV: {error}, in what begins here", line=begun + 1)
    problems.check()
    return OwnLedger(entries=tuple(table.entries), places=tuple(table.places), opening_balance=table.opening or ZERO)


class _Table:
    """The entries of the rows so far; the first row has the names of the columns."""

    def __init__(self, problems: Problems) -> None:
        self.entries: list[LedgerEntry] = []
        self.places: list[Mapping[str, int]] = []
        self.opening: Decimal | None = None
        self._names: list[str] = []
        self._problems = problems

    def add(self, row: Sequence[str], place: Mapping[str, int]) -> None:
        """Read the next row that is not empty."""
        if not self._names:
            self._names = _names(row, self._problems, place)
            return
        values = _as_long(row, len(self._names))
        if len(values) != len(self._names):
            self._problems.add("line", f"has {len(values)} values, the header {len(self._names)}", **place)
            return
        fields = {name: value for name, value in zip(self._names, values, strict=True) if name not in PASSED_OVER}
        self._note_opening(fields.pop("opening_balance", "").strip(), place)
        if (entry := read_entry(fields, self._problems, place)) is not None:
            self.entries.append(entry)
            self.places.append(place)

    def _note_opening(self, written: str, place: Mapping[str, int]) -> None:
        if not written:
            return
        balance = read_amount(written)
        if balance is None:
            self._problems.add("opening_balance", "must be reais with at most two decimals", **place)
        elif self.entries and balance != self.opening:
            self._problems.add("opening_balance", "must stand in the line of the first entry", **place)
        else:
            self.opening = balance


def _as_long(row: Sequence[str], length: int) -> Sequence[str]:
    """The row without the empty values that a delimiter at the end of a line makes."""
    return row[:length] if not any(each.strip() for each in row[length:]) else row


def _delimiter(text: str) -> str:
    """The separator that the first line with anything in it has most of; a semicolon where it has none."""
    header = text.lstrip("\r\n")[:LONGEST_LINE].partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _names(header: Sequence[str], problems: Problems, place: Mapping[str, int]) -> list[str]:
    """The fields of the columns, in English or Portuguese, those of the other party with a point or underscore."""
    if len(header) > MOST_COLUMNS:
        problems.add("header", f"has {len(header):,} columns, at most {MOST_COLUMNS}", **place)
        problems.check()
    while not header[-1].strip():
        header = header[:-1]
    names = []
    for number, each in enumerate(header, 1):
        name = _field(each)
        if not name:
            problems.add("header", f"column {number} has no name", **place)
        elif name not in FIELDS | PASSED_OVER | {"opening_balance"}:
            problems.add(each.strip()[:100], "there is no such column", **place)
        names.append(name)
    if "amount" not in names:
        problems.add("amount", "the header has no such column; it must be the first line", **place)
    for twice in sorted({name for name in names if name and names.count(name) > 1}):
        problems.add(twice, "the header has this column twice", **place)
    problems.check()
    return names


def _field(column: str) -> str:
    """The field that a column's name means."""
    name = column.strip().lower()
    name = PORTUGUESE.get(name, name)
    return name.replace("_", ".", 1) if name.startswith("counterparty_") else name


MEDIA_TYPES: Mapping[str, Callable[[bytes], OwnLedger]] = {
    "application/json": _of_json,
    "text/csv": _of_csv,
    "application/x-ofx": ledger_of_ofx,
}
SUFFIXES = {".json": "application/json", ".csv": "text/csv", ".ofx": "application/x-ofx"}
"""By the end of a file's name, its media type."""
