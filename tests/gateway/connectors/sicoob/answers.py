"""Rows, ledgers and conversations as Sicoob writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.sicoob import Month, Sicoob
from gateway.model import BRASILIA, Account, Credentials, Period, Stability, Verdict
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
TODAY = NOW.date()
AUTHORITY = Authority()
SICOOB = Sicoob(contracts.load("sicoob"))
READINGS = SICOOB.contract.readings
ACCOUNT = Account(
    id="1",
    bank="sicoob",
    kind="PJ",
    branch="3008",
    number="123456",
    holder_tax_id="11222333000181",
    credentials=Credentials({"client_id": "c", "certificate": "pem", "private_key": "key"}),
)


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"transacoes": list(rows)})
    return list(SICOOB.movements(msgspec.json.decode(body, type=Month)))


def row(**fields):
    return {"tipo": "DEBITO", "valor": "1.00", "dataLote": "2026-03-10", **fields}


def ledger(*movements, kind="PIX"):
    """A ledger of (month, day, amount)."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime(2026, month, day, 9, 30, tzinfo=BRASILIA),
                amount=Decimal(amount),
                type=kind,
                description="texto",
            )
            for month, day, amount in movements
        ]
    )


def pair_of(source, **readings):
    return PureHarness("sicoob", NOW, source=source, parameters=Parameters(readings=readings), authority=AUTHORITY)


def fetched(period, *bodies, today=TODAY):
    """What the connector makes of these answers, and the months and days it asked for."""
    flow = SICOOB.reading(ACCOUNT, period, today)
    waiting = iter(bodies)
    asked, months, reply = [], [], None
    while True:
        try:
            event = flow.send(reply)
        except StopIteration as stop:
            return stop.value, asked, months
        reply = None
        if isinstance(event, httpx.Request):
            query = event.url.params
            asked.append((event.url.path.partition("extrato/")[2], query["diaInicial"], query["diaFinal"]))
            reply = httpx.Response(200, json={"mensagens": [], "resultado": next(waiting)})
        else:
            months.append(event)


def posts_nothing(statement):
    """The present balance, of which it is only assumed what is in it, disproves the entries."""
    assert statement.contradicted
    assert statement.proof.verdict is Verdict.DISPROVED
    assert "balance_mismatch" in [warning.code for warning in statement.warnings]
    assert Stability.FINAL not in {entry.stability for entry in statement.entries}
    assert statement.complete_through < statement.period.first


def month_of(body):
    """The statement in the first answer about a month."""
    flow = SICOOB.reading(ACCOUNT, Period(date(2026, 3, 1), TODAY), TODAY)
    next(flow)
    return flow.send(httpx.Response(200, json=body))
