"""A ledger out of a file: JSON, CSV or OFX, by its media type."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import msgspec

from simulators.entries import LedgerEntry
from simulators.entry_form import FIELDS, Problems, read_amount, read_entry
from simulators.ofx import ledger_of_ofx
from simulators.own_ledger import MOST_ENTRIES, OwnLedger, ledger_of

__all__ = ["LARGEST_FILE_BYTES", "MEDIA_TYPES", "SUFFIXES", "read_ledger"]

LARGEST_FILE_BYTES = 10_000_000
MOST_COLUMNS = 100
LONGEST_LINE = 20_000
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
        found = msgspec.json.decode(content)
    except msgspec.MsgspecError as error:
        problems.add("file", f"is no JSON: {error}")
        problems.check()
    whole = found if isinstance(found, dict) else {"entries": found}
    for name in whole.keys() - {"entries", "opening_balance", "opened_on"}:
        problems.add(str(name), "there is no such field")
    if not isinstance(whole.get("entries"), list):
        problems.add("entries", "must be a list")
    problems.check()
    return ledger_of(whole["entries"], whole.get("opening_balance"), whole.get("opened_on"))


def _of_csv(content: bytes) -> OwnLedger:
    """A line of names, then a line for each entry; a column `opening_balance` counts in the first of them."""
    problems = Problems()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    entries: list[LedgerEntry] = []
    places: list[Mapping[str, int]] = []
    opening = None
    names: list[str] = []
    try:
        names = _names(next(rows, []), problems)
        for row in rows:
            place = {"line": rows.line_num}
            if not any(row):
                continue
            if len(row) != len(names):
                problems.add("line", f"has {len(row)} values, the header {len(names)}", **place)
                continue
            fields = {name: value for name, value in zip(names, row, strict=True) if name not in PASSED_OVER}
            balance = fields.pop("opening_balance", "")
            if balance and not places:
                opening = read_amount(balance)
                if opening is None:
                    problems.add("opening_balance", "must be reais with at most two decimals", **place)
            found = read_entry(fields, problems, place)
            if found is not None:
                entries.append(found)
                places.append(place)
            if len(entries) > MOST_ENTRIES:
                problems.add("entries", f"at most {MOST_ENTRIES:,} entries", **place)
                break
    except csv.Error as error:
        problems.add("file", f"is no CSV: {error}", line=rows.line_num)
    problems.check()
    own = OwnLedger(entries=tuple(entries), places=tuple(places))
    return own if opening is None else msgspec.structs.replace(own, opening_balance=opening)


def _delimiter(text: str) -> str:
    header = text[: text.find("\n")] if "\n" in text else text
    return ";" if header[:LONGEST_LINE].count(";") >= header[:LONGEST_LINE].count(",") and ";" in header else ","


def _names(header: Sequence[str], problems: Problems) -> list[str]:
    """The fields of the columns, in English or Portuguese, those of the other party with a point or underscore."""
    if len(header) > MOST_COLUMNS:
        problems.add("header", f"has {len(header):,} columns, at most {MOST_COLUMNS}", line=1)
        problems.check()
    names = []
    for each in header:
        name = each.strip().lower()
        name = PORTUGUESE.get(name, name)
        if name.startswith("counterparty_"):
            name = name.replace("_", ".", 1)
        if name not in FIELDS | PASSED_OVER | {"opening_balance"}:
            problems.add(each.strip()[:100] or "header", "there is no such column", line=1)
        names.append(name)
    for needed in ("amount",):
        if needed not in names:
            problems.add(needed, "the header has no such column", line=1)
    for twice in sorted({name for name in names if names.count(name) > 1}):
        problems.add(twice, "the header has this column twice", line=1)
    problems.check()
    return names


MEDIA_TYPES: Mapping[str, Callable[[bytes], OwnLedger]] = {
    "application/json": _of_json,
    "text/csv": _of_csv,
    "application/x-ofx": ledger_of_ofx,
}
SUFFIXES = {".json": "application/json", ".csv": "text/csv", ".ofx": "application/x-ofx"}
"""By the end of a file's name, its media type."""
