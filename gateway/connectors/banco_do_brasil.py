"""Banco do Brasil, Extratos v2: movements and balances as rows of one list, over mutual TLS on the API host.

Odd: dates are integers without the leading zero of the day; what a row is follows from its stage, its history code and
its document number; future, blocked and limit rows stand among the movements; the id of a row is
filled only on the next day and is therefore left alone. The list of a window may begin with "Saldo Anterior", end with
"S A L D O", and have a balance after each day. Where it does it proves itself: each balance must be what the rows
before it lead to, from page to page and from window to window. Where a balance is missing nothing is proved. The
announced number of rows must come, whether or not it counts those that only tell a balance.

A window without rows is answered with 404, and so is an account that the bank does not know. Therefore:

- days that were not found are asked for again together with the day after them, which must not show any of their rows;
- where nothing was found up to the end, the latest days decide whether there is such an account, and whether its
  balance stayed what it was.

Long because rows have neither ids nor a mark of what they are: four things together tell whether a list is whole.

Sources: contracts/banks/banco_do_brasil/NOTES.md.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import httpx
from msgspec import Struct

from contracts.schema import Contract
from gateway.completeness.balance_rows import BalanceRows
from gateway.completeness.counts import RowCount
from gateway.completeness.digests import DigestSet, digest_of
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.lists import ListForm, items
from gateway.connectors.rows.banco_do_brasil import (
    Kind,
    NumberOrText,
    Row,
    amount_of,
    day_of,
    doubt_of,
    ends_list,
    kind_of,
    movements,
    moves,
    value_of,
)
from gateway.entry_ids import ContentDigest
from gateway.errors import IncoherentPages
from gateway.flow import Flow, Page
from gateway.judgement import check_success
from gateway.model import DAY, Account, Balances, Movement, Period, Undecided, balance_at

__all__ = ["BancoDoBrasil"]

SMALLEST_PAGE = 50
NOTHING_NEAR = "nothing moved for so long that the bank tells no balance next to these days"
DOUBLED = "equal rows stand on two pages, and neither balances nor a total prove both"
NO_BALANCE = "the bank told no balance before the entries, or none after them"


class Answer(Struct, frozen=True):
    """One page as the bank sends it."""

    numeroPaginaProximo: NumberOrText = None
    listaLancamento: list[Row] | ListForm = None
    numeroPaginaAtual: NumberOrText = None
    quantidadeRegistroPaginaAtual: NumberOrText = None
    quantidadeTotalRegistro: NumberOrText = None
    quantidadeTotalPagina: NumberOrText = None

    @property
    def following(self) -> int:
        """The number of the next page; 0 where none is told, and no total says that there is one.

        On the last page of all it may be no greater than the page's own.
        """
        told, here = fields.number(self.numeroPaginaProximo), fields.number(self.numeroPaginaAtual)
        total = fields.number(self.quantidadeTotalPagina) or 0
        if told is None and here is not None and total > here:
            return here + 1
        return 0 if told is None or (here == total and told <= here) else told

    @property
    def is_last(self) -> bool:
        """Whether the bank says that no page follows."""
        total, here = fields.number(self.quantidadeTotalPagina), fields.number(self.numeroPaginaAtual)
        return fields.number(self.numeroPaginaProximo) == 0 or (total is not None and total == here)


class StatementPage(Page, frozen=True):
    """The rows of a page, and the days that were asked for."""

    rows: Sequence[Row]
    days: Period
    taken: bool = False
    """Whether these are doubtful rows, which the balances have shown to be movements."""
    undecided: bool = False
    """Whether these are doubtful rows, and nothing tells what they are."""


class Ends(Struct, frozen=True):
    """The balances before and after some days; None where the bank tells none."""

    opening: Decimal | None
    closing: Decimal | None


class DaysRead(Struct, frozen=True):
    """What the bank answered about some days."""

    days: Period
    balances: BalanceRows
    not_found: httpx.Response | None = None
    """The answer with status 404, which is documented for days without rows, whatever its words are."""
    undecided: frozenset[Undecided] = frozenset()
    """The stages of rows that may or may not be entries: nothing tells."""
    ended: bool = True
    """Whether anything tells that the list is whole: balances at both ends, as many movements as are announced, or the
    last page's own word where no number is."""
    doubled: bool = False
    """Whether a row may have come twice."""


