"""Sicredi, "Extrato de Conta Corrente" v1, over mutual TLS. Provisional: no real answer has been seen yet.

Odd: no parameter and no field names the account, which is the one of the credentials; pages are counted from 0; each
row has the balance after it. So the rows prove themselves: every id stands once, the announced total comes, and the
balance before the period and each amount give each balance, from page to page and from window to window. What the
balances mean was never observed, so that they may disprove rows but withhold none, and rows may come without them.

Sources: contracts/banks/sicredi/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.completeness.counts import RowCount
from gateway.completeness.ordering import follows_from, in_order, possible_orders
from gateway.completeness.running_balance import BalanceLink, RunningBalance
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.rows.sicredi import Row, balance, id_of, movements
from gateway.flow import Flow, Page
from gateway.limits import HELD_ENTRIES
from gateway.model import DAY, ZERO, Account, Balances, Contradiction, Movement, Period, balance_at

__all__ = ["Sicredi"]

OUT_OF_ORDER = "a balance does not follow from the one before it, in whatever order"


class StatementPage(Page, frozen=True):
    """One page of the statement, its rows in whatever order."""

    totalElements: Any = None
    totalPages: Any = None
    saldoAnterior: Raw = Raw()
    dtlMovimentos: list[Row] | Row | str | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows; a bank without any may leave the list out, and a single one may come without it."""
        return fields.as_list(self.dtlMovimentos)

    @property
    def total(self) -> int | None:
        """How many rows the whole answer has; None where the bank does not say."""
        return fields.count(self.totalElements)

    @property
    def pages(self) -> int | None:
        """How many pages there are; None where the bank does not say."""
        return fields.count(self.totalPages)


class Window(Struct, frozen=True):
    """What is known of a window once its rows have been handed over: its balances, None where the bank tells none."""

    opening: Decimal | None
    closing: Decimal | None
    moved: Decimal
    """What its rows come to."""

    @property
    def leads_to(self) -> Decimal | None:
        """The balance with which the next window should begin."""
        if self.closing is not None:
            return self.closing
        return None if self.opening is None else self.opening + self.moved


class Sicredi(Connector[StatementPage]):
    """Reads a Sicredi account."""

    content_fields = ("idMovimento", "data", "valor", "descricao", "complemento", "documento")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of every window; each window begins with the balance with which the one before it ended."""
        read: list[Window] = []
        doubts: list[Contradiction] = []
        windows = list(period.windows(self.window_days))
        readings = in_turn([self._window(account, window, doubts) for window in windows])
        for window, reading in zip(windows, readings, strict=True):
            found = yield from reading
            before = read[-1].leads_to if read else None
            if None not in (before, found.opening) and before != found.opening:
                detail = f"{window.first} begins with {found.opening}, the days before it end with {before}"
                doubts.append(self._doubt(detail))
            read.append(found)
        opening, closing = read[0].opening, read[-1].closing
        return Balances(
            opening=balance_at(period.first - DAY, opening),
            closing=balance_at(period.last, closing),
            reason="the bank gave no balance before or after some of the entries",
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; `valor` has its sign."""
        return movements(page.rows, self.content)

    def _window(self, account: Account, window: Period, doubts: list[Contradiction]) -> Flow[Window]:
        """Hand over the rows of a window, oldest first; give the balances before and after it."""
        row_count = RowCount(self.contract.slug)
        number = self.contract.paging.first
        reading = InTurn(self._page(account, window, each) for each in count(number))
        first = page = yield from reading.next()
        # Later pages may have another one.
        opening = balance(first.saldoAnterior)
        pages = first.pages
        if first.total is None and pages is None:
            raise self.unexpected("statement", "the answer says neither how many entries nor how many pages there are")
        links: list[BalanceLink[Row]] = []
        running, day, is_in_order = opening, date.min, True
        while True:
            for movement, row in zip(self.movements(page), page.rows, strict=True):
                if movement.date not in window:
                    raise self.unexpected("statement", "an entry lies outside the days that were asked for")
                links.append(BalanceLink(movement.date, movement.amount, movement.balance, row))
            row_count.add((id_of(row) for row in page.rows), page.total)
            if is_in_order and len(links) > HELD_ENTRIES:
                # A long list that comes in the order of its balances need not be kept to its end.
                is_in_order = links[0].day >= day and running is not None and follows_from(running, links)
                if is_in_order:
                    yield replace(first, dtlMovimentos=[link.row for link in links if link.row is not None])
                    day, running, links = links[-1].day, links[-1].balance, []
            pages = pages if page.pages is None else page.pages
            announced = row_count.announced
            if not page.rows or (row_count.rows >= (announced or 0) if pages is None else number + 1 >= pages):
                break
            number += 1
            page = yield from reading.next((pages or 0) - number - 1)
        row_count.finish()
        if row_count.announced is None and pages is not None and number + 1 < pages:
            raise self.incoherent(f"page {number} has no entries, and there are {pages} pages")
        before = ZERO if opening is None or running is None else running - opening
        moved = sum((link.amount for link in links), before)
        ordered, closing = self._ordered(running, links, doubts)
        yield replace(first, dtlMovimentos=[link.row for link in ordered if link.row is not None])
        return Window(opening, closing, moved)

    def _ordered(
        self, opening: Decimal | None, links: list[BalanceLink[Row]], doubts: list[Contradiction]
    ) -> tuple[list[BalanceLink[Row]], Decimal | None]:
        """The rows oldest first, and the balance after the last one; what the balances contradict is added to `doubts`.

        The bank documents no order, and the balances prove any. Where some are left out, the others must follow from
        each other all the same.
        """
        if opening is not None and all(link.balance is not None for link in links):
            moved = opening + sum((link.amount for link in links), Decimal(0))
            if (ordered := in_order(opening, links)) is not None:
                return ordered, moved
            doubts.append(self._doubt(OUT_OF_ORDER))
            return _as_they_came(links, moved)
        start = [] if opening is None else [BalanceLink[Row](date.min, ZERO, opening, None)]
        found = possible_orders([*start, *links])[0]
        ordered = [link for link in found if link.row is not None]
        if found[: len(start)] != start or not RunningBalance(self.contract.slug).fits(found):
            doubts.append(self._doubt(OUT_OF_ORDER))
            return ordered, None
        return ordered, ordered[-1].balance if ordered else None

    def _doubt(self, detail: str) -> Contradiction:
        """What the balances of rows contradict: that they are those after each row was never observed."""
        return Contradiction(detail, self.contract.capabilities.evidence)

    def _page(self, account: Account, window: Period, number: int) -> Flow[StatementPage]:
        query = {
            "dataInicio": window.first.isoformat(),
            "dataFim": window.last.isoformat(),
            "page": str(number),
            "size": str(self.page_size),
        }
        page = yield from self.answer_if_any("statement", account, StatementPage, query=query)
        return StatementPage(totalElements=0) if page is None else page


def _as_they_came(links: list[BalanceLink[Row]], moved: Decimal) -> tuple[list[BalanceLink[Row]], Decimal]:
    """Rows whose balances prove no order, by their days, and the balance that the bank tells after the last of them.

    Args:
        links: the rows in the order in which they came, which may be either direction.
        moved: what they lead to.
    """
    either = [sorted(each, key=lambda link: link.day) for each in (links, links[::-1])]
    ordered = next((each for each in either if each[-1].balance == moved), either[0])
    return ordered, moved if ordered[-1].balance is None else ordered[-1].balance
