"""Itaú, Account Statement API v1 (Cash Management): entries and balances in one answer, over mutual TLS.

Odd: pages overlap and their totals waver; the page after the last is a 422 without a body; rows after the asked end
come too; rows that group a payment lot have no id; the instant is in UTC, so that only the accounting date is the day.

Completeness has two witnesses: the total of the first page (`gateway.completeness.overlap`) and the closings of
business days, to which the list reaches past both ends of the period (`gateway.completeness.closing_balances`).

Long because a row tells of itself in three places that may be empty, and balances of several kinds share a type.

Sources: contracts/banks/itau/NOTES.md.
"""

import uuid
from collections.abc import Container, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from contracts.fact import Evidence
from gateway import large_json
from gateway.completeness.closing_balances import ClosingBalances
from gateway.completeness.overlap import Overlap
from gateway.completeness.signs import entries_among
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Kinds, Sides
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import failure_of
from gateway.model import (
    DAY,
    Account,
    BalanceAt,
    Balances,
    Contradiction,
    Counterparty,
    Movement,
    Period,
    TransactionType,
)

__all__ = ["Itau"]

LONGEST_HOLIDAY = 7 * DAY
"""How much further a closing is looked for where the nearest weekday has none."""
SATURDAY = 5
LOT = "AGRUPAMENTO"

ENTRIES = frozenset({"", "LANCAMENTO", LOT})
"""Kinds of rows that are entries; a row without a kind is one."""
FUTURE = "FUTURO"
"""Stands in the kind of what is still to come, which is no entry."""

