"""Sicoob, API Conta Corrente v4: the statement of a calendar month (`extrato/{mes}/{ano}`) over mutual TLS, no secret.

Odd: no pages and no total, a month is one answer; the statement is wrapped in `resultado` or stands at the root.

What is asked: whole months, so that `saldoAnterior` is the balance before the first row whichever way the bank means
it. Each month must lead to the balance before the next one, the present month to the present balance. With neither
pages nor a total this is the only sign of a list that is not whole.

The bank may send what it booked on a weekend or a holiday again, under the next business day. Where a month leads to
the next balance only without those of its rows that come again, they are left out, and the statement says so.

Sources: contracts/banks/sicoob/NOTES.md.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
from msgspec import Raw
from msgspec.structs import replace

from gateway.auth.client_credentials import ClientCredentials
from gateway.calendar import next_business_day
from gateway.completeness.repeats import BookedRow, without_repeats
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import in_turn
from gateway.connectors.rows.sicoob import (
    Counted,
    Row,
    blocks,
    counted,
    day_of,
    id_of,
    is_given,
    money,
    money_or_none,
    movements,
)
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import failure_within
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Contradiction, Movement, Period, balance_at
from gateway.responses import Body, Form

__all__ = ["Sicoob"]

OLDER_SCOPES = ("cco_extrato", "cco_saldo")


class Month(Page, frozen=True):
    """The statement of a month, or of a part of it that ends on the day asked for."""

    transacoes: list[Row] | Row | str | None = None
    saldoAnterior: Raw = Raw()
    saldoAtual: Raw = Raw()
    saldoLimite: Raw = Raw()
    saldoBloqueado: Raw = Raw()
    saldoBloqueioJudicial: Raw = Raw()
    saldoBloqueioJudicialAnterior: Raw = Raw()

    @property
    def rows(self) -> list[Row]:
        """The rows, if there are any; a single one may come without its list."""
        return fields.as_list(self.transacoes)

    @property
    def recognised(self) -> bool:
        """Whether there is a statement at all, be it one without rows."""
        return isinstance(self.transacoes, list | Row) or any(map(is_given, (self.saldoAnterior, self.saldoAtual)))


class Answer(Month, frozen=True):
    """The statement at the root, or in its wrapping."""

    resultado: list[Month] | Month | str | None = None
    mensagens: Any = None


class CountedMonth(Page, frozen=True):
    """A month with the days and amounts of its rows, which are read once for the balances and for the movements."""

    sent: Month
    rows: list[Counted]


class Sicoob(Connector[Month | CountedMonth]):
    """Reads a Sicoob account."""

    content_fields = (
        *("transactionId", "dataLote", "data", "tipo", "descricao", "descInfComplementar", "numeroDocumento"),
        *("cpfCnpj",),
    )

    def auth(self, account: Account) -> ClientCredentials:
        """The client id alone, the certificate being the proof; one family of scopes, never both."""
        chosen = account.credentials.get("scope").split()
        contract = self.contract
        if set(chosen) & set(OLDER_SCOPES):
            contract = replace(contract, authentication=replace(contract.authentication, scopes=OLDER_SCOPES))
        return ClientCredentials.of(contract, account)

    def headers(self, account: Account) -> dict[str, str]:
        """The client id, in a header of that name."""
        return {"client_id": account.credentials["client_id"]}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every month of the period; the balance before each must be what the months before it lead to."""
        opening = running = None
        silent = False
        repeated = 0
        held: CountedMonth | None = None
        parts = list(_months(period, today, today - timedelta(days=self.contract.period.history_days)))
        for part, reading in zip(parts, in_turn([self._month(account, part) for part in parts]), strict=True):
            month = yield from reading
            before = self._before(month, part)
            if held is not None:
                whole, running = self._agreed(held, month, running, before, part)
                repeated += len(held.rows) - len(whole.rows)
                yield whole
            if part is parts[0] and before is not None:
                opening = BalanceAt(part.first - DAY, before)
                running = before
            silent = silent or not month.recognised
            read, total = self._counted(month, part)
            running = None if running is None else running + total
            held = read
        contradictions: tuple[Contradiction, ...] = ()
        if part.last == today:
            whole, closing, contradictions = self._until_now(read, running, today)
        else:
            # What is sent again may come on the first business day of the next month.
            following = Period(part.last + DAY, min(today, next_business_day(part.last)))
            after = yield from self._month(account, following)
            closing = self._before(after, following)
            whole, _ = self._agreed(read, after, running, closing, following)
        repeated += len(read.rows) - len(whole.rows)
        yield whole
        if silent and (opening is None or closing is None):
            raise self.unexpected("statement", "a month came without content, and no balances show that it had none")
        return Balances(
            opening=opening,
            closing=balance_at(part.last, closing),
            reason="the bank gave no balance for one end of the months asked for",
            warnings=(("duplicate_suspected", f"{repeated} entries came again and were left out"),) if repeated else (),
            contradictions=contradictions,
        )

    def normalise(self, page: Month | CountedMonth) -> Iterator[Movement]:
        """Each row as a movement, booked on `dataLote`; the sign comes from `tipo`."""
        rows = page.rows if isinstance(page, CountedMonth) else map(counted, page.rows)
        return movements(rows, self.content)

    def _month(self, account: Account, part: Period) -> Flow[Month]:
        response, nothing = yield from self.ask_for_entries(
            "statement",
            account,
            query={
                "diaInicial": str(part.first.day),
                "diaFinal": str(part.last.day),
                "agruparCNAB": "false",
                "numeroContaCorrente": fields.digits(account.number),
            },
            mes=str(part.first.month),
            ano=str(part.first.year),
        )
        if response.status_code == httpx.codes.NO_CONTENT:
            return Month()
        if nothing:
            return Month([])
        answer = self.decode("statement", response, Answer)
        month = next(iter(fields.as_list(answer.resultado)), answer)
        if not month.recognised:
            raise self._unrecognised(answer, response)
        return month

    def _unrecognised(self, answer: Answer, response: httpx.Response) -> BankFailure:
        """The failure of a success that has neither rows nor balances, in the bank's words where it gives some."""
        words = Body(Form.OWN, "", answer.mensagens).error(response.status_code)
        if words.code or words.message:
            return failure_within(self.contract, "statement", response, words.code, words.message or "")
        return self.unexpected("statement", "the answer has neither rows nor balances", response)

    def _before(self, month: Month, part: Period) -> Decimal | None:
        """The balance before the part, which `saldoAnterior` surely is only when the part begins the month."""
        return money(month.saldoAnterior) if part.first.day == 1 and is_given(month.saldoAnterior) else None

    def _agreed(
        self, month: CountedMonth, following: Month, running: Decimal | None, before: Decimal | None, part: Period
    ) -> tuple[CountedMonth, Decimal | None]:
        """A month that leads to the balance before the part that follows, and that balance as far as it is known."""
        if running is None or before is None:
            return month, running if before is None else before
        if before in _either(running, month):
            return month, before
        whole = _without_repeats(month, following, part.last)
        if before in _either(running - _sum(month) + _sum(whole), whole):
            return whole, before
        raise self.incoherent(f"the entries before {part.first} do not lead to the balance there")

    def _until_now(
        self, month: CountedMonth, running: Decimal | None, today: date
    ) -> tuple[CountedMonth, Decimal | None, tuple[Contradiction, ...]]:
        """The present month as it leads to the present balance, that balance, and whether it leads there at all.

        What is in `saldoAtual` is not known for certain, so that it may disprove the entries and never withholds them.
        """
        present = money_or_none(month.sent.saldoAtual)
        if present is None or running is None:
            return month, None, ()
        meanings = self._meanings_of(present, month.sent)
        if (closing := _meant(_either(running, month, today), present, meanings)) is not None:
            return month, closing, ()
        whole = _without_repeats(month, Month(), today)
        leads_to = running - _sum(month) + _sum(whole)
        if (closing := _meant(_either(leads_to, whole, today), present, meanings)) is not None:
            return whole, closing, ()
        detail = f"the month's entries lead to {running}, the present balance is {present}"
        return month, present, (self.doubt(detail, "saldo_atual"),)

    def _counted(self, month: Month, part: Period) -> tuple[CountedMonth, Decimal]:
        """The part's rows with their days and amounts, and their sum.

        Rows after the part are announced and in no balance yet.
        """
        total = ZERO
        rows: list[Counted] = []
        begins, ends = part.first.replace(day=1), _next_month(part.first)
        for each in map(counted, month.rows):
            if not begins <= each.day < ends:
                raise self.incoherent(f"the month of {part.first} holds an entry of {each.day}")
            if each.day <= part.last:
                total += each.amount
            rows.append(each)
        return CountedMonth(month, rows), total

    def _meanings_of(self, present: Decimal, month: Month) -> set[Decimal]:
        """What `saldoAtual` may mean: it may include the overdraft limit, and leave out or include blocked amounts.

        Of the blocked amounts any may be left out together; one alone may be included.
        """
        limit = abs(money_or_none(month.saldoLimite) or ZERO)
        sums = (month.saldoBloqueado, month.saldoBloqueioJudicial, month.saldoBloqueioJudicialAnterior)
        blocked = [money_or_none(each) or ZERO for each in sums]
        left_out = itertools.product((ZERO, -limit), *((ZERO, each) for each in blocked))
        return {present + sum(each) for each in left_out} | {present - each for each in blocked}