class RowsRead:
    """The rows of one list so far, page after page, and what tells whether they are all.

    Args:
        bank: slug.
        days: what was asked for.
        content: the digest that identifies a row.
    """

    def __init__(self, bank: str, days: Period, content: ContentDigest) -> None:
        self.balances = BalanceRows(bank, days)
        self._bank = bank
        self._content = content
        self._doubtful: list[Row] = []
        self._counts = [RowCount(bank) for _ in _counts(())]
        """One for each meaning that the bank's totals may have."""
        self._contents = DigestSet()
        self._repeats = False
        """Whether equal rows stand on two pages."""

    def add(self, page: Answer, number: int) -> list[Row]:
        """Add the next page; give its rows.

        Raises:
            IncoherentPages: it is another page, or its rows are not as many as it says, or do not fit those before it.
            ValueError: one of them cannot be read exactly.
        """
        rows = items(page.listaLancamento, Row)
        if fields.number(page.numeroPaginaAtual) not in {None, 0, number} or page.following not in {0, number + 1}:
            raise IncoherentPages(self._bank, f"page {number} stands in another place")
        counts = _counts(rows)
        for row in rows:
            _account_for(row, self.balances)
        self._doubtful += [row for row in rows if kind_of(row) is Kind.UNKNOWN]
        if fields.number(page.quantidadeRegistroPaginaAtual) not in {None, *counts}:
            raise IncoherentPages(self._bank, f"page {number} has not as many rows as it says")
        for row_count, count in zip(self._counts, counts, strict=True):
            row_count.add([None] * count, fields.number(page.quantidadeTotalRegistro))
        moved = [row for row in rows if moves(row)]
        contents = {digest_of(self._content(row, str(row.dataLancamento), value_of(row))) for row in moved}
        self._repeats |= any(content in self._contents for content in contents)
        self._contents.update(contents)
        return rows

    def decide(self) -> tuple[list[Row], list[Row]]:
        """After the last page: the doubtful rows that balances have shown to be entries, and those that stay open.

        Raises:
            IncoherentPages: rows are missing, or the balances do not follow from them.
        """
        if not any(row_count.is_whole for row_count in self._counts):
            self._counts[0].finish()
        decided = self.balances.finish()
        entries = [row for row in self._doubtful if doubt_of(row) in decided.entries]
        return entries, [row for row in self._doubtful if doubt_of(row) in decided.undecided]

    @property
    def is_proved(self) -> bool:
        """Whether balances stand at both ends."""
        return None not in {self.balances.opening, self.balances.closing}

    @property
    def is_announced(self) -> bool:
        """Whether the bank told a total."""
        return self._counts[0].announced is not None

    @property
    def doubled(self) -> bool:
        """Whether a row may have come twice.

        Rows have no id. Only balances tell two equal ones from one that stands on two pages, or a total that counts all
        rows: one that leaves some out may be that of a list with a row less.
        """
        counted = self.is_announced and self._counts[0].is_whole and self.balances.opening is not None
        return self._repeats and not self.is_proved and not counted

    def ends_with(self, page: Answer) -> bool:
        """Whether anything tells that the list, which ends with this page, is whole (`DaysRead.ended`)."""
        # A total of movements alone is also met by a list with balances and as many rows less.
        return self.is_proved or (self._counts[-1].is_whole if self.is_announced else page.is_last)


