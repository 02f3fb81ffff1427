"""The form in which movements are written for people: in the control API, in files, and in what outlives the process.

All that is wrong is found at once, each problem with the entry or line it is in, and the field.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from msgspec import Struct

from simulators.clock import BRASILIA
from simulators.ledgers.entries import LedgerEntry, Party
from simulators.tax_id import is_tax_id, plain_tax_id

__all__ = [
    "FIELDS",
    "TYPES",
    "EntryProblems",
    "Problem",
    "Problems",
    "flat",
    "read_amount",
    "read_entry",
    "shown",
    "shown_party",
]

TYPES = frozenset(
    {
        *("TED", "DOC", "PIX", "TRANSFERENCIA_MESMA_INSTITUICAO", "BOLETO", "CONVENIO_ARRECADACAO"),
        *("PACOTE_TARIFA_SERVICOS", "TARIFA_SERVICOS_AVULSOS", "FOLHA_PAGAMENTO", "DEPOSITO", "SAQUE", "CARTAO"),
        *("ENCARGOS_JUROS_CHEQUE_ESPECIAL", "RENDIMENTO_APLIC_FINANCEIRA", "PORTABILIDADE_SALARIO"),
        *("RESGATE_APLIC_FINANCEIRA", "OPERACAO_CREDITO", "OUTROS"),
    }
)
"""The transaction types of Open Finance Brasil."""
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
MOST_PROBLEMS = 50
NOON = time(12)
"""The time of booking of a movement whose day alone is known."""
AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,2})?")
BRAZILIAN_AMOUNT = re.compile(r"[+-]?([0-9]{1,12}|[0-9]{1,3}(\.[0-9]{3}){1,3}),[0-9]{1,2}")
REAIS = re.compile(r"^([+-]?)\s{0,3}R\$\s{0,3}")
BRAZILIAN_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
COMPUTED = frozenset({"id", "balance"})
"""What the ledger itself makes of an entry; what is written there is passed over."""
PARTY = "counterparty."
TEXTS: Mapping[str, tuple[str, str]] = {
    "description": (r"[^\x00-\x1f\x7f]{0,500}", "at most 500 characters, without line ends"),
    "document": (r"[0-9A-Za-z./-]{0,20}", "at most 20 letters, digits and . / -"),
    f"{PARTY}name": (r"[^\x00-\x1f\x7f]{0,140}", "at most 140 characters, without line ends"),
    f"{PARTY}bank": (r"([0-9]{3})?", "three digits"),
    f"{PARTY}ispb": (r"([0-9]{8})?", "eight digits"),
    f"{PARTY}bank_name": (r"[^\x00-\x1f\x7f]{0,100}", "at most 100 characters, without line ends"),
    f"{PARTY}branch": (r"[0-9]{0,5}", "at most five digits"),
    f"{PARTY}account": (r"[0-9]{0,20}", "at most 20 digits, the check digit among them"),
}
"""For each text: its form, and the words for that."""
FIELDS = frozenset({"date", "booked_at", "amount", "type", f"{PARTY}tax_id", *TEXTS})


class Problem(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong."""

    field: str
    problem: str
    entry: int | None = None
    """Number of the entry, from 1 on."""
    line: int | None = None
    """Line of the file, from 1 on."""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else f"entry {self.entry}: " if self.entry else ""
        return f"{place}{self.field}: {self.problem}"


class EntryProblems(ValueError):
    """A ledger or an entry cannot be taken; `problems` are the first that are wrong, `count` says how many are."""

    def __init__(self, problems: list[Problem], count: int) -> None:
        more = f"; and {count - len(problems)} more" if count > len(problems) else ""
        super().__init__("; ".join(map(str, problems)) + more)
        self.problems = problems
        self.count = count


class Problems:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.count = 0

    def add(self, field: str, problem: str, *, entry: int | None = None, line: int | None = None) -> None:
        """Something is wrong with a field."""
        self.count += 1
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(Problem(field, problem, entry, line))

    def check(self) -> None:
        """Refuse all if anything is wrong.

        Raises:
            EntryProblems: something is.
        """
        if self.count:
            raise EntryProblems(self.found, self.count)


def shown(entry: LedgerEntry) -> dict[str, Any]:
    """A movement in this form, with its id, day and balance."""
    return {
        "id": entry.serial,
        "date": entry.date.isoformat(),
        "booked_at": entry.booked_at.astimezone(BRASILIA).isoformat(),
        "amount": f"{entry.amount:.2f}",
        "type": entry.type,
        "description": entry.description,
        "document": entry.document or None,
        "counterparty": shown_party(entry.counterparty) if entry.counterparty else None,
        "balance": f"{entry.balance:.2f}",
    }


def shown_party(party: Party) -> dict[str, str | None]:
    """The other party of a movement in this form."""
    return {
        "name": party.name,
        "tax_id": party.tax_id,
        "bank": party.compe or None,
        "ispb": party.ispb or None,
        "bank_name": party.bank_name or None,
        "branch": party.branch or None,
        "account": party.account or None,
    }


