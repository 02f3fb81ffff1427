"""Banco BS2, API Banking v1: the statement (`extrato`) of the one account an application belongs to.

Odd: refresh tokens are good for one use, and a new access token ends the one before it; `inicio` counts pages in the
recordings and rows in one client, so the second page tells which; times are local without offset, while the query is
written with `Z`; amounts have no sign; banks, branches and accounts are numbers that lost their zeros.

What is asked: from midnight UTC of the first day to 03:00 UTC after the last, so that the whole period is inside
whether the bank respects `Z` or takes the clock time as local. Rows beyond the period serve the balances only.

Sources: contracts/banks/bs2/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.auth.refresh_token import RotatingRefreshToken
from gateway.connectors import fields, parties
from gateway.connectors.base import Connector
from gateway.errors import IncoherentPages
from gateway.flow import Flow, Page
from gateway.model import Account, BalanceAt, Balances, Counterparty, Movement, Period, TransactionType
from gateway.proof.coverage import Coverage

__all__ = ["Bs2"]

TYPES = {
    2: TransactionType.TED,
    10: TransactionType.PIX,
    11: TransactionType.PIX,
    16: TransactionType.PIX,
    17: TransactionType.PIX,
    18: TransactionType.PIX,
    20: TransactionType.TARIFA_SERVICOS_AVULSOS,
}
"""The values of `tipoCategoria` that are known; the bank's list is longer, and what is not here is OUTROS."""

DEBIT, CREDIT = 1, 2
DIRECTIONS: dict[int | str, int] = {1: DEBIT, 2: CREDIT, "D": DEBIT, "C": CREDIT}
"""`tipoMovimentacao` as recorded, a number, and as the portal describes it, a letter."""
DAY = timedelta(days=1)
ZERO = Decimal("0.00")


class Row(Struct, frozen=True):
    """One row of `movimentacoes`."""

    movimentadoEm: str
    valor: Decimal
    tipoMovimentacao: int | str
    protocolo: str
    tipoCategoria: Any = None
    descricao: str | None = None
    descricaoAbreviada: str | None = None
    documento: Any = None
    observacao: str | None = None
    remetente: dict[str, Any] | None = None
    favorecido: dict[str, Any] | None = None


class PeriodBalances(Struct, frozen=True):
    """The balances at both ends of the period that was asked for."""

    inicial: Decimal
    final: Decimal


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    saldo: PeriodBalances
    movimentacoes: list[Row] | None
    total: int

    @property
    def rows(self) -> list[Row]:
        """The rows; the portal lets the list be null."""
        return self.movimentacoes or []

    @property
    def ids(self) -> list[str]:
        """The id of each row."""
        return [row.protocolo for row in self.rows]


class Window(Struct, frozen=True):
    """What is known of a window once all its pages have been handed over."""

    saldo: PeriodBalances
    ids: frozenset[str]
    shared: Decimal
    """Sum of the rows that the window after it holds too."""
    rows_counted: bool | None
    """Whether `inicio` counts rows; None while one page has held everything."""