class BancoDoBrasil(Connector[StatementPage]):
    """Reads a Banco do Brasil account."""

    content_fields = (
        *("indicadorSinalLancamento", "codigoHistorico", "numeroDocumento", "textoDescricaoHistorico"),
        *("textoDescricaoSubHistorico", "textoInformacaoComplementar"),
        *("numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida", "numeroContaContrapartida"),
    )

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        super().__init__(contract, page_size)
        self.page_size = min(max(self.page_size, SMALLEST_PAGE), contract.paging.max_size)

    def headers(self, account: Account) -> dict[str, str]:
        """The bank's own customer whom a test reads; nothing in production."""
        test_customer = account.credentials.get("customer_code") if account.environment != "production" else ""
        return {"x-br-com-bb-ipa-mciteste": test_customer} if test_customer else {}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every window; each begins with the balance with which the last one that had rows ended."""
        ends: list[Ends] = []
        silent = complete_through = None
        undecided, doubled = frozenset[Undecided](), False
        windows = list(period.windows(self.window_days))
        readings = in_turn([self._read(account, days, hand_over=True) for days in windows])
        for days, reading in zip(windows, readings, strict=True):
            read = yield from reading
            undecided, doubled, ended = undecided | read.undecided, doubled | read.doubled, read.ended
            if has_rows := not read.balances.is_empty:
                found = Ends(read.balances.opening, read.balances.closing)
            else:
                wider = _with_next_day(days, today)
                read = read if wider == days else (yield from self._read(account, wider, hand_over=False))
                balance = read.balances.balance_during(days)
                found = Ends(balance, balance)
                # A list of all these days and others shows that they have no rows.
                ended = ended or (found.opening is not None and wider.first == days.first)
            if not ended and complete_through is None:
                complete_through = days.first - DAY
            if has_rows or found.opening is not None:
                self._join(ends, found, "a window does not begin with the balance before it")
                silent = None
            else:
                # A list without balances may have rows behind the days that are silent.
                last = max(days.last, wider.last) if read.balances.is_empty else days.last
                silent = Period(silent.first if silent else days.first, last)
        if silent is not None:
            latest = yield from self._latest(account, read, silent, today)
            self._join(ends, Ends(latest, latest), "the balance moved in days without rows")
        opening, closing = ends[0].opening, ends[-1].closing
        return Balances(
            opening=balance_at(period.first - DAY, opening),
            closing=balance_at(period.last, closing),
            reason=NO_BALANCE if silent is None else NOTHING_NEAR,
            complete_through=complete_through,
            contradictions=(self.doubt(DOUBLED),) if doubled else (),
            undecided=undecided,
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each movement; rows that only tell a balance, a limit or what is to come are none."""
        return movements(page.rows, self.content, page.days, taken=page.taken, undecided=page.undecided)

    def _join(self, ends: list[Ends], following: Ends, otherwise: str) -> None:
        """Add what follows the days so far, which must begin with the balance with which they ended.

        Raises:
            IncoherentPages: it does not; `otherwise` says what that means.
        """
        if ends and None not in (ends[-1].closing, following.opening) and ends[-1].closing != following.opening:
            raise self.incoherent(otherwise)
        ends.append(following)

    def _latest(self, account: Account, read: DaysRead, silent: Period, today: date) -> Flow[Decimal | None]:
        """The balance during days without rows, from the latest days, which must be found if anything is.

        Raises:
            BankFailure: they are not, so that the bank does not know the account.
        """
        latest = Period(today - (self.window_days - 1) * DAY, today)
        if read.days != latest:
            read = yield from self._read(account, latest, hand_over=False)
        if read.not_found is not None:
            check_success(self.contract, "statement", read.not_found)
        return read.balances.balance_during(silent) if latest.first <= silent.last + DAY else None

    def _read(self, account: Account, days: Period, *, hand_over: bool) -> Flow[DaysRead]:
        """Read all rows of some days."""
        listed = RowsRead(self.contract.slug, days, self.content)
        number = first = self.contract.paging.first
        pages = 0
        reading = InTurn(self._page(account, days, each) for each in itertools.count(first))
        while True:
            response, nothing = yield from reading.next(pages - number)
            not_found = response if response.status_code == httpx.codes.NOT_FOUND else None
            if nothing or not_found is not None:
                if number != first:
                    raise self.incoherent(f"page {number} was announced and is not there")
                return DaysRead(days, listed.balances, not_found, ended=not_found is not None)
            page = self.decode("statement", response, Answer)
            if page == Answer():
                raise self.refused_within("statement", response)
            rows = listed.add(page, number)
            if hand_over:
                yield StatementPage(rows, days)
            if not page.following:
                break
            number, pages = number + 1, fields.number(page.quantidadeTotalPagina) or 0
        entries, undecided = listed.decide()
        if hand_over and entries:
            yield StatementPage(entries, days, taken=True)
        if hand_over and undecided:
            yield StatementPage(undecided, days, undecided=True)
        stages = frozenset(Undecided(day_of(row), doubt_of(row)) for row in undecided)
        return DaysRead(days, listed.balances, None, stages, listed.ends_with(page), listed.doubled)

    def _page(self, account: Account, days: Period, number: int) -> Flow[tuple[httpx.Response, bool]]:
        return (
            yield from self.ask_for_entries(
                "statement",
                account,
                query={
                    "gw-dev-app-key": account.credentials["app_key"],
                    "numeroPaginaSolicitacao": str(number),
                    "quantidadeRegistroPaginaSolicitacao": str(self.page_size),
                    "dataInicioSolicitacao": _written(days.first),
                    "dataFimSolicitacao": _written(days.last),
                },
                accept=(httpx.codes.NOT_FOUND,),
                agencia=fields.digits(account.branch),
                conta=fields.digits(account.number[:-1]),
            )
        )


def _with_next_day(days: Period, today: date) -> Period:
    """At most 31 days with the last of `days` and the day after it, as far into the present as that allows."""
    last = min(today, max(days.first + 30 * DAY, days.last + DAY))
    return Period(max(days.first, last - 30 * DAY), last)


def _counts(rows: Sequence[Row]) -> tuple[int, ...]:
    """How many rows these are, by each meaning that the bank's totals may have.

    All of them; all but balances; only movements. Nobody has seen which it is.
    """
    kinds = [kind_of(row) for row in rows]
    balances = kinds.count(Kind.BALANCE)
    return len(kinds), len(kinds) - balances, len(kinds) - balances - kinds.count(Kind.ASIDE)


def _account_for(row: Row, balances: BalanceRows) -> None:
    kind = kind_of(row)
    if kind is Kind.BOOKED:
        balances.add_entry(day_of(row), amount_of(row))
    elif kind is Kind.UNKNOWN:
        balances.add_doubtful_row(day_of(row), amount_of(row), doubt_of(row))
    elif kind is Kind.BALANCE:
        balances.add_balance(amount_of(row), final=ends_list(row))


def _written(day: date) -> str:
    return f"{day.day}{day:%m%Y}"
