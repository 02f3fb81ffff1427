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
from collections.abc import Iterator
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
from gateway.connectors.base import Connector, empty_by_words
from gateway.connectors.rows.sicoob import (
    Row,
    amount_of,
    blocks,
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
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Contradiction, Movement, Period
from gateway.responses import Body, Form

__all__ = ["Sicoob"]

OLDER_SCOPES = ("cco_extrato", "cco_saldo")
ABSENT = Raw()


class Month(Page, frozen=True):
    """The statement of a month, or of a part of it that ends on the day asked for."""

    transacoes: list[Row] | Row | str | None = None
    saldoAnterior: Raw = ABSENT
    saldoAtual: Raw = ABSENT
    saldoLimite: Raw = ABSENT
    saldoBloqueado: Raw = ABSENT
    saldoBloqueioJudicial: Raw = ABSENT
    saldoBloqueioJudicialAnterior: Raw = ABSENT

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


class Sicoob(Connector[Month]):
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

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every month of the period; the balance before each must be what the months before it lead to."""
        opening = running = None
        silent = False
        repeated = 0
        held: Month | None = None
        parts = list(_months(period, today, today - timedelta(days=self.contract.period.history_days)))
        for part in parts:
            month = yield from self._month(account, part)
            before = self._before(month, part)
            if held is not None:
                whole, running = self._agreed(held, month, running, before, part)
                repeated += len(held.rows) - len(whole.rows)
                yield whole
            if part is parts[0] and before is not None:
                opening = BalanceAt(part.first - DAY, before)
                running = before
            silent = silent or not month.recognised
            total = self._total(month, part)
            running = None if running is None else running + total
            held = month
        contradictions: tuple[Contradiction, ...] = ()
        if part.last == today:
            whole, closing, contradictions = self._until_now(month, running, today)
        else:
            # What is sent again may come on the first business day of the next month.
            following = Period(part.last + DAY, min(today, next_business_day(part.last)))
            after = yield from self._month(account, following)
            closing = self._before(after, following)
            whole, _ = self._agreed(month, after, running, closing, following)
        repeated += len(month.rows) - len(whole.rows)
        yield whole
        if silent and (opening is None or closing is None):
            raise self.unexpected("statement", "a month came without content, and no balances show that it had none")
        return Balances(
            opening=opening,
            closing=None if closing is None else BalanceAt(part.last, closing),
            reason="the bank gave no balance for one end of the months asked for",
            warnings=(("duplicate_suspected", f"{repeated} entries came again and were left out"),) if repeated else (),
            contradictions=contradictions,
        )

    def normalise(self, page: Month) -> Iterator[Movement]:
        """Each row as a movement, booked on `dataLote`; the sign comes from `tipo`."""
        return movements(page.rows, self.content)

    def _month(self, account: Account, part: Period) -> Flow[Month]:
        response = yield from self.ask(
            "statement",
            account,
            headers={"client_id": account.credentials["client_id"]},
            query={
                "diaInicial": str(part.first.day),
                "diaFinal": str(part.last.day),
                "agruparCNAB": "false",
                "numeroContaCorrente": fields.digits(account.number),
            },
            or_nothing=True,
            mes=str(part.first.month),
            ano=str(part.first.year),
        )
        if response.status_code == httpx.codes.NO_CONTENT:
            return Month()
        if empty_by_words(response):
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
        self, month: Month, following: Month, running: Decimal | None, before: Decimal | None, part: Period
    ) -> tuple[Month, Decimal | None]:
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
        self, month: Month, running: Decimal | None, today: date
    ) -> tuple[Month, Decimal | None, tuple[Contradiction, ...]]:
        """The present month as it leads to the present balance, that balance, and whether it leads there at all.

        What is in `saldoAtual` is not known for certain, so that it may disprove the entries and never withholds them.
        """
        present = money_or_none(month.saldoAtual)
        if present is None or running is None:
            return month, None, ()
        meanings = self._meanings_of(present, month)
        if (closing := _meant(_either(running, month, today), present, meanings)) is not None:
            return month, closing, ()
        whole = _without_repeats(month, Month(), today)
        leads_to = running - _sum(month) + _sum(whole)
        if (closing := _meant(_either(leads_to, whole, today), present, meanings)) is not None:
            return whole, closing, ()
        detail = f"the month's entries lead to {running}, the present balance is {present}"
        return month, present, (self.doubt(detail, "saldo_atual"),)

    def _total(self, month: Month, part: Period) -> Decimal:
        """The sum of the part's rows; later ones are announced and in no balance yet."""
        total = ZERO
        for row in month.rows:
            day, amount = day_of(row), amount_of(row)
            if (day.year, day.month) != (part.first.year, part.first.month):
                raise self.incoherent(f"the month of {part.first} holds an entry of {day}")
            if day <= part.last:
                total += amount
        return total

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
        following = (month + 31 * DAY).replace(day=1)
        yield Period(max(month, min(period.first, oldest)), min(following - DAY, today))
        month = following


def _without_repeats(month: Month, following: Month, through: date) -> Month:
    """The month without those of its rows that come again in it or in what follows, through the last day asked for."""
    rows, more = ([BookedRow(day_of(row), row.content, id_of(row)) for row in part.rows] for part in (month, following))
    return replace(month, transacoes=[month.rows[place] for place in without_repeats(rows, more, through)])


def _either(leads_to: Decimal, month: Month, last: date = date.max) -> tuple[Decimal, Decimal]:
    """What rows lead to: with those that only tell of blocked money, and without; they may be in no balance.

    Args:
        leads_to: what all of them lead to.
        month: the rows.
        last: the last day that counts.
    """
    blocked = (amount_of(row) for row in month.rows if blocks(row) and day_of(row) <= last)
    return leads_to, leads_to - sum(blocked, ZERO)


def _meant(leads_to: tuple[Decimal, ...], present: Decimal, meanings: set[Decimal]) -> Decimal | None:
    """The first balance that is the present one, or else one that it may mean; None where there is none."""
    return next((each for wanted in ({present}, meanings) for each in leads_to if each in wanted), None)


def _sum(month: Month) -> Decimal:
    return sum((amount_of(row) for row in month.rows), ZERO)
