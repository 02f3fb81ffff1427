"""A ledger out of an OFX file, 1.02 in SGML or 2.x in XML.

The reader is our own, for three reasons. A problem must be told by its line, which the readers of OFX that are kept do
not know. Files of Brazilian banks break the standard in ways that those readers refuse or misread: values without a
closing tag in XML, decimal commas, days without a time, another encoding than the header says. And ten megabytes must
be read in seconds. What is needed of OFX here is a flat list of tags with values.
"""

import html
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from msgspec import Struct

from simulators.clock import BRASILIA
from simulators.ledgers.entries import ZERO, LedgerEntry
from simulators.ledgers.entry_form import Problems, read_amount, read_entry
from simulators.ledgers.own import EARLIER, MOST_ENTRIES, OwnLedger
from simulators.texts.files import form_of, text_of

__all__ = ["ledger_of_ofx"]

TAG = re.compile(r"<(/?)([A-Za-z0-9._]+)>([^<]*+(?:<(?!/?[A-Za-z0-9._]++>)[^<]*+)*+)")
"""A tag and all that stands behind it up to the next one; a `<` alone is a part of that."""
MOMENT = re.compile(
    r"([0-9]{8})([0-9]{2})?([0-9]{2})?([0-9]{2})?(?:\.[0-9]{1,6})?"
    r"(?:\[(?:GMT|UTC)?([+-]?[0-9]{1,2})?(?:[.:][0-9]+)?(?::[A-Za-z/_ ]*)?\])?"
)
LITERAL_BEGIN, LITERAL_END = "<![CDATA[", "]]>"
REAIS = {"", "BRL", "R$"}
NUMBERS = ("CHECKNUM", "REFNUM")
STATEMENTS = ("STMTRS", "CCSTMTRS")
END = "/OFX"


class Movement(Struct):
    """The values of one `STMTTRN`."""

    line: int
    values: dict[str, str]


def ledger_of_ofx(content: bytes) -> OwnLedger:
    """The movements of a bank statement.

    `LEDGERBAL`, less all movements, is the opening balance, and `DTSTART` a day before which the account was there. The
    other party is taken from `NAME` where `MEMO` has the description. The day of `DTPOSTED` counts as it is written,
    whatever its time zone, and its time where it is neither midnight nor noon.

    Raises:
        EntryProblems: it is no OFX, or something in it is wrong.
    """
    problems = Problems()
    movements: list[Movement] = []
    head: dict[str, str] = {}
    for each in _movements(_plain(text_of(content)), head, problems):
        movements.append(each)
        if len(movements) > MOST_ENTRIES:
            problems.add("STMTTRN", f"at most {MOST_ENTRIES:,} entries", line=each.line)
            problems.check()
    if "OFX" not in head:
        form = form_of(content)
        problems.add("file", f"is no OFX: {f'it is {form}' if form else 'the tag <OFX> is missing'}")
        problems.check()
    if END not in head:
        problems.add("file", "is cut off: its end, </OFX>, is missing")
    if (currency := head.get("CURDEF", "").upper()) not in REAIS:
        problems.add("CURDEF", f"is {currency[:10]}; accounts are in BRL")
    entries: list[LedgerEntry] = []
    places: list[dict[str, int]] = []
    for each in movements:
        place = {"line": each.line}
        found = _entry(each.values, problems, place)
        if found is not None:
            entries.append(found)
            places.append(place)
    closing, first = _closing(head, problems), _first(head, problems)
    problems.check()
    opening = closing - sum((entry.amount for entry in entries), ZERO) if closing is not None else ZERO
    first = min([*([first] if first else []), *(entry.date for entry in entries)], default=None)
    opened_on = first and first - EARLIER
    return OwnLedger(entries=tuple(entries), places=tuple(places), opening_balance=opening, opened_on=opened_on)


