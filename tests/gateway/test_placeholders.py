"""Instants that programs fill in where they know none, such as the first and the last one of a calendar."""

import json
from datetime import date, datetime
from decimal import Decimal

import httpx
import pytest

from gateway.connectors import fields
from gateway.errors import BankFailure
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

AUTHORITY = Authority()
NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
PLACEHOLDERS = ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "1900-01-01T00:00:00", "9999-12-31T23:59:59"]
ASIDE = {
    "inter": "dataInclusao",
    "itau": "event",
    "pagseguro": "data_venda_ajuste",
    "sicoob": "data",
    "btg_pactual": "dateHour",
}
"""Fields of an instant beside the day of a row."""


def read(slug, names, written):
    """The entry of a row whose fields of these names, at whatever depth, hold this text."""
    entry = LedgerEntry(booked_at=datetime(2026, 3, 10, 12, tzinfo=BRASILIA), amount=Decimal("5.00"), type="PIX")
    first = LedgerEntry(booked_at=datetime(2026, 3, 2, 12, tzinfo=BRASILIA), amount=Decimal("9.00"), type="PIX")
    pair = PureHarness(slug, NOW, authority=AUTHORITY, source=Fixed([first, entry]))
    asked, met = pair.answer, []

    def changed(value):
        if isinstance(value, dict):
            met.extend(names & value.keys())
            return {name: written if name in names else changed(each) for name, each in value.items()}
        return list(map(changed, value)) if isinstance(value, list) else value

    def answered(request):
        response = asked(request)
        if request.extensions.get("operation") != "statement" or not response.content:
            return response
        kept = {name: value for name, value in response.headers.items() if name == "validado"}
        return httpx.Response(200, headers=kept, content=json.dumps(changed(response.json())))

    pair.answer = answered
    (found,) = pair.read(WEEK).entries
    assert met
    return found


@pytest.mark.parametrize("slug", [each for each in ASIDE if each != "sicoob"])
@pytest.mark.parametrize("written", PLACEHOLDERS)
def test_an_instant_beside_the_day(slug, written):
    """It is not told, and the entry is there on its day."""
    entry = read(slug, {ASIDE[slug]}, written)

    assert (entry.date, entry.amount, entry.booked_at) == (date(2026, 3, 10), 5, None)


@pytest.mark.parametrize("written", PLACEHOLDERS)
def test_a_day_that_stands_elsewhere(written):
    """Of several fields with a day the first with a credible one tells it."""
    assert read("inter", {"dataTransacao"}, written).date == date(2026, 3, 10)


ONLY = {
    "bs2": "movimentadoEm",
    "cora": "createdAt",
    "inter": "dataTransacao",
    "itau": "accounting",
    "pagseguro": "data_movimentacao",
    "santander": "transactionDate",
    "sicredi": "data",
    "stone": "created_at",
}


@pytest.mark.parametrize(("slug", "name"), ONLY.items())
@pytest.mark.parametrize("written", PLACEHOLDERS)
def test_a_row_without_another_day(slug, name, written):
    """It is a failure that is named, for its day is not known: it is not left out."""
    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        read(slug, {name, "dataInclusao", "dataEntrada"}, written)


def test_only_a_placeholder():
    """Where no other field has a day, the row is not read on a day of another age."""
    assert fields.first_day("0001-01-01", None, "2026-03-10") == date(2026, 3, 10)
    with pytest.raises(ValueError, match="left out"):
        fields.first_day("0001-01-01", "", 7)
    with pytest.raises(ValueError, match="DD/MM/YYYY"):
        fields.first_day("10.03", "2026-03-10")
