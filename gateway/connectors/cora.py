"""Cora, Integração Direta: the statement (`bank-statement/statement`) of the one account a certificate belongs to.

Odd: integer centavos; instants in UTC with an offset of two digits; no total, the list ends with a short or an empty
page; the order is not promised; money that is blocked stands among the rows.

What is asked: one day more on each side, since it is unknown whether a day begins in Brasília or in UTC, but no day to
come. Rows beyond the period only carry the balances to its ends.

What proves that the list is whole: its balances at both ends, and `aggregations` of the first page, which may speak
against it but withhold nothing, for what they add up is assumed. Pages are handed over as they come; from the first row
on of which only the balances tell what it means, the rows are kept until the list has ended.

Sources: contracts/banks/cora/NOTES.md.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
from msgspec import Struct

from contracts.schema import Contract
from gateway.completeness.overlap import Overlap
from gateway.completeness.totals import AnnouncedTotals, Totals
from gateway.connectors import fields, parties
from gateway.connectors.base import Connector
from gateway.connectors.rows.cora import Booked, Centavos, Row, meant, movements, reais
from gateway.errors import AnotherAccount, BankFailure
from gateway.flow import Flow, Page
from gateway.model import DAY, Account, BalanceAt, Balances, HeldAccount, Movement, Period
from gateway.tax_ids import same_holder

__all__ = ["Cora"]

ROWS_AT_ONCE = 200
"""Rows asked for in one page: the bank allows 500, but large pages tend to time out."""

NO_PAGE = (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY)
"""Answers that may mean that the list has no such page."""

NO_BALANCES = "the bank says that there are no entries, and tells no balances"


class Edge(Struct, frozen=True):
    """The balance at an end of the period."""

    balance: Centavos


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    entries: list[Row] | Row | None = None
    start: Edge | None = None
    end: Edge | None = None
    aggregations: Any = None
    header: Any = None

    @property
    def rows(self) -> list[Row]:
        """The rows, of which a single one may stand alone; none where the list is left out."""
        return fields.as_list(self.entries)


class Signed(Page, frozen=True):
    """Rows, with the signs of those whose `type` tells none; the others are movements already."""

    rows: list[Movement | Booked]
    signs: Mapping[str, int] = {}
    """By `type`, for comparing; 0 for what moved nothing."""


class Described(Struct, frozen=True):
    """The answer of `account`."""

    agency: Any = None
    accountNumber: Any = None
    accountDigit: Any = None


class Cora(Connector[StatementPage | Signed]):
    """Reads a Cora account."""

    by_time = True
    content_fields = ("id", "createdAt", "type", "amount", "transaction.type", "transaction.description")

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        super().__init__(contract, page_size or ROWS_AT_ONCE)

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page; the balances then tell the signs of what has none, and whether blocked money moved."""
        asked = Period(period.first - DAY, min(period.last + DAY, today))
        number = self.contract.paging.first
        page = yield from self._first_page(account, asked)
        if page is None:
            return Balances(reason=NO_BALANCES, complete_through=period.first - DAY)
        self._check_holder(account, page)
        totals = self._totals(page)
        overlap = Overlap[Row](self.contract.slug)
        held: list[Movement | Booked] = []
        ended, full = True, False
        while True:
            listed = page.rows
            # Rows that arrive meanwhile push known ones to the next page; the first page's sums do not know them.
            fresh = list(map(Booked.of, overlap.add(listed, None)))
            # A day that begins in UTC begins on the evening before.
            self.check_days({row.day for row in fresh}, Period(asked.first - DAY, asked.last))
            totals.add(
                ((row.sign * row.size, row.blocks) for row in fresh if row.sign),
                ((row.word, row.size) for row in fresh if row.sign is None),
            )
            with self.readable("statement", "an entry"):
                held += [meant(row, self.content, moves=not row.blocks or row.day in period) for row in fresh]
            if held and not any(isinstance(each, Booked) for each in held):
                yield Signed(held)
                held = []
            full |= len(listed) >= self.page_size
            short = totals.agrees and len(listed) < self.page_size
            if listed and not fresh and not totals.agrees:
                raise self.incoherent(f"page {number} holds nothing but known entries")
            if not listed or (totals.agrees and not fresh) or (short and (full or totals.totals_are_met)):
                break
            number += 1
            # Balances alone do not show that a page is the last: what cancels out may follow a full one, and a short
            # one where the bank gives fewer rows than it is asked for. That it refuses the page after them leaves open
            # whether there is one.
            beyond = yield from self._page(account, asked, number, optional=totals.agrees)
            if beyond is None:
                ended = False
                break
            page = beyond
        signs = self._signs(totals)
        totals.apply_signs(signs)
        against = (totals.finish(), overlap.doubt)
        blocks_move = totals.blocks_move
        held = [each for each in held if blocks_move or isinstance(each, Movement) or not each.blocks]
        if held:
            yield Signed(held, signs)
        return Balances(
            # A day that begins in UTC begins on the evening before: rows from there on are counted.
            opening=BalanceAt(asked.first - 2 * DAY, totals.opening),
            closing=BalanceAt(asked.last, totals.closing),
            complete_through=None if ended else period.first - DAY,
            contradictions=tuple(self.doubt(detail, "aggregations") for detail in against if detail),
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Branch and number of the one account of these credentials; each statement has its holder."""
        held = yield from self.answer_if_allowed("account", account, Described)
        if held is None:
            return HeldAccount()
        branch, number, digit = map(fields.word, (held.agency, held.accountNumber, held.accountDigit))
        return HeldAccount(branch=branch, number=number + digit if number else "")

    def normalise(self, page: StatementPage | Signed) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `type`, or from the balances where that tells none."""
        if isinstance(page, Signed):
            return movements(page.rows, self.content, page.signs)
        return movements(map(Booked.of, page.rows), self.content, {})

    def _signs(self, totals: Totals) -> dict[str, int]:
        """The signs of rows whose `type` tells none, as the balances decide them.

        Raises:
            BankFailure: the balances do not decide it.
        """
        signs = totals.solved_signs()
        if signs is None:
            words = ", ".join(sorted(totals.unsigned))
            raise self.unexpected("statement", f"neither type nor balances tell the sign of {words!r}")
        return signs

    def _first_page(self, account: Account, asked: Period) -> Flow[StatementPage | None]:
        """The first page; None where the bank says nothing but that there are no entries."""
        response, nothing = yield from self._ask_page(account, asked, self.contract.paging.first)
        return None if nothing else self.decode("statement", response, StatementPage)

    def _page(self, account: Account, asked: Period, number: int, *, optional: bool) -> Flow[StatementPage | None]:
        """A later page; None where the bank says that it has no entries, or may leave it out and refuses it."""
        try:
            response, nothing = yield from self._ask_page(account, asked, number, accept=NO_PAGE if optional else ())
        except BankFailure as failure:
            # The bank has one code for all that it cannot process, and has just answered for this period.
            if optional and failure.code == "period_out_of_range":
                return None
            raise
        # Nothing documents words for no entries there.
        return None if nothing or response.is_error else self.decode("statement", response, StatementPage)

    def _ask_page(
        self, account: Account, asked: Period, number: int, accept: tuple[int, ...] = ()
    ) -> Flow[tuple[httpx.Response, bool]]:
        return (
            yield from self.ask_for_entries(
                "statement",
                account,
                query={
                    "start": asked.first.isoformat(),
                    "end": asked.last.isoformat(),
                    "page": str(number),
                    "perPage": str(self.page_size),
                    "aggr": "true",
                },
                accept=accept,
            )
        )

    def _totals(self, first: StatementPage) -> Totals:
        if first.start is None or first.end is None:
            raise self.unexpected("statement", "the first page has no balances")
        return Totals(
            self.contract.slug,
            reais(first.start.balance),
            reais(first.end.balance),
            _announced(first.aggregations),
        )

    def _check_holder(self, account: Account, page: StatementPage) -> None:
        """The call names no account, so that only its holder tells whose statement came.

        Raises:
            AnotherAccount: the credentials are those of another company.
        """
        document = fields.word(parties.written_tax_id(fields.mapping(page.header).get("businessDocument")))
        if not same_holder(document, account.holder_tax_id):
            raise AnotherAccount(self.contract.slug, ["holder_tax_id"], at="statement")


def _announced(aggregations: Any) -> AnnouncedTotals | None:
    """The sums of what came in and of what went out; None where neither can be read.

    What they add up is assumed, so that what cannot be read counts as left out.
    """
    credit, debit = (_total(fields.mapping(aggregations).get(name)) for name in ("creditTotal", "debitTotal"))
    return None if credit is None and debit is None else AnnouncedTotals(credit, debit)


def _total(sent: Any) -> Decimal | None:
    """A sum, without sign."""
    if not isinstance(sent, int | str) or isinstance(sent, bool):
        return None
    try:
        return abs(reais(sent))
    except ValueError:
        return None
