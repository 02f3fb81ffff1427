"""Rows, days and conversations as BTG Pactual writes them."""

from datetime import date, datetime

import httpx
import msgspec

import contracts
from gateway.connectors.btg_pactual import BtgPactual, StatementPage
from gateway.flow import OPTIONAL, converse
from gateway.model import BRASILIA, Account, Credentials, Period

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
BTG = BtgPactual(contracts.load("btg_pactual"))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
ACCOUNT = Account(
    id="a",
    bank="btg_pactual",
    kind="PJ",
    branch="0050",
    number="1234567",
    holder_tax_id="11222333000181",
    credentials=Credentials({"client_id": "a", "client_secret": "b", "account_id": "given"}),
)


def read(*rows, day="2026-03-10"):
    """The movements of a day's rows as the bank writes them."""
    body = msgspec.json.encode({"data": {"dailyMovements": [{"date": day, "movements": list(rows)}]}})
    return list(BTG.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"amount": 1.5, "type": "credit", **fields}


def days(*listed, link=None):
    """An answer with these days, each with one row."""
    body = {"data": {"dailyMovements": [{"date": day, "movements": [row()]} for day in listed]}}
    return httpx.Response(200, json=body | ({"links": {"next": link}} if link else {}))


def in_turn(*answers):
    """Give one answer after the other; none to what the connector can do without."""
    left = iter(answers)
    return lambda request: httpx.Response(404) if request.extensions.get(OPTIONAL) else next(left)


def fetch(*answers, account=ACCOUNT):
    """The pages of a conversation with these answers, and what was asked."""
    asked, answer = [], in_turn(*answers)

    def noted(request):
        asked.append(request)
        return answer(request)

    pages, _ = converse(BTG.reading(account, WEEK, NOW.date()), noted)
    return pages, [request for request in asked if not request.extensions.get(OPTIONAL)]


def grouped(*groups, link=None):
    """An answer with groups of rows, each with its day."""
    listed = [{"date": day, "movements": [row(**each) for each in rows]} for day, *rows in groups]
    body = {"data": {"dailyMovements": listed}}
    return httpx.Response(200, json=body | ({"links": {"next": link}} if link else {}))


def reading_of(*answers):
    """The entries' amounts of a conversation, and what the bank gives besides them."""
    pages, balances = converse(BTG.reading(ACCOUNT, WEEK, NOW.date()), in_turn(*answers))
    return [movement.amount for page in pages for movement in BTG.movements(page)], balances


def balances_of(*answers):
    """The entries' amounts of a conversation, and what contradicts them."""
    amounts, balances = reading_of(*answers)
    return amounts, balances.contradictions
