"""Rows, pages and conversations as Sicredi writes them."""

from datetime import date, datetime

import httpx
import msgspec

import contracts
from gateway.connectors.sicredi import Sicredi, StatementPage
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from gateway.statement.assemble import assemble

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)


SICREDI = Sicredi(contracts.load("sicredi"))


ACCOUNT = Account(
    id="a", bank="sicredi", kind="PJ", branch="0101", number="123456", holder_tax_id="", credentials=Credentials({})
)


WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))


def row(number, amount, balance, **fields):
    return {"data": "2026-03-10", "valor": amount, "saldo": balance, "idMovimento": f"m{number}", **fields}


def page(*rows, before=0, total=None, **fields):
    return {
        "saldoAnterior": before,
        "dtlMovimentos": list(rows),
        "totalElements": len(rows) if total is None else total,
        **fields,
    }


def movements(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode(page(*rows))
    return list(SICREDI.movements(msgspec.json.decode(body, type=StatementPage)))


def read(*pages, period=WEEK):
    """The balances and the queries of a conversation in which the bank gives these pages."""
    queries = []
    answers = iter(pages)

    def answer(request):
        queries.append(dict(request.url.params))
        found = next(answers)
        return httpx.Response(200, content=found if isinstance(found, bytes) else msgspec.json.encode(found))

    _, balances = converse(SICREDI.reading(ACCOUNT, period, NOW.date()), answer)
    assert next(answers, None) is None
    return balances, queries


def statement_of(*pages, period=WEEK):
    """What the gateway makes of a conversation in which the bank gives these pages."""
    answers = iter(pages)
    flow = SICREDI.reading(ACCOUNT, period, NOW.date())
    read, balances = converse(flow, lambda _: httpx.Response(200, json=next(answers)))
    found = [movement for page in read for movement in SICREDI.movements(page)]
    return assemble(SICREDI.contract, ACCOUNT, period, found, balances, NOW)
