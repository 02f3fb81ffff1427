"""Rows, ledgers and conversations as Banco Inter writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.inter import Inter, StatementPage
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.ledger import Fixed, LedgerEntry

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
INTER = Inter(contracts.load("inter"))


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"transacoes": list(rows)})
    return list(INTER.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"dataTransacao": "2026-03-10", "tipoOperacao": "D", "valor": "1.00", **fields}


def ledger(*movements):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for day, amount in movements
        ]
    )


def fetched(*pages, opening="10", closing="10", reference=None):
    """The movements and balances that a conversation of these pages gives about one week."""
    remaining = iter(pages)
    account = Account("a", "inter", "PJ", "0001", "1234567", "11222333000181", Credentials({}))
    balances = {"2026-03-06": opening, "2026-03-13": closing}

    def answer(request):
        if request.url.path.endswith("/saldo"):
            asked = request.url.params["dataSaldo"]
            return httpx.Response(200, json={"disponivel": balances[asked], "dataReferencia": reference})
        return httpx.Response(200, json=next(remaining))

    flow = INTER.reading(account, Period(date(2026, 3, 7), date(2026, 3, 13)), NOW.date())
    handed_over, found = converse(flow, answer)
    return [movement for page in handed_over for movement in INTER.movements(page)], found