def _months(period: Period, today: date, oldest: date) -> Iterator[Period]:
    """The months of a period, from their first day on if the bank reaches that far back, up to their end or today."""
    month = period.first.replace(day=1)
    while month <= period.last:
        following = _next_month(month)
        yield Period(max(month, min(period.first, oldest)), min(following - DAY, today))
        month = following


def _next_month(day: date) -> date:
    """The first day of the month after that of a day."""
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


def _without_repeats(month: CountedMonth, following: Month, through: date) -> CountedMonth:
    """The month without those of its rows that come again in it or in what follows, through the last day asked for."""
    rows = [BookedRow(each.day, each.row.content, id_of(each.row)) for each in month.rows]
    more = [BookedRow(day_of(row), row.content, id_of(row)) for row in following.rows]
    return CountedMonth(month.sent, [month.rows[place] for place in without_repeats(rows, more, through)])


def _either(leads_to: Decimal, month: CountedMonth, last: date = date.max) -> Iterator[Decimal]:
    """What rows lead to: with those that only tell of blocked money, and without; they may be in no balance.

    Args:
        leads_to: what all of them lead to.
        month: the rows.
        last: the last day that counts.
    """
    yield leads_to
    yield leads_to - sum((each.amount for each in month.rows if blocks(each.row) and each.day <= last), ZERO)


def _meant(leads_to: Iterable[Decimal], present: Decimal, meanings: set[Decimal]) -> Decimal | None:
    """The first balance that is the present one, or else one that it may mean; None where there is none."""
    others = []
    for each in leads_to:
        if each == present:
            return each
        others.append(each)
    return next((each for each in others if each in meanings), None)


def _sum(month: CountedMonth) -> Decimal:
    return sum((each.amount for each in month.rows), ZERO)
