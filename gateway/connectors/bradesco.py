"""Bradesco, "Saldo e extrato" v1 for companies, over mutual TLS.

Odd: no pages, no ids, and three blocks in each answer. `extratoPorPeriodo` is the history of the period asked for;
`extratoUltimosLancamentos` has the last days up to now, whatever was asked; scheduled rows, the third block, are never
entries. Sources disagree on whether the first two overlap. Each row has the balance after it, so the balances decide:
from the previous balance of a list, row by row, window by window and from block to block, each must follow from the
one before, whichever end a list begins with. Where the bank tells no balance before the period, or nothing beyond its
end, the neighbouring days are asked for one.

A block that refuses does so inside an answer with status 200.

Long because the windows, the days around them and the joining of the blocks are one conversation.

Sources: contracts/banks/bradesco/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

import httpx
from msgspec import Struct

from gateway.completeness.ordering import follows, possible_orders
from gateway.completeness.running_balance import BalanceLink, RunningBalance, join_either
from gateway.connectors import fields
from gateway.connectors.base import EMPTY_BY_WORDS, Connector
from gateway.connectors.in_turn import InTurn
from gateway.connectors.rows.bradesco import (
    LISTS,
    NOTHING_FOUND,
    SCHEDULED,
    Answer,
    Block,
    Row,
    balance_of,
    is_balance,
    moved,
    movements,
    tells_account,
    with_signs,
)
from gateway.errors import AnotherAccount, BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import check_success, failure_within
from gateway.model import DAY, ZERO, Account, Balances, Contradiction, Movement, Period, Undecided, balance_at
from gateway.responses import text_of

__all__ = ["Bradesco"]

CODE_STATUSES = (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST)
"""Statuses of an answer that nothing is in the period, if its code says so; the first of them is documented."""

SLICE = 30
"""Days asked for at a time, well below the year that the bank allows: an answer has no pages."""
AROUND = (7, 30, 365)
"""Days around a period that are looked at for a balance, first the nearest; a busy account has one in the first."""


class Answered(Struct, frozen=True):
    """What the bank answered when it was asked about an account."""

    account: Account
    response: httpx.Response
    answer: Answer


class StatementPage(Page, frozen=True):
    """The links of one window, those of the last days included where it reaches them."""

    links: list[BalanceLink[Row]]
    undecided: bool = False
    """Whether nothing tells that its rows are entries."""


class Latest(Struct, frozen=True):
    """The last days: their links in each possible order, and rows under unknown headings that no balance decides."""

    orders: list[list[BalanceLink[Row]]]
    undecided: dict[str, list[BalanceLink[Row]]]
    """By heading."""


class Told:
    """What the bank has told of a period so far, window after window, besides its entries.

    Args:
        bank: slug.
        period: what is read.
        today: the present day.
    """

    def __init__(self, bank: str, period: Period, today: date) -> None:
        self.period, self.today, self.yesterday = period, today, today - DAY
        self.running = RunningBalance(bank)
        self.doubts: list[Contradiction] = []
        self.undecided: set[Undecided] = set()
        self.is_anchored = True
        """Whether the balance before the period was told; False where it was looked for in vain."""
        self._has_left_out = self._has_moved = False
        self._left_out_from: date | None = None
        """The first day of which the history is left out, and no balance after it proves that nothing moved."""

    def needs_history(self, window: Period) -> bool:
        """Whether a window has days that the last days, which each answer has, do not."""
        return window.first < self.yesterday

    def reaches_last_days(self, window: Period) -> bool:
        """Whether a window ends where the last days may have begun."""
        return window.last >= self.yesterday - DAY

    def fitting(self, orders: list[list[BalanceLink[Row]]]) -> list[BalanceLink[Row]]:
        """The first order of links whose balances follow from those so far; the first of all where none does."""
        return next(filter(self.running.fits, orders), orders[0])

    def leave_out(self, first: date) -> None:
        """Note that the history of a window is left out, which begins on this day."""
        self._has_left_out, self._left_out_from = True, self._left_out_from or first

    def add(self, links: list[BalanceLink[Row]]) -> None:
        """Add the links of a window.

        Raises:
            IncoherentPages: the balances do not follow from them.
        """
        for link in links:
            self.running.add(link)
            self._has_moved = self._has_moved or link.row is not None
        if any(link.balance is not None for link in links):
            self._left_out_from = None

    @property
    def contradicts_silence(self) -> bool:
        """Whether something moved before the first balance, though the bank left out what it was."""
        return self._has_left_out and not self.is_anchored and bool(self.running.opening)

    def balances(self, end: date | None) -> Balances:
        """The balances before and after all that was added, and how far the entries are complete.

        Args:
            end: the day with which it ends; None where the bank found nothing at last, which is not believed.
        """
        opening = self.running.opening if self.is_anchored else None
        closing = None if end is None else self.running.closing
        # An account that moves, and had a balance before, had movements in a year before: an empty history hides them.
        is_hidden = self._has_moved and bool(self.running.opening)
        through = self.period.first - DAY if not self.is_anchored and (self._has_left_out or is_hidden) else None
        if self._left_out_from is not None:
            end = self._left_out_from - DAY
            through, closing = through or end, closing if end >= self.period.last else None
        return Balances(
            opening=balance_at(self.period.first - DAY, opening),
            closing=None if end is None else balance_at(end, closing),
            reason=f"the bank tells no balance {'before' if opening is None else 'at the end of'} the period",
            complete_through=through,
            contradictions=tuple(self.doubts),
            undecided=frozenset(self.undecided),
        )


class Bradesco(Connector[StatementPage]):
    """Reads a Bradesco account."""

    slice_days = SLICE
    content_fields = ("title", "segundaLinhalLancamento", "numeroDocumento")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Window after window, until a balance beyond the period is known or today is reached."""
        told = Told(self.contract.slug, period, today)
        windows = list(_windows(period, today))
        # The reading goes on after these, whatever is in them.
        inner = [each.last < period.last and not told.reaches_last_days(each) for each in windows]
        readings = InTurn(self._ask(account, each) for each in windows)
        for place, window in enumerate(windows):
            answered = yield from readings.next(sum(inner[place:]))
            history = self._history(answered, window, told.doubts, needed=told.needs_history(window))
            if told.needs_history(window):
                if not answered.answer.silent and not answered.answer.history:
                    told.leave_out(window.first)
                if window.first == period.first and not any(map(_begins_with_balance, history)):
                    yield from self._look_back(account, told)
            if told.reaches_last_days(window):
                links, end = yield from self._with_last_days(answered, history, window, told)
            else:
                links, end = told.fitting(history), None if answered.answer.silent else window.last
            told.add(links)
            yield StatementPage(links)
            if told.reaches_last_days(window) or any(max(link.day, window.first) > period.last for link in links):
                break
        if told.contradicts_silence:
            raise self.incoherent(f"a history that is left out stands before a balance of {told.running.opening}")
        return told.balances(end)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each link but the previous balances as a movement; there is no id, no time and no certain other party."""
        rows = (link.row for link in page.links if link.row is not None)
        return movements(rows, self.content, undecided=page.undecided)

    def _ask(self, account: Account, window: Period) -> Flow[Answered]:
        query = {
            "agencia": account.branch,
            "conta": account.number[:-1].lstrip("0"),
            "tipo": "cc",
            "dataInicio": window.first.strftime("%d%m%Y"),
            "dataFim": window.last.strftime("%d%m%Y"),
        }
        response, nothing = yield from self.ask_for_entries("statement", account, query=query, accept=CODE_STATUSES)
        names_code = response.status_code in CODE_STATUSES and NOTHING_FOUND in text_of(response)
        if names_code or nothing:
            response.extensions[EMPTY_BY_WORDS] = not names_code
            return Answered(account, response, Answer())
        check_success(self.contract, "statement", response)
        answer = self.decode("statement", response, Answer)
        if answer.silent:
            if message := answer.message:
                raise failure_within(self.contract, "statement", response, None, message)
            raise self.refused_within("statement", response)
        return Answered(account, response, answer)

    def _with_something(self, account: Account, today: date) -> Flow[Answered]:
        """An answer with the last days, after one without blocks: of more and more days, until something is found."""
        for days in AROUND:
            answered = yield from self._ask(account, Period(today - timedelta(days=days - 1), today))
            if not answered.answer.silent:
                break
        return answered

    def _with_last_days(
        self, answered: Answered, history: list[list[BalanceLink[Row]]], window: Period, told: Told
    ) -> Flow[tuple[list[BalanceLink[Row]], date | None]]:
        """The links of a window and of the last days behind it, and the day with which they end.

        None in place of the day with which they end where the bank found nothing.
        """
        if answered.answer.silent:
            answered = yield from self._with_something(answered.account, told.today)
        if answered.answer.silent:
            return told.fitting(history), None
        latest = self._latest(answered, told.doubts, needed=told.period.last >= told.yesterday)
        links = join_either(told.running, history, latest.orders, window.first)
        for heading, found in latest.undecided.items():
            within = [link for link in found if link.row is not None and link.day in told.period]
            told.undecided |= {Undecided(link.day, heading) for link in within}
            yield StatementPage(within, undecided=True)
        # On a weekend rows of the next business day may come, and be in the balance.
        return links, max([told.today, *(link.day for link in links)])

    def _look_back(self, account: Account, told: Told) -> Flow[None]:
        """Let the running balance begin with what the days before the period ended with, if the bank tells it."""
        last = told.period.first - DAY
        for days in AROUND:
            window = Period(last - timedelta(days=days - 1), last)
            try:
                answered = yield from self._ask(account, window)
                history = self._history(answered, window, told.doubts, needed=True)
            except BankFailure as failure:
                if failure.code != "period_out_of_range":
                    raise
                break
            before = RunningBalance(self.contract.slug)
            for link in history[0]:
                before.add(link)
            if before.closing is not None:
                told.running.check_balance(before.closing)
                break
            last = window.first - DAY
        told.is_anchored = told.running.opening is not None

    def _history(
        self, answered: Answered, window: Period, doubts: list[Contradiction], *, needed: bool
    ) -> list[list[BalanceLink[Row]]]:
        """The rows of the period, in each direction in which their balances follow.

        There are none where the block is missing, or refuses what the last days tell alone. A row of another day would
        come again with its own window, which only balances could tell.
        """
        blocks = [self._block(answered, block, needed=needed) for block in answered.answer.history]
        links: list[BalanceLink[Row]] = []
        for block in filter(None, blocks):
            found = _links([], block.of_period, window)
            self._count(block, doubts, found)
            links += found
        return [_within(order, window) for order in possible_orders(links)]

    def _latest(self, answered: Answered, doubts: list[Contradiction], *, needed: bool) -> Latest:
        """The rows of the last days, likewise; none where the block is missing or refuses and nothing needs it.

        Rows under an unknown heading are entries where their balances follow from the others, and none where their
        balances do not.
        """
        sent = answered.answer.latest
        block = None if sent is None else self._block(answered, sent, needed=needed)
        if block is None:
            if needed:
                raise ValueError("the block of the last days is missing")
            return Latest([[]], {})
        lists = block.lists()
        previous, *others = (lists.pop(heading, []) for heading in LISTS)
        lists.pop(SCHEDULED, None)
        rows = [row for those in others for row in those]
        undecided: dict[str, list[BalanceLink[Row]]] = {}
        known = all_of = _links(previous, rows)
        for heading, more in lists.items():
            all_of = _links(previous, rows + more)
            if any(link.balance is None for link in all_of[len(known) :]):
                undecided[heading] = all_of[len(known) :]
            elif follows(all_of):
                rows, known = rows + more, all_of
        self._count(block, doubts, known, all_of, [*known, *chain.from_iterable(undecided.values())])
        return Latest(possible_orders(known), undecided)

    def _block(self, answered: Answered, block: Block, *, needed: bool) -> Block | None:
        """A block that does not refuse and is about this account.

        Raises:
            BankFailure: it is needed and refuses, or is about another account.
        """
        if block.code.strip("0 ") and (block.has_rows or not block.is_nothing):
            if not needed:
                return None
            raise failure_within(self.contract, "statement", answered.response, block.code, block.message)
        number, digit = answered.account.number[:-1].lstrip("0"), answered.account.number[-1]
        digits = self._also_written(digit)
        named = fields.digits(fields.word(block.numeroConta))
        if named not in {"", number, *(f"{number}{each}" for each in digits)}:
            raise ValueError("the answer is about another account")
        its_digit = fields.code(block.digitoConta).upper()
        if named and its_digit not in {"", *digits}:
            raise AnotherAccount(self.contract.slug, ["number"], at="statement")
        return block

    def _also_written(self, digit: str) -> set[str]:
        """A check digit and what else the bank may write for it: whether it sends its P as such is unknown."""
        numbering = self.contract.enrolment.numbering
        rule = numbering.check_digit if numbering is not None else None
        return {digit, rule.also_written.get(digit, digit)} if rule is not None else {digit}

    def _count(self, block: Block, doubts: list[Contradiction], *found: list[BalanceLink[Row]]) -> None:
        """Note a doubt where another number of rows came than announced.

        Whether the bank counts the previous balance, and rows under other headings, is not documented: any is accepted.
        """
        counts = {len(links) for links in found} | {sum(link.row is not None for link in links) for links in found}
        if block.announced is not None and block.announced not in counts:
            entries = sum(link.row is not None for link in found[0])
            detail = f"{block.announced} rows are announced, {len(found[0])} came, {entries} of them entries"
            doubts.append(self.doubt(detail, "announced_rows"))


def _windows(period: Period, today: date) -> Iterator[Period]:
    """Slices of the period, the last one a week longer, then the days after it; none goes beyond today."""
    last = period.first - DAY
    for window in period.windows(SLICE):
        last = window.last if window.last < period.last else min(today, window.last + timedelta(days=AROUND[0]))
        yield Period(window.first, last)
    for days in AROUND[1:]:
        if last < today:
            first, last = last + DAY, min(today, last + timedelta(days=days))
            yield Period(first, last)


def _begins_with_balance(links: list[BalanceLink[Row]]) -> bool:
    return bool(links) and links[0].row is None and links[0].balance is not None


def _links(previous: list[Row], rows: list[Row], days: Period | None = None) -> list[BalanceLink[Row]]:
    """Rows as links, those in `previous` being balances; what lacks a sign has that by which the balances follow."""
    signed = with_signs([*previous, *rows])
    links = [_link(row, headed=True) for row in signed[: len(previous)]]
    return links + [_link(row, days=days) for row in signed[len(previous) :]]


def _link(row: Row, *, headed: bool = False, days: Period | None = None) -> BalanceLink[Row]:
    """A row as a link, without the row where it only tells a balance; arguments as of `is_balance`."""
    if is_balance(row, days, headed=headed):
        balance = balance_of(row, only=True) if tells_account(row, headed=headed) else None
        return BalanceLink(date.min, ZERO, balance, None)
    day, amount = moved(row)
    return BalanceLink(day, amount, balance_of(row), row)


def _within(links: list[BalanceLink[Row]], window: Period) -> list[BalanceLink[Row]]:
    """The links of a window; those of other days come with their own.

    Raises:
        ValueError: there are such links, and without balances nothing would show one that is lost or comes twice.
    """
    rows = [link for link in links if link.row is not None]
    if all(link.day in window for link in rows):
        return links
    if not follows(links) or any(link.balance is None for link in rows):
        raise ValueError("a row lies outside the days that were asked for")
    before = [link for link in rows if link.day < window.first]
    begin = [BalanceLink[Row](window.first, ZERO, before[-1].balance, None)] if before else links[:1]
    within = [link for link in rows if link.day in window]
    return [*(link for link in begin if link.row is None), *within]
