"""Banco BS2, API Banking v1: the statement (`extrato`) of the one account an application belongs to.

Odd: refresh tokens are good for one use, and a new access token ends the one before it; `inicio` counts pages in the
recordings and rows in one client, so the second page tells which; times are local without offset, while the query is
written with `Z`.

What is asked: from midnight UTC of the first day to 03:00 UTC after the last, so that the whole period is inside
whether the bank respects `Z` or takes the clock time as local. Rows beyond the period serve the balances only.

Sources: contracts/banks/bs2/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from gateway.auth.refresh_token import RotatingRefreshToken
from gateway.completeness.counts import RowCount
from gateway.completeness.digests import DigestSet, digest_of
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import in_turn
from gateway.connectors.rows.bs2 import Row, movements, protocol_of
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Contradiction, Movement, Period

__all__ = ["Bs2"]


class PeriodBalances(Struct, frozen=True):
    """The balances at both ends of the period that was asked for."""

    before: Decimal
    after: Decimal


class Saldo(Struct, frozen=True):
    """The same as the bank sends it."""

    inicial: Raw = Raw()
    final: Raw = Raw()


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    saldo: Saldo | None = None
    movimentacoes: list[Row] | Row | str | UnsetType | None = UNSET
    total: Any = None

    @property
    def rows(self) -> list[Row]:
        """The rows; the portal lets the list be null, and it may be left out as well."""
        return [] if self.movimentacoes is UNSET else fields.as_list(self.movimentacoes)

    @property
    def balances(self) -> PeriodBalances | None:
        """The balances; None where one of them is left out.

        Raises:
            ValueError: one of them cannot be read.
        """
        sent = self.saldo or Saldo()
        before, after = (fields.raw_reais(each) for each in (sent.inicial, sent.final))
        return None if before is None or after is None else PeriodBalances(before, after)

    @property
    def announced(self) -> int | None:
        """How many rows the whole list has; None where the answer does not say, as on the portal's page.

        Raises:
            ValueError: `total` is no number of rows.
        """
        return fields.count(self.total)

    def fits(self, begins: int, size: int, known: int) -> bool:
        """Whether the page has as many rows as are due from the row `begins` on, where `known` rows of it have come."""
        if self.announced is None:
            # An empty page ends the list. No page follows a short one.
            return len(self.rows) <= size and (known >= 0 or not self.rows)
        return len(self.rows) == min(size, self.announced - begins)


class Asked(Struct, frozen=True):
    """What is asked for of a window."""

    days: Period
    end: str
    """The instant at which it ends."""


class Window(Struct, frozen=True):
    """What is known of a window once all its pages have been handed over."""

    balances: PeriodBalances | None
    """None where the bank tells none."""
    keys: DigestSet
    """What its rows are known by."""
    shared: Decimal
    """Sum of the rows that the window after it holds too."""
    rows_counted: bool | None
    """Whether `inicio` counts rows; None while one page has held everything."""
    doubtful: bool = False
    """Whether equal rows without id stand on two of its pages."""
    ended: bool = False
    """Whether balances or a total tell that these are all its rows."""


class Bs2(Connector[StatementPage]):
    """Reads a BS2 account."""

    newest_first = True
    content_fields = (
        *("protocolo", "movimentadoEm", "tipoMovimentacao", "valor", "descricao", "documento", "observacao"),
        *("remetente.documento", "favorecido.documento"),
    )

    def auth(self, account: Account) -> RotatingRefreshToken:
        """The chain of refresh tokens; of the application's scopes only those for reading are asked for."""
        held = account.credentials
        reading = self.contract.authentication.scopes
        given = held.get("scope").split()
        return RotatingRefreshToken(
            self.contract,
            account.environment,
            first=held["refresh_token"],
            form={"client_id": held["api_key"], "client_secret": held["api_secret"]},
            scopes=[scope for scope in reading if scope in given] or reading,
            headers=self.headers(account),
        )

    def headers(self, account: Account) -> dict[str, str]:
        """The code by which BS2 knows the caller's program; nothing for those that were given none."""
        code = account.credentials.get("user_agent")
        return {"User-Agent": code} if code else {}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of every window, the newest first; adjoining windows must agree on the balance between them."""
        last = min(period.last + DAY, today)
        windows = list(Period(period.first, last).windows(self.window_days))
        # Of today all is asked that no reading of `Z` takes for tomorrow.
        end = f"{last}T03:00:00Z" if period.last < today else f"{today}T23:59:59Z"
        # Adjoining windows share their instant, so that a row booked in it is lost in neither reading of an end.
        ends = [*(f"{window.last + DAY}T00:00:00Z" for window in windows[:-1]), end]
        asked = list(map(Asked, reversed(windows), reversed(ends)))
        first_pages = in_turn([self._page(account, each, 0) for each in asked])
        newest = later = yield from self._window(account, asked[0], next(first_pages), None)
        doubts, ended = self._doubts(newest, None), newest.ended
        for each, first_page in zip(asked[1:], first_pages, strict=True):
            read = yield from self._window(account, each, first_page, later)
            doubts += self._doubts(read, later)
            ended, later = ended and read.ended, read
        return Balances(
            # With `Z` respected the answer begins on the evening before the period: rows from there on are counted.
            opening=BalanceAt(period.first - 2 * DAY, later.balances.before) if later.balances else None,
            closing=BalanceAt(last, newest.balances.after) if newest.balances else None,
            reason="the bank tells no balances",
            complete_through=None if ended else period.first - DAY,
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoMovimentacao`."""
        return movements(page.rows, self.content)

    def _doubts(self, window: Window, later: Window | None) -> list[Contradiction]:
        """What speaks against a window and the one after it, without its meaning being known."""
        doubts = []
        if window.doubtful:
            doubts.append(self.doubt("equal rows without protocolo are on two pages"))
        if later is None or later.balances is None or window.balances is None:
            return doubts
        if window.balances.after - window.shared != later.balances.before:
            detail = "the balances on both sides of an instant that two answers share differ"
            doubts.append(self.doubt(detail, "period_end"))
        return doubts

    def _window(
        self, account: Account, asked: Asked, first_page: Flow[StatementPage | None], later: Window | None
    ) -> Flow[Window]:
        """Hand over the rows of a window, but for those that the window after it, read before, holds too."""
        row_count = RowCount(self.contract.slug)
        first = yield from first_page
        if first is None:
            return Window(None, DigestSet(), ZERO, later.rows_counted if later else None)
        page = first
        size, total, balances = len(first.rows), first.announced, first.balances
        moved = balances.after - balances.before if balances else ZERO
        if not size and (total or moved):
            raise self.incoherent(f"an empty answer announces {total} entries and balances that differ by {moved}")
        rows_counted = later.rows_counted if later else None
        held_later = later.keys if later else DigestSet()
        beginning, held = (keys := self._keys(page)), DigestSet()
        shared, inicio, known, doubtful = ZERO, 0, 0, False
        while True:
            fresh = list(zip(page.rows[known:], keys[known:], strict=True))
            row_count.add((key if protocol_of(row) else None for row, key in fresh), page.announced)
            doubtful = doubtful or any(key in held for _, key in fresh)
            held.update(keys)
            shared += yield from self._hand_over(page, fresh, held_later)
            if not page.rows if total is None else row_count.rows >= total:
                break
            inicio = row_count.rows if rows_counted else inicio + 1
            page = (yield from self._page(account, asked, inicio)) or replace(page, movimentacoes=None)
            previous, keys = keys, self._keys(page)
            if total is None and keys and keys == previous:
                raise self.incoherent(f"the page at inicio {inicio} is the one before it")
            if rows_counted is None and size > 1:
                rows_counted = keys[:1] == beginning[1:2]
            begins = inicio if rows_counted else inicio * size
            known = row_count.rows - begins
            if keys[:known] != beginning[begins:] or not page.fits(begins, size, known):
                raise self.incoherent(f"the page at inicio {inicio} does not fit the first one")
        row_count.finish()
        ended = balances is not None or total is not None
        return Window(balances, held, shared, rows_counted, doubtful, ended)

    def _keys(self, page: StatementPage) -> list[int]:
        """What each row of a page is known by in another answer, whether it has an id or not."""
        return [digest_of(self.content(row)) for row in page.rows]

    def _hand_over(self, page: StatementPage, fresh: list[tuple[Row, int]], held_later: DigestSet) -> Flow[Decimal]:
        """Hand over what no page before has held; give the sum of what the window after this one holds too."""
        yield replace(page, movimentacoes=[row for row, key in fresh if key not in held_later])
        again = replace(page, movimentacoes=[row for row, key in fresh if key in held_later])
        return sum((movement.amount for movement in self.movements(again)), ZERO)

    def _page(self, account: Account, asked: Asked, inicio: int) -> Flow[StatementPage | None]:
        """A page; None where the bank says nothing but that there are no entries."""
        page = yield from self.answer_if_any(
            "statement",
            account,
            StatementPage,
            query={
                "movimentoInicial": f"{asked.days.first}T00:00:00Z",
                "movimentoFinal": asked.end,
                "inicio": str(inicio),
                "limite": str(self.page_size),
            },
        )
        if page is None:
            return None
        if page.saldo is None and page.movimentacoes is UNSET and page.announced is None:
            raise self.unexpected("statement", "the answer has nothing of what was asked for")
        around = Period(asked.days.first - DAY, asked.days.last + DAY)
        self.check_days((fields.iso_date(row.movimentadoEm) for row in page.rows), around)
        return page
