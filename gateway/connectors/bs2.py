"""Banco BS2, API Banking v1: the statement (`extrato`) of the one account an application belongs to.

Odd: refresh tokens are good for one use, and a new access token ends the one before it; `inicio` counts pages in the
recordings and rows in one client, so the second page tells which; times are local without offset, while the query is
written with `Z`; amounts have no sign; banks, branches and accounts are numbers that lost their zeros.

What is asked: from midnight UTC of the first day to 03:00 UTC after the last, so that the whole period is inside
whether the bank respects `Z` or takes the clock time as local. Rows beyond the period serve the balances only.

Sources: contracts/banks/bs2/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from contracts.schema import Evidence
from gateway.auth.refresh_token import RotatingRefreshToken
from gateway.completeness.counts import RowCount
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Sides
from gateway.flow import Flow, Page
from gateway.model import (
    DAY,
    ZERO,
    Account,
    BalanceAt,
    Balances,
    Contradiction,
    Counterparty,
    Movement,
    Period,
    TransactionType,
)

__all__ = ["Bs2"]

TYPES = {
    "2": TransactionType.TED,
    "10": TransactionType.PIX,
    "11": TransactionType.PIX,
    "16": TransactionType.PIX,
    "17": TransactionType.PIX,
    "18": TransactionType.PIX,
    "20": TransactionType.TARIFA_SERVICOS_AVULSOS,
}
"""The values of `tipoCategoria` that are known; the bank's list is longer; the text decides of the rest."""

SIDES = Sides(
    {"2", "C", "CR", "CRD", "CREDITO", "CREDIT", "ENTRADA"}, {"1", "D", "DB", "DEB", "DEBITO", "DEBIT", "SAIDA"}
)
"""`tipoMovimentacao` as recorded, a number, and as the portal describes it, a letter or a word."""


class Row(Struct, frozen=True):
    """One row of `movimentacoes`."""

    movimentadoEm: str
    valor: Decimal
    tipoMovimentacao: Any = None
    protocolo: Any = None
    tipoCategoria: Any = None
    descricao: Any = None
    descricaoAbreviada: Any = None
    documento: Any = None
    observacao: Any = None
    remetente: Any = None
    favorecido: Any = None
    pix: Any = None


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


