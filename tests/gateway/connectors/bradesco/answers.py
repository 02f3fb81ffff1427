"""Rows, blocks and answers as Bradesco writes them."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.connectors.bradesco import Bradesco
from gateway.errors import BankFailure
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.certify.cases import NOW
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

TODAY = NOW.date()
AUTHORITY = Authority()
CONTRACT = contracts.load("bradesco")
BRADESCO = Bradesco(CONTRACT)
ACCOUNT = Account("a", "bradesco", "PJ", "3750", "0755575", "11222333000181", Credentials({}))
YESTERDAY = Period(TODAY - timedelta(days=1), TODAY - timedelta(days=1))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 15))


def row(**more):
    """An entry of ten reais from which 30 remain."""
    return {
        "dataLancamento": "17/03/2026",
        "valorLancamento": "10,00",
        "sinalLancamento": "+",
        "valorSaldoAposLancamento": "30,00",
        "sinalSaldo": "+",
        **more,
    }


def last_days(*rows, **header):
    return {"extratoUltimosLancamentos": {"listaLancamentos": {"Ultimos Lancamentos": list(rows)}, **header}}


def read(body, period=YESTERDAY, account=ACCOUNT):
    """What the connector makes of one answer: its movements and balances."""
    response = httpx.Response(200, content=msgspec.json.encode(body))
    pages, balances = converse(BRADESCO.reading(account, period, TODAY), lambda request: response)
    return [movement for page in pages for movement in BRADESCO.movements(page)], balances


def movement(**more):
    (found,), _ = read(last_days(row(**more)))
    return found


def code_of(body, period=YESTERDAY):
    with pytest.raises(BankFailure) as failure:
        read(body, period)
    return failure.value.code


def ledger(*movements):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, month, day, 9, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for month, day, amount in movements
        ]
    )


LEDGER = ledger(
    (1, 12, "1000"), (2, 20, "5"), (2, 21, "-5"), (3, 1, "10"), (3, 15, "7"), (3, 17, "3"), (3, 17, "4"), (3, 18, "2")
)
