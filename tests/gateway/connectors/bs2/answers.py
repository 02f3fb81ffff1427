"""Rows, ledgers and conversations as BS2 writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.bs2 import Bs2, StatementPage
from gateway.model import BRASILIA, Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
BS2 = Bs2(contracts.load("bs2"))


def row(**fields):
    """A row as the bank writes it."""
    return {
        "movimentadoEm": "2026-03-10T09:14:22.447",
        "valor": 1.5,
        "tipoMovimentacao": 1,
        "protocolo": "2180001001234567820260310500001",
        **fields,
    }


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = {"saldo": {"inicial": 0, "final": 0}, "movimentacoes": list(rows), "total": len(rows)}
    return list(BS2.movements(msgspec.json.decode(msgspec.json.encode(body), type=StatementPage)))


def ledger(*movements):
    """A ledger of Pix credits, each given as the local time of its booking and its amount."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime.fromisoformat(when).replace(tzinfo=BRASILIA), amount=Decimal(amount), type="PIX"
            )
            for when, amount in movements
        ]
    )


def pair_of(source, *, page_size=0, **readings):
    """Both sides with one account between them."""
    return PureHarness(
        "bs2",
        NOW,
        source=source,
        parameters=Parameters(readings=readings),
        page_size=page_size,
        authority=AUTHORITY,
    )


def asked(pair):
    """What the statement calls asked for as beginning, end and place in the list."""
    return [
        (query["movimentoInicial"], query["movimentoFinal"], query["inicio"])
        for request in pair.requests
        if (query := request.url.params) and "extrato" in request.url.path
    ]


FIVE = ledger(*((f"2026-03-{day:02}T12:00", "1.00") for day in range(9, 14)))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))


def tamper(pair, number, **changed):
    """Let the n-th statement answer have other values, or all of them where `number` is 0."""

    def answer(request):
        response = PureHarness.answer(pair, request)
        if "extrato" in request.url.path and number in {0, len(asked(pair))}:
            return httpx.Response(200, json={**response.json(), **changed})
        return response

    pair.answer = answer
