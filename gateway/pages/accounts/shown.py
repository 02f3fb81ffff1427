"""What the account pages show of accounts, statements and failures, as texts."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from msgspec import Struct

import contracts
from gateway.api.bodies import AccountBody
from gateway.errors import BankFailure, GatewayError
from gateway.help.topics import ACTORS
from gateway.limits import PANEL_CHART_DAYS, PANEL_ENTRIES
from gateway.model import ZERO, Entry, Period, Stability, Statement
from gateway.pages.accounts import words
from gateway.pages.chart import Chart, balance_chart
from gateway.pages.words import KINDS, day, instant, later, money, short_day, tax_id
from gateway.storage.imports.states import AccountState

__all__ = ["Drawn", "Site", "account_of", "drawn", "entry_of", "failure_of", "statement_of"]


class Site(Struct, frozen=True, kw_only=True):
    """Where the pages are, as browsers reach them."""

    base: str
    """The path of the gateway; empty, or with a slash before it and none after it."""
    token: str = ""
    """Of the session, for its forms; empty where nobody has signed in."""
    reads: bool = False
    """Whether the key may read statements."""

    @property
    def path(self) -> str:
        """Of the list of accounts."""
        return f"{self.base}/painel"

    @property
    def help(self) -> str:
        """Of the folder of help pages."""
        return f"{self.base}/help"


class Drawn(Struct, frozen=True, kw_only=True):
    """The part of a statement that a page shows, and its chart."""

    entries: list[Entry]
    count: int
    number: int
    """Of the part; the first is 1."""
    chart: Chart | None

    @property
    def parts(self) -> int:
        """How many parts there are; one where the statement has no entries."""
        return max(1, -(-self.count // PANEL_ENTRIES))


def drawn(statement: Statement, number: int) -> Drawn:
    """The part of a statement with a number, and the chart of its balances; takes long where there are many entries."""
    count = len(statement.entries)
    number = min(number, max(1, -(-count // PANEL_ENTRIES)))
    start = (number - 1) * PANEL_ENTRIES
    entries = list(islice(iter(statement.entries), start, start + PANEL_ENTRIES))
    return Drawn(entries=entries, count=count, number=number, chart=_chart(statement))


def _chart(statement: Statement) -> Chart | None:
    period = statement.period
    if statement.opening_balance is None or (period.last - period.first).days >= PANEL_CHART_DAYS:
        return None
    moved = {
        each: sum((entry.amount for entry in entries if statement.blocks_move or not entry.blocked), ZERO)
        for each, entries in groupby(statement.entries, key=attrgetter("date"))
    }
    return balance_chart(period.first, list(_balances(statement.opening_balance, period, moved)))


def _balances(balance: Decimal, period: Period, moved: Mapping[date, Decimal]) -> Iterator[Decimal]:
    for each in period.days:
        balance += moved.get(each, ZERO)
        yield balance


def account_of(site: Site, body: AccountBody, found: AccountState | None) -> dict[str, Any]:
    """An account with its import, where it is imported."""
    failure = body.integration.last_failure
    return {
        "id": body.id,
        "bank": words.bank_name(body.bank),
        "compe": body.compe,
        "branch": body.branch,
        "number": body.number,
        "kind": KINDS[body.kind],
        "holder": tax_id(body.holder_tax_id),
        "description": body.description,
        "default": body.default,
        "external_id": body.external_id,
        "state": body.integration.state.value,
        "state_name": words.STATES[body.integration.state],
        "today": words.IMPORTS[found.state] if found is not None else "",
        "last_import": words.last_import(found) if found is not None else "",
        "next_due": words.next_due(found) if found is not None else "",
        "failure": _failure(site, failure.code, since=instant(failure.since)) if failure is not None else None,
    }


def statement_of(site: Site, statement: Statement) -> dict[str, Any]:
    """The balances, the proof and the warnings of a statement."""
    proof = statement.proof
    return {
        "opening": money(statement.opening_balance),
        "closing": money(statement.closing_balance),
        "complete_through": day(statement.complete_through),
        "verdict": words.VERDICTS[proof.verdict],
        "difference": money(proof.difference) if proof.difference else "",
        "fetched_at": instant(statement.fetched_at),
        "first": day(statement.period.first),
        "last": day(statement.period.last),
        "warnings": [
            {
                "title": each.title,
                "remedy": each.remedy,
                "days": words.days(each.days),
                "help": f"{site.help}/{each.code}",
            }
            for each in statement.warnings
        ],
    }


def entry_of(entry: Entry, period: Period) -> dict[str, Any]:
    """An entry. Its day has no year where the period lies in one: a narrow screen needs the room."""
    return {
        "day": short_day(entry.date) if period.first.year == period.last.year else day(entry.date),
        "description": entry.description or "Sem descrição",
        "party": _party(entry),
        "type": words.TYPES[entry.type],
        "amount": money(entry.amount),
        "balance": money(entry.balance),
        "provisional": entry.stability is Stability.PROVISIONAL,
        "blocked": entry.blocked,
    }


def _party(entry: Entry) -> str:
    """The other party; empty where the description names it already."""
    party = entry.counterparty
    named = (party.name or party.tax_id or party.tax_id_masked or "") if party is not None else ""
    return "" if named.casefold() in entry.description.casefold() else named


def failure_of(site: Site, failure: GatewayError) -> dict[str, Any]:
    """A failure in words: what is wrong with each field of the request, and what the bank itself has said."""
    bank_error = failure.bank_error if isinstance(failure, BankFailure) else None
    said: tuple[str | None, ...] = ()
    if bank_error is not None:
        said = (f"status {bank_error.status}" if bank_error.status else None, bank_error.code, bank_error.message)
    return _failure(
        site,
        failure.code,
        details=[each.detail for each in failure.errors],
        bank_said=", ".join(each for each in said if each),
        again=later(failure.retry_after) if failure.retry_after is not None else "",
    )


def _failure(site: Site, code: str, **told: Any) -> dict[str, Any]:
    entry = contracts.failures().failures[code]
    nothing = {"since": "", "details": [], "bank_said": "", "again": ""}
    return nothing | {
        "code": code,
        "title": entry.title,
        "remedy": entry.remedy,
        "actor": ACTORS[entry.actor],
        "help": f"{site.help}/{code}",
        **told,
    }