LITERALS = Kinds(
    {
        TransactionType.PIX: ("PIX ", "DEV PIX ", "INT PIX ", "SISPAG PIX "),
        TransactionType.TED: ("TED ", "INT TED ", "DEV TED "),
        TransactionType.DOC: ("DOC ",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TBI ", "INT TBI "),
        TransactionType.BOLETO: (
            *("BOLETO", "PAG BOLETO ", "PAG TIT ", "INT PAG TIT ", "MOBILE PAG TIT ", "MOV TIT COB DISP "),
        ),
        TransactionType.CONVENIO_ARRECADACAO: ("DA ", "SISPAG TRIB ", "INT TRIBUTO"),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TAR ", "TARIFA "),
        TransactionType.FOLHA_PAGAMENTO: ("SISPAG SALARIOS ",),
        TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("REND PAGO APLIC ",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RES APLIC ", "RESGATE CDB "),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("JUROS LIMITE DA CONTA ",),
        TransactionType.CARTAO: ("RSHOP ",),
        TransactionType.SAQUE: ("SAQUE ",),
        TransactionType.DEPOSITO: ("DEPOSITO ", "DEP "),
    }
)
"""How the bank's short texts begin. Its table of history codes is not public; what is not here is OUTROS."""

SIDES = Sides({"C", "CREDITO", "CREDIT"}, {"D", "DEBITO", "DEBIT"})
"""Words of `operation`."""

CLOSING, POSITION = "SALDO CONTA", "SALDO DISPONIVEL"
"""Types of balances that are used, for comparing."""
OF_MOVEMENTS, IN_ACCOUNT = "SALDO MOVIMENTA", "SALDO EM CONTA"
"""What the texts of these balances are or begin with; others of the types include automatic investments."""

NO_MORE = frozenset({b"", b"{}", b"null"})
"""Bodies of a 422 that ends a list: none was ever seen, so that one with words says something else."""


class Moment(Struct, frozen=True):
    """`date`: the accounting day and an instant of one of many precisions."""

    accounting: str | None = None
    event: str | None = None


class Money(Struct, frozen=True):
    """`amount`."""

    value: Decimal | None = None
    currency: str | None = None


class Row(Struct, frozen=True):
    """One of `events`: an entry, or a payment lot."""

    operation: str
    date: Moment
    amount: Money
    id: str | None = None
    type: str | None = None
    code: Any = None
    literal: Any = None
    counterpart: Any = None
    origin: Any = None


class BalanceRow(Struct, frozen=True):
    """One of `balances`; several share a type and differ in text and date."""

    type: str | None = None
    date: Moment | None = None
    literal: Any = None
    amount: Money | None = None


class Block(Struct, frozen=True):
    """One of `data`, of which there is normally one."""

    events: list[Row]
    balances: list[BalanceRow] | None = None
    pending_events: Any = None


class Pagination(Struct, frozen=True):
    """What is used of `pagination`."""

    total_elements: int | None = None


class StatementPage(Page, frozen=True):
    """One page."""

    data: list[Block]
    pagination: Pagination | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows of all blocks."""
        return [row for block in self.data for row in block.events]

    @property
    def announced(self) -> int | None:
        """How many rows the whole list has, as far as the bank knows."""
        return self.pagination.total_elements if self.pagination else None

    @property
    def lacks_pending(self) -> bool:
        """Whether the bank could not say what is still to be booked, which is never asked for."""
        pending = (event for block in self.data for event in _list(block.pending_events))
        return any("error" in fields.mapping(event) for event in pending)

    @property
    def balances(self) -> list[BalanceRow]:
        """The balances of all blocks."""
        return [balance for block in self.data for balance in block.balances or ()]


class Part(Struct, frozen=True):
    """Something in an answer with status 206, which has an `error` where something is missing."""

    error: Raw | UnsetType = UNSET

    @property
    def lacks(self) -> bool:
        """Whether something is missing from it."""
        return self.error is not UNSET


class BlockOfParts(Part, frozen=True):
    """One of `data`, as far as it says what is missing."""

    events: list[Part] | None = None
    balances: list[Part] | None = None
    pending_events: list[Part] | None = None


class Parts(Part, frozen=True):
    """An answer with status 206, as far as it says what is missing."""

    data: list[BlockOfParts] = []


class Seen:
    """What the rows of a reading held besides ordinary entries."""

    def __init__(self) -> None:
        self.unknown: list[Row] = []
        """Rows of which it is not known whether they are entries."""
        self._lots: list[date] = []
        self._lacks_pending = False

    def note(self, rows: list[Row], *, lacks_pending: bool) -> None:
        """Note the rows of a page."""
        self.unknown += [row for row in rows if _kind(row) not in ENTRIES and FUTURE not in _kind(row)]
        self._lots += [_day(row) for row in rows if _kind(row) == LOT]
        self._lacks_pending |= lacks_pending

    def warnings(self, period: Period) -> Iterator[tuple[str, str]]:
        """What is to be said of the entries of a period."""
        if totals := sum(day in period for day in self._lots):
            yield "grouped_entries", f"{totals} entries are the totals of lots"
        if self._lacks_pending:
            yield "statement_not_ready", "the bank could not tell what is still to be booked"


class Itau(Connector[StatementPage]):
    """Reads an Itaú account."""

    newest_first = True
    content_fields = (
        *("id", "type", "date.accounting", "date.event", "operation", "amount.value", "code", "literal.shortened"),
        *("literal.complete", "literal.complementary", "origin.identifier"),
    )

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The period, from the weekday before it; further out on either side only where no closing was found."""
        closings = ClosingBalances(self.contract.slug)
        seen = Seen()
        first, last = _weekday(period.first - DAY, -DAY), min(_weekday(period.last, DAY), today)
        yield from self._read(account, Period(first, last), today, closings, seen)
        if closings.before(period.first) is None:
            yield from self._read(account, Period(first - LONGEST_HOLIDAY, first - DAY), today, closings, seen)
        if closings.from_day(period.last) is None and last < today:
            first, last = last + DAY, min(last + LONGEST_HOLIDAY, today)
            yield from self._read(account, Period(first, last), today, closings, seen)
        if seen.unknown and (entries := self._entries_among(seen.unknown, closings)):
            yield StatementPage([Block(entries)])
        against = closings.check()
        opening, closing = closings.before(period.first), closings.from_day(period.last)
        if closing is None and last == today and closings.position is not None:
            closing = BalanceAt(today, closings.position)
        reason = f"the bank gave no closing balance {'before' if opening is None else 'after'} the period"
        return Balances(
            opening=opening,
            closing=closing,
            reason=reason,
            warnings=tuple(seen.warnings(period)),
            contradictions=() if against is None else (Contradiction(against, Evidence.ASSUMED),),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `operation`."""
        for row in page.rows:
            literal, origin = fields.mapping(row.literal), fields.mapping(row.origin)
            lot, party = _kind(row) == LOT, fields.mapping(row.counterpart)
            counterparty = _counterparty(party)
            yield Movement(
                date=_day(row),
                amount=_amount(row),
                content=self.content(row),
                type=_type(literal, origin),
                description=_description(
                    literal, origin, None if lot else row.code, *parties.unshown(counterparty, party.get("document"))
                ),
                booked_at=None if lot or not row.date.event else fields.instant(row.date.event),
                document=fields.word(row.code if lot else origin.get("identifier")) or None,
                bank_id=row.id or None,
                end_to_end_id=wording.end_to_end_id(origin.get("identifier")),
                counterparty=counterparty,
            )

    def _entries_among(self, rows: list[Row], closings: ClosingBalances) -> list[Row]:
        """The entries among these rows of unknown kind: all rows of those kinds that the closing balances prove.

        Raises:
            BankFailure: the balances fit no choice of kinds, or several.
        """
        taken = entries_among(map(_kind, rows), lambda kinds: closings.fit(_moves(rows, kinds)))
        if taken is None:
            kinds = ", ".join(sorted({row.type or "" for row in rows}))
            raise self.unexpected(
                "statement", f"the balances do not tell whether rows of the kind {kinds!r} are entries"
            )
        for day, amount in _moves(rows, taken):
            closings.move(day, amount)
        return [row for row in rows if _kind(row) in taken]

    def _read(self, account: Account, period: Period, today: date, closings: ClosingBalances, seen: Seen) -> Flow[None]:
        """Hand over the entries of a period, and note what else is among its rows."""
        for window in period.windows(self.contract.period.max_days):
            overlap: Overlap[Row] = Overlap(self.contract.slug)
            for number in count(self.contract.paging.first):  # pragma: no branch - only the end of the list ends it
                page = yield from self._page(account, window, number, today)
                fresh = overlap.add(page.rows, page.announced)
                within = [row for row in fresh if _day(row) in window]
                rows = [row for row in within if _kind(row) in ENTRIES]
                for row in rows:
                    closings.move(_day(row), _amount(row))
                seen.note(within, lacks_pending=page.lacks_pending)
                _note_balances(page, window, today, closings)
                yield StatementPage([Block(rows)])
                if not page.rows:
                    break
            overlap.finish()

    def _page(self, account: Account, window: Period, number: int, today: date) -> Flow[StatementPage]:
        statement_id = account.branch.zfill(4) + account.number.zfill(8)
        query = {
            "type": "current_account",
            "start_date": window.first.isoformat(),
            "end_date": window.last.isoformat(),
            "page": str(number),
            "page_size": str(self.page_size),
        }
        unlike_any_other = "\x1f".join(("statement", account.id, statement_id, today.isoformat(), *query.values()))
        response = yield from self.ask(
            "statement",
            account,
            query=query,
            headers={
                "x-itau-apikey": account.credentials["client_id"],
                "x-itau-correlationID": str(uuid.uuid5(uuid.NAMESPACE_URL, unlike_any_other)),
            },
            accept=(422,) if number > self.contract.paging.first else (),
            statement_id=statement_id,
        )
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            if response.content.strip() not in NO_MORE and (
                failure := failure_of(self.contract, "statement", response)
            ):
                raise failure
            return StatementPage([])
        if response.status_code == httpx.codes.PARTIAL_CONTENT and not _only_pending_is_missing(response):
            raise BankFailure("bank_server_error", bank=self.contract.slug, at="statement", detail="a part is missing")
        return self.decode("statement", response, StatementPage)


def _only_pending_is_missing(response: httpx.Response) -> bool:
    """Whether an answer that lacks a part lacks only what is still to be booked."""
    try:
        body = large_json.decode(response.content, Parts)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    rows = [row for block in body.data for part in (block.events, block.balances) for row in part or ()]
    whole = all(block.events is not None and not block.lacks for block in body.data)
    pending = any(event.lacks for block in body.data for event in block.pending_events or ())
    return whole and pending and not any(part.lacks for part in (body, *rows))


def _kind(row: Row) -> str:
    return fields.fold(row.type or "").replace(" ", "_")


def _moves(rows: Iterable[Row], kinds: Container[str]) -> Iterator[tuple[date, Decimal]]:
    """Day and amount of the rows of some kinds."""
    return ((_day(row), _amount(row)) for row in rows if _kind(row) in kinds)


def _weekday(day: date, step: timedelta) -> date:
    """The day, or the next one in the direction of the step that is not on a weekend."""
    while day.weekday() >= SATURDAY:
        day += step
    return day


def _day(row: Row) -> date:
    """The accounting day and nothing else: the instant may lie on another one."""
    return fields.iso_date(row.date.accounting or "")


def _amount(row: Row) -> Decimal:
    """The magnitude of the value with the sign of `operation`: debits come with a minus sign or without."""
    size = abs(_reais(row.amount))
    return size if SIDES.is_credit(row.operation) else -size


def _reais(amount: Money | None) -> Decimal:
    if amount is None or amount.value is None or amount.currency not in {None, "BRL"}:
        raise ValueError("there is no amount in reais")
    return fields.amount(amount.value)


def _note_balances(page: StatementPage, window: Period, today: date, closings: ClosingBalances) -> None:
    """The closings of the window, and the present position; the other balances include automatic investments."""
    for balance in page.balances:
        literal = fields.mapping(balance.literal)
        label = fields.fold(fields.word(literal.get("complete")) or fields.word(literal.get("shortened")))
        kind = fields.fold(balance.type or "")
        if kind == CLOSING and (not label or label.startswith(OF_MOVEMENTS)):
            day = _closed_on(balance.date or Moment())
            if window.first - DAY <= day <= window.last and day < today:
                # Several balances share the type, and one without a text may be any of them.
                (closings.close if label else closings.suppose)(day, _reais(balance.amount))
        elif kind == POSITION and label == IN_ACCOUNT and window.last == today:
            # Only what the first page tells goes with its rows; later pages may know of later entries.
            closings.position = _reais(balance.amount) if closings.position is None else closings.position


def _closed_on(moment: Moment) -> date:
    return fields.iso_date(moment.accounting) if moment.accounting else fields.instant(moment.event or "").date()


def _type(literal: dict[str, Any], origin: dict[str, Any]) -> TransactionType:
    kind, operation = (fields.fold(origin.get(name)) for name in ("type", "operation"))
    if kind == "PIX" or operation.startswith("PIX "):
        return TransactionType.PIX
    return LITERALS.of(literal.get("shortened"), literal.get("complete"))


def _description(literal: dict[str, Any], origin: dict[str, Any], *more: Any) -> str:
    """The complete text, else the short one, and what is told besides: by the text, and by the origin of the money.

    The origin of a Pix that pays a charge has the charge's own number there.
    """
    text = fields.word(literal.get("complete")) or fields.word(literal.get("shortened"))
    besides = (literal.get("complementary"), literal.get("tip"), origin.get("complement"), origin.get("channel"))
    for said in map(fields.word, (*besides, *more)):
        if said and not wording.has(text, said):
            text = f"{text} {said}".lstrip()
    return text


def _counterparty(told: dict[str, Any]) -> Counterparty | None:
    return parties.counterparty(
        name=fields.word(told.get("name")),
        tax_ids=[told.get("document")],
        bank=fields.word(told.get("institution")),
        ispb=fields.word(told.get("ispb")),
        branch=fields.word(told.get("agency")),
        account="".join(fields.word(told.get(part)) for part in ("account", "digit")),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
