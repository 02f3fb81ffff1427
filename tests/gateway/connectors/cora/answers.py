"""Rows, pages, ledgers and conversations as Cora writes them."""

from datetime import date, datetime
from decimal import Decimal
from itertools import chain, repeat

import httpx
import msgspec

import contracts
from gateway.connectors.cora import Cora, StatementPage
from gateway.flow import converse
from gateway.model import BRASILIA, Period
from gateway.statement.movements import oldest_first
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
CONTRACT = contracts.load("cora")
CORA = Cora(CONTRACT)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))


def row(**fields):
    """A row as the bank writes it."""
    return {"id": "ent_1", "type": "DEBIT", "amount": 100, "createdAt": "2026-03-10T12:00:00+00", **fields}


def page_of(*rows, **fields):
    """An answer of the bank whose balances fit a single debit of one real."""
    return {"start": {"balance": 100}, "entries": list(rows), "end": {"balance": 0}, **fields}


def read(*rows):
    """The movements of rows as the bank writes them."""
    return list(CORA.movements(msgspec.json.decode(msgspec.json.encode(page_of(*rows)), type=StatementPage)))


def fetched(*answers):
    """The movements, oldest first, and balances of a week's conversation of these answers, and of empty pages."""
    remaining = chain(answers, repeat(page_of()))
    account = PureHarness("cora", NOW, authority=AUTHORITY).account
    flow = CORA.reading(account, WEEK, NOW.date())
    pages, balances = converse(flow, lambda _: httpx.Response(200, json=next(remaining)))
    return oldest_first([each for page in pages for each in CORA.movements(page)], by_time=CORA.by_time), balances


def ledger(*movements):
    """A ledger of movements, each given as the local time of its booking, its amount and perhaps its type."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime.fromisoformat(when).replace(tzinfo=BRASILIA),
                amount=Decimal(amount),
                type=kind[0] if kind else "PIX",
            )
            for when, amount, *kind in movements
        ]
    )


def pair_of(source, *, page_size=0, granted=0, now=NOW, **readings):
    """Both sides with one account between them."""
    parameters = Parameters(readings=readings, page_size=granted)
    return PureHarness("cora", now, source=source, parameters=parameters, page_size=page_size, authority=AUTHORITY)


def calls(pair):
    """How many pages of the statement were asked for."""
    return sum(request.method == "GET" for request in pair.requests)