class Window(Struct, frozen=True):
    """What is known of a window once all its pages have been handed over."""

    saldo: PeriodBalances
    keys: frozenset[bytes]
    """What its rows are known by."""
    shared: Decimal
    """Sum of the rows that the window after it holds too."""
    rows_counted: bool | None
    """Whether `inicio` counts rows; None while one page has held everything."""
    doubtful: bool = False
    """Whether equal rows without id stand on two of its pages."""


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
            headers=_caller(account),
        )

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of every window, the newest first; adjoining windows must agree on the balance between them."""
        last = min(period.last + DAY, today)
        windows = list(Period(period.first, last).windows(self.contract.period.max_days))
        # Of today all is asked that no reading of `Z` takes for tomorrow.
        end = f"{last}T03:00:00Z" if period.last < today else f"{today}T23:59:59Z"
        newest = later = yield from self._window(account, windows.pop(), end, None)
        doubts = self._doubts(newest, None)
        while windows:
            # Adjoining windows share their instant, so that a row booked in it is lost in neither reading of an end.
            window = windows.pop()
            read = yield from self._window(account, window, f"{window.last + DAY}T00:00:00Z", later)
            doubts += self._doubts(read, later)
            later = read
        return Balances(
            # With `Z` respected the answer begins on the evening before the period: rows from there on are counted.
            opening=BalanceAt(period.first - 2 * DAY, fields.reais(later.saldo.inicial)),
            closing=BalanceAt(last, fields.reais(newest.saldo.final)),
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoMovimentacao`."""
        for row in page.rows:
            booked_at = fields.local_instant(row.movimentadoEm)
            credit = SIDES.is_credit(_code(row.tipoMovimentacao))
            note = fields.optional_text(row.observacao)
            told = row.remetente if credit else row.favorecido
            party = _counterparty(told)
            unshown = parties.unshown(party, fields.mapping(told).get("documento"))
            yield Movement(
                date=booked_at.date(),
                amount=SIDES.signed(fields.reais(row.valor), _code(row.tipoMovimentacao)),
                content=self.content(row),
                type=_type(row),
                description=wording.composed(_description(row), *unshown),
                booked_at=booked_at,
                document=_document(row.documento),
                bank_id=_protocolo(row),
                end_to_end_id=wording.end_to_end_id(*wording.texts_within(row.pix)),
                note=note,
                counterparty=party,
            )

    def _doubts(self, window: Window, later: Window | None) -> list[Contradiction]:
        """What speaks against a window and the one after it, without its meaning being known."""
        doubts = []
        if window.doubtful:
            doubts.append(Contradiction("equal rows without protocolo are on two pages", Evidence.ASSUMED))
        if later is not None and window.saldo.final - window.shared != later.saldo.inicial:
            detail = "the balances on both sides of an instant that two answers share differ"
            doubts.append(self.doubt(detail, "period_end"))
        return doubts

    def _window(self, account: Account, window: Period, end: str, later: Window | None) -> Flow[Window]:
        row_count = RowCount(self.contract.slug)
        query = {"movimentoInicial": f"{window.first}T00:00:00Z", "movimentoFinal": end}
        first = page = yield from self._page(account, window, query, 0)
        size, total, saldo = len(first.rows), first.total, first.saldo
        if not size and (total or saldo.inicial != saldo.final):
            raise self.incoherent(f"an empty answer announces {total} entries and {saldo}")
        rows_counted = later.rows_counted if later else None
        held_later: frozenset[bytes] = later.keys if later else frozenset()
        beginning, held = (keys := self._keys(page)), set[bytes]()
        shared, inicio, known, doubtful = ZERO, 0, 0, False
        while True:
            fresh = list(zip(page.rows[known:], keys[known:], strict=True))
            row_count.add((key if _protocolo(row) else None for row, key in fresh), page.total)
            doubtful = doubtful or any(key in held for _, key in fresh)
            held.update(keys)
            shared += yield from self._hand_over(page, fresh, held_later)
            if row_count.rows >= total:
                break
            inicio = row_count.rows if rows_counted else inicio + 1
            page = yield from self._page(account, window, query, inicio)
            keys = self._keys(page)
            if rows_counted is None and size > 1:
                rows_counted = keys[:1] == beginning[1:2]
            begins = inicio if rows_counted else inicio * size
            known = row_count.rows - begins
            if keys[:known] != beginning[begins:] or len(keys) != min(size, total - begins):
                raise self.incoherent(f"the page at inicio {inicio} does not fit the first one")
        row_count.finish()
        return Window(saldo=saldo, keys=frozenset(held), shared=shared, rows_counted=rows_counted, doubtful=doubtful)

    def _keys(self, page: StatementPage) -> list[bytes]:
        """What each row of a page is known by in another answer, whether it has an id or not."""
        return [self.content(row) for row in page.rows]

    def _hand_over(
        self, page: StatementPage, fresh: list[tuple[Row, bytes]], held_later: frozenset[bytes]
    ) -> Flow[Decimal]:
        """Hand over what no page before has held; give the sum of what the window after this one holds too."""
        yield replace(page, movimentacoes=[row for row, key in fresh if key not in held_later])
        again = replace(page, movimentacoes=[row for row, key in fresh if key in held_later])
        return sum((movement.amount for movement in self.movements(again)), ZERO)

    def _page(self, account: Account, window: Period, query: dict[str, str], inicio: int) -> Flow[StatementPage]:
        response = yield from self.ask(
            "statement",
            account,
            headers=_caller(account),
            query={**query, "inicio": str(inicio), "limite": str(self.page_size)},
        )
        page = self.decode("statement", response, StatementPage)
        for balance in (page.saldo.inicial, page.saldo.final):
            fields.reais(balance)
        earliest, latest = (window.first - DAY).isoformat(), (window.last + DAY).isoformat()
        if not all(earliest <= row.movimentadoEm[:10] <= latest for row in page.rows):
            detail = f"the answer from {window.first} on holds entries of another time"
            raise self.incoherent(detail)
        return page


def _caller(account: Account) -> dict[str, str]:
    """The code by which BS2 knows the caller's program, wanted on every request."""
    return {"User-Agent": account.credentials["user_agent"]}


def _code(value: Any) -> str:
    """A code as text, without blanks; empty where there is none."""
    return fields.word(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _protocolo(row: Row) -> str | None:
    """The bank's id of the row; some rows have none."""
    return _code(row.protocolo) or None


def _type(row: Row) -> TransactionType:
    """By category, else by text."""
    by_text = wording.kind_of(row.descricao, row.descricaoAbreviada)
    return TYPES.get(_code(row.tipoCategoria).lstrip("0"), by_text)


def _description(row: Row) -> str:
    """What the bank calls the movement, at length and in short, then what its author wrote about it, and the rest."""
    category = _code(row.tipoCategoria)
    more = (text for text in wording.texts_within(row.pix) if wording.end_to_end_id(text) is None)
    named = "" if category.isdecimal() else category
    return wording.composed(row.descricao, row.descricaoAbreviada, row.observacao, named, *more)


def _document(value: Any) -> str | None:
    """A document number; `0` stands for none."""
    number = _code(value)
    return number if number and number.strip("0") else None


def _counterparty(party: Any) -> Counterparty | None:
    party = fields.mapping(party)
    return parties.counterparty(
        name=party.get("nome"),
        tax_ids=[party.get("documento")],
        bank=_restored(party.get("banco"), 3),
        bank_name=party.get("nomeBanco"),
        branch=_restored(party.get("agencia"), 4),
        account=_restored(party.get("conta"), 0),
    )


def _restored(value: Any, width: int) -> str | None:
    """A number with the zeros it lost; 0 stands for unknown."""
    number = fields.digits(str(value)) if isinstance(value, int | str) else ""
    return number.zfill(width) if number else None
