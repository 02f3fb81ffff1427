"""Entries, answers and ledgers as Stone writes them."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.stone import Stone
from gateway.model import BRASILIA, Period, Verdict
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)


STONE = Stone(contracts.load("stone"))


PERIOD = Period(date(2026, 3, 10), date(2026, 3, 11))


PARTY = {
    "account": {"account_code": "98765", "branch_code": "4321", "institution": "00000000"},
    "entity": {"name": "Fulana de Tal", "document": "12345678909", "document_type": "cpf"},
}


RECEIVED = {"amount": 500, "balance_before": 1500, "balance_after": 2000}


def row(**fields):
    """An entry with only what it needs, and these fields."""
    needed = {"id": "e-1", "type": "external", "amount": -500, "balance_before": 2000, "balance_after": 1500}
    return {**needed, "created_at": "2026-03-10T12:00:00Z", **fields}


def read(*rows):
    """The movements of rows as the bank writes them."""
    response = httpx.Response(200, content=msgspec.json.encode({"cursor": {"limit": 25}, "data": list(rows)}))
    return list(STONE.movements(STONE.page(response)))


def entry(day, second, amount, **fields):
    moment = datetime(2026, 3, day, tzinfo=BRASILIA) + timedelta(seconds=second)
    return LedgerEntry(
        booked_at=moment, amount=Decimal(amount), type="PIX" if Decimal(amount) > 0 else "CARTAO", **fields
    )


def pair_of(*entries, page_size=0, cap=0, readings=None):
    parameters = Parameters(page_size=cap, readings=readings or {})
    return PureHarness("stone", NOW, source=Fixed(entries), page_size=page_size, parameters=parameters)


OPENING = entry(1, 0, "100.00")


ENTRIES = (OPENING, entry(10, 60, "-1.00"), entry(10, 90, "-2.00"), entry(11, 5, "-3.00"), entry(12, 5, "-4.00"))


def asked(pair):
    """How often each operation was asked for."""
    return Counter(request.extensions["operation"] for request in pair.requests)


def amounts_of(pair, period=PERIOD):
    """The amounts of the statement, which is true and proved."""
    statement = pair.read(period)
    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED
    return [str(each.amount) for each in statement.entries]
