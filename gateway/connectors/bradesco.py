"""Bradesco, "Saldo e extrato" v1 for companies, over mutual TLS.

Odd: no pages, no ids, and three blocks in each answer. `extratoPorPeriodo` is the history of the period asked for;
`extratoUltimosLancamentos` has the last days up to now, whatever was asked; scheduled rows, the third block, are never
entries. Sources disagree on whether the first two overlap. Each row has the balance after it, so the balances decide:
from the previous balance of a list, row by row, window by window and from block to block, each must follow from the
one before, whichever end a list begins with. Where the bank tells no balance before the period, or nothing beyond its
end, the neighbouring days are asked for one.

A block that refuses does so inside an answer with status 200.

Sources: contracts/banks/bradesco/NOTES.md.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
from msgspec import Struct

from gateway.completeness.ordering import possible_orders
from gateway.completeness.running_balance import BalanceLink, RunningBalance, join_either
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.rows.bradesco import (
    LISTS,
    Answer,
    Block,
    Row,
    balance_of,
    is_balance,
    moved,
    movements,
    only_element,
)
from gateway.errors import AnotherAccount, BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import failure_of, failure_within
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Contradiction, Movement, Period
from gateway.responses import bank_error, text_of

__all__ = ["Bradesco"]

NOTHING = re.compile(r"\b(?:NAO (?:HA|HOUVE|EXISTEM?|POSSUI)|SEM|NENHUM)\b.{0,30}(?:LANCAMENT|MOVIMENT)")
"""A reason why a list is empty, not a refusal. Only the balances around the list make it believed."""
NOTHING_FOUND = "CTAS0014"
"""The code that nothing is in the period: of an answer without blocks (422), or in the message of a block."""

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


class Bradesco(Connector[StatementPage]):
    """Reads a Bradesco account."""

    slice_days = SLICE
    content_fields = ("title", "segundaLinhalLancamento", "numeroDocumento")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Window after window, until a balance beyond the period is known or today is reached."""
        running = RunningBalance(self.contract.slug)
        doubts: list[Contradiction] = []
        yesterday = today - DAY
        end, anchored, silent = period.last, True, False
        left_out_from: date | None = None
        for window in _windows(period, today):
            answered = yield from self._ask(account, window)
            answer = answered.answer
            history = self._history(answered, window, doubts, needed=window.first < yesterday)
            left_out = window.first < yesterday and not answer.silent and not answer.extratoPorPeriodo
            silent |= left_out
            left_out_from = window.first if left_out and left_out_from is None else left_out_from
            if window.first == period.first < yesterday and not any(map(_begins_with_balance, history)):
                yield from self._look_back(account, window.first, running, doubts)
                anchored = running.opening is not None
            joined = window.last >= yesterday - DAY
            if joined and answer.silent:
                answered = yield from self._with_something(account, today)
                answer = answered.answer
            if joined and not answer.silent:
                latest = self._latest(answered, doubts, needed=period.last >= yesterday)
                links = join_either(running, history, latest, window.first)
            else:
                links = next(filter(running.fits, history), history[0])
            for link in links:
                running.add(link)
            # A balance that follows proves that nothing moved where the history is left out.
            left_out_from = None if any(link.balance is not None for link in links) else left_out_from
            yield StatementPage(links)
            end = today if joined else window.last
            if joined or any(link.day > period.last or window.first > period.last for link in links):
                break
        if silent and not anchored and running.opening:
            raise self.incoherent(f"a history that is left out stands before a balance of {running.opening}")
        opening = running.opening if anchored else None
        closing = None if answer.silent else running.closing
        through = period.first - DAY if silent and not anchored else None
        if left_out_from is not None:
            end = left_out_from - DAY
            through, closing = through or end, closing if end >= period.last else None
        return Balances(
            opening=None if opening is None else BalanceAt(period.first - DAY, opening),
            closing=None if closing is None else BalanceAt(end, closing),
            reason=f"the bank tells no balance {'before' if opening is None else 'at the end of'} the period",
            complete_through=through,
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each link but the previous balances as a movement; there is no id, no time and no certain other party."""
        return movements((link.row for link in page.links if link.row is not None), self.content)

    def _ask(self, account: Account, window: Period) -> Flow[Answered]:
        query = {
            "agencia": account.branch,
            "conta": account.number[:-1].lstrip("0"),
            "tipo": "cc",
            "dataInicio": window.first.strftime("%d%m%Y"),
            "dataFim": window.last.strftime("%d%m%Y"),
        }
        unprocessable = httpx.codes.UNPROCESSABLE_ENTITY
        response = yield from self.ask("statement", account, query=query, accept=(unprocessable,))
        if response.status_code == unprocessable:
            if NOTHING_FOUND in text_of(response):
                return Answered(account, response, Answer())
            raise failure_of(self.contract, "statement", response) or self.unexpected("statement", "refused", response)
        answer = self.decode("statement", response, Answer)
        if answer.silent:
            error = bank_error(response)
            raise failure_within(self.contract, "statement", response, error.code, error.message or "")
        return Answered(account, response, answer)

    def _with_something(self, account: Account, today: date) -> Flow[Answered]:
        """An answer with the last days, after one without blocks: of more and more days, until something is found."""
        for days in AROUND:
            answered = yield from self._ask(account, Period(today - timedelta(days=days - 1), today))
            if not answered.answer.silent:
                break
        return answered

    def _look_back(
        self, account: Account, day: date, running: RunningBalance, doubts: list[Contradiction]
    ) -> Flow[None]:
        """Let the running balance begin with what the days before `day` ended with, as far as the bank tells it."""
        last = day - DAY
        for days in AROUND:
            window = Period(last - timedelta(days=days - 1), last)
            try:
                answered = yield from self._ask(account, window)
                history = self._history(answered, window, doubts, needed=True)
            except BankFailure as failure:
                if failure.code != "period_out_of_range":
                    raise
                return
            before = RunningBalance(self.contract.slug)
            for link in history[0]:
                before.add(link)
            if before.closing is not None:
                running.check_balance(before.closing)
                return
            last = window.first - DAY

    def _history(
        self, answered: Answered, window: Period, doubts: list[Contradiction], *, needed: bool
    ) -> list[list[BalanceLink[Row]]]:
        """The rows of the period, in each direction in which their balances follow.

        There are none where the block is missing, or refuses what the last days tell alone. A row of another day would
        come again with its own window, which only balances could tell.
        """
        block = self._block(answered, answered.answer.extratoPorPeriodo, needed=needed)
        links = [] if block is None else self._links(block, [], block.lstLancamentoMensal or [], doubts, window)
        if any(link.row is not None and link.day not in window for link in links):
            raise ValueError("a row lies outside the days that were asked for")
        return possible_orders(links)

    def _latest(self, answered: Answered, doubts: list[Contradiction], *, needed: bool) -> list[list[BalanceLink[Row]]]:
        """The rows of the last days, likewise; none where the block is missing or refuses and nothing needs it."""
        block = self._block(answered, answered.answer.extratoUltimosLancamentos, needed=needed)
        if block is None:
            if needed:
                raise ValueError("the block of the last days is missing")
            return [[]]
        lists = block.lists()
        previous, *others = (lists.get(heading, []) for heading in LISTS)
        return possible_orders(self._links(block, previous, [row for rows in others for row in rows], doubts))

    def _block(self, answered: Answered, sent: Block | list[Block] | None, *, needed: bool) -> Block | None:
        """A block that does not refuse and is about this account.

        Raises:
            BankFailure: it is needed and refuses, or is about another account.
        """
        block = only_element(sent)
        if block is None:
            return None
        code, message = str(block.codigoRetorno or "0"), block.mensagem or ""
        nothing = NOTHING_FOUND in message or NOTHING.search(fields.fold(message))
        if code.strip("0 ") and (block.has_rows or not nothing):
            if not needed:
                return None
            raise failure_within(self.contract, "statement", answered.response, code, message)
        number, digit = answered.account.number[:-1].lstrip("0"), answered.account.number[-1]
        if (named := fields.digits(str(block.numeroConta or ""))) not in {"", number}:
            raise ValueError("the answer is about another account")
        its_digit = "" if block.digitoConta is None else str(block.digitoConta).strip().upper()
        if named and its_digit not in {"", *self._also_written(digit)}:
            raise AnotherAccount(self.contract.slug, ["number"], at="statement")
        return block

    def _also_written(self, digit: str) -> set[str]:
        """A check digit and what else the bank may write for it: whether it sends its P as such is unknown."""
        numbering = self.contract.enrolment.numbering
        rule = numbering.check_digit if numbering is not None else None
        return {digit, rule.also_written.get(digit, digit)} if rule is not None else {digit}

    def _links(
        self,
        block: Block,
        previous: list[Row],
        rows: list[Row],
        doubts: list[Contradiction],
        days: Period | None = None,
    ) -> list[BalanceLink[Row]]:
        """Rows as links, those in `previous` being balances; another number of them than announced is a doubt.

        Whether the bank counts the previous balance is not documented, so both are accepted.
        """
        links = [_link(row, headed=True) for row in previous]
        links += [_link(row, days=days) for row in rows]
        announced = str("" if block.quantidadeLancamentos is None else block.quantidadeLancamentos).strip()
        entries = sum(link.row is not None for link in links)
        if announced.isdecimal() and int(announced) not in {len(links), entries}:
            detail = f"{announced} rows are announced, {len(links)} came, {entries} of them entries"
            doubts.append(self.doubt(detail, "announced_rows"))
        return links


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


def _link(row: Row, *, headed: bool = False, days: Period | None = None) -> BalanceLink[Row]:
    """A row as a link, without the row where it only tells a balance; arguments as of `is_balance`."""
    if is_balance(row, days, headed=headed):
        return BalanceLink(date.min, ZERO, balance_of(row), None)
    day, amount = moved(row)
    return BalanceLink(day, amount, balance_of(row), row)
