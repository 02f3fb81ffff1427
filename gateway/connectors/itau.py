"""Itaú, Account Statement API v1 (Cash Management): entries and balances in one answer, over mutual TLS.

Odd: pages overlap and their totals waver; the page after the last is a 422 without a body; rows after the asked end
come too; rows that group a payment lot have no id; the instant is in UTC, so that only the accounting date is the day.

Completeness has two witnesses: the total of the first page (`gateway.completeness.overlap`) and the closings of
business days, to which the list reaches past both ends of the period (`gateway.completeness.closing_balances`).

Sources: contracts/banks/itau/NOTES.md.

Long because one conversation compares the entries with both witnesses.
"""

import uuid
from collections.abc import Container, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import msgspec
from msgspec import Raw, Struct

from gateway.completeness.closing_balances import ClosingBalances
from gateway.completeness.overlap import Overlap
from gateway.completeness.signs import DecidedKinds, decide_kinds
from gateway.connectors import fields
from gateway.connectors.base import EMPTY_BY_WORDS, Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.rows.itau import (
    ENTRIES,
    LOT,
    Booked,
    Moment,
    Money,
    Row,
    amount_of,
    booked,
    day_of,
    is_doubtful,
    kind_of,
    lacks_only_pending,
    movements,
    reais,
)
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import check_success
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Movement, Period, Undecided
from gateway.responses import in_utf8, read

__all__ = ["Itau"]

LONGEST_HOLIDAY = 7 * DAY
"""How much further a closing is looked for where the nearest weekday has none."""
SATURDAY = 5

CLOSING, POSITION = "SALDO CONTA", "SALDO DISPONIVEL"
"""Types of balances that are used, for comparing."""
OF_MOVEMENTS, IN_ACCOUNT = "SALDO MOVIMENTA", "SALDO EM CONTA"
"""What the texts of these balances are or begin with; others of the types include automatic investments."""

NOT_SENT = Raw(b"null")


class BalanceRow(Struct, frozen=True):
    """One of `balances`; several share a type and differ in text and date. Only those that are used are read."""

    type: Any = None
    date: Raw = NOT_SENT
    literal: Any = None
    amount: Raw = NOT_SENT


class Block(Struct, frozen=True):
    """One of `data`, of which there is normally one."""

    events: list[Row] | Row | str | None = None
    balances: list[BalanceRow] | BalanceRow | str | None = None
    pending_events: Any = None


class StatementPage(Page, frozen=True):
    """One page."""

    data: list[Block] | Block | str | None = None
    pagination: Any = None

    @property
    def blocks(self) -> list[Block]:
        """The blocks: normally one."""
        return fields.as_list(self.data)

    @property
    def rows(self) -> list[Row]:
        """The rows of all blocks.

        Raises:
            ValueError: there are no blocks, or one has no list of entries, and no total says that there are none.
        """
        if self.announced != 0 and (self.data is None or any(block.events is None for block in self.blocks)):
            raise ValueError("the answer or a block of it has no list of entries")
        return [row for block in self.blocks for row in fields.as_list(block.events)]

    @property
    def announced(self) -> int | None:
        """How many rows the whole list has, as far as the bank knows."""
        return fields.number(fields.mapping(self.pagination).get("total_elements"))

    @property
    def lacks_pending(self) -> bool:
        """Whether the bank could not say what is still to be booked, which is never asked for."""
        pending = (event for block in self.blocks for event in _list(block.pending_events))
        return any(fields.mapping(event).get("error") is not None for event in pending)

    @property
    def balances(self) -> list[BalanceRow]:
        """The balances of all blocks."""
        return [balance for block in self.blocks for balance in fields.as_list(block.balances)]


class BookedPage(Page, frozen=True):
    """Entries whose days and amounts have been read."""

    rows: list[Booked]
    undecided: bool = False
    """Whether nothing tells that its rows are entries."""


