"""Sicredi, "Extrato de Conta Corrente" v1, over mutual TLS. Provisional: no real answer has been seen yet.

Odd: no parameter and no field names the account, which is the one of the credentials; pages are counted from 0; each
row has the balance after it. So the rows prove themselves: every id stands once, the announced total comes, and the
balance before the period and each amount give each balance, from page to page and from window to window. What the
balances mean was never observed, so that they may disprove rows but withhold none.

Sources: contracts/banks/sicredi/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from gateway.completeness.counts import RowCount
from gateway.completeness.ordering import in_order
from gateway.completeness.running_balance import BalanceLink
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.rows.sicredi import Row, id_of, movements
from gateway.flow import Flow, Page
from gateway.model import DAY, Account, BalanceAt, Balances, Contradiction, Movement, Period

__all__ = ["Sicredi"]


class StatementPage(Page, frozen=True):
    """One page of the statement, its rows in whatever order."""

    totalElements: int
    totalPages: int | None = None
    saldoAnterior: Decimal | None = None
    dtlMovimentos: list[Row] | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows; a bank without any may leave the list out."""
        return self.dtlMovimentos or []

    def ends_at(self, number: int, rows: int) -> bool:
        """Whether nothing follows this page, given how many rows there have been with it."""
        if not self.rows:
            return True
        if self.totalPages is not None:
            return number + 1 >= self.totalPages
        return rows >= self.totalElements


class Sicredi(Connector[StatementPage]):
    """Reads a Sicredi account."""

    content_fields = ("idMovimento", "data", "valor", "descricao", "complemento", "documento")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of every window; each window begins with the balance with which the one before it ended."""
        ends: list[tuple[Decimal, Decimal]] = []
        doubts: list[Contradiction] = []
        for window in period.windows(self.contract.period.max_days):
            opening, closing = yield from self._window(account, window, doubts)
            if ends and opening != ends[-1][1]:
                detail = f"{window.first} begins with {opening}, the days before it end with {ends[-1][1]}"
                doubts.append(self._doubt(detail))
            ends.append((opening, closing))
        return Balances(
            opening=BalanceAt(period.first - DAY, ends[0][0]),
            closing=BalanceAt(period.last, ends[-1][1]),
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; `valor` has its sign."""
        return movements(page.rows, self.content)

    def _window(self, account: Account, window: Period, doubts: list[Contradiction]) -> Flow[tuple[Decimal, Decimal]]:
        """Hand over the rows of a window, oldest first; give the balances before and after it."""
        row_count = RowCount(self.contract.slug)
        number = self.contract.paging.first
        first = page = yield from self._page(account, window, number)
        opening = self._opening(page)
        links: list[BalanceLink[Row]] = []
        while True:
            for movement, row in zip(self.movements(page), page.rows, strict=True):
                if movement.date not in window:
                    raise self.unexpected("statement", "an entry lies outside the days that were asked for")
                links.append(BalanceLink(movement.date, movement.amount, movement.balance, row))
            row_count.add((id_of(row) for row in page.rows), page.totalElements)
            if page.ends_at(number, row_count.rows):
                break
            number += 1
            page = yield from self._page(account, window, number)
        row_count.finish()
        # The bank documents no order, and the balances prove any.
        ordered = in_order(opening, links)
        closing = opening + sum((link.amount for link in links), Decimal(0))
        if ordered is None:
            ordered, closing = _as_they_came(links, closing)
            doubts.append(self._doubt("a balance does not follow from the one before it, in whatever order"))
        yield replace(first, dtlMovimentos=[link.row for link in ordered if link.row is not None])
        return opening, closing

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
        return self.answer("statement", account, StatementPage, query=query)

    def _opening(self, page: StatementPage) -> Decimal:
        """The balance before a window. Later pages may have another one: it is read from the first."""
        if page.saldoAnterior is None:
            raise self.unexpected("statement", "the first page has no balance before the period")
        return fields.reais(page.saldoAnterior)


def _as_they_came(links: list[BalanceLink[Row]], moved: Decimal) -> tuple[list[BalanceLink[Row]], Decimal]:
    """Rows whose balances prove no order, by their days, and the balance that the bank tells after the last of them.

    Args:
        links: the rows in the order in which they came, which may be either direction.
        moved: what they lead to.
    """
    either = [sorted(each, key=lambda link: link.day) for each in (links, links[::-1])]
    ordered = next((each for each in either if each[-1].balance == moved), either[0])
    return ordered, moved if ordered[-1].balance is None else ordered[-1].balance
