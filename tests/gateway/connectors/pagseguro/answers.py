"""Rows, ledgers and conversations as PagSeguro writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.pagseguro import PagSeguro, StatementPage
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

PAGSEGURO = PagSeguro(contracts.load("pagseguro"))
AUTHORITY = Authority()
ACCOUNT = Account(
    "a", "pagseguro", "PJ", "0001", "1", "11222333000181", Credentials({"user": "123456789", "token": "T"})
)
TENTH, ELEVENTH, TWELFTH = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)
OPENED = LedgerEntry(booked_at=datetime(2026, 2, 1, 9, tzinfo=BRASILIA), amount=Decimal("1000.00"), type="PIX")


def row(**fields):
    """A sale of 1.00 by Pix, with the least a row can have."""
    return {
        "tipo_evento": "1",
        "meio_pagamento": "11",
        "data_movimentacao": "2026-03-10",
        "valor_parcela": 1.0,
        **fields,
    }


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"detalhes": list(rows)})
    return list(PAGSEGURO.movements(msgspec.json.decode(body, type=StatementPage)))


def booked(day, amount, hour=10):
    """A movement of a ledger."""
    amount = Decimal(amount)
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=amount, type="PIX" if amount > 0 else "TED")


def pair_of(*entries, now=NOW, page_size=0, opened=OPENED, **readings):
    ledger = [opened, *entries] if opened else list(entries)
    parameters = Parameters(readings=readings)
    return PureHarness(
        "pagseguro", now, source=Fixed(ledger), parameters=parameters, page_size=page_size, authority=AUTHORITY
    )


def asked(pair):
    """What was asked: movement and day of each request."""
    return [request.url.path.removeprefix("/movement/v3.00/") for request in pair.requests]


def answering(**answers):
    """A bank that answers each movement of 10 March with a body, or with a list of bodies page by page."""

    def answer(request):
        sent = answers[request.url.path.split("/")[3]]
        if isinstance(sent, list) and request.url.path.split("/")[3] == "financial":
            sent = sent[int(request.url.params["pageNumber"]) - 1]
        if sent is None:
            return httpx.Response(404)
        return httpx.Response(200, headers={"validado": "TRUE"}, json=sent)

    return answer


def fetch(answer, last=TENTH):
    return converse(PAGSEGURO.reading(ACCOUNT, Period(TENTH, last), date(2026, 3, 16)), answer)


FLAT = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 5}]}
BALANCES = {"saldos": [{"tipo_evento": 7, "valor_saldo": 100.0}, {"tipo_evento": 8, "valor_saldo": 70.0}]}


def on_the_tenth(*rows, balances=BALANCES):
    """What the connector makes of a day with these rows and balances."""
    body = {"detalhes": list(rows), "pagination": {"totalPages": 1}}
    answer = answering(financial=body, balances=balances)
    pages, told = converse(PAGSEGURO.reading(ACCOUNT, Period(TENTH, TENTH), TWELFTH), answer)
    return [movement for page in pages for movement in PAGSEGURO.movements(page)], told