class Seen:
    """What the rows of a reading held besides ordinary entries."""

    def __init__(self) -> None:
        self.unknown: list[Row] = []
        """Rows that may or may not be entries."""
        self.ahead = ZERO
        """What entries of days after today come to, which the present balance may include."""
        self.silent: list[Period] = []
        """Days whose answer has neither a block nor a total, so that nothing tells that they were looked at."""
        self._lots: list[date] = []
        self._lacks_pending = False

    def note(self, rows: Iterable[tuple[Row, date, str]], *, lacks_pending: bool) -> None:
        """Note the rows of a page, each with its day and kind."""
        for row, day, kind in rows:
            if kind == LOT:
                self._lots.append(day)
            elif kind not in ENTRIES and is_doubtful(row):
                self.unknown.append(row)
        self._lacks_pending |= lacks_pending

    def warnings(self, period: Period) -> Iterator[tuple[str, str]]:
        """What a statement of the period warns of."""
        if totals := sum(day in period for day in self._lots):
            yield "grouped_entries", f"{totals} entries are the totals of lots"
        if self._lacks_pending:
            yield "statement_not_ready", "the bank could not tell what is still to be booked"


class Itau(Connector[StatementPage | BookedPage]):
    """Reads an Itaú account."""

    newest_first = True
    content_fields = (
        *("id", "type", "date.accounting", "date.event", "operation", "amount.value", "code", "literal.shortened"),
        *("literal.complete", "literal.complementary", "origin.identifier"),
    )

    def headers(self, account: Account) -> dict[str, str]:
        """The client id, as the key of an API."""
        return {"x-itau-apikey": account.credentials["client_id"]}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The period, from the weekday before it; further out on either side only where no closing was found."""
        closings = ClosingBalances(self.contract.slug)
        seen = Seen()
        first, last = _weekday(period.first - DAY, -DAY), min(_weekday(period.last, DAY), today)
        yield from self._read(account, Period(first, last), today, closings, seen)
        if closings.last_before(period.first) is None:
            yield from self._read(account, Period(first - LONGEST_HOLIDAY, first - DAY), today, closings, seen)
        if closings.first_from(period.last) is None and last < today:
            first, last = last + DAY, min(last + LONGEST_HOLIDAY, today)
            yield from self._read(account, Period(first, last), today, closings, seen)
        decided = self._decide(seen.unknown, closings)
        if entries := [row for row in seen.unknown if kind_of(row) in decided.entries]:
            yield BookedPage(list(map(booked, entries)))
        open_ones = [row for row in seen.unknown if kind_of(row) in decided.undecided]
        if within := [row for row in open_ones if day_of(row) in period]:
            yield BookedPage(list(map(booked, within)), undecided=True)
        against = closings.check()
        opening, closing = closings.last_before(period.first), closings.first_from(period.last)
        if closing is None and last == today and closings.position is not None:
            ahead = seen.ahead if closings.leads_to() == closings.position - seen.ahead else ZERO
            closing = BalanceAt(today, closings.position - ahead)
        reason = f"the bank gave no closing balance {'before' if opening is None else 'after'} the period"
        return Balances(
            opening=opening,
            closing=closing,
            reason=reason,
            warnings=tuple(seen.warnings(period)),
            contradictions=() if against is None else (self.doubt(against),),
            empty_by_words=any(days.first <= period.last and period.first <= days.last for days in seen.silent),
            undecided=frozenset(Undecided(day_of(row), row.type or "") for row in open_ones),
        )

    def normalise(self, page: StatementPage | BookedPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `operation`."""
        if isinstance(page, BookedPage):
            return movements(page.rows, self.content, undecided=page.undecided)
        return movements(map(booked, page.rows), self.content)

    def _decide(self, rows: list[Row], closings: ClosingBalances) -> DecidedKinds:
        """Which of the kinds of these rows are entries, as far as the closing balances tell.

        Raises:
            BankFailure: the closing balances contradict every choice of kinds.
        """
        if not rows:
            return DecidedKinds()
        decided = decide_kinds(map(kind_of, rows), lambda kinds: closings.fits(_moves(rows, kinds)))
        if decided is None:
            kinds = ", ".join(sorted({row.type or "" for row in rows}))
            raise self.unexpected("statement", f"the balances fit neither with rows of the kind {kinds!r} nor without")
        for day, amount in _moves(rows, decided.fitting):
            closings.add_entry(day, amount)
        return decided

    def _read(self, account: Account, period: Period, today: date, closings: ClosingBalances, seen: Seen) -> Flow[None]:
        """Hand over the entries of a period, and note what else is among its rows."""
        windows = period.windows(self.window_days)
        for reading in in_turn([self._window(account, window, today, closings, seen) for window in windows]):
            yield from reading

    def _window(
        self, account: Account, window: Period, today: date, closings: ClosingBalances, seen: Seen
    ) -> Flow[None]:
        """The same for days that one list may have."""
        overlap: Overlap[Row] = Overlap(self.contract.slug)
        reading = InTurn(self._page(account, window, number, today) for number in count(self.contract.paging.first))
        received = following = 0
        while True:
            page = yield from reading.next(following)
            rows = page.rows
            fresh = overlap.add(rows, page.announced)
            known = list(zip(fresh, map(day_of, fresh), map(kind_of, fresh), strict=True))
            within = [each for each in known if window.first <= each[1] <= window.last]
            entries = [Booked(row, day, amount_of(row)) for row, day, kind in within if kind in ENTRIES]
            for each in entries:
                closings.add_entry(each.day, each.amount)
            if window.last == today:
                beyond = (amount_of(row) for row, day, kind in known if day > today and kind in ENTRIES)
                seen.ahead += sum(beyond, ZERO)
            seen.note(within, lacks_pending=page.lacks_pending)
            _note_balances(page, window, today, closings)
            if not received and not page.blocks and page.announced is None:
                seen.silent.append(window)
            yield BookedPage(entries)
            if not rows or overlap.goes_round:
                break
            received += len(rows)
            # Only an empty page ends the list: it follows the last page that has rows.
            following = max(0, (page.announced or 0) - received) // len(rows)
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
        response, nothing = yield from self.ask_for_entries(
            "statement",
            account,
            query=query,
            headers={"x-itau-correlationID": str(uuid.uuid5(uuid.NAMESPACE_URL, unlike_any_other))},
            accept=(206, 404, 422) if number > self.contract.paging.first else (206,),
            statement_id=statement_id,
        )
        # The account is not what is not found where another page of it has come, but nothing documents such an end.
        if nothing or response.status_code == httpx.codes.NOT_FOUND:
            response.extensions[EMPTY_BY_WORDS] = True
            return StatementPage([])
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            # No body was ever seen of one that ends a list, so that one with words says something else.
            said = read(response).error(response.status_code)
            if said.code or said.message:
                check_success(self.contract, "statement", response)
            return StatementPage([])
        if response.status_code == httpx.codes.PARTIAL_CONTENT and not lacks_only_pending(in_utf8(response)):
            raise BankFailure("bank_server_error", bank=self.contract.slug, at="statement", detail="a part is missing")
        return self.decode("statement", response, StatementPage)


