"""Rows, ledgers and conversations as Itaú writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.itau import Itau, StatementPage
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.ledger import Fixed, LedgerEntry

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
ITAU = Itau(contracts.load("itau"))
ACCOUNT = Account(
    "a", "itau", "PJ", "1500", "123456", "11222333000181", Credentials({"client_id": "c", "client_secret": "s"})
)
MARCH = Period(date(2026, 3, 2), date(2026, 3, 17))


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"data": [{"events": list(rows)}]})
    return list(ITAU.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"operation": "D", "date": {"accounting": "2026-03-11"}, "amount": {"value": -1.5}, **fields}


def ledger(*movements, kind="TED"):
    """Movements by day of March and amount."""
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type=kind)
            for day, amount in movements
        ]
    )


def relabelled(response, label, other):
    """The same answer with one text replaced."""
    content = response.content.replace(label.encode(), other.encode())
    return httpx.Response(response.status_code, content=content)


def asked(pair):
    """The periods and pages of the statement calls."""
    return [
        (request.url.params["start_date"], request.url.params["end_date"], request.url.params["page"])
        for request in pair.requests
        if request.url.path.startswith("/account-statement/")
    ]


def statement_of(body):
    """What the connector makes of one page like this in the period; the pages after it are empty."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        return httpx.Response(200, json=body if first else {"data": []})

    pages, balances = converse(ITAU.reading(ACCOUNT, Period(date(2026, 3, 11), date(2026, 3, 11)), NOW.date()), answer)
    return [movement.amount for page in pages for movement in ITAU.movements(page)], balances


def answered(status, *blocks):
    """What the connector makes of answers of this status; pages after the first are empty."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        return httpx.Response(status if first else 200, json={"data": list(blocks) if first else []})

    return converse(ITAU.reading(ACCOUNT, Period(date(2026, 3, 11), date(2026, 3, 11)), NOW.date()), answer)


def closing(day, value):
    return {"type": "saldo_conta", "date": {"event": f"{day}T23:59:59-03:00"}, "amount": {"value": value}}