def _plain(text: str) -> str:
    """The text without `CDATA`: what stands in it, with its `<` and `&` as in ordinary text."""
    parts = []
    position = 0
    while (begin := text.find(LITERAL_BEGIN, position)) >= 0:
        end = text.find(LITERAL_END, begin)
        if end < 0:
            break
        literal = html.escape(text[begin + len(LITERAL_BEGIN) : end], quote=False)
        parts += [text[position:begin], literal]
        position = end + len(LITERAL_END)
    return "".join([*parts, text[position:]])


def _movements(text: str, head: dict[str, str], problems: Problems) -> Iterator[Movement]:
    """The movements one after the other; other values go to `head`, by their tag, that of a balance before it."""
    current: Movement | None = None
    inside = ""
    line, position = 1, 0
    for found in TAG.finditer(text):
        line += text.count("\n", position, found.start())
        position = found.start()
        closes, tag, value = found[1], found[2].upper(), " ".join(html.unescape(found[3]).split())
        _note_bounds(closes + tag, head, problems, line)
        if tag == "STMTTRN":
            if current is not None:
                yield current
            current = None if closes else Movement(line, {})
        elif closes:
            inside = "" if tag == inside else inside
        elif current is not None:
            if tag in {"BANKTRANLIST", "LEDGERBAL"}:  # a list that was not closed
                yield current
                current, inside = None, tag
            else:
                current.values.setdefault(tag, value)
        else:
            head.setdefault(f"{inside}.{tag}" if inside else tag, value)
            if tag in {"LEDGERBAL", "AVAILBAL", "BALLIST"}:
                inside = tag
    if current is not None:
        yield current


def _note_bounds(tag: str, head: dict[str, str], problems: Problems, line: int) -> None:
    """Note the end of the file; a second statement is a problem, as an account has one ledger."""
    if tag in STATEMENTS and any(each in head for each in STATEMENTS):
        problems.add(tag, "is a second statement; a file has those of one account", line=line)
    if tag in {*STATEMENTS, END}:
        head.setdefault(tag, "")


def _entry(values: dict[str, str], problems: Problems, place: dict[str, int]) -> LedgerEntry | None:
    moment = MOMENT.fullmatch(values.get("DTPOSTED", ""))
    amount = read_amount(values.get("TRNAMT", ""))
    if amount is None:
        problems.add("TRNAMT", "must be an amount with at most two decimals", **place)
    if moment is None:
        problems.add("DTPOSTED", "must be YYYYMMDD, with or without a time", **place)
    if amount is None or moment is None:
        return None
    name, memo = values.get("NAME", ""), values.get("MEMO", "")
    fields = {
        **_booked(moment),
        "amount": f"{amount:.2f}",
        "description": memo or name,
        "document": next((values[each] for each in NUMBERS if values.get(each)), ""),
        "counterparty.name": name if memo else "",
    }
    return read_entry(fields, problems, place)


def _booked(moment: re.Match[str]) -> dict[str, str]:
    day, hour, minute, second, offset = moment.groups()
    written = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}"
    if clock in {"00:00:00", "12:00:00"} or not hour:
        return {"date": written}
    if offset is None or int(offset) == -3:
        return {"booked_at": f"{written}T{clock}"}
    try:
        zone = timezone(timedelta(hours=int(offset)))
        local = datetime.fromisoformat(f"{written}T{clock}").replace(tzinfo=zone).astimezone(BRASILIA)
    except ValueError:
        return {"booked_at": f"{written}T{clock}"}
    same_day = local.date().isoformat() == written
    return {"booked_at": local.isoformat()} if same_day else {"date": written}


def _closing(head: dict[str, str], problems: Problems) -> Decimal | None:
    text = head.get("LEDGERBAL.BALAMT")
    if text is None:
        return None
    closing = read_amount(text)
    if closing is None:
        problems.add("LEDGERBAL.BALAMT", "must be an amount with at most two decimals")
    return closing


def _first(head: dict[str, str], problems: Problems) -> date | None:
    text = head.get("DTSTART", "")
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    except ValueError:
        problems.add("DTSTART", "must be YYYYMMDD")
        return None