def flat(raw: object, problems: Problems, place: Mapping[str, int]) -> dict[str, Any]:
    """An entry as it stands in JSON, with the fields of the other party beside the others."""
    if not isinstance(raw, dict):
        problems.add("entry", "must be an object", **place)
        return {}
    fields = {name: value for name, value in raw.items() if name != "counterparty"}
    party = raw.get("counterparty")
    if isinstance(party, dict):
        fields |= {f"{PARTY}{name}": value for name, value in party.items()}
    elif party is not None:
        problems.add("counterparty", "must be an object", **place)
    return fields


def read_entry(fields: Mapping[str, Any], problems: Problems, place: Mapping[str, int]) -> LedgerEntry | None:
    """A movement of these fields; None where something is wrong, which is then among the problems.

    A missing type stays empty. A movement with a day and no time is booked at noon.

    Args:
        fields: by name, those of the other party as `counterparty.name`; missing and None are the same.
        problems: gets what is wrong.
        place: the number of the entry or of the line.
    """
    before = problems.count
    _check_fields(fields, problems, place)
    if problems.count > before:
        return None
    texts = {name: _text(str(fields.get(name) or "")) for name in FIELDS}
    for name, (form, words) in TEXTS.items():
        if texts[name] and re.fullmatch(form, texts[name]) is None:
            problems.add(name, words, **place)
    amount, moment = _amount(texts, problems, place), _moment(texts, problems, place)
    kind = texts["type"].upper()
    if kind and kind not in TYPES:
        problems.add("type", f"is none of {', '.join(sorted(TYPES))}", **place)
    tax_id = plain_tax_id(texts[f"{PARTY}tax_id"])
    if tax_id and not is_tax_id(tax_id):
        problems.add(f"{PARTY}tax_id", "must be a CPF or CNPJ with right check digits", **place)
    if problems.count > before:
        return None
    told = {name.removeprefix(PARTY): text for name, text in texts.items() if name.startswith(PARTY)}
    party = Party(told["name"], tax_id, *(told[each] for each in ("bank", "ispb", "bank_name", "branch", "account")))
    return LedgerEntry(
        booked_at=moment,
        amount=amount,
        type=kind,
        description=texts["description"],
        document=texts["document"],
        counterparty=party if any(told.values()) else None,
    )


def _check_fields(fields: Mapping[str, Any], problems: Problems, place: Mapping[str, int]) -> None:
    """See to it that every field is known, and is a text."""
    for name, value in fields.items():
        if name not in FIELDS and name not in COMPUTED:
            problems.add(name, "there is no such field", **place)
        elif name in FIELDS and value is not None and not isinstance(value, str):
            problems.add(name, 'must be a text, as in "-12.34"' if name == "amount" else "must be a text", **place)


def read_amount(text: str) -> Decimal | None:
    """An amount of reais with decimal point or comma, in the latter case also with points between thousands.

    `R$` before it and the sign that typesetters use for minus are as people copy them.
    """
    text = REAIS.sub(r"\1", text.strip().replace("\N{MINUS SIGN}", "-"), count=1)
    plain = text.replace(".", "").replace(",", ".") if BRAZILIAN_AMOUNT.fullmatch(text) else text
    return Decimal(plain).quantize(Decimal("0.01")) if AMOUNT.fullmatch(plain) else None


def _text(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip()


def _amount(texts: Mapping[str, str], problems: Problems, place: Mapping[str, int]) -> Decimal:
    amount = read_amount(texts["amount"])
    if amount is None:
        problems.add("amount", "must be reais with at most two decimals, negative for a debit", **place)
    elif not amount:
        problems.add("amount", "must not be zero", **place)
    return amount or Decimal(0)


def _moment(texts: Mapping[str, str], problems: Problems, place: Mapping[str, int]) -> datetime:
    """The instant of the booking, from the instant or the day that is given."""
    moment = None
    day, instant = (BRAZILIAN_DAY.sub(r"\3-\2-\1", texts[name]) for name in ("date", "booked_at"))
    try:
        if instant:
            read = datetime.fromisoformat(instant)
            moment = read if read.tzinfo else read.replace(tzinfo=BRASILIA)
        elif day:
            moment = datetime.combine(date.fromisoformat(day), NOON, BRASILIA)
        else:
            problems.add("date", "date or booked_at must be given", **place)
    except ValueError:
        field, words = ("booked_at", "an instant, as in 2026-03-02T15:02:11-03:00") if instant else ("date", "a day")
        problems.add(field, f"must be {words}, as ISO 8601 or dd/mm/yyyy", **place)
    if moment is None:
        return datetime.combine(EARLIEST, NOON, BRASILIA)
    if moment.microsecond:
        problems.add("booked_at", "must be a whole second", **place)
    if not EARLIEST < moment.date() < LATEST:
        problems.add("booked_at" if instant else "date", f"must be from {EARLIEST} to {LATEST}", **place)
        return datetime.combine(EARLIEST, NOON, BRASILIA)
    local = moment.astimezone(BRASILIA)
    if instant and day and local.date().isoformat() != day:
        problems.add("date", f"in Brasília, booked_at is on {local.date()}", **place)
    return local