def _moves(rows: Iterable[Row], kinds: Container[str]) -> Iterator[tuple[date, Decimal]]:
    """Day and amount of the rows of some kinds."""
    return ((day_of(row), amount_of(row)) for row in rows if kind_of(row) in kinds)


def _weekday(day: date, step: timedelta) -> date:
    """The day, or the next one in the direction of the step that is not on a weekend."""
    while day.weekday() >= SATURDAY:
        day += step
    return day


def _note_balances(page: StatementPage, window: Period, today: date, closings: ClosingBalances) -> None:
    """The closings of the window, and the present position; the other balances include automatic investments."""
    for balance in page.balances:
        literal = fields.mapping(balance.literal)
        label = fields.fold(fields.word(literal.get("complete")) or fields.word(literal.get("shortened")))
        kind = fields.fold(balance.type)
        if kind == CLOSING and (not label or label.startswith(OF_MOVEMENTS)):
            day = (msgspec.json.decode(balance.date, type=Moment | None) or Moment()).day
            if day is None or not window.first - DAY <= day <= window.last or day >= today:
                continue
            if (amount := _told(balance.amount)) is not None:
                # Several balances share the type, and one without a text may be any of them.
                (closings.add_closing if label else closings.add_presumed_closing)(day, amount)
        elif kind == POSITION and label == IN_ACCOUNT and window.last == today and closings.position is None:
            # Only what the first page tells goes with its rows; later pages may know of later entries.
            closings.position = _told(balance.amount)


def _told(sent: Raw) -> Decimal | None:
    """The amount of a balance; None where it has none."""
    amount = msgspec.json.decode(sent, type=Money | None)
    return None if amount is None or amount.value is None else reais(amount)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