class Bs2(Connector[StatementPage]):
    """Reads a BS2 account."""

    newest_first = True
    content_fields = (
        "protocolo",
        "movimentadoEm",
        "tipoMovimentacao",
        "valor",
        "descricao",
        "documento",
        "observacao",
        "remetente.documento",
        "favorecido.documento",
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
            headers=_caller(account),
        )

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of every window, the newest first; adjoining windows must agree on the balance between them."""
        last = min(period.last + DAY, today)
        windows = list(Period(period.first, last).windows(self.contract.period.max_days))
        # Of today all is asked that no reading of `Z` takes for tomorrow.
        end = f"{last}T03:00:00Z" if period.last < today else f"{today}T23:59:59Z"
        newest = later = yield from self._window(account, windows.pop(), end, None)
        while windows:
            # Adjoining windows share their instant, so that a row booked in it is lost in neither reading of an end.
            end = f"{windows[-1].last + DAY}T00:00:00Z"
            read = yield from self._window(account, windows.pop(), end, later)
            if read.saldo.final - read.shared != later.saldo.inicial:
                raise IncoherentPages(self.contract.slug, f"the balances on both sides of {end} differ")
            later = read
        return Balances(
            # With `Z` respected the answer begins on the evening before the period: rows from there on are counted.
            opening=BalanceAt(period.first - 2 * DAY, fields.amount(later.saldo.inicial)),
            closing=BalanceAt(last, fields.amount(newest.saldo.final)),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoMovimentacao`."""
        for row in page.rows:
            booked_at = fields.local_instant(row.movimentadoEm)
            value = fields.amount(row.valor)
            if value < 0:
                raise ValueError("an amount that should have no sign has one")
            direction = DIRECTIONS.get(row.tipoMovimentacao)
            if direction is None:
                raise ValueError("an entry is neither credit nor debit")
            if not row.protocolo.strip():
                raise ValueError("an entry has no protocolo")
            credit = direction == CREDIT
            yield Movement(
                date=booked_at.date(),
                amount=value if credit else -value,
                content=self.content(row),
                type=_type(row.tipoCategoria),
                description=_description(row),
                booked_at=booked_at,
                document=_document(row.documento),
                bank_id=row.protocolo,
                counterparty=_counterparty(row.remetente if credit else row.favorecido),
            )

    def _window(self, account: Account, window: Period, end: str, later: Window | None) -> Flow[Window]:
        coverage = Coverage(self.contract.slug)
        query = {"movimentoInicial": f"{window.first}T00:00:00Z", "movimentoFinal": end}
        first = page = yield from self._page(account, window, query, 0)
        size, total, saldo = len(first.rows), first.total, first.saldo
        if not size and (total or saldo.inicial != saldo.final):
            raise IncoherentPages(self.contract.slug, f"an empty answer announces {total} entries and {saldo}")
        rows_counted = later.rows_counted if later else None
        held_later: frozenset[str] = later.ids if later else frozenset()
        ids: set[str] = set()
        shared, inicio, known = ZERO, 0, 0
        while True:
            coverage.add(page.ids[known:], page.total)
            ids.update(page.ids)
            shared += yield from self._hand_over(page, known, held_later)
            if coverage.rows >= total:
                break
            inicio = coverage.rows if rows_counted else inicio + 1
            page = yield from self._page(account, window, query, inicio)
            if rows_counted is None and size > 1:
                rows_counted = page.ids[:1] == first.ids[1:2]
            begins = inicio if rows_counted else inicio * size
            known = coverage.rows - begins
            if page.ids[:known] != first.ids[begins:] or len(page.ids) != min(size, total - begins):
                raise IncoherentPages(self.contract.slug, f"the page at inicio {inicio} does not fit the first one")
            if page.saldo != saldo:
                raise IncoherentPages(self.contract.slug, "the balances changed between two pages")
        coverage.finish()
        return Window(saldo=saldo, ids=frozenset(ids), shared=shared, rows_counted=rows_counted)

    def _hand_over(self, page: StatementPage, known: int, held_later: frozenset[str]) -> Flow[Decimal]:
        """Hand over what no page before has held; give the sum of what the window after this one holds too."""
        fresh = page.rows[known:]
        yield replace(page, movimentacoes=[row for row in fresh if row.protocolo not in held_later])
        again = replace(page, movimentacoes=[row for row in fresh if row.protocolo in held_later])
        return sum((movement.amount for movement in self.movements(again)), ZERO)

    def _page(self, account: Account, window: Period, query: dict[str, str], inicio: int) -> Flow[StatementPage]:
        response = yield from self.ask(
            "statement",
            account,
            headers=_caller(account),
            query={**query, "inicio": str(inicio), "limite": str(self.page_size)},
        )
        page = self.decode("statement", response, StatementPage)
        try:
            for balance in (page.saldo.inicial, page.saldo.final):
                fields.amount(balance)
        except ValueError as error:
            raise self.unexpected("statement", f"a balance cannot be read: {error}", response) from error
        earliest, latest = (window.first - DAY).isoformat(), (window.last + DAY).isoformat()
        if not all(earliest <= row.movimentadoEm[:10] <= latest for row in page.rows):
            raise IncoherentPages(
                self.contract.slug, f"the answer from {window.first} on holds entries of another time"
            )
        return page


def _caller(account: Account) -> dict[str, str]:
    """The code by which BS2 knows the caller's program, wanted on every request."""
    return {"User-Agent": account.credentials["user_agent"]}


def _type(category: Any) -> TransactionType:
    return TYPES.get(category, TransactionType.OUTROS) if isinstance(category, int) else TransactionType.OUTROS


def _description(row: Row) -> str:
    """What the bank calls the movement, then what its author wrote about it."""
    title = fields.optional_text(row.descricao) or fields.optional_text(row.descricaoAbreviada)
    return " - ".join(part for part in (title, fields.optional_text(row.observacao)) if part)


def _document(value: Any) -> str | None:
    """A document number; `0` stands for none."""
    number = str(value) if isinstance(value, int) else fields.optional_text(value)
    return number if number and number.strip("0") else None


def _counterparty(party: dict[str, Any] | None) -> Counterparty | None:
    if not party:
        return None
    return parties.counterparty(
        name=party.get("nome"),
        tax_ids=[party.get("documento")],
        bank=_restored(party.get("banco"), 3),
        branch=_restored(party.get("agencia"), 4),
        account=_restored(party.get("conta"), 0),
    )


def _restored(value: Any, width: int) -> str | None:
    """A number with the zeros it lost; 0 stands for unknown."""
    number = fields.digits(str(value)) if isinstance(value, int | str) else ""
    return number.zfill(width) if number else None
