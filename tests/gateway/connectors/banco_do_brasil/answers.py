"""Rows, pages and conversations as Banco do Brasil writes them."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec

import contracts
from gateway.connectors.banco_do_brasil import BancoDoBrasil
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

AUTHORITY = Authority()
TODAY = NOW.date()
CONTRACT = contracts.load("banco_do_brasil")
BANK = BancoDoBrasil(CONTRACT)
CREDENTIALS = {
    "client_id": "id",
    "client_secret": "secret",
    "app_key": "APP-KEY-CANARY",
    "certificate": "certificate",
    "private_key": "key",
    "customer_code": "178961031",
}
ACCOUNT = Account("a", "banco_do_brasil", "PJ", "0297", "0001348X", "11222333000181", Credentials(CREDENTIALS))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
MONTH = Period(date(2026, 2, 10), date(2026, 3, 17))


def row(amount=1, sign="C", *, stage="1", code=821, document=7, day=10032026, **fields):
    return {
        "indicadorTipoLancamento": stage,
        "dataLancamento": day,
        "codigoHistorico": code,
        "numeroDocumento": document,
        "valorLancamento": amount,
        "indicadorSinalLancamento": sign,
        **fields,
    }


def before(amount, sign="C"):
    return row(amount, sign, code=0, document=0, day=8032026)


def after(amount, sign="C"):
    return row(amount, sign, code=999, document=0, day=13032026)


def page(*rows, following=0, **fields):
    return {"numeroPaginaProximo": following, "listaLancamento": list(rows), **fields}


def read(*pages, period=WEEK, bank=BANK, today=TODAY):
    """The movements, the balances and the queries of a conversation in which the bank gives these pages."""
    queries = []
    answers = iter(pages)

    def answer(request):
        queries.append(dict(request.url.params))
        found = next(answers)
        if found is None:
            return httpx.Response(404)
        return httpx.Response(200, content=found if isinstance(found, bytes) else msgspec.json.encode(found))

    handed, balances = converse(bank.reading(ACCOUNT, period, today), answer)
    assert next(answers, None) is None
    return [movement for each in handed for movement in bank.movements(each)], balances, queries


def entry(day, amount, *, month=3, hour=12, **fields):
    moment = datetime(2026, month, day, hour, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type="PIX", description="x", **fields)


def pair(*entries, **more):
    return PureHarness("banco_do_brasil", NOW, source=Fixed(entries) if entries else None, authority=AUTHORITY, **more)


def shown(*, number=1, rows=1, total=None):
    sent = {"numeroPaginaAtual": number, "quantidadeRegistroPaginaAtual": rows}
    return sent if total is None else {**sent, "quantidadeTotalRegistro": total}


def asked(queries):
    return [(query["dataInicioSolicitacao"], query["dataFimSolicitacao"]) for query in queries]
