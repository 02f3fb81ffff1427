"""Rows, ledgers and conversations as Santander writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.santander import Santander, StatementPage
from gateway.flow import OPTIONAL
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
SANTANDER = Santander(contracts.load("santander"))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
MONTH = Period(date(2026, 2, 16), date(2026, 3, 17))


def body(*rows, total=None, **pageable):
    """An answer as the bank writes it."""
    counted = {"totalRecords": str(len(rows)) if total is None else total, **pageable}
    return {"_pageable": counted, "_content": list(rows)}


def row(**fields):
    return {"creditDebitType": "DEBITO", "amount": "1.00", "transactionDate": "10/03/2026", **fields}


def read(*rows):
    """The movements of rows."""
    return list(SANTANDER.movements(msgspec.json.decode(msgspec.json.encode(body(*rows)), type=StatementPage)))


def converse(*answers, period=WEEK):
    """The conversation of a period, each request being answered with the next body."""
    pair = PureHarness("santander", NOW)
    flow = pair.connector.reading(pair.account, period, NOW.date())
    left = list(answers)
    pages, reply = [], None
    try:
        while True:
            event = flow.send(reply)
            reply = None
            if isinstance(event, httpx.Request):
                if not event.extensions.get(OPTIONAL):
                    reply = httpx.Response(200, json=left.pop(0))
            else:
                pages.append(event)
    except StopIteration:
        return [movement for page in pages for movement in pair.connector.movements(page)]


def ledger(*movements):
    """Pix of given days and amounts, in this order."""
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for day, amount in movements
        ]
    )


def asked(pair):
    """First day, last day, page and page size of each statement request."""
    names = ("initialDate", "finalDate", "_offset", "_limit")
    return [tuple(r.url.params[n] for n in names) for r in pair.requests if "statements" in r.url.path]
